//! A play: one item on one client from start to end, and the counters that outlive it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::iptv::{CarriedIptv, FeedRun, Viewing};
use crate::{
    Decision, LibraryRef, MediaKind, Network, PlayId, Reason, Session, SourceId, State, Text, Timestamp,
};

/// One play, open or ended. Clones share the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    pub id: PlayId,
    pub source: SourceId,
    pub started_at: Timestamp,
    /// Position when we first saw it: above 0 if it began before we did, or was resumed.
    pub started_position_ms: Option<u64>,
    /// Set when the play is over. The last moment it is known to have run.
    pub ended_at: Option<Timestamp>,
    /// The newest look, refined by hints.
    pub session: Arc<Session>,
    pub totals: PlayTotals,
    /// Oldest first; the last one is running. At least one.
    pub segments: Arc<Vec<Segment>>,
    /// Last moment the play was confirmed by a look or a hint.
    pub seen_at: Timestamp,
    /// Whether it has been added to the counters yet. Until then all its time waits in `totals`.
    pub counted: bool,
}

impl Play {
    /// The state to show.
    pub fn state(&self) -> State {
        if self.ended_at.is_some() {
            State::Stopped
        } else {
            self.session.state
        }
    }
}

/// Wall-clock time in each state, counted only while the server was known to be up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayTotals {
    pub played_ms: u64,
    pub paused_ms: u64,
    pub buffering_ms: u64,
    /// Delivered bit rate × played time; an estimate, absent while no bit rate was ever known.
    pub estimated_bytes: Option<u64>,
}

/// A stretch of one play with one quality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub started_at: Timestamp,
    pub decision: Option<Decision>,
    pub resolution: Option<Text>,
    pub bitrate_bps: Option<u64>,
    pub video_codec: Option<Text>,
    pub audio_codec: Option<Text>,
    pub reasons: Vec<Reason>,
    /// Played time within this segment.
    pub played_ms: u64,
}

/// What play counters are split by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CounterKey {
    pub library: Option<LibraryRef>,
    pub user: Option<Text>,
    pub media: MediaKind,
    pub live: bool,
    pub decision: Option<Decision>,
}

/// Sums that only grow; where a history is kept, also across restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub plays: u64,
    pub played_ms: u64,
    pub paused_ms: u64,
    pub buffering_ms: u64,
}

/// Counters by key; shared, and copied only when one changes.
pub type CounterMap = BTreeMap<CounterKey, Counters>;

/// What an earlier process knew of one server: its next begins here.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    pub source: SourceId,
    /// Open when it was last written down. Nobody vouches for the time since `seen_at`.
    pub plays: Vec<Play>,
    pub counters: CounterMap,
    /// As in [`crate::ServerSnapshot`].
    pub estimated_bytes: u64,
    /// As in [`crate::ServerSnapshot`].
    pub transmitted_bytes: Option<BTreeMap<Network, u64>>,
    /// Stream managers only.
    pub iptv: Option<CarriedIptv>,
}

/// What is over, on its way to whoever keeps it.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    Play(Arc<Play>),
    Run(Arc<FeedRun>),
    Viewing(Arc<Viewing>),
}
