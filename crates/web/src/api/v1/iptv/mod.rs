//! `/api/v1/iptv`: what stream managers pull from providers and hand on, now and in the past.

mod map;
pub(super) mod now;
mod params;
pub(crate) mod types;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::Context;
pub(crate) use map::is_known;

pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/iptv/channels", get(now::channels))
        .route("/api/v1/iptv/providers", get(now::providers))
        .route("/api/v1/iptv/guides", get(now::guides))
        .route("/api/v1/iptv/paths", get(now::paths))
}
