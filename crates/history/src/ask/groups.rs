//! Plays as they are counted: each group of rows once, or each row.

use super::filter::{Bits, Picked};
use crate::columns::{Group, NONE, Row};

/// Groups whose oldest row is remembered at a time.
const KNOWN: usize = 256;

/// Rows of a group walked before its oldest row is remembered.
const LONG: usize = 8;

/// Calls `play` with the rows of each play that were picked, newest id first: all such rows of a group at once, or,
/// without grouping, each row alone. The order of plays is any.
#[inline]
pub(crate) fn each_play(picked: &Picked<'_>, grouping: bool, mut play: impl FnMut(&[Row])) {
    let c = picked.columns();
    if !grouping {
        picked.each(|row| play(&[row]));
        return;
    }
    let s = c.slices();
    let mut rows = Vec::new();
    // Most groups are one row.
    let mut group = |last: Row| {
        if s.previous[last as usize] == NONE {
            play(&[last]);
            return;
        }
        rows.clear();
        let mut row = last;
        while row != NONE {
            if picked.has(row) {
                rows.push(row);
            }
            row = s.previous[row as usize];
        }
        play(&rows);
    };
    if picked.is_all() {
        // At its last row, so that the others are near in memory.
        for (row, g) in (0..).zip(s.group) {
            if s.group_last[*g as usize] == row {
                group(row);
            }
        }
    } else {
        let mut seen = Bits::new(c.group_count());
        picked.each(|row| {
            let g = s.group[row as usize];
            if seen.insert(g) {
                group(s.group_last[g as usize]);
            }
        });
    }
}

/// Calls `row` with each picked row, oldest id first, and with the oldest picked row of its play: itself at first.
///
/// Needs no memory per group: questions are answered at the same time, and the allocator keeps what each one took.
#[inline]
pub(crate) fn each_row(picked: &Picked<'_>, grouping: bool, mut row: impl FnMut(Row, Row)) {
    let previous = picked.columns().slices().previous;
    let mut oldest = Oldest::new(picked);
    picked.each(|r| {
        let is_first = !grouping || previous[r as usize] == NONE;
        row(r, if is_first { r } else { oldest.of(r) });
    });
}

/// Finds the oldest picked row of a group.
struct Oldest<'a> {
    picked: &'a Picked<'a>,
    /// Of long groups lately asked about, so that they are not walked again for each of their rows.
    known: [(Group, Row); KNOWN],
}

impl<'a> Oldest<'a> {
    fn new(picked: &'a Picked<'a>) -> Self {
        Self {
            picked,
            known: [(NONE, NONE); KNOWN],
        }
    }

    #[inline]
    fn of(&mut self, row: Row) -> Row {
        let s = self.picked.columns().slices();
        let g = s.group[row as usize];
        let known = &mut self.known[g as usize % KNOWN];
        if known.0 == g {
            return known.1;
        }
        let (mut oldest, mut earlier, mut steps) = (row, s.previous[row as usize], 0);
        while earlier != NONE {
            if self.picked.has(earlier) {
                oldest = earlier;
            }
            earlier = s.previous[earlier as usize];
            steps += 1;
        }
        if steps > LONG {
            *known = (g, oldest);
        }
        oldest
    }
}
