//! Channels and previews.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use model::iptv::{Channel, Feed, FeedKind, FeedMedia, FeedState, FeedStream, Programme, Viewer};
use model::{FeedKey, Text};

use super::super::super::wire::{LiveChannel, LiveClient};
use super::super::names::{Known, KnownStream};
use super::super::{Names, values};

/// Hex digits of a SHA-256, which names a stream that is tried out by itself. A channel has a UUID.
const STREAM_HASH_LEN: usize = 64;

/// A preview must not be charged to a channel: its Redis keys look as if it was the channel with the stream's number.
pub(super) fn is_preview(id: &str) -> bool {
    id.len() == STREAM_HASH_LEN && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Dispatcharr asks its database for a whole list of UUIDs at once; a single other word in it fails them all.
pub(super) fn is_uuid(id: &str) -> bool {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match byte {
            b'-' => DASHES.contains(&at),
            _ => byte.is_ascii_hexdigit() && !DASHES.contains(&at),
        })
}

/// Left over, not on the air: after a restart of its Redis, and for a moment before and after a run, Dispatcharr lists
/// channels of which it knows neither a start nor a byte, and says that nobody watches.
fn is_phantom(told: &LiveChannel) -> bool {
    told.started_at_s.is_none()
        && told.client_count == Some(0)
        && told.clients.is_empty()
        && told.total_bytes.unwrap_or(0) == 0
}

pub(super) fn feed(told: &LiveChannel, names: &Names, now: Option<Timestamp>) -> Option<Feed> {
    let id = told.channel_id.as_ref()?;
    if is_phantom(told) {
        return None;
    }
    let is_preview = is_preview(id);
    let known = if is_preview { None } else { names.channel(id) };
    let stream = told.stream_id.and_then(values::row_id);
    let known_stream = stream.and_then(|id| names.stream(id));
    let started_at = told.started_at_s.and_then(values::since_1970);
    let viewers = viewers(names.detail(id).unwrap_or(&told.clients), names);
    Some(Feed {
        key: FeedKey::new(id.clone()),
        kind: if is_preview {
            FeedKind::Preview
        } else {
            FeedKind::Live
        },
        state: told.state.as_deref().map(state),
        channel: Arc::new(if is_preview {
            Channel {
                name: known_stream
                    .and_then(|stream| stream.name.clone())
                    .or_else(|| told.channel_name.clone()),
                ..Channel::default()
            }
        } else {
            channel(id, told, known, names)
        }),
        stream: Arc::new(FeedStream {
            stream_profile: told
                .stream_profile
                .and_then(|id| names.stream_profile(id))
                .cloned(),
            ..self::stream(stream, told, known, known_stream)
        }),
        media: Arc::new(media(id, told, known_stream, started_at, names)),
        profile: super::profile(told.m3u_profile_id),
        programme: names
            .programme(id)
            .filter(|programme| !is_over(programme, now))
            .cloned(),
        started_at,
        // Where no start is known the uptime is 0, which is not told but made up.
        uptime_ms: told
            .uptime_s
            .filter(|uptime_s| *uptime_s > 0.0 || started_at.is_some())
            .and_then(values::millis),
        received_bytes: told.total_bytes,
        sent_bytes: None,
        viewer_count: told
            .client_count
            .and_then(values::small)
            .or_else(|| u32::try_from(viewers.len()).ok()),
        viewers: Arc::new(viewers),
    })
}

/// The words Dispatcharr uses; any other is kept as unknown.
pub(super) fn state(word: &str) -> FeedState {
    FeedState::ALL
        .into_iter()
        .find(|state| state.as_str().eq_ignore_ascii_case(word))
        .unwrap_or(FeedState::Unknown)
}

fn channel(uuid: &Text, told: &LiveChannel, known: Option<&Known>, names: &Names) -> Channel {
    Channel {
        uuid: Some(uuid.clone()),
        name: known
            .and_then(|known| known.name.clone())
            .or_else(|| told.channel_name.clone()),
        logo: super::logo(known.and_then(|known| known.logo_id).or(told.logo_id)),
        ..known_channel(known, names)
    }
}

/// What is known of a channel by its row.
pub(super) fn known_channel(known: Option<&Known>, names: &Names) -> Channel {
    let Some(known) = known else {
        return Channel::default();
    };
    Channel {
        id: known.id,
        number: known.number,
        group: known.group_id.and_then(|id| names.group(id)).cloned(),
        ..Channel::default()
    }
}

fn stream(
    id: Option<i64>,
    told: &LiveChannel,
    known: Option<&Known>,
    known_stream: Option<&KnownStream>,
) -> FeedStream {
    let order = known.and_then(|known| known.streams.as_deref());
    let index = order.zip(id).and_then(|(order, id)| {
        let at = order.iter().position(|stream| *stream == Some(id))?;
        u32::try_from(at).ok()
    });
    // The name in the status is that of the stream it began with: after a failover it is another's.
    let told_name = told.stream_name.clone().filter(|_| index.unwrap_or(0) == 0);
    FeedStream {
        id,
        name: known_stream.and_then(|stream| stream.name.clone()).or(told_name),
        index,
        available: order.and_then(|order| u32::try_from(order.len()).ok()),
        stream_profile: None,
    }
}

fn media(
    id: &str,
    told: &LiveChannel,
    known_stream: Option<&KnownStream>,
    started_at: Option<Timestamp>,
    names: &Names,
) -> FeedMedia {
    let extras = names.extras().live.get(id).copied().unwrap_or_default();
    FeedMedia {
        video_codec: values::told(told.video_codec.as_ref()),
        resolution: values::told(told.resolution.as_ref()),
        fps: values::measured(told.source_fps),
        audio_codec: values::told(told.audio_codec.as_ref()),
        audio_channels: values::told(told.audio_channels.as_ref()),
        container: values::told(told.stream_type.as_ref()),
        video_bitrate_bps: extras.video_bitrate_bps,
        output_bitrate_bps: extras
            .output_bitrate_bps
            .or_else(|| mean_bitrate(known_stream?, started_at?)),
        speed: values::measured(told.ffmpeg_speed),
    }
}

/// The figure stays in the stream's row when the stream ends; only one of this run says anything.
fn mean_bitrate(stream: &KnownStream, started_at: Timestamp) -> Option<u64> {
    stream
        .output_bitrate_bps
        .filter(|bps| *bps > 0 && stream.measured_at.is_some_and(|at| at >= started_at))
}

fn is_over(programme: &Programme, now: Option<Timestamp>) -> bool {
    programme.ends_at.zip(now).is_some_and(|(end, now)| end <= now)
}

fn viewers(clients: &[LiveClient], names: &Names) -> Vec<Viewer> {
    let mut seen = HashSet::new();
    clients
        .iter()
        .filter_map(|client| viewer(client, names))
        .filter(|viewer| seen.insert(viewer.client_id.clone()))
        .collect()
}

fn viewer(told: &LiveClient, names: &Names) -> Option<Viewer> {
    let user_id = values::user_id(told.user_id.as_deref());
    Some(Viewer {
        client_id: told.client_id.clone()?,
        user_id,
        user: user_id.and_then(|id| names.user(id)).cloned(),
        address: values::told(told.ip_address.as_ref()),
        user_agent: values::told(told.user_agent.as_ref()),
        worker_id: values::told(told.worker_id.as_ref()),
        connected_at: told.connected_at_s.and_then(values::since_1970),
        sent_bytes: told.sent_bytes,
        mean_bps: told.mean_kib_s.and_then(values::kib_s),
        now_bps: told.now_kib_s.and_then(values::kib_s),
    })
}
