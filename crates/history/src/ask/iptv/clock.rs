//! Local days and hours as stretches of time without gaps.

use jiff::tz::TimeZone;

use crate::rules::Calendar;

/// Milliseconds since 1970 of a day or an hour, by numbers that ascend with time.
#[derive(Debug)]
pub(super) struct Days {
    calendar: Calendar,
}

impl Days {
    /// For moments from `from_ms` to `to_ms` above all.
    pub(super) fn new(zone: &TimeZone, from_ms: i64, to_ms: i64) -> Self {
        Self {
            calendar: Calendar::new(zone, from_ms.div_euclid(1000), to_ms.div_euclid(1000) + 1),
        }
    }

    /// The day since 1970 that a moment belongs to. Where midnight comes twice the day begins with the first one.
    pub(super) fn day(&self, at_ms: i64) -> i64 {
        let day = self.calendar.day(at_ms.div_euclid(1000));
        if self.start_ms(day + 1) <= at_ms {
            day + 1
        } else {
            day
        }
    }

    /// The first moment of a day.
    pub(super) fn start_ms(&self, day: i64) -> i64 {
        self.calendar.day_start_s(day).saturating_mul(1000)
    }

    /// The first moment of the hour after the one that begins at `hour_ms`. An hour in which clocks are set may be
    /// shorter, and one that comes twice is two.
    pub(super) fn next_hour_ms(&self, hour_ms: i64) -> i64 {
        let gone_s = self.calendar.local_s(hour_ms.div_euclid(1000)).rem_euclid(HOUR_S);
        hour_ms + (HOUR_S - gone_s) * 1000
    }
}

const HOUR_S: i64 = 3_600;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 6] = [
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "America/St_Johns",
    ];

    proptest! {
        #[test]
        fn every_moment_is_in_one_day(zone in prop::sample::select(&ZONES[..]), at in 0_i64..2_000_000_000_000) {
            let days = Days::new(&TimeZone::get(zone).unwrap(), at, at);
            let day = days.day(at);
            prop_assert!(days.start_ms(day) <= at && at < days.start_ms(day + 1), "{} {}", zone, day);
        }

        #[test]
        fn hours_go_on(zone in prop::sample::select(&ZONES[..]), day in 0_i64..24_000) {
            let days = Days::new(&TimeZone::get(zone).unwrap(), 0, 2_000_000_000_000);
            let mut hour = days.start_ms(day);
            while hour < days.start_ms(day + 1) {
                let next = days.next_hour_ms(hour);
                prop_assert!(hour < next && next <= hour + 3_600_000);
                hour = next;
            }
        }
    }
}
