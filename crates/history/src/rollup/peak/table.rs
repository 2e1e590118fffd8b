//! Days on disk: one row per kind and local month.

use rusqlite::{Connection, OptionalExtension, params};

use super::running::Running;
use super::started::StartedPeak;
use super::walk::Top;
use crate::Error;
use crate::rollup::DOING;
use crate::rollup::cells::{Torn, put, take, unzigzag, zigzag};
use crate::rollup::ladder::torn;
use crate::rules::calendar::{DAY_S, first_day_of, month_of};

/// What a day can be.
pub(crate) trait Day: Copy + Default + PartialEq {
    /// In the table.
    const KIND: u8;

    fn pack(&self, day: i64, bytes: &mut Vec<u8>);

    fn unpack(day: i64, bytes: &mut &[u8]) -> Result<Self, Torn>;
}

impl Day for StartedPeak {
    const KIND: u8 = 0;

    fn pack(&self, _day: i64, bytes: &mut Vec<u8>) {
        for level in self.0 {
            put(bytes, zigzag(level));
        }
    }

    fn unpack(_day: i64, bytes: &mut &[u8]) -> Result<Self, Torn> {
        let mut peak = Self::default();
        for level in &mut peak.0 {
            *level = unzigzag(take(bytes)?);
        }
        Ok(peak)
    }
}

impl Day for Running {
    const KIND: u8 = 1;

    fn pack(&self, day: i64, bytes: &mut Vec<u8>) {
        for place in 0..self.peaks.len() {
            put(bytes, zigzag(self.carried[place]));
            put(bytes, zigzag(self.peaks[place]));
            match self.tops[place] {
                None => put(bytes, 0),
                Some(top) => {
                    put(bytes, zigzag(top.level) + 1);
                    put(bytes, zigzag(top.stopped_s - day * DAY_S));
                }
            }
        }
    }

    fn unpack(day: i64, bytes: &mut &[u8]) -> Result<Self, Torn> {
        let mut running = Self::default();
        for place in 0..running.peaks.len() {
            running.carried[place] = unzigzag(take(bytes)?);
            running.peaks[place] = unzigzag(take(bytes)?);
            if let Some(level) = take(bytes)?.checked_sub(1) {
                let within = unzigzag(take(bytes)?);
                running.tops[place] = Some(Top {
                    level: unzigzag(level),
                    stopped_s: (day * DAY_S).checked_add(within).ok_or(Torn)?,
                });
            }
        }
        Ok(running)
    }
}

/// The days of one local month that have something, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Month<D> {
    pub(crate) days: Vec<(i64, D)>,
}

impl<D: Day> Month<D> {
    pub(crate) fn get(&self, day: i64) -> Option<D> {
        let at = self.days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
        Some(self.days[at].1)
    }

    pub(crate) fn set(&mut self, day: i64, value: D) {
        let is_nothing = value == D::default();
        match self.days.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(at) if is_nothing => drop(self.days.remove(at)),
            Ok(at) => self.days[at].1 = value,
            Err(_) if is_nothing => {}
            Err(at) => self.days.insert(at, (day, value)),
        }
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (day, value) in &self.days {
            put(&mut bytes, (day - first_day_of(month_of(*day))).unsigned_abs());
            value.pack(*day, &mut bytes);
        }
        bytes
    }

    fn unpack(month: i64, mut bytes: &[u8]) -> Result<Self, Torn> {
        let mut days = Vec::new();
        while !bytes.is_empty() {
            let within = take(&mut bytes)?;
            let within = i64::try_from(within).ok().filter(|d| *d < 31).ok_or(Torn)?;
            let day = first_day_of(month) + within;
            days.push((day, D::unpack(day, &mut bytes)?));
        }
        Ok(Self { days })
    }
}

/// The row of a month as it stands on disk.
pub(crate) fn packed_month<D: Day>(conn: &Connection, month: i64) -> Result<Option<Vec<u8>>, Error> {
    conn.prepare_cached("SELECT cells FROM peak WHERE kind = ?1 AND day = ?2")
        .and_then(|mut select| {
            select
                .query_row(params![D::KIND, first_day_of(month)], |row| row.get(0))
                .optional()
        })
        .map_err(Error::sql(DOING))
}

pub(crate) fn month<D: Day>(conn: &Connection, month: i64) -> Result<Month<D>, Error> {
    let bytes = packed_month::<D>(conn, month)?.unwrap_or_default();
    Month::unpack(month, &bytes).map_err(|_| torn(conn, &format!("concurrency in month {month}")))
}

/// Puts a month in place of what stood there; one without days leaves nothing.
pub(crate) fn put_month<D: Day>(conn: &Connection, month: i64, days: &Month<D>) -> Result<(), Error> {
    let bytes = days.pack();
    let done = if bytes.is_empty() {
        conn.prepare_cached("DELETE FROM peak WHERE kind = ?1 AND day = ?2")
            .and_then(|mut delete| delete.execute(params![D::KIND, first_day_of(month)]))
    } else {
        conn.prepare_cached(
            "INSERT INTO peak (kind, day, cells) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET cells = excluded.cells",
        )
        .and_then(|mut put| put.execute(params![D::KIND, first_day_of(month), bytes]))
    };
    done.map(drop).map_err(Error::sql(DOING))
}

/// Calls `each` with the days `first..=last` that have something, in order.
pub(crate) fn days<D: Day>(
    conn: &Connection,
    (first, last): (i64, i64),
    mut each: impl FnMut(i64, D),
) -> Result<(), Error> {
    let mut select = conn
        .prepare_cached("SELECT day, cells FROM peak WHERE kind = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day")
        .map_err(Error::sql(DOING))?;
    let mut rows = select
        .query(params![D::KIND, first_day_of(month_of(first)), last])
        .map_err(Error::sql(DOING))?;
    while let Some(row) = rows.next().map_err(Error::sql(DOING))? {
        let month = month_of(row.get(0).map_err(Error::sql(DOING))?);
        let bytes = row.get_ref(1).map_err(Error::sql(DOING))?;
        let found = bytes
            .as_blob()
            .ok()
            .and_then(|bytes| Month::unpack(month, bytes).ok());
        let found = found.ok_or_else(|| torn(conn, &format!("concurrency in month {month}")))?;
        for (day, value) in found.days {
            if (first..=last).contains(&day) {
                each(day, value);
            }
        }
    }
    Ok(())
}
