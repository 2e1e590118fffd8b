//! What runs now.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use history::ask::iptv::Filter;
use http::HeaderMap;
use model::ServerSnapshot;
use utoipa::IntoParams;

use super::params::{FILTERS, FeedParams, choice, is_wanted};
use super::types::{Feed, Feeds, Guide, Guides, Paths, Provider, Providers, StreamPath};
use crate::Context;
use crate::api::v1::history::params::Given;
use crate::api::v1::{SESSION_BYTES, meta};
use crate::respond::{ErrorBody, Refusal, large_json};

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `choice` reads")]
pub(super) struct ServerParam {
    /// Our name of a server; may repeat.
    server: Option<Vec<String>>,
}

/// What is on the air: channels, previews, films on demand and programmes of the past.
///
/// Of a stream manager that does not answer, what ran when it was last seen.
#[utoipa::path(get, path = "/api/v1/iptv/channels", tag = "iptv", params(FeedParams),
    responses((status = 200, description = "Those asked for", body = Feeds),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody)))]
pub(crate) async fn channels(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let filter = read(query.as_deref(), &FILTERS)?;
    let snapshot = ctx.live.snapshot();
    let managers = snapshot.servers.iter().filter_map(|s| s.iptv.as_deref());
    let runs = managers.flat_map(|iptv| iptv.runs.iter());
    let channels: Vec<_> = runs
        .filter(|run| is_wanted(&filter, run))
        .map(|run| Feed::of(run))
        .collect();
    let capacity = channels.len() * SESSION_BYTES;
    let body = Feeds {
        meta: meta(&ctx, &snapshot, channels.len()),
        channels,
    };
    Ok(large_json(&headers, &body, capacity))
}

/// The accounts with providers, their logins, and how many connections of each are in use.
#[utoipa::path(get, path = "/api/v1/iptv/providers", tag = "iptv", params(ServerParam),
    responses((status = 200, description = "Those asked for", body = Providers),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody)))]
pub(crate) async fn providers(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let filter = read(query.as_deref(), &["server"])?;
    let snapshot = ctx.live.snapshot();
    let providers: Vec<_> = wanted(&snapshot, &filter).flat_map(Provider::all_of).collect();
    let body = Providers {
        meta: meta(&ctx, &snapshot, providers.len()),
        providers,
    };
    Ok(large_json(&headers, &body, 0))
}

/// Where stream managers have their programme guides from.
#[utoipa::path(get, path = "/api/v1/iptv/guides", tag = "iptv", params(ServerParam),
    responses((status = 200, description = "Those asked for", body = Guides),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody)))]
pub(crate) async fn guides(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let filter = read(query.as_deref(), &["server"])?;
    let snapshot = ctx.live.snapshot();
    let guides: Vec<_> = wanted(&snapshot, &filter).flat_map(Guide::all_of).collect();
    let body = Guides {
        meta: meta(&ctx, &snapshot, guides.len()),
        guides,
    };
    Ok(large_json(&headers, &body, 0))
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `paths` reads")]
pub(super) struct PathParams {
    /// Our name of a media server; may repeat.
    server: Option<Vec<String>>,
    /// The `id` of a session; may repeat.
    session: Option<Vec<String>>,
}

/// Which feed each live television session of a media server comes from.
///
/// Neither side names the other, so a match is made of evidence, and says which and how sure it is.
#[utoipa::path(get, path = "/api/v1/iptv/paths", tag = "iptv", params(PathParams),
    responses((status = 200, description = "Those asked for", body = Paths),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody)))]
pub(crate) async fn paths(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let given = Given::new(query.as_deref().unwrap_or_default(), &[&["server", "session"]])?;
    let (servers, sessions) = (given.texts("server")?, given.texts("session")?);
    let among = |list: &[String], value: &str| list.is_empty() || list.iter().any(|l| l == value);
    let snapshot = ctx.live.snapshot();
    let all = live::path::paths(&snapshot, &ctx.places);
    let wanted = all
        .iter()
        .filter(|p| among(&servers, p.server.as_str()) && among(&sessions, p.play.as_str()));
    let paths: Vec<_> = wanted.map(StreamPath::of).collect();
    let body = Paths {
        meta: meta(&ctx, &snapshot, paths.len()),
        paths,
    };
    Ok(large_json(&headers, &body, 0))
}

fn read(query: Option<&str>, known: &[&str]) -> Result<Filter, Refusal> {
    choice(&Given::new(query.unwrap_or_default(), &[known])?)
}

fn wanted<'a>(snapshot: &'a model::Snapshot, filter: &Filter) -> impl Iterator<Item = &'a ServerSnapshot> {
    let servers = snapshot
        .servers
        .iter()
        .filter(|s| filter.servers.is_empty() || filter.servers.contains(&s.id));
    servers.map(|s| &**s)
}
