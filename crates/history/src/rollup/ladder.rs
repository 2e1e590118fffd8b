//! Buckets of time on disk: 1, 8, 64 and 512 days of UTC for what is kept by the stop, months and years of the local
//! calendar for what is kept by the start.
//!
//! Windows begin at a moment, not at a local midnight, so the buckets of stops need no time zone: UTC days never have
//! 23 hours and never come twice. Eights make any window some thirty buckets at most.

use rusqlite::{Connection, OptionalExtension, params};

use super::cells::{Cells, Sums, merged, unpack};
use super::family::{Family, day_dim, day_of_dim, dim_of, with_dim};
use super::{DOING, tail};
use crate::Error;
use crate::rules::calendar::{DAY_S, first_day_of, month_of};

/// Length of a bucket: `8^level` days of UTC, counted from 1970, or what the family by start says.
pub(crate) type Level = u8;

pub(crate) const LEVELS: Level = 4;

/// The bucket of a day of UTC.
pub(crate) fn bucket_of(level: Level, day: i64) -> i64 {
    day >> (3 * level)
}

/// Where a bucket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) family: Family,
    pub(crate) level: Level,
    pub(crate) bucket: i64,
}

impl Place {
    /// Where a cell of the families by start is kept, and its key there.
    pub(crate) fn by_start(family: Family, key: u64) -> (Self, u64) {
        let dim = dim_of(key);
        let (bucket, within) = if family.is_by_date() {
            let day = day_of_dim(dim);
            let month = month_of(day);
            (month, day - first_day_of(month))
        } else {
            let month = i64::try_from(dim).unwrap_or_default();
            (month.div_euclid(12), month.rem_euclid(12))
        };
        (
            Self {
                family,
                level: 0,
                bucket,
            },
            with_dim(key, within.unsigned_abs()),
        )
    }

    /// The other way.
    fn key_by_start(family: Family, bucket: i64, key: u64) -> u64 {
        let within = i64::try_from(dim_of(key)).unwrap_or_default();
        if family.is_by_date() {
            with_dim(key, day_dim(first_day_of(bucket) + within))
        } else {
            with_dim(key, (bucket * 12 + within).unsigned_abs())
        }
    }
}

/// The day from which whole buckets of stops are read for a window, and thus the end of what is summed from rows.
pub(crate) fn first_whole_day(cutoff_s: i64) -> i64 {
    -(-cutoff_s).div_euclid(DAY_S)
}

/// The buckets that together hold all days from `day` on, as `first..=last` of each level.
fn rungs(day: i64) -> [(i64, i64); LEVELS as usize] {
    let mut from = day;
    std::array::from_fn(|level| {
        // The level above takes over where one of its buckets begins.
        let above = (from + 7) >> 3;
        let is_highest = level + 1 == usize::from(LEVELS);
        let rung = (from, if is_highest { i64::MAX } else { above * 8 - 1 });
        from = above;
        rung
    })
}

/// Calls `cell` with everything that stopped on `day` of UTC or later, in parts that add up.
pub(crate) fn each_since(
    conn: &Connection,
    family: Family,
    day: i64,
    mut cell: impl FnMut(u64, Sums),
) -> Result<(), Error> {
    for (level, rung) in (0..).zip(rungs(day)) {
        read(conn, family, level, rung, |_, key, sums| cell(key, sums))?;
    }
    tail::each(conn, family, (day, i64::MAX), |_, key, sums| cell(key, sums))
}

/// Calls `cell` with what started in whole buckets `first..=last` of the calendar: months for dates, years for
/// months.
pub(crate) fn each_started(
    conn: &Connection,
    family: Family,
    (first, last): (i64, i64),
    mut cell: impl FnMut(u64, Sums),
) -> Result<(), Error> {
    let mut cell = |bucket, key, sums| cell(Place::key_by_start(family, bucket, key), sums);
    read(conn, family, 0, (first, last), &mut cell)?;
    tail::each(conn, family, (first, last), cell)
}

fn read(
    conn: &Connection,
    family: Family,
    level: Level,
    (first, last): (i64, i64),
    mut cell: impl FnMut(i64, u64, Sums),
) -> Result<(), Error> {
    if first > last {
        return Ok(());
    }
    let sql =
        "SELECT bucket, cells FROM rollup WHERE family = ?1 AND level = ?2 AND bucket BETWEEN ?3 AND ?4";
    let mut select = conn.prepare_cached(sql).map_err(Error::sql(DOING))?;
    let mut rows = select
        .query(params![family.code(), level, first, last])
        .map_err(Error::sql(DOING))?;
    while let Some(row) = rows.next().map_err(Error::sql(DOING))? {
        let bucket = row.get(0).map_err(Error::sql(DOING))?;
        let bytes = row.get_ref(1).map_err(Error::sql(DOING))?;
        bytes
            .as_blob()
            .ok()
            .and_then(|bytes| unpack(bytes, |key, sums| cell(bucket, key, sums)).ok())
            .ok_or_else(|| torn(conn, &format!("{family:?}, level {level}, bucket {bucket}")))?;
    }
    Ok(())
}

pub(crate) fn torn(conn: &Connection, which: &str) -> Error {
    Error::Damaged {
        path: conn.path().unwrap_or_default().into(),
        what: format!("the sums of {which} cannot be read; rebuild them"),
    }
}

/// A bucket as it stands on disk.
pub(crate) fn bucket(conn: &Connection, place: Place) -> Result<Option<Vec<u8>>, Error> {
    conn.prepare_cached("SELECT cells FROM rollup WHERE family = ?1 AND level = ?2 AND bucket = ?3")
        .and_then(|mut select| {
            select
                .query_row(params![place.family.code(), place.level, place.bucket], |row| {
                    row.get(0)
                })
                .optional()
        })
        .map_err(Error::sql(DOING))
}

/// Puts a bucket in place of what stood there; an empty one leaves nothing.
pub(crate) fn put_bucket(conn: &Connection, place: Place, bytes: &[u8]) -> Result<(), Error> {
    let key = (place.family.code(), place.level, place.bucket);
    let sql = if bytes.is_empty() {
        "DELETE FROM rollup WHERE family = ?1 AND level = ?2 AND bucket = ?3"
    } else {
        "INSERT INTO rollup (family, level, bucket, cells) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET cells = excluded.cells"
    };
    let done = conn.prepare_cached(sql).and_then(|mut put| {
        if bytes.is_empty() {
            put.execute(params![key.0, key.1, key.2])
        } else {
            put.execute(params![key.0, key.1, key.2, bytes])
        }
    });
    done.map(drop).map_err(Error::sql(DOING))
}

/// Adds `change` to a bucket on disk.
pub(crate) fn change_bucket(conn: &Connection, place: Place, change: &Cells) -> Result<(), Error> {
    let change = change.sorted();
    if change.is_empty() {
        return Ok(());
    }
    let bytes = bucket(conn, place)?.unwrap_or_default();
    let bytes = merged(&bytes, &change).map_err(|_| torn(conn, &format!("{place:?}")))?;
    put_bucket(conn, place, &bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rungs_hold_each_day_once(from in -1000_i64..40_000, later in 0_i64..6000) {
            for (day, times) in [(from + later, 1), (from - 1 - later, 0)] {
                let holding = (0..).zip(rungs(from)).filter(|(level, (first, last))| {
                    (*first..=*last).contains(&bucket_of(*level, day))
                });
                prop_assert_eq!(holding.count(), times, "{}", day);
            }
            prop_assert!(rungs(from)[..3].iter().all(|(first, last)| last - first < 7));
        }

        #[test]
        fn keys_by_start_come_back(day in -1_i64..40_000, low in 0_u64..20) {
            for (family, dim) in [
                (Family::StartDayClass, day_dim(day)),
                (Family::StartDayWay, day_dim(day)),
                (Family::StartMonth, month_of(day).unsigned_abs()),
            ] {
                let key = with_dim(low, dim);
                let (place, kept) = Place::by_start(family, key);
                prop_assert_eq!(Place::key_by_start(family, place.bucket, kept), key);
            }
        }
    }

    #[test]
    fn a_window_that_begins_at_midnight_has_no_partial_day() {
        let cases = [
            (0, 0),
            (1, 1),
            (DAY_S, 1),
            (DAY_S - 1, 1),
            (DAY_S + 1, 2),
            (-1, 0),
        ];
        for (cutoff, day) in cases {
            assert_eq!(first_whole_day(cutoff), day, "{cutoff}");
        }
    }
}
