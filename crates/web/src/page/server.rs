//! A server as a card.

use model::{Health, Link, ServerSnapshot, Timestamp};

use super::html::Html;
use super::{air, words};

pub(super) fn card(html: &mut Html, server: &ServerSnapshot, now: Timestamp) {
    html.raw("<li class=\"card server ")
        .text(server.health.as_str())
        .raw("\"");
    html.attribute(" id=", format_args!("server-{}", server.id))
        .raw(">");
    html.raw("<h3>").text(server.name());
    html.wrapped(" <span class=\"word\">", word(&server.health), "</span></h3>");
    if let Health::Down { message, since, .. } = &server.health {
        html.wrapped("<p class=\"error\">", message, "</p>");
        let span = |from: Timestamp| words::span(now.as_millisecond() - from.as_millisecond());
        let mut line = format!("{} for {}", word(&server.health), span(*since));
        if let Some(seen) = server.last_success_at {
            line.extend([", last seen ", span(seen).as_str(), " ago"]);
        }
        html.wrapped("<p class=\"detail\">", line, "</p>");
    }
    line(html, &software(server));
    line(html, &activity(server));
    line(html, &holdings(server));
    line(html, &air::holdings(server));
    html.raw("</li>\n");
}

fn line(html: &mut Html, parts: &[String]) {
    if !parts.is_empty() {
        html.wrapped("<p class=\"detail\">", words::dotted(parts), "</p>");
    }
}

fn word(health: &Health) -> &'static str {
    match health.as_str() {
        "up" => "up",
        "starting" => "starting",
        "down" => "down",
        _ => "not yet asked",
    }
}

/// `Plex 1.43.0 on Linux · watched by WebSocket`.
fn software(server: &ServerSnapshot) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(info) = &server.info {
        // Plex appends a build hash to its version that says nothing to people.
        let version = info.version.as_deref().map(|v| v.split('-').next().unwrap_or(v));
        let kind = match server.kind {
            model::PLEX => "Plex",
            model::DISPATCHARR => "Dispatcharr",
            other => other,
        };
        let mut text = version.map_or_else(|| kind.to_owned(), |v| format!("{kind} {v}"));
        if let Some(platform) = &info.platform {
            text = format!("{text} on {platform}");
        }
        parts.push(text);
    }
    if server.health.is_up() {
        parts.push(
            match server.link {
                Link::None => "watched by polling",
                Link::WebSocket => "watched by WebSocket",
                Link::EventSource => "watched by EventSource",
            }
            .to_owned(),
        );
    }
    if let Some(version) = server
        .update
        .as_ref()
        .and_then(|u| u.available_version.as_deref())
    {
        parts.push(format!(
            "update to {} available",
            version.split('-').next().unwrap_or(version)
        ));
    }
    parts
}

/// `3 sessions · CPU 23 % · memory 41 % · Scanning Films`; of a stream manager `3 on the air · 5 viewers`.
fn activity(server: &ServerSnapshot) -> Vec<String> {
    let mut parts = Vec::new();
    if server.iptv.is_some() {
        parts.extend(air::activity(server));
    } else if server.health.is_up() {
        parts.push(words::count(server.plays.len(), "session", "sessions"));
    }
    if let Some(host) = &server.host {
        let load = |what: &str, ratio: Option<f64>| {
            let ratio = ratio.filter(|r| r.is_finite())?;
            Some(format!("{what} {}", words::percent(ratio)))
        };
        parts.extend(load("CPU", host.host_cpu_ratio));
        parts.extend(load("memory", host.host_memory_ratio));
    }
    let mut activities = server.activities.iter().flat_map(|a| a.iter());
    parts.extend(activities.find_map(|a| a.title.as_deref()).map(str::to_owned));
    parts
}

/// `5 libraries · 12.3 TB`.
fn holdings(server: &ServerSnapshot) -> Vec<String> {
    let Some(libraries) = server.libraries.as_deref().filter(|l| !l.is_empty()) else {
        return Vec::new();
    };
    let mut parts = vec![words::count(libraries.len(), "library", "libraries")];
    let bytes: u64 = libraries.iter().filter_map(|l| l.storage_bytes).sum();
    if bytes > 0 {
        parts.push(words::size(bytes));
    }
    parts
}
