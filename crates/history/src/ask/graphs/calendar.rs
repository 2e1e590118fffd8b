//! By local date and month of the start.

use super::{Graph, Measure, Params, Series, Table};
use crate::ask::concurrency::started_peaks;
use crate::columns::Way;
use crate::rollup::cells::Sums;
use crate::rollup::family::{Family, class_of, day_of_dim, dim_of, way_of};
use crate::rules::calendar::{DAY_S, date_of, first_day_of, month_of};
use crate::{Error, View};

/// The last local dates, today included: `(first, last)` in days since 1970.
fn dates(v: &View<'_>, p: &Params) -> (i64, i64) {
    let today = crate::rules::calendar::Calendar::new(v.time_zone(), p.now_s, p.now_s).day(p.now_s);
    (today - p.days() + 1, today)
}

fn date_names(first: i64, last: i64) -> Vec<String> {
    (first..=last).map(|day| date_of(day).to_string()).collect()
}

/// Tautulli `get_plays_by_date`: a group counts once on each date it was played on.
pub fn by_date(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let (first, last) = dates(v, p);
    let categories = date_names(first, last);
    let mut table = Table::of_classes(v, categories.len());
    each_date(v, p, Family::StartDayClass, (first, last), |key, place, sums| {
        table.add(&class_of(key), place, p.value(sums));
    })?;
    let mut graph = table.graph(categories);
    let totals = (0..graph.categories.len()).map(|at| graph.series.iter().map(|s| s.data[at]).sum());
    let total = Series {
        name: "Total",
        data: totals.collect(),
    };
    graph.series.push(total);
    Ok(graph)
}

/// Tautulli `get_plays_by_stream_type`: by date and decision.
pub fn by_stream_type(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let (first, last) = dates(v, p);
    let categories = date_names(first, last);
    let mut table = Table::of_ways(categories.len());
    each_date(v, p, Family::StartDayWay, (first, last), |key, place, sums| {
        table.add(&way_of(key), place, p.value(sums));
    })?;
    Ok(table.graph(categories))
}

/// Calls `cell` with the place of each cell's date among the categories.
fn each_date(
    v: &View<'_>,
    p: &Params,
    family: Family,
    (first, last): (i64, i64),
    mut cell: impl FnMut(u64, usize, Sums),
) -> Result<(), Error> {
    p.asked(v, p.cutoff_s())?
        .each_by_start(family, (first, last), |key, sums| {
            // Dates before the first have been fetched, and are left out.
            if let Ok(place) = usize::try_from(day_of_dim(dim_of(key)) - first) {
                cell(key, place, sums);
            }
        })
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month_name(month: i64) -> String {
    let of_year = usize::try_from(month.rem_euclid(12)).unwrap_or_default();
    format!("{} {}", MONTHS[of_year], month.div_euclid(12))
}

/// Tautulli `get_plays_per_month`: local months of the start; the window begins with a month of UTC, one more than
/// are shown.
pub fn per_month(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let (_, today) = dates(v, p);
    let last = month_of(today);
    let first = last - p.months() + 1;
    let categories: Vec<_> = (first..=last).map(month_name).collect();
    let utc_month = month_of(p.now_s.div_euclid(DAY_S));
    let cutoff_s = first_day_of(utc_month - p.months()) * DAY_S;
    let mut table = Table::of_classes(v, categories.len());
    p.asked(v, cutoff_s)?
        .each_by_start(Family::StartMonth, (first, last), |key, sums| {
            let month = i64::try_from(dim_of(key)).unwrap_or_default();
            if let Ok(place) = usize::try_from(month - first) {
                table.add(&class_of(key), place, p.value(sums));
            }
        })?;
    Ok(table.graph(categories))
}

/// Tautulli `get_concurrent_streams_by_stream_type`: by local date of the start. Plays of no known decision count in
/// the maximum alone (Tautulli fails on them).
pub fn concurrent_by_stream_type(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let (first, last) = dates(v, p);
    let categories = date_names(first, last);
    let params = Params {
        measure: Measure::Plays,
        grouping: false,
        ..p.clone()
    };
    let asked = params.asked(v, p.cutoff_s())?;
    let mut table = Table::<Way>::of_ways(categories.len());
    let mut max = vec![0; categories.len()];
    started_peaks(&asked, first, last, |day, peak| {
        let Some(place) = usize::try_from(day - first).ok().filter(|at| *at < max.len()) else {
            return;
        };
        max[place] = peak.total();
        for (way, _) in super::WAYS {
            table.add(&way, place, peak.way(way));
        }
    })?;
    let mut graph = table.graph(categories);
    graph.series.push(Series {
        name: "Max. Concurrent Streams",
        data: max,
    });
    Ok(graph)
}
