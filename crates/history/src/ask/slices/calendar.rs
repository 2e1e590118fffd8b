//! Plays by date, weekday, hour and month, on the local calendar of the request.
//!
//! As in Tautulli's graphs, a row belongs to the moment it started, and a play whose rows fall on two dates counts
//! once on each of them, by the lowest of its rows there; its seconds stay where they were played.

use jiff::tz::TimeZone;

use crate::columns::{Row, Way};
use crate::rules::Class;
use crate::rules::calendar::{Calendar, DAY_S, date_of, month_of};

use super::{Filter, Measure, Selection, Series, Sum, Table};

/// Dates in one answer; what is asked beyond the last one is left out.
const DATES_MAX: i64 = 36_600;

/// What of the calendar the categories are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    Date,
    /// Monday first.
    Weekday,
    Hour,
    Month,
    /// 168 of them: Monday 00, Monday 01, … Sunday 23.
    HourOfWeekday,
}

pub(super) const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

const HOURS: i64 = 24;

impl By {
    #[inline]
    pub(super) fn bucket(self, local_s: i64) -> i64 {
        let day = || local_s.div_euclid(DAY_S);
        let hour = || local_s.rem_euclid(DAY_S) / 3600;
        match self {
            Self::Date => day(),
            Self::Weekday => weekday(day()),
            Self::Hour => hour(),
            Self::Month => month_of(day()),
            Self::HourOfWeekday => weekday(day()) * HOURS + hour(),
        }
    }

    /// First and last bucket of a window of local time.
    fn ends(self, first_local_s: i64, last_local_s: i64) -> (i64, i64) {
        match self {
            Self::Weekday => (0, 6),
            Self::Hour => (0, HOURS - 1),
            Self::HourOfWeekday => (0, 7 * HOURS - 1),
            Self::Date | Self::Month => {
                let (first, last) = (self.bucket(first_local_s), self.bucket(last_local_s));
                (first, last.clamp(first, first + DATES_MAX - 1))
            }
        }
    }

    fn name(self, bucket: i64) -> String {
        match self {
            Self::Date => date_of(bucket).to_string(),
            Self::Month => format!("{:04}-{:02}", bucket.div_euclid(12), bucket.rem_euclid(12) + 1),
            Self::Hour => format!("{bucket:02}"),
            Self::Weekday => weekday_name(bucket).to_owned(),
            Self::HourOfWeekday => format!("{} {:02}", weekday_name(bucket / HOURS), bucket % HOURS),
        }
    }
}

/// 0 is Monday; the epoch's day was a Thursday.
#[inline]
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn weekday_name(n: i64) -> &'static str {
    usize::try_from(n)
        .ok()
        .and_then(|n| WEEKDAYS.get(n))
        .copied()
        .unwrap_or_default()
}

/// Names of the media series, by [`Class`].
pub(super) fn media_name(class: Class) -> &'static str {
    match class {
        Class::Tv => "episode",
        Class::Movies => "movie",
        Class::Music => "track",
        Class::LiveTv => "live",
        Class::None => "unknown",
    }
}

/// Names of the decision series, by [`Way`].
pub(super) fn way_name(way: Way) -> &'static str {
    match way {
        Way::Unknown => "unknown",
        Way::DirectPlay => "directplay",
        Way::Copy => "copy",
        Way::Transcode => "transcode",
    }
}

/// Series are the media: `episode`, `movie`, `track`, `live`.
pub fn by_calendar(
    selection: &Selection<'_>,
    filter: &Filter,
    tz: &TimeZone,
    by: By,
    measure: Measure,
    now_s: i64,
) -> Table {
    let columns = selection.columns;
    let counted = count(selection, filter, tz, by, now_s, |row| {
        columns.class(row) as usize
    });
    counted.table(
        by,
        measure,
        &Class::SHOWN.map(|class| (class as usize, media_name(class))),
    )
}

/// Series are the decisions: `directplay`, `copy`, `transcode`. Categories are dates.
pub fn decisions_by_date(
    selection: &Selection<'_>,
    filter: &Filter,
    tz: &TimeZone,
    measure: Measure,
    now_s: i64,
) -> Table {
    let columns = selection.columns;
    let counted = count(selection, filter, tz, By::Date, now_s, |row| {
        columns.way(row) as usize
    });
    let shown = [Way::DirectPlay, Way::Copy, Way::Transcode];
    counted.table(By::Date, measure, &shown.map(|way| (way as usize, way_name(way))))
}

/// Kinds of a row that a table can tell apart: classes or decisions.
const KINDS: usize = 5;

/// Sums of each bucket by kind.
struct Counted {
    first: i64,
    cells: Vec<[Sum; KINDS]>,
}

impl Counted {
    fn table(&self, by: By, measure: Measure, shown: &[(usize, &'static str)]) -> Table {
        let names = (self.first..).zip(&self.cells).map(|(bucket, _)| by.name(bucket));
        let series = shown.iter().map(|(kind, name)| Series {
            name,
            values: self.cells.iter().map(|cell| cell[*kind].get(measure)).collect(),
        });
        Table {
            categories: names.collect(),
            series: series.collect(),
            total: self
                .cells
                .iter()
                .map(|cell| cell.iter().map(|sum| sum.get(measure)).sum())
                .collect(),
        }
    }
}

/// The window of time a question covers: as asked, else from the first row picked to now or the last row.
fn window(selection: &Selection<'_>, filter: &Filter, now_s: i64) -> (i64, i64) {
    let span = match (filter.from_s, filter.to_s) {
        (Some(_), Some(_)) => None,
        _ => selection.span_s(),
    };
    let from_s = filter
        .from_s
        .unwrap_or_else(|| span.map_or(now_s, |(first, _)| first));
    let last_s = match filter.to_s {
        Some(to) => to - 1,
        None => span.map_or(now_s, |(_, last)| last.max(now_s)),
    };
    (from_s, last_s.max(from_s))
}

fn count(
    selection: &Selection<'_>,
    filter: &Filter,
    tz: &TimeZone,
    by: By,
    now_s: i64,
    kind: impl Fn(Row) -> usize,
) -> Counted {
    let columns = selection.columns;
    let (from_s, last_s) = window(selection, filter, now_s);
    let calendar = Calendar::new(tz, from_s, last_s + 1);
    let (first, last) = by.ends(calendar.local_s(from_s), calendar.local_s(last_s));
    let buckets = usize::try_from(last - first + 1).unwrap_or(0);
    let mut cells = vec![[Sum::default(); KINDS]; buckets];
    let mut add = |bucket: i64, kind: usize, plays: i64, row: Row| {
        let place = usize::try_from(bucket - first).unwrap_or(usize::MAX);
        if let Some(cell) = cells.get_mut(place) {
            cell[kind].add(Sum {
                plays,
                seconds: columns.duration_s(row),
            });
        }
    };
    // Bucket and kind of what was counted of the play so far.
    let mut met: Vec<(i64, usize)> = Vec::new();
    selection.each(|rows| {
        let bucket = |row: Row| by.bucket(calendar.local_s(columns.started_s(row)));
        if let [row] = rows {
            return add(bucket(*row), kind(*row), 1, *row);
        }
        met.clear();
        for row in rows {
            let bucket = bucket(*row);
            let earlier = met.iter().find(|(at, _)| *at == bucket).map(|(_, kind)| *kind);
            let kind = earlier.unwrap_or_else(|| {
                let kind = kind(*row);
                met.push((bucket, kind));
                kind
            });
            add(bucket, kind, i64::from(earlier.is_none()), *row);
        }
    });
    Counted { first, cells }
}
