//! What is on the air.

use serde_json::{Map, Value, json};

use super::{iso_seconds, rounded, seconds};
use crate::dispatcharr::seed::{FFMPEG, Media};
use crate::dispatcharr::world::{CHUNK, Client, Content, Feed, Kind, Shift, State, Vod};

/// Clients the list shows of one channel.
const LISTED: usize = 10;

/// `1.80 Mbps`, `80.34 Kbps`.
fn bitrate_words(kbps: f64) -> String {
    if kbps > 1_000.0 {
        format!("{:.2} Mbps", kbps / 1_000.0)
    } else {
        format!("{kbps:.2} Kbps")
    }
}

/// `15.35 MB`, `407.58 KB`.
fn size_words(bytes: u64) -> String {
    let kib = bytes as f64 / 1_024.0;
    if kib < 1_024.0 {
        format!("{kib:.2} KB")
    } else {
        format!("{:.2} MB", kib / 1_024.0)
    }
}

fn put(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    map.insert(key.to_owned(), value.into());
}

/// `/proxy/ts/status`: the list.
pub(crate) fn basic(state: &State, now_ms: i64) -> Value {
    let channels: Vec<Value> = state.feeds.values().map(|f| channel(state, f, now_ms)).collect();
    json!({ "count": channels.len(), "channels": channels })
}

/// The WebSocket's copy of the list: JSON in a string in JSON.
pub(crate) fn channel_stats(state: &State, now_ms: i64) -> Value {
    let stats = basic(state, now_ms).to_string();
    json!({ "type": "update", "data": { "success": true, "type": "channel_stats", "stats": stats } })
}

pub(crate) fn vod_update(state: &State, now_ms: i64) -> Value {
    let stats = vod(state, now_ms).to_string();
    json!({ "type": "update", "data": { "type": "vod_stats", "stats": stats } })
}

pub(crate) fn timeshift_stats(state: &State, now_ms: i64) -> Value {
    let stats = timeshift(state, now_ms).to_string();
    json!({ "type": "update", "data": { "type": "timeshift_stats", "stats": stats } })
}

/// `/proxy/stats/`.
pub(crate) fn combined(state: &State, now_ms: i64) -> Value {
    json!({
        "live": basic(state, now_ms),
        "vod": vod(state, now_ms),
        "catchup": timeshift(state, now_ms),
        "timestamp": seconds(now_ms),
    })
}

/// What both the list and the details show of a feed.
fn common(state: &State, feed: &Feed, now_ms: i64) -> Map<String, Value> {
    let mut map = Map::new();
    put(&mut map, "channel_id", feed.key.clone());
    put(&mut map, "state", feed.state(now_ms).0);
    put(&mut map, "url", feed.url.clone());
    // A number in a string, here and in Redis.
    put(&mut map, "stream_profile", feed.stream_profile.to_string());
    put(&mut map, "owner", feed.owner.clone());
    put(&mut map, "client_count", feed.clients.len());
    put(&mut map, "uptime", seconds(now_ms - feed.init_ms));
    put(&mut map, "started_at", seconds(feed.init_ms));
    put(&mut map, "m3u_profile_id", feed.profile);
    put(&mut map, "stream_id", feed.stream);
    put(&mut map, "stream_name", feed.stream_name.clone());
    if state.have.version >= (0, 24, 0) {
        put(&mut map, "channel_name", feed.name.clone());
    }
    let bytes = feed.total_bytes(now_ms);
    put(&mut map, "buffer_index", bytes / CHUNK);
    if bytes > 0 && now_ms > feed.init_ms {
        let kbps = bytes as f64 * 8.0 / (now_ms - feed.init_ms) as f64;
        put(&mut map, "total_bytes", bytes);
        put(&mut map, "avg_bitrate_kbps", kbps);
        put(&mut map, "avg_bitrate", bitrate_words(kbps));
    }
    map
}

/// Codecs are known once bytes flow, and only if something looks into them.
fn is_looked_into(feed: &Feed, now_ms: i64) -> bool {
    feed.stream_profile == FFMPEG && feed.state(now_ms).0 != "initializing"
}

fn channel(state: &State, feed: &Feed, now_ms: i64) -> Value {
    let mut map = common(state, feed, now_ms);
    // Told by the process that owns the feed only: half of the requests reach it.
    if feed.owner.ends_with('4') {
        put(&mut map, "healthy", feed.is_flowing(now_ms));
    }
    let clients: Vec<Value> = feed
        .clients
        .iter()
        .take(LISTED)
        .map(|c| Value::Object(client(state, c)))
        .collect();
    put(&mut map, "clients", clients);
    if is_looked_into(feed, now_ms) {
        if let Some(video) = &feed.media.video {
            put(&mut map, "video_codec", video.codec);
            put(
                &mut map,
                "resolution",
                format!("{}x{}", video.width, video.height),
            );
            put(&mut map, "source_fps", video.fps);
            put(&mut map, "ffmpeg_speed", feed.speed);
        }
        put(&mut map, "audio_codec", feed.media.audio_codec);
        put(&mut map, "audio_channels", feed.media.audio_channels);
        put(&mut map, "stream_type", "mpegts");
    }
    Value::Object(map)
}

fn client(state: &State, client: &Client) -> Map<String, Value> {
    let mut map = Map::new();
    put(&mut map, "client_id", client.id.clone());
    put(&mut map, "user_agent", client.viewer.user_agent.clone());
    put(&mut map, "output_format", "mpegts");
    put(&mut map, "ip_address", client.viewer.ip.clone());
    put(&mut map, "connected_at", seconds(client.connected_ms));
    if state.have.version >= (0, 22, 0) {
        put(&mut map, "user_id", client.viewer.user.unwrap_or(0).to_string());
    }
    put(&mut map, "output_profile_id", Value::Null);
    map
}

/// `/proxy/ts/status/{id}`: all clients, and figures as strings.
pub(crate) fn detail(state: &State, key: &str, now_ms: i64) -> Option<Value> {
    let feed = state.feeds.get(key)?;
    let mut map = common(state, feed, now_ms);
    put(&mut map, "m3u_profile_name", feed.profile_name.clone());
    let (_, since_ms) = feed.state(now_ms);
    put(&mut map, "state_changed_at", seconds(since_ms));
    put(&mut map, "state_duration", seconds(now_ms - since_ms));
    let bytes = feed.total_bytes(now_ms);
    if bytes > 0 {
        put(&mut map, "total_data", size_words(bytes));
    }
    let clients: Vec<Value> = feed
        .clients
        .iter()
        .map(|c| client_detail(state, feed, c, now_ms))
        .collect();
    put(&mut map, "clients", clients);
    let unreadable = "'utf-8' codec can't decode byte 0x81 in position 8: invalid start byte";
    put(
        &mut map,
        "buffer_stats",
        json!({
            "chunks": bytes / CHUNK, "diagnostics": { "exception": unreadable }, "error": unreadable,
            "latest_chunk_ttl": 60,
        }),
    );
    if feed.owner.ends_with('4') {
        put(
            &mut map,
            "local_manager",
            json!({
                "healthy": feed.is_flowing(now_ms), "connected": true, "last_data_time": seconds(now_ms - 26),
                "last_data_age": 0.026,
            }),
        );
    }
    if is_looked_into(feed, now_ms) {
        detail_media(&mut map, feed);
    }
    Some(Value::Object(map))
}

fn detail_media(map: &mut Map<String, Value>, feed: &Feed) {
    let media = &feed.media;
    if let Some(video) = &media.video {
        put(map, "video_codec", video.codec);
        put(map, "resolution", format!("{}x{}", video.width, video.height));
        put(map, "source_fps", decimal(video.fps));
        put(map, "pixel_format", video.pixel_format);
        put(map, "ffmpeg_speed", decimal(feed.speed));
        put(map, "ffmpeg_fps", decimal(rounded(video.fps * feed.speed, 1)));
        put(map, "actual_fps", decimal(video.fps));
    }
    put(map, "audio_codec", media.audio_codec);
    put(map, "sample_rate", media.sample_rate.to_string());
    put(map, "audio_channels", media.audio_channels);
    put(map, "audio_bitrate", decimal(media.audio_kbps));
    put(map, "stream_type", "mpegts");
}

/// A float as Python writes it: `25.0`.
pub(crate) fn decimal(x: f64) -> String {
    format!("{x:?}")
}

fn client_detail(state: &State, feed: &Feed, who: &Client, now_ms: i64) -> Value {
    let mut map = client(state, who);
    put(&mut map, "worker_id", feed.owner.clone());
    let sent = feed.sent(who, now_ms);
    let active_ms = sent.map_or(who.connected_ms, |s| s.at_ms);
    put(&mut map, "last_active", seconds(active_ms));
    put(&mut map, "last_active_ago", seconds(now_ms - active_ms));
    if let Some(sent) = sent {
        put(&mut map, "bytes_sent", sent.bytes);
        put(&mut map, "avg_rate_KBps", sent.mean_kib_s);
        put(&mut map, "current_rate_KBps", sent.now_kib_s);
    }
    Value::Object(map)
}

/// `stream_stats` of a stream that has run for a while.
pub(crate) fn stream_stats(media: &Media) -> Value {
    let mut map = Map::new();
    if let Some(video) = &media.video {
        put(&mut map, "video_codec", video.codec);
        put(
            &mut map,
            "resolution",
            format!("{}x{}", video.width, video.height),
        );
        put(&mut map, "source_fps", video.fps);
        put(&mut map, "pixel_format", video.pixel_format);
        put(&mut map, "ffmpeg_output_bitrate", media.kbps);
    }
    put(&mut map, "audio_codec", media.audio_codec);
    put(&mut map, "sample_rate", media.sample_rate);
    put(&mut map, "audio_channels", media.audio_channels);
    put(&mut map, "audio_bitrate", media.audio_kbps);
    put(&mut map, "stream_type", "mpegts");
    Value::Object(map)
}

/// `/proxy/vod/stats/`: by content.
pub(crate) fn vod(state: &State, now_ms: i64) -> Value {
    let mut groups: Vec<Value> = Vec::new();
    for vod in state.vods.values() {
        let connection = connection(state, vod, now_ms);
        let group = groups
            .iter_mut()
            .find(|g| g["content_uuid"] == vod.content.uuid.as_str());
        if let Some(group) = group {
            if let Some(list) = group["connections"].as_array_mut() {
                list.push(connection);
                group["connection_count"] = json!(list.len());
            }
            continue;
        }
        let mut group = content(&vod.content);
        put(&mut group, "connection_count", 1);
        put(&mut group, "connections", vec![connection]);
        groups.push(Value::Object(group));
    }
    json!({
        "vod_connections": groups, "total_connections": state.vods.len(), "timestamp": seconds(now_ms),
    })
}

fn content(content: &Content) -> Map<String, Value> {
    let logo = format!("http://images.example/{}.png", content.uuid);
    let (kind, name, metadata) = match &content.kind {
        Kind::Movie => {
            let metadata = json!({
                "year": content.year, "rating": "7.1", "genre": "Drama", "duration_secs": content.duration_s,
                "description": "A \"small\" story", "logo_url": logo, "tmdb_id": "12345", "imdb_id": null,
            });
            ("movie", content.name.clone(), metadata)
        }
        Kind::Episode {
            series,
            season,
            episode,
        } => {
            let metadata = json!({
                "series_name": series, "episode_name": content.name, "season_number": season,
                "episode_number": episode, "air_date": null, "rating": null,
                "duration_secs": content.duration_s, "description": "An episode", "logo_url": logo,
                "series_year": content.year, "series_genre": "Comedy", "tmdb_id": null, "imdb_id": null,
            });
            // The show is named twice.
            ("episode", format!("{series} - {}", content.name), metadata)
        }
    };
    let mut map = Map::new();
    put(&mut map, "content_type", kind);
    put(&mut map, "content_name", name);
    put(&mut map, "content_uuid", content.uuid.clone());
    put(&mut map, "content_metadata", metadata);
    map
}

fn connection(state: &State, vod: &Vod, now_ms: i64) -> Value {
    let mut map = content(&vod.content);
    if let Some((account, profile)) = state.profile(vod.profile) {
        put(
            &mut map,
            "m3u_profile",
            json!({
                "profile_name": profile.name, "account_name": account.name, "account_id": account.id,
                "max_streams": profile.max_streams, "m3u_profile_id": profile.id,
            }),
        );
    }
    let user = vod
        .viewer
        .user
        .map_or_else(|| "unknown".to_owned(), |u| u.to_string());
    let rest = json!({
        "client_id": vod.session, "client_ip": vod.viewer.ip, "user_id": user,
        "user_agent": vod.viewer.user_agent,
        // Times and the login's number are strings here, and numbers elsewhere.
        "connected_at": decimal(seconds(vod.since_ms)),
        "last_activity": decimal(seconds(vod.active_ms(now_ms))),
        "m3u_profile_id": vod.profile.to_string(),
        "position_seconds": 0, "last_known_position": 0, "last_position_update": null,
        "bytes_sent": vod.sent_bytes(now_ms), "last_seek_byte": 0, "last_seek_percentage": 0.0,
        "total_content_size": 0, "last_seek_timestamp": 0.0,
        "duration": (now_ms - vod.since_ms) / 1_000,
    });
    if let Value::Object(rest) = rest {
        map.extend(rest);
    }
    Value::Object(map)
}

/// `/proxy/catchup/stats/`.
pub(crate) fn timeshift(state: &State, now_ms: i64) -> Value {
    let sessions: Vec<Value> = state.shifts.values().map(|s| session(state, s, now_ms)).collect();
    json!({
        "total_connections": sessions.len(), "timeshift_sessions": sessions, "timestamp": seconds(now_ms),
    })
}

/// `2026-11-21:05-00`.
fn programme_start(ms: i64) -> String {
    iso_seconds(ms)
        .chars()
        .take(16)
        .map(|c| match c {
            'T' => ':',
            ':' => '-',
            c => c,
        })
        .collect()
}

fn session(state: &State, shift: &Shift, now_ms: i64) -> Value {
    let video = shift.media.video.as_ref();
    let bytes = shift.bytes(now_ms);
    let age_ms = now_ms - shift.since_ms;
    let kbps = if age_ms > 0 {
        bytes as f64 * 8.0 / age_ms as f64
    } else {
        0.0
    };
    let profile = state.profile(shift.profile).map_or_else(
        || json!({}),
        |(account, profile)| {
            json!({
                "profile_name": profile.name, "account_name": account.name, "account_id": account.id,
                "m3u_profile_id": profile.id,
            })
        },
    );
    json!({
        "session_id": shift.session, "stats_channel_id": format!("{}_{}", shift.channel, shift.session),
        "channel_id": shift.channel, "channel_uuid": shift.channel_uuid, "channel_name": shift.channel_name,
        "logo_id": shift.channel,
        // The form in which players ask for it.
        "programme_start": programme_start(shift.programme_ms),
        "position_anchor_at": seconds(shift.since_ms), "playback_base_secs": 0.0,
        "paused": shift.paused_ms.is_some(),
        "resolution": video.map(|v| format!("{}x{}", v.width, v.height)), "source_fps": video.map(|v| v.fps),
        "video_codec": video.map(|v| v.codec), "audio_codec": shift.media.audio_codec,
        "audio_channels": shift.media.audio_channels, "stream_type": "mpegts", "connection_count": 1,
        "connections": [{
            "client_id": shift.session, "session_id": shift.session, "ip_address": shift.viewer.ip,
            "user_agent": shift.viewer.user_agent, "user_id": shift.viewer.user.unwrap_or(0).to_string(),
            "username": state.user_name(shift.viewer.user).unwrap_or("unknown"),
            "connected_at": seconds(shift.since_ms), "duration": age_ms / 1_000, "bytes_streamed": bytes,
            "avg_bitrate_kbps": rounded(kbps, 2), "m3u_profile": profile, "m3u_profile_id": shift.profile,
        }],
    })
}
