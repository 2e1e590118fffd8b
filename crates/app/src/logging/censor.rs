//! Hiding whose house it is: names and addresses become stars in every line of the log.
//!
//! Secrets are never logged in the first place; those of the configuration are hidden all the same.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};
use std::net::Ipv6Addr;
use std::sync::{Arc, PoisonError, RwLock};

use tracing_subscriber::fmt::MakeWriter;

const STARS: &str = "***";
const STARS_V4: &str = "***.***.***.***";

/// Names known at most; further ones are not hidden. A household has some tens.
const NAMES_MAX: usize = 10_000;

/// Shorter names are hidden only where they stand alone: hiding every "al" would leave little to read.
const ANYWHERE_CHARS: usize = 4;

/// Words that every log holds, and that tell nothing of a house.
const COMMON: [&str; 4] = ["plex", "tautulli", "influxdb", "localhost"];

/// The end of host names that plex.tv makes of addresses: `192-168-1-10.….plex.direct`.
const PLEX_DIRECT: &str = ".plex.direct";

/// What every error of plex.tv begins with. What is quoted after it is names of servers, also such as nobody has
/// seen before.
const PLEX_TV: &str = "plex.tv: ";

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
        let mut line = without_addresses(&without_listed(line));
        let names = names.read().unwrap_or_else(PoisonError::into_inner);
        let mut lower = line.to_ascii_lowercase();
        for name in &names.spellings {
            if lower.contains(name) {
                line = without(&line, &lower, name);
                lower = line.to_ascii_lowercase();
            }
        }
        Cow::Owned(line)
    }
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

/// `line` with stars for what is quoted in an error of plex.tv.
fn without_listed(line: &str) -> Cow<'_, str> {
    let Some((before, said)) = line.split_once(PLEX_TV) else {
        return Cow::Borrowed(line);
    };
    // Within JSON a quote that is not escaped ends the message.
    let quote = if line.starts_with('{') { "\\\"" } else { "\"" };
    let mut out = format!("{before}{PLEX_TV}");
    let mut rest = said;
    while let Some((plain, quoted)) = rest.split_once(quote) {
        out.push_str(plain);
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
    out.push_str(rest);
    Cow::Owned(out)
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
    if let Some(length) = v6(before, &here[..run], &here[run..]) {
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

/// Where lines go, without names and addresses.
#[derive(Clone, Debug)]
pub(super) struct Censored<M> {
    pub(super) out: M,
    pub(super) censor: Censor,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Censored<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            written: Vec::new(),
            out: self.out.make_writer(),
            censor: self.censor.clone(),
        }
    }
}

/// One event, which goes out as a whole when it is dropped: a name may come in two pieces.
#[derive(Debug)]
pub(super) struct Line<W: Write> {
    written: Vec<u8>,
    out: W,
    censor: Censor,
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
            // Nobody is left to be told that the log cannot be written.
            let _ = self.out.write_all(self.censor.apply(&text).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(names: &[&str], line: &str) -> String {
        let censor = Censor::new();
        for name in names {
            censor.hide(name);
        }
        censor.apply(line).into_owned()
    }

    #[test]
    fn addresses_become_stars_and_nothing_else_does() {
        let cases = [
            ("at 10.0.0.1:32400, done", "at ***.***.***.***:32400, done"),
            ("from 192.168.1.10.", "from ***.***.***.***."),
            ("110.0.0.1", "***.***.***.***"),
            ("x\\n10.0.0.1\\n", "x\\n***.***.***.***\\n"),
            ("[fe80::1]:32400", "[***]:32400"),
            ("from ::1, from 2001:db8::8a2e:370:7334.", "from ***, from ***."),
            ("from fe80::1: timed out", "from ***: timed out"),
            ("from 2001:db8::", "from ***"),
            ("\\nfe80::1", "\\n***"),
            (
                "https://192-168-1-10.0123abc.plex.direct:32400/x",
                "https://***:32400/x",
            ),
            // Not addresses.
            (
                "2026-11-21T13:35:57.123456Z  INFO x",
                "2026-11-21T13:35:57.123456Z  INFO x",
            ),
            ("version 1.41.3.9314-a0bfb8370", "version 1.41.3.9314-a0bfb8370"),
            (
                "sources::plex, web::api, base::http: abc",
                "sources::plex, web::api, base::http: abc",
            ),
            ("1.2.3 and a: b, ::", "1.2.3 and a: b, ::"),
            ("", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(hidden(&[], line), expected, "{line}");
        }
    }

    #[test]
    fn names_become_stars_however_they_are_written() {
        let cases: &[(&[&str], &str, &str)] = &[
            (
                &["marlo"],
                "user marlo, MARLO and marlo's",
                "user ***, *** and ***'s",
            ),
            (
                &["Ann", "Ann Lee"],
                "Ann Lee and Ann, Annex",
                "*** and ***, Annex",
            ),
            (
                &["Al"],
                "Al, \u{1b}[1mAl\u{1b}[0m, a\\nAl\\tb, final",
                "***, \u{1b}[1m***\u{1b}[0m, a\\n***\\tb, final",
            ),
            (
                &["O\"Neil"],
                r#"O"Neil "O\"Neil" {"user":"\"O\\\"Neil\""}"#,
                r#"*** "***" {"user":"\"***\""}"#,
            ),
            (&["Jürgen"], "Jürgen", "***"),
            (&["two words"], "/two%20words/", "/***/"),
            (&["plex", "", " "], "plex is up", "plex is up"),
            (&["attic"], "http://attic.lan:1", "http://***.lan:1"),
        ];
        for (names, line, expected) in cases {
            assert_eq!(hidden(names, line), *expected, "{line}");
        }
        let listed = [
            (
                "plex.tv: no server is named \"A\"; there are \"B c\", \"D\"",
                "plex.tv: no server is named \"***\"; there are \"***\", \"***\"",
            ),
            (
                r#"{"message":"plex.tv: server \"B\" is away","target":"x"}"#,
                r#"{"message":"plex.tv: server \"***\" is away","target":"x"}"#,
            ),
            (
                r#"{"a":"b","message":"plex.tv: x","target":"y"}"#,
                r#"{"a":"b","message":"plex.tv: x","target":"y"}"#,
            ),
            ("\"a\" plex.tv: b \"c", "\"a\" plex.tv: b \"c"),
        ];
        for (line, expected) in listed {
            assert_eq!(hidden(&[], line), expected, "{line}");
        }
        assert_eq!(Censor::default().apply("marlo at 10.0.0.1"), "marlo at 10.0.0.1");
        let never = Censor::default();
        never.hide("marlo");
        assert_eq!(never.apply("marlo"), "marlo");
    }

    #[test]
    fn what_is_known_is_bounded() {
        let censor = Censor::new();
        for n in 0..NAMES_MAX + 10 {
            censor.hide(&format!("u{n}"));
        }
        let names = censor.0.as_ref().unwrap().read().unwrap();
        assert_eq!(names.known.len(), NAMES_MAX);
    }

    proptest::proptest! {
        #[test]
        fn no_planted_name_and_no_address_comes_through(
            name in "[a-zA-Zäöü][a-zA-Z0-9äöü \"\\\\']{0,14}[a-z0-9]",
            token in "[A-Za-z0-9_-]{12,24}",
            v4 in proptest::array::uniform4(0u8..),
            v6 in proptest::array::uniform8(1u16..),
            parts in proptest::collection::vec("[ -~\n]{0,12}", 5),
            json in proptest::bool::ANY,
        ) {
            let v4 = std::net::Ipv4Addr::from(v4).to_string();
            let v6 = Ipv6Addr::from(v6).to_string();
            let text = format!(
                "{} {name} {:?} {} {v4}:1 {} [{v6}] {} {token} {}",
                parts[0], name, parts[1], parts[2], parts[3], parts[4],
            );
            let line = if json { serde_json::json!({ "message": text }).to_string() } else { text };
            let censor = Censor::new();
            censor.hide(&name);
            censor.hide(&token);
            let out = censor.apply(&line);
            proptest::prop_assert!(!out.contains(&v4) && !out.contains(&v6) && !out.contains(&token), "{}", out);
            if name.len() >= 5 && !STARS.contains(&name) {
                proptest::prop_assert!(!out.contains(&name), "{}", out);
            }
            if json {
                proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{}", out);
            }
        }
    }
}
