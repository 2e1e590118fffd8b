//! How long to wait before trying again.

use std::time::Duration;

/// Exponential backoff with full jitter: attempt *n* waits a random time in `[0, min(cap, base·2ⁿ)]`,
/// but never less than a tenth of that bound, so that a dead host is not hammered by an unlucky run of zeros.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    attempt: u32,
}

impl Backoff {
    /// The house rule for anything that reconnects: 1 s doubling to 60 s, for ever.
    pub fn reconnect() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_mins(1))
    }

    pub fn new(base: Duration, cap: Duration) -> Self {
        Self {
            base,
            cap,
            attempt: 0,
        }
    }

    /// The next wait. Draws from the thread's random generator.
    pub fn next_wait(&mut self) -> Duration {
        let bound = self.bound();
        self.attempt = self.attempt.saturating_add(1);
        bound.mul_f64(0.1 + 0.9 * fastrand::f64())
    }

    /// Upper bound of the next wait.
    pub fn bound(&self) -> Duration {
        let factor = 2_u32.saturating_pow(self.attempt.min(16));
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// Call after a success.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    /// Failures since the last success.
    pub fn attempts(&self) -> u32 {
        self.attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_to_the_cap_and_reset() {
        let mut b = Backoff::reconnect();
        let mut bounds = Vec::new();
        for _ in 0..8 {
            bounds.push(b.bound().as_secs());
            let bound = b.bound();
            let wait = b.next_wait();
            assert!(wait <= bound && wait >= bound / 10);
        }
        assert_eq!(bounds, [1, 2, 4, 8, 16, 32, 60, 60]);
        b.reset();
        assert_eq!(b.bound().as_secs(), 1);
    }
}
