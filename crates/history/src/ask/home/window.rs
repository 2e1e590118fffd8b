//! Over which plays the cards count.

use jiff::tz::TimeZone;

use super::HomeParams;
use crate::ask::concurrency::{self, Most, MostConcurrent};
use crate::ask::filter::{Filter, Matcher, start_of_day};
use crate::columns::{Row, Way};
use crate::rollup::peak::{Levels, SPLITS, Split};
use crate::{Error, View};

const DAY_S: i64 = 86_400;

/// The plays of all cards but [`super::StatId::MostConcurrent`].
pub(super) fn filter(p: &HomeParams, zone: &TimeZone) -> Filter {
    Filter {
        section_ids: p.section_id.map(|id| vec![id]),
        user_ids: p.user_id.map(|id| vec![id]),
        ..window(p, zone)
    }
}

/// Plays that stopped within the last days; with days named, those that began on them. One day alone is the end, or
/// the beginning, of as many days as `time_range` says.
fn window(p: &HomeParams, zone: &TimeZone) -> Filter {
    let range_s = p.time_range.saturating_mul(DAY_S);
    let mut filter = Filter::default().on_days(zone, p.after, p.before);
    match (p.after, p.before) {
        (None, None) => filter.stopped_from_s = Some(p.now_s.saturating_sub(range_s)),
        (None, Some(last)) => {
            filter.stopped_from_s = start_of_day(zone, last).map(|start| start.saturating_sub(range_s));
        }
        (Some(first), None) => {
            filter.stopped_to_s = start_of_day(zone, first).map(|start| start.saturating_add(range_s + 1));
        }
        (Some(_), Some(_)) => {}
    }
    filter
}

/// The most plays at once, whoever played and wherever.
pub(super) fn most_concurrent(v: &View<'_>, p: &HomeParams) -> Result<MostConcurrent, Error> {
    let filter = window(p, v.time_zone());
    match filter.stopped_from_s {
        Some(since_s) if p.before.is_none() => concurrency::most_concurrent(v, since_s),
        _ => Ok(concurrent_among(&Matcher::new(v.columns, &filter))),
    }
}

/// The same for days that were named: a walk over the starts and stops of their plays, as far as a stop is known.
pub(super) fn concurrent_among(matcher: &Matcher<'_>) -> MostConcurrent {
    let c = matcher.columns();
    let counts = |row: &&Row| c.stopped_s(**row).is_some() && matcher.passes(**row);
    let mut starts = matcher.by_start().iter().filter(counts).peekable();
    let stops = c.stopped_since(matcher.stopped_from_s().unwrap_or(0));
    let split = |row: Row| Split::new(c.way(row), c.location(row));
    let mut levels = Levels::default();
    let mut last_start = [None; SPLITS];
    let mut started = [None; SPLITS];
    for stop in stops.iter().filter(counts) {
        let stopped_s = c.stopped_s(*stop).unwrap_or_default();
        while let Some(start) = starts.next_if(|row| c.started_s(**row) < stopped_s) {
            levels.start(split(*start));
            for place in split(*start).places() {
                last_start[place] = Some(c.started_s(*start));
            }
        }
        let before = levels.tops;
        levels.stop(split(*stop), stopped_s);
        for place in split(*stop).places() {
            if levels.tops[place] != before[place] {
                started[place] = last_start[place];
            }
        }
    }
    let most = |place: usize| {
        let top = levels.tops[place]?;
        Some(Most {
            count: top.level,
            started_s: started[place],
            stopped_s: top.stopped_s,
        })
    };
    MostConcurrent {
        total: most(Split::TOTAL),
        transcode: most(Split::way(Way::Transcode)),
        direct_stream: most(Split::way(Way::Copy)),
        direct_play: most(Split::way(Way::DirectPlay)),
    }
}
