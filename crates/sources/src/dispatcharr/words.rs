//! What requests to Dispatcharr fail of, in words that help.

use base::Kind;
use base::http::{kind_of_error, kind_of_status};
use reqwest::StatusCode;

/// A failure, before it is known who it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) kind: Kind,
    pub(super) what: String,
    pub(super) hint: Option<&'static str>,
}

impl Words {
    fn new(kind: Kind, what: String, hint: Option<&'static str>) -> Self {
        Self { kind, what, hint }
    }
}

const PORT_HINT: &str = "is it running, and is the port right? Dispatcharr listens on 9191";
const KEY_HINT: &str =
    "the key stands in Dispatcharr under Users, in the user's API key; a new one replaces the old one";
const PASSWORD_HINT: &str = "check `user` and the password";
const ADMIN_HINT: &str = "use the key or the account of an administrator: Dispatcharr shows its statistics to no one else; \
                          an address left out of its Network Access settings is refused alike";

/// No answer at all. `shown`: the address without secrets.
pub(super) fn transport(e: &reqwest::Error, shown: &str, place: &str, timeout_s: f64) -> Words {
    let kind = kind_of_error(e);
    match kind {
        Kind::Timeout => Words::new(
            kind,
            format!("no answer to {place} from {shown} within {timeout_s} s"),
            Some("a larger `timeout_s` helps if it is merely slow"),
        ),
        Kind::Tls => Words::new(
            kind,
            format!("no secure connection to {shown}"),
            Some("if it does not speak TLS, use http:// instead of https://"),
        ),
        _ if !e.is_connect() => Words::new(
            Kind::Unreachable,
            format!("{shown} closed the connection without an answer to {place}"),
            Some("its own log may say why"),
        ),
        _ => Words::new(kind, format!("{shown} cannot be reached"), Some(PORT_HINT)),
    }
}

/// An answer that is no success. `by_key`: opened by an API key.
pub(super) fn status(status: StatusCode, shown: &str, place: &str, by_key: bool) -> Words {
    let kind = match status {
        StatusCode::METHOD_NOT_ALLOWED => Kind::Unsupported,
        _ => kind_of_status(status).unwrap_or(Kind::BadPayload),
    };
    let (what, hint) = match kind {
        Kind::Unauthorized if by_key => ("does not accept the API key".to_owned(), Some(KEY_HINT)),
        Kind::Unauthorized => (
            "does not accept the login".to_owned(),
            Some("it may be behind a proxy that wants a login of its own"),
        ),
        Kind::Forbidden => (format!("does not let us see {place}"), Some(ADMIN_HINT)),
        Kind::NotFound => (format!("knows no {place}"), None),
        Kind::RateLimited => ("wants to be asked less often".to_owned(), None),
        Kind::ServerError if matches!(status.as_u16(), 502 | 503) => (
            format!("answered HTTP {} to {place}", status.as_u16()),
            Some("it is starting, or its web process is not running"),
        ),
        Kind::ServerError => (
            format!("answered HTTP {} to {place}", status.as_u16()),
            Some("its database or its Redis may be down; its own log says why"),
        ),
        _ => (format!("answered HTTP {} to {place}", status.as_u16()), None),
    };
    Words::new(kind, format!("{shown} {what}"), hint)
}

/// A redirect, which is not followed. `to`: without secrets.
pub(super) fn moved(shown: &str, to: &str) -> Words {
    Words::new(
        Kind::WrongTarget,
        format!("{shown} sends us on to {to}"),
        Some("use that address"),
    )
}

/// A login was refused. `400`: a field was empty.
pub(super) fn login(status: StatusCode, shown: &str) -> Words {
    let kind = kind_of_status(status).unwrap_or(Kind::BadPayload);
    match kind {
        Kind::Unauthorized => Words::new(
            kind,
            format!("{shown} does not accept the user and the password"),
            Some(PASSWORD_HINT),
        ),
        Kind::RateLimited => Words::new(
            kind,
            format!("{shown} allows no further login yet"),
            Some("it takes three logins a minute from one address; an API key needs none"),
        ),
        _ => self::status(status, shown, "/api/accounts/token/", false),
    }
}

/// A web page instead of data: its answer to every path it does not know.
pub(super) fn page(shown: &str, place: &str) -> Words {
    Words::new(
        Kind::Unsupported,
        format!("{shown} answered {place} with a web page"),
        Some("this version does not have it, or something before Dispatcharr asks for a login"),
    )
}

/// The same of the one path that every version has.
pub(super) fn stranger(shown: &str) -> Words {
    Words::new(
        Kind::WrongTarget,
        format!("{shown} does not answer like Dispatcharr"),
        Some("is this its address, and does no proxy ask for a login before it?"),
    )
}

/// An empty look whose probe failed.
pub(super) fn redis_down(shown: &str) -> Words {
    Words::new(
        Kind::ServerError,
        format!("{shown} has lost its Redis and cannot tell what is on the air"),
        Some("it answers with empty lists meanwhile; is its Redis running?"),
    )
}

/// It tells its version at once, but not what is on the air: some versions of its client for Redis wait 16 to 24 s for
/// a Redis that is down (measured with redis-py 7).
pub(super) fn silent(shown: &str, timeout_s: f64) -> Words {
    let what = "does not tell what is on the air";
    Words::new(
        Kind::Timeout,
        format!("{shown} answers, but {what} within {timeout_s} s, probably because its Redis is down"),
        Some("is its Redis running? A larger `timeout_s` helps if its statistics are merely slow"),
    )
}

/// A question beside a look that the look did not wait for any longer. `what`: whose answer it was.
pub(super) fn late(what: &str, within_s: f64) -> Words {
    Words::new(
        Kind::Timeout,
        format!("{what} did not answer within {within_s} s"),
        None,
    )
}

/// No statistics under any path we know.
pub(super) fn renamed(shown: &str) -> Words {
    Words::new(
        Kind::Unsupported,
        format!("{shown} has none of the statistics we know"),
        Some("this was made for Dispatcharr 0.20 to 0.31; a newer Projectionist may know more"),
    )
}
