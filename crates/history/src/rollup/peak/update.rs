//! The days that new plays touch, made anew.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::running::{Event, Running, day_at, events_between, order, walk_day};
use super::started::{Played, rows_started_on, started_peak};
use super::table::{Day, Month, month, put_month};
use super::walk::{SPLITS, Split};
use crate::Error;
use crate::columns::Columns;
use crate::rollup::NewPlay;
use crate::rules::calendar::{Calendar, month_of};

/// `columns` are as before the plays were added.
pub(crate) fn update(
    conn: &Connection,
    columns: &Columns,
    added: &[NewPlay],
    calendar: &Calendar,
) -> Result<(), Error> {
    update_started(conn, columns, added, calendar)?;
    update_running(conn, columns, added, calendar)
}

fn update_started(
    conn: &Connection,
    columns: &Columns,
    added: &[NewPlay],
    calendar: &Calendar,
) -> Result<(), Error> {
    let mut by_day: BTreeMap<i64, Vec<Played>> = BTreeMap::new();
    for play in added {
        if let Some(stopped_s) = play.stopped_s {
            let day = by_day.entry(calendar.day(play.started_s)).or_default();
            day.push((play.started_s, stopped_s, play.way));
        }
    }
    let mut months = Months::new(conn);
    for (day, mut plays) in by_day {
        for row in rows_started_on(columns, calendar, day) {
            let stopped_s = columns.stopped_s(row).unwrap_or_default();
            plays.push((columns.started_s(row), stopped_s, columns.way(row)));
        }
        months.of(day)?.set(day, started_peak(&plays));
    }
    months.put()
}

fn update_running(
    conn: &Connection,
    columns: &Columns,
    added: &[NewPlay],
    calendar: &Calendar,
) -> Result<(), Error> {
    let mut events: Vec<Event> = Vec::new();
    let mut touched = BTreeSet::new();
    // Levels that new plays carry into later days.
    let mut carried: BTreeMap<i64, [i64; SPLITS]> = BTreeMap::new();
    for play in added {
        let Some(stopped_s) = play.stopped_s.filter(|s| *s >= play.started_s) else {
            continue;
        };
        let split = Split::new(play.way, play.location);
        events.push((play.started_s, true, split));
        events.push((stopped_s, false, split));
        let (first, last) = (day_at(calendar, play.started_s), day_at(calendar, stopped_s));
        touched.extend(first..=last);
        for day in first + 1..=last {
            let levels = carried.entry(day).or_default();
            for place in split.places() {
                levels[place] += 1;
            }
        }
    }
    order(&mut events);
    let mut months = Months::<Running>::new(conn);
    for day in touched {
        let (start_s, end_s) = (calendar.day_start_s(day), calendar.day_start_s(day + 1));
        if start_s == end_s {
            continue;
        }
        let before = months.of(day)?.get(day).unwrap_or_default();
        let more = carried.get(&day).copied().unwrap_or_default();
        let levels = std::array::from_fn(|place| before.carried[place] + more[place]);
        let from = events.partition_point(|event| event.0 < start_s);
        let to = events.partition_point(|event| event.0 < end_s);
        let mut all = events_between(columns, start_s, end_s);
        all.extend_from_slice(&events[from..to]);
        order(&mut all);
        let (running, _) = walk_day(levels, start_s, start_s, all.into_iter());
        months.of(day)?.set(day, running);
    }
    months.put()
}

/// Months that are being changed.
struct Months<'a, D> {
    conn: &'a Connection,
    held: BTreeMap<i64, Month<D>>,
}

impl<'a, D: Day> Months<'a, D> {
    fn new(conn: &'a Connection) -> Self {
        Self {
            conn,
            held: BTreeMap::new(),
        }
    }

    fn of(&mut self, day: i64) -> Result<&mut Month<D>, Error> {
        let at = month_of(day);
        if !self.held.contains_key(&at) {
            self.held.insert(at, month(self.conn, at)?);
        }
        Ok(self.held.entry(at).or_insert_with(|| Month { days: Vec::new() }))
    }

    fn put(self) -> Result<(), Error> {
        self.held
            .iter()
            .try_for_each(|(at, month)| put_month(self.conn, *at, month))
    }
}
