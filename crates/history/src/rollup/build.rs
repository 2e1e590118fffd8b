//! All sums from all plays: to write them, or to compare them with what is written.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::DOING;
use super::cells::{Cells, Sums, merged};
use super::family::{Core, Fact, Family};
use super::ladder::{LEVELS, Level, Place, bucket, bucket_of, put_bucket};
use super::names::{Labels, Names, Unknown};
use super::peak::{
    Day, Month, RunningDays, all_events, packed_month, put_month, rows_started_on, started_peak,
};
use super::shares::Shares;
use super::tail;
use super::window::Seen;
use crate::Error;
use crate::columns::{Columns, Row};
use crate::rules::calendar::{Calendar, DAY_S, month_of};

/// Where the sums go.
pub(crate) trait Sink {
    fn bucket(&mut self, place: Place, cells: &Cells) -> Result<(), Error>;

    fn month<D: Day>(&mut self, month: i64, days: &Month<D>) -> Result<(), Error>;
}

/// Calls `sink` with every bucket there should be, empty ones aside.
pub(crate) fn build(
    conn: &Connection,
    columns: &Columns,
    zone: &TimeZone,
    unknown: Unknown,
    sink: &mut impl Sink,
) -> Result<(), Error> {
    let calendar = calendar(columns, zone);
    let mut builder = Builder {
        columns,
        calendar: &calendar,
        names: Names::new(columns, Labels::new(conn, unknown)),
        facts: Vec::new(),
        shares: Shares::default(),
    };
    builder.by_stop(sink)?;
    builder.by_start(sink)?;
    peaks_started(columns, &calendar, sink)?;
    peaks_running(columns, &calendar, sink)
}

/// One that is quick for every moment of these plays.
pub(crate) fn calendar(columns: &Columns, zone: &TimeZone) -> Calendar {
    let moments = |row: &Row| {
        [Some(columns.started_s(*row)), columns.stopped_s(*row)]
            .into_iter()
            .flatten()
    };
    let (starts, stops) = (columns.by_start(), columns.stopped_since(0));
    let all = || {
        [starts.first(), starts.last(), stops.first(), stops.last()]
            .into_iter()
            .flatten()
    };
    let from_s = all().flat_map(moments).min().unwrap_or(0);
    let to_s = all().flat_map(moments).max().unwrap_or(0);
    Calendar::new(zone, from_s, to_s + 1)
}

struct Builder<'a> {
    columns: &'a Columns,
    calendar: &'a Calendar,
    names: Names<'a>,
    facts: Vec<Fact>,
    shares: Shares,
}

/// The cells of one day in each family by stop.
type DayCells = [Cells; Family::BY_STOP.len()];

impl Builder<'_> {
    /// Eight days by eight days, so that little is held.
    fn by_stop(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        let columns = self.columns;
        let mut rest = columns.stopped_since(0);
        // What the higher levels have so far: bucket and cells.
        let mut above: [(i64, DayCells); LEVELS as usize] =
            std::array::from_fn(|_| (i64::MIN, DayCells::default()));
        while let Some(first) = rest.first() {
            let eight = bucket_of(1, columns.stopped_s(*first).unwrap_or_default().div_euclid(DAY_S));
            let (first_day, end_day) = (eight * 8, eight * 8 + 8);
            let rows =
                rest.partition_point(|row| columns.stopped_s(*row).is_some_and(|s| s < end_day * DAY_S));
            let (rows, later) = rest.split_at(rows);
            rest = later;
            for (level, (bucket, cells)) in (0..).zip(&mut above).skip(1) {
                let next = bucket_of(level, first_day);
                if *bucket != next {
                    emit(sink, level, *bucket, cells)?;
                    (*bucket, *cells) = (next, DayCells::default());
                }
            }
            for (day, cells) in (first_day..).zip(&self.days(rows, first_day, end_day)?) {
                emit(sink, 0, day, cells)?;
                for (_, sum) in above.iter_mut().skip(1) {
                    add_all(sum, cells);
                }
            }
        }
        for (level, (bucket, cells)) in (0..).zip(&above).skip(1) {
            emit(sink, level, *bucket, cells)?;
        }
        Ok(())
    }

    /// The days `first_day..end_day`, from the rows that stopped in them.
    fn days(&mut self, rows: &[Row], first_day: i64, end_day: i64) -> Result<Vec<DayCells>, Error> {
        let columns = self.columns;
        let at = |day: i64| usize::try_from(day - first_day).unwrap_or(usize::MAX);
        let mut days = vec![DayCells::default(); at(end_day)];
        let mut seen = Seen::new(columns);
        for row in rows {
            let group = columns.group(*row);
            let is_new = seen.insert(group);
            for (place, family) in Family::BY_STOP.into_iter().enumerate() {
                if let Some(fact) = self.fact(family, *row)? {
                    let day = &mut days[at(fact.stopped_s.div_euclid(DAY_S))][place];
                    day.add(fact.key, Sums::row(fact.seconds));
                }
                if !is_new {
                    continue;
                }
                self.facts.clear();
                for row in columns.group_rows(group) {
                    if columns.stopped_s(row).is_some_and(|s| s >= first_day * DAY_S)
                        && let Some(fact) = self.fact(family, row)?
                    {
                        self.facts.push(fact);
                    }
                }
                // Everything later is one bucket, and not of these days.
                let bucket = |s: i64| s.div_euclid(DAY_S).min(end_day);
                self.shares.of(&mut self.facts, bucket, |day, key, sums| {
                    if let Some(cells) = days.get_mut(at(day)) {
                        cells[place].add(key, sums);
                    }
                });
            }
        }
        Ok(days)
    }

    fn by_start(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        for family in Family::BY_START {
            let mut buckets: BTreeMap<Place, Cells> = BTreeMap::new();
            for group in 0..self.columns.group_count() {
                let group = u32::try_from(group).unwrap_or(u32::MAX);
                self.facts.clear();
                for row in self.columns.group_rows(group) {
                    if let Some(fact) = self.fact(family, row)? {
                        self.facts.push(fact);
                        let (place, key) = Place::by_start(family, fact.key);
                        let sums = Sums::row(fact.seconds);
                        buckets.entry(place).or_default().add(key, sums);
                    }
                }
                self.shares.of(
                    &mut self.facts,
                    |_| 0,
                    |_, key, sums| {
                        let (place, key) = Place::by_start(family, key);
                        buckets.entry(place).or_default().add(key, sums);
                    },
                );
            }
            for (place, cells) in &buckets {
                sink.bucket(*place, cells)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn fact(&mut self, family: Family, row: Row) -> Result<Option<Fact>, Error> {
        let Some(core) = Core::of_row(self.columns, row, Some(family)) else {
            return Ok(None);
        };
        let dim = self.names.of_row(family, row)?;
        Ok(family.fact(&core, dim, self.calendar))
    }
}

fn add_all(sum: &mut DayCells, cells: &DayCells) {
    for (sum, cells) in sum.iter_mut().zip(cells) {
        sum.add_all(cells);
    }
}

fn emit(sink: &mut impl Sink, level: Level, bucket: i64, cells: &DayCells) -> Result<(), Error> {
    for (family, cells) in Family::BY_STOP.into_iter().zip(cells) {
        if !cells.is_empty() {
            sink.bucket(
                Place {
                    family,
                    level,
                    bucket,
                },
                cells,
            )?;
        }
    }
    Ok(())
}

fn peaks_started(columns: &Columns, calendar: &Calendar, sink: &mut impl Sink) -> Result<(), Error> {
    let stopped = columns
        .by_start()
        .iter()
        .filter(|row| columns.stopped_s(**row).is_some());
    let mut days: Vec<i64> = stopped.map(|row| calendar.day(columns.started_s(*row))).collect();
    days.sort_unstable();
    days.dedup();
    let peaks = days.into_iter().map(|day| {
        let plays: Vec<_> = rows_started_on(columns, calendar, day)
            .map(|row| {
                let stopped_s = columns.stopped_s(row).unwrap_or_default();
                (columns.started_s(row), stopped_s, columns.way(row))
            })
            .collect();
        (day, started_peak(&plays))
    });
    by_month(peaks, sink)
}

fn peaks_running(columns: &Columns, calendar: &Calendar, sink: &mut impl Sink) -> Result<(), Error> {
    by_month(RunningDays::new(all_events(columns, |_| true), calendar), sink)
}

fn by_month<D: Day>(days: impl Iterator<Item = (i64, D)>, sink: &mut impl Sink) -> Result<(), Error> {
    let mut days = days.peekable();
    while let Some(month) = days.peek().map(|(day, _)| month_of(*day)) {
        let mut held = Month { days: Vec::new() };
        while let Some((day, value)) = days.next_if(|(day, _)| month_of(*day) == month) {
            held.set(day, value);
        }
        if !held.days.is_empty() {
            sink.month(month, &held)?;
        }
    }
    Ok(())
}

/// Writes.
pub(crate) struct Write<'a>(pub(crate) &'a Connection);

impl Sink for Write<'_> {
    fn bucket(&mut self, place: Place, cells: &Cells) -> Result<(), Error> {
        let bytes = cells.pack();
        if bytes.is_empty() {
            return Ok(());
        }
        put_bucket(self.0, place, &bytes)
    }

    fn month<D: Day>(&mut self, month: i64, days: &Month<D>) -> Result<(), Error> {
        put_month(self.0, month, days)
    }
}

/// Differences told; further ones are only counted.
const DIFFERENCES: usize = 20;

/// Compares.
pub(crate) struct Compare<'a> {
    conn: &'a Connection,
    /// What waits for buckets that were not asked about yet.
    waiting: BTreeMap<Place, Cells>,
    differences: Vec<String>,
    differing: usize,
    buckets: i64,
    /// Buckets that only wait, less those that what waits leaves empty.
    without_row: i64,
    months: i64,
}

impl<'a> Compare<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        let mut compare = Self {
            conn,
            waiting: BTreeMap::new(),
            differences: Vec::new(),
            differing: 0,
            buckets: 0,
            without_row: 0,
            months: 0,
        };
        match tail::all(conn) {
            Ok(changes) => compare.waiting = tail::spread(&changes),
            Err(e) => compare.tell(|| e.to_string()),
        }
        compare
    }

    /// A bucket with what waits for it.
    fn found(&mut self, place: Place) -> Result<Option<Vec<u8>>, Error> {
        let kept = bucket(self.conn, place)?;
        let Some(change) = self.waiting.remove(&place) else {
            return Ok(kept);
        };
        let sum = merged(kept.as_deref().unwrap_or_default(), &change.sorted());
        // What is torn is equal to nothing that there should be.
        let sum = sum.ok().or_else(|| kept.clone()).filter(|sum| !sum.is_empty());
        self.without_row += i64::from(sum.is_some()) - i64::from(kept.is_some());
        Ok(sum)
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        self.differing += 1;
        if self.differing <= DIFFERENCES {
            self.differences.push(what());
        }
    }

    /// Once everything has been compared.
    pub(crate) fn end(mut self) -> Result<Vec<String>, Error> {
        while let Some((place, _)) = self.waiting.first_key_value() {
            // It counts as a bucket too many below unless nothing is left of it.
            self.found(*place)?;
        }
        let rows = format!("SELECT count(*) FROM rollup WHERE family <> {}", tail::CODE);
        for (table, sql, expected) in [
            ("sums", rows.as_str(), self.buckets - self.without_row),
            ("concurrency", "SELECT count(*) FROM peak", self.months),
        ] {
            let found: i64 = self
                .conn
                .query_row(sql, [], |row| row.get(0))
                .map_err(Error::sql(DOING))?;
            if found != expected {
                self.tell(|| format!("{table}: {found} buckets where there should be {expected}"));
            }
        }
        if self.differing > DIFFERENCES {
            self.differences
                .push(format!("and {} more", self.differing - DIFFERENCES));
        }
        Ok(self.differences)
    }
}

impl Sink for Compare<'_> {
    fn bucket(&mut self, place: Place, cells: &Cells) -> Result<(), Error> {
        let expected = cells.pack();
        if expected.is_empty() {
            return Ok(());
        }
        self.buckets += 1;
        if self.found(place)?.as_deref() != Some(&expected) {
            let Place {
                family,
                level,
                bucket,
            } = place;
            self.tell(|| {
                format!("sums by {family:?}: bucket {bucket} of level {level} is not the sum of its plays")
            });
        }
        Ok(())
    }

    fn month<D: Day>(&mut self, month: i64, days: &Month<D>) -> Result<(), Error> {
        self.months += 1;
        if packed_month::<D>(self.conn, month)?.as_deref() != Some(&days.pack()) {
            let (year, of_year) = (month.div_euclid(12), month.rem_euclid(12) + 1);
            self.tell(|| format!("concurrency: {year}-{of_year:02} is not that of its plays"));
        }
        Ok(())
    }
}
