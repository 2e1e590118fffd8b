//! Whether this process lives, and whether it should be sent work. A media server that is down is no fault of ours:
//! it shows in the body and in the metrics, never in the status.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Extension, State};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Context;
use crate::access::Visitor;
use crate::api::v1::types::{ServerError, ServerState};
use crate::respond::json;

/// The process answers; this is how its servers do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health<'a> {
    /// Always `ok`: a process that is not does not answer.
    #[schema(example = "ok")]
    status: &'a str,
    version: &'a str,
    /// How many servers are watched.
    server_count: usize,
    /// How many of them answer.
    servers_up: usize,
    /// Each of them; absent for who may not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    servers: Option<Vec<ServerHealth<'a>>>,
}

/// One server in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerHealth<'a> {
    id: &'a str,
    state: ServerState,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ServerError<'a>>,
}

/// Whether the process should be sent work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ready`, `not_ready`, `stopping` or `broken`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Tasks that keep failing, whose names tell which servers there are; empty for who may not see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    broken_tasks: Vec<String>,
}

/// A status word alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    #[schema(example = "ok")]
    status: &'static str,
}

/// The state of the process, and for who may see of each server. 200 as long as the process answers.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, description = "It answers", body = Health)))]
pub(crate) async fn health(State(ctx): State<Arc<Context>>, Extension(visit): Visitor) -> Response {
    let snapshot = ctx.live.snapshot();
    let servers = visit.may_see().then(|| {
        snapshot.servers.iter().map(|s| ServerHealth {
            id: s.id.as_str(),
            state: ServerState::of(&s.health),
            error: ServerError::of(&s.health),
        })
    });
    let is_up = |s: &&Arc<model::ServerSnapshot>| matches!(s.health, model::Health::Up);
    json(
        StatusCode::OK,
        &Health {
            status: "ok",
            version: ctx.version,
            server_count: snapshot.servers.len(),
            servers_up: snapshot.servers.iter().filter(is_up).count(),
            servers: servers.map(Iterator::collect),
        },
    )
}

/// 200 as long as the process answers.
#[utoipa::path(get, path = "/live", tag = "health", responses((status = 200, description = "It answers", body = Status)))]
pub(crate) async fn live() -> Response {
    json(StatusCode::OK, &Status { status: "ok" })
}

/// 200 when everything is wired; 503 before, while stopping, and when a task keeps failing.
#[utoipa::path(get, path = "/ready", tag = "health",
    responses((status = 200, description = "Ready", body = Readiness),
        (status = 503, description = "Not ready", body = Readiness)))]
pub(crate) async fn ready(State(ctx): State<Arc<Context>>, Extension(visit): Visitor) -> Response {
    let broken = ctx
        .tasks
        .snapshot()
        .into_iter()
        .filter(|(_, t)| t.broken)
        .map(|(name, _)| name)
        .collect();
    let mut readiness = judge(
        ctx.cancel.is_cancelled(),
        ctx.ready.load(Ordering::Relaxed),
        broken,
    );
    if !visit.may_see() {
        readiness.broken_tasks.clear();
    }
    let status = if readiness.status == "ready" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json(status, &readiness)
}

fn judge(stopping: bool, wired: bool, broken_tasks: Vec<String>) -> Readiness {
    let status = match (stopping, wired, broken_tasks.is_empty()) {
        (true, _, _) => "stopping",
        (false, false, _) => "not_ready",
        (false, true, false) => "broken",
        (false, true, true) => "ready",
    };
    Readiness { status, broken_tasks }
}

/// What container health checks written for another exporter ask: `{"status":"OK"}`, 503 while stopping.
pub(crate) async fn compatible(State(ctx): State<Arc<Context>>) -> Response {
    if ctx.cancel.is_cancelled() {
        json(StatusCode::SERVICE_UNAVAILABLE, &Status { status: "STOPPING" })
    } else {
        json(StatusCode::OK, &Status { status: "OK" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wired_running_unbroken_process_is_ready() {
        let broken = || vec!["plex-attic".to_owned()];
        for (stopping, wired, tasks, expected) in [
            (false, false, vec![], "not_ready"),
            (false, true, vec![], "ready"),
            (false, true, broken(), "broken"),
            (false, false, broken(), "not_ready"),
            (true, true, vec![], "stopping"),
            (true, true, broken(), "stopping"),
        ] {
            assert_eq!(judge(stopping, wired, tasks).status, expected);
        }
    }
}
