//! What the last plays changed, beside the buckets it belongs to.
//!
//! One play changes some fifty buckets, and a bucket is one packed row: adding the play to all of them would read and
//! write a hundred times what it says. So the changes of a few plays are kept as they are, one small row for each
//! change of the history, and questions add them up with the buckets. Every [`FOLDED_AT`] of them go into the buckets
//! at once.
//!
//! They stand in the table of the buckets, under a family that is none.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::DOING;
use super::cells::{Cells, Sums, Torn, put, take, unpack, unzigzag, zigzag};
use super::family::Family;
use super::ladder::{LEVELS, Place, bucket_of, change_bucket, torn};
use crate::Error;

/// In the place of a family.
pub(crate) const CODE: u8 = 0;

/// Rows that wait at most; the change that adds this one puts all of them into their buckets. A question reads them
/// all, some tenths of a microsecond each.
const FOLDED_AT: i64 = if cfg!(test) { 5 } else { 128 };

/// A change of more plays goes into the buckets at once.
pub(crate) const PLAYS: usize = if cfg!(test) { 6 } else { 32 };

/// Changes by place: days of UTC for what is kept by the stop, buckets of the calendar for what is kept by the start.
/// All are of level 0; those above follow.
pub(crate) type Changes = BTreeMap<Place, Cells>;

/// Keeps `changes`, within a transaction of the caller.
pub(crate) fn push(conn: &Connection, changes: &Changes) -> Result<(), Error> {
    let bytes = pack(changes);
    if bytes.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO rollup (family, level, bucket, cells)
               SELECT ?1, 0, 1 + coalesce(max(bucket), 0), ?2 FROM rollup WHERE family = ?1 AND level = 0
               RETURNING bucket";
    let rows: i64 = conn
        .prepare_cached(sql)
        .and_then(|mut insert| insert.query_row(params![CODE, bytes], |row| row.get(0)))
        .map_err(Error::sql(DOING))?;
    if rows < FOLDED_AT {
        return Ok(());
    }
    put_in_place(conn, &all(conn)?)?;
    conn.prepare_cached("DELETE FROM rollup WHERE family = ?1")
        .and_then(|mut delete| delete.execute([CODE]))
        .map(drop)
        .map_err(Error::sql(DOING))
}

/// Adds `changes` to every bucket they belong to.
pub(crate) fn put_in_place(conn: &Connection, changes: &Changes) -> Result<(), Error> {
    spread(changes)
        .iter()
        .try_for_each(|(place, cells)| change_bucket(conn, *place, cells))
}

/// The same changes in the buckets of every level.
pub(crate) fn spread(changes: &Changes) -> BTreeMap<Place, Cells> {
    let mut buckets = BTreeMap::new();
    for (place, cells) in changes {
        let levels = if Family::BY_START.contains(&place.family) {
            1
        } else {
            LEVELS
        };
        for level in 0..levels {
            let above = Place {
                level,
                bucket: bucket_of(level, place.bucket),
                ..*place
            };
            let sum: &mut Cells = buckets.entry(above).or_default();
            sum.add_all(cells);
        }
    }
    buckets
}

/// Everything that waits.
pub(crate) fn all(conn: &Connection) -> Result<Changes, Error> {
    let mut changes = Changes::new();
    each_row(conn, |mut bytes| {
        while !bytes.is_empty() {
            let (code, bucket, cells) = take_part(&mut bytes)?;
            let place = Place {
                family: Family::of_code(code).ok_or(Torn)?,
                level: 0,
                bucket,
            };
            let sum = changes.entry(place).or_default();
            unpack(cells, |key, sums| sum.add(key, sums))?;
        }
        Ok(())
    })?;
    Ok(changes)
}

/// Calls `cell` with what waits for the buckets `first..=last` of a family.
pub(crate) fn each(
    conn: &Connection,
    family: Family,
    (first, last): (i64, i64),
    mut cell: impl FnMut(i64, u64, Sums),
) -> Result<(), Error> {
    each_row(conn, |mut bytes| {
        while !bytes.is_empty() {
            let (code, bucket, cells) = take_part(&mut bytes)?;
            if code == family.code() && (first..=last).contains(&bucket) {
                unpack(cells, |key, sums| cell(bucket, key, sums))?;
            }
        }
        Ok(())
    })
}

fn each_row(conn: &Connection, mut row: impl FnMut(&[u8]) -> Result<(), Torn>) -> Result<(), Error> {
    let mut select = conn
        .prepare_cached("SELECT cells FROM rollup WHERE family = ?1")
        .map_err(Error::sql(DOING))?;
    let mut rows = select.query([CODE]).map_err(Error::sql(DOING))?;
    while let Some(found) = rows.next().map_err(Error::sql(DOING))? {
        let bytes = found.get_ref(0).map_err(Error::sql(DOING))?;
        bytes
            .as_blob()
            .ok()
            .and_then(|bytes| row(bytes).ok())
            .ok_or_else(|| torn(conn, "the last plays"))?;
    }
    Ok(())
}

/// Equal changes, equal bytes: by place, each as family, bucket, length and cells.
fn pack(changes: &Changes) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (place, cells) in changes {
        let cells = cells.pack();
        if !cells.is_empty() {
            bytes.push(place.family.code());
            put(&mut bytes, zigzag(place.bucket));
            put(&mut bytes, cells.len() as u64);
            bytes.extend(cells);
        }
    }
    bytes
}

/// Family, bucket and packed cells.
fn take_part<'a>(bytes: &mut &'a [u8]) -> Result<(u8, i64, &'a [u8]), Torn> {
    let (code, rest) = bytes.split_first().ok_or(Torn)?;
    *bytes = rest;
    let bucket = unzigzag(take(bytes)?);
    let length = usize::try_from(take(bytes)?).map_err(|_| Torn)?;
    let (cells, rest) = bytes.split_at_checked(length).ok_or(Torn)?;
    *bytes = rest;
    Ok((*code, bucket, cells))
}
