//! Plays as they are counted: each group of rows once, or each row.

use super::filter::Matcher;
use crate::columns::{Columns, Group, NONE, Row};

/// One bit per group: the only memory of a question that grows with the history.
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
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// Calls `play` with the rows of each play that pass, newest id first: all such rows of a group at once, or, without
/// grouping, each row alone. The order of plays is any.
#[inline]
pub(crate) fn each_play(matcher: &Matcher<'_>, grouping: bool, mut play: impl FnMut(&[Row])) {
    let c = matcher.columns();
    if !grouping {
        each_candidate(matcher, |row| {
            if matcher.passes(row) {
                play(&[row]);
            }
        });
        return;
    }
    let mut rows = Vec::new();
    let mut group = |g: Group| {
        rows.clear();
        rows.extend(c.group_rows(g).filter(|row| matcher.passes(*row)));
        if !rows.is_empty() {
            play(&rows);
        }
    };
    if matcher.is_all() {
        (0..Group::try_from(c.group_count()).unwrap_or(NONE)).for_each(group);
    } else if let Some(groups) = matcher.groups() {
        groups.iter().copied().for_each(group);
    } else {
        let mut seen = Seen::new(c);
        each_candidate(matcher, |row| {
            if matcher.passes(row) && seen.insert(c.group(row)) {
                group(c.group(row));
            }
        });
    }
}

/// The shortest list of rows among which all that pass are found. Every row stands in it once.
fn each_candidate(matcher: &Matcher<'_>, mut row: impl FnMut(Row)) {
    let c = matcher.columns();
    let started = matcher.by_start();
    let viewers = matcher.viewers();
    match matcher.by_stop() {
        Some(stopped) if stopped.len() <= started.len() => stopped.iter().for_each(|r| row(*r)),
        // Rows in the order of the columns are the quickest to read.
        _ if started.len() == c.len() => match viewers {
            Some(viewers) => viewers.iter().flat_map(|v| c.viewer_rows(*v)).for_each(row),
            None => c.rows().for_each(row),
        },
        _ => started.iter().for_each(|r| row(*r)),
    }
}
