//! Single rules, by tables.

use std::collections::BTreeMap;

use model::iptv::{FeedKind, FeedState, ProfileId};
use model::{Text, Timestamp};

use super::super::feeds::{Episode, vod_episode};
use super::super::inventory::level;
use super::*;
use crate::dispatcharr::redis::{Extras, LiveExtras, VodExtras};

#[test]
fn rates_are_bits_a_second() {
    // KiB/s × 8192, whatever their size: there is no guessing of units.
    for (kib_s, bps) in [
        (json!(487.0), Some(3_989_504)),
        (json!(248.1), Some(2_032_435)),
        (json!("384.1"), Some(3_146_547)),
        (json!(60_000.0), Some(491_520_000)),
        (json!(1), Some(8192)),
        (json!(0.0), Some(0)),
        (json!(-1), None),
        (json!("n/a"), None),
        (json!(null), None),
        (json!(1e300), None),
    ] {
        let client = json!({"client_id": "c", "avg_rate_KBps": kib_s, "current_rate_KBps": kib_s});
        let feed = one(&json!({"clients": [client]}), &Names::default());
        let viewer = &feed.viewers[0];
        assert_eq!((viewer.mean_bps, viewer.now_bps), (bps, bps), "{kib_s}");
    }
    for (kbit_s, bps) in [
        (2786.1, Some(2_786_100)),
        (0.4, Some(400)),
        (-0.1, None),
        (f64::NAN, None),
    ] {
        assert_eq!(values::kbit_s(kbit_s), bps, "{kbit_s}");
    }
    for (bytes, ms, bps) in [
        (Some(17_203_200), Some(14_000), Some(9_830_400)),
        (Some(1), Some(1000), Some(8)),
        (Some(1), Some(999), None),
        (Some(1), Some(0), None),
        (None, Some(1000), None),
        (Some(1), None, None),
    ] {
        assert_eq!(values::mean_bps(bytes, ms), bps, "{bytes:?} {ms:?}");
    }
}

#[test]
fn moments_and_lengths() {
    for (seconds, ms) in [
        (1_795_239_525.685_957_7, Some(1_795_239_525_686)),
        (0.0, None),
        (-1.0, None),
        (1e18, None),
    ] {
        let moment = values::since_1970(seconds).map(Timestamp::as_millisecond);
        assert_eq!(moment, ms, "{seconds}");
    }
    for (text, is_known) in [
        ("2026-11-21T05:00:00Z", true),
        ("2026-11-21T05:39:28.073917Z", true),
        ("2026-11-21T05:00:00+00:00", true),
        ("2026-11-21", false),
        ("", false),
    ] {
        assert_eq!(values::moment(Some(text)).is_some(), is_known, "{text}");
    }
    let feed = one(&json!({"uptime": 45.952_477}), &Names::default());
    assert_eq!(feed.uptime_ms, Some(45_952));
    assert_eq!(feed.started_at.unwrap().as_millisecond(), 1_795_239_500_250);
}

#[test]
fn the_key_tells_the_kind() {
    for (id, kind) in [
        (CHANNEL, FeedKind::Live),
        (HASH, FeedKind::Preview),
        (&HASH.to_uppercase(), FeedKind::Preview),
        (&HASH[1..], FeedKind::Live),
        (&HASH.replace('9', "g"), FeedKind::Live),
        ("", FeedKind::Live),
    ] {
        if id.is_empty() {
            assert_eq!(feeds(&live(&json!([{"channel_id": id}])), &names()), []);
            continue;
        }
        let feed = one(&json!({"channel_id": id}), &names());
        assert_eq!((feed.key.as_str(), feed.kind), (id, kind));
    }
}

/// Even if a channel should have the number of the stream, or be known by its hash.
#[test]
fn previews_belong_to_no_channel() {
    let mut names = names();
    names.add_channels(list(
        &json!([{"id": 11, "uuid": HASH, "name": "wrong", "channel_number": 1, "channel_group_id": 2,
        "logo_id": 1, "streams": [11]}]),
    ));
    let told = json!({"channel_id": HASH, "channel_name": "told", "stream_id": 11, "m3u_profile_id": 2, "logo_id": 4,
        "stream_profile": "1"});
    let feed = one(&told, &names);
    let named = model::iptv::Channel {
        name: Some("one".into()),
        ..Default::default()
    };
    assert_eq!(*feed.channel, named);
    assert_eq!(
        (feed.stream.id, feed.stream.index, feed.stream.available),
        (Some(11), None, None)
    );
    // But it takes a connection.
    assert_eq!(feed.profile, Some(ProfileId(2)));
    let feed = one(&told, &Names::default());
    assert_eq!(feed.channel.name.as_deref(), Some("told"));
}

#[test]
fn states_are_words() {
    for (word, state) in [
        (json!("initializing"), Some(FeedState::Initializing)),
        (json!("connecting"), Some(FeedState::Connecting)),
        (json!("waiting_for_clients"), Some(FeedState::WaitingForClients)),
        (json!("active"), Some(FeedState::Active)),
        (json!("BUFFERING"), Some(FeedState::Buffering)),
        (json!("error"), Some(FeedState::Error)),
        (json!("stopping"), Some(FeedState::Stopping)),
        (json!("stopped"), Some(FeedState::Stopped)),
        (json!("dreaming"), Some(FeedState::Unknown)),
        (json!(""), None),
        (json!(null), None),
        (json!(["active"]), None),
    ] {
        assert_eq!(
            one(&json!({"state": word}), &Names::default()).state,
            state,
            "{word}"
        );
    }
}

#[test]
fn the_stream_is_found_among_those_of_the_channel() {
    // stream, told name → name, index
    for (id, name, index) in [
        (json!(11), Some("one"), Some(0)),
        // The row that could not be read keeps its place.
        (json!("12"), Some("two"), Some(2)),
        // Of none of the channel's own: the row's name, no place.
        (json!(99), Some("stale"), None),
        (json!(0), Some("stale"), None),
        (json!(null), Some("stale"), None),
    ] {
        let feed = one(
            &json!({"stream_id": id, "stream_name": "stale", "stream_profile": "1"}),
            &names(),
        );
        let stream = &feed.stream;
        assert_eq!((stream.name.as_deref(), stream.index), (name, index), "{id}");
        assert_eq!(
            (stream.available, stream.stream_profile.as_deref()),
            (Some(3), Some("ffmpeg")),
            "{id}"
        );
    }
    // The name told is that of the first stream: of another one whose row is not known yet, it is not told.
    let mut names = names();
    names.keep_streams(|id| id != 12);
    assert!(!names.knows_stream(12) && names.knows_stream(11));
    let feed = one(&json!({"stream_id": 12, "stream_name": "stale"}), &names);
    assert_eq!((feed.stream.name.as_deref(), feed.stream.index), (None, Some(2)));
}

#[test]
fn channels_are_called_as_viewers_see_them() {
    let told = json!({"channel_name": "told", "logo_id": 4});
    let channel = one(&told, &names()).channel;
    let shown = (
        channel.name.as_deref(),
        channel.number,
        channel.group.as_deref(),
        channel.logo.as_deref(),
    );
    assert_eq!(
        shown,
        (
            Some("News One HD"),
            Some(101.0),
            Some("News"),
            Some("/api/channels/logos/7/cache/")
        )
    );
    assert_eq!((channel.id, channel.uuid.as_deref()), (Some(1), Some(CHANNEL)));
    let channel = one(&json!({"channel_id": "other"}), &names()).channel;
    let shown = (
        channel.name.as_deref(),
        channel.number,
        channel.group.as_deref(),
        channel.logo.as_deref(),
    );
    assert_eq!(shown, (Some("seen"), Some(102.5), Some("News"), None));
    // Nothing known but what it tells itself.
    let channel = one(&told, &Names::default()).channel;
    assert_eq!((channel.name.as_deref(), channel.id), (Some("told"), None));
    assert_eq!(channel.logo.as_deref(), Some("/api/channels/logos/4/cache/"));
}

#[test]
fn what_is_not_measured_is_absent() {
    for empty in [json!(null), json!("0"), json!(0), json!("unknown"), json!("")] {
        let feed = one(
            &json!({"video_codec": empty, "resolution": empty, "source_fps": empty, "ffmpeg_speed": empty,
                "audio_codec": empty, "audio_channels": empty, "stream_type": empty}),
            &Names::default(),
        );
        assert_eq!(*feed.media, model::iptv::FeedMedia::default(), "{empty}");
    }
    for told in [json!(23.98), json!("23.98")] {
        let feed = one(
            &json!({"source_fps": told, "ffmpeg_speed": told}),
            &Names::default(),
        );
        assert_eq!((feed.media.fps, feed.media.speed), (Some(23.98), Some(23.98)));
    }
}

#[test]
fn the_output_bitrate_is_of_this_run() {
    let mut names = names();
    let output = |names: &Names, id: i64| one(&json!({"stream_id": id}), names).media.output_bitrate_bps;
    // Measured after the start (05:38:20).
    assert_eq!(output(&names, 11), Some(2_776_100));
    // The day before: of an earlier run.
    assert_eq!(output(&names, 12), None);
    // Redis is newer.
    let live = LiveExtras {
        video_bitrate_bps: Some(5),
        output_bitrate_bps: Some(7),
    };
    names.set_extras(Extras {
        live: BTreeMap::from([(CHANNEL.into(), live)]),
        ..Extras::default()
    });
    assert_eq!((output(&names, 11), output(&names, 12)), (Some(7), Some(7)));
    assert_eq!(one(&json!({}), &names).media.video_bitrate_bps, Some(5));
    let begun_later = one(&json!({"stream_id": 11, "started_at": null}), &self::names());
    assert_eq!(begun_later.media.output_bitrate_bps, None);
}

#[test]
fn viewers_come_from_the_details_where_there_are_some() {
    let listed = json!({"client_count": 20, "clients": [{"client_id": "a", "user_id": "3"}, {"client_id": "b"}, "x", {}]});
    let mut names = names();
    let feed = one(&listed, &names);
    let clients = |feed: &Feed| {
        feed.viewers
            .iter()
            .map(|v| v.client_id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (clients(&feed), feed.viewer_count),
        (vec!["a".into(), "b".into()], Some(20))
    );
    assert_eq!(
        (feed.viewers[0].user_id, feed.viewers[0].user.as_deref()),
        (Some(3), Some("kid"))
    );

    let detail = json!({"channel_id": CHANNEL, "clients": [{"client_id": "b", "bytes_sent": 5, "worker_id": "w"},
        {"client_id": "c"}, {"client_id": "b"}]});
    names.set_details([wire::detail(detail.to_string().as_bytes()).unwrap().value]);
    let feed = one(&listed, &names);
    assert_eq!(
        (clients(&feed), feed.viewer_count),
        (vec!["b".into(), "c".into()], Some(20))
    );
    assert_eq!(
        (feed.viewers[0].sent_bytes, feed.viewers[0].worker_id.as_deref()),
        (Some(5), Some("w"))
    );
    // Without a list in it, the short one counts.
    let detail = json!({"channel_id": CHANNEL, "clients": null});
    names.set_details([wire::detail(detail.to_string().as_bytes()).unwrap().value]);
    assert_eq!(clients(&one(&listed, &names)).len(), 2);
    // Nothing counted but what is listed.
    let feed = one(&json!({"clients": [{"client_id": "a"}]}), &names);
    assert_eq!(feed.viewer_count, Some(1));
}

#[test]
fn nobody_is_not_a_user() {
    for (told, id) in [
        (json!("3"), Some(3)),
        (json!(3), Some(3)),
        (json!("0"), None),
        (json!(0), None),
        (json!("unknown"), None),
        (json!(null), None),
        (json!("-2"), None),
    ] {
        let feed = one(
            &json!({"clients": [{"client_id": "a", "user_id": told}]}),
            &names(),
        );
        assert_eq!(feed.viewers[0].user_id, id, "{told}");
    }
}

#[test]
fn programmes_are_shown_until_they_end() {
    // Now is 05:40 by the manager's clock.
    for (end, is_shown) in [
        ("2026-11-21T06:00:00Z", true),
        ("2026-11-21T05:30:00Z", false),
        ("later", true),
    ] {
        let mut names = Names::default();
        names.set_programmes(list(
            &json!([{"channel_uuid": CHANNEL, "title": "Show", "sub_title": "Part \"0\"",
            "start_time": "2026-11-21T05:00:00Z", "end_time": end}]),
        ));
        let programme = one(&json!({}), &names).programme;
        assert_eq!(programme.is_some(), is_shown, "{end}");
        if let Some(programme) = programme {
            assert_eq!(programme.subtitle.as_deref(), Some("Part \"0\""));
            assert_eq!(programme.starts_at.unwrap().as_second(), 1_795_237_200);
        }
    }
}

fn film() -> Value {
    json!([{"content_type": "movie", "content_name": "Big Test (2019)", "content_uuid": "57cc",
        "content_metadata": {"year": 2019, "duration_secs": 120, "logo_url": "http://planted/"},
        "connections": [{"client_id": "vod_1", "client_ip": "10.0.0.1", "user_id": "unknown", "user_agent": "p",
            "connected_at": "1795239586.5", "m3u_profile_id": "3", "bytes_sent": 17_203_200, "duration": 13}]}])
}

#[test]
fn a_film_is_a_feed_with_one_viewer() {
    let look = stats(&json!([]), &film(), &json!([]));
    let mut names = names();
    let feed = feeds(&look, &names).remove(0);
    assert_eq!(
        (feed.key.as_str(), feed.kind, feed.state),
        ("vod_1", FeedKind::Vod, Some(FeedState::Active))
    );
    assert_eq!((feed.profile, feed.viewer_count), (Some(ProfileId(3)), Some(1)));
    // 05:39:46.5 to 05:40:00.5, not the whole 13 s told.
    assert_eq!(
        (feed.uptime_ms, feed.started_at.unwrap().as_millisecond()),
        (Some(14_000), 1_795_239_586_500)
    );
    assert_eq!((feed.sent_bytes, feed.received_bytes), (Some(17_203_200), None));
    let channel = &feed.channel;
    assert_eq!(
        (channel.name.as_deref(), channel.year, channel.duration_ms),
        (Some("Big Test (2019)"), Some(2019), Some(120_000))
    );
    assert_eq!((channel.logo.as_deref(), channel.series.as_deref()), (None, None));
    let viewer = &feed.viewers[0];
    assert_eq!(
        (&*viewer.client_id, viewer.user_id, viewer.mean_bps),
        ("vod_1", None, Some(9_830_400))
    );

    // Redis knows that its player reads nothing at the moment.
    for (streams, state, profile) in [
        (0, FeedState::Paused, None),
        (1, FeedState::Active, Some(ProfileId(3))),
        (2, FeedState::Active, Some(ProfileId(3))),
    ] {
        let known = VodExtras {
            streams: Some(streams),
            worker_id: Some("vm-1".into()),
        };
        names.set_extras(Extras {
            vod: BTreeMap::from([("vod_1".into(), known)]),
            ..Extras::default()
        });
        let feed = feeds(&look, &names).remove(0);
        assert_eq!((feed.state, feed.profile), (Some(state), profile), "{streams}");
        assert_eq!(feed.viewer_count.map(u64::from), Some(streams));
        assert_eq!(feed.viewers[0].worker_id.as_deref(), Some("vm-1"));
    }
}

#[test]
fn episodes_lose_what_stands_before_their_name() {
    let show = "Long Show (2020)";
    // names told → name, season, episode
    for (content, episode, name, numbers) in [
        (
            "x",
            Some("Long Show (2020) - S01E01 - Pilot"),
            "Pilot",
            (Some(1), Some(1)),
        ),
        (
            "Long Show (2020) - Long Show (2020) - S01E02 - Two",
            None,
            "Two",
            (Some(1), Some(2)),
        ),
        ("x", Some("Pilot"), "Pilot", (None, None)),
        (
            "x",
            Some("Long Show (2020) - S12E34"),
            "S12E34",
            (Some(12), Some(34)),
        ),
        ("x", Some("Long Show (2020)"), "Long Show (2020)", (None, None)),
        (
            "x",
            Some("Long Show (2020)ish - Pilot"),
            "Long Show (2020)ish - Pilot",
            (None, None),
        ),
        (
            "x",
            Some("s2e3: Three - Part 2"),
            "Three - Part 2",
            (Some(2), Some(3)),
        ),
        ("x", Some("SE - Strange"), "SE - Strange", (None, None)),
        (
            "x",
            Some("S99999999999E1 - Far"),
            "S99999999999E1 - Far",
            (None, None),
        ),
        ("Plain", None, "Plain", (None, None)),
    ] {
        let told = json!({"series_name": show, "episode_name": episode});
        let told = wire::object::<wire::Content>(told.to_string().as_bytes())
            .unwrap()
            .value;
        let expected = Episode {
            name: Some(name.into()),
            season: numbers.0,
            number: numbers.1,
        };
        assert_eq!(
            vod_episode(Some(content), &told),
            expected,
            "{content} {episode:?}"
        );
    }
    let look = json!([{"content_type": "episode", "content_name": "Show - Show - S01E01 - Pilot", "content_uuid": "u",
        "content_metadata": {"series_name": "Show", "season_number": "4", "episode_number": 5, "year": 0},
        "connections": [{"client_id": "v"}]}]);
    let channel = feeds(&stats(&json!([]), &look, &json!([])), &names())
        .remove(0)
        .channel;
    let shown = (
        channel.name.as_deref(),
        channel.series.as_deref(),
        channel.season,
        channel.episode,
        channel.year,
    );
    assert_eq!(shown, (Some("Pilot"), Some("Show"), Some(4), Some(5), None));
}

#[test]
fn programmes_of_the_past_belong_to_their_channel() {
    let session = json!([{"session_id": "s1", "stats_channel_id": "1_2_3", "channel_id": 1, "channel_uuid": CHANNEL,
        "channel_name": "told", "paused": true, "resolution": "1280x720", "source_fps": "25.0", "connections": [
            {"client_id": "b", "connected_at": 1_795_239_590.5, "duration": 10, "bytes_streamed": 900, "avg_bitrate_kbps": 8.0,
             "user_id": "9", "username": "guest", "m3u_profile_id": 2},
            {"client_id": "a", "connected_at": 1_795_239_570.5, "duration": 30, "bytes_streamed": 1000, "user_id": "0",
             "username": "unknown", "m3u_profile_id": 2}]}]);
    let look = stats(&json!([]), &json!([]), &session);
    let feed = feeds(&look, &names()).remove(0);
    assert_eq!(
        (feed.key.as_str(), feed.kind, feed.state),
        ("s1", FeedKind::Timeshift, Some(FeedState::Paused))
    );
    let channel = &feed.channel;
    assert_eq!(
        (channel.uuid.as_deref(), channel.name.as_deref(), channel.number),
        (Some(CHANNEL), Some("News One HD"), Some(101.0))
    );
    assert_eq!(
        (feed.uptime_ms, feed.sent_bytes, feed.profile),
        (Some(30_000), Some(1000), Some(ProfileId(2)))
    );
    assert_eq!((feed.viewer_count, feed.media.fps), (Some(2), Some(25.0)));
    // Bytes are the session's: of two viewers nobody knows whose.
    assert!(
        feed.viewers
            .iter()
            .all(|v| v.sent_bytes.is_none() && v.mean_bps.is_none())
    );
    let users: Vec<_> = feed.viewers.iter().map(|v| (v.user_id, v.user.clone())).collect();
    assert_eq!(users, [(Some(9), Some("guest".into())), (None, None)]);

    let mut alone = session.clone();
    alone[0]["connections"].as_array_mut().unwrap().remove(1);
    let feed = feeds(&stats(&json!([]), &json!([]), &alone), &Names::default()).remove(0);
    assert_eq!(
        (feed.viewers[0].sent_bytes, feed.viewers[0].mean_bps),
        (Some(900), Some(8000))
    );
    assert_eq!(
        (feed.channel.id, feed.channel.name.as_deref()),
        (Some(1), Some("told"))
    );
}

#[test]
fn what_is_on_the_air_is_asked_about_once() {
    let channels = json!([
        {"channel_id": CHANNEL, "stream_id": 12}, {"channel_id": HASH, "stream_id": 11},
        {"channel_id": CHANNEL, "stream_id": "12"}, {"stream_id": 5}, {"channel_id": "b", "stream_id": 0}]);
    let sessions =
        json!([{"session_id": "s", "channel_uuid": "a"}, {"session_id": "t", "channel_uuid": CHANNEL}]);
    let look = stats(&channels, &film(), &sessions);
    let texts = |list: &[&str]| list.iter().map(|t| Text::from(*t)).collect::<Vec<_>>();
    let expected = OnAir {
        live: texts(&[CHANNEL, HASH, "b"]),
        channels: texts(&[CHANNEL, "a", "b"]),
        streams: vec![11, 12],
        vod: texts(&["vod_1"]),
    };
    assert_eq!(on_air(&look), expected);
    // A key told twice is one feed.
    let keys: Vec<_> = feeds(&look, &Names::default())
        .into_iter()
        .map(|f| f.key.to_string())
        .collect();
    assert_eq!(keys, [CHANNEL, HASH, "b", "vod_1", "s", "t"]);
}

#[test]
fn levels_have_names() {
    for (number, name) in [
        (-1, "streamer"),
        (0, "streamer"),
        (1, "standard"),
        (9, "standard"),
        (10, "admin"),
        (99, "admin"),
    ] {
        assert_eq!(level(number), name, "{number}");
    }
}

#[test]
fn accounts_and_their_expiry() {
    let expiry = |profile: Value| {
        let rows = json!([{"id": 3, "name": "XC Panel", "account_type": "XC", "profiles": [profile]}]);
        let profile = accounts(&list(&rows)).remove(0).profiles.remove(0);
        profile.expires_at.map(|at| at.as_second())
    };
    let info = |told: Value| {
        json!({"id": 1, "name": "p", "exp_date": "2026-12-21T06:25:16Z",
        "custom_properties": {"user_info": {"exp_date": told, "password": "planted"}}})
    };
    for (profile, at) in [
        (info(json!("1797834317")), Some(1_797_834_317)),
        (info(json!(1_797_834_317)), Some(1_797_834_317)),
        (info(json!(null)), Some(1_797_834_316)),
        (info(json!("0")), Some(1_797_834_316)),
        (info(json!("never")), Some(1_797_834_316)),
        (
            json!({"id": 1, "name": "p", "exp_date": null, "custom_properties": {}}),
            None,
        ),
        (json!({"id": 1, "name": "p", "custom_properties": []}), None),
    ] {
        assert_eq!(expiry(profile.clone()), at, "{profile}");
    }
    let rows = json!([
        {"id": 1, "name": "Custom", "account_type": "STD"},
        {"id": 2, "name": "A", "account_type": "STD", "username": "", "channel_groups": [{"stream_count": 2}, {"stream_count": "3"}, {}]},
        {"id": 3, "name": "B", "account_type": "STD", "username": "someone", "password": "planted-pw"},
        {"id": 4, "name": "C", "account_type": "XC", "username": "someone", "channel_groups": []},
        {"name": "no number"}, {"id": 5}, "x"]);
    let read = accounts(&list(&rows));
    assert!(!format!("{read:?}").contains("planted"));
    let told: Vec<_> = read
        .iter()
        .map(|a| (a.id, &*a.kind, a.username.as_deref(), a.streams))
        .collect();
    assert_eq!(
        told,
        [
            (2, "STD", None, Some(5)),
            (3, "STD", None, None),
            (4, "XC", Some("someone"), Some(0))
        ]
    );
}

#[test]
fn counters_are_put_in_and_taken_out() {
    let parts = Parts {
        accounts: Some(list(
            &json!([{"id": 2, "name": "A", "profiles": [{"id": 2, "name": "a"}, {"id": 5, "name": "b"}]}]),
        )),
        ..Parts::default()
    };
    let plain = inventory(&parts);
    assert_eq!(with_reserved(&plain, &Extras::default()), None);
    let extras = Extras {
        reserved: BTreeMap::from([(ProfileId(2), 4), (ProfileId(9), 1)]),
        ..Extras::default()
    };
    let counted = with_reserved(&plain, &extras).unwrap();
    let counters: Vec<_> = counted.profiles().map(|(_, p)| p.reserved_connections).collect();
    assert_eq!(counters, [Some(4), None]);
    assert_eq!(with_reserved(&counted, &extras), None);
    // Redis is gone: what it knew is, too.
    assert_eq!(with_reserved(&counted, &Extras::default()), Some(plain));
}
