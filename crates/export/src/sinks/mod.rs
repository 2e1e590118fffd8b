//! What sends the state of now to other databases by itself: one folder per kind of receiver.
//!
//! Invariant: this is the only part of `export` that does I/O. A sink reads snapshots, never holds up whoever makes
//! them, and never touches another sink. What cannot be sent waits in a [`spool::Queue`], first in memory, then on
//! disk, within bounds; beyond them the oldest goes, and is counted.
//!
//! A sink is a folder and a signature, not a trait: `pub async fn run(config, ctx)`, which sends until cancelled.

mod figures;
pub mod influx;
#[cfg(test)]
mod logged;
pub mod spool;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use base::Clock;
use model::{Snapshot, SourceId, Text, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use figures::{DropReason, SinkFigures, SinkStats};

/// What every sink is given.
#[derive(Clone)]
pub struct Ctx {
    pub clock: Clock,
    pub live: watch::Receiver<Arc<Snapshot>>,
    /// Addresses of the configured servers as the user wrote them; absent for those found at plex.tv.
    pub urls: Arc<BTreeMap<SourceId, Text>>,
    /// What was added to libraries lately; stays empty unless [`influx::Config::wants_additions`].
    pub additions: watch::Receiver<Arc<Vec<Addition>>>,
    /// What the process says about itself, for schemas that carry it.
    pub process: Arc<dyn Fn() -> crate::Process + Send + Sync>,
    pub options: crate::Options,
    /// Directory of this sink's own, where what cannot be sent outlives us; made when it is needed. Without one it
    /// waits in memory alone.
    pub dir: Option<PathBuf>,
    pub stats: SinkStats,
    pub cancel: CancellationToken,
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// An item that was added to a library lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub server: SourceId,
    /// Plex's word: `movie`, `show`, `season`, `episode`, `artist`, `album`…
    pub kind: Text,
    pub title: Option<Text>,
    pub grandparent_title: Option<Text>,
    pub added_at: Option<Timestamp>,
}
