//! What waits to be sent: memory first, then segments on disk.
//!
//! One queue, oldest first: everything on disk is older than everything in memory. While sending works nothing
//! touches the disk; from the first failure on ([`Queue::hold`]) every batch goes there as soon as it comes, so that a
//! kill loses nothing, until all of it was sent.

mod folder;
mod queue;
mod read;
mod segment;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::path::PathBuf;

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
    /// Segments go here; made when needed. Nothing outlives the process without it.
    pub dir: Option<PathBuf>,
    pub memory_bytes: usize,
    /// On disk; beyond it the oldest segment goes.
    pub disk_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the spool {path}: {what}")]
pub struct SpoolError {
    pub path: PathBuf,
    pub what: &'static str,
    #[source]
    pub source: std::io::Error,
}
