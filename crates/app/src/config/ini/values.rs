//! Single values of a `config.ini`, with their places.

use std::fmt;
use std::net::{Ipv6Addr, ToSocketAddrs as _};
use std::path::Path;

use sources::plex;

use super::parse::{Document, Entry, Problem};
use crate::config::nearest::nearest;
use crate::config::print::without_secrets;
use crate::config::setting::Origin;
use crate::failure::Failure;

/// The port of every server in `Servers`.
const PLEX_PORT: u16 = 32400;

const COMMENT_HINT: &str = "a comment stands on a line of its own";

/// A file that has been read, and questions to it.
pub(super) struct Ini<'a> {
    pub(super) document: &'a Document,
    pub(super) path: &'a Path,
}

/// A value, and who said it: the file, or nobody.
#[derive(Clone, Debug)]
pub(super) struct Said<T> {
    pub(super) value: T,
    pub(super) line: Option<usize>,
}

impl<T> Said<T> {
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Said<U> {
        Said {
            value: f(self.value),
            line: self.line,
        }
    }

    pub(super) fn is_told(&self) -> bool {
        self.line.is_some()
    }
}

impl Ini<'_> {
    fn entry(&self, section: &str, key: &str) -> Option<&Entry> {
        self.document.entry(section, key)
    }

    pub(super) fn has(&self, section: &str, key: &str) -> bool {
        self.entry(section, key).is_some()
    }

    pub(super) fn origin(&self, line: Option<usize>) -> Origin {
        let path = self.path.to_owned();
        match line {
            Some(line) => Origin::File { path, line },
            None => Origin::FileDefault(path),
        }
    }

    /// `config.ini:7: GENERAL.Delay: what`.
    pub(super) fn refuse(&self, section: &str, key: &str, what: impl fmt::Display, hint: &str) -> Failure {
        let line = self.entry(section, key).map(|e| e.line);
        let at = line.or_else(|| self.document.section(section).map(|s| s.line));
        let at = at.map_or_else(String::new, |line| format!(":{line}"));
        Failure::config(format!("{}{at}: {section}.{key}: {what}", self.path.display())).hint(hint)
    }

    fn problem(&self, problem: &Problem) -> Failure {
        let message = format!("{}:{}: {}", self.path.display(), problem.line, problem.what);
        Failure::config(message).hint(problem.hint)
    }

    /// Absent if the key is.
    pub(super) fn text(&self, section: &str, key: &str) -> Result<Option<Said<String>>, Failure> {
        let Some(entry) = self.entry(section, key) else {
            return Ok(None);
        };
        let text = self.document.text(section, entry).map_err(|p| self.problem(&p))?;
        Ok(Some(Said {
            value: text,
            line: Some(entry.line),
        }))
    }

    /// As it stands there, percent signs included.
    pub(super) fn raw(&self, section: &str, key: &str) -> Option<Said<String>> {
        self.entry(section, key).map(|entry| Said {
            value: entry.raw.clone(),
            line: Some(entry.line),
        })
    }

    /// A text that must not be empty; without a default it must be there.
    pub(super) fn word(
        &self,
        section: &str,
        key: &str,
        default: Option<&str>,
        example: &str,
    ) -> Result<Said<String>, Failure> {
        let hint = format!("write {key} = {example}");
        match (self.text(section, key)?, default) {
            (Some(said), _) if !said.value.is_empty() => Ok(said),
            (Some(_), _) => Err(self.refuse(section, key, "nothing stands after the =", &hint)),
            (None, Some(default)) => Ok(Said {
                value: default.to_owned(),
                line: None,
            }),
            (None, None) => Err(self.missing(section, key, &hint)),
        }
    }

    /// A key nobody can do without is not there; perhaps it is misspelled, or its section is missing.
    fn missing(&self, section: &str, key: &str, hint: &str) -> Failure {
        let Some(found) = self.document.section(section) else {
            let message = format!("{}: there is no section [{section}]", self.path.display());
            return Failure::config(message).hint(format!(
                "write [{section}] on a line, and below it {}",
                &hint[6..]
            ));
        };
        let near = nearest(key, found.entries.values().map(|e| e.key.as_str()));
        let misspelled = near.map(|near| format!("is \"{near}\" meant to be \"{key}\"?"));
        self.refuse(
            section,
            key,
            "this key is missing",
            misspelled.as_deref().unwrap_or(hint),
        )
    }

    pub(super) fn whole(
        &self,
        section: &str,
        key: &str,
        default: i64,
        min: i64,
    ) -> Result<Said<i64>, Failure> {
        let Some(said) = self.text(section, key)? else {
            return Ok(Said {
                value: default,
                line: None,
            });
        };
        let text = said.value.trim();
        let expected = format!("expected a whole number, at least {min}");
        match text.replace('_', "").parse::<i64>() {
            Ok(n) if n >= min => Ok(said.map(|_| n)),
            Ok(n) => Err(self.refuse(
                section,
                key,
                format_args!("{expected}, found {n}"),
                &example(key, default),
            )),
            Err(_) => Err(self.unreadable(section, key, text, &expected, &example(key, default))),
        }
    }

    pub(super) fn yes(&self, section: &str, key: &str, default: bool) -> Result<Said<bool>, Failure> {
        let Some(said) = self.text(section, key)? else {
            return Ok(Said {
                value: default,
                line: None,
            });
        };
        let text = said.value.trim().to_lowercase();
        match text.as_str() {
            "1" | "yes" | "true" | "on" => Ok(said.map(|_| true)),
            "0" | "no" | "false" | "off" => Ok(said.map(|_| false)),
            _ => {
                let hint = example(key, if default { "True" } else { "False" });
                Err(self.unreadable(section, key, &text, "expected True or False", &hint))
            }
        }
    }

    fn unreadable(&self, section: &str, key: &str, text: &str, expected: &str, hint: &str) -> Failure {
        if text.is_empty() {
            return self.refuse(section, key, format_args!("{expected}, found nothing"), hint);
        }
        if text.contains([' ', '\t']) && text.contains(['#', ';']) {
            let what = format_args!("{expected}, found a comment beside it");
            return self.refuse(section, key, what, COMMENT_HINT);
        }
        // Long texts may be anything, perhaps a password in the wrong place.
        let found = if text.len() > 20 { "a long text" } else { text };
        self.refuse(section, key, format_args!("{expected}, found \"{found}\""), hint)
    }
}

fn example(key: &str, default: impl fmt::Display) -> String {
    format!("write {key} = {default}, or leave the line away")
}

/// One of `Servers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its address, as a URL.
    Url(String),
    /// No address: its name at plex.tv.
    Name(String),
}

/// What `typed` leads to.
pub(super) fn place(typed: &str, scheme: &str, resolves: &dyn Fn(&str) -> bool) -> Place {
    if typed.contains("://") {
        return Place::Url(typed.to_owned());
    }
    if typed.parse::<Ipv6Addr>().is_ok() {
        return Place::Url(format!("{scheme}://[{typed}]:{PLEX_PORT}"));
    }
    // After the bracket of an IPv6 address, or after a name, a colon brings a port.
    let (_, end) = typed.rsplit_once(']').unwrap_or(("", typed));
    if end.contains(':') {
        return Place::Url(format!("{scheme}://{typed}"));
    }
    let is_host = typed.contains(['.', '[']) || typed == "localhost";
    if !typed.contains(' ') && (is_host || resolves(typed)) {
        return Place::Url(format!("{scheme}://{typed}:{PLEX_PORT}"));
    }
    Place::Name(typed.to_owned())
}

/// What to call the server that `typed` leads to: as typed, but an address with more than host and port is called by
/// those, since the rest may hold a token or a password; by the rest, too, without these, if another of `taken` is
/// called so. Absent if that is taken as well.
pub(super) fn id(typed: &str, place: &Place, taken: &[String]) -> Option<String> {
    let by_host = |url: &String| {
        let config = plex::Config {
            url: Some(url.clone()),
            ..plex::Config::default()
        };
        config.effective_id()
    };
    let first = match place {
        Place::Url(url) if typed.contains(['/', '@', '?', '#']) => by_host(url),
        Place::Url(_) | Place::Name(_) => typed.to_owned(),
    };
    let other = || match place {
        Place::Url(url) => without_secrets(url),
        Place::Name(_) => typed.to_owned(),
    };
    let is_free = |id: &String| !taken.contains(id);
    Some(first)
        .filter(is_free)
        .or_else(|| Some(other()).filter(is_free))
}

/// Whether a word without dots is the name of a host. While nobody can tell it counts as one, as it always did.
pub(super) fn resolves(word: &str) -> bool {
    match (word, PLEX_PORT).to_socket_addrs() {
        Ok(mut all) => all.next().is_some(),
        Err(e) => says_later(&e.to_string()),
    }
}

/// The system's words for "ask again later", of glibc and of musl; std has no kind of its own for it.
fn says_later(error: &str) -> bool {
    ["emporary", "Try again"]
        .iter()
        .any(|words| error.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_tell_now_is_told_from_who_knows_no_such_host() {
        let cases = [
            ("Temporary failure in name resolution", true),
            ("Try again", true),
            ("Name or service not known", false),
            ("Name does not resolve", false),
        ];
        for (words, expected) in cases {
            let error = format!("failed to lookup address information: {words}");
            assert_eq!(says_later(&error), expected, "{words}");
        }
    }
}
