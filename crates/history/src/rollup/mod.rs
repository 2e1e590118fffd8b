//! Sums kept beside the plays, so that no graph scans the history.

mod play;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use crate::Error;
use crate::columns::Columns;

pub(crate) use play::NewPlay;

/// True if the sums hold for what the history holds, in `tz`. If not they must be rebuilt; until then questions are
/// answered by a pass over the columns.
pub(crate) fn is_current(_conn: &Connection, _tz: &TimeZone) -> Result<bool, Error> {
    Ok(false)
}

/// Brings the sums up to date with `added`, within the transaction that keeps these plays. `columns` are as before it.
///
/// Does nothing while the sums are stale.
pub(crate) fn update(
    _conn: &Connection,
    _columns: &Columns,
    _added: &[NewPlay],
    _tz: &TimeZone,
) -> Result<(), Error> {
    Ok(())
}

/// Makes all sums anew and marks them as current. Within a transaction of the caller.
pub(crate) fn rebuild(_conn: &Connection, _columns: &Columns, _tz: &TimeZone) -> Result<(), Error> {
    Ok(())
}

/// What differs between the sums and the plays, some lines at most; empty is well.
pub(crate) fn compare(_conn: &Connection, _columns: &Columns, _tz: &TimeZone) -> Result<Vec<String>, Error> {
    Ok(Vec::new())
}
