//! Viewers over time.

use jiff::tz::TimeZone;

use super::Filter;
use super::clock::Days;
use super::filter::Asked;
use super::rows::after;
use super::sweep::{Interval, Levels};
use crate::{Error, View};

/// Buckets, or days of logins, of one answer; a question that needs more is refused.
pub const BUCKETS_MAX: usize = 100_000;

/// How long a bucket is, on the clocks of a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    Hour,
    Day,
}

/// A local hour or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub start_ms: i64,
    /// The start of the next one.
    pub end_ms: i64,
    /// Viewers × time.
    pub viewed_ms: u64,
    /// Most viewers at once.
    pub peak_viewers: u32,
    /// Viewings that began in it.
    pub views: u64,
}

/// Without gaps from the first bucket in which someone watched to the last one.
pub fn viewers(view: &View<'_>, filter: &Filter, zone: &TimeZone, by: By) -> Result<Vec<Bucket>, Error> {
    let mut asked = Asked::new(view, filter)?;
    let window = asked.window;
    let (mut intervals, mut starts) = (Vec::new(), Vec::new());
    asked.viewings(None, false, |_, viewing| {
        intervals.push(window.interval(viewing.started_ms, viewing.until_ms, after(viewing.until_ms)));
        if window.has(viewing.started_ms) {
            starts.push(viewing.started_ms);
        }
        Ok(true)
    })?;
    starts.sort_unstable();
    buckets(&intervals, &starts, zone, by)
}

pub(super) fn too_many(max: usize, what: &str) -> Error {
    Error::Refused(format!("that is more than {max} {what}: ask for a shorter time"))
}

/// `starts`: of the views that count, ascending.
fn buckets(intervals: &[Interval], starts: &[i64], zone: &TimeZone, by: By) -> Result<Vec<Bucket>, Error> {
    let first = intervals.iter().map(|i| i.from_ms).min();
    let last = intervals.iter().map(|i| (i.after_ms - 1).max(i.from_ms)).max();
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(Vec::new());
    };
    let days = Days::new(zone, first, last);
    let first_day = days.day(first);
    let mut day = first_day;
    let mut next = |start_ms: i64| match by {
        By::Hour => days.next_hour_ms(start_ms),
        // A day that a zone left out has no length.
        By::Day => loop {
            day += 1;
            let next_ms = days.start_ms(day);
            if next_ms > start_ms {
                break next_ms;
            }
        },
    };
    let levels = Levels::of(intervals);
    let mut start_ms = days.start_ms(first_day);
    let mut buckets = Vec::new();
    while start_ms <= last {
        let end_ms = next(start_ms);
        if end_ms > first {
            if buckets.len() == BUCKETS_MAX {
                return Err(too_many(BUCKETS_MAX, "buckets"));
            }
            let sum = levels.stretch(start_ms, end_ms);
            let before = |moment: i64| starts.partition_point(|start| *start < moment);
            buckets.push(Bucket {
                start_ms,
                end_ms,
                viewed_ms: sum.total_ms,
                peak_viewers: sum.peak,
                views: (before(end_ms) - before(start_ms)) as u64,
            });
        }
        start_ms = end_ms;
    }
    Ok(buckets)
}
