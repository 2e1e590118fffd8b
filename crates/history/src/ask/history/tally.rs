//! The sums of one play.

use crate::ask::filter::{Matcher, Search};
use crate::columns::{Columns, Row};
use crate::rules::percent_complete;

/// Sums over the rows of one play that pass the filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tally {
    /// The row that stands for the play.
    pub(crate) row: Row,
    /// Newest start (Tautulli `date`).
    pub(crate) date_s: i64,
    /// Oldest start.
    pub(crate) started_s: i64,
    /// Newest stop.
    pub(crate) stopped_s: Option<i64>,
    pub(crate) duration_s: i64,
    pub(crate) paused_s: i64,
}

impl Tally {
    /// Of at least one row, newest id first.
    pub(crate) fn of(c: &Columns, rows: &[Row]) -> Self {
        let mut tally = Self {
            row: representative(c, rows),
            date_s: i64::MIN,
            started_s: i64::MAX,
            stopped_s: None,
            duration_s: 0,
            paused_s: 0,
        };
        for row in rows {
            let started = c.started_s(*row);
            tally.date_s = tally.date_s.max(started);
            tally.started_s = tally.started_s.min(started);
            tally.stopped_s = tally.stopped_s.max(c.stopped_s(*row));
            tally.duration_s += c.duration_s(*row);
            tally.paused_s += c.paused_s(*row);
        }
        tally
    }
}

/// Of rows with the newest id first: the one that got furthest in its item; if several did, the oldest of them.
pub(crate) fn representative(c: &Columns, rows: &[Row]) -> Row {
    let [first, others @ ..] = rows else { return 0 };
    let percent = |row: Row| percent_complete(c.view_offset_ms(row), c.item(row).duration_ms);
    if others.is_empty() {
        return *first;
    }
    let mut best = (*first, percent(*first));
    for row in others {
        let percent = percent(*row);
        if percent >= best.1 {
            best = (*row, percent);
        }
    }
    best.0
}

/// The rows of the play a row belongs to, newest id first, as far as they pass the filter.
pub(crate) fn rows_of(matcher: &Matcher<'_>, grouping: bool, row: Row, rows: &mut Vec<Row>) {
    rows.clear();
    if grouping {
        let c = matcher.columns();
        rows.extend(c.group_rows(c.group(row)).filter(|r| matcher.passes(*r)));
    } else {
        rows.push(row);
    }
}

/// True if a search finds the row that stands for the play.
pub(crate) fn finds(c: &Columns, search: Option<&Search<'_>>, rows: &[Row]) -> bool {
    let (Some(search), Some(first)) = (search, rows.first()) else {
        return search.is_none();
    };
    let found = search.finds(*first);
    // Nearly always all rows of a play agree, and nobody need know which stands for them.
    if rows[1..].iter().all(|row| search.finds(*row) == found) {
        found
    } else {
        search.finds(representative(c, rows))
    }
}
