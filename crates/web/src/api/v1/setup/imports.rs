//! Taking over the history of a Tautulli.

use std::sync::Arc;
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use super::{desk, read, refused};
use crate::Context;
use crate::api::v1::types::Meta;
use crate::api::v1::{bad_query, meta};
use crate::respond::{ErrorBody, Refusal, json};
use crate::setup::{Entry, Import, PIECES_MAX, Question, Upload};

/// An upload that brings nothing for this long has ended.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that is or was imported since the process started.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v1) struct Imports {
    /// The newest first.
    imports: Vec<Import>,
    meta: Meta,
}

/// Imports since the start of the process, with their progress.
///
/// A configured Tautulli is one of them too, as long as its history comes for the first time.
#[utoipa::path(get, path = "/api/v1/imports", tag = "setup",
    responses((status = 200, description = "The newest first", body = Imports),
        (status = 404, description = "Nothing is set up here", body = ErrorBody)))]
pub(in crate::api::v1) async fn list(State(ctx): State<Arc<Context>>) -> Result<Response, Refusal> {
    let imports = desk(&ctx)?.ask(Question::Imports).await.map_err(refused)?;
    let meta = meta(&ctx, &ctx.live.snapshot(), imports.len());
    Ok(json(StatusCode::OK, &Imports { imports, meta }))
}

/// Where the history is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v1) struct ImportBody {
    /// Address of Tautulli.
    #[schema(example = "192.168.1.10:8181")]
    url: String,
    /// Its API key.
    #[schema(value_type = String)]
    api_key: base::Secret,
    /// Our id of the Plex server it watches; the only one configured, else `tautulli`.
    server: Option<String>,
}

/// Takes over the history of a running Tautulli. One import runs at a time.
#[utoipa::path(post, path = "/api/v1/imports", tag = "setup", request_body = ImportBody,
    responses((status = 200, description = "Begun; ask for the list to see how far it is", body = Import),
        (status = 400, description = "Not JSON, or not what is understood", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody),
        (status = 503, description = "Another import runs", body = ErrorBody)))]
pub(in crate::api::v1) async fn start(
    State(ctx): State<Arc<Context>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let desk = desk(&ctx)?;
    let body: ImportBody = read(&headers, request).await?;
    let entry = Entry {
        url: Some(body.url),
        api_key: Some(body.api_key),
        server: body.server,
        ..Entry::default()
    };
    let import = desk
        .ask(|reply| Question::Import(Box::new(entry), reply))
        .await
        .map_err(refused)?;
    Ok(json(StatusCode::OK, &import))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api::v1) struct UploadFor {
    /// Our id of the Plex server it watched; the only one configured, else `tautulli`.
    server: Option<String>,
}

/// Takes over the history in a file: a `tautulli.db`, or the `.zip` of a backup of it, as the body.
#[utoipa::path(post, path = "/api/v1/imports/file", tag = "setup", params(UploadFor),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, description = "It has arrived, and its import has begun", body = Import),
        (status = 400, description = "It ended early, is too large, or the parameters are wrong", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody),
        (status = 503, description = "Another import runs", body = ErrorBody)))]
pub(in crate::api::v1) async fn upload(
    State(ctx): State<Arc<Context>>,
    query: Result<Query<UploadFor>, QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let desk = desk(&ctx)?;
    let Query(query) = query.map_err(|e| bad_query(&e))?;
    let (send, pieces) = mpsc::channel(PIECES_MAX);
    let upload = Upload {
        server: query.server,
        pieces,
    };
    let body = request.into_body().into_data_stream();
    let asked = desk.ask(|reply| Question::Upload(upload, reply));
    let (import, ()) = tokio::join!(asked, hand_on(body, send));
    Ok(json(StatusCode::OK, &import.map_err(refused)?))
}

/// Until all has come, or nobody takes it any more.
async fn hand_on(mut body: BodyDataStream, send: mpsc::Sender<Result<Bytes, String>>) {
    loop {
        let piece = match tokio::time::timeout(PIECE_TIMEOUT, body.next()).await {
            Ok(None) => return,
            Ok(Some(Ok(bytes))) => Ok(bytes),
            Ok(Some(Err(_))) => Err("the upload was cut off".to_owned()),
            Err(_) => Err("nothing came any more".to_owned()),
        };
        let last = piece.is_err();
        if send.send(piece).await.is_err() || last {
            return;
        }
    }
}
