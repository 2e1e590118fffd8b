//! What is sent to other databases, and how that goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use export::sinks::{DropReason, SinkFigures};
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::types::{Meta, Time};
use crate::Context;
use crate::respond::large_json;

/// About as much as one target takes.
const ROW_BYTES: usize = 512;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sinks {
    /// In the order of the configuration.
    sinks: Vec<Sink>,
    meta: Meta,
}

/// One target. Counts are since the start of this process.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sink {
    /// Its name in our configuration.
    id: String,
    /// `influxdb`.
    kind: &'static str,
    /// Whether the last request was acknowledged; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    up: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_at: Option<Time>,
    /// Points it acknowledged.
    points_written: u64,
    /// Points that never arrive, by reason.
    points_dropped: BTreeMap<&'static str, u64>,
    /// Requests that were sent again.
    retries: u64,
    /// Points that wait, in memory and on disk.
    points_waiting: u64,
    /// What of them waits on disk.
    spool_bytes: u64,
    /// The oldest point that waits; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_waiting_at: Option<Time>,
}

impl Sink {
    fn of(figures: SinkFigures) -> Self {
        let dropped = |reason: DropReason| figures.dropped.get(&reason).copied().unwrap_or(0);
        Self {
            points_dropped: DropReason::ALL
                .into_iter()
                .map(|reason| (reason.as_str(), dropped(reason)))
                .collect(),
            id: figures.id,
            kind: figures.kind,
            up: figures.up,
            last_success_at: figures.last_success_at.map(Time),
            points_written: figures.written,
            retries: figures.retries,
            points_waiting: figures.waiting,
            spool_bytes: figures.spool_bytes,
            oldest_waiting_at: figures.oldest_waiting_at.map(Time),
        }
    }
}

/// Databases that are written to, and how that goes.
#[utoipa::path(get, path = "/api/v1/sinks", tag = "state",
    responses((status = 200, description = "All targets", body = Sinks)))]
pub(super) async fn sinks(State(ctx): State<Arc<Context>>, headers: HeaderMap) -> Response {
    let sinks: Vec<_> = ctx.sinks.iter().map(|s| Sink::of(s.snapshot())).collect();
    let capacity = sinks.len() * ROW_BYTES;
    let body = Sinks {
        meta: super::meta(&ctx, &ctx.live.snapshot(), sinks.len()),
        sinks,
    };
    large_json(&headers, &body, capacity)
}
