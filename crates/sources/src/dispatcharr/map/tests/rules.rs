//! Single rules, by tables.

use std::collections::BTreeMap;

use model::iptv::{FeedKind, FeedState, ProfileId};
use model::{Text, Timestamp};

use super::on_demand::film;
use super::*;
use crate::dispatcharr::redis::{Extras, LiveExtras};

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
    assert!(names.stream(12).is_none() && names.stream(11).is_some());
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

const OTHER: &str = "fffb0000-9eb5-474a-a63a-8edd51444649";

#[test]
fn what_is_left_over_is_not_on_the_air() {
    let left = json!({"channel_id": CHANNEL, "state": null, "started_at": null, "uptime": 0, "client_count": 0,
        "clients": [], "owner": null, "stream_profile": ""});
    let but = |name: &str, value: Value| {
        let mut channel = left.clone();
        channel[name] = value;
        feeds(&live(&json!([channel])), &Names::default())
    };
    assert!(but("state", json!("error")).is_empty());
    for (name, value) in [
        ("started_at", json!(1_795_239_525.5)),
        ("client_count", json!(1)),
        ("clients", json!([{"client_id": "a"}])),
        ("total_bytes", json!(5)),
    ] {
        assert_eq!(but(name, value).len(), 1, "{name}");
    }
    // A start that is not known has no uptime, whatever the figure says.
    let uptime = |channel: Vec<Feed>| channel[0].uptime_ms;
    assert_eq!(uptime(but("client_count", json!(1))), None);
    assert_eq!(uptime(but("started_at", json!(1_795_239_525.5))), Some(0));
}

#[test]
fn what_is_on_the_air_is_asked_about_once() {
    let channels = json!([
        {"channel_id": CHANNEL, "stream_id": 12}, {"channel_id": HASH, "stream_id": 11},
        {"channel_id": CHANNEL, "stream_id": "12"}, {"stream_id": 5}, {"channel_id": "b", "stream_id": 0}]);
    let sessions =
        json!([{"session_id": "s", "channel_uuid": OTHER}, {"session_id": "t", "channel_uuid": CHANNEL}]);
    let look = stats(&channels, &film(), &sessions);
    let texts = |list: &[&str]| list.iter().map(|t| Text::from(*t)).collect::<Vec<_>>();
    let expected = OnAir {
        live: texts(&[CHANNEL, HASH, "b"]),
        // A preview's hash, or any other word, would fail the question for all.
        channels: texts(&[CHANNEL, OTHER]),
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
