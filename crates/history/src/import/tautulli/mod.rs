//! Taking over the history of a Tautulli: from its database, or row by row from its API.
//!
//! A database of any version since 2.1 will do, plain, zipped, or with a log beside it. It is never changed. Rows
//! keep Tautulli's ids and groups; a row that was taken over before is left as it is, so the same database may be
//! imported again, or one that has grown, or one whose import was cut short.

mod build;
mod cell;
mod file;
mod groups;
mod keep;
mod layout;
mod ours;
mod people;
mod read;
mod run;
mod words;
mod zip;

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;

use base::Clock;
use model::SourceId;

pub use keep::{Kept, Taken, keep, reached};
pub use run::run;

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server the plays are of: Tautulli's history does not say.
    pub server: SourceId,
    /// Copies of the database go here if one is needed; made if missing. Best beside our own store.
    pub scratch: PathBuf,
    /// For rates.
    pub clock: Clock,
    /// Rows per transaction.
    pub chunk_rows: usize,
    /// Largest database that is unpacked, in bytes.
    pub unpacked_limit: u64,
}

impl Options {
    /// Plays of `server`; copies, if any, beside the store in `data_dir`.
    pub fn new(server: SourceId, data_dir: impl Into<PathBuf>, clock: Clock) -> Self {
        Self {
            server,
            scratch: data_dir.into(),
            clock,
            chunk_rows: 4000,
            unpacked_limit: 64 << 30,
        }
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Rows dealt with, of `rows_total`.
    pub rows_done: u64,
    pub rows_total: u64,
    pub elapsed_ms: u64,
    /// Rows are in, sums are being made.
    pub finishing: bool,
}

impl Progress {
    pub fn rows_per_s(&self) -> f64 {
        if self.elapsed_ms == 0 {
            return 0.0;
        }
        self.rows_done as f64 * 1000.0 / self.elapsed_ms as f64
    }

    /// Seconds left at this rate; `None` before there is a rate.
    pub fn left_s(&self) -> Option<f64> {
        let rate = self.rows_per_s();
        let left = self.rows_total.saturating_sub(self.rows_done);
        (rate > 0.0).then(|| left as f64 / rate)
    }
}

/// Who watches an import.
pub trait Watch {
    /// After every transaction. `Break` ends the import; what was written stays, and the next one goes on from there.
    fn progress(&mut self, progress: &Progress) -> ControlFlow<()>;

    /// A row that cannot be kept.
    fn refused(&mut self, refusal: &Refusal);
}

/// Nobody.
impl Watch for () {
    fn progress(&mut self, _: &Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn refused(&mut self, _: &Refusal) {}
}

/// A row that was not taken, by its id in Tautulli.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub id: i64,
    pub why: Why,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.id, self.why)
    }
}

/// Why a row was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Id,
    Start,
    LateStart,
    Metadata,
    MediaInfo,
    Kind(String),
    /// In the words of whoever fetched it.
    Told(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("its id is out of range"),
            Self::Start => f.write_str("it has no start"),
            Self::LateStart => f.write_str("its start lies beyond the year 2106"),
            Self::Metadata => {
                f.write_str("nothing says what was played (no metadata; Tautulli does not show it either)")
            }
            Self::MediaInfo => f.write_str(
                "nothing says how it was played (no media info; Tautulli does not show it either)",
            ),
            Self::Told(why) => f.write_str(why),
            Self::Kind(kind) if kind.is_empty() => {
                f.write_str("it does not say what kind of thing was played")
            }
            Self::Kind(kind) => write!(f, "\"{}\" is not kept in histories", kind.escape_debug()),
        }
    }
}

/// Refusals kept in a report; all of them are counted.
const REFUSALS_KEPT: usize = 1000;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The Tautulli that wrote the database; absent before 2.6.11.
    pub version: Option<String>,
    pub added: u64,
    /// Were there already, and were looked at again.
    pub known: u64,
    /// Were taken over earlier, and were not looked at again.
    pub skipped: u64,
    pub refused: u64,
    /// The first thousand of them.
    pub refusals: Vec<Refusal>,
    pub people: u64,
    pub libraries: u64,
    pub elapsed_ms: u64,
    /// The watcher ended it.
    pub stopped: bool,
}
