//! InfluxDB 3: `/api/v3/write_lp`, `/health`, `/ping`.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::influx::parse::{self, ParsedPoint};
use crate::influx::reply::{self, v3_error};
use crate::influx::request::{Credentials, Request};
use crate::influx::store::{Columns, Store};
use crate::influx::{Inside, Privilege};

pub(super) fn route(inside: &mut Inside, request: &Request, too_large: bool) -> Response {
    match (request.path.as_str(), request.method.as_str()) {
        ("/api/v3/write_lp", "POST") => {
            let written = write(inside, request, too_large);
            written.map_or_else(said, |()| reply::empty())
        }
        ("/health", "GET") => reply::raw(StatusCode::OK, "text/plain; charset=utf-8", "OK".to_owned()),
        ("/ping", "GET" | "HEAD") => reply::v3_ping(),
        ("/api/v3/write_lp" | "/health" | "/ping", _) => reply::method_not_allowed(),
        _ => reply::raw(
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            "not found".to_owned(),
        ),
    }
}

/// Status, error and its details.
type Refused = (StatusCode, String, Value);

fn refused(status: StatusCode, error: &str) -> Refused {
    (status, error.to_owned(), Value::Null)
}

fn said((status, error, data): Refused) -> Response {
    v3_error(status, &error, &data)
}

fn write(inside: &mut Inside, request: &Request, too_large: bool) -> Result<(), Refused> {
    if let Some(token) = &inside.settings.token {
        let told = match &request.credentials {
            Credentials::Bearer(told) | Credentials::Token(told) => Some(told),
            _ => None,
        };
        if told != Some(token) {
            let error = "the request was not authenticated";
            return Err(refused(StatusCode::UNAUTHORIZED, error));
        }
    }
    if inside.settings.privilege < Privilege::Write {
        return Err(refused(StatusCode::FORBIDDEN, "the request was not authorized"));
    }
    let database = request.param("db");
    if database.is_empty() {
        let error = "missing query parameter 'db'";
        return Err(refused(StatusCode::BAD_REQUEST, error));
    }
    if too_large {
        return Err(refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "max request size exceeded",
        ));
    }
    let factor = match request.param("precision") {
        // Guessed from the size of each time.
        "" | "auto" => None,
        "nanosecond" => Some(1),
        "microsecond" => Some(1_000),
        "millisecond" => Some(1_000_000),
        "second" => Some(1_000_000_000),
        other => {
            return Err(refused(
                StatusCode::BAD_REQUEST,
                &format!("unknown precision: {other}"),
            ));
        }
    };
    let text = request
        .text()
        .map_err(|why| refused(StatusCode::BAD_REQUEST, why))?;
    let (points, rejected) = read(&inside.store, database, &text, factor);
    let partial = request.param("accept_partial") != "false";
    if !rejected.is_empty() && !partial {
        let error = "parsing failed for write_lp endpoint";
        return Err((StatusCode::BAD_REQUEST, error.to_owned(), rejected[0].clone()));
    }
    for point in points {
        inside.store.write_v3(database, point);
    }
    if rejected.is_empty() {
        return Ok(());
    }
    let error = "partial write of line protocol occurred";
    Err((StatusCode::BAD_REQUEST, error.to_owned(), Value::Array(rejected)))
}

/// The good lines, and what is said about each of the others. A line's columns are compared with those of the lines
/// before it too.
fn read(store: &Store, database: &str, text: &str, factor: Option<i64>) -> (Vec<ParsedPoint>, Vec<Value>) {
    let now = super::now_ns();
    // Of this body's lines so far.
    let mut columns = Columns::default();
    let (mut points, mut rejected) = (Vec::new(), Vec::new());
    for (number, line) in parse::lines(text).into_iter().enumerate() {
        let point = parse::lenient(line, Some(now), factor.unwrap_or(1)).map(|mut point| {
            if factor.is_none() {
                point.at_ns = guessed(point.at_ns);
            }
            point
        });
        let judged = point.and_then(|point| store.accept_v3(database, &point, &mut columns).map(|()| point));
        match judged {
            Ok(point) => points.push(point),
            Err(why) => rejected.push(json!({
                "original_line": line, "line_number": number + 1, "error_message": why,
            })),
        }
    }
    (points, rejected)
}

/// Seconds, milliseconds, microseconds or nanoseconds, by how large it is.
fn guessed(at: i64) -> i64 {
    match at.unsigned_abs() {
        0..5_000_000_000 => at * 1_000_000_000,
        5_000_000_000..5_000_000_000_000 => at * 1_000_000,
        5_000_000_000_000..5_000_000_000_000_000 => at * 1_000,
        _ => at,
    }
}
