//! The rows that passed a sieve, play by play.

use crate::columns::{Columns, Row};

use super::filter::Sieve;

/// A range holding less than this share of all rows is gathered and sorted; for a wider one all groups are walked.
const NARROW_PER: usize = 8;

/// Rows in the order of their plays; within a play by id.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    pub columns: &'a Columns,
    rows: Vec<Row>,
    grouped: bool,
}

impl<'a> Selection<'a> {
    /// `grouped`: all rows of a group are one play.
    pub fn new(sieve: &Sieve<'a>, grouped: bool) -> Self {
        let columns = sieve.columns();
        let mut rows = Vec::new();
        if let Some(group) = sieve.group() {
            rows.extend(columns.group_rows(group).filter(|row| sieve.passes(*row)));
            rows.reverse();
        } else if sieve.is_ranged() {
            let in_range = sieve.in_range();
            if grouped && in_range.len() * NARROW_PER > columns.len() {
                by_groups(sieve, &mut rows);
            } else {
                rows.extend(in_range.iter().copied().filter(|row| sieve.passes(*row)));
                if grouped {
                    rows.sort_unstable_by_key(|row| (columns.group(*row), *row));
                } else {
                    rows.sort_unstable();
                }
            }
        } else if grouped {
            by_groups(sieve, &mut rows);
        } else {
            rows.extend(columns.rows().filter(|row| sieve.passes(*row)));
        }
        Self {
            columns,
            rows,
            grouped,
        }
    }

    /// The rows of each play, lowest id first.
    pub fn plays(&self) -> impl Iterator<Item = &[Row]> {
        self.rows
            .chunk_by(|a, b| self.grouped && self.columns.group(*a) == self.columns.group(*b))
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Those plays whose first row is `wanted`.
    #[must_use]
    pub fn subset(&self, wanted: impl Fn(Row) -> bool) -> Self {
        let plays = self.plays().filter(|rows| wanted(rows[0]));
        Self {
            columns: self.columns,
            rows: plays.flatten().copied().collect(),
            grouped: self.grouped,
        }
    }
}

fn by_groups(sieve: &Sieve<'_>, rows: &mut Vec<Row>) {
    let columns = sieve.columns();
    let groups = u32::try_from(columns.group_count()).unwrap_or(u32::MAX);
    for group in 0..groups {
        let from = rows.len();
        rows.extend(columns.group_rows(group).filter(|row| sieve.passes(*row)));
        if rows.len() > from + 1 {
            rows[from..].reverse();
        }
    }
}
