//! A session as a card.

use model::{Item, MediaKind, Play, Session, State, Text};

use super::html::Html;
use super::{quality, words};

/// One card. `server`: shown if there is more than one.
pub(super) fn card(html: &mut Html, play: &Play, server: Option<&str>) {
    let (session, state) = (&*play.session, play.state());
    html.raw("<li class=\"card session ")
        .text(state.as_str())
        .raw("\"");
    html.attribute(" id=", format_args!("session-{}", play.id));
    html.attribute(" data-state=", state.as_str());
    if session.item.live.is_none()
        && let Some(ms) = session.position_ms
    {
        html.attribute(" data-position-ms=", ms);
        html.attribute(" data-seen-ms=", play.seen_at.as_millisecond());
    }
    if let Some(ms) = session.item.duration_ms {
        html.attribute(" data-duration-ms=", ms);
    }
    html.raw(">");
    let (title, detail) = titles(&session.item);
    html.wrapped("<h3>", title, "</h3>");
    if let Some(detail) = detail {
        html.wrapped("<p class=\"detail\">", detail, "</p>");
    }
    html.wrapped("<p class=\"who\">", who(session, server), "</p>");
    progress(html, session, state);
    quality::rows(html, session);
    html.raw("</li>\n");
}

/// What is played, and what tells it apart: `Show` / `S2 E5 · Title`.
fn titles(item: &Item) -> (String, Option<String>) {
    let text = |t: &Option<Text>| t.as_deref().filter(|t| !t.is_empty()).map(str::to_owned);
    let title = text(&item.title);
    let mut detail = Vec::new();
    let heading = match item.kind {
        MediaKind::Episode => {
            let number = match (item.parent_index, item.index) {
                (Some(season), Some(episode)) => Some(format!("S{season} E{episode}")),
                (None, Some(episode)) => Some(format!("Episode {episode}")),
                _ => None,
            };
            detail.extend(number);
            headed(text(&item.grandparent_title), title, &mut detail)
        }
        MediaKind::Track => {
            detail.extend(text(&item.original_title).or_else(|| text(&item.grandparent_title)));
            detail.extend(text(&item.parent_title));
            title
        }
        _ => {
            detail.extend(item.year.map(|y| y.to_string()));
            title
        }
    };
    if let Some(channel) = &item.live {
        let name = text(&channel.title).or_else(|| text(&channel.call_sign));
        let channel = [text(&channel.number), name]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        detail.push(if channel.is_empty() {
            "live television".into()
        } else {
            format!("live on {channel}")
        });
    }
    if item.extra {
        detail.push("trailer or extra".into());
    }
    let heading = heading.unwrap_or_else(|| "Untitled".into());
    (heading, (!detail.is_empty()).then(|| words::dotted(&detail)))
}

/// The bigger thing as the heading and the smaller one among the details, if both are known.
fn headed(bigger: Option<String>, smaller: Option<String>, detail: &mut Vec<String>) -> Option<String> {
    if bigger.is_some() {
        detail.extend(smaller);
        bigger
    } else {
        smaller
    }
}

/// `anna on Living room (Plex for LG) · local network · Attic`.
fn who(session: &Session, server: Option<&str>) -> String {
    let player = &*session.player;
    let user = session.user.as_ref().map_or("Someone", |u| &*u.name);
    let product = player.product.as_deref().or(player.platform.as_deref());
    let person = match (player.title.as_deref(), product) {
        (Some(title), Some(product)) if title != product => format!("{user} on {title} ({product})"),
        (Some(name), _) | (None, Some(name)) => format!("{user} on {name}"),
        (None, None) => user.to_owned(),
    };
    let network = player.network.map_or("", words::network);
    words::dotted(&[person.as_str(), network, server.unwrap_or_default()])
}

fn progress(html: &mut Html, session: &Session, state: State) {
    html.raw("<p class=\"progress\">");
    if session.item.live.is_none()
        && let (Some(position), Some(duration)) = (session.position_ms, session.item.duration_ms)
        && duration > 0
    {
        html.raw("<progress aria-label=\"progress\"");
        html.attribute(" max=", duration)
            .attribute(" value=", position.min(duration))
            .raw("></progress>");
    }
    html.wrapped("<span class=\"word\">", words::state(state), "</span>");
    if session.item.live.is_none()
        && let Some(position) = session.position_ms
    {
        html.wrapped(
            "<span class=\"clock\"><span class=\"position\">",
            words::clock(position),
            "</span>",
        );
        if let Some(duration) = session.item.duration_ms {
            html.raw(" / ").text(words::clock(duration));
        }
        html.raw("</span>");
    }
    html.raw("</p>");
}
