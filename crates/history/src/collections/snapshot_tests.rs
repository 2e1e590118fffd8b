//! Snapshots in a real store.

use model::Text;

use super::*;
use crate::{Error, History, Settings};

fn open(dir: &tempfile::TempDir) -> History {
    History::open(dir.path(), Settings::default()).unwrap()
}

/// A snapshot of collection `key` of "attic", `n` seconds after the first.
fn taken(name: &str, key: i64, plays: u64, n: i64) -> NewSnapshot {
    NewSnapshot {
        collection_name: name.into(),
        server: "attic".into(),
        library: "Films".into(),
        section_id: Some(1),
        rating_key: key,
        media_type: Some("movie".into()),
        window_days: 30,
        watched: Watched {
            plays,
            duration_s: i64::try_from(plays).unwrap() * 60,
            unique_users: 2,
            items_watched: 3,
            first_play_s: Some(5),
            last_play_s: None,
        },
        items: 12,
        rotation_id: None,
        collected_ms: 1_000_000 + n * 1000,
        extra: None,
    }
}

fn in_rotation(rotation: &str, snapshot: NewSnapshot) -> NewSnapshot {
    NewSnapshot {
        rotation_id: Some(rotation.into()),
        ..snapshot
    }
}

fn keep(history: &History, new: Vec<NewSnapshot>) -> Result<Vec<i64>, Error> {
    history.change(move |txn| insert(txn, &new)).wait()
}

fn listed(history: &History, filter: &SnapshotFilter) -> Vec<(i64, i64)> {
    let found = history.read(|v| snapshots(v, filter)).unwrap();
    found
        .iter()
        .map(|s| (s.rating_key.unwrap(), s.total_plays))
        .collect()
}

fn all() -> SnapshotFilter {
    SnapshotFilter {
        limit: 100,
        ..SnapshotFilter::default()
    }
}

#[test]
fn a_snapshot_comes_back_as_it_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(&dir);
    let mut new = in_rotation("7", taken("Sea \"côte\"", 20, 4, 0));
    new.extra = Some(r#"{"note":"by hand","items":99,"nested":{"a":[1]}}"#.to_owned());
    let ids = keep(&history, vec![new]).unwrap();
    let found = history.read(|v| snapshots(v, &all())).unwrap();
    let expected = Snapshot {
        id: ids[0],
        collection_name: "Sea \"côte\"".into(),
        server: "attic".into(),
        library: "Films".into(),
        section_id: Some(1),
        rating_key: Some(20),
        media_type: Some("movie".into()),
        window_days: 30,
        total_plays: 4,
        total_duration_s: 240,
        unique_users: 2,
        items: Some(12),
        items_watched: Some(3),
        first_play_s: Some(5),
        last_play_s: None,
        rotation_id: Some("7".into()),
        collected_ms: 1_000_000,
        extra: r#"{"nested":{"a":[1]},"note":"by hand"}"#.to_owned(),
    };
    assert_eq!(found, [expected]);
    // And after the file was closed.
    history.close();
    drop(history);
    assert_eq!(open(&dir).read(|v| snapshots(v, &all())).unwrap().len(), 1);
}

#[test]
fn what_is_no_object_is_refused_and_nothing_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(&dir);
    for extra in ["[1]", "5", "{", ""] {
        let bad = NewSnapshot {
            extra: Some(extra.to_owned()),
            ..taken("Land", 21, 1, 0)
        };
        let error = keep(&history, vec![taken("Sea", 20, 1, 0), bad]).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{extra}: {error}");
    }
    assert_eq!(listed(&history, &all()), []);
}

#[test]
fn lists_are_filtered_newest_first_and_paged() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(&dir);
    let other = NewSnapshot {
        server: "cellar".into(),
        library: "Old films".into(),
        ..taken("Sea", 20, 9, 3)
    };
    let new = vec![
        taken("Sea", 20, 1, 0),
        taken("Land", 21, 2, 1),
        taken("Sea", 20, 3, 2),
        other,
    ];
    keep(&history, new).unwrap();
    assert_eq!(listed(&history, &all()), [(20, 9), (20, 3), (21, 2), (20, 1)]);
    let of = |name: &str| SnapshotFilter {
        name: Some(name.into()),
        ..all()
    };
    assert_eq!(
        listed(&history, &of("Sea")),
        [(20, 9), (20, 3), (20, 1)],
        "of both libraries"
    );
    let one = SnapshotFilter {
        server: Some("attic".into()),
        rating_key: Some(20),
        ..all()
    };
    assert_eq!(listed(&history, &one), [(20, 3), (20, 1)]);
    let library = SnapshotFilter {
        library: Some("Old films".into()),
        ..of("Sea")
    };
    assert_eq!(listed(&history, &library), [(20, 9)]);
    let first = history
        .read(|v| snapshots(v, &SnapshotFilter { limit: 2, ..all() }))
        .unwrap();
    let next = SnapshotFilter {
        before_id: first.last().map(|s| s.id),
        limit: 2,
        ..all()
    };
    assert_eq!(listed(&history, &next), [(21, 2), (20, 1)]);
    assert_eq!(listed(&history, &of("%")), []);
}

#[test]
fn the_newest_of_each_collection_is_what_counts() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(&dir);
    let show = NewSnapshot {
        media_type: Some("show".into()),
        ..taken("Sea", 30, 50, 2)
    };
    let cellar = NewSnapshot {
        server: "cellar".into(),
        ..taken("Sea", 20, 5, 4)
    };
    let new = vec![
        taken("Sea", 20, 100, 0),
        in_rotation("r1", taken("Land", 21, 7, 1)),
        show,
        // Renamed and less watched since.
        taken("Ocean", 20, 7, 3),
        cellar,
    ];
    keep(&history, new).unwrap();
    let names = |filter: &TopFilter| -> Vec<(Text, i64)> {
        let found = history.read(|v| top(v, filter)).unwrap();
        found
            .into_iter()
            .map(|s| (s.collection_name, s.total_plays))
            .collect()
    };
    let all = TopFilter::default();
    assert_eq!(
        names(&all),
        [
            ("Sea".into(), 50),
            ("Ocean".into(), 7),
            ("Land".into(), 7),
            ("Sea".into(), 5)
        ]
    );
    let only = |filter: TopFilter| names(&filter);
    let movies = TopFilter {
        media_type: Some("movie".into()),
        server: Some("attic".into()),
        ..all.clone()
    };
    assert_eq!(only(movies), [("Ocean".into(), 7), ("Land".into(), 7)]);
    assert_eq!(
        only(TopFilter {
            limit: 1,
            ..all.clone()
        }),
        [("Sea".into(), 50)]
    );
    let since = |rotation: &str| TopFilter {
        since_rotation: Some(rotation.into()),
        ..all.clone()
    };
    assert_eq!(only(since("r1")).len(), 4);
    assert_eq!(only(since("never")), []);
    let latest = history.read(|v| latest(v, Some(&"attic".into()))).unwrap();
    let latest: Vec<_> = latest
        .iter()
        .map(|s| (&*s.collection_name, s.total_plays))
        .collect();
    assert_eq!(latest, [("Land", 7), ("Ocean", 7), ("Sea", 50)]);
}

#[test]
fn a_rotation_lasts_until_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let history = open(&dir);
    let new = vec![
        in_rotation("r1", taken("Sea", 20, 1, 0)),
        in_rotation("r1", taken("Land", 21, 2, 0)),
        taken("Sea", 20, 3, 50),
        in_rotation("r2", taken("Sea", 20, 4, 100)),
        // Taken again while the second was in force: it does not begin anew.
        in_rotation("r1", taken("Sea", 20, 5, 150)),
        in_rotation("r3", taken("Land", 21, 6, 200)),
    ];
    keep(&history, new).unwrap();
    let span = |id: &str| history.read(|v| rotation(v, id)).unwrap();
    let first = span("r1").unwrap();
    assert_eq!((first.from_ms, first.until_ms), (1_000_000, Some(1_100_000)));
    let collections: Vec<_> = first
        .collections
        .iter()
        .map(|s| (&*s.collection_name, s.total_plays))
        .collect();
    assert_eq!(collections, [("Land", 2), ("Sea", 5)]);
    assert_eq!(span("r2").unwrap().until_ms, Some(1_200_000));
    assert_eq!(span("r3").unwrap().until_ms, None);
    assert_eq!(span("r4"), None);
}
