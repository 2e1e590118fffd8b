//! The keys a real one would hold in its Redis at this moment, for a test that loads them into a real server.

use std::collections::BTreeMap;

use super::render::decimal;
use super::world::{CHUNK, Feed, Shift, State, Vod, World};

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisValue {
    Text(String),
    Set(Vec<String>),
    Hash(BTreeMap<String, String>),
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisKey {
    pub name: String,
    pub value: RedisValue,
    /// Seconds left; `None`: for ever.
    pub ttl_s: Option<u32>,
}

impl World {
    /// Everything that belongs to what is on the air, and the counters of the logins.
    pub fn redis_keys(&self) -> Vec<RedisKey> {
        let now_ms = self.now_ms();
        let state = self.lock();
        let mut keys = Vec::new();
        let prefix = if state.have.version >= (0, 25, 0) {
            "live"
        } else {
            "ts_proxy"
        };
        for feed in state.feeds.values() {
            live(&mut keys, prefix, feed, now_ms);
        }
        for vod in state.vods.values() {
            film(&mut keys, vod, now_ms);
        }
        for shift in state.shifts.values() {
            timeshift(&mut keys, &state, shift, now_ms);
        }
        for profile in state.have.accounts.iter().flat_map(|a| &a.profiles) {
            // Written with the first stream; an unlimited login has none.
            if profile.max_streams > 0 {
                let count = state.reserved(profile.id).to_string();
                text(
                    &mut keys,
                    format!("profile_connections:{}", profile.id),
                    count,
                    None,
                );
            }
        }
        keys
    }
}

fn text(keys: &mut Vec<RedisKey>, name: String, value: String, ttl_s: Option<u32>) {
    keys.push(RedisKey {
        name,
        value: RedisValue::Text(value),
        ttl_s,
    });
}

fn hash(keys: &mut Vec<RedisKey>, name: String, fields: Vec<(&str, String)>, ttl_s: u32) {
    let fields = fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    keys.push(RedisKey {
        name,
        value: RedisValue::Hash(fields),
        ttl_s: Some(ttl_s),
    });
}

/// Seconds with a fraction.
fn seconds(ms: i64) -> String {
    decimal(ms as f64 / 1_000.0)
}

fn live(keys: &mut Vec<RedisKey>, prefix: &str, feed: &Feed, now_ms: i64) {
    let name = |rest: &str| format!("{prefix}:channel:{}:{rest}", feed.key);
    // Of a preview, the stream's number stands where a channel's should.
    let holder = feed.channel.unwrap_or(feed.stream);
    text(
        keys,
        format!("channel_stream:{holder}"),
        feed.stream.to_string(),
        None,
    );
    text(
        keys,
        format!("stream_profile:{}", feed.stream),
        feed.profile.to_string(),
        None,
    );
    hash(keys, name("metadata"), metadata(feed, now_ms), 30);
    text(keys, name("owner"), feed.owner.clone(), Some(30));
    text(keys, name("last_data"), seconds(now_ms - 26), Some(60));
    let index = feed.total_bytes(now_ms) / CHUNK;
    text(keys, name("input:buffer:index"), index.to_string(), None);
    keys.push(RedisKey {
        name: name("clients"),
        value: RedisValue::Set(feed.clients.iter().map(|c| c.id.clone()).collect()),
        ttl_s: Some(58),
    });
    for client in &feed.clients {
        let mut fields = vec![
            ("user_agent", client.viewer.user_agent.clone()),
            ("ip_address", client.viewer.ip.clone()),
            ("connected_at", seconds(client.connected_ms)),
            ("worker_id", feed.owner.clone()),
            ("user_id", client.viewer.user.unwrap_or(0).to_string()),
            ("output_format", "mpegts".to_owned()),
            ("output_profile_id", String::new()),
        ];
        let sent = feed.sent(client, now_ms);
        let active_ms = sent.map_or(client.connected_ms, |s| s.at_ms);
        fields.push(("last_active", seconds(active_ms)));
        if let Some(sent) = sent {
            fields.extend([
                ("bytes_sent", sent.bytes.to_string()),
                ("chunks_sent", sent.chunks.to_string()),
                ("avg_rate_KBps", decimal(sent.mean_kib_s)),
                ("current_rate_KBps", decimal(sent.now_kib_s)),
                ("stats_updated_at", seconds(sent.at_ms)),
            ]);
        }
        hash(keys, name(&format!("clients:{}", client.id)), fields, 58);
    }
}

fn metadata(feed: &Feed, now_ms: i64) -> Vec<(&'static str, String)> {
    let (state, since_ms) = feed.state(now_ms);
    let mut fields = vec![
        ("channel_name", feed.name.clone()),
        ("state", state.to_owned()),
        ("state_changed_at", seconds(since_ms)),
        ("url", feed.url.clone()),
        ("stream_profile", feed.stream_profile.to_string()),
        ("m3u_profile", feed.profile.to_string()),
        ("stream_id", feed.stream.to_string()),
        ("stream_name", feed.stream_name.clone()),
        ("owner", feed.owner.clone()),
        ("init_time", seconds(feed.init_ms)),
        ("last_active", seconds(now_ms)),
        ("total_bytes", feed.total_bytes(now_ms).to_string()),
        ("buffer_chunks", "4".to_owned()),
        ("user_agent", "VLC/3.0.20".to_owned()),
    ];
    if let Some((at_ms, why)) = feed.switched {
        fields.extend([
            ("stream_switch_time", seconds(at_ms)),
            ("stream_switch_reason", why.to_owned()),
        ]);
    }
    if feed.stream_profile != super::seed::FFMPEG {
        return fields;
    }
    let media = &feed.media;
    if let Some(video) = &media.video {
        fields.extend([
            ("video_codec", video.codec.to_owned()),
            ("resolution", format!("{}x{}", video.width, video.height)),
            ("width", video.width.to_string()),
            ("height", video.height.to_string()),
            ("source_fps", decimal(video.fps)),
            ("pixel_format", video.pixel_format.to_owned()),
            ("ffmpeg_speed", decimal(feed.speed)),
            ("ffmpeg_fps", decimal(video.fps)),
            ("actual_fps", decimal(video.fps)),
            ("ffmpeg_output_bitrate", decimal(media.kbps)),
            ("ffmpeg_stats_updated", seconds(now_ms)),
        ]);
    }
    fields.extend([
        ("audio_codec", media.audio_codec.to_owned()),
        ("audio_channels", media.audio_channels.to_owned()),
        ("audio_bitrate", decimal(media.audio_kbps)),
        ("sample_rate", media.sample_rate.to_string()),
        ("stream_type", "mpegts".to_owned()),
        ("stream_info_updated", seconds(feed.init_ms)),
    ]);
    fields
}

fn film(keys: &mut Vec<RedisKey>, vod: &Vod, now_ms: i64) {
    let kind = match vod.content.kind {
        super::world::Kind::Movie => "movie",
        super::world::Kind::Episode { .. } => "episode",
    };
    let url = "http://panel-3.example:8080/movie/panel-user-3/planted-panel-password-3/5001.mp4";
    let user = vod
        .viewer
        .user
        .map_or_else(|| "unknown".to_owned(), |u| u.to_string());
    let fields = vec![
        ("session_id", vod.session.clone()),
        ("active_streams", u32::from(vod.is_open).to_string()),
        ("bytes_sent", vod.sent_bytes(now_ms).to_string()),
        ("client_ip", vod.viewer.ip.clone()),
        ("client_user_agent", vod.viewer.user_agent.clone()),
        ("connection_type", "redis_backed".to_owned()),
        ("content_name", vod.content.name.clone()),
        ("content_obj_type", kind.to_owned()),
        ("content_type", "video/mp4".to_owned()),
        ("content_uuid", vod.content.uuid.clone()),
        ("created_at", seconds(vod.since_ms)),
        ("last_activity", seconds(vod.active_ms(now_ms))),
        ("m3u_profile_id", vod.profile.to_string()),
        ("stream_url", url.to_owned()),
        ("final_url", url.to_owned()),
        ("user_id", user),
        ("worker_id", "dispatcharr-23391".to_owned()),
    ];
    hash(
        keys,
        format!("vod_persistent_connection:{}", vod.session),
        fields,
        3_600,
    );
}

fn timeshift(keys: &mut Vec<RedisKey>, state: &State, shift: &Shift, now_ms: i64) {
    let id = format!("{}_{}", shift.channel, shift.session);
    let name = |rest: &str| format!("timeshift:channel:{id}:{rest}");
    let fields = vec![
        ("channel_id", shift.channel.to_string()),
        ("channel_uuid", shift.channel_uuid.clone()),
        ("channel_name", shift.channel_name.clone()),
        ("state", "active".to_owned()),
        ("init_time", seconds(shift.since_ms)),
        ("m3u_profile", shift.profile.to_string()),
        ("stream_id", shift.stream.to_string()),
        ("total_bytes", shift.bytes(now_ms).to_string()),
    ];
    hash(keys, name("metadata"), fields, 60);
    keys.push(RedisKey {
        name: name("clients"),
        value: RedisValue::Set(vec![shift.session.clone()]),
        ttl_s: Some(60),
    });
    let mut fields = vec![
        ("ip_address", shift.viewer.ip.clone()),
        ("user_agent", shift.viewer.user_agent.clone()),
        ("user_id", shift.viewer.user.unwrap_or(0).to_string()),
        (
            "username",
            state.user_name(shift.viewer.user).unwrap_or("unknown").to_owned(),
        ),
        ("connected_at", seconds(shift.since_ms)),
    ];
    if shift.paused_ms.is_some() {
        fields.push(("paused", "1".to_owned()));
    }
    hash(keys, name(&format!("clients:{}", shift.session)), fields, 60);
}
