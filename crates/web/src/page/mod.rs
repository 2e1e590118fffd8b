//! `/`: what is watched and what plays, for people. Complete without a script; the script keeps it current.

mod air;
mod assets;
mod html;
mod quality;
mod server;
mod session;
mod words;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use export::Profile;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderValue};
use model::{Decision, Snapshot, State as PlayerState, Timestamp};

use crate::Context;
use crate::api::v1::iptv::is_known;
use crate::respond::compressible;
use html::Html;

pub(crate) use assets::serve as asset;

/// Nothing but our own files may load, run, frame us or be sent anything.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Sessions shown; beyond this the page says how many more there are and where to find them.
const SESSIONS_MAX: usize = 100;

/// Feeds of all stream managers shown; beyond this the page says how many more each has.
const FEEDS_MAX: usize = 100;

const SESSION_BYTES: usize = 1200;

/// `GET /` of the main listener.
pub(crate) async fn status(State(ctx): State<Arc<Context>>, headers: HeaderMap) -> Response {
    let snapshot = ctx.live.snapshot();
    let html = render(&ctx, &snapshot, ctx.clock.now());
    respond(&headers, html)
}

/// `GET /` of a listener for metrics alone.
pub(crate) fn metrics_only(ctx: &Context, profile: Profile, headers: &HeaderMap) -> Response {
    let mut html = Html::with_capacity(1024);
    head(&mut html, ctx, "Projectionist", Live::No);
    html.raw("<body><header><h1>Projectionist</h1></header><main><p>This address serves ");
    html.wrapped(
        "<a href=\"metrics\">metrics</a> in the profile <b>",
        profile,
        "</b> and ",
    );
    html.raw("<a href=\"health\">health</a>.</p></main></body></html>\n");
    respond(headers, html)
}

fn respond(headers: &HeaderMap, html: Html) -> Response {
    let mut response = compressible(headers, HTML, html.into_bytes());
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Live {
    Yes,
    No,
}

fn head(html: &mut Html, ctx: &Context, title: &str, live: Live) {
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">");
    html.wrapped("<title>", title, "</title>");
    if live == Live::Yes {
        let assets = &*assets::ASSETS;
        let path = |file: &str| format!("{}/assets/{file}", ctx.base_path);
        html.raw("<link rel=\"icon\" type=\"image/svg+xml\"")
            .attribute(" href=", path(&assets.icon.file))
            .raw(">");
        html.raw("<link rel=\"stylesheet\"")
            .attribute(" href=", path(&assets.style.file))
            .raw(">");
        html.raw("<script defer")
            .attribute(" src=", path(&assets.script.file))
            .raw("></script>");
        html.raw("<noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript>");
    }
    html.raw("</head>\n");
}

fn render(ctx: &Context, snapshot: &Snapshot, now: Timestamp) -> Html {
    let open = snapshot.plays().count();
    let mut html =
        Html::with_capacity(4096 + snapshot.servers.len() * 600 + open.min(SESSIONS_MAX) * SESSION_BYTES);
    head(&mut html, ctx, &title(snapshot), Live::Yes);
    html.raw("<body")
        .attribute(" data-events=", format_args!("{}/api/v1/events", ctx.base_path))
        .raw(">\n");
    html.raw("<div id=\"page\"")
        .attribute(" data-version=", snapshot.version);
    html.attribute(" data-now-ms=", now.as_millisecond()).raw(">\n");
    html.wrapped(
        "<header><h1>Projectionist</h1><p id=\"summary\">",
        summary(snapshot),
        "</p>",
    );
    html.raw("<p id=\"link\" role=\"status\"></p></header>\n<main>\n");
    html.raw("<section><h2>Servers</h2>\n");
    if snapshot.servers.is_empty() {
        html.raw("<p class=\"empty\">No server is watched yet.</p>");
    } else {
        html.raw("<ul class=\"cards\">\n");
        for server in &snapshot.servers {
            server::card(&mut html, server, now);
        }
        html.raw("</ul>");
    }
    html.raw("</section>\n");
    let managers = snapshot.servers.iter().filter(|s| s.iptv.is_some());
    let managers: Vec<_> = managers.collect();
    if plays_elsewhere(snapshot) {
        html.raw("<section><h2>Now playing</h2>\n");
        sessions(&mut html, ctx, snapshot, open);
        html.raw("</section>\n");
    }
    let mut room = FEEDS_MAX;
    for server in &managers {
        air::section(&mut html, server, managers.len() > 1, &mut room, now);
    }
    html.raw("</main>\n");
    footer(&mut html, ctx, !managers.is_empty(), now);
    html.raw("</div></body></html>\n");
    html
}

fn sessions(html: &mut Html, ctx: &Context, snapshot: &Snapshot, open: usize) {
    if open == 0 {
        html.raw("<p class=\"empty\">Nothing plays at the moment.</p>");
        return;
    }
    let several = snapshot.servers.len() > 1;
    html.raw("<ul class=\"cards\">\n");
    let plays = snapshot
        .servers
        .iter()
        .flat_map(|s| s.plays.iter().map(move |p| (s, p)));
    for (server, play) in plays.take(SESSIONS_MAX) {
        session::card(html, play, several.then(|| server.name()));
    }
    html.raw("</ul>");
    if open > SESSIONS_MAX {
        html.wrapped("<p class=\"empty\">And ", open - SESSIONS_MAX, " more: see ");
        html.raw("<a")
            .attribute(" href=", format_args!("{}/api/v1/sessions", ctx.base_path));
        html.raw(">all sessions</a>.</p>");
    }
}

fn footer(html: &mut Html, ctx: &Context, has_managers: bool, now: Timestamp) {
    html.raw("<footer><nav aria-label=\"Metrics\"><h2>Metrics</h2><p>");
    anchor(html, ctx, "/metrics", "/metrics");
    for profile in Profile::ALL {
        anchor(html, ctx, &format!("/metrics/{profile}"), profile.as_str());
    }
    html.raw("</p></nav><nav aria-label=\"Interface\"><h2>API</h2><p>");
    for (path, name) in [
        ("/api/v1/servers", "servers"),
        ("/api/v1/libraries", "libraries"),
        ("/api/v1/sessions", "sessions"),
        ("/api/v1/events", "events"),
        ("/api/v1/openapi.json", "OpenAPI description"),
        ("/health", "health"),
    ] {
        anchor(html, ctx, path, name);
    }
    if has_managers {
        anchor(html, ctx, "/api/v1/iptv/channels", "channels");
        anchor(html, ctx, "/api/v1/iptv/providers", "providers");
    }
    let up_ms = now.as_millisecond() - ctx.started_at.as_millisecond();
    html.raw("</p></nav><p class=\"about\">Projectionist ")
        .text(ctx.version);
    html.raw(", running for ")
        .text(words::span(up_ms))
        .raw("</p></footer>\n");
}

fn anchor(html: &mut Html, ctx: &Context, path: &str, name: &str) {
    html.raw("<a")
        .attribute(" href=", format_args!("{}{path}", ctx.base_path))
        .raw(">")
        .text(name)
        .raw("</a>\n");
}

/// For the tab: `2 playing · Projectionist`; `2 on the air · Projectionist` where nothing else could play.
fn title(snapshot: &Snapshot) -> String {
    let playing = snapshot.plays().filter(|p| p.state() == PlayerState::Playing);
    match (playing.count(), on_air(snapshot)) {
        (0, None) => "Projectionist".into(),
        (0, Some((feeds, _))) => format!("{feeds} on the air · Projectionist"),
        (playing, _) => format!("{playing} playing · Projectionist"),
    }
}

/// Whether anything but stream managers is watched. Who watches those alone is not told that nothing plays.
fn plays_elsewhere(snapshot: &Snapshot) -> bool {
    snapshot.servers.is_empty() || snapshot.servers.iter().any(|s| s.iptv.is_none())
}

/// Feeds and viewers of the stream managers that answer; nothing if no feed is open.
fn on_air(snapshot: &Snapshot) -> Option<(usize, u64)> {
    let known = snapshot.servers.iter().filter(|s| is_known(s));
    let runs: Vec<_> = known
        .filter_map(|s| s.iptv.as_deref())
        .flat_map(|iptv| iptv.runs.iter())
        .collect();
    (!runs.is_empty()).then(|| (runs.len(), runs.iter().map(|r| air::viewers(r)).sum()))
}

/// `2 playing, 1 paused · 1 transcoding · 12.4 Mbps · 3 on the air, 5 viewers`.
fn summary(snapshot: &Snapshot) -> String {
    let states = [
        PlayerState::Playing,
        PlayerState::Buffering,
        PlayerState::Paused,
        PlayerState::Unknown,
    ];
    let counted = states.into_iter().filter_map(|state| {
        let n = snapshot.plays().filter(|p| p.state() == state).count();
        (n > 0).then(|| format!("{n} {}", words::state(state).to_lowercase()))
    });
    let mut parts = vec![counted.collect::<Vec<_>>().join(", ")];
    let transcoding = snapshot
        .plays()
        .filter(|p| p.session.delivery.decision == Some(Decision::Transcode))
        .count();
    if transcoding > 0 {
        parts.push(format!("{transcoding} transcoding"));
    }
    let playing = snapshot.plays().filter(|p| p.state() == PlayerState::Playing);
    let bps: u64 = playing.filter_map(|p| p.session.delivery.bitrate_bps).sum();
    if bps > 0 {
        parts.push(words::bit_rate(bps));
    }
    if let Some((feeds, viewers)) = on_air(snapshot) {
        let viewers = usize::try_from(viewers).unwrap_or(usize::MAX);
        let viewers = words::count(viewers, "viewer", "viewers");
        parts.push(format!("{feeds} on the air, {viewers}"));
    }
    let summary = words::dotted(&parts);
    match (summary.as_str(), plays_elsewhere(snapshot)) {
        ("", true) => "Nothing plays".into(),
        ("", false) if snapshot.servers.iter().any(|s| is_known(s)) => "Nothing is on the air".into(),
        ("", false) => "What is on the air is not known".into(),
        _ => summary,
    }
}
