//! How a kept play was delivered, in the words of live sessions.

use history::rules::Marks;
use model::{Fields, Reason, Record, Scalar};

use crate::api::v1::types::{
    AudioStream, Decision, Delivery, SourceMedia, SubtitleAction, SubtitleStream, Transcode, VideoStream,
};

/// The columns of Tautulli's `session_history_media_info`, typed.
struct Columns<'a>(&'a Fields);

impl<'a> Columns<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        match self.0.get(name)? {
            Scalar::Text(text) => Some(&**text).filter(|t| !t.is_empty()),
            Scalar::Int(_) => None,
        }
    }

    /// Above 0: an import cannot tell 0 from "not told".
    fn number<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        let n = match self.0.get(name)? {
            Scalar::Int(n) => *n,
            Scalar::Text(text) => text.parse().ok()?,
        };
        (n > 0).then(|| T::try_from(n).ok()).flatten()
    }

    fn bps(&self, name: &str) -> Option<u64> {
        self.number::<u64>(name).and_then(|kbps| kbps.checked_mul(1000))
    }

    fn decision(&self, name: &str) -> Option<Decision> {
        match self.text(name)? {
            "direct play" | "directplay" => Some(Decision::DirectPlay),
            "copy" => Some(Decision::Copy),
            "transcode" => Some(Decision::Transcode),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Scalar::Int(n) => Some(*n == 1),
            Scalar::Text(_) => None,
        }
    }

    /// The engine, by its name or as `yes` where only a flag tells.
    fn engine(&self, name: &str, flag: &str) -> Option<&'a str> {
        self.text(name)
            .or_else(|| (self.flag(flag) == Some(true)).then_some("yes"))
    }
}

pub(super) fn source(record: &Record) -> SourceMedia<'_> {
    let fields = Columns(&record.stream.fields);
    SourceMedia {
        container: fields.text("container"),
        bitrate_bps: fields.bps("bitrate"),
        video_codec: fields.text("video_codec"),
        video_resolution: fields.text("video_resolution"),
        dynamic_range: fields.text("video_dynamic_range"),
        audio_codec: fields.text("audio_codec"),
        audio_channels: fields.number("audio_channels"),
        subtitle_codec: fields.text("subtitle_codec"),
    }
}

pub(super) fn delivery(record: &Record, marks: Marks) -> Delivery<'_> {
    let fields = Columns(&record.stream.fields);
    let (video, audio) = (
        fields.text("stream_video_codec"),
        fields.text("stream_audio_codec"),
    );
    let video_decision = fields
        .decision("stream_video_decision")
        .or_else(|| fields.decision("video_decision"));
    let audio_decision = fields
        .decision("stream_audio_decision")
        .or_else(|| fields.decision("audio_decision"));
    Delivery {
        decision: record.stream.decision.map(Into::into),
        container_decision: fields.decision("stream_container_decision"),
        container: fields.text("stream_container"),
        protocol: fields.text("transcode_protocol"),
        bitrate_bps: fields.bps("stream_bitrate"),
        reserved_bps: (record.bandwidth_kbps)
            .and_then(|kbps| u64::try_from(kbps).ok())
            .filter(|kbps| *kbps > 0)
            .and_then(|kbps| kbps.checked_mul(1000)),
        video: (video.is_some() || video_decision.is_some()).then(|| VideoStream {
            decision: video_decision,
            codec: video,
            resolution: fields.text("stream_video_resolution"),
            width: fields.number("stream_video_width"),
            height: fields.number("stream_video_height"),
        }),
        audio: (audio.is_some() || audio_decision.is_some()).then(|| AudioStream {
            decision: audio_decision,
            codec: audio,
            channels: fields.number("stream_audio_channels"),
            language: fields.text("stream_audio_language_code"),
        }),
        subtitle: subtitle(&fields),
        transcode: (record.stream.decision == Some(model::Decision::Transcode)).then(|| Transcode {
            speed: None,
            throttled: None,
            complete: None,
            progress_percent: None,
            buffer_ahead_ms: None,
            hw_requested: fields.flag("transcode_hw_requested"),
            hw_decode: fields.engine("transcode_hw_decode", "transcode_hw_decoding"),
            hw_encode: fields.engine("transcode_hw_encode", "transcode_hw_encoding"),
            hw_full_pipeline: fields.flag("transcode_hw_full_pipeline"),
            reasons: (Reason::ALL.into_iter())
                .filter(|reason| marks.has_reason(*reason))
                .map(Into::into)
                .collect(),
        }),
    }
}

fn subtitle<'a>(fields: &Columns<'a>) -> Option<SubtitleStream<'a>> {
    let action = match fields.text("stream_subtitle_decision")? {
        "copy" => Some(SubtitleAction::Copy),
        "transcode" => Some(SubtitleAction::Transcode),
        "burn" => Some(SubtitleAction::Burn),
        _ => None,
    };
    Some(SubtitleStream {
        action,
        codec: fields.text("stream_subtitle_codec"),
        language: fields.text("stream_subtitle_language"),
    })
}
