//! The sums of one family over a window: from the buckets where they hold, from rows for the rest.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::cells::{Cells, Sums};
use super::family::{Core, Fact, Family, dim_of};
use super::ladder;
use super::names::{Labels, Names, Unknown};
use super::shares::Shares;
use crate::Error;
use crate::columns::{Columns, Group, Row, ViewerIx};
use crate::rules::calendar::{Calendar, DAY_S, first_day_of, month_of};

/// The accounts that count.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// By viewer.
    is_chosen: Vec<bool>,
}

impl Chosen {
    pub(crate) fn new(columns: &Columns, users: &[i64]) -> Self {
        let is_chosen = columns
            .dims
            .viewers()
            .iter()
            .map(|viewer| viewer.user_id.is_some_and(|id| users.contains(&id)))
            .collect();
        Self { is_chosen }
    }

    #[inline]
    pub(crate) fn has(&self, columns: &Columns, row: Row) -> bool {
        self.is_chosen
            .get(columns.viewer_ix(row).at())
            .copied()
            .unwrap_or(false)
    }

    /// All their rows.
    pub(crate) fn rows<'a>(&'a self, columns: &'a Columns) -> impl Iterator<Item = Row> + 'a {
        let viewers = (0..u16::MAX).zip(&self.is_chosen).filter(|(_, chosen)| **chosen);
        viewers.flat_map(|(viewer, _)| columns.viewer_rows(ViewerIx(viewer)))
    }
}

/// One bit per group.
#[derive(Debug)]
pub(crate) struct Seen(Vec<u64>);

impl Seen {
    pub(crate) fn new(columns: &Columns) -> Self {
        Self(vec![0; columns.group_count().div_ceil(64)])
    }

    /// True the first time.
    #[inline]
    pub(crate) fn insert(&mut self, group: Group) -> bool {
        let (word, bit) = (&mut self.0[group as usize / 64], 1 << (group % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// What is asked: plays that stopped at `cutoff_s` or later.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) columns: &'a Columns,
    pub(crate) calendar: Calendar,
    /// The buckets hold for these columns, in the calendar's time zone.
    pub(crate) is_current: bool,
    pub(crate) cutoff_s: i64,
    pub(crate) grouping: bool,
    pub(crate) chosen: Option<Chosen>,
}

/// Sums, and what their keys stand for.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) cells: Cells,
    pub(crate) labels: Labels<'a>,
}

impl<'a> Asked<'a> {
    /// Only the sums that `grouping` asks for are right.
    pub(crate) fn sums(&self, family: Family) -> Result<Found<'a>, Error> {
        let mut pass = self.pass(family);
        if let Some(chosen) = &self.chosen {
            pass.add(chosen.rows(self.columns), self.cutoff_s, i64::MAX)?;
        } else if self.is_current {
            let day = ladder::first_whole_day(self.cutoff_s);
            let to_s = day.saturating_mul(DAY_S);
            let rows = self.columns.stopped_since(self.cutoff_s);
            let partial = rows
                .iter()
                .take_while(|row| self.columns.stopped_s(**row).is_some_and(|s| s < to_s));
            pass.add(partial.copied(), self.cutoff_s, to_s)?;
            ladder::add_since(self.conn, family, day, &mut pass.cells)?;
        } else {
            let rows = self.columns.stopped_since(self.cutoff_s);
            pass.add(rows.iter().copied(), self.cutoff_s, i64::MAX)?;
        }
        Ok(pass.found())
    }

    /// As [`Self::sums`], of what started on the local dates (or months) `first..=last`.
    pub(crate) fn sums_by_start(&self, family: Family, first: i64, last: i64) -> Result<Found<'a>, Error> {
        if !self.is_current || self.chosen.is_some() {
            return self.sums(family);
        }
        let mut pass = self.pass(family);
        if first > last {
            return Ok(pass.found());
        }
        let (first_day, buckets) = if family == Family::StartDay {
            (first, (month_of(first), month_of(last)))
        } else {
            (first_day_of(first), (first.div_euclid(12), last.div_euclid(12)))
        };
        ladder::add_started(self.conn, family, buckets.0, buckets.1, &mut pass.cells)?;
        let mut parts = BTreeSet::new();
        for row in outside(self.columns, &self.calendar, first_day, self.cutoff_s) {
            if let Some(fact) = pass.fact(row)? {
                parts.insert((self.columns.group(row), dim_of(fact.key)));
                if !self.grouping {
                    pass.cells.add(fact.key, Sums::row(fact.seconds).negated());
                }
            }
        }
        if self.grouping {
            for (group, dim) in parts {
                pass.narrow(group, dim)?;
            }
        }
        Ok(pass.found())
    }

    fn pass(&self, family: Family) -> Pass<'_, 'a> {
        Pass {
            asked: self,
            family,
            names: Names::new(self.columns, Labels::new(self.conn, Unknown::Lend)),
            facts: Vec::new(),
            shares: Shares::default(),
            cells: Cells::default(),
        }
    }
}

/// Rows that count on the local dates from `first_day` on but stopped before the window: those that began and ended
/// on the first date while the clocks are set back, and those whose stop is before their start.
pub(crate) fn outside<'a>(
    columns: &'a Columns,
    calendar: &'a Calendar,
    first_day: i64,
    cutoff_s: i64,
) -> impl Iterator<Item = Row> + 'a {
    // Dates can come back for an hour or two when clocks are set back at midnight.
    let from_s = calendar.day_start_s(first_day) - 3 * 3600;
    let forwards = columns.started_between(from_s, cutoff_s).iter().copied();
    let forwards = forwards.filter(|row| columns.stopped_s(*row) >= Some(columns.started_s(*row)));
    let backwards = columns.backwards().iter().copied();
    forwards.chain(backwards).filter(move |row| {
        columns.stopped_s(*row).is_some_and(|s| s < cutoff_s)
            && calendar.day(columns.started_s(*row)) >= first_day
    })
}

/// Goes through rows.
struct Pass<'q, 'a> {
    asked: &'q Asked<'a>,
    family: Family,
    names: Names<'a>,
    facts: Vec<Fact>,
    shares: Shares,
    cells: Cells,
}

impl<'a> Pass<'_, 'a> {
    fn found(self) -> Found<'a> {
        Found {
            cells: self.cells,
            labels: self.names.labels,
        }
    }

    #[inline]
    fn fact(&mut self, row: Row) -> Result<Option<Fact>, Error> {
        let Some(core) = Core::of_row(self.asked.columns, row, Some(self.family)) else {
            return Ok(None);
        };
        let dim = self.names.of_row(self.family, row)?;
        Ok(self.family.fact(&core, dim, &self.asked.calendar))
    }

    #[inline]
    fn is_chosen(&self, row: Row) -> bool {
        let chosen = self.asked.chosen.as_ref();
        chosen.is_none_or(|chosen| chosen.has(self.asked.columns, row))
    }

    /// Adds V(from) − V(to), in the words of [`super::shares`]; `rows` has every row that stopped between.
    fn add(&mut self, rows: impl Iterator<Item = Row>, from_s: i64, to_s: i64) -> Result<(), Error> {
        let columns = self.asked.columns;
        let stopped_within = |row: Row| columns.stopped_s(row).is_some_and(|s| s >= from_s && s < to_s);
        if !self.asked.grouping {
            for row in rows.filter(|row| stopped_within(*row)) {
                if let Some(fact) = self.fact(row)? {
                    self.cells.add(fact.key, Sums::row(fact.seconds));
                }
            }
            return Ok(());
        }
        let mut seen = Seen::new(columns);
        for row in rows.filter(|row| stopped_within(*row)) {
            let group = columns.group(row);
            if !seen.insert(group) {
                continue;
            }
            self.facts.clear();
            for row in columns.group_rows(group) {
                if columns.stopped_s(row).is_some_and(|s| s >= from_s)
                    && self.is_chosen(row)
                    && let Some(fact) = self.fact(row)?
                {
                    self.facts.push(fact);
                }
            }
            let (shares, cells) = (&mut self.shares, &mut self.cells);
            shares.of(
                &mut self.facts,
                |s| i64::from(s >= to_s),
                |bucket, key, sums| {
                    if bucket == 0 {
                        cells.add(key, sums);
                    }
                },
            );
        }
        Ok(())
    }

    /// Takes from one date (or month) of a group the rows that stopped before the window.
    fn narrow(&mut self, group: Group, dim: u64) -> Result<(), Error> {
        let columns = self.asked.columns;
        self.facts.clear();
        for row in columns.group_rows(group) {
            if let Some(fact) = self.fact(row)?
                && dim_of(fact.key) == dim
            {
                self.facts.push(fact);
            }
        }
        let cutoff_s = self.asked.cutoff_s;
        let (shares, cells) = (&mut self.shares, &mut self.cells);
        shares.of(
            &mut self.facts,
            |s| i64::from(s >= cutoff_s),
            |bucket, key, sums| {
                // What leaves the window takes its share along.
                if bucket == 0 {
                    cells.add(key, sums.negated());
                }
            },
        );
        Ok(())
    }
}
