//! Cards against a slow, obvious answer from raw rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::tz::TimeZone;
use model::RecordKind;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ask::concurrency::Most;
use crate::ask::filter::Filter;
use crate::ask::filter::tests::{filter, passes};
use crate::columns::Way;
use crate::rules::is_watched;
use crate::testing::{NOW_S, Raw, World, world};

/// What entries are told apart and, last of all, ordered by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Unknown,
    Number(i64),
    Text(String),
}

fn text(text: Option<&str>) -> Part {
    text.map_or(Part::Unknown, |text| Part::Text(text.to_owned()))
}

fn number(number: Option<i64>) -> Part {
    number.map_or(Part::Unknown, Part::Number)
}

/// The entry of a card a play belongs to, if any.
fn key(world: &World, raw: &Raw, id: StatId) -> Option<Vec<Part>> {
    use StatId::{
        PopularMovies, PopularMusic, PopularTv, TopLibraries, TopMovies, TopMusic, TopPlatforms, TopTv,
        TopUsers,
    };
    let item = world.item(raw);
    let library = world.library(raw);
    match (id, item.kind) {
        (TopMovies | PopularMovies, RecordKind::Movie) => {
            Some(vec![text(Some(&item.full_title)), number(item.year)])
        }
        (TopTv | PopularTv, RecordKind::Episode) => Some(vec![text(item.grandparent_title.as_deref())]),
        (TopMusic | PopularMusic, RecordKind::Track) => Some(vec![
            text(item.original_title.as_deref()),
            text(item.grandparent_title.as_deref()),
        ]),
        (TopLibraries, _) => Some(vec![
            number(library.section_id),
            text(Some(library.server.as_str())),
        ]),
        (TopUsers, _) => Some(vec![number(world.viewer(raw).user_id)]),
        (TopPlatforms, _) => Some(vec![text(world.client(raw).platform.as_deref())]),
        _ => None,
    }
}

/// Rows of each play that pass, oldest first.
fn plays<'a>(world: &'a World, f: &Filter, grouping: bool) -> Vec<Vec<&'a Raw>> {
    let mut groups: BTreeMap<u32, Vec<&Raw>> = BTreeMap::new();
    for raw in world.rows.iter().filter(|raw| passes(world, f, raw)) {
        groups
            .entry(if grouping { raw.group_id } else { raw.id })
            .or_default()
            .push(raw);
    }
    groups.into_values().collect()
}

/// Plays, seconds, accounts and the row shown, of each entry.
type Entry = (i64, i64, i64, u32);

fn ranking(world: &World, f: &Filter, grouping: bool, id: StatId, by: RankBy) -> Vec<Entry> {
    let mut entries: BTreeMap<Vec<Part>, Vec<Vec<&Raw>>> = BTreeMap::new();
    for play in plays(world, f, grouping) {
        if let Some(key) = key(world, play[0], id) {
            entries.entry(key).or_default().push(play);
        }
    }
    let popular = matches!(
        id,
        StatId::PopularMovies | StatId::PopularTv | StatId::PopularMusic
    );
    let titles = popular || matches!(id, StatId::TopMovies | StatId::TopTv | StatId::TopMusic);
    let mut rows: Vec<(i64, Entry)> = Vec::new();
    let names = matches!(id, StatId::TopMovies | StatId::TopMusic);
    let by_name: Vec<_> = if names {
        entries.into_iter().rev().collect()
    } else {
        entries.into_iter().collect()
    };
    for (_, plays) in by_name {
        let seconds = plays.iter().flatten().map(|raw| raw.duration_s()).sum();
        let users: BTreeSet<i64> = plays
            .iter()
            .filter_map(|play| world.viewer(play[0]).user_id)
            .collect();
        let newest = plays
            .iter()
            .map(|play| play[0])
            .min_by_key(|raw| (Reverse(raw.started_s), raw.id))
            .unwrap();
        let users = if titles {
            i64::try_from(users.len()).unwrap()
        } else {
            0
        };
        rows.push((
            newest.started_s,
            (i64::try_from(plays.len()).unwrap(), seconds, users, newest.id),
        ));
    }
    // Stable: what is equal stays in the order of names.
    rows.sort_by_key(|(started_s, (plays, seconds, users, _))| {
        let worth = if by == RankBy::Plays { *plays } else { *seconds };
        Reverse((if popular { *users } else { 0 }, worth, *started_s))
    });
    rows.into_iter().map(|(_, entry)| entry).collect()
}

fn last_watched(world: &World, f: &Filter, grouping: bool) -> Vec<u32> {
    let mut rows: Vec<&Raw> = plays(world, f, grouping)
        .into_iter()
        .filter_map(|play| play.last().copied())
        .filter(|raw| {
            let item = world.item(raw);
            item.kind != RecordKind::Track
                && is_watched(&crate::rules::WatchedRule::default(), item, raw.view_offset_ms)
        })
        .collect();
    rows.sort_by_key(|raw| Reverse((raw.started_s, raw.id)));
    rows.into_iter().map(|raw| raw.id).collect()
}

/// The filter of the cards only says which kinds there are by kind, so what filters see of media classes stays out.
fn cards() -> impl Strategy<Value = (bool, RankBy, Filter)> {
    (
        any::<bool>(),
        select(vec![RankBy::Plays, RankBy::Duration]),
        filter(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn rankings_are_those_of_a_slow_reader(world in world(), (grouping, by, f) in cards(), count in -1..4_i64) {
        let columns = world.columns();
        let matcher = Matcher::new(&columns, &f);
        let fold = fold::Fold::over(&matcher, grouping, &StatId::ALL);
        let p = HomeParams { rank_by: by, count, ..HomeParams::at(NOW_S) };
        for id in StatId::ALL {
            if matches!(id, StatId::LastWatched | StatId::MostConcurrent) {
                continue;
            }
            let got: Vec<Entry> = fold
                .ranking(id, &p)
                .iter()
                .map(|place| {
                    let sums = place.sums;
                    (i64::from(sums.plays), sums.duration_s, place.users, columns.id(sums.row()))
                })
                .collect();
            let mut wanted = ranking(&world, &f, grouping, id, by);
            wanted.truncate(usize::try_from(count).unwrap_or(usize::MAX));
            prop_assert_eq!(got, wanted, "{}", id.as_str());
        }
    }

    #[test]
    fn the_last_watched_are_those_of_a_slow_reader(world in world(), (grouping, _, f) in cards(), start in 0..4_i64, count in -1..6_i64) {
        let columns = world.columns();
        let p = HomeParams { grouping, start, count, ..HomeParams::at(NOW_S) };
        let got: Vec<u32> =
            fold::last_watched(&Matcher::new(&columns, &f), &p).iter().map(|place| columns.id(place.sums.row())).collect();
        let all = last_watched(&world, &f, grouping).into_iter();
        let wanted: Vec<u32> =
            all.skip(usize::try_from(start).unwrap()).take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
        prop_assert_eq!(got, wanted);
    }

    #[test]
    fn accounts_are_counted_alike_in_bits_and_in_a_set(played in prop::collection::vec((0..5_u32, 0..130_u32), 0..90)) {
        let (mut bits, mut set) = (fold::Users::new(5, 130), fold::Users::new(usize::MAX, 130));
        for (work, user) in played {
            bits.add(work, user);
            set.add(work, user);
        }
        prop_assert_eq!(bits.counts(5), set.counts(5));
        bits.remove(129);
        set.remove(129);
        prop_assert_eq!(bits.counts(5), set.counts(5));
    }
}

#[test]
fn windows_end_now_or_lie_around_the_days_named() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let p = |days, after, before| HomeParams {
        time_range: days,
        after,
        before,
        ..HomeParams::at(NOW_S)
    };
    // 2026-10-31 and 11-02 in New York; the clocks go back in between.
    let (first, last) = (Some(date(2026, 10, 31)), Some(date(2026, 11, 1)));
    let (begins, last_begins, ends) = (1_793_419_200, 1_793_505_600, 1_793_595_600);
    for (params, started, stopped) in [
        (p(30, None, None), (None, None), (Some(NOW_S - 30 * 86_400), None)),
        (p(0, None, None), (None, None), (Some(NOW_S), None)),
        (
            p(i64::MAX, None, None),
            (None, None),
            (Some(NOW_S - i64::MAX), None),
        ),
        (p(3, first, last), (Some(begins), Some(ends)), (None, None)),
        (
            p(3, None, last),
            (None, Some(ends)),
            (Some(last_begins - 3 * 86_400), None),
        ),
        (
            p(3, first, None),
            (Some(begins), None),
            (None, Some(begins + 3 * 86_400 + 1)),
        ),
    ] {
        let f = window::filter(&params, &zone);
        assert_eq!((f.started_from_s, f.started_to_s), started, "{params:?}");
        assert_eq!((f.stopped_from_s, f.stopped_to_s), stopped, "{params:?}");
    }
    let f = window::filter(
        &HomeParams {
            section_id: Some(4),
            user_id: Some(7),
            ..HomeParams::at(NOW_S)
        },
        &zone,
    );
    assert_eq!((f.section_ids, f.user_ids), (Some(vec![4]), Some(vec![7])));
}

/// Every moment at which something ends: how many ran just before it, and when the last of them began.
fn most(rows: &[&Raw]) -> Option<Most> {
    // Ends (0) stand before starts (1) of the same second.
    let mut events: Vec<(i64, u8)> = Vec::new();
    for raw in rows {
        events.extend([(raw.started_s, 1), (raw.stopped_s.unwrap(), 0)]);
    }
    events.sort_unstable();
    let (mut level, mut begun, mut found) = (0, None, None);
    for (at, what) in events {
        if what == 1 {
            level += 1;
            begun = Some(at);
        } else {
            if level >= found.map_or(0, |most: Most| most.count) {
                found = Some(Most {
                    count: level,
                    started_s: begun,
                    stopped_s: at,
                });
            }
            level -= 1;
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_most_at_once_are_those_of_a_slow_reader(world in world(), f in filter()) {
        let columns = world.columns();
        let rows = |way: Option<Way>| -> Vec<&Raw> {
            let rows = world.rows.iter().filter(|raw| raw.stopped_s.is_some() && passes(&world, &f, raw));
            rows.filter(|raw| way.is_none_or(|way| raw.way == way)).collect()
        };
        let got = window::concurrent_among(&Matcher::new(&columns, &f));
        prop_assert_eq!(got.total, most(&rows(None)));
        prop_assert_eq!(got.transcode, most(&rows(Some(Way::Transcode))));
        prop_assert_eq!(got.direct_stream, most(&rows(Some(Way::Copy))));
        prop_assert_eq!(got.direct_play, most(&rows(Some(Way::DirectPlay))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Through the door: each card, its page, and the texts of its rows.
    #[test]
    fn cards_show_the_rows_of_their_entries(world in world(), start in 0..3_i64, count in 0..5_i64, grouping: bool) {
        let dir = tempfile::tempdir().unwrap();
        let history = world.history(dir.path());
        let p = HomeParams { grouping, start, count, time_range: 4_000, ..HomeParams::at(NOW_S) };
        let cards = history.read(|v| stats(v, &p)).unwrap();
        prop_assert_eq!(cards.iter().map(|card| card.id).collect::<Vec<_>>(), StatId::ALL.to_vec());
        let f = Filter { stopped_from_s: Some(NOW_S - 4_000 * 86_400), ..Filter::default() };
        let (start, count) = (usize::try_from(start).unwrap(), usize::try_from(count).unwrap());
        for card in cards {
            match card.rows {
                HomeRows::Ranked(rows) => {
                    let wanted: Vec<Entry> = ranking(&world, &f, grouping, card.id, RankBy::Plays)
                        .into_iter().skip(start).take(count).collect();
                    let got: Vec<Entry> =
                        rows.iter().map(|row| (row.plays, row.duration_s, row.users, row.play.id)).collect();
                    prop_assert_eq!(got, wanted);
                    for row in rows {
                        let raw = world.rows.iter().find(|raw| raw.id == row.play.id).unwrap();
                        prop_assert_eq!(row.last_play_s, raw.started_s);
                        prop_assert_eq!(row.who.map(|who| who.user_id), world.person(raw).map(|p| p.user_id));
                        let listed = world.library(raw).section.as_ref().filter(|s| s.section_id != 3);
                        prop_assert_eq!(row.section.as_ref(), listed);
                    }
                }
                HomeRows::Watched(rows) => {
                    let wanted: Vec<u32> =
                        last_watched(&world, &f, grouping).into_iter().skip(start).take(count).collect();
                    prop_assert_eq!(rows.iter().map(|row| row.play.id).collect::<Vec<_>>(), wanted);
                }
                HomeRows::Concurrent(_) => {}
            }
        }
        let one = history.read(|v| stats(v, &HomeParams { stat: Some(StatId::TopTv), ..p })).unwrap();
        prop_assert_eq!(one.len(), 1);
        history.close();
    }
}

#[test]
fn cards_are_found_by_their_names() {
    assert!(
        StatId::ALL
            .iter()
            .all(|id| StatId::parse(id.as_str()) == Some(*id))
    );
    assert_eq!(StatId::parse("nope"), None);
}
