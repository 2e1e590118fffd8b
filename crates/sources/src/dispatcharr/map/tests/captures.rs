//! Recorded answers of a real Dispatcharr 0.29.0, and what its exporter plugin printed in the same second.
//!
//! The recordings are not part of the repository: without `PROJECTIONIST_SHARED` there is nothing to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use model::iptv::{FeedKind, FeedState, Inventory, ProfileId};

use super::*;
use crate::lenient::{DecodeError, Decoded};

fn folder() -> Option<PathBuf> {
    std::env::var_os("PROJECTIONIST_SHARED").map(|shared| PathBuf::from(shared).join("captures/dispatcharr"))
}

fn file(folder: &std::path::Path, name: &str) -> Value {
    let text = std::fs::read(folder.join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// What was answered; the recording wraps it.
fn body(folder: &std::path::Path, name: &str) -> Vec<u8> {
    file(folder, name)["body"].to_string().into_bytes()
}

/// Read without a single complaint.
fn whole<T>(read: Result<Decoded<T>, DecodeError>) -> T {
    let read = read.unwrap();
    assert_eq!(read.issues, []);
    read.value
}

/// Everything that was recorded beside the look.
fn known(folder: &std::path::Path) -> Names {
    let mut names = Names::default();
    names.set_groups(&whole(wire::list::<wire::Group>(&body(
        folder,
        "channel-groups.json",
    ))));
    names.set_stream_profiles(&whole(wire::list::<wire::StreamProfile>(&body(
        folder,
        "stream-profiles.json",
    ))));
    names.set_users(&whole(wire::list::<wire::User>(&body(folder, "users.json"))));
    names.add_channels(whole(wire::list::<wire::ChannelRow>(&body(
        folder,
        "channels-summary.json",
    ))));
    names.add_channels(whole(wire::list::<wire::ChannelRow>(&body(
        folder,
        "channels.json",
    ))));
    names.set_programmes(whole(wire::list::<wire::Programme>(&body(
        folder,
        "current-programs.json",
    ))));
    names.add_streams(list::<wire::StreamRow>(
        &file(folder, "streams.json")["body"]["results"],
    ));
    names.add_streams(whole(wire::list::<wire::StreamRow>(&body(
        folder,
        "channel-1-streams.json",
    ))));
    names.set_details((0..6).map(|n| {
        whole(wire::detail(&body(
            folder,
            &format!("proxy-ts-status-detail-{n}.json"),
        )))
    }));
    names
}

fn parts(folder: &std::path::Path) -> Parts {
    let page = whole(wire::object::<wire::ChannelPage>(&body(
        folder,
        "channels-paged.json",
    )));
    let plugins = whole(wire::object::<wire::PluginList>(&body(folder, "plugins.json")));
    Parts {
        channels: page.count,
        groups: Some(whole(wire::list(&body(folder, "channel-groups.json")))),
        accounts: Some(whole(wire::list(&body(folder, "m3u-accounts.json")))),
        epg_sources: Some(whole(wire::list(&body(folder, "epg-sources.json")))),
        users: Some(whole(wire::list(&body(folder, "users.json")))),
        channel_list: Some(whole(wire::list(&body(folder, "channels.json")))),
        plugins: plugins.plugins,
    }
}

type Labels = BTreeMap<String, String>;

/// Name, labels and value of every sample. The names of this recording need no escapes.
fn samples(folder: &std::path::Path) -> Vec<(String, Labels, String)> {
    let text = std::fs::read_to_string(folder.join("plugin-metrics-active-clean.txt")).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let labels = labels.trim_end_matches('}').split("\",").filter_map(|pair| {
                let (name, value) = pair.split_once("=\"")?;
                Some((name.to_owned(), value.trim_end_matches('"').to_owned()))
            });
            (name.to_owned(), labels.collect(), value.to_owned())
        })
        .collect()
}

#[test]
fn live_feeds_are_what_the_plugin_printed() {
    let Some(folder) = folder() else { return };
    let clean = folder.join("active-clean");
    let names = known(&clean);
    let look = whole(wire::stats(&body(&clean, "proxy-stats-combined.json")));
    let feeds: BTreeMap<_, _> = feeds(&look, &names)
        .into_iter()
        .map(|feed| (feed.key.to_string(), feed))
        .collect();
    assert_eq!(feeds.values().filter(|f| f.kind == FeedKind::Live).count(), 6);
    let mut compared = BTreeMap::new();
    for (name, labels, value) in samples(&folder) {
        let (Some("live"), Some(id)) = (labels.get("type").map(String::as_str), labels.get("channel_uuid"))
        else {
            continue;
        };
        let feed = &feeds[id];
        let number: f64 = value.parse().unwrap();
        let same = match name.as_str() {
            "dispatcharr_stream_index" => feed.stream.index.map(f64::from) == Some(number),
            "dispatcharr_stream_available_streams" => feed.stream.available.map(f64::from) == Some(number),
            "dispatcharr_stream_channel_number" => feed.channel.number == Some(number),
            "dispatcharr_stream_id" => feed.stream.id.map(|id| id as f64) == Some(number),
            "dispatcharr_stream_active_clients" => feed.viewer_count.map(f64::from) == Some(number),
            "dispatcharr_stream_fps" => feed.media.fps == Some(number),
            "dispatcharr_stream_buffering_speed" => feed.media.speed == Some(number),
            // The plugin was asked a second later.
            "dispatcharr_stream_uptime_seconds" => {
                (feed.uptime_ms.unwrap() as f64 / 1e3 - number).abs() < 3.0
            }
            "dispatcharr_stream_metadata" => {
                let told = |label: &str| labels.get(label).map(String::as_str).filter(|v| *v != "unknown");
                let (channel, stream, media) = (&feed.channel, &feed.stream, &feed.media);
                assert_eq!(told("channel_name"), channel.name.as_deref());
                assert_eq!(told("channel_group"), channel.group.as_deref());
                assert_eq!(told("logo_url"), channel.logo.as_deref());
                assert_eq!(told("stream_name"), stream.name.as_deref());
                assert_eq!(told("stream_profile"), stream.stream_profile.as_deref());
                assert_eq!(told("video_codec"), media.video_codec.as_deref());
                assert_eq!(told("resolution"), media.resolution.as_deref());
                assert_eq!(told("state"), feed.state.map(FeedState::as_str));
                told("profile_id") == feed.profile.map(|p| p.to_string()).as_deref()
            }
            "dispatcharr_client_info" => {
                let viewer = feed
                    .viewers
                    .iter()
                    .find(|v| *v.client_id == *labels["client_id"])
                    .unwrap();
                assert_eq!(viewer.worker_id.as_deref(), Some(labels["worker_id"].as_str()));
                assert_eq!(viewer.user_agent.as_deref(), Some(labels["user_agent"].as_str()));
                assert_eq!(viewer.user.as_deref().unwrap_or("anonymous"), labels["username"]);
                viewer.address.as_deref() == Some(labels["ip_address"].as_str())
            }
            "dispatcharr_stream_programming" => {
                let programme = feed.programme.as_ref().unwrap();
                programme.title.as_deref() == Some(labels["current_title"].as_str())
            }
            _ => continue,
        };
        assert!(same, "{name} {labels:?} {value}: {feed:?}");
        *compared.entry(name).or_insert(0) += 1;
    }
    // Nothing was left out by a wrong name here. Two of them have no picture.
    let counts: Vec<_> = compared.values().copied().collect();
    assert_eq!(counts, [7, 6, 6, 4, 6, 4, 6, 6, 6, 6, 6], "{compared:?}");
}

#[test]
fn what_a_failover_and_the_viewers_of_the_plugin_tell() {
    let Some(folder) = folder() else { return };
    let clean = folder.join("active-clean");
    let look = whole(wire::stats(&body(&clean, "proxy-stats-combined.json")));
    let feeds = feeds(&look, &known(&clean));
    let dead = feeds
        .iter()
        .find(|f| f.channel.name.as_deref() == Some("Dead Five"))
        .unwrap();
    assert_eq!(
        (dead.stream.index, dead.stream.name.as_deref()),
        (Some(1), Some("News One HD"))
    );
    assert_eq!(dead.profile, Some(ProfileId(5)));
    let news = feeds.iter().find(|f| f.channel.number == Some(101.0)).unwrap();
    let rates: Vec<_> = news
        .viewers
        .iter()
        .map(|v| (v.sent_bytes, v.mean_bps, v.now_bps))
        .collect();
    // 487.0 and 248.1 KiB/s, 384.1 and 248.3.
    assert_eq!(
        rates,
        [
            (Some(7_164_304), Some(3_989_504), Some(2_032_435)),
            (Some(15_863_816), Some(3_146_547), Some(2_034_074))
        ]
    );
    assert_eq!(news.received_bytes, Some(16_022_032));
    // The radio's player has not got a byte yet; of what is only passed on nothing is known.
    let radio = feeds.iter().find(|f| f.channel.number == Some(104.0)).unwrap();
    assert_eq!(
        (radio.state, radio.viewers[0].sent_bytes),
        (Some(FeedState::Connecting), None)
    );
    assert_eq!(
        (radio.media.fps, radio.media.audio_codec.as_deref()),
        (None, Some("aac"))
    );
    let film = feeds.iter().find(|f| f.kind == FeedKind::Vod).unwrap();
    assert_eq!(
        (film.sent_bytes, film.profile),
        (Some(17_203_200), Some(ProfileId(3)))
    );
}

#[test]
fn the_inventory_is_what_the_plugin_printed() {
    let Some(folder) = folder() else { return };
    let read = inventory(&parts(&folder.join("active-clean")));
    let shown = format!("{read:?}");
    for secret in ["xpass", "std-xc", "stream-xc", "REDACTED", "a@b.test"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let samples = samples(&folder);
    let values = |name: &str, label: &str| -> BTreeMap<String, String> {
        let of_name = samples.iter().filter(|(n, ..)| n == name);
        of_name
            .map(|(_, labels, value)| (labels.get(label).cloned().unwrap_or_default(), value.clone()))
            .collect()
    };
    let same = |name: &str, label: &str, ours: BTreeMap<String, String>| {
        assert_eq!(values(name, label), ours, "{name}");
        assert!(!ours.is_empty());
    };
    let one = |n: Option<u64>| BTreeMap::from([(String::new(), n.unwrap().to_string())]);
    same("dispatcharr_channel_groups", "", one(read.groups));
    let accounts = read.accounts.as_ref().unwrap();
    same(
        "dispatcharr_m3u_account_stream_count",
        "account_id",
        accounts
            .iter()
            .map(|a| (a.id.to_string(), a.streams.unwrap().to_string()))
            .collect(),
    );
    same(
        "dispatcharr_profile_max_connections",
        "profile_id",
        read.profiles()
            .map(|(_, p)| (p.id.to_string(), p.max_connections.unwrap().to_string()))
            .collect(),
    );
    let epg = read.epg_sources.as_ref().unwrap();
    same(
        "dispatcharr_epg_source_priority",
        "source_name",
        epg.iter()
            .map(|e| (e.name.to_string(), e.priority.unwrap().to_string()))
            .collect(),
    );
    // The plugin shows only those who have a password for players.
    let players = read.users.as_ref().unwrap().iter().filter(|u| u.can_play);
    same(
        "dispatcharr_user_stream_limit",
        "username",
        players
            .map(|u| (u.name.to_string(), u.stream_limit.unwrap().to_string()))
            .collect(),
    );
    let levels: Vec<_> = read
        .users
        .iter()
        .flatten()
        .map(|u| (&*u.name, u.level, u.is_staff))
        .collect();
    assert_eq!(
        levels,
        [
            ("streamer", Some("streamer"), Some(false)),
            ("admin", Some("admin"), Some(true)),
            ("standard", Some("standard"), Some(false))
        ]
    );
    details(&read);
}

fn details(read: &Inventory) {
    assert_eq!(
        (read.channels, read.channel_list.as_ref().map(Vec::len)),
        (Some(6), Some(6))
    );
    let panel = read
        .accounts
        .iter()
        .flatten()
        .find(|a| a.kind.as_ref() == "XC")
        .unwrap();
    assert_eq!(
        (panel.username.as_deref(), panel.server_url.as_deref()),
        (Some("xuser"), Some("http://127.0.0.1:18180"))
    );
    assert_eq!(panel.profiles[0].expires_at.unwrap().as_second(), 1_797_834_316);
    assert!(
        panel
            .message
            .as_ref()
            .unwrap()
            .starts_with("Processing completed in 1.5 seconds.")
    );
    let list = read.channel_list.as_ref().unwrap();
    let dead = list.iter().find(|c| &*c.name == "Dead Five").unwrap();
    assert_eq!(
        (dead.group.as_deref(), dead.streams, dead.is_catchup),
        (Some("News"), Some(2), Some(false))
    );
    let plugin = &read.plugins.as_ref().unwrap()[0];
    assert_eq!(
        (&*plugin.key, plugin.is_enabled),
        ("dispatcharr_exporter", Some(true))
    );
}

/// Kinds, names and viewers of every recorded look.
#[test]
fn every_recorded_look_is_read_whole() {
    let Some(folder) = folder() else { return };
    let names = known(&folder.join("active"));
    for (name, live, previews, films) in [
        ("active", 6, 0, 0),
        ("active-clean", 6, 0, 1),
        ("active-vod", 0, 0, 2),
        ("preview", 0, 2, 0),
        ("after-stop", 0, 0, 0),
        ("idle", 0, 0, 0),
        ("idle-clean", 0, 0, 0),
    ] {
        let folder = folder.join(name);
        let look = whole(wire::stats(&body(&folder, "proxy-stats-combined.json")));
        let feeds = feeds(&look, &names);
        let count = |kind| feeds.iter().filter(|f| f.kind == kind).count();
        let counts = (
            count(FeedKind::Live),
            count(FeedKind::Preview),
            count(FeedKind::Vod),
        );
        assert_eq!(counts, (live, previews, films), "{name}");
        assert!(
            feeds
                .iter()
                .all(|f| f.profile.is_some() && f.viewer_count > Some(0) && f.uptime_ms.is_some()),
            "{name}"
        );
        assert!(
            !format!("{feeds:?}").contains("18180"),
            "an address of the provider in {name}"
        );
        // The answers of older versions, asked for one by one, say the same.
        let apart = wire::Stats {
            live: Some(Box::new(whole(wire::live(&body(
                &folder,
                "proxy-ts-status.json",
            ))))),
            vod: Some(Box::new(whole(wire::vod(&body(&folder, "proxy-vod-stats.json"))))),
            catchup: None,
        };
        assert_eq!(on_air(&apart), on_air(&look), "{name}");
        let error = wire::detail(&body(&folder, "proxy-ts-status-detail-404.json")).unwrap_err();
        assert_eq!(error, DecodeError::Missing { field: "channel_id" });
    }
}

#[test]
fn previews_take_a_connection_and_no_channel() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("preview");
    let look = whole(wire::stats(&body(&folder, "proxy-stats-combined.json")));
    let mut names = known(&folder.with_file_name("active-clean"));
    names.set_details([whole(wire::detail(&body(
        &folder,
        "proxy-ts-status-detail-0.json",
    )))]);
    let feeds = feeds(&look, &names);
    let told: Vec<_> = feeds
        .iter()
        .map(|f| (f.channel.id, f.channel.name.as_deref(), f.profile))
        .collect();
    assert_eq!(
        told,
        [
            (None, Some("Film Ünï Kanal"), Some(ProfileId(2))),
            (None, Some("XC Sport 'Two' / 50fps"), Some(ProfileId(3)))
        ]
    );
    assert_eq!(feeds[0].viewers[0].now_bps, Some(2_034_074));
    assert_eq!(feeds[1].viewers[0].now_bps, None);
}

#[test]
fn names_with_quotes_stay_as_they_are() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("active");
    let look = whole(wire::stats(&body(&folder, "proxy-stats-combined.json")));
    let feeds = feeds(&look, &known(&folder));
    let sport = feeds.iter().find(|f| f.channel.number == Some(102.5)).unwrap();
    assert_eq!(sport.channel.name.as_deref(), Some(r#"Sport "Two" \ 50fps"#));
}

#[test]
fn episodes_are_told_apart_from_their_show() {
    let Some(folder) = folder() else { return };
    let look = whole(wire::stats(&body(
        &folder.join("active-vod"),
        "proxy-stats-combined.json",
    )));
    let feeds = feeds(&look, &Names::default());
    let channel = &feeds[0].channel;
    let shown = (
        channel.series.as_deref(),
        channel.season,
        channel.episode,
        channel.name.as_deref(),
    );
    assert_eq!(shown, (Some("Long Show (2020)"), Some(1), Some(1), Some("Pilot")));
    assert_eq!(feeds[1].channel.name.as_deref(), Some("Big Test (2019)"));
}

#[test]
fn more_than_ten_viewers_are_all_in_the_detail() {
    let Some(folder) = folder() else { return };
    let basic = file(&folder, "more-than-10-clients-basic.json");
    let detail = file(&folder, "more-than-10-clients-detail.json");
    let look = live(&json!([basic]));
    let mut names = Names::default();
    let feed = &feeds(&look, &names)[0];
    assert_eq!((feed.viewers.len(), feed.viewer_count), (10, Some(20)));
    names.set_details([whole(wire::detail(detail.to_string().as_bytes()))]);
    let feed = &feeds(&look, &names)[0];
    assert_eq!((feed.viewers.len(), feed.viewer_count), (20, Some(20)));
    assert!(
        feed.viewers
            .iter()
            .all(|v| v.sent_bytes.is_some() && v.mean_bps.is_some() && v.now_bps.is_some())
    );
}

#[test]
fn failures_are_no_answers_but_a_dead_redis_looks_idle() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("failures");
    let text = |file: &Value, path: &str| file[path]["body"].as_str().unwrap().as_bytes().to_vec();
    let down = file(&folder, "postgres-down.json");
    for path in [
        "/proxy/stats/",
        "/proxy/ts/status",
        "/proxy/vod/stats/",
        "/api/core/version/",
    ] {
        let body = text(&down, path);
        let title = Some("Server Error (500)".to_owned());
        assert_eq!(
            wire::stats(&body).unwrap_err(),
            DecodeError::Html { title },
            "{path}"
        );
    }
    // It cannot be told from an idle one by this answer; whoever asks must ask further.
    for name in ["redis-down.json", "postgres-back.json"] {
        let look = whole(wire::stats(&text(&file(&folder, name), "/proxy/stats/")));
        assert_eq!(feeds(&look, &Names::default()).len(), 0, "{name}");
        let version = wire::object::<wire::Version>(&text(&file(&folder, name), "/api/core/version/"));
        assert_eq!(whole(version).version.as_deref(), Some("0.29.0"));
    }
}

#[test]
fn further_recordings() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("extra");
    let mut names = Names::default();
    names.add_streams(whole(wire::list(&body(&folder, "streams-by-ids.json"))));
    names.set_programmes(whole(wire::list::<wire::Programme>(&body(
        &folder,
        "current-programs-uuids.json",
    ))));
    names.add_channels(whole(wire::list::<wire::ChannelRow>(&body(
        &folder,
        "summary-with-override.json",
    ))));
    // The recording was made ten minutes after the start of this one.
    let feed = one(&json!({"stream_id": 3}), &names);
    assert_eq!(feed.stream.name.as_deref(), Some("Film Ünï Kanal"));
    assert_eq!(feed.media.output_bitrate_bps, Some(1_854_000));
    assert_eq!(
        (feed.channel.number, feed.programme.is_some()),
        (Some(101.0), true)
    );
    let page = whole(wire::object::<wire::ChannelPage>(&body(
        &folder,
        "channels-count-page1.json",
    )));
    assert!(page.count > Some(0));
    for refused in [
        "token-bad-password.json",
        "token-refresh-bad.json",
        "token-throttled.json",
    ] {
        let token = whole(wire::object::<wire::Token>(&body(&folder, refused)));
        assert!(token.access.is_none() && token.refresh.is_none(), "{refused}");
    }
}
