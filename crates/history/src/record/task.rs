//! The recorder: compares, writes, tries again.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use base::backoff::Backoff;
use base::error::Chain;
use model::{Ended, Snapshot};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::details::Details;
use super::policy::Policy;
use super::rows::{self, Closed};
use super::save::{Book, Save};
use super::status::Status;
use super::{Restored, blocking};
use crate::{Error, History};

/// At most one write in this time, whatever happens: a start, an end or a pause is on disk this soon.
const URGENT_EVERY: Duration = Duration::from_millis(500);

/// Progress and counters are written this often. A play is on disk, and its counters are shown, this long after a
/// change at the latest.
const SAVE_EVERY: Duration = Duration::from_secs(4);

/// How often the sizes of the history are asked for.
const SIZES_EVERY: Duration = Duration::from_secs(15);

/// Ended plays of one transaction.
const CLOSE_BATCH: usize = 200;

/// Ended plays kept while the store cannot be written. Further ones wait where they come from.
const WAITING_MAX: usize = 5_000;

/// Tries at the end before what could not be written is left to the next start.
const LAST_TRIES: u32 = 3;

/// Keeps what ends, and writes down what runs.
#[derive(Debug)]
pub struct Recorder {
    history: History,
    policy: Arc<Policy>,
    details: Details,
    status: Status,
    clock: Clock,
    book: Book,
}

impl Recorder {
    /// `restored`: what [`super::restore`] found.
    pub fn new(history: History, policy: Policy, clock: Clock, restored: &Restored) -> Self {
        Self {
            history,
            policy: Arc::new(policy),
            details: Details::default(),
            status: Status::recording(&restored.carried),
            clock,
            book: Book::new(&restored.carried),
        }
    }

    /// For the scrape.
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// Where to tell of the items that play.
    pub fn details(&self) -> Details {
        self.details.clone()
    }

    /// Runs until `ended` is closed and everything is on disk. A store that cannot be written is tried again for as
    /// long as it takes; meanwhile what ends is kept in memory. A play counts as kept when its transaction is
    /// committed, not sooner.
    pub async fn run(
        mut self,
        mut snapshots: watch::Receiver<Arc<Snapshot>>,
        mut ended: mpsc::Receiver<Ended>,
    ) {
        let mut pace = Pace::new();
        let mut sizes_at = Instant::now();
        loop {
            let has_room = self.book.waiting() < WAITING_MAX;
            tokio::select! {
                play = ended.recv(), if has_room => match play {
                    Some(ended) => self.book.ended(ended),
                    None => break,
                },
                Ok(()) = snapshots.changed(), if !pace.dirty => pace.dirty = true,
                () = sleep_until(pace.next_at()), if pace.dirty || self.book.waiting() > 0 => {
                    self.take_waiting(&mut ended);
                    self.save_if_due(&mut snapshots, &mut pace).await;
                }
                () = sleep_until(sizes_at) => {
                    self.measure().await;
                    sizes_at = Instant::now() + SIZES_EVERY;
                }
            }
        }
        self.finish(&snapshots).await;
    }

    fn take_waiting(&mut self, ended: &mut mpsc::Receiver<Ended>) {
        while self.book.waiting() < WAITING_MAX
            && let Ok(one) = ended.try_recv()
        {
            self.book.ended(one);
        }
    }

    async fn save_if_due(&mut self, snapshots: &mut watch::Receiver<Arc<Snapshot>>, pace: &mut Pace) {
        let snapshot = snapshots.borrow_and_update().clone();
        let now = Instant::now();
        if now < pace.regular_at && !self.book.is_urgent(&snapshot) {
            // Only progress: nothing new until its time.
            pace.urgent_at = now + URGENT_EVERY;
            return;
        }
        match self.save(&snapshot, snapshots).await {
            Ok(()) => pace.saved(),
            Err(()) => pace.failed(),
        }
    }

    /// One transaction.
    async fn save(
        &mut self,
        snapshot: &Arc<Snapshot>,
        newest: &watch::Receiver<Arc<Snapshot>>,
    ) -> Result<(), ()> {
        let began_ms = self.clock.mono_ms();
        let save = Arc::new(self.book.plan(snapshot, began_ms, CLOSE_BATCH));
        let written = if save.is_empty() {
            Ok(Closed::default())
        } else {
            self.write(save.clone()).await
        };
        match written {
            Ok(closed) => {
                self.book.committed(&save, began_ms);
                self.status.closed(closed.kept, closed.ignored);
                if !save.is_empty() {
                    self.recovered();
                    let took_ms = self.clock.mono_ms().saturating_sub(began_ms);
                    let now = self.clock.now();
                    self.status
                        .succeeded(snapshot, || newest.borrow().clone(), now, took_ms);
                }
            }
            Err(ref e) => self.failed(e),
        }
        let depth = self.history.queue_depth();
        self.status.set_open_iptv(self.book.open_iptv_counts());
        self.status
            .set_queues(self.book.open_count(), self.book.waiting(), depth);
        written.map(|_| ()).map_err(|_| ())
    }

    async fn write(&self, save: Arc<Save>) -> Result<Closed, Error> {
        let (history, policy, details) = (self.history.clone(), self.policy.clone(), self.details.clone());
        blocking(move || {
            history
                .change(move |txn| rows::save(txn, &save, &policy, &details))
                .wait()
        })
        .await
    }

    fn failed(&self, e: &Error) {
        if self.status.figures().failing {
            tracing::debug!("still writing the history in vain: {}", Chain(e));
        } else {
            let waiting = self.book.waiting();
            tracing::error!(
                kind = e.kind().as_str(),
                waiting,
                "cannot write the history: {} (what ends is kept in memory until it can be written)",
                Chain(e)
            );
        }
        self.status.failed();
    }

    fn recovered(&self) {
        if self.status.figures().failing {
            tracing::info!("the history can be written again");
        }
    }

    async fn measure(&self) {
        let path = self.history.path().to_owned();
        let sizes = self.history.ask(move |view| {
            let rows = view.columns.len() as u64;
            Ok((rows, view.columns.group_count() as u64, file_bytes(&path)))
        });
        if let Ok((plays, groups, bytes)) = sizes.await {
            self.status.set_sizes(plays, groups, bytes);
        }
    }

    /// The last look and the last ends. What cannot be written now is still on disk as running, and taken up by the
    /// next start.
    async fn finish(&mut self, snapshots: &watch::Receiver<Arc<Snapshot>>) {
        let snapshot = snapshots.borrow().clone();
        let mut tries = 0;
        let mut is_last = false;
        while !is_last && tries < LAST_TRIES {
            is_last = self.book.fits(CLOSE_BATCH);
            if self.save(&snapshot, snapshots).await.is_err() {
                tries += 1;
                is_last = false;
            }
        }
        if self.book.waiting() > 0 {
            let waiting = self.book.waiting();
            tracing::error!("{waiting} plays, runs and viewings that ended could not be written");
        }
    }
}

/// The database with its log.
fn file_bytes(path: &std::path::Path) -> u64 {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let size = |p: &std::path::Path| std::fs::metadata(p).map_or(0, |m| m.len());
    size(path) + size(std::path::Path::new(&wal))
}

/// When the next write may be.
#[derive(Debug)]
struct Pace {
    /// Something changed since the last write.
    dirty: bool,
    urgent_at: Instant,
    regular_at: Instant,
    backoff: Backoff,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            dirty: true,
            urgent_at: now,
            regular_at: now,
            backoff: Backoff::reconnect(),
        }
    }

    fn next_at(&self) -> Instant {
        self.urgent_at.min(self.regular_at)
    }

    fn saved(&mut self) {
        let now = Instant::now();
        self.dirty = false;
        self.backoff.reset();
        (self.urgent_at, self.regular_at) = (now + URGENT_EVERY, now + SAVE_EVERY);
    }

    fn failed(&mut self) {
        let again = Instant::now() + self.backoff.next_wait();
        self.dirty = true;
        (self.urgent_at, self.regular_at) = (again, again);
    }
}
