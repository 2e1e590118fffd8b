//! Addresses of providers, without the passwords that stand in them.

use model::Text;
use serde::Deserializer;

use crate::lenient::{Cx, Field, Str};

/// An address as far as it may be shown; see [`reduced`]. The whole one is gone as soon as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dispatcharr) struct Address(pub(in crate::dispatcharr) Option<Text>);

impl<'de> Field<'de> for Address {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        Ok(Self(
            Str::read(d, cx)?.and_then(|url| reduced(&url)).map(Text::from),
        ))
    }
}

/// Longest message that is kept; the rest is cut off.
const MESSAGE_CHARS_MAX: usize = 300;

/// What the manager says in one line, without what may be an address with a password: its own errors quote those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dispatcharr) struct Message(pub(in crate::dispatcharr) Option<Text>);

impl<'de> Field<'de> for Message {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        Ok(Self(
            Str::read(d, cx)?.map(|words| Text::from(without_addresses(&words))),
        ))
    }
}

/// Scheme, host and port, and the path if it has one segment at most: longer ones are often `/live/user/password/…`.
/// No user info, no query, no fragment. `None` for what is no address of a host.
pub(super) fn reduced(url: &str) -> Option<String> {
    let mut url = reqwest::Url::parse(url).ok()?;
    url.host_str().filter(|h| !h.is_empty())?;
    // Both fail only for addresses without a host.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let segments = url.path().split('/').filter(|s| !s.is_empty()).count();
    // A segment can hold a pair too: `user:password`, `name=…;key=…`.
    let is_plain = !url.path().contains([':', '=', '@', '%', ';']);
    if segments > 1 || !is_plain {
        url.set_path("");
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// Every word that is an address is reduced; every word that may be the rest of one (a path of two segments, a query, a
/// pair with `=`) becomes `…`.
pub(super) fn without_addresses(words: &str) -> String {
    let mut out = String::new();
    for word in words.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        match word.find("://") {
            Some(at) => {
                // What comes before is a bracket or quote and the scheme.
                let scheme = word[..at]
                    .rfind(|c: char| !c.is_ascii_alphanumeric())
                    .map_or(0, |i| i + word[i..].chars().next().map_or(1, char::len_utf8));
                let end = word.trim_end_matches([')', ']', '>', '"', '\'', ',', '.', ';', ':']);
                let url = word.get(scheme..end.len()).and_then(reduced);
                out.push_str(url.as_deref().unwrap_or("…"));
            }
            None if word.contains(['?', '=', '@', '&']) || word.matches('/').count() > 1 => out.push('…'),
            None => out.push_str(word),
        }
    }
    match out.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &out[..at]),
        None => out,
    }
}
