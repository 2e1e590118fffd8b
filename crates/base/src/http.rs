//! The one HTTP client builder, capped bodies, and URLs that can be logged.

use std::error::Error as _;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use reqwest::{Client, Response, StatusCode, Url};

use crate::error::Kind;
use crate::tls::{self, TlsError, Trust};

/// Time for TCP and TLS; beyond it the host counts as unreachable.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle connections kept per host: one poller, a few probes beside it.
const IDLE_PER_HOST: usize = 4;

/// Idle time after which a pooled connection is dropped; longer than every poll interval but the rare ones.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Builds a client. Redirects are refused, so that a token never follows one to another host, and the
/// environment's proxies are not consulted. `timeout` bounds a whole request unless the request sets its own.
#[expect(clippy::disallowed_methods, reason = "the one place that builds clients")]
pub fn client(trust: &Trust, timeout: Duration) -> Result<Client, TlsError> {
    Client::builder()
        .tls_backend_preconfigured(tls::client_config(trust)?)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .build()
        .map_err(|e| TlsError::Setup(rustls::Error::General(e.to_string())))
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the answer is larger than the limit of {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the answer broke off")]
    Broken(#[source] reqwest::Error),
}

/// Reads a body, streaming, up to `limit` bytes after decompression.
pub async fn read_capped(response: Response, limit: usize) -> Result<BytesMut, BodyError> {
    read_capped_into(BytesMut::new(), response, limit).await
}

/// Like [`read_capped`], into the memory of a buffer used before; what it holds is dropped.
pub async fn read_capped_into(
    mut body: BytesMut,
    response: Response,
    limit: usize,
) -> Result<BytesMut, BodyError> {
    let too_large = || BodyError::TooLarge { limit };
    let expected = response
        .content_length()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0);
    if expected > limit {
        return Err(too_large());
    }
    body.clear();
    body.reserve(expected);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|e| BodyError::Broken(e.without_url()))?;
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a status code means for the caller; `None` for success.
pub fn kind_of_status(status: StatusCode) -> Option<Kind> {
    Some(match status.as_u16() {
        200..=299 => return None,
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        408 | 504 => Kind::Timeout,
        429 => Kind::RateLimited,
        500..=599 => Kind::ServerError,
        300..=399 => Kind::WrongTarget,
        _ => Kind::BadPayload,
    })
}

/// What a transport error means. Looks through the sources, since reqwest wraps hyper wraps rustls wraps io.
pub fn kind_of_error(e: &reqwest::Error) -> Kind {
    if e.is_timeout() {
        return Kind::Timeout;
    }
    let mut source = e.source();
    while let Some(s) = source {
        if s.downcast_ref::<rustls::Error>().is_some() {
            return Kind::Tls;
        }
        if let Some(io) = s.downcast_ref::<std::io::Error>() {
            if holds_tls_error(io) {
                return Kind::Tls;
            }
            if io.kind() == std::io::ErrorKind::TimedOut {
                return Kind::Timeout;
            }
        }
        source = s.source();
    }
    if e.is_decode() || e.is_body() {
        Kind::BadPayload
    } else {
        Kind::Unreachable
    }
}

/// An I/O error's `source()` skips what it wraps, and TLS errors come wrapped more than once.
fn holds_tls_error(io: &std::io::Error) -> bool {
    io.get_ref().is_some_and(|inner| {
        inner.is::<rustls::Error>()
            || inner
                .downcast_ref::<std::io::Error>()
                .is_some_and(holds_tls_error)
    })
}

/// A URL fit for logs: scheme, host, port and path; no user info, no query, no fragment.
///
/// Of one without a host nothing is told: `me:password@host`, its `http://` forgotten, is such a URL.
pub fn redacted(url: &Url) -> String {
    if url.cannot_be_a_base() {
        return "(no address)".to_owned();
    }
    let mut u = url.clone();
    let _ = u.set_username("");
    let _ = u.set_password(None);
    u.set_query(None);
    u.set_fragment(None);
    u.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacted_urls_keep_only_the_address() {
        let url = Url::parse("https://me:pw@host:1/base/x?X-Plex-Token=abc#f").unwrap();
        assert_eq!(redacted(&url), "https://host:1/base/x");
    }

    #[test]
    fn a_password_before_a_forgotten_scheme_is_not_told() {
        for given in [
            "me:hunter2@attic:8086",
            "me:hunter2@attic:8086/x?y#z",
            "mailto:hunter2@attic",
        ] {
            let url = Url::parse(given).unwrap();
            assert_eq!(redacted(&url), "(no address)", "{given}");
        }
        // The start of a host is no scheme.
        let url = Url::parse("attic:8086").unwrap();
        assert_eq!(redacted(&url), "(no address)");
    }

    #[test]
    fn every_status_has_one_meaning() {
        for code in 100..600 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(kind_of_status(status).is_none(), status.is_success(), "{code}");
        }
    }
}
