//! Buckets of time on disk: days, months and years of UTC for what is kept by the stop, months and years of the local
//! calendar for what is kept by the start.
//!
//! Windows begin at a moment, not at a local midnight, so the buckets of stops need no time zone: UTC days never have
//! 23 hours and never come twice.

use rusqlite::{Connection, OptionalExtension, params};

use super::DOING;
use super::cells::{Cells, Sums, unpack};
use super::family::{Family, day_dim, day_of_dim, dim_of, with_dim};
use crate::Error;
use crate::rules::calendar::{DAY_S, first_day_of, month_of};

/// Length of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    Day = 0,
    Month = 1,
    Year = 2,
}

impl Level {
    pub(crate) const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Year];

    /// The bucket of a day of UTC: days since 1970, months and years since year 0.
    pub(crate) fn bucket(self, day: i64) -> i64 {
        match self {
            Self::Day => day,
            Self::Month => month_of(day),
            Self::Year => month_of(day).div_euclid(12),
        }
    }
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
        let (level, bucket, within) = if family == Family::StartDay {
            let day = day_of_dim(dim);
            let month = month_of(day);
            (Level::Month, month, day - first_day_of(month))
        } else {
            let month = i64::try_from(dim).unwrap_or_default();
            (Level::Year, month.div_euclid(12), month.rem_euclid(12))
        };
        (
            Self {
                family,
                level,
                bucket,
            },
            with_dim(key, within.unsigned_abs()),
        )
    }

    /// The other way.
    fn key_by_start(family: Family, bucket: i64, key: u64) -> u64 {
        let within = i64::try_from(dim_of(key)).unwrap_or_default();
        match family {
            Family::StartDay => with_dim(key, day_dim(first_day_of(bucket) + within)),
            _ => with_dim(key, (bucket * 12 + within).unsigned_abs()),
        }
    }
}

/// The day from which whole buckets of stops are read for a window, and thus the end of what is summed from rows.
pub(crate) fn first_whole_day(cutoff_s: i64) -> i64 {
    -(-cutoff_s).div_euclid(DAY_S)
}

/// The buckets that together hold all days from `day` on: `(level, first, last)`, at most a month of days and a year
/// of months.
fn rungs(day: i64) -> [(Level, i64, i64); 3] {
    let month = month_of(day);
    let (first_month, last_day) = if day == first_day_of(month) {
        (month, day - 1)
    } else {
        (month + 1, first_day_of(month + 1) - 1)
    };
    let year = first_month.div_euclid(12);
    let (first_year, last_month) = if first_month == year * 12 {
        (year, first_month - 1)
    } else {
        (year + 1, year * 12 + 11)
    };
    [
        (Level::Day, day, last_day),
        (Level::Month, first_month, last_month),
        (Level::Year, first_year, i64::MAX),
    ]
}

/// Adds everything that stopped on `day` of UTC or later.
pub(crate) fn add_since(conn: &Connection, family: Family, day: i64, cells: &mut Cells) -> Result<(), Error> {
    for (level, first, last) in rungs(day) {
        if first <= last {
            read(conn, family, level, (first, last), |_, key, sums| {
                cells.add(key, sums);
            })?;
        }
    }
    Ok(())
}

/// Adds what started in whole buckets `first..=last` of the calendar: months for dates, years for months.
pub(crate) fn add_started(
    conn: &Connection,
    family: Family,
    first: i64,
    last: i64,
    cells: &mut Cells,
) -> Result<(), Error> {
    let level = if family == Family::StartDay {
        Level::Month
    } else {
        Level::Year
    };
    read(conn, family, level, (first, last), |bucket, key, sums| {
        cells.add(Place::key_by_start(family, bucket, key), sums);
    })
}

fn read(
    conn: &Connection,
    family: Family,
    level: Level,
    (first, last): (i64, i64),
    mut cell: impl FnMut(i64, u64, Sums),
) -> Result<(), Error> {
    let sql =
        "SELECT bucket, cells FROM rollup WHERE family = ?1 AND level = ?2 AND bucket BETWEEN ?3 AND ?4";
    let mut select = conn.prepare_cached(sql).map_err(Error::sql(DOING))?;
    let mut rows = select
        .query(params![family.code(), level as u8, first, last])
        .map_err(Error::sql(DOING))?;
    while let Some(row) = rows.next().map_err(Error::sql(DOING))? {
        let bucket = row.get(0).map_err(Error::sql(DOING))?;
        let bytes = row.get_ref(1).map_err(Error::sql(DOING))?;
        bytes
            .as_blob()
            .ok()
            .and_then(|bytes| unpack(bytes, |key, sums| cell(bucket, key, sums)).ok())
            .ok_or_else(|| torn(conn, &format!("{family:?} {level:?} {bucket}")))?;
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
                .query_row(
                    params![place.family.code(), place.level as u8, place.bucket],
                    |row| row.get(0),
                )
                .optional()
        })
        .map_err(Error::sql(DOING))
}

/// Puts a bucket in place of what stood there; an empty one leaves nothing.
pub(crate) fn put_bucket(conn: &Connection, place: Place, bytes: &[u8]) -> Result<(), Error> {
    let key = (place.family.code(), place.level as u8, place.bucket);
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
    if change.sorted().is_empty() {
        return Ok(());
    }
    let mut cells = change.clone();
    if let Some(bytes) = bucket(conn, place)? {
        unpack(&bytes, |key, sums| cells.add(key, sums)).map_err(|_| torn(conn, &format!("{place:?}")))?;
    }
    put_bucket(conn, place, &cells.pack())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rungs_hold_each_day_once(from in -1000_i64..40_000, later in 0_i64..6000) {
            for (day, times) in [(from + later, 1), (from - 1 - later, 0)] {
                let holding = rungs(from).into_iter().filter(|(level, first, last)| {
                    (*first..=*last).contains(&level.bucket(day))
                });
                prop_assert_eq!(holding.count(), times, "{}", day);
            }
            let [days, months, _] = rungs(from);
            prop_assert!(days.2 - days.1 < 31 && months.2 - months.1 < 12);
        }

        #[test]
        fn keys_by_start_come_back(day in -1_i64..40_000, low in 0_u64..20) {
            for (family, dim) in [
                (Family::StartDay, day_dim(day)),
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
