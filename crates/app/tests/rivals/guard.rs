//! What must hold at every publication of the live state, whatever a test is about.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use live::Live;
use model::{CounterKey, Counters, Network, ServerSnapshot, Snapshot};

/// What a test wants to check of every publication.
pub(crate) type Each = Box<dyn FnMut(&Snapshot) + Send>;

/// Rules broken so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violations(Arc<Mutex<Vec<String>>>);

impl Violations {
    fn add(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    pub(crate) fn assert_none(&self) {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(found.is_empty(), "{} rules broken: {found:#?}", found.len());
    }
}

/// Follows the live state until it ends, checking each published state against the one before.
pub(crate) fn watch(live: &Live, mut each: Option<Each>) -> Violations {
    let (violations, mut snapshots) = (Violations::default(), live.watch());
    let found = violations.clone();
    tokio::spawn(async move {
        let mut before = snapshots.borrow_and_update().clone();
        while snapshots.changed().await.is_ok() {
            let now = snapshots.borrow_and_update().clone();
            for (old, new) in before.servers.iter().zip(&now.servers) {
                compare(old, new, &found);
                alone(new, &found);
            }
            if let Some(each) = &mut each {
                let check = std::panic::AssertUnwindSafe(|| each(&now));
                if std::panic::catch_unwind(check).is_err() {
                    found.add("the check of the test itself; see its panic above".to_owned());
                }
            }
            before = now;
        }
    });
    violations
}

/// Counters never fall, and no series of theirs goes away.
fn compare(old: &ServerSnapshot, new: &ServerSnapshot, found: &Violations) {
    if new.estimated_bytes < old.estimated_bytes {
        found.add(format!(
            "estimated bytes fell from {} to {}",
            old.estimated_bytes, new.estimated_bytes
        ));
    }
    for (key, before) in old.counters.iter() {
        let now = new.counters.get(key).copied().unwrap_or_default();
        if figures(now)
            .iter()
            .zip(figures(*before))
            .any(|(now, before)| *now < before)
        {
            found.add(format!("{key:?} fell from {before:?} to {now:?}"));
        }
    }
    let none = BTreeMap::<Network, u64>::new();
    let sent = |s: &ServerSnapshot| s.transmitted_bytes.clone().unwrap_or_else(|| none.clone());
    let now = sent(new);
    for (network, before) in sent(old) {
        let now = now.get(&network).copied().unwrap_or(0);
        if now < before {
            found.add(format!("bytes sent by {network:?} fell from {before} to {now}"));
        }
    }
}

/// Each session key is shown once, nobody earns time in two states at once, and counters stay within what was
/// played.
fn alone(server: &ServerSnapshot, found: &Violations) {
    let keys: HashSet<_> = server.plays.iter().map(|p| &p.session.key).collect();
    if keys.len() != server.plays.len() {
        found.add(format!("a session key twice among {} plays", server.plays.len()));
    }
    for play in &server.plays {
        let of_segments: u64 = play.segments.iter().map(|s| s.played_ms).sum();
        if of_segments != play.totals.played_ms {
            found.add(format!(
                "{}: segments played {of_segments} of {:?}",
                play.id, play.totals
            ));
        }
        if play.ended_at.is_some() {
            found.add(format!("{} is shown although it has ended", play.id));
        }
    }
    let empty = server.counters.iter().find(|(_, c)| is_without_play(c));
    if let Some((CounterKey { media, .. }, counters)) = empty {
        found.add(format!("{media:?} counts nothing at all: {counters:?}"));
    }
}

fn is_without_play(counters: &Counters) -> bool {
    figures(*counters) == [0; 4]
}

fn figures(c: Counters) -> [u64; 4] {
    [c.plays, c.played_ms, c.paused_ms, c.buffering_ms]
}
