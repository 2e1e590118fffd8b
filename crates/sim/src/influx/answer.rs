//! From a request to its answer: log, fault, then the interface.

mod v1;
mod v2;
mod v3;

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use base::Clock;
use http::{HeaderName, HeaderValue, StatusCode};

use super::parse::{self, ParsedPoint};
use super::request::{Credentials, Request};
use super::{Api, Fault, Inside, Seen, Shared, reply};
use crate::cut::Conn;

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let limit = shared.lock().settings.max_body_bytes;
    let body = axum::body::to_bytes(body, limit).await.ok();
    let too_large = body.is_none();
    let request = Request::new(&parts, body.unwrap_or_default());
    let (number, fault) = {
        let mut inside = shared.lock();
        inside.seen.push(seen(&request));
        (inside.seen.len() - 1, take_fault(&mut inside))
    };
    let loses_answer = fault == Some(Fault::LoseAnswer);
    let response = match fault {
        // The port was closed after this connection had been accepted.
        _ if !*shared.open.borrow() => None,
        Some(Fault::Cut | Fault::Refuse) => None,
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::HangAt(path)) if path == request.path => std::future::pending().await,
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => Some(told(status, &headers, body)),
        Some(Fault::HalfAnswer) => Some(reply::half()),
        Some(Fault::Slow(wait)) => {
            tokio::time::sleep(wait).await;
            Some(route(&shared, &request, too_large))
        }
        Some(Fault::LoseAnswer | Fault::HangAt(_)) | None => Some(route(&shared, &request, too_large)),
    };
    let Some(response) = response.filter(|_| !loses_answer) else {
        conn.cut();
        // Never sent: writing to a cut connection fails.
        return reply::empty();
    };
    shared.lock().seen[number].status = Some(response.status().as_u16());
    response
}

fn route(shared: &Shared, request: &Request, too_large: bool) -> Response {
    let mut inside = shared.lock();
    match inside.settings.api {
        Api::V1 => v1::route(&mut inside, request, too_large),
        Api::V2 => v2::route(&mut inside, request, too_large),
        Api::V3 => v3::route(&mut inside, request, too_large),
    }
}

fn seen(request: &Request) -> Seen {
    let mut query = request.query.clone();
    let secret_in_url = query.remove("p").is_some();
    let auth = match request.credentials {
        Credentials::None | Credentials::Garbled => None,
        Credentials::User(..) if secret_in_url => None,
        Credentials::User(..) => Some("Basic"),
        Credentials::Token(_) => Some("Token"),
        Credentials::Bearer(_) => Some("Bearer"),
    };
    Seen {
        method: request.method.clone(),
        path: request.path.clone(),
        query,
        auth: auth.map(ToOwned::to_owned),
        secret_in_url,
        gzip: request.gzip,
        body_bytes: request.body.len(),
        lines: request.text().map_or(0, |text| parse::lines(&text).len()),
        status: None,
    }
}

fn take_fault(inside: &mut Inside) -> Option<Fault> {
    let (fault, times) = inside.fault.as_mut()?;
    let fault = fault.clone();
    if let Some(left) = times {
        *left -= 1;
        if *left == 0 {
            inside.fault = None;
        }
    }
    Some(fault)
}

fn told(status: u16, headers: &[(String, String)], body: String) -> Response {
    let status = StatusCode::from_u16(status).expect("a test names a status that exists");
    let mut response = reply::raw(status, "application/json", body);
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a test names a header that can be sent");
        let value = HeaderValue::from_str(value).expect("a test names a value that can be sent");
        response.headers_mut().insert(name, value);
    }
    response
}

/// Nanoseconds since 1970.
fn now_ns() -> i64 {
    i64::try_from(Clock::system().now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// A body as version 1 and 2 read it: what could be read, and what is wrong with the rest.
fn read(text: &str, factor: i64) -> (Vec<ParsedPoint>, Vec<String>) {
    let now = now_ns() / factor * factor;
    let (mut points, mut wrong) = (Vec::new(), Vec::new());
    for line in parse::lines(text) {
        match parse::lenient(line, Some(now), factor) {
            Ok(point) => points.push(point),
            Err(why) => wrong.push(format!("unable to parse '{line}': {why}")),
        }
    }
    (points, wrong)
}
