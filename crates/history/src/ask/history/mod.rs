//! Pages of the history, each play with its sums (Tautulli `get_history`).

mod entry;
mod newest;
mod order;
mod slice;
mod tally;
#[cfg(test)]
mod tests;

use model::Text;

pub use entry::Entry;
pub(crate) use newest::runs;
pub use order::{Column, Direction};
pub use slice::{Cursor, Slice, SliceQuery, slice};

use super::filter::{Filter, Matcher, Search};
use crate::columns::{Columns, Row};
use crate::{Error, View};

/// Which page of which plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub filter: Filter,
    /// See [`Search`]; applied to the row that stands for a play.
    pub search: Option<Text>,
    /// Rows of one group are one play.
    pub grouping: bool,
    /// Then by group id, ascending; without grouping, by row id.
    pub order: Vec<(Column, Direction)>,
    pub start: usize,
    pub length: usize,
}

impl Default for Query {
    /// Tautulli's: 25 plays, grouped, newest first.
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            search: None,
            grouping: true,
            order: vec![(Column::Date, Direction::Descending)],
            start: 0,
            length: 25,
        }
    }
}

/// One page, and what it is a page of.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Rows of the whole history (Tautulli `recordsTotal`).
    pub rows_total: usize,
    /// Plays that pass filter and search (Tautulli `recordsFiltered`).
    pub filtered: usize,
    /// Sum over the plays of this page (Tautulli `filter_duration`).
    pub page_duration_s: i64,
    /// Sum over all rows that pass the filter, whatever is searched for (Tautulli `total_duration`).
    pub total_duration_s: i64,
    pub entries: Vec<Entry>,
}

/// Answers a page. Its cost does not depend on where the page is, nor on what the filter is about.
pub fn page(v: &View<'_>, q: &Query) -> Result<Page, Error> {
    let matcher = Matcher::new(v.columns, &q.filter);
    let found = select(&matcher, q);
    let entries = entry::fetch(v, &matcher, q.grouping, &found.plays)?;
    Ok(Page {
        rows_total: v.columns.len(),
        filtered: found.filtered,
        page_duration_s: entries.iter().map(|e| e.duration_s).sum(),
        total_duration_s: found.total_duration_s,
        entries,
    })
}

/// The plays of a page, each by any of its rows, and the sums over all.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) filtered: usize,
    pub(crate) total_duration_s: i64,
    pub(crate) plays: Vec<Row>,
}

pub(crate) fn select(matcher: &Matcher<'_>, q: &Query) -> Selection {
    let search = search(matcher.columns(), q.search.as_deref());
    if q.order == [(Column::Date, Direction::Descending)] {
        newest::select(matcher, search.as_ref(), q)
    } else {
        order::select(matcher, search.as_ref(), q)
    }
}

/// Nothing searched for finds everything.
fn search<'a>(columns: &'a Columns, part: Option<&str>) -> Option<Search<'a>> {
    part.filter(|part| !part.is_empty())
        .map(|part| Search::new(columns, part))
}
