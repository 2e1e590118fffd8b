//! What a Redis refuses, in words that help. Its own words are not passed on: they may hold what it was sent.

use std::io;
use std::time::Duration;

use ::redis::{ErrorKind, RedisError, ServerErrorKind};
use base::{Fault, Kind};

/// What one command failed of.
pub(super) fn fault(shown: &str, e: &RedisError) -> Fault {
    let (kind, what, hint) = match (e.kind(), e.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS")) => (
            Kind::Unauthorized,
            "refused the user or password of `redis_url`",
            Some(
                "with a password alone it is `redis://:password@host:6379/0`; special characters are written as %40 and so on",
            ),
        ),
        (_, Some("NOAUTH")) => (
            Kind::Unauthorized,
            "wants a password",
            Some("`redis_url = \"redis://:password@host:6379/0\"`"),
        ),
        (ErrorKind::Server(ServerErrorKind::NoPerm), _) => (
            Kind::Forbidden,
            "does not let this user read what is needed",
            Some(
                "it needs `+mget +hmget` on `~profile_connections:*`, `~live:channel:*` (before 0.25 `~ts_proxy:channel:*`) and `~vod_persistent_connection:*`",
            ),
        ),
        (_, Some("DENIED")) => (
            Kind::Forbidden,
            "is in protected mode and answers its own machine only",
            Some("in Dispatcharr's all-in-one container Redis is reached from within its network only"),
        ),
        (ErrorKind::Server(ServerErrorKind::BusyLoading), _) => {
            (Kind::Starting, "is still loading its data", None)
        }
        (ErrorKind::Server(ServerErrorKind::ResponseError), _) => (
            Kind::ServerError,
            "refused a command",
            Some("is the number of the database at the end of `redis_url` right? Dispatcharr uses 0"),
        ),
        (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, _) => (
            Kind::WrongTarget,
            "answers as no Redis does",
            Some("is the port right, and does it want rediss://?"),
        ),
        _ if e.is_io_error() || e.is_connection_dropped() => (
            Kind::Unreachable,
            "closed the connection",
            Some("is it a Redis that listens there? if it wants TLS, use rediss://"),
        ),
        _ => (Kind::ServerError, "refused a command", None),
    };
    let fault = Fault::new(shown, kind, what);
    match hint {
        Some(hint) => fault.with_hint(hint),
        None => fault,
    }
}

/// No connection at all.
pub(super) fn unreachable(shown: &str, e: io::Error) -> Fault {
    let (what, hint) = if e.kind() == io::ErrorKind::ConnectionRefused {
        (
            "refused the connection",
            "in Dispatcharr's all-in-one container Redis listens to that container only; share its network, or leave \
             `redis_url` out",
        )
    } else {
        (
            "cannot be reached",
            "is the host right, and does a firewall let us through?",
        )
    };
    Fault::new(shown, Kind::Unreachable, what)
        .with_hint(hint)
        .with_source(e)
}

/// TCP is there, TLS is not.
pub(super) fn insecure(shown: &str, e: io::Error) -> Fault {
    Fault::new(shown, Kind::Tls, "no secure connection")
        .with_hint("if it does not speak TLS, use redis:// instead of rediss://; for a certificate of your own set `ca_file`")
        .with_source(e)
}

pub(super) fn slow(shown: &str, timeout: Duration) -> Fault {
    let s = timeout.as_secs_f64();
    Fault::new(shown, Kind::Timeout, format!("did not answer within {s} s"))
        .with_hint("a larger `timeout_s` helps if it is merely slow")
}
