//! The service at work, against simulated servers over sockets and a history on disk.

use std::sync::Arc;
use std::time::Duration;

use base::supervise::Supervisor;
use base::{Kind, Secret};
use history::Settings;
use history::collections::{SnapshotFilter, snapshots};
use jiff::Timestamp;
use model::{Decision, Origin, Record, RecordClient, RecordItem, RecordKind, RecordStream, SourceId, Text};
use sim::plex::{CollectionSeed, Fault, LibrarySeed, Plex, Promoted, Seed, ShelfSeed, Shelved};
use sources::{Ctx, plex};
use web::collections::{Collector, Place};

use super::*;
use crate::config::Collections;

const PATIENCE: Duration = Duration::from_secs(20);

/// 2026-11-21T20:00:00Z
const NOW: Timestamp = Timestamp::constant(1_795_291_200, 0);

const DAY_S: i64 = 86_400;

/// Two servers, a history, and somebody who counts.
struct House {
    attic: Plex,
    cellar: Plex,
    service: Service,
    supervisor: Supervisor,
    cancel: CancellationToken,
    _dir: tempfile::TempDir,
}

fn film(section: u32, key: u64) -> Shelved {
    Shelved::new(section, key, "movie", format!("Film {key}"))
}

/// Films 1 to 6 in two libraries that have a collection of the same name, and a show.
fn attic_shelf() -> ShelfSeed {
    let mut items: Vec<Shelved> = (1..=4).map(|key| film(1, key)).collect();
    items.extend((5..=6).map(|key| film(2, key)));
    items.push(Shelved::new(3, 29, "show", "Harbour"));
    ShelfSeed {
        items,
        collections: vec![
            CollectionSeed::new(1, 100, "Sea")
                .members([1, 2])
                .promoted(Promoted::EVERYWHERE),
            CollectionSeed::new(1, 101, "Land")
                .members([2, 3, 4])
                .promoted(Promoted::to(false, true, false)),
            CollectionSeed::new(2, 102, "Sea").members([5, 6]),
            CollectionSeed::new(3, 103, "Coast")
                .of("show")
                .members([29])
                .promoted(Promoted::to(true, false, false)),
            CollectionSeed::new(1, 104, "Void"),
        ],
        ..ShelfSeed::default()
    }
}

fn play(n: i64, server: &str, key: i64, show: Option<i64>, user: i64, days_ago: i64) -> Record {
    let stopped_ms = (NOW.as_second() - days_ago * DAY_S) * 1000;
    let item = RecordItem {
        kind: if show.is_some() {
            RecordKind::Episode
        } else {
            RecordKind::Movie
        },
        live: false,
        rating_key: Some(key),
        parent_rating_key: show.map(|show| show + 1),
        grandparent_rating_key: show,
        guid: None,
        title: None,
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        full_title: format!("Film {key}").into(),
        media_index: None,
        parent_media_index: None,
        year: None,
        duration_ms: None,
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: model::Fields::default(),
    };
    Record {
        server: server.into(),
        origin: Origin::Recorded,
        origin_key: n.to_string().into(),
        wanted_id: Some((n, n)),
        started_ms: stopped_ms - 3_600_000,
        stopped_ms: Some(stopped_ms),
        paused_ms: Some(600_000),
        buffering_ms: None,
        view_offset_ms: None,
        user_id: Some(user),
        user: Some(Text::from(format!("user {user}"))),
        ip_address: None,
        section_id: Some(1),
        item: Arc::new(item),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream {
            decision: Some(Decision::DirectPlay),
            ..RecordStream::default()
        }),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

impl House {
    async fn new(interval_hours: u32) -> Self {
        let seed = |name, shelf| {
            Seed::default().still().name(name).shelf(shelf).libraries(vec![
                LibrarySeed::movies("Films", 0),
                LibrarySeed::movies("Old films", 0),
                LibrarySeed::shows("Series", 0, 0, 0),
            ])
        };
        let cellar_shelf = ShelfSeed {
            items: vec![film(1, 1)],
            collections: vec![CollectionSeed::new(1, 100, "Sea").members([1])],
            ..ShelfSeed::default()
        };
        let attic = Plex::start(seed("Attic", attic_shelf())).await;
        let cellar = Plex::start(seed("Cellar", cellar_shelf).machine_id("c".repeat(40))).await;
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path(), Settings::default()).unwrap();
        let plays = [
            play(1, "attic", 1, None, 7, 1),
            play(2, "attic", 2, None, 7, 2),
            play(3, "attic", 2, None, 8, 40),
            play(4, "attic", 5, None, 9, 3),
            play(5, "attic", 31, Some(29), 7, 4),
            play(6, "cellar", 1, None, 9, 5),
            // Of no collection.
            play(7, "attic", 99, None, 9, 5),
        ];
        history
            .change(move |txn| plays.iter().try_for_each(|p| txn.add(p).map(drop)))
            .done()
            .await
            .unwrap();
        let (cancel, catalog) = (CancellationToken::new(), Catalog::default());
        let mut supervisor = Supervisor::new(cancel.clone());
        let (out, mut reports) = mpsc::channel(64);
        tokio::spawn(async move { while reports.recv().await.is_some() {} });
        for (id, server) in [("attic", &attic), ("cellar", &cellar)] {
            let config = plex::Config {
                id: id.to_owned(),
                url: Some(server.url()),
                token: Some(Secret::new(server.token())),
                timeout_s: 5.0,
                ..plex::Config::default()
            };
            let ctx = Ctx {
                id: SourceId::new(id),
                clock: Clock::system(),
                out: out.clone(),
                cancel: cancel.clone(),
            };
            crate::catalog::attend(&mut supervisor, &catalog, config, None, ctx);
        }
        let defaults = Collections {
            interval_hours,
            window_days: 30,
            visibility: Vec::new(),
            libraries: Vec::new(),
        };
        let service = Service::new(history, catalog, defaults, Clock::manual(NOW));
        Self {
            attic,
            cellar,
            service,
            supervisor,
            cancel,
            _dir: dir,
        }
    }

    async fn collect(&self, wish: Wish) -> CollectReport {
        self.service
            .collect(CollectRequest {
                wish,
                ..CollectRequest::default()
            })
            .await
    }

    async fn kept(&self) -> Vec<Snapshot> {
        let filter = SnapshotFilter {
            limit: 100,
            ..SnapshotFilter::default()
        };
        self.service
            .history
            .ask(move |v| snapshots(v, &filter))
            .await
            .unwrap()
    }

    async fn close(self) {
        self.cancel.cancel();
        self.supervisor.drain(PATIENCE).await;
        let history = self.service.history;
        tokio::task::spawn_blocking(move || history.close())
            .await
            .unwrap();
    }
}

fn named(name: &str) -> Wish {
    Wish {
        names: vec![name.to_owned()],
        ..Wish::default()
    }
}

/// Server, library, name, plays, seconds, users, titles watched.
type Row<'a> = (&'a str, &'a str, &'a str, i64, i64, i64, Option<i64>);

fn rows(report: &CollectReport) -> Vec<Row<'_>> {
    report
        .collected
        .iter()
        .map(|(s, _)| {
            (
                s.server.as_str(),
                &*s.library,
                &*s.collection_name,
                s.total_plays,
                s.total_duration_s,
                s.unique_users,
                s.items_watched,
            )
        })
        .collect()
}

#[tokio::test]
async fn collections_of_one_name_are_counted_apart_with_right_lengths_and_users() {
    let house = House::new(0).await;
    let report = house.collect(Wish::default()).await;
    assert_eq!(report.failed, []);
    let length_s = 3000;
    assert_eq!(
        rows(&report),
        [
            ("attic", "Films", "Land", 1, length_s, 1, Some(1)),
            ("attic", "Films", "Sea", 2, 2 * length_s, 1, Some(2)),
            ("attic", "Films", "Void", 0, 0, 0, Some(0)),
            ("attic", "Old films", "Sea", 1, length_s, 1, Some(1)),
            ("attic", "Series", "Coast", 1, length_s, 1, Some(1)),
            ("cellar", "Films", "Sea", 1, length_s, 1, Some(1)),
        ]
    );
    let (sea, shown) = &report.collected[1];
    assert_eq!(
        (sea.items, sea.window_days, sea.rating_key),
        (Some(2), 30, Some(100))
    );
    assert_eq!(sea.collected_ms, NOW.as_millisecond());
    assert!(shown.unwrap().own_home);
    assert_eq!(house.kept().await.len(), 6);
    house.close().await;
}

#[tokio::test]
async fn wishes_are_heard() {
    let house = House::new(0).await;
    let all_time = CollectRequest {
        wish: named("Land"),
        rotation_id: Some("r1".to_owned()),
        window_days: Some(0),
        extra: Some(r#"{"why":"test"}"#.to_owned()),
    };
    let report = house.service.collect(all_time).await;
    let (land, _) = &report.collected[0];
    assert_eq!(
        (land.total_plays, land.unique_users, land.window_days),
        (2, 2, 0),
        "all time"
    );
    assert_eq!(
        (land.rotation_id.as_deref(), land.extra.as_str()),
        (Some("r1"), r#"{"why":"test"}"#)
    );

    let on_own_home = Wish {
        visibility: vec![Place::OwnHome],
        ..Wish::default()
    };
    let report = house.collect(on_own_home).await;
    let names: Vec<_> = report
        .collected
        .iter()
        .map(|(s, _)| &*s.collection_name)
        .collect();
    assert_eq!(names, ["Land", "Sea"]);
    let library = Wish {
        libraries: vec!["Old films".to_owned()],
        ..Wish::default()
    };
    assert_eq!(house.collect(library).await.collected.len(), 1);
    let server = Wish {
        servers: vec!["cellar".to_owned()],
        ..named("Sea")
    };
    assert_eq!(house.collect(server).await.collected.len(), 1);

    let report = house.collect(named("Nothing")).await;
    assert!(report.collected.is_empty());
    assert_eq!(report.failed[0].kind, Kind::NotFound);
    let unknown = Wish {
        servers: vec!["roof".to_owned()],
        libraries: vec!["Opera".to_owned()],
        ..Wish::default()
    };
    assert!(
        house
            .collect(unknown)
            .await
            .failed
            .iter()
            .any(|m| m.reason.contains("roof"))
    );
    house.close().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_told_and_never_counted_as_zero() {
    let house = House::new(0).await;
    house.attic.world().fault(Fault::Refuse.on("/"));
    let report = house.collect(Wish::default()).await;
    assert_eq!(rows(&report).len(), 1, "of the other one");
    assert_eq!(report.failed.len(), 1);
    assert_eq!(
        (
            report.failed[0].kind,
            report.failed[0].server.as_ref().unwrap().as_str()
        ),
        (Kind::Unreachable, "attic")
    );
    // Members alone cannot be had.
    house.attic.world().clear_faults();
    house
        .attic
        .world()
        .fault(Fault::Status(500).on("/library/collections/100"));
    let report = house.collect(Wish::default()).await;
    assert_eq!(report.collected.len(), 5);
    assert_eq!(
        (report.failed[0].rating_key, report.failed[0].kind),
        (Some(100), Kind::ServerError)
    );
    house.cellar.world().fault(Fault::Refuse.on("/"));
    let kept = house.kept().await;
    assert!(
        kept.iter()
            .all(|s| s.rating_key != Some(100) || s.server.as_str() == "cellar")
    );
    house.close().await;
}

#[tokio::test]
async fn on_demand_and_on_schedule() {
    let mut house = House::new(24).await;
    // A day and a half after the last one, and long after the start.
    let last_ms = NOW.as_millisecond() - 36 * 3_600_000;
    house
        .service
        .history
        .change(move |txn| txn.set_meta(LAST_KEY, &last_ms.to_string()))
        .done()
        .await
        .unwrap();
    let due = house.service.first_due_ms().await.unwrap();
    let wait_ms = due - NOW.as_millisecond();
    assert!(
        (60_000..120_000).contains(&wait_ms),
        "{wait_ms}: what was missed is caught up"
    );
    house.service.defaults.interval_hours = 48;
    let due = house.service.first_due_ms().await.unwrap();
    assert_eq!(due, NOW.as_millisecond() + 12 * 3_600_000);
    house.service.defaults.interval_hours = 0;
    assert_eq!(house.service.first_due_ms().await, None);
    assert_eq!(house.service.on_schedule().await, None);
    assert!(house.kept().await.is_empty());

    house.service.defaults.interval_hours = 24;
    let next = house.service.on_schedule().await;
    assert_eq!(next, Some(NOW.as_millisecond() + 24 * 3_600_000));
    assert_eq!(house.kept().await.len(), 6);
    let last = house.service.history.ask(|v| v.meta(LAST_KEY)).await.unwrap();
    assert_eq!(last, Some(NOW.as_millisecond().to_string()));

    // Everybody down: soon again, and the time of the last one stays.
    for server in [&house.attic, &house.cellar] {
        server.world().fault(Fault::Refuse.on("/"));
    }
    house.service.catalog = Catalog::default();
    let retry = house.service.on_schedule().await;
    assert_eq!(retry, Some(NOW.as_millisecond() + millis(RETRY)), "no server yet");
    assert_eq!(house.kept().await.len(), 6);

    let (collector, asked) = Collector::channel();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(run(
        house.service.clone(),
        Arc::new(Mutex::new(asked)),
        cancel.clone(),
    ));
    let report = collector.collect(CollectRequest::default()).await.unwrap();
    assert_eq!(report, CollectReport::default());
    cancel.cancel();
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap();
    let gone = collector.collect(CollectRequest::default()).await.unwrap_err();
    assert_eq!(gone.kind, Kind::Internal);
    house.close().await;
}
