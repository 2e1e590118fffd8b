//! Accounts and libraries of a Tautulli database. Tokens are never read.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Person, Scalar, Section, Text};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::build::cell;
use super::cell as value;
use super::file::sql;
use super::layout::{columns, quoted};
use super::words::Words;
use crate::Error;

/// A row of a table with a column per field.
struct Wide<'a> {
    row: &'a Row<'a>,
    names: &'a [String],
}

impl<'a> Wide<'a> {
    fn get(&self, name: &str) -> ValueRef<'a> {
        let at = self.names.iter().position(|n| n == name);
        at.map_or(ValueRef::Null, |at| cell(self.row, at))
    }

    /// Everything but `named`, and the row's own id as `row_id`. Here '' is kept: answers tell it from NULL.
    fn others(&self, named: &[&str], words: &mut Words) -> BTreeMap<Text, Scalar> {
        let further = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, n)| !named.contains(&n.as_str()));
        further
            .filter_map(|(at, name)| {
                let name = if name == "id" { "row_id" } else { name.as_str() };
                Some((words.of(name), value::exact(cell(self.row, at), words)?))
            })
            .collect()
    }
}

/// True for columns that open something: they are not even selected.
fn is_secret(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    ["token", "password", "secret", "jwt"]
        .iter()
        .any(|s| column.contains(s))
}

fn all<T>(
    conn: &Connection,
    path: &Path,
    table: &str,
    mut each: impl FnMut(&Wide<'_>, &mut Words) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let failed = |e| sql(path, e);
    let names: Vec<String> = columns(conn, path, table)?
        .into_iter()
        .filter(|name| !is_secret(name))
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = names.iter().map(|n| quoted(n)).collect();
    let mut statement = conn
        .prepare(&format!("SELECT {} FROM {table} ORDER BY rowid", list.join(", ")))
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let (mut found, mut words) = (Vec::new(), Words::default());
    while let Some(row) = rows.next().map_err(failed)? {
        found.extend(each(&Wide { row, names: &names }, &mut words));
    }
    Ok(found)
}

/// All accounts, deleted ones too.
pub(super) fn people(conn: &Connection, path: &Path) -> Result<Vec<Person>, Error> {
    all(conn, path, "users", |row, words| {
        Some(Person {
            user_id: value::int(row.get("user_id"))?,
            username: value::word(row.get("username"), words),
            friendly_name: value::word(row.get("friendly_name"), words),
            thumb: value::word(row.get("thumb"), words),
            fields: row.others(&["user_id", "username", "friendly_name", "thumb"], words),
        })
    })
}

/// All libraries, deleted ones too, one for each section id: ids of an earlier Plex server can come again, and
/// plays do not say which they mean. What is in use wins, then the latest. And the Plex server they are on.
pub(super) fn sections(conn: &Connection, path: &Path) -> Result<(Vec<Section>, Option<Text>), Error> {
    let found = all(conn, path, "library_sections", |row, words| {
        let deleted = value::flag(row.get("deleted_section")).unwrap_or(false);
        let active = value::flag(row.get("is_active")).unwrap_or(true);
        let section = Section {
            section_id: value::int(row.get("section_id"))?,
            name: value::word(row.get("section_name"), words),
            kind: value::word(row.get("section_type"), words),
            fields: row.others(&["section_id", "section_name", "section_type"], words),
        };
        Some(((!deleted, active), section))
    })?;
    let mut best: BTreeMap<i64, ((bool, bool), Section)> = BTreeMap::new();
    let mut servers: BTreeMap<Text, (usize, usize)> = BTreeMap::new();
    for (at, (rank, section)) in found.into_iter().enumerate() {
        if let Some(Scalar::Text(server)) = section.fields.get("server_id") {
            let (in_use, latest) = servers.entry(server.clone()).or_default();
            *in_use += usize::from(rank == (true, true));
            *latest = at;
        }
        match best.get(&section.section_id) {
            Some((before, _)) if *before > rank => {}
            _ => {
                best.insert(section.section_id, (rank, section));
            }
        }
    }
    let machine_id = servers
        .into_iter()
        .filter(|(id, _)| !id.is_empty())
        .max_by_key(|(_, rank)| *rank)
        .map(|(id, _)| id);
    Ok((
        best.into_values().map(|(_, section)| section).collect(),
        machine_id,
    ))
}
