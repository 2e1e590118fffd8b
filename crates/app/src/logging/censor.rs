//! Hiding whose house it is: names and addresses become stars in every line of the log.
//!
//! Secrets are never logged in the first place; those of the configuration are hidden all the same.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};
use std::net::Ipv6Addr;
use std::sync::{Arc, PoisonError, RwLock};

use tracing_subscriber::fmt::MakeWriter;

const STARS: &str = "***";
const STARS_V4: &str = "***.***.***.***";

/// Names known at most; further ones are not hidden. A household has some tens.
pub(super) const NAMES_MAX: usize = 10_000;

/// Shorter names are hidden only where they stand alone: hiding every "al" would leave little to read.
const ANYWHERE_CHARS: usize = 4;

/// Words that every log holds, and that tell nothing of a house.
const COMMON: [&str; 4] = ["plex", "tautulli", "influxdb", "localhost"];

/// The end of host names that plex.tv makes of addresses: `192-168-1-10.….plex.direct`.
const PLEX_DIRECT: &str = ".plex.direct";

/// What every error of plex.tv begins with. What is quoted after it is names of servers, also such as nobody has
/// seen before.
const PLEX_TV: &str = "plex.tv: ";

/// What every line of JSON begins with; the values are ours.
const OUR_KEYS: [&str; 2] = ["timestamp", "level"];

/// What is hidden; clones share it. The default hides nothing, ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Censor(Option<Arc<RwLock<Names>>>);

#[derive(Debug, Default)]
struct Names {
    known: HashSet<String>,
    /// Every way in which a name may be written, in ASCII lower case, longest first.
    spellings: Vec<String>,
}

impl Censor {
    pub(crate) fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// Hides `name` from now on, in upper and lower case.
    pub(crate) fn hide(&self, name: &str) {
        let (Some(names), name) = (&self.0, name.trim()) else {
            return;
        };
        let lower = name.to_ascii_lowercase();
        let is_known = |names: &Names| names.known.contains(&lower) || names.known.len() >= NAMES_MAX;
        if lower.is_empty()
            || COMMON.contains(&lower.as_str())
            || is_known(&names.read().unwrap_or_else(PoisonError::into_inner))
        {
            return;
        }
        let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
        for spelling in spellings(name) {
            let spelling = spelling.to_ascii_lowercase();
            let at = names.spellings.partition_point(|s| s.len() >= spelling.len());
            if !names.spellings.contains(&spelling) {
                names.spellings.insert(at, spelling);
            }
        }
        names.known.insert(lower);
    }

    /// `line` without names and addresses.
    pub(crate) fn apply<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let Some(names) = &self.0 else {
            return Cow::Borrowed(line);
        };
        let names = names.read().unwrap_or_else(PoisonError::into_inner);
        Cow::Owned(names.taken_out(line, "\""))
    }

    /// The same for one event as a JSON object, which it stays: only texts are looked at, and not the time and level
    /// that it begins with. A user may be called `1` or `info`.
    pub(crate) fn apply_json<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let Some(names) = &self.0 else {
            return Cow::Borrowed(line);
        };
        let names = names.read().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::with_capacity(line.len());
        let mut rest = line;
        let mut key = "";
        let mut keys = 0;
        while let Some((before, after)) = rest.split_once('"') {
            let (text, after) = after.split_at(string_end(after));
            out.push_str(before);
            out.push('"');
            if after.get(1..).is_some_and(|a| a.trim_start().starts_with(':')) {
                (key, keys) = (text, keys + 1);
                out.push_str(text);
            } else if keys <= OUR_KEYS.len() && OUR_KEYS.contains(&key) {
                out.push_str(text);
            } else {
                out.push_str(&names.taken_out(text, "\\\""));
            }
            rest = after.strip_prefix('"').map_or("", |rest| {
                out.push('"');
                rest
            });
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

impl Names {
    /// `text` without names and addresses. `quote`: how a quotation mark is written in it.
    fn taken_out(&self, text: &str, quote: &str) -> String {
        let mut text = without_addresses(&without_listed(text, quote));
        let mut lower = text.to_ascii_lowercase();
        for name in &self.spellings {
            if lower.contains(name) {
                text = without(&text, &lower, name);
                lower = text.to_ascii_lowercase();
            }
        }
        text
    }
}

/// Length of the string of JSON whose first quotation mark stands before `text`; all of it if the string has no end.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

/// As a log may show `name`: as it is, quoted by Rust, either within JSON, and in an address.
fn spellings(name: &str) -> Vec<String> {
    let debug = format!("{name:?}");
    let debug = debug[1..debug.len() - 1].to_owned();
    let percent: String = name
        .bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    vec![
        within_json(&debug),
        within_json(name),
        debug,
        percent,
        name.to_owned(),
    ]
}

/// `text` as JSON writes it, without the quotes around it.
fn within_json(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        c if u32::from(c) < 0x20 => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// `line` with stars for `name`. `lower` and `name` are in ASCII lower case, which keeps every byte's place.
fn without(line: &str, lower: &str, name: &str) -> String {
    let anywhere = name.chars().count() >= ANYWHERE_CHARS;
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(name) {
        let end = at + name.len();
        if at < from || !(anywhere || (begins_word(&line[..at]) && ends_word(&line[end..]))) {
            continue;
        }
        out.push_str(&line[from..at]);
        out.push_str(STARS);
        from = end;
    }
    out.push_str(&line[from..]);
    out
}

/// True if what follows `before` begins a word: after an escape of JSON or of a terminal it does, too.
fn begins_word(before: &str) -> bool {
    let Some(last) = before.chars().next_back().filter(|c| c.is_alphanumeric()) else {
        return true;
    };
    let stem = &before[..before.len() - last.len_utf8()];
    let colour = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == ';');
    let unicode = before.len().checked_sub(6).and_then(|n| before.get(n..));
    stem.ends_with('\\')
        || (last == 'm' && colour.ends_with("\u{1b}["))
        || unicode.is_some_and(|u| u.starts_with("\\u"))
}

fn ends_word(after: &str) -> bool {
    !after.chars().next().is_some_and(char::is_alphanumeric)
}

/// `line` with stars for what is quoted in an error of plex.tv, and for the hosts it lists.
fn without_listed<'a>(line: &'a str, quote: &str) -> Cow<'a, str> {
    let Some((before, said)) = line.split_once(PLEX_TV) else {
        return Cow::Borrowed(line);
    };
    let mut out = format!("{before}{PLEX_TV}");
    let mut rest = said;
    while let Some((plain, quoted)) = rest.split_once(quote) {
        push_without_hosts(&mut out, plain);
        let Some((_, after)) = quoted.split_once(quote) else {
            out.push_str(quote);
            rest = quoted;
            break;
        };
        out.push_str(quote);
        out.push_str(STARS);
        out.push_str(quote);
        rest = after;
    }
    push_without_hosts(&mut out, rest);
    Cow::Owned(out)
}

/// Adds `text` with stars for the hosts of its URLs: custom addresses of servers, such as nobody has seen before.
fn push_without_hosts(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, url)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let is_end = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '%');
        let (host, after) = url.split_at(url.find(is_end).unwrap_or(url.len()));
        let is_theirs = host == "plex.tv" || host.ends_with(".plex.tv");
        out.push_str(if host.is_empty() || is_theirs { host } else { STARS });
        rest = after;
    }
    out.push_str(rest);
}

/// `line` with stars for what looks like an address.
fn without_addresses(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(found) = rest.find(|c: char| c.is_ascii_hexdigit() || c == ':') {
        let (before, here) = rest.split_at(found);
        out.push_str(before);
        let (shown, length) = address(&out, here);
        out.push_str(shown);
        rest = &here[length..];
    }
    out.push_str(rest);
    out
}

/// What to show for the beginning of `here`, and how long that is: at least one character.
fn address<'a>(before: &str, here: &'a str) -> (&'a str, usize) {
    if let Some(length) = v4(here) {
        return (STARS_V4, length);
    }
    if let Some(length) = plex_direct(here) {
        return (STARS, length);
    }
    let run = here
        .find(|c: char| !c.is_ascii_hexdigit() && c != ':')
        .unwrap_or(here.len());
    let length = v6_with_v4(before, here, run).or_else(|| v6(before, &here[..run], &here[run..]));
    if let Some(length) = length {
        return (STARS, length);
    }
    // A name of plex.direct or digits with dots may begin within the run.
    (&here[..1], 1)
}

/// Length of the IPv4 address at the beginning.
fn v4(here: &str) -> Option<usize> {
    let mut length = 0;
    for n in 0..4 {
        let rest = if n == 0 {
            here
        } else {
            length += 1;
            here.get(length - 1..)?.strip_prefix('.')?
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse::<u8>().ok()?;
        length += digits;
    }
    Some(length)
}

/// Length of the plex.direct name at the beginning.
fn plex_direct(here: &str) -> Option<usize> {
    let length = here
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.')
        .unwrap_or(here.len());
    let name = here[..length].trim_end_matches('.');
    name.to_ascii_lowercase()
        .ends_with(PLEX_DIRECT)
        .then_some(name.len())
}

/// Length of the IPv6 address at the beginning of `run`, which is hexadecimal digits and colons.
fn v6(before: &str, run: &str, after: &str) -> Option<usize> {
    if !begins_word(before) || !run.bytes().any(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let trimmed = run.trim_end_matches(':');
    // `::` may be an end, any other colon is the sentence's.
    let candidates = [run, trimmed, run.get(..trimmed.len() + 2).unwrap_or(run)];
    let found = candidates.into_iter().find(|c| c.parse::<Ipv6Addr>().is_ok())?;
    (found.len() < run.len() || ends_word(after)).then_some(found.len())
}

/// Length of the IPv6 address at the beginning that ends like one of IPv4: `::ffff:192.0.2.1`. `run`: how far
/// hexadecimal digits and colons go.
fn v6_with_v4(before: &str, here: &str, run: usize) -> Option<usize> {
    let quad = here[..run].rfind(':')? + 1;
    let length = quad + v4(&here[quad..])?;
    let is_one = begins_word(before) && here[..length].parse::<Ipv6Addr>().is_ok();
    is_one.then_some(length)
}

/// Where lines go, without names and addresses.
#[derive(Clone, Debug)]
pub(super) struct Censored<M> {
    pub(super) out: M,
    pub(super) censor: Censor,
    /// Each is an object of JSON.
    pub(super) json: bool,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Censored<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            written: Vec::new(),
            out: self.out.make_writer(),
            censor: self.censor.clone(),
            json: self.json,
        }
    }
}

/// One event, which goes out as a whole when it is dropped: a name may come in two pieces.
#[derive(Debug)]
pub(super) struct Line<W: Write> {
    written: Vec<u8>,
    out: W,
    censor: Censor,
    json: bool,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.censor.0.is_none() {
            return self.out.write(bytes);
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Drop for Line<W> {
    fn drop(&mut self) {
        if !self.written.is_empty() {
            let text = String::from_utf8_lossy(&self.written);
            let line = if self.json {
                self.censor.apply_json(&text)
            } else {
                self.censor.apply(&text)
            };
            // Nobody is left to be told that the log cannot be written.
            let _ = self.out.write_all(line.as_bytes());
        }
    }
}
