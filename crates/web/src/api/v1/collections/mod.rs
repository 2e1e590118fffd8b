//! `/api/v1/collections` and `/api/v1/rotations`: collections of the watched servers, and what was watched of them.
//!
//! What a collection holds is asked of its server, what was played of the history. A server that does not answer is
//! told as such: nobody takes "down" for "not watched".

mod collect;
mod compare;
mod params;
pub(crate) mod types;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use base::Kind;
use history::History;
use history::collections::{self, Snapshot, SnapshotFilter, TopFilter, Wanted};
use http::HeaderMap;
use model::SourceId;
use model::catalog::{CatalogItem, Collection, ItemKind};

use super::bad_query;
use super::history::{kept, unreadable};
use super::types::Time;
use crate::collections::{Missed, Wish, by_key, find};
use crate::respond::{ErrorBody, Refusal, large_json};
use crate::{Catalog, CatalogError, Context};
use params::{ListParams, PageParams, SnapshotParams, TopParams, WindowParams};
use types::{
    CollectionFailure, CollectionList, CollectionRow, CollectionSnapshot, CollectionSnapshots, ListMeta,
    OneCollection, OneRotation,
};

pub(crate) use collect::__path_collect;
pub(crate) use compare::__path_compare;

/// About as much as one collection or snapshot takes.
const ROW_BYTES: usize = 512;

const TOP_DEFAULT: usize = 10;

const PAGE_DEFAULT: usize = 50;

pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/collections", get(list))
        .route("/api/v1/collections/top", get(top))
        .route("/api/v1/collections/snapshots", get(all_snapshots))
        .route("/api/v1/collections/collect", post(collect::collect))
        .route("/api/v1/collections/{server}/{rating_key}", get(one))
        .route(
            "/api/v1/collections/{server}/{rating_key}/snapshots",
            get(snapshots),
        )
        .route("/api/v1/rotations/{id}", get(rotation))
        .route("/api/v1/rotations/{id}/compare", get(compare::compare))
}

fn catalog(ctx: &Context) -> Result<&Catalog, Refusal> {
    (ctx.catalog.as_ref())
        .ok_or_else(|| Refusal::new(Kind::NotFound, "no server can be asked about its collections"))
}

fn refused(e: CatalogError) -> Refusal {
    Refusal::upstream(e.kind, e.message)
}

async fn ask<T: Send + 'static>(
    history: &History,
    question: impl FnOnce(&history::View<'_>) -> Result<T, history::Error> + Send + 'static,
) -> Result<T, Refusal> {
    history.ask(question).await.map_err(|e| unreadable(&e))
}

fn meta(ctx: &Context, count: usize) -> ListMeta {
    ListMeta {
        count,
        answered_at: Time(ctx.clock.now()),
    }
}

/// The collections of all servers, where they are shown, and what was last counted of them.
#[utoipa::path(get, path = "/api/v1/collections", tag = "collections", params(ListParams),
    responses((status = 200, description = "Those asked for; servers that did not answer stand in `failed`",
            body = CollectionList),
        (status = 400, description = "A filter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No server is watched", body = ErrorBody)))]
pub(crate) async fn list(
    State(ctx): State<Arc<Context>>,
    params: Result<Query<ListParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let wish = Wish {
        servers: params.server.into_iter().collect(),
        libraries: params.library.into_iter().collect(),
        names: params.name.into_iter().collect(),
        visibility: params.visibility.into_iter().collect(),
    };
    let finding = find(catalog(&ctx)?, &wish).await;
    let latest = match &ctx.history {
        Some(history) => ask(history, |v| collections::latest(v, None)).await?,
        None => Vec::new(),
    };
    let by_collection: HashMap<(&SourceId, i64), &Snapshot> = latest
        .iter()
        .filter_map(|s| Some(((&s.server, s.rating_key?), s)))
        .collect();
    let told = by_key(&finding.found);
    let rows = told.iter().map(|(key, found)| {
        let latest = by_collection.get(key).copied();
        CollectionRow::of(found, latest)
    });
    let mut rows: Vec<_> = rows.collect();
    // A filter on names is asked of nobody here: a name that fits nothing is an empty list.
    let missed: Vec<Missed> = finding
        .missed
        .iter()
        .filter(|m| m.server.is_some())
        .cloned()
        .collect();
    // Where a collection is shown cannot be remembered.
    if wish.visibility.is_empty() {
        let remembered = latest
            .iter()
            .filter(|s| is_unreachable(s, &missed) && fits(s, &wish));
        let unknown = remembered.filter(|s| {
            s.rating_key
                .is_none_or(|key| !told.contains_key(&(&s.server, key)))
        });
        rows.extend(unknown.map(CollectionRow::remembered));
    }
    rows.sort_by_key(|r| (r.server, r.library, r.title, r.rating_key));
    let body = CollectionList {
        meta: meta(&ctx, rows.len()),
        collections: rows,
        failed: CollectionFailure::all(&missed),
    };
    Ok(large_json(&headers, &body, body.collections.len() * ROW_BYTES))
}

fn is_unreachable(snapshot: &Snapshot, missed: &[Missed]) -> bool {
    missed.iter().any(|m| {
        m.server.as_ref() == Some(&snapshot.server)
            && m.library
                .as_ref()
                .is_none_or(|library| *library == snapshot.library)
    })
}

fn fits(snapshot: &Snapshot, wish: &Wish) -> bool {
    let has = |list: &[String], value: &str| list.is_empty() || list.iter().any(|wanted| wanted == value);
    has(&wish.servers, snapshot.server.as_str())
        && has(&wish.libraries, &snapshot.library)
        && has(&wish.names, &snapshot.collection_name)
}

/// One collection: what was watched of it, by whom, and on which days.
#[utoipa::path(get, path = "/api/v1/collections/{server}/{rating_key}", tag = "collections",
    params(("server" = String, Path, description = "The server's id"),
        ("rating_key" = i64, Path, description = "The collection's key"), WindowParams),
    responses((status = 200, description = "It exists", body = OneCollection),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No such server or collection", body = ErrorBody),
        (status = 502, description = "The server cannot be asked", body = ErrorBody),
        (status = 504, description = "The server did not answer in time", body = ErrorBody)))]
pub(crate) async fn one(
    State(ctx): State<Arc<Context>>,
    Path((server, rating_key)): Path<(String, String)>,
    params: Result<Query<WindowParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let (catalog, history, now) = (catalog(&ctx)?, kept(&ctx)?, ctx.clock.now());
    let asked = params.read(&history.settings().time_zone, now)?;
    let server = SourceId::new(server);
    let rating_key = key(&rating_key)?;
    let (collection, library) = described(catalog, &server, rating_key).await?;
    let members = catalog
        .collection_members(&server, rating_key)
        .await
        .map_err(refused)?;
    let wanted = Wanted {
        server: server.clone(),
        members: members.iter().map(|m| m.rating_key).collect(),
    };
    let (window, zone) = (asked.window, asked.zone);
    let detail = ask(history, move |v| {
        Ok(collections::detail(
            v.columns,
            &wanted,
            window,
            &zone,
            now.as_second(),
        ))
    })
    .await?;
    let mut row = CollectionRow::told(&server, &library, &collection, None);
    row.items = i64::try_from(members.len()).ok();
    let body = OneCollection::of(row, window.into(), &detail, now);
    let rows = body.items.len() + body.users.len() + body.days.len();
    Ok(large_json(&headers, &body, rows * 100 + ROW_BYTES))
}

fn key(text: &str) -> Result<i64, Refusal> {
    text.parse()
        .map_err(|_| Refusal::new(Kind::NotFound, "the key of a collection is a number"))
}

/// The collection and the name of its library.
async fn described(
    catalog: &Catalog,
    server: &SourceId,
    rating_key: i64,
) -> Result<(Collection, String), Refusal> {
    let absent = || {
        let what = format!("{server} has no collection {rating_key}");
        Refusal::new(Kind::NotFound, what)
    };
    let item = match catalog.metadata(server, rating_key).await {
        Err(e) if e.kind == Kind::NotFound => return Err(absent()),
        other => other.map_err(refused)?,
    };
    if item.kind != ItemKind::Collection {
        return Err(absent());
    }
    let library = item.section_title.as_deref().unwrap_or_default().to_owned();
    // Where it is shown, only the list tells.
    let listed = match item.section_id {
        Some(section_id) => catalog.collections(server, section_id).await.map_err(refused)?,
        None => Vec::new().into(),
    };
    let found = listed.iter().find(|c| c.rating_key == rating_key);
    let collection = found.cloned().unwrap_or_else(|| of_item(&item));
    Ok((collection, library))
}

fn of_item(item: &CatalogItem) -> Collection {
    Collection {
        rating_key: item.rating_key,
        section_id: item.section_id.unwrap_or_default(),
        section_title: item.section_title.clone(),
        title: item
            .title
            .clone()
            .unwrap_or_else(|| item.rating_key.to_string().into()),
        summary: item.summary.clone(),
        subtype: item.subtype.clone(),
        smart: item.smart,
        child_count: item.child_count,
        added_at_s: item.added_at_s,
        updated_at_s: item.updated_at_s,
        ..Collection::default()
    }
}

/// The snapshots of one collection, newest first. They are kept when the collection or its server is gone.
#[utoipa::path(get, path = "/api/v1/collections/{server}/{rating_key}/snapshots", tag = "collections",
    params(("server" = String, Path, description = "The server's id"),
        ("rating_key" = i64, Path, description = "The collection's key"), PageParams),
    responses((status = 200, description = "One page; empty if it was never counted", body = CollectionSnapshots),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn snapshots(
    State(ctx): State<Arc<Context>>,
    Path((server, rating_key)): Path<(String, String)>,
    params: Result<Query<PageParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let filter = SnapshotFilter {
        server: Some(SourceId::new(server)),
        rating_key: Some(key(&rating_key)?),
        before_id: params::cursor(params.cursor.as_deref())?,
        limit: params::limit(params.limit, PAGE_DEFAULT)?,
        ..SnapshotFilter::default()
    };
    page(&ctx, filter, &headers).await
}

/// Snapshots of all collections, newest first.
#[utoipa::path(get, path = "/api/v1/collections/snapshots", tag = "collections", params(SnapshotParams),
    responses((status = 200, description = "One page", body = CollectionSnapshots),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn all_snapshots(
    State(ctx): State<Arc<Context>>,
    params: Result<Query<SnapshotParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let filter = SnapshotFilter {
        server: params.server.map(SourceId::new),
        rating_key: None,
        name: params.name.map(Into::into),
        library: params.library.map(Into::into),
        rotation_id: params.rotation_id.map(Into::into),
        before_id: params::cursor(params.cursor.as_deref())?,
        limit: params::limit(params.limit, PAGE_DEFAULT)?,
    };
    page(&ctx, filter, &headers).await
}

async fn page(ctx: &Context, mut filter: SnapshotFilter, headers: &HeaderMap) -> Result<Response, Refusal> {
    let wanted = filter.limit;
    // One more tells whether there is a next page.
    filter.limit += 1;
    let mut found = ask(kept(ctx)?, move |v| collections::snapshots(v, &filter)).await?;
    let has_more = found.len() > wanted;
    found.truncate(wanted);
    let next_cursor = found.last().filter(|_| has_more).map(|last| last.id.to_string());
    let body = CollectionSnapshots {
        snapshots: found.iter().map(CollectionSnapshot::of).collect(),
        next_cursor,
        meta: meta(ctx, found.len()),
    };
    Ok(large_json(headers, &body, found.len() * ROW_BYTES))
}

/// The newest snapshot of each collection, most plays first.
#[utoipa::path(get, path = "/api/v1/collections/top", tag = "collections", params(TopParams),
    responses((status = 200, description = "As many as asked for", body = CollectionSnapshots),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn top(
    State(ctx): State<Arc<Context>>,
    params: Result<Query<TopParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let filter = TopFilter {
        server: params.server.map(SourceId::new),
        media_type: params.media_type.map(Into::into),
        since_rotation: params.since_rotation.map(Into::into),
        limit: params::limit(params.limit, TOP_DEFAULT)?,
    };
    let found = ask(kept(&ctx)?, move |v| collections::top(v, &filter)).await?;
    let body = CollectionSnapshots {
        snapshots: found.iter().map(CollectionSnapshot::of).collect(),
        next_cursor: None,
        meta: meta(&ctx, found.len()),
    };
    Ok(large_json(&headers, &body, found.len() * ROW_BYTES))
}

/// What was counted for a rotation.
#[utoipa::path(get, path = "/api/v1/rotations/{id}", tag = "collections",
    params(("id" = String, Path, description = "The rotation's id, as given when it was counted")),
    responses((status = 200, description = "Its collections", body = OneRotation),
        (status = 404, description = "Nothing was counted for such a rotation", body = ErrorBody)))]
pub(crate) async fn rotation(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let span = span(&ctx, id).await?;
    let body = OneRotation::of(&span);
    Ok(large_json(&headers, &body, span.collections.len() * ROW_BYTES))
}

async fn span(ctx: &Context, id: String) -> Result<collections::RotationSpan, Refusal> {
    let span = ask(kept(ctx)?, move |v| collections::rotation(v, &id)).await?;
    span.ok_or_else(|| Refusal::new(Kind::NotFound, "nothing was counted for such a rotation"))
}
