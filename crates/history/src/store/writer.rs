//! The one connection that writes.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;

use super::intern::Memory;
use super::lock::Lock;
use super::stored::get_meta;
use super::{Txn, meta};
use crate::columns::Columns;
use crate::{Error, Settings, rollup};

/// Pages in the log (4 KiB each) from which it is folded into the file once nothing changes for a while, and in any
/// case.
const LOG_PAGES_IDLE: i64 = 1_000;
const LOG_PAGES_BUSY: i64 = 4_000;

/// An open file that has no writer yet.
#[derive(Debug)]
pub(crate) struct Opened {
    conn: Connection,
    lock: Lock,
    settings: Settings,
    last_id: u32,
}

impl Opened {
    pub(super) fn new(
        conn: Connection,
        lock: Lock,
        settings: &Settings,
        columns: &Columns,
    ) -> Result<Self, Error> {
        let pruned: Option<u32> = get_meta(&conn, meta::LAST_ID)?.and_then(|id| id.parse().ok());
        let last = columns.rows().next_back().map(|row| columns.id(row));
        Ok(Self {
            conn,
            lock,
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
            is_log_stuck: false,
            _lock: self.lock,
        }
    }
}

/// What the writer thread holds.
#[derive(Debug)]
pub(crate) struct Writer {
    // Closed before the lock is given back: fields are dropped in this order.
    pub(super) conn: Connection,
    pub(super) columns: Arc<RwLock<Columns>>,
    pub(super) settings: Settings,
    memory: Memory,
    /// Highest id of a play ever given.
    pub(super) last_id: u32,
    /// Folding the log failed, and was told.
    is_log_stuck: bool,
    _lock: Lock,
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
        let doing = "committing a change of the history";
        if staged.is_empty() {
            // Readers need not wait for what the columns do not show, such as the progress of a play.
            tx.commit().map_err(Error::sql(doing))?;
            self.last_id = staged.last_id;
            return Ok(answer);
        }
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        tx.commit().map_err(Error::sql(doing))?;
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

    /// Between changes: folds the log into the file once it is long. Readers are not held up, and one that still reads
    /// an older state only puts off the rest.
    pub(crate) fn tidy(&mut self, is_idle: bool) {
        let limit = if is_idle { LOG_PAGES_IDLE } else { LOG_PAGES_BUSY };
        let folded = self.log_pages("NOOP").and_then(|waiting| {
            if waiting > limit {
                self.log_pages("PASSIVE")
            } else {
                Ok(0)
            }
        });
        match folded {
            Ok(_) => self.is_log_stuck = false,
            Err(e) if !self.is_log_stuck => {
                self.is_log_stuck = true;
                tracing::warn!(error = %e, "the history's log cannot be folded into its file; it grows until it can");
            }
            Err(_) => {}
        }
    }

    /// Pages that stand in the log alone, after a checkpoint of this kind.
    fn log_pages(&self, kind: &str) -> rusqlite::Result<i64> {
        let sql = format!("PRAGMA wal_checkpoint({kind})");
        let mut checkpoint = self.conn.prepare_cached(&sql)?;
        checkpoint.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
    }

    /// After a panic within a change: takes back what is half done.
    pub(crate) fn recover(&mut self) {
        if !self.conn.is_autocommit() {
            // Nothing else can be done if this fails; every later change then says so.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        self.memory.forget();
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        self.columns.clear_poison();
        match super::load::load(&self.conn, &self.settings) {
            Ok(loaded) => *columns = loaded,
            Err(e) => tracing::error!(error = %e, "loading the history again"),
        }
    }

    /// After rows were removed or taken back: what was remembered of them may mean nothing.
    pub(super) fn forget(&mut self) {
        self.memory.forget();
    }

    /// Folds the whole log into the file, waiting for readers for a moment.
    pub(super) fn fold(&self) -> rusqlite::Result<()> {
        self.log_pages("TRUNCATE").map(drop)
    }

    /// The database file.
    pub(super) fn path(&self) -> PathBuf {
        self.conn.path().map(PathBuf::from).unwrap_or_default()
    }

    pub(crate) fn close(self) {
        if let Err(e) = self.fold() {
            tracing::warn!(error = %e, "folding the history's log into its file at the end");
        }
    }
}
