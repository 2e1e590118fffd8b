//! What the gate keeps, in memory and in the file.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use base::error::Chain;

use super::{Inner, LOOK_EVERY_MS, Seen, State};
use crate::book::Book;
use crate::refused::Refused;

impl Inner {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn book(&self) -> Arc<Book> {
        self.state().book.clone()
    }

    /// True if it is time to look at the file again; then it is the caller who looks.
    pub(super) fn is_look_due(&self) -> bool {
        let now_ms = self.clock.mono_ms();
        let mut state = self.state();
        let due = self.store.is_some() && now_ms.saturating_sub(state.looked_mono_ms) >= LOOK_EVERY_MS;
        if due {
            state.looked_mono_ms = now_ms;
        }
        due
    }

    /// Reads the file if another process changed it. Blocks on the disk, and nobody else meanwhile.
    pub(super) fn look(&self) {
        let Some(store) = &self.store else { return };
        let before = self.state().stamp;
        let stamp = store.stamp();
        // A file that is gone keeps nobody out: what was read of it holds until the end of the process.
        if stamp == before || stamp.is_none() {
            return;
        }
        let read = store.read();
        let mut state = self.state();
        // A change of our own came meanwhile, and read the file itself.
        if state.stamp != before {
            return;
        }
        state.stamp = stamp;
        match read {
            Ok(Some(book)) => state.book = Arc::new(book),
            Ok(None) => {}
            Err(e) => tracing::error!(
                kind = e.kind().as_str(),
                "what was known about access before stays in force: {}",
                Chain(&e)
            ),
        }
    }

    /// What is kept, with when everybody was last seen.
    pub(super) fn current(&self) -> Book {
        let mut book = Book::clone(&self.book());
        let seen = self.state().seen.clone();
        see(&mut book, &seen);
        book
    }

    /// Blocks, on the file and on other processes.
    pub(super) fn change<T>(&self, work: impl FnOnce(&mut Book) -> Result<T, Refused>) -> Result<T, Refused> {
        let Some(store) = &self.store else {
            let mut book = self.current();
            let done = work(&mut book)?;
            self.state().book = Arc::new(book);
            return Ok(done);
        };
        let turn = store.turn()?;
        let before = store.read()?;
        let mut book = before.unwrap_or_else(|| Book::clone(&self.state().book));
        let seen = self.state().seen.clone();
        see(&mut book, &seen);
        let now_s = self.clock.now().as_second();
        book.prune(self.settings.session_days, now_s);
        let done = work(&mut book)?;
        store.write(&book, &turn)?;
        let mut state = self.state();
        state.stamp = store.stamp();
        state.book = Arc::new(book);
        state.seen_written_s = now_s;
        let written = |who: &Seen, at: &i64| seen.get(who) == Some(at);
        state.seen.retain(|who, at| !written(who, at));
        Ok(done)
    }
}

fn see(book: &mut Book, seen: &HashMap<Seen, i64>) {
    for account in &mut book.accounts {
        let at = seen.get(&Seen::Account(account.name.clone())).copied();
        account.last_seen_at_s = at.max(account.last_seen_at_s);
    }
    for key in &mut book.keys {
        let at = seen.get(&Seen::Key(key.id.clone())).copied();
        key.last_used_at_s = at.max(key.last_used_at_s);
    }
}
