//! The list of plays, newest first, page by page.
//!
//! A cursor remembers the newest play there was on the first page. Later pages leave out what came after it, so
//! nothing moves between pages while plays are added.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::str::FromStr;

use crate::columns::{Columns, Row};
use crate::rules::is_watched;

use super::{Bits, Filter, Sieve, Sum};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct PageQuestion {
    pub filter: Filter,
    /// One play per group, at its newest start; else one per row.
    pub grouped: bool,
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl PageQuestion {
    /// Tells cursors of different questions apart.
    fn sign(&self) -> u32 {
        let mut hasher = DefaultHasher::new();
        (&self.filter, self.grouped).hash(&mut hasher);
        // Half of it is enough to notice a mistake.
        u32::try_from(hasher.finish() >> 32).unwrap_or_default()
    }
}

/// Where a page ended; opaque to whoever carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    sign: u32,
    /// The newest play when the first page was made.
    newest_id: u32,
    started_s: u32,
    id: u32,
    total: u32,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sign,
            newest_id,
            started_s,
            id,
            total,
        } = self;
        write!(f, "{sign:08x}{newest_id:08x}{started_s:08x}{id:08x}{total:08x}")
    }
}

impl FromStr for Cursor {
    type Err = PageError;

    fn from_str(text: &str) -> Result<Self, PageError> {
        let is_hex = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hex {
            return Err(PageError::NoCursor);
        }
        let part =
            |at: usize| u32::from_str_radix(&text[at * 8..at * 8 + 8], 16).map_err(|_| PageError::NoCursor);
        Ok(Self {
            sign: part(0)?,
            newest_id: part(1)?,
            started_s: part(2)?,
            id: part(3)?,
            total: part(4)?,
        })
    }
}

/// A page that cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("this is not a cursor of ours")]
    NoCursor,
    #[error("this cursor belongs to a question with other filters")]
    OtherQuestion,
}

/// One play of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct PagePlay {
    /// The row that started last: the play is shown by it.
    pub newest: Row,
    /// The rows that pass the filter, lowest id first.
    pub rows: Vec<Row>,
    pub sum: Sum,
    pub started_s: i64,
    pub stopped_s: Option<i64>,
    pub paused_s: i64,
    /// Furthest position over the item's length; absent where either is unknown, and for live television.
    pub progress_percent: Option<f64>,
    /// A row reached the end of the item; absent where that cannot be known.
    pub watched: Option<bool>,
}

impl PagePlay {
    pub fn new(columns: &Columns, rows: Vec<Row>, newest: Row) -> Self {
        let percents = rows.iter().filter_map(|row| percent(columns, *row));
        let percent = percents.reduce(f64::max);
        Self {
            newest,
            sum: Sum::of(columns, &rows),
            started_s: rows
                .iter()
                .map(|r| columns.started_s(*r))
                .min()
                .unwrap_or_default(),
            stopped_s: rows.iter().filter_map(|r| columns.stopped_s(*r)).max(),
            paused_s: rows.iter().map(|r| columns.paused_s(*r)).sum(),
            progress_percent: percent,
            watched: percent.map(|_| {
                rows.iter().any(|r| {
                    is_watched(
                        &columns.watched_rule,
                        columns.item(*r),
                        columns.view_offset_ms(*r),
                    )
                })
            }),
            rows,
        }
    }
}

fn percent(columns: &Columns, row: Row) -> Option<f64> {
    let item = columns.item(row);
    let duration_ms = item.duration_ms.filter(|d| *d > 0 && !item.live)?;
    let offset_ms = columns.view_offset_ms(row)?;
    Some((offset_ms as f64 / duration_ms as f64 * 100.0).min(100.0))
}

#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    pub plays: Vec<PagePlay>,
    /// Absent on the last page.
    pub next: Option<Cursor>,
    /// Plays on all pages.
    pub total: u32,
}

/// One page, by newest start, then id, both descending.
pub fn page(columns: &Columns, question: &PageQuestion) -> Result<HistoryPage, PageError> {
    let sign = question.sign();
    if question.after.is_some_and(|cursor| cursor.sign != sign) {
        return Err(PageError::OtherQuestion);
    }
    let last_id = columns.rows().next_back().map_or(0, |row| columns.id(row));
    let newest_id = question.after.map_or(last_id, |cursor| cursor.newest_id);
    let sieve = Sieve::new(columns, &question.filter).as_of(newest_id);
    let total = match question.after {
        Some(cursor) => cursor.total,
        None => count(&sieve, question.grouped),
    };
    let mut rows = sieve.in_range();
    if let Some(after) = question.after {
        let key = (i64::from(after.started_s), after.id);
        let end = rows.partition_point(|row| (columns.started_s(*row), columns.id(*row)) < key);
        rows = &rows[..end];
    }
    let mut plays = Vec::with_capacity(question.limit.min(rows.len()));
    let mut known = HashSet::new();
    let mut next = None;
    for row in rows.iter().rev().copied().filter(|row| sieve.passes(*row)) {
        let Some(play) = play_at(&sieve, row, question.grouped, &mut known) else {
            continue;
        };
        if plays.len() == question.limit {
            next = plays.last().map(|last: &PagePlay| Cursor {
                sign,
                newest_id,
                started_s: u32::try_from(columns.started_s(last.newest)).unwrap_or_default(),
                id: columns.id(last.newest),
                total,
            });
            break;
        }
        plays.push(play);
    }
    Ok(HistoryPage { plays, next, total })
}

/// The play that is shown at `row`, if it is shown there and not at a newer row of its group.
fn play_at(sieve: &Sieve<'_>, row: Row, grouped: bool, known: &mut HashSet<u32>) -> Option<PagePlay> {
    let columns = sieve.columns();
    if !grouped {
        return Some(PagePlay::new(columns, vec![row], row));
    }
    let group = columns.group(row);
    if !known.insert(group) {
        return None;
    }
    let mut rows: Vec<Row> = columns.group_rows(group).filter(|r| sieve.passes(*r)).collect();
    rows.reverse();
    let newest = rows.iter().copied().max_by_key(|r| (columns.started_s(*r), *r))?;
    // Else it stood on an earlier page.
    (newest == row).then(|| PagePlay::new(columns, rows, newest))
}

/// Plays that pass.
fn count(sieve: &Sieve<'_>, grouped: bool) -> u32 {
    let columns = sieve.columns();
    let all = if grouped {
        columns.group_count()
    } else {
        columns.len()
    };
    if sieve.is_open() {
        return u32::try_from(all).unwrap_or(u32::MAX);
    }
    let mut seen = Bits::new(if grouped { all } else { 0 });
    let mut count = 0;
    let mut note = |row: Row| {
        if sieve.passes(row) && (!grouped || seen.insert(columns.group(row) as usize)) {
            count += 1;
        }
    };
    if sieve.is_ranged() {
        sieve.in_range().iter().copied().for_each(&mut note);
    } else {
        columns.rows().for_each(&mut note);
    }
    count
}
