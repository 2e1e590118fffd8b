//! Cases in which the models of the profiles are wrong, and we are not.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    Availability, ContentKind, Decision, Endpoint, EndpointStats, Feature, Health, LibraryKind, Link,
    LiveChannel, MediaKind, Network, Play, Reason, ServerSnapshot, Session, State, SubtitleAction,
    SubtitleStream, Transcode,
};

use super::strict::Exposition;
use super::{build, scrape};
use crate::Profile;

const RIVALS: [Profile; 3] = [
    Profile::Cplieger,
    Profile::Cplieger202604,
    Profile::TimothyStewart6,
];

/// The family that has one series for each open session.
fn plays_of(profile: Profile) -> &'static str {
    match profile {
        Profile::Cplieger => "plex_plays_active",
        Profile::Cplieger202604 => "plex_plays_total",
        Profile::TimothyStewart6 => "plays_total",
        Profile::Native | Profile::DispatcharrExporter | Profile::DispatcharrExporter2 => {
            unreachable!("no exporter of Plex")
        }
    }
}

fn with(profile: Profile, change: impl FnOnce(&mut ServerSnapshot)) -> Exposition {
    let mut s = build::rich("attic");
    change(&mut s);
    scrape(profile, &build::snapshot([s]))
}

/// One label of the only session, after a change to it.
#[track_caller]
fn label(profile: Profile, name: &str, change: impl FnOnce(&mut Session)) -> String {
    let mut session = build::watching("11", "Movie 11", Decision::DirectPlay);
    change(&mut session);
    let seen = with(profile, |s| {
        s.plays = vec![Arc::new(build::play("attic", session))];
    });
    let samples = seen.samples(plays_of(profile));
    assert_eq!(samples.len(), 1, "{profile}");
    samples[0].label(name).to_owned()
}

fn down(kind: &'static str) -> Health {
    Health::Down {
        kind,
        message: "gone".into(),
        since: build::at(-9),
    }
}

#[test]
fn nothing_has_an_empty_identity_before_the_server_is_known() {
    let unknown = build::snapshot([ServerSnapshot::new("attic".into(), "plex")]);
    for profile in RIVALS {
        let seen = scrape(profile, &unknown);
        let names: Vec<_> = seen.families.iter().map(|f| f.name.as_str()).collect();
        let connection: &[&str] = match profile {
            Profile::Cplieger => &[
                "plex_exporter_errors_total",
                "plex_http_reachable",
                "plex_http_retries_total",
                "plex_session_poll_reachable",
            ],
            Profile::Cplieger202604 => &["plex_websocket_connected"],
            Profile::TimothyStewart6
            | Profile::Native
            | Profile::DispatcharrExporter
            | Profile::DispatcharrExporter2 => &[],
        };
        let plex: Vec<_> = names
            .iter()
            .filter(|n| !n.starts_with("process_"))
            .copied()
            .collect();
        assert_eq!(plex, connection, "{profile}");
        let of_plex = seen.all().filter(|s| !s.name.starts_with("process_"));
        of_plex.for_each(|s| assert_eq!((s.label("server"), s.label("server_id")), ("attic", "")));
    }
    let seen = scrape(Profile::Cplieger, &unknown);
    assert_eq!(seen.value("plex_http_reachable", &[("server", "attic")]), "0");
}

#[test]
fn a_server_that_is_gone_differs_from_one_that_refuses_its_sessions() {
    let cases = [
        (Health::Up, Some(true), ("1", "1")),
        (Health::Unknown, None, ("0", "0")),
        (down("unreachable"), Some(false), ("0", "0")),
        (down("timeout"), Some(false), ("0", "0")),
        (down("unauthorized"), Some(false), ("0", "0")),
        (down("starting"), Some(false), ("0", "0")),
        (down("forbidden"), Some(false), ("1", "0")),
        (down("bad_payload"), Some(false), ("1", "0")),
        (down("server_error"), Some(false), ("1", "0")),
    ];
    for (health, sessions_ok, expected) in cases {
        let seen = with(Profile::Cplieger, |s| {
            (s.health, s.last_sessions_ok) = (health.clone(), sessions_ok);
            let answered = EndpointStats {
                last_ok: true,
                ..EndpointStats::default()
            };
            s.endpoints.insert(Endpoint::Root, answered);
        });
        let two = (
            seen.value("plex_http_reachable", &[]),
            seen.value("plex_session_poll_reachable", &[]),
        );
        assert_eq!(two, expected, "{health:?}");
    }
    let nothing_works = with(Profile::Cplieger, |s| s.health = down("server_error"));
    assert_eq!(nothing_works.value("plex_http_reachable", &[]), "0");
}

#[test]
fn errors_of_every_type_are_there_and_optional_features_are_none() {
    let seen = with(Profile::Cplieger, |s| {
        let failing = |n| EndpointStats {
            retries: n,
            errors: [("timeout", n), ("tls", 1)].into(),
            ..Default::default()
        };
        s.endpoints = BTreeMap::from([
            (Endpoint::Sessions, failing(2)),
            (Endpoint::Root, failing(4)),
            (Endpoint::Libraries, failing(8)),
            (Endpoint::Counts, failing(16)),
            // Without Plex Pass these fail for ever, and nobody should be woken for it.
            (Endpoint::Resources, failing(32)),
            (Endpoint::Bandwidth, failing(64)),
        ]);
    });
    let errors = |kind| {
        seen.value("plex_exporter_errors_total", &[("type", kind)])
            .to_owned()
    };
    assert_eq!(errors("sessions_fetch"), "3");
    assert_eq!(errors("refresh"), "14");
    assert_eq!(errors("library_items"), "17");
    assert_eq!(
        [
            errors("metadata_fetch"),
            errors("invalid_rating_key"),
            errors("metrics_server")
        ],
        ["0", "0", "0"]
    );
    assert_eq!(seen.value("plex_http_retries_total", &[]), "126");
}

#[test]
fn an_open_play_is_active_in_any_state_and_gone_at_its_end() {
    for profile in RIVALS {
        let paused = with(profile, |s| {
            let mut session = build::watching("11", "x", Decision::DirectPlay);
            session.state = State::Paused;
            s.plays = vec![Arc::new(build::play("attic", session))];
        });
        assert_eq!(
            paused.value(plays_of(profile), &[("session", "11")]),
            "1",
            "{profile}"
        );
        let ended = with(profile, |s| s.plays.clear());
        let left = ended.all().find(|s| !s.label("session").is_empty());
        assert_eq!(left, None, "{profile}");
    }
}

#[test]
fn what_is_not_known_is_not_zero() {
    for profile in RIVALS {
        let seen = with(profile, |s| {
            (s.host, s.libraries, s.transmitted_bytes) = (None, None, None);
            s.features.insert(Feature::Bandwidth, Availability::Unavailable);
        });
        for absent in [
            "plex_host_cpu_utilization_ratio",
            "plex_host_memory_utilization_ratio",
            "plex_transmit_bytes_total",
            "plex_library_items",
            "host_cpu_util",
            "host_mem_util",
            "transmit_bytes_total",
            "plex_media_movies",
        ] {
            assert!(seen.family(absent).is_none(), "{profile} {absent}");
        }
    }
    let uncounted = with(Profile::TimothyStewart6, |s| {
        let movies = [(ContentKind::Movies, 100)];
        s.libraries = Some(Arc::new(vec![
            build::library("1", "Movies", LibraryKind::Movie, &movies),
            build::library("2", "More movies", LibraryKind::Movie, &[]),
            build::library("3", "Empty", LibraryKind::Show, &[(ContentKind::Episodes, 0)]),
        ]));
    });
    assert!(
        uncounted.family("plex_media_movies").is_none(),
        "half a sum is a wrong sum"
    );
    assert_eq!(uncounted.value("plex_media_episodes", &[]), "0");
    assert_eq!(
        uncounted.value("plex_media_photos", &[]),
        "0",
        "no such library: a known 0"
    );
}

#[test]
fn an_emptied_library_says_so() {
    for profile in RIVALS {
        let seen = with(profile, |s| {
            let none = [(ContentKind::Movies, 0)];
            s.libraries = Some(Arc::new(vec![build::library(
                "1",
                "Movies",
                LibraryKind::Movie,
                &none,
            )]));
        });
        assert_eq!(
            seen.value("plex_library_items", &[("content_type", "movies")]),
            "0",
            "{profile}"
        );
    }
}

#[test]
fn stream_labels_come_from_decisions() {
    let transcode = |s: &mut Session, video, audio| {
        let d = Arc::make_mut(&mut s.delivery);
        d.decision = Some(Decision::Transcode);
        d.video.as_mut().unwrap().decision = video;
        d.audio.as_mut().unwrap().decision = audio;
        d.transcode = Some(Transcode {
            reasons: vec![Reason::AudioCodec],
            ..Transcode::default()
        });
    };
    let (copied, converted) = (Some(Decision::Copy), Some(Decision::Transcode));
    for profile in RIVALS {
        let kind = |video, audio| label(profile, "transcode_type", |s| transcode(s, video, audio));
        let kinds = [
            (converted, converted),
            (converted, copied),
            (copied, converted),
            (copied, copied),
        ];
        assert_eq!(
            kinds.map(|(v, a)| kind(v, a)),
            ["both", "video", "audio", "none"],
            "{profile}"
        );
        let vague = if profile == Profile::TimothyStewart6 {
            "unknown"
        } else {
            "none"
        };
        assert_eq!(kind(None, None), vague);
        let copied_whole = label(profile, "transcode_type", |s| {
            s.delivery = build::delivery(Decision::Copy).into();
        });
        assert_eq!(
            copied_whole, "none",
            "a copy is no transcode, whatever its codecs are called"
        );

        let stream_type = |d| {
            label(profile, "stream_type", |s| {
                Arc::make_mut(&mut s.delivery).decision = d;
            })
        };
        let all = [Some(Decision::DirectPlay), copied, converted, None].map(stream_type);
        assert_eq!(all, ["directplay", "copy", "transcode", "unknown"], "{profile}");

        // A video transcode without subtitles burns nothing.
        assert_eq!(
            label(profile, "subtitle_action", |s| transcode(s, converted, copied)),
            "none"
        );
        let action = |action| {
            let stream = SubtitleStream {
                action,
                codec: None,
                language: None,
            };
            label(profile, "subtitle_action", |s| {
                Arc::make_mut(&mut s.delivery).subtitle = Some(stream);
            })
        };
        let actions = [
            None,
            Some(SubtitleAction::Copy),
            Some(SubtitleAction::Burn),
            Some(SubtitleAction::Transcode),
        ];
        assert_eq!(
            actions.map(action),
            ["none", "copy", "burn", "transcode"],
            "{profile}"
        );
    }
}

#[test]
fn an_audio_transcode_is_an_active_transcode() {
    for profile in [Profile::Cplieger, Profile::Cplieger202604] {
        let seen = with(profile, |s| {
            // The server's own number leaves audio out.
            Arc::make_mut(s.info.as_mut().unwrap()).video_transcodes = Some(0);
        });
        assert_eq!(seen.value("plex_active_transcode_sessions", &[]), "1");
        let blind = with(profile, |s| {
            (s.last_success_at, s.plays) = (None, Vec::new());
            Arc::make_mut(s.info.as_mut().unwrap()).video_transcodes = Some(3);
        });
        assert_eq!(blind.value("plex_active_transcode_sessions", &[]), "3");
    }
}

#[test]
fn live_television_has_its_titles() {
    for profile in RIVALS {
        let news = |s: &mut Session| {
            let item = Arc::make_mut(&mut s.item);
            item.kind = MediaKind::Episode;
            (item.title, item.grandparent_title) = (Some("Late edition".into()), Some("The News".into()));
            item.library = None;
            item.live = Some(LiveChannel {
                title: Some("Channel 7".into()),
                ..LiveChannel::default()
            });
        };
        assert_eq!(label(profile, "title", news), "The News");
        assert_eq!(label(profile, "grandchild_title", news), "Late edition");
        assert_eq!(label(profile, "media_type", news), "episode");
        assert_eq!(label(profile, "library", news), "unknown");
        assert_eq!(label(profile, "library_id", news), "0");
        let no_guide = |s: &mut Session| {
            news(s);
            let item = Arc::make_mut(&mut s.item);
            (item.title, item.grandparent_title) = (None, None);
        };
        assert_eq!(label(profile, "title", no_guide), "Channel 7");
    }
}

#[test]
fn lists_and_lengths_are_those_of_the_model() {
    let resolution = |profile, given: &'static str| {
        label(profile, "stream_file_resolution", |s| {
            Arc::make_mut(&mut s.source).video_resolution = Some(given.into());
        })
    };
    let place = |profile, given: Option<&'static str>| {
        label(profile, "location", |s| {
            Arc::make_mut(&mut s.player).location = given.map(Into::into);
        })
    };
    assert_eq!(
        ["1080", "4K", "8k", "SD"].map(|r| resolution(Profile::Cplieger, r)),
        ["1080", "4k", "other", "sd"]
    );
    assert_eq!(
        ["8k", "SD"].map(|r| resolution(Profile::Cplieger202604, r)),
        ["8k", "SD"]
    );
    assert_eq!(
        [Some("lan"), Some("wan"), Some("cellular"), None].map(|l| place(Profile::Cplieger, l)),
        ["lan", "wan", "other", "unknown"]
    );
    assert_eq!(place(Profile::Cplieger202604, Some("cellular")), "cellular");
    let long = |profile| {
        label(profile, "title", |s| {
            Arc::make_mut(&mut s.item).title = Some(format!("a{}", "é".repeat(100)).as_str().into());
        })
    };
    assert_eq!(
        long(Profile::Cplieger).len(),
        127,
        "cut at 128 bytes, not through a character"
    );
    assert_eq!(long(Profile::TimothyStewart6).len(), 201);
    let key = label(Profile::Cplieger, "session", |s| {
        s.key = "k".repeat(99).as_str().into();
    });
    assert_eq!(key.len(), 64);
    for profile in RIVALS {
        let local = |local, network| {
            label(profile, "local", |s| {
                let player = Arc::make_mut(&mut s.player);
                (player.local, player.network) = (local, network);
            })
        };
        if profile != Profile::TimothyStewart6 {
            assert_eq!(local(Some(false), Some(Network::Lan)), "false");
            assert_eq!(local(None, Some(Network::Wan)), "false");
            assert_eq!(local(None, None), "");
        }
    }
}

#[test]
fn several_servers_share_one_exposition_and_one_server_appears_once() {
    for profile in RIVALS {
        let twice = build::snapshot([build::rich("attic"), build::rich("barn"), {
            let mut again = build::rich("attic");
            again.id = "attic-through-the-proxy".into();
            again
        }]);
        let seen = scrape(profile, &twice);
        let mut servers: Vec<_> = seen
            .samples(plays_of(profile))
            .iter()
            .map(|s| s.label("server"))
            .collect();
        servers.dedup();
        assert_eq!(servers, ["The attic", "The barn"], "{profile}");
    }
}

#[test]
fn all_hints_count_as_the_connection_for_notifications() {
    for (link, expected) in [
        (Link::None, "0"),
        (Link::WebSocket, "1"),
        (Link::EventSource, "1"),
    ] {
        let seen = with(Profile::Cplieger202604, |s| s.link = link);
        assert_eq!(seen.value("plex_websocket_connected", &[]), expected);
    }
}

#[test]
fn trailers_are_shown_as_clips() {
    let extra = |s: &mut Session| {
        let item = Arc::make_mut(&mut s.item);
        (item.kind, item.extra) = (MediaKind::Clip, true);
    };
    for profile in RIVALS {
        assert_eq!(label(profile, "media_type", extra), "clip");
    }
}

#[test]
fn play_time_is_the_plays_own() {
    let mut play: Play = build::play("attic", build::watching("11", "x", Decision::DirectPlay));
    play.totals.played_ms = 3_600_500;
    for profile in RIVALS {
        let name = if profile == Profile::TimothyStewart6 {
            "play_seconds_total"
        } else {
            "plex_play_seconds_total"
        };
        let seen = with(profile, |s| s.plays = vec![Arc::new(play.clone())]);
        assert_eq!(seen.value(name, &[("session", "11")]), "3600.5");
    }
}
