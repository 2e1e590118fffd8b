//! Pages by a cursor: from the last play seen on, however much is added in front of it.

use super::entry::{self, Entry};
use super::newest::runs;
use super::search;
use super::tally::{finds, rows_of};
use crate::ask::filter::{Filter, Matcher};
use crate::columns::{Columns, Row};
use crate::{Error, View};
use model::Text;

/// Place of a play in the order newest start first, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cursor {
    /// Its newest start.
    pub date_s: i64,
    /// Its group id; without grouping, its row id.
    pub id: u32,
}

/// What follows after a cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceQuery {
    pub filter: Filter,
    pub search: Option<Text>,
    pub grouping: bool,
    /// The last play already seen.
    pub after: Option<Cursor>,
    pub length: usize,
}

/// Some plays, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    pub entries: Vec<Entry>,
    /// Where to go on; absent at the end.
    pub next: Option<Cursor>,
}

/// Answers what follows a cursor. Looks at no more rows than it must to fill the page.
pub fn slice(v: &View<'_>, q: &SliceQuery) -> Result<Slice, Error> {
    let matcher = Matcher::new(v.columns, &q.filter);
    let (plays, next) = select(&matcher, q);
    Ok(Slice {
        entries: entry::fetch(v, &matcher, q.grouping, &plays)?,
        next,
    })
}

pub(super) fn select(matcher: &Matcher<'_>, q: &SliceQuery) -> (Vec<Row>, Option<Cursor>) {
    let c = matcher.columns();
    let search = search(c, q.search.as_deref());
    // What began after the cursor is behind us; the matcher itself must not know, lest groups fall apart.
    let mut plays: Vec<(Row, Cursor)> = Vec::new();
    let mut rows = Vec::new();
    let until_s = q.after.map_or(i64::MAX, |after| after.date_s);
    for same_start in runs(matcher, until_s) {
        let at = plays.len();
        for row in same_start {
            if !matcher.passes(*row) {
                continue;
            }
            let here = cursor(c, q.grouping, *row);
            if q.after
                .is_some_and(|after| here.date_s == after.date_s && here.id <= after.id)
            {
                continue;
            }
            rows_of(matcher, q.grouping, *row, &mut rows);
            if is_newest(c, *row, &rows) && finds(c, search.as_ref(), &rows) {
                plays.push((*row, here));
            }
        }
        plays[at..].sort_unstable_by_key(|(_, here)| here.id);
        if plays.len() > q.length {
            break;
        }
    }
    let more = plays.len() > q.length;
    plays.truncate(q.length);
    let next = plays.last().filter(|_| more).map(|(_, here)| *here);
    (plays.into_iter().map(|(row, _)| row).collect(), next)
}

fn cursor(c: &Columns, grouping: bool, row: Row) -> Cursor {
    Cursor {
        date_s: c.started_s(row),
        id: if grouping {
            c.group_id(c.group(row))
        } else {
            c.id(row)
        },
    }
}

/// True for the one row of its play with the newest start; of several, the oldest row.
fn is_newest(c: &Columns, row: Row, rows: &[Row]) -> bool {
    let here = (c.started_s(row), std::cmp::Reverse(row));
    rows.iter()
        .all(|r| (c.started_s(*r), std::cmp::Reverse(*r)) <= here)
}
