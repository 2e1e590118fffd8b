//! What the manager has.

use model::iptv::Inventory;

use super::super::redis::Extras;
use super::super::wire;

/// What was asked for and answered.
#[derive(Debug, Default)]
pub(in crate::dispatcharr) struct Parts {
    /// All channels.
    pub(in crate::dispatcharr) channels: Option<u64>,
    pub(in crate::dispatcharr) groups: Option<Vec<wire::Group>>,
    pub(in crate::dispatcharr) accounts: Option<Vec<wire::Account>>,
    pub(in crate::dispatcharr) epg_sources: Option<Vec<wire::EpgSource>>,
    pub(in crate::dispatcharr) users: Option<Vec<wire::User>>,
    /// All rows of all pages.
    pub(in crate::dispatcharr) channel_list: Option<Vec<wire::ChannelRow>>,
    pub(in crate::dispatcharr) plugins: Option<Vec<wire::Plugin>>,
}

/// What was answered, in the model's words. Rows without a number are left out.
pub(in crate::dispatcharr) fn inventory(_parts: &Parts) -> Inventory {
    Inventory::default()
}

/// The same with the manager's own counters as they are now; `None` if they are as they were. Without Redis, or if it
/// does not answer, they are absent.
pub(in crate::dispatcharr) fn with_reserved(_inventory: &Inventory, _extras: &Extras) -> Option<Inventory> {
    None
}
