//! The database file: opening, the writer's transactions, readers.

mod backup;
mod digest;
mod fields;
mod groups;
mod intern;
pub(crate) mod iptv;
mod load;
mod lock;
pub(crate) mod meta;
mod migrate;
mod open;
mod staged;
mod stored;
#[cfg(test)]
mod tests;
mod txn;
mod upkeep;
mod words;
mod writer;

pub(crate) use open::{at_one_moment, open, reader};
pub use stored::{ServerRow, StoredPlay};
pub use txn::{Added, Txn};
pub use upkeep::{ExportFormat, PrunePolicy, PruneReport, Stats, VerifyReport, restore};
pub(crate) use writer::Writer;

/// Within the data directory.
pub(crate) const FILE_NAME: &str = "history.db";
