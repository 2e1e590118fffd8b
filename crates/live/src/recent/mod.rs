//! The load of the last hour, finely, and of the last day, coarsely: for pictures of it, in memory alone.
//!
//! [`Recent`] is fed a snapshot every few seconds by a task elsewhere and answers with columns of numbers. It is a
//! ring: what is older than its lanes is forgotten, and nothing of it survives the process.

mod lane;
mod ring;
mod sample;

use std::sync::{Arc, PoisonError, RwLock};

use model::{Snapshot, Timestamp};

pub use ring::{COARSE_MINUTES, Decisions, FINE_MINUTES, ServerSeries, UserSeries, Window};
pub use sample::{Gauge, Meter, Sample, ServerSample};

/// Seconds between two samples of the fine lane; what feeds [`Recent`] should do so this often.
pub const STEP_S: u32 = 5;

/// Read and write access to the ring. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<RwLock<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    meter: Meter,
    ring: ring::Ring,
}

impl Recent {
    /// Adds what `snapshot` tells of the moment `at`.
    pub fn take(&self, snapshot: &Snapshot, at: Timestamp) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let sample = inner.meter.sample(snapshot, at);
        inner.ring.push(&sample);
    }

    /// Adds a sample that was made elsewhere. Samples come in the order of their time; one a little earlier than the
    /// last is left out, and one much earlier begins everything anew: the clock was set back.
    pub fn push(&self, sample: &Sample) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        inner.ring.push(sample);
    }

    /// Forgets everything and begins with these, in the order of their time.
    pub fn begin_with(&self, samples: &[Sample]) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        inner.ring = ring::Ring::default();
        for sample in samples {
            inner.ring.push(sample);
        }
    }

    /// The last `minutes` before `now`: finely up to [`FINE_MINUTES`], by the minute beyond.
    pub fn window(&self, minutes: u32, now: Timestamp) -> Window {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        inner.ring.window(minutes, now)
    }
}
