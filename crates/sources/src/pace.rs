//! When to ask: a limit on looks, and moments that do not all fall together.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::time::Instant;

/// Looks that may follow each other at once.
const BURST: f64 = 3.0;

/// Looks and look-ups a second, sustained. With what is asked at fixed times this keeps a server below four
/// requests a second.
const PER_SECOND: f64 = 3.0;

/// A token bucket; may be overdrawn by those who then wait.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            tokens: BURST,
            filled_at: now,
        }
    }

    fn fill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + seconds * PER_SECOND).min(BURST);
        self.filled_at = self.filled_at.max(now);
    }

    /// How long until one token is there.
    pub(crate) fn wait(&mut self, now: Instant) -> Duration {
        self.fill(now);
        Duration::try_from_secs_f64((1.0 - self.tokens) / PER_SECOND).unwrap_or(Duration::ZERO)
    }

    /// Takes one token, which may be one of the future; the bucket never owes more than one burst.
    pub(crate) fn take(&mut self, now: Instant) {
        self.fill(now);
        self.tokens = (self.tokens - 1.0).max(-BURST);
    }
}

/// A fixed fraction of `period` that differs from source to source and from purpose to purpose, so that a hundred
/// servers are not asked at the same moment.
pub(crate) fn phase(source: &str, purpose: &str, period: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    (source, purpose).hash(&mut hasher);
    // 32 bits are exact in a double.
    let fraction = f64::from((hasher.finish() >> 32) as u32) / f64::from(u32::MAX);
    period.mul_f64(fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_three_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let mut taken_at = Vec::new();
        let mut now = start;
        for _ in 0..9 {
            now += bucket.wait(now);
            bucket.take(now);
            taken_at.push((now - start).as_millis());
        }
        let about = |ms: u128, expected: u128| ms.abs_diff(expected) <= 2;
        assert!(taken_at[..3].iter().all(|ms| *ms == 0), "{taken_at:?}");
        for (i, ms) in taken_at[3..].iter().enumerate() {
            assert!(about(*ms, (i as u128 + 1) * 1000 / 3), "{taken_at:?}");
        }
    }

    #[test]
    fn phases_differ_but_do_not_move() {
        let period = Duration::from_mins(1);
        let phases: std::collections::HashSet<_> =
            (0..100).map(|i| phase(&i.to_string(), "x", period)).collect();
        assert_eq!(phases.len(), 100);
        assert!(phases.iter().all(|p| *p <= period));
        assert_eq!(phase("a", "x", period), phase("a", "x", period));
        assert_ne!(phase("a", "x", period), phase("a", "y", period));
    }

    proptest! {
        #[test]
        fn never_more_than_the_rate_allows(waits in prop::collection::vec(0_u64..700, 1..200)) {
            let start = Instant::now();
            let (mut bucket, mut now) = (Bucket::new(start), start);
            let mut taken = Vec::new();
            for wait in waits {
                now += Duration::from_millis(wait);
                now += bucket.wait(now);
                bucket.take(now);
                taken.push(now);
            }
            for (i, from) in taken.iter().enumerate() {
                let within = taken[i..].iter().filter(|t| **t - *from <= Duration::from_secs(5)).count();
                prop_assert!(within as f64 <= BURST + 5.0 * PER_SECOND + 1.0);
            }
        }
    }
}
