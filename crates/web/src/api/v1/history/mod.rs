//! `/api/v1/history`, `/api/v1/analytics` and the pages of users, libraries and titles: what was played.
//!
//! Every question is asked on a thread that may wait, and answered as JSON there: what it borrows is locked.

pub(super) mod analytics;
pub(super) mod export;
mod map;
pub(super) mod pages;
pub(super) mod params;
mod stream;
pub(crate) mod types;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use base::Kind;
use history::ask::slices::{self, Cursor, PagePlay, PageQuestion};
use history::{History, View};
use http::HeaderMap;
use serde::Serialize;
use utoipa::IntoParams;

use super::types::{Segment, Time};
use crate::Context;
use crate::respond::{ErrorBody, JSON, Refusal, compressible};
use params::{Asked, FilterParams, Window, bad};
use types::{HistoryMeta, HistoryPage, HistoryPlay, OneHistoryPlay};

/// Plays of a page unless another number is asked for.
const PLAYS_DEFAULT: usize = 50;

/// Plays of a page at most: each costs some reads of the store.
const PLAYS_MAX: usize = 500;

/// Plays shown of a group: a tune heard for years is one group.
const GROUP_MAX: usize = 500;

pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/history", get(history))
        .route("/api/v1/history/export", get(export::export))
        .route("/api/v1/history/{id}", get(one))
        .merge(analytics::routes())
        .merge(pages::routes())
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
struct LimitParams {
    /// How many are wanted.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
struct PageParams {
    /// Plays of a page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before. The filters must be the same.
    cursor: Option<String>,
}

/// What was played, newest first.
///
/// Plays that are added while somebody turns pages stand before the first page and move nothing.
#[utoipa::path(get, path = "/api/v1/history", tag = "history", params(FilterParams, PageParams),
    responses((status = 200, description = "One page", body = HistoryPage),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn history(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    list(&ctx, query.as_deref(), &headers, |_, _| Ok(())).await
}

/// A page of the list; `narrow` adds what the path says.
async fn list(
    ctx: &Context,
    query: Option<&str>,
    headers: &HeaderMap,
    narrow: impl FnOnce(&View<'_>, &mut slices::Filter) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, Refusal> {
    let history = kept(ctx)?;
    let now = ctx.clock.now();
    let asked = Asked::read(
        query,
        &["limit", "cursor"],
        Window::AllTime,
        history.settings(),
        now,
    )?;
    let cursor = asked.one("cursor")?.map(str::parse::<Cursor>).transpose();
    let mut question = PageQuestion {
        limit: asked.limit(PLAYS_DEFAULT, PLAYS_MAX)?,
        after: cursor.map_err(|e| bad("cursor", "", &e.to_string()))?,
        grouped: asked.grouped,
        filter: asked.filter,
    };
    let answer = move |view: &View<'_>| {
        narrow(view, &mut question.filter)?;
        let page = slices::page(view.columns, &question);
        let page = page.map_err(|e| Refusal::new(Kind::BadPayload, format!("cursor: {e}")))?;
        let stored = map::stored(view, &page.plays).map_err(|e| unreadable(&e))?;
        let plays = map::page(view.columns, &page.plays, &stored);
        let meta = HistoryMeta {
            count: plays.len(),
            total: page.total,
            grouped: question.grouped,
            answered_at: Time(now),
        };
        Ok(bytes(&HistoryPage {
            plays,
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            meta,
        }))
    };
    Ok(compressible(headers, JSON, ask(history, answer).await?))
}

/// One play with everything that is kept of it, and the plays it continues or that continue it.
#[utoipa::path(get, path = "/api/v1/history/{id}", tag = "history",
    params(("id" = u32, Path, description = "The play's `id`")),
    responses((status = 200, description = "It is kept", body = OneHistoryPlay),
        (status = 404, description = "No such play is kept", body = ErrorBody)))]
pub(crate) async fn one(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let history = kept(&ctx)?;
    let now = ctx.clock.now();
    let absent = || Refusal::new(Kind::NotFound, "no play with this id is kept");
    let id: u32 = id.parse().map_err(|_| absent())?;
    let answer = move |view: &View<'_>| {
        let columns = view.columns;
        let row = columns.row_by_id(id).ok_or_else(absent)?;
        let mut rows: Vec<_> = columns.group_rows(columns.group(row)).collect();
        let plays = rows.len();
        // The newest ones.
        rows.truncate(GROUP_MAX);
        rows.reverse();
        let group: Vec<_> = rows
            .iter()
            .map(|r| PagePlay::new(columns, vec![*r], *r))
            .collect();
        let stored = map::stored(view, &group).map_err(|e| unreadable(&e))?;
        let own = view.stored(&[id]).map_err(|e| unreadable(&e))?;
        let own = own.first().ok_or_else(absent)?;
        let record = &own.record;
        let group = map::page(columns, &group, &stored);
        Ok(bytes(&OneHistoryPlay {
            play: HistoryPlay::of(columns, &PagePlay::new(columns, vec![row], row), own),
            position_ms: record.view_offset_ms,
            buffering_ms: record.buffering_ms,
            bytes: record.bytes,
            quality_profile: record.quality_profile.as_deref(),
            source: stream::source(record),
            delivery: stream::delivery(record, columns.marks(row)),
            segments: record.segments.iter().map(Segment::of).collect(),
            meta: HistoryMeta {
                count: group.len(),
                total: u32::try_from(plays).unwrap_or(u32::MAX),
                grouped: false,
                answered_at: Time(now),
            },
            group,
        }))
    };
    Ok(compressible(&headers, JSON, ask(history, answer).await?))
}

/// The history, or why there is nothing to ask.
pub(in crate::api::v1) fn kept(ctx: &Context) -> Result<&History, Refusal> {
    (ctx.history.as_ref()).ok_or_else(|| Refusal::new(Kind::NotFound, "no history is kept"))
}

pub(in crate::api::v1) async fn ask(
    history: &History,
    question: impl FnOnce(&View<'_>) -> Result<Vec<u8>, Refusal> + Send + 'static,
) -> Result<Vec<u8>, Refusal> {
    let answer = history.ask(move |view| Ok(question(view))).await;
    answer.unwrap_or_else(|e| Err(unreadable(&e)))
}

/// What a client is told of a failing store; the log tells the rest.
pub(in crate::api::v1) fn unreadable(error: &history::Error) -> Refusal {
    if let history::Error::Refused(why) = error {
        return Refusal::new(Kind::BadPayload, why.clone());
    }
    tracing::error!(error = %base::error::Chain(error), "the history cannot be read");
    Refusal::new(error.kind(), "the history cannot be read; the log tells why")
}

pub(in crate::api::v1) fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("our types have text keys and cannot fail to serialise")
}
