//! What a stream manager carries, and what of its providers that takes.

use std::collections::BTreeSet;

use model::iptv::{FeedKind, FeedMedia, FeedRun, FeedState, Iptv, ProviderAccount, ProviderProfile};
use model::{ServerSnapshot, Timestamp};

use super::html::Html;
use super::words;
use crate::api::v1::iptv::is_known;

/// One manager: its logins, then what is on the air. `several`: there are others, so it says whose this is. `room`:
/// feeds that the page may still show.
pub(super) fn section(
    html: &mut Html,
    server: &ServerSnapshot,
    several: bool,
    room: &mut usize,
    now: Timestamp,
) {
    let Some(iptv) = server.iptv.as_deref() else {
        return;
    };
    html.raw("<section")
        .attribute(" id=", format_args!("air-{}", server.id))
        .raw("><h2>");
    let heading = if several {
        words::dotted(&["On the air", server.name()])
    } else {
        "On the air".into()
    };
    html.text(heading).raw("</h2>\n");
    if let Some(note) = note(server, iptv, now) {
        html.wrapped("<p class=\"empty\">", note, "</p>\n");
    }
    logins(html, server, iptv);
    let shown = iptv.runs.len().min(*room);
    *room -= shown;
    if shown > 0 {
        html.raw("<ul class=\"cards\">\n");
        for run in &iptv.runs[..shown] {
            card(html, run, now);
        }
        html.raw("</ul>");
    }
    if iptv.runs.len() > shown {
        html.wrapped("<p class=\"empty\">And ", iptv.runs.len() - shown, " more.</p>");
    }
    html.raw("</section>\n");
}

/// Why there is nothing to see, or why what is seen may be old.
fn note(server: &ServerSnapshot, iptv: &Iptv, now: Timestamp) -> Option<String> {
    let Some(seen) = server.last_success_at else {
        return Some("Not known yet: it has not answered.".into());
    };
    if is_known(server) {
        return iptv.runs.is_empty().then(|| "Nothing is on the air.".into());
    }
    let ago = words::span(now.as_millisecond() - seen.as_millisecond());
    Some(if iptv.runs.is_empty() {
        format!("Not known: it does not answer. Nothing was on the air {ago} ago.")
    } else {
        format!("Not known: it does not answer. This was on the air {ago} ago.")
    })
}

/// `3 on the air · 5 viewers`, for the card of the server; nothing while that is not known.
pub(super) fn activity(server: &ServerSnapshot) -> Vec<String> {
    let Some(iptv) = server.iptv.as_deref().filter(|_| is_known(server)) else {
        return Vec::new();
    };
    let viewers: u64 = iptv.runs.iter().map(|r| viewers(r)).sum();
    let viewers = usize::try_from(viewers).unwrap_or(usize::MAX);
    if iptv.runs.is_empty() {
        return vec!["nothing on the air".into()];
    }
    vec![
        format!("{} on the air", iptv.runs.len()),
        words::count(viewers, "viewer", "viewers"),
    ]
}

/// `5,000 channels · 2 provider accounts`.
pub(super) fn holdings(server: &ServerSnapshot) -> Vec<String> {
    let Some(inventory) = server.iptv.as_ref().and_then(|i| i.inventory.as_deref()) else {
        return Vec::new();
    };
    let size = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok());
    [
        (size(inventory.channels), "channel", "channels"),
        (size(inventory.groups), "group", "groups"),
        (inventory.accounts.as_ref().map(Vec::len), "provider", "providers"),
    ]
    .into_iter()
    .filter_map(|(n, one, many)| Some(words::count(n?, one, many)))
    .collect()
}

/// All of them, whether listed or not.
pub(super) fn viewers(run: &FeedRun) -> u64 {
    run.feed.viewer_count.map_or(run.viewings.len() as u64, u64::from)
}

fn logins(html: &mut Html, server: &ServerSnapshot, iptv: &Iptv) {
    let Some(inventory) = iptv.inventory.as_deref() else {
        return;
    };
    // One that is switched off and carries nothing is of no interest here.
    let mut shown = inventory
        .profiles()
        .filter(|(_, login)| login.is_active != Some(false) || iptv.connections(login.id) > 0)
        .peekable();
    if shown.peek().is_none() {
        return;
    }
    html.raw("<ul class=\"logins\">\n");
    for (account, login) in shown {
        let used = is_known(server).then(|| iptv.connections(login.id));
        let limit = login.max_connections.map(u64::from);
        let is_full = used
            .zip(limit)
            .is_some_and(|(used, limit)| limit > 0 && used >= limit);
        html.raw(if is_full { "<li class=\"full\">" } else { "<li>" });
        html.wrapped("<b>", name_of(account, login), "</b> ");
        html.text(connections(used, limit, login.reserved_connections));
        html.raw("</li>\n");
    }
    html.raw("</ul>\n");
}

fn name_of(account: &ProviderAccount, login: &ProviderProfile) -> String {
    let several = account.profiles.len() > 1 && *login.name != *account.name;
    if several {
        format!("{}, {}", account.name, login.name)
    } else {
        account.name.to_string()
    }
}

/// `2 of 4 connections · 3 reserved`. A limit of 0 is none.
fn connections(used: Option<u64>, limit: Option<u64>, reserved: Option<u64>) -> String {
    let count = |n: u64| {
        words::count(
            usize::try_from(n).unwrap_or(usize::MAX),
            "connection",
            "connections",
        )
    };
    let mut parts = vec![match (used, limit) {
        (Some(used), Some(limit @ 1..)) => format!("{used} of {}", count(limit)),
        (Some(used), Some(0)) => format!("{}, no limit", count(used)),
        (Some(used), None) => format!("{}, limit not known", count(used)),
        (None, Some(limit @ 1..)) => format!("use not known, at most {}", count(limit)),
        (None, _) => "use not known".into(),
    }];
    // More than what runs: streams may be refused though there is room.
    if let Some(reserved) = reserved.filter(|r| used.is_some_and(|used| *r > used)) {
        parts.push(format!("{reserved} reserved"));
    }
    words::dotted(&parts)
}

fn card(html: &mut Html, run: &FeedRun, now: Timestamp) {
    let feed = &*run.feed;
    html.raw("<li class=\"card feed");
    if let Some(state) = feed.state {
        // Not the bare word: `error` is how a line of text looks.
        html.raw(" is-").text(state.as_str());
    }
    html.raw("\"");
    html.attribute(" id=", format_args!("feed-{}", run.id)).raw(">");
    html.wrapped("<h3>", title(run), "</h3>");
    let detail = detail(run);
    if !detail.is_empty() {
        html.wrapped("<p class=\"detail\">", words::dotted(&detail), "</p>");
    }
    html.wrapped("<p class=\"who\">", who(run), "</p>");
    html.raw("<p class=\"progress\"><span class=\"word\">");
    html.text(feed.state.map_or("State not told", state))
        .raw("</span>");
    let begun_ms = now.as_millisecond() - run.started_at.as_millisecond();
    html.wrapped("<span class=\"clock\">for ", words::span(begun_ms), "</span></p>");
    html.raw("<dl>");
    row(html, "<div><dt>Stream</dt><dd>", &source(run));
    row(html, "<div><dt>Login</dt><dd>", &login(run));
    row(
        html,
        "<div><dt>Picture</dt><dd>",
        &words::dotted(&media(&feed.media)),
    );
    row(html, "<div><dt>Trouble</dt><dd>", &words::dotted(&trouble(run)));
    html.raw("</dl></li>\n");
}

fn row(html: &mut Html, open: &'static str, value: &str) {
    if !value.is_empty() {
        html.wrapped(open, value, "</dd></div>");
    }
}

/// `102.5 News`; of an episode its show.
fn title(run: &FeedRun) -> String {
    let (channel, stream) = (&*run.feed.channel, &*run.feed.stream);
    let named = channel.series.as_deref().or(channel.name.as_deref());
    let name = named.or(stream.name.as_deref()).unwrap_or("Unnamed");
    match channel.number {
        Some(number) if number.is_finite() => format!("{number} {name}"),
        _ => name.to_owned(),
    }
}

/// `on demand · S2 E5 · Title`, `Sports · Cup final`.
fn detail(run: &FeedRun) -> Vec<String> {
    let (feed, channel) = (&*run.feed, &*run.feed.channel);
    let mut parts = Vec::new();
    parts.extend(match feed.kind {
        FeedKind::Live => None,
        FeedKind::Preview => Some("preview".to_owned()),
        FeedKind::Vod => Some("on demand".to_owned()),
        FeedKind::Timeshift => Some("catch-up".to_owned()),
    });
    parts.extend(channel.group.as_deref().map(str::to_owned));
    if let (Some(season), Some(episode)) = (channel.season, channel.episode) {
        parts.push(format!("S{season} E{episode}"));
    }
    if channel.series.is_some() {
        parts.extend(channel.name.as_deref().map(str::to_owned));
    }
    let programme = feed.programme.as_ref().and_then(|p| p.title.as_deref());
    parts.extend(programme.map(str::to_owned));
    parts
}

/// `3 viewers: anna, bert, 1 not signed in`. No addresses: this page is for everyone in the house.
fn who(run: &FeedRun) -> String {
    let all = viewers(run);
    if all == 0 {
        return "No viewers".into();
    }
    let named = run.viewings.iter().filter_map(|v| v.viewer.user.as_deref());
    let names: BTreeSet<_> = named.clone().collect();
    let strangers = run.viewings.iter().filter(|v| v.viewer.user.is_none()).count();
    let mut parts: Vec<String> = names.into_iter().map(str::to_owned).collect();
    if strangers > 0 {
        parts.push(format!("{strangers} not signed in"));
    }
    let unlisted = all.saturating_sub(run.viewings.len() as u64);
    if unlisted > 0 && !parts.is_empty() {
        parts.push(format!("{unlisted} more"));
    }
    let count = words::count(usize::try_from(all).unwrap_or(usize::MAX), "viewer", "viewers");
    if parts.is_empty() {
        count
    } else {
        format!("{count}: {}", parts.join(", "))
    }
}

fn state(state: FeedState) -> &'static str {
    match state {
        FeedState::Initializing | FeedState::Connecting => "Starting",
        FeedState::WaitingForClients => "Waiting for viewers",
        FeedState::Active => "On the air",
        FeedState::Paused => "Paused",
        FeedState::Buffering => "Buffering",
        FeedState::Error => "Failing",
        FeedState::Stopping => "Stopping",
        FeedState::Stopped => "Stopped",
        FeedState::Unknown => "State not known",
    }
}

/// `Backup HD · stream 2 of 3`.
fn source(run: &FeedRun) -> String {
    let stream = &*run.feed.stream;
    let place = match (stream.index, stream.available) {
        (Some(index), Some(available)) => Some(format!("stream {} of {available}", u64::from(index) + 1)),
        (Some(index), None) => Some(format!("stream {}", u64::from(index) + 1)),
        _ => None,
    };
    let name = stream.name.as_deref().map(str::to_owned);
    let profile = stream.stream_profile.as_deref().map(|p| format!("by {p}"));
    words::dotted(&[name, place, profile].into_iter().flatten().collect::<Vec<_>>())
}

/// `Provider, second login`.
fn login(run: &FeedRun) -> String {
    let Some(segment) = run.segments.last() else {
        return String::new();
    };
    let names = [segment.account.as_deref(), segment.profile_name.as_deref()];
    let mut names: Vec<_> = names.into_iter().flatten().collect();
    names.dedup();
    names.join(", ")
}

/// `1920x1080 H.264 25 fps · AAC stereo · 4.2 Mbps · 1.0× real time`.
fn media(media: &FeedMedia) -> Vec<String> {
    let number = |n: Option<f64>| n.filter(|n| n.is_finite() && *n > 0.0);
    let joined = |parts: Vec<Option<String>>| parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let codec = |code: &Option<model::Text>| code.as_deref().map(|c| words::codec(c).into_owned());
    vec![
        joined(vec![
            media.resolution.as_deref().map(str::to_owned),
            codec(&media.video_codec),
            number(media.fps).map(|fps| format!("{fps} fps")),
        ]),
        joined(vec![
            codec(&media.audio_codec),
            media.audio_channels.as_deref().map(str::to_owned),
        ]),
        media.output_bitrate_bps.map(words::bit_rate).unwrap_or_default(),
        number(media.speed)
            .map(|speed| format!("{speed:.2}× real time"))
            .unwrap_or_default(),
    ]
}

/// `2 failovers · 1 error · buffering for 3 min`: since it began.
fn trouble(run: &FeedRun) -> Vec<String> {
    let totals = run.totals;
    let count = |n: u32, one: &str, many: &str| (n > 0).then(|| words::count(n as usize, one, many));
    let lasted = |what: &str, ms: u64| {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        (ms >= 1000).then(|| format!("{what} for {}", words::span(ms)))
    };
    let parts = [
        count(totals.failovers, "failover", "failovers"),
        count(totals.errors, "error", "errors"),
        lasted("buffering", totals.buffering_ms),
    ];
    parts.into_iter().flatten().collect()
}
