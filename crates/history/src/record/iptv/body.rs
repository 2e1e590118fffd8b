//! What runs are made of, as text in the store.

use std::sync::Arc;

use model::FeedKey;
use model::iptv::{Channel, Feed, FeedKind, FeedMedia, FeedState, FeedStream, ProfileId, ViewKey, Viewer};
use serde_json::Value;

use super::super::json::{In, Out};

pub(super) fn channel_to_json(c: &Channel) -> String {
    Out::default()
        .number("id", c.id)
        .text("uuid", c.uuid.as_ref())
        .text("name", c.name.as_ref())
        .number("number", c.number)
        .text("group", c.group.as_ref())
        .text("logo", c.logo.as_ref())
        .text("content_type", c.content_type.as_ref())
        .text("series", c.series.as_ref())
        .number("season", c.season)
        .number("episode", c.episode)
        .number("year", c.year)
        .number("duration_ms", c.duration_ms)
        .value()
        .to_string()
}

/// Nothing is known of what cannot be read.
pub(crate) fn channel_from_json(json: &str) -> Channel {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let Some(o) = In::of(&value) else {
        return Channel::default();
    };
    Channel {
        id: o.signed("id"),
        uuid: o.text("uuid"),
        name: o.text("name"),
        number: o.float("number"),
        group: o.text("group"),
        logo: o.text("logo"),
        content_type: o.text("content_type"),
        series: o.text("series"),
        season: o.number("season"),
        episode: o.number("episode"),
        year: o.number("year"),
        duration_ms: o.number("duration_ms"),
    }
}

/// The newest look at a run, without what stands in columns and without the programme, which the next look tells.
pub(super) fn feed_to_json(feed: &Feed) -> String {
    let (stream, media) = (&feed.stream, &feed.media);
    let stream = Out::default()
        .number("id", stream.id)
        .text("name", stream.name.as_ref())
        .number("index", stream.index)
        .number("available", stream.available)
        .text("stream_profile", stream.stream_profile.as_ref());
    let media = Out::default()
        .text("video_codec", media.video_codec.as_ref())
        .text("resolution", media.resolution.as_ref())
        .number("fps", media.fps)
        .text("audio_codec", media.audio_codec.as_ref())
        .text("audio_channels", media.audio_channels.as_ref())
        .text("container", media.container.as_ref())
        .number("video_bitrate_bps", media.video_bitrate_bps)
        .number("output_bitrate_bps", media.output_bitrate_bps)
        .number("speed", media.speed);
    Out::default()
        .word("state", feed.state.map(FeedState::as_str))
        .part("stream", Some(stream))
        .part("media", Some(media))
        .number("profile", feed.profile.map(|p| p.0))
        .time("started_at", feed.started_at)
        .number("viewer_count", feed.viewer_count)
        .value()
        .to_string()
}

/// A feed with what `json` tells of it; what stands in columns is left to the caller.
pub(super) fn feed_from_json(
    key: FeedKey,
    kind: FeedKind,
    channel: Arc<Channel>,
    viewers: Vec<Viewer>,
    json: &str,
) -> Feed {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let o = In::of(&value);
    let part = |name| o.and_then(|o| o.part(name));
    Feed {
        key,
        kind,
        state: o.and_then(|o| o.one_of("state", &FeedState::ALL, FeedState::as_str)),
        channel,
        stream: Arc::new(part("stream").map(stream_in).unwrap_or_default()),
        media: Arc::new(part("media").map(media_in).unwrap_or_default()),
        profile: o.and_then(|o| o.signed("profile")).map(ProfileId),
        programme: None,
        started_at: o.and_then(|o| o.time("started_at")),
        uptime_ms: None,
        received_bytes: None,
        sent_bytes: None,
        viewer_count: o.and_then(|o| o.number("viewer_count")),
        viewers: Arc::new(viewers),
    }
}

fn stream_in(o: In<'_>) -> FeedStream {
    FeedStream {
        id: o.signed("id"),
        name: o.text("name"),
        index: o.number("index"),
        available: o.number("available"),
        stream_profile: o.text("stream_profile"),
    }
}

fn media_in(o: In<'_>) -> FeedMedia {
    FeedMedia {
        video_codec: o.text("video_codec"),
        resolution: o.text("resolution"),
        fps: o.float("fps"),
        audio_codec: o.text("audio_codec"),
        audio_channels: o.text("audio_channels"),
        container: o.text("container"),
        video_bitrate_bps: o.number("video_bitrate_bps"),
        output_bitrate_bps: o.number("output_bitrate_bps"),
        speed: o.float("speed"),
    }
}

pub(super) fn labels_to_json(key: &ViewKey) -> String {
    Out::default()
        .word("kind", Some(key.kind.as_str()))
        .text("user", key.user.as_ref())
        .value()
        .to_string()
}

pub(super) fn labels_from_json(json: &str) -> Option<ViewKey> {
    let value: Value = serde_json::from_str(json).ok()?;
    let o = In::of(&value)?;
    Some(ViewKey {
        kind: o.one_of("kind", &FeedKind::ALL, FeedKind::as_str)?,
        user: o.text("user"),
    })
}
