//! The gate: who may see and do what, decided before anything else looks at a request.
//!
//! What is open to everybody (health, the dashboard's own files) is put beside the gate by the router; everything behind
//! it is closed unless `rules.rs` names it.

mod asked;
pub(crate) mod endpoints;
mod rules;
mod types;

use std::sync::Arc;

use access::{Client, Entry, Gate, Mode, Scope, Way};
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use base::{Kind, Secret};
use http::header::{LOCATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::Context;
use crate::respond::Refusal;
use asked::Asked;
use rules::Need;

/// Makes browsers ask for a name and a password, and send them: the password is a key.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"Projectionist\", charset=\"UTF-8\"");

/// Who asks, and from where; in the extensions of every request behind the gate.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Absent for who is not in.
    pub(crate) entry: Option<Entry>,
    /// By TLS, as far as a proxy that is believed says so.
    secure: bool,
    /// Whose attempts are counted.
    client: Client,
    /// Of the browser's session, whether or not it is one.
    session: Option<Secret>,
    /// The key that opened.
    key: Option<Secret>,
}

impl Visit {
    /// True if they may see what a viewer sees.
    pub(crate) fn may_see(&self) -> bool {
        self.entry.as_ref().is_some_and(|e| e.may(Scope::Read))
    }

    /// For an answer that goes on and on: true if whoever came in would come in again. What a proxy said of them was
    /// said of the request and is not asked again.
    pub(crate) async fn still_may_see(&self, gate: &Gate) -> bool {
        gate.refresh().await;
        let now = match self.entry.as_ref().map(|e| e.way) {
            None => return false,
            Some(Way::Proxy) => return true,
            Some(Way::Open) => return is_open(gate, self.client.straight && !gate.is_behind_proxy()),
            Some(Way::Session) => self
                .session
                .as_ref()
                .and_then(|token| gate.session(token.expose())),
            Some(Way::Key) => self.key.as_ref().and_then(|key| gate.key(key.expose())),
        };
        now.is_some_and(|entry| entry.may(Scope::Read))
    }
}

/// The interface for signing in, and for looking after accounts and keys.
pub(crate) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/access", get(endpoints::state))
        .route("/api/v1/access/sign-in", post(endpoints::sign_in))
        .route("/api/v1/access/sign-out", post(endpoints::sign_out))
        .route("/api/v1/access/password", post(endpoints::change_password))
        .route(
            "/api/v1/access/accounts",
            get(endpoints::list_accounts).post(endpoints::add_account),
        )
        .route(
            "/api/v1/access/accounts/{name}",
            delete(endpoints::remove_account),
        )
        .route(
            "/api/v1/access/keys",
            get(endpoints::list_keys).post(endpoints::add_key),
        )
        .route("/api/v1/access/keys/{id}", delete(endpoints::remove_key))
}

/// Puts everything in `routes` behind the gate.
pub(crate) fn closed(ctx: &Arc<Context>, routes: Router<Arc<Context>>) -> Router<Arc<Context>> {
    routes.layer(middleware::from_fn_with_state(ctx.clone(), gate))
}

/// Puts what stands at `/` behind the gate.
#[cfg(not(feature = "ui"))]
pub(crate) fn closed_front(
    ctx: &Arc<Context>,
    front: MethodRouter<Arc<Context>>,
) -> MethodRouter<Arc<Context>> {
    closed_as(ctx, Need::Read, front)
}

/// Puts the index of a listener for scrapers alone behind the gate, which asks of it what it asks of the metrics.
pub(crate) fn closed_metrics(
    ctx: &Arc<Context>,
    index: MethodRouter<Arc<Context>>,
) -> MethodRouter<Arc<Context>> {
    closed_as(ctx, Need::Metrics, index)
}

fn closed_as(
    ctx: &Arc<Context>,
    need: Need,
    route: MethodRouter<Arc<Context>>,
) -> MethodRouter<Arc<Context>> {
    let gate =
        move |State(ctx): State<Arc<Context>>, request: Request, next: Next| pass(ctx, need, request, next);
    route.layer(middleware::from_fn_with_state(ctx.clone(), gate))
}

async fn gate(State(ctx): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), http::Method::GET | http::Method::HEAD);
    // Inside a prefix the path is what follows it already.
    let need = rules::need(safe, request.uri().path());
    pass(ctx, need, request, next).await
}

async fn pass(ctx: Arc<Context>, need: Need, mut request: Request, next: Next) -> Response {
    ctx.access.refresh().await;
    if need == Need::Own {
        return next.run(request).await;
    }
    let asked = Asked::of(&request, &ctx.access);
    let visit = visit(&asked, &ctx.access);
    if !asked.is_safe()
        && let Some(refusal) = forged(&asked, visit.entry.as_ref())
    {
        return refusal.into_response();
    }
    if let Some(refused) = refused(need, &visit, &ctx.access, request.uri().path()) {
        return refused;
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

fn visit(asked: &Asked<'_>, gate: &Gate) -> Visit {
    if let Some(host) = asked.shown_elsewhere() {
        gate.found_proxy(host);
    }
    if asked.is_passed_on_by_a_stranger() {
        gate.tell_unlisted_proxy(asked.peer);
    }
    let straight = asked.is_straight() && !gate.is_behind_proxy();
    let session = asked.cookie(&gate.cookie_name()).map(Secret::new);
    let keys = asked.keys();
    let by_key = keys
        .into_iter()
        .find_map(|key| Some((gate.key(key.expose())?, key)));
    let (by_key, key) = by_key.unzip();
    Visit {
        entry: entry(asked, gate, straight, by_key, session.as_ref()),
        secure: asked.is_secure(),
        client: Client {
            address: asked.client(),
            straight,
        },
        session,
        key,
    }
}

/// Who asks. What is presented and not ours is passed over: it may be meant for a proxy before us.
fn entry(
    asked: &Asked<'_>,
    gate: &Gate,
    straight: bool,
    by_key: Option<Entry>,
    session: Option<&Secret>,
) -> Option<Entry> {
    let settings = gate.settings();
    if is_open(gate, straight) {
        // A key keeps its way, which needs no mark of the dashboard.
        let way = by_key.map_or(Way::Open, |_| Way::Key);
        return Some(Entry { way, ..Entry::open() });
    }
    let by_session = || session.and_then(|token| gate.session(token.expose()));
    let by_proxy = || {
        let header = settings.proxy_header.as_deref()?;
        asked.proxy_user(header).map(|user| gate.of_proxy(user))
    };
    match settings.mode {
        Mode::Proxy => by_key.or_else(by_proxy),
        Mode::Auto | Mode::Password | Mode::Off => by_key.or_else(by_session),
    }
}

/// True if nobody is asked who they are.
fn is_open(gate: &Gate, straight: bool) -> bool {
    match gate.settings().mode {
        Mode::Off => true,
        Mode::Auto => gate.settings().only_here && straight,
        Mode::Password | Mode::Proxy => false,
    }
}

/// Why a request that changes something may not be what its sender wants: a browser adds cookies, and whatever a proxy
/// adds, to what other sites' pages send as well. A program that sends a key means what it sends.
fn forged(asked: &Asked<'_>, entry: Option<&Entry>) -> Option<Refusal> {
    let way = entry.map(|e| e.way);
    if way == Some(Way::Key) {
        return None;
    }
    if !asked.is_same_origin() {
        let why = "a page of another site sent this; only our own may change anything";
        return Some(Refusal::new(Kind::Forbidden, why));
    }
    let wanted = asked.is_browsers() || matches!(way, Some(Way::Session | Way::Proxy));
    if wanted && !asked.is_marked() {
        let why = "what changes something needs the header X-Projectionist: 1, or a key";
        return Some(Refusal::new(Kind::Forbidden, why));
    }
    None
}

/// The answer for who may not, or none.
fn refused(need: Need, visit: &Visit, gate: &Gate, path: &str) -> Option<Response> {
    let scope = match need {
        Need::Own | Need::Nothing => return None,
        Need::Metrics if !gate.settings().metrics_key => return None,
        Need::Metrics => Scope::Metrics,
        Need::Read => Scope::Read,
        Need::Admin => Scope::Admin,
    };
    if let Some(entry) = &visit.entry {
        if entry.may(scope) {
            return None;
        }
        let why = match (entry.way, scope) {
            (Way::Key, scope) => format!("this key lacks the scope {}", scope.as_str()),
            _ => "only an admin may do this".to_owned(),
        };
        return Some(Refusal::new(Kind::Forbidden, why).into_response());
    }
    let page = matches!(path.rsplit('/').next(), Some("overview" | ""));
    if cfg!(feature = "ui") && need == Need::Read && path.ends_with("/overview") {
        return Some(to_front());
    }
    let refusal = Refusal::new(Kind::Unauthorized, "sign in first, or send a key");
    let mut response = refusal.into_response();
    // Where no page of ours can ask, the browser does. Elsewhere its window would hide the page that asks.
    if need == Need::Metrics || (page && cfg!(not(feature = "ui"))) {
        response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
    }
    Some(response)
}

/// To the dashboard, where one signs in. Relative, since only the browser knows the whole path.
fn to_front() -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_static("./"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// [`Visit`] as handlers take it.
pub(crate) type Visitor = Extension<Visit>;
