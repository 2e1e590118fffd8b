//! Tables that fit in memory: searched, ordered and cut into pages.

use std::cmp::Ordering;

use model::Text;

use crate::ask::filter::contains;
use crate::ask::history::Direction;

/// Which page of a table, in which order.
#[derive(Clone, Debug, PartialEq)]
pub struct TableQuery<C> {
    /// One person or library, by number.
    pub only: Option<i64>,
    /// Rows of one group are one play.
    pub grouping: bool,
    /// Part of any text of a row that can be searched.
    pub search: Option<Text>,
    /// Then by number.
    pub order: Vec<(C, Direction)>,
    pub start: usize,
    pub length: usize,
}

impl<C> Default for TableQuery<C> {
    fn default() -> Self {
        Self {
            only: None,
            grouping: true,
            search: None,
            order: Vec::new(),
            start: 0,
            length: 25,
        }
    }
}

/// A page of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<R> {
    /// Rows before anything is left out (Tautulli `recordsTotal`).
    pub total: usize,
    /// Rows on all pages (Tautulli `recordsFiltered`).
    pub filtered: usize,
    pub rows: Vec<R>,
}

/// A value to order by, as a database does: what is unknown, numbers, texts without regard to ASCII case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Unknown,
    Number(i64),
    Text(Vec<u8>),
}

impl Value {
    pub(super) fn text(text: Option<impl AsRef<str>>) -> Self {
        text.map_or(Self::Unknown, |text| {
            Self::Text(text.as_ref().as_bytes().to_ascii_lowercase())
        })
    }

    pub(super) fn number(number: Option<i64>) -> Self {
        number.map_or(Self::Unknown, Self::Number)
    }
}

/// The wanted page of rows that stand in their natural order. `texts` are what a search looks at.
pub(super) fn page<R, C: Copy>(
    mut rows: Vec<R>,
    q: &TableQuery<C>,
    total: usize,
    texts: impl Fn(&R) -> Vec<Option<Text>>,
    value: impl Fn(&R, C) -> Value,
) -> Table<R> {
    if let Some(part) = q.search.as_deref().filter(|part| !part.is_empty()) {
        rows.retain(|row| texts(row).iter().flatten().any(|text| contains(text, part)));
    }
    let mut keyed: Vec<(Vec<Value>, R)> = rows
        .into_iter()
        .map(|row| {
            (
                q.order.iter().map(|(column, _)| value(&row, *column)).collect(),
                row,
            )
        })
        .collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let columns = a.iter().zip(b).zip(&q.order);
        columns
            .map(|((a, b), (_, direction))| match direction {
                Direction::Ascending => a.cmp(b),
                Direction::Descending => b.cmp(a),
            })
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
    Table {
        total,
        filtered: keyed.len(),
        rows: keyed
            .into_iter()
            .map(|(_, row)| row)
            .skip(q.start)
            .take(q.length)
            .collect(),
    }
}
