//! What any store must do, whatever keeps it: functions over a way to open one.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use history::{Added, Error, History, ServerRow, Settings};
use model::{Origin, Person, Record, Scalar, Section, SourceId};

use crate::build::{item, record, segment};
use crate::upkeep::{
    copies_can_be_put_back, exports_hold_every_field, figures_are_counted, old_plays_are_forgotten,
    old_plays_lose_their_details,
};

pub(crate) type Open = fn(&Path) -> History;

/// The store of today.
pub(crate) fn sqlite(dir: &Path) -> History {
    History::open(dir, Settings::default()).unwrap()
}

/// Runs every property of the suite against one store. A second store adds a line.
macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod sqlite_store {
            $(
                #[test]
                fn $name() {
                    let dir = tempfile::tempdir().unwrap();
                    super::$name(&dir.path().join("data"), super::sqlite);
                }
            )*
        }
    };
}

suite!(
    plays_come_back_as_they_went,
    a_play_is_kept_once,
    wanted_ids_are_granted_or_their_groups_kept,
    groups_follow_the_rule,
    no_group_holds_two_accounts,
    a_change_that_fails_leaves_nothing,
    a_change_that_panics_leaves_nothing,
    senseless_starts_are_refused,
    people_libraries_servers_and_settings_are_kept,
    questions_see_whole_changes,
    old_plays_are_forgotten,
    old_plays_lose_their_details,
    figures_are_counted,
    exports_hold_every_field,
    copies_can_be_put_back,
    a_closed_history_refuses,
);

pub(crate) fn add(history: &History, records: impl IntoIterator<Item = Record>) -> Vec<Added> {
    let records: Vec<_> = records.into_iter().collect();
    let change = history.change(move |txn| records.iter().map(|r| txn.add(r)).collect::<Result<Vec<_>, _>>());
    change.wait().unwrap()
}

pub(crate) fn stored(history: &History, ids: &[u32]) -> Vec<(u32, u32, Record)> {
    let plays = history.read(|v| v.stored(ids)).unwrap();
    plays.into_iter().map(|p| (p.id, p.group_id, p.record)).collect()
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is of one lifetime alone"
)]
pub(crate) fn servers(history: &History) -> Vec<ServerRow> {
    history.read(|v| v.servers()).unwrap()
}

/// Ids and groups, as the columns and the store have them.
pub(crate) fn groups(history: &History) -> Vec<(u32, u32)> {
    let columns = history.columns();
    let groups: Vec<_> = columns
        .rows()
        .map(|row| (columns.id(row), columns.group_id(columns.group(row))))
        .collect();
    drop(columns);
    let ids: Vec<_> = groups.iter().map(|(id, _)| *id).collect();
    let plays = history.read(|v| v.stored(&ids)).unwrap();
    let kept: Vec<_> = plays.iter().map(|p| (p.id, p.group_id)).collect();
    assert_eq!(groups, kept);
    groups
}

#[track_caller]
pub(crate) fn assert_sound(history: &History) {
    assert_eq!(history.verify().unwrap().problems, Vec::<String>::new());
}

fn plays_come_back_as_they_went(dir: &Path, open: Open) {
    let history = open(dir);
    let full = Record {
        segments: vec![segment(0), segment(90_000)],
        ..record(1)
    };
    let bare = Record {
        server: SourceId::from("cellar"),
        stopped_ms: None,
        paused_ms: None,
        view_offset_ms: None,
        user_id: None,
        user: None,
        ip_address: None,
        section_id: None,
        client: Arc::default(),
        stream: Arc::default(),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        ..record(2)
    };
    add(&history, [full.clone(), bare.clone()]);
    let expected = vec![(2, 2, bare), (1, 1, full)];
    assert_eq!(stored(&history, &[2, 9, 1]), expected);
    assert_sound(&history);
    drop(history);
    let history = open(dir);
    assert_eq!(stored(&history, &[2, 9, 1]), expected);
    assert_sound(&history);
}

fn a_play_is_kept_once(dir: &Path, open: Open) {
    let history = open(dir);
    let first = add(&history, [record(1), record(1)]);
    let added = |id, known| Added { id, known };
    assert_eq!(first, [added(1, false), added(1, true)]);
    let elsewhere = Record {
        server: SourceId::from("cellar"),
        ..record(1)
    };
    let otherwise = Record {
        origin: Origin::PlexHistory,
        ..record(1)
    };
    drop(history);
    let history = open(dir);
    let again = add(&history, [record(1), elsewhere, otherwise]);
    assert_eq!(again, [added(1, true), added(2, false), added(3, false)]);
    assert_eq!(history.columns().len(), 3);
}

/// Row `id` of a Tautulli, in its group.
pub(crate) fn imported(id: i64, group: i64) -> Record {
    Record {
        origin: Origin::Tautulli,
        origin_key: id.to_string().into(),
        wanted_id: Some((id, group)),
        ..record(id)
    }
}

fn wanted_ids_are_granted_or_their_groups_kept(dir: &Path, open: Open) {
    let history = open(dir);
    // Nothing is here yet: ids and groups stay, gaps and a group without its first play included.
    add(
        &history,
        [imported(3, 3), imported(7, 3), imported(8, 5), imported(9, 5)],
    );
    assert_eq!(groups(&history), [(3, 3), (7, 3), (8, 5), (9, 5)]);
    // A second Tautulli wants the same: its plays keep their groups under other ids.
    let second = |id, group| Record {
        server: SourceId::from("cellar"),
        ..imported(id, group)
    };
    add(&history, [second(3, 3), second(7, 3), second(8, 5)]);
    drop(history);
    let history = open(dir);
    add(
        &history,
        [second(9, 5), second(20, 3), imported(30, 5), second(31, 30)],
    );
    let expected = [
        (3, 3),
        (7, 3),
        (8, 5),
        (9, 5),
        (10, 10),
        (11, 10),
        (12, 12),
        (13, 12),
        (20, 10),
        (30, 5),
        // Group 30 is another server's play.
        (31, 31),
    ];
    assert_eq!(groups(&history), expected);
    assert_sound(&history);
}

fn groups_follow_the_rule(dir: &Path, open: Open) {
    let history = open(dir);
    let at = |n: i64, offset_ms: i64| Record {
        view_offset_ms: Some(offset_ms),
        ..record(n)
    };
    let live = |n: i64, guid: &str| {
        let mut item = item(900);
        item.live = true;
        item.guid = Some(guid.into());
        Record {
            item: Arc::new(item),
            ..record(n)
        }
    };
    let of = |r: Record, rating_key: i64| Record {
        item: Arc::new(item(rating_key)),
        ..r
    };
    let on = |r: Record, server: &str| Record {
        server: SourceId::from(server),
        ..r
    };
    let plays = [
        (at(1, 600_000), 1),
        (of(at(2, 100), 2), 2),
        (at(3, 600_000), 1),               // goes on, another film in between
        (at(4, 599_999), 4),               // went back
        (on(at(5, 700_000), "cellar"), 5), // another server's film
        (at(6, 5_100_000), 4),             // seen to the end…
        (at(7, 5_200_000), 7),             // …so this is the next time
        (live(8, "news"), 8),
        (live(9, "news"), 8),
        (live(10, "sport"), 10),
        (at(11, 5_300_000), 11),
        (live(12, "sport"), 12), // the latest play of any kind was a film
        (live(13, "sport"), 12),
        (live(13 + 24, "sport"), 37), // a day later
    ];
    // One by one, by the columns.
    for (play, _) in &plays {
        add(&history, [play.clone()]);
    }
    let place = |n: i64| {
        plays
            .iter()
            .position(|(p, _)| *p.origin_key == *format!("play-{n}"))
            .unwrap()
            + 1
    };
    let expected: Vec<_> = plays
        .iter()
        .enumerate()
        .map(|(at, (_, group))| {
            (
                u32::try_from(at + 1).unwrap(),
                u32::try_from(place(*group)).unwrap(),
            )
        })
        .collect();
    assert_eq!(groups(&history), expected);
    // All in one change, by what is staged, for somebody else.
    let other = plays.iter().map(|(play, _)| Record {
        user_id: Some(8),
        origin_key: format!("b-{}", play.origin_key).into(),
        ..play.clone()
    });
    add(&history, other);
    let shifted = expected.iter().map(|(id, group)| (id + 14, group + 14));
    assert_eq!(groups(&history)[14..], shifted.collect::<Vec<_>>());
    assert_sound(&history);
}

fn no_group_holds_two_accounts(dir: &Path, open: Open) {
    let history = open(dir);
    let by = |r: Record, user_id| Record { user_id, ..r };
    add(
        &history,
        [
            imported(1, 1),
            // A Tautulli that was patched by hand: others in the same group.
            by(imported(2, 1), Some(8)),
            by(imported(3, 1), Some(8)),
            by(imported(4, 1), None),
            imported(5, 1),
            by(imported(6, 1), None),
        ],
    );
    assert_eq!(groups(&history), [(1, 1), (2, 2), (3, 2), (4, 4), (5, 1), (6, 4)]);
    // Nobody knows who: never grouped by the rule.
    let nobody = add(&history, [by(record(10), None), by(record(11), None)]);
    let ids: Vec<_> = nobody.iter().map(|a| (a.id, a.id)).collect();
    assert_eq!(groups(&history)[6..], ids);
}

fn a_change_that_fails_leaves_nothing(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    let new = Record {
        item: Arc::new(item(77)),
        server: SourceId::from("cellar"),
        user: Some("new name".into()),
        ..record(2)
    };
    let inner = new.clone();
    let failed = history.change(move |txn| {
        txn.add(&inner)?;
        txn.set_meta("a", "b")?;
        Err::<(), _>(Error::Refused("no".to_owned()))
    });
    assert!(failed.wait().is_err());
    assert_eq!(history.columns().len(), 1);
    assert_eq!(history.read(|v| v.meta("a")).unwrap(), None);
    assert_eq!(servers(&history).len(), 1);
    // What the failed change had interned must not be remembered.
    add(&history, [new.clone()]);
    assert_eq!(stored(&history, &[2]), [(2, 2, new)]);
    assert_sound(&history);
}

fn a_change_that_panics_leaves_nothing(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failed = history.change(|txn| -> Result<(), Error> {
        txn.add(&record(2))?;
        panic!("on purpose");
    });
    let failed = failed.wait();
    std::panic::set_hook(hook);
    assert!(matches!(failed, Err(Error::Closed)), "{failed:?}");
    assert_eq!(add(&history, [record(2)])[0].id, 2);
    assert_eq!(history.queue_depth(), 0);
    assert_sound(&history);
}

fn senseless_starts_are_refused(dir: &Path, open: Open) {
    let history = open(dir);
    for started_ms in [-1, i64::MIN, 4_294_967_296_000, i64::MAX] {
        let bad = Record {
            started_ms,
            ..record(1)
        };
        // The change may go on without it.
        let change = history.change(move |txn| {
            let refused = txn.add(&bad);
            txn.add(&record(2)).map(|_| refused.is_err())
        });
        assert!(change.wait().unwrap(), "{started_ms}");
    }
    assert_eq!(groups(&history), [(1, 1)]);
}

fn people_libraries_servers_and_settings_are_kept(dir: &Path, open: Open) {
    let history = open(dir);
    let attic = SourceId::from("attic");
    let person = Person {
        user_id: 7,
        username: Some("ada".into()),
        friendly_name: Some("Ada \"L\"".into()),
        thumb: None,
        fields: [("is_admin".into(), Scalar::Int(1))].into(),
    };
    let section = Section {
        section_id: 1,
        name: Some("Films".into()),
        kind: Some("movie".into()),
        fields: [("agent".into(), Scalar::Text("x".into()))].into(),
    };
    let (p, s, a) = (person.clone(), section.clone(), attic.clone());
    let change = history.change(move |txn| {
        txn.set_person(&Person {
            username: None,
            ..p.clone()
        })?;
        txn.set_person(&p)?;
        txn.set_section(
            &a,
            &Section {
                name: None,
                ..s.clone()
            },
        )?;
        txn.set_section(&a, &s)?;
        txn.set_server(&a, Some("m-1"), None, Some(2_000))?;
        txn.set_server(&a, None, Some("Attic"), Some(1_000))?;
        txn.set_meta("k", "old")?;
        txn.set_meta("k", "new")
    });
    change.wait().unwrap();
    let check = |history: &History| {
        let columns = history.columns();
        assert_eq!(columns.dims.people().get(&7), Some(&person));
        let library = columns
            .dims
            .libraries()
            .iter()
            .find(|l| l.section_id == Some(1))
            .unwrap();
        assert_eq!(
            (&library.server, library.section.as_ref()),
            (&attic, Some(&section))
        );
        drop(columns);
        let servers = servers(history);
        assert_eq!(servers.len(), 1);
        assert_eq!(servers[0].source, attic);
        assert_eq!(servers[0].machine_id.as_deref(), Some("m-1"));
        assert_eq!(servers[0].name.as_deref(), Some("Attic"));
        assert_eq!(servers[0].seen_ms, Some(2_000));
        assert_eq!(history.read(|v| v.meta("k")).unwrap().as_deref(), Some("new"));
    };
    check(&history);
    drop(history);
    check(&open(dir));
}

fn questions_see_whole_changes(dir: &Path, open: Open) {
    let history = open(dir);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    history
                        .read(|v| {
                            let rows = v.columns.len();
                            assert_eq!(rows % 5, 0, "changes are of five plays each");
                            let last = u32::try_from(rows).unwrap();
                            assert_eq!(v.stored(&[last, last + 1])?.len(), usize::from(rows > 0));
                            let told = v.meta("plays")?;
                            assert_eq!(told.unwrap_or("0".to_owned()), rows.to_string());
                            Ok(())
                        })
                        .unwrap();
                }
            });
        }
        for n in 0..60 {
            let change = history.change(move |txn| {
                for k in 0..5 {
                    txn.add(&record(n * 5 + k))?;
                }
                txn.set_meta("plays", &((n + 1) * 5).to_string())
            });
            change.wait().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_sound(&history);
}

fn a_closed_history_refuses(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    history.close();
    assert!(matches!(
        history.change(|txn| txn.add(&record(2))).wait(),
        Err(Error::Closed)
    ));
    assert!(matches!(history.read(|v| v.stored(&[1])), Err(Error::Closed)));
    history.close();
    assert_eq!(groups(&open(dir)), [(1, 1)]);
}
