//! Sessions that play: each is seen, soon, with what belongs to it.

use std::io::Write as _;

use export::Profile;
use model::{Endpoint, Health, Link, State};
use sim::plex::{Delivery, Fault, Item, PlayState, Quality, Restart, SessionSeed};
use tokio::time::Instant;

use crate::rig::{POLL_S, Rig, Setup, TOLERANCE_S, assert_near, playing_frame};
use crate::scrape::RIVALS;

fn film() -> SessionSeed {
    SessionSeed::movie("Harbour Lights")
}

/// Asserts that no more time has passed than a notification may take, with reconnecting to spare.
#[track_caller]
fn assert_within(since: Instant, seconds: f64) {
    let took = since.elapsed().as_secs_f64();
    assert!(took <= seconds, "{took} s, not within {seconds} s");
}

/// The title of the session in the naming of each rival.
fn titles(rig: &Rig, key: &str) -> Vec<String> {
    let title = |rival: crate::scrape::Rival| {
        let scrape = rig.scrape(rival.profile);
        scrape
            .one(rival.plays, &[("session", key)])
            .label("title")
            .to_owned()
    };
    RIVALS.map(title).to_vec()
}

#[tokio::test(start_paused = true)]
async fn what_plays_and_what_is_paused_at_the_start_is_there_at_once() {
    let rig = Setup::usual()
        .before(|world| {
            world.start(film().position_ms(1_200_000).silent());
            world.start(
                SessionSeed::episode("Low Tide", 1, 2, "The Weir")
                    .state(PlayState::Paused)
                    .silent(),
            );
        })
        .launch()
        .await;
    let since = Instant::now();
    rig.until("both", |s| s.plays.len() == 2).await;
    assert_within(since, 2.0);
    let playing = rig.until_state("1", State::Playing).await;
    assert!(playing.started_position_ms >= Some(1_200_000));
    rig.until_state("2", State::Paused).await;
    rig.pass(30.0).await;
    let native = rig.native();
    assert_eq!(native.sum("media_plays_total", &[]), 2.0);
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        assert_eq!(scrape.value(rival.plays, &[("title", "Low Tide")]), 1.0);
        assert_eq!(scrape.value(rival.seconds, &[("title", "Low Tide")]), 0.0);
        assert!(scrape.value(rival.seconds, &[("title", "Harbour Lights")]) > 20.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_at_the_start_appears_later() {
    let rig = Setup::usual()
        .before(|world| {
            world.start(film().silent());
            world.fault(Fault::Refuse);
        })
        .launch()
        .await;
    rig.until_down().await;
    rig.pass(300.0).await;
    rig.world.clear_faults();
    let since = Instant::now();
    rig.until_shown("1").await;
    assert_within(since, 61.0);
    rig.until("a link", |s| s.link == Link::WebSocket).await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_still_starting_appears_when_it_has_started() {
    let rig = Setup::usual()
        .before(|world| {
            world.restart();
        })
        .launch()
        .await;
    rig.until_down().await;
    assert_eq!(rig.server().health.as_str(), "starting");
    rig.world.finish_restart();
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    assert_eq!(rig.native().value("media_server_up", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_when_the_notifications_break_off() {
    let rig = Setup::listening().start().await;
    let stays = rig.world.start(film());
    let goes = rig.world.start(SessionSeed::movie("Low Tide"));
    rig.until("both", |s| s.plays.len() == 2).await;
    rig.calm().await;
    let before = rig.world.request_count("/:/websockets");
    let broken = rig.world.fault(Fault::WsDrop);
    rig.until("no link", |s| s.link == Link::None).await;
    rig.world.stop(&goes);
    rig.world.pause(&stays);
    let comes = rig.world.start(SessionSeed::track("The Weirs", "Sluice", "Gate"));
    let since = Instant::now();
    rig.world.release(broken);
    rig.until_shown(&comes).await;
    rig.until_gone(&goes).await;
    rig.until_state(&stays, State::Paused).await;
    assert_within(since, 120.0);
    rig.until("a link", |s| s.link == Link::WebSocket).await;
    assert!(rig.world.request_count("/:/websockets") > before);
    assert_eq!(rig.started().len(), 3);
    // And the new connection is heard.
    rig.world.resume(&stays);
    rig.until_state(&stays, State::Playing).await;
    assert_within(since, 240.0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_server_lists_late_is_found() {
    let rig = Setup::listening().start().await;
    for delay_s in [0.3, 0.8, 1.3] {
        // Looks are rationed; begin each time with a full ration.
        rig.pass(10.0).await;
        let next = (rig.started().len() + 1).to_string();
        rig.world.notify_raw(playing_frame(&next, "", "buffering", 0));
        rig.pass(delay_s).await;
        assert_eq!(rig.world.start(film().silent()), next);
        let since = Instant::now();
        rig.until_shown(&next).await;
        assert_within(since, 5.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_list_that_takes_its_time_does_not_hold_up_what_is_told() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.calm().await;
    rig.world
        .fault(Fault::Slow(std::time::Duration::from_secs(6)).on("/status/sessions"));
    for state in [State::Paused, State::Playing, State::Paused] {
        let since = Instant::now();
        if state == State::Paused {
            rig.world.pause(&key);
        } else {
            rig.world.resume(&key);
        }
        rig.until_state(&key, state).await;
        assert_within(since, 1.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rating_key_that_is_no_number_is_as_good_as_any() {
    let rig = Setup::listening().start().await;
    let strange = Item::movie("Harbour Lights").rating_key("com.gracenote.onconnect://movie/MV0001");
    let key = rig.world.start(SessionSeed::of(strange));
    let none = rig.world.start(SessionSeed::movie("Low Tide").omit("ratingKey"));
    rig.until("both", |s| s.plays.len() == 2).await;
    rig.calm().await;
    for title in titles(&rig, &key) {
        assert_eq!(title, "Harbour Lights");
    }
    for title in titles(&rig, &none) {
        assert_eq!(title, "Low Tide");
    }
    rig.world.pause(&key);
    rig.until_state(&key, State::Paused).await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 2.0);
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_session_key_is_kept() {
    let rig = Setup::usual().start().await;
    rig.world.start(film().print("Metadata", "sessionKey", ""));
    rig.until("it", |s| s.plays.len() == 1).await;
    rig.looks(3).await;
    assert_eq!(rig.started().len(), 1, "the same at every look");
    for rival in RIVALS {
        rig.scrape(rival.profile)
            .one(rival.plays, &[("title", "Harbour Lights")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_the_server_cannot_describe_keeps_its_session_and_its_labels() {
    let rig = Setup::listening().start().await;
    rig.world.fault(Fault::Status(500).on("/library/metadata"));
    let converted =
        SessionSeed::episode("Low Tide", 1, 2, "The Weir").delivery(Delivery::transcode(Quality::P720_4M));
    let converted = rig.world.start(converted);
    let plain = rig.world.start(film());
    rig.until("both", |s| s.plays.len() == 2).await;
    rig.until("the failure", |s| {
        s.endpoints
            .get(&Endpoint::Metadata)
            .is_some_and(|e| !e.errors.is_empty())
    })
    .await;
    let deleted = rig.world.start(film().delivery(Delivery::transcode_audio()));
    rig.world.delete_item(&rig.world.rating_key(&deleted).unwrap());
    rig.world.clear_faults();
    rig.until_shown(&deleted).await;
    rig.pass(5.0).await;
    for (key, title, kind, library) in [
        (&converted, "Low Tide", "episode", "Series"),
        (&plain, "Harbour Lights", "movie", "Films"),
        (&deleted, "Harbour Lights", "movie", "Films"),
    ] {
        for rival in RIVALS {
            let scrape = rig.scrape(rival.profile);
            let sample = scrape.one(rival.plays, &[("session", key)]);
            let labels = ["title", "media_type", "library"].map(|l| sample.label(l));
            assert_eq!(labels, [title, kind, library], "session {key}");
        }
    }
    assert_eq!(rig.server().health, Health::Up);
}

#[tokio::test(start_paused = true)]
async fn where_web_sockets_are_blocked_an_event_source_tells() {
    let rig = Setup::listening()
        .before(|world| {
            world.fault(Fault::WsRefuse);
        })
        .start()
        .await;
    assert_eq!(rig.server().link, Link::EventSource);
    let since = Instant::now();
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.calm().await;
    rig.world.pause(&key);
    rig.until_state(&key, State::Paused).await;
    rig.calm().await;
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    assert_within(since, 12.0);
    let link = [("link", "eventsource")];
    assert_eq!(rig.native().value("projectionist_source_link", &link), 1.0);
    let connected = "plex_websocket_connected";
    assert_eq!(rig.scrape(Profile::Cplieger202604).value(connected, &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn where_both_are_blocked_looking_is_enough() {
    let rig = Setup::usual()
        .before(|world| {
            world.fault(Fault::WsRefuse);
            world.fault(Fault::SseRefuse);
        })
        .launch()
        .await;
    rig.until_up().await;
    let key = rig.world.start(film());
    let since = Instant::now();
    rig.until_shown(&key).await;
    assert_within(since, POLL_S + TOLERANCE_S);
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    assert_within(since, 2.0 * (POLL_S + TOLERANCE_S));
    let connected = "plex_websocket_connected";
    assert_eq!(rig.scrape(Profile::Cplieger202604).value(connected, &[]), 0.0);
    assert!(rig.server().health.is_up());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_that_is_mended_in_its_file_is_taken_up() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "a-wrong-token").unwrap();
    let path = file.path().to_owned();
    let rig = Setup::usual()
        .config(|c| c.token_file = Some(path.clone()))
        .before(|world| {
            world.start(film().silent());
        })
        .launch()
        .await;
    rig.until_down().await;
    let cause = [("cause", "unauthorized")];
    assert_eq!(rig.native().value("media_server_outage", &cause), 1.0);
    std::fs::write(&path, format!("{}\n", rig.plex.token())).unwrap();
    rig.until_shown("1").await;
    rig.until("a link", |s| s.link == Link::WebSocket).await;
    // And again, with a token that was revoked later.
    rig.world.set_token("another-token");
    rig.until_down().await;
    std::fs::write(&path, "another-token").unwrap();
    rig.until_up().await;
    rig.until_shown("1").await;
    assert_eq!(rig.started().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_restart_with_session_keys_from_one_makes_new_plays() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film().position_ms(600_000));
    rig.until_shown(&key).await;
    rig.pass(30.0).await;
    let refuse = Restart {
        refuse: true,
        ..Restart::default()
    };
    rig.world.restart_with(refuse);
    rig.until_down().await;
    rig.world.finish_restart();
    let next = SessionSeed::episode("Low Tide", 1, 2, "The Weir");
    assert_eq!(rig.world.start(next), key, "the key is used again");
    let ended = rig.ended(1).await;
    let (last_look, tolerance) = (30.0 - POLL_S / 2.0, POLL_S / 2.0 + TOLERANCE_S);
    let played = ended[0].totals.played_ms as f64 / 1000.0;
    assert_near("the film", played, last_look, tolerance);
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        let sample = scrape.one(rival.seconds, &[]);
        assert_near("the episode", sample.value, 0.0, POLL_S);
        assert_eq!(
            (sample.label("title"), sample.label("library")),
            ("Low Tide", "Series")
        );
    }
    let plays = |library| rig.native().value("media_plays_total", &[("library", library)]);
    assert_eq!((plays("Films"), plays("Series")), (1.0, 1.0));
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_the_same_film_from_its_beginning_is_a_new_play() {
    let rig = Setup::usual().start().await;
    let item = Item::movie("Harbour Lights").rating_key("880001");
    let key = rig
        .world
        .start(SessionSeed::of(item.clone()).position_ms(600_000));
    rig.until_shown(&key).await;
    rig.pass(10.0).await;
    rig.world.restart();
    rig.until_down().await;
    rig.world.finish_restart();
    assert_eq!(rig.world.start(SessionSeed::of(item)), key);
    rig.ended(1).await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 2.0);
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_the_viewer_sits_out_is_no_new_play() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film().position_ms(600_000));
    let play = rig.until_shown(&key).await.id.clone();
    rig.pass(10.0).await;
    rig.world.restart_with(Restart {
        refuse: true,
        keep_sessions: true,
    });
    rig.until_down().await;
    rig.pass(10.0).await;
    rig.world.finish_restart();
    rig.until_up().await;
    rig.looks(1).await;
    assert_eq!(rig.until_shown(&key).await.id, play);
    rig.ended(0).await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn another_server_at_the_same_address_is_not_taken_for_the_old_one() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(film());
    rig.until_shown(&key).await;
    rig.world
        .set_machine_id("ffffffffffffffffffffffffffffffffffffffff");
    rig.world.restart_with(Restart {
        refuse: true,
        keep_sessions: false,
    });
    rig.until_down().await;
    rig.world.finish_restart();
    rig.world.start(SessionSeed::movie("Somebody Else's"));
    rig.until(
        "the wrong server noticed",
        |s| matches!(&s.health, Health::Down { kind, .. } if *kind == "wrong_target"),
    )
    .await;
    assert_eq!(rig.started().len(), 1);
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}
