//! How large a library was from day to day.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use base::Kind;
use history::growth::{Size, sizes};
use http::HeaderMap;
use jiff::civil::Date;
use model::{LibraryId, SourceId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::history::{ask, bytes, kept, unreadable};
use super::types::Meta;
use super::{bad_query, meta};
use crate::Context;
use crate::respond::{ErrorBody, JSON, Refusal, compressible};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GrowthParams {
    /// The first date; absent: as far back as is known.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// The last date.
    #[param(example = "2026-11-21")]
    to: Option<String>,
}

/// A library from day to day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Growth {
    /// Oldest first, at most 3,660: the newest. Days on which nothing was seen are left out.
    points: Vec<GrowthPoint>,
    /// `count` counts the points.
    meta: Meta,
}

/// As it was last seen on that day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrowthPoint {
    /// In the configured time zone.
    #[schema(example = "2026-11-21")]
    date: String,
    /// Items by kind, as in `/api/v1/libraries`. A kind that was not counted is left out.
    counts: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_bytes: Option<u64>,
    /// Running time of everything in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

impl GrowthPoint {
    fn of((day, size): (Date, Size)) -> Self {
        Self {
            date: day.to_string(),
            counts: size
                .counts
                .into_iter()
                .map(|(kind, items)| (kind.as_str(), items))
                .collect(),
            storage_bytes: size.storage_bytes,
            duration_ms: size.duration_ms,
        }
    }
}

/// How large a library was from day to day, since we watch it.
#[utoipa::path(get, path = "/api/v1/libraries/{server}/{id}/growth", tag = "history",
    params(("server" = String, Path, description = "Our name of the server"),
        ("id" = String, Path, description = "The id of the library"), GrowthParams),
    responses((status = 200, description = "What is known; no points of a library that was never seen", body = Growth),
        (status = 400, description = "A parameter that does not exist, or is no date", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(super) async fn growth(
    State(ctx): State<Arc<Context>>,
    Path((server, id)): Path<(String, String)>,
    params: Result<Query<GrowthParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let history = kept(&ctx)?;
    let (from, to) = (
        date("from", params.from.as_deref())?,
        date("to", params.to.as_deref())?,
    );
    let (server, library) = (SourceId::new(server), LibraryId::new(id));
    let about = meta(&ctx, &ctx.live.snapshot(), 0);
    let answer = move |view: &history::View<'_>| {
        let found = sizes(view, &server, &library, from, to).map_err(|e| unreadable(&e))?;
        Ok(bytes(&Growth {
            meta: Meta {
                count: found.len(),
                ..about
            },
            points: found.into_iter().map(GrowthPoint::of).collect(),
        }))
    };
    Ok(compressible(&headers, JSON, ask(history, answer).await?))
}

fn date(name: &str, text: Option<&str>) -> Result<Option<Date>, Refusal> {
    let read = |text: &str| {
        let why = || format!("{name}: \"{text}\" is no date such as 2026-11-21");
        text.parse().map_err(|_| Refusal::new(Kind::BadPayload, why()))
    };
    text.map(read).transpose()
}
