//! The usual order, newest start first.
//!
//! One pass over the columns finds the plays that count, as bits. A walk over the rows by start, from the nearer end,
//! then meets them in their order: backwards, the first row of a group that is met is its newest start; forwards, a
//! row is asked whether its group has a newer one.

use std::ops::Range;

use super::tally::finds;
use super::{Query, Selection};
use crate::ask::filter::{Bits, Matcher, Picked, Search};
use crate::columns::{Columns, NONE, Row};

/// Rows walked at a time.
const BLOCK: usize = 1_024;

pub(super) fn select(matcher: &Matcher<'_>, search: Option<&Search<'_>>, q: &Query) -> Selection {
    let picked = matcher.pick();
    let found = Found::new(&picked, search, q.grouping);
    let filtered = found.count;
    let wanted = q.start.min(filtered)..q.start.saturating_add(q.length).min(filtered);
    let plays = if wanted.is_empty() {
        Vec::new()
    } else if wanted.start / 2 <= filtered / 3 {
        newest_first(matcher, &picked, found.plays, q.grouping, wanted)
    } else {
        let from_the_end = filtered - wanted.end..filtered - wanted.start;
        let mut plays = oldest_first(matcher, &picked, &found.plays, q.grouping, from_the_end);
        plays.reverse();
        plays
    };
    Selection {
        filtered,
        total_duration_s: picked.duration_s(),
        plays,
    }
}

/// The plays that pass filter and search.
struct Found {
    /// Their groups; without grouping, their rows.
    plays: Bits,
    count: usize,
}

impl Found {
    fn new(picked: &Picked<'_>, search: Option<&Search<'_>>, grouping: bool) -> Self {
        let c = picked.columns();
        let plays = match (search, grouping) {
            (None, true) if picked.is_all() => Bits::full(c.group_count()),
            (None, true) => {
                let (group, mut groups) = (c.slices().group, Bits::new(c.group_count()));
                picked.each(|row| groups.insert_if(group[row as usize], true));
                groups
            }
            (Some(search), true) => found_groups(picked, search),
            (None, false) => picked.bits(),
            (Some(search), false) => {
                let mut rows = Bits::new(c.len());
                picked.each(|row| rows.insert_if(row, search.finds(row)));
                rows
            }
        };
        Self {
            count: plays.count(),
            plays,
        }
    }
}

/// Groups that a search finds. Where it finds some rows of a group only, the row that stands for it decides.
fn found_groups(picked: &Picked<'_>, search: &Search<'_>) -> Bits {
    let c = picked.columns();
    let group = c.slices().group;
    let (mut hit, mut missed) = (Bits::new(c.group_count()), Bits::new(c.group_count()));
    picked.each(|row| {
        let found = search.finds(row);
        hit.insert_if(group[row as usize], found);
        missed.insert_if(group[row as usize], !found);
    });
    let mut rows = Vec::new();
    hit.and(&missed).each(|g| {
        rows.clear();
        rows.extend(c.group_rows(g).filter(|row| picked.has(*row)));
        if !finds(c, Some(search), &rows) {
            hit.remove_if(g, true);
        }
    });
    hit
}

fn newest_first(
    matcher: &Matcher<'_>,
    picked: &Picked<'_>,
    mut left: Bits,
    grouping: bool,
    wanted: Range<usize>,
) -> Vec<Row> {
    let c = matcher.columns();
    let group = c.slices().group;
    let id = |row: &Row| id(c, grouping, *row);
    let mut walk = Walk::new(c, wanted, |run: &mut [Row]| run.sort_unstable_by_key(id));
    for rows in matcher.by_start().rchunks(BLOCK) {
        let rows = rows.iter().rev().copied();
        let over = if grouping {
            walk.take(rows, |row| left.remove_if(group[row as usize], picked.has(row)))
        } else {
            walk.take(rows, |row| left.has(row))
        };
        if over {
            break;
        }
    }
    walk.end()
}

fn oldest_first(
    matcher: &Matcher<'_>,
    picked: &Picked<'_>,
    plays: &Bits,
    grouping: bool,
    wanted: Range<usize>,
) -> Vec<Row> {
    let c = matcher.columns();
    let group = c.slices().group;
    let id = |row: &Row| std::cmp::Reverse(id(c, grouping, *row));
    let mut walk = Walk::new(c, wanted, |run: &mut [Row]| run.sort_unstable_by_key(id));
    for rows in matcher.by_start().chunks(BLOCK) {
        let rows = rows.iter().copied();
        let over = if grouping {
            walk.take(rows, |row| {
                plays.has(group[row as usize]) && picked.has(row) && is_newest(picked, row)
            })
        } else {
            walk.take(rows, |row| plays.has(row))
        };
        if over {
            break;
        }
    }
    walk.end()
}

fn id(c: &Columns, grouping: bool, row: Row) -> u32 {
    if grouping {
        c.group_id(c.group(row))
    } else {
        c.id(row)
    }
}

/// True for the one picked row of its group with the newest start; of several, the oldest row.
fn is_newest(picked: &Picked<'_>, row: Row) -> bool {
    let c = picked.columns();
    let s = c.slices();
    let mut other = s.group_last[s.group[row as usize] as usize];
    let key = |row: Row| (s.started[row as usize], std::cmp::Reverse(row));
    while other != NONE {
        if picked.has(other) && key(other) > key(row) {
            return false;
        }
        other = s.previous[other as usize];
    }
    true
}

/// Plays met in order, of which some are wanted. Those with the same start are put in order when all are known.
struct Walk<'a, F> {
    columns: &'a Columns,
    sort: F,
    wanted: Range<usize>,
    /// Plays before `run`.
    met: usize,
    /// The last plays met, all with the same start.
    run: Vec<Row>,
    block: Vec<Row>,
    plays: Vec<Row>,
}

impl<'a, F: Fn(&mut [Row])> Walk<'a, F> {
    fn new(columns: &'a Columns, wanted: Range<usize>, sort: F) -> Self {
        Self {
            columns,
            sort,
            wanted,
            met: 0,
            run: Vec::new(),
            block: vec![0; BLOCK],
            plays: Vec::new(),
        }
    }

    /// Takes up to [`BLOCK`] further rows, of which some count as plays. True if nothing more is needed.
    #[inline]
    fn take(&mut self, rows: impl Iterator<Item = Row>, mut counts: impl FnMut(Row) -> bool) -> bool {
        // Every row is written and the next one written over it if it does not count: nothing to guess.
        let mut count = 0;
        for (row, _) in rows.zip(0..BLOCK) {
            self.block[count] = row;
            count += usize::from(counts(row));
        }
        let block = std::mem::take(&mut self.block);
        self.follow(&block[..count]);
        self.block = block;
        self.met >= self.wanted.end
    }

    fn follow(&mut self, plays: &[Row]) {
        let start = |row: &Row| self.columns.started_s(*row);
        let Some(last) = plays.last().map(start) else {
            return;
        };
        // Plays far before the page are only counted, but for the last ones: more with their start may follow.
        if self.met + self.run.len() + plays.len() <= self.wanted.start {
            let same = plays.iter().rev().take_while(|row| start(row) == last).count();
            let (before, open) = plays.split_at(plays.len() - same);
            if !before.is_empty() || self.run.first().map(start) != Some(last) {
                self.met += self.run.len() + before.len();
                self.run.clear();
            }
            self.run.extend(open);
            return;
        }
        for row in plays {
            if self
                .run
                .first()
                .is_some_and(|first| self.columns.started_s(*first) != self.columns.started_s(*row))
            {
                self.close();
            }
            self.run.push(*row);
        }
    }

    fn close(&mut self) {
        if self.met + self.run.len() > self.wanted.start {
            (self.sort)(&mut self.run);
            for (at, row) in (self.met..).zip(&self.run) {
                if self.wanted.contains(&at) {
                    self.plays.push(*row);
                }
            }
        }
        self.met += self.run.len();
        self.run.clear();
    }

    fn end(mut self) -> Vec<Row> {
        self.close();
        self.plays
    }
}

/// Rows with the same start, by row; the newest start first, none after `until_s`.
pub(crate) fn runs<'a>(matcher: &Matcher<'a>, until_s: i64) -> impl Iterator<Item = &'a [Row]> + use<'a> {
    let c = matcher.columns();
    let rows = matcher.by_start();
    let mut left = &rows[..rows.partition_point(|row| c.started_s(*row) <= until_s)];
    std::iter::from_fn(move || {
        let newest = c.started_s(*left.last()?);
        let mut from = left.len() - 1;
        while from > 0 && c.started_s(left[from - 1]) == newest {
            from -= 1;
        }
        let (before, run) = left.split_at(from);
        left = before;
        Some(run)
    })
}
