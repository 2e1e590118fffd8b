//! What the recorder tells about itself, and which counters a scrape may show.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::iptv::{Iptv, ProfileId, ProviderCounters, ViewCounters, ViewKey};
use model::{Carried, CounterMap, Network, ServerSnapshot, Snapshot, SourceId, Timestamp};

/// Shared by the recorder, which writes it, and the scrape, which reads it. Never waits for the store.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Absent where nobody records: then every counter is shown as it is.
    settled: Mutex<Option<BTreeMap<SourceId, Settled>>>,
    failing: AtomicBool,
    failures: AtomicU64,
    /// Milliseconds since 1970; 0 before the first.
    last_write_ms: AtomicI64,
    last_write_took_ms: AtomicU64,
    open_plays: AtomicU64,
    open_runs: AtomicU64,
    open_viewings: AtomicU64,
    waiting: AtomicU64,
    kept: AtomicU64,
    ignored: AtomicU64,
    backfilled: AtomicU64,
    plays: AtomicU64,
    groups: AtomicU64,
    file_bytes: AtomicU64,
    queue_depth: AtomicU64,
    /// What is being imported, rows done, rows in all.
    import: Mutex<Option<(String, u64, Option<u64>)>>,
}

/// Sums of a server that survive a crash.
#[derive(Clone, Debug, Default)]
struct Settled {
    counters: Arc<CounterMap>,
    estimated_bytes: u64,
    transmitted_bytes: Option<BTreeMap<Network, u64>>,
    providers: Arc<BTreeMap<ProfileId, ProviderCounters>>,
    views: Arc<BTreeMap<ViewKey, ViewCounters>>,
}

impl Settled {
    fn of(server: &ServerSnapshot) -> Self {
        let iptv = server.iptv.as_deref();
        Self {
            counters: server.counters.clone(),
            estimated_bytes: server.estimated_bytes,
            transmitted_bytes: server.transmitted_bytes.clone(),
            providers: iptv.map(|i| i.providers.clone()).unwrap_or_default(),
            views: iptv.map(|i| i.views.clone()).unwrap_or_default(),
        }
    }

    fn is_shown_by(&self, server: &ServerSnapshot) -> bool {
        let is_same = |iptv: &Arc<Iptv>| {
            Arc::ptr_eq(&iptv.providers, &self.providers) && Arc::ptr_eq(&iptv.views, &self.views)
        };
        Arc::ptr_eq(&self.counters, &server.counters)
            && self.estimated_bytes == server.estimated_bytes
            && self.transmitted_bytes == server.transmitted_bytes
            && server.iptv.as_ref().is_none_or(is_same)
    }

    fn put_into(self, server: &mut ServerSnapshot) {
        server.counters = self.counters;
        server.estimated_bytes = self.estimated_bytes;
        server.transmitted_bytes = self.transmitted_bytes;
        if let Some(iptv) = &mut server.iptv {
            let iptv = Arc::make_mut(iptv);
            (iptv.providers, iptv.views) = (self.providers, self.views);
        }
    }
}

/// The figures of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub plays: u64,
    pub groups: u64,
    /// The database with its log.
    pub file_bytes: u64,
    /// Changes waiting for the writer.
    pub queue_depth: u64,
    /// Plays that run, as they are on disk.
    pub open_plays: u64,
    /// Runs and viewings of stream managers that are not over, as they are on disk.
    pub open_runs: u64,
    pub open_viewings: u64,
    /// Plays, runs and viewings that ended and are not kept yet.
    pub waiting: u64,
    /// Plays kept since the start.
    pub kept: u64,
    /// Plays that ended and were left out by policy, since the start.
    pub ignored: u64,
    /// Plays taken from a server's own list, since the start.
    pub backfilled: u64,
    /// Writes that failed, since the start.
    pub failures: u64,
    /// True while writes fail.
    pub failing: bool,
    pub last_write_at: Option<Timestamp>,
    /// From handing the last change over to its commit.
    pub last_write_took_ms: u64,
    /// What is being imported, rows done, rows in all.
    pub import: Option<(String, u64, Option<u64>)>,
}

impl Status {
    /// For a recorder that begins with what an earlier process knew.
    pub fn recording(carried: &[Carried]) -> Self {
        let status = Self::default();
        let settled = carried.iter().map(|c| {
            let sums = Settled {
                counters: Arc::new(c.counters.clone()),
                estimated_bytes: c.estimated_bytes,
                transmitted_bytes: c.transmitted_bytes.clone(),
                providers: Arc::new(c.iptv.as_ref().map(|i| i.providers.clone()).unwrap_or_default()),
                views: Arc::new(c.iptv.as_ref().map(|i| i.views.clone()).unwrap_or_default()),
            };
            (c.source.clone(), sums)
        });
        *status.settled() = Some(settled.collect());
        status
    }

    pub fn figures(&self) -> Figures {
        let s = &*self.0;
        let read = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let last_write_ms = s.last_write_ms.load(Ordering::Relaxed);
        Figures {
            plays: read(&s.plays),
            groups: read(&s.groups),
            file_bytes: read(&s.file_bytes),
            queue_depth: read(&s.queue_depth),
            open_plays: read(&s.open_plays),
            open_runs: read(&s.open_runs),
            open_viewings: read(&s.open_viewings),
            waiting: read(&s.waiting),
            kept: read(&s.kept),
            ignored: read(&s.ignored),
            backfilled: read(&s.backfilled),
            failures: read(&s.failures),
            failing: s.failing.load(Ordering::Relaxed),
            last_write_at: (last_write_ms > 0)
                .then(|| Timestamp::from_millisecond(last_write_ms).ok())
                .flatten(),
            last_write_took_ms: read(&s.last_write_took_ms),
            import: s.import.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// The snapshot with sums that will not go back even if we die at this moment: those on disk. While the store
    /// cannot be written they are shown as they are, since nothing better can be promised.
    pub fn settle(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        if self.0.failing.load(Ordering::SeqCst) {
            return snapshot;
        }
        let settled = self.settled();
        let Some(settled) = settled.as_ref() else {
            return snapshot;
        };
        let mut shown = snapshot;
        for n in 0..shown.servers.len() {
            let server = &shown.servers[n];
            let on_disk = settled.get(&server.id);
            if on_disk.is_some_and(|s| s.is_shown_by(server)) {
                continue;
            }
            let on_disk = on_disk.cloned().unwrap_or_default();
            on_disk.put_into(Arc::make_mut(&mut Arc::make_mut(&mut shown).servers[n]));
        }
        shown
    }

    /// Tells how far an import has come; `None` when it is over.
    pub fn importing(&self, progress: Option<(&str, u64, Option<u64>)>) {
        let progress = progress.map(|(what, done, all)| (what.to_owned(), done, all));
        *self.0.import.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// A write succeeded with the sums of `written`. `newest` is the state of this moment: after a failure it was
    /// shown already, so it stays shown, and the next write brings it to disk.
    pub(super) fn succeeded(
        &self,
        written: &Snapshot,
        newest: impl FnOnce() -> Arc<Snapshot>,
        at: Timestamp,
        took_ms: u64,
    ) {
        let mut settled = self.settled();
        let was_failing = self.0.failing.load(Ordering::SeqCst);
        let newest = was_failing.then(newest);
        let shown = newest.as_deref().unwrap_or(written);
        let all = settled.get_or_insert_default();
        for server in &shown.servers {
            all.insert(server.id.clone(), Settled::of(server));
        }
        self.0.failing.store(false, Ordering::SeqCst);
        self.0.last_write_ms.store(at.as_millisecond(), Ordering::Relaxed);
        self.0.last_write_took_ms.store(took_ms, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.0.failures.fetch_add(1, Ordering::Relaxed);
        self.0.failing.store(true, Ordering::SeqCst);
    }

    pub(super) fn closed(&self, kept: u64, ignored: u64) {
        self.0.kept.fetch_add(kept, Ordering::Relaxed);
        self.0.ignored.fetch_add(ignored, Ordering::Relaxed);
    }

    pub(super) fn backfilled(&self, plays: u64) {
        self.0.backfilled.fetch_add(plays, Ordering::Relaxed);
    }

    pub(super) fn set_queues(&self, open_plays: usize, waiting: usize, queue_depth: usize) {
        self.0.open_plays.store(open_plays as u64, Ordering::Relaxed);
        self.0.waiting.store(waiting as u64, Ordering::Relaxed);
        self.0.queue_depth.store(queue_depth as u64, Ordering::Relaxed);
    }

    pub(super) fn set_open_iptv(&self, (runs, viewings): (usize, usize)) {
        self.0.open_runs.store(runs as u64, Ordering::Relaxed);
        self.0.open_viewings.store(viewings as u64, Ordering::Relaxed);
    }

    pub(super) fn set_sizes(&self, plays: u64, groups: u64, file_bytes: u64) {
        self.0.plays.store(plays, Ordering::Relaxed);
        self.0.groups.store(groups, Ordering::Relaxed);
        self.0.file_bytes.store(file_bytes, Ordering::Relaxed);
    }

    fn settled(&self) -> MutexGuard<'_, Option<BTreeMap<SourceId, Settled>>> {
        self.0.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::{Counters, ServerSnapshot};

    use super::*;
    use crate::record::build;

    fn snapshot(played_ms: u64) -> Arc<Snapshot> {
        let mut server = ServerSnapshot::new("attic".into(), "plex");
        let sums = Counters {
            played_ms,
            ..Counters::default()
        };
        server.counters = Arc::new([(build::counter_key(), sums)].into());
        server.estimated_bytes = played_ms;
        Arc::new(Snapshot {
            version: played_ms,
            servers: vec![Arc::new(server)],
        })
    }

    fn shown(status: &Status, played_ms: u64) -> u64 {
        let settled = status.settle(snapshot(played_ms));
        let server = &settled.servers[0];
        let sum: u64 = server.counters.values().map(|c| c.played_ms).sum();
        assert_eq!(server.estimated_bytes, sum);
        sum
    }

    #[test]
    fn where_nobody_records_counters_are_shown_as_they_are() {
        assert_eq!(shown(&Status::default(), 7), 7);
    }

    #[test]
    fn only_what_is_on_disk_is_shown_and_it_never_goes_back() {
        let status = Status::recording(&[]);
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(shown(&status, 7), 0, "nothing is on disk yet");
        status.succeeded(&snapshot(5), || snapshot(7), at, 1);
        assert_eq!(shown(&status, 7), 5);
        status.failed();
        assert_eq!(shown(&status, 9), 9, "nothing better can be promised");
        status.succeeded(&snapshot(8), || snapshot(9), at, 1);
        assert_eq!(shown(&status, 10), 9, "what was shown stays");
        status.succeeded(&snapshot(11), || snapshot(12), at, 1);
        assert_eq!(shown(&status, 13), 11);
        let figures = status.figures();
        assert_eq!((figures.failures, figures.failing), (1, false));
    }
}
