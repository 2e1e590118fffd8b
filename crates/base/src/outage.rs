//! Failures told without a flood: the first, every tenfold, and the end.

use std::time::Duration;

use tokio::time::Instant;

use crate::Kind;

/// One stretch of failures.
#[derive(Debug, Default)]
pub struct OutageLog {
    began: Option<Instant>,
    kind: Option<Kind>,
    failures: u64,
}

impl OutageLog {
    /// Counts a failure; true if it is worth a line: the first, of another kind than before, or a power of ten.
    pub fn failed(&mut self, kind: Kind, now: Instant) -> bool {
        self.failures += 1;
        self.began.get_or_insert(now);
        self.kind.replace(kind) != Some(kind) || is_power_of_ten(self.failures)
    }

    /// Ends the stretch; how long it was, if there was one.
    pub fn succeeded(&mut self, now: Instant) -> Option<Duration> {
        let began = std::mem::take(self).began?;
        Some(now.saturating_duration_since(began))
    }

    /// Failures of the running stretch.
    pub fn failures(&self) -> u64 {
        self.failures
    }
}

fn is_power_of_ten(mut n: u64) -> bool {
    while n >= 10 && n.is_multiple_of(10) {
        n /= 10;
    }
    n == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_every_tenfold_and_each_change_are_told() {
        let (mut log, start) = (OutageLog::default(), Instant::now());
        let told: Vec<u64> = (1..=1000).filter(|_| log.failed(Kind::Timeout, start)).collect();
        assert_eq!(told, [1, 10, 100, 1000]);
        assert!(log.failed(Kind::Unauthorized, start));
        assert!(!log.failed(Kind::Unauthorized, start));
        assert_eq!(
            log.succeeded(start + Duration::from_secs(7)),
            Some(Duration::from_secs(7))
        );
        assert_eq!((log.succeeded(start), log.failures()), (None, 0));
        assert!(log.failed(Kind::Timeout, start));
    }
}
