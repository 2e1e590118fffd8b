//! One change: statements and what they add to the columns.

use rusqlite::Connection;

use crate::Error;
use crate::columns::Columns;

/// A change in progress. What it adds is seen by readers once all of it is kept.
#[derive(Debug)]
pub struct Txn<'a> {
    pub(crate) conn: &'a Connection,
    /// As before this change.
    pub(crate) columns: &'a Columns,
    staged: Staged,
}

/// What a change adds to the columns once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    touched: bool,
}

impl<'a> Txn<'a> {
    pub(crate) fn new(conn: &'a Connection, columns: &'a Columns) -> Self {
        Self {
            conn,
            columns,
            staged: Staged::default(),
        }
    }

    pub(crate) fn finish(self) -> Result<Staged, Error> {
        Ok(self.staged)
    }
}

impl Staged {
    pub(crate) fn apply(self, columns: &mut Columns) {
        if self.touched {
            columns.touch();
        }
    }
}
