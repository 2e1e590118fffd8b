//! Every play kept, every question about them answered.
//!
//! Owns the database and all SQL. One writer thread; readers read.
//!
//! Invariant: `history` asks no server and no network, serialises nothing outwards but exports of whole plays, and is
//! the only room that knows SQL. What it counts, it counts by the pure rules in `rules`, `rollup` and `ask`.

pub mod ask;
pub mod collections;
pub mod columns;
mod error;
pub mod growth;
mod handle;
pub mod import;
pub mod record;
pub mod rollup;
pub mod rules;
mod store;
#[cfg(test)]
mod testing;

pub use error::Error;
pub use handle::{History, Pending, Settings, View};
pub use store::{
    Added, ExportFormat, PrunePolicy, PruneReport, ServerRow, Stats, StoredPlay, Txn, VerifyReport, restore,
};
