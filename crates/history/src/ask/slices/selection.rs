//! The rows that pass a sieve, play by play.

use crate::columns::{Columns, Row};

use super::filter::Sieve;

/// A range with less than this share of all rows is gathered; for a wider one all rows are walked.
const NARROW_PER: usize = 4;

/// Plays that pass. Few are gathered at once; many are met anew by every walk, which costs less than keeping them.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    pub columns: &'a Columns,
    kind: Kind<'a>,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one per question, never in a list")]
enum Kind<'a> {
    Walk { sieve: Sieve<'a>, grouped: bool },
    Gathered(Gathered),
}

/// Plays of one row, and plays of several with their rows by id.
#[derive(Clone, Debug, Default)]
struct Gathered {
    singles: Vec<Row>,
    several: Vec<Row>,
    /// Where each play ends in `several`.
    ends: Vec<usize>,
}

impl<'a> Selection<'a> {
    /// `grouped`: all rows of a group are one play.
    pub fn new(sieve: Sieve<'a>, grouped: bool) -> Self {
        let columns = sieve.columns();
        let is_narrow = sieve.is_ranged() && sieve.in_range().len() * NARROW_PER < columns.len();
        let kind = if let Some(group) = sieve.group() {
            let mut gathered = Gathered::default();
            let rows = columns.group_rows(group).filter(|row| sieve.passes(*row));
            if grouped {
                gathered.add(rows.collect());
            } else {
                gathered.singles.extend(rows);
            }
            Kind::Gathered(gathered)
        } else if is_narrow {
            Kind::Gathered(Gathered::narrow(&sieve, grouped))
        } else {
            Kind::Walk { sieve, grouped }
        };
        Self { columns, kind }
    }

    /// The same, gathered: for several questions about it.
    #[must_use]
    pub fn gathered(self) -> Self {
        if let Kind::Gathered(_) = self.kind {
            return self;
        }
        let mut gathered = Gathered::default();
        self.each(|rows| match rows {
            [row] => gathered.singles.push(*row),
            rows => {
                gathered.several.extend_from_slice(rows);
                gathered.ends.push(gathered.several.len());
            }
        });
        Self {
            columns: self.columns,
            kind: Kind::Gathered(gathered),
        }
    }

    /// Calls `each` with the rows of every play, lowest id first.
    pub fn each(&self, mut each: impl FnMut(&[Row])) {
        match &self.kind {
            Kind::Gathered(gathered) => gathered.each(each),
            Kind::Walk { sieve, grouped: true } => each_group(sieve, each),
            Kind::Walk {
                sieve,
                grouped: false,
            } => {
                for row in self.columns.rows().filter(|row| sieve.passes(*row)) {
                    each(&[row]);
                }
            }
        }
    }

    /// The first and the last of the starts.
    pub fn span_s(&self) -> Option<(i64, i64)> {
        let start = |row: &Row| self.columns.started_s(*row);
        match &self.kind {
            Kind::Walk { sieve, .. } => {
                let mut passing = sieve.in_range().iter().filter(|row| sieve.passes(**row));
                let first = passing.next()?;
                Some((start(first), start(passing.next_back().unwrap_or(first))))
            }
            Kind::Gathered(gathered) => {
                let rows = || gathered.singles.iter().chain(&gathered.several);
                Some((rows().map(start).min()?, rows().map(start).max()?))
            }
        }
    }

    /// The row that started last; of equal ones that with the highest id.
    pub fn newest(&self) -> Option<Row> {
        match &self.kind {
            Kind::Walk { sieve, .. } => {
                let mut newest_first = sieve.in_range().iter().rev();
                newest_first.find(|row| sieve.passes(**row)).copied()
            }
            Kind::Gathered(gathered) => {
                let rows = gathered.singles.iter().chain(&gathered.several).copied();
                rows.max_by_key(|row| (self.columns.started_s(*row), *row))
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.newest().is_none()
    }
}

/// Walks all rows in their order, which is that of memory; a group is dealt with at its last row.
fn each_group(sieve: &Sieve<'_>, mut each: impl FnMut(&[Row])) {
    let columns = sieve.columns();
    let mut several = Vec::new();
    for row in columns.rows() {
        let mut group = columns.group_rows(columns.group(row));
        if group.next() != Some(row) {
            continue;
        }
        match group.next() {
            None => {
                if sieve.passes(row) {
                    each(&[row]);
                }
            }
            Some(before) => {
                let rows = [row, before].into_iter().chain(group);
                several.extend(rows.filter(|row| sieve.passes(*row)));
                if !several.is_empty() {
                    several.reverse();
                    each(&several);
                    several.clear();
                }
            }
        }
    }
}

impl Gathered {
    fn narrow(sieve: &Sieve<'_>, grouped: bool) -> Self {
        let columns = sieve.columns();
        let mut gathered = Self::default();
        let mut others = Vec::new();
        for row in sieve.in_range().iter().copied().filter(|row| sieve.passes(*row)) {
            let group = columns.group(row);
            if grouped && columns.group_rows(group).nth(1).is_some() {
                others.push((group, row));
            } else {
                gathered.singles.push(row);
            }
        }
        others.sort_unstable_by(|a, b| b.cmp(a));
        for play in others.chunk_by(|a, b| a.0 == b.0) {
            gathered.add(play.iter().map(|(_, row)| *row).collect());
        }
        gathered
    }

    /// One play, newest id first.
    fn add(&mut self, mut rows: Vec<Row>) {
        match rows.as_slice() {
            [] => {}
            [only] => self.singles.push(*only),
            _ => {
                rows.reverse();
                self.several.append(&mut rows);
                self.ends.push(self.several.len());
            }
        }
    }

    fn each(&self, mut each: impl FnMut(&[Row])) {
        for row in &self.singles {
            each(std::slice::from_ref(row));
        }
        let mut from = 0;
        for end in &self.ends {
            each(&self.several[from..*end]);
            from = *end;
        }
    }
}
