//! InfluxDB 2: `/api/v2/write`, `/health`, `/ping`.

use axum::response::Response;
use http::StatusCode;

use crate::influx::reply::{self, v2_error};
use crate::influx::request::{Credentials, Request};
use crate::influx::store::Outcome;
use crate::influx::{Inside, Privilege};

pub(super) fn route(inside: &mut Inside, request: &Request, too_large: bool) -> Response {
    match (request.path.as_str(), request.method.as_str()) {
        ("/ping", "GET" | "HEAD") => reply::v2_ping(),
        ("/health", "GET") => reply::v2_health(),
        ("/api/v2/write", "POST") => match write(inside, request, too_large) {
            None => reply::empty(),
            Some((status, code, message)) => v2_error(status, code, &message),
        },
        // The path of version 1 answers for databases that were mapped to buckets, and none was.
        ("/write", "POST") if allowed(inside, request) => {
            let database = request.param("db");
            let message = format!("no dbrp mapping found for database {database:?}");
            v2_error(StatusCode::NOT_FOUND, "not found", &message)
        }
        ("/write", "POST") => v2_error(StatusCode::UNAUTHORIZED, "unauthorized", "unauthorized access"),
        ("/ping" | "/health" | "/write" | "/api/v2/write", _) => v2_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "method not allowed",
            "Method Not Allowed",
        ),
        _ => v2_error(StatusCode::NOT_FOUND, "not found", "path not found"),
    }
}

fn allowed(inside: &Inside, request: &Request) -> bool {
    let Some(token) = &inside.settings.token else {
        return true;
    };
    match &request.credentials {
        Credentials::Token(told) | Credentials::Bearer(told) => told == token,
        // Version 1's way, with the token as the password.
        Credentials::User(_, told) => request.path == "/write" && told == token,
        Credentials::None | Credentials::Garbled => false,
    }
}

/// What is wrong: status, code and message.
fn write(
    inside: &mut Inside,
    request: &Request,
    too_large: bool,
) -> Option<(StatusCode, &'static str, String)> {
    let invalid = |message: String| Some((StatusCode::BAD_REQUEST, "invalid", message));
    let missing = |message: String| Some((StatusCode::NOT_FOUND, "not found", message));
    if !allowed(inside, request) {
        let message = "unauthorized access".to_owned();
        return Some((StatusCode::UNAUTHORIZED, "unauthorized", message));
    }
    let factor = match request.param("precision") {
        "" | "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return invalid("invalid precision; valid precision units are ns, us, ms, and s".to_owned()),
    };
    let (org, bucket) = (request.param("org"), request.param("bucket"));
    if org != inside.settings.org {
        return missing(format!("organization name {org:?} not found"));
    }
    if bucket != inside.settings.bucket {
        return missing(format!("bucket {bucket:?} not found"));
    }
    if inside.settings.privilege < Privilege::Write {
        let message = "insufficient permissions for write".to_owned();
        return Some((StatusCode::FORBIDDEN, "forbidden", message));
    }
    if too_large {
        let message = "unable to read data: points batch is too large".to_owned();
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "request too large", message));
    }
    let text = match request.text() {
        Ok(text) => text,
        Err(why) => return invalid(format!("unable to read data: {why}")),
    };
    let (points, wrong) = super::read(&text, factor);
    // All or nothing.
    if !wrong.is_empty() {
        return invalid(wrong.join("\n"));
    }
    let bucket = bucket.to_owned();
    let (oldest_ns, early) = (inside.settings.oldest_ns, inside.settings.early_v2);
    let unexpected = |what: &str| {
        let message = format!("unexpected error writing points to database: {what}");
        Some((StatusCode::INTERNAL_SERVER_ERROR, "internal error", message))
    };
    match inside.store.write(&bucket, points, oldest_ns) {
        Outcome::Stored => None,
        Outcome::Conflict => unexpected("field type conflict"),
        Outcome::Partial { reason, dropped } if early => {
            unexpected(&format!("partial write: {reason} dropped={dropped}"))
        }
        Outcome::Partial { reason, dropped } => {
            let message =
                format!("failure writing points to database: partial write: {reason} dropped={dropped}");
            Some((StatusCode::UNPROCESSABLE_ENTITY, "unprocessable entity", message))
        }
    }
}
