//! Feeds and viewers over time, as *live* makes them of looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Channel, Feed, FeedKind, Inventory, ProfileId, Viewer};
use crate::{FeedKey, RunId, SourceId, Text, Timestamp, ViewingId};

/// One feed from start to end. Clones share what is large.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedRun {
    pub id: RunId,
    pub source: SourceId,
    /// As told by the manager if it told, else when it was first seen.
    pub started_at: Timestamp,
    /// Set when it is over. The last moment it is known to have run.
    pub ended_at: Option<Timestamp>,
    /// Last look that confirmed it.
    pub seen_at: Timestamp,
    /// The newest look.
    pub feed: Arc<Feed>,
    pub totals: FeedTotals,
    /// One for each stream and login it was fed from, oldest first; the last one is running. At least one.
    pub segments: Arc<Vec<FeedSegment>>,
    /// Open viewings, ordered by start, then by client.
    pub viewings: Vec<Arc<Viewing>>,
}

impl FeedRun {
    /// How long it has run, as told at the last look. Of a programme of the past no manager tells it: then since it was
    /// first known to run.
    pub fn uptime_ms(&self) -> Option<u64> {
        let own = || self.seen_at.as_millisecond() - self.started_at.as_millisecond();
        match self.feed.kind {
            FeedKind::Timeshift => self.feed.uptime_ms.or_else(|| u64::try_from(own()).ok()),
            FeedKind::Live | FeedKind::Preview | FeedKind::Vod => self.feed.uptime_ms,
        }
    }
}

/// Sums over a run. Time is credited only between two good looks, to what was so at the earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedTotals {
    /// In a state in which viewers get a picture.
    pub active_ms: u64,
    pub buffering_ms: u64,
    /// In state error.
    pub error_ms: u64,
    /// Viewers × time.
    pub viewer_ms: u64,
    /// Most viewers seen at once.
    pub peak_viewers: u32,
    /// Changes to another stream or login while it ran.
    pub failovers: u32,
    /// Times it went into state error.
    pub errors: u32,
    /// From the provider; never goes back while the run lasts. Absent until told.
    pub received_bytes: Option<u64>,
    /// To viewers, where the manager counts them for the feed.
    pub sent_bytes: Option<u64>,
}

/// A stretch of a run on one stream and one login. It ends where the next begins, or with the run. One without a login
/// that has others beside it is a film that stood idle and took no connection; it was not failed over to, nor from.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedSegment {
    pub started_at: Timestamp,
    pub stream_id: Option<i64>,
    pub stream_name: Option<Text>,
    pub stream_index: Option<u32>,
    pub profile: Option<ProfileId>,
    pub profile_name: Option<Text>,
    pub account: Option<Text>,
    /// The login's limit as it was last known while the stretch ran; 0 means none.
    pub max_connections: Option<u32>,
    pub buffering_ms: u64,
    pub error_ms: u64,
    pub received_bytes: u64,
}

/// One viewer of a feed from start to end.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewing {
    pub id: ViewingId,
    pub source: SourceId,
    pub run: RunId,
    pub feed: FeedKey,
    pub kind: FeedKind,
    pub channel: Arc<Channel>,
    /// The login that fed it at the end.
    pub profile: Option<ProfileId>,
    pub account: Option<Text>,
    /// As told if told, else when first seen.
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub seen_at: Timestamp,
    /// The newest look.
    pub viewer: Viewer,
    /// Never goes back; absent until told.
    pub sent_bytes: Option<u64>,
}

/// What views are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewKey {
    pub kind: FeedKind,
    /// Absent for who did not sign in.
    pub user: Option<Text>,
}

/// Sums that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewCounters {
    pub views: u64,
    pub viewed_ms: u64,
}

/// Sums of one login that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderCounters {
    /// Connections × time.
    pub connection_ms: u64,
    /// What came since we watch: nothing of what a run had before our first look, though its total has it.
    pub received_bytes: u64,
    /// Changes away from a stream of this login.
    pub failovers: u64,
    pub buffering_ms: u64,
    /// Times a feed of this login went into state error.
    pub errors: u64,
}

/// Everything of a stream manager at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Iptv {
    pub inventory: Option<Arc<Inventory>>,
    /// Open runs, ordered by start, then by key.
    pub runs: Vec<Arc<FeedRun>>,
    pub providers: Arc<BTreeMap<ProfileId, ProviderCounters>>,
    pub views: Arc<BTreeMap<ViewKey, ViewCounters>>,
}

impl Iptv {
    /// Connections of a login in use, counted from what runs.
    pub fn connections(&self, profile: ProfileId) -> u64 {
        self.runs
            .iter()
            .filter(|r| r.feed.profile == Some(profile))
            .count() as u64
    }
}

/// What an earlier process knew of one stream manager.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CarriedIptv {
    /// Open when last written down, with their open viewings.
    pub runs: Vec<FeedRun>,
    pub providers: BTreeMap<ProfileId, ProviderCounters>,
    pub views: BTreeMap<ViewKey, ViewCounters>,
}
