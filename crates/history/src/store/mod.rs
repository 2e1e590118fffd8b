//! The database file: opening, the writer's transactions, readers.

mod txn;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::{Connection, OpenFlags};

use crate::columns::Columns;
use crate::{Error, Settings};

pub use txn::Txn;

/// Within the data directory.
pub(crate) const FILE_NAME: &str = "history.db";

const SCHEMA: &str = include_str!("migrations/0001_history.sql");

/// Opens or creates the file; returns the writer to be and everything it holds as columns.
pub(crate) fn open(path: &Path, _settings: &Settings) -> Result<(Opened, Columns), Error> {
    let conn = Connection::open(path).map_err(Error::sql("opening the history"))?;
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        .map_err(Error::sql("preparing the history"))?;
    conn.execute_batch(SCHEMA)
        .map_err(Error::sql("making the tables of the history"))?;
    Ok((Opened { conn }, Columns::default()))
}

/// A connection that can only read.
pub(crate) fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(Error::sql("opening the history to read"))
}

/// An open file that has no writer yet.
#[derive(Debug)]
pub(crate) struct Opened {
    conn: Connection,
}

impl Opened {
    pub(crate) fn sharing(self, columns: Arc<RwLock<Columns>>) -> Writer {
        Writer {
            conn: self.conn,
            columns,
        }
    }
}

/// What the writer thread holds.
#[derive(Debug)]
pub(crate) struct Writer {
    conn: Connection,
    columns: Arc<RwLock<Columns>>,
}

impl Writer {
    /// Runs `change` in one transaction. Commit and columns change together, while readers wait.
    pub(crate) fn transact<T>(
        &mut self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let doing = "beginning a change of the history";
        let tx = self.conn.transaction().map_err(Error::sql(doing))?;
        let (answer, staged) = {
            let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
            let mut txn = Txn::new(&tx, &columns);
            let answer = change(&mut txn)?;
            (answer, txn.finish()?)
        };
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        tx.commit()
            .map_err(Error::sql("committing a change of the history"))?;
        staged.apply(&mut columns);
        Ok(answer)
    }

    pub(crate) fn close(self) {
        drop(self);
    }
}
