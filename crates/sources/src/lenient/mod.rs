//! Lenient reading of what servers answer: no field fails, what cannot be read is left out and told.
//!
//! Made for servers whose answers change with the version. Only text that is no JSON at all, or not what was asked
//! for, is an error.

mod fields;
pub(crate) mod repair;
mod wire;

use std::fmt;

pub(crate) use fields::{Cx, Field, Filled, Key, Numbers, Object, Str};
pub(crate) use wire::wire;

/// A value read from an answer, and the fields that had to be left out.
#[derive(Debug)]
pub(crate) struct Decoded<T> {
    pub(crate) value: T,
    pub(crate) issues: Vec<Issue>,
}

impl<T> Decoded<T> {
    pub(crate) fn new(value: T, cx: Cx) -> Self {
        Self {
            value,
            issues: cx.into_issues(),
        }
    }
}

/// One field that was not as expected and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// `Metadata[3].Media[0].bitrate`
    pub path: String,
    /// `expected a number, found an object`
    pub what: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "{}: {}", self.path, self.what)
        }
    }
}

/// Why a whole answer is unusable. Names the cause, never quotes the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the answer is empty")]
    Empty,
    /// What a proxy or a login page sends.
    #[error("the answer is a web page{}, not data", title.as_ref().map(|t| format!(" titled \"{t}\"")).unwrap_or_default())]
    Html { title: Option<String> },
    #[error("the answer is neither JSON nor XML")]
    Unreadable,
    #[error("the answer breaks off at line {line}, column {column}")]
    CutShort { line: usize, column: usize },
    #[error("the answer is not JSON: {what}")]
    NotJson { what: String },
    #[error("the answer is not XML: {what}")]
    NotXml { what: String },
    /// Well-formed, but something else than was asked for.
    #[error("the answer is not a {wanted} but {found}")]
    NotAContainer { wanted: &'static str, found: String },
    #[error("the answer has no {field}")]
    Missing { field: &'static str },
}

pub(crate) fn json_error(e: &serde_json::Error) -> DecodeError {
    if e.is_eof() {
        return DecodeError::CutShort {
            line: e.line(),
            column: e.column(),
        };
    }
    // Only syntax errors arrive here, and their words quote nothing: no field fails on its type.
    DecodeError::NotJson { what: e.to_string() }
}

/// Longest piece of an answer that may stand in a message.
const QUOTED_CHARS_MAX: usize = 60;

pub(crate) fn clip(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(QUOTED_CHARS_MAX)
        .collect()
}

pub(crate) fn is_html(text: &str) -> bool {
    let start: String = text
        .trim_start()
        .chars()
        .take(14)
        .collect::<String>()
        .to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

pub(crate) fn html_title(text: &str) -> Option<String> {
    // Lower-casing ASCII keeps all offsets.
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(clip(text[start..end].trim())).filter(|t| !t.is_empty())
}
