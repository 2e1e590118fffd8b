//! From a request to its answer: log, faults, maintenance, token, then the path.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::StatusCode;

use crate::cut::Conn;
use crate::plex::fault::Fault;
use crate::plex::requests::{RequestSeen, redact};
use crate::plex::server::reply::{self, Reply};
use crate::plex::server::request::Request;
use crate::plex::server::{about, library, photo, shelf, statistics, status, streams};
use crate::plex::value::Spelling;
use crate::plex::world::{Lifecycle, World, lock};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// No token; only `/identity` answers.
    Nobody,
    Owner,
    /// A person the server is shared with: their account and sections (empty: all).
    Shared(i64, Vec<u32>),
}

impl Caller {
    pub(super) fn is_owner(&self) -> bool {
        *self == Self::Owner
    }

    pub(super) fn sees(&self, section: u32) -> bool {
        match self {
            Self::Shared(_, sections) => sections.is_empty() || sections.contains(&section),
            _ => true,
        }
    }
}

pub(super) async fn answer(
    State(world): State<Arc<World>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    request: axum::extract::Request,
) -> Response {
    let (mut parts, _body) = request.into_parts();
    let Some(request) = Request::new(&parts, &world.seed.base_path) else {
        return reply::error_page(StatusCode::NOT_FOUND);
    };
    record(&world, &request, parts.method.as_str());
    let faults = lock(&world.faults).of(&request.path);
    let mut spelling = request.spelling();
    let mut spoils = Vec::new();
    for fault in faults {
        match before(&fault, &conn, spelling).await {
            Before::Answer(response) => return response,
            Before::Spell(s) if !spelling.is_xml() => spelling = s,
            Before::Spell(_) => {}
            Before::GoOn => spoils.push(fault),
        }
    }
    let lifecycle = world.lock().lifecycle;
    if let Lifecycle::Starting(sentence) = lifecycle {
        return reply::maintenance(sentence, spelling);
    }
    let caller = caller(&world, &request);
    if caller == Caller::Nobody && request.path != "/identity" {
        return reply::error_page(StatusCode::UNAUTHORIZED);
    }
    let segments = request.segments();
    match segments.as_slice() {
        [":", "websockets" | "websocket", "notifications"] => {
            let cut = spoils.contains(&Fault::WsDrop);
            return streams::web_socket(&world, &request, &caller, &mut parts, cut).await;
        }
        [":", "eventsource", "notifications"] => return streams::event_source(&world, &request, &caller),
        _ => {}
    }
    let mut response = route(&world, &request, &caller, &segments, spelling).respond(spelling);
    for fault in &spoils {
        response = reply::spoil(response, fault).await;
    }
    response
}

fn record(world: &World, request: &Request, method: &str) {
    let token = request.token();
    lock(&world.log).add(RequestSeen {
        method: method.to_owned(),
        path: if request.path.is_empty() {
            "/".into()
        } else {
            request.path.clone()
        },
        query: redact(&request.raw_query),
        at: world.clock.now(),
        had_token: token.is_some(),
        token_in_query: token.is_some_and(|(_, in_query)| in_query),
        accept: request.header("accept").unwrap_or("").to_owned(),
        client: request.header("x-plex-client-identifier").map(ToOwned::to_owned),
    });
}

/// What a fault does before the request is looked at.
enum Before {
    Answer(Response),
    Spell(Spelling),
    GoOn,
}

async fn before(fault: &Fault, conn: &Conn, spelling: Spelling) -> Before {
    let html = |code: u16| {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Before::Answer(reply::error_page(status))
    };
    match fault {
        Fault::Refuse | Fault::Reset => {
            conn.cut();
            // Never sent: writing to a cut connection fails.
            html(503)
        }
        Fault::Hang => std::future::pending().await,
        Fault::Slow(by) => {
            tokio::time::sleep(*by).await;
            Before::GoOn
        }
        Fault::Status(code) => html(*code),
        Fault::Unauthorized => html(401),
        Fault::StatsMissing | Fault::WsRefuse | Fault::SseRefuse => html(404),
        Fault::Maintenance => {
            let sentence = "Plex Media Server is currently running database migrations.";
            Before::Answer(reply::maintenance(sentence, spelling))
        }
        Fault::NotPlex => Before::Answer(reply::not_plex()),
        Fault::Redirect(to) => Before::Answer(reply::redirect(to)),
        Fault::WrongTypes => Before::Spell(Spelling::JsonSwapped),
        Fault::StringTypes => Before::Spell(Spelling::JsonStrings),
        Fault::Truncate
        | Fault::BadJson
        | Fault::Empty
        | Fault::HugeBody(_)
        | Fault::NonUtf8
        | Fault::WsDrop
        | Fault::WsFreeze => Before::GoOn,
    }
}

fn caller(world: &World, request: &Request) -> Caller {
    let seed = &world.seed;
    let Some((token, _)) = request.token() else {
        return if seed.allow_without_token {
            Caller::Owner
        } else {
            Caller::Nobody
        };
    };
    if world.lock().token.as_ref().is_some_and(|t| t.expose() == token) {
        return Caller::Owner;
    }
    let shared = seed.shared.iter().find(|s| s.token.expose() == token);
    shared.map_or(Caller::Nobody, |s| Caller::Shared(s.account, s.sections.clone()))
}

/// Paths only the owner may read.
fn is_admin(segments: &[&str]) -> bool {
    matches!(
        segments,
        ["status", "sessions"]
            | ["status", "sessions", "background" | "terminate"]
            | ["statistics" | "accounts" | "devices" | "butler" | "updater", ..]
            | ["transcode", "sessions", ..]
            | [":", "prefs"]
            | ["myplex", "account"]
            | ["hubs", "sections", _, "manage"]
    )
}

fn route(world: &World, request: &Request, caller: &Caller, segments: &[&str], spelling: Spelling) -> Reply {
    if is_admin(segments) && !caller.is_owner() {
        return Reply::Error(StatusCode::FORBIDDEN);
    }
    match segments {
        [] => about::root(world, caller),
        ["identity"] => about::identity(world),
        ["media", "providers"] => about::providers(world, request, caller),
        ["accounts"] => about::accounts(world),
        ["accounts", id] => about::account(world, id),
        ["devices"] => about::devices(world),
        ["servers"] => about::servers(world),
        ["activities"] => about::activities(world, caller),
        ["updater", "status"] => about::update(world),
        [":", "prefs"] => about::preferences(world),
        ["butler"] => about::butler(),
        ["myplex", "account"] => about::my_plex(world),
        ["hubs", rest @ ..] => shelf::hubs(world, request, rest),
        ["playlists", rest @ ..] => shelf::playlists(world, request, rest),
        ["clients", ..] | ["livetv", "sessions" | "dvrs"] => about::nothing(),
        ["photo", ":", "transcode"] => photo::resized(world, request, caller),
        ["library", rest @ ..] if photo::is_picture(rest) => photo::whole(world, caller, rest),
        ["library", rest @ ..] => library::route(world, request, caller, rest),
        ["status", "sessions"] => status::sessions(world, spelling),
        ["status", "sessions", "background"] => status::background(world),
        ["status", "sessions", "terminate"] => status::terminate(world, request),
        ["status", "sessions", "history", "all"] => status::history(world, request, caller),
        ["transcode", "sessions"] | ["transcode", "sessions", "all"] => status::transcodes(world),
        ["statistics", what] => statistics::route(world, request, what),
        _ => Reply::NOT_FOUND,
    }
}
