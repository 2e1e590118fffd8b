//! Plays as they are counted: each group of rows once, or each row.

use std::ops::Range;

use super::filter::{Bits, Picked};
use crate::columns::{Group, NONE, Row};

/// Groups whose oldest row is remembered at a time: what a few hundred people begin in a week, so that a row that goes
/// on with a play of that week need not walk back to its beginning.
const KNOWN: usize = 8_192;

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
pub(crate) fn each_row(picked: &Picked<'_>, grouping: bool, row: impl FnMut(Row, Row)) {
    each_row_in(picked, 0..picked.blocks(), grouping, row);
}

/// The same with the rows of some blocks; the oldest may be in another one.
#[inline]
pub(crate) fn each_row_in(
    picked: &Picked<'_>,
    blocks: Range<Row>,
    grouping: bool,
    mut row: impl FnMut(Row, Row),
) {
    let mut oldest = Oldest::new(picked);
    picked.each_in(blocks, |r| row(r, oldest.of(r, grouping)));
}

/// Finds the oldest picked row of a group.
struct Oldest<'a> {
    picked: &'a Picked<'a>,
    group: &'a [Group],
    previous: &'a [Row],
    /// Of groups lately met.
    known: Vec<(Group, Row)>,
}

impl<'a> Oldest<'a> {
    fn new(picked: &'a Picked<'a>) -> Self {
        let s = picked.columns().slices();
        Self {
            picked,
            group: s.group,
            previous: s.previous,
            known: vec![(NONE, NONE); KNOWN],
        }
    }

    /// Whether a row begins its play is as good as random, so nothing here branches on it alone.
    #[inline]
    #[expect(clippy::needless_bitwise_bool, reason = "`&&` would branch")]
    fn of(&mut self, row: Row, grouping: bool) -> Row {
        let g = self.group[row as usize];
        let is_first = !grouping | (self.previous[row as usize] == NONE);
        let (group, known) = self.known[g as usize % KNOWN];
        let mut oldest = if is_first { row } else { known };
        if !is_first & (group != g) {
            oldest = self.walk(row);
        }
        self.known[g as usize % KNOWN] = (g, oldest);
        oldest
    }

    #[cold]
    fn walk(&self, row: Row) -> Row {
        let (mut oldest, mut earlier) = (row, self.previous[row as usize]);
        while earlier != NONE {
            if self.picked.has(earlier) {
                oldest = earlier;
            }
            earlier = self.previous[earlier as usize];
        }
        oldest
    }
}
