//! The ten with the most.

use model::Text;

use super::{Graph, Measure, Params, Series, WAYS, shown_classes};
use crate::rollup::cells::{MixMap, Sums};
use crate::rollup::family::{Family, class_of, dim_of, user_of_dim, way_of};
use crate::rollup::names::Labels;
use crate::rules::{friendly_name, platform_name};
use crate::{Error, View};

/// Categories shown.
const SHOWN: usize = 10;

/// Tautulli `get_plays_by_top_10_platforms`: the one list in which the earlier in the alphabet comes first of equals.
pub fn by_top_10_platforms(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    let ascending = p.measure == Measure::Plays;
    platforms(v, p, Family::PlatformClass, &Split::classes(v), ascending)
}

/// Tautulli `get_stream_type_by_top_10_platforms`.
pub fn stream_type_by_top_10_platforms(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    platforms(v, p, Family::PlatformWay, &Split::ways(), false)
}

/// Tautulli `get_plays_by_top_10_users`.
pub fn by_top_10_users(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    users(v, p, Family::UserClass, &Split::classes(v))
}

/// Tautulli `get_stream_type_by_top_10_users`.
pub fn stream_type_by_top_10_users(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    users(v, p, Family::UserWay, &Split::ways())
}

/// Tautulli `get_plays_by_source_resolution`.
pub fn by_source_resolution(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    resolutions(v, p, Family::SourceResolution)
}

/// Tautulli `get_plays_by_stream_resolution`.
pub fn by_stream_resolution(v: &View<'_>, p: &Params) -> Result<Graph, Error> {
    resolutions(v, p, Family::StreamResolution)
}

fn platforms(
    v: &View<'_>,
    p: &Params,
    family: Family,
    split: &Split,
    ascending: bool,
) -> Result<Graph, Error> {
    let (ranked, labels) = ranked(v, p, family, split)?;
    let top = top_texts(ranked, &labels, ascending)?;
    Ok(split.graph(&top, |name| platform_name(name).to_owned()))
}

fn resolutions(v: &View<'_>, p: &Params, family: Family) -> Result<Graph, Error> {
    let split = Split::ways();
    let (ranked, labels) = ranked(v, p, family, &split)?;
    let top = top_texts(ranked, &labels, false)?;
    Ok(split.graph(&top, |name| (**name).to_owned()))
}

/// Plays of nobody, or of an account that is not known, are in no list; deleted accounts stay.
fn users(v: &View<'_>, p: &Params, family: Family, split: &Split) -> Result<Graph, Error> {
    let people = v.columns.dims.people();
    let (ranked, _) = ranked(v, p, family, split)?;
    let mut top: Vec<(Ranked, i64)> = ranked
        .into_iter()
        .filter_map(|ranked| user_of_dim(ranked.dim).map(|id| (ranked, id)))
        .filter(|(_, id)| people.contains_key(id))
        .collect();
    top.sort_unstable_by_key(|(ranked, id)| std::cmp::Reverse((ranked.total, *id)));
    top.truncate(SHOWN);
    Ok(split.graph(&top, |id| {
        let person = people.get(id);
        let name = person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
        name.unwrap_or_default().to_owned()
    }))
}

/// Places in [`Ranked::by`]; classes and decisions both fit.
const PLACES: usize = 5;

/// One category.
#[derive(Debug)]
struct Ranked {
    dim: u64,
    plays: i64,
    /// What it is ranked by. Plays of no series count too.
    total: i64,
    by: [i64; PLACES],
}

/// What the series are.
struct Split {
    place: fn(u64) -> usize,
    series: Vec<(usize, &'static str)>,
}

impl Split {
    fn classes(v: &View<'_>) -> Self {
        Self {
            place: |key| class_of(key) as usize,
            series: shown_classes(v)
                .map(|class| (class as usize, class.name()))
                .collect(),
        }
    }

    fn ways() -> Self {
        Self {
            place: |key| way_of(key) as usize,
            series: WAYS.map(|(way, name)| (way as usize, name)).to_vec(),
        }
    }

    fn graph<N>(&self, top: &[(Ranked, N)], shown: impl Fn(&N) -> String) -> Graph {
        let series = self.series.iter().map(|(place, name)| Series {
            name,
            data: top.iter().map(|(ranked, _)| ranked.by[*place]).collect(),
        });
        Graph {
            categories: top.iter().map(|(_, name)| shown(name)).collect(),
            series: series.collect(),
        }
    }
}

/// All categories that have plays, in any order.
fn ranked<'a>(
    v: &View<'a>,
    p: &Params,
    family: Family,
    split: &Split,
) -> Result<(Vec<Ranked>, Labels<'a>), Error> {
    let mut ranked: Vec<Ranked> = Vec::new();
    let mut places: MixMap<u64, usize> = MixMap::default();
    let mut at = 0;
    let mut add = |key: u64, sums: Sums| {
        let dim = dim_of(key);
        // Cells of one category mostly follow each other.
        if ranked.get(at).is_none_or(|last| last.dim != dim) {
            at = *places.entry(dim).or_insert(ranked.len());
            if at == ranked.len() {
                ranked.push(Ranked {
                    dim,
                    plays: 0,
                    total: 0,
                    by: [0; PLACES],
                });
            }
        }
        let value = p.value(sums);
        ranked[at].plays += p.plays(sums);
        ranked[at].total += value;
        ranked[at].by[(split.place)(key)] += value;
    };
    let labels = p.asked(v, p.cutoff_s())?.each(family, &mut add)?;
    ranked.retain(|ranked| ranked.plays != 0);
    Ok((ranked, labels))
}

/// The ten highest with their texts. Of equals the later in the alphabet comes first, unless `ascending`.
fn top_texts(
    ranked: Vec<Ranked>,
    labels: &Labels<'_>,
    ascending: bool,
) -> Result<Vec<(Ranked, Text)>, Error> {
    let mut top = Vec::with_capacity(ranked.len());
    for ranked in ranked {
        let text = labels.text(ranked.dim)?;
        top.push((ranked, text));
    }
    top.sort_unstable_by(|(a, a_text), (b, b_text)| {
        let by_name = a_text.cmp(b_text);
        let by_name = if ascending { by_name } else { by_name.reverse() };
        b.total.cmp(&a.total).then(by_name)
    });
    top.truncate(SHOWN);
    Ok(top)
}
