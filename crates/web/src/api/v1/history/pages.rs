//! Everything about one user, one library, one title.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use base::Kind;
use history::View;
use history::ask::slices::{self, Filter, Level, Of, PagePlay, RankedPage, find_title, profile, top};
use history::columns::Columns;
use history::rules::friendly_name;
use http::HeaderMap;
use model::{Person, Scalar, SourceId};

use super::analytics::{PLACES_MAX, entry, meta, select, tiers};
use super::map::time;
use super::params::{Asked, FilterParams, MeasureParams, Window};
use super::types::{HistoryPage, ProfileAnswer, RankedEntry, UserEntry, UsersAnswer, WindowSum};
use super::{PageParams, ask, bytes, kept, list, map, unreadable};
use crate::Context;
use crate::respond::{ErrorBody, JSON, Refusal, compressible};

/// Users told unless another number is asked for.
const USERS_DEFAULT: usize = 50;

pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/users", get(users))
        .route("/api/v1/users/{id}", get(user))
        .route("/api/v1/users/{id}/history", get(user_history))
        .route("/api/v1/libraries/{server}/{id}", get(library))
        .route("/api/v1/libraries/{server}/{id}/history", get(library_history))
        .route("/api/v1/titles/{server}/{rating_key}", get(title))
        .route("/api/v1/titles/{server}/{rating_key}/history", get(title_history))
}

/// The accounts that played something, the most played first; without filters also those that never did.
#[utoipa::path(get, path = "/api/v1/users", tag = "history",
    params(super::LimitParams, FilterParams, MeasureParams),
    responses((status = 200, description = "Those asked for", body = UsersAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn users(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let history = kept(&ctx)?;
    let more = ["limit", "measure"];
    let asked = Asked::read(
        query.as_deref(),
        &more,
        Window::AllTime,
        history.settings(),
        ctx.clock.now(),
    )?;
    let limit = asked.limit(USERS_DEFAULT, PLACES_MAX)?;
    let answer = move |view: &View<'_>| {
        let columns = view.columns;
        let ranked = top(&select(columns, &asked), Of::Users, asked.measure, usize::MAX);
        let mut users: Vec<_> = ranked.entries.iter().map(|e| user_entry(columns, e)).collect();
        if asked.is_open() {
            users.extend(idle(columns, &users));
        }
        let users_total = users.len();
        users.truncate(limit);
        Ok(bytes(&UsersAnswer {
            users,
            users_total,
            meta: meta(&asked),
        }))
    };
    Ok(compressible(&headers, JSON, ask(history, answer).await?))
}

fn user_entry(columns: &Columns, entry: &slices::TopEntry) -> UserEntry {
    let row = entry.newest;
    let id = columns.viewer(row).user_id;
    let person = id.and_then(|id| columns.dims.people().get(&id));
    UserEntry {
        id: id.map(|id| id.to_string()),
        name: entry.subject.name.as_deref().map(str::to_owned),
        username: person.and_then(|p| p.username.as_deref()).map(str::to_owned),
        plays: entry.sum.plays,
        seconds: entry.sum.seconds,
        last_started_at: Some(time(entry.last_started_s)),
        last_play_id: Some(columns.id(row)),
        last_title: Some(columns.item(row).full_title.to_string()),
        last_player: columns.client(row).player.as_deref().map(str::to_owned),
    }
}

/// Accounts that are known, not deleted, and not among `active`, by id.
fn idle(columns: &Columns, active: &[UserEntry]) -> Vec<UserEntry> {
    let active: HashSet<_> = active.iter().filter_map(|user| user.id.as_deref()).collect();
    let is_deleted = |p: &Person| p.fields.get("deleted_user") == Some(&Scalar::Int(1));
    let people = columns.dims.people().values();
    let mut idle: Vec<_> = people
        .filter(|p| !is_deleted(p) && !active.contains(p.user_id.to_string().as_str()))
        .collect();
    idle.sort_by_key(|p| p.user_id);
    let entries = idle.into_iter().map(|p| UserEntry {
        id: Some(p.user_id.to_string()),
        name: friendly_name(p.friendly_name.as_deref(), p.username.as_deref()).map(str::to_owned),
        username: p.username.as_deref().map(str::to_owned),
        plays: 0,
        seconds: 0,
        last_started_at: None,
        last_play_id: None,
        last_title: None,
        last_player: None,
    });
    entries.collect()
}

/// Who or what a page is about.
#[derive(Clone, Debug)]
enum Subject {
    User(i64),
    Library(SourceId, i64),
    Title(SourceId, i64),
}

/// What is known of a subject besides its plays.
struct Known {
    name: Option<String>,
    level: Option<&'static str>,
}

impl Subject {
    fn user(id: &str) -> Result<Self, Refusal> {
        id.parse().map(Self::User).map_err(|_| absent("user"))
    }

    fn library(server: &str, id: &str) -> Result<Self, Refusal> {
        let id = id.parse().map_err(|_| absent("library"))?;
        Ok(Self::Library(server.into(), id))
    }

    fn title(server: &str, rating_key: &str) -> Result<Self, Refusal> {
        let key = rating_key.parse().map_err(|_| absent("title"))?;
        Ok(Self::Title(server.into(), key))
    }

    /// Adds to `filter` what the path says, if there is such a thing.
    fn find(&self, columns: &Columns, filter: &mut Filter) -> Result<Known, Refusal> {
        let dims = &columns.dims;
        match self {
            Self::User(id) => {
                let person = dims.people().get(id);
                let viewer = dims.viewers().iter().rev().find(|v| v.user_id == Some(*id));
                if person.is_none() && viewer.is_none() {
                    return Err(absent("user"));
                }
                let shown =
                    person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
                let name = shown.or_else(|| viewer.and_then(|v| v.name.as_deref()));
                filter.user_ids = vec![*id];
                Ok(Known {
                    name: name.map(str::to_owned),
                    level: None,
                })
            }
            Self::Library(server, id) => {
                let found = dims
                    .libraries()
                    .iter()
                    .find(|l| l.server == *server && l.section_id == Some(*id));
                let library = found.ok_or_else(|| absent("library"))?;
                let name = library.section.as_ref().and_then(|s| s.name.as_deref());
                filter.servers = vec![server.to_string()];
                filter.libraries = vec![*id];
                Ok(Known {
                    name: name.map(str::to_owned),
                    level: None,
                })
            }
            Self::Title(server, key) => {
                let title = find_title(columns, server, *key).ok_or_else(|| absent("title"))?;
                filter.title_of = Some((server.clone(), *key));
                Ok(Known {
                    name: title.name.as_deref().map(str::to_owned),
                    level: Some(level_name(title.level)),
                })
            }
        }
    }
}

fn absent(what: &str) -> Refusal {
    Refusal::new(Kind::NotFound, format!("nothing is kept of such a {what}"))
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Movie => "movie",
        Level::Show => "show",
        Level::Season => "season",
        Level::Episode => "episode",
        Level::Artist => "artist",
        Level::Album => "album",
        Level::Track => "track",
    }
}

async fn page_of(
    ctx: &Context,
    query: Option<&str>,
    headers: &HeaderMap,
    subject: Subject,
) -> Result<Response, Refusal> {
    let history = kept(ctx)?;
    let mut asked = Asked::read(
        query,
        &["measure"],
        Window::AllTime,
        history.settings(),
        ctx.clock.now(),
    )?;
    let answer = move |view: &View<'_>| {
        let columns = view.columns;
        let known = subject.find(columns, &mut asked.filter)?;
        let selection = select(columns, &asked).gathered();
        let profile = profile(
            &selection,
            &asked.filter,
            &asked.time_zone,
            asked.measure,
            asked.now_s(),
        );
        let last: Vec<_> = profile
            .last
            .map(|row| PagePlay::new(columns, vec![row], row))
            .into_iter()
            .collect();
        let stored = map::stored(view, &last).map_err(|e| unreadable(&e))?;
        let entries = |of, ranked: &RankedPage| -> Vec<RankedEntry> {
            ranked.entries.iter().map(|e| entry(columns, of, e)).collect()
        };
        let windows = profile.windows.iter().map(|window| WindowSum {
            days: window.days,
            plays: window.sum.plays,
            seconds: window.sum.seconds,
        });
        Ok(bytes(&ProfileAnswer {
            name: known.name,
            level: known.level,
            plays: profile.totals.sum.plays,
            seconds: profile.totals.sum.seconds,
            first_started_at: profile.totals.first_started_s.map(time),
            last_started_at: profile.totals.last_started_s.map(time),
            windows: windows.collect(),
            last_play: map::page(columns, &last, &stored).pop(),
            users: entries(Of::Users, &profile.users),
            players: entries(Of::Players, &profile.players),
            titles: entries(Of::Titles, &profile.titles),
            completion: tiers(&profile.completion, asked.measure),
            months: profile.months.into(),
            heat_map: profile.heat_map.into(),
            meta: meta(&asked),
        }))
    };
    Ok(compressible(headers, JSON, ask(history, answer).await?))
}

async fn list_of(
    ctx: &Context,
    query: Option<&str>,
    headers: &HeaderMap,
    subject: Subject,
) -> Result<Response, Refusal> {
    let narrow = move |view: &View<'_>, filter: &mut Filter| subject.find(view.columns, filter).map(|_| ());
    list(ctx, query, headers, narrow).await
}

/// All about one account: sums, devices, titles, the hours of its weeks.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "history",
    params(("id" = i64, Path, description = "The id of the account"),
        FilterParams, MeasureParams),
    responses((status = 200, description = "It is known", body = ProfileAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No such account is known, or no history is kept", body = ErrorBody)))]
pub(crate) async fn user(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let subject = Subject::user(&id)?;
    page_of(&ctx, query.as_deref(), &headers, subject).await
}

/// What one account played, newest first, as `/api/v1/history`.
#[utoipa::path(get, path = "/api/v1/users/{id}/history", tag = "history",
    params(("id" = i64, Path, description = "The id of the account"),
        FilterParams, PageParams),
    responses((status = 200, description = "One page", body = HistoryPage),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No such account is known, or no history is kept", body = ErrorBody)))]
pub(crate) async fn user_history(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let subject = Subject::user(&id)?;
    list_of(&ctx, query.as_deref(), &headers, subject).await
}

/// All about what was played of one library, also after it is gone from the server.
#[utoipa::path(get, path = "/api/v1/libraries/{server}/{id}", tag = "history",
    params(("server" = String, Path, description = "Our name of the server"),
        ("id" = i64, Path, description = "The id of the library"),
        FilterParams, MeasureParams),
    responses((status = 200, description = "It is known", body = ProfileAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No such library is known, or no history is kept", body = ErrorBody)))]
pub(crate) async fn library(
    State(ctx): State<Arc<Context>>,
    Path((server, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let subject = Subject::library(&server, &id)?;
    page_of(&ctx, query.as_deref(), &headers, subject).await
}

/// What was played of one library, newest first, as `/api/v1/history`.
#[utoipa::path(get, path = "/api/v1/libraries/{server}/{id}/history", tag = "history",
    params(("server" = String, Path, description = "Our name of the server"),
        ("id" = i64, Path, description = "The id of the library"),
        FilterParams, PageParams),
    responses((status = 200, description = "One page", body = HistoryPage),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No such library is known, or no history is kept", body = ErrorBody)))]
pub(crate) async fn library_history(
    State(ctx): State<Arc<Context>>,
    Path((server, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let subject = Subject::library(&server, &id)?;
    list_of(&ctx, query.as_deref(), &headers, subject).await
}

/// All about one title, wherever it was played: in other libraries, on other servers, or added again.
#[utoipa::path(get, path = "/api/v1/titles/{server}/{rating_key}", tag = "history",
    params(("server" = String, Path, description = "Our name of the server"),
        ("rating_key" = i64, Path, description = "Of a movie, show, season, episode, artist, album or track"),
        FilterParams, MeasureParams),
    responses((status = 200, description = "It is known", body = ProfileAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "It was never played, or no history is kept", body = ErrorBody)))]
pub(crate) async fn title(
    State(ctx): State<Arc<Context>>,
    Path((server, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let subject = Subject::title(&server, &key)?;
    page_of(&ctx, query.as_deref(), &headers, subject).await
}

/// What was played of one title, newest first, as `/api/v1/history`.
#[utoipa::path(get, path = "/api/v1/titles/{server}/{rating_key}/history", tag = "history",
    params(("server" = String, Path, description = "Our name of the server"),
        ("rating_key" = i64, Path, description = "Of a movie, show, season, episode, artist, album or track"),
        FilterParams, PageParams),
    responses((status = 200, description = "One page", body = HistoryPage),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "It was never played, or no history is kept", body = ErrorBody)))]
pub(crate) async fn title_history(
    State(ctx): State<Arc<Context>>,
    Path((server, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let subject = Subject::title(&server, &key)?;
    list_of(&ctx, query.as_deref(), &headers, subject).await
}
