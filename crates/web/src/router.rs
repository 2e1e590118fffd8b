//! Paths.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use base::Kind;
use export::Profile;
use http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::respond::Refusal;
use crate::{Context, access, api, health, page, scrape, tautulli};

/// Everything. `default_profile` is what `/metrics` serves.
///
/// With a base path each address works with and without it, since some proxies cut it off and some do not, and a
/// health check inside the container asks without.
pub fn router(ctx: Arc<Context>, default_profile: Profile) -> Router {
    let closed = metrics(default_profile)
        .route("/overview", get(page::status))
        .route("/ready", get(health::ready))
        .route("/metrics/{profile}", get(scrape::of_profile))
        .merge(access::routes())
        .merge(api::v1::routes())
        .merge(tautulli::routes());
    // What is below the next line is open to everybody: it tells nothing about anybody.
    let routes = access::closed(&ctx, probes(closed))
        .route("/", front(&ctx))
        .route("/assets/{file}", get(page::asset))
        .route("/live", get(health::live));
    #[cfg(feature = "ui")]
    let routes = routes.merge(crate::ui::routes(&ctx.base_path));
    let all = match ctx.base_path.as_str() {
        "" => routes,
        base => routes
            .clone()
            .route(&format!("{base}/"), front(&ctx))
            .nest(base, routes),
    };
    finish(all, ctx)
}

/// What our own addresses begin with, besides those of the dashboard: no base path may, since one address would mean
/// two things. A test compares it with the routes.
const OWN: [&str; 8] = [
    "api", "assets", "health", "live", "metrics", "overview", "ready", "status",
];

/// True if addresses of ours begin with this part of a path.
pub(crate) fn is_own(first: &str) -> bool {
    #[cfg(feature = "ui")]
    let of_dashboard = crate::ui::is_own(first);
    #[cfg(not(feature = "ui"))]
    let of_dashboard = false;
    of_dashboard || OWN.contains(&first)
}

/// What stands at `/`: the dashboard.
#[cfg(feature = "ui")]
fn front(ctx: &Arc<Context>) -> MethodRouter<Arc<Context>> {
    crate::ui::front(&ctx.base_path)
}

/// What stands at `/`: the status page, since this program was built without the dashboard.
#[cfg(not(feature = "ui"))]
fn front(ctx: &Arc<Context>) -> MethodRouter<Arc<Context>> {
    access::closed_front(ctx, get(page::status))
}

/// For an extra listener that scrapers of another exporter know: `/metrics` in one profile, `/health`,
/// `/api/health`, and `/` to say what this is.
pub fn metrics_router(ctx: Arc<Context>, profile: Profile) -> Router {
    let index = move |State(ctx): State<Arc<Context>>, headers: HeaderMap| async move {
        page::metrics_only(&ctx, profile, &headers)
    };
    let scraped = access::closed(&ctx, probes(metrics(profile)));
    let index = access::closed_metrics(&ctx, get(index));
    finish(scraped.route("/", index), ctx)
}

fn metrics(profile: Profile) -> Router<Arc<Context>> {
    let scrape = move |State(ctx): State<Arc<Context>>, headers: HeaderMap| async move {
        scrape::scrape(&ctx, profile, &headers)
    };
    Router::new().route("/metrics", get(scrape))
}

fn probes(routes: Router<Arc<Context>>) -> Router<Arc<Context>> {
    routes
        .route("/health", get(health::health))
        .route("/api/health", get(health::compatible))
}

fn finish(routes: Router<Arc<Context>>, ctx: Arc<Context>) -> Router {
    routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(common_headers))
        .with_state(ctx)
}

async fn unknown_path(uri: Uri) -> Response {
    // The path alone: a query may hold a token that was sent to the wrong address.
    Refusal::new(Kind::NotFound, format!("there is nothing at {}", uri.path())).into_response()
}

/// What is allowed instead stands in the header `Allow`, which axum adds from the route.
async fn wrong_method(method: Method) -> Response {
    Refusal::new(Kind::Unsupported, format!("{method} is not allowed here")).into_response()
}

async fn common_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
