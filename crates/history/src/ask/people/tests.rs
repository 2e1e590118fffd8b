//! Tables against a slow, obvious answer from raw rows.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::libraries::select_libraries;
use super::users::{select_ips, select_users};
use super::*;
use crate::ask::history::Direction;
use crate::rules::friendly_name;
use crate::testing::{Raw, World, world};

/// Plays, seconds, newest start and highest id of some rows.
type Slow = (i64, i64, Option<i64>, Option<u32>);

fn sums(rows: &[&Raw], grouping: bool) -> Slow {
    let plays: BTreeSet<u32> = rows
        .iter()
        .map(|r| if grouping { r.group_id } else { r.id })
        .collect();
    (
        i64::try_from(plays.len()).unwrap(),
        rows.iter().map(|raw| raw.duration_s()).sum(),
        rows.iter().map(|raw| raw.started_s).max(),
        rows.iter().map(|raw| raw.id).max(),
    )
}

fn of_user(world: &World, id: i64) -> Vec<&Raw> {
    world
        .rows
        .iter()
        .filter(|raw| world.viewer(raw).user_id == Some(id))
        .collect()
}

fn query<C: Clone + std::fmt::Debug + 'static>(columns: Vec<C>) -> impl Strategy<Value = TableQuery<C>> {
    let direction = select(vec![Direction::Ascending, Direction::Descending]);
    let part = weighted(0.3, select(vec!["a", "den", "FILM", "1", "10.0"]));
    (
        any::<bool>(),
        part,
        vec((select(columns), direction), 0..3),
        0..3_usize,
        0..5_usize,
    )
        .prop_map(|(grouping, part, order, start, length)| TableQuery {
            only: None,
            grouping,
            search: part.map(Into::into),
            order,
            start,
            length,
        })
}

/// All that a value can be ordered by, in one text: nothing, then numbers, then texts.
fn number(value: Option<i64>) -> String {
    value.map_or(String::new(), |value| {
        format!("0{:020}", i128::from(value) + (1 << 70))
    })
}

fn word(text: Option<&str>) -> String {
    text.map_or(String::new(), |text| format!("1{}", text.to_ascii_lowercase()))
}

/// Keys of one row, and the texts a search looks at.
type Line<T, C> = (T, Box<dyn Fn(C) -> String>, Vec<Option<String>>);

fn slow_page<T: Clone, C: Copy>(mut lines: Vec<Line<T, C>>, q: &TableQuery<C>) -> (usize, Vec<T>) {
    if let Some(part) = &q.search {
        let part = part.to_ascii_lowercase();
        lines.retain(|(_, _, texts)| {
            texts
                .iter()
                .flatten()
                .any(|t| t.to_ascii_lowercase().contains(&part))
        });
    }
    for (column, direction) in q.order.iter().rev() {
        lines.sort_by(|(_, a, _), (_, b, _)| {
            let order = a(*column).cmp(&b(*column));
            if *direction == Direction::Descending {
                order.reverse()
            } else {
                order
            }
        });
    }
    let found = lines.len();
    (
        found,
        lines
            .into_iter()
            .map(|line| line.0)
            .skip(q.start)
            .take(q.length)
            .collect(),
    )
}

fn user_lines(world: &World, grouping: bool) -> Vec<Line<(i64, Slow), UserColumn>> {
    let mut people: Vec<_> = world.people.iter().filter(|p| p.user_id != 9).collect();
    people.sort_by_key(|p| p.user_id);
    let line = |person: &model::Person| -> Line<(i64, Slow), UserColumn> {
        let rows = of_user(world, person.user_id);
        let slow = sums(&rows, grouping);
        let last = rows.last().copied();
        let own = |text: Option<&Text>| text.map(ToString::to_string);
        let name =
            friendly_name(person.friendly_name.as_deref(), person.username.as_deref()).map(str::to_owned);
        let username = own(person.username.as_ref());
        let ip = last.and_then(|raw| own(raw.ip.as_ref()));
        let platform = last.and_then(|raw| own(world.client(raw).platform.as_ref()));
        let player = last.and_then(|raw| own(world.client(raw).player.as_ref()));
        let title = last.map(|raw| world.item(raw).full_title.to_string());
        let texts = vec![
            name.clone(),
            username.clone(),
            ip.clone(),
            platform.clone(),
            player.clone(),
        ];
        let key = move |column| match column {
            UserColumn::FriendlyName => word(name.as_deref()),
            UserColumn::Username => word(username.as_deref()),
            UserColumn::UserThumb | UserColumn::Title | UserColumn::Email => String::new(),
            UserColumn::LastSeen => number(slow.2),
            UserColumn::Plays => number(Some(slow.0)),
            UserColumn::Duration => number(Some(slow.1)),
            UserColumn::LastPlayed => word(title.as_deref()),
            UserColumn::IpAddress => word(ip.as_deref()),
            UserColumn::Platform => word(platform.as_deref()),
            UserColumn::Player => word(player.as_deref()),
        };
        ((person.user_id, slow), Box::new(key), texts)
    };
    people.into_iter().map(line).collect()
}

fn library_lines(world: &World, grouping: bool) -> Vec<Line<(String, i64, Slow), LibraryColumn>> {
    let listed = |l: &&crate::columns::LibraryDim| l.section.as_ref().is_some_and(|s| !is_gone(s));
    let mut libraries: Vec<_> = world.libraries.iter().filter(listed).collect();
    libraries.sort_by_key(|l| (l.server.as_str().to_owned(), l.section_id));
    let line = |l: &crate::columns::LibraryDim| -> Line<(String, i64, Slow), LibraryColumn> {
        let of = |raw: &&Raw| {
            let library = world.library(raw);
            (&library.server, library.section_id) == (&l.server, l.section_id)
        };
        let rows: Vec<&Raw> = world.rows.iter().filter(of).collect();
        let slow = sums(&rows, grouping);
        let section = l.section.clone().unwrap();
        let name = section.name.as_ref().map(ToString::to_string);
        let title = rows.last().map(|raw| world.item(raw).full_title.to_string());
        let texts = vec![name.clone(), Some("movie".to_owned()), title.clone()];
        let key = move |column| match column {
            LibraryColumn::SectionName => word(name.as_deref()),
            LibraryColumn::SectionType => word(Some("movie")),
            LibraryColumn::Count | LibraryColumn::ParentCount | LibraryColumn::ChildCount => String::new(),
            LibraryColumn::LastAccessed => number(slow.2),
            LibraryColumn::LastPlayed => word(title.as_deref()),
            LibraryColumn::Plays => number(Some(slow.0)),
            LibraryColumn::Duration => number(Some(slow.1)),
        };
        (
            (l.server.as_str().to_owned(), section.section_id, slow),
            Box::new(key),
            texts,
        )
    };
    libraries.into_iter().map(line).collect()
}

const USER_COLUMNS: [UserColumn; 12] = [
    UserColumn::UserThumb,
    UserColumn::FriendlyName,
    UserColumn::Username,
    UserColumn::Title,
    UserColumn::Email,
    UserColumn::LastSeen,
    UserColumn::Plays,
    UserColumn::Duration,
    UserColumn::LastPlayed,
    UserColumn::IpAddress,
    UserColumn::Platform,
    UserColumn::Player,
];

const LIBRARY_COLUMNS: [LibraryColumn; 9] = [
    LibraryColumn::SectionName,
    LibraryColumn::SectionType,
    LibraryColumn::Count,
    LibraryColumn::ParentCount,
    LibraryColumn::ChildCount,
    LibraryColumn::LastAccessed,
    LibraryColumn::LastPlayed,
    LibraryColumn::Plays,
    LibraryColumn::Duration,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn users_are_those_of_a_slow_reader(world in world(), q in query(USER_COLUMNS.to_vec())) {
        let columns = world.columns();
        let got = select_users(&columns, &q);
        let rows: Vec<(i64, Slow)> = got.rows.iter().map(|(person, s)| {
            (person.user_id, (s.plays, s.duration_s, s.newest_start_s, s.last.map(|row| columns.id(row))))
        }).collect();
        prop_assert_eq!((got.total, got.filtered, rows), {
            let (found, rows) = slow_page(user_lines(&world, q.grouping), &q);
            (4, found, rows)
        });
        for id in [7, 8, 99, 5] {
            let newest = of_user(&world, id).iter().map(|raw| raw.started_s).max();
            prop_assert_eq!(last_seen_s(&columns, id), newest);
        }
    }

    #[test]
    fn libraries_are_those_of_a_slow_reader(world in world(), q in query(LIBRARY_COLUMNS.to_vec())) {
        let columns = world.columns();
        let got = select_libraries(&columns, &q);
        let rows: Vec<(String, i64, Slow)> = got.rows.iter().map(|(dim, section, s)| {
            let last = s.last.map(|row| columns.id(row));
            (dim.server.as_str().to_owned(), section.section_id, (s.plays, s.duration_s, s.newest_start_s, last))
        }).collect();
        prop_assert_eq!((got.total, got.filtered, rows), {
            let (found, rows) = slow_page(library_lines(&world, q.grouping), &q);
            (4, found, rows)
        });
        let newest = world.rows.iter().filter(|raw| world.library(raw).section_id == Some(1)).map(|raw| raw.started_s);
        prop_assert_eq!(last_accessed_s(&columns, 1), newest.max());
    }

    #[test]
    fn addresses_are_those_of_a_slow_reader(world in world(), start in 0..3_usize) {
        let columns = world.columns();
        for id in [7, 9, 99] {
            let q = TableQuery {
                only: Some(id),
                order: vec![(IpColumn::LastSeen, Direction::Descending)],
                start,
                ..TableQuery::default()
            };
            let got = select_ips(&columns, &q);
            let rows = if id == 99 { Vec::new() } else { of_user(&world, id) };
            let ips: BTreeSet<Option<&Text>> = rows.iter().map(|raw| raw.ip.as_ref()).collect();
            let mut wanted: Vec<(i64, i64, i64, u32)> = ips.into_iter().map(|ip| {
                let rows: Vec<&&Raw> = rows.iter().filter(|raw| raw.ip.as_ref() == ip).collect();
                let last = rows.iter().map(|raw| raw.started_s).max().unwrap();
                let first = rows.iter().map(|raw| raw.started_s).min().unwrap();
                let shown = rows.iter().find(|raw| raw.started_s == last).unwrap();
                (i64::try_from(rows.len()).unwrap(), first, last, shown.id)
            }).collect();
            wanted.sort_by_key(|(_, _, last, _)| -last);
            prop_assert_eq!((got.total, got.filtered), (world.rows.len(), wanted.len()));
            let rows: Vec<(i64, i64, i64, u32)> = got.rows.iter()
                .map(|s| (s.count, s.first_seen_s, s.last_seen_s, columns.id(s.row))).collect();
            prop_assert_eq!(rows, wanted.into_iter().skip(start).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Through the door, with the last row of each.
    #[test]
    fn tables_show_the_last_row(world in world()) {
        let dir = tempfile::tempdir().unwrap();
        let history = world.history(dir.path());
        history.read(|v| {
            for row in users_table(v, &TableQuery::default())?.rows {
                let last = of_user(&world, row.person.user_id).last().map(|raw| raw.id);
                assert_eq!(row.last.map(|play| play.id), last);
            }
            let rows = libraries_table(v, &TableQuery::default())?.rows;
            let wanted: Vec<Option<u32>> = library_lines(&world, true).iter().map(|line| line.0.2.3).collect();
            assert_eq!(rows.into_iter().map(|row| row.last.map(|play| play.id)).collect::<Vec<_>>(), wanted);
            let q = TableQuery { only: Some(7), ..TableQuery::default() };
            for row in user_ips(v, &q)?.rows {
                assert_eq!(row.play.record.ip_address, row.ip_address);
                assert_eq!(row.play.record.started_ms, row.last_seen_s * 1000);
                assert_eq!(row.friendly_name.as_deref(), Some("Ada L"));
            }
            assert_eq!(
                user_names(v.columns),
                [(0, Some("Local".into())), (7, Some("Ada L".into())), (8, Some("Bo".into()))]
            );
            let names: Vec<_> = library_names(v.columns).into_iter().map(|(id, _)| id).collect();
            assert_eq!(names, [1, 2, 1]);
            Ok(())
        }).unwrap();
        history.close();
    }
}
