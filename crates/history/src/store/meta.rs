//! Names in the `meta` table.

/// State of the roll-ups; [`STALE`] after a change that left them behind.
pub(crate) const ROLLUPS: &str = "rollups";
pub(crate) const STALE: &str = "stale";

/// Highest id of a play ever given, once plays were pruned: their ids are not given again.
pub(super) const LAST_ID: &str = "last_play_id";
