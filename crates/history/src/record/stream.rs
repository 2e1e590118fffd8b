//! How a play was delivered, in Tautulli's words and under its column names, as far as it is known.

use model::{
    AudioStream, Decision, Delivery, Fields, Reason, RecordStream, Scalar, SourceMedia, SubtitleAction,
    SubtitleStream, Text, Transcode, VideoStream,
};

/// Every column of Tautulli's `session_history_media_info` that a session tells, and `transcode_reasons`, which it
/// does not have: our words, joined by spaces.
pub(crate) fn stream_of(source: &SourceMedia, delivery: &Delivery, reasons: &[Reason]) -> RecordStream {
    let source_resolution = source.video_resolution.as_deref().map(full_resolution);
    let stream_resolution = stream_resolution(delivery, source_resolution.as_ref());
    let mut columns = Columns::default();
    columns.of_source(source);
    columns.text("video_full_resolution", source_resolution.as_ref());
    columns.of_delivery(delivery);
    if delivery.video.is_some() {
        columns.text("stream_video_full_resolution", stream_resolution.as_ref());
    }
    if !reasons.is_empty() {
        let words: Vec<&str> = reasons.iter().map(|r| r.as_str()).collect();
        columns.word("transcode_reasons", &words.join(" "));
    }
    RecordStream {
        decision: delivery.decision,
        source_resolution,
        stream_resolution,
        fields: columns.0,
    }
}

/// Tautulli's name of a resolution: `1080` becomes `1080p`, `sd` becomes `SD`, `4k` stays.
pub(crate) fn full_resolution(resolution: &str) -> Text {
    if resolution.eq_ignore_ascii_case("sd") {
        "SD".into()
    } else if !resolution.is_empty() && resolution.bytes().all(|b| b.is_ascii_digit()) {
        format!("{resolution}p").into()
    } else {
        resolution.into()
    }
}

/// What was sent: the resolution of the output, else, for a video transcode, a name made from its height, else the
/// resolution of the source. The names made from a height have no suffix, and a transcode of unknown height is
/// `unknown`, both as in Tautulli's graph.
fn stream_resolution(delivery: &Delivery, source: Option<&Text>) -> Option<Text> {
    let video = delivery.video.as_ref()?;
    if let Some(resolution) = video.resolution.as_deref() {
        return Some(full_resolution(resolution));
    }
    if video.decision == Some(Decision::Transcode) {
        let named = match video.height {
            Some(0..=360) => "SD",
            Some(..=480) => "480",
            Some(..=576) => "576",
            Some(..=720) => "720",
            Some(..=1080) => "1080",
            Some(..=1440) => "QHD",
            Some(..=2160) => "4k",
            None | Some(_) => "unknown",
        };
        return Some(named.into());
    }
    source.cloned()
}

/// Tautulli's word.
fn decision_word(decision: Decision) -> &'static str {
    match decision {
        Decision::DirectPlay => "direct play",
        Decision::Copy => "copy",
        Decision::Transcode => "transcode",
    }
}

fn subtitle_word(action: SubtitleAction) -> &'static str {
    match action {
        SubtitleAction::Copy => "copy",
        SubtitleAction::Transcode => "transcode",
        SubtitleAction::Burn => "burn",
    }
}

/// Fields by name; what is not known is not in it.
#[derive(Debug, Default)]
pub(crate) struct Columns(pub(crate) Fields);

impl Columns {
    pub(crate) fn text(&mut self, name: &str, value: Option<&Text>) {
        if let Some(value) = value {
            self.0.insert(name.into(), Scalar::Text(value.clone()));
        }
    }

    fn word(&mut self, name: &str, value: &str) {
        self.0.insert(name.into(), Scalar::Text(value.into()));
    }

    pub(crate) fn int(&mut self, name: &str, value: Option<impl TryInto<i64>>) {
        if let Some(value) = value.and_then(|v| v.try_into().ok()) {
            self.0.insert(name.into(), Scalar::Int(value));
        }
    }

    fn flag(&mut self, name: &str, value: Option<bool>) {
        self.int(name, value.map(i64::from));
    }

    fn decision(&mut self, name: &str, value: Option<Decision>) {
        if let Some(value) = value {
            self.word(name, decision_word(value));
        }
    }

    fn of_source(&mut self, source: &SourceMedia) {
        self.text("container", source.container.as_ref());
        self.int("bitrate", source.bitrate_bps.map(|b| b / 1000));
        self.text("video_codec", source.video_codec.as_ref());
        self.text("video_resolution", source.video_resolution.as_ref());
        self.text("video_dynamic_range", source.dynamic_range.as_ref());
        self.text("audio_codec", source.audio_codec.as_ref());
        self.int("audio_channels", source.audio_channels);
        self.text("subtitle_codec", source.subtitle_codec.as_ref());
    }

    fn of_delivery(&mut self, delivery: &Delivery) {
        self.text("stream_container", delivery.container.as_ref());
        self.decision("stream_container_decision", delivery.container_decision);
        self.int("stream_bitrate", delivery.bitrate_bps.map(|b| b / 1000));
        if let Some(video) = &delivery.video {
            self.of_video(video);
        }
        if let Some(audio) = &delivery.audio {
            self.of_audio(audio);
        }
        self.int("subtitles", Some(i64::from(delivery.subtitle.is_some())));
        if let Some(subtitle) = &delivery.subtitle {
            self.of_subtitle(subtitle);
        }
        if let Some(transcode) = &delivery.transcode {
            self.of_transcode(delivery, transcode);
        }
    }

    fn of_video(&mut self, video: &VideoStream) {
        self.decision("video_decision", video.decision);
        self.decision("stream_video_decision", video.decision);
        self.text("stream_video_codec", video.codec.as_ref());
        self.text("stream_video_resolution", video.resolution.as_ref());
        self.int("stream_video_width", video.width);
        self.int("stream_video_height", video.height);
    }

    fn of_audio(&mut self, audio: &AudioStream) {
        self.decision("audio_decision", audio.decision);
        self.decision("stream_audio_decision", audio.decision);
        self.text("stream_audio_codec", audio.codec.as_ref());
        self.int("stream_audio_channels", audio.channels);
        self.text("stream_audio_language", audio.language.as_ref());
    }

    fn of_subtitle(&mut self, subtitle: &SubtitleStream) {
        if let Some(action) = subtitle.action {
            self.word("stream_subtitle_decision", subtitle_word(action));
        }
        self.text("stream_subtitle_codec", subtitle.codec.as_ref());
        self.text("stream_subtitle_language", subtitle.language.as_ref());
    }

    /// What the transcoder makes is what is sent.
    fn of_transcode(&mut self, delivery: &Delivery, transcode: &Transcode) {
        self.text("transcode_protocol", delivery.protocol.as_ref());
        self.text("transcode_container", delivery.container.as_ref());
        let converted = |decision| decision == Some(Decision::Transcode);
        if let Some(video) = delivery.video.as_ref().filter(|v| converted(v.decision)) {
            self.text("transcode_video_codec", video.codec.as_ref());
            self.int("transcode_width", video.width);
            self.int("transcode_height", video.height);
        }
        if let Some(audio) = delivery.audio.as_ref().filter(|a| converted(a.decision)) {
            self.text("transcode_audio_codec", audio.codec.as_ref());
            self.int("transcode_audio_channels", audio.channels);
        }
        self.flag("transcode_hw_requested", transcode.hw_requested);
        self.flag("transcode_hw_full_pipeline", transcode.hw_full_pipeline);
        self.text("transcode_hw_decode", transcode.hw_decode.as_ref());
        self.text("transcode_hw_encode", transcode.hw_encode.as_ref());
        self.flag("transcode_hw_decoding", Some(transcode.hw_decode.is_some()));
        self.flag("transcode_hw_encoding", Some(transcode.hw_encode.is_some()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_are_named_as_tautulli_names_them() {
        for (word, expected) in [
            ("sd", "SD"),
            ("480", "480p"),
            ("1080", "1080p"),
            ("4k", "4k"),
            ("8k", "8k"),
        ] {
            assert_eq!(&*full_resolution(word), expected);
        }
    }

    #[test]
    fn what_was_sent_is_named_by_the_output_then_the_height_then_the_source() {
        use Decision::{Copy, DirectPlay, Transcode};
        for (decision, resolution, height, expected) in [
            (Some(Transcode), Some("720"), Some(720), Some("720p")),
            (Some(Transcode), None, Some(360), Some("SD")),
            (Some(Transcode), None, Some(361), Some("480")),
            (Some(Transcode), None, Some(576), Some("576")),
            (Some(Transcode), None, Some(720), Some("720")),
            (Some(Transcode), None, Some(1080), Some("1080")),
            (Some(Transcode), None, Some(1440), Some("QHD")),
            (Some(Transcode), None, Some(2160), Some("4k")),
            (Some(Transcode), None, Some(4320), Some("unknown")),
            (Some(Transcode), None, None, Some("unknown")),
            (Some(Copy), None, Some(720), Some("4k")),
            (Some(DirectPlay), None, None, Some("4k")),
            (None, None, None, Some("4k")),
        ] {
            let delivery = Delivery {
                video: Some(VideoStream {
                    decision,
                    codec: None,
                    resolution: resolution.map(Into::into),
                    width: None,
                    height,
                }),
                ..Delivery::default()
            };
            let source = Text::from("4k");
            let got = stream_resolution(&delivery, Some(&source));
            assert_eq!(got.as_deref(), expected, "{decision:?} {resolution:?} {height:?}");
        }
        assert_eq!(stream_resolution(&Delivery::default(), None), None, "music");
    }
}
