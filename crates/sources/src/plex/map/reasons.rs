//! Why the server does not simply send the file.
//!
//! Servers decide this but do not tell it, so it is read off the difference between source and output. The rules
//! name what is seen to differ; they do not guess at wishes of the player.

use model::{Decision, Delivery, Reason, SourceMedia, SubtitleAction};

use super::delivery::Decisions;

pub(super) struct Facts<'f> {
    pub(super) decisions: Decisions,
    pub(super) source: &'f SourceMedia,
    pub(super) delivery: &'f Delivery,
}

/// Below this share of the source's bit rate a transcode counts as smaller; above it the difference may come
/// from the audio or from rounding.
const SMALLER_PERCENT: u64 = 95;

/// Sorted, without repeats. Empty for direct play and where no decision is known.
///
/// * `subtitle_burn`: the subtitle is painted into the picture; that alone forces a video transcode.
/// * `video_codec`: the video is transcoded and source and output codec are known and differ.
/// * `audio_codec`: likewise for the audio.
/// * `quality`: the video is transcoded to fewer lines than the source has, or, with the codec kept, to fewer
///   bits (across codecs bit rates do not compare); or the audio alone is transcoded, its codec kept, to fewer
///   channels or bits.
/// * `container`: all streams are copied, so only the packaging can have been the reason.
/// * `unknown`: something is transcoded and none of the above explains it, or the source is not known yet.
pub(super) fn reasons(facts: &Facts<'_>) -> Vec<Reason> {
    let mut found = Vec::new();
    let decisions = facts.decisions;
    match decisions.overall {
        Some(Decision::Transcode) => {}
        Some(Decision::Copy) => return vec![Reason::Container],
        Some(Decision::DirectPlay) | None => return found,
    }
    let is_video = decisions.video == Some(Decision::Transcode);
    let is_audio = decisions.audio == Some(Decision::Transcode);
    if decisions.subtitle == Some(SubtitleAction::Burn) {
        found.push(Reason::SubtitleBurn);
    }
    if is_video && video_codec(facts) == Codec::Changed {
        found.push(Reason::VideoCodec);
    }
    if is_audio && audio_codec(facts) == Codec::Changed {
        found.push(Reason::AudioCodec);
    }
    if (is_video && is_smaller_video(facts)) || (is_audio && !is_video && is_smaller_audio(facts)) {
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
    Unknown,
}

fn video_codec(facts: &Facts<'_>) -> Codec {
    compare(
        facts.source.video_codec.as_deref(),
        facts.delivery.video.as_ref().and_then(|v| v.codec.as_deref()),
    )
}

fn audio_codec(facts: &Facts<'_>) -> Codec {
    compare(
        facts.source.audio_codec.as_deref(),
        facts.delivery.audio.as_ref().and_then(|a| a.codec.as_deref()),
    )
}

fn compare(source: Option<&str>, output: Option<&str>) -> Codec {
    match (source, output) {
        (Some(source), Some(output)) if family(source) == family(output) => Codec::Kept,
        (Some(_), Some(_)) => Codec::Changed,
        _ => Codec::Unknown,
    }
}

/// One name for codecs that the wire calls by several.
fn family(codec: &str) -> &str {
    match codec {
        "h265" => "hevc",
        "avc" | "avc1" => "h264",
        "dts" | "dca-ma" => "dca",
        "mpeg2" => "mpeg2video",
        other => other,
    }
}

fn is_smaller_video(facts: &Facts<'_>) -> bool {
    let output = facts
        .delivery
        .video
        .as_ref()
        .and_then(|v| v.resolution.as_deref())
        .and_then(lines);
    let source = facts.source.video_resolution.as_deref().and_then(lines);
    let fewer_lines = matches!((output, source), (Some(output), Some(source)) if output < source);
    fewer_lines || (video_codec(facts) == Codec::Kept && fewer_bits(facts))
}

fn is_smaller_audio(facts: &Facts<'_>) -> bool {
    let output = facts.delivery.audio.as_ref().and_then(|a| a.channels);
    let fewer_channels =
        matches!((output, facts.source.audio_channels), (Some(output), Some(source)) if output < source);
    // Where video is sent too, the bit rates are mostly the video's.
    let is_music = facts.delivery.video.is_none();
    audio_codec(facts) == Codec::Kept && (fewer_channels || (is_music && fewer_bits(facts)))
}

fn fewer_bits(facts: &Facts<'_>) -> bool {
    match (facts.delivery.bitrate_bps, facts.source.bitrate_bps) {
        (Some(output), Some(source)) => output.saturating_mul(100) < source.saturating_mul(SMALLER_PERCENT),
        _ => false,
    }
}

/// Lines by class. `sd`, `480` and `576` are one class: servers name outputs and sources of these sizes by
/// different rules.
fn lines(resolution: &str) -> Option<u32> {
    match resolution {
        "sd" => Some(480),
        "2k" => Some(1440),
        "4k" => Some(2160),
        "8k" => Some(4320),
        digits => digits
            .parse()
            .ok()
            .map(|n: u32| if (400..=576).contains(&n) { 480 } else { n }),
    }
}

#[cfg(test)]
mod tests {
    use model::{AudioStream, VideoStream};

    use super::*;

    /// `stream source>output codec source>output lines or channels`, a stream that is not transcoded by its
    /// decision alone; `-` is unknown.
    const CASES: &str = "
        video copy, audio copy => container
        audio copy => container
        video directplay, audio directplay =>
        video directplay, burn =>
        none =>

        video copy, audio dca>aac 6>2 => audio_codec
        video hevc>h264 1080>1080, audio copy => video_codec
        video hevc>h264 4k>1080, audio copy => video_codec quality
        video h264>h264 1080>720, audio copy => quality
        video h264>h264 1080>1080, audio copy, bits 8000>4000 => quality
        video h264>h264 1080>1080, audio copy, bits 8000>7900 => unknown
        video mpeg2video>h264 576>576, audio copy, bits 8000>4000 => video_codec
        video h264>h264 1080>1080, audio copy, burn => subtitle_burn
        video h264>h264 1080>1080, audio eac3>aac 6>2, burn => subtitle_burn audio_codec

        video h264>h264 720>1080, audio copy => unknown
        video h264>h264 576>sd, audio copy => unknown
        video ->h264 ->720, audio copy => unknown
        video hevc>- ->-, audio copy => unknown
        video h265>hevc 1080>1080, audio copy => unknown
        video h264>h264 1080>1080, audio aac>aac 6>2 => unknown

        audio flac>mp3 2>2 => audio_codec
        audio mp3>mp3 2>2, bits 320>128 => quality
        audio mp3>mp3 2>2 => unknown
        video copy, audio aac>aac 6>2 => quality
        video copy, audio aac>aac 2>2, bits 8000>4000 => unknown
    ";

    #[derive(Default)]
    struct Case {
        decisions: Decisions,
        source: SourceMedia,
        delivery: Delivery,
    }

    impl Case {
        fn of(row: &str) -> Self {
            let mut case = Self::default();
            for fact in row.split(',') {
                let words: Vec<&str> = fact.split_whitespace().collect();
                match words.as_slice() {
                    ["video", rest @ ..] => case.video(rest),
                    ["audio", rest @ ..] => case.audio(rest),
                    ["bits", bits] => {
                        let (from, to) = pair(bits);
                        case.source.bitrate_bps = from.and_then(|n| n.parse().ok());
                        case.delivery.bitrate_bps = to.and_then(|n| n.parse().ok());
                    }
                    ["burn"] => case.decisions.subtitle = Some(SubtitleAction::Burn),
                    ["none"] => {}
                    other => panic!("{other:?}"),
                }
            }
            case.decisions.overall = case.decisions.video.max(case.decisions.audio);
            case
        }

        fn video(&mut self, words: &[&str]) {
            let (decision, codec, lines) = stream(words);
            self.decisions.video = decision;
            self.source.video_codec = codec.0.map(Into::into);
            self.source.video_resolution = lines.0.map(Into::into);
            let (codec, resolution) = (codec.1.map(Into::into), lines.1.map(Into::into));
            self.delivery.video = Some(VideoStream {
                decision,
                codec,
                resolution,
                width: None,
                height: None,
            });
        }

        fn audio(&mut self, words: &[&str]) {
            let (decision, codec, channels) = stream(words);
            self.decisions.audio = decision;
            self.source.audio_codec = codec.0.map(Into::into);
            self.source.audio_channels = channels.0.and_then(|n| n.parse().ok());
            let (codec, channels) = (codec.1.map(Into::into), channels.1.and_then(|n| n.parse().ok()));
            self.delivery.audio = Some(AudioStream {
                decision,
                codec,
                channels,
                language: None,
            });
        }
    }

    type Pair<'a> = (Option<&'a str>, Option<&'a str>);

    fn stream<'a>(words: &[&'a str]) -> (Option<Decision>, Pair<'a>, Pair<'a>) {
        match words {
            ["copy"] => (Some(Decision::Copy), (None, None), (None, None)),
            ["directplay"] => (Some(Decision::DirectPlay), (None, None), (None, None)),
            [codec, size] => (Some(Decision::Transcode), pair(codec), pair(size)),
            other => panic!("{other:?}"),
        }
    }

    fn pair(words: &str) -> Pair<'_> {
        let (from, to) = words.split_once('>').unwrap();
        (Some(from).filter(|w| *w != "-"), Some(to).filter(|w| *w != "-"))
    }

    #[test]
    fn each_reason_for_itself_and_together() {
        for row in CASES.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let (facts, expected) = row.split_once("=>").unwrap();
            let Case {
                decisions,
                source,
                delivery,
            } = Case::of(facts);
            let found = reasons(&Facts {
                decisions,
                source: &source,
                delivery: &delivery,
            });
            let found: Vec<&str> = found.iter().map(|r| r.as_str()).collect();
            assert_eq!(found.join(" "), expected.trim(), "{row}");
        }
    }
}
