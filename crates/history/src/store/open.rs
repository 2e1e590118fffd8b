//! Opening the file: its folder, its lock, its tables, its columns.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::lock;
use super::migrate::{MIGRATIONS, migrate};
use super::writer::Opened;
use super::{FILE_NAME, load};
use crate::columns::Columns;
use crate::{Error, Settings, rollup};

/// Statements that a connection keeps ready.
const STATEMENTS: usize = 96;

/// Page caches, KiB. Readers fetch some rows of a page of history at a time; numbers come from the columns.
const READER_CACHE_KIB: i32 = 512;
pub(super) const WRITER_CACHE_KIB: i32 = 2048;

/// Beyond this the log is cut when it begins anew.
const LOG_BYTES_KEPT: i64 = 8 << 20;

/// How long a reader waits where `SQLite` itself locks for a moment.
const BUSY: Duration = Duration::from_secs(5);

/// First bytes of every `SQLite` database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

const DOING: &str = "opening the history";
const READING: &str = "reading the history at one moment";

/// Opens or creates the history in `dir`; returns the writer to be and everything it holds as columns.
pub(crate) fn open(dir: &Path, settings: &Settings) -> Result<(Opened, Columns), Error> {
    make_dir(dir)?;
    let lock = lock::take(dir)?;
    let path = dir.join(FILE_NAME);
    let (conn, columns) = open_locked(&path, settings).map_err(|e| e.at(&path))?;
    Ok((Opened::new(conn, lock, settings, &columns)?, columns))
}

fn open_locked(path: &Path, settings: &Settings) -> Result<(Connection, Columns), Error> {
    check_header(path)?;
    let mut conn = writer(path)?;
    migrate(&mut conn, path, MIGRATIONS)?;
    // Steps may rebuild tables that others point to; from here on every row must point to something.
    pragma(&conn, "foreign_keys", true)?;
    let columns = load::load(&conn, settings)?;
    if !rollup::is_current(&conn, &settings.time_zone)? {
        tracing::info!("making the roll-ups anew");
        let doing = "making the roll-ups anew";
        let tx = Transaction::new(&mut conn, TransactionBehavior::Deferred).map_err(Error::sql(doing))?;
        rollup::rebuild(&tx, &columns, &settings.time_zone)?;
        tx.commit().map_err(Error::sql(doing))?;
    }
    Ok((conn, columns))
}

/// Only the owner may look at who watched what.
pub(super) fn make_dir(dir: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| Error::File {
        doing: "making the data directory",
        path: dir.to_owned(),
        source,
    })
}

/// `SQLite` would report a file that is none of its own only at the first question, and less clearly.
pub(super) fn check_header(path: &Path) -> Result<(), Error> {
    let file = |source| Error::File {
        doing: "opening the history",
        path: path.to_owned(),
        source,
    };
    let mut head = Vec::with_capacity(MAGIC.len());
    match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(file(e)),
        Ok(f) => f.take(MAGIC.len() as u64).read_to_end(&mut head).map_err(file)?,
    };
    if head.is_empty() || head == MAGIC {
        return Ok(());
    }
    Err(Error::damaged("it is no database".to_owned()))
}

fn writer(path: &Path) -> Result<Connection, Error> {
    let conn = Connection::open(path).map_err(Error::sql(DOING))?;
    prepare(&conn, WRITER_CACHE_KIB)?;
    let mode: String = conn
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(Error::sql(DOING))?;
    if mode != "wal" {
        return Err(Error::Refused(format!(
            "{} cannot have a write-ahead log (its journal mode stays {mode}): is it on a network share?",
            path.display()
        )));
    }
    pragma(&conn, "synchronous", "NORMAL")?;
    pragma(&conn, "foreign_keys", false)?;
    pragma(&conn, "journal_size_limit", LOG_BYTES_KEPT)?;
    // The writer folds the log into the file itself, when no reader waits for it.
    pragma(&conn, "wal_autocheckpoint", 0)?;
    Ok(conn)
}

/// A connection that can only read.
pub(crate) fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(Error::sql("opening the history to read"))?;
    prepare(&conn, READER_CACHE_KIB)?;
    Ok(conn)
}

/// Runs `question` in one transaction that only reads: alone, each of its statements would lock and unlock the file.
pub(crate) fn at_one_moment<T>(
    conn: &Connection,
    question: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let run = |sql: &str| conn.prepare_cached(sql).and_then(|mut s| s.execute([]));
    run("BEGIN").map_err(Error::sql(READING))?;
    let answer = question();
    // Nothing is lost either way. After some failures `SQLite` has done so itself, and what failed says more.
    let ended = run("ROLLBACK").map_err(Error::sql(READING));
    let answer = answer?;
    ended.map(|_| answer)
}

fn prepare(conn: &Connection, cache_kib: i32) -> Result<(), Error> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.busy_timeout(BUSY).map_err(Error::sql(DOING))?;
    // Without it a statement whose plan looked at a bound value is parsed and planned anew whenever that changes.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(Error::sql(DOING))?;
    // Negative: KiB instead of pages.
    pragma(conn, "cache_size", -cache_kib)?;
    pragma(conn, "mmap_size", 0)?;
    pragma(conn, "temp_store", "MEMORY")
}

pub(super) fn pragma(conn: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), Error> {
    // Some answer with the new value, some with nothing.
    let set = conn.pragma(None, name, value, |_| Ok(()));
    set.map_err(Error::sql(DOING))
}
