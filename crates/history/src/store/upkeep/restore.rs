//! Putting a copy back.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::super::{FILE_NAME, backup, lock, migrate, open};
use super::{log_path, with_suffix};
use crate::Error;

const DOING: &str = "reading the copy of the history";

/// Puts the copy `from` in the place of the history in `dir`, which nobody may have open. What stood there stays
/// beside it as `history.db.replaced-1`, `-2`…
pub fn restore(dir: &Path, from: &Path) -> Result<(), Error> {
    open::make_dir(dir)?;
    let _lock = lock::take(dir)?;
    let path = dir.join(FILE_NAME);
    let part = with_suffix(&path, ".restored");
    let taken = take(from, &part);
    if taken.is_err() {
        // The error that matters is the first one.
        let _ = backup::remove(&part);
    }
    taken.map_err(|e| e.at(from))?;
    put(&path, &part).map_err(|source| Error::File {
        doing: "putting a copy in the place of",
        path,
        source,
    })
}

/// Copies `from`, with its log if it has one, and looks whether it is whole.
fn take(from: &Path, part: &Path) -> Result<(), Error> {
    if !from.is_file() {
        let path = from.to_owned();
        let source = std::io::ErrorKind::NotFound.into();
        return Err(Error::File {
            doing: DOING,
            path,
            source,
        });
    }
    open::check_header(from)?;
    let conn =
        Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(Error::sql(DOING))?;
    migrate::check(&conn, from, migrate::MIGRATIONS)?;
    backup::replace(&conn, part)?;
    let copy = Connection::open(part).map_err(Error::sql(DOING))?;
    let whole: String = copy
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(Error::sql(DOING))?;
    if whole != "ok" {
        return Err(Error::damaged(whole));
    }
    // Reading it may have left a log, which must not meet another file of that name.
    copy.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(Error::sql(DOING))?;
    drop(copy);
    Ok(())
}

/// Swaps the files. The log of the old one goes first: `SQLite` would apply it to the new one.
fn put(path: &Path, part: &Path) -> std::io::Result<()> {
    if path.exists() {
        let aside = aside(path);
        backup::remove(&aside)?;
        if log_path(path).exists() {
            std::fs::rename(log_path(path), log_path(&aside))?;
        }
        // A second name, so that at every moment there is a history.
        std::fs::hard_link(path, &aside).or_else(|_| std::fs::copy(path, &aside).map(drop))?;
    }
    backup::remove(&with_suffix(path, "-shm"))?;
    std::fs::rename(part, path)?;
    backup::sync_dir(path)
}

/// Replaced histories that may stand beside each other; beyond this the last one is written over.
const REPLACED: u32 = 1_000;

/// A name that is free.
fn aside(path: &Path) -> PathBuf {
    let name = |n: u32| with_suffix(path, &format!(".replaced-{n}"));
    (1..REPLACED)
        .map(name)
        .find(|name| !name.exists())
        .unwrap_or_else(|| name(REPLACED))
}
