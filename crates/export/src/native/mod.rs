//! The native families, a file for each thing they describe.

pub(crate) mod history;
pub(crate) mod iptv;
pub(crate) mod iptv_client;
pub(crate) mod iptv_provider;
pub(crate) mod library;
pub(crate) mod own;
pub(crate) mod plays;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod sinks;

use model::{Decision, Item, Network};

use crate::text::Value;

/// False for stream managers: a 0 of theirs would say that nobody watches.
pub(crate) fn has_plays(server: &model::ServerSnapshot) -> bool {
    server.iptv.is_none()
}

/// The label value for what is known to exist but not known closer.
pub(crate) const UNKNOWN: &str = "unknown";

/// `media_type`: the item's kind, except that live television is one kind of its own, whatever is on.
pub(crate) fn media_type(item: &Item) -> &'static str {
    if item.live.is_some() {
        LIVE
    } else {
        item.kind.as_str()
    }
}

pub(crate) const LIVE: &str = "live";

pub(crate) fn decision(decision: Option<Decision>) -> &'static str {
    decision.map_or(UNKNOWN, Decision::as_str)
}

pub(crate) fn network(network: Option<Network>) -> &'static str {
    network.map_or(UNKNOWN, Network::as_str)
}

pub(crate) fn text(text: Option<&model::Text>) -> &str {
    text.map_or("", |t| t)
}

/// Bits to bytes, each a second.
pub(crate) fn bytes_per_second(bps: u64) -> Value {
    Value::Float(bps as f64 / 8.0)
}

pub(crate) fn ratio(ratio: Option<f64>) -> Option<Value> {
    ratio.map(Value::Float)
}

/// A moment as seconds since 1970; moments before that are not ours.
pub(crate) fn seconds_since_1970(at: model::Timestamp) -> Value {
    Value::Millis(u64::try_from(at.as_millisecond()).unwrap_or(0))
}
