//! Pages against a slow, obvious answer from raw rows.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select as pick;

use super::*;
use crate::ask::filter::tests::{filter, passes};
use crate::columns::{Columns, Location, NewRow, ResolutionIx, Way, WordIx};
use crate::rules::{WatchedRule, friendly_name, percent_complete, watched_status};
use crate::testing::{Raw, World, world};

/// A play as raw rows, oldest first, and the one that stands for it.
#[derive(Clone, Debug)]
struct Slow<'a> {
    rows: Vec<&'a Raw>,
    shown: &'a Raw,
}

fn percent(world: &World, raw: &Raw) -> f64 {
    percent_complete(raw.view_offset_ms, world.item(raw).duration_ms)
}

fn name(world: &World, raw: &Raw) -> Option<String> {
    let person = world.person(raw)?;
    friendly_name(person.friendly_name.as_deref(), person.username.as_deref()).map(str::to_owned)
}

fn plays<'a>(world: &'a World, f: &Filter, grouping: bool) -> Vec<Slow<'a>> {
    let mut groups: BTreeMap<u32, Vec<&Raw>> = BTreeMap::new();
    for raw in world.rows.iter().filter(|raw| passes(world, f, raw)) {
        groups
            .entry(if grouping { raw.group_id } else { raw.id })
            .or_default()
            .push(raw);
    }
    let play = |rows: Vec<&'a Raw>| {
        let best = rows
            .iter()
            .map(|raw| percent(world, raw))
            .fold(f64::MIN, f64::max);
        let shown = *rows.iter().find(|raw| percent(world, raw) >= best).unwrap();
        Slow { rows, shown }
    };
    groups.into_values().map(play).collect()
}

fn found(world: &World, play: &Slow<'_>, part: &str) -> bool {
    let (item, client) = (world.item(play.shown), world.client(play.shown));
    let texts = [
        name(world, play.shown),
        play.shown.ip.as_deref().map(str::to_owned),
        client.platform.as_deref().map(str::to_owned),
        client.product.as_deref().map(str::to_owned),
        client.player.as_deref().map(str::to_owned),
        Some(item.full_title.to_string()),
    ];
    let part = part.to_ascii_lowercase();
    texts
        .iter()
        .flatten()
        .any(|text| text.to_ascii_lowercase().contains(&part))
}

fn date(play: &Slow<'_>) -> i64 {
    play.rows.iter().map(|raw| raw.started_s).max().unwrap()
}

fn compare(world: &World, a: &Slow<'_>, b: &Slow<'_>, column: Column) -> Ordering {
    let text = |of: &dyn Fn(&Raw) -> Option<String>| {
        let key = |play: &Slow<'_>| of(play.shown).map(|text| text.to_ascii_lowercase());
        key(a).cmp(&key(b))
    };
    let number = |of: &dyn Fn(&Slow<'_>) -> Option<i64>| of(a).cmp(&of(b));
    let told = |text: &Option<Text>| text.as_deref().map(str::to_owned);
    match column {
        Column::Date => date(a).cmp(&date(b)),
        Column::FriendlyName => text(&|raw| name(world, raw)),
        Column::IpAddress => text(&|raw| told(&raw.ip)),
        Column::Platform => text(&|raw| told(&world.client(raw).platform)),
        Column::Product => text(&|raw| told(&world.client(raw).product)),
        Column::Player => text(&|raw| told(&world.client(raw).player)),
        Column::FullTitle => text(&|raw| Some(world.item(raw).full_title.to_string())),
        Column::Started => number(&|play| play.rows.iter().map(|raw| raw.started_s).min()),
        Column::Stopped => number(&|play| play.rows.iter().filter_map(|raw| raw.stopped_s).max()),
        Column::PausedCounter => number(&|play| Some(play.rows.iter().filter_map(|raw| raw.paused_s).sum())),
        Column::Duration => {
            let length = |play: &Slow<'_>| world.item(play.shown).duration_ms.unwrap_or(i64::MAX);
            length(a).cmp(&length(b))
        }
    }
}

/// Filtered count, total seconds, and the plays of the page.
fn slow<'a>(world: &'a World, q: &Query) -> (usize, i64, Vec<Slow<'a>>) {
    let mut all = plays(world, &q.filter, q.grouping);
    let total = all
        .iter()
        .flat_map(|play| &play.rows)
        .map(|raw| raw.duration_s())
        .sum();
    if let Some(part) = &q.search {
        all.retain(|play| found(world, play, part));
    }
    // They stand by id, and sorting is stable.
    for (column, direction) in q.order.iter().rev() {
        all.sort_by(|a, b| {
            let order = compare(world, a, b, *column);
            if *direction == Direction::Descending {
                order.reverse()
            } else {
                order
            }
        });
    }
    let filtered = all.len();
    (
        filtered,
        total,
        all.into_iter().skip(q.start).take(q.length).collect(),
    )
}

const COLUMNS: [Column; 11] = [
    Column::Date,
    Column::FriendlyName,
    Column::IpAddress,
    Column::Platform,
    Column::Product,
    Column::Player,
    Column::FullTitle,
    Column::Started,
    Column::PausedCounter,
    Column::Stopped,
    Column::Duration,
];

fn query() -> impl Strategy<Value = Query> {
    let direction = pick(vec![Direction::Ascending, Direction::Descending]);
    let newest = Just(vec![(Column::Date, Direction::Descending)]);
    let order = prop_oneof![newest, vec((pick(COLUMNS.to_vec()), direction), 0..3)];
    let part = weighted(
        0.4,
        pick(vec!["ada", "AMBER", "10.0", "den", "plex", "é", "mac", ""]),
    );
    let pages = (0..12_usize, 0..40_usize);
    (filter(), part, any::<bool>(), order, pages).prop_map(|(filter, part, grouping, order, pages)| Query {
        filter,
        search: part.map(Into::into),
        grouping,
        order,
        start: pages.0,
        length: pages.1,
    })
}

/// By what a play is known in an answer.
fn id(c: &Columns, grouping: bool, row: Row) -> u32 {
    if grouping {
        c.group_id(c.group(row))
    } else {
        c.id(row)
    }
}

fn slow_ids(plays: &[Slow<'_>], grouping: bool) -> Vec<u32> {
    plays
        .iter()
        .map(|play| {
            if grouping {
                play.shown.group_id
            } else {
                play.shown.id
            }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn pages_are_those_of_a_slow_reader(world in world(), q in query()) {
        let columns = world.columns();
        let got = select(&Matcher::new(&columns, &q.filter), &q);
        let (filtered, total, page) = slow(&world, &q);
        prop_assert_eq!(got.filtered, filtered);
        prop_assert_eq!(got.total_duration_s, total);
        let ids: Vec<u32> = got.plays.iter().map(|row| id(&columns, q.grouping, *row)).collect();
        prop_assert_eq!(ids, slow_ids(&page, q.grouping));
    }

    /// Slices, one after the other, are all plays in the usual order.
    #[test]
    fn a_cursor_meets_every_play_once(world in world(), q in query(), length in 1..7_usize) {
        let q = Query { order: vec![(Column::Date, Direction::Descending)], start: 0, length: 1_000, ..q };
        let columns = world.columns();
        let matcher = Matcher::new(&columns, &q.filter);
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let slice = SliceQuery {
                filter: q.filter.clone(),
                search: q.search.clone(),
                grouping: q.grouping,
                after,
                length,
            };
            let (plays, next) = slice::select(&matcher, &slice);
            prop_assert!(next.is_none() || plays.len() == length);
            ids.extend(plays.iter().map(|row| id(&columns, q.grouping, *row)));
            after = next;
            if next.is_none() {
                break;
            }
        }
        let (_, _, all) = slow(&world, &q);
        prop_assert_eq!(ids, slow_ids(&all, q.grouping));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Through the door, with everything a line shows.
    #[test]
    fn lines_hold_the_sums_of_their_rows(world in world(), q in query()) {
        let dir = tempfile::tempdir().unwrap();
        let history = world.history(dir.path());
        let page = history.read(|v| page(v, &q)).unwrap();
        let (filtered, total, plays) = slow(&world, &q);
        prop_assert_eq!(page.rows_total, world.rows.len());
        prop_assert_eq!((page.filtered, page.total_duration_s), (filtered, total));
        prop_assert_eq!(page.entries.len(), plays.len());
        let mut page_s = 0;
        for (entry, play) in page.entries.iter().zip(&plays) {
            let shown = play.shown;
            let item = world.item(shown);
            prop_assert_eq!((entry.group_id, entry.id, entry.play.id), (shown.group_id, shown.id, shown.id));
            prop_assert_eq!(&entry.ids, &play.rows.iter().map(|raw| raw.id).collect::<Vec<_>>());
            prop_assert_eq!(entry.date_s, date(play));
            prop_assert_eq!(Some(entry.started_s), play.rows.iter().map(|raw| raw.started_s).min());
            prop_assert_eq!(entry.stopped_s, play.rows.iter().filter_map(|raw| raw.stopped_s).max());
            let duration: i64 = play.rows.iter().map(|raw| raw.duration_s()).sum();
            prop_assert_eq!(entry.duration_s, duration);
            page_s += duration;
            prop_assert_eq!(entry.paused_s, play.rows.iter().filter_map(|raw| raw.paused_s).sum::<i64>());
            let percent = percent(&world, shown);
            let whole = if item.live { 100.0 } else { percent.round_ties_even() };
            prop_assert!((entry.percent_complete as f64 - whole).abs() < 0.5);
            let watched = watched_status(&WatchedRule::default(), item, shown.view_offset_ms, percent);
            prop_assert_eq!(entry.watched, watched);
            let shown_name = entry.who.as_ref().and_then(|who| who.friendly_name.as_deref().map(str::to_owned));
            prop_assert_eq!(shown_name, name(&world, shown));
            prop_assert_eq!(&entry.play.record.item.full_title, &item.full_title);
            prop_assert_eq!(entry.play.record.started_ms, shown.started_s * 1000);
        }
        prop_assert_eq!(page.page_duration_s, page_s);
        history.close();
    }
}

/// A long history of alike plays.
fn many(count: u32, start: impl Fn(u32) -> u32, group: impl Fn(u32) -> u32) -> Columns {
    let world = crate::testing::empty();
    let mut columns = Columns::default();
    let item = columns.dims.item(world.items[0].clone());
    let client = columns.dims.client(world.clients[0].clone());
    let viewer = columns.dims.viewer(&world.viewers[0]);
    let library = columns.dims.library(&world.libraries[0].server, Some(1));
    for id in 1..=count {
        let new = NewRow {
            id,
            group_id: group(id),
            started_s: 1_700_000_000 + i64::from(start(id)),
            stopped_s: Some(1_700_000_100),
            paused_s: Some(i64::from(id % 3)),
            view_offset_ms: None,
            item,
            client,
            ip: WordIx(0),
            viewer,
            library,
            way: if id % 2 == 0 { Way::Copy } else { Way::Transcode },
            source_resolution: ResolutionIx(0),
            stream_resolution: ResolutionIx(0),
            location: Location::Unknown,
            relayed: false,
        };
        columns.push(&new).unwrap();
    }
    columns
}

const DEEP: [(usize, usize); 8] = [
    (0, 5),
    (1_020, 10),
    (13_332, 7),
    (20_001, 25),
    (26_660, 30),
    (39_990, 20),
    (40_000, 3),
    (10, 35_000),
];

/// More plays with equal keys than are sorted at once, so that the selection must narrow by further columns.
#[test]
fn deep_pages_among_equal_plays() {
    let columns = many(40_000, |id| id % 7, |id| id);
    let mut wanted: Vec<u32> = (1..=40_000).collect();
    wanted.sort_by_key(|id| (id % 3, std::cmp::Reverse(id % 7)));
    for (start, length) in DEEP {
        let q = Query {
            order: vec![
                (Column::PausedCounter, Direction::Ascending),
                (Column::Date, Direction::Descending),
            ],
            start,
            length,
            ..Query::default()
        };
        let got = select(&Matcher::new(&columns, &q.filter), &q);
        assert_eq!(got.filtered, 40_000);
        let ids: Vec<u32> = got.plays.iter().map(|row| columns.id(*row)).collect();
        let expected: Vec<u32> = wanted.iter().skip(start).take(length).copied().collect();
        assert_eq!(ids, expected, "{length} from {start}");
    }
}

/// The usual order over many blocks of rows: few starts for all, or some plays with each start; groups or none.
#[test]
fn deep_pages_of_the_usual_order() {
    let starts: [fn(u32) -> u32; 3] = [|id| id % 7, |id| id / 3, |id| (id * 7_919) % 30_011];
    let groups: [fn(u32) -> u32; 2] = [|id| id, |id| if id % 5 == 4 { id - 3 } else { id }];
    for (which, (start_of, group_of)) in starts
        .iter()
        .flat_map(|s| groups.iter().map(move |g| (s, g)))
        .enumerate()
    {
        let columns = many(40_000, start_of, group_of);
        for copies_only in [false, true] {
            let mut plays: BTreeMap<u32, u32> = BTreeMap::new();
            for id in (1..=40_000).filter(|id| !copies_only || id % 2 == 0) {
                let newest = plays.entry(group_of(id)).or_default();
                *newest = start_of(id).max(*newest);
            }
            let mut wanted: Vec<(u32, u32)> = plays.into_iter().collect();
            wanted.sort_by_key(|(_, start)| std::cmp::Reverse(*start));
            for (start, length) in DEEP {
                let q = Query {
                    filter: Filter {
                        decisions: copies_only.then(|| vec![model::Decision::Copy]),
                        ..Filter::default()
                    },
                    start: start * wanted.len() / 40_000,
                    length,
                    ..Query::default()
                };
                let got = select(&Matcher::new(&columns, &q.filter), &q);
                assert_eq!(got.filtered, wanted.len());
                let ids: Vec<u32> = got.plays.iter().map(|row| id(&columns, true, *row)).collect();
                let page = wanted.iter().skip(q.start).take(length);
                let expected: Vec<u32> = page.map(|(group, _)| *group).collect();
                assert_eq!(
                    ids, expected,
                    "{length} from {}, history {which}, {copies_only}",
                    q.start
                );
            }
        }
    }
}
