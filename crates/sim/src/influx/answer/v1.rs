//! InfluxDB 1: `/write`, `/query`, `/ping`.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::influx::reply::{self, v1_error};
use crate::influx::request::{Credentials, Request};
use crate::influx::store::Outcome;
use crate::influx::{Inside, Privilege};

pub(super) fn route(inside: &mut Inside, request: &Request, too_large: bool) -> Response {
    match (request.path.as_str(), request.method.as_str()) {
        ("/ping", "GET" | "HEAD") => reply::v1_ping(),
        ("/write", "POST") => {
            let written = allowed(inside, request).and_then(|()| write(inside, request, too_large));
            written.map_or_else(said, |()| reply::empty())
        }
        ("/query", "GET" | "POST") => {
            let answered = allowed(inside, request).and_then(|()| query(inside, request));
            answered.map_or_else(said, |value| reply::json(StatusCode::OK, &value))
        }
        ("/ping" | "/write" | "/query", _) => reply::method_not_allowed(),
        _ => reply::not_found(),
    }
}

type Refused = (StatusCode, String);

fn refused(status: StatusCode, error: &str) -> Refused {
    (status, error.to_owned())
}

fn said((status, error): Refused) -> Response {
    v1_error(status, &error)
}

/// Without a user, whatever a request says of itself is not looked at.
fn allowed(inside: &Inside, request: &Request) -> Result<(), Refused> {
    let Some((user, password)) = &inside.settings.user else {
        return Ok(());
    };
    let error = match &request.credentials {
        Credentials::User(name, _) if name.is_empty() => "username required",
        Credentials::User(name, word) if (name, word) == (user, password) => return Ok(()),
        Credentials::User(..) => "authorization failed",
        // Its own spelling.
        Credentials::Bearer(_) => "bearer auth disabld",
        Credentials::None | Credentials::Token(_) | Credentials::Garbled => {
            "unable to parse authentication credentials"
        }
    };
    Err(refused(StatusCode::UNAUTHORIZED, error))
}

/// The user's name, if there is one who may not do as much as this.
fn lacking(inside: &Inside, needed: Privilege) -> Option<&str> {
    let (user, _) = inside.settings.user.as_ref()?;
    (inside.settings.privilege < needed).then_some(user)
}

fn write(inside: &mut Inside, request: &Request, too_large: bool) -> Result<(), Refused> {
    let bad = |error: &str| refused(StatusCode::BAD_REQUEST, error);
    let database = request.param("db");
    if database.is_empty() {
        return Err(bad("database is required"));
    }
    if !inside.store.has(database) {
        let error = format!("database not found: {database:?}");
        return Err(refused(StatusCode::NOT_FOUND, &error));
    }
    if let Some(user) = lacking(inside, Privilege::Write) {
        let error = format!("{user:?} user is not authorized to write to database {database:?}");
        return Err(refused(StatusCode::FORBIDDEN, &error));
    }
    if too_large {
        return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"));
    }
    let text = request.text().map_err(bad)?;
    // A precision it does not know is nanoseconds.
    let factor = match request.param("precision") {
        "u" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60 * 1_000_000_000,
        "h" => 3_600 * 1_000_000_000,
        _ => 1,
    };
    let (points, wrong) = super::read(&text, factor);
    let wrong = wrong.join("\n");
    if points.is_empty() && !wrong.is_empty() {
        return Err(bad(&wrong));
    }
    let policy = request.param("rp");
    if !matches!(policy, "" | "autogen") {
        let error = format!("retention policy not found: {policy}");
        return Err(refused(StatusCode::INTERNAL_SERVER_ERROR, &error));
    }
    let oldest_ns = inside.settings.oldest_ns;
    match inside.store.write(database, points, oldest_ns) {
        Outcome::Stored if wrong.is_empty() => Ok(()),
        Outcome::Stored => Err(bad(&format!("partial write: {wrong} dropped=0"))),
        Outcome::Partial { reason, dropped } => {
            Err(bad(&format!("partial write: {reason} dropped={dropped}")))
        }
        Outcome::Conflict => Err(bad("field type conflict")),
    }
}

/// Knows how to make and to list databases.
fn query(inside: &mut Inside, request: &Request) -> Result<Value, Refused> {
    let form = request.form();
    let Some(query) = form.get("q").map(|q| q.trim().trim_end_matches(';')) else {
        let error = "missing required parameter \"q\"";
        return Err(refused(StatusCode::BAD_REQUEST, error));
    };
    let result = match query.to_ascii_uppercase().as_str() {
        "SHOW DATABASES" => {
            let names = inside.store.databases();
            let mut series = json!({ "name": "databases", "columns": ["name"] });
            if !names.is_empty() {
                series["values"] = names.iter().map(|name| json!([name])).collect();
            }
            json!({ "statement_id": 0, "series": [series] })
        }
        upper if upper.starts_with("CREATE DATABASE ") => {
            if let Some(user) = lacking(inside, Privilege::Admin) {
                let error = format!(
                    "error authorizing query: {user} not authorized to execute statement '{query}', requires admin \
                     privilege"
                );
                return Err(refused(StatusCode::FORBIDDEN, &error));
            }
            create(inside, query["CREATE DATABASE ".len()..].trim())?
        }
        _ => {
            let word = query.split(' ').next().unwrap_or_default();
            let error = format!(
                "error parsing query: found {word}, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, \
                 REVOKE, ALTER, SET, KILL at line 1, char 1"
            );
            return Err(refused(StatusCode::BAD_REQUEST, &error));
        }
    };
    Ok(json!({ "results": [result] }))
}

/// A name is plain or within quotes, where `\"` and `\\` stand for themselves.
fn create(inside: &mut Inside, name: &str) -> Result<Value, Refused> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let quoted = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let name = match quoted {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
        None if plain => name.to_owned(),
        None => {
            let error = format!("error parsing query: found {name}, expected identifier at line 1, char 17");
            return Err(refused(StatusCode::BAD_REQUEST, &error));
        }
    };
    if name.is_empty() {
        return Ok(json!({ "statement_id": 0, "error": "invalid name" }));
    }
    inside.store.create(&name);
    Ok(json!({ "statement_id": 0 }))
}
