//! Over which plays the cards count.

use jiff::tz::TimeZone;

use super::HomeParams;
use crate::ask::concurrency::{self, MostConcurrent};
use crate::ask::filter::{Filter, start_of_day};
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
    concurrency::most_concurrent(v, filter.stopped_from_s.unwrap_or(0))
}
