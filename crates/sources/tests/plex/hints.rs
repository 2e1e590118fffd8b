//! Notifications: what they refine, what they wake, and the ways they come in.

use std::time::{Duration, Instant};

use model::{Body, Link, SessionDelta, State};
use sim::plex::{Fault, PlayState, SessionSeed};

use crate::watch::{Watch, lively, quiet, settled, still_server, wait_for};

const LOOKS: &str = "/status/sessions";

fn hint_about<'a>(body: &'a Body, key: &str) -> Option<&'a SessionDelta> {
    match body {
        Body::Hints(deltas) => deltas.iter().find(|d| d.key.as_str() == key),
        _ => None,
    }
}

#[tokio::test]
async fn a_pause_is_a_hint_at_once_and_wakes_one_look() {
    let plex = still_server().await;
    let world = plex.world();
    let key = world.start(SessionSeed::movie("Silt"));
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.clear_requests();
    let told_at = Instant::now();
    world.pause(&key);
    let state = watch
        .until("the hint", |body| hint_about(body, &key).map(|d| d.state))
        .await;
    assert_eq!(state, Some(State::Paused));
    assert!(told_at.elapsed() < Duration::from_secs(2));
    let sessions = watch.shows(&["Silt"]).await;
    assert_eq!(sessions[0].state, State::Paused);
    assert!(told_at.elapsed() < Duration::from_secs(4));
    assert_eq!(world.request_count(LOOKS), 1);
}

#[tokio::test]
async fn positions_cost_no_look_and_are_told_together() {
    let plex = still_server().await;
    let world = plex.world();
    let keys: Vec<_> = (0..20)
        .map(|i| world.start(SessionSeed::movie(format!("Film {i}"))))
        .collect();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.clear_requests();
    let (seen, began) = (watch.seen.len(), Instant::now());
    for _ in 0..50 {
        world.notify_progress_all();
    }
    let mut received = 0;
    watch
        .until("all to be counted", |body| {
            if let Body::Notifications(n) = body {
                received += n;
            }
            (received >= 1000).then_some(())
        })
        .await;
    assert_eq!(received, 1000);
    assert_eq!(world.request_count(LOOKS), 0);
    let hints: Vec<_> = watch.seen[seen..]
        .iter()
        .filter_map(|o| {
            if let Body::Hints(deltas) = &o.body {
                Some(deltas.len())
            } else {
                None
            }
        })
        .collect();
    // One a second, and the machine may be slow.
    assert!(
        hints.len() <= 3 + usize::try_from(began.elapsed().as_secs()).unwrap(),
        "{hints:?}"
    );
    assert!(
        keys.iter()
            .all(|k| watch.seen.iter().any(|o| hint_about(&o.body, k).is_some()))
    );
}

#[tokio::test]
async fn many_starts_of_one_instant_share_a_look_or_two() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.clear_requests();
    for i in 0..60 {
        world.start(SessionSeed::movie(format!("Film {i}")));
    }
    watch
        .until("all sixty", |body| {
            matches!(body, Body::Sessions { sessions, .. } if sessions.len() == 60).then_some(())
        })
        .await;
    assert!(world.request_count(LOOKS) <= 2, "{}", world.request_count(LOOKS));
}

#[tokio::test]
async fn a_storm_of_changes_stays_within_the_budget() {
    let plex = still_server().await;
    let world = plex.world();
    let keys: Vec<_> = (0..10)
        .map(|i| world.start(SessionSeed::movie(format!("Film {i}"))))
        .collect();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.clear_requests();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        for key in &keys {
            world.pause(key);
            world.resume(key);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        watch.drain();
    }
    let looks = world.request_count(LOOKS);
    // A burst of three, three a second, and one on its way.
    assert!((3..=13).contains(&looks), "{looks}");
}

#[tokio::test]
async fn a_session_told_of_but_not_listed_is_looked_for_a_few_times() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.clear_requests();
    let frame = r#"{"NotificationContainer":{"type":"playing","size":1,"PlaySessionStateNotification":
        [{"sessionKey":"77","ratingKey":"4711","viewOffset":0,"state":"playing"}]}}"#;
    world.notify_raw(frame);
    wait_for("the last look", || world.request_count(LOOKS) == 5).await;
    world.notify_raw(frame);
    let key = world.start(SessionSeed::movie("Real"));
    watch.shows(&["Real"]).await;
    world.stop(&key);
    watch.shows(&[]).await;
    assert!(world.request_count(LOOKS) <= 8, "{}", world.request_count(LOOKS));
}

#[tokio::test]
async fn a_session_told_of_before_it_is_listed_is_seen_as_soon_as_it_is() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    let began = Instant::now();
    world.start(SessionSeed::movie("Silt").listed_after_ms(400));
    watch.shows(&["Silt"]).await;
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_dropped_web_socket_comes_back_and_what_was_missed_is_seen() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    settled(&mut watch, &plex).await;
    world.start(SessionSeed::movie("Missed").silent());
    world.drop_streams();
    watch.link(Link::None).await;
    watch.shows(&["Missed"]).await;
    watch.link(Link::WebSocket).await;
    wait_for("the stream to be open", || world.notification_clients() == 1).await;
    let key = world.start(SessionSeed::movie("Told"));
    watch.shows(&["Missed", "Told"]).await;
    world.stop(&key);
    watch.shows(&["Missed"]).await;
}

#[tokio::test]
async fn where_web_sockets_are_blocked_an_event_stream_serves() {
    let plex = still_server().await;
    let world = plex.world();
    world.fault(Fault::WsRefuse);
    let mut watch = Watch::start(quiet(&plex));
    watch.link(Link::EventSource).await;
    wait_for("the stream to be open", || world.notification_clients() == 1).await;
    let key = world.start(SessionSeed::movie("Silt"));
    watch.shows(&["Silt"]).await;
    world.pause(&key);
    let state = watch
        .until("the hint", |body| hint_about(body, &key).map(|d| d.state))
        .await;
    assert_eq!(state, Some(State::Paused));
    world.drop_streams();
    watch.link(Link::None).await;
    world.clear_faults();
    watch.link(Link::WebSocket).await;
}

#[tokio::test]
async fn the_other_path_is_tried_where_the_usual_one_is_unknown() {
    let plex = still_server().await;
    let world = plex.world();
    world.fault(Fault::Status(404).on("/:/websockets"));
    let mut watch = Watch::start(quiet(&plex));
    watch.link(Link::WebSocket).await;
    assert_eq!(world.request_count("/:/websocket/"), 1);
}

#[tokio::test]
async fn without_any_stream_the_looks_go_on() {
    let plex = still_server().await;
    let world = plex.world();
    world.fault(Fault::WsRefuse);
    world.fault(Fault::SseRefuse);
    let mut watch = Watch::start(lively(&plex));
    watch.sessions().await;
    wait_for("both to be tried", || world.request_count("/:/eventsource") > 0).await;
    world.start(SessionSeed::movie("Silt"));
    watch.shows(&["Silt"]).await;
    world.clear_faults();
    watch.link(Link::WebSocket).await;
    assert!(
        !watch
            .seen
            .iter()
            .any(|o| matches!(o.body, Body::Link(Link::EventSource)))
    );
}

#[tokio::test]
async fn notifications_may_be_switched_off() {
    let plex = still_server().await;
    let world = plex.world();
    let mut cfg = lively(&plex);
    cfg.notifications = false;
    let mut watch = Watch::start(cfg);
    for _ in 0..3 {
        watch.sessions().await;
    }
    assert_eq!(world.request_count("/:/"), 0);
}

#[tokio::test]
async fn a_web_socket_outlives_the_time_out_of_a_request() {
    let plex = still_server().await;
    let world = plex.world();
    let mut cfg = lively(&plex);
    cfg.timeout_s = 0.4;
    let mut watch = Watch::start(cfg);
    settled(&mut watch, &plex).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1200) {
        watch.sessions().await;
    }
    let key = world.start(SessionSeed::movie("Silt"));
    watch.shows(&["Silt"]).await;
    world.set_state_silently(&key, PlayState::Paused);
    assert!(
        !watch
            .seen
            .iter()
            .any(|o| matches!(o.body, Body::Link(Link::None)))
    );
    assert_eq!(world.request_count("/:/websockets"), 1);
}
