//! The native schema: its rules, its values.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use model::{
    Activity, Availability, CounterKey, Counters, Decision, Endpoint, EndpointStats, Feature, Health,
    LibraryKind, Link, LiveChannel, MediaKind, Network, Play, Reason, ServerSnapshot, Session, Snapshot,
    State, SubtitleAction, SubtitleStream, Transcode, TranscodeCounts, UpdateStatus,
};

use super::{build, dispatcharr_build, scrape, text};
use crate::{Format, Kind, Profile, catalogue, metrics_markdown};

/// An episode of which everything is converted, far from home.
fn converted() -> Session {
    let mut session = build::watching("12", "A \"quoted\" \\ title", Decision::Transcode);
    session.item = {
        let mut item = build::item(MediaKind::Episode, "Episode 3");
        item.library = Some(build::library_ref("2", "TV Shows", LibraryKind::Show));
        (item.parent_title, item.grandparent_title) = (Some("Season 1".into()), Some("Show 22".into()));
        (item.parent_index, item.index) = (Some(1), Some(3));
        Arc::new(item)
    };
    let player = Arc::make_mut(&mut session.player);
    (player.network, player.location) = (Some(Network::Wan), Some("wan".into()));
    let delivery = Arc::make_mut(&mut session.delivery);
    (delivery.container, delivery.protocol) = (Some("mp4".into()), Some("dash".into()));
    delivery.subtitle = Some(SubtitleStream {
        action: Some(SubtitleAction::Burn),
        codec: Some("pgs".into()),
        language: None,
    });
    delivery.transcode = Some(Transcode {
        speed: Some(2.5),
        throttled: Some(false),
        progress_percent: Some(12.5),
        buffer_ahead_ms: Some(-1_500),
        hw_decode: Some("vaapi".into()),
        hw_encode: Some("vaapi".into()),
        reasons: vec![Reason::SubtitleBurn, Reason::VideoCodec],
        ..Transcode::default()
    });
    session
}

/// A snapshot that gives every family of the catalogue a sample.
pub(crate) fn full() -> Snapshot {
    let mut s = build::rich("attic");
    s.plays[1] = Arc::new(build::play("attic", converted()));
    s.transmitted_bytes = Some([(Network::Lan, 28_625_000)].into());
    s.estimated_bytes = 31_756_250;
    s.transcodes = Some(TranscodeCounts {
        streaming: 1,
        offline: 2,
    });
    let activity = |uuid: &str| Activity {
        uuid: uuid.into(),
        kind: "library.update.section".into(),
        title: None,
        subtitle: None,
        progress_percent: None,
    };
    s.activities = Some(Arc::new(vec![activity("1"), activity("2")]));
    s.update = Some(UpdateStatus {
        available_version: Some("1.44.0".into()),
        can_install: Some(false),
    });
    s.features.insert(Feature::Resources, Availability::Unavailable);
    s.link = Link::WebSocket;
    s.notifications = 42;
    let mut stats = EndpointStats {
        requests: 9,
        retries: 1,
        last_ok: true,
        last_duration_ms: 12,
        ..Default::default()
    };
    stats.errors.insert("timeout", 2);
    s.endpoints.insert(Endpoint::Sessions, stats);
    let key = CounterKey {
        library: Some(build::library_ref("1", "Movies", LibraryKind::Movie)),
        user: Some("dave".into()),
        media: MediaKind::Movie,
        live: false,
        decision: Some(Decision::DirectPlay),
    };
    let counters = Counters {
        plays: 3,
        played_ms: 16_825,
        paused_ms: 0,
        buffering_ms: 250,
    };
    s.counters = Arc::new([(key, counters)].into());
    let mut lost = ServerSnapshot::new("cellar".into(), "plex");
    lost.health = Health::Down {
        kind: "unreachable",
        message: "refused the connection".into(),
        since: build::at(-120),
    };
    build::snapshot([s, lost, dispatcharr_build::manager("tv")])
}

fn with(change: impl FnOnce(&mut ServerSnapshot)) -> super::strict::Exposition {
    let mut s = build::rich("attic");
    change(&mut s);
    scrape(Profile::Native, &build::snapshot([s]))
}

#[test]
fn the_catalogue_keeps_its_rules() {
    let mut names = BTreeSet::new();
    for f in catalogue() {
        let name = f.name();
        assert!(names.insert(name), "{name} twice");
        assert!(
            ["media_", "projectionist_", "process_"]
                .iter()
                .any(|p| name.starts_with(p)),
            "{name}"
        );
        assert_eq!(f.kind() == Kind::Counter, name.ends_with("_total"), "{name}");
        assert_eq!(f.kind() == Kind::Info, name.ends_with("_info"), "{name}");
        let bare = name.strip_suffix("_total").unwrap_or(name);
        if let Some(unit) = f.unit() {
            assert!(
                bare.ends_with(&format!("_{unit}")),
                "{name} does not end in {unit}"
            );
        }
        for unit in ["_seconds", "_bytes", "_ratio", "_bytes_per_second"] {
            assert!(!bare.ends_with(unit) || f.unit().is_some(), "{name} has a unit");
        }
        assert!(
            f.help().ends_with('.') && f.help().len() > 15,
            "{name} needs a sentence of help"
        );
        // By a switch of its own, which is off.
        let by_switch = name == "media_channel_client_info";
        assert!(
            by_switch || f.labels().iter().all(|l| !["ip", "address", "host"].contains(l)),
            "{name}"
        );
    }
}

#[test]
fn every_family_has_its_golden_line() {
    let text = text(
        Profile::Native,
        Format::Text,
        &full(),
        &dispatcharr_build::everything(),
    );
    for f in catalogue() {
        assert!(
            text.contains(&format!("\n# TYPE {} ", f.name())),
            "{} is not in the golden file",
            f.name()
        );
    }
    insta::assert_snapshot!("native", text);
}

#[test]
fn promtool_has_nothing_to_say() {
    let text = text(
        Profile::Native,
        Format::Text,
        &full(),
        &dispatcharr_build::everything(),
    );
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is on PATH; on Debian: apt-get install prometheus");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let out = promtool.wait_with_output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(out.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn the_reference_page_is_current() {
    let page = include_str!("../../../../docs/reference/metrics.md");
    assert!(
        page == metrics_markdown(),
        "docs/reference/metrics.md is not what the catalogue says; write `projectionist docs metrics` there"
    );
}

#[test]
fn up_and_source_up_are_always_there() {
    let down = || Health::Down {
        kind: "tls",
        message: "bad certificate".into(),
        since: build::at(-9),
    };
    let cases = [
        (Health::Unknown, None, "0", "0"),
        (Health::Up, Some(true), "1", "1"),
        (Health::Up, None, "1", "0"),
        (down(), Some(false), "0", "0"),
    ];
    for (health, looked, up, source_up) in cases {
        let seen = with(|s| {
            (s.health, s.last_sessions_ok, s.info) = (health.clone(), looked, None);
        });
        assert_eq!(
            seen.value("media_server_up", &[("server", "attic")]),
            up,
            "{health:?}"
        );
        assert_eq!(
            seen.value(
                "projectionist_source_up",
                &[("source", "attic"), ("kind", "plex")]
            ),
            source_up
        );
        let outage = seen.values("media_server_outage", &[("cause", "tls")]);
        assert_eq!(outage.len(), usize::from(health == down()));
    }
}

#[test]
fn unknown_is_absent_and_known_zero_is_zero() {
    let fresh = scrape(
        Profile::Native,
        &build::snapshot([ServerSnapshot::new("attic".into(), "plex")]),
    );
    for absent in [
        "media_server_info",
        "media_server_sessions",
        "media_server_host_cpu_ratio",
        "media_server_update_available",
        "media_library_items",
        "media_transmit_bytes_total",
        "media_transcode_reasons",
        "projectionist_source_last_success_timestamp_seconds",
    ] {
        assert!(fresh.family(absent).is_none(), "{absent}");
    }
    let idle = with(|s| {
        s.plays.clear();
        s.update = Some(UpdateStatus {
            available_version: None,
            can_install: None,
        });
    });
    assert_eq!(idle.value("media_server_sessions", &[]), "0");
    assert_eq!(idle.value("media_server_update_available", &[]), "0");
    assert_eq!(idle.value("media_transcode_slow_sessions", &[]), "0");
    assert_eq!(
        idle.value("media_transmit_bytes_total", &[("network", "wan")]),
        "0"
    );
    assert_eq!(idle.values("media_transcode_reasons", &[]), ["0"; 6]);
    let no_series = [
        "media_sessions",
        "media_session_info",
        "media_session_position_seconds",
        "media_server_update_info",
    ];
    assert!(
        no_series.iter().all(|n| idle.family(n).is_none()),
        "an ended session leaves nothing behind"
    );
}

fn transcoding(streams: (Decision, Decision), work: Transcode) -> Arc<Play> {
    let mut session = build::watching(&format!("{streams:?}{work:?}"), "x", Decision::Transcode);
    let delivery = Arc::make_mut(&mut session.delivery);
    delivery.video.as_mut().unwrap().decision = Some(streams.0);
    delivery.audio.as_mut().unwrap().decision = Some(streams.1);
    delivery.transcode = Some(work);
    Arc::new(build::play("attic", session))
}

#[test]
fn transcodes_are_sorted_by_streams_hardware_and_pace() {
    use Decision::{Copy, Transcode as Convert};
    let pace = |speed, throttled| Transcode {
        speed: Some(speed),
        throttled,
        ..Transcode::default()
    };
    let engine = |decode: bool, encode: bool| Transcode {
        hw_decode: decode.then(|| "nvdec".into()),
        hw_encode: encode.then(|| "nvenc".into()),
        ..Transcode::default()
    };
    let seen = with(|s| {
        s.plays = vec![
            Arc::new(build::play("attic", build::watching("1", "x", Copy))),
            transcoding((Convert, Copy), pace(0.9, Some(false))),
            transcoding((Convert, Convert), pace(0.0, Some(true))),
            transcoding((Copy, Convert), pace(7.5, None)),
            transcoding(
                (Convert, Copy),
                Transcode {
                    complete: Some(true),
                    ..pace(0.0, None)
                },
            ),
            transcoding((Convert, Copy), engine(true, true)),
            transcoding((Convert, Copy), engine(false, true)),
            transcoding((Copy, Copy), engine(true, false)),
        ];
    });
    let count = |streams, hardware| {
        seen.value(
            "media_transcode_sessions",
            &[("streams", streams), ("hardware", hardware)],
        )
    };
    assert_eq!(count("video", "none"), "2");
    assert_eq!((count("both", "none"), count("audio", "none")), ("1", "1"));
    assert_eq!(
        (
            count("video", "both"),
            count("video", "encode"),
            count("other", "decode")
        ),
        ("1", "1", "1")
    );
    assert_eq!(seen.value("media_transcode_slow_sessions", &[]), "1");
    assert_eq!(seen.value("media_transcode_throttled_sessions", &[]), "1");
    assert_eq!(seen.value("media_server_sessions", &[]), "8");
}

#[test]
fn sessions_are_grouped_and_bandwidth_is_bytes() {
    let seen = with(|s| {
        let mut paused = build::watching("13", "y", Decision::DirectPlay);
        paused.state = State::Paused;
        let mut live = build::watching("14", "News", Decision::Copy);
        Arc::make_mut(&mut live.item).live = Some(LiveChannel::default());
        Arc::make_mut(&mut live.player).network = Some(Network::Relay);
        s.plays
            .extend([paused, live].map(|session| Arc::new(build::play("attic", session))));
    });
    let one = [
        ("decision", "directplay"),
        ("library", "Movies"),
        ("library_id", "1"),
        ("media_type", "movie"),
    ];
    assert_eq!(
        seen.values("media_sessions", &one),
        ["1", "1"],
        "paused and playing apart"
    );
    assert_eq!(
        seen.value("media_sessions", &[("media_type", "live"), ("network", "relay")]),
        "1"
    );
    // Three at 8 Mbps at home, of which one is paused; 9.6 Mbps reserved for each.
    assert_eq!(
        seen.value("media_stream_bytes_per_second", &[("network", "lan")]),
        "2000000"
    );
    assert_eq!(
        seen.value("media_reserved_bytes_per_second", &[("network", "lan")]),
        "3600000"
    );
    assert_eq!(
        seen.value("media_reserved_bytes_per_second", &[("network", "wan")]),
        "0"
    );
    assert_eq!(
        seen.value("media_session_bytes_per_second", &[("session", "11")]),
        "1000000"
    );
    assert_eq!(
        seen.value("media_session_position_seconds", &[("session", "11")]),
        "61.5"
    );
}

#[test]
fn counters_that_look_alike_are_summed() {
    let key = |kind, live, media| CounterKey {
        library: Some(build::library_ref("1", "Movies", kind)),
        user: Some("dave".into()),
        media,
        live,
        decision: None,
    };
    let n = |plays| Counters {
        plays,
        played_ms: plays * 1500,
        ..Counters::default()
    };
    let seen = with(|s| {
        s.counters = Arc::new(
            [
                // The library's kind was corrected after the first play; live television is one media type.
                (key(LibraryKind::Movie, false, MediaKind::Movie), n(1)),
                (key(LibraryKind::HomeVideo, false, MediaKind::Movie), n(2)),
                (key(LibraryKind::Movie, true, MediaKind::Movie), n(4)),
                (key(LibraryKind::Movie, true, MediaKind::Episode), n(8)),
            ]
            .into(),
        );
    });
    assert_eq!(
        seen.value(
            "media_plays_total",
            &[("media_type", "movie"), ("decision", "unknown")]
        ),
        "3"
    );
    assert_eq!(
        seen.value("media_play_seconds_total", &[("media_type", "live")]),
        "18"
    );
}

#[test]
fn of_two_plays_in_one_session_the_newer_counts() {
    let seen = with(|s| {
        s.plays = ["old", "new"]
            .map(|t| Arc::new(build::play("attic", build::watching("11", t, Decision::Copy))))
            .into();
    });
    let titles: Vec<_> = seen
        .samples("media_session_info")
        .iter()
        .map(|s| s.label("title").to_owned())
        .collect();
    assert_eq!(titles, ["new"]);
}
