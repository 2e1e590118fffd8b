//! What is on the air.

use model::Text;
use model::iptv::Feed;

use super::super::wire;
use super::Names;

/// What one look makes worth asking for. All in order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dispatcharr) struct OnAir {
    /// Ids of live channels and previews: whom details and Redis are asked about.
    pub(in crate::dispatcharr) live: Vec<Text>,
    /// UUIDs of channels, of programmes of the past too.
    pub(in crate::dispatcharr) channels: Vec<Text>,
    /// Numbers of the streams that feed them.
    pub(in crate::dispatcharr) streams: Vec<i64>,
    /// Sessions of films.
    pub(in crate::dispatcharr) vod: Vec<Text>,
}

/// See [`OnAir`].
pub(in crate::dispatcharr) fn on_air(_stats: &wire::Stats) -> OnAir {
    OnAir::default()
}

/// Every feed of one look, in the manager's order.
pub(in crate::dispatcharr) fn feeds(_stats: &wire::Stats, _names: &Names) -> Vec<Feed> {
    Vec::new()
}
