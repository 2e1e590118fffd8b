//! Feeds and viewers of a stream manager over time.

use std::sync::Arc;

use model::iptv::{Feed, Inventory};
use model::{Event, ServerSnapshot};

use crate::look::Moment;

/// What is needed to follow feeds and is not published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracks {}

impl Tracks {
    /// Applies a full look.
    pub(crate) fn look(
        &mut self,
        _server: &mut ServerSnapshot,
        _feeds: Vec<Feed>,
        _moment: Moment,
        _events: &mut Vec<Event>,
    ) {
    }
}

/// Keeps what a manager has. True if it changed.
pub(crate) fn take_inventory(server: &mut ServerSnapshot, inventory: Arc<Inventory>) -> bool {
    let iptv = Arc::make_mut(server.iptv.get_or_insert_default());
    let changed = iptv.inventory.as_ref() != Some(&inventory);
    iptv.inventory = Some(inventory);
    changed
}
