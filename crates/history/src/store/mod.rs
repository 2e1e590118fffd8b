//! The database file: opening, the writer's transactions, readers.

mod digest;
mod fields;
mod groups;
mod intern;
mod load;
pub(crate) mod meta;
mod staged;
mod stored;
mod txn;
mod words;
mod writer;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::columns::Columns;
use crate::{Error, Settings};

pub use stored::{ServerRow, StoredPlay};
pub use txn::{Added, Txn};
pub(crate) use writer::{Opened, Writer};

/// Within the data directory.
pub(crate) const FILE_NAME: &str = "history.db";

const SCHEMA: &str = include_str!("migrations/0001_history.sql");

/// Statements that a connection keeps ready.
const STATEMENTS: usize = 96;

/// Opens or creates the file; returns the writer to be and everything it holds as columns.
pub(crate) fn open(path: &Path, settings: &Settings) -> Result<(Opened, Columns), Error> {
    let conn = Connection::open(path).map_err(Error::sql("opening the history"))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        .map_err(Error::sql("preparing the history"))?;
    let is_new: bool = conn
        .query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
        .map_err(Error::sql("opening the history"))?;
    if is_new {
        conn.execute_batch(SCHEMA)
            .map_err(Error::sql("making the tables of the history"))?;
    }
    let columns = load::load(&conn, settings)?;
    Ok((Opened::new(conn, settings, &columns)?, columns))
}

/// A connection that can only read.
pub(crate) fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(Error::sql("opening the history to read"))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}
