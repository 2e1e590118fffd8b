//! What is going on: sessions, converters, background jobs, history.

use http::StatusCode;

use crate::plex::item::Kind;
use crate::plex::server::reply::Reply;
use crate::plex::server::request::Request;
use crate::plex::server::routes::Caller;
use crate::plex::session_view;
use crate::plex::value::{Node, Spelling, Text, XML_HEAD};
use crate::plex::world::{Download, HistoryRow, World};

/// The session list, put together from the sessions' encoded parts.
pub(super) fn sessions(world: &World, spelling: Spelling) -> Reply {
    let spelling = match spelling {
        Spelling::Json if world.seed.string_sessions => Spelling::JsonStrings,
        s => s,
    };
    let (mut state, now) = world.current();
    let mut listed: Vec<_> = state
        .sessions
        .values_mut()
        .filter(|s| s.listed_from_ms <= now.mono_ms)
        .collect();
    let size = listed.len();
    let mut out = Vec::with_capacity(64 + size * 4096);
    if spelling.is_xml() {
        out.extend_from_slice(XML_HEAD);
        out.extend_from_slice(format!("<MediaContainer size=\"{size}\">\n").as_bytes());
        for playing in listed {
            playing.render(spelling, now, &mut out);
        }
        out.extend_from_slice(b"</MediaContainer>\n");
        return Reply::Bytes(out);
    }
    let quote = if spelling == Spelling::Json { "" } else { "\"" };
    out.extend_from_slice(format!("{{\"MediaContainer\":{{\"size\":{quote}{size}{quote}").as_bytes());
    for (n, playing) in listed.iter_mut().enumerate() {
        out.extend_from_slice(if n == 0 { b",\"Metadata\":[" } else { b"," });
        playing.render(spelling, now, &mut out);
    }
    out.extend_from_slice(if size == 0 { b"}}" } else { b"]}}" });
    Reply::Bytes(out)
}

/// Converters of sessions and of downloads; keys without a path.
pub(super) fn transcodes(world: &World) -> Reply {
    let (state, now) = world.current();
    let sessions = state
        .sessions
        .values()
        .filter_map(|s| session_view::converter(s, s.progress(now)?, true, true));
    let downloads = state
        .downloads
        .iter()
        .map(|(key, d)| download(key, d, now.mono_ms));
    Reply::Tree(Node::new("MediaContainer").with(sessions).with(downloads).sized())
}

fn download(key: &str, download: &Download, now_ms: u64) -> Node {
    let seed = &download.seed;
    let length_s = seed.item.duration_ms.unwrap_or(1) as f64 / 1000.0;
    let elapsed_s = now_ms.saturating_sub(download.started_ms) as f64 / 1000.0;
    let done = (seed.percent / 100.0 + elapsed_s * seed.speed / length_s).min(1.0);
    let version = seed.item.versions.first();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a file's size"
    )]
    let size = (seed.size_bytes as f64 * done) as u64;
    #[expect(clippy::cast_possible_truncation, reason = "seconds")]
    let remaining = ((1.0 - done) * length_s / seed.speed.max(0.01)) as i64;
    Node::new("TranscodeSession")
        .attr("key", key.to_owned())
        .attr("throttled", false)
        .attr("complete", done >= 1.0)
        .attr("progress", (done * 1000.0).round() / 10.0)
        .attr("size", size)
        .attr("speed", seed.speed)
        .attr("error", false)
        .opt("duration", seed.item.duration_ms)
        .attr("remaining", remaining)
        .attr("context", "static")
        .opt(
            "sourceVideoCodec",
            version.and_then(|v| v.video.as_ref()).map(|v| &v.codec),
        )
        .opt(
            "sourceAudioCodec",
            version.and_then(|v| v.audio.first()).map(|a| &a.codec),
        )
        .attr("videoDecision", "transcode")
        .attr("audioDecision", "transcode")
        .attr("protocol", "http")
        .attr("container", "mp4")
        .attr("videoCodec", "h264")
        .attr("audioCodec", "aac")
        .attr("audioChannels", 2)
        .attr("transcodeHwRequested", false)
        .attr("offlineTranscode", true)
}

/// Optimiser jobs: the fake has none.
pub(super) fn background(_world: &World) -> Reply {
    Reply::Tree(Node::new("MediaContainer").sized())
}

pub(super) fn terminate(world: &World, request: &Request) -> Reply {
    if !world.lock().plex_pass {
        return Reply::Error(StatusCode::UNAUTHORIZED);
    }
    match request.arg("sessionId") {
        None | Some("") => Reply::Error(StatusCode::FORBIDDEN),
        Some(id) if world.terminate(id) => Reply::Done,
        Some(_) => Reply::NOT_FOUND,
    }
}

pub(super) fn history(world: &World, request: &Request, caller: &Caller) -> Reply {
    let (state, _) = world.current();
    let account = match caller {
        Caller::Shared(account, _) => Some(*account),
        _ => request.number("accountID"),
    };
    let section: Option<u32> = request.number("librarySectionID");
    let since = request.at_least("viewedAt");
    let wanted = |row: &&HistoryRow| {
        account.is_none_or(|a| a == row.account)
            && section.is_none_or(|s| row.library == Some(s))
            && since.is_none_or(|s| row.viewed_s >= s)
    };
    let mut rows: Vec<&HistoryRow> = state.history.iter().filter(wanted).collect();
    if request
        .arg("sort")
        .is_some_and(|s| s.starts_with("viewedAt:desc"))
    {
        rows.reverse();
    }
    let row = |n: usize| {
        rows.get(n)
            .map_or_else(|| Node::item("Video"), |r| history_row(r))
    };
    Reply::list(Node::new("MediaContainer"), rows.len(), request.paging(), row)
}

fn history_row(row: &HistoryRow) -> Node {
    let item = &row.item;
    let key = item.rating_key.as_deref().unwrap_or("0");
    let mut node = Node::item(item.kind.tag())
        .attr("historyKey", format!("/status/sessions/history/{}", row.id))
        .attr("key", format!("/library/metadata/{key}"))
        .attr("ratingKey", key.to_owned())
        .opt("librarySectionID", row.library.map(|l| l.to_string()));
    let path = |k: &Text| format!("/library/metadata/{k}");
    node = node.opt("parentKey", item.parent_key.as_ref().map(path));
    node = node.opt("grandparentKey", item.grandparent_key.as_ref().map(path));
    node = node
        .attr("title", &item.title)
        .opt(
            "parentTitle",
            item.parent_title.as_ref().filter(|_| item.kind == Kind::Track),
        )
        .opt("grandparentTitle", item.grandparent_title.as_ref())
        .attr("type", item.type_name())
        .attr("thumb", format!("/library/metadata/{key}/thumb/-1"))
        .opt("index", item.index)
        .opt("parentIndex", item.parent_index);
    if let Some(year) = item.year {
        node = node.attr("originallyAvailableAt", format!("{year}-03-14"));
    }
    node.attr("viewedAt", row.viewed_s)
        .attr("accountID", row.account)
        .attr("deviceID", row.device)
}
