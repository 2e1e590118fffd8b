//! Notifications: one frame, ready to send as a WebSocket text or as a server-sent event.

use std::ops::Range;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;

use crate::plex::playing::{Now, Playing, Progress};
use crate::plex::session_seed::PlayState;
use crate::plex::session_view;
use crate::plex::value::{Node, Spelling, Template, Text};

/// One notification.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The wire's `type`, also the name of the server-sent event.
    pub(crate) event: Text,
    list: &'static str,
    /// The whole WebSocket text.
    pub(crate) text: Utf8Bytes,
    /// The one entry inside it.
    entry: Range<usize>,
    /// Whose session it tells about; a shared token hears only its own.
    pub(crate) account: Option<i64>,
}

impl Frame {
    fn new(
        event: &'static str,
        list: &'static str,
        account: Option<i64>,
        entry: impl FnOnce(&mut String),
    ) -> Arc<Self> {
        let mut text = String::with_capacity(320);
        text.push_str("{\"NotificationContainer\":{\"type\":\"");
        text.push_str(event);
        text.push_str("\",\"size\":1,\"");
        text.push_str(list);
        text.push_str("\":[");
        let start = text.len();
        entry(&mut text);
        let end = text.len();
        text.push_str("]}}");
        Arc::new(Self {
            event: event.into(),
            list,
            text: text.into(),
            entry: start..end,
            account,
        })
    }

    /// Any text, sent as it is to WebSocket clients only.
    pub(crate) fn raw(text: String) -> Arc<Self> {
        Arc::new(Self {
            event: "".into(),
            list: "",
            text: text.into(),
            entry: 0..0,
            account: None,
        })
    }

    /// As an event of `text/event-stream`: a single object, no container and no list. `None` for raw texts.
    pub(crate) fn server_sent(&self) -> Option<String> {
        let entry = self
            .text
            .as_str()
            .get(self.entry.clone())
            .filter(|e| !e.is_empty())?;
        Some(format!(
            "event: {}\ndata: {{\"{}\":{entry}}}\n\n",
            self.event, self.list
        ))
    }

    /// State and position of one playback.
    pub(crate) fn playing(playing: &Playing, state: PlayState, now: Now) -> Arc<Self> {
        Self::new(
            "playing",
            "PlaySessionStateNotification",
            Some(playing.account),
            |out| {
                let mut field = |name: &str, value: &str| {
                    out.push_str(name);
                    push_text(value, out);
                };
                let mut digits = [0; 20];
                field("{\"sessionKey\":", decimal(playing.key, &mut digits));
                field(",\"clientIdentifier\":", &playing.player.machine_id);
                let rating_key = playing.item.rating_key.as_deref().unwrap_or("");
                field(",\"guid\":", "");
                field(",\"ratingKey\":", rating_key);
                field(",\"url\":", "");
                if let Some(key) = &playing.item.key {
                    field(",\"key\":", key);
                } else {
                    out.push_str(",\"key\":\"/library/metadata/");
                    out.push_str(rating_key);
                    out.push('"');
                }
                out.push_str(",\"viewOffset\":");
                out.push_str(decimal(playing.position_ms(now), &mut digits));
                out.push_str(",\"playQueueItemID\":");
                out.push_str(decimal(70_000 + playing.key * 3, &mut digits));
                out.push_str(",\"state\":\"");
                out.push_str(state.as_str());
                out.push('"');
                if let Some(converter) = &playing.converter {
                    out.push_str(",\"transcodeSession\":");
                    push_text(&converter.id, out);
                }
                out.push('}');
            },
        )
    }

    /// A converter's start, update or end.
    pub(crate) fn converter(event: &'static str, playing: &Playing, progress: Progress) -> Option<Arc<Self>> {
        let node = session_view::converter(playing, progress, false, event != TRANSCODE_END)?;
        Some(Self::node(event, Some(playing.account), &node))
    }

    pub(crate) fn activity(event: &'static str, uuid: &str, activity: Node) -> Arc<Self> {
        let node = Node::new("ActivityNotification")
            .attr("event", event)
            .attr("uuid", uuid.to_owned())
            .child(activity);
        Self::node("activity", None, &node)
    }

    /// A scanned item.
    pub(crate) fn timeline(section: u32, item: &str, kind: u32, title: &str) -> Arc<Self> {
        let node = Node::new("TimelineEntry")
            .attr("identifier", "com.plexapp.plugins.library")
            .attr("sectionID", section.to_string())
            .attr("itemID", item.to_owned())
            .attr("type", kind)
            .attr("title", title.to_owned())
            .attr("state", 5)
            .attr("metadataState", "created");
        Self::node("timeline", None, &node)
    }

    pub(crate) fn status(title: &str, name: &'static str) -> Arc<Self> {
        let node = Node::new("StatusNotification")
            .attr("title", title.to_owned())
            .attr("description", "")
            .attr("notificationName", name);
        Self::node("status", None, &node)
    }

    pub(crate) fn update(version: &str, state: &str) -> Arc<Self> {
        let node = Node::new("AutoUpdateNotification")
            .attr("key", "")
            .attr("version", version.to_owned())
            .attr("state", state.to_owned());
        Self::node("update.statechange", None, &node)
    }

    fn node(event: &'static str, account: Option<i64>, node: &Node) -> Arc<Self> {
        let mut bytes = Vec::with_capacity(256);
        Template::new(node, Spelling::Json).render(Spelling::Json, |_| None, &mut bytes);
        Self::new(event, node.tag, account, |out| {
            out.push_str(&String::from_utf8_lossy(&bytes));
        })
    }
}

pub(crate) const TRANSCODE_START: &str = "transcodeSession.start";
pub(crate) const TRANSCODE_UPDATE: &str = "transcodeSession.update";
pub(crate) const TRANSCODE_END: &str = "transcodeSession.end";

/// Quotes as JSON. Identifiers need no escapes, so the common case copies.
fn push_text(text: &str, out: &mut String) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn decimal(mut n: u64, buffer: &mut [u8; 20]) -> &str {
    let mut at = buffer.len();
    loop {
        at -= 1;
        // A digit always fits.
        buffer[at] = b'0' + u8::try_from(n % 10).unwrap_or(0);
        n /= 10;
        if n == 0 {
            break;
        }
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or("0")
}

/// Which notifications a client asked for: the `filters` query argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// No argument: everything but the log.
    Default,
    /// `filters=`: everything.
    All,
    Only(Vec<String>),
    /// `filters=-a,b`: everything but these.
    Except(Vec<String>),
}

impl Filter {
    pub(crate) fn parse(filters: Option<&str>) -> Self {
        let list = |text: &str| {
            text.split(',')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect()
        };
        match filters {
            None => Self::Default,
            Some("") => Self::All,
            Some(text) => match text.strip_prefix('-') {
                Some(rest) => Self::Except(list(rest)),
                None => Self::Only(list(text)),
            },
        }
    }

    pub(crate) fn wants(&self, event: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|l| l == event);
        match self {
            Self::Default => event != "log",
            Self::All => true,
            // Raw frames have no type; they are sent to test clients.
            Self::Only(list) => event.is_empty() || names(list),
            Self::Except(list) => !names(list),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        let cases = [
            (None, "playing", true),
            (None, "log", false),
            (Some(""), "log", true),
            (Some("playing,transcodeSession.update"), "playing", true),
            (Some("playing,transcodeSession.update"), "activity", false),
            (Some("-activity,timeline"), "timeline", false),
            (Some("-activity,timeline"), "playing", true),
        ];
        for (filters, event, wanted) in cases {
            assert_eq!(Filter::parse(filters).wants(event), wanted, "{filters:?} {event}");
        }
    }

    #[test]
    fn numbers_and_quotes() {
        let mut buffer = [0; 20];
        for n in [0, 7, 10, 65_535, u64::MAX] {
            assert_eq!(decimal(n, &mut buffer), n.to_string());
        }
        let mut out = String::new();
        push_text("a\"b\n", &mut out);
        assert_eq!(out, "\"a\\\"b\\n\"");
    }

    #[test]
    fn one_entry_two_envelopes() {
        let frame = Frame::update("1.2", "done");
        assert_eq!(
            frame.text.as_str(),
            "{\"NotificationContainer\":{\"type\":\"update.statechange\",\"size\":1,\"AutoUpdateNotification\":\
             [{\"key\":\"\",\"version\":\"1.2\",\"state\":\"done\"}]}}"
        );
        assert_eq!(
            frame.server_sent().unwrap(),
            "event: update.statechange\ndata: {\"AutoUpdateNotification\":{\"key\":\"\",\"version\":\"1.2\",\
             \"state\":\"done\"}}\n\n"
        );
    }
}
