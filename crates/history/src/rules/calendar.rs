//! Local days, hours, weekdays and months of moments.

use std::cell::Cell;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Seconds of a day.
pub const DAY_S: i64 = 86_400;

/// Reads moments on the clocks of one time zone. Offsets of a stretch of time are looked up once, so that a moment in
/// it costs nanoseconds; other moments are read right too, but slowly.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    from_s: i64,
    to_s: i64,
    /// Since when each offset holds, oldest first; the first one since `from_s`.
    offsets: Vec<(i64, i64)>,
    /// Where the last moment was found: moments come in bunches.
    last: Cell<usize>,
}

impl Calendar {
    /// For moments in `from_s..to_s` above all.
    pub fn new(zone: &TimeZone, from_s: i64, to_s: i64) -> Self {
        let from = timestamp(from_s);
        let mut offsets = vec![(from_s, offset_s(zone, from))];
        for change in zone.following(from) {
            let at_s = change.timestamp().as_second();
            if at_s >= to_s {
                break;
            }
            offsets.push((at_s, i64::from(change.offset().seconds())));
        }
        Self {
            zone: zone.clone(),
            from_s,
            to_s: to_s.max(from_s),
            offsets,
            last: Cell::new(0),
        }
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What the clocks show, as seconds since 1970 there.
    #[inline]
    pub fn local_s(&self, t_s: i64) -> i64 {
        if t_s < self.from_s || t_s >= self.to_s {
            return t_s + offset_s(&self.zone, timestamp(t_s));
        }
        let mut at = self.last.get();
        let holds =
            |at: usize| self.offsets[at].0 <= t_s && self.offsets.get(at + 1).is_none_or(|next| t_s < next.0);
        if !holds(at) {
            at = self.offsets.partition_point(|o| o.0 <= t_s).saturating_sub(1);
            self.last.set(at);
        }
        t_s + self.offsets[at].1
    }

    /// The local date, in days since 1970.
    #[inline]
    pub fn day(&self, t_s: i64) -> i64 {
        self.local_s(t_s).div_euclid(DAY_S)
    }

    /// The local month, by [`month_of`].
    #[inline]
    pub fn month(&self, t_s: i64) -> i64 {
        month_of(self.day(t_s))
    }

    /// 0 to 23.
    #[inline]
    pub fn hour(&self, t_s: i64) -> i64 {
        self.local_s(t_s).rem_euclid(DAY_S) / 3600
    }

    /// 0 is Sunday.
    #[inline]
    pub fn weekday(&self, t_s: i64) -> i64 {
        weekday_of(self.day(t_s))
    }

    /// The first moment of a local day. Days begin in order, and a day that a zone left out has no length.
    pub fn day_start_s(&self, day: i64) -> i64 {
        match date_of(day).to_zoned(self.zone.clone()) {
            Ok(midnight) => midnight.timestamp().as_second(),
            // Beyond the years 1 to 9999.
            Err(_) => day.saturating_mul(DAY_S),
        }
    }
}

fn offset_s(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds())
}

fn timestamp(t_s: i64) -> Timestamp {
    let t_s = t_s.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(t_s).unwrap_or_default()
}

/// 0 is Sunday, of a date in days since 1970, which began on a Thursday.
pub fn weekday_of(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// Months since year 0 of a date in days since 1970.
///
/// Counts in years that begin in March, so that the leap day comes last and months follow a straight line.
#[inline]
pub fn month_of(day: i64) -> i64 {
    // Days since 0000-03-01, by eras of 400 years.
    let since = day + 719_468;
    let (era, of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    (era * 400 + year) * 12 + month + 2
}

/// The first date of a month, in days since 1970: the other way of [`month_of`].
pub fn first_day_of(month: i64) -> i64 {
    let since_march = month - 2;
    let (year, month) = (since_march.div_euclid(12), since_march.rem_euclid(12));
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 - 719_468
}

/// The date of a day since 1970, at most as far as dates go.
pub fn date_of(day: i64) -> Date {
    let month = month_of(day);
    let of_month = day - first_day_of(month) + 1;
    let part = |n: i64| i8::try_from(n).unwrap_or(1);
    match i16::try_from(month.div_euclid(12)) {
        Ok(year) => Date::new(year, part(month.rem_euclid(12) + 1), part(of_month)).unwrap_or(Date::MAX),
        Err(_) => Date::MAX,
    }
}

/// Days since 1970 of a date.
pub fn day_of(date: Date) -> i64 {
    let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
    first_day_of(month) + i64::from(date.day()) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 7] = [
        "America/New_York",
        "Asia/Kolkata",
        "UTC",
        "Australia/Lord_Howe",
        // Midnight is left out in spring; a day was left out in 2011; midnight came twice.
        "America/Sao_Paulo",
        "Pacific/Apia",
        "America/St_Johns",
    ];

    proptest! {
        #[test]
        fn clocks_show_what_jiff_says(
            zone in prop::sample::select(&ZONES[..]),
            from in 0_i64..2_000_000_000,
            length in 0_i64..400_000_000,
            at in prop::collection::vec(0_i64..4_294_967_296, 1..20),
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let calendar = Calendar::new(&zone, from, from + length);
            for t in at {
                let there = Timestamp::from_second(t).unwrap().to_zoned(zone.clone());
                prop_assert_eq!(date_of(calendar.day(t)), there.date());
                prop_assert_eq!(calendar.hour(t), i64::from(there.hour()));
                prop_assert_eq!(calendar.weekday(t), i64::from(there.weekday().to_sunday_zero_offset()));
                let month = i64::from(there.year()) * 12 + i64::from(there.month()) - 1;
                prop_assert_eq!(calendar.month(t), month);
                prop_assert_eq!(day_of(there.date()), calendar.day(t));
            }
        }

        #[test]
        fn days_begin_in_order(zone in prop::sample::select(&ZONES[..]), day in 0_i64..49_000) {
            let calendar = Calendar::new(&TimeZone::get(zone).unwrap(), 0, 0);
            let start = calendar.day_start_s(day);
            prop_assert!(start <= calendar.day_start_s(day + 1));
            prop_assert!(calendar.day(start) >= day);
            prop_assert!(calendar.day(start - 1) < day);
        }
    }

    #[test]
    fn months_and_days_go_both_ways() {
        for day in -800_000..800_000 {
            let month = month_of(day);
            assert!(
                first_day_of(month) <= day && day < first_day_of(month + 1),
                "{day}"
            );
        }
        assert_eq!(
            (month_of(0), first_day_of(1970 * 12), weekday_of(0)),
            (1970 * 12, 0, 4)
        );
        assert_eq!(date_of(11_016).to_string(), "2000-02-29");
    }

    #[test]
    fn offsets_change_at_the_second() {
        let zone = TimeZone::get("America/New_York").unwrap();
        // 2026-11-01 06:00 UTC: from 01:59:59 back to 01:00.
        let change = 1_793_512_800;
        let calendar = Calendar::new(&zone, change - 10 * DAY_S, change + 10 * DAY_S);
        let hours = [change - 3601, change - 1, change, change + 3600].map(|t| calendar.hour(t));
        assert_eq!(hours, [0, 1, 1, 2]);
    }
}
