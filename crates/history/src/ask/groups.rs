//! Plays as they are counted: each group of rows once, or each row.

use super::filter::{Bits, Picked};
use crate::columns::{NONE, Row};

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
#[inline]
pub(crate) fn each_row(picked: &Picked<'_>, grouping: bool, mut row: impl FnMut(Row, Row)) {
    let c = picked.columns();
    let group = c.slices().group;
    // The other way round, so that 0 is no row, which costs memory only where it is written, and the greater number
    // the older row. Nothing to guess, which would cost more than all else.
    let mut oldest: Vec<Row> = vec![0; if grouping { c.group_count() } else { 0 }];
    picked.each(|r| {
        let mut first = r;
        if grouping {
            let known = &mut oldest[group[r as usize] as usize];
            *known = (*known).max(!r);
            first = !*known;
        }
        row(r, first);
    });
}
