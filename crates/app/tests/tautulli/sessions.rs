//! What played while some of the recordings were made, as the source would have seen it.

use std::sync::Arc;

use model::{
    AudioStream, Decision, Delivery, Item, ItemDetails, LibraryKind, LibraryRef, MediaKind, Network, Player,
    Session, SourceMedia, State, Text, Transcode, User, VideoStream,
};

use crate::ordered::Json;

fn text(of: &Json, name: &str) -> Option<Text> {
    Some(of.get(name).plain())
        .filter(|t| !t.is_empty())
        .map(Into::into)
}

fn number<T: std::str::FromStr>(of: &Json, name: &str) -> Option<T> {
    text(of, name)?.parse().ok()
}

/// A recorded session, as far as a session of ours goes.
pub(crate) fn session(of: &Json) -> Session {
    let lan = of.get("location").plain() == "lan";
    Session {
        key: of.get("session_key").plain().as_str().into(),
        client_run: text(of, "session_id"),
        state: match of.get("state").plain().as_str() {
            "paused" => State::Paused,
            _ => State::Playing,
        },
        position_ms: number(of, "view_offset"),
        item: Arc::new(item(of)),
        user: Some(User {
            id: text(of, "user_id"),
            name: text(of, "user").unwrap(),
        }),
        player: Arc::new(Player {
            machine_id: text(of, "machine_id"),
            title: text(of, "player"),
            product: text(of, "product"),
            platform: text(of, "platform"),
            device: text(of, "device"),
            version: text(of, "product_version"),
            address: text(of, "ip_address"),
            local: Some(of.get("local").int() == 1),
            secure: Some(of.get("secure").int() == 1),
            network: Some(if lan { Network::Lan } else { Network::Wan }),
            location: text(of, "location"),
        }),
        source: Arc::new(SourceMedia {
            container: text(of, "container"),
            bitrate_bps: number::<u64>(of, "bitrate").map(|kbps| kbps * 1000),
            video_codec: text(of, "video_codec"),
            video_resolution: text(of, "video_resolution"),
            dynamic_range: text(of, "video_dynamic_range"),
            audio_codec: text(of, "audio_codec"),
            audio_channels: number(of, "audio_channels"),
            subtitle_codec: None,
        }),
        delivery: Arc::new(delivery(of)),
    }
}

fn item(of: &Json) -> Item {
    let kind = match of.get("media_type").plain().as_str() {
        "episode" => MediaKind::Episode,
        _ => MediaKind::Movie,
    };
    Item {
        rating_key: text(of, "rating_key"),
        guid: text(of, "guid"),
        kind,
        title: text(of, "title"),
        parent_title: text(of, "parent_title"),
        grandparent_title: text(of, "grandparent_title"),
        original_title: None,
        index: number(of, "media_index"),
        parent_index: number(of, "parent_media_index"),
        year: number(of, "year"),
        duration_ms: number(of, "duration"),
        library: Some(LibraryRef {
            id: of.get("section_id").plain().as_str().into(),
            title: text(of, "library_name").unwrap(),
            kind: LibraryKind::Movie,
        }),
        thumb: text(of, "thumb"),
        live: None,
        extra: false,
        details: ItemDetails {
            parent_rating_key: text(of, "parent_rating_key"),
            grandparent_rating_key: text(of, "grandparent_rating_key"),
            thumb: text(of, "thumb"),
            parent_thumb: text(of, "parent_thumb"),
            grandparent_thumb: text(of, "grandparent_thumb"),
            art: text(of, "art"),
            content_rating: text(of, "content_rating"),
            studio: text(of, "studio"),
            originally_available_at: text(of, "originally_available_at"),
            added_at_s: number(of, "added_at"),
        },
    }
}

fn decision(of: &Json, name: &str) -> Option<Decision> {
    match of.get(name).plain().as_str() {
        "direct play" => Some(Decision::DirectPlay),
        "copy" => Some(Decision::Copy),
        "transcode" => Some(Decision::Transcode),
        _ => None,
    }
}

fn delivery(of: &Json) -> Delivery {
    let flag = |name: &str| Some(of.get(name).int() == 1);
    let key = text(of, "transcode_key");
    let ready = of.get("transcode_max_offset_available").int() * 1000;
    Delivery {
        decision: decision(of, "transcode_decision"),
        container_decision: decision(of, "container_decision"),
        container: text(of, "transcode_container").or_else(|| text(of, "stream_container")),
        protocol: text(of, "transcode_protocol"),
        bitrate_bps: number::<u64>(of, "stream_bitrate").map(|kbps| kbps * 1000),
        reserved_bps: number::<u64>(of, "bandwidth").map(|kbps| kbps * 1000),
        video: Some(VideoStream {
            decision: decision(of, "video_decision"),
            codec: text(of, "stream_video_codec"),
            resolution: text(of, "stream_video_resolution"),
            width: number(of, "stream_video_width"),
            height: number(of, "stream_video_height"),
        }),
        audio: Some(AudioStream {
            decision: decision(of, "audio_decision"),
            codec: text(of, "stream_audio_codec"),
            channels: number(of, "stream_audio_channels"),
            language: text(of, "stream_audio_language"),
        }),
        subtitle: None,
        transcode: key.map(|key| Transcode {
            key: key.strip_prefix("/transcode/sessions/").map(Into::into),
            speed: number(of, "transcode_speed"),
            throttled: flag("transcode_throttled"),
            complete: None,
            progress_percent: Some(of.get("transcode_progress").int() as f64),
            buffer_ahead_ms: Some(ready - number::<i64>(of, "view_offset").unwrap()),
            hw_requested: flag("transcode_hw_requested"),
            hw_decode: text(of, "transcode_hw_decode"),
            hw_encode: text(of, "transcode_hw_encode"),
            hw_full_pipeline: flag("transcode_hw_full_pipeline"),
            reasons: Vec::new(),
        }),
        ..Delivery::default()
    }
}
