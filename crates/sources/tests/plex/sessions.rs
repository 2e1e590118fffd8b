//! What plays is seen, from the first moment to the last.

use std::time::{Duration, Instant};

use model::{Body, Decision, Endpoint, LibraryKind, State};
use sim::plex::{Delivery, Fault, Item, PlayState, Plex, Quality, Restart, Seed, SessionSeed};

use crate::watch::{Watch, lively, quiet, settled, still_server, wait_for};

#[tokio::test]
async fn what_already_plays_is_seen_at_once_with_its_library() {
    let plex = still_server().await;
    let world = plex.world();
    world.start(SessionSeed::of(Item::movie("Silt").in_library(1)));
    world.start(SessionSeed::movie("Tarn").state(PlayState::Paused));
    let started = Instant::now();
    let mut watch = Watch::start(quiet(&plex));
    let sessions = watch.sessions().await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(
        matches!(watch.seen[0].body, Body::Hello { kind: "plex" }),
        "the first word"
    );
    let states: Vec<_> = sessions
        .iter()
        .map(|s| (s.item.title.as_deref().unwrap(), s.state))
        .collect();
    assert_eq!(states, [("Silt", State::Playing), ("Tarn", State::Paused)]);
    let library = sessions[0]
        .item
        .library
        .as_ref()
        .expect("names of libraries come before sessions");
    assert_eq!(
        (library.title.as_ref(), library.kind),
        ("Films", LibraryKind::Movie)
    );
}

#[tokio::test]
async fn every_request_is_reported_before_what_it_brought() {
    let plex = still_server().await;
    let mut watch = Watch::start(quiet(&plex));
    watch.sessions().await;
    let before = &watch.seen[watch.seen.len() - 2].body;
    let Body::Request(report) = before else {
        panic!("{before:?}")
    };
    assert_eq!(
        (report.endpoint, report.error, report.retries),
        (Endpoint::Sessions, None, 0)
    );
}

#[tokio::test]
async fn a_play_of_one_second_is_seen() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    let key = world.start(SessionSeed::movie("Brief"));
    watch.shows(&["Brief"]).await;
    world.stop(&key);
    watch.shows(&[]).await;
}

#[tokio::test]
async fn a_stop_that_nobody_told_of_is_seen_by_the_next_look() {
    let plex = still_server().await;
    let world = plex.world();
    let key = world.start(SessionSeed::movie("Silt"));
    let mut watch = Watch::start(lively(&plex));
    watch.shows(&["Silt"]).await;
    world.vanish(&key);
    watch.shows(&[]).await;
}

#[tokio::test]
async fn auto_play_next_is_seen_under_the_same_key() {
    let plex = still_server().await;
    let world = plex.world();
    let key = world.start(SessionSeed::episode("Tidewater", 1, 1, "Ebb"));
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.play_next(&key, Item::episode("Tidewater", 1, 2, "Flow"));
    let sessions = watch.shows(&["Flow"]).await;
    assert_eq!(sessions[0].key.as_str(), key);
}

#[tokio::test]
async fn a_change_of_quality_is_seen_at_once() {
    let plex = still_server().await;
    let world = plex.world();
    let key = world.start(SessionSeed::movie("Silt"));
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.set_quality(&key, Quality::P720_2M);
    watch
        .until("the transcode", |body| match body {
            Body::Sessions { sessions, .. } => {
                (sessions[0].delivery.decision == Some(Decision::Transcode)).then_some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn after_a_restart_reused_keys_are_told_as_they_are() {
    let plex = still_server().await;
    let world = plex.world();
    world.start(SessionSeed::movie("Silt"));
    let key = world.start(SessionSeed::movie("Tarn"));
    let mut watch = Watch::start(lively(&plex));
    watch.shows(&["Silt", "Tarn"]).await;
    world.restart_with(Restart {
        refuse: false,
        keep_sessions: false,
    });
    watch.outage_of("starting").await;
    world.finish_restart();
    world.start(SessionSeed::movie("Other"));
    let again = world.start(SessionSeed::movie("Another"));
    assert_eq!(key, again, "the simulator counts from 1 again");
    watch.shows(&["Other", "Another"]).await;
}

#[tokio::test]
async fn what_a_transcode_is_made_from_is_looked_up_once() {
    let plex = still_server().await;
    let world = plex.world();
    let key = world.start(
        SessionSeed::of(Item::movie("Silt").in_library(1)).delivery(Delivery::transcode(Quality::P720_2M)),
    );
    let mut watch = Watch::start(lively(&plex));
    let complete = |body: &Body| match body {
        Body::Sessions { sessions, .. } => sessions
            .iter()
            .all(|s| s.source.bitrate_bps.is_some())
            .then(|| sessions.clone()),
        _ => None,
    };
    let sessions = watch.until("the source's bit rate", complete).await;
    assert_eq!(sessions[0].key.as_str(), key);
    for _ in 0..3 {
        watch.until("it to stay known", complete).await;
    }
    assert_eq!(world.request_count("/library/metadata"), 1);
}

#[tokio::test]
async fn an_item_that_is_gone_is_not_asked_for_for_ever() {
    let plex = still_server().await;
    let world = plex.world();
    let key = world.start(SessionSeed::movie("Silt").delivery(Delivery::transcode(Quality::P720_2M)));
    world.delete_item(&world.rating_key(&key).unwrap());
    let mut watch = Watch::start(lively(&plex));
    for _ in 0..5 {
        watch.shows(&["Silt"]).await;
    }
    assert!(world.request_count("/library/metadata") <= 1);
}

#[tokio::test]
async fn a_base_path_behind_a_proxy_and_a_pasted_address_work() {
    let plex = Plex::start(Seed::default().still().base_path("/media/plex")).await;
    plex.world().start(SessionSeed::movie("Silt"));
    let mut cfg = quiet(&plex);
    cfg.url = Some(format!("{}/web/index.html#!/dashboard", plex.url()));
    let mut watch = Watch::start(cfg);
    watch.shows(&["Silt"]).await;
    let world = plex.world();
    wait_for("the web socket under the base path", || {
        world.notification_clients() == 1
    })
    .await;
}

#[tokio::test]
async fn the_token_goes_in_a_header_and_nowhere_else() {
    let plex = still_server().await;
    let world = plex.world();
    world.start(SessionSeed::movie("Silt").delivery(Delivery::transcode(Quality::P720_2M)));
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    wait_for("the slow round", || world.request_count("/updater/status") == 1).await;
    for request in world.requests() {
        assert!(!request.token_in_query, "{} {}", request.path, request.query);
        assert_eq!(request.had_token, request.path != "/identity", "{}", request.path);
        assert_eq!(
            request.client, None,
            "a client identifier would make a row in the server's device list"
        );
    }
    world.fault(Fault::Unauthorized);
    let told = format!("{:?}", watch.finish().await);
    assert!(!told.contains(plex.token()));
}
