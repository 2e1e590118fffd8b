//! The whole live state at one moment, immutable, shared by all readers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::iptv::Iptv;
use crate::play::CounterMap;
use crate::{
    Activity, Availability, Endpoint, Feature, Health, HostLoad, Library, Link, Network, Play, ServerInfo,
    SourceId, Timestamp, TranscodeCounts, UpdateStatus,
};

/// The kind of a Plex Media Server.
pub const PLEX: &str = "plex";

/// The kind of a Dispatcharr, a stream manager.
pub const DISPATCHARR: &str = "dispatcharr";

/// All servers, in configuration order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Counts publications; equal versions are equal snapshots.
    pub version: u64,
    pub servers: Vec<Arc<ServerSnapshot>>,
}

impl Snapshot {
    pub fn server(&self, id: &SourceId) -> Option<&Arc<ServerSnapshot>> {
        self.servers.iter().find(|s| s.id == *id)
    }

    /// The same without servers of other kinds: what whoever knows only one kind should see.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> Self {
        Self {
            version: self.version,
            servers: self.servers.iter().filter(|s| s.kind == kind).cloned().collect(),
        }
    }

    /// Every open play of every server.
    pub fn plays(&self) -> impl Iterator<Item = &Arc<Play>> {
        self.servers.iter().flat_map(|s| s.plays.iter())
    }
}

/// One server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSnapshot {
    pub id: SourceId,
    /// [`PLEX`] or [`DISPATCHARR`]; `unknown` until a server that was found by discovery has spoken.
    pub kind: &'static str,
    pub health: Health,
    /// Last complete look at what plays.
    pub last_success_at: Option<Timestamp>,
    /// Last look failed; `health` says why. Absent before the first.
    pub last_sessions_ok: Option<bool>,
    pub info: Option<Arc<ServerInfo>>,
    pub libraries: Option<Arc<Vec<Library>>>,
    pub host: Option<HostLoad>,
    /// Bytes sent since we began to watch, by network; absent until the server told any.
    pub transmitted_bytes: Option<BTreeMap<Network, u64>>,
    /// Delivered bit rate × played time over all plays since we began to watch.
    pub estimated_bytes: u64,
    pub transcodes: Option<TranscodeCounts>,
    pub activities: Option<Arc<Vec<Activity>>>,
    pub update: Option<UpdateStatus>,
    /// Only features that were asked for are listed.
    pub features: BTreeMap<Feature, Availability>,
    pub link: Link,
    pub notifications: u64,
    pub endpoints: BTreeMap<Endpoint, EndpointStats>,
    /// Open plays, ordered by start, then by key.
    pub plays: Vec<Arc<Play>>,
    pub counters: Arc<CounterMap>,
    /// Stream managers only; they have no plays.
    pub iptv: Option<Arc<Iptv>>,
}

impl ServerSnapshot {
    /// A server nobody has asked yet.
    pub fn new(id: SourceId, kind: &'static str) -> Self {
        Self {
            id,
            kind,
            health: Health::Unknown,
            last_success_at: None,
            last_sessions_ok: None,
            info: None,
            libraries: None,
            host: None,
            transmitted_bytes: None,
            estimated_bytes: 0,
            transcodes: None,
            activities: None,
            update: None,
            features: BTreeMap::new(),
            link: Link::None,
            notifications: 0,
            endpoints: BTreeMap::new(),
            plays: Vec::new(),
            counters: Arc::default(),
            iptv: (kind == DISPATCHARR).then(Arc::default),
        }
    }

    /// The name to show: the server's own, else ours.
    pub fn name(&self) -> &str {
        self.info
            .as_ref()
            .and_then(|i| i.name.as_deref())
            .unwrap_or(self.id.as_str())
    }
}

/// How requests to one endpoint went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointStats {
    pub requests: u64,
    pub retries: u64,
    /// By `base::Kind::as_str`.
    pub errors: BTreeMap<&'static str, u64>,
    pub last_ok: bool,
    pub last_duration_ms: u64,
    pub last_success_at: Option<Timestamp>,
}
