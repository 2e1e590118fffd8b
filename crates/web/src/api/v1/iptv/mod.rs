//! `/api/v1/iptv`: what stream managers pull from providers and hand on, now and in the past.

mod map;
pub(super) mod now;
mod params;
pub(super) mod past;
mod past_map;
mod past_types;
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
        .route("/api/v1/iptv/ranking", get(past::ranking))
        .route("/api/v1/iptv/viewers", get(past::viewers))
        .route("/api/v1/iptv/provider-days", get(past::provider_days))
        .route("/api/v1/iptv/provider-totals", get(past::provider_totals))
        .route("/api/v1/iptv/runs", get(past::runs))
        .route("/api/v1/iptv/viewings", get(past::viewings))
        .route("/api/v1/iptv/users", get(past::users))
}
