//! What an answer to a write means.
//!
//! The message decides before the status does: InfluxDB tells of lines that can never be stored with 400, 422 and 500
//! alike, and says 500 to a wrong retention policy, so that who looked at the status alone would send some batches for
//! ever and throw others away. Messages are those of InfluxDB 1.6 (measured), 2.x and 3 (documented).

mod told;

#[cfg(test)]
mod tests;

use std::time::Duration;

use base::Kind;
use jiff::fmt::rfc2822;
use model::Timestamp;

use super::super::DropReason;
use super::client::Answer;
use super::config::Api;
use base::Fault as Error;
use told::Told;

/// Longest wait that a receiver may ask for; a longer one counts as this, so that a wrong date does not stop us for
/// a day.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);

/// What is to be done with the lines of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    Stored,
    /// What can be stored is; the rest never will be.
    Partial(Bad),
    /// Of the lines of one shard none is stored, because a new field came in two types. One of them is fixed now: the
    /// same lines sent again are stored but for those of the other type.
    ResendOnce,
    /// Nothing is stored, because of lines that never will be.
    Refused(Bad),
    /// Too many bytes for one request.
    TooLarge,
    /// The database does not exist (v1).
    NoDatabase,
    /// The credentials, or what they allow.
    Denied(Trouble),
    /// Something a user has to change, here or there.
    Misconfigured(Trouble),
    /// May succeed later; not before the time told, if any.
    Later(Trouble, Option<Duration>),
}

/// Lines that will never be stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bad {
    pub(super) reason: DropReason,
    /// How many; absent if the receiver does not say.
    pub(super) points: Option<u64>,
    /// Those it named.
    pub(super) lines: Vec<BadLine>,
    /// Why, without anything of a line but names of ours.
    pub(super) cause: String,
    /// False if the words are none we know, so that it may not be about the lines at all.
    pub(super) is_certain: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BadLine {
    /// The line as the receiver repeated it, without its line feed.
    pub(super) text: Option<String>,
    /// Its place in the body, from 1.
    pub(super) number: Option<usize>,
    pub(super) reason: DropReason,
    pub(super) cause: String,
}

/// Why nothing was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    pub(super) cause: String,
    pub(super) hint: Option<&'static str>,
}

impl Trouble {
    fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            cause: cause.into(),
            hint: None,
        }
    }

    fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    pub(super) fn error(&self, who: &str) -> Error {
        let error = Error::new(who, self.kind, format!("writing: {}", self.cause));
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

pub(super) const STRANGER_HINT: &str =
    "is this the address of an InfluxDB, and of no web page or proxy login before it?";
const V1_ELSEWHERE_HINT: &str = "nothing takes points there: is this an InfluxDB, and does its address need a path? \
                                 InfluxDB 2 wants `org`, `bucket` and `token`";
const V2_ELSEWHERE_HINT: &str = "nothing takes points there: InfluxDB before 1.8 has no interface v2; \
                                 for it leave out `bucket` and `token`";
const V3_ELSEWHERE_HINT: &str =
    "nothing takes points there: InfluxDB before 3 has no interface v3; set `api` to \"v1\" or \"v2\"";

/// Judges one answer. `body` is text of the receiver's, perhaps cut short; `retry_after` is already a span.
pub(super) fn judge(api: Api, status: u16, retry_after: Option<Duration>, body: &str) -> Verdict {
    let is_page = body.trim_start().starts_with('<');
    if (200..300).contains(&status) && !is_page {
        // Old servers said 200 and told of an error in the body.
        match Told::read(body).error() {
            None => return Verdict::Stored,
            Some(told) if status == 204 || told.is_empty() => return Verdict::Stored,
            Some(_) => {}
        }
    }
    if status == 413 {
        return Verdict::TooLarge;
    }
    if let Some(later) = later(status, retry_after, is_page, body) {
        return later;
    }
    if is_page {
        return strange_page(status);
    }
    let told = Told::read(body);
    // Credentials that "cannot be parsed" are no lines that cannot be.
    if !matches!(status, 401 | 403)
        && let Some(verdict) = by_message(&told, status)
    {
        return verdict;
    }
    by_status(api, status, retry_after, &told)
}

/// Overload, and whatever a proxy says for a server that is away: no message can make it permanent.
fn later(status: u16, retry_after: Option<Duration>, is_page: bool, body: &str) -> Option<Verdict> {
    let may_pass = matches!(status, 408 | 429 | 502 | 503 | 504) || (is_page && status >= 500);
    if !may_pass {
        return None;
    }
    let told = if is_page {
        Told::default()
    } else {
        Told::read(body)
    };
    if told.permanent() {
        return None;
    }
    Some(Verdict::Later(trouble_of(status, &told), bounded(retry_after)))
}

fn bounded(retry_after: Option<Duration>) -> Option<Duration> {
    retry_after.map(|wait| wait.min(RETRY_AFTER_MAX))
}

fn strange_page(status: u16) -> Verdict {
    let trouble =
        |kind| Trouble::new(kind, format!("a web page came back (HTTP {status})")).with_hint(STRANGER_HINT);
    match status {
        401 => Verdict::Denied(trouble(Kind::Unauthorized)),
        403 => Verdict::Denied(trouble(Kind::Forbidden)),
        _ => Verdict::Misconfigured(trouble(Kind::WrongTarget)),
    }
}

/// What the receiver's words say, whatever the status.
fn by_message(told: &Told, status: u16) -> Option<Verdict> {
    let has = |text: &str| told.lower.contains(text);
    if has("retention policy not found") {
        let hint = "make it there, correct `retention_policy`, or leave it out";
        return Some(misconfigured(Kind::NotFound, told, status, hint));
    }
    if has("database not found") {
        return Some(Verdict::NoDatabase);
    }
    if has("dbrp mapping") {
        let hint = "this is InfluxDB 2, which wants `org`, `bucket` and `token` and no `api`";
        return Some(misconfigured(Kind::WrongTarget, told, status, hint));
    }
    if has("partial write") {
        return told.partial(status).map(Verdict::Partial);
    }
    if has("field type conflict") {
        return Some(Verdict::ResendOnce);
    }
    if has("would exceed") && has("database") && !has("column") && !has("table") {
        let hint = "delete a database there, or use one that exists";
        return Some(misconfigured(Kind::Config, told, status, hint));
    }
    told.refused(status).map(Verdict::Refused)
}

fn by_status(api: Api, status: u16, retry_after: Option<Duration>, told: &Told) -> Verdict {
    let trouble = trouble_of(status, told);
    match status {
        401 => Verdict::Denied(trouble.with_hint(match api {
            Api::Auto | Api::V1 => "check `user` and `password`; InfluxDB 2 and 3 want a `token`",
            Api::V2 | Api::V3 => "check `token`",
        })),
        403 => Verdict::Denied(trouble.with_hint(match api {
            Api::Auto | Api::V1 => "GRANT WRITE on the database to that user",
            Api::V2 => "the token needs the right to write to that bucket",
            Api::V3 => "the token needs the right to write to that database",
        })),
        404 => Verdict::Misconfigured(trouble.with_hint(missing(api, told))),
        400 | 422 => match lacking(told) {
            Some(hint) => Verdict::Misconfigured(Trouble {
                kind: Kind::Config,
                ..trouble.with_hint(hint)
            }),
            None => Verdict::Refused(told.unknown()),
        },
        500.. => Verdict::Later(trouble, bounded(retry_after)),
        _ => Verdict::Misconfigured(Trouble {
            kind: Kind::WrongTarget,
            ..trouble.with_hint(STRANGER_HINT)
        }),
    }
}

fn missing(api: Api, told: &Told) -> &'static str {
    if told.lower.contains("bucket") {
        return "make the bucket, or correct `bucket`; a token sees none but its own";
    }
    if told.lower.contains("org") {
        return "correct `org`; a token sees none but its own";
    }
    match api {
        Api::Auto | Api::V1 => V1_ELSEWHERE_HINT,
        Api::V2 => V2_ELSEWHERE_HINT,
        Api::V3 => V3_ELSEWHERE_HINT,
    }
}

/// A refusal of the request, not of its lines.
fn lacking(told: &Told) -> Option<&'static str> {
    let has = |text: &str| told.lower.contains(text);
    if has("database is required") || has("database name") || has("db name") {
        Some("set `database`")
    } else if has("bucket") || has("organization") || has("org id") || has("org name") {
        Some("check `org` and `bucket`")
    } else if has("precision") || has("gzip") || has("content-encoding") || has("content encoding") {
        Some("something between us and the InfluxDB may change requests; gzip = \"never\" may help")
    } else {
        None
    }
}

fn misconfigured(kind: Kind, told: &Told, status: u16, hint: &'static str) -> Verdict {
    Verdict::Misconfigured(Trouble {
        kind,
        ..trouble_of(status, told).with_hint(hint)
    })
}

fn trouble_of(status: u16, told: &Told) -> Trouble {
    let kind = match status {
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        408 | 504 => Kind::Timeout,
        429 => Kind::RateLimited,
        500.. => Kind::ServerError,
        _ => Kind::BadPayload,
    };
    match told.shown() {
        text if text.is_empty() => Trouble::new(kind, format!("HTTP {status}")),
        text => Trouble::new(kind, format!("{text} (HTTP {status})")),
    }
}

/// Why a v1 did not do what a query says; nothing if it did. It tells of most failures with 200.
pub(super) fn refusal_of(answer: &Answer) -> Option<String> {
    let told = Told::read(&answer.body);
    if (200..300).contains(&answer.status) && told.is_query_result() {
        return None;
    }
    Some(trouble_of(answer.status, &told).cause)
}

/// Reads a `Retry-After`: seconds, or the moment in the format every server writes (RFC 9110 §5.6.7); the two formats
/// that nobody may write any more count as absent.
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a long time.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    // Times of day are told in no other zone.
    if !header.ends_with(" GMT") {
        return None;
    }
    // Nobody needs the day of the week, and some get it wrong.
    let dates = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let at = dates.parse_timestamp(header).ok()?;
    let wait_ms = at.as_millisecond().saturating_sub(now.as_millisecond());
    Some(Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0)))
}
