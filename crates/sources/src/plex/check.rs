//! `check`: is this the server, does it accept the token, and what will be missing?

use std::collections::HashSet;

use base::Kind;
use bytes::BytesMut;

use super::ask::{self, Ask};
use super::client::Client;
use super::config::Config;
use super::decode::DecodeError;
use super::error::Error;
use super::map::{self, Known};
use super::server::Server;
use super::target::{self, Located};
use super::tv::TvConfig;
use super::words::Words;
use super::{events, libraries, socket};

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The server's own name; not told to everybody.
    pub name: Option<String>,
    pub version: Option<String>,
    pub machine_id: String,
    /// The address that works, without secrets.
    pub url_used: String,
    /// What plays at the moment.
    pub sessions: usize,
    pub libraries: usize,
    /// What works less well than it might, a line each.
    pub notes: Vec<String>,
}

/// Asks the server once for all that matters. The error is the first thing that must be put right.
pub async fn check(cfg: &Config, tv: Option<&TvConfig>) -> Result<CheckReport, Error> {
    let Located {
        target,
        machine_id,
        note,
    } = target::locate(cfg, tv, None).await?;
    let server = Server::new(Client::new(cfg, target)?, machine_id.as_deref(), None);
    let identity = server.identify().await?;
    let root = server.fetch_leniently(&ask::ROOT, map::root).await?;
    let sessions = sessions(&server).await.map_err(|e| not_admin(&server, e))?;
    let (libraries, resources, stream) = tokio::join!(
        libraries::list(&server, HashSet::new(), false),
        server.fetch_leniently(&ask::RESOURCES, map::resources),
        stream(&server.client, cfg.notifications),
    );
    let libraries = libraries?.libraries.len();
    let mut notes: Vec<String> = note.into_iter().collect();
    if cfg.tls_skip_verify {
        notes.push("its certificate is not checked".to_owned());
    }
    notes.extend(stream);
    notes.extend(statistics(resources.as_ref().err(), root.plex_pass));
    let text = |t: model::Text| t.to_string();
    Ok(CheckReport {
        name: root.name.map(text),
        version: root.version.or(identity.version).map(text),
        machine_id: identity.machine_id.to_string(),
        url_used: server.client.shown(),
        sessions,
        libraries,
        notes,
    })
}

async fn sessions(server: &Server) -> Result<usize, Error> {
    let (libraries, metadata) = Default::default();
    let known = Known {
        libraries: &libraries,
        metadata: &metadata,
    };
    let read = |body: BytesMut| map::sessions(&body, &known);
    Ok(server.fetch(&ask::SESSIONS, read).await?.value.sessions.len())
}

/// The root page took the token, so a refusal here is about whose token it is.
fn not_admin(server: &Server, e: Error) -> Error {
    if !matches!(e.kind(), Kind::Unauthorized | Kind::Forbidden) {
        return e;
    }
    let what = format!(
        "{} knows the token, but it may not see the sessions",
        server.client.shown()
    );
    let hint = Some("use the token of the server's owner; a friend's sees only what is shared".to_owned());
    server.client.error(
        Words {
            what,
            kind: Kind::Forbidden,
            hint,
            more: false,
        },
        None,
    )
}

/// How notifications would come in, if not in the best way.
async fn stream(client: &Client, wanted: bool) -> Option<String> {
    if !wanted {
        return None;
    }
    let blocked = socket::connect(client).await.err()?;
    Some(match events::connect(client).await {
        Ok(_) => "web sockets are blocked, an event stream serves instead".to_owned(),
        Err(_) => format!("no notifications, changes show at the next look: {blocked}"),
    })
}

fn statistics(refused: Option<&Error>, plex_pass: Option<bool>) -> Option<String> {
    let why = match (refused?.kind(), plex_pass) {
        (Kind::NotFound, Some(false)) => "no Plex Pass",
        (Kind::NotFound | Kind::Unauthorized | Kind::Forbidden, _) => {
            "no Plex Pass or no right to statistics"
        }
        _ => "the statistics do not answer",
    };
    Some(format!("{why}: host load and traffic will be absent"))
}

/// What `capture` asks for, and what the files are called. Listings and settings are left out: they say much about
/// a person and nothing about a fault of ours.
pub(super) fn captured() -> Vec<(&'static str, Ask)> {
    vec![
        ("identity", ask::IDENTITY.clone()),
        ("root", ask::ROOT.clone()),
        ("sessions", ask::SESSIONS.clone()),
        ("providers", ask::LIBRARIES.clone()),
        ("sections", ask::SECTIONS.clone()),
        ("statistics-resources", ask::RESOURCES.clone()),
        ("statistics-bandwidth", ask::bandwidth(None)),
        ("transcode-sessions", ask::TRANSCODES.clone()),
        ("activities", ask::ACTIVITIES.clone()),
        ("update", ask::UPDATE.clone()),
    ]
}

/// What the server answers, with everything that says whose it is replaced, for a bug report. What cannot be read
/// as JSON is left out: it could not be scrubbed.
pub async fn capture(cfg: &Config, tv: Option<&TvConfig>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let Located {
        target, machine_id, ..
    } = target::locate(cfg, tv, None).await?;
    let server = Server::new(Client::new(cfg, target)?, machine_id.as_deref(), None);
    server.identify().await?;
    let mut scrubber = super::scrub::Scrubber::default();
    let mut files = Vec::new();
    for (name, ask) in captured() {
        let read = |body: BytesMut| Ok::<_, DecodeError>(serde_json::from_slice(&body).ok());
        // What a server refuses is part of what it is like; the other answers still help.
        match server.fetch(&ask, read).await {
            Ok(Some(json)) => files.push((format!("{name}.json"), scrubber.scrub(json))),
            Ok(None) => tracing::warn!("{} is not JSON and was left out", ask.place()),
            Err(e) => tracing::warn!(kind = %e.kind(), "{}", super::server::one_line(&e)),
        }
    }
    Ok(files)
}
