//! How a session reaches its player, and why not as it is.

use model::{Decision, Delivery, Reason, Session, SourceMedia, SubtitleAction, Text};

use super::html::Html;
use super::words;

/// The rows below the progress of a session.
pub(super) fn rows(html: &mut Html, session: &Session) {
    let (delivery, file) = (&*session.delivery, &*session.source);
    html.raw("<dl>");
    if let Some(decision) = delivery.decision {
        html.raw("<div><dt>Delivery</dt><dd><span class=\"badge ")
            .text(decision.as_str())
            .raw("\">");
        html.text(words::decision(decision))
            .raw("</span> ")
            .text(streams(delivery))
            .raw("</dd></div>");
    }
    row(html, "<div><dt>File</dt><dd>", &source(file));
    if delivery.decision != Some(Decision::DirectPlay) {
        row(html, "<div><dt>Delivered</dt><dd>", &delivered(delivery));
    }
    if let Some(transcode) = &delivery.transcode {
        let reasons: Vec<_> = transcode.reasons.iter().map(|r| why(*r, file)).collect();
        row(html, "<div><dt>Why</dt><dd>", &reasons.join(", "));
        row(html, "<div><dt>Transcoder</dt><dd>", &work(transcode));
    }
    html.raw("</dl>");
}

fn row(html: &mut Html, open: &'static str, value: &str) {
    if !value.is_empty() {
        html.wrapped(open, value, "</dd></div>");
    }
}

/// What happens to each stream: `video and audio transcoded, subtitles burnt in`.
fn streams(delivery: &Delivery) -> String {
    if delivery.decision == Some(Decision::DirectPlay) {
        return String::new();
    }
    let video = delivery.video.as_ref().and_then(|v| v.decision).map(done);
    let audio = delivery.audio.as_ref().and_then(|a| a.decision).map(done);
    let mut parts = match (video, audio) {
        (Some(video), Some(audio)) if video == audio => vec![format!("video and audio {video}")],
        (video, audio) => {
            let one = |what: &str, done: Option<&str>| done.map(|d| format!("{what} {d}"));
            one("video", video)
                .into_iter()
                .chain(one("audio", audio))
                .collect()
        }
    };
    let subtitles = delivery
        .subtitle
        .as_ref()
        .and_then(|s| s.action)
        .map(|action| match action {
            SubtitleAction::Copy => "subtitles copied",
            SubtitleAction::Transcode => "subtitles converted",
            SubtitleAction::Burn => "subtitles burnt in",
        });
    parts.extend(subtitles.map(str::to_owned));
    parts.join(", ")
}

fn done(decision: Decision) -> &'static str {
    match decision {
        Decision::DirectPlay => "as it is",
        Decision::Copy => "copied",
        Decision::Transcode => "transcoded",
    }
}

/// `4K HEVC HDR10 · TrueHD 7.1 · MKV · 42.0 Mbps`.
fn source(source: &SourceMedia) -> String {
    let range = source
        .dynamic_range
        .as_deref()
        .filter(|r| *r != "SDR")
        .map(str::to_owned);
    words::dotted(&[
        phrase([
            resolution(source.video_resolution.as_ref()),
            codec(source.video_codec.as_ref()),
            range,
        ]),
        phrase([
            codec(source.audio_codec.as_ref()),
            channels(source.audio_channels),
            None,
        ]),
        codec(source.container.as_ref()).unwrap_or_default(),
        source.bitrate_bps.map(words::bit_rate).unwrap_or_default(),
    ])
}

/// `720p H.264 · AAC stereo · HLS · 4.0 Mbps`.
fn delivered(delivery: &Delivery) -> String {
    let video = delivery
        .video
        .as_ref()
        .map(|v| phrase([resolution(v.resolution.as_ref()), codec(v.codec.as_ref()), None]));
    let audio = delivery
        .audio
        .as_ref()
        .map(|a| phrase([codec(a.codec.as_ref()), channels(a.channels), None]));
    words::dotted(&[
        video.unwrap_or_default(),
        audio.unwrap_or_default(),
        codec(delivery.protocol.as_ref())
            .or_else(|| codec(delivery.container.as_ref()))
            .unwrap_or_default(),
        delivery.bitrate_bps.map(words::bit_rate).unwrap_or_default(),
    ])
}

fn phrase(words: [Option<String>; 3]) -> String {
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn codec(code: Option<&Text>) -> Option<String> {
    code.map(|c| words::codec(c).into_owned())
}

fn resolution(word: Option<&Text>) -> Option<String> {
    word.map(|w| words::resolution(w))
}

fn channels(n: Option<u8>) -> Option<String> {
    n.map(|n| words::channels(n).into_owned())
}

/// `video codec HEVC`.
fn why(reason: Reason, source: &SourceMedia) -> String {
    let of = match reason {
        Reason::VideoCodec => codec(source.video_codec.as_ref()),
        Reason::AudioCodec => codec(source.audio_codec.as_ref()),
        Reason::Container => codec(source.container.as_ref()),
        Reason::SubtitleBurn | Reason::Quality | Reason::Unknown => None,
    };
    phrase([Some(words::reason(reason).to_owned()), of, None])
}

/// `2.3× real time, decoded and encoded on VAAPI`.
fn work(transcode: &model::Transcode) -> String {
    let mut parts = Vec::new();
    if transcode.complete == Some(true) {
        parts.push("finished".to_owned());
    } else if transcode.throttled == Some(true) {
        parts.push("resting, far enough ahead".to_owned());
    } else if let Some(speed) = transcode.speed.filter(|s| s.is_finite() && *s > 0.0) {
        parts.push(format!("{speed:.1}× real time"));
    }
    let (decode, encode) = (
        codec(transcode.hw_decode.as_ref()),
        codec(transcode.hw_encode.as_ref()),
    );
    match (decode, encode) {
        (Some(decode), Some(encode)) if decode == encode => {
            parts.push(format!("decoded and encoded on {encode}"));
        }
        (decode, encode) => {
            parts.extend(decode.map(|engine| format!("decoded on {engine}")));
            parts.extend(encode.map(|engine| format!("encoded on {engine}")));
        }
    }
    parts.join(", ")
}
