//! What runs during a local day, also across midnight.
//!
//! A day is known by itself: the level carried into it, and the starts and stops within it. So a play changes only
//! the days it touches. The day's tops are those of Tautulli's `most_concurrent` (the level just before a stop), and
//! they serve any window of stops: at a moment t not before the cutoff c, the plays that run all stop at t or later,
//! so none of them is outside the window `stopped >= c`; and plays outside it (stopped before c) that began before
//! have added and taken their one. So from c on the levels of the window are the levels of everything, and the
//! maximum over the window is that of the rest of c's own day and of the whole days after it.

use super::walk::{Levels, SPLITS, Split, Top};
use crate::columns::{Columns, Row};
use crate::rules::calendar::Calendar;

/// One day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Running {
    /// Levels just before the day begins.
    pub(crate) carried: [i64; SPLITS],
    /// Highest levels of any moment of the day.
    pub(crate) peaks: [i64; SPLITS],
    /// Highest levels just before a stop of the day.
    pub(crate) tops: [Option<Top>; SPLITS],
}

/// True for plays that have levels: with a stop, not before the start.
#[inline]
pub(crate) fn runs(columns: &Columns, row: Row) -> bool {
    columns.stopped_s(row) >= Some(columns.started_s(row))
}

pub(crate) fn split(columns: &Columns, row: Row) -> Split {
    Split::new(columns.way(row), columns.location(row))
}

/// A start or a stop: `(second, is a start, levels)`.
pub(crate) type Event = (i64, bool, Split);

/// Walks one day: `events` in order, stops before starts at the same second. Stops before `from_s` make no tops.
/// Returns the day and the levels after it.
pub(crate) fn walk_day(
    carried: [i64; SPLITS],
    day_start_s: i64,
    from_s: i64,
    events: impl Iterator<Item = Event>,
) -> (Running, [i64; SPLITS]) {
    let mut levels = Levels {
        now: carried,
        ..Levels::default()
    };
    let mut peaks = [0; SPLITS];
    let mut has_begun = false;
    let mut begin = |levels: &Levels, peaks: &mut [i64; SPLITS], at_s: i64, is_start: bool| {
        // What stops in the day's first second does not run in it.
        if !has_begun && (is_start || at_s > day_start_s) {
            has_begun = true;
            *peaks = levels.now;
        }
    };
    for (at_s, is_start, split) in events {
        begin(&levels, &mut peaks, at_s, is_start);
        if is_start {
            levels.start(split);
            for place in split.places() {
                peaks[place] = peaks[place].max(levels.now[place]);
            }
        } else {
            levels.stop(split, at_s);
            if at_s < from_s {
                levels.tops = [None; SPLITS];
            }
        }
    }
    begin(&levels, &mut peaks, i64::MAX, true);
    let day = Running {
        carried,
        peaks,
        tops: levels.tops,
    };
    (day, levels.now)
}

/// The starts and stops of rows in `from_s..to_s`, in order.
pub(crate) fn events_between(columns: &Columns, from_s: i64, to_s: i64) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for row in columns.started_between(from_s, to_s) {
        if runs(columns, *row) {
            events.push((columns.started_s(*row), true, split(columns, *row)));
        }
    }
    for row in columns.stopped_since(from_s) {
        let stopped_s = columns.stopped_s(*row).unwrap_or(i64::MAX);
        if stopped_s >= to_s {
            break;
        }
        if runs(columns, *row) {
            events.push((stopped_s, false, split(columns, *row)));
        }
    }
    order(&mut events);
    events
}

pub(crate) fn order(events: &mut [Event]) {
    events.sort_unstable_by_key(|(at_s, is_start, _)| (*at_s, *is_start));
}

/// Every start and stop of rows that pass, in order.
pub(crate) fn all_events<'a>(
    columns: &'a Columns,
    passes: impl Fn(Row) -> bool + Copy + 'a,
) -> impl Iterator<Item = Event> + 'a {
    let running = move |row: &Row| runs(columns, *row) && passes(*row);
    let mut starts = columns.by_start().iter().copied().filter(running).peekable();
    let mut stops = columns
        .stopped_since(0)
        .iter()
        .copied()
        .filter(running)
        .peekable();
    std::iter::from_fn(move || {
        let start_s = starts.peek().map(|row| columns.started_s(*row));
        let stop_s = stops.peek().and_then(|row| columns.stopped_s(*row));
        match (start_s, stop_s) {
            // Of a play without length the start comes last of all.
            (Some(start_s), stop_s) if stop_s.is_none_or(|stop_s| start_s < stop_s) => {
                starts.next().map(|row| (start_s, true, split(columns, row)))
            }
            (_, Some(stop_s)) => stops.next().map(|row| (stop_s, false, split(columns, row))),
            (_, None) => None,
        }
    })
}

/// The days of ordered events, one after the other; days without plays are left out.
#[derive(Debug)]
pub(crate) struct RunningDays<'a, I: Iterator<Item = Event>> {
    events: std::iter::Peekable<I>,
    calendar: &'a Calendar,
    levels: [i64; SPLITS],
    next_day: Option<i64>,
}

impl<'a, I: Iterator<Item = Event>> RunningDays<'a, I> {
    pub(crate) fn new(events: I, calendar: &'a Calendar) -> Self {
        Self {
            events: events.peekable(),
            calendar,
            levels: [0; SPLITS],
            next_day: None,
        }
    }
}

impl<I: Iterator<Item = Event>> Iterator for RunningDays<'_, I> {
    type Item = (i64, Running);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next_s = self.events.peek().map(|event| event.0)?;
            let day = match self.next_day {
                Some(day) if self.levels != [0; SPLITS] => day,
                _ => day_at(self.calendar, next_s),
            };
            self.next_day = Some(day + 1);
            let (start_s, end_s) = (self.calendar.day_start_s(day), self.calendar.day_start_s(day + 1));
            if start_s == end_s {
                continue;
            }
            let events = std::iter::from_fn(|| self.events.next_if(|event| event.0 < end_s));
            let (running, levels) = walk_day(self.levels, start_s, start_s, events);
            self.levels = levels;
            return Some((day, running));
        }
    }
}

/// The day that has begun at this moment. Unlike dates, such days never come back when clocks are set back.
pub(crate) fn day_at(calendar: &Calendar, t_s: i64) -> i64 {
    let mut day = calendar.day(t_s);
    while calendar.day_start_s(day) > t_s {
        day -= 1;
    }
    while calendar.day_start_s(day + 1) <= t_s {
        day += 1;
    }
    day
}
