//! Films, episodes, programmes of the past.

use std::collections::BTreeMap;

use model::iptv::{FeedKind, FeedState, ProfileId};

use super::super::feeds::{Episode, vod_episode};
use super::*;
use crate::dispatcharr::redis::{Extras, VodExtras};

pub(super) fn film() -> Value {
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
}

#[test]
fn an_episode_is_called_by_its_own_name_and_told_numbers_come_first() {
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
    // When "a" leaves, "b" is the oldest: their starts are not the session's.
    assert_eq!((feed.started_at, feed.uptime_ms), (None, None));
    assert_eq!((feed.sent_bytes, feed.profile), (Some(1000), Some(ProfileId(2))));
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
fn a_viewer_of_the_past_listed_twice_is_one_and_pays_with_the_newest_login() {
    let entry = |client: &str, at: Option<f64>, login: i64, bytes: u64| {
        json!({"client_id": client, "connected_at": at, "m3u_profile_id": login, "bytes_streamed": bytes,
            "user_id": "3", "avg_bitrate_kbps": 8.0})
    };
    let (old, new) = (entry("a", Some(100.5), 2, 900), entry("a", Some(200.5), 5, 40));
    for (connections, viewers, login, bytes) in [
        (vec![old.clone(), new.clone()], 1, 5, 40),
        (vec![new.clone(), old.clone()], 1, 5, 40),
        (vec![old.clone(), entry("a", None, 7, 1)], 1, 2, 900),
        (vec![entry("b", Some(300.5), 6, 70), old, new], 2, 6, 70),
    ] {
        let session =
            json!([{"session_id": "s1", "channel_uuid": CHANNEL, "connections": connections.clone()}]);
        let feed = feeds(&stats(&json!([]), &json!([]), &session), &names()).remove(0);
        assert_eq!(feed.viewer_count, Some(viewers), "{connections:?}");
        assert_eq!(feed.viewers.len(), viewers as usize);
        assert_eq!(feed.profile, Some(ProfileId(login)), "{connections:?}");
        assert_eq!(feed.sent_bytes, Some(bytes), "{connections:?}");
        let known = feed.viewers[0].sent_bytes;
        assert_eq!(
            known,
            (viewers == 1).then_some(bytes),
            "one viewer's bytes are the session's"
        );
    }
}
