//! One request to plex.tv: headers, limits, and what a refusal means.

use std::time::Duration;

use base::Secret;
use base::http::{kind_of_error, read_capped};
use base::tls::Trust;
use bytes::BytesMut;
use jiff::fmt::rfc2822;
use reqwest::header::{ACCEPT, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};

use super::config::TvConfig;
use super::error::TvError;
use crate::plex::map;

/// A whole request to plex.tv; after it the attempt has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Largest answer read, about a thousand servers; beyond it the answer is an error.
const BODY_LIMIT: usize = 4 << 20;

/// Quiet time after "too many requests" that does not say how long.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_mins(1);

/// Longest quiet time; a longer one is taken for a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Letters of plex.tv's own words that are shown.
const SAID_LEN: usize = 120;

/// plex.tv's number for "too many failed sign-ins from your address".
const LOCKED_OUT: u64 = 1031;

/// The answer to a request that was not rate limited.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: BytesMut,
}

/// Starts a request; `base_url` is one of the configured ones, `path` begins with a slash.
pub(super) fn request(
    tv: &TvConfig,
    method: Method,
    base_url: &str,
    path: &str,
    token: Option<&Secret>,
) -> Result<RequestBuilder, TvError> {
    let url = Url::parse(&format!("{}{path}", base_url.trim_end_matches('/'))).ok();
    let url = url
        .filter(|u| matches!(u.scheme(), "http" | "https"))
        .ok_or_else(|| TvError::Config {
            what: "one of the addresses in [plex_tv] is not an http or https URL".to_owned(),
            hint: "leave base_url, clients_url and auth_url out to use plex.tv itself",
        })?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert("x-plex-product", HeaderValue::from_static("Projectionist"));
    headers.insert(
        "x-plex-version",
        HeaderValue::from_static(env!("CARGO_PKG_VERSION")),
    );
    headers.insert("x-plex-client-identifier", client_id(tv)?);
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(token.expose()).map_err(|_| TvError::Config {
            what: "the account token holds characters that no token has".to_owned(),
            hint: "get a new one with `projectionist login plex`",
        })?;
        value.set_sensitive(true);
        headers.insert("x-plex-token", value);
    }
    Ok(client(tv)?.request(method, url).headers(headers))
}

/// The identifier plex.tv knows this installation by.
pub(super) fn client_id(tv: &TvConfig) -> Result<HeaderValue, TvError> {
    let id = HeaderValue::from_str(&tv.client_id)
        .ok()
        .filter(|id| !id.is_empty());
    id.ok_or_else(|| TvError::Config {
        what: "client_id in [plex_tv] is missing or holds characters that cannot be sent".to_owned(),
        hint: "set it to any text of letters and digits that is this installation's own, and never change it",
    })
}

fn client(tv: &TvConfig) -> Result<Client, TvError> {
    if let Some(client) = tv.shared.0.client.get() {
        return Ok(client.clone());
    }
    let client = base::http::client(&Trust::default(), REQUEST_TIMEOUT).map_err(TvError::Tls)?;
    Ok(tv.shared.0.client.get_or_init(|| client).clone())
}

/// Sends, unless plex.tv has asked for quiet. Every status but 429 is the caller's to judge.
pub(super) async fn send(
    tv: &TvConfig,
    doing: &'static str,
    request: RequestBuilder,
) -> Result<Reply, TvError> {
    tv.shared.may_ask()?;
    let response = request.send().await.map_err(|e| {
        let host = e.url().and_then(Url::host_str).unwrap_or("plex.tv").to_owned();
        TvError::Transport {
            doing,
            host,
            kind: kind_of_error(&e),
            source: e.without_url(),
        }
    })?;
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let wait = retry_after(response.headers());
        tv.shared.stay_quiet(wait);
        return Err(TvError::RateLimited { wait });
    }
    let body = read_capped(response, BODY_LIMIT)
        .await
        .map_err(|source| TvError::Body { doing, source })?;
    Ok(Reply { status, body })
}

/// Seconds, or a date. A date is compared with the answer's own date, not with our clock, which may be wrong.
pub(super) fn retry_after(headers: &HeaderMap) -> Duration {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let date = |name| {
        text(name)
            .and_then(|v| rfc2822::parse(v).ok())
            .map(|z| z.timestamp())
    };
    let wait = match text(RETRY_AFTER).map(str::parse::<u64>) {
        None => None,
        Some(Ok(seconds)) => Some(Duration::from_secs(seconds)),
        Some(Err(_)) => match (date(RETRY_AFTER), date(DATE)) {
            (Some(until), Some(now)) => {
                Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
            }
            _ => None,
        },
    };
    wait.unwrap_or(DEFAULT_RETRY_AFTER).min(MAX_RETRY_AFTER)
}

impl Reply {
    /// The body of a success, or what the refusal means for a request with an account token.
    pub(super) fn ok(self, doing: &'static str) -> Result<BytesMut, TvError> {
        match self.status.as_u16() {
            200..=299 => Ok(self.body),
            // 498: a token with an end (JWT) has reached it.
            code @ (401 | 498) => Err(TvError::Unauthorized {
                doing,
                expired: code == 498,
            }),
            _ => Err(self.refusal(doing)),
        }
    }

    pub(super) fn refusal(&self, doing: &'static str) -> TvError {
        let said = map::tv_error(&self.body)
            .map(|e| one_line(&e.message))
            .filter(|s| !s.is_empty());
        TvError::Status {
            doing,
            status: self.status.as_u16(),
            said,
        }
    }

    /// What 401 means for a sign-in with a password. `code_given`: a verification code was sent along.
    pub(super) fn sign_in_refusal(&self, code_given: bool) -> TvError {
        let said = map::tv_error(&self.body);
        if said.as_ref().is_some_and(|e| e.code == Some(LOCKED_OUT)) {
            return TvError::RateLimited {
                wait: DEFAULT_RETRY_AFTER,
            };
        }
        let about_code = said.is_some_and(|e| {
            matches!(e.code, Some(1029 | 1030)) || e.message.to_lowercase().contains("verification code")
        });
        match (about_code, code_given) {
            (true, true) => TvError::WrongCode,
            (true, false) => TvError::CodeNeeded,
            (false, _) => TvError::WrongPassword,
        }
    }

    /// The address is unknown there: withdrawn, or not yet known to a stand-in.
    pub(super) fn is_unknown_address(&self) -> bool {
        matches!(self.status.as_u16(), 404 | 405 | 410 | 501)
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(SAID_LEN)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let date = "Wed, 05 Nov 2025 10:00:00 GMT";
        for (retry_after_header, date_header, seconds) in [
            (Some("7"), None, 7),
            (Some(" 0 "), None, 0),
            (Some("99999999"), None, 3600),
            (Some("Wed, 05 Nov 2025 10:02:00 GMT"), Some(date), 120),
            (Some("Wed, 05 Nov 2025 09:00:00 GMT"), Some(date), 0),
            (Some("Wed, 05 Nov 2025 10:02:00 GMT"), None, 60),
            (Some("soon"), Some(date), 60),
            (Some("-5"), Some(date), 60),
            (None, Some(date), 60),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(RETRY_AFTER, retry_after_header), (DATE, date_header)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(retry_after(&headers).as_secs(), seconds, "{retry_after_header:?}");
        }
    }

    #[test]
    fn foreign_words_stay_on_one_short_line() {
        assert_eq!(one_line("  a\nb\u{1b}[31m "), "ab[31m");
        assert_eq!(one_line(&"x".repeat(999)).len(), SAID_LEN);
    }
}
