//! Told without a flood: of failures the first, every tenfold and the end; of lost points each cause once.

use std::collections::HashSet;
use std::time::Duration;

use base::Kind;
use tokio::time::Instant;

use super::super::super::DropReason;

/// Causes remembered; further ones are counted and no longer told.
const CAUSES_MAX: usize = 100;

/// One stretch of failures.
#[derive(Debug, Default)]
pub(in super::super) struct OutageLog {
    began: Option<Instant>,
    kind: Option<Kind>,
    failures: u64,
}

impl OutageLog {
    /// Counts a failure; true if it is worth a line: the first, of another kind than before, or a power of ten.
    pub(in super::super) fn failed(&mut self, kind: Kind, now: Instant) -> bool {
        self.failures += 1;
        self.began.get_or_insert(now);
        self.kind.replace(kind) != Some(kind) || is_power_of_ten(self.failures)
    }

    /// Ends the stretch; how long it was, if there was one.
    pub(in super::super) fn succeeded(&mut self, now: Instant) -> Option<Duration> {
        let began = std::mem::take(self).began?;
        Some(now.saturating_duration_since(began))
    }

    /// Failures of the running stretch.
    pub(in super::super) fn failures(&self) -> u64 {
        self.failures
    }
}

fn is_power_of_ten(mut n: u64) -> bool {
    while n >= 10 && n.is_multiple_of(10) {
        n /= 10;
    }
    n == 1
}

/// Why points were lost, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Causes(HashSet<(DropReason, String)>);

impl Causes {
    pub(super) fn tell(&mut self, who: &str, reason: DropReason, cause: &str) {
        if self.is_new(reason, cause) {
            tracing::warn!(
                reason = reason.as_str(),
                "{who}: left out points, and will each time without a word: {cause}"
            );
            if self.0.len() == CAUSES_MAX {
                tracing::warn!("{who}: further causes of lost points are only counted");
            }
        }
    }

    fn is_new(&mut self, reason: DropReason, cause: &str) -> bool {
        self.0.len() < CAUSES_MAX && self.0.insert((reason, cause.to_owned()))
    }
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
        let later = start + Duration::from_secs(7);
        assert_eq!(log.succeeded(later), Some(Duration::from_secs(7)));
        assert_eq!((log.succeeded(start), log.failures()), (None, 0));
    }

    #[test]
    fn each_cause_is_told_once_and_not_for_ever() {
        let mut causes = Causes::default();
        assert!(causes.is_new(DropReason::Invalid, "a"));
        assert!(!causes.is_new(DropReason::Invalid, "a"));
        assert!(causes.is_new(DropReason::TooOld, "a"));
        let told = (0..1000)
            .filter(|n| causes.is_new(DropReason::Invalid, &n.to_string()))
            .count();
        assert_eq!(told, CAUSES_MAX - 2);
    }
}
