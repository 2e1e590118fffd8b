//! From a request to its answer: log, faults, credentials, then the path.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as With};
use axum::response::Response;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::auth::{self, Caller, Login, Use};
use super::endpoint::{self, Endpoint, Found, Level};
use super::fault::Fault;
use super::reply::{self, Reply};
use super::requests::{Proof, RequestSeen, redact};
use super::seed::stream_profiles;
use super::world::{State, World, lock};
use super::{render, socket};
use crate::cut::Conn;

/// Longest body that is read; a longer one is taken for none.
const BODY_MAX: usize = 4 << 20;

pub(super) async fn answer(
    With(world): With<Arc<World>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    request: axum::extract::Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let number = record(&world, &parts);
    let faults = lock(&world.faults).of(parts.uri.path());
    for fault in &faults {
        if let Some(response) = before(fault, &conn).await {
            lock(&world.log).answered(number, response.status().as_u16());
            return response;
        }
    }
    let mut response = if parts.uri.path() == "/ws/" {
        socket::answer(&world, &mut parts).await
    } else {
        let body = axum::body::to_bytes(body, BODY_MAX).await.unwrap_or_default();
        reply_to(&world, &parts, &body).respond()
    };
    for fault in &faults {
        response = reply::spoil(response, fault).await;
    }
    lock(&world.log).answered(number, response.status().as_u16());
    response
}

fn record(world: &World, parts: &Parts) -> usize {
    let query = parts.uri.query().unwrap_or("");
    let proof = match auth::proof(&parts.headers) {
        Proof::None if query.contains("token=") => Proof::Query,
        proof => proof,
    };
    let agent = parts.headers.get(http::header::USER_AGENT);
    lock(&world.log).add(RequestSeen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: redact(query),
        proof,
        user_agent: agent.and_then(|a| a.to_str().ok()).unwrap_or("").to_owned(),
        status: 0,
    })
}

/// What a fault does before the request is looked at.
async fn before(fault: &Fault, conn: &Conn) -> Option<Response> {
    match fault {
        Fault::Refuse => {
            conn.cut();
            // Never sent: writing to a cut connection fails.
            Some(Reply::App.respond())
        }
        Fault::Hang => std::future::pending().await,
        Fault::Slow(wait) => {
            tokio::time::sleep(*wait).await;
            None
        }
        Fault::Status(code) => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Some(reply::page(status, "<html><h1>An error</h1></html>"))
        }
        Fault::Html => Some(Reply::App.respond()),
        Fault::PostgresDown => Some(Reply::Raised.respond()),
        Fault::WsRefuse => Some(reply::page(StatusCode::NOT_FOUND, "<html><h1>404</h1></html>")),
        Fault::RedisDown | Fault::CutBody | Fault::Garbage | Fault::Emptied(_) => None,
    }
}

/// A request with what is needed to answer it.
struct Asked<'a> {
    parts: &'a Parts,
    body: &'a Bytes,
    now_ms: i64,
    redis_down: bool,
    /// Who signed in.
    user: Option<i64>,
}

impl Asked<'_> {
    fn arg(&self, name: &str) -> Option<String> {
        let pairs = self.parts.uri.query().unwrap_or("").split('&');
        let value = pairs.filter_map(|p| p.split_once('=')).find(|p| p.0 == name)?.1;
        Some(decoded(value))
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.arg(name)?.parse().ok()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or(Value::Null)
    }

    /// Host without its port: a real one forgets it in `next`.
    fn host(&self) -> &str {
        let host = self.parts.headers.get(http::header::HOST);
        let host = host.and_then(|h| h.to_str().ok()).unwrap_or("localhost");
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    }
}

/// `%20` and `+`.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap_or(b'0'), bytes.next().unwrap_or(b'0')];
                let hex = std::str::from_utf8(&digits).ok();
                hex.and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(b'?')
            }
            b => b,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn reply_to(world: &World, parts: &Parts, body: &Bytes) -> Reply {
    let path = parts.uri.path();
    let now_ms = world.now_ms();
    let redis_down = world.has(&Fault::RedisDown);
    let mut state = world.lock();
    if path == "/api/swagger.json" {
        return Reply::Swagger;
    }
    let key = path
        .strip_prefix("/proxy/ts/status/")
        .filter(|k| !k.is_empty() && !k.contains('/'));
    let (endpoint, level) = match key {
        Some(_) => (Endpoint::Status, Level::Admin),
        None => match endpoint::find(&parts.method, path, state.have.version) {
            Found::Endpoint(endpoint, level) => (endpoint, level),
            Found::NoSlash => return Reply::not_found(),
            Found::WrongMethod => return wrong_method(&parts.method),
            Found::Nothing => return Reply::App,
        },
    };
    let user = match admit(&state, parts, level, now_ms) {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let asked = Asked {
        parts,
        body,
        now_ms,
        redis_down,
        user,
    };
    if let Some(key) = key {
        return details(&state, key, &asked);
    }
    let reply = give(&mut state, endpoint, &asked);
    drop(state);
    if endpoint == Endpoint::Status {
        // Whoever asks for the list shows it to every admin's browser.
        world.tell_channels();
    }
    reply
}

fn wrong_method(method: &Method) -> Reply {
    let words = format!("Method \"{method}\" not allowed.");
    Reply::detail(StatusCode::METHOD_NOT_ALLOWED, &words)
}

/// Bad credentials are refused even where none are needed.
fn admit(state: &State, parts: &Parts, level: Level, now_ms: i64) -> Result<Option<i64>, Reply> {
    let unauthorized = |body: Value| Err(Reply::Json(StatusCode::UNAUTHORIZED, body));
    let user = match auth::caller(state, &parts.headers, now_ms) {
        Caller::BadKey => return unauthorized(json!({ "detail": "Invalid API key" })),
        Caller::BadToken { expired } => return unauthorized(bad_token(expired)),
        Caller::Nobody if level > Level::Any => {
            return unauthorized(json!({ "detail": "Authentication credentials were not provided." }));
        }
        Caller::Nobody => return Ok(None),
        Caller::User(id) => id,
    };
    let needed = match level {
        Level::Any | Level::Login => 0,
        Level::Standard => 1,
        Level::Admin => 10,
    };
    let mut users = state.have.users.iter();
    if users.any(|u| u.id == user && u.level >= needed) {
        Ok(Some(user))
    } else {
        let words = "You do not have permission to perform this action.";
        Err(Reply::detail(StatusCode::FORBIDDEN, words))
    }
}

fn bad_token(expired: bool) -> Value {
    let message = if expired {
        "Token is expired"
    } else {
        "Token is invalid"
    };
    json!({
        "detail": "Given token not valid for any token type", "code": "token_not_valid",
        "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": message }],
    })
}

/// One feed; the only answer that tells a Redis that is down from one that is empty.
fn details(state: &State, key: &str, asked: &Asked<'_>) -> Reply {
    if asked.redis_down {
        let words = "Error 111 connecting to localhost:6379. Connection refused.";
        return Reply::Json(StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": words }));
    }
    if let Some(detail) = render::detail(state, key, asked.now_ms) {
        return Reply::ok(detail);
    }
    let words = format!("Channel {key} not found");
    Reply::Json(StatusCode::NOT_FOUND, json!({ "error": words }))
}

fn give(state: &mut State, endpoint: Endpoint, asked: &Asked<'_>) -> Reply {
    let now_ms = asked.now_ms;
    match endpoint {
        Endpoint::Status | Endpoint::Vod | Endpoint::Catchup | Endpoint::Combined => {
            Reply::ok(statistics(state, endpoint, asked))
        }
        Endpoint::Token | Endpoint::TokenRefresh | Endpoint::ApiKeyGenerate | Endpoint::ApiKeyRevoke => {
            credentials(state, endpoint, asked)
        }
        Endpoint::Channels | Endpoint::Streams | Endpoint::Logos | Endpoint::ProgramSearch => {
            lists(state, endpoint, asked)
        }
        Endpoint::Channel(id) | Endpoint::ChannelStreams(id) | Endpoint::ChannelStreamStats(id) => {
            match state.channel(id) {
                None => Reply::detail(StatusCode::NOT_FOUND, "No Channel matches the given query."),
                Some(c) if endpoint == Endpoint::Channel(id) => Reply::ok(render::channel(c)),
                Some(c) if endpoint == Endpoint::ChannelStreams(id) => {
                    Reply::ok(render::channel_streams(state, c, now_ms))
                }
                Some(c) => Reply::ok(render::stream_stats_of(state, c, now_ms)),
            }
        }
        Endpoint::Stream(id) => match state.stream(id) {
            Some(s) => Reply::ok(render::stream(state, s, now_ms)),
            None => Reply::not_found(),
        },
        Endpoint::Account(id) | Endpoint::AccountProfiles(id) => match state.account(id) {
            None => Reply::not_found(),
            Some(a) => {
                let mut account = render::account(state, a);
                if endpoint == Endpoint::AccountProfiles(id) {
                    account = account["profiles"].take();
                }
                Reply::ok(account)
            }
        },
        Endpoint::Me | Endpoint::ApiKey => me(state, endpoint, asked),
        _ => Reply::ok(whole(state, endpoint, asked)),
    }
}

fn me(state: &State, endpoint: Endpoint, asked: &Asked<'_>) -> Reply {
    match state.have.users.iter().find(|u| Some(u.id) == asked.user) {
        Some(user) if endpoint == Endpoint::ApiKey => Reply::ok(json!({ "key": user.api_key })),
        Some(user) => Reply::ok(render::user(state, user)),
        None => Reply::not_found(),
    }
}

/// Answers that are shown whole.
fn whole(state: &State, endpoint: Endpoint, asked: &Asked<'_>) -> Value {
    let strings = |list: &Value| -> Option<Vec<String>> {
        let texts = list.as_array()?.iter().filter_map(Value::as_str);
        Some(texts.map(ToOwned::to_owned).collect())
    };
    let (body, now_ms) = (asked.json(), asked.now_ms);
    match endpoint {
        Endpoint::Version => {
            let (major, minor, patch) = state.have.version;
            json!({ "version": format!("{major}.{minor}.{patch}"), "timestamp": null })
        }
        Endpoint::ChannelIds => render::channel_rows(state).map(|c| json!(c.id)).collect(),
        Endpoint::Summary => render::summary(state),
        Endpoint::ByUuids => {
            let wanted = strings(&body["uuids"]).unwrap_or_default();
            let channels = state.have.channels.iter().filter(|c| wanted.contains(&c.uuid));
            channels.map(render::channel).collect()
        }
        Endpoint::StreamsByIds => {
            let wanted: Vec<i64> = body["ids"]
                .as_array()
                .map(|ids| ids.iter().filter_map(Value::as_i64).collect())
                .unwrap_or_default();
            let streams = state.have.streams.iter().rev().filter(|s| wanted.contains(&s.id));
            streams.map(|s| render::stream(state, s, now_ms)).collect()
        }
        Endpoint::CurrentPrograms => {
            render::current_programs(state, strings(&body["channel_uuids"]).as_deref(), now_ms)
        }
        Endpoint::Groups => render::groups(state),
        Endpoint::Accounts => render::accounts(state),
        Endpoint::EpgSources => render::epg_sources(state),
        Endpoint::StreamProfiles => stream_profiles(),
        Endpoint::Users => render::users(state),
        Endpoint::Plugins => render::plugins(state),
        Endpoint::Settings => render::settings(),
        Endpoint::Events => render::events(
            state,
            asked.number("limit").unwrap_or(100),
            asked.number("offset").unwrap_or(0),
        ),
        // All others have been given before.
        _ => Value::Null,
    }
}

/// What is on the air. With Redis down: nothing, and nobody is told why.
fn statistics(state: &mut State, endpoint: Endpoint, asked: &Asked<'_>) -> Value {
    let now_ms = asked.now_ms;
    if asked.redis_down {
        let timestamp = now_ms as f64 / 1_000.0;
        let live = json!({ "channels": [], "count": 0 });
        let vod = json!({ "vod_connections": [], "total_connections": 0, "timestamp": timestamp });
        let catchup = json!({ "timeshift_sessions": [], "total_connections": 0, "timestamp": timestamp });
        return match endpoint {
            Endpoint::Status => live,
            Endpoint::Vod => vod,
            Endpoint::Catchup => catchup,
            _ => json!({ "live": live, "vod": vod, "catchup": catchup, "timestamp": timestamp }),
        };
    }
    state.reap(now_ms);
    match endpoint {
        Endpoint::Status => render::basic(state, now_ms),
        Endpoint::Vod => render::vod(state, now_ms),
        Endpoint::Catchup => render::timeshift(state, now_ms),
        _ => render::combined(state, now_ms),
    }
}

fn credentials(state: &mut State, endpoint: Endpoint, asked: &Asked<'_>) -> Reply {
    let (body, now_ms) = (asked.json(), asked.now_ms);
    let text = |key: &str| body[key].as_str().unwrap_or("").to_owned();
    match endpoint {
        // The throttle counts in Redis.
        Endpoint::Token if asked.redis_down => Reply::Raised,
        Endpoint::Token => match auth::log_in(state, &text("username"), &text("password"), now_ms) {
            Login::Done(tokens) => {
                state.logged_in(&text("username"), true, now_ms);
                Reply::ok(tokens)
            }
            Login::Refused => {
                state.logged_in(&text("username"), false, now_ms);
                let words = "No active account found with the given credentials";
                Reply::detail(StatusCode::UNAUTHORIZED, words)
            }
            Login::Throttled(seconds) => {
                let words = format!("Request was throttled. Expected available in {seconds} seconds.");
                Reply::detail(StatusCode::TOO_MANY_REQUESTS, &words)
            }
        },
        Endpoint::TokenRefresh => match auth::of_token(state, &text("refresh"), Use::Refresh, now_ms) {
            Caller::User(user) => {
                Reply::ok(json!({ "access": auth::mint(state, user, Use::Access, now_ms) }))
            }
            caller => {
                let expired = caller == Caller::BadToken { expired: true };
                let words = if expired {
                    "Token is expired"
                } else {
                    "Token is invalid"
                };
                let body = json!({ "detail": words, "code": "token_not_valid" });
                Reply::Json(StatusCode::UNAUTHORIZED, body)
            }
        },
        Endpoint::ApiKeyGenerate => generate_key(state, asked),
        _ => {
            let key = state.have.users.iter_mut().find(|u| Some(u.id) == asked.user);
            if let Some(user) = key {
                user.api_key = None;
            }
            Reply::ok(json!({ "success": true }))
        }
    }
}

/// Replaces the key of whoever asks, or of another user if an admin asks.
fn generate_key(state: &mut State, asked: &Asked<'_>) -> Reply {
    let of = asked.json()["user_id"].as_i64().or(asked.user);
    let key = render::stream_hash(&format!("key of {of:?} at {}", asked.now_ms));
    let Some(at) = state.have.users.iter().position(|u| Some(u.id) == of) else {
        return Reply::not_found();
    };
    let others = of != asked.user;
    let is_admin = state
        .have
        .users
        .iter()
        .any(|u| Some(u.id) == asked.user && u.level >= 10);
    if others && !is_admin {
        let words = "You do not have permission to perform this action.";
        return Reply::detail(StatusCode::FORBIDDEN, words);
    }
    state.have.users[at].api_key = Some(key.clone());
    let user = render::user(state, &state.have.users[at]);
    Reply::Json(StatusCode::CREATED, json!({ "key": key, "user": user }))
}

/// Answers in pages.
fn lists(state: &State, endpoint: Endpoint, asked: &Asked<'_>) -> Reply {
    let now_ms = asked.now_ms;
    match endpoint {
        Endpoint::Channels => {
            let rows: Vec<Value> = render::channel_rows(state).map(render::channel).collect();
            if asked.arg("page").is_none() {
                return Reply::ok(rows.into());
            }
            let mut page = page(&rows, asked, 50, 10_000);
            if let Reply::Json(_, Value::Object(page)) = &mut page {
                page.insert("has_unassigned_epg_channels".into(), false.into());
            }
            page
        }
        Endpoint::Streams => {
            let (account, name) = (asked.arg("m3u_account"), asked.arg("m3u_account_name"));
            let streams = render::streams_of(state, account.as_deref(), name.as_deref());
            let rows: Vec<Value> = streams.iter().map(|s| render::stream(state, s, now_ms)).collect();
            page(&rows, asked, 50, 10_000)
        }
        Endpoint::Logos => page(&render::logos(state, asked.host()), asked, 50, 1_000),
        _ => {
            let (after, before) = (asked.arg("start_after"), asked.arg("end_before"));
            let channel = asked.arg("channel_id").and_then(|id| id.parse().ok());
            let rows = render::search(state, channel, after.as_deref(), before.as_deref(), now_ms);
            page(&rows, asked, 50, 500)
        }
    }
}

fn page(rows: &[Value], asked: &Asked<'_>, usual: usize, most: usize) -> Reply {
    let number = asked.number("page").unwrap_or(1);
    let size = asked
        .number("page_size")
        .filter(|n| *n > 0)
        .unwrap_or(usual)
        .min(most);
    let pages = rows.len().div_ceil(size).max(1);
    if number == 0 || number > pages {
        return Reply::detail(StatusCode::NOT_FOUND, "Invalid page.");
    }
    let at = |n: usize| {
        let others = asked.parts.uri.query().unwrap_or("").split('&');
        let others =
            others.filter(|p| !p.is_empty() && !p.starts_with("page=") && !p.starts_with("page_size="));
        let query: Vec<String> = others
            .map(ToOwned::to_owned)
            .chain([format!("page={n}"), format!("page_size={size}")])
            .collect();
        format!(
            "http://{}{}?{}",
            asked.host(),
            asked.parts.uri.path(),
            query.join("&")
        )
    };
    let shown: Vec<&Value> = rows.iter().skip((number - 1) * size).take(size).collect();
    Reply::ok(json!({
        "count": rows.len(), "next": (number < pages).then(|| at(number + 1)),
        "previous": (number > 1).then(|| at(number - 1)), "results": shown,
    }))
}
