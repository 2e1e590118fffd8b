//! The rows that pass a filter, found once.
//!
//! Columns are read one after the other, 64 rows at a time: a row costs about a nanosecond per part of the filter,
//! and whoever asks afterwards whether it passes looks at one bit.

use std::ops::Range;

use super::Matcher;
use crate::columns::{Columns, Row};

/// A list of rows is looked through instead of all rows if it is this many times shorter.
const SHORTER: usize = 8;

/// One bit per row or group.
#[derive(Debug)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    /// All below `len`.
    pub(crate) fn full(len: usize) -> Self {
        let mut words = vec![u64::MAX; len.div_ceil(64)];
        if let Some(last) = words.last_mut()
            && !len.is_multiple_of(64)
        {
            *last = (1 << (len % 64)) - 1;
        }
        Self(words)
    }

    /// True the first time.
    #[inline]
    pub(crate) fn insert(&mut self, at: u32) -> bool {
        let (word, bit) = (&mut self.0[at as usize / 64], 1 << (at % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Inserts `at` if `when`.
    #[inline]
    pub(crate) fn insert_if(&mut self, at: u32, when: bool) {
        self.0[at as usize / 64] |= u64::from(when) << (at % 64);
    }

    /// Takes `at` out if `when`. True if it was in it then.
    #[inline]
    pub(crate) fn remove_if(&mut self, at: u32, when: bool) -> bool {
        let (word, bit) = (&mut self.0[at as usize / 64], u64::from(when) << (at % 64));
        let had = *word & bit != 0;
        *word &= !bit;
        had
    }

    #[inline]
    pub(crate) fn has(&self, at: u32) -> bool {
        self.0[at as usize / 64] >> (at % 64) & 1 == 1
    }

    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Calls `each` with what is in it, lowest first.
    #[inline]
    pub(crate) fn each(&self, mut each: impl FnMut(u32)) {
        let mut base = 0;
        for word in &self.0 {
            let mut left = *word;
            while left != 0 {
                each(base + left.trailing_zeros());
                left &= left - 1;
            }
            base += 64;
        }
    }

    /// What is in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }
}

/// The rows that pass.
#[derive(Debug)]
pub(crate) struct Picked<'a> {
    columns: &'a Columns,
    /// Absent if all pass.
    rows: Option<Bits>,
}

impl<'a> Picked<'a> {
    pub(crate) fn new(matcher: &Matcher<'a>) -> Self {
        let columns = matcher.columns();
        let rows = (!matcher.is_all()).then(|| {
            let mut rows = Bits::new(columns.len());
            if !from_list(matcher, &mut rows) {
                rows = Bits::full(columns.len());
                from_columns(matcher, &mut rows);
            }
            rows
        });
        Self { columns, rows }
    }

    pub(crate) fn columns(&self) -> &'a Columns {
        self.columns
    }

    pub(crate) fn is_all(&self) -> bool {
        self.rows.is_none()
    }

    #[inline]
    pub(crate) fn has(&self, row: Row) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.has(row))
    }

    /// One bit per row.
    pub(crate) fn bits(&self) -> Bits {
        self.rows
            .as_ref()
            .map_or_else(|| Bits::full(self.columns.len()), |rows| rows.and(rows))
    }

    /// Seconds of all of them together.
    pub(crate) fn duration_s(&self) -> i64 {
        let Some(rows) = &self.rows else {
            return self.columns.total_duration_s();
        };
        let mut total_s = 0;
        rows.each(|row| total_s += self.columns.duration_s(row));
        total_s
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.as_ref().map_or(self.columns.len(), Bits::count)
    }

    /// Calls `each` with the rows, oldest id first.
    #[inline]
    pub(crate) fn each(&self, each: impl FnMut(Row)) {
        self.each_in(0..self.blocks(), each);
    }

    /// Blocks of 64 rows, the last perhaps not full.
    pub(crate) fn blocks(&self) -> Row {
        self.columns.rows().end.div_ceil(64)
    }

    /// The same with the rows of some blocks.
    #[inline]
    pub(crate) fn each_in(&self, blocks: Range<Row>, mut each: impl FnMut(Row)) {
        let rows = self.columns.rows().end;
        for block in blocks {
            let (word, base) = (block as usize, block * 64);
            // One loop for all rows and for some, so that what is done for a row can become part of it.
            let mut left = match &self.rows {
                Some(rows) => rows.0[word],
                None if rows - base < 64 => (1 << (rows - base)) - 1,
                None => u64::MAX,
            };
            while left != 0 {
                each(base + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }
}

/// Where the filter names groups or a short time, only those rows are looked at.
fn from_list(matcher: &Matcher<'_>, rows: &mut Bits) -> bool {
    let c = matcher.columns();
    let short = |list: &[Row]| list.len() < c.len() / SHORTER;
    let mut test = |row: Row| rows.insert_if(row, matcher.passes(row));
    if let Some(groups) = &matcher.groups {
        groups
            .iter()
            .flat_map(|group| c.group_rows(*group))
            .for_each(test);
        return true;
    }
    let stopped = matcher.stopped.map(|(from, _)| c.stopped_since(from));
    for list in [stopped, Some(matcher.by_start())].into_iter().flatten() {
        if short(list) {
            for row in list {
                test(*row);
            }
            return true;
        }
    }
    false
}

fn from_columns(matcher: &Matcher<'_>, rows: &mut Bits) {
    let s = matcher.columns().slices();
    if let Some(t) = &matcher.viewers {
        narrow(rows, s.viewer, |x| t[x.at()]);
    }
    if let Some(t) = &matcher.libraries {
        narrow(rows, s.library, |x| t[x.at()]);
    }
    if let Some(t) = &matcher.ways {
        narrow(rows, s.way, |x| t[x as usize]);
    }
    if let Some(t) = &matcher.locations {
        narrow(rows, s.location, |x| t[x as usize]);
    }
    if let Some(t) = &matcher.clients {
        narrow(rows, s.client, |x| t[x.at()]);
    }
    if let Some(t) = &matcher.items {
        narrow(rows, s.item, |x| t[x.at()]);
    }
    if let Some((from, to)) = matcher.started {
        narrow(rows, s.started, |x| (from..to).contains(&i64::from(x)));
    }
    if let Some((from, to)) = matcher.stopped {
        narrow(rows, s.stopped, |x| x != 0 && (from..to).contains(&i64::from(x)));
    }
}

/// Keeps the rows whose value passes; rows that are out already are looked at only beside others that are not.
#[inline]
fn narrow<T: Copy>(rows: &mut Bits, column: &[T], passes: impl Fn(T) -> bool) {
    for (word, values) in rows.0.iter_mut().zip(column.chunks(64)) {
        if *word != 0 {
            let mut kept = 0;
            for (at, value) in values.iter().enumerate() {
                kept |= u64::from(passes(*value)) << at;
            }
            *word &= kept;
        }
    }
}
