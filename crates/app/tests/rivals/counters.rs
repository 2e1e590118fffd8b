//! Plays, play seconds and estimated bytes.

use model::State;
use sim::plex::{Fault, Item, LibrarySeed, Quality, SessionSeed};

use crate::rig::{POLL_S, Rig, Setup, TOLERANCE_S, assert_near};
use crate::scrape::RIVALS;

/// Bit rate of the films played here.
const FILM_BPS: f64 = 8_500_000.0;

fn seconds(rig: &Rig) -> f64 {
    rig.native().sum("media_play_seconds_total", &[])
}

#[tokio::test(start_paused = true)]
async fn the_play_counter_counts_every_play() {
    let rig = Setup::listening().start().await;
    for n in 1..=3 {
        let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
        rig.until_shown(&key).await;
        let films = [
            ("library", "Films"),
            ("user", "marlo"),
            ("media_type", "movie"),
            ("decision", "directplay"),
        ];
        assert_eq!(rig.native().value("media_plays_total", &films), f64::from(n));
        for rival in RIVALS {
            let scrape = rig.scrape(rival.profile);
            assert_eq!(scrape.value(rival.plays, &[("title", "Harbour Lights")]), 1.0);
        }
        rig.world.stop(&key);
        rig.until_gone(&key).await;
    }
    assert_eq!(rig.native().sum("media_plays_total", &[]), 3.0);
}

#[tokio::test(start_paused = true)]
async fn a_play_of_one_second_is_counted() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.pass(1.0).await;
    rig.world.stop(&key);
    let ended = rig.ended(1).await;
    assert_near(
        "seconds",
        ended[0].totals.played_ms as f64 / 1000.0,
        1.0,
        TOLERANCE_S,
    );
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
    assert_near("seconds", seconds(&rig), 1.0, TOLERANCE_S);
}

#[tokio::test(start_paused = true)]
async fn play_seconds_are_the_time_spent_playing_not_paused_nor_buffering() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.pass(30.0).await;
    rig.world.pause(&key);
    rig.pass(20.0).await;
    rig.world.buffer(&key);
    rig.pass(5.0).await;
    rig.world.resume(&key);
    rig.pass(10.0).await;
    rig.world.notify_progress_all();
    rig.until("all told", |s| s.plays[0].totals.played_ms > 39_000)
        .await;
    for rival in RIVALS {
        let played = rig.scrape(rival.profile).value(rival.seconds, &[]);
        assert_near(rival.seconds, played, 40.0, TOLERANCE_S);
    }
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    let native = rig.native();
    let sum = |name| native.sum(name, &[]);
    assert_near("played", sum("media_play_seconds_total"), 40.0, TOLERANCE_S);
    assert_near("paused", sum("media_paused_seconds_total"), 20.0, TOLERANCE_S);
    assert_near(
        "buffering",
        sum("media_buffering_seconds_total"),
        5.0,
        TOLERANCE_S,
    );
}

#[tokio::test(start_paused = true)]
async fn play_seconds_stand_still_while_the_server_is_down() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.pass(20.0).await;
    let outage = rig.world.fault(Fault::Refuse);
    rig.until_down().await;
    let before = seconds(&rig);
    assert_near(
        "before the outage",
        before,
        20.0 - POLL_S / 2.0,
        POLL_S / 2.0 + TOLERANCE_S,
    );
    rig.pass(120.0).await;
    assert_eq!(seconds(&rig), before);
    for rival in RIVALS {
        assert_eq!(rig.scrape(rival.profile).value(rival.seconds, &[]), before);
    }
    rig.world.release(outage);
    rig.until_up().await;
    let up = tokio::time::Instant::now();
    assert_eq!(seconds(&rig), before, "the outage is not made up for");
    rig.until("a link", |s| s.link != model::Link::None).await;
    rig.pass(10.0).await;
    let expected = before + up.elapsed().as_secs_f64();
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    assert_near("after the outage", seconds(&rig), expected, TOLERANCE_S);
    assert_eq!(
        rig.native().sum("media_plays_total", &[]),
        1.0,
        "one play all the while"
    );
}

#[tokio::test(start_paused = true)]
async fn play_seconds_end_with_the_notified_stop() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.pass(10.0).await;
    rig.world.stop(&key);
    rig.pass(30.0).await;
    assert_near("seconds", seconds(&rig), 10.0, TOLERANCE_S);
    let ended = rig.ended(1).await;
    let lasted = ended[0].ended_at.unwrap().as_millisecond() - ended[0].started_at.as_millisecond();
    assert_near("length", lasted as f64 / 1000.0, 10.0, TOLERANCE_S);
}

#[tokio::test(start_paused = true)]
async fn a_stop_nobody_told_adds_no_second_after_the_last_look() {
    let rig = Setup::polling().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    let shown = tokio::time::Instant::now();
    rig.pass(12.0).await;
    rig.world.vanish(&key);
    let watched = shown.elapsed().as_secs_f64();
    rig.until_gone(&key).await;
    let played = seconds(&rig);
    assert!(played <= watched + TOLERANCE_S, "{played} of {watched}");
    assert!(played >= watched - POLL_S - TOLERANCE_S, "{played} of {watched}");
}

#[tokio::test(start_paused = true)]
async fn the_next_item_under_the_same_key_starts_from_zero_with_its_own_labels() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.pass(30.0).await;
    rig.world
        .play_next(&key, Item::episode("Low Tide", 1, 2, "The Weir"));
    rig.until_play(&key, "the episode", |p| {
        p.session.item.title.as_deref() == Some("The Weir")
    })
    .await;
    rig.pass(10.0).await;
    rig.world.notify_progress_all();
    rig.until("told", |s| s.plays[0].totals.played_ms > 9_000).await;
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        let sample = scrape.one(rival.seconds, &[]);
        assert_near(rival.seconds, sample.value, 10.0, TOLERANCE_S);
        assert_eq!(
            (
                sample.label("title"),
                sample.label("library"),
                sample.label("library_type")
            ),
            ("Low Tide", "Series", "show")
        );
    }
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    let native = rig.native();
    for (library, expected) in [("Films", 30.0), ("Series", 10.0)] {
        let labels = [("library", library)];
        assert_eq!(native.value("media_plays_total", &labels), 1.0);
        assert_near(
            library,
            native.value("media_play_seconds_total", &labels),
            expected,
            TOLERANCE_S,
        );
    }
}

#[tokio::test(start_paused = true)]
async fn estimated_bytes_are_125_per_kilobit_and_second() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.pass(40.0).await;
    rig.world.pause(&key);
    rig.pass(20.0).await;
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    let bytes = rig.native().value("media_estimated_transmit_bytes_total", &[]);
    assert_near("bytes of the seconds", bytes, seconds(&rig) * FILM_BPS / 8.0, 2.0);
    let tolerance = TOLERANCE_S * FILM_BPS / 8.0;
    assert_near("bytes", bytes, 40.0 * FILM_BPS / 8.0, tolerance);
    for (rival, name) in RIVALS[1..].iter().zip([
        "plex_estimated_transmit_bytes_total",
        "estimated_transmit_bytes_total",
    ]) {
        assert_eq!(rig.scrape(rival.profile).value(name, &[]), bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn estimated_bytes_do_not_fall_with_the_bit_rate_and_the_play_stays_one() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.pass(30.0).await;
    rig.world.set_quality(&key, Quality::P720_2M);
    rig.until_play(&key, "2 Mbit/s", |p| {
        p.session.delivery.bitrate_bps == Some(2_000_000)
    })
    .await;
    let name = "media_estimated_transmit_bytes_total";
    let at_change = rig.native().value(name, &[]);
    assert_near(
        "at the change",
        at_change,
        30.0 * FILM_BPS / 8.0,
        TOLERANCE_S * FILM_BPS / 8.0,
    );
    rig.pass(10.0).await;
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        assert_eq!(
            scrape.all(rival.seconds, &[]).len(),
            1,
            "one series, whatever its labels"
        );
    }
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    let after = rig.native().value(name, &[]) - at_change;
    assert_near("after it", after, 10.0 * 250_000.0, TOLERANCE_S * 250_000.0);
    assert_eq!(
        rig.native().sum("media_plays_total", &[]),
        1.0,
        "another quality is no other play"
    );
    assert_near("seconds", seconds(&rig), 40.0, 2.0 * TOLERANCE_S);
}

#[tokio::test(start_paused = true)]
async fn prerolls_trailers_and_photos_are_shown_but_are_no_plays() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::of(Item::preroll("Curtain")));
    rig.until_shown(&key).await;
    rig.pass(5.0).await;
    rig.world.play_next(&key, Item::trailer("Coming Soon"));
    rig.pass(5.0).await;
    let photo = rig.world.start(SessionSeed::of(Item::photo("Beach")));
    rig.until_shown(&photo).await;
    assert_eq!(rig.native().value("media_server_sessions", &[]), 2.0);
    assert_eq!(rig.native().sum("media_plays_total", &[]), 0.0);
    assert_eq!(rig.native().sum("media_play_seconds_total", &[]), 0.0);
    rig.world.play_next(&key, Item::movie("Harbour Lights"));
    rig.until("the film", |s| {
        s.plays
            .iter()
            .any(|p| p.session.item.title.as_deref() == Some("Harbour Lights"))
    })
    .await;
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn an_ended_session_leaves_every_profile_at_once() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    let polling = rig.scrape(export::Profile::Cplieger);
    assert_eq!(
        polling.value("plex_session_bitrate_kbps", &[("session", &key)]),
        8500.0
    );
    assert_eq!(
        polling.value("plex_session_bandwidth_kbps", &[("session", &key)]),
        9180.0
    );
    let stopped = tokio::time::Instant::now();
    rig.world.stop(&key);
    rig.until_gone(&key).await;
    assert!(stopped.elapsed().as_secs_f64() < 3.0, "{:?}", stopped.elapsed());
    for profile in export::Profile::ALL {
        let scrape = rig.scrape(profile);
        let left: Vec<_> = scrape
            .samples()
            .iter()
            .filter(|s| s.label("session") == key)
            .collect();
        assert!(left.is_empty(), "{profile}: {left:?}");
    }
    let native = rig.native();
    assert_eq!(native.value("media_server_sessions", &[]), 0.0);
    assert_eq!(native.sum("media_plays_total", &[]), 1.0, "but the counters stay");
}

#[tokio::test(start_paused = true)]
async fn a_paused_session_is_open_and_earns_nothing() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.calm().await;
    rig.world.pause(&key);
    rig.until_state(&key, State::Paused).await;
    rig.pass(60.0).await;
    rig.world.notify_progress_all();
    rig.until("told", |s| s.plays[0].totals.paused_ms > 59_000).await;
    let native = rig.native();
    assert_eq!(native.value("media_sessions", &[("state", "paused")]), 1.0);
    native.none("media_sessions", &[("state", "playing")]);
    assert_near("seconds", seconds(&rig), 3.0, TOLERANCE_S);
    assert_eq!(native.sum("media_stream_bytes_per_second", &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn no_session_and_no_library_is_one_too_many() {
    const MANY: u32 = 300;
    let libraries = (1..=MANY).map(|n| LibrarySeed::movies(format!("Films {n}"), n));
    let rig = Setup::polling()
        .seed(|s| s.libraries(libraries.collect()))
        .before(|world| {
            for n in 0..MANY {
                world.start(SessionSeed::movie(format!("Film {n}")).silent());
            }
        })
        .start()
        .await;
    let (many, native) = (MANY as usize, rig.native());
    assert_eq!(native.value("media_server_sessions", &[]), f64::from(MANY));
    assert_eq!(native.all("media_session_info", &[]).len(), many);
    assert_eq!(native.all("media_library_items", &[]).len(), many);
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        assert_eq!(scrape.all(rival.plays, &[]).len(), many);
        assert_eq!(scrape.all("plex_library_items", &[]).len(), many);
    }
}
