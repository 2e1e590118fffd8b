//! Each graph against the words of its rule, read off raw rows.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, Zoned};
use proptest::prelude::*;

use super::*;
use crate::rollup::testing::{Kept, worlds};
use crate::rules::{friendly_name, platform_name};
use crate::testing::{Raw, World};

fn local(world: &World, t_s: i64) -> Zoned {
    Timestamp::from_second(t_s).unwrap().to_zoned(world.zone.clone())
}

fn class(world: &World, raw: &Raw) -> Class {
    let item = world.item(raw);
    Class::of(item.kind, item.live)
}

/// Rows of the window.
fn rows<'a>(world: &'a World, p: &Params, cutoff_s: i64) -> Vec<&'a Raw> {
    let users = |raw: &Raw| {
        let id = world.viewer(raw).user_id;
        p.users
            .as_ref()
            .is_none_or(|users| id.is_some_and(|id| users.contains(&id)))
    };
    let rows = world.rows.iter();
    rows.filter(|raw| raw.stopped_s.is_some_and(|s| s >= cutoff_s) && users(raw))
        .collect()
}

/// Plays as the rule says: the row that stands for each, and the seconds of all its rows. Groups are formed within
/// each `bucket`.
fn plays<'a, B: Ord>(p: &Params, rows: &[&'a Raw], bucket: impl Fn(&Raw) -> B) -> Vec<(B, &'a Raw, i64)> {
    let mut groups: BTreeMap<(B, u32), Vec<&Raw>> = BTreeMap::new();
    for raw in rows {
        let play = if p.grouping { raw.group_id } else { raw.id };
        groups.entry((bucket(raw), play)).or_default().push(raw);
    }
    groups
        .into_iter()
        .map(|((bucket, _), rows)| {
            let first = rows.iter().min_by_key(|raw| raw.id).unwrap();
            (bucket, *first, rows.iter().map(|raw| raw.duration_s()).sum())
        })
        .collect()
}

fn value(p: &Params, seconds: i64) -> i64 {
    match p.measure {
        Measure::Plays => 1,
        Measure::Seconds => seconds,
    }
}

fn classes(world: &World) -> Vec<(Class, &'static str)> {
    let kinds = [
        (Class::Tv, "show", "TV"),
        (Class::Movies, "movie", "Movies"),
        (Class::Music, "artist", "Music"),
        (Class::LiveTv, "live", "Live TV"),
    ];
    let sections = || world.libraries.iter().filter_map(|l| l.section.as_ref());
    let is_there = |kind: &str| {
        sections().any(|s| {
            s.kind.as_deref() == Some(kind)
                && s.fields
                    .get("deleted_section")
                    .is_none_or(|d| *d == model::Scalar::Int(0))
        })
    };
    kinds
        .into_iter()
        .filter(|(_, kind, _)| is_there(kind))
        .map(|(class, _, name)| (class, name))
        .collect()
}

/// A graph from plays that know their category.
fn graph<S: PartialEq>(
    categories: Vec<String>,
    series: &[(S, &'static str)],
    values: impl Iterator<Item = (usize, S, i64)>,
) -> Graph {
    let mut data = vec![vec![0; categories.len()]; series.len()];
    for (place, which, value) in values {
        if let Some(at) = series.iter().position(|(s, _)| *s == which) {
            data[at][place] += value;
        }
    }
    let series = series.iter().zip(data);
    Graph {
        categories,
        series: series.map(|((_, name), data)| Series { name, data }).collect(),
    }
}

fn days(p: &Params) -> i64 {
    if p.time_range == 0 { 30 } else { p.time_range }
}

fn cutoff_s(p: &Params) -> i64 {
    p.now_s - days(p) * 86_400
}

fn dates(world: &World, p: &Params) -> Vec<Date> {
    let today = local(world, p.now_s).date();
    (0..days(p)).rev().map(|back| today - back.days()).collect()
}

fn slow_by_date<S: PartialEq + Copy>(
    world: &World,
    p: &Params,
    series: &[(S, &'static str)],
    which: impl Fn(&Raw) -> S,
) -> Graph {
    let dates = dates(world, p);
    let found = plays(p, &rows(world, p, cutoff_s(p)), |raw| {
        local(world, raw.started_s).date()
    });
    let names = dates.iter().map(ToString::to_string).collect();
    let placed = found.into_iter().filter_map(|(date, raw, seconds)| {
        let place = dates.iter().position(|d| *d == date)?;
        Some((place, which(raw), value(p, seconds)))
    });
    graph(names, series, placed)
}

fn slow_per_month(world: &World, p: &Params) -> Graph {
    let months = if p.time_range == 0 { 12 } else { p.time_range };
    let this = local(world, p.now_s).date().first_of_month();
    let shown: Vec<Date> = (0..months).rev().map(|back| this - back.months()).collect();
    let utc = Timestamp::from_second(p.now_s)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let since = utc.first_of_month() - months.months();
    let cutoff_s = since
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
        .as_second();
    let found = plays(p, &rows(world, p, cutoff_s), |raw| {
        local(world, raw.started_s).date().first_of_month()
    });
    let names = shown.iter().map(|d| d.strftime("%b %Y").to_string()).collect();
    let placed = found.into_iter().filter_map(|(month, raw, seconds)| {
        let place = shown.iter().position(|m| *m == month)?;
        Some((place, class(world, raw), value(p, seconds)))
    });
    graph(names, &classes(world), placed)
}

fn slow_by_clock(world: &World, p: &Params, names: Vec<String>, place: impl Fn(&Zoned) -> usize) -> Graph {
    let found = plays(p, &rows(world, p, cutoff_s(p)), |raw| {
        place(&local(world, raw.started_s))
    });
    let placed = found
        .into_iter()
        .map(|(at, raw, seconds)| (at, class(world, raw), value(p, seconds)));
    graph(names, &classes(world), placed)
}

/// The ten highest; of equals the higher (or, `ascending`, the lower) name first.
fn slow_top<S: PartialEq + Copy, N: Ord + Clone>(
    p: &Params,
    rows: &[&Raw],
    series: &[(S, &'static str)],
    (name, shown): (impl Fn(&Raw) -> N, impl Fn(&N) -> String),
    which: impl Fn(&Raw) -> S,
    ascending: bool,
) -> Graph {
    let found = plays(p, rows, |_| ());
    let mut totals: BTreeMap<N, i64> = BTreeMap::new();
    for ((), raw, seconds) in &found {
        *totals.entry(name(raw)).or_default() += value(p, *seconds);
    }
    let mut top: Vec<(N, i64)> = totals.into_iter().collect();
    if !ascending {
        top.reverse();
    }
    top.sort_by_key(|(_, total)| -total);
    top.truncate(10);
    let names = top.iter().map(|(name, _)| shown(name)).collect();
    let placed = found.iter().filter_map(|((), raw, seconds)| {
        let place = top.iter().position(|(n, _)| *n == name(raw))?;
        Some((place, which(raw), value(p, *seconds)))
    });
    graph(names, series, placed)
}

fn slow_concurrent(world: &World, p: &Params) -> Graph {
    let found = rows(world, p, cutoff_s(p));
    let dates = dates(world, p);
    let highest = |date: Date, way: Option<Way>| {
        let mut events = Vec::new();
        for raw in &found {
            if local(world, raw.started_s).date() == date && way.is_none_or(|way| raw.way == way) {
                events.push((raw.started_s, 'B'));
                events.push((raw.stopped_s.unwrap(), 'A'));
            }
        }
        events.sort_unstable();
        let (mut level, mut highest) = (0_i64, 0);
        for (_, kind) in events {
            if kind == 'A' {
                highest = highest.max(level);
                level -= 1;
            } else {
                level += 1;
            }
        }
        highest
    };
    let series = WAYS.map(|(way, name)| (Some(way), name)).into_iter();
    Graph {
        categories: dates.iter().map(ToString::to_string).collect(),
        series: series
            .chain([(None, "Max. Concurrent Streams")])
            .map(|(way, name)| Series {
                name,
                data: dates.iter().map(|date| highest(*date, way)).collect(),
            })
            .collect(),
    }
}

fn slow_platforms<S: PartialEq + Copy>(
    world: &World,
    p: &Params,
    series: &[(S, &'static str)],
    which: impl Fn(&Raw) -> S,
    ascending: bool,
) -> Graph {
    let name = |raw: &Raw| {
        world
            .client(raw)
            .platform
            .as_deref()
            .unwrap_or_default()
            .to_owned()
    };
    let shown = |name: &String| platform_name(name).to_owned();
    slow_top(
        p,
        &rows(world, p, cutoff_s(p)),
        series,
        (name, shown),
        which,
        ascending,
    )
}

fn slow_users<S: PartialEq + Copy>(
    world: &World,
    p: &Params,
    series: &[(S, &'static str)],
    which: impl Fn(&Raw) -> S,
) -> Graph {
    let mut rows = rows(world, p, cutoff_s(p));
    rows.retain(|raw| world.person(raw).is_some());
    let name = |raw: &Raw| world.viewer(raw).user_id.unwrap();
    let shown = |id: &i64| {
        let person = world.people.iter().find(|person| person.user_id == *id).unwrap();
        let name = friendly_name(person.friendly_name.as_deref(), person.username.as_deref());
        name.unwrap_or_default().to_owned()
    };
    slow_top(p, &rows, series, (name, shown), which, false)
}

fn slow_resolutions(world: &World, p: &Params, name: impl Fn(&Raw) -> Option<&str>) -> Graph {
    let mut rows = rows(world, p, cutoff_s(p));
    rows.retain(|raw| world.item(raw).kind != model::RecordKind::Track);
    let name = |raw: &Raw| name(raw).unwrap_or_default().to_owned();
    slow_top(p, &rows, &WAYS, (name, String::clone), |raw| raw.way, false)
}

fn slow(world: &World, p: &Params) -> Vec<(&'static str, Graph)> {
    let classes = classes(world);
    let of = |raw: &Raw| class(world, raw);
    let way = |raw: &Raw| raw.way;
    let mut by_date = slow_by_date(world, p, &classes, of);
    let total = (0..by_date.categories.len()).map(|at| by_date.series.iter().map(|s| s.data[at]).sum());
    let total = total.collect();
    by_date.series.push(Series {
        name: "Total",
        data: total,
    });
    let mut week = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    if p.monday_first {
        week.rotate_left(1);
    }
    let weekday = |z: &Zoned| {
        let name = z.strftime("%A").to_string();
        week.iter().position(|day| *day == name).unwrap()
    };
    let hours = (0..24).map(|hour| format!("{hour:02}")).collect();
    vec![
        ("by_date", by_date),
        ("by_stream_type", slow_by_date(world, p, &WAYS, way)),
        ("per_month", slow_per_month(world, p)),
        (
            "by_dayofweek",
            slow_by_clock(world, p, week.iter().map(ToString::to_string).collect(), weekday),
        ),
        (
            "by_hourofday",
            slow_by_clock(world, p, hours, |z| usize::try_from(z.hour()).unwrap()),
        ),
        ("concurrent_by_stream_type", slow_concurrent(world, p)),
        (
            "by_top_10_platforms",
            slow_platforms(world, p, &classes, of, p.measure == Measure::Plays),
        ),
        (
            "stream_type_by_top_10_platforms",
            slow_platforms(world, p, &WAYS, way, false),
        ),
        ("by_top_10_users", slow_users(world, p, &classes, of)),
        ("stream_type_by_top_10_users", slow_users(world, p, &WAYS, way)),
        (
            "by_source_resolution",
            slow_resolutions(world, p, |raw| raw.source_resolution.as_deref()),
        ),
        (
            "by_stream_resolution",
            slow_resolutions(world, p, |raw| raw.stream_resolution.as_deref()),
        ),
    ]
}

fn fast(kept: &Kept, p: &Params) -> Vec<(&'static str, Graph)> {
    type Ask = fn(&View<'_>, &Params) -> Result<Graph, Error>;
    let all: [(&'static str, Ask); 12] = [
        ("by_date", by_date),
        ("by_stream_type", by_stream_type),
        ("per_month", per_month),
        ("by_dayofweek", by_dayofweek),
        ("by_hourofday", by_hourofday),
        ("concurrent_by_stream_type", concurrent_by_stream_type),
        ("by_top_10_platforms", by_top_10_platforms),
        ("stream_type_by_top_10_platforms", stream_type_by_top_10_platforms),
        ("by_top_10_users", by_top_10_users),
        ("stream_type_by_top_10_users", stream_type_by_top_10_users),
        ("by_source_resolution", by_source_resolution),
        ("by_stream_resolution", by_stream_resolution),
    ];
    let view = kept.view();
    all.into_iter()
        .map(|(name, ask)| (name, ask(&view, p).unwrap()))
        .collect()
}

/// Windows whose ends lie anywhere, most of all where something happens: around stops, midnights and clock changes.
fn params() -> impl Strategy<Value = (Params, Option<prop::sample::Index>)> {
    let range = prop_oneof![-3_i64..60, 300_i64..420, Just(1825)];
    let users = prop::option::weighted(
        0.4,
        prop::collection::vec(prop_oneof![Just(0_i64), 5_i64..12], 0..4),
    );
    let now = (-3_i64..3, 0_i64..500 * 86_400);
    let near = prop::option::weighted(0.7, any::<prop::sample::Index>());
    (range, users, now, near, any::<[bool; 3]>()).prop_map(
        |(time_range, users, (aside, back), near, [is_plays, grouping, monday_first])| {
            let measure = if is_plays {
                Measure::Plays
            } else {
                Measure::Seconds
            };
            let now_s = if near.is_some() {
                aside
            } else {
                crate::testing::NOW_S - back
            };
            let p = Params {
                now_s,
                time_range,
                measure,
                grouping,
                users,
                monday_first,
            };
            (p, near)
        },
    )
}

/// More platforms, accounts and resolutions than a graph shows, many of them equally often; a play's place in each
/// follows from its id.
fn widened(mut world: World) -> World {
    let nth = |n: u32| model::Text::from(format!("{}{n}", ["Roku", "roku", "webOS", "4k"][n as usize % 4]));
    for n in 0..14 {
        let mut client = world.clients[0].clone();
        client.store_id = 100 + i64::from(n);
        client.platform = Some(nth(n));
        world.clients.push(client);
        let mut viewer = world.viewers[0].clone();
        viewer.user_id = Some(100 + i64::from(n));
        world.viewers.push(viewer);
        let mut person = world.people[1].clone();
        person.user_id = 100 + i64::from(n);
        person.friendly_name = Some(nth(n / 2));
        world.people.push(person);
    }
    for raw in &mut world.rows {
        let n = raw.group_id * 7 % 20;
        if n < 14 {
            raw.client = world.clients.len() - 14 + n as usize;
            raw.viewer = world.viewers.len() - 14 + n as usize;
            raw.source_resolution = Some(nth(raw.id % 14));
            raw.stream_resolution = Some(nth(n));
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_graph_is_what_its_rule_says(
        (world, batches) in worlds(),
        asked in prop::collection::vec(params(), 6),
        is_stale in prop::bool::weighted(0.2),
        is_wide in any::<bool>(),
    ) {
        let world = if is_wide { widened(world) } else { world };
        let kept = Kept::step_by_step(&world, &batches);
        if is_stale {
            kept.make_stale();
        }
        let stops: Vec<i64> = world.rows.iter().filter_map(|raw| raw.stopped_s).collect();
        for (mut p, near) in asked {
            if let Some(near) = near {
                let stop = if stops.is_empty() { 1_793_491_200 } else { *near.get(&stops) };
                p.now_s += stop + days(&p) * 86_400;
            }
            for (fast, slow) in fast(&kept, &p).into_iter().zip(slow(&world, &p)) {
                prop_assert_eq!(&fast, &slow, "{:?}", p);
            }
        }
    }
}
