//! Watch times against a slow, obvious answer from raw rows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ask::filter::tests::{filter, passes};
use crate::rules::friendly_name;
use crate::testing::{NOW_S, Raw, World, world};

fn count(rows: &[&Raw], grouping: bool) -> i64 {
    let plays: BTreeSet<u32> = rows
        .iter()
        .map(|r| if grouping { r.group_id } else { r.id })
        .collect();
    i64::try_from(plays.len()).unwrap()
}

fn seconds(rows: &[&Raw]) -> i64 {
    rows.iter().map(|raw| raw.duration_s()).sum()
}

fn passing<'a>(world: &'a World, f: &Filter) -> Vec<&'a Raw> {
    world.rows.iter().filter(|raw| passes(world, f, raw)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn windows_hold_what_stopped_in_them(world in world(), f in filter(), grouping: bool,
        days in vec(select(vec![0_i64, 1, 7, 30, 60, 365, -3]), 0..5)) {
        let wanted: Vec<WatchTime> = days.iter().map(|days| {
            let rows: Vec<&Raw> = passing(&world, &f)
                .into_iter()
                .filter(|raw| *days == 0 || raw.stopped_s.is_some_and(|s| s >= NOW_S - days * 86_400))
                .collect();
            WatchTime { query_days: *days, plays: count(&rows, grouping), seconds: seconds(&rows) }
        }).collect();
        prop_assert_eq!(watch_time(&world.columns(), &f, &days, grouping, NOW_S), wanted);
    }

    #[test]
    fn accounts_are_those_that_are_known(world in world(), f in filter(), grouping: bool) {
        let mut by_user: BTreeMap<i64, Vec<&Raw>> = BTreeMap::new();
        for raw in passing(&world, &f) {
            if let Some(person) = world.person(raw) {
                by_user.entry(person.user_id).or_default().push(raw);
            }
        }
        let mut wanted: Vec<(i64, i64, i64)> =
            by_user.iter().map(|(id, rows)| (count(rows, grouping), seconds(rows), *id)).collect();
        wanted.sort_by_key(|(plays, seconds, id)| (-plays, -seconds, *id));
        let got = users(&world.columns(), &f, grouping);
        let sums: Vec<(i64, i64, i64)> = got.iter().map(|u| (u.plays, u.seconds, u.who.user_id)).collect();
        prop_assert_eq!(sums, wanted);
        for user in got {
            let person = world.people.iter().find(|p| p.user_id == user.who.user_id).unwrap();
            let name = friendly_name(person.friendly_name.as_deref(), person.username.as_deref());
            prop_assert_eq!(user.who.friendly_name.as_deref(), name);
        }
    }

    #[test]
    fn players_are_told_apart_by_name(world in world(), f in filter(), grouping: bool) {
        let mut by_player: BTreeMap<Option<Text>, Vec<&Raw>> = BTreeMap::new();
        for raw in passing(&world, &f) {
            by_player.entry(world.client(raw).player.clone()).or_default().push(raw);
        }
        let mut wanted: Vec<PlayerTime> = by_player
            .into_iter()
            .map(|(player, rows)| PlayerTime {
                player,
                platform: world.client(rows[0]).platform.clone(),
                plays: count(&rows, grouping),
                seconds: seconds(&rows),
            })
            .collect();
        wanted.sort_by_key(|p| (-p.plays, -p.seconds));
        prop_assert_eq!(players(&world.columns(), &f, grouping), wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Each question asks about what its name says.
    #[test]
    fn questions_name_their_plays(world in world(), grouping: bool) {
        let dir = tempfile::tempdir().unwrap();
        let history = world.history(dir.path());
        let sums = |keep: &dyn Fn(&Raw) -> bool| {
            let rows: Vec<&Raw> = world.rows.iter().filter(|raw| keep(raw)).collect();
            vec![WatchTime { query_days: 0, plays: count(&rows, grouping), seconds: seconds(&rows) }]
        };
        let of_item = |raw: &Raw, keys: &[i64]| {
            let item = world.item(raw);
            [item.rating_key, item.parent_rating_key, item.grandparent_rating_key]
                .iter().flatten().any(|key| keys.contains(key))
        };
        history.read(|v| {
            assert_eq!(user_watch_time(v, 7, &[0], grouping, NOW_S), sums(&|raw| world.viewer(raw).user_id == Some(7)));
            assert_eq!(library_watch_time(v, 1, &[0], grouping, NOW_S), sums(&|raw| world.library(raw).section_id == Some(1)));
            assert_eq!(item_watch_time(v, &[109, 101], &[0], grouping, NOW_S), sums(&|raw| of_item(raw, &[109, 101])));
            let in_library = Filter { section_ids: Some(vec![1]), ..Filter::default() };
            assert_eq!(library_users(v, 1, grouping), users(v.columns, &in_library, grouping));
            let item = Filter { members: Some(vec![110]), ..Filter::default() };
            assert_eq!(item_users(v, &[110], grouping), users(v.columns, &item, grouping));
            let user = Filter { user_ids: Some(vec![7]), ..Filter::default() };
            assert_eq!(user_players(v, 7, grouping), players(v.columns, &user, grouping));
            Ok(())
        }).unwrap();
        history.close();
    }
}
