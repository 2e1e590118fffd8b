//! Single sessions: who plays what and how, for joins. The series live exactly as long as the session.
//!
//! Text stands on three series a session; every value has only `server` and `session` beside it.

use model::{Delivery, Play, SubtitleAction, Transcode};

use super::sessions::streams;
use super::{bytes_per_second, decision, media_type, network, seconds_since_1970, text};
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{LabelSet, Value, label_set};
use crate::view::View;

const INFO: LabelSet = label_set![
    "server",
    "session",
    "user",
    "media_type",
    "title",
    "parent_title",
    "grandparent_title",
    "parent_index",
    "index",
    "channel",
    "library_id",
    "library",
    "player",
    "product",
    "platform",
    "device",
    "network",
];

const STREAM_INFO: LabelSet = label_set![
    "server",
    "session",
    "decision",
    "streams",
    "container",
    "protocol",
    "video_decision",
    "video_codec",
    "video_resolution",
    "audio_decision",
    "audio_codec",
    "subtitle_action",
    "source_container",
    "source_video_codec",
    "source_video_resolution",
    "source_dynamic_range",
    "source_audio_codec",
    "hw_decode",
    "hw_encode",
];

pub(crate) const FAMILIES: &[Family] = &[
    Family::info(
        "media_session_info",
        "Open sessions: who plays what, where. Join the other media_session_ series on server and session.",
        Collect::Custom(INFO, info),
    ),
    Family::info(
        "media_session_stream_info",
        "Open sessions: how the item is delivered and what the file behind it is.",
        Collect::Custom(STREAM_INFO, stream_info),
    ),
    Family::gauge(
        "media_session_state",
        "1 for the state the session is in; the other states have no series.",
        Collect::Custom(label_set!["server", "session", "state"], |view, samples| {
            for (server, play) in sessions_of(view) {
                samples(
                    &[server, play.session.key.as_str(), play.state().as_str()],
                    Value::Int(1),
                );
            }
        }),
    ),
    Family::gauge(
        "media_session_transcode_reason",
        "1 for each reason why the session is transcoded.",
        Collect::Custom(label_set!["server", "session", "reason"], reasons),
    ),
    Family::gauge(
        "media_session_start_timestamp_seconds",
        "When the play was first seen.",
        Collect::Session(|p| Some(seconds_since_1970(p.started_at))),
    )
    .unit_is("seconds"),
    Family::gauge(
        "media_session_position_seconds",
        "Position within the item at the last look or notification.",
        Collect::Session(|p| p.session.position_ms.map(Value::Millis)),
    )
    .unit_is("seconds"),
    Family::gauge(
        "media_session_duration_seconds",
        "Running time of the item.",
        Collect::Session(|p| p.session.item.duration_ms.map(Value::Millis)),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_session_play_seconds_total",
        "Wall-clock time this session has been playing. For sums over time use media_play_seconds_total.",
        Collect::Session(|p| Some(Value::Millis(p.totals.played_ms))),
    )
    .unit_is("seconds"),
    Family::gauge(
        "media_session_bytes_per_second",
        "Bit rate of what is delivered.",
        Collect::Session(|p| p.session.delivery.bitrate_bps.map(bytes_per_second)),
    )
    .unit_is("bytes_per_second"),
    Family::gauge(
        "media_session_reserved_bytes_per_second",
        "Bandwidth the server reserved for the session. Not what flowed.",
        Collect::Session(|p| p.session.delivery.reserved_bps.map(bytes_per_second)),
    )
    .unit_is("bytes_per_second"),
    Family::gauge(
        "media_session_transcode_speed_ratio",
        "Speed of the transcoder in times real time; 0 is normal while throttled.",
        Collect::Session(|p| transcode(p)?.speed.map(Value::Float)),
    )
    .unit_is("ratio"),
    Family::gauge(
        "media_session_transcode_throttled",
        "1 while the transcoder rests because enough is ready, else 0.",
        Collect::Session(|p| transcode(p)?.throttled.map(Value::from)),
    ),
    Family::gauge(
        "media_session_buffer_ahead_seconds",
        "Transcoded and not yet played. Negative if the viewer is ahead of the transcoder.",
        Collect::Session(|p| transcode(p)?.buffer_ahead_ms.map(seconds)),
    )
    .unit_is("seconds"),
];

fn transcode(play: &Play) -> Option<&Transcode> {
    play.session.delivery.transcode.as_ref()
}

fn seconds(ms: i64) -> Value {
    u64::try_from(ms).map_or(Value::Float(ms as f64 / 1000.0), Value::Millis)
}

fn sessions_of<'a>(view: &'a View<'_>) -> impl Iterator<Item = (&'a str, &'a Play)> {
    view.servers
        .iter()
        .flat_map(|s| s.plays.iter().map(|p| (s.id, *p)))
}

fn info(view: &View<'_>, samples: &mut Samples<'_>) {
    for (server, play) in sessions_of(view) {
        let (session, mask) = (&*play.session, view.mask);
        let (item, player) = (&*session.item, &*session.player);
        let library = item.library.as_ref();
        let channel = item
            .live
            .as_ref()
            .and_then(|l| l.title.as_ref().or(l.call_sign.as_ref()));
        let (mut parent_index, mut index) = ([0; 10], [0; 10]);
        // The number of an episode tells as much as its title.
        let numbers = mask.keeps_titles();
        samples(
            &[
                server,
                session.key.as_str(),
                mask.user(session.user.as_ref().map_or("", |u| &u.name)).as_str(),
                media_type(item),
                mask.title(text(item.title.as_ref())).as_str(),
                mask.title(text(item.parent_title.as_ref())).as_str(),
                mask.title(text(item.grandparent_title.as_ref())).as_str(),
                digits(item.parent_index.filter(|_| numbers), &mut parent_index),
                digits(item.index.filter(|_| numbers), &mut index),
                mask.title(text(channel)).as_str(),
                library.map_or("", |l| l.id.as_str()),
                library.map_or("", |l| &l.title),
                mask.user(text(player.title.as_ref())).as_str(),
                text(player.product.as_ref()),
                text(player.platform.as_ref()),
                text(player.device.as_ref()),
                network(player.network),
            ],
            Value::Int(1),
        );
    }
}

fn stream_info(view: &View<'_>, samples: &mut Samples<'_>) {
    for (server, play) in sessions_of(view) {
        let session = &*play.session;
        let (how, source): (&Delivery, _) = (&session.delivery, &*session.source);
        let (video, audio, work) = (how.video.as_ref(), how.audio.as_ref(), how.transcode.as_ref());
        samples(
            &[
                server,
                session.key.as_str(),
                decision(how.decision),
                streams(how).unwrap_or("none"),
                text(how.container.as_ref()),
                text(how.protocol.as_ref()),
                video.map_or("", |v| decision(v.decision)),
                text(video.and_then(|v| v.codec.as_ref())),
                text(video.and_then(|v| v.resolution.as_ref())),
                audio.map_or("", |a| decision(a.decision)),
                text(audio.and_then(|a| a.codec.as_ref())),
                subtitle_action(how),
                text(source.container.as_ref()),
                text(source.video_codec.as_ref()),
                text(source.video_resolution.as_ref()),
                text(source.dynamic_range.as_ref()),
                text(source.audio_codec.as_ref()),
                text(work.and_then(|w| w.hw_decode.as_ref())),
                text(work.and_then(|w| w.hw_encode.as_ref())),
            ],
            Value::Int(1),
        );
    }
}

/// What is done with the chosen subtitle; `none` if there is none or nothing is told of it.
pub(crate) fn subtitle_action(delivery: &Delivery) -> &'static str {
    delivery
        .subtitle
        .as_ref()
        .and_then(|s| s.action)
        .map_or("none", SubtitleAction::as_str)
}

fn reasons(view: &View<'_>, samples: &mut Samples<'_>) {
    for (server, play) in sessions_of(view) {
        let reasons = transcode(play).map_or(&[][..], |t| &t.reasons);
        // The model promises no repeats; one would be a series twice.
        let first = reasons
            .iter()
            .enumerate()
            .filter(|(i, r)| !reasons[..*i].contains(r));
        for (_, reason) in first {
            samples(
                &[server, play.session.key.as_str(), reason.as_str()],
                Value::Int(1),
            );
        }
    }
}

/// Writes a number without allocating: these labels are made 500 times a scrape.
pub(crate) fn digits(number: Option<u32>, buffer: &mut [u8; 10]) -> &str {
    let Some(mut n) = number else { return "" };
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            return std::str::from_utf8(&buffer[start..]).unwrap_or_default();
        }
    }
}
