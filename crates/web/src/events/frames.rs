//! Events as bytes on the wire: `event:`, `id:`, `data:` and an empty line.

use std::sync::Arc;

use bytes::Bytes;
use model::{Event, Play, ServerSnapshot};
use serde::Serialize;

use crate::Context;
use crate::api::v1::iptv::types::Feed;
use crate::api::v1::meta;
use crate::api::v1::types::{Library, Progress, Progresses, Server, ServerLibraries, Session, Snapshot};

/// How long a client waits before it connects again.
const RETRY: &[u8] = b"retry: 2000\n\n";

const SESSION_BYTES: usize = 2048;
const ROW_BYTES: usize = 1024;

/// The first chunk of a stream.
pub(super) fn opening(ctx: &Context) -> Bytes {
    let mut out = RETRY.to_vec();
    push_snapshot(ctx, &mut out);
    out.into()
}

/// The whole state as one event.
pub(super) fn snapshot(ctx: &Context) -> Bytes {
    let mut out = Vec::new();
    push_snapshot(ctx, &mut out);
    out.into()
}

fn push_snapshot(ctx: &Context, out: &mut Vec<u8>) {
    let snapshot = ctx.live.snapshot();
    let sessions: Vec<_> = snapshot.plays().map(|p| Session::of(p)).collect();
    let body = Snapshot {
        servers: snapshot.servers.iter().map(|s| Server::of(s)).collect(),
        libraries: snapshot.servers.iter().flat_map(|s| Library::all_of(s)).collect(),
        feeds: feeds(&snapshot),
        meta: meta(ctx, &snapshot, sessions.len()),
        sessions,
    };
    out.reserve(
        (body.sessions.len() + body.feeds.len()) * SESSION_BYTES
            + (body.servers.len() + body.libraries.len()) * ROW_BYTES,
    );
    push(out, "snapshot", snapshot.version, &body);
}

fn feeds(snapshot: &model::Snapshot) -> Vec<Feed<'_>> {
    let managers = snapshot.servers.iter().filter_map(|s| s.iptv.as_deref());
    managers
        .flat_map(|i| i.runs.iter().map(|run| Feed::of(run)))
        .collect()
}

/// One change; `PlayProgress` is written by [`push_progress`].
pub(super) fn push_change(out: &mut Vec<u8>, version: u64, event: &Event) {
    match event {
        Event::PlayStarted(play) => push(out, "session.started", version, &Session::of(play)),
        Event::PlayChanged(play) => push(out, "session.updated", version, &Session::of(play)),
        Event::PlayEnded(play) => push(out, "session.ended", version, &Session::of(play)),
        Event::ServerChanged(server) => push(out, "server.updated", version, &Server::of(server)),
        Event::RunStarted(run) => push(out, "feed.started", version, &Feed::of(run)),
        Event::RunChanged(run) => push(out, "feed.updated", version, &Feed::of(run)),
        Event::RunEnded(run) => push(out, "feed.ended", version, &Feed::of(run)),
        // Its feed changed with it, or ended, and that is told.
        Event::ViewingEnded(_) => {}
        Event::PlayProgress(plays) => {
            if let Some(first) = plays.first() {
                push_progress(out, version, first.source.as_str(), plays.iter());
            }
        }
    }
}

/// The progress of sessions of one server.
pub(super) fn push_progress<'a>(
    out: &mut Vec<u8>,
    version: u64,
    server_id: &str,
    plays: impl Iterator<Item = &'a Arc<Play>>,
) {
    let sessions = plays.map(|p| Progress::of(p)).collect();
    push(
        out,
        "session.progress",
        version,
        &Progresses { server_id, sessions },
    );
}

/// The libraries of one server.
pub(super) fn push_libraries(out: &mut Vec<u8>, version: u64, server: &ServerSnapshot) {
    let libraries = Library::all_of(server).collect();
    push(
        out,
        "libraries.updated",
        version,
        &ServerLibraries {
            server_id: server.id.as_str(),
            libraries,
        },
    );
}

/// JSON holds no raw line break, so one `data:` line is enough.
fn push(out: &mut Vec<u8>, name: &str, version: u64, data: &impl Serialize) {
    out.extend_from_slice(format!("event: {name}\nid: {version}\ndata: ").as_bytes());
    serde_json::to_writer(&mut *out, data)
        .expect("writing to memory our types, which cannot fail to serialise");
    out.extend_from_slice(b"\n\n");
}
