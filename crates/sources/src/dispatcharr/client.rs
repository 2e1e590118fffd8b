//! HTTP to one Dispatcharr: its address and what opens it, time-outs, limits, and errors that say what to do.
//!
//! It answers every path it does not know with a web page and status 200, so a success counts only as data.

use std::borrow::Cow;
use std::time::Duration;

use base::http::{BodyError, read_capped};
use base::{Kind, Secret};
use bytes::BytesMut;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use model::Endpoint;
use reqwest::{Response, Url};
use tokio::time::Instant;

use super::auth::{Auth, Tokens, seconds_told, socket_path};
use super::config::{Config, Way};
use super::words::{self, Words};
use super::{Error, address, wire};
use crate::lenient::DecodeError;
use crate::outbox::Outbox;
use crate::upgrade;

/// Wait before a request is tried again whose connection broke: it was an old one, most likely.
const RETRY_WAIT: Duration = Duration::from_millis(200);

/// Bytes read of an answer that is no success; of a longer one nothing is used.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Tokens and versions are short; a longer answer is none.
const SMALL_LIMIT: usize = 64 << 10;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// One question.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) endpoint: Endpoint,
    /// With its query.
    path: Cow<'static, str>,
    /// JSON to send; a question without it is a GET.
    body: Option<Vec<u8>>,
    /// Largest answer in bytes; a larger one is an error that names it.
    limit: usize,
    /// Asked without credentials: a wrong one would spoil even what anyone may know.
    public: bool,
}

impl Ask {
    pub(super) fn get(endpoint: Endpoint, path: impl Into<Cow<'static, str>>, limit: usize) -> Self {
        Self {
            endpoint,
            path: path.into(),
            body: None,
            limit,
            public: false,
        }
    }

    /// A question whose terms are too long for an address; nothing is changed by it.
    pub(super) fn post(
        endpoint: Endpoint,
        path: &'static str,
        terms: &serde_json::Value,
        limit: usize,
    ) -> Self {
        Self {
            body: Some(terms.to_string().into_bytes()),
            ..Self::get(endpoint, path, limit)
        }
    }

    #[must_use]
    pub(super) fn public(self) -> Self {
        Self { public: true, ..self }
    }

    fn place(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }
}

/// What a request is opened with.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    Key(Secret),
    Token(Secret),
}

impl Credential {
    pub(super) fn secret(&self) -> &Secret {
        match self {
            Self::Key(secret) | Self::Token(secret) => secret,
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, text) = match self {
            Self::Key(key) => (API_KEY, Cow::Borrowed(key.expose())),
            Self::Token(token) => (AUTHORIZATION, format!("Bearer {}", token.expose()).into()),
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}

/// Speaks to one Dispatcharr. Knows nothing of what the answers mean.
#[derive(Debug)]
pub(super) struct Client {
    cfg: Config,
    who: String,
    /// The address, fit for people.
    shown: String,
    base: String,
    http: reqwest::Client,
    auth: Auth,
    /// Absent when it is asked once, for a check.
    outbox: Option<Outbox>,
}

/// A request without the answer hoped for, and whether it may be tried again at once.
struct Failed {
    error: Error,
    retry: bool,
}

impl Client {
    pub(super) fn new(cfg: &Config, outbox: Option<Outbox>) -> Result<Self, Error> {
        cfg.validate()?;
        let base = cfg.base()?;
        let http = base::http::client(&cfg.trust()?, Duration::from_secs_f64(cfg.timeout_s))
            .map_err(|e| cfg.error(base::error::Chain(&e).to_string()))?;
        Ok(Self {
            who: cfg.who(),
            shown: address::shown(&base),
            auth: Auth::new(cfg)?,
            cfg: cfg.clone(),
            base,
            http,
            outbox,
        })
    }

    pub(super) fn cfg(&self) -> &Config {
        &self.cfg
    }

    pub(super) fn who(&self) -> &str {
        &self.who
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn error(&self, kind: Kind, what: impl Into<String>) -> Error {
        Error::new(&self.who, kind, what)
    }

    pub(super) fn say(&self, words: Words) -> Error {
        let e = self.error(words.kind, words.what);
        match words.hint {
            Some(hint) => e.with_hint(hint),
            None => e,
        }
    }

    /// Asks, reports, and reads the answer with `read`.
    pub(super) async fn fetch<T>(
        &self,
        ask: &Ask,
        read: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let (body, retries) = self.get(ask).await;
        let value = body.and_then(|body| read(&body).map_err(|e| self.unreadable(ask, e)));
        self.report(
            ask.endpoint,
            started,
            value.as_ref().err().map(Error::kind),
            retries,
        )
        .await;
        value
    }

    /// The same, where nothing there (404) is an answer too.
    pub(super) async fn fetch_if_there<T>(
        &self,
        ask: &Ask,
        read: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, Error> {
        let started = Instant::now();
        let (body, retries) = self.get(ask).await;
        let value = match body {
            Err(e) if e.kind() == Kind::NotFound => Ok(None),
            body => body.and_then(|body| read(&body).map(Some).map_err(|e| self.unreadable(ask, e))),
        };
        self.report(
            ask.endpoint,
            started,
            value.as_ref().err().map(Error::kind),
            retries,
        )
        .await;
        value
    }

    pub(super) async fn report(
        &self,
        endpoint: Endpoint,
        started: Instant,
        error: Option<Kind>,
        retries: u32,
    ) {
        if let Some(outbox) = &self.outbox {
            outbox.report(endpoint, started, error, retries).await;
        }
    }

    /// The whole answer, and how often it was tried again.
    async fn get(&self, ask: &Ask) -> (Result<BytesMut, Error>, u32) {
        let (mut retries, mut refusals) = (0, 0);
        loop {
            let credential = match self.credential(ask).await {
                Ok(credential) => credential,
                Err(e) => return (Err(e), retries),
            };
            let failed = match self.get_once(ask, credential.as_ref()).await {
                Ok(body) => return (Ok(body), retries),
                Err(failed) => failed,
            };
            match credential {
                Some(used) if failed.error.kind() == Kind::Unauthorized => {
                    if !self.auth.refused(&used, refusals, self).await {
                        return (Err(failed.error), retries);
                    }
                    refusals += 1;
                }
                _ if failed.retry && retries == 0 => tokio::time::sleep(RETRY_WAIT).await,
                _ => return (Err(failed.error), retries),
            }
            retries += 1;
        }
    }

    async fn credential(&self, ask: &Ask) -> Result<Option<Credential>, Error> {
        if ask.public {
            return Ok(None);
        }
        self.auth.credential(self).await.map(Some)
    }

    async fn get_once(&self, ask: &Ask, credential: Option<&Credential>) -> Result<BytesMut, Failed> {
        let response = self.send(ask, credential, HeaderMap::new()).await?;
        if !response.status().is_success() {
            let words = self.refusal(&response, ask.place(), credential);
            // Reading the rest lets the connection be used again.
            let _ = read_capped(response, REFUSAL_LIMIT).await;
            return Err(self.say(words).into());
        }
        if credential.is_some() {
            self.auth.accepted().await;
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        if kind.is_some_and(|kind| kind.trim_start().starts_with("text/html")) {
            let _ = read_capped(response, REFUSAL_LIMIT).await;
            return Err(self.page(ask).into());
        }
        read_capped(response, ask.limit)
            .await
            .map_err(|e| self.broken(ask, e))
    }

    async fn send(
        &self,
        ask: &Ask,
        credential: Option<&Credential>,
        mut headers: HeaderMap,
    ) -> Result<Response, Failed> {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(credential) = credential {
            let (name, value) = credential
                .header()
                .ok_or_else(|| self.cfg.error("the API key holds characters that no key has"))?;
            headers.insert(name, value);
        }
        let url = format!("{}{}", self.base, ask.path);
        let request = match &ask.body {
            None => self.http.get(url),
            Some(body) => self
                .http
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
        };
        request.headers(headers).send().await.map_err(|e| {
            let words = words::transport(&e, &self.shown, ask.place(), self.cfg.timeout_s);
            // A refused connection is refused the next moment too; one that broke may have been an old one.
            let retry = words.kind == Kind::Unreachable && !e.is_connect();
            Failed {
                error: self.say(words).with_source(e.without_url()),
                retry,
            }
        })
    }

    fn refusal(&self, response: &Response, place: &str, credential: Option<&Credential>) -> Words {
        let status = response.status();
        let to = response
            .headers()
            .get(LOCATION)
            .filter(|_| status.is_redirection());
        let to = to
            .and_then(|to| to.to_str().ok())
            .and_then(|to| Url::parse(&self.base).ok()?.join(to).ok());
        match to {
            Some(to) => words::moved(&self.shown, &address::shown(to.as_str())),
            None => words::status(
                status,
                &self.shown,
                place,
                matches!(credential, Some(Credential::Key(_))),
            ),
        }
    }

    fn page(&self, ask: &Ask) -> Error {
        self.say(if ask.public {
            words::stranger(&self.shown)
        } else {
            words::page(&self.shown, ask.place())
        })
    }

    fn broken(&self, ask: &Ask, e: BodyError) -> Failed {
        let what = format!("reading {} from {}", ask.place(), self.shown);
        match e {
            BodyError::Broken(e) if base::http::kind_of_error(&e) == Kind::Timeout => {
                let words = words::transport(&e, &self.shown, ask.place(), self.cfg.timeout_s);
                self.say(words).into()
            }
            e => Failed {
                // An answer that broke off is often whole the next time.
                retry: matches!(e, BodyError::Broken(_)),
                error: self.error(Kind::BadPayload, what).with_source(e),
            },
        }
    }

    fn unreadable(&self, ask: &Ask, e: DecodeError) -> Error {
        if matches!(e, DecodeError::Html { .. }) {
            return self.page(ask);
        }
        if ask.public {
            return self.say(words::stranger(&self.shown)).with_source(e);
        }
        let what = format!("reading {} from {}", ask.place(), self.shown);
        self.error(Kind::BadPayload, what).with_source(e)
    }

    /// A new login. The error comes with the wait asked for, if any.
    pub(super) async fn sign_in(&self) -> Result<Tokens, (Error, Option<Duration>)> {
        let password = self.cfg.password_now().map_err(|e| (e, None))?;
        let terms = serde_json::json!({
            "username": self.cfg.user.as_deref().unwrap_or_default(),
            "password": password.expose(),
        });
        self.token("/api/accounts/token/", &terms, words::login).await
    }

    /// A new access token for a refresh token.
    pub(super) async fn renew(&self, refresh: &Secret) -> Result<Secret, Error> {
        let terms = serde_json::json!({"refresh": refresh.expose()});
        let refused =
            |status, shown: &str| words::status(status, shown, "/api/accounts/token/refresh/", false);
        let tokens = self.token("/api/accounts/token/refresh/", &terms, refused).await;
        tokens.map(|tokens| tokens.access).map_err(|(e, _)| e)
    }

    async fn token(
        &self,
        path: &'static str,
        terms: &serde_json::Value,
        refused: impl FnOnce(reqwest::StatusCode, &str) -> Words,
    ) -> Result<Tokens, (Error, Option<Duration>)> {
        let (started, ask) = (
            Instant::now(),
            Ask::post(Endpoint::Login, path, terms, SMALL_LIMIT),
        );
        let result = match self.send(&ask, None, HeaderMap::new()).await {
            Err(failed) => Err((failed.error, None)),
            Ok(response) if !response.status().is_success() => {
                let status = response.status();
                let words = if status.is_redirection() {
                    self.refusal(&response, ask.place(), None)
                } else {
                    refused(status, &self.shown)
                };
                let body = read_capped(response, REFUSAL_LIMIT).await.unwrap_or_default();
                Err((self.say(words), seconds_told(&body)))
            }
            Ok(response) => match read_capped(response, ask.limit).await {
                Err(e) => Err((self.broken(&ask, e).error, None)),
                Ok(body) => tokens(&body).ok_or_else(|| {
                    let what = format!("{} answered {path} without a token", self.shown);
                    (self.error(Kind::BadPayload, what), None)
                }),
            },
        };
        let kind = result.as_ref().err().map(|(e, _)| e.kind());
        self.report(Endpoint::Login, started, kind, 0).await;
        result
    }

    /// Opens the web socket, which takes the token of a login in its address and nothing else.
    pub(super) async fn open_socket(&self, message_limit: usize) -> Result<upgrade::Socket, Error> {
        if self.cfg.way()? != Way::Password {
            return Err(self.cfg.error("its WebSocket takes no API key"));
        }
        let mut refusals = 0;
        loop {
            let credential = self.auth.credential(self).await?;
            let key = tokio_tungstenite::tungstenite::handshake::client::generate_key();
            let ask = Ask::get(
                Endpoint::Notifications,
                socket_path(credential.secret()),
                SMALL_LIMIT,
            );
            let response = self
                .send(&ask, None, upgrade::ask(&key))
                .await
                .map_err(|failed| failed.error)?;
            let timeout = Duration::from_secs_f64(self.cfg.timeout_s);
            let status = response.status();
            if status == reqwest::StatusCode::SWITCHING_PROTOCOLS {
                return upgrade::accept(response, &key, timeout, message_limit)
                    .await
                    .map_err(|what| self.error(Kind::Unsupported, what));
            }
            // It says 403 to a token it does not know.
            let refused = matches!(status.as_u16(), 401 | 403);
            if !refused || refusals > 0 || !self.auth.refused(&credential, 0, self).await {
                let words = self.refusal(&response, ask.place(), None);
                return Err(if status.is_success() {
                    self.error(Kind::Unsupported, "its WebSocket is answered by something else")
                        .with_hint("a proxy before it must pass WebSockets on")
                } else {
                    self.say(words)
                });
            }
            refusals += 1;
        }
    }
}

fn tokens(body: &[u8]) -> Option<Tokens> {
    let token = wire::object::<wire::Token>(body).ok()?.value;
    Some(Tokens {
        access: token.access?,
        refresh: token.refresh,
    })
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, retry: false }
    }
}
