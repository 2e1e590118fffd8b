//! The one connection that writes.

use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;

use super::intern::Memory;
use super::stored::get_meta;
use super::{Txn, meta};
use crate::columns::Columns;
use crate::{Error, Settings, rollup};

/// An open file that has no writer yet.
#[derive(Debug)]
pub(crate) struct Opened {
    conn: Connection,
    settings: Settings,
    last_id: u32,
}

impl Opened {
    pub(super) fn new(conn: Connection, settings: &Settings, columns: &Columns) -> Result<Self, Error> {
        let pruned: Option<u32> = get_meta(&conn, meta::LAST_ID)?.and_then(|id| id.parse().ok());
        let last = columns.rows().next_back().map(|row| columns.id(row));
        Ok(Self {
            conn,
            settings: settings.clone(),
            last_id: pruned.max(last).unwrap_or(0),
        })
    }

    pub(crate) fn sharing(self, columns: Arc<RwLock<Columns>>) -> Writer {
        Writer {
            conn: self.conn,
            columns,
            settings: self.settings,
            memory: Memory::default(),
            last_id: self.last_id,
        }
    }
}

/// What the writer thread holds.
#[derive(Debug)]
pub(crate) struct Writer {
    conn: Connection,
    columns: Arc<RwLock<Columns>>,
    settings: Settings,
    memory: Memory,
    /// Highest id of a play ever given.
    last_id: u32,
}

impl Writer {
    /// Runs `change` in one transaction. Commit and columns change together, while readers wait.
    pub(crate) fn transact<T>(
        &mut self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let answer = self.try_transact(change);
        if answer.is_err() {
            self.memory.forget();
        }
        answer
    }

    fn try_transact<T>(&mut self, change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let doing = "beginning a change of the history";
        let tx = self.conn.transaction().map_err(Error::sql(doing))?;
        let (answer, staged) = {
            let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
            let mut txn = Txn::new(&tx, &columns, &self.settings, &mut self.memory, self.last_id);
            let answer = change(&mut txn)?;
            (answer, txn.finish()?)
        };
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        tx.commit()
            .map_err(Error::sql("committing a change of the history"))?;
        self.last_id = staged.last_id;
        if let Err(bad) = staged.apply(&mut columns) {
            // What is kept counts; the columns only repeat it.
            tracing::error!(error = %bad, "the columns lost step with the history: loading them again");
            *columns = super::load::load(&self.conn, &self.settings)?;
        }
        Ok(answer)
    }

    /// Makes the roll-ups anew; readers go on meanwhile.
    pub(crate) fn rebuild_rollups(&mut self) -> Result<(), Error> {
        let doing = "making the roll-ups anew";
        let tx = self.conn.transaction().map_err(Error::sql(doing))?;
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        rollup::rebuild(&tx, &columns, &self.settings.time_zone)?;
        drop(columns);
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        tx.commit().map_err(Error::sql(doing))?;
        columns.touch();
        Ok(())
    }

    pub(crate) fn close(self) {
        drop(self);
    }
}
