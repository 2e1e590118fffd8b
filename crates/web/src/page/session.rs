//! A session as a card.

use std::fmt::Write as _;

use model::{
    Decision, Delivery, Item, MediaKind, Play, Reason, Session, SourceMedia, State, SubtitleAction, Text,
};

use super::html::Html;
use super::words;

/// One card. `server`: shown if there is more than one.
pub(super) fn card(html: &mut Html, play: &Play, server: Option<&str>) {
    let (session, state) = (&*play.session, play.state());
    html.raw("<li class=\"card session ")
        .text(state.as_str())
        .raw("\"");
    html.attribute(" id=", format_args!("session-{}", play.id));
    html.attribute(" data-state=", state.as_str());
    if session.item.live.is_none()
        && let Some(ms) = session.position_ms
    {
        html.attribute(" data-position-ms=", ms);
        html.attribute(" data-seen-ms=", play.seen_at.as_millisecond());
    }
    if let Some(ms) = session.item.duration_ms {
        html.attribute(" data-duration-ms=", ms);
    }
    html.raw(">");
    let (title, detail) = titles(&session.item);
    html.wrapped("<h3>", title, "</h3>");
    if let Some(detail) = detail {
        html.wrapped("<p class=\"detail\">", detail, "</p>");
    }
    html.wrapped("<p class=\"who\">", who(session, server), "</p>");
    progress(html, session, state);
    quality(html, session);
    html.raw("</li>\n");
}

/// What is played, and what tells it apart: `Show` / `S2 E5 · Title`.
fn titles(item: &Item) -> (String, Option<String>) {
    let text = |t: &Option<Text>| t.as_deref().filter(|t| !t.is_empty()).map(str::to_owned);
    let title = text(&item.title);
    let mut detail = Vec::new();
    let heading = match item.kind {
        MediaKind::Episode => {
            let number = match (item.parent_index, item.index) {
                (Some(season), Some(episode)) => Some(format!("S{season} E{episode}")),
                (None, Some(episode)) => Some(format!("Episode {episode}")),
                _ => None,
            };
            detail.extend(number);
            headed(text(&item.grandparent_title), title, &mut detail)
        }
        MediaKind::Track => {
            detail.extend(text(&item.original_title).or_else(|| text(&item.grandparent_title)));
            detail.extend(text(&item.parent_title));
            title
        }
        _ => {
            detail.extend(item.year.map(|y| y.to_string()));
            title
        }
    };
    if let Some(channel) = &item.live {
        let name = text(&channel.title).or_else(|| text(&channel.call_sign));
        let channel = [text(&channel.number), name]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        detail.push(if channel.is_empty() {
            "live television".into()
        } else {
            format!("live on {channel}")
        });
    }
    if item.extra {
        detail.push("trailer or extra".into());
    }
    let heading = heading.unwrap_or_else(|| "Untitled".into());
    (heading, (!detail.is_empty()).then(|| detail.join(" · ")))
}

/// The bigger thing as the heading and the smaller one among the details, if both are known.
fn headed(bigger: Option<String>, smaller: Option<String>, detail: &mut Vec<String>) -> Option<String> {
    if bigger.is_some() {
        detail.extend(smaller);
        bigger
    } else {
        smaller
    }
}

/// `anna on Living room (Plex for LG), at home, attic`.
fn who(session: &Session, server: Option<&str>) -> String {
    let player = &*session.player;
    let mut out = session
        .user
        .as_ref()
        .map_or_else(|| "Someone".to_owned(), |u| u.name.to_string());
    let product = player.product.as_deref().or(player.platform.as_deref());
    match (player.title.as_deref(), product) {
        (Some(title), Some(product)) if title != product => {
            let _ = write!(out, " on {title} ({product})");
        }
        (Some(name), _) | (None, Some(name)) => {
            let _ = write!(out, " on {name}");
        }
        (None, None) => {}
    }
    if let Some(network) = player.network {
        let _ = write!(out, ", {}", words::network(network));
    }
    if let Some(server) = server {
        let _ = write!(out, " · {server}");
    }
    out
}

fn progress(html: &mut Html, session: &Session, state: State) {
    html.raw("<p class=\"progress\">");
    if session.item.live.is_none()
        && let (Some(position), Some(duration)) = (session.position_ms, session.item.duration_ms)
        && duration > 0
    {
        html.raw("<progress aria-label=\"progress\"");
        html.attribute(" max=", duration)
            .attribute(" value=", position.min(duration))
            .raw("></progress>");
    }
    html.wrapped("<span class=\"word\">", words::state(state), "</span>");
    if session.item.live.is_none()
        && let Some(position) = session.position_ms
    {
        html.wrapped(
            "<span class=\"clock\"><span class=\"position\">",
            words::clock(position),
            "</span>",
        );
        if let Some(duration) = session.item.duration_ms {
            html.raw(" / ").text(words::clock(duration));
        }
        html.raw("</span>");
    }
    html.raw("</p>");
}

fn quality(html: &mut Html, session: &Session) {
    let delivery = &*session.delivery;
    html.raw("<dl>");
    if let Some(decision) = delivery.decision {
        html.raw("<div><dt>Delivery</dt><dd><span class=\"badge ")
            .text(decision.as_str())
            .raw("\">");
        html.text(words::decision(decision)).raw("</span>");
        if let Some(streams) = streams(delivery) {
            html.raw(" ").text(streams);
        }
        html.raw("</dd></div>");
    }
    let source = source(&session.source);
    let delivered = if delivery.decision == Some(Decision::DirectPlay) {
        String::new()
    } else {
        delivered(delivery)
    };
    row(html, "<div><dt>File</dt><dd>", &source);
    row(html, "<div><dt>Delivered</dt><dd>", &delivered);
    if let Some(transcode) = &delivery.transcode {
        let why: Vec<_> = transcode
            .reasons
            .iter()
            .map(|r| why(*r, &session.source))
            .collect();
        row(html, "<div><dt>Why</dt><dd>", &why.join(", "));
        row(html, "<div class=\"work\"><dt>Work</dt><dd>", &work(transcode));
    }
    html.raw("</dl>");
}

fn row(html: &mut Html, open: &'static str, value: &str) {
    if !value.is_empty() {
        html.wrapped(open, value, "</dd></div>");
    }
}

/// What happens to each stream, where it differs: `video transcoded, audio copied`.
fn streams(delivery: &Delivery) -> Option<String> {
    delivery.decision.filter(|d| *d != Decision::DirectPlay)?;
    let done = |decision: Option<Decision>| {
        decision.map(|d| match d {
            Decision::DirectPlay => "as it is",
            Decision::Copy => "copied",
            Decision::Transcode => "transcoded",
        })
    };
    let mut parts = Vec::new();
    let video = delivery
        .video
        .as_ref()
        .and_then(|v| done(v.decision))
        .map(|d| format!("video {d}"));
    let audio = delivery
        .audio
        .as_ref()
        .and_then(|a| done(a.decision))
        .map(|d| format!("audio {d}"));
    parts.extend(video);
    parts.extend(audio);
    parts.extend(delivery.subtitle.as_ref().and_then(|s| s.action).map(|action| {
        match action {
            SubtitleAction::Copy => "subtitles copied",
            SubtitleAction::Transcode => "subtitles converted",
            SubtitleAction::Burn => "subtitles burnt in",
        }
        .to_owned()
    }));
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Words of one stream, joined by spaces, and streams joined by dots.
fn described(parts: [Vec<String>; 4]) -> String {
    parts
        .into_iter()
        .filter(|p| !p.is_empty())
        .map(|p| p.join(" "))
        .collect::<Vec<_>>()
        .join(" · ")
}

fn source(source: &SourceMedia) -> String {
    let mut video: Vec<String> = Vec::new();
    video.extend(source.video_resolution.as_deref().map(words::resolution));
    video.extend(
        source
            .video_codec
            .as_deref()
            .map(|c| words::codec(c).into_owned()),
    );
    video.extend(
        source
            .dynamic_range
            .as_deref()
            .filter(|r| *r != "SDR")
            .map(str::to_owned),
    );
    let mut audio: Vec<String> = Vec::new();
    audio.extend(
        source
            .audio_codec
            .as_deref()
            .map(|c| words::codec(c).into_owned()),
    );
    audio.extend(source.audio_channels.map(|n| words::channels(n).into_owned()));
    let container = source.container.as_deref().map(|c| words::codec(c).into_owned());
    described([
        video,
        audio,
        container.into_iter().collect(),
        bit_rate(source.bitrate_bps),
    ])
}

fn delivered(delivery: &Delivery) -> String {
    let (mut video, mut audio): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    if let Some(v) = &delivery.video {
        video.extend(v.resolution.as_deref().map(words::resolution));
        video.extend(v.codec.as_deref().map(|c| words::codec(c).into_owned()));
    }
    if let Some(a) = &delivery.audio {
        audio.extend(a.codec.as_deref().map(|c| words::codec(c).into_owned()));
        audio.extend(a.channels.map(|n| words::channels(n).into_owned()));
    }
    let container = delivery.protocol.as_deref().or(delivery.container.as_deref());
    let container = container.map(|c| words::codec(c).into_owned());
    described([
        video,
        audio,
        container.into_iter().collect(),
        bit_rate(delivery.bitrate_bps),
    ])
}

fn bit_rate(bps: Option<u64>) -> Vec<String> {
    bps.map(words::bit_rate).into_iter().collect()
}

/// `video codec HEVC`.
fn why(reason: Reason, source: &SourceMedia) -> String {
    let of = match reason {
        Reason::VideoCodec => &source.video_codec,
        Reason::AudioCodec => &source.audio_codec,
        Reason::Container => &source.container,
        Reason::SubtitleBurn | Reason::Quality | Reason::Unknown => &None,
    };
    match of {
        Some(code) => format!("{} {}", words::reason(reason), words::codec(code)),
        None => words::reason(reason).to_owned(),
    }
}

/// `2.3× real time, decoded by VAAPI, encoded in software`.
fn work(transcode: &model::Transcode) -> String {
    let mut parts = Vec::new();
    if transcode.complete == Some(true) {
        parts.push("finished".to_owned());
    } else if transcode.throttled == Some(true) {
        parts.push("resting, far enough ahead".to_owned());
    } else if let Some(speed) = transcode.speed.filter(|s| s.is_finite() && *s > 0.0) {
        parts.push(format!("{speed:.1}× real time"));
    }
    let engines = (transcode.hw_decode.as_deref(), transcode.hw_encode.as_deref());
    match engines {
        (Some(decode), Some(encode)) if decode == encode => {
            parts.push(format!("on {}", words::codec(encode)));
        }
        (Some(decode), Some(encode)) => {
            parts.push(format!(
                "decoded on {}, encoded on {}",
                words::codec(decode),
                words::codec(encode)
            ));
        }
        (Some(decode), None) => parts.push(format!("decoded on {}", words::codec(decode))),
        (None, Some(encode)) => parts.push(format!("encoded on {}", words::codec(encode))),
        (None, None) => {}
    }
    parts.join(", ")
}
