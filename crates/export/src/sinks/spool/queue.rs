//! The queue as its users see it.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::folder::{Folder, Left};
use super::state::{Limits, Next, State};
use super::worker::Worker;
use super::{Batch, Bounds, SpoolError};
use crate::sinks::SinkStats;

/// What waits for one receiver, oldest first. One task pushes, one sends.
pub struct Queue {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    state: Mutex<State>,
    /// The worker has something to do, perhaps.
    work: Condvar,
    /// Something can be taken, perhaps.
    pub(super) ready: Notify,
    /// The worker has ended.
    pub(super) ended: Notify,
}

/// The oldest that waits. It stays in the queue until [`Queue::done`]; dropped before, it is next again.
pub struct Taken {
    /// Whole lines.
    pub lines: Vec<u8>,
    pub points: u32,
    /// Time of the oldest point, nanoseconds since 1970.
    pub oldest_ns: i64,
    until: u64,
    shared: Arc<Shared>,
    is_done: bool,
}

impl Queue {
    /// Finds what an earlier process left: it is read whole, so this may take a second and belongs on a thread that
    /// may wait. A directory that cannot be used is an error even if nothing has to be written yet.
    pub fn open(bounds: Bounds, stats: SinkStats) -> Result<Self, SpoolError> {
        let (folder, left) = match &bounds.dir {
            Some(dir) if bounds.has_disk() => {
                let (folder, left) = Folder::open(dir, bounds.disk_bytes)?;
                (Some(folder), left)
            }
            _ => (None, Left::default()),
        };
        let state = State::new(&bounds, left.segments, left.done_until, stats);
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            work: Condvar::new(),
            ready: Notify::new(),
            ended: Notify::new(),
        });
        if let Some(folder) = folder {
            Worker::start(Arc::clone(&shared), folder).map_err(|source| SpoolError {
                path: bounds.dir.unwrap_or_default(),
                what: "there is no thread for it",
                source,
            })?;
        }
        Ok(Self { shared })
    }

    /// Never waits for a disk or a network. Beyond the bounds the oldest goes, and is counted.
    pub fn push(&self, batch: Batch) {
        if self.shared.lock().push(batch) {
            self.shared.work.notify_one();
        }
        self.shared.ready.notify_one();
    }

    /// Waits until something waits, and gives the oldest of it: as many batches as fit the limits, but at least one.
    /// Nothing is lost if this is cancelled.
    pub async fn next(&self, points_max: u32, bytes_max: usize) -> Taken {
        let limits = Limits {
            points: points_max,
            bytes: bytes_max,
        };
        loop {
            let ready = self.shared.ready.notified();
            let next = self.shared.lock().next(limits);
            match next {
                Next::Ready(loaded) => {
                    return Taken {
                        lines: loaded.lines,
                        points: loaded.points,
                        oldest_ns: loaded.oldest_ns,
                        until: loaded.numbers.end,
                        shared: Arc::clone(&self.shared),
                        is_done: false,
                    };
                }
                Next::AskWorker => self.shared.work.notify_one(),
                Next::Nothing => {}
            }
            ready.await;
        }
    }

    /// It was dealt with, sent or given up: it is gone for ever.
    pub fn done(&self, mut taken: Taken) {
        taken.is_done = true;
        if self.shared.lock().done(taken.until) {
            self.shared.work.notify_one();
        }
    }

    /// Sending fails: everything goes to disk from now on, what waits already first, until the queue has run empty.
    pub fn hold(&self) {
        if self.shared.lock().hold() {
            self.shared.work.notify_one();
        }
    }

    /// Points that a kill at this moment would lose.
    pub fn in_memory(&self) -> u64 {
        self.shared.lock().in_memory()
    }

    /// What a kill does.
    #[cfg(test)]
    pub(super) fn crash(self) {
        self.shared.lock().abandon();
    }

    /// What waits in memory goes to disk, if there is one and `budget` suffices. What would not is lost, and logged.
    pub async fn close(self, budget: Duration) {
        self.shared.lock().close();
        self.shared.work.notify_one();
        let has_ended = async {
            loop {
                let ended = self.shared.ended.notified();
                if self.shared.lock().stopped {
                    return;
                }
                ended.await;
            }
        };
        let in_time = tokio::time::timeout(budget, has_ended).await.is_ok();
        self.shared.lock().abandon();
        let points = self.in_memory();
        if points > 0 {
            tracing::warn!(
                points,
                in_time,
                "points that waited to be sent are lost: they are not on disk"
            );
        }
    }
}

/// Who drops a queue without closing it has panicked: what it holds goes to disk all the same, and the lock is free
/// for the next a moment later. Where there is no disk it is lost, and logged.
impl Drop for Queue {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let points = state.in_memory();
        if state.leave() && points > 0 {
            tracing::warn!(
                points,
                "points that waited to be sent are lost: they are not on disk"
            );
        }
        drop(state);
        self.shared.work.notify_one();
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.work.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait_for<'a>(
        &self,
        state: MutexGuard<'a, State>,
        pause: Duration,
    ) -> MutexGuard<'a, State> {
        let waited = self.work.wait_timeout(state, pause);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.is_done {
            self.shared.lock().untake();
            self.shared.ready.notify_one();
        }
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken")
            .field("points", &self.points)
            .field("bytes", &self.lines.len())
            .finish_non_exhaustive()
    }
}
