//! The addresses of plex.tv and who may ask them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;

use super::render;
use super::state::{Caller, FaultKind, RequestSeen, SignIn, State};
use crate::basic;

type App = Shared<Arc<State>>;

/// Set on an answer by the fault of the same name and undone before it is sent.
#[derive(Clone, Copy, Debug)]
struct NoConnections;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/users/sign_in.json", post(sign_in_old))
        .route("/api/v2/users/signin", post(sign_in_new))
        .route("/api/v2/user", get(user))
        .route("/api/v2/pins", post(new_pin))
        .route("/api/v2/pins/{id}", get(pin))
        .route("/api/v2/resources", get(resources))
        .route("/api/resources", get(resources_xml))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(Arc::clone(&state), door))
        .with_state(state)
}

/// Everything passes here: faults, the log, and the hanging up after each answer (so that a fault of the
/// listener also meets clients that keep connections open).
async fn door(Shared(state): App, mut request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers());
    let mut seen = RequestSeen {
        method: request.method().to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        had_token: headers.contains_key("x-plex-token"),
        client_id: text(headers, "x-plex-client-identifier"),
        status: 0,
    };
    let mut response = match state.take_fault(uri.path()) {
        None => next.run(request).await,
        Some(FaultKind::EmptyConnections) => {
            request.extensions_mut().insert(NoConnections);
            next.run(request).await
        }
        Some(FaultKind::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Some(FaultKind::Status(code)) => StatusCode::from_u16(code)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
        Some(FaultKind::RateLimited { retry_after }) => too_many(retry_after.as_deref()),
        Some(FaultKind::BadJson) => json(StatusCode::OK, "{\"id\": 1, \"conn".to_owned()),
        Some(FaultKind::WebPage) => {
            axum::response::Html("<html><body>Please accept our terms</body></html>").into_response()
        }
    };
    seen.status = response.status().as_u16();
    state.saw(seen);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn too_many(retry_after: Option<&str>) -> Response {
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, 1003, "Too many requests");
    if let Some(value) = retry_after.and_then(|v| HeaderValue::from_str(v).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn json(status: StatusCode, body: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body,
    )
        .into_response()
}

fn refusal(status: StatusCode, code: u32, message: &str) -> Response {
    json(status, render::errors(code, message, status.as_u16()))
}

/// The v2 addresses ask every client for its identifier.
#[expect(clippy::result_large_err, reason = "the error is the answer itself")]
fn client_id(headers: &HeaderMap) -> Result<String, Response> {
    let missing = || {
        refusal(
            StatusCode::BAD_REQUEST,
            1000,
            "X-Plex-Client-Identifier is missing",
        )
    };
    text(headers, "x-plex-client-identifier")
        .filter(|id| !id.is_empty())
        .ok_or_else(missing)
}

#[expect(clippy::result_large_err, reason = "the error is the answer itself")]
fn caller(state: &State, headers: &HeaderMap) -> Result<super::AccountSeed, Response> {
    match state.caller(text(headers, "x-plex-token").as_deref()) {
        Caller::Account(account) => Ok(account),
        Caller::Expired => {
            let status = StatusCode::from_u16(498).unwrap_or(StatusCode::UNAUTHORIZED);
            Err(refusal(status, 1001, "Token has expired"))
        }
        Caller::Unknown => Err(refusal(
            StatusCode::UNAUTHORIZED,
            1001,
            "User could not be authenticated",
        )),
    }
}

/// The older form: user and password as HTTP basic authentication, a verification code appended to the password.
async fn sign_in_old(Shared(state): App, headers: HeaderMap) -> Response {
    let refused = |what: &str| json(StatusCode::UNAUTHORIZED, render::old_error(what));
    if let Err(response) = client_id(&headers) {
        return response;
    }
    let Some((user, password)) = text(&headers, "authorization").as_deref().and_then(basic) else {
        return refused("Invalid email, username, or password.");
    };
    match state.sign_in(&user, &password, None) {
        SignIn::Done { account, token } => json(StatusCode::CREATED, render::old_user(&account, &token)),
        SignIn::CodeNeeded | SignIn::WrongCode => refused("Please enter the verification code"),
        SignIn::Refused => refused("Invalid email, username, or password."),
    }
}

async fn sign_in_new(Shared(state): App, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(response) = client_id(&headers) {
        return response;
    }
    let form = form(&body);
    let field = |name: &str| form.get(name).map(String::as_str).filter(|v| !v.is_empty());
    let (Some(user), Some(password)) = (field("login"), field("password")) else {
        return refusal(StatusCode::BAD_REQUEST, 1000, "login or password is missing");
    };
    match state.sign_in(user, password, field("verificationCode")) {
        SignIn::Done { account, token } => json(StatusCode::CREATED, render::user(&account, &token)),
        SignIn::CodeNeeded => refusal(
            StatusCode::UNAUTHORIZED,
            1029,
            "Please enter the verification code",
        ),
        SignIn::WrongCode => refusal(
            StatusCode::UNAUTHORIZED,
            1030,
            "The verification code is not valid",
        ),
        SignIn::Refused => refusal(StatusCode::UNAUTHORIZED, 1001, "User could not be authenticated"),
    }
}

async fn user(Shared(state): App, headers: HeaderMap) -> Response {
    match caller(&state, &headers) {
        Ok(account) => json(
            StatusCode::OK,
            render::user(&account, &text(&headers, "x-plex-token").unwrap_or_default()),
        ),
        Err(response) => response,
    }
}

async fn new_pin(
    Shared(state): App,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let strong = query.get("strong").is_some_and(|v| v == "true" || v == "1");
    match client_id(&headers) {
        Ok(client) => json(StatusCode::CREATED, state.new_pin(&client, strong, render::pin)),
        Err(response) => response,
    }
}

async fn pin(Shared(state): App, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let client = match client_id(&headers) {
        Ok(client) => client,
        Err(response) => return response,
    };
    match state.with_pin(&id, &client, render::pin) {
        Some(body) => json(StatusCode::OK, body),
        None => refusal(StatusCode::NOT_FOUND, 1020, "Code not found or expired"),
    }
}

async fn resources(Shared(state): App, request: Request<Body>) -> Response {
    list(&state, &request, |servers| {
        json(StatusCode::OK, render::resources(servers))
    })
}

async fn resources_xml(Shared(state): App, request: Request<Body>) -> Response {
    list(&state, &request, |servers| {
        let xml = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
        (xml, render::resources_xml(servers)).into_response()
    })
}

fn list(
    state: &State,
    request: &Request<Body>,
    answer: impl FnOnce(&[(super::ServerSeed, bool, String)]) -> Response,
) -> Response {
    let account = match caller(state, request.headers()) {
        Ok(account) => account,
        Err(response) => return response,
    };
    let mut servers = state.servers_of(&account.user);
    // Relayed addresses are told only to those who ask for them.
    let relay = request
        .uri()
        .query()
        .is_some_and(|q| q.contains("includeRelay=1"));
    for (server, ..) in &mut servers {
        if request.extensions().get::<NoConnections>().is_some() {
            server.connections.clear();
        }
        server.connections.retain(|c| relay || !c.relay);
    }
    answer(&servers)
}

/// Fields of a posted form. A form is written as a query is, so that axum's reader of queries serves for both.
fn form(body: &[u8]) -> HashMap<String, String> {
    let fields = std::str::from_utf8(body)
        .ok()
        .and_then(|b| format!("/?{b}").parse::<Uri>().ok());
    fields
        .and_then(|uri| Query::try_from_uri(&uri).ok())
        .map(|Query(form)| form)
        .unwrap_or_default()
}

/// User and password of an `Authorization: Basic …` header.
fn basic(value: &str) -> Option<(String, String)> {
    basic::credentials(value.strip_prefix("Basic ")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_authentication_and_forms_are_read_whole() {
        assert_eq!(
            basic("Basic bWU6cDp3w6Q="),
            Some(("me".to_owned(), "p:wä".to_owned()))
        );
        assert_eq!(basic("Basic b*"), None);
        let fields = form(b"login=me%40example.net&password=a+b%26c&rememberMe=true");
        assert_eq!(fields["login"], "me@example.net");
        assert_eq!(fields["password"], "a b&c");
    }
}
