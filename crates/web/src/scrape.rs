//! `/metrics`: the snapshot through `export`, and nothing else.

use std::str::FromStr as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use base::Kind;
use export::Profile;
use http::{HeaderMap, HeaderValue};

use crate::respond::{Refusal, compressible};
use crate::{Context, accept};

/// `GET /metrics` of a listener whose default is `profile`.
pub(crate) fn scrape(ctx: &Context, profile: Profile, headers: &HeaderMap) -> Response {
    let format = accept::format(headers);
    let mut out = Vec::with_capacity(ctx.scrape_hint.capacity());
    let content_type = render(ctx, profile, format, &mut out);
    ctx.scrape_hint.remember(out.len());
    compressible(headers, HeaderValue::from_static(content_type), out)
}

/// `GET /metrics/{profile}`
pub(crate) async fn of_profile(
    State(ctx): State<Arc<Context>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    match Profile::from_str(&name) {
        Ok(profile) => scrape(&ctx, profile, &headers),
        Err(unknown) => Refusal::new(Kind::NotFound, unknown.to_string()).into_response(),
    }
}

/// Writes the whole exposition to `out` and tells its content type.
fn render(ctx: &Context, profile: Profile, format: export::Format, out: &mut Vec<u8>) -> &'static str {
    let snapshot = ctx.recording.settle(ctx.live.snapshot());
    export::render(
        profile,
        format,
        &snapshot,
        &ctx.process(),
        &ctx.options,
        ctx.clock.now(),
        out,
    );
    format.content_type()
}
