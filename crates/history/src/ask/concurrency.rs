//! How many plays ran at once.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::columns::{Columns, Location, Row, Way};
use crate::rollup::peak::{
    self, Event, Levels, Played, Running, RunningDays, Split, StartedPeak, Top, rows_started_on, started_peak,
};
use crate::rollup::window::{Asked, Candidates, outside};
use crate::rollup::{calendar_of, is_current};
use crate::rules::calendar::{Calendar, DAY_S, date_of, day_of};
use crate::{Error, View};

/// The most plays at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    pub count: i64,
    /// The last start before the maximum ended; absent if nothing had started by then.
    pub started_s: Option<i64>,
    /// When the maximum ended, the last time it was reached.
    pub stopped_s: i64,
}

/// Tautulli `most_concurrent`; what had no play in the window is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MostConcurrent {
    pub total: Option<Most>,
    pub transcode: Option<Most>,
    pub direct_stream: Option<Most>,
    pub direct_play: Option<Most>,
}

/// Over all plays that stopped at `cutoff_s` or later, by row, across midnights. A play without a known decision
/// counts in the total alone.
pub fn most_concurrent(v: &View<'_>, cutoff_s: i64) -> Result<MostConcurrent, Error> {
    let c = v.columns;
    let tops = if is_current(v.conn, v.time_zone())? {
        tops_by_day(v, cutoff_s)?
    } else {
        tops_by_row(c, cutoff_s)
    };
    let most = |way: Option<Way>| {
        let top = tops[way.map_or(Split::TOTAL, Split::way)]?;
        Some(Most {
            count: top.level,
            started_s: last_start(c, cutoff_s, top.stopped_s, way),
            stopped_s: top.stopped_s,
        })
    };
    Ok(MostConcurrent {
        total: most(None),
        transcode: most(Some(Way::Transcode)),
        direct_stream: most(Some(Way::Copy)),
        direct_play: most(Some(Way::DirectPlay)),
    })
}

type Tops = [Option<Top>; peak::SPLITS];

/// Days as they are kept, but for the one that the cutoff cuts and those in which a play that stopped before it
/// started takes one off the level: these are walked.
fn tops_by_day(v: &View<'_>, cutoff_s: i64) -> Result<Tops, Error> {
    let c = v.columns;
    let calendar = Calendar::new(v.time_zone(), cutoff_s - DAY_S, cutoff_s + DAY_S);
    let first = peak::day_at(&calendar, cutoff_s);
    let mut less: Vec<Event> = Vec::new();
    let mut walked: BTreeMap<i64, [i64; peak::SPLITS]> = BTreeMap::new();
    if calendar.day_start_s(first) < cutoff_s {
        walked.insert(first, Default::default());
    }
    for row in c.backwards() {
        let (started_s, stopped_s) = (c.started_s(*row), c.stopped_s(*row).unwrap_or_default());
        if stopped_s >= cutoff_s {
            less.push((stopped_s, false, peak::split(c, *row)));
            less.push((started_s, true, peak::split(c, *row)));
            let days = peak::day_at(&calendar, stopped_s)..=peak::day_at(&calendar, started_s);
            walked.extend(days.map(|day| (day, Default::default())));
        }
    }
    let mut tops = Tops::default();
    let mut add = |found: Tops| {
        for (top, found) in tops.iter_mut().zip(found) {
            let both = [*top, found].into_iter().flatten();
            *top = both.max_by_key(|top| (top.level, top.stopped_s));
        }
    };
    peak::days(v.conn, (first, i64::MAX), |day, running: Running| {
        match walked.get_mut(&day) {
            Some(carried) => *carried = running.carried,
            None => add(running.tops),
        }
    })?;
    for (day, mut carried) in walked {
        let (start_s, end_s) = (calendar.day_start_s(day), calendar.day_start_s(day + 1));
        let mut events = peak::events_between(c, start_s, end_s);
        for (at_s, is_start, split) in &less {
            if (start_s..end_s).contains(at_s) {
                events.push((*at_s, *is_start, *split));
            } else if *at_s < start_s {
                for place in split.places() {
                    carried[place] += if *is_start { 1 } else { -1 };
                }
            }
        }
        peak::order(&mut events);
        add(peak::walk_day(carried, start_s, cutoff_s, events.into_iter())
            .0
            .tops);
    }
    Ok(tops)
}

/// Walks the rows of the window, also those that stopped before they started.
fn tops_by_row(c: &Columns, cutoff_s: i64) -> Tops {
    let rows = c.stopped_since(cutoff_s);
    let mut starts: Vec<Row> = rows.to_vec();
    starts.sort_unstable_by_key(|row| c.started_s(*row));
    let mut starts = starts.into_iter().peekable();
    let split = |row: Row| Split::new(c.way(row), c.location(row));
    let mut levels = Levels::default();
    for row in rows {
        let stopped_s = c.stopped_s(*row).unwrap_or_default();
        while let Some(start) = starts.next_if(|row| c.started_s(*row) < stopped_s) {
            levels.start(split(start));
        }
        levels.stop(split(*row), stopped_s);
    }
    levels.tops
}

/// The last start before a moment, of the plays of the window.
fn last_start(c: &Columns, cutoff_s: i64, before_s: i64, way: Option<Way>) -> Option<i64> {
    let started = c.started_between(i64::MIN, before_s).iter().rev();
    let mut counted = started
        .filter(|row| c.stopped_s(**row) >= Some(cutoff_s) && way.is_none_or(|way| c.way(**row) == way));
    counted.next().map(|row| c.started_s(*row))
}

/// Calls `each` with the peak of every local date in `first..=last` on which a play of the window began.
pub(crate) fn started_peaks(
    asked: &Asked<'_>,
    first: i64,
    last: i64,
    mut each: impl FnMut(i64, StartedPeak),
) -> Result<(), Error> {
    let c = asked.columns;
    if !asked.is_current || asked.chosen.is_some() {
        each_started_by_row(asked, first, last, each);
        return Ok(());
    }
    let calendar = &asked.calendar;
    let cut: std::collections::BTreeSet<i64> = outside(c, calendar, first, asked.cutoff_s)
        .map(|row| calendar.day(c.started_s(row)))
        .collect();
    peak::days(asked.conn, (first, last), |day, kept: StartedPeak| {
        if !cut.contains(&day) {
            each(day, kept);
            return;
        }
        let plays: Vec<_> = rows_started_on(c, calendar, day)
            .filter(|row| c.stopped_s(*row) >= Some(asked.cutoff_s))
            .map(|row| played(c, row))
            .collect();
        each(day, started_peak(&plays));
    })
}

fn each_started_by_row(asked: &Asked<'_>, first: i64, last: i64, mut each: impl FnMut(i64, StartedPeak)) {
    let c = asked.columns;
    let count = usize::try_from(last - first + 1).unwrap_or(0);
    let mut days: Vec<Vec<Played>> = vec![Vec::new(); count];
    let mut add = |row: Row| {
        let place = usize::try_from(asked.calendar.day(c.started_s(row)) - first);
        if let Some(day) = place.ok().and_then(|at| days.get_mut(at)) {
            day.push(played(c, row));
        }
    };
    match asked.candidates() {
        Candidates::All => asked.all_passing().for_each(&mut add),
        Candidates::Window(rows) => rows
            .iter()
            .copied()
            .filter(|row| asked.passes(*row))
            .for_each(&mut add),
    }
    for (day, plays) in (first..).zip(&days).filter(|(_, plays)| !plays.is_empty()) {
        each(day, started_peak(plays));
    }
}

fn played(c: &Columns, row: Row) -> Played {
    (c.started_s(row), c.stopped_s(row).unwrap_or_default(), c.way(row))
}

/// The true peaks of one local day: of any moment of it, whenever the plays began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPeak {
    pub day: Date,
    pub total: i64,
    by: [i64; peak::SPLITS],
}

impl DayPeak {
    fn new(day: i64, by: [i64; peak::SPLITS]) -> Self {
        Self {
            day: date_of(day),
            total: by[Split::TOTAL],
            by,
        }
    }

    /// The most plays at once of this decision.
    pub fn way(&self, way: Way) -> i64 {
        self.by[Split::way(way)]
    }

    /// The most plays at once on this network.
    pub fn location(&self, location: Location) -> i64 {
        self.by[Split::location(location)]
    }
}

/// The true peaks of the days `from..=to` of the history's time zone on which something ran, in order. Plays that
/// stopped before they started, or never, do not run.
pub fn peaks_by_day(v: &View<'_>, from: Date, to: Date) -> Result<Vec<DayPeak>, Error> {
    if !is_current(v.conn, v.time_zone())? {
        return Ok(peaks_where(v.columns, v.time_zone(), from, to, |_| true));
    }
    let mut peaks = Vec::new();
    peak::days(v.conn, (day_of(from), day_of(to)), |day, running: Running| {
        peaks.push(DayPeak::new(day, running.peaks));
    })?;
    Ok(peaks)
}

/// As [`peaks_by_day`], of the rows that pass and in any time zone: a pass over the columns.
pub fn peaks_where(
    columns: &Columns,
    zone: &TimeZone,
    from: Date,
    to: Date,
    passes: impl Fn(Row) -> bool,
) -> Vec<DayPeak> {
    let calendar = calendar_of(columns, zone);
    let days = RunningDays::new(peak::all_events(columns, &passes), &calendar);
    let (first, last) = (day_of(from), day_of(to));
    days.skip_while(|(day, _)| *day < first)
        .take_while(|(day, _)| *day <= last)
        .map(|(day, running)| DayPeak::new(day, running.peaks))
        .collect()
}
