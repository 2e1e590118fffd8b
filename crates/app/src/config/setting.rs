//! One value with the place it is for and where it came from.

use std::fmt;
use std::path::PathBuf;

use toml::Value;

use super::schema::{At, Kind};
use crate::failure::Failure;

/// Longest piece of a wrong value that an error message repeats.
const QUOTED_CHARS: usize = 40;

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// Found by us, not said by anyone: a saved sign-in.
    Found(PathBuf),
    File {
        path: PathBuf,
        line: usize,
    },
    /// Not said, but what a file of this kind means then.
    FileDefault(PathBuf),
    Variable(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Found(path) => write!(f, "found {}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::FileDefault(path) => write!(f, "default of {}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag --{name}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) at: At,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

impl Setting {
    /// Checks `value` against the schema.
    pub(crate) fn new(at: At, value: Value, origin: Origin) -> Result<Self, Failure> {
        match fit(at.key().kind, value) {
            Ok(value) => Ok(Self { at, value, origin }),
            Err(value) => Err(misfit(at, &value, &origin)),
        }
    }

    /// Reads the words of a variable or a flag.
    pub(crate) fn from_text(at: At, text: &str, origin: Origin) -> Result<Self, Failure> {
        let value = match at.key().kind {
            Kind::Bool => match text.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Value::Boolean(true),
                "0" | "false" | "no" | "off" => Value::Boolean(false),
                _ => Value::String(text.to_owned()),
            },
            Kind::Whole(_) => text.parse().map_or_else(|_| text.into(), Value::Integer),
            Kind::Seconds(_) => text.parse().map_or_else(|_| text.into(), Value::Float),
            Kind::List => text
                .split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(Value::from)
                .collect::<Vec<_>>()
                .into(),
            Kind::OneOf(_) => text.to_ascii_lowercase().into(),
            Kind::Text | Kind::Path | Kind::Url => text.into(),
        };
        Self::new(at, value, origin)
    }

    /// A failure about this value: `origin: key: what`.
    pub(crate) fn refuse(&self, what: impl fmt::Display) -> Failure {
        refuse(self.at, &self.origin, what)
    }
}

/// A failure about the value at `at`.
fn refuse(at: At, origin: &Origin, what: impl fmt::Display) -> Failure {
    Failure::config(format!("{origin}: {at}: {what}"))
}

/// The value as the schema wants it, or the value back.
fn fit(kind: Kind, value: Value) -> Result<Value, Value> {
    let fits = match (kind, &value) {
        (Kind::Text | Kind::Path | Kind::Url, Value::String(_)) | (Kind::Bool, Value::Boolean(_)) => true,
        (Kind::Whole(min), Value::Integer(n)) => *n >= min,
        (Kind::Seconds(min), Value::Float(n)) => n.is_finite() && *n >= min,
        (Kind::Seconds(min), Value::Integer(n)) => *n as f64 >= min,
        (Kind::OneOf(words), Value::String(s)) => words.contains(&s.as_str()),
        (Kind::List, Value::Array(all)) => all.iter().all(Value::is_str),
        _ => false,
    };
    match value {
        Value::Integer(n) if fits && matches!(kind, Kind::Seconds(_)) => Ok(Value::Float(n as f64)),
        value if fits => Ok(value),
        value => Err(value),
    }
}

fn misfit(at: At, value: &Value, origin: &Origin) -> Failure {
    let key = at.key();
    let found = if key.secret {
        kind_of(value).to_owned()
    } else {
        describe(value)
    };
    refuse(at, origin, format_args!("expected {}, found {found}", key.kind))
}

fn describe(value: &Value) -> String {
    match value {
        Value::String(s) if s.chars().count() > QUOTED_CHARS => "a long text".to_owned(),
        Value::String(s) => format!("the text \"{s}\""),
        Value::Integer(n) => format!("the number {n}"),
        Value::Float(n) => format!("the number {n}"),
        Value::Boolean(b) => format!("{b}"),
        other => kind_of(other).to_owned(),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date or time",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
