//! By hour of the day and by day of the week, of the start.

use super::{Graph, Params, Table};
use crate::rollup::family::{Family, class_of, dim_of};
use crate::{Error, View};

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Tautulli `get_plays_by_dayofweek`: a group counts once on each weekday it was played on.
pub fn by_dayofweek(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let first = usize::from(p.monday_first);
    let categories = (0..7)
        .map(|place| WEEKDAYS[(place + first) % 7].to_owned())
        .collect();
    by(v, p, Family::Weekday, categories, |weekday| {
        (weekday + 7 - first) % 7
    })
}

/// Tautulli `get_plays_by_hourofday`: a group counts once in each hour it was begun in.
pub fn by_hourofday(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let categories = (0..24).map(|hour| format!("{hour:02}")).collect();
    by(v, p, Family::Hour, categories, |hour| hour)
}

fn by(
    v: &View<'_>,
    p: &Params,
    family: Family,
    categories: Vec<String>,
    place: impl Fn(usize) -> usize,
) -> Result<Graph, Error> {
    let mut table = Table::of_classes(v, categories.len());
    p.asked(v, p.cutoff_s())?.each(family, |key, sums| {
        let dim = usize::try_from(dim_of(key)).unwrap_or_default();
        table.add(&class_of(key), place(dim), p.value(sums));
    })?;
    Ok(table.graph(categories))
}
