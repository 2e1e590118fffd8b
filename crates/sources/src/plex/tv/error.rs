//! What can go wrong with plex.tv and with finding a server through it.

use std::path::PathBuf;
use std::time::Duration;

use base::Kind;
use base::http::BodyError;
use base::tls::TlsError;

use crate::plex::decode::DecodeError;
use crate::plex::error::Error;

/// What every message begins with.
const PREFIX: &str = "plex.tv: ";

/// One line each, without secrets; sources carry the rest.
#[derive(Debug, thiserror::Error)]
pub enum TvError {
    #[error("plex.tv: {what}")]
    Config { what: String, hint: &'static str },
    #[error("plex.tv: reading {what} from {}", path.display())]
    ReadFile {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("plex.tv: there is neither a token nor a user with a password to sign in with")]
    NoCredentials,
    #[error("plex.tv: setting up TLS")]
    Tls(#[source] TlsError),
    #[error("plex.tv: {doing}: no answer from {host}")]
    Transport {
        doing: &'static str,
        host: String,
        kind: Kind,
        #[source]
        source: reqwest::Error,
    },
    #[error("plex.tv: {doing}: the answer could not be read")]
    Body {
        doing: &'static str,
        #[source]
        source: BodyError,
    },
    #[error("plex.tv: {doing}: the answer makes no sense")]
    BadReply {
        doing: &'static str,
        #[source]
        source: DecodeError,
    },
    #[error("plex.tv: {doing}: the answer holds no token")]
    NoToken { doing: &'static str },
    /// `said`: plex.tv's own words.
    #[error("plex.tv: {doing}: answered {status}{}", said.as_ref().map(|s| format!(" ({s})")).unwrap_or_default())]
    Status {
        doing: &'static str,
        status: u16,
        said: Option<String>,
    },
    #[error("plex.tv: {doing}: the account token {}", if *expired { "has expired" } else { "was refused" })]
    Unauthorized { doing: &'static str, expired: bool },
    #[error("plex.tv: too many requests, no more for {} s", wait.as_secs_f64().ceil())]
    RateLimited { wait: Duration },
    #[error("plex.tv: user name or password is wrong")]
    WrongPassword,
    #[error("plex.tv: the account asks for a verification code besides the password")]
    CodeNeeded,
    #[error("plex.tv: the verification code is wrong or too old")]
    WrongCode,
    #[error("plex.tv: the sign-in was not confirmed in time")]
    PinExpired,
    /// `wanted`: `named "attic"`. `found`: what there is to choose from.
    #[error("plex.tv: {}", no_server(wanted, found))]
    NoServer { wanted: String, found: Vec<String> },
    #[error("plex.tv: \"{wanted}\" is shared with this account, not owned by it")]
    NotOwned { wanted: String },
    /// `found`: name and machine identifier of each.
    #[error("plex.tv: {} servers are {wanted}: {}", found.len(), found.join(", "))]
    Ambiguous { wanted: String, found: Vec<String> },
    /// `tried`: each address with its outcome.
    #[error("plex.tv: {}", no_connection(name, tried))]
    NoConnection {
        name: String,
        tried: Vec<String>,
        kind: Kind,
    },
    /// The same as a moment ago; plex.tv was not asked again.
    #[error("plex.tv: {what}")]
    StillFailing { what: String, kind: Kind },
}

fn no_server(wanted: &str, found: &[String]) -> String {
    if found.is_empty() {
        format!("no server is {wanted}; this account owns none")
    } else {
        format!("no server is {wanted}; there are {}", found.join(", "))
    }
}

fn no_connection(name: &str, tried: &[String]) -> String {
    if tried.is_empty() {
        format!("server \"{name}\" has published no address that can be used from here")
    } else {
        format!(
            "server \"{name}\" answers at none of its addresses: {}",
            tried.join("; ")
        )
    }
}

impl TvError {
    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Config { .. } | Self::ReadFile { .. } | Self::NoCredentials | Self::Ambiguous { .. } => {
                Kind::Config
            }
            Self::Tls(_) => Kind::Tls,
            Self::Transport { kind, .. }
            | Self::NoConnection { kind, .. }
            | Self::StillFailing { kind, .. } => *kind,
            Self::Body { source, .. } => match source {
                BodyError::TooLarge { .. } => Kind::BadPayload,
                BodyError::Broken(e) if e.is_timeout() => Kind::Timeout,
                BodyError::Broken(_) => Kind::Unreachable,
            },
            Self::BadReply { .. } | Self::NoToken { .. } => Kind::BadPayload,
            Self::Status { status, .. } => reqwest::StatusCode::from_u16(*status)
                .ok()
                .and_then(base::http::kind_of_status)
                .unwrap_or(Kind::BadPayload),
            Self::Unauthorized { .. } | Self::WrongPassword | Self::CodeNeeded | Self::WrongCode => {
                Kind::Unauthorized
            }
            Self::RateLimited { .. } => Kind::RateLimited,
            Self::PinExpired => Kind::Timeout,
            Self::NoServer { .. } => Kind::NotFound,
            Self::NotOwned { .. } => Kind::Forbidden,
        }
    }

    /// What the user can do about it, if we know.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Config { hint, .. } => hint,
            Self::ReadFile { .. } => "check that the file exists and may be read",
            Self::NoCredentials => {
                "run `projectionist login plex`, or set token, token_file, or user and password"
            }
            Self::Unauthorized { .. } => "sign in again with `projectionist login plex`",
            Self::WrongPassword => "the user name may also be the account's e-mail address",
            Self::CodeNeeded => {
                "sign in with `projectionist login plex`: a token, unlike a password, needs no code"
            }
            Self::WrongCode => "use the code your authenticator shows now",
            Self::PinExpired => "run `projectionist login plex` again and open the link it prints",
            Self::NoServer { found, .. } if found.is_empty() => {
                "sign in with the account that owns the server"
            }
            Self::NoServer { .. } => "write the name as it is listed here; upper and lower case are the same",
            Self::NotOwned { .. } => "only the owner's account sees all sessions; sign in with that one",
            Self::Ambiguous { .. } => {
                "set machine_id to the identifier of the one you mean (the text in brackets)"
            }
            Self::NoConnection { .. } => {
                "if the server runs, set its url: the router may block plex.direct names, or remote access is off"
            }
            Self::Status {
                status: 300..=399, ..
            }
            | Self::BadReply { .. } => "a proxy or a captive portal may stand between here and plex.tv",
            Self::Transport {
                kind: Kind::Unreachable | Kind::Timeout,
                ..
            } => "servers that have a url are watched without plex.tv",
            _ => return None,
        };
        Some((*hint).to_owned())
    }

    /// The message without its first words, which the enclosing error says.
    pub(super) fn what(&self) -> String {
        let message = self.to_string();
        message.strip_prefix(PREFIX).map(str::to_owned).unwrap_or(message)
    }
}

impl From<TvError> for Error {
    fn from(e: TvError) -> Self {
        let (what, kind, hint) = (e.what(), e.kind(), e.hint());
        let source = match e {
            TvError::ReadFile { source, .. } => Some(source.into()),
            TvError::Tls(source) => Some(source.into()),
            TvError::Transport { source, .. } => Some(source.into()),
            TvError::Body { source, .. } => Some(source.into()),
            TvError::BadReply { source, .. } => Some(source.into()),
            _ => None,
        };
        Self::PlexTv {
            what,
            kind,
            hint,
            source,
        }
    }
}
