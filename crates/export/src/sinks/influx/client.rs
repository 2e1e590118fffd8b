//! Requests to an InfluxDB. Credentials travel in a header, never in the address: addresses stand in logs.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use base::error::Chain;
use base::http::{BodyError, kind_of_error, read_capped};
use base::{Clock, Kind, Secret};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use reqwest::{RequestBuilder, Response, Url};

use super::answer;
use super::config::{Api, Config, Gzip};
use base::Fault as Error;

/// Bytes read of an answer. A receiver repeats every line it cannot read, so that a bad batch has a long answer;
/// beyond this it counts as unreadable, and half the lines are sent.
const ANSWER_LIMIT: usize = 1 << 20;

/// Largest body that is compressed between other work; a larger one goes to a thread of its own, because everything
/// else waits meanwhile.
const COMPRESSED_IN_PLACE_BYTES_MAX: usize = 64 << 10;

const AGENT: &str = concat!("projectionist/", env!("CARGO_PKG_VERSION"));

/// Speaks to one InfluxDB.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    write: Url,
    pub(super) api: Api,
    pub(super) who: String,
    auth: Auth,
    credentials: Credentials,
    gzip: bool,
    clock: Clock,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
    /// What the receiver calls itself in its headers.
    pub(super) product: Option<Product>,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Product {
    InfluxDb(String),
    Plex,
}

/// Why there is no answer to judge.
#[derive(Debug)]
pub(super) enum Failure {
    /// An answer came, but a longer one than is read.
    Unreadable(Error),
    Other(Error),
}

/// How credentials are sent.
#[derive(Clone, Copy, Debug)]
enum Auth {
    Basic,
    Token,
    Bearer,
}

/// As they are sent, and where they come from.
#[derive(Debug)]
struct Credentials {
    user: Option<String>,
    told: Option<Secret>,
    file: Option<std::path::PathBuf>,
    /// What is sent; nothing sends none.
    header: Option<HeaderValue>,
}

impl Client {
    /// Reads the certificates, and the password or token from its file.
    pub(super) fn new(config: &Config, clock: &Clock) -> Result<Self, Error> {
        let who = config.who();
        let api = match config.effective_api() {
            Api::Auto => Api::V1,
            told => told,
        };
        let timeout = Duration::try_from_secs_f64(config.timeout_s)
            .map_err(|_| config.config_error("`timeout_s` is no span of time"))?;
        let http = base::http::client(&config.trust()?, timeout)
            .map_err(|e| Error::new(&who, Kind::Config, "setting up TLS").with_source(e))?;
        let base = config.address()?;
        let auth = match api {
            Api::V1 | Api::Auto if config.token.is_none() && config.token_file.is_none() => Auth::Basic,
            Api::V3 => Auth::Bearer,
            _ => Auth::Token,
        };
        let gzip = match config.gzip {
            Gzip::Auto => !is_this_machine(&base),
            Gzip::Always => true,
            Gzip::Never => false,
        };
        let mut client = Self {
            http,
            write: write_url(&base, api, config),
            base,
            api,
            who,
            auth,
            credentials: Credentials::of(config, auth),
            gzip,
            clock: clock.clone(),
        };
        client.reload()?;
        Ok(client)
    }

    /// Reads the file of the password or token again; true if what is sent has changed.
    pub(super) fn reload(&mut self) -> Result<bool, Error> {
        let secret = match &self.credentials.file {
            Some(path) => Some(self.read_secret(path)?),
            None => self.credentials.told.clone(),
        };
        let header = self.header(secret.as_ref())?;
        let has_changed = self.credentials.header != header;
        self.credentials.header = header;
        Ok(has_changed)
    }

    fn read_secret(&self, path: &Path) -> Result<Secret, Error> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::new(&self.who, Kind::Config, format!("reading the secret in {shown}"))
                .with_hint("check that the file exists and may be read by the user we run as")
                .with_source(e)
        })?;
        let secret = Secret::new(&text);
        if secret.is_empty() {
            return Err(Error::new(
                &self.who,
                Kind::Config,
                format!("the file {shown} is empty"),
            ));
        }
        Ok(secret)
    }

    fn header(&self, secret: Option<&Secret>) -> Result<Option<HeaderValue>, Error> {
        let text = match (self.auth, &self.credentials.user, secret) {
            (Auth::Basic, Some(user), secret) => {
                let password = secret.map_or("", Secret::expose);
                format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
            }
            (Auth::Token, _, Some(token)) => format!("Token {}", token.expose()),
            (Auth::Bearer, _, Some(token)) => format!("Bearer {}", token.expose()),
            _ => return Ok(None),
        };
        let mut header = HeaderValue::try_from(text).map_err(|_| {
            Error::new(
                &self.who,
                Kind::Config,
                "the token holds a character that no header may carry",
            )
        })?;
        header.set_sensitive(true);
        Ok(Some(header))
    }

    /// Writes whole lines. An empty body is accepted by InfluxDB 1 from whoever may write.
    pub(super) async fn write(&self, lines: Bytes) -> Result<Answer, Failure> {
        let request = self
            .http
            .post(self.write.clone())
            .header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let request = if self.gzip && !lines.is_empty() {
            let packed = self.pack(lines).await.map_err(Failure::Other)?;
            request.header(CONTENT_ENCODING, "gzip").body(packed)
        } else {
            request.body(lines)
        };
        self.send(request, "writing").await
    }

    /// Asks a v1 for the making of the database.
    pub(super) async fn create_database(&self, name: &str) -> Result<Answer, Failure> {
        self.query(
            &format!("CREATE DATABASE {}", quoted(name)),
            "making the database",
        )
        .await
    }

    /// Asks a v1 for the retention policies of the database.
    pub(super) async fn retention_policies(&self, database: &str) -> Result<Answer, Failure> {
        let text = format!("SHOW RETENTION POLICIES ON {}", quoted(database));
        self.query(&text, "asking for retention policies").await
    }

    async fn query(&self, text: &str, doing: &str) -> Result<Answer, Failure> {
        let request = self.http.post(joined(&self.base, "query")).form(&[("q", text)]);
        self.send(request, doing).await
    }

    /// Asks who is there.
    pub(super) async fn ping(&self) -> Result<Answer, Failure> {
        self.send(self.http.get(joined(&self.base, "ping")), "asking who is there")
            .await
    }

    async fn send(&self, request: RequestBuilder, doing: &str) -> Result<Answer, Failure> {
        let request = request.header(USER_AGENT, AGENT);
        let request = match &self.credentials.header {
            Some(header) => request.header(reqwest::header::AUTHORIZATION, header.clone()),
            None => request,
        };
        let response = request
            .send()
            .await
            .map_err(|e| self.transport(doing, e.without_url()))?;
        if response.status().is_redirection() {
            return Err(Failure::Other(self.redirected(&response)));
        }
        let product = product(&response);
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|h| h.to_str().ok())
            .and_then(|text| answer::retry_after(text, self.clock.now()));
        let status = response.status().as_u16();
        let body = match read_capped(response, ANSWER_LIMIT).await {
            Ok(body) => String::from_utf8_lossy(&body).into_owned(),
            // The status has come: whatever else was to be said, this much is true.
            Err(BodyError::Broken(_)) if status == 204 => String::new(),
            Err(e @ BodyError::TooLarge { .. }) => {
                return Err(Failure::Unreadable(self.unreadable(doing).with_source(e)));
            }
            Err(BodyError::Broken(e)) => return Err(self.transport(doing, e)),
        };
        Ok(Answer {
            status,
            retry_after,
            body,
            product,
        })
    }

    async fn pack(&self, lines: Bytes) -> Result<Bytes, Error> {
        let packed = if lines.len() <= COMPRESSED_IN_PLACE_BYTES_MAX {
            gzip(&lines)
        } else {
            tokio::task::spawn_blocking(move || gzip(&lines))
                .await
                .unwrap_or_else(|e| Err(std::io::Error::other(e)))
        };
        packed.map_err(|e| Error::new(&self.who, Kind::Internal, "compressing points").with_source(e))
    }

    fn unreadable(&self, doing: &str) -> Error {
        Error::new(
            &self.who,
            Kind::BadPayload,
            format!("{doing}: its answer is too long to be read"),
        )
    }

    fn redirected(&self, response: &Response) -> Error {
        let to = response
            .headers()
            .get(LOCATION)
            .and_then(|l| l.to_str().ok())
            .and_then(|to| response.url().join(to).ok())
            .map(|url| base::http::redacted(&url));
        let status = response.status().as_u16();
        let what = match to {
            Some(to) => format!("it sends us on to {to} (HTTP {status})"),
            None => format!("it sends us on elsewhere (HTTP {status})"),
        };
        Error::new(&self.who, Kind::WrongTarget, what)
            .with_hint("give the address where it really is; we follow nobody with a password in hand")
    }

    /// No answer at all, or half of one.
    fn transport(&self, doing: &str, e: reqwest::Error) -> Failure {
        // The HTTP library's own limit on the head of an answer: InfluxDB 1 repeats its message there.
        if Chain(&e).to_string().contains("message head is too large") {
            return Failure::Unreadable(self.unreadable(doing));
        }
        let kind = match kind_of_error(&e) {
            // Half of an answer says nothing about the other half, so it may pass by itself.
            Kind::BadPayload => Kind::Unreachable,
            told => told,
        };
        let (what, hint) = match kind {
            Kind::Timeout => (
                "no answer in time".to_owned(),
                "a larger `timeout_s` helps if it is merely slow",
            ),
            Kind::Tls => (
                "no secure connection".to_owned(),
                "a certificate of one's own needs `ca_file`; where TLS is not spoken, use http:// instead of https://",
            ),
            _ if e.is_connect() => (
                "it cannot be reached".to_owned(),
                "is it running, and is the port right? InfluxDB listens on 8086",
            ),
            _ => (
                "the connection broke off".to_owned(),
                "its own log may say why; a server that wants TLS does this to http://",
            ),
        };
        Failure::Other(
            Error::new(&self.who, kind, format!("{doing}: {what}"))
                .with_hint(hint)
                .with_source(e),
        )
    }
}

impl Credentials {
    fn of(config: &Config, auth: Auth) -> Self {
        let (told, file) = match auth {
            Auth::Basic => (&config.password, &config.password_file),
            Auth::Token | Auth::Bearer => (&config.token, &config.token_file),
        };
        Self {
            user: config.user.clone().filter(|user| !user.is_empty()),
            told: told.clone().filter(|secret| !secret.is_empty()),
            // Without a user a password has no meaning, nor has its file.
            file: file.clone(),
            header: None,
        }
    }
}

/// Where lines go. The base may have a path of its own, as behind a proxy or at a cluster of VictoriaMetrics.
fn write_url(base: &Url, api: Api, config: &Config) -> Url {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut url = joined(
        base,
        match api {
            Api::Auto | Api::V1 => "write",
            Api::V2 => "api/v2/write",
            Api::V3 => "api/v3/write_lp",
        },
    );
    let mut query = url.query_pairs_mut();
    match api {
        Api::Auto | Api::V1 => {
            query.append_pair("db", &config.database);
            if let Some(policy) = config.retention_policy.as_deref().filter(|p| !p.is_empty()) {
                query.append_pair("rp", policy);
            }
            query.append_pair("precision", "ns");
        }
        Api::V2 => {
            query
                .append_pair("org", &text(&config.org))
                .append_pair("bucket", &text(&config.bucket))
                .append_pair("precision", "ns");
        }
        Api::V3 => {
            query
                .append_pair("db", &config.database)
                // Without a word it would guess from the size of the number.
                .append_pair("precision", "nanosecond")
                .append_pair("accept_partial", "true");
        }
    }
    drop(query);
    url
}

fn joined(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_matches(['[', ']']);
    bare.parse::<std::net::IpAddr>().map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |ip| ip.is_loopback(),
    )
}

fn product(response: &Response) -> Option<Product> {
    let headers = response.headers();
    let text = |name: &str| headers.get(name).and_then(|h| h.to_str().ok());
    if headers.contains_key("x-plex-protocol") || headers.contains_key("x-plex-content-original-length") {
        return Some(Product::Plex);
    }
    text("x-influxdb-version").map(|version| {
        let version = version.trim_start_matches('v');
        Product::InfluxDb(version.chars().filter(|c| !c.is_control()).take(40).collect())
    })
}

fn gzip(lines: &[u8]) -> std::io::Result<Bytes> {
    // The fastest level takes nearly all there is to take from text as repetitive as this.
    let mut encoder = GzEncoder::new(Vec::with_capacity(lines.len() / 8), Compression::fast());
    encoder.write_all(lines)?;
    encoder.finish().map(Bytes::from)
}

/// A name as InfluxQL wants it, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    let escaped = name
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// RFC 4648 §4, with padding; the one thing of it that is needed is not worth a crate.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for n in 0..4 {
            let digit = (bits >> (18 - 6 * n)) & 63;
            text.push(if n <= group.len() {
                char::from(ALPHABET[digit as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests;
