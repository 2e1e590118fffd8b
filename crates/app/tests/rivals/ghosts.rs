//! Sessions that are over, or never were: none of them stays, comes back or appears.

use model::{Link, State};
use sim::plex::{Fault, Item, PlayState, Player, SessionSeed};

use crate::rig::{POLL_S, Rig, Setup, TOLERANCE_S, assert_near, frame, playing_frame};
use crate::scrape::RIVALS;

fn film() -> SessionSeed {
    SessionSeed::movie("Harbour Lights")
}

fn expect_sessions(rig: &Rig, n: usize) {
    let native = rig.native();
    assert_eq!(native.value("media_server_sessions", &[]), n as f64);
    assert_eq!(native.all("media_session_info", &[]).len(), n);
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        assert_eq!(scrape.all(rival.plays, &[]).len(), n);
        assert_eq!(scrape.all(rival.seconds, &[]).len(), n);
    }
}

/// Waits for the one end, which took at most this long.
async fn expect_end(rig: &Rig, key: &str, within_s: f64) {
    let since = tokio::time::Instant::now();
    rig.until_gone(key).await;
    let took = since.elapsed().as_secs_f64();
    assert!(took <= within_s, "gone after {took} s, not within {within_s} s");
    rig.ended(1).await;
    expect_sessions(rig, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_nobody_tells_shows_at_the_next_look() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.world.vanish(&key);
    expect_end(&rig, &key, POLL_S + TOLERANCE_S).await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_session_whose_client_vanished_goes() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.world.pause(&key);
    rig.until_state(&key, State::Paused).await;
    rig.pass(120.0).await;
    rig.world.vanish(&key);
    expect_end(&rig, &key, POLL_S + TOLERANCE_S).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_told_while_the_session_list_fails_is_a_stop() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.pass(20.0).await;
    let broken = rig.world.fault(Fault::Status(500).on("/status/sessions"));
    rig.world.stop(&key);
    rig.until_down().await;
    rig.pass(10.0).await;
    rig.world.release(broken);
    rig.until_gone(&key).await;
    let ended = rig.ended(1).await;
    assert_near(
        "played",
        ended[0].totals.played_ms as f64 / 1000.0,
        20.0,
        TOLERANCE_S,
    );
    let lasted = ended[0].ended_at.unwrap().as_millisecond() - ended[0].started_at.as_millisecond();
    assert_near("lasted", lasted as f64 / 1000.0, 20.0, TOLERANCE_S);
    expect_sessions(&rig, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_told_during_an_outage_is_a_stop() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.pass(20.0).await;
    let broken = rig.world.fault(Fault::Status(500).on("/status/sessions"));
    rig.until_down().await;
    rig.world.stop(&key);
    rig.pass(10.0).await;
    rig.world.release(broken);
    rig.until_gone(&key).await;
    let ended = rig.ended(1).await;
    let played = ended[0].totals.played_ms as f64 / 1000.0;
    assert_near(
        "played until the last good look",
        played,
        20.0 - POLL_S / 2.0,
        POLL_S / 2.0 + TOLERANCE_S,
    );
    expect_sessions(&rig, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_told_twice_ends_one_play_once() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.calm().await;
    let rating_key = rig.world.rating_key(&key).unwrap();
    rig.world.stop(&key);
    for _ in 0..3 {
        rig.world
            .notify_raw(playing_frame(&key, &rating_key, "stopped", 5_000));
    }
    rig.until_gone(&key).await;
    rig.world
        .notify_raw(playing_frame(&key, &rating_key, "stopped", 5_000));
    rig.pass(10.0).await;
    rig.ended(1).await;
    assert_eq!(rig.started().len(), 1);
    expect_sessions(&rig, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_a_session_key_stops_nothing() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.world.notify_raw(playing_frame("", "", "stopped", 0));
    let bare = serde_json::json!({"state": "stopped", "viewOffset": 0});
    rig.world
        .notify_raw(frame("playing", "PlaySessionStateNotification", &bare));
    rig.looks(2).await;
    rig.until_state(&key, State::Playing).await;
    rig.ended(0).await;
    expect_sessions(&rig, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_told_under_other_keys_ends_the_session_that_is_gone() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.calm().await;
    let rating_key = rig.world.rating_key(&key).unwrap();
    rig.world.vanish(&key);
    // One client sends three: its own key without an item, another with the item, another with nothing.
    for (key, rating_key) in [(key.as_str(), ""), ("57", &*rating_key), ("58", "")] {
        rig.world.notify_raw(playing_frame(key, rating_key, "stopped", 0));
    }
    expect_end(&rig, &key, 10.0).await;
    assert_eq!(rig.started().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_seek_to_the_end_that_stops_under_a_new_key_ends_the_old_one() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.calm().await;
    let rating_key = rig.world.rating_key(&key).unwrap();
    rig.world.vanish(&key);
    rig.world
        .notify_raw(playing_frame("77", &rating_key, "stopped", 6_700_000));
    expect_end(&rig, &key, 10.0).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_was_not_true_ends_nothing() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.pass(20.0).await;
    rig.world.notify_playing(&key, PlayState::Stopped);
    rig.until_state(&key, State::Stopped).await;
    rig.until_state(&key, State::Playing).await;
    rig.pass(20.0).await;
    rig.ended(0).await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
    expect_sessions(&rig, 1);
}

#[tokio::test(start_paused = true)]
async fn a_resume_right_after_the_stop_goes_on_with_the_play() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.pass(20.0).await;
    rig.world.notify_playing(&key, PlayState::Stopped);
    rig.pass(1.0).await;
    rig.world.notify_playing(&key, PlayState::Playing);
    rig.until_state(&key, State::Playing).await;
    rig.pass(20.0).await;
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    let ended = rig.ended(1).await;
    // The second in between may count or not.
    assert_near(
        "played",
        ended[0].totals.played_ms as f64 / 1000.0,
        40.5,
        0.5 + TOLERANCE_S,
    );
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_told_of_and_never_listed_is_none_and_costs_little() {
    let rig = Setup::listening().start().await;
    let before = rig.world.request_count("/status/sessions");
    for n in 0..60 {
        rig.world
            .notify_raw(playing_frame("99", "4711", "playing", n * 1000));
        rig.pass(1.0).await;
    }
    let looks = rig.world.request_count("/status/sessions") - before;
    assert!(looks <= 10, "{looks} looks for a session that is not there");
    assert_eq!(rig.started().len(), 0);
    expect_sessions(&rig, 0);
}

#[tokio::test(start_paused = true)]
async fn looking_again_does_not_start_what_is_paused() {
    let rig = Setup::usual().start().await;
    let paused = rig.world.start(film().state(PlayState::Paused).silent());
    let other = rig.world.start(SessionSeed::movie("Low Tide"));
    rig.until("both", |s| s.plays.len() == 2).await;
    for _ in 0..6 {
        rig.world.notify_transcode(&other);
        rig.world.notify_playing(&other, PlayState::Playing);
        rig.pass(5.0).await;
    }
    let play = rig.until_state(&paused, State::Paused).await;
    assert_eq!(play.totals.played_ms, 0);
    for rival in RIVALS {
        let played = rig
            .scrape(rival.profile)
            .value(rival.seconds, &[("session", &paused)]);
        assert_eq!(played, 0.0);
    }
}

#[tokio::test(start_paused = true)]
async fn two_sessions_of_one_client_are_two_sessions() {
    let rig = Setup::listening().start().await;
    let first = rig.world.start(film().player(Player::web("twice")));
    let second = rig
        .world
        .start(SessionSeed::movie("Low Tide").player(Player::web("twice")));
    rig.until("both", |s| s.plays.len() == 2).await;
    rig.calm().await;
    expect_sessions(&rig, 2);
    rig.world.stop(&second);
    rig.until_gone(&second).await;
    rig.until_state(&first, State::Playing).await;
    rig.ended(1).await;
    expect_sessions(&rig, 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_listed_twice_is_one_session() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.world
        .start(film().print("Metadata", "sessionKey", key.clone()).silent());
    rig.looks(2).await;
    expect_sessions(&rig, 1);
    rig.ended(0).await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_client_takes_over_is_another_play() {
    let rig = Setup::polling().start().await;
    let item = Item::movie("Harbour Lights").rating_key("880001");
    let by = |client: &'static str| SessionSeed::of(item.clone()).player(Player::web(client));
    let key = rig.world.start(by("first"));
    rig.until_shown(&key).await;
    rig.looks(1).await;
    // Between two looks the server restarts, and somebody else is first.
    rig.world.restart();
    rig.world.finish_restart();
    assert_eq!(rig.world.start(by("second").user(51_902_864, "Tobias")), key);
    let ended = rig.ended(1).await;
    assert_eq!(ended[0].session.player.machine_id.as_deref(), Some("first"));
    let now = rig.until_shown(&key).await;
    assert_eq!(now.session.player.machine_id.as_deref(), Some("second"));
    let native = rig.native();
    for user in ["marlo", "Tobias"] {
        assert_eq!(native.value("media_plays_total", &[("user", user)]), 1.0);
    }
    expect_sessions(&rig, 1);
}

#[tokio::test(start_paused = true)]
async fn sessions_of_a_server_that_stays_away_end_when_they_were_last_seen() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    let started = rig.until_shown(&key).await.started_at;
    rig.pass(30.0).await;
    rig.world.fault(Fault::Refuse);
    let ended = rig.ended(1).await;
    let lasted = ended[0].ended_at.unwrap().as_millisecond() - started.as_millisecond();
    let (last_look, tolerance) = (30.0 - POLL_S / 2.0, POLL_S / 2.0 + TOLERANCE_S);
    assert_near("lasted", lasted as f64 / 1000.0, last_look, tolerance);
    let played = rig.native().sum("media_play_seconds_total", &[]);
    assert_near("played", played, last_look, tolerance);
    for rival in RIVALS {
        rig.scrape(rival.profile).none(rival.plays, &[]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_any_more_hides_no_stop() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    let frozen = rig.world.fault(Fault::WsFreeze);
    rig.world.stop(&key);
    expect_end(&rig, &key, POLL_S + TOLERANCE_S).await;
    rig.until("the connection given up", |s| s.link != Link::WebSocket)
        .await;
    rig.world.release(frozen);
    rig.until("another connection", |s| s.link == Link::WebSocket)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_notifications_costs_few_looks_and_hides_nothing() {
    let rig = Setup::listening().start().await;
    let keys: Vec<String> = (0..50)
        .map(|n| rig.world.start(SessionSeed::movie(format!("Film {n}"))))
        .collect();
    rig.until("all", |s| s.plays.len() == 50).await;
    rig.calm().await;
    let before = rig.world.request_count("");
    for _ in 0..40 {
        rig.world.notify_progress_all();
        rig.pass(0.1).await;
    }
    rig.world.vanish(&keys[7]);
    rig.world.pause(&keys[31]);
    rig.until_state(&keys[31], State::Paused).await;
    rig.until_gone(&keys[7]).await;
    let asked = rig.world.request_count("") - before;
    assert!(asked <= 20, "{asked} requests for 2,000 notifications");
    expect_sessions(&rig, 49);
    let told = rig.server().notifications;
    assert!(told >= 2_000, "{told}");
}
