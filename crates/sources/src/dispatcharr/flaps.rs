//! The lines of the looks' outages. One that follows the last told one within a minute is counted instead of told, for as
//! long as that minute lasts: something that comes and goes takes two lines a minute and not two each time.

use std::time::Duration;

use base::Kind;
use base::outage::OutageLog;
use tokio::time::Instant;

/// Least time between the first lines of two outages.
const QUIET: Duration = Duration::from_mins(1);

/// What is worth a line once looks fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// Outages since the last line that were not told.
    pub(super) left_out: u64,
}

/// What a good look ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    /// How long it was down, if it was.
    pub(super) outage: Option<Duration>,
    /// That is worth a line: its beginning was told.
    pub(super) is_told: bool,
    /// Worth a line of their own: outages that were not told, and none has been for a while.
    pub(super) left_out: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Flaps {
    log: OutageLog,
    /// When an outage was last told.
    told_at: Option<Instant>,
    /// The present one was told.
    is_told: bool,
    left_out: u64,
    ended_at: Option<Instant>,
}

impl Flaps {
    /// Counts a look that failed.
    pub(super) fn failed(&mut self, kind: Kind, now: Instant) -> Option<Warning> {
        let is_worth_it = self.log.failed(kind, now);
        if !self.is_told {
            if !is_over(self.told_at, now) {
                return None;
            }
            (self.is_told, self.told_at) = (true, Some(now));
        } else if !is_worth_it {
            return None;
        }
        let left_out = std::mem::take(&mut self.left_out);
        Some(Warning { left_out })
    }

    /// Counts a good look.
    pub(super) fn succeeded(&mut self, now: Instant) -> End {
        let outage = self.log.succeeded(now);
        let is_told = std::mem::take(&mut self.is_told);
        if outage.is_some() {
            self.ended_at = Some(now);
            self.left_out += u64::from(!is_told);
        }
        let calm = self.left_out > 0 && is_over(self.ended_at, now);
        let left_out = calm.then(|| std::mem::take(&mut self.left_out));
        End {
            outage,
            is_told,
            left_out,
        }
    }

    /// Failures of the running outage.
    pub(super) fn failures(&self) -> u64 {
        self.log.failures()
    }
}

/// The quiet time after `at` has passed.
fn is_over(at: Option<Instant>, now: Instant) -> bool {
    at.is_none_or(|at| now.saturating_duration_since(at) >= QUIET)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn what_comes_and_goes_takes_two_lines_a_minute() {
        let (mut flaps, start) = (Flaps::default(), Instant::now());
        let mut lines = Vec::new();
        // Five seconds down, five up, for two minutes and a half.
        for second in (0..150).step_by(10) {
            let (down, up) = (start + S * second, start + S * (second + 5));
            let told = flaps.failed(Kind::ServerError, down);
            lines.extend(told.map(|w| (second, w.left_out)));
            let end = flaps.succeeded(up);
            assert_eq!(end.outage, Some(S * 5));
            assert_eq!((end.is_told, end.left_out), (told.is_some(), None));
        }
        assert_eq!(lines, [(0, 0), (60, 5), (120, 5)]);
        // The two after the last line are told when it has been calm.
        assert_eq!(flaps.succeeded(start + S * 204).left_out, None);
        assert_eq!(flaps.succeeded(start + S * 205).left_out, Some(2));
        assert_eq!(flaps.succeeded(start + S * 300), End::default());
    }

    #[test]
    fn one_that_stays_is_told_late_rather_than_not() {
        let (mut flaps, start) = (Flaps::default(), Instant::now());
        assert!(flaps.failed(Kind::Timeout, start).is_some());
        assert!(flaps.succeeded(start + S).is_told);
        let mut told = Vec::new();
        for second in (10..100).step_by(15) {
            let warning = flaps.failed(Kind::Timeout, start + S * second);
            told.extend(warning.map(|w| (second, w.left_out)));
        }
        assert_eq!((told, flaps.failures()), (vec![(70, 0)], 6));
        let end = flaps.succeeded(start + S * 100);
        assert_eq!((end.outage, end.is_told), (Some(S * 90), true));
    }
}
