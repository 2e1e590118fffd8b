//! Sums kept beside the plays, so that no graph scans the history.
//!
//! Every sum is kept per bucket of time. A window adds up some thirty buckets at most ([`ladder`]), and the rows of
//! the one day its beginning cuts ([`window`]). That grouped plays can be added up at all is the rule in [`shares`].
//! Concurrency per day is in [`peak`]. What the last plays changed waits beside the buckets ([`tail`]).
//!
//! The sums change in the transaction that adds a play ([`update()`]), can be made anew ([`rebuild`]) and compared
//! with the plays ([`compare`]): equal plays, equal bytes.

mod build;
pub(crate) mod cells;
pub(crate) mod family;
mod ladder;
pub(crate) mod names;
pub(crate) mod peak;
mod play;
mod shares;
mod tail;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod update;
pub(crate) mod window;

use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension};

use crate::Error;
use crate::columns::Columns;

pub(crate) use build::calendar as calendar_of;
pub(crate) use play::NewPlay;

/// For errors.
const DOING: &str = "keeping the sums of the history";

/// In `meta`: what the sums hold for, or another word while they do not.
const META: &str = "rollups";

/// Raised when the meaning of a key or of bytes changes.
const FORMAT: u32 = 2;

fn mark(zone: &TimeZone) -> String {
    // Without a name its rules are its name.
    let name = zone
        .iana_name()
        .map_or_else(|| format!("{zone:?}"), ToOwned::to_owned);
    format!("{FORMAT} {name}")
}

/// True if the sums hold for what the history holds, in `zone`. If not they must be rebuilt; until then questions are
/// answered by a pass over the columns.
pub(crate) fn is_current(conn: &Connection, zone: &TimeZone) -> Result<bool, Error> {
    let found: Option<String> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .and_then(|mut select| select.query_row([META], |row| row.get(0)).optional())
        .map_err(Error::sql(DOING))?;
    Ok(found.is_some_and(|found| found == mark(zone)))
}

/// Brings the sums up to date with `added`, within the transaction that keeps these plays. `columns` are as before it.
///
/// Does nothing while the sums are stale.
pub(crate) fn update(
    conn: &Connection,
    columns: &Columns,
    added: &[NewPlay],
    zone: &TimeZone,
) -> Result<(), Error> {
    if added.is_empty() || !is_current(conn, zone)? {
        return Ok(());
    }
    update::update(conn, columns, added, zone)
}

/// Makes all sums anew and marks them as current. Within a transaction of the caller.
pub(crate) fn rebuild(conn: &Connection, columns: &Columns, zone: &TimeZone) -> Result<(), Error> {
    conn.execute_batch("DELETE FROM rollup; DELETE FROM peak;")
        .map_err(Error::sql(DOING))?;
    build::build(conn, columns, zone, names::Unknown::Keep, &mut build::Write(conn))?;
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [META, &mark(zone)],
    )
    .map(drop)
    .map_err(Error::sql(DOING))
}

/// What differs between the sums and the plays, some lines at most; empty is well.
pub(crate) fn compare(conn: &Connection, columns: &Columns, zone: &TimeZone) -> Result<Vec<String>, Error> {
    let mut compare = build::Compare::new(conn);
    build::build(conn, columns, zone, names::Unknown::Lend, &mut compare)?;
    let mut differences = compare.end()?;
    if !is_current(conn, zone)? {
        differences.push(format!("the sums are not marked as those of {}", mark(zone)));
    }
    Ok(differences)
}
