//! Version 1 of the public interface: collections as `{ "sessions": […], "meta": {…} }`.

pub(crate) mod body;
pub(crate) mod collections;
mod growth;
pub(crate) mod history;
mod images;
pub(crate) mod iptv;
mod load;
mod map;
mod metrics_browser;
mod openapi;
mod setup;
mod sinks;
pub(crate) mod types;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base::Kind;
use http::{HeaderMap, StatusCode};
use model::{Play, Snapshot};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Context;
use crate::access::Visitor;
use crate::respond::{ErrorBody, JSON, Refusal, compressible, json, large_json};
use types::{Libraries, Library, Meta, OneSession, Server, Servers, Session, Sessions, Time};

pub use openapi::openapi_json;

/// About as much as one session takes, so that a list is written into memory asked for once.
const SESSION_BYTES: usize = 2048;

/// About as much as one server or library takes.
const ROW_BYTES: usize = 512;

pub(crate) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/servers", get(servers))
        .route("/api/v1/libraries", get(libraries))
        .route("/api/v1/sessions", get(sessions))
        .route("/api/v1/sessions/{id}", get(session))
        .route("/api/v1/events", get(events))
        .route("/api/v1/images/{server}/{rating_key}", get(images::image))
        .route("/api/v1/metrics", get(metrics_browser::metrics))
        .route("/api/v1/libraries/{server}/{id}/growth", get(growth::growth))
        .route("/api/v1/load", get(load::load))
        .route("/api/v1/sinks", get(sinks::sinks))
        .route("/api/v1/openapi.json", get(openapi))
        .merge(collections::routes())
        .merge(history::routes())
        .merge(iptv::routes())
        .merge(setup::routes())
}

pub(crate) fn meta(ctx: &Context, snapshot: &Snapshot, count: usize) -> Meta {
    Meta {
        count,
        version: snapshot.version,
        answered_at: Time(ctx.clock.now()),
    }
}

/// The watched servers and how they are.
#[utoipa::path(get, path = "/api/v1/servers", tag = "state",
    responses((status = 200, description = "All servers", body = Servers)))]
async fn servers(State(ctx): State<Arc<Context>>, headers: HeaderMap) -> Response {
    let snapshot = ctx.live.snapshot();
    let servers: Vec<_> = snapshot.servers.iter().map(|s| Server::of(s)).collect();
    let capacity = servers.len() * ROW_BYTES * 4;
    let body = Servers {
        meta: meta(&ctx, &snapshot, servers.len()),
        servers,
    };
    large_json(&headers, &body, capacity)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LibraryFilter {
    /// Only of the server with this id.
    server: Option<String>,
}

/// The libraries of all servers.
#[utoipa::path(get, path = "/api/v1/libraries", tag = "state", params(LibraryFilter),
    responses((status = 200, description = "Those asked for", body = Libraries),
        (status = 400, description = "A filter that does not exist, or not with this value", body = ErrorBody)))]
async fn libraries(
    State(ctx): State<Arc<Context>>,
    filter: Result<Query<LibraryFilter>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(filter) = filter.map_err(|e| bad_query(&e))?;
    let snapshot = ctx.live.snapshot();
    let wanted = |id: &str| filter.server.as_deref().is_none_or(|s| s == id);
    let libraries: Vec<_> = snapshot
        .servers
        .iter()
        .filter(|s| wanted(s.id.as_str()))
        .flat_map(|s| Library::all_of(s))
        .collect();
    let capacity = libraries.len() * ROW_BYTES;
    let body = Libraries {
        meta: meta(&ctx, &snapshot, libraries.len()),
        libraries,
    };
    Ok(large_json(&headers, &body, capacity))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionFilter {
    /// Only of the server with this id.
    server: Option<String>,
    /// Only of the user with this name.
    user: Option<String>,
    /// Only in this state.
    #[param(inline)]
    state: Option<types::State>,
    /// Only with this decision.
    #[param(inline)]
    decision: Option<types::Decision>,
}

impl SessionFilter {
    fn wants(&self, play: &Play) -> bool {
        let session = &play.session;
        self.server.as_deref().is_none_or(|id| id == play.source.as_str())
            && (self.user.as_deref())
                .is_none_or(|name| session.user.as_ref().is_some_and(|u| &*u.name == name))
            && self.state.is_none_or(|state| state == play.state().into())
            && self
                .decision
                .is_none_or(|d| session.delivery.decision.is_some_and(|of| d == of.into()))
    }
}

/// What plays now.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "state", params(SessionFilter),
    responses((status = 200, description = "Those asked for", body = Sessions),
        (status = 400, description = "A filter that does not exist, or not with this value", body = ErrorBody)))]
async fn sessions(
    State(ctx): State<Arc<Context>>,
    filter: Result<Query<SessionFilter>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(filter) = filter.map_err(|e| bad_query(&e))?;
    let snapshot = ctx.live.snapshot();
    let sessions: Vec<_> = snapshot
        .plays()
        .filter(|p| filter.wants(p))
        .map(|p| Session::of(p))
        .collect();
    let capacity = sessions.len() * SESSION_BYTES;
    let body = Sessions {
        meta: meta(&ctx, &snapshot, sessions.len()),
        sessions,
    };
    Ok(large_json(&headers, &body, capacity))
}

/// One session, while it is open.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "state",
    params(("id" = String, Path, description = "The session's `id`")),
    responses((status = 200, description = "It is open", body = OneSession),
        (status = 404, description = "It has ended, or never was", body = ErrorBody)))]
async fn session(State(ctx): State<Arc<Context>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let snapshot = ctx.live.snapshot();
    let Some(play) = snapshot.plays().find(|p| p.id.as_str() == id) else {
        return Err(Refusal::new(
            Kind::NotFound,
            "no open session has this id; it may have ended",
        ));
    };
    Ok(json(
        StatusCode::OK,
        &OneSession {
            session: Session::of(play),
            meta: meta(&ctx, &snapshot, 1),
        },
    ))
}

/// Changes, as server-sent events.
///
/// `snapshot` comes first, then `session.started`, `session.updated`, `session.progress`,
/// `session.ended`, `feed.started`, `feed.updated`, `feed.ended`, `server.updated` and `libraries.updated`. The `id` of an event is the version of the state it
/// belongs to. A listener that falls behind, or connects again, gets a new `snapshot`.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    responses(
        (status = 200, description = "The stream; `data` of each event is JSON", content_type = "text/event-stream",
            body = String),
        (status = 503, description = "Too many listeners", body = ErrorBody)))]
async fn events(State(ctx): State<Arc<Context>>, Extension(visit): Visitor) -> Response {
    match crate::events::listen(&ctx, visit) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

/// The description of this interface.
async fn openapi(headers: HeaderMap) -> Response {
    compressible(&headers, JSON, openapi_json().into_bytes())
}

fn bad_query(rejection: &QueryRejection) -> Refusal {
    Refusal::new(Kind::BadPayload, rejection.body_text())
}
