//! HTTP to one server: its address and token, time-outs, limits, retries, and errors that say what to do.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::http::{BodyError, read_capped, read_capped_into};
use base::{Kind, Secret};
use bytes::BytesMut;
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use model::Endpoint;
use reqwest::{Response, StatusCode};

use super::address;
use super::ask::Ask;
use super::config::Config;
use super::decode::DecodeError;
use super::error::{Cause, Error};
use super::map;
use super::words::{self, Words};

/// First wait before a request is tried again; doubles. The long waits are the caller's, between looks.
const RETRY_WAIT: Duration = Duration::from_millis(200);

/// Longest `Retry-After` obeyed within a request; a longer one fails it.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);

/// Bytes read of an answer that is no success: enough for the server's sentence while it starts.
const REFUSAL_LIMIT: usize = 64 << 10;

const TOKEN: &str = "x-plex-token";

/// Where a server is, and the token it accepts.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Without a slash at the end.
    pub(super) base: String,
    pub(super) token: Option<Secret>,
}

/// Sends requests to one server. Knows nothing of what the answers mean.
#[derive(Debug)]
pub(super) struct Client {
    who: String,
    http: reqwest::Client,
    timeout: Duration,
    token_file: Option<PathBuf>,
    target: Mutex<Arc<Target>>,
    /// The memory of the last answer that was handed back, for the next one of its endpoint.
    spare: Mutex<Option<(Endpoint, BytesMut)>>,
}

impl Client {
    pub(super) fn new(cfg: &Config, target: Target) -> Result<Self, Error> {
        cfg.validate()?;
        let timeout = Duration::from_secs_f64(cfg.timeout_s);
        let http = base::http::client(&cfg.trust()?, timeout)
            .map_err(|e| cfg.error(base::error::Chain(&e).to_string(), None))?;
        let token_file = cfg.token_file.clone();
        Ok(Self {
            who: cfg.who(),
            http,
            timeout,
            token_file,
            target: Mutex::new(Arc::new(target)),
            spare: Mutex::new(None),
        })
    }

    pub(super) fn target(&self) -> Arc<Target> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn retarget(&self, target: Target) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(target);
    }

    /// The address in use, fit for people.
    pub(super) fn shown(&self) -> String {
        address::shown(&self.target().base)
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The whole answer to `ask`, and how often it was tried again.
    pub(super) async fn get(&self, ask: &Ask) -> (Result<BytesMut, Error>, u32) {
        let mut retries = 0;
        loop {
            let failed = match self.get_once(ask).await {
                Ok(body) => return (Ok(body), retries),
                Err(failed) => failed,
            };
            // A token that was changed in its file is the one failure that repeats for certain unless we act.
            let wait = if failed.error.kind() == Kind::Unauthorized && self.reload_token() {
                Duration::ZERO
            } else if failed.is_worth_retrying() && retries < ask.retries {
                failed
                    .retry_after
                    .unwrap_or(RETRY_WAIT * 2_u32.pow(retries))
                    .mul_f64(1.0 + fastrand::f64() / 2.0)
            } else {
                return (Err(failed.error), retries);
            };
            retries += 1;
            tokio::time::sleep(wait).await;
        }
    }

    async fn get_once(&self, ask: &Ask) -> Result<BytesMut, Failed> {
        let timeout = self.timeout * ask.patience;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Whoever answers there has not proved yet to be the server the token is for.
        let with_token = ask.endpoint != Endpoint::Identity;
        let response = self.send(&ask.path, headers, timeout, with_token).await?;
        if !response.status().is_success() {
            return Err(self.refused(response, ask.place()).await);
        }
        read_capped_into(self.spare_for(ask.endpoint), response, ask.limit)
            .await
            .map_err(|e| self.body_error(e, ask, timeout).into())
    }

    /// Hands back the memory of an answer that is asked for again and again. A large one freed and allocated anew
    /// every few seconds would leave holes that small things fill, and the heap would grow by its size.
    pub(super) fn recycle(&self, endpoint: Endpoint, body: BytesMut) {
        // After a busy evening the memory goes back.
        if body.capacity() > 4 * body.len() {
            return;
        }
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some((endpoint, body));
    }

    fn spare_for(&self, endpoint: Endpoint) -> BytesMut {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare
            .take_if(|(of, _)| *of == endpoint)
            .map(|(_, body)| body)
            .unwrap_or_default()
    }

    /// Sends a request whose answer is a stream or an upgrade; any status is returned.
    /// `timeout` also bounds the reading of the answer's body.
    pub(super) async fn open(
        &self,
        path: &str,
        headers: HeaderMap,
        timeout: Duration,
    ) -> Result<Response, Error> {
        self.send(path, headers, timeout, true)
            .await
            .map_err(|failed| failed.error)
    }

    /// The error for an answer to [`Client::open`] that is not the one hoped for.
    pub(super) async fn refusal(&self, response: Response, path: &str) -> Error {
        self.refused(response, path).await.error
    }

    async fn send(
        &self,
        path: &str,
        mut headers: HeaderMap,
        timeout: Duration,
        with_token: bool,
    ) -> Result<Response, Failed> {
        let target = self.target();
        if let Some(token) = target.token.as_ref().filter(|_| with_token) {
            let mut value = HeaderValue::from_str(token.expose()).map_err(|_| {
                let what = "the token holds characters that no token has".to_owned();
                Error::Config {
                    who: self.who.clone(),
                    what,
                    hint: None,
                }
            })?;
            value.set_sensitive(true);
            headers.insert(TOKEN, value);
        }
        let url = format!("{}{path}", target.base);
        self.http
            .get(url)
            .headers(headers)
            .timeout(timeout)
            .send()
            .await
            .map_err(|e| {
                let place = path.split('?').next().unwrap_or("/");
                let words = words::transport(&e, &address::shown(&target.base), place, timeout);
                // A refused connection is refused the next moment too; one that broke may have been an old one.
                let broken = words.kind == Kind::Unreachable && !e.is_connect();
                Failed {
                    error: self.error(words, Some(e.without_url().into())),
                    retry: broken,
                    retry_after: None,
                }
            })
    }

    async fn refused(&self, response: Response, place: &str) -> Failed {
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        // Reading the rest lets the connection be used again.
        let body = read_capped(response, REFUSAL_LIMIT).await.unwrap_or_default();
        let maintenance = (status == StatusCode::SERVICE_UNAVAILABLE)
            .then(|| map::is_maintenance(&body))
            .flatten();
        let target = self.target();
        let shown = address::shown(&target.base);
        let words = words::status(
            status,
            &shown,
            place,
            target.token.is_some(),
            maintenance.as_deref(),
        );
        let retry = matches!(words.kind, Kind::ServerError | Kind::RateLimited)
            && retry_after.is_none_or(|wait| wait <= RETRY_AFTER_MAX);
        Failed {
            error: self.error(words, None),
            retry,
            retry_after,
        }
    }

    fn body_error(&self, e: BodyError, ask: &Ask, timeout: Duration) -> Error {
        let (shown, place) = (self.shown(), ask.place());
        match e {
            BodyError::Broken(e) if base::http::kind_of_error(&e) == Kind::Timeout => {
                self.error(words::transport(&e, &shown, place, timeout), None)
            }
            e => {
                let what = format!("reading {place} from {shown}");
                let words = Words {
                    what,
                    kind: Kind::BadPayload,
                    hint: None,
                    more: true,
                };
                self.error(words, Some(e.into()))
            }
        }
    }

    /// The error for an answer that could not be read as what was asked for.
    pub(super) fn undecodable(&self, ask: &Ask, e: DecodeError) -> Error {
        let what = format!("reading {} from {}", ask.place(), self.shown());
        let words = Words {
            what,
            kind: Kind::BadPayload,
            hint: None,
            more: true,
        };
        self.error(words, Some(e.into()))
    }

    pub(super) fn error(&self, words: Words, source: Option<Cause>) -> Error {
        Error::Request {
            who: self.who.clone(),
            what: words.what,
            kind: words.kind,
            hint: words.hint,
            source: source.filter(|_| words.more),
        }
    }

    /// Reads the token's file again; true if it holds another token than the one in use.
    fn reload_token(&self) -> bool {
        let Some(path) = &self.token_file else {
            return false;
        };
        // A small local file, read only after a refusal: not worth a thread.
        let Ok(text) = std::fs::read_to_string(path) else {
            return false;
        };
        let token = Secret::new(&text);
        let target = self.target();
        if token.is_empty() || target.token.as_ref() == Some(&token) {
            return false;
        }
        self.retarget(Target {
            base: target.base.clone(),
            token: Some(token),
        });
        true
    }
}

/// A failed try.
struct Failed {
    error: Error,
    /// Worth another try at once.
    retry: bool,
    retry_after: Option<Duration>,
}

impl Failed {
    fn is_worth_retrying(&self) -> bool {
        self.retry
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        // An answer that broke off is often whole the next time.
        let retry = matches!(
            &error,
            Error::Request {
                kind: Kind::BadPayload,
                ..
            }
        );
        Self {
            error,
            retry,
            retry_after: None,
        }
    }
}

/// `Retry-After` in seconds; the form with a date is not used by anything we ask.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get("retry-after")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}
