//! The first run, and tests of what is configured.

pub(super) mod imports;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Kind, Secret};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body;
use crate::Context;
use crate::respond::{ErrorBody, Refusal, json};
use crate::setup::{
    Candidate, Entry, Overview, Pin, Question, Save, Saved, Setup, SetupError, SignIn, Target, Tested,
};

/// Largest request read: addresses and keys of some dozens of servers.
const BODY_MAX: usize = 64 << 10;

pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/setup", get(overview))
        .route("/api/v1/setup/plex/pin", post(start_pin))
        .route("/api/v1/setup/plex/pin/{id}", get(sign_in))
        .route("/api/v1/setup/test", post(test))
        .route("/api/v1/setup/save", post(save))
        .route("/api/v1/servers/{id}/test", post(test_server))
        .route("/api/v1/imports", get(imports::list).post(imports::start))
        .route("/api/v1/imports/file", post(imports::upload))
}

/// The handle, if anybody answers.
fn desk(ctx: &Context) -> Result<&Setup, Refusal> {
    (ctx.setup.as_ref()).ok_or_else(|| Refusal::new(Kind::NotFound, "nothing is set up here"))
}

/// Who answers is asked by who may ask, so that somebody is not let in is what plex.tv or a server said of us. That
/// something is forbidden is their own word.
fn refused(e: SetupError) -> Refusal {
    match e.kind {
        Kind::Unauthorized => Refusal::upstream(e.kind, e.message),
        kind => Refusal::new(kind, e.message),
    }
}

/// The object in the request.
async fn read<T: serde::de::DeserializeOwned>(headers: &HeaderMap, request: Request) -> Result<T, Refusal> {
    body::object(&body::json(headers, request, BODY_MAX).await?)
}

/// How the process is configured, and whether that can be changed here.
#[utoipa::path(get, path = "/api/v1/setup", tag = "setup",
    responses((status = 200, description = "As it is", body = Overview),
        (status = 404, description = "Nothing is set up here", body = ErrorBody)))]
pub(super) async fn overview(State(ctx): State<Arc<Context>>) -> Result<Response, Refusal> {
    let overview = desk(&ctx)?.ask(Question::Overview).await.map_err(refused)?;
    Ok(json(StatusCode::OK, &overview))
}

/// Asks plex.tv for a sign-in that a person confirms in a browser.
///
/// A few may be open at once; a further one takes the place of the oldest.
#[utoipa::path(post, path = "/api/v1/setup/plex/pin", tag = "setup",
    responses((status = 200, description = "Show the person `auth_url`, then ask for its state", body = Pin),
        (status = 403, description = "The configuration cannot be changed here", body = ErrorBody),
        (status = 502, description = "plex.tv does not answer", body = ErrorBody)))]
pub(super) async fn start_pin(State(ctx): State<Arc<Context>>) -> Result<Response, Refusal> {
    let pin = desk(&ctx)?.ask(Question::StartPin).await.map_err(refused)?;
    Ok(json(StatusCode::OK, &pin))
}

/// How far a sign-in is. The token that it brings stays in the process.
#[utoipa::path(get, path = "/api/v1/setup/plex/pin/{id}", tag = "setup",
    params(("id" = String, Path, description = "The sign-in's `id`")),
    responses((status = 200, description = "Its state", body = SignIn),
        (status = 404, description = "Nothing is set up here", body = ErrorBody)))]
pub(super) async fn sign_in(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let state = desk(&ctx)?
        .ask(|reply| Question::SignIn(id, reply))
        .await
        .map_err(refused)?;
    Ok(json(StatusCode::OK, &state))
}

/// What to test: `kind`, and the fields that [`Entry`] has for it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestBody {
    kind: Target,
    id: Option<String>,
    #[schema(example = "192.168.1.10:32400")]
    url: Option<String>,
    #[schema(value_type = Option<String>)]
    token: Option<Secret>,
    #[schema(value_type = Option<String>)]
    api_key: Option<Secret>,
    user: Option<String>,
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    pin: Option<String>,
    machine_id: Option<String>,
    name: Option<String>,
    server: Option<String>,
    api: Option<String>,
    database: Option<String>,
    org: Option<String>,
    bucket: Option<String>,
    tls_skip_verify: Option<bool>,
}

impl TestBody {
    fn candidate(self) -> Candidate {
        Candidate {
            target: self.kind,
            entry: Entry {
                id: self.id,
                url: self.url,
                token: self.token,
                api_key: self.api_key,
                user: self.user,
                password: self.password,
                pin: self.pin,
                machine_id: self.machine_id,
                name: self.name,
                server: self.server,
                api: self.api,
                database: self.database,
                org: self.org,
                bucket: self.bucket,
                tls_skip_verify: self.tls_skip_verify,
            },
        }
    }
}

/// Asks what is at an address, before it is saved.
#[utoipa::path(post, path = "/api/v1/setup/test", tag = "setup", request_body = TestBody,
    responses((status = 200, description = "Asked; `ok` says whether it would work", body = Tested),
        (status = 400, description = "Not JSON, or not what is understood", body = ErrorBody),
        (status = 503, description = "Too many questions wait already", body = ErrorBody)))]
pub(super) async fn test(
    State(ctx): State<Arc<Context>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let desk = desk(&ctx)?;
    let candidate = read::<TestBody>(&headers, request).await?.candidate();
    let tested = desk
        .ask(|reply| Question::Test(Box::new(candidate), reply))
        .await
        .map_err(refused)?;
    Ok(json(StatusCode::OK, &tested))
}

/// Asks a configured server whether it answers.
#[utoipa::path(post, path = "/api/v1/servers/{id}/test", tag = "setup",
    params(("id" = String, Path, description = "Our id of the server")),
    responses((status = 200, description = "Asked; `ok` says whether it answers as it should", body = Tested),
        (status = 404, description = "No server is called so", body = ErrorBody),
        (status = 503, description = "Too many questions wait already", body = ErrorBody)))]
pub(super) async fn test_server(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let tested = desk(&ctx)?
        .ask(|reply| Question::TestServer(id, reply))
        .await
        .map_err(refused)?;
    Ok(json(StatusCode::OK, &tested))
}

/// Adds to the configuration, writes it, and has the process take it up.
///
/// Sources stop and start again; until then `/ready` answers 503.
#[utoipa::path(post, path = "/api/v1/setup/save", tag = "setup", request_body = Save,
    responses((status = 200, description = "Written; poll `/ready`", body = Saved),
        (status = 400, description = "Not JSON, not what is understood, or no configuration that works",
            body = ErrorBody),
        (status = 403, description = "The configuration cannot be changed here", body = ErrorBody),
        (status = 500, description = "The file cannot be written", body = ErrorBody)))]
pub(super) async fn save(
    State(ctx): State<Arc<Context>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let desk = desk(&ctx)?;
    let wanted: Save = read(&headers, request).await?;
    let saved = desk
        .ask(|reply| Question::Save(Box::new(wanted), reply))
        .await
        .map_err(refused)?;
    Ok(json(StatusCode::OK, &saved))
}
