//! Requests to a Tautulli. The key travels in the body of the request, never in its address, so that no log of an
//! address can show it.

use std::time::Duration;

use base::http::{BodyError, kind_of_error, kind_of_status, read_capped};
use base::{Kind, Secret};
use bytes::BytesMut;
use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::address;
use super::config::Config;
use super::wire::Envelope;
use base::Fault as Error;

/// Largest answer; a page of history takes some megabyte.
const ANSWER_LIMIT: usize = 64 << 20;

/// Bytes read of an answer that is no success.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Tautulli prepares a download before it answers: it copies its database.
const DOWNLOAD_PATIENCE: u32 = 20;

/// Speaks to one Tautulli.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    who: String,
    key: Secret,
    pub(super) timeout: Duration,
}

impl Client {
    pub(super) fn new(cfg: &Config) -> Result<Self, Error> {
        let (who, base) = (cfg.who(), cfg.base()?);
        let http = base::http::client(&cfg.trust, cfg.timeout)
            .map_err(|e| Error::new(&who, Kind::Config, "setting up TLS").with_source(e))?;
        Ok(Self {
            http,
            base,
            who,
            key: cfg.key()?,
            timeout: cfg.timeout,
        })
    }

    /// The data of the answer to a command.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        cmd: &str,
        params: &[(&str, &str)],
    ) -> Result<T, Error> {
        let response = self.send(cmd, params, self.timeout).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(cmd, response).await);
        }
        let body = read_capped(response, ANSWER_LIMIT)
            .await
            .map_err(|e| self.broken(cmd, e))?;
        self.data(cmd, &body)
    }

    fn data<T: DeserializeOwned>(&self, cmd: &str, body: &[u8]) -> Result<T, Error> {
        let Ok(Envelope { response }) = serde_json::from_slice::<Envelope<'_>>(body) else {
            return Err(self.stranger(body));
        };
        if response.result != "success" {
            return Err(self.told(cmd, StatusCode::OK, response.message.as_deref()));
        }
        let data = response.data.map_or("{}", |d| d.get());
        serde_json::from_str(data).map_err(|e| {
            self.error(
                Kind::BadPayload,
                format!("its answer to {cmd} is not laid out as expected"),
            )
            .with_source(e)
        })
    }

    /// Starts a download; the body is the file.
    pub(super) async fn open(&self, cmd: &str) -> Result<Response, Error> {
        // Bounds the whole transfer, so that a stuck one ends some day; the reader watches for pauses.
        let day = Duration::from_hours(24);
        let sent = self.send(cmd, &[], day);
        let response = tokio::time::timeout(self.timeout * DOWNLOAD_PATIENCE, sent)
            .await
            .map_err(|_| self.error(Kind::Timeout, format!("did not begin to answer {cmd}")))??;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.refused(cmd, response).await)
        }
    }

    async fn send(&self, cmd: &str, params: &[(&str, &str)], timeout: Duration) -> Result<Response, Error> {
        let form: Vec<(&str, &str)> = [("apikey", self.key.expose()), ("cmd", cmd)]
            .into_iter()
            .chain(params.iter().copied())
            .collect();
        self.http
            .post(format!("{}/api/v2", self.base))
            .form(&form)
            .timeout(timeout)
            .send()
            .await
            .map_err(|e| self.transport(cmd, e.without_url()))
    }

    pub(super) fn error(&self, kind: Kind, what: impl Into<String>) -> Error {
        Error::new(&self.who, kind, what)
    }

    /// No answer at all.
    fn transport(&self, cmd: &str, e: reqwest::Error) -> Error {
        let kind = kind_of_error(&e);
        let (what, hint) = match kind {
            Kind::Timeout => (
                format!("no answer to {cmd} within {} s", self.timeout.as_secs_f64()),
                "a larger timeout_s helps if it is merely slow",
            ),
            Kind::Tls => (
                "no secure connection".to_owned(),
                "if it does not speak TLS, use http:// instead of https://",
            ),
            _ if !e.is_connect() => (
                format!("it closed the connection without an answer to {cmd}"),
                "its own log may say why",
            ),
            _ => (
                "it cannot be reached".to_owned(),
                "is it running, and is the port right? Tautulli listens on 8181",
            ),
        };
        self.error(kind, what).with_hint(hint).with_source(e)
    }

    /// An answer that ends too early or is too large.
    pub(super) fn broken(&self, cmd: &str, e: BodyError) -> Error {
        let kind = match &e {
            BodyError::TooLarge { .. } => Kind::BadPayload,
            BodyError::Broken(e) if e.is_timeout() => Kind::Timeout,
            BodyError::Broken(_) => Kind::Unreachable,
        };
        self.error(kind, format!("reading its answer to {cmd}"))
            .with_source(e)
    }

    async fn refused(&self, cmd: &str, response: Response) -> Error {
        let (status, location) = (response.status(), response.headers().get(LOCATION).cloned());
        let body: BytesMut = read_capped(response, REFUSAL_LIMIT).await.unwrap_or_default();
        if let Ok(Envelope { response }) = serde_json::from_slice::<Envelope<'_>>(&body) {
            return self.told(cmd, status, response.message.as_deref());
        }
        let kind = kind_of_status(status).unwrap_or(Kind::BadPayload);
        let error = self.error(kind, format!("HTTP {}", status.as_u16()));
        match kind {
            Kind::WrongTarget => {
                let to = location
                    .as_ref()
                    .and_then(|l| l.to_str().ok())
                    .and_then(|to| Url::parse(&self.base).ok()?.join(to).ok())
                    .map(|url| address::shown(url.as_str()));
                match to {
                    Some(to) => self
                        .error(kind, format!("it sends us on to {to}"))
                        .with_hint("use that address"),
                    None => error,
                }
            }
            Kind::NotFound => error
                .with_hint("nothing answers there; behind a proxy the address needs its path (HTTP root)"),
            Kind::Unauthorized | Kind::Forbidden => {
                error.with_hint("something before Tautulli, a proxy perhaps, wants a login of its own")
            }
            Kind::ServerError => error.with_hint("the proxy before it may have lost it"),
            _ => error,
        }
    }

    /// A refusal in Tautulli's own words. It answers 400 to everything, a wrong key too.
    fn told(&self, cmd: &str, status: StatusCode, message: Option<&str>) -> Error {
        let message = message.unwrap_or_default();
        match message {
            "Invalid apikey" => self
                .error(Kind::Unauthorized, "it does not accept the API key")
                .with_hint("the key stands in Tautulli's settings under Web Interface"),
            "Parameter apikey is required" => self.error(Kind::Unauthorized, "it wants an API key"),
            "API not enabled" => self
                .error(Kind::Forbidden, "its API is turned off")
                .with_hint("turn on \"Enable API\" in Tautulli's settings under Web Interface"),
            _ if message.starts_with("Unknown command") => self
                .error(Kind::Unsupported, format!("it does not know the command {cmd}"))
                .with_hint("is it too old? this was made for version 2.1 and later"),
            _ if status.is_server_error() => self
                .error(Kind::ServerError, format!("{cmd} failed there"))
                .with_hint("its own log says why"),
            "" => self.error(Kind::BadPayload, format!("it refused {cmd}")),
            _ => {
                let message: String = message.chars().filter(|c| !c.is_control()).take(200).collect();
                self.error(Kind::BadPayload, format!("it refused {cmd}: {message}"))
            }
        }
    }

    /// Something other than a file came back.
    pub(super) fn no_file(&self, cmd: &str, body: &[u8]) -> Error {
        match self.data::<serde::de::IgnoredAny>(cmd, body) {
            Ok(_) => self.error(Kind::BadPayload, format!("{cmd} brought no file")),
            Err(e) => e,
        }
    }

    /// Something answered that is no Tautulli.
    fn stranger(&self, body: &[u8]) -> Error {
        let page = body.trim_ascii_start().starts_with(b"<");
        let what = if page {
            "a web page came back instead of an answer"
        } else {
            "what came back is no answer of Tautulli's"
        };
        self.error(Kind::WrongTarget, what)
            .with_hint("is this the address of Tautulli, and is no proxy asking for a login before it?")
    }
}
