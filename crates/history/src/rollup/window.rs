//! The sums of one family over a window: from the buckets where they hold, from rows for the rest.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::cells::Sums;
use super::family::{Core, Fact, Family, dim_of};
use super::ladder;
use super::names::{Labels, Names, Unknown};
use super::shares::Shares;
use crate::Error;
use crate::columns::{Columns, Group, NONE, Row, ViewerIx};
use crate::rules::calendar::{Calendar, DAY_S, first_day_of, month_of};

/// The accounts that count, by viewer; as long as viewers can be many, so that no index needs a check.
#[derive(Clone, Debug)]
pub(crate) struct Chosen(Box<[bool; 1 << 16]>);

impl Chosen {
    pub(crate) fn new(columns: &Columns, users: &[i64]) -> Self {
        let chosen = vec![false; 1 << 16].into_boxed_slice();
        let mut chosen: Box<[bool; 1 << 16]> = chosen.try_into().expect("is as long as it was made");
        for (is_chosen, viewer) in chosen.iter_mut().zip(columns.dims.viewers()) {
            *is_chosen = viewer.user_id.is_some_and(|id| users.contains(&id));
        }
        Self(chosen)
    }

    #[inline]
    pub(crate) fn has(&self, viewer: ViewerIx) -> bool {
        self.0[usize::from(viewer.0)]
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

impl<'a> Asked<'a> {
    /// Calls `cell` with the sums of each key, in parts that add up; only those that `grouping` asks for are right.
    /// Returns what dimensions stand for.
    pub(crate) fn each(&self, family: Family, cell: impl FnMut(u64, Sums)) -> Result<Labels<'a>, Error> {
        let mut pass = self.pass(family, cell);
        if self.is_current && self.chosen.is_none() {
            let day = ladder::first_whole_day(self.cutoff_s);
            let to_s = day.saturating_mul(DAY_S);
            let rows = self.columns.stopped_since(self.cutoff_s);
            let partial = rows.partition_point(|row| self.columns.stopped_s(*row).is_some_and(|s| s < to_s));
            pass.add(&rows[..partial], to_s)?;
            ladder::each_since(self.conn, family, day, &mut pass.cell)?;
        } else {
            pass.add_rows()?;
        }
        Ok(pass.names.labels)
    }

    /// As [`Self::each`], of what started on the local dates (or months) `first..=last`, and some around them.
    pub(crate) fn each_by_start(
        &self,
        family: Family,
        (first, last): (i64, i64),
        cell: impl FnMut(u64, Sums),
    ) -> Result<(), Error> {
        if first > last {
            return Ok(());
        }
        let mut pass = self.pass(family, cell);
        if !self.is_current || self.chosen.is_some() {
            return pass.add_rows();
        }
        let (first_day, buckets) = if family.is_by_date() {
            (first, (month_of(first), month_of(last)))
        } else {
            (first_day_of(first), (first.div_euclid(12), last.div_euclid(12)))
        };
        ladder::each_started(self.conn, family, buckets, &mut pass.cell)?;
        let mut parts = BTreeSet::new();
        for row in outside(self.columns, &self.calendar, first_day, self.cutoff_s) {
            if let Some(fact) = pass.fact(row)? {
                parts.insert((self.columns.group(row), dim_of(fact.key)));
                if !self.grouping {
                    (pass.cell)(fact.key, Sums::row(fact.seconds).negated());
                }
            }
        }
        if self.grouping {
            for (group, dim) in parts {
                pass.narrow(group, dim)?;
            }
        }
        Ok(())
    }

    /// The rows among which those that [`Self::passes`] are.
    pub(crate) fn candidates(&self) -> Candidates<'_> {
        let window = self.columns.stopped_since(self.cutoff_s);
        // Reading a column from end to end is quicker than jumping to a part of it.
        if window.len() > self.columns.len() / 4 {
            Candidates::All
        } else {
            Candidates::Window(window)
        }
    }

    /// The rows that pass, newest id first, of all there are.
    pub(crate) fn all_passing(&self) -> impl Iterator<Item = Row> + '_ {
        let viewers = self.columns.slices().viewer.iter().enumerate().rev();
        let chosen = self.chosen.as_ref();
        viewers
            .filter(move |(_, viewer)| chosen.is_none_or(|chosen| chosen.has(**viewer)))
            .map(|(row, _)| Row::try_from(row).unwrap_or(NONE))
            .filter(|row| self.columns.stopped_s(*row).is_some_and(|s| s >= self.cutoff_s))
    }

    #[inline]
    pub(crate) fn passes(&self, row: Row) -> bool {
        let chosen = self.chosen.as_ref();
        chosen.is_none_or(|chosen| chosen.has(self.columns.viewer_ix(row)))
            && self.columns.stopped_s(row).is_some_and(|s| s >= self.cutoff_s)
    }

    fn pass<F: FnMut(u64, Sums)>(&self, family: Family, cell: F) -> Pass<'_, 'a, F> {
        Pass {
            asked: self,
            family,
            names: Names::new(self.columns, Labels::new(self.conn, Unknown::Lend)),
            facts: Vec::new(),
            shares: Shares::default(),
            cell,
        }
    }
}

/// Rows to look at for a window: all there are, or those that stopped in it.
#[derive(Debug)]
pub(crate) enum Candidates<'a> {
    All,
    Window(&'a [Row]),
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
struct Pass<'q, 'a, F> {
    asked: &'q Asked<'a>,
    family: Family,
    names: Names<'a>,
    facts: Vec<Fact>,
    shares: Shares,
    cell: F,
}

impl<F: FnMut(u64, Sums)> Pass<'_, '_, F> {
    #[inline]
    fn fact(&mut self, row: Row) -> Result<Option<Fact>, Error> {
        let Some(core) = Core::of_row(self.asked.columns, row, Some(self.family)) else {
            return Ok(None);
        };
        let dim = self.names.of_row(self.family, row)?;
        Ok(self.family.fact(&core, dim, &self.asked.calendar))
    }

    #[inline]
    fn push(&mut self, row: Row) -> Result<(), Error> {
        if let Some(fact) = self.fact(row)? {
            self.facts.push(fact);
        }
        Ok(())
    }

    /// Adds V(cutoff) − V(to), in the words of [`super::shares`]; `rows` are those that stopped between.
    fn add(&mut self, rows: &[Row], to_s: i64) -> Result<(), Error> {
        let asked = self.asked;
        let passing = rows.iter().copied().filter(|row| asked.passes(*row));
        if !asked.grouping {
            return self.add_ungrouped(passing);
        }
        let mut seen = Seen::new(asked.columns);
        for row in passing {
            let group = asked.columns.group(row);
            if seen.insert(group) {
                self.facts.clear();
                for row in asked.columns.group_rows(group).filter(|row| asked.passes(*row)) {
                    self.push(row)?;
                }
                self.give(|s| s >= to_s);
            }
        }
        Ok(())
    }

    /// Adds V(cutoff), from rows alone.
    fn add_rows(&mut self) -> Result<(), Error> {
        let asked = self.asked;
        let columns = asked.columns;
        if let Candidates::Window(rows) = asked.candidates() {
            return self.add(rows, i64::MAX);
        }
        // From the newest back, so that the first row of a group that is met leads to all others that count.
        let passing = asked.all_passing();
        if !asked.grouping {
            return self.add_ungrouped(passing);
        }
        let mut done = vec![0_u64; columns.len().div_ceil(64)];
        for row in passing {
            if done[row as usize / 64] & 1 << (row % 64) != 0 {
                continue;
            }
            self.facts.clear();
            self.push(row)?;
            for earlier in columns.earlier(row).filter(|row| asked.passes(*row)) {
                done[earlier as usize / 64] |= 1 << (earlier % 64);
                self.push(earlier)?;
            }
            self.give(|_| false);
        }
        Ok(())
    }

    fn add_ungrouped(&mut self, rows: impl Iterator<Item = Row>) -> Result<(), Error> {
        for row in rows {
            if let Some(fact) = self.fact(row)? {
                (self.cell)(fact.key, Sums::row(fact.seconds));
            }
        }
        Ok(())
    }

    /// Gives the share of the group at hand, less what stopped `after`.
    #[inline]
    fn give(&mut self, after: impl Fn(i64) -> bool) {
        let cell = &mut self.cell;
        let bucket = |stopped_s| i64::from(after(stopped_s));
        self.shares.of(&mut self.facts, bucket, |bucket, key, sums| {
            if bucket == 0 {
                cell(key, sums);
            }
        });
    }

    /// Takes from one date (or month) of a group the rows that stopped before the window, share and all.
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
        let (cutoff_s, cell) = (self.asked.cutoff_s, &mut self.cell);
        let bucket = |stopped_s| i64::from(stopped_s >= cutoff_s);
        self.shares.of(&mut self.facts, bucket, |bucket, key, sums| {
            if bucket == 0 {
                cell(key, sums.negated());
            }
        });
        Ok(())
    }
}
