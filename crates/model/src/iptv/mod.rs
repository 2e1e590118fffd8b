//! Stream managers: what they pull from IPTV providers and hand on to viewers.
//!
//! A *feed* is one stream that a manager carries at the moment: a channel on the air, the preview of one stream, a film
//! on demand, a programme of the past. It takes one connection of a *provider profile* (a login of a provider account)
//! however many *viewers* it has. A *run* is one feed from start to end; a *viewing* is one viewer of it from start to
//! end. They are kept apart from plays: behind a viewer may be a media server whose play is counted already.

mod feed;
mod inventory;
mod run;

pub use feed::{Channel, Feed, FeedKind, FeedMedia, FeedState, FeedStream, Programme, Viewer};
pub use inventory::{
    EpgSource, Inventory, ListedChannel, ManagerUser, Plugin, ProfileId, ProviderAccount, ProviderProfile,
};
pub use run::{
    CarriedIptv, FeedRun, FeedSegment, FeedTotals, Iptv, ProviderCounters, ViewCounters, ViewKey, Viewing,
};
