//! The closed set of failure kinds, shared by metrics, logs and HTTP answers.

use std::error::Error;
use std::fmt;

/// Why something failed. Closed, so that it can be a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// No connection: refused, no route, unknown host name.
    Unreachable,
    /// The other side is up but still starting (Plex: 503 maintenance).
    Starting,
    Timeout,
    /// The certificate or handshake was not acceptable.
    Tls,
    /// Credentials missing, wrong or revoked (HTTP 401).
    Unauthorized,
    /// Credentials fine, right missing (HTTP 403).
    Forbidden,
    NotFound,
    RateLimited,
    /// The other side answered 5xx.
    ServerError,
    /// An answer we could not read, or larger than its limit.
    BadPayload,
    /// Something answered, but it is not what we were told to watch.
    WrongTarget,
    Unsupported,
    /// Our own store: disk full, damaged, locked.
    Storage,
    Config,
    Internal,
}

impl Kind {
    pub const ALL: [Self; 15] = [
        Self::Unreachable,
        Self::Starting,
        Self::Timeout,
        Self::Tls,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::RateLimited,
        Self::ServerError,
        Self::BadPayload,
        Self::WrongTarget,
        Self::Unsupported,
        Self::Storage,
        Self::Config,
        Self::Internal,
    ];

    /// The label value: lower snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Starting => "starting",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::BadPayload => "bad_payload",
            Self::WrongTarget => "wrong_target",
            Self::Unsupported => "unsupported",
            Self::Storage => "storage",
            Self::Config => "config",
            Self::Internal => "internal",
        }
    }

    /// True if trying again, with nothing else changed, may succeed.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Starting | Self::Timeout | Self::RateLimited | Self::ServerError
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Displays an error and all its sources on one line, joined by `: `.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn Error + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(e) = source {
            write!(f, ": {e}")?;
            source = e.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn chain_prints_every_source_once() {
        let e = Outer(std::io::Error::other("inner"));
        assert_eq!(Chain(&e).to_string(), "outer: inner");
    }

    #[test]
    fn labels_are_unique() {
        let mut all: Vec<_> = Kind::ALL.iter().map(|k| k.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Kind::ALL.len());
    }
}
