//! The file behind a session.

use model::{Decision, SourceMedia, Text};

use super::super::wire::item;
use super::delivery::{Chosen, Decisions, channels, stream};
use super::{bps, codec, titles};

/// On direct play the session describes the file itself. While converting it describes the output, and the file
/// is pieced together: a copied stream is the source's own; else the transcoder's `source…` fields; else the
/// stream's title; else what the library said of this version. Container and bit rate only the library knows.
pub(super) fn source(
    chosen: &Chosen<'_, '_>,
    decisions: Decisions,
    library: Option<&SourceMedia>,
) -> SourceMedia {
    if decisions.overall == Some(Decision::DirectPlay) || chosen.describes_source() {
        return whole(
            chosen.media,
            chosen.part,
            chosen.video,
            chosen.audio,
            chosen.subtitle,
        );
    }
    let unknown = SourceMedia::default();
    let library = library.unwrap_or(&unknown).clone();
    let transcode = chosen.transcode;

    let copied = |decision| decision == Some(Decision::Copy);
    let video_title = chosen.video.and_then(|v| v.display_title.as_deref());
    let as_sent = whole(
        chosen.media,
        chosen.part,
        chosen.video,
        chosen.audio,
        chosen.subtitle,
    );
    let video_codec = (transcode.and_then(|t| codec(&t.source_video_codec)))
        .or_else(|| as_sent.video_codec.clone().filter(|_| copied(decisions.video)))
        .or_else(|| titles::video_codec(video_title?))
        .or(library.video_codec);
    let dynamic_range = if copied(decisions.video) {
        as_sent.dynamic_range.clone()
    } else {
        None
    }
    .or_else(|| titles::dynamic_range(video_title?).map(Text::from))
    .or(library.dynamic_range)
    .or_else(|| is_eight_bit(video_codec.as_deref()?).then(|| "SDR".into()));

    let audio_title = chosen.audio.and_then(|a| a.display_title.as_deref());
    SourceMedia {
        container: library.container,
        bitrate_bps: library.bitrate_bps,
        video_resolution: (as_sent.video_resolution.filter(|_| copied(decisions.video)))
            .or(library.video_resolution)
            .or_else(|| titles::video_resolution(video_title?)),
        video_codec,
        dynamic_range,
        audio_codec: (transcode.and_then(|t| codec(&t.source_audio_codec)))
            .or_else(|| as_sent.audio_codec.filter(|_| copied(decisions.audio)))
            .or_else(|| titles::audio_codec(audio_title?))
            .or(library.audio_codec),
        audio_channels: (as_sent.audio_channels.filter(|_| copied(decisions.audio)))
            .or_else(|| titles::audio_channels(audio_title?))
            .or(library.audio_channels),
        // Not from the library: which of the subtitles is shown, only the session knows.
        subtitle_codec: chosen.subtitle.and_then(|s| {
            titles::subtitle_codec(s.display_title.as_deref().unwrap_or_default()).or_else(|| codec(&s.codec))
        }),
    }
}

/// One version of an item as the library describes it.
pub(super) fn version(media: &item::Media<'_>) -> SourceMedia {
    let part = media.parts.first();
    let streams = part.map_or(&[][..], |p| &p.streams);
    let subtitle = streams
        .iter()
        .find(|s| s.kind == Some(3) && s.selected == Some(true));
    whole(
        Some(media),
        part,
        stream(streams, 1),
        stream(streams, 2),
        subtitle,
    )
}

fn whole(
    media: Option<&item::Media<'_>>,
    part: Option<&item::Part<'_>>,
    video: Option<&item::Stream<'_>>,
    audio: Option<&item::Stream<'_>>,
    subtitle: Option<&item::Stream<'_>>,
) -> SourceMedia {
    let size = || titles::resolution_of_size(media.and_then(|m| m.width), media.and_then(|m| m.height));
    SourceMedia {
        container: media
            .and_then(|m| codec(&m.container))
            .or_else(|| codec(&part?.container)),
        bitrate_bps: media.and_then(|m| bps(m.bitrate_kbps)),
        video_codec: video
            .and_then(|v| codec(&v.codec))
            .or_else(|| codec(&media?.video_codec)),
        video_resolution: media
            .and_then(|m| titles::resolution(m.video_resolution.as_deref()?))
            .or_else(|| titles::video_resolution(video?.display_title.as_deref()?))
            .or_else(size),
        dynamic_range: video.and_then(dynamic_range).map(Text::from),
        audio_codec: audio
            .and_then(|a| codec(&a.codec))
            .or_else(|| codec(&media?.audio_codec)),
        audio_channels: channels(audio.and_then(|a| a.channels).or_else(|| media?.audio_channels)),
        subtitle_codec: subtitle.and_then(|s| codec(&s.codec)),
    }
}

/// Of a stream that is the source's own. The transfer function decides; a stream that was analysed and shows
/// nothing high, or whose codec has eight bits only, is standard.
fn dynamic_range(video: &item::Stream<'_>) -> Option<&'static str> {
    if video.dolby_vision == Some(true) {
        return Some("DV");
    }
    match video.color_transfer.as_deref() {
        Some("smpte2084") => return Some("HDR10"),
        Some("arib-std-b67") => return Some("HLG"),
        _ => {}
    }
    let named = video.display_title.as_deref().and_then(titles::dynamic_range);
    let is_analysed =
        video.color_transfer.is_some() || video.color_primaries.is_some() || video.bit_depth.is_some();
    let is_standard = is_analysed || video.codec.as_deref().is_some_and(is_eight_bit);
    named.or(is_standard.then_some("SDR"))
}

/// Codecs that nobody stores a high dynamic range in.
fn is_eight_bit(codec: &str) -> bool {
    [
        "h264",
        "mpeg2video",
        "mpeg1video",
        "mpeg4",
        "msmpeg4v3",
        "vc1",
        "wmv3",
        "vp8",
    ]
    .contains(&codec)
}
