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
        s.group_last.iter().for_each(|last| group(*last));
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
