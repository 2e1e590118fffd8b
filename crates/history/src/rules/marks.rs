//! Small facts of a play in two bytes: who wrote it down, why it was transcoded, and by what.

use model::{Decision, Origin, Reason, RecordStream, Scalar};

/// Two bytes per play, kept beside the columns and in the store's `stream` table (there without the origin).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u16);

const ORIGIN: u16 = 0b11;
const REASON_SHIFT: usize = 2;
const VIDEO: u16 = 1 << 8;
const AUDIO: u16 = 1 << 9;
const DECODED_IN_HARDWARE: u16 = 1 << 10;
const ENCODED_IN_HARDWARE: u16 = 1 << 11;

/// Below this share of the source's bit rate a transcode with the codec kept counts as smaller.
const SMALLER_PERCENT: i64 = 95;

impl Marks {
    /// What `stream` tells: why and by what it was transcoded. The origin is set by [`Self::with_origin`].
    pub fn of(stream: &RecordStream) -> Self {
        let mut marks = Self::default();
        for reason in reasons(stream) {
            marks.0 |= bit(reason);
        }
        let transcoded = |field| text(stream, field) == Some("transcode");
        let flags = [
            (transcoded("video_decision"), VIDEO),
            (transcoded("audio_decision"), AUDIO),
            (
                hardware(stream, "transcode_hw_decoding", "transcode_hw_decode"),
                DECODED_IN_HARDWARE,
            ),
            (
                hardware(stream, "transcode_hw_encoding", "transcode_hw_encode"),
                ENCODED_IN_HARDWARE,
            ),
        ];
        for (_, flag) in flags.into_iter().filter(|(is_set, _)| *is_set) {
            marks.0 |= flag;
        }
        marks
    }

    /// For the store.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// From the store. Unknown bits are kept.
    pub fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        let place = match origin {
            Origin::Recorded => 0,
            Origin::Tautulli => 1,
            Origin::PlexHistory => 2,
        };
        Self((self.0 & !ORIGIN) | place)
    }

    pub fn origin(self) -> Origin {
        match self.0 & ORIGIN {
            0 => Origin::Recorded,
            1 => Origin::Tautulli,
            _ => Origin::PlexHistory,
        }
    }

    pub fn has_reason(self, reason: Reason) -> bool {
        self.0 & bit(reason) != 0
    }

    pub fn has_reasons(self) -> bool {
        Reason::ALL.into_iter().any(|r| self.has_reason(r))
    }

    /// The video itself was transcoded.
    pub fn video(self) -> bool {
        self.0 & VIDEO != 0
    }

    pub fn audio(self) -> bool {
        self.0 & AUDIO != 0
    }

    pub fn decoded_in_hardware(self) -> bool {
        self.0 & DECODED_IN_HARDWARE != 0
    }

    pub fn encoded_in_hardware(self) -> bool {
        self.0 & ENCODED_IN_HARDWARE != 0
    }
}

fn bit(reason: Reason) -> u16 {
    let place = Reason::ALL
        .into_iter()
        .position(|r| r == reason)
        .unwrap_or_default();
    1 << (REASON_SHIFT + place)
}

/// Why it was not sent as it is: as recorded (`transcode_reasons`, words), else read off the difference between
/// source and output by the rules of live sessions, as far as the fields of an import go.
fn reasons(stream: &RecordStream) -> Vec<Reason> {
    if let Some(words) = text(stream, "transcode_reasons") {
        let words = words.split([' ', ',']);
        return words
            .filter_map(|w| Reason::ALL.into_iter().find(|r| r.as_str() == w))
            .collect();
    }
    match stream.decision {
        Some(Decision::Transcode) => {}
        Some(Decision::Copy) => return vec![Reason::Container],
        Some(Decision::DirectPlay) | None => return Vec::new(),
    }
    let transcoded = |field| text(stream, field) == Some("transcode");
    let (video, audio) = (transcoded("video_decision"), transcoded("audio_decision"));
    let video_codec = codec(stream, "video_codec", "stream_video_codec");
    let mut found = Vec::new();
    if text(stream, "stream_subtitle_decision") == Some("burn") {
        found.push(Reason::SubtitleBurn);
    }
    if video && video_codec == Some(Codec::Changed) {
        found.push(Reason::VideoCodec);
    }
    if audio && codec(stream, "audio_codec", "stream_audio_codec") == Some(Codec::Changed) {
        found.push(Reason::AudioCodec);
    }
    let is_smaller = fewer(stream, "video_height", "stream_video_height", 100)
        || (video_codec == Some(Codec::Kept) && fewer(stream, "bitrate", "stream_bitrate", SMALLER_PERCENT));
    if video && is_smaller {
        found.push(Reason::Quality);
    }
    if found.is_empty() {
        found.push(Reason::Unknown);
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    Kept,
    Changed,
}

/// `None` unless both are known.
fn codec(stream: &RecordStream, source: &str, output: &str) -> Option<Codec> {
    let (source, output) = (text(stream, source)?, text(stream, output)?);
    Some(if family(source) == family(output) {
        Codec::Kept
    } else {
        Codec::Changed
    })
}

/// One name for codecs that servers call by several.
fn family(codec: &str) -> &str {
    match codec {
        "h265" => "hevc",
        "avc" | "avc1" => "h264",
        "dts" | "dca-ma" => "dca",
        "mpeg2" => "mpeg2video",
        other => other,
    }
}

/// Whether both are known and `output` is below `percent` of `source`.
fn fewer(stream: &RecordStream, source: &str, output: &str, percent: i64) -> bool {
    match (number(stream, source), number(stream, output)) {
        (Some(source), Some(output)) => output.saturating_mul(100) < source.saturating_mul(percent),
        _ => false,
    }
}

/// By the flag (1), or by the name of an engine.
fn hardware(stream: &RecordStream, flag: &str, engine: &str) -> bool {
    number(stream, flag).is_some_and(|n| n == 1) || text(stream, engine).is_some()
}

fn text<'a>(stream: &'a RecordStream, field: &str) -> Option<&'a str> {
    match stream.fields.get(field)? {
        Scalar::Text(text) => Some(&**text).filter(|t| !t.is_empty()),
        Scalar::Int(_) => None,
    }
}

/// Positive ones alone: 0 stands for "not told" in imports.
fn number(stream: &RecordStream, field: &str) -> Option<i64> {
    let n = match stream.fields.get(field)? {
        Scalar::Int(n) => *n,
        Scalar::Text(text) => text.parse().ok()?,
    };
    (n > 0).then_some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(decision: Decision, fields: &str) -> RecordStream {
        let fields = fields.split_whitespace().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = value.replace('+', " ");
            let scalar = value
                .parse()
                .map_or_else(|_| Scalar::Text(value.as_str().into()), Scalar::Int);
            (name.into(), scalar)
        });
        RecordStream {
            decision: Some(decision),
            fields: fields.collect(),
            ..RecordStream::default()
        }
    }

    #[test]
    fn reasons_are_as_told_or_read_off_the_difference() {
        use Decision::{Copy, DirectPlay, Transcode};
        for (decision, fields, expected) in [
            (DirectPlay, "video_codec=h264", ""),
            (Copy, "", "container"),
            (Transcode, "", "unknown"),
            (
                Transcode,
                "transcode_reasons=subtitle_burn+video_codec",
                "subtitle_burn video_codec",
            ),
            (Transcode, "transcode_reasons=audio_codec,nonsense", "audio_codec"),
            (
                Transcode,
                "video_decision=transcode video_codec=hevc stream_video_codec=h264",
                "video_codec",
            ),
            (
                Transcode,
                "video_decision=transcode video_codec=h265 stream_video_codec=hevc video_height=1080 stream_video_height=720",
                "quality",
            ),
            (
                Transcode,
                "video_decision=transcode video_codec=h264 stream_video_codec=h264 bitrate=8000 stream_bitrate=4000",
                "quality",
            ),
            (
                Transcode,
                "video_decision=transcode video_codec=h264 stream_video_codec=h264 bitrate=8000 stream_bitrate=7900",
                "unknown",
            ),
            (
                Transcode,
                "audio_decision=transcode audio_codec=dca stream_audio_codec=aac video_decision=copy",
                "audio_codec",
            ),
            (
                Transcode,
                "stream_subtitle_decision=burn video_decision=transcode video_codec= stream_video_codec=h264",
                "subtitle_burn",
            ),
        ] {
            let marks = Marks::of(&stream(decision, fields));
            let found: Vec<_> = Reason::ALL
                .into_iter()
                .filter(|r| marks.has_reason(*r))
                .map(Reason::as_str)
                .collect();
            assert_eq!(found.join(" "), expected, "{decision:?} {fields}");
            assert_eq!(marks.has_reasons(), !expected.is_empty());
        }
    }

    #[test]
    fn all_facts_fit_side_by_side() {
        let all = stream(
            Decision::Transcode,
            "transcode_reasons=unknown video_decision=transcode audio_decision=transcode \
             transcode_hw_decoding=1 transcode_hw_encode=vaapi",
        );
        for origin in Origin::ALL {
            let marks = Marks::of(&all).with_origin(Origin::Tautulli).with_origin(origin);
            assert_eq!(Marks::from_bits(marks.bits()), marks);
            assert_eq!(marks.origin(), origin);
            assert!(marks.video() && marks.audio());
            assert!(marks.decoded_in_hardware() && marks.encoded_in_hardware());
            assert!(marks.has_reason(Reason::Unknown) && !marks.has_reason(Reason::Quality));
        }
        let none = Marks::of(&stream(
            Decision::Transcode,
            "transcode_hw_decoding=0 video_decision=copy",
        ));
        assert!(!none.decoded_in_hardware() && !none.encoded_in_hardware() && !none.video());
    }
}
