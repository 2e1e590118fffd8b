//! The time, read in one place so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use jiff::Timestamp;

/// Reads the wall clock and a monotonic clock. Cheap to clone.
///
/// Spans between two moments are computed from [`Clock::mono_ms`] only: the wall clock may jump.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { origin: Instant },
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    wall_ms: AtomicI64,
    mono_ms: AtomicU64,
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self(Source::System {
            origin: Instant::now(),
        })
    }

    /// A clock that stands still until [`Clock::advance`] is called; for tests.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Manual {
            wall_ms: AtomicI64::new(start.as_millisecond()),
            mono_ms: AtomicU64::new(0),
        })))
    }

    /// Wall-clock time, UTC.
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => {
                Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::MAX)
            }
            Source::Manual(m) => {
                Timestamp::from_millisecond(m.wall_ms.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Milliseconds on a clock that never goes back, from an arbitrary origin.
    pub fn mono_ms(&self) -> u64 {
        match &self.0 {
            Source::System { origin } => u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX),
            Source::Manual(m) => m.mono_ms.load(Ordering::Relaxed),
        }
    }

    /// Moves a manual clock forward; does nothing on the system clock.
    pub fn advance(&self, by_ms: u32) {
        if let Source::Manual(m) = &self.0 {
            m.wall_ms.fetch_add(i64::from(by_ms), Ordering::Relaxed);
            m.mono_ms.fetch_add(u64::from(by_ms), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_clock_moves_only_when_told() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.clone().advance(1500);
        assert_eq!(clock.now().as_millisecond(), 1500);
        assert_eq!(clock.mono_ms(), 1500);
    }
}
