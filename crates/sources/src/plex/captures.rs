//! Tries the decoders on recorded answers, so that a change here is checked against what servers really sent.
//!
//! A file is taken for what its content looks like; the path is asked only where the content cannot tell (an
//! empty list). Recordings come whole, as fragments of an answer, cut short, wrapped by the tool that recorded
//! them, or one frame per line.

#[doc(hidden)]
pub mod bench;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::decode::{Answer, DecodeError, Decoded};
use super::map;
pub use crate::lenient::Issue;

/// How one recorded file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureReport {
    /// What it was taken for: `sessions`, `notifications`, `web page`…; `unreadable` if nothing fits.
    pub decoded_as: &'static str,
    /// Fields that were not as expected.
    pub issues: Vec<Issue>,
    /// What was found in it, or why it is not used, or was not read to the end.
    pub note: Option<String>,
}

impl CaptureReport {
    fn new(decoded_as: &'static str, note: impl Into<String>) -> Self {
        Self {
            decoded_as,
            issues: Vec::new(),
            note: Some(note.into()),
        }
    }

    fn remark(mut self, remark: impl AsRef<str>) -> Self {
        let note = self.note.get_or_insert_default();
        if !note.is_empty() {
            note.push_str("; ");
        }
        note.push_str(remark.as_ref());
        self
    }
}

/// Decodes one recorded file by its content.
pub fn check_capture(path: &Path, bytes: &[u8]) -> CaptureReport {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    let text = String::from_utf8_lossy(bytes);
    let report = match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => match lines_of_json(&text) {
            Some(lines) => frames(&lines),
            None => json_document(&name, bytes),
        },
        Some(b'<') => xml_document(&name, &text, bytes),
        Some(_) => plain_text(&text),
        None => CaptureReport::new("unreadable", DecodeError::Empty.to_string()),
    };
    if matches!(text, Cow::Owned(_)) {
        report.remark("bytes that are not UTF-8 were replaced")
    } else {
        report
    }
}

/// One object per line, if there are several and each line is one.
fn lines_of_json(text: &str) -> Option<Vec<&str>> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    (lines.len() > 1
        && lines
            .iter()
            .all(|l| l.starts_with('{') && l.trim_end().ends_with('}')))
    .then_some(lines)
}

fn frames(frames: &[&str]) -> CaptureReport {
    let mut report = CaptureReport {
        decoded_as: "notifications",
        issues: Vec::new(),
        note: None,
    };
    let mut told = 0;
    for (line, frame) in frames.iter().enumerate() {
        if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(frame) {
            report.issues.push(Issue {
                path: format!("line {}", line + 1),
                what: e.to_string(),
            });
        }
        told += map::notifications(frame.as_bytes()).len();
    }
    report.remark(format!("{} frames, {told} told", frames.len()))
}

fn json_document(name: &str, bytes: &[u8]) -> CaptureReport {
    let answer = match Answer::new(bytes) {
        Ok(answer) => answer,
        Err(e) => return CaptureReport::new("unreadable", e.to_string()),
    };
    // Old servers' form is rewritten only where an answer is decoded, so it is asked for here.
    let _ = answer.under::<super::wire::server::Page>("MediaContainer");
    match serde_json::from_str(answer.text()) {
        Ok(value) => document(name, &value, Some(bytes)),
        Err(e) => CaptureReport::new("unreadable", format!("not JSON: {e}")),
    }
}

fn xml_document(name: &str, text: &str, bytes: &[u8]) -> CaptureReport {
    match Answer::new(bytes) {
        Ok(answer) => match serde_json::from_str(answer.text()) {
            Ok(value) => document(name, &value, Some(bytes)),
            Err(e) => CaptureReport::new("unreadable", format!("not readable after conversion: {e}")),
        },
        Err(DecodeError::Html { title }) => {
            CaptureReport::new("web page", format!("titled {:?}", title.unwrap_or_default()))
        }
        Err(e @ DecodeError::CutShort { .. }) => {
            let closed = closed(text);
            match Answer::new(closed.as_bytes()) {
                Ok(_) => xml_document(name, &closed, closed.as_bytes())
                    .remark(format!("{e} in the recording; open elements were closed")),
                Err(_) => CaptureReport::new("unreadable", e.to_string()),
            }
        }
        Err(e) => CaptureReport::new("unreadable", e.to_string()),
    }
}

/// Tells documents apart by their outermost keys. `bytes` are given as long as they hold just this document.
fn document(name: &str, value: &Value, bytes: Option<&[u8]>) -> CaptureReport {
    let rebuilt = || value.to_string().into_bytes();
    let body = bytes.map_or_else(|| Cow::Owned(rebuilt()), Cow::Borrowed);
    let root = match value {
        Value::Object(root) => root,
        Value::Array(list) => return list_document(list, &body),
        _ => return CaptureReport::new("unreadable", "neither an object nor a list"),
    };
    let has = |key: &str| root.contains_key(key);
    if let Some(Value::Object(container)) = root.get("MediaContainer") {
        return container_document(name, container, &body);
    }
    if has("NotificationContainer") || (has("type") && root.keys().any(|k| k.ends_with("Notification"))) {
        let frame = value.to_string();
        return frames(&[&frame]);
    }
    if let Some(response) = root.get("response") {
        let status = &response["http_code"];
        let inner = match &response["body"] {
            Value::String(text) => check_capture(Path::new(name), text.as_bytes()),
            body => document(name, body, None),
        };
        return inner.remark(format!("recorded with HTTP status {status}"));
    }
    if let Some(sentence) = map::is_maintenance(&body) {
        return CaptureReport::new("maintenance", sentence);
    }
    // Fragments: the inside of a container without it.
    let wrapped = |key: &str, inner: &Value| document(name, &json!({"MediaContainer": {key: [inner]}}), None);
    for tag in ["Video", "Track", "Photo", "Metadata"] {
        if let Some(item) = root.get(tag) {
            return wrapped("Metadata", item).remark("a fragment");
        }
    }
    if let Some(transcode) = root.get("TranscodeSession") {
        return wrapped("TranscodeSession", transcode).remark("a fragment");
    }
    if has("sessionKey") || has("Media") {
        return wrapped("Metadata", value).remark("a fragment");
    }
    if has("throttled") {
        return wrapped("TranscodeSession", value).remark("a fragment");
    }
    tv_document(root, &body)
}

fn tv_document(root: &Map<String, Value>, body: &[u8]) -> CaptureReport {
    let has = |key: &str| root.contains_key(key);
    if has("code") && has("expiresIn") {
        return match map::tv_pin(body) {
            Ok(pin) => CaptureReport::new(
                "plex.tv pin",
                if pin.auth_token.is_some() { "linked" } else { "new" },
            ),
            Err(e) => CaptureReport::new("unreadable", e.to_string()),
        };
    }
    if has("user") || has("authToken") {
        return match map::tv_user(body) {
            Ok(user) if user.auth_token.is_some() => CaptureReport::new("plex.tv account", "with a token"),
            Ok(_) => CaptureReport::new("plex.tv account", "without a token"),
            Err(e) => CaptureReport::new("unreadable", e.to_string()),
        };
    }
    if let Some(refusal) = map::tv_error(body) {
        return CaptureReport::new("refusal", refusal.message);
    }
    if root
        .get("object")
        .is_some_and(|o| o.get("mediaContainer").is_some())
    {
        return CaptureReport::new("other", "read, not used: a client library has renamed the keys");
    }
    CaptureReport::new("other", format!("read, not used: {}", keys(root)))
}

fn list_document(list: &[Value], body: &[u8]) -> CaptureReport {
    let every = |key: &str| !list.is_empty() && list.iter().all(|v| v.get(key).is_some());
    if every("clientIdentifier") && every("provides") {
        return servers(body);
    }
    if every("type")
        && list.iter().all(|v| {
            v.as_object()
                .is_some_and(|o| o.keys().any(|k| k.ends_with("Notification")))
        })
    {
        let lines: Vec<String> = list.iter().map(Value::to_string).collect();
        return frames(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
    CaptureReport::new("other", format!("read, not used: a list of {}", list.len()))
}

fn container_document(name: &str, container: &Map<String, Value>, body: &[u8]) -> CaptureReport {
    let has = |key: &str| container.contains_key(key);
    let rows = |key: &str| match container.get(key) {
        Some(Value::Array(rows)) => rows.as_slice(),
        _ => &[],
    };
    let any = |key: &str, fields: &[&str]| {
        rows(key)
            .iter()
            .any(|row| fields.iter().any(|field| row.get(field).is_some()))
    };
    if any("Metadata", &["sessionKey", "Player", "User", "Session"]) {
        return sessions(body);
    }
    if has("Metadata") {
        return items(body);
    }
    if let Some(report) = known_list(name, container, body) {
        return report;
    }
    // plex.tv's own containers carry a machine id too.
    if has("machineIdentifier") && has("version") {
        return if has("friendlyName") {
            done("server", map::root(body), |s| {
                format!("version {}", s.version.as_deref().unwrap_or("unknown"))
            })
        } else {
            match map::identity(body) {
                Ok(id) => CaptureReport::new("identity", format!("claimed: {:?}", id.claimed)),
                Err(e) => CaptureReport::new("unreadable", e.to_string()),
            }
        };
    }
    let lists = container.iter().filter(|(_, v)| v.is_array()).count();
    if lists == 0 && has("size") {
        if name.contains("session") {
            return sessions(body);
        }
        return match map::total(body) {
            Ok(total) => CaptureReport::new("count", format!("total: {total:?}")),
            Err(e) => CaptureReport::new("unreadable", e.to_string()),
        };
    }
    CaptureReport::new("other", format!("read, not used: {}", keys(container)))
}

/// Lists that the decoders have a use for, by their names.
fn known_list(name: &str, container: &Map<String, Value>, body: &[u8]) -> Option<CaptureReport> {
    let has = |key: &str| container.contains_key(key);
    let any = |key: &str, field: &str| {
        let rows = container.get(key).and_then(Value::as_array);
        rows.is_some_and(|rows| rows.iter().any(|row| row.get(field).is_some()))
    };
    if has("MediaProvider") {
        return Some(done("libraries", map::libraries(body), |l| {
            format!("{} libraries", l.len())
        }));
    }
    if any("Directory", "agent") {
        return Some(done("libraries", map::sections(body), |l| {
            format!("{} libraries", l.len())
        }));
    }
    if has("StatisticsResources") {
        return Some(done("host load", map::resources(body), |load| {
            format!("{load:?}")
        }));
    }
    if has("StatisticsBandwidth") {
        return Some(done("bandwidth", map::bandwidth(body), |rows| {
            format!("{} rows", rows.len())
        }));
    }
    if has("TranscodeSession") || (container.len() == 1 && name.contains("transcode")) {
        return Some(done("transcodes", map::transcodes(body), |t| format!("{t:?}")));
    }
    if has("Activity") {
        return Some(done("activities", map::activities(body), |a| {
            format!("{} activities", a.len())
        }));
    }
    if has("canInstall") {
        return Some(done("update", map::update(body), |u| format!("{u:?}")));
    }
    if any("Device", "provides") {
        return Some(servers(body));
    }
    None
}

fn sessions(body: &[u8]) -> CaptureReport {
    let (libraries, metadata) = (HashMap::new(), HashMap::new());
    let known = map::Known {
        libraries: &libraries,
        metadata: &metadata,
    };
    done("sessions", map::sessions(body, &known), |mapped| {
        let words = mapped.sessions.iter().map(|s| {
            let reasons = s.delivery.transcode.as_ref().map_or(&[][..], |t| &t.reasons);
            let reasons: Vec<&str> = reasons.iter().map(|r| r.as_str()).collect();
            format!(
                "{} {} {} {}{}{}",
                s.item.kind.as_str(),
                s.state.as_str(),
                s.delivery.decision.map_or("undecided", model::Decision::as_str),
                reasons.join("+"),
                if s.item.live.is_some() { " live" } else { "" },
                if s.item.extra { " extra" } else { "" },
            )
        });
        let lookups = mapped.lookups.len();
        format!(
            "{} sessions [{}], {lookups} lookups",
            mapped.sessions.len(),
            words.collect::<Vec<_>>().join(", ")
        )
    })
}

fn items(body: &[u8]) -> CaptureReport {
    done("items", map::metadata(body), |items| {
        let versions: usize = items.iter().map(|(_, item)| item.versions.len()).sum();
        format!(
            "{} items, {versions} versions, total {:?}",
            items.len(),
            map::total(body).ok().flatten()
        )
    })
}

fn servers(body: &[u8]) -> CaptureReport {
    done("plex.tv resources", map::tv_resources(body), |servers| {
        let connections: usize = servers.iter().map(|s| s.connections.len()).sum();
        format!("{} servers, {connections} connections", servers.len())
    })
}

fn done<T>(
    decoded_as: &'static str,
    result: Result<Decoded<T>, DecodeError>,
    summary: impl FnOnce(&T) -> String,
) -> CaptureReport {
    match result {
        Ok(decoded) => CaptureReport {
            decoded_as,
            note: Some(summary(&decoded.value)),
            issues: decoded.issues,
        },
        Err(e) => CaptureReport::new("unreadable", format!("taken for {decoded_as}, but {e}")),
    }
}

fn keys(object: &Map<String, Value>) -> String {
    const NAMED_MAX: usize = 8;
    let lists = object
        .iter()
        .filter(|(_, v)| v.is_array() || v.is_object())
        .map(|(k, _)| k.as_str());
    let mut names: Vec<&str> = lists.take(NAMED_MAX).collect();
    if names.is_empty() {
        names = object.keys().map(String::as_str).take(NAMED_MAX).collect();
    }
    names.join(", ")
}

/// Recorded event streams, logs with payloads in them, and notes.
fn plain_text(text: &str) -> CaptureReport {
    if text.lines().any(|l| l.starts_with("data:")) {
        return event_stream(text);
    }
    let mut report = CaptureReport::new("other", "read, not used: text");
    let mut payloads = 0;
    for (at, _) in text.match_indices("=> {") {
        match serde_json::Deserializer::from_str(&text[at + 3..])
            .into_iter::<Value>()
            .next()
        {
            Some(Ok(_)) => payloads += 1,
            Some(Err(e)) => report.issues.push(Issue {
                path: format!("byte {at}"),
                what: e.to_string(),
            }),
            None => {}
        }
    }
    if payloads > 0 {
        report.remark(format!("{payloads} payloads in it"))
    } else {
        report
    }
}

fn event_stream(text: &str) -> CaptureReport {
    let mut report = CaptureReport {
        decoded_as: "notifications",
        issues: Vec::new(),
        note: None,
    };
    let (mut events, mut told, mut event) = (0, 0, "message");
    for (line, content) in text.lines().enumerate() {
        if let Some(kind) = content.strip_prefix("event:") {
            event = kind.trim();
        } else if let Some(data) = content.strip_prefix("data:") {
            if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(data) {
                report.issues.push(Issue {
                    path: format!("line {}", line + 1),
                    what: e.to_string(),
                });
            }
            events += 1;
            told += map::event(event, data.trim().as_bytes()).len();
        }
    }
    report.remark(format!("{events} events, {told} told"))
}

/// XML that was cut short, its last tag and all open elements closed.
fn closed(text: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(end) = tag_end(&rest[start..]).map(|end| start + end) else {
            let tag = rest[start..].trim_end();
            // After a complete attribute the tag can be closed; in the middle of one it cannot be saved.
            if tag.ends_with('"') {
                out.push_str(&rest[..start]);
                out.push_str(tag);
                out.push_str("/>");
            }
            rest = "";
            break;
        };
        let tag = &rest[start + 1..end];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/', '\n', '\t', '\r'])
            .next()
            .unwrap_or_default();
        match tag.as_bytes() {
            [b'?' | b'!', ..] | [.., b'/'] => {}
            [b'/', ..] => {
                open.pop();
            }
            _ => open.push(name),
        }
        out.push_str(&rest[..=end]);
        rest = &rest[end + 1..];
    }
    out.push_str(rest.trim_end());
    for name in open.iter().rev() {
        out.extend(["</", name, ">"]);
    }
    out
}

/// Where a tag ends; `>` in quotes does not count.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quoted = false;
    tag.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}
