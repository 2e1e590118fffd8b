//! Questions beside the main one that fail: each is told once from its beginning to its end, and not at all if the
//! whole of Dispatcharr was on its way down.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Error;
use crate::outbox::one_line;

/// A question that failed is asked again after this time at the earliest.
pub(super) const RETRY: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Trouble {
    failed_at: Instant,
    message: String,
    told: bool,
}

#[derive(Debug)]
pub(super) struct Troubles {
    who: String,
    /// By what is asked for.
    open: BTreeMap<&'static str, Trouble>,
}

impl Troubles {
    /// `who`: whom the questions go to, for people.
    pub(super) fn new(who: &str) -> Self {
        Self {
            who: who.to_owned(),
            open: BTreeMap::new(),
        }
    }

    /// False for a while after a failure.
    pub(super) fn allow(&self, what: &'static str, now: Instant) -> bool {
        self.open
            .get(&what)
            .is_none_or(|trouble| now.saturating_duration_since(trouble.failed_at) >= RETRY)
    }

    /// Takes in how a question went.
    pub(super) fn note(&mut self, what: &'static str, error: Option<&Error>, now: Instant) {
        let Some(e) = error else {
            if let Some(Trouble { told: true, .. }) = self.open.remove(&what) {
                tracing::info!("{}: {what} are told again", self.who);
            }
            return;
        };
        let hint = e.hint().map(|h| format!(" (hint: {h})")).unwrap_or_default();
        let told = one_line(e);
        // Its Redis has a name of its own.
        let told = told.strip_prefix(&format!("{}: ", self.who)).unwrap_or(&told);
        let message = format!("{told}{hint}");
        let trouble = self.open.entry(what).or_insert_with(|| Trouble {
            failed_at: now,
            message: message.clone(),
            told: false,
        });
        (trouble.failed_at, trouble.message) = (now, message);
    }

    /// A good look has ended since: what failed failed alone, and is told.
    pub(super) fn settle(&mut self) {
        for (what, trouble) in &mut self.open {
            if !std::mem::replace(&mut trouble.told, true) {
                let (who, message) = (&self.who, &trouble.message);
                tracing::warn!("{who}: no {what}: {message}; everything else goes on");
            }
        }
    }

    /// It was down as a whole: what was not told yet was part of that.
    pub(super) fn forgive(&mut self) {
        self.open.retain(|_, trouble| trouble.told);
    }
}

#[cfg(test)]
mod tests {
    use base::Kind;

    use super::*;

    #[test]
    fn after_a_failure_there_is_a_pause_and_after_an_outage_none() {
        let (mut troubles, now) = (Troubles::new("dispatcharr \"attic\""), Instant::now());
        let e = Error::new("dispatcharr \"attic\"", Kind::ServerError, "HTTP 500");
        assert!(troubles.allow("streams", now));
        troubles.note("streams", Some(&e), now);
        assert!(!troubles.allow("streams", now + RETRY / 2));
        assert!(troubles.allow("streams", now + RETRY));
        assert!(troubles.allow("channels", now));
        troubles.forgive();
        assert!(troubles.allow("streams", now));
        troubles.note("streams", Some(&e), now);
        troubles.settle();
        troubles.forgive();
        assert!(
            !troubles.allow("streams", now),
            "it was told, so its end is awaited"
        );
        troubles.note("streams", None, now);
        assert!(troubles.allow("streams", now));
    }
}
