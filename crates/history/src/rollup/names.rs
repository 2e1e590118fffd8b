//! Numbers that stand for texts in keys, the same on disk for ever.

use std::collections::HashMap;

use model::Text;
use rusqlite::{Connection, OptionalExtension};

use super::family::{Family, user_dim};
use super::play::{PART, work_text};
use super::{DOING, NewPlay};
use crate::Error;
use crate::columns::{Columns, ItemDim, LibraryDim, Row};

/// What to do with a text that has no number yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Give it one on disk.
    Keep,
    /// Give it one for as long as this lives.
    Lend,
}

/// Texts by number and back, as stored. Only what is asked for is read.
#[derive(Debug)]
pub(crate) struct Labels<'a> {
    conn: &'a Connection,
    unknown: Unknown,
    by_text: HashMap<Text, u32>,
    /// The last one has the number `u32::MAX` less their count.
    lent: Vec<Text>,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(conn: &'a Connection, unknown: Unknown) -> Self {
        Self {
            conn,
            unknown,
            by_text: HashMap::new(),
            lent: Vec::new(),
        }
    }

    pub(crate) fn number(&mut self, text: &str) -> Result<u32, Error> {
        if let Some(number) = self.by_text.get(text) {
            return Ok(*number);
        }
        let mut find = self
            .conn
            .prepare_cached("SELECT id FROM rollup_label WHERE text = ?1")
            .map_err(Error::sql(DOING))?;
        let found = find.query_row([text], |row| row.get(0)).optional();
        let number = match (found.map_err(Error::sql(DOING))?, self.unknown) {
            (Some(number), _) => number,
            (None, Unknown::Keep) => self
                .conn
                .prepare_cached("INSERT INTO rollup_label (text) VALUES (?1) RETURNING id")
                .and_then(|mut insert| insert.query_row([text], |row| row.get(0)))
                .map_err(Error::sql(DOING))?,
            (None, Unknown::Lend) => {
                self.lent.push(text.into());
                u32::MAX - u32::try_from(self.lent.len()).unwrap_or(u32::MAX)
            }
        };
        self.by_text.insert(text.into(), number);
        Ok(number)
    }

    /// Empty for a number that stands for nothing.
    pub(crate) fn text(&self, number: u64) -> Result<Text, Error> {
        let lent = u64::from(u32::MAX).checked_sub(number + 1);
        if let Some(text) = lent.and_then(|at| self.lent.get(usize::try_from(at).ok()?)) {
            return Ok(text.clone());
        }
        self.conn
            .prepare_cached("SELECT text FROM rollup_label WHERE id = ?1")
            .and_then(|mut find| {
                find.query_row([i64::try_from(number).unwrap_or(-1)], |row| row.get::<_, Text>(0))
                    .optional()
            })
            .map(Option::unwrap_or_default)
            .map_err(Error::sql(DOING))
    }
}

/// "Not looked up yet."
const UNSET: u32 = u32::MAX;

/// The dimension of plays in each family. Looks each text up once, however many rows share it.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) labels: Labels<'a>,
    clients: Vec<u32>,
    items: Vec<u32>,
    libraries: Vec<u32>,
    resolutions: Vec<u32>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(columns: &'a Columns, labels: Labels<'a>) -> Self {
        Self {
            columns,
            labels,
            clients: Vec::new(),
            items: Vec::new(),
            libraries: Vec::new(),
            resolutions: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn of_row(&mut self, family: Family, row: Row) -> Result<u64, Error> {
        let columns = self.columns;
        let labels = &mut self.labels;
        let number = match family {
            Family::PlatformClass | Family::PlatformWay => {
                once(&mut self.clients, columns.client_ix(row).at(), || {
                    labels.number(columns.client(row).platform.as_deref().unwrap_or_default())
                })?
            }
            Family::SourceResolution | Family::StreamResolution => {
                let ix = match family {
                    Family::SourceResolution => columns.source_resolution(row),
                    _ => columns.stream_resolution(row),
                };
                once(&mut self.resolutions, ix.at(), || {
                    labels.number(&columns.dims.resolutions()[ix.at()])
                })?
            }
            Family::Library => once(&mut self.libraries, columns.library_ix(row).at(), || {
                let LibraryDim {
                    server, section_id, ..
                } = columns.library(row);
                labels.number(&library_text(server.as_str(), *section_id))
            })?,
            Family::Work => once(&mut self.items, columns.item_ix(row).at(), || {
                labels.number(&work_of(columns.item(row)))
            })?,
            Family::UserClass | Family::UserWay => return Ok(user_dim(columns.viewer(row).user_id)),
            Family::Location => return Ok(columns.location(row) as u64),
            Family::Hour
            | Family::Weekday
            | Family::StartDayClass
            | Family::StartDayWay
            | Family::StartMonth => 0,
        };
        Ok(u64::from(number))
    }

    pub(crate) fn of_new(&mut self, family: Family, play: &NewPlay) -> Result<u64, Error> {
        let text = |text: &Option<Text>| text.clone().unwrap_or_default();
        let number = match family {
            Family::PlatformClass | Family::PlatformWay => self.labels.number(&text(&play.platform))?,
            Family::SourceResolution => self.labels.number(&text(&play.source_resolution))?,
            Family::StreamResolution => self.labels.number(&text(&play.stream_resolution))?,
            Family::Library => {
                let library = library_text(play.server.as_str(), play.section_id);
                self.labels.number(&library)?
            }
            Family::Work => self.labels.number(&play.work)?,
            Family::UserClass | Family::UserWay => return Ok(user_dim(play.user_id)),
            Family::Location => return Ok(play.location as u64),
            Family::Hour
            | Family::Weekday
            | Family::StartDayClass
            | Family::StartDayWay
            | Family::StartMonth => 0,
        };
        Ok(u64::from(number))
    }
}

#[inline]
fn once(known: &mut Vec<u32>, at: usize, find: impl FnOnce() -> Result<u32, Error>) -> Result<u32, Error> {
    if let Some(number) = known.get(at).filter(|n| **n != UNSET) {
        return Ok(*number);
    }
    if known.len() <= at {
        known.resize(at + 1, UNSET);
    }
    known[at] = find()?;
    Ok(known[at])
}

fn library_text(server: &str, section_id: Option<i64>) -> String {
    match section_id {
        Some(id) => format!("{server}{PART}{id}"),
        None => format!("{server}{PART}"),
    }
}

fn work_of(item: &ItemDim) -> String {
    work_text(
        item.kind,
        &item.full_title,
        item.year,
        item.grandparent_title.as_deref(),
        item.original_title.as_deref(),
    )
}
