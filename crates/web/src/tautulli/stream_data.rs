//! `get_stream_data`: the file and the stream of one play.

use std::sync::Arc;

use history::View;
use history::record::record_of;
use model::{Play, Record, Scalar};

use super::commands::{Asked, Fault};
use super::history::servers;
use super::value::{Object, Value};

/// What is told of the file, then of the stream, by the names of Tautulli's columns.
const OF_FILE: [&str; 25] = [
    "bitrate",
    "video_full_resolution",
    "optimized_version",
    "optimized_version_profile",
    "optimized_version_title",
    "synced_version",
    "synced_version_profile",
    "container",
    "video_codec",
    "video_bitrate",
    "video_width",
    "video_height",
    "video_framerate",
    "video_dynamic_range",
    "aspect_ratio",
    "audio_codec",
    "audio_bitrate",
    "audio_channels",
    "audio_language",
    "audio_language_code",
    "subtitle_codec",
    "subtitle_forced",
    "subtitle_language",
    "stream_bitrate",
    "stream_video_full_resolution",
];

const OF_STREAM: [&str; 26] = [
    "stream_container_decision",
    "stream_container",
    "stream_video_decision",
    "stream_video_codec",
    "stream_video_bitrate",
    "stream_video_width",
    "stream_video_height",
    "stream_video_framerate",
    "stream_video_dynamic_range",
    "stream_audio_decision",
    "stream_audio_codec",
    "stream_audio_bitrate",
    "stream_audio_channels",
    "stream_audio_language",
    "stream_audio_language_code",
    "subtitles",
    "stream_subtitle_decision",
    "stream_subtitle_codec",
    "stream_subtitle_forced",
    "stream_subtitle_language",
    "transcode_hw_decoding",
    "transcode_hw_encoding",
    "video_decision",
    "audio_decision",
    "media_type",
    "title",
];

/// By `row_id`, or by `session_key` of what plays now. Nothing where there is no such play.
pub(super) fn stream_data(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    if let Some(key) = asked.params.text("session_key") {
        let record = playing(asked, key).and_then(|play| record_of(&play, view.columns.dims.people()));
        return Ok(record.map_or(Value::Null, |record| data(&record, Value::Int(1))));
    }
    let Some(id) = asked.params.int("row_id")? else {
        return Err(Fault::Incomplete);
    };
    let ids: Vec<u32> = u32::try_from(id).into_iter().collect();
    let stored = view.stored(&ids)?;
    Ok(stored
        .first()
        .map_or(Value::Null, |play| data(&play.record, Value::EMPTY)))
}

fn playing(asked: &Asked, key: &str) -> Option<Arc<Play>> {
    let only = servers(asked);
    let snapshot = asked.ctx.plex_snapshot();
    let wanted = |p: &&Arc<Play>| {
        p.session.key.as_str() == key && only.as_ref().is_none_or(|only| only.contains(&p.source))
    };
    snapshot.plays().find(wanted).cloned()
}

fn data(record: &Record, current: Value) -> Value {
    let fields = &record.stream.fields;
    let item = &*record.item;
    let field = |name: &'static str| {
        let value = match name {
            "media_type" => Value::Word(item.kind.as_str()),
            "title" => Value::or_empty(item.title.as_ref()),
            // Zeros are empty here.
            _ => Value::or_empty(fields.get(name).filter(|v| **v != Scalar::Int(0))),
        };
        (name, value)
    };
    let mut out: Object = OF_FILE.into_iter().map(field).collect();
    out.push((
        "quality_profile",
        Value::or_empty(record.quality_profile.as_ref()),
    ));
    out.extend(OF_STREAM.into_iter().map(field));
    out.extend([
        (
            "grandparent_title",
            Value::or_empty(item.grandparent_title.as_ref()),
        ),
        ("original_title", Value::or_empty(item.original_title.as_ref())),
        ("current_session", current),
        ("pre_tautulli", Value::EMPTY),
    ]);
    Value::Object(out)
}
