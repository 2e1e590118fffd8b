//! What can go wrong with a Plex server or with plex.tv, in words a user can act on.

use base::Kind;

/// A cause that is worth printing after our own words.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Every message is one line, names who it is about (`plex "attic": …`) and holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used.
    #[error("{who}: {what}")]
    Config {
        who: String,
        what: String,
        hint: Option<String>,
    },
    /// A request to a server failed, or brought something else than it should.
    #[error("{who}: {what}")]
    Request {
        who: String,
        what: String,
        kind: Kind,
        hint: Option<String>,
        #[source]
        source: Option<Cause>,
    },
    /// plex.tv refused, or did not know what was asked for.
    #[error("plex.tv: {what}")]
    PlexTv {
        what: String,
        kind: Kind,
        hint: Option<String>,
        #[source]
        source: Option<Cause>,
    },
}

impl Error {
    /// What sort of failure it is; decides what is tried next, and is a metric label.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Config { .. } => Kind::Config,
            Self::Request { kind, .. } | Self::PlexTv { kind, .. } => *kind,
        }
    }

    /// What the user can do about it, if we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config { hint, .. } | Self::Request { hint, .. } | Self::PlexTv { hint, .. } => {
                hint.clone()
            }
        }
    }
}
