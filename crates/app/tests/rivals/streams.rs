//! What is done to which stream of which session, and of which version of the item.

use export::Profile;
use model::{Decision, State};
use sim::plex::{Delivery, DownloadSeed, Item, Player, Quality, SessionSeed, SubtitleDecision, Version};

use crate::rig::{Rig, Setup, frame, playing_frame};
use crate::scrape::RIVALS;

/// A label of a session's series, the same in the namings of all rivals.
#[track_caller]
fn label(rig: &Rig, key: &str, label: &str) -> String {
    let of = |profile, plays| {
        let scrape = rig.scrape(profile);
        scrape.one(plays, &[("session", key)]).label(label).to_owned()
    };
    let all = RIVALS.map(|r| of(r.profile, r.plays));
    assert!(
        all.iter().all(|v| *v == all[0]),
        "{label} of session {key}: {all:?}"
    );
    all[0].clone()
}

#[track_caller]
fn native(rig: &Rig, key: &str, label: &str) -> String {
    rig.native()
        .one("media_session_stream_info", &[("session", key)])
        .label(label)
        .to_owned()
}

/// A `transcodeSession.update` for a converter of this id.
fn update_frame(id: &str) -> String {
    let told = serde_json::json!({
        "key": format!("/transcode/sessions/{id}"), "throttled": false, "complete": false, "progress": 4.5,
        "size": -22, "speed": 3.1, "error": false, "duration": 6_720_000, "context": "streaming",
        "sourceVideoCodec": "hevc", "sourceAudioCodec": "dca", "videoDecision": "transcode",
        "audioDecision": "transcode", "subtitleDecision": "burn", "protocol": "dash", "container": "mp4",
        "videoCodec": "h264", "audioCodec": "aac", "audioChannels": 2,
    });
    frame("transcodeSession.update", "TranscodeSession", &told)
}

#[tokio::test(start_paused = true)]
async fn a_transcode_belongs_to_its_own_session_only() {
    let rig = Setup::usual().start().await;
    let mut keys = Vec::new();
    for n in 1..=5 {
        let film = SessionSeed::movie(format!("Film {n}")).player(Player::web(format!("web-{n}")));
        let how = match n {
            2 => Delivery::transcode_audio(),
            // Its part says "transcode" on the wire, although only the container is made anew.
            3 => Delivery::direct_stream(),
            _ => Delivery::DirectPlay,
        };
        keys.push(rig.world.start(film.delivery(how)));
    }
    assert_eq!(keys, ["1", "2", "3", "4", "5"]);
    rig.until("all five", |s| s.plays.len() == 5).await;
    rig.world.notify_transcode("2");
    // Session keys are contained in these.
    for id in ["4", "a4b1c3", "x5/4", "23-1-5-4"] {
        rig.world.notify_raw(update_frame(id));
    }
    rig.world.notify_progress_all();
    rig.looks(2).await;
    for (key, kind) in [
        ("1", "none"),
        ("2", "audio"),
        ("3", "none"),
        ("4", "none"),
        ("5", "none"),
    ] {
        assert_eq!(label(&rig, key, "transcode_type"), kind, "session {key}");
        assert_eq!(label(&rig, key, "subtitle_action"), "none", "session {key}");
        assert_eq!(native(&rig, key, "streams"), kind, "session {key}");
    }
    assert_eq!(rig.started().len(), 5, "no session is made of a transcode");
    assert_eq!(rig.native().sum("media_transcode_sessions", &[]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn transcodes_without_a_session_are_no_sessions() {
    let rig = Setup::usual().start().await;
    rig.world.notify_raw(update_frame("orphan"));
    rig.world.start_download(DownloadSeed {
        item: Item::movie("Harbour Lights"),
        speed: 4.0,
        percent: 12.0,
        size_bytes: 900_000_000,
    });
    rig.until("the download", |s| {
        s.transcodes.is_some_and(|t| (t.streaming, t.offline) == (0, 1))
    })
    .await;
    rig.looks(2).await;
    assert_eq!(rig.started().len(), 0);
    for rival in RIVALS {
        rig.scrape(rival.profile).none(rival.plays, &[]);
    }
    let active = "plex_active_transcode_sessions";
    assert_eq!(rig.scrape(Profile::Cplieger).value(active, &[]), 0.0);
    let native = rig.native();
    assert_eq!(native.value("media_server_sessions", &[]), 0.0);
    assert_eq!(
        native.value("media_server_transcoder_jobs", &[("purpose", "offline")]),
        1.0
    );
}

#[tokio::test(start_paused = true)]
async fn a_subtitle_is_burnt_only_if_the_server_says_so() {
    let rig = Setup::listening().start().await;
    let quality = Quality::P720_4M;
    let cases = [
        (Delivery::transcode_video(quality), None, "none"),
        // A text subtitle is on, and the server does not send it.
        (Delivery::transcode_video(quality), Some(0), "none"),
        (Delivery::burn(), None, "burn"),
        (
            Delivery::transcode_audio().subtitle(SubtitleDecision::Copy),
            None,
            "copy",
        ),
        (
            Delivery::transcode(quality).subtitle(SubtitleDecision::Transcode),
            None,
            "transcode",
        ),
        (Delivery::DirectPlay, Some(0), "none"),
    ];
    for (n, (delivery, subtitle, expected)) in cases.into_iter().enumerate() {
        let mut film = SessionSeed::movie(format!("Film {n}")).delivery(delivery);
        film.subtitle = subtitle.or(film.subtitle);
        let key = rig.world.start(film);
        rig.until_shown(&key).await;
        assert_eq!(label(&rig, &key, "subtitle_action"), expected, "case {n}");
        assert_eq!(native(&rig, &key, "subtitle_action"), expected, "case {n}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_version_that_plays_is_shown_not_the_first() {
    let rig = Setup::listening().start().await;
    let film = || SessionSeed::movie("Harbour Lights").second_version(Version::hevc_4k());
    let direct = rig.world.start(film());
    rig.until_shown(&direct).await;
    assert_eq!(label(&rig, &direct, "stream_file_resolution"), "4k");
    assert_eq!(label(&rig, &direct, "stream_resolution"), "4k");
    assert_eq!(native(&rig, &direct, "source_video_resolution"), "4k");
    let bitrate = rig.scrape(Profile::Cplieger);
    assert_eq!(
        bitrate.value("plex_session_bitrate_kbps", &[("session", &direct)]),
        58_000.0
    );
    let other = rig.scrape(Profile::TimothyStewart6);
    assert_eq!(other.one("plays_total", &[]).label("stream_bitrate"), "58000");

    let converted = rig
        .world
        .start(film().delivery(Delivery::transcode(Quality::P720_4M)));
    // Only the library knows the bit rate of a file that is being converted.
    let play = rig
        .until_play(&converted, "looked up", |p| {
            p.session.source.bitrate_bps.is_some()
        })
        .await;
    assert_eq!(play.session.source.bitrate_bps, Some(58_000_000));
    assert_eq!(label(&rig, &converted, "stream_file_resolution"), "4k");
    assert_eq!(label(&rig, &converted, "stream_resolution"), "720");
}

#[tokio::test(start_paused = true)]
async fn a_resolution_is_spelled_the_same_in_file_and_stream() {
    let rig = Setup::listening().start().await;
    for quality in [Quality::P1080_8M, Quality::P720_4M, Quality::P480_1500] {
        let film = SessionSeed::of(Item::movie("Harbour Lights").only(Version::hevc_4k()));
        let key = rig.world.start(film.delivery(Delivery::transcode(quality)));
        rig.until_shown(&key).await;
        assert_eq!(label(&rig, &key, "stream_resolution"), quality.height.to_string());
        assert_eq!(label(&rig, &key, "stream_file_resolution"), "4k");
        assert_eq!(native(&rig, &key, "video_resolution"), quality.height.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn the_transcode_type_goes_when_the_transcode_does() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.calm().await;
    rig.world.set_quality(&key, Quality::P720_4M);
    let decided = |wanted| move |p: &model::Play| p.session.delivery.decision == Some(wanted);
    rig.until_play(&key, "converted", decided(Decision::Transcode))
        .await;
    assert_eq!(label(&rig, &key, "transcode_type"), "both");
    assert_eq!(label(&rig, &key, "stream_type"), "transcode");
    rig.calm().await;
    rig.world.set_quality(&key, Quality::ORIGINAL);
    rig.until_play(&key, "direct again", decided(Decision::DirectPlay))
        .await;
    assert_eq!(label(&rig, &key, "transcode_type"), "none");
    assert_eq!(label(&rig, &key, "stream_type"), "directplay");
    assert_eq!(label(&rig, &key, "stream_resolution"), "1080");
    assert_eq!(rig.native().sum("media_transcode_sessions", &[]), 0.0);
    assert_eq!(rig.started().len(), 1, "the same play all the while");
}

#[tokio::test(start_paused = true)]
async fn a_copied_stream_is_no_transcode_whatever_its_codecs_are_called() {
    let rig = Setup::listening().start().await;
    let remux = |title: &'static str| SessionSeed::movie(title).delivery(Delivery::direct_stream());
    let any = |seed: SessionSeed| {
        seed.print("TranscodeSession", "videoCodec", "*")
            .print("TranscodeSession", "audioCodec", "*")
    };
    for film in [remux("Harbour Lights"), any(remux("Low Tide"))] {
        let key = rig.world.start(film);
        rig.until_shown(&key).await;
        assert_eq!(label(&rig, &key, "stream_type"), "copy");
        assert_eq!(label(&rig, &key, "transcode_type"), "none");
        assert_eq!(native(&rig, &key, "decision"), "copy");
        assert_eq!(native(&rig, &key, "video_decision"), "copy");
    }
    assert_eq!(rig.native().sum("media_transcode_sessions", &[]), 0.0);
    let active = "plex_active_transcode_sessions";
    assert_eq!(rig.scrape(Profile::Cplieger).value(active, &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_converter_that_was_only_asked_is_direct_play() {
    let rig = Setup::listening().start().await;
    let film = SessionSeed::movie("Harbour Lights").delivery(Delivery::decided_direct_play());
    let key = rig.world.start(film);
    rig.until_shown(&key).await;
    assert_eq!(label(&rig, &key, "stream_type"), "directplay");
    assert_eq!(label(&rig, &key, "transcode_type"), "none");
    assert_eq!(native(&rig, &key, "decision"), "directplay");
}

#[tokio::test(start_paused = true)]
async fn a_transcode_of_sound_alone_is_an_active_transcode() {
    let rig = Setup::listening().start().await;
    let film = SessionSeed::movie("Harbour Lights").delivery(Delivery::transcode_audio());
    let track = SessionSeed::track("The Weirs", "Sluice", "Gate").delivery(Delivery::transcode_music("mp3"));
    for seed in [film, track] {
        let key = rig.world.start(seed);
        rig.until_shown(&key).await;
        assert_eq!(label(&rig, &key, "transcode_type"), "audio");
    }
    let sound = [("streams", "audio")];
    assert_eq!(rig.native().value("media_transcode_sessions", &sound), 2.0);
    let active = "plex_active_transcode_sessions";
    for profile in [Profile::Cplieger, Profile::Cplieger202604] {
        assert_eq!(rig.scrape(profile).value(active, &[]), 2.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_in_its_first_moments_has_its_user_and_its_device() {
    let rig = Setup::listening().start().await;
    let bare = SessionSeed::movie("Harbour Lights")
        .omit("Media")
        .omit("Session")
        .user(5, "Wren");
    let key = rig.world.start(bare);
    rig.until_shown(&key).await;
    assert_eq!(label(&rig, &key, "user"), "Wren");
    assert_eq!(label(&rig, &key, "device"), "Linux");
    assert_eq!(label(&rig, &key, "device_type"), "Plex Web");
    assert_eq!(label(&rig, &key, "stream_type"), "unknown");
    rig.scrape(Profile::Cplieger)
        .none("plex_session_bitrate_kbps", &[]);
}

#[tokio::test(start_paused = true)]
async fn a_library_that_the_session_does_not_name_is_asked_for_once() {
    let rig = Setup::usual().start().await;
    let film = SessionSeed::movie("Harbour Lights");
    let key = rig
        .world
        .start(film.omit("librarySectionID").omit("librarySectionTitle"));
    rig.until_play(&key, "with its library", |p| p.session.item.library.is_some())
        .await;
    rig.looks(3).await;
    assert_eq!(label(&rig, &key, "library"), "Films");
    assert_eq!(label(&rig, &key, "library_id"), "1");
    assert_eq!(
        rig.native().value("media_plays_total", &[("library", "Films")]),
        1.0
    );
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
    assert_eq!(rig.world.request_count("/library/metadata"), 1);
}

#[tokio::test(start_paused = true)]
async fn live_television_has_a_title_and_a_kind() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::live_tv("KXYZ", "7.1"));
    rig.until_shown(&key).await;
    assert_ne!(label(&rig, &key, "title"), "");
    assert_eq!(label(&rig, &key, "media_type"), "clip");
    let info = rig.native();
    let info = info.one("media_session_info", &[("session", &key)]);
    assert_eq!(
        (info.label("media_type"), info.label("channel")),
        ("live", "KXYZ")
    );
    let guided = Item::live_tv("WQRS", "9.2").programme(Some("Evening News"), "Tuesday");
    let other = rig
        .world
        .start(SessionSeed::of(guided).delivery(Delivery::live_tv()));
    rig.until_shown(&other).await;
    rig.calm().await;
    assert_eq!(label(&rig, &other, "title"), "Evening News");
    assert_eq!(label(&rig, &other, "media_type"), "episode");
    let live = [("media_type", "live")];
    assert_eq!(rig.native().sum("media_plays_total", &live), 2.0);
    // The notifications name an item that the list does not, and that is no number.
    let guide_key = "com.gracenote.onconnect://episode/EP012345670001";
    rig.world.set_state_silently(&other, sim::plex::PlayState::Paused);
    rig.world
        .notify_raw(playing_frame(&other, guide_key, "paused", 60_000));
    rig.until_state(&other, State::Paused).await;
    rig.calm().await;
    rig.world.next_programme(&other, Some("Late Film"), "Part One");
    rig.world.resume(&other);
    rig.until_state(&other, State::Playing).await;
    rig.until_play(&other, "the next programme", |p| {
        p.session.item.title.as_deref() == Some("Part One")
    })
    .await;
    assert_eq!(
        rig.started().len(),
        2,
        "the next programme on the channel is no new play"
    );
}
