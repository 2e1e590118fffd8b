//! One request, one answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::history::{self, Params};
use super::{Fault, Inside, Seed, Seen, form};

/// Bytes of a form; longer ones are no form of a client's.
const FORM_LIMIT: usize = 64 << 10;

/// Bytes sent at once of a download.
const PIECE: usize = 64 << 10;

/// Between the first half of an answer and the break.
const BREAK_AFTER: Duration = Duration::from_millis(20);

const COMMANDS: [&str; 11] = [
    "arnold",
    "download_database",
    "get_history",
    "get_libraries_table",
    "get_metadata",
    "get_server_identity",
    "get_stream_data",
    "get_tautulli_info",
    "get_users",
    "server_status",
    "status",
];

pub(super) async fn answer(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, FORM_LIMIT).await.unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let key_in_url = form::pairs(query).any(|(name, _)| name == "apikey");
    let mut params: Params = form::pairs(query)
        .chain(form::pairs(&String::from_utf8_lossy(&body)))
        .collect();
    let key = params.remove("apikey");
    let cmd = params.remove("cmd");
    let (fault, answered) = {
        let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.seen.push(Seen {
            method: parts.method.to_string(),
            cmd: cmd.clone().unwrap_or_default(),
            key_in_url,
            params: params.clone(),
        });
        let fault = take_fault(&mut inside.faults, cmd.as_deref().unwrap_or_default());
        let place = format!("{}/api/v2", inside.seed.http_root);
        let answered = if parts.uri.path() == place {
            respond(&inside.seed, key.as_deref(), cmd.as_deref(), &params)
        } else {
            (
                StatusCode::NOT_FOUND,
                Html("<html><body>404 Not Found</body></html>"),
            )
                .into_response()
        };
        (fault, answered)
    };
    match fault {
        None => answered,
        Some(fault) => spoiled(fault, answered).await,
    }
}

fn take_fault(faults: &mut BTreeMap<String, (Fault, u32)>, cmd: &str) -> Option<Fault> {
    for name in [cmd, ""] {
        if let Some((fault, times)) = faults.get_mut(name)
            && *times > 0
        {
            *times -= 1;
            return Some(fault.clone());
        }
    }
    None
}

async fn spoiled(fault: Fault, answered: Response) -> Response {
    match fault {
        Fault::Slow(delay) => {
            tokio::time::sleep(delay).await;
            answered
        }
        Fault::Status(code) => StatusCode::from_u16(code)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
        Fault::Raises => error(StatusCode::INTERNAL_SERVER_ERROR, "Check the logs for errors"),
        Fault::Html => Html("<html><body>Sign in to continue</body></html>").into_response(),
        Fault::Moved(to) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(to) = HeaderValue::from_str(&to) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Fault::Truncated => {
            let (mut parts, body) = answered.into_parts();
            let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
            parts.headers.insert(header::CONTENT_LENGTH, whole.len().into());
            let half = whole.slice(..whole.len() / 2);
            // What has been sent so far must be on its way before the connection breaks.
            let broken = async {
                tokio::time::sleep(BREAK_AFTER).await;
                Err(std::io::Error::other("broken off on purpose"))
            };
            let pieces = stream::iter([Ok(half)]).chain(stream::once(broken));
            Response::from_parts(parts, Body::from_stream(pieces))
        }
    }
}

fn respond(seed: &Seed, key: Option<&str>, cmd: Option<&str>, params: &Params) -> Response {
    let bad = |message: &str| error(StatusCode::BAD_REQUEST, message);
    if !seed.api_enabled {
        return bad("API not enabled");
    }
    match key {
        None => return bad("Parameter apikey is required"),
        Some(key) if key != seed.api_key => return bad("Invalid apikey"),
        Some(_) => {}
    }
    let possible = || COMMANDS.join(", ");
    let Some(cmd) = cmd else {
        return bad(&format!(
            "Parameter cmd is required. Possible commands are: {}",
            possible()
        ));
    };
    if !COMMANDS.contains(&cmd) || seed.unknown.contains(cmd) {
        return bad(&format!(
            "Unknown command: {cmd}. Possible commands are: {}",
            possible()
        ));
    }
    let raises = || error(StatusCode::INTERNAL_SERVER_ERROR, "Check the logs for errors");
    let found = |data: Option<&Value>| success(None, data.unwrap_or(&json!({})));
    match cmd {
        "status" => success(Some("Ok"), &json!({})),
        "server_status" => success(None, &json!({"connected": true})),
        "arnold" => success(None, &json!("I'll be back")),
        "get_tautulli_info" => success(
            None,
            &json!({"tautulli_version": seed.version, "tautulli_install_type": "docker"}),
        ),
        "get_server_identity" => success(
            None,
            &json!({"machine_identifier": seed.machine_id, "version": "1.41.0"}),
        ),
        "get_history" => success(None, &history::page(&seed.plays, params)),
        "get_users" => success(None, &json!(seed.users)),
        "get_libraries_table" => success(
            None,
            &json!({"recordsTotal": seed.libraries.len(), "recordsFiltered": seed.libraries.len(), "data": seed.libraries}),
        ),
        "get_stream_data" => match params.get("row_id").and_then(|id| id.parse().ok()) {
            Some(id) => found(seed.streams.get(&id)),
            None => bad("null"),
        },
        "get_metadata" => found(params.get("rating_key").and_then(|key| seed.metadata.get(key))),
        "download_database" => seed.database.as_ref().map_or_else(raises, download),
        _ => raises(),
    }
}

fn download(database: &Bytes) -> Response {
    let database = database.clone();
    let len = database.len();
    let pieces = (0..len)
        .step_by(PIECE)
        .map(move |from| Ok::<_, std::io::Error>(database.slice(from..(from + PIECE).min(len))));
    let mut response = Response::new(Body::from_stream(stream::iter(pieces.collect::<Vec<_>>())));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-download"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"tautulli.db\""),
    );
    headers.insert(header::CONTENT_LENGTH, len.into());
    response
}

fn success(message: Option<&str>, data: &Value) -> Response {
    envelope(StatusCode::OK, "success", message, data)
}

fn error(status: StatusCode, message: &str) -> Response {
    envelope(status, "error", Some(message), &json!({}))
}

fn envelope(status: StatusCode, result: &str, message: Option<&str>, data: &Value) -> Response {
    let told = json!({"result": result, "message": message, "data": data});
    let body = Value::Object([("response".to_owned(), told)].into_iter().collect());
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json;charset=UTF-8"),
    );
    response
}
