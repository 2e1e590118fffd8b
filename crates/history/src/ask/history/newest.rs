//! The usual order, newest start first: one walk backwards over the rows by start.
//!
//! The first passing row of a group that is met is its newest start, so a play is known to be in its place at once,
//! and all that is remembered is one bit per group.

use super::tally::{finds, rows_of};
use super::{Query, Selection};
use crate::ask::filter::{Matcher, Search};
use crate::ask::groups::Seen;
use crate::columns::Row;

pub(super) fn select(matcher: &Matcher<'_>, search: Option<&Search<'_>>, q: &Query) -> Selection {
    let c = matcher.columns();
    let mut seen = Seen::new(c);
    let page = q.start..q.start.saturating_add(q.length);
    let mut found = Selection::default();
    let (mut run, mut rows) = (Vec::new(), Vec::new());
    for same_start in runs(matcher, i64::MAX) {
        run.clear();
        for row in same_start {
            if matcher.passes(*row) {
                found.total_duration_s += c.duration_s(*row);
                if !q.grouping || seen.insert(c.group(*row)) {
                    run.push(*row);
                }
            }
        }
        if run.len() > 1 && q.grouping {
            run.sort_unstable_by_key(|row| c.group_id(c.group(*row)));
        }
        for row in &run {
            if search.is_some() {
                rows_of(matcher, q.grouping, *row, &mut rows);
                if !finds(c, search, &rows) {
                    continue;
                }
            }
            if page.contains(&found.filtered) {
                found.plays.push(*row);
            }
            found.filtered += 1;
        }
    }
    found
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
