//! The recorder with a store: what ran is on disk, what ended is kept once, counters go on.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use model::{
    CounterMap, Counters, Ended, Library, LibraryKind, LiveChannel, Network, Origin, Person, Play, Scalar,
    ServerSnapshot, Snapshot, SourceId, User, Viewed,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::super::build::{START_MS, at, counter_key, film, record, record_item, with};
use super::super::{
    Backfilled, LIVE_SECTION, Policy, Recorder, Restored, Status, backfill, drop_seen, known_until_s,
    restore, set_known_until_s,
};
use crate::{History, Settings};

/// A recorder over a history in `dir`, and what it is fed with.
struct Rig {
    history: History,
    status: Status,
    snapshots: watch::Sender<Arc<Snapshot>>,
    ended: mpsc::Sender<Ended>,
    task: JoinHandle<()>,
}

impl Rig {
    fn new(dir: &std::path::Path, restored: &Restored) -> Self {
        let history = History::open(dir, Settings::default()).unwrap();
        Self::over(history, restored)
    }

    fn over(history: History, restored: &Restored) -> Self {
        let recorder = Recorder::new(history.clone(), Policy::default(), Clock::system(), restored);
        let status = recorder.status();
        let (snapshots, watching) = watch::channel(Arc::new(Snapshot::default()));
        let (ended, journal) = mpsc::channel(8);
        let task = tokio::spawn(recorder.run(watching, journal));
        Self {
            history,
            status,
            snapshots,
            ended,
            task,
        }
    }

    fn shows(&self, server: ServerSnapshot) {
        self.snapshots.send_replace(Arc::new(Snapshot {
            version: 1,
            servers: vec![Arc::new(server)],
        }));
    }

    /// Waits until `condition` holds of the status.
    async fn until(&self, condition: impl Fn(&Status) -> bool) {
        let patience = tokio::time::timeout(Duration::from_secs(20), async {
            while !condition(&self.status) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        patience.await.expect("the recorder gets there");
    }

    async fn end(self) {
        drop(self.ended);
        self.task.await.unwrap();
        let history = self.history;
        tokio::task::spawn_blocking(move || history.close())
            .await
            .unwrap();
    }
}

fn server(plays: &[Play], plays_counted: u64) -> ServerSnapshot {
    let mut server = ServerSnapshot::new("attic".into(), "plex");
    server.plays = plays.iter().cloned().map(Arc::new).collect();
    let counters = Counters {
        plays: plays_counted,
        played_ms: 1_000 * plays_counted,
        paused_ms: 3,
        buffering_ms: 4,
    };
    server.counters = Arc::new(CounterMap::from([(counter_key(), counters)]));
    server
}

fn ended(mut play: Play) -> Ended {
    play.ended_at = Some(play.seen_at);
    Ended::Play(Arc::new(play))
}

fn restored(dir: &std::path::Path) -> Restored {
    let history = History::open(dir, Settings::default()).unwrap();
    let restored = restore(&history, &Policy::default(), |_| true).unwrap();
    history.close();
    restored
}

async fn stored(history: &History) -> Vec<model::Record> {
    history
        .ask(|view| {
            let ids: Vec<u32> = view.columns.rows().map(|row| view.columns.id(row)).collect();
            Ok(view.stored(&ids)?.into_iter().map(|s| s.record).collect())
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_given_back_to_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    let play = film("4", "10");
    let mut now = server(std::slice::from_ref(&play), 1);
    now.estimated_bytes = 77;
    now.transmitted_bytes = Some([(Network::Lan, 5), (Network::Wan, 6)].into());
    rig.shows(now.clone());
    rig.until(|s| s.figures().open_plays == 1).await;
    rig.end().await;
    let restored = restored(dir.path());
    let carried = &restored.carried[0];
    assert_eq!(carried.plays, [play]);
    assert_eq!(carried.counters, *now.counters);
    assert_eq!(
        (carried.estimated_bytes, &carried.transmitted_bytes),
        (77, &now.transmitted_bytes)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_is_kept_once_and_runs_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    let play = film("4", "10");
    rig.shows(server(std::slice::from_ref(&play), 1));
    rig.until(|s| s.figures().open_plays == 1).await;
    // Told twice: after a crash the same end may be told again.
    for _ in 0..2 {
        rig.ended.send(ended(play.clone())).await.unwrap();
    }
    rig.shows(server(&[], 1));
    rig.until(|s| s.figures().open_plays == 0 && s.figures().waiting == 0)
        .await;
    let kept = stored(&rig.history).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(&*kept[0].origin_key, play.id.as_str());
    let people = rig
        .history
        .ask(|v| Ok(v.columns.dims.people().clone()))
        .await
        .unwrap();
    assert_eq!(people[&42].username.as_deref(), Some("bert"));
    rig.end().await;
    assert!(restored(dir.path()).carried[0].plays.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn glimpses_and_clips_leave_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    let mut glimpse = film("4", "10");
    glimpse.seen_at = at(5_000);
    glimpse.totals.played_ms = 5_000;
    let clip = with(&film("5", "11"), |s| Arc::make_mut(&mut s.item).extra = true);
    rig.shows(server(&[glimpse.clone(), clip.clone()], 1));
    rig.until(|s| s.figures().open_plays == 2).await;
    for play in [glimpse, clip] {
        rig.ended.send(ended(play)).await.unwrap();
    }
    rig.shows(server(&[], 1));
    rig.until(|s| s.figures().open_plays == 0).await;
    let figures = rig.status.figures();
    assert_eq!((figures.kept, figures.ignored), (0, 1));
    assert!(stored(&rig.history).await.is_empty());
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libraries_are_known_by_name_and_what_an_import_said_stays() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    let imported = model::Section {
        section_id: 1,
        name: Some("Old".into()),
        kind: Some("movie".into()),
        fields: [
            ("keep_history".into(), Scalar::Int(0)),
            ("count".into(), Scalar::Int(1)),
        ]
        .into(),
    };
    let change = rig
        .history
        .change(move |t| t.set_section(&"attic".into(), &imported));
    change.done().await.unwrap();
    let mut now = server(&[], 0);
    now.libraries = Some(Arc::new(vec![Library {
        id: "1".into(),
        title: "Films".into(),
        kind: LibraryKind::Movie,
        storage_bytes: None,
        duration_ms: None,
        refreshing: None,
        counts: vec![model::ContentCount {
            kind: model::ContentKind::Movies,
            items: 12,
        }],
    }]));
    let live = with(&film("4", "10"), |s| {
        let item = Arc::make_mut(&mut s.item);
        (item.live, item.library) = (Some(LiveChannel::default()), None);
    });
    rig.shows(now);
    rig.ended.send(ended(live)).await.unwrap();
    rig.ended.send(ended(film("5", "11"))).await.unwrap();
    rig.until(|s| s.figures().kept + s.figures().ignored == 2).await;
    rig.until(|s| s.figures().last_write_at.is_some()).await;
    rig.end().await;
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let columns = history.columns();
    let section = |id| {
        let found = columns.dims.libraries().iter().find(|l| l.section_id == Some(id));
        found.and_then(|l| l.section.clone()).unwrap()
    };
    let films = section(1);
    assert_eq!(films.name.as_deref(), Some("Films"));
    assert_eq!(films.fields.get("keep_history"), Some(&Scalar::Int(0)));
    assert_eq!(films.fields.get("count"), Some(&Scalar::Int(12)));
    assert_eq!(section(LIVE_SECTION).kind.as_deref(), Some("live"));
    assert_eq!(columns.len(), 1, "of that library nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn plays_of_a_server_that_is_watched_no_longer_are_closed() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    rig.shows(server(&[film("4", "10")], 1));
    rig.until(|s| s.figures().open_plays == 1).await;
    rig.end().await;
    let path = dir.path().to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let history = History::open(&path, Settings::default()).unwrap();
        let restored = restore(&history, &Policy::default(), |id| id.as_str() == "cellar").unwrap();
        assert!(restored.carried.is_empty());
        assert_eq!(history.columns().len(), 1);
        let again = restore(&history, &Policy::default(), |_| true).unwrap();
        assert!(again.carried[0].plays.is_empty());
        assert!(!again.carried[0].counters.is_empty(), "it may be watched again");
        history.close();
    });
    checked.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_written_loses_nothing_and_the_counters_stay_shown() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let rig = Rig::over(history, &Restored::default());
    rig.shows(server(&[], 1));
    rig.until(|s| s.figures().last_write_at.is_some()).await;
    // Somebody else holds the file for writing.
    let other = rusqlite::Connection::open(rig.history.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    rig.ended.send(ended(film("4", "10"))).await.unwrap();
    rig.shows(server(&[], 2));
    rig.until(|s| s.figures().failing).await;
    let shown = rig.status.settle(rig.snapshots.borrow().clone());
    assert_eq!(
        shown.servers[0].counters[&counter_key()].plays,
        2,
        "shown although not on disk"
    );
    other.execute_batch("ROLLBACK").unwrap();
    rig.until(|s| s.figures().kept == 1 && !s.figures().failing).await;
    assert_eq!(stored(&rig.history).await.len(), 1);
    rig.end().await;
}

fn line(key: &str, at_s: i64, account_id: i64, rating_key: i64) -> Viewed {
    Viewed {
        history_key: key.into(),
        viewed_at_s: START_MS / 1000 + at_s,
        account_id: Some(account_id),
        account_name: Some("ada".into()),
        section_id: Some(1),
        item: record_item(rating_key),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_the_server_become_plays_unless_we_saw_them() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    // We saw user 5 play item 10 for an hour, and user 42 is playing item 20.
    let change = rig.history.change(|t| {
        t.set_person(&Person {
            user_id: 5,
            username: Some("ada".into()),
            fields: [("is_admin".into(), Scalar::Int(1))].into(),
            ..Person::default()
        })?;
        t.add(&record())
    });
    change.done().await.unwrap();
    rig.shows(server(&[film("4", "20")], 1));
    rig.until(|s| s.figures().open_plays == 1).await;
    let lines = vec![
        line("/h/1", 3_500, 5, 10),
        line("/h/2", 3_600 + 600, 5, 10),
        line("/h/3", 3_600 + 601, 5, 10),
        line("/h/4", -61, 5, 10),
        // 1 is the owner, whom we know as 5.
        line("/h/5", 3_500, 1, 10),
        line("/h/6", 3_500, 6, 10),
        line("/h/7", 3_500, 5, 11),
        line("/h/8", 3_500, 42, 20),
    ];
    let fill = |lines: Vec<Viewed>, policy: Policy| {
        let (history, status) = (rig.history.clone(), rig.status.clone());
        async move {
            backfill(&history, &status, SourceId::from("attic"), lines, 77, policy)
                .await
                .unwrap()
        }
    };
    let first = fill(lines.clone(), Policy::default()).await;
    let expected = Backfilled {
        added: 4,
        seen: 4,
        ..Backfilled::default()
    };
    assert_eq!(first, expected);
    let again = fill(lines, Policy::default()).await;
    assert_eq!((again.added, again.known), (0, 4));
    let left_out = Policy {
        ignore_libraries: vec!["attic/1".to_owned()],
        ..Policy::default()
    };
    assert_eq!(fill(vec![line("/h/9", 0, 9, 9)], left_out).await.ignored, 1);
    assert_eq!(rig.status.figures().backfilled, 4);
    let kept = stored(&rig.history).await;
    let theirs: Vec<_> = kept.iter().filter(|r| r.origin == Origin::PlexHistory).collect();
    let keys: Vec<&str> = theirs.iter().map(|r| &*r.origin_key).collect();
    assert_eq!(keys, ["/h/4", "/h/6", "/h/7", "/h/3"], "oldest first");
    for r in theirs {
        assert_eq!(Some(r.started_ms), r.stopped_ms);
        assert_eq!(r.view_offset_ms, r.item.duration_ms, "seen to the end");
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn until_when_everything_is_known_moves_with_what_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    let known = || {
        let history = rig.history.clone();
        tokio::task::spawn_blocking(move || {
            let of = |id: &str| known_until_s(&history, &id.into()).unwrap();
            (of("attic"), of("cellar"))
        })
    };
    assert_eq!(known().await.unwrap(), (None, None));
    let lines = vec![line("/h/1", 0, 5, 10)];
    let (history, status) = (rig.history.clone(), rig.status.clone());
    backfill(&history, &status, "attic".into(), lines, 77, Policy::default())
        .await
        .unwrap();
    assert_eq!(known().await.unwrap(), (Some(77), None));
    set_known_until_s(&history, &"attic".into(), 99).await.unwrap();
    assert_eq!(known().await.unwrap(), (Some(99), None));
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_without_an_account_is_number_one() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    let play = with(&film("4", "10"), |s| {
        s.user = Some(User {
            id: Some("1".into()),
            name: "ada".into(),
        });
    });
    rig.ended.send(ended(play)).await.unwrap();
    rig.until(|s| s.figures().kept == 1).await;
    let people = rig
        .history
        .ask(|v| Ok(v.columns.dims.people().clone()))
        .await
        .unwrap();
    assert_eq!(people[&1].fields.get("is_admin"), Some(&Scalar::Int(1)));
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_tells_better_is_listed_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::new(dir.path(), &Restored::default());
    // The first start takes the server's list, when nobody knows who its owner is.
    let lines = vec![
        line("/h/1", 3_500, 1, 10),
        line("/h/2", 3_500, 1, 11),
        line("/h/3", 9_000, 1, 10),
        line("/h/4", 3_500, 6, 10),
        line("/h/5", 3_500, 5, 10),
    ];
    let (history, status) = (rig.history.clone(), rig.status.clone());
    let done = backfill(&history, &status, "attic".into(), lines, 0, Policy::default()).await;
    assert_eq!(done.unwrap().added, 5);
    // Then the years before come over, with everybody's name.
    let change = rig.history.change(|t| {
        t.set_person(&Person {
            user_id: 5,
            username: Some("ada".into()),
            fields: [("is_admin".into(), Scalar::Int(1))].into(),
            ..Person::default()
        })?;
        let mut imported = record();
        imported.origin = Origin::Tautulli;
        t.add(&imported)
    });
    change.done().await.unwrap();
    assert_eq!(
        drop_seen(&rig.history).done().await.unwrap(),
        2,
        "1 is 5, and 5 is 5"
    );
    let kept = stored(&rig.history).await;
    let keys: Vec<&str> = kept.iter().map(|r| &*r.origin_key).collect();
    assert_eq!(keys.len(), 4);
    assert!(!keys.contains(&"/h/1") && !keys.contains(&"/h/5"), "{keys:?}");
    assert_eq!(drop_seen(&rig.history).done().await.unwrap(), 0);
    let history = rig.history.clone();
    let verified = tokio::task::spawn_blocking(move || history.verify())
        .await
        .unwrap();
    assert_eq!(verified.unwrap().problems, Vec::<String>::new());
    rig.end().await;
}
