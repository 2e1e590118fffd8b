//! Answers and how they are spoilt.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::fault::Fault;

/// What a path answers.
#[derive(Debug)]
pub(super) enum Reply {
    Json(StatusCode, Value),
    /// The web application: what every unknown path shows.
    App,
    /// Something raised.
    Raised,
    /// The description of the API.
    Swagger,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self::Json(StatusCode::OK, body)
    }

    pub(super) fn detail(status: StatusCode, words: &str) -> Self {
        Self::Json(status, json!({ "detail": words }))
    }

    pub(super) fn not_found() -> Self {
        Self::detail(StatusCode::NOT_FOUND, "Not found.")
    }

    pub(super) fn respond(self) -> Response {
        match self {
            Self::Json(status, body) => answer(status, "application/json", body.to_string()),
            Self::App => page(StatusCode::OK, "<!doctype html><div id=root></div>"),
            Self::Raised => page(
                StatusCode::INTERNAL_SERVER_ERROR,
                "\n<!doctype html>\n<title>Server Error (500)</title>\n<h1>Server Error (500)</h1><p></p>\n",
            ),
            Self::Swagger => answer(
                StatusCode::OK,
                "application/vnd.oai.openapi; charset=utf-8",
                "openapi: 3.0.3\ninfo:\n  title: Dispatcharr API\n  version: ''\npaths: {}\n",
            ),
        }
    }
}

pub(super) fn page(status: StatusCode, text: &'static str) -> Response {
    answer(status, "text/html; charset=utf-8", text)
}

fn answer(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Damages an answer.
pub(super) async fn spoil(response: Response, fault: &Fault) -> Response {
    if !matches!(fault, Fault::CutBody | Fault::Garbage | Fault::Emptied(_)) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    if let Fault::Emptied(names) = fault {
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(emptied(&bytes, names)));
    }
    let half = bytes.slice(..bytes.len() / 2);
    parts.headers.remove(header::CONTENT_LENGTH);
    if *fault == Fault::Garbage {
        return Response::from_parts(parts, Body::from(half));
    }
    parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    // A pause, so that the first half is on its way before the connection breaks.
    let broken = futures_util::stream::once(async {
        tokio::task::yield_now().await;
        Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::BrokenPipe))
    });
    let body = Body::from_stream(futures_util::stream::iter([Ok(half)]).chain(broken));
    Response::from_parts(parts, body)
}

/// The same answer without the entries of the lists of these names, however deep.
fn emptied(body: &[u8], names: &[&str]) -> Vec<u8> {
    fn clear(value: &mut Value, names: &[&str]) {
        let Value::Object(map) = value else { return };
        for (name, value) in map {
            match value {
                Value::Array(list) if names.contains(&name.as_str()) => list.clear(),
                value => clear(value, names),
            }
        }
    }
    let mut value = serde_json::from_slice(body).unwrap_or_default();
    clear(&mut value, names);
    value.to_string().into_bytes()
}
