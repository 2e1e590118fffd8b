//! How many streams ran at once: the true peak of every day, also of streams that began the day before.
//!
//! Every row counts for itself, from its start to its stop, pauses included. At one second stops come before starts,
//! so what follows without a gap does not overlap. Rows that end when or before they begin never run.

use jiff::tz::TimeZone;

use crate::columns::{Columns, Row};
use crate::rules::calendar::{Calendar, date_of};

use super::{Bits, Filter, Net, Sieve};

/// Days in one answer; what is asked beyond the last one is left out.
const DAYS_MAX: i64 = 36_600;

const KINDS: usize = 10;

/// Names of [`Levels`], in their order: all, the decisions, the networks.
pub const PEAK_NAMES: [&str; KINDS] = [
    "all",
    "unknown_decision",
    "directplay",
    "copy",
    "transcode",
    "unknown_network",
    "lan",
    "wan",
    "relay",
    "cellular",
];

/// Streams at once, by [`PEAK_NAMES`].
pub type Levels = [u32; KINDS];

/// A highest level and when it was last reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    pub level: u32,
    /// Absent for level 0.
    pub at_s: Option<i64>,
}

/// The peaks of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks {
    /// Of the whole window, by [`PEAK_NAMES`].
    pub overall: [Peak; KINDS],
    /// Dates, oldest first, with no gap.
    pub dates: Vec<String>,
    /// Per date.
    pub days: Vec<Levels>,
}

struct Sweep<'a> {
    columns: &'a Columns,
    level: Levels,
    overall: [Peak; KINDS],
    days: Vec<Levels>,
    /// First seconds of the days after the first, and the end.
    bounds: Vec<i64>,
}

/// The peaks of the rows that pass `filter` and run at some moment of its range; without a range, from the first row
/// to now.
pub fn peaks(columns: &Columns, filter: &Filter, tz: &TimeZone, now_s: i64) -> Peaks {
    let unbounded = Filter {
        from_s: None,
        to_s: None,
        ..filter.clone()
    };
    let sieve = Sieve::new(columns, &unbounded);
    let mut runs = Bits::new(columns.len());
    let mut first_s = None;
    let is_running = |row: &Row| {
        columns
            .stopped_s(*row)
            .is_some_and(|stop| stop > columns.started_s(*row))
    };
    let after_s = filter.from_s.unwrap_or(0);
    for row in columns.stopped_since(after_s.saturating_add(1)) {
        if is_running(row) && sieve.passes(*row) {
            runs.insert(*row as usize);
            let started_s = columns.started_s(*row);
            first_s = Some(first_s.map_or(started_s, |first: i64| first.min(started_s)));
        }
    }
    let from_s = filter.from_s.or(first_s).unwrap_or(now_s);
    let to_s = filter.to_s.unwrap_or(now_s + 1).max(from_s + 1);
    let days = days(tz, from_s, to_s);
    let mut sweep = Sweep {
        columns,
        level: [0; KINDS],
        overall: [Peak::default(); KINDS],
        days: Vec::with_capacity(days.len()),
        bounds: days.iter().skip(1).map(|(_, start)| *start).collect(),
    };
    sweep.run(&runs, from_s, to_s);
    sweep.days.resize(days.len(), sweep.level);
    Peaks {
        overall: sweep.overall,
        dates: days.into_iter().map(|(name, _)| name).collect(),
        days: sweep.days,
    }
}

/// Names and first seconds of the local days that `from_s..to_s` touches.
fn days(tz: &TimeZone, from_s: i64, to_s: i64) -> Vec<(String, i64)> {
    let calendar = Calendar::new(tz, from_s, to_s);
    let first = calendar.day(from_s);
    let last = calendar.day(to_s - 1).clamp(first, first + DAYS_MAX - 1);
    (first..=last)
        .map(|day| (date_of(day).to_string(), calendar.day_start_s(day)))
        .collect()
}

impl Sweep<'_> {
    /// Walks through the starts and stops of `runs` in `from_s..to_s`.
    fn run(&mut self, runs: &Bits, from_s: i64, to_s: i64) {
        let columns = self.columns;
        let is_wanted = |row: &&Row| runs.has(**row as usize);
        let stopping = || columns.stopped_since(from_s + 1).iter().filter(is_wanted);
        for row in stopping().filter(|row| columns.started_s(**row) < from_s) {
            self.change(*row, 1);
        }
        self.days.push(self.level);
        self.overall = self.level.map(|level| Peak {
            level,
            at_s: (level > 0).then_some(from_s),
        });
        let mut stops = stopping().peekable();
        for row in columns.started_between(from_s, to_s).iter().filter(is_wanted) {
            let at_s = columns.started_s(*row);
            while let Some(over) = stops.next_if(|over| columns.stopped_s(**over).is_some_and(|s| s <= at_s))
            {
                self.stop(*over);
            }
            self.start(*row, at_s);
        }
        for over in stops {
            if columns.stopped_s(*over).is_none_or(|s| s >= to_s) {
                break;
            }
            self.stop(*over);
        }
        self.reach(to_s - 1);
    }

    fn stop(&mut self, row: Row) {
        let at_s = self.columns.stopped_s(row).unwrap_or_default();
        // What stops at midnight does not run on the new day.
        self.reach(at_s - 1);
        self.change(row, -1);
    }

    /// Begins every day up to `at_s`, with what still runs.
    fn reach(&mut self, at_s: i64) {
        while let Some(bound) = self.bounds.get(self.days.len() - 1)
            && *bound <= at_s
        {
            self.days.push(self.level);
        }
    }

    fn start(&mut self, row: Row, at_s: i64) {
        self.reach(at_s);
        self.change(row, 1);
        for kind in self.kinds(row) {
            let level = self.level[kind];
            // The last of several equal peaks, as Tautulli tells it.
            if level >= self.overall[kind].level {
                self.overall[kind] = Peak {
                    level,
                    at_s: Some(at_s),
                };
            }
            if let Some(day) = self.days.last_mut() {
                day[kind] = day[kind].max(level);
            }
        }
    }

    fn change(&mut self, row: Row, by: i32) {
        for kind in self.kinds(row) {
            self.level[kind] = self.level[kind].saturating_add_signed(by);
        }
    }

    fn kinds(&self, row: Row) -> [usize; 3] {
        let way = self.columns.way(row) as usize;
        let net = Net::of(self.columns, row) as usize;
        [0, 1 + way, 5 + net]
    }
}
