//! `check --print`: the merged configuration as TOML, each value with its origin, without secrets.

use std::fmt::Write as _;

use toml::Value;

use super::schema::Kind;
use super::{Merged, Setting};
use crate::failure::one_line;

/// Column at which the origins begin, unless a value is longer.
const ORIGIN_COLUMN: usize = 44;

pub(crate) fn print(merged: &Merged) -> String {
    tables(merged, shown)
}

/// The settings as a file for us, secrets included: whoever has it converted wants to go on with it.
pub(crate) fn converted(merged: &Merged) -> String {
    tables(merged, |s| s.value.to_string())
}

fn tables(merged: &Merged, value: impl Fn(&Setting) -> String) -> String {
    let mut out = String::new();
    let mut group: Option<(&str, usize)> = None;
    for s in merged.settings() {
        let table = s.at.table();
        let here = (table.name, s.at.index());
        if group != Some(here) {
            let header = match (table.name, table.repeated) {
                ("", _) => String::new(),
                (name, true) => format!("\n[[{name}]]\n"),
                (name, false) => format!("\n[{name}]\n"),
            };
            out.push_str(&header);
            group = Some(here);
        }
        let line = format!("{} = {}", s.at.key().name, value(s));
        let _ = writeln!(out, "{line:ORIGIN_COLUMN$} # {}", one_line(&s.origin.to_string()));
    }
    out
}

fn shown(s: &Setting) -> String {
    if s.at.key().secret {
        return "\"[redacted]\"".to_owned();
    }
    match &s.value {
        Value::String(text) if s.at.key().kind == Kind::Url => Value::from(without_secrets(text)).to_string(),
        other => other.to_string(),
    }
}

/// A URL without user info, query and fragment: some people put their token there.
pub(crate) fn without_secrets(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(s, r)| (s, r));
    let (authority, path) = rest.find('/').map_or((rest, ""), |n| rest.split_at(n));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if scheme.is_empty() {
        format!("{host}{path}")
    } else {
        format!("{scheme}://{host}{path}")
    }
}
