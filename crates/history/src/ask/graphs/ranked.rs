//! The ten with the most.

use std::collections::HashMap;

use model::Text;

use super::{Graph, Measure, Params, Table};
use crate::columns::Way;
use crate::rollup::cells::Sums;
use crate::rollup::family::{Family, class_of, dim_of, user_of_dim, way_of};
use crate::rollup::window::Found;
use crate::rules::{friendly_name, platform_name};
use crate::{Error, View};

/// Categories shown.
const SHOWN: usize = 10;

/// Tautulli `get_plays_by_top_10_platforms`: the one list in which the earlier in the alphabet comes first of equals.
pub fn by_top_10_platforms(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let ascending = p.measure == Measure::Plays;
    platforms(v, p, Table::of_classes(v, SHOWN), class_of, ascending)
}

/// Tautulli `get_stream_type_by_top_10_platforms`.
pub fn stream_type_by_top_10_platforms(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    platforms(v, p, Table::of_ways(SHOWN), way_of, false)
}

/// Tautulli `get_plays_by_top_10_users`.
pub fn by_top_10_users(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    users(v, p, Table::of_classes(v, SHOWN), class_of)
}

/// Tautulli `get_stream_type_by_top_10_users`.
pub fn stream_type_by_top_10_users(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    users(v, p, Table::of_ways(SHOWN), way_of)
}

/// Tautulli `get_plays_by_source_resolution`.
pub fn by_source_resolution(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    resolutions(v, p, Family::SourceResolution)
}

/// Tautulli `get_plays_by_stream_resolution`.
pub fn by_stream_resolution(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    resolutions(v, p, Family::StreamResolution)
}

fn platforms<S: PartialEq>(
    v: &View<'_>,
    p: &Params,
    table: Table<S>,
    series: impl Fn(u64) -> S,
    ascending: bool,
) -> Result<Graph, Error> {
    let found = p.asked(v, p.cutoff_s())?.sums(Family::Platform)?;
    let top = top_texts(&found, p, ascending)?;
    let names = top
        .iter()
        .map(|(_, name)| platform_name(name).to_owned())
        .collect();
    let dims: Vec<_> = top.iter().map(|(dim, _)| *dim).collect();
    Ok(fill(&found, p, &dims, names, table, series))
}

fn resolutions(v: &View<'_>, p: &Params, family: Family) -> Result<Graph, Error> {
    let found = p.asked(v, p.cutoff_s())?.sums(family)?;
    let top = top_texts(&found, p, false)?;
    let names = top.iter().map(|(_, name)| (**name).to_owned()).collect();
    let dims: Vec<_> = top.iter().map(|(dim, _)| *dim).collect();
    Ok(fill(
        &found,
        p,
        &dims,
        names,
        Table::<Way>::of_ways(SHOWN),
        way_of,
    ))
}

/// Plays of nobody, or of an account that is not known, are in no list; deleted accounts stay.
fn users<S: PartialEq>(
    v: &View<'_>,
    p: &Params,
    table: Table<S>,
    series: impl Fn(u64) -> S,
) -> Result<Graph, Error> {
    let found = p.asked(v, p.cutoff_s())?.sums(Family::User)?;
    let people = v.columns.dims.people();
    let mut ranked: Vec<_> = totals(&found, p)
        .into_iter()
        .filter_map(|(dim, total)| user_of_dim(dim).map(|id| (total, id, dim)))
        .filter(|(_, id, _)| people.contains_key(id))
        .collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    ranked.truncate(SHOWN);
    let name = |id: &i64| {
        let person = people.get(id);
        let name = person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
        name.unwrap_or_default().to_owned()
    };
    let names = ranked.iter().map(|(_, id, _)| name(id)).collect();
    let dims: Vec<_> = ranked.iter().map(|(_, _, dim)| *dim).collect();
    Ok(fill(&found, p, &dims, names, table, series))
}

/// What each dimension is ranked by. Plays of no series count too.
fn totals(found: &Found<'_>, p: &Params) -> HashMap<u64, i64> {
    let mut sums: HashMap<u64, Sums> = HashMap::new();
    for (key, cell) in found.cells.iter() {
        sums.entry(dim_of(key)).or_default().add(cell);
    }
    let there = sums.into_iter().filter(|(_, sums)| p.plays(*sums) != 0);
    there.map(|(dim, sums)| (dim, p.value(sums))).collect()
}

/// The ten highest with their texts. Of equals the later in the alphabet comes first, unless `ascending`.
fn top_texts(found: &Found<'_>, p: &Params, ascending: bool) -> Result<Vec<(u64, Text)>, Error> {
    let mut ranked = Vec::new();
    for (dim, total) in totals(found, p) {
        ranked.push((total, found.labels.text(dim)?, dim));
    }
    ranked.sort_unstable_by(|a, b| {
        let by_name = if ascending { a.1.cmp(&b.1) } else { b.1.cmp(&a.1) };
        b.0.cmp(&a.0).then(by_name)
    });
    ranked.truncate(SHOWN);
    Ok(ranked.into_iter().map(|(_, text, dim)| (dim, text)).collect())
}

fn fill<S: PartialEq>(
    found: &Found<'_>,
    p: &Params,
    dims: &[u64],
    names: Vec<String>,
    mut table: Table<S>,
    series: impl Fn(u64) -> S,
) -> Graph {
    for (key, sums) in found.cells.iter() {
        if let Some(place) = dims.iter().position(|dim| *dim == dim_of(key)) {
            table.add(&series(key), place, p.value(sums));
        }
    }
    for data in &mut table.data {
        data.truncate(names.len());
    }
    table.graph(names)
}
