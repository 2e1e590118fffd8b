//! The receiver's own words, in whatever form they came.

use serde_json::Value;

use super::super::super::DropReason;
use super::{Bad, BadLine};

/// Characters of a receiver's message that are repeated.
const SHOWN_CHARS_MAX: usize = 200;

const UNABLE: &str = "unable to parse '";

/// A message, taken out of `{"error":…}` (v1, v3), `{"code":…,"message":…}` (v2) or plain text.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    message: Option<String>,
    /// The message in lower case, empty without one.
    pub(super) lower: String,
    has_results: bool,
    /// Lines named beside the message (v3; one by number: v2).
    named: Vec<BadLine>,
}

impl Told {
    pub(super) fn read(body: &str) -> Self {
        let body = body.trim();
        let json: Option<Value> = body
            .starts_with('{')
            .then(|| serde_json::from_str(body).ok())
            .flatten();
        let (message, named) = match &json {
            Some(json) => (message_of(json), named_in(json)),
            None if body.is_empty() => (None, Vec::new()),
            None => (Some(body.to_owned()), Vec::new()),
        };
        Self {
            has_results: json.as_ref().is_some_and(|json| json.get("results").is_some()),
            lower: message.as_deref().unwrap_or_default().to_lowercase(),
            message,
            named,
        }
    }

    /// The message, if there is one.
    pub(super) fn error(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// True for the answer to a query that was carried out.
    pub(super) fn is_query_result(&self) -> bool {
        self.has_results && self.message.is_none()
    }

    /// True for words after which the same request can never succeed.
    pub(super) fn permanent(&self) -> bool {
        [
            "partial write",
            "field type conflict",
            "points beyond retention policy",
            "unable to parse",
            "retention policy not found",
        ]
        .iter()
        .any(|words| self.lower.contains(words))
    }

    /// On one line, cut at a bound.
    pub(super) fn shown(&self) -> String {
        one_line(self.message.as_deref().unwrap_or_default())
    }

    /// What a `partial write` says of the lines that were left out. Nothing if it is none that we know and the server
    /// is at fault: then it may be a cluster's word for a node that is away.
    pub(super) fn partial(&self, status: u16) -> Option<Bad> {
        let bad = self.bad(status);
        if bad.is_none() && status >= 500 {
            return None;
        }
        let bad = bad.unwrap_or_else(|| self.unknown());
        // "dropped=0" stands there when lines could not be read: the lines themselves are the count then.
        let points = self.dropped().filter(|n| *n > 0).or(bad.points);
        Some(Bad { points, ..bad })
    }

    /// What a refusal of the whole body says of its lines, if it is about lines.
    pub(super) fn refused(&self, status: u16) -> Option<Bad> {
        self.bad(status)
    }

    /// Lines were refused in words that we do not know.
    pub(super) fn unknown(&self) -> Bad {
        Bad {
            reason: DropReason::Invalid,
            points: None,
            lines: self.named.clone(),
            cause: one_line(&unquoted(self.message.as_deref().unwrap_or("no reason given"))),
            is_certain: false,
        }
    }

    fn bad(&self, status: u16) -> Option<Bad> {
        let has = |text: &str| self.lower.contains(text);
        let is_limit_on_lines = has("max-series")
            || has("max-values")
            // A server at fault speaks so of its own memory or time, which is about no line.
            || (status < 500 && (has("limit exceeded") || has("would exceed")));
        let (reason, cause, lines) = if let Some(first) = self.named.first() {
            (first.reason, first.cause.clone(), self.named.clone())
        } else if has("unable to parse") || has("parsing failed") || has("failed to parse") {
            let lines = self.unable();
            let cause = lines
                .first()
                .map_or_else(|| self.unknown().cause, |line| line.cause.clone());
            (DropReason::Invalid, cause, lines)
        } else if has("field type conflict") {
            (DropReason::TypeConflict, self.conflict(), Vec::new())
        } else if has("beyond retention policy") {
            (
                DropReason::TooOld,
                "points beyond retention policy".to_owned(),
                Vec::new(),
            )
        } else if is_limit_on_lines {
            (DropReason::Limit, self.limit(), Vec::new())
        } else {
            return None;
        };
        let points = u64::try_from(lines.len()).ok().filter(|n| *n > 0);
        Some(Bad {
            reason,
            points,
            lines,
            cause,
            is_certain: true,
        })
    }

    /// `input field "v" on measurement "m" is type float, already exists as type integer`: names of ours only.
    fn conflict(&self) -> String {
        let message = self.message.as_deref().unwrap_or_default();
        let from = message
            .find("input field")
            .map_or("field type conflict", |at| &message[at..]);
        one_line(from.split(" dropped=").next().unwrap_or(from))
    }

    /// Without the value of the tag: it may be somebody's name.
    fn limit(&self) -> String {
        let message = self.message.as_deref().unwrap_or_default();
        let from = message.find("max-").map_or(message, |at| &message[at..]);
        let until = [" value=", " dropped="]
            .iter()
            .filter_map(|end| from.find(end))
            .min();
        one_line(&from[..until.unwrap_or(from.len())])
    }

    fn dropped(&self) -> Option<u64> {
        let (_, rest) = self.lower.rsplit_once("dropped=")?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    }

    /// The lines of `unable to parse 'LINE': WHY`, one after another.
    fn unable(&self) -> Vec<BadLine> {
        let message = self.message.as_deref().unwrap_or_default();
        let Some(start) = message.find(UNABLE) else {
            return Vec::new();
        };
        message[start + UNABLE.len()..]
            .split(&format!("\n{UNABLE}"))
            .filter_map(|one| {
                let (line, why) = one.rsplit_once("': ")?;
                let why = why.split(" dropped=").next().unwrap_or(why);
                let measurement = line.split([',', ' ']).next().unwrap_or_default();
                Some(BadLine {
                    text: Some(line.to_owned()),
                    number: None,
                    reason: DropReason::Invalid,
                    cause: one_line(&format!("cannot read a line of {measurement}: {}", unquoted(why))),
                })
            })
            .collect()
    }
}

fn message_of(json: &Value) -> Option<String> {
    ["/error", "/message", "/err", "/results/0/error"]
        .iter()
        .find_map(|path| json.pointer(path)?.as_str())
        .map(str::to_owned)
}

fn named_in(json: &Value) -> Vec<BadLine> {
    let number = |value: &Value| {
        value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    if let Some(line) = json.get("line").and_then(number) {
        let cause = one_line(&unquoted(&message_of(json).unwrap_or_default()));
        return vec![BadLine {
            text: None,
            number: Some(line),
            reason: DropReason::Invalid,
            cause,
        }];
    }
    let one = |value: &Value| {
        let why = value.get("error_message")?.as_str()?;
        let (reason, cause) = if why.contains("column type") {
            // Names a column and two types, all ours.
            (DropReason::TypeConflict, one_line(why))
        } else {
            (DropReason::Invalid, one_line(&unquoted(why)))
        };
        Some(BadLine {
            text: value
                .get("original_line")
                .and_then(Value::as_str)
                .map(str::to_owned),
            number: value.get("line_number").and_then(number),
            reason,
            cause,
        })
    };
    match json.get("data") {
        Some(Value::Array(all)) => all.iter().filter_map(one).collect(),
        Some(value @ Value::Object(_)) => one(value).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Without what stands between the first and the last quote: lines hold names of people.
fn unquoted(text: &str) -> String {
    let quotes = ['\'', '"', '`'];
    match (text.find(quotes), text.rfind(quotes)) {
        (Some(from), Some(to)) if from < to => format!("{}…{}", &text[..from], &text[to + 1..]),
        _ => text.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    let text = text.trim();
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
