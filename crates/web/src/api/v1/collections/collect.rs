//! Counting on demand.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use base::Kind;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::params::checked_days;
use super::refused;
use super::types::{CollectAnswer, CollectStatus, CollectedSnapshot, CollectionFailure, CollectionSnapshot};
use crate::Context;
use crate::api::v1::body;
use crate::collections::{CollectReport, CollectRequest, Place, Wish};
use crate::respond::{ErrorBody, Refusal, json};

/// Largest request read: names and some remarks.
const BODY_MAX: usize = 64 << 10;

/// What to count. All of it may be left out: then what the configuration names is counted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectBody {
    /// Only collections with exactly these names.
    #[serde(default)]
    names: Vec<String>,
    /// Only of libraries with these names.
    #[serde(default)]
    library: OneOrMany,
    /// Only of the servers with these ids.
    #[serde(default)]
    server: OneOrMany,
    /// Only those shown in one of these places.
    #[serde(default)]
    visibility: Vec<Place>,
    /// The rotation that they are counted for.
    #[serde(default)]
    rotation_id: Option<TextOrNumber>,
    /// Days of history to count; 0 is all time. Default: as configured.
    #[serde(default)]
    window_days: Option<u32>,
    /// Kept with each snapshot as it is.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    extra: Option<Map<String, Value>>,
}

/// One name, or a list of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Ids are kept as text; those who count with numbers may send them so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(i64),
}

impl TextOrNumber {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(n) => n.to_string(),
        }
    }
}

/// Counts what was watched of collections now, and keeps the figures.
///
/// Only `application/json` is taken, which no page of another site can make a browser send.
#[utoipa::path(post, path = "/api/v1/collections/collect", tag = "collections", request_body = CollectBody,
    responses((status = 200, description = "Counted, or nothing to count; what could not be stands in `failed`",
            body = CollectAnswer),
        (status = 400, description = "Not JSON, or not what is understood", body = ErrorBody),
        (status = 404, description = "Nothing is counted here", body = ErrorBody),
        (status = 502, description = "Nothing could be counted", body = CollectAnswer),
        (status = 503, description = "Too many countings wait already", body = ErrorBody)))]
pub(crate) async fn collect(
    State(ctx): State<Arc<Context>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let collector =
        (ctx.collector.as_ref()).ok_or_else(|| Refusal::new(Kind::NotFound, "nothing is counted here"))?;
    let body = body::json(&headers, request, BODY_MAX).await?;
    let report = collector.collect(read(&body)?).await.map_err(refused)?;
    Ok(answer(&report))
}

fn read(body: &[u8]) -> Result<CollectRequest, Refusal> {
    let not_understood = |why| Refusal::new(Kind::BadPayload, format!("the body is not understood: {why}"));
    let body: CollectBody = match body.trim_ascii() {
        [] => CollectBody::default(),
        // A list would pass for its fields in order.
        [b'{', ..] => serde_json::from_slice(body).map_err(|e| not_understood(e.to_string()))?,
        _ => return Err(not_understood("expected an object".to_owned())),
    };
    if let Some(days) = body.window_days {
        checked_days(days)?;
    }
    Ok(CollectRequest {
        wish: Wish {
            servers: body.server.into_vec(),
            libraries: body.library.into_vec(),
            names: body.names,
            visibility: body.visibility,
        },
        rotation_id: body
            .rotation_id
            .map(TextOrNumber::into_text)
            .filter(|id| !id.is_empty()),
        window_days: body.window_days,
        extra: body.extra.map(|extra| Value::Object(extra).to_string()),
    })
}

fn answer(report: &CollectReport) -> Response {
    let status = match (report.collected.is_empty(), report.failed.is_empty()) {
        (false, true) => CollectStatus::Success,
        (false, false) => CollectStatus::Partial,
        (true, false) => CollectStatus::Error,
        (true, true) => CollectStatus::Skipped,
    };
    let code = match status {
        CollectStatus::Error => StatusCode::BAD_GATEWAY,
        _ => StatusCode::OK,
    };
    let collected = report
        .collected
        .iter()
        .map(|(snapshot, visibility)| CollectedSnapshot {
            snapshot: CollectionSnapshot::of(snapshot),
            visibility: visibility.map(Into::into),
        });
    json(
        code,
        &CollectAnswer {
            status,
            collected: collected.collect(),
            failed: CollectionFailure::all(&report.failed),
        },
    )
}
