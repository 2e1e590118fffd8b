//! A media server that speaks the real protocol: HTTP in XML and JSON, WebSocket and event-stream notifications.
//!
//! Invariant: nothing here knows the watcher's own types. If the fake and the decoder shared a struct, one
//! misreading of the protocol would satisfy both.

mod catalog;
mod decor;
mod fault;
mod frames;
mod item;
mod item_view;
mod names;
mod picture;
mod playing;
mod requests;
mod seed;
mod server;
mod session_seed;
mod session_view;
mod shelf;
mod stats;
#[cfg(test)]
mod tests;
mod value;
mod world;

pub use crate::fault::FaultId;
pub use fault::{Fault, FaultSpec};
pub(crate) use names::{channel, programme};

pub use item::{Audio, Channel, Hdr, Item, Kind, Subtitle, Version, Video};
pub use requests::RequestSeen;
pub use seed::{Counts, LibraryKind, LibrarySeed, OWNER_TOKEN, Seed, SharedToken};
pub use server::Plex;
pub use session_seed::{
    Conversion, Decision, Delivery, Network, PlayState, Player, Quality, SessionSeed, SubtitleDecision, User,
};
pub use shelf::{CollectionSeed, Element, PlaylistSeed, Promoted, ShelfSeed, Shelved};
pub use stats::HostLoad;
pub use value::{Scalar, Text};
pub use world::{ActivitySeed, DownloadSeed, Release, Restart, World};
