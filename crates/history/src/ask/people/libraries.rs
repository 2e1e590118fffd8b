//! Libraries.

use model::{Scalar, Section, SourceId, Text};

use super::table::{Table, TableQuery, Value, page};
use super::users::{Sums, full_title};
use super::{is_gone, text};
use crate::ask::filter::{Filter, Matcher};
use crate::ask::groups::each_row;
use crate::columns::{Columns, LibraryDim};
use crate::store::StoredPlay;
use crate::{Error, View};

/// What the table of libraries can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LibraryColumn {
    SectionName,
    SectionType,
    Count,
    ParentCount,
    ChildCount,
    LastAccessed,
    LastPlayed,
    Plays,
    Duration,
}

/// A library and all that was played of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryRow {
    pub server: SourceId,
    pub section: Section,
    pub plays: i64,
    pub duration_s: i64,
    /// Newest start.
    pub last_accessed_s: Option<i64>,
    /// The row with the highest id, which `last_accessed_s` need not be of.
    pub last: Option<StoredPlay>,
}

/// Libraries that were listed and are still on their server, by server, then number.
pub fn sections(c: &Columns) -> Vec<(&SourceId, &Section)> {
    let mut sections: Vec<_> = c
        .dims
        .libraries()
        .iter()
        .filter_map(|dim| Some((&dim.server, dim.section.as_ref()?)))
        .filter(|(_, section)| !is_gone(section))
        .collect();
    sections.sort_unstable_by_key(|(server, section)| (server.as_str(), section.section_id));
    sections
}

/// Numbers and names of the libraries of [`sections`].
pub fn library_names(c: &Columns) -> Vec<(i64, Option<Text>)> {
    let name = |(_, section): (_, &Section)| (section.section_id, section.name.clone());
    sections(c).into_iter().map(name).collect()
}

/// Newest start of a play of the library, on whatever server.
pub fn last_accessed_s(c: &Columns, section_id: i64) -> Option<i64> {
    let filter = Filter {
        section_ids: Some(vec![section_id]),
        ..Filter::default()
    };
    let matcher = Matcher::new(c, &filter);
    let newest = c.by_start().iter().rev().find(|row| matcher.passes(**row))?;
    Some(c.started_s(*newest))
}

/// The table of libraries still on their server, all time.
pub fn libraries_table(v: &View<'_>, q: &TableQuery<LibraryColumn>) -> Result<Table<LibraryRow>, Error> {
    let c = v.columns;
    let found = select_libraries(c, q);
    let ids: Vec<u32> = found
        .rows
        .iter()
        .filter_map(|row| row.2.last)
        .map(|row| c.id(row))
        .collect();
    let mut plays = v.stored(&ids)?.into_iter().peekable();
    let rows = found.rows.into_iter().map(|(dim, section, sums)| LibraryRow {
        server: dim.server.clone(),
        section: section.clone(),
        plays: sums.plays,
        duration_s: sums.duration_s,
        last_accessed_s: sums.newest_start_s,
        last: sums
            .last
            .and_then(|row| plays.next_if(|play| play.id == c.id(row))),
    });
    Ok(Table {
        total: found.total,
        filtered: found.filtered,
        rows: rows.collect(),
    })
}

pub(super) fn sums_by_library(c: &Columns, only: Option<i64>, grouping: bool) -> Vec<Sums> {
    let filter = Filter {
        section_ids: only.map(|id| vec![id]),
        ..Filter::default()
    };
    let mut sums = vec![Sums::default(); c.dims.libraries().len()];
    let picked = Matcher::new(c, &filter).pick();
    each_row(&picked, grouping, |row, oldest| {
        let library = c.library_ix(row);
        let sums = &mut sums[library.at()];
        sums.add(c, row);
        // A title that moved between libraries in the middle of a group counts in both.
        let known = row != oldest && c.earlier(row).any(|earlier| c.library_ix(earlier) == library);
        sums.plays += i64::from(!known);
    });
    sums
}

pub(super) fn select_libraries<'a>(
    c: &'a Columns,
    q: &TableQuery<LibraryColumn>,
) -> Table<(&'a LibraryDim, &'a Section, Sums)> {
    let sums = sums_by_library(c, q.only, q.grouping);
    let listed = c
        .dims
        .libraries()
        .iter()
        .filter(|dim| dim.section.is_some())
        .count();
    let mut rows: Vec<_> = c
        .dims
        .libraries()
        .iter()
        .zip(sums)
        .filter_map(|(dim, sums)| Some((dim, dim.section.as_ref()?, sums)))
        .filter(|(_, section, _)| !is_gone(section) && q.only.is_none_or(|only| only == section.section_id))
        .collect();
    rows.sort_unstable_by_key(|(dim, section, _)| (dim.server.as_str(), section.section_id));
    let count = |section: &Section, name: &str| match section.fields.get(name) {
        Some(Scalar::Int(count)) => Value::Number(*count),
        _ => Value::Unknown,
    };
    page(
        rows,
        q,
        listed,
        |(_, section, sums)| {
            vec![
                section.name.clone(),
                section.kind.clone(),
                text(&section.fields, "count"),
                text(&section.fields, "parent_count"),
                text(&section.fields, "child_count"),
                sums.last.map(|row| full_title(c, row)),
            ]
        },
        |(_, section, sums), column| match column {
            LibraryColumn::SectionName => Value::text(section.name.as_deref()),
            LibraryColumn::SectionType => Value::text(section.kind.as_deref()),
            LibraryColumn::Count => count(section, "count"),
            LibraryColumn::ParentCount => count(section, "parent_count"),
            LibraryColumn::ChildCount => count(section, "child_count"),
            LibraryColumn::LastAccessed => Value::number(sums.newest_start_s),
            LibraryColumn::LastPlayed => Value::text(sums.last.map(|row| full_title(c, row))),
            LibraryColumn::Plays => Value::Number(sums.plays),
            LibraryColumn::Duration => Value::Number(sums.duration_s),
        },
    )
}
