//! What waits to be sent: memory first, then segments on disk.
//!
//! One queue, oldest first: everything on disk is older than everything in memory. While sending works nothing
//! touches the disk; from the first failure on ([`Queue::hold`]) every batch goes there as soon as it comes, so that a
//! kill loses nothing, until all of it was sent.
//!
//! On disk means: `write(2)` returned, so a killed process loses nothing; what a loss of power may take is what was
//! written since the current segment was begun, a megabyte at most (`folder.rs`). After a kill little is sent again,
//! which harms nothing: a point is its series and its time.
//!
//! While the disk takes nothing, what waits stays in memory, and beyond the bound on that the oldest of it goes; what
//! is on disk already is kept, because giving it up would not make room in memory.

mod folder;
mod queue;
mod read;
mod segment;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::path::{Path, PathBuf};

pub use queue::{Queue, Taken};

/// Some points, ready to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Whole lines, each ended by a line feed.
    pub lines: Vec<u8>,
    pub points: u32,
    /// Time of the oldest point, nanoseconds since 1970.
    pub oldest_ns: i64,
}

/// Bounds of a [`Queue`].
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Segments go here; made when the queue is opened. Nothing outlives the process without it.
    pub dir: Option<PathBuf>,
    /// Beyond half of it what waits goes to disk; beyond all of it the oldest in memory goes for good.
    pub memory_bytes: usize,
    /// On disk, as it is stored there; beyond it the oldest segment goes. With 0 nothing is written.
    pub disk_bytes: u64,
}

/// Files with points that wait in the directory of a spool which is not opened.
pub(crate) fn files_in(dir: &Path) -> usize {
    folder::names(dir).map_or(0, |seqs| seqs.len())
}

#[derive(Debug, thiserror::Error)]
#[error("the spool {path}: {what}")]
pub struct SpoolError {
    pub path: PathBuf,
    pub what: &'static str,
    #[source]
    pub source: std::io::Error,
}
