//! Twice, grown, cut short, another Tautulli: nothing is doubled and nothing is lost.

use history::import::tautulli::{self, Taken};
use model::{Record, Scalar};

use crate::build::{Play, Room, StopAfter, add, database, household, ids, server};

#[test]
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method alone is not general enough over lifetimes"
)]
fn ids_groups_people_and_libraries_are_taken_over() {
    let (room, report) = Room::with(&household(40));
    assert_eq!(ids(&report), (40, 0, 0, 0));
    assert_eq!((report.people, report.libraries), (3, 2));
    assert_eq!(report.version.as_deref(), Some("v2.17.2"));
    for play in room.plays() {
        let group = if play.id % 5 == 0 { play.id - 1 } else { play.id };
        assert_eq!(play.group_id, group);
        assert_eq!(*play.record.origin_key, *play.id.to_string());
    }
    let columns = room.history.columns();
    let ann = &columns.dims.people()[&7];
    assert_eq!(ann.friendly_name.as_deref(), Some("Ann"));
    assert_eq!(ann.fields.get("row_id"), Some(&Scalar::Int(4)));
    assert_eq!(ann.fields.get("filter_all"), Some(&Scalar::Text("".into())));
    assert!(!ann.fields.keys().any(|k| k.contains("token")));
    assert!(!format!("{:?}", columns.dims.people()).contains("tok-"));
    let sections: Vec<_> = columns
        .dims
        .libraries()
        .iter()
        .filter_map(|l| l.section.as_ref())
        .collect();
    let films = sections.iter().find(|s| s.section_id == 1).unwrap();
    assert_eq!(films.name.as_deref(), Some("Films"), "the library in use wins");
    assert_eq!(films.fields.get("server_id"), Some(&Scalar::Text("srv".into())));
    assert!(sections.iter().any(|s| s.section_id == 2), "deleted ones too");
    drop(columns);
    let servers = room.history.read(|view| view.servers()).unwrap();
    assert_eq!(servers[0].machine_id.as_deref(), Some("srv"));
}

#[test]
fn the_same_rows_twice_change_nothing() {
    let (room, _) = Room::with(&household(40));
    let (before, version) = (room.plays(), room.history.columns().len());
    let report = room.import(&room.file("tautulli.db")).unwrap();
    assert_eq!(ids(&report), (0, 40, 0, 0));
    assert_eq!((room.plays(), room.history.columns().len()), (before, version));
}

#[test]
fn a_database_that_grew_brings_only_what_is_new() {
    let room = Room::new();
    let path = room.file("tautulli.db");
    let conn = database(&path, &[], &household(2500));
    let options = tautulli::Options {
        chunk_rows: 400,
        ..room.options()
    };
    let import = || tautulli::run(&room.history, &path, &options, &mut ()).unwrap();
    assert_eq!(ids(&import()), (2500, 0, 0, 0));
    for id in 2501..=2510 {
        add(&conn, &Play::movie(id, 1_800_000_000 + id));
    }
    // The last thousand are looked at again.
    assert_eq!(ids(&import()), (10, 1000, 1500, 0));
    assert_eq!(room.plays().len(), 2510);
}

#[test]
fn an_import_that_was_stopped_goes_on() {
    let (whole, _) = Room::with(&household(200));
    for after in [1, 2, 5, 20] {
        let room = Room::new();
        let path = room.file("tautulli.db");
        database(&path, &[], &household(200));
        let first = tautulli::run(&room.history, &path, &room.options(), &mut StopAfter(after)).unwrap();
        assert!(first.stopped);
        let second = room.import(&path).unwrap();
        assert!(!second.stopped && first.added < 200);
        assert_eq!(first.added + second.added, 200, "after {after}");
        assert_eq!(room.plays(), whole.plays(), "after {after}");
    }
}

#[test]
fn another_tautulli_is_not_mistaken_for_the_same() {
    let (room, _) = Room::with(&household(40));
    let other = room.file("other.db");
    let plays: Vec<Play> = (1..=10).map(|id| Play::movie(id, 1_600_000_000 + id)).collect();
    database(&other, &[], &plays);
    let message = room.import(&other).unwrap_err().to_string();
    assert!(message.contains("taken over earlier for \"attic\""), "{message}");
    assert!(message.contains("--server"), "{message}");
    let options = tautulli::Options {
        server: "cellar".into(),
        ..room.options()
    };
    let report = tautulli::run(&room.history, &other, &options, &mut ()).unwrap();
    assert_eq!(ids(&report), (10, 0, 0, 0));
    assert_eq!(room.plays().len(), 50);
}

#[test]
fn rows_deleted_in_tautulli_stay_here() {
    let room = Room::new();
    let path = room.file("tautulli.db");
    let conn = database(&path, &[], &household(60));
    room.import(&path).unwrap();
    conn.execute_batch("DELETE FROM session_history WHERE id <= 30 OR id = 60")
        .unwrap();
    add(&conn, &Play::movie(61, 1_800_000_000));
    let report = room.import(&path).unwrap();
    assert_eq!((report.added, room.plays().len()), (1, 61));
}

#[test]
fn rows_that_came_over_the_api_are_known_to_the_import() {
    let (source, _) = Room::with(&household(40));
    let room = Room::new();
    let records: Vec<Record> = source.plays().into_iter().take(10).map(|p| p.record).collect();
    let records: Vec<Record> = records
        .into_iter()
        .zip(1..)
        .map(|(record, id)| Record {
            wanted_id: Some((id, id)),
            ..record
        })
        .collect();
    let taken = Taken {
        records,
        reached: vec![(10, 1_700_050_000)],
        ..Taken::default()
    };
    let kept = tautulli::keep(&room.history, &server(), taken).wait().unwrap();
    assert_eq!((kept.added, kept.known), (10, 0));
    let reached = tautulli::reached(&room.history, &server()).unwrap();
    assert_eq!(reached, Some((10, 1_700_050_000)));
    let report = room.import(&source.file("tautulli.db")).unwrap();
    assert_eq!(ids(&report), (30, 10, 0, 0));
}

#[test]
fn what_we_recorded_ourselves_is_not_taken_a_second_time() {
    const T: i64 = 1_700_000_000;
    // One whole history is the source of rows as an import makes them.
    let (elsewhere, _) = Room::with(&[Play::movie(1, T)]);
    let witnessed = Record {
        origin: model::Origin::Recorded,
        origin_key: "attic-5-1".into(),
        wanted_id: None,
        // Seen a little later, and for a little less long, than Tautulli saw it.
        started_ms: (T + 4) * 1000 + 300,
        stopped_ms: Some((T + 3590) * 1000),
        ..elsewhere.play(1).record
    };
    for (what, ours, expected) in [
        ("the same play", witnessed.clone(), (1, 1)),
        (
            "by somebody else",
            Record {
                user_id: Some(8),
                ..witnessed.clone()
            },
            (2, 0),
        ),
        (
            "on another server",
            Record {
                server: "cabin".into(),
                ..witnessed.clone()
            },
            (2, 0),
        ),
        (
            "at another time",
            Record {
                started_ms: (T + 3601) * 1000,
                stopped_ms: Some((T + 3700) * 1000),
                ..witnessed.clone()
            },
            (2, 0),
        ),
    ] {
        let room = Room::new();
        room.history.change(move |txn| txn.add(&ours)).wait().unwrap();
        let path = room.file("tautulli.db");
        database(&path, &[], &[Play::movie(1, T), Play::movie(2, T + 90_000)]);
        let report = room.import(&path).unwrap();
        assert_eq!((report.added, report.known), expected, "{what}");
        let again = room.import(&path).unwrap();
        assert_eq!(again.added, 0, "{what}");
    }
}
