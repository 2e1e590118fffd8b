//! What changed, told to everyone who listens.

use std::sync::Arc;

use crate::iptv::{FeedRun, Viewing};
use crate::{Play, ServerSnapshot};

/// A change of the live state. Whoever misses one reads the snapshot instead.
#[derive(Clone, Debug)]
pub enum Event {
    PlayStarted(Arc<Play>),
    /// State, quality, user or item details changed; mere progress is not told this way.
    PlayChanged(Arc<Play>),
    /// Position and transcoder figures moved on for these plays of one server.
    PlayProgress(Arc<[Arc<Play>]>),
    PlayEnded(Arc<Play>),
    /// Health, identity, libraries, load or link changed.
    ServerChanged(Arc<ServerSnapshot>),
    RunStarted(Arc<FeedRun>),
    /// State, stream, login, viewers or what is shown changed; mere progress is not told.
    RunChanged(Arc<FeedRun>),
    RunEnded(Arc<FeedRun>),
    ViewingEnded(Arc<Viewing>),
}
