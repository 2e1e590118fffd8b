//! Steps from an older database to today's, forwards only.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use rusqlite::{Connection, params};

use super::backup;
use crate::Error;

/// One step. It never changes once it was released: what was applied is compared by checksum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Migration {
    /// From 1, without gaps; the schema's number after this step.
    pub(super) number: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "0001_history",
        sql: include_str!("migrations/0001_history.sql"),
    },
    Migration {
        number: 2,
        name: "0002_iptv",
        sql: include_str!("migrations/0002_iptv.sql"),
    },
    Migration {
        number: 3,
        name: "0003_library_size",
        sql: include_str!("migrations/0003_library_size.sql"),
    },
];

impl Migration {
    /// Line ends do not count, which a checkout may change.
    fn checksum(&self) -> String {
        let sql = self.sql.replace('\r', "");
        digest(&SHA256, sql.as_bytes())
            .as_ref()
            .iter()
            .fold(String::new(), |mut hex, byte| {
                // Writing to a String cannot fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

const APPLIED: &str = "CREATE TABLE schema_migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_ms INTEGER NOT NULL
) STRICT";

const DOING: &str = "bringing the history's tables up to date";

/// Applies what is missing, each step in a transaction of its own. Before the first step on a database that holds
/// something, a copy of it is put beside it.
pub(super) fn migrate(conn: &mut Connection, path: &Path, steps: &[Migration]) -> Result<(), Error> {
    let found = check(conn, path, steps)?;
    let missing: Vec<_> = steps.iter().filter(|step| step.number > found).collect();
    if let (Some(first), true) = (missing.first(), found > 0) {
        let copy = copy_path(path, first);
        tracing::info!(copy = %copy.display(), "copying the history before its tables change");
        backup::replace(conn, &copy)?;
    }
    for step in missing {
        apply(conn, step)?;
        tracing::info!(
            step = step.name,
            "the history's tables are up to date with this step"
        );
    }
    Ok(())
}

/// The number of the last step applied to a database that is ours; 0 for an empty one. Others are refused.
pub(super) fn check(conn: &Connection, path: &Path, steps: &[Migration]) -> Result<i64, Error> {
    let known = steps.last().map_or(0, |last| last.number);
    let found: i64 = one(conn, "PRAGMA user_version")?;
    if found > known {
        let path = path.to_owned();
        return Err(Error::FromTheFuture { path, found, known });
    }
    if found != 0 {
        compare(conn, steps, found)?;
    } else if one::<i64>(conn, "SELECT count(*) FROM sqlite_schema")? != 0 {
        return Err(Error::damaged("it is the database of another program".to_owned()));
    }
    Ok(found)
}

/// `history.db.before-0002`.
fn copy_path(path: &Path, first: &Migration) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".before-{:04}", first.number));
    path.with_file_name(name)
}

/// Refuses a database to which other steps were applied than ours.
fn compare(conn: &Connection, steps: &[Migration], found: i64) -> Result<(), Error> {
    let mut statement = conn
        .prepare("SELECT number, name, checksum FROM schema_migration ORDER BY number")
        .map_err(|_| Error::damaged("it is the database of another program".to_owned()))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let applied: Vec<(i64, String, String)> = rows.and_then(Iterator::collect).map_err(Error::sql(DOING))?;
    let ours = steps.iter().filter(|step| step.number <= found);
    let ours: Vec<_> = ours
        .map(|step| (step.number, step.name.to_owned(), step.checksum()))
        .collect();
    if applied == ours {
        return Ok(());
    }
    let differs = ours.iter().zip(&applied).find(|(ours, applied)| ours != applied);
    let name = differs.map_or("a step", |(ours, _)| ours.1.as_str());
    Err(Error::damaged(format!(
        "its tables were made by another version of {name} than this program's"
    )))
}

fn apply(conn: &mut Connection, step: &Migration) -> Result<(), Error> {
    let tx = conn.transaction().map_err(Error::sql(DOING))?;
    if step.number == 1 {
        tx.execute_batch(APPLIED).map_err(Error::sql(DOING))?;
    }
    tx.execute_batch(step.sql).map_err(Error::sql(DOING))?;
    let broken: i64 = one(&tx, "SELECT count(*) FROM pragma_foreign_key_check")?;
    if broken != 0 {
        return Err(Error::damaged(format!(
            "{broken} rows point to nothing after {}",
            step.name
        )));
    }
    let note = "INSERT INTO schema_migration (number, name, checksum, applied_ms)
                VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER))";
    tx.execute(note, params![step.number, step.name, step.checksum()])
        .map_err(Error::sql(DOING))?;
    tx.pragma_update(None, "user_version", step.number)
        .map_err(Error::sql(DOING))?;
    tx.commit().map_err(Error::sql(DOING))
}

fn one<T: rusqlite::types::FromSql>(conn: &Connection, sql: &str) -> Result<T, Error> {
    conn.query_row(sql, [], |row| row.get(0))
        .map_err(Error::sql(DOING))
}

#[cfg(test)]
mod tests;
