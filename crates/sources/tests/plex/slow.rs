//! Everything beside the sessions: libraries, load, traffic, transcodes, activities, updates.

use std::time::Duration;

use model::{Availability, Body, ContentKind, Feature, Library, LibraryKind, Network};
use sim::plex::{ActivitySeed, DownloadSeed, Fault, Item, LibrarySeed, Plex, Release, Seed, SessionSeed};

use crate::watch::{Watch, lively, quiet, still_server, wait_for};

async fn counted(watch: &mut Watch, libraries: usize) -> Vec<Library> {
    watch
        .until("counts", |body| match body {
            Body::Libraries(all) => {
                (all.len() == libraries && all.iter().all(|l| !l.counts.is_empty())).then(|| all.to_vec())
            }
            _ => None,
        })
        .await
}

#[tokio::test]
async fn libraries_are_counted_by_pages_of_nothing() {
    let mut seed = Seed::default().still();
    seed.libraries.push(LibrarySeed::home_videos("Camcorder", 77));
    let plex = Plex::start(seed).await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    let libraries = counted(&mut watch, 5).await;
    let count = |title: &str, kind| libraries.iter().find(|l| &*l.title == title).unwrap().count(kind);
    assert_eq!(count("Films", ContentKind::Movies), Some(412));
    assert_eq!(count("Series", ContentKind::Shows), Some(38));
    assert_eq!(count("Series", ContentKind::Seasons), Some(121));
    assert_eq!(count("Series", ContentKind::Episodes), Some(1534));
    assert_eq!(count("Music", ContentKind::Artists), Some(96));
    assert_eq!(count("Music", ContentKind::Albums), Some(310));
    assert_eq!(count("Music", ContentKind::Tracks), Some(4207));
    assert_eq!(count("Photos", ContentKind::Photos), Some(2950));
    assert_eq!(count("Photos", ContentKind::PhotoAlbums), Some(64));
    assert_eq!(count("Camcorder", ContentKind::Videos), Some(77));
    assert_eq!(count("Camcorder", ContentKind::Movies), None);
    let kinds: Vec<_> = libraries.iter().map(|l| l.kind).collect();
    assert_eq!(kinds[4], LibraryKind::HomeVideo);
    assert!(libraries.iter().all(|l| l.storage_bytes.is_some()));
    let listings: Vec<_> = world
        .requests()
        .into_iter()
        .filter(|r| r.path.starts_with("/library/sections/") && r.path.ends_with("/all"))
        .collect();
    assert!(!listings.is_empty());
    for request in listings {
        assert!(
            request.query.contains("X-Plex-Container-Size=0"),
            "{}",
            request.query
        );
        assert!(
            request.query.contains("X-Plex-Container-Start=0"),
            "{}",
            request.query
        );
    }
}

#[tokio::test]
async fn a_count_that_fails_is_absent_and_harms_no_other() {
    let plex = still_server().await;
    let world = plex.world();
    world.fault(Fault::Status(500).on("/library/sections/1/"));
    let mut watch = Watch::start(quiet(&plex));
    let libraries = watch
        .until("the other counts", |body| match body {
            Body::Libraries(all) => all.iter().any(|l| !l.counts.is_empty()).then(|| all.clone()),
            _ => None,
        })
        .await;
    assert!(libraries[0].counts.is_empty());
    assert_eq!(libraries[1].count(ContentKind::Shows), Some(38));
}

#[tokio::test]
async fn a_server_without_the_provider_list_still_has_libraries() {
    let plex = still_server().await;
    plex.world().fault(Fault::Status(404).on("/media/providers"));
    let mut watch = Watch::start(quiet(&plex));
    let libraries = counted(&mut watch, 4).await;
    assert!(
        libraries.iter().all(|l| l.storage_bytes.is_none()),
        "sizes are unknown, not zero"
    );
}

#[tokio::test]
async fn without_a_plex_pass_statistics_are_absent_and_asked_for_once() {
    let plex = Plex::start(Seed::default().still().without_pass()).await;
    let world = plex.world();
    let mut watch = Watch::start(lively(&plex));
    let mut absent = Vec::new();
    watch
        .until("both to be told absent", |body| {
            if let Body::Feature(feature, Availability::Unavailable) = body {
                absent.push(*feature);
            }
            (absent.len() == 2).then_some(())
        })
        .await;
    absent.sort_unstable();
    assert_eq!(absent, [Feature::Resources, Feature::Bandwidth]);
    for _ in 0..6 {
        watch.sessions().await;
    }
    let told = watch.finish().await;
    assert_eq!(world.request_count("/statistics"), 2);
    assert!(
        !told
            .iter()
            .any(|o| matches!(o.body, Body::Host(_) | Body::Transmitted(_)))
    );
    assert!(
        !told.iter().any(|o| matches!(o.body, Body::Outage(_))),
        "a missing feature is no outage"
    );
}

#[tokio::test]
async fn load_transcodes_activities_and_updates_are_told() {
    let plex = still_server().await;
    let world = plex.world();
    world.start_download(DownloadSeed {
        item: Item::movie("Silt"),
        speed: 3.0,
        percent: 5.0,
        size_bytes: 1 << 30,
    });
    world.add_activity(ActivitySeed {
        kind: "library.update.section".into(),
        title: "Scanning Films".into(),
        subtitle: "".into(),
        progress: 40,
        library: Some(1),
    });
    world.set_update(Some(Release {
        version: "9.9.9".into(),
        state: "available".into(),
    }));
    let mut watch = Watch::start(quiet(&plex));
    let (mut host, mut offline, mut activity, mut update) = (false, false, false, false);
    watch
        .until("everything", |body| {
            match body {
                Body::Host(load) => host = load.host_cpu_ratio.is_some_and(|r| (0.0..=1.0).contains(&r)),
                Body::Transcodes(counts) => offline = counts.offline == 1,
                Body::Activities(all) => activity = all.iter().any(|a| &*a.kind == "library.update.section"),
                Body::Update(status) => update = status.available_version.as_deref() == Some("9.9.9"),
                _ => {}
            }
            (host && offline && activity && update).then_some(())
        })
        .await;
}

#[tokio::test]
async fn an_activity_that_begins_is_asked_for_soon() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    watch
        .until("none", |body| {
            matches!(body, Body::Activities(all) if all.is_empty()).then_some(())
        })
        .await;
    wait_for("the stream to be open", || world.notification_clients() == 1).await;
    world.add_activity(ActivitySeed {
        kind: "library.refresh.items".into(),
        title: "Refreshing".into(),
        subtitle: "".into(),
        progress: -1,
        library: None,
    });
    watch
        .until("one", |body| {
            matches!(body, Body::Activities(all) if all.len() == 1).then_some(())
        })
        .await;
}

/// Bytes told of so far, as (LAN, WAN).
fn told_bytes(watch: &Watch) -> (u64, u64) {
    let (mut lan, mut wan) = (0, 0);
    for observation in &watch.seen {
        if let Body::Transmitted(deltas) = &observation.body {
            for delta in deltas {
                *(if delta.network == Network::Lan {
                    &mut lan
                } else {
                    &mut wan
                }) += delta.bytes;
            }
        }
    }
    (lan, wan)
}

/// Makes the source ask for everything anew: the server is away for a moment.
async fn flap(watch: &mut Watch, plex: &Plex) {
    let id = plex.world().fault(Fault::Status(500).on("/status/sessions"));
    watch.outage_of("server_error").await;
    plex.world().release(id);
    watch.sessions().await;
    let asked = plex.world().request_count("/statistics/bandwidth");
    let world = plex.world();
    wait_for("the next rows", || {
        world.request_count("/statistics/bandwidth") > asked
    })
    .await;
    // Whatever it brought is told before the next item's report.
    watch
        .until("the item after it", |body| {
            matches!(body, Body::Host(_)).then_some(())
        })
        .await;
    watch.drain();
}

#[tokio::test]
async fn traffic_is_counted_once_late_rows_too_and_not_what_was_before() {
    let plex = still_server().await;
    let world = plex.world();
    let now = world.now_s();
    world.add_bandwidth(1, 1, now - 30, true, 1_000_000);
    world.add_bandwidth(1, 1, now, true, 500);
    let mut watch = Watch::start(lively(&plex));
    watch
        .until("zero", |body| {
            matches!(body, Body::Transmitted(d) if d.len() == 2).then_some(())
        })
        .await;
    assert_eq!(
        told_bytes(&watch),
        (0, 0),
        "what was sent before we watched is not ours"
    );
    world.add_bandwidth(1, 1, now, true, 250);
    world.add_bandwidth(2, 7, now + 1, false, 4000);
    world.add_bandwidth(3, 9, now - 20, false, 33);
    flap(&mut watch, &plex).await;
    assert_eq!(told_bytes(&watch), (250, 4033), "growth, new rows and late rows");
    flap(&mut watch, &plex).await;
    assert_eq!(told_bytes(&watch), (250, 4033), "the same rows again");
    world.add_bandwidth(1, 1, now + 2, true, 7);
    flap(&mut watch, &plex).await;
    assert_eq!(told_bytes(&watch), (257, 4033));
}

#[tokio::test]
async fn a_library_that_comes_is_counted_without_waiting_for_the_next_round() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(lively(&plex));
    counted(&mut watch, 4).await;
    world.add_library(LibrarySeed::movies("New", 5));
    world.start(SessionSeed::movie("Silt"));
    let id = world.fault(Fault::Status(500).on("/status/sessions"));
    watch.outage_of("server_error").await;
    world.release(id);
    let libraries = counted(&mut watch, 5).await;
    assert_eq!(libraries[4].count(ContentKind::Movies), Some(5));
}

#[tokio::test]
async fn a_slow_library_list_does_not_hold_the_sessions_up() {
    let plex = still_server().await;
    let world = plex.world();
    world.fault(Fault::Slow(Duration::from_secs(30)).on("/media/providers"));
    world.fault(Fault::Slow(Duration::from_secs(30)).on("/library"));
    world.start(SessionSeed::movie("Silt"));
    let mut watch = Watch::start(lively(&plex));
    watch.shows(&["Silt"]).await;
    watch
        .until("the load", |body| matches!(body, Body::Host(_)).then_some(()))
        .await;
}
