//! Answers: the one table from error kind to status, JSON, and compression.

use std::io::Write as _;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base::Kind;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accept;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Bodies below this go out as they are: they fit into one packet either way.
const GZIP_FROM_BYTES: usize = 1400;

/// When to come back if a limit was reached, in seconds.
const RETRY_AFTER_S: &str = "5";

/// A refusal, told as `{ "error": { "kind", "message" } }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    /// One sentence, fit for a user.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What somebody whom we asked answered us. That they do not let us in is no word about whoever asks us: a 401 of
    /// ours would sign a browser out.
    pub(crate) fn upstream(kind: Kind, message: impl Into<String>) -> Self {
        let kind = match kind {
            Kind::Unauthorized | Kind::Forbidden => Kind::ServerError,
            other => other,
        };
        Self::new(kind, message)
    }
}

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    pub(crate) error: ErrorDetail<'a>,
}

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorDetail<'a> {
    /// A word of a closed set: `not_found`, `bad_payload`, `unsupported`, `rate_limited`…
    #[schema(example = "not_found")]
    pub(crate) kind: &'a str,
    /// One sentence for people.
    pub(crate) message: &'a str,
}

/// The one table. `RateLimited` is 503 here, not 429: our limits count all clients together, so the client that is
/// refused need not be the one that asked too much.
pub(crate) fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::BadPayload => StatusCode::BAD_REQUEST,
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Storage | Kind::Config | Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Unreachable | Kind::Tls | Kind::ServerError | Kind::WrongTarget => StatusCode::BAD_GATEWAY,
        Kind::Starting | Kind::RateLimited => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Timeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: ErrorDetail {
                kind: self.kind.as_str(),
                message: &self.message,
            },
        };
        let mut response = json(status_of(self.kind), &body);
        if self.kind == Kind::RateLimited {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        response
    }
}

/// A small JSON answer.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our types have text keys and cannot fail to serialise");
    answer(status, JSON, Body::from(bytes))
}

/// A JSON answer that may be large: compressed for those who can read it.
pub(crate) fn large_json(request: &HeaderMap, body: &impl Serialize, capacity: usize) -> Response {
    let mut bytes = Vec::with_capacity(capacity);
    serde_json::to_writer(&mut bytes, body)
        .expect("writing to memory our types, which cannot fail to serialise");
    compressible(request, JSON, bytes)
}

/// `bytes` as they are or gzipped, as `request` allows.
pub(crate) fn compressible(request: &HeaderMap, content_type: HeaderValue, bytes: Vec<u8>) -> Response {
    let squeezed = (bytes.len() >= GZIP_FROM_BYTES && accept::gzip(request)).then(|| gzip(&bytes));
    let zipped = squeezed.is_some();
    let mut response = answer(
        StatusCode::OK,
        content_type,
        Body::from(squeezed.unwrap_or(bytes)),
    );
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if zipped {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Every answer of ours tells the state of now, so none may be kept.
pub(crate) fn answer(status: StatusCode, content_type: HeaderValue, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The fast level: on metrics it saves nine tenths of the bytes, and the rest costs more time than it is worth.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory cannot fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_let_us_in_signs_nobody_out() {
        for kind in Kind::ALL {
            let status = status_of(Refusal::upstream(kind, "").kind);
            assert!(!matches!(status.as_u16(), 401 | 403), "{kind}");
        }
        assert_eq!(Refusal::upstream(Kind::NotFound, "").kind, Kind::NotFound);
    }

    #[test]
    fn every_kind_is_an_error_status() {
        for kind in Kind::ALL {
            let status = status_of(kind);
            assert!(status.is_client_error() || status.is_server_error(), "{kind}");
        }
    }
}
