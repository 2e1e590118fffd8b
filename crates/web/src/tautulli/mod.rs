//! The interface of Tautulli (`/api/v2`), for programs that know it: `docs/reference/compatibility.md` says where an
//! answer of ours differs, and why.
//!
//! Numbers come from `history::ask`; this folder knows names, parameters and the order of keys.

mod activity;
mod catalog;
mod commands;
mod envelope;
mod graphs;
mod history;
mod home;
mod libraries;
mod list;
mod long;
mod metadata;
mod params;
mod platforms;
mod playing;
mod quotes;
mod server;
mod session_keys;
mod stats;
mod stream_data;
mod table;
mod tables;
mod users;
mod value;

use std::sync::Arc;

use access::Scope;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use base::Secret;
use http::StatusCode;
use model::SourceId;

use crate::Context;
use crate::api::v1::body;
use crate::respond::answer;
use commands::{Asked, Command};
use envelope::{Format, Reply};
use params::Params;
use value::object;

/// How `/api/v2` answers. Without it, or without a history, the interface is off.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The interface's own key, good for everything here, as is any of our keys with the scope `tautulli`.
    pub key: Secret,
    /// Whether plays are grouped where a question does not say (Tautulli `group_history_tables`).
    pub group_history: bool,
    /// Whether `get_history` lists what plays now (Tautulli `history_table_activity`).
    pub history_activity: bool,
    /// Whether weeks begin on Monday (Tautulli `week_start_monday`).
    pub week_starts_monday: bool,
    /// Where the watched servers are, for `get_server_info`; in the order of the configuration.
    pub servers: Vec<ServerAddress>,
}

impl Settings {
    /// Tautulli's own defaults.
    pub fn new(key: Secret) -> Self {
        Self {
            key,
            group_history: true,
            history_activity: true,
            week_starts_monday: false,
            servers: Vec::new(),
        }
    }
}

/// The address of a watched server, told only to who has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    pub server: SourceId,
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

/// Parameters in a form beyond this are refused before they are read.
const FORM_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn routes() -> Router<Arc<Context>> {
    let current = get(api).post(api);
    let old = get(old_version).post(old_version);
    Router::new()
        .route("/api/v2", current.clone())
        .route("/api/v2/", current)
        .route("/api", old.clone())
        .route("/api/", old.clone())
        .route("/api/v1", old.clone())
        .route("/api/v1/", old)
        .route("/status", get(status))
}

/// Versions before the second have been gone for years.
async fn old_version() -> Response {
    let refusal = Reply::refused("Please use the /api/v2 endpoint.").with_status(StatusCode::OK);
    Format::default().response(refusal)
}

/// That we answer; needs no key.
async fn status() -> Response {
    let mut body = Vec::new();
    object! { "result" => "success", "message" => "Ok" }.write_json(&mut body);
    answer(StatusCode::OK, envelope::JSON, Body::from(body))
}

async fn api(State(ctx): State<Arc<Context>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let form = match body::whole(body, FORM_BYTES_MAX).await {
        Ok(form) => form,
        Err(refusal) => return Format::default().response(Reply::refused(refusal.message)),
    };
    let params = Params::of(&head.uri, &form);
    ctx.access.refresh().await;
    let format = match Format::of(&params) {
        Ok(format) => format,
        Err(refusal) => return Format::default().response(refusal),
    };
    match admit(&ctx, &params) {
        Ok(command) => command.answer(Asked::new(ctx, params), format).await,
        Err(refusal) => format.response(refusal),
    }
}

/// The command that was asked for, if it was asked for with the key.
fn admit(ctx: &Context, params: &Params) -> Result<&'static Command, Reply> {
    let settings = ctx.tautulli.as_ref().filter(|s| !s.key.is_empty());
    let Some(settings) = settings.filter(|_| ctx.history.is_some()) else {
        return Err(Reply::refused("API not enabled"));
    };
    let wanted = params.raw("cmd");
    let command = wanted.and_then(Command::named);
    if command.is_none_or(|c| !c.is_open()) {
        let mut keys = params.all("apikey");
        let Some(key) = keys.next() else {
            return Err(Reply::refused("Parameter apikey is required"));
        };
        let own = access::same(key.as_bytes(), settings.key.expose().as_bytes());
        let opens = || {
            ctx.access
                .key(key)
                .is_some_and(|entry| entry.may(Scope::Tautulli))
        };
        if keys.next().is_some() || !(own || opens()) {
            return Err(Reply::refused("Invalid apikey"));
        }
    }
    match (wanted, command) {
        (_, Some(command)) => Ok(command),
        (Some(unknown), None) => Err(Reply::refused(format!(
            "Unknown command: {unknown}. Possible commands are: {}",
            commands::names()
        ))),
        (None, None) => Err(Reply::refused(format!(
            "Parameter cmd is required. Possible commands are: {}",
            commands::names()
        ))),
    }
}
