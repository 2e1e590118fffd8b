//! Identifiers as types of their own, so that a rating key never stands where a session key should.

use std::fmt;

use crate::Text;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Text);

        impl $name {
            pub fn new(text: impl Into<Text>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

id!(
    /// One watched server, as named in our configuration; unique in the process.
    SourceId
);
id!(
    /// A server's own name of a running playback. Plex: a small counter that restarts from 1 with the server.
    SessionKey
);
id!(
    /// A server's own id of a library (Plex: section id).
    LibraryId
);
id!(
    /// A manager's own name of a feed. Dispatcharr: the channel's UUID, a stream's hash (64 hex digits) for a preview,
    /// a session id for a film or a programme of the past.
    FeedKey
);
id!(
    /// One run for ever: source, feed and start, as [`crate::PlayId`].
    RunId
);
id!(
    /// One viewing for ever: source, client and start.
    ViewingId
);
id!(
    /// One play for ever: source, session key and start, `attic-203-1763700000123`.
    PlayId
);

impl PlayId {
    /// `started_ms`: milliseconds since 1970, UTC.
    pub fn of(source: &SourceId, key: &SessionKey, started_ms: i64) -> Self {
        Self::new(format!("{source}-{key}-{started_ms}"))
    }
}

impl RunId {
    /// `started_ms`: milliseconds since 1970, UTC.
    pub fn of(source: &SourceId, feed: &FeedKey, started_ms: i64) -> Self {
        Self::new(format!("{source}-{feed}-{started_ms}"))
    }
}

impl ViewingId {
    /// `started_ms`: milliseconds since 1970, UTC.
    pub fn of(source: &SourceId, client_id: &str, started_ms: i64) -> Self {
        Self::new(format!("{source}-{client_id}-{started_ms}"))
    }
}
