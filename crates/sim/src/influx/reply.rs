//! Answers in the words of each version.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// Of the real server whose answers these are.
const V1_VERSION: &str = "1.6.7~rc0";
/// Of an error in a header; the real one cuts it there.
const V1_HEADER_BYTES: usize = 1_024;
/// Between the beginning of an answer and its breaking off.
const HALF_WAIT: Duration = Duration::from_millis(20);
const V2_VERSION: &str = "v2.7.12";
const V3_VERSION: &str = "3.4.0";

pub(super) fn empty() -> Response {
    raw(StatusCode::NO_CONTENT, "application/json", String::new())
}

/// A page that is not there: the path belongs to another version.
pub(super) fn not_found() -> Response {
    raw(
        StatusCode::NOT_FOUND,
        "text/plain; charset=utf-8",
        "404 page not found\n".to_owned(),
    )
}

pub(super) fn method_not_allowed() -> Response {
    let text = "Method Not Allowed\n".to_owned();
    raw(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", text)
}

pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    raw(status, "application/json", format!("{value}\n"))
}

/// The beginning of a body; then its connection ends.
pub(super) fn half() -> Response {
    let begun = async { Ok(Bytes::from_static(b"{\"error\":\"time")) };
    let broken = async {
        // Or else nothing of it would be sent.
        tokio::time::sleep(HALF_WAIT).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    let parts = stream::once(begun).chain(stream::once(broken));
    let mut response = Response::new(Body::from_stream(parts));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

pub(super) fn v1_ping() -> Response {
    with(empty(), "x-influxdb-version", V1_VERSION)
}

pub(super) fn v1_error(status: StatusCode, error: &str) -> Response {
    let response = with(
        json(status, &json!({ "error": error })),
        "x-influxdb-version",
        V1_VERSION,
    );
    let response = with(response, "x-influxdb-build", "OSS");
    if status == StatusCode::UNAUTHORIZED {
        return with(response, "www-authenticate", "Basic realm=\"InfluxDB\"");
    }
    let short = &error[..error.floor_char_boundary(V1_HEADER_BYTES)];
    with(response, "x-influxdb-error", &short.replace(['\r', '\n'], " "))
}

pub(super) fn v2_ping() -> Response {
    with(
        with(empty(), "x-influxdb-version", V2_VERSION),
        "x-influxdb-build",
        "OSS",
    )
}

pub(super) fn v2_health() -> Response {
    let value = json!({
        "name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": [],
        "version": V2_VERSION, "commit": "ec9dcde5d6",
    });
    json(StatusCode::OK, &value)
}

pub(super) fn v2_error(status: StatusCode, code: &str, message: &str) -> Response {
    let value = json!({ "code": code, "message": message });
    with(json(status, &value), "x-platform-error-code", code)
}

pub(super) fn v3_ping() -> Response {
    let value = json!({ "version": V3_VERSION, "revision": "0000000", "process_id": "0" });
    with(json(StatusCode::OK, &value), "x-influxdb-version", V3_VERSION)
}

pub(super) fn v3_error(status: StatusCode, error: &str, data: &Value) -> Response {
    json(status, &json!({ "error": error, "data": data }))
}

pub(super) fn raw(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// With one more header, if that can be a header's value.
pub(super) fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    response
}
