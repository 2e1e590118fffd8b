//! Filters against a slow reading of the same words, and filters to try.

use jiff::Timestamp;
use jiff::civil::date;
use model::RecordKind;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::testing::{Raw, World, world};

/// The rule, row by row.
pub(crate) fn passes(world: &World, f: &Filter, raw: &Raw) -> bool {
    let item = world.item(raw);
    let keys = [
        item.rating_key,
        item.parent_rating_key,
        item.grandparent_rating_key,
    ];
    let is_in = |list: &Option<Vec<i64>>, value: Option<i64>| match (list, value) {
        (None, _) => true,
        (Some(list), Some(value)) => list.contains(&value),
        (Some(_), None) => false,
    };
    let viewer = world.viewer(raw);
    let user = match (&f.user_ids, &f.users) {
        (None, Some(names)) => viewer.name.as_ref().is_some_and(|name| names.contains(name)),
        (ids, _) => is_in(ids, viewer.user_id),
    };
    let class = match (item.live, item.kind) {
        (true, _) => Class::LiveTv,
        (_, RecordKind::Movie) => Class::Movies,
        (_, RecordKind::Episode) => Class::Tv,
        (_, RecordKind::Track) => Class::Music,
    };
    let lower = |text: &str| text.to_ascii_lowercase();
    let library = world.library(raw);
    user && is_in(&f.rating_keys, keys[0])
        && is_in(&f.parent_rating_keys, keys[1])
        && is_in(&f.grandparent_rating_keys, keys[2])
        && f.members
            .as_ref()
            .is_none_or(|m| keys.iter().flatten().any(|key| m.contains(key)))
        && is_in(&f.reference_ids, Some(i64::from(raw.group_id)))
        && is_in(&f.section_ids, library.section_id)
        && f.servers
            .as_ref()
            .is_none_or(|servers| servers.contains(&library.server))
        && f.classes.as_ref().is_none_or(|classes| classes.contains(&class))
        && f.decisions.as_ref().is_none_or(|decisions| {
            decisions
                .iter()
                .any(|d| crate::columns::Way::from(Some(*d)) == raw.way)
        })
        && f.locations
            .as_ref()
            .is_none_or(|locations| locations.contains(&raw.location))
        && f.guid_prefix.as_ref().is_none_or(|p| {
            item.guid
                .as_ref()
                .is_some_and(|guid| lower(guid).starts_with(&lower(p)))
        })
        && f.platforms.as_ref().is_none_or(|platforms| {
            let told = world.client(raw).platform.as_deref();
            told.is_some_and(|told| platforms.contains(&crate::rules::platform_name(told).into()))
        })
        && f.players.as_ref().is_none_or(|players| {
            world
                .client(raw)
                .player
                .as_ref()
                .is_some_and(|player| players.contains(player))
        })
        && f.title
            .as_ref()
            .is_none_or(|part| lower(&item.full_title).contains(&lower(part)))
        && f.work.as_ref().is_none_or(|work| of_work(world, raw, work))
        && f.started_from_s.is_none_or(|from| raw.started_s >= from)
        && f.started_to_s.is_none_or(|to| raw.started_s < to)
        && f.stopped_from_s
            .is_none_or(|from| raw.stopped_s.is_some_and(|s| s >= from))
        && f.stopped_to_s
            .is_none_or(|to| raw.stopped_s.is_some_and(|s| s < to))
}

fn of_work(world: &World, raw: &Raw, work: &Work) -> bool {
    let item = world.item(raw);
    match work {
        Work::Movie { title, year } => {
            item.kind == RecordKind::Movie && item.full_title == *title && item.year == *year
        }
        Work::Show { title } => {
            item.kind == RecordKind::Episode && item.grandparent_title.as_ref() == Some(title)
        }
        Work::Artist { name } => {
            item.kind == RecordKind::Track
                && item.original_title.as_ref().or(item.grandparent_title.as_ref()) == Some(name)
        }
    }
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Option<Vec<T>>> {
    let most = all.len();
    weighted(0.12, subsequence(all, 0..=most))
}

fn texts(all: &[&str]) -> Vec<Text> {
    all.iter().map(|text| (*text).into()).collect()
}

fn works() -> impl Strategy<Value = Option<Work>> {
    let movie = |title: &str, year| Work::Movie {
        title: title.into(),
        year,
    };
    weighted(
        0.1,
        select(vec![
            movie("Amber Road", Some(1999)),
            movie("Evening News", None),
            Work::Show {
                title: "Harbour".into(),
            },
            Work::Artist { name: "Kelp".into() },
            Work::Artist {
                name: "Various".into(),
            },
        ]),
    )
}

/// Filters that let some plays of a random world pass; most name one or two things.
pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    let moment = || weighted(0.1, 1_772_900_000..1_794_000_000_i64);
    let who = (
        some_of(vec![7_i64, 8, 99, 1]),
        some_of(texts(&["ada", "ada.old", "Bo", "nobody", "x"])),
        some_of(texts(&["tvOS", "macOS", "osx", "Firefox"])),
        some_of(texts(&["Den", "Phone"])),
    );
    let what = (
        some_of(vec![101_i64, 105, 111, 109]),
        some_of(vec![110_i64, 140]),
        some_of(vec![109_i64, 139, 120]),
        some_of(vec![101_i64, 110, 131, 5]),
        some_of(Class::SHOWN.to_vec()),
        weighted(0.1, select(texts(&["plex://movie/1", "PLEX://Episode", "x"]))),
        weighted(0.1, select(texts(&["amber", "É", "0%", "- one", ""]))),
        works(),
    );
    let place = (
        some_of(vec![1_i64, 2, 77]),
        some_of(vec![SourceId::from("attic"), SourceId::from("none")]),
        some_of(vec![Decision::DirectPlay, Decision::Copy, Decision::Transcode]),
        some_of(vec![Location::Unknown, Location::Lan, Location::Wan]),
        some_of((9..40_i64).collect()),
    );
    let when = (moment(), moment(), moment(), moment());
    (who, what, place, when).prop_map(|(who, what, place, when)| Filter {
        user_ids: who.0,
        users: who.1,
        platforms: who.2,
        players: who.3,
        rating_keys: what.0,
        parent_rating_keys: what.1,
        grandparent_rating_keys: what.2,
        members: what.3,
        classes: what.4,
        guid_prefix: what.5,
        title: what.6,
        work: what.7,
        section_ids: place.0,
        servers: place.1,
        decisions: place.2,
        locations: place.3,
        reference_ids: place.4,
        started_from_s: when.0,
        started_to_s: when.1,
        stopped_from_s: when.2,
        stopped_to_s: when.3,
    })
}

proptest! {
    #[test]
    fn tables_say_what_the_rule_says(world in world(), f in filter()) {
        let columns = world.columns();
        let matcher = Matcher::new(&columns, &f);
        let wanted: Vec<u32> = world.rows.iter().filter(|raw| passes(&world, &f, raw)).map(|r| r.id).collect();
        let got: Vec<u32> = columns.rows().filter(|r| matcher.passes(*r)).map(|r| columns.id(r)).collect();
        prop_assert_eq!(&got, &wanted);
        prop_assert!(!matcher.is_all() || wanted.len() == world.rows.len());
        // Every play, by whatever list of rows the filter is looked up.
        for grouping in [true, false] {
            let mut seen = Vec::new();
            let mut plays = 0;
            crate::ask::groups::each_play(&matcher.pick(), grouping, |rows| {
                plays += 1;
                assert!(rows.is_sorted_by(|a, b| a > b));
                seen.extend(rows.iter().map(|r| columns.id(*r)));
            });
            seen.sort_unstable();
            prop_assert_eq!(&seen, &wanted);
            let mut groups: Vec<u32> =
                world.rows.iter().filter(|r| wanted.contains(&r.id)).map(|r| r.group_id).collect();
            groups.sort_unstable();
            groups.dedup();
            prop_assert_eq!(plays, if grouping { groups.len() } else { wanted.len() });
        }
    }

    #[test]
    fn local_days_are_those_of_a_calendar(world in world(), first in 0..400_i32, days in -2..40_i32, ends in 0..4) {
        let from = date(2025, 12, 1).checked_add(jiff::Span::new().days(first)).unwrap();
        let to = from.checked_add(jiff::Span::new().days(days)).unwrap();
        let (first, last) = ((ends & 1 != 0).then_some(from), (ends & 2 != 0).then_some(to));
        let f = Filter::default().on_days(&world.zone, first, last);
        for raw in &world.rows {
            let day = Timestamp::from_second(raw.started_s).unwrap().to_zoned(world.zone.clone()).date();
            let wanted = first.is_none_or(|first| day >= first) && last.is_none_or(|last| day <= last);
            prop_assert_eq!(passes(&world, &f, raw), wanted, "{} in {}", day, world.zone.iana_name().unwrap_or("?"));
        }
    }

    #[test]
    fn parts_are_found_whatever_their_case(text in "[aAbBéÉ%_]{0,8}", part in "[aAbBéÉ%_]{0,3}") {
        prop_assert_eq!(contains(&text, &part), text.to_ascii_lowercase().contains(&part.to_ascii_lowercase()));
    }
}

#[test]
fn a_day_without_midnight_begins_when_the_clock_says_so() {
    // Beirut went from 23:59:59 to 01:00 on 2021-03-28.
    let zone = TimeZone::get("Asia/Beirut").unwrap();
    assert_eq!(start_of_day(&zone, date(2021, 3, 28)), Some(1_616_882_400));
    assert_eq!(
        start_of_day(&zone, date(2021, 3, 29)),
        Some(1_616_882_400 + 23 * 3_600)
    );
}
