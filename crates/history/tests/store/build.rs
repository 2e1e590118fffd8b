//! Plays to keep.

use std::sync::Arc;

use model::{
    Decision, Origin, Reason, Record, RecordClient, RecordItem, RecordKind, RecordStream, Scalar, Segment,
    SourceId, Text, Timestamp,
};

/// 2025-01-01.
pub(crate) const START_MS: i64 = 1_735_689_600_000;

pub(crate) fn item(rating_key: i64) -> RecordItem {
    RecordItem {
        kind: RecordKind::Movie,
        live: false,
        rating_key: Some(rating_key),
        parent_rating_key: None,
        grandparent_rating_key: None,
        guid: Some(format!("plex://movie/{rating_key}").into()),
        title: Some(format!("Film {rating_key}").into()),
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        full_title: format!("Film {rating_key}").into(),
        media_index: None,
        parent_media_index: None,
        year: Some(1999),
        duration_ms: Some(6_000_000),
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: [("summary".into(), Scalar::Text("\"Quoted\", and\nmore".into()))].into(),
    }
}

/// The `n`th play: of user 7, of film 1, an hour after the one before.
pub(crate) fn record(n: i64) -> Record {
    let started_ms = START_MS + n * 3_600_000;
    Record {
        server: SourceId::from("attic"),
        origin: Origin::Recorded,
        origin_key: format!("play-{n}").into(),
        wanted_id: None,
        started_ms,
        stopped_ms: Some(started_ms + 600_000),
        paused_ms: Some(5_000),
        buffering_ms: None,
        view_offset_ms: Some(600_000),
        user_id: Some(7),
        user: Some("ada".into()),
        ip_address: Some("10.0.0.9".into()),
        section_id: Some(1),
        item: Arc::new(item(1)),
        client: Arc::new(client()),
        stream: Arc::new(stream()),
        location: Some("lan".into()),
        secure: Some(true),
        relayed: Some(false),
        bandwidth_kbps: Some(9_000),
        quality_profile: Some("Original".into()),
        bytes: Some(1 << 40),
        segments: Vec::new(),
    }
}

pub(crate) fn client() -> RecordClient {
    RecordClient {
        machine_id: Some("m1".into()),
        player: Some("Den".into()),
        product: Some("Plex for TV".into()),
        product_version: Some("1.2".into()),
        platform: Some("tvOS".into()),
        platform_version: None,
        profile: None,
    }
}

pub(crate) fn stream() -> RecordStream {
    let text = |t: &str| Scalar::Text(t.into());
    RecordStream {
        decision: Some(Decision::Transcode),
        source_resolution: Some("1080p".into()),
        stream_resolution: Some("720p".into()),
        fields: [
            (Text::from("video_codec"), text("hevc")),
            ("bitrate".into(), Scalar::Int(10_726)),
            ("width".into(), text("1920")),
            ("subtitles".into(), Scalar::Int(1)),
            ("video_decision".into(), text("transcode")),
        ]
        .into(),
    }
}

pub(crate) fn segment(n: i64) -> Segment {
    Segment {
        started_at: Timestamp::from_millisecond(START_MS + n).unwrap(),
        decision: Some(Decision::Copy),
        resolution: Some("1080p".into()),
        bitrate_bps: Some(4_000_000),
        video_codec: Some("h264".into()),
        audio_codec: None,
        reasons: vec![Reason::AudioCodec, Reason::Quality],
        played_ms: 90_000,
    }
}
