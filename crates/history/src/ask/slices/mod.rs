//! Questions of our own interface: any filter, any time zone, answered by one pass over the columns.
//!
//! Every answer is made in two steps: a [`Sieve`] picks the rows, giving a [`Selection`], and a pure function counts
//! the plays in it. A play is one row or, grouped, all picked rows of a group; it stands for the lowest of its rows
//! (Tautulli's representative). A range of time is about the start of a row.

mod bits;
mod calendar;
mod completion;
mod filter;
mod keys;
mod page;
mod peaks;
mod profile;
mod ranked;
mod rare;
mod search;
mod selection;
#[cfg(test)]
mod tests;
mod title;
mod transcodes;

pub use bits::Bits;
pub use calendar::{By, by_calendar, decisions_by_date};
pub use completion::{Completion, Tier, completion};
pub use filter::{Filter, Net, Sieve};
pub use keys::{Of, Subject};
pub use page::{Cursor, HistoryPage, PageError, PagePlay, PageQuestion, page};
pub use peaks::{Levels, PEAK_NAMES, Peak, Peaks, peaks};
pub use profile::{Profile, Totals, Window, profile, totals};
pub use ranked::{Decided, RankedPage, StreamBy, TopEntry, by_stream, top};
pub use rare::{OnClocks, Reached};
pub(in crate::ask) use search::Needle;
pub use selection::Selection;
pub use title::{Level, Title, find_title, newest_item};
pub use transcodes::{Hardware, Transcodes, transcodes};

use crate::columns::{Columns, Row};

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    #[default]
    Plays,
    /// Wall time without pauses, as [`crate::rules::duration_s`].
    Seconds,
}

/// Plays and their length, side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub plays: i64,
    pub seconds: i64,
}

impl Sum {
    pub fn get(self, measure: Measure) -> i64 {
        match measure {
            Measure::Plays => self.plays,
            Measure::Seconds => self.seconds,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.plays += other.plays;
        self.seconds += other.seconds;
    }

    /// One play with all its rows.
    pub(crate) fn of(columns: &Columns, rows: &[Row]) -> Self {
        Self {
            plays: 1,
            seconds: rows.iter().map(|row| columns.duration_s(*row)).sum(),
        }
    }
}

/// Numbers by category, several series side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub categories: Vec<String>,
    pub series: Vec<Series>,
    /// Per category; may be more than the series together.
    pub total: Vec<i64>,
}

/// One line of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: &'static str,
    pub values: Vec<i64>,
}
