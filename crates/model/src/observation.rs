//! What a source says: the only thing that flows from `sources` to `live`.

use std::sync::Arc;

use crate::iptv::{Feed, Inventory};
use crate::{
    Activity, Availability, HostLoad, Library, Link, Network, ServerInfo, Session, SessionKey, SourceId,
    State, Text, Timestamp, TranscodeCounts, UpdateStatus,
};

/// One thing seen at one moment.
#[derive(Clone, Debug)]
pub struct Observation {
    pub source: SourceId,
    /// Wall clock when the answer was complete.
    pub taken_at: Timestamp,
    /// `base::Clock::mono_ms` at the same moment. Spans are computed from this one.
    pub mono_ms: u64,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub enum Body {
    /// The first word of a source: what kind of server it watches. Servers found by discovery appear with it.
    Hello {
        kind: &'static str,
    },
    /// A full look at what plays: whatever is not in it is over. Proves that the server is up.
    /// `asked_mono_ms`: when the request was sent; a stop reported after that is newer than this look.
    Sessions {
        sessions: Vec<Session>,
        asked_mono_ms: u64,
    },
    /// The same of a stream manager: a full look at its feeds and their viewers.
    Feeds {
        feeds: Vec<Feed>,
    },
    Inventory(Arc<Inventory>),
    /// Hints that refine known sessions until the next full look; unknown keys are ignored.
    Hints(Vec<SessionDelta>),
    Info(ServerInfo),
    Libraries(Arc<Vec<Library>>),
    Host(HostLoad),
    /// Bytes sent since the last such observation; nothing is ever told twice.
    Transmitted(Vec<TransmitDelta>),
    Transcodes(TranscodeCounts),
    Activities(Vec<Activity>),
    Update(UpdateStatus),
    Feature(Feature, Availability),
    /// The server cannot be watched at the moment.
    Outage(Outage),
    Link(Link),
    /// How one request went; sent before the body it brought, if any.
    Request(RequestReport),
    /// Notifications received since the last such observation.
    Notifications(u64),
}

/// What a notification said about one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDelta {
    pub key: SessionKey,
    /// If it differs from the play's item, the hint is about another play and is ignored.
    pub rating_key: Option<Text>,
    pub state: Option<State>,
    pub position_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransmitDelta {
    /// [`Network::Lan`] or [`Network::Wan`].
    pub network: Network,
    pub bytes: u64,
}

/// Features that depend on a licence or a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    Resources,
    Bandwidth,
    Transcodes,
    Activities,
    Update,
}

impl Feature {
    pub const ALL: [Self; 5] = [
        Self::Resources,
        Self::Bandwidth,
        Self::Transcodes,
        Self::Activities,
        Self::Update,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resources => "resources",
            Self::Bandwidth => "bandwidth",
            Self::Transcodes => "transcodes",
            Self::Activities => "activities",
            Self::Update => "update",
        }
    }
}

/// Why the server cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// `base::Kind::as_str`.
    pub kind: &'static str,
    /// One line, redacted, fit for a user.
    pub message: Text,
}

/// What is asked of a server; closed, so that it can be a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    Identity,
    Root,
    Sessions,
    Metadata,
    Libraries,
    Counts,
    Resources,
    Bandwidth,
    Transcodes,
    Activities,
    Update,
    /// The connection that carries notifications.
    Notifications,
    /// plex.tv.
    Discovery,
    /// Signing in, and renewing that.
    Login,
    Version,
    /// Feeds and viewers of a stream manager.
    Stats,
    /// One feed with all that is known of it.
    Detail,
    Channels,
    Streams,
    Programmes,
    /// Provider accounts and their logins.
    Accounts,
    Groups,
    Epg,
    Users,
    Plugins,
    /// A stream manager's own store, read only.
    Redis,
}

impl Endpoint {
    pub const ALL: [Self; 26] = [
        Self::Identity,
        Self::Root,
        Self::Sessions,
        Self::Metadata,
        Self::Libraries,
        Self::Counts,
        Self::Resources,
        Self::Bandwidth,
        Self::Transcodes,
        Self::Activities,
        Self::Update,
        Self::Notifications,
        Self::Discovery,
        Self::Login,
        Self::Version,
        Self::Stats,
        Self::Detail,
        Self::Channels,
        Self::Streams,
        Self::Programmes,
        Self::Accounts,
        Self::Groups,
        Self::Epg,
        Self::Users,
        Self::Plugins,
        Self::Redis,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Root => "root",
            Self::Sessions => "sessions",
            Self::Metadata => "metadata",
            Self::Libraries => "libraries",
            Self::Counts => "counts",
            Self::Resources => "resources",
            Self::Bandwidth => "bandwidth",
            Self::Transcodes => "transcodes",
            Self::Activities => "activities",
            Self::Update => "update",
            Self::Notifications => "notifications",
            Self::Discovery => "discovery",
            Self::Login => "login",
            Self::Version => "version",
            Self::Stats => "stats",
            Self::Detail => "detail",
            Self::Channels => "channels",
            Self::Streams => "streams",
            Self::Programmes => "programmes",
            Self::Accounts => "accounts",
            Self::Groups => "groups",
            Self::Epg => "epg",
            Self::Users => "users",
            Self::Plugins => "plugins",
            Self::Redis => "redis",
        }
    }
}

/// The outcome of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestReport {
    pub endpoint: Endpoint,
    pub duration_ms: u64,
    /// `None` on success, else `base::Kind::as_str`.
    pub error: Option<&'static str>,
    /// Tries beyond the first within this request.
    pub retries: u32,
}
