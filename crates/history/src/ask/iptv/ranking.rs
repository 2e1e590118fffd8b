//! Which channels were watched most.

use model::iptv::FeedKind;
use model::{SourceId, Text};

use super::Filter;
use crate::{Error, View};

/// What places are given by; more comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    #[default]
    ViewerTime,
    Views,
    OnAir,
    Failovers,
    Buffering,
    Bytes,
}

/// One channel, film or stream.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelRank {
    pub server: SourceId,
    /// The UUID of the channel or film where it is known, else the feed's key.
    pub key: Text,
    pub kind: FeedKind,
    /// Name, number and group as last told.
    pub name: Option<Text>,
    pub number: Option<f64>,
    pub group: Option<Text>,
    /// Films on demand: of the show.
    pub series: Option<Text>,
    /// Viewings in the window.
    pub views: u64,
    /// Different users; who did not sign in is told apart by address, or else by connection.
    pub viewers: u64,
    /// Viewers × time.
    pub viewed_ms: u64,
    pub on_air_ms: u64,
    /// Most viewers at once.
    pub peak_viewers: u32,
    /// Changes to another stream or login.
    pub failovers: u64,
    pub errors: u64,
    pub buffering_ms: u64,
    /// From the provider, by the start of the stretch; absent if none was told.
    pub bytes: Option<u64>,
    /// The last moment in the window at which it ran or was watched.
    pub last_at_ms: i64,
}

/// The first `limit` channels; equal ones by name, then by key.
pub fn ranking(
    _view: &View<'_>,
    _filter: &Filter,
    _order: Order,
    _limit: usize,
) -> Result<Vec<ChannelRank>, Error> {
    Err(Error::Closed)
}
