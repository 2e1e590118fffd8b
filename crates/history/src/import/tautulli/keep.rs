//! Writing what was read, and remembering how far.

use std::collections::BTreeMap;

use model::{Person, Record, Scalar, Section, SourceId, Text};
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};

use super::ours::Ours;
use crate::{Error, History, Pending, Txn, View};

/// Places remembered along the way, by which a database is recognised.
const PLACES: usize = 32;

/// How far a Tautulli has been taken over: every row up to `last_id` is here, or was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) last_id: i64,
    /// Ids and starts (seconds) of some rows, oldest first.
    pub(super) places: Vec<(i64, i64)>,
}

impl Mark {
    /// Goes on to a row.
    pub(super) fn reach(&mut self, id: i64, started_s: i64) {
        self.last_id = self.last_id.max(id);
        if self.places.iter().any(|(known, _)| *known == id) {
            return;
        }
        if self.places.len() >= PLACES {
            // Every second one goes, the first and the latest stay.
            let mut at = 0;
            let last = self.places.len() - 1;
            self.places.retain(|_| {
                at += 1;
                at % 2 == 1 || at > last
            });
        }
        self.places.push((id, started_s));
        self.places.sort_unstable();
    }
}

fn key(server: &SourceId) -> String {
    format!("tautulli.{server}")
}

pub(super) fn mark_of(view: &View<'_>, server: &SourceId) -> Result<Mark, Error> {
    Ok(view
        .meta(&key(server))?
        .as_deref()
        .map_or_else(Mark::default, read_mark))
}

/// What cannot be read counts as no mark: then everything is looked at again, and nothing is doubled.
fn read_mark(text: &str) -> Mark {
    serde_json::from_str(text).unwrap_or_default()
}

/// What is to be kept together.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub records: Vec<Record>,
    pub people: Vec<Person>,
    pub sections: Vec<Section>,
    /// The Plex server the sections are on.
    pub machine_id: Option<Text>,
    /// Ids and starts (seconds) of rows up to which nothing is left to take.
    pub reached: Vec<(i64, i64)>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub added: u64,
    /// Were there already, or were recorded by ourselves.
    pub known: u64,
}

/// Keeps what a running Tautulli told, in one transaction.
pub fn keep(history: &History, server: &SourceId, taken: Taken) -> Pending<Kept> {
    write(history, server, taken, false)
}

/// The id of the last row that was taken over of a Tautulli, and its start in seconds.
pub fn reached(history: &History, server: &SourceId) -> Result<Option<(i64, i64)>, Error> {
    let mark = history.read(|view| mark_of(view, server))?;
    Ok(mark.places.last().copied().filter(|(id, _)| *id == mark.last_id))
}

/// `bulk`: roll-ups wait until the end.
pub(super) fn write(history: &History, server: &SourceId, taken: Taken, bulk: bool) -> Pending<Kept> {
    let server = server.clone();
    history.change(move |txn| {
        if bulk {
            txn.defer_rollups();
        }
        let mut kept = Kept::default();
        if let Some(machine_id) = &taken.machine_id {
            txn.set_server(&server, Some(machine_id), None, None)?;
        }
        for person in &taken.people {
            let before = txn.columns.dims.people().get(&person.user_id);
            let person = with_before(person, before);
            if before != Some(&person) {
                txn.set_person(&person)?;
            }
        }
        for section in &taken.sections {
            let section = section_with_before(txn, &server, section);
            txn.set_section(&server, &section)?;
        }
        let ours = Ours::new(txn.columns, &server, &taken.records);
        for record in &taken.records {
            if ours.have(record) || txn.add(record)?.known {
                kept.known += 1;
            } else {
                kept.added += 1;
            }
        }
        advance(txn, &server, &taken.reached)?;
        Ok(kept)
    })
}

fn advance(txn: &mut Txn<'_>, server: &SourceId, reached: &[(i64, i64)]) -> Result<(), Error> {
    if reached.is_empty() {
        return Ok(());
    }
    let key = key(server);
    let before: Option<String> = txn
        .conn
        .query_row("SELECT value FROM meta WHERE key = ?1", [&key], |row| row.get(0))
        .optional()
        .map_err(Error::sql("reading how far a Tautulli was taken over"))?;
    let mut mark = before.as_deref().map_or_else(Mark::default, read_mark);
    for (id, started_s) in reached {
        mark.reach(*id, *started_s);
    }
    let text = serde_json::to_string(&mark).map_err(|e| Error::Refused(e.to_string()))?;
    txn.set_meta(&key, &text)
}

/// The person as told now; what was known before and is not told now stays: the API tells less than the database.
fn with_before(person: &Person, before: Option<&Person>) -> Person {
    let mut person = person.clone();
    let Some(before) = before else { return person };
    person.username = person.username.or_else(|| before.username.clone());
    person.friendly_name = person.friendly_name.or_else(|| before.friendly_name.clone());
    person.thumb = person.thumb.or_else(|| before.thumb.clone());
    fill(&mut person.fields, &before.fields);
    person
}

fn section_with_before(txn: &Txn<'_>, server: &SourceId, section: &Section) -> Section {
    let mut section = section.clone();
    let before = txn
        .columns
        .dims
        .libraries()
        .iter()
        .find(|l| l.server == *server && l.section_id == Some(section.section_id));
    if let Some(before) = before.and_then(|l| l.section.as_ref()) {
        section.name = section.name.or_else(|| before.name.clone());
        section.kind = section.kind.or_else(|| before.kind.clone());
        fill(&mut section.fields, &before.fields);
    }
    section
}

fn fill(fields: &mut BTreeMap<Text, Scalar>, before: &BTreeMap<Text, Scalar>) {
    for (name, value) in before {
        if !fields.contains_key(name) {
            fields.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_keeps_its_ends_and_a_few_places_between() {
        let mut mark = Mark::default();
        for id in 1..=1000 {
            mark.reach(id * 7, id * 100);
            assert!(mark.places.len() <= PLACES);
            assert_eq!(mark.places.first(), Some(&(7, 100)));
            assert_eq!(mark.places.last(), Some(&(id * 7, id * 100)));
        }
        assert_eq!(mark.last_id, 7000);
        mark.reach(14, 0);
        assert_eq!(mark.last_id, 7000, "never back");
        let text = serde_json::to_string(&mark).unwrap();
        assert_eq!(read_mark(&text), mark);
        assert_eq!(read_mark("{"), Mark::default());
    }

    #[test]
    fn what_is_not_told_again_stays() {
        let person = |name: Option<&str>, fields: &[(&str, i64)]| Person {
            user_id: 1,
            friendly_name: name.map(Into::into),
            fields: fields
                .iter()
                .map(|(k, v)| ((*k).into(), Scalar::Int(*v)))
                .collect(),
            ..Person::default()
        };
        let before = person(Some("Ann"), &[("is_admin", 1), ("row_id", 3)]);
        let now = person(None, &[("is_admin", 0)]);
        assert_eq!(
            with_before(&now, Some(&before)),
            person(Some("Ann"), &[("is_admin", 0), ("row_id", 3)])
        );
        assert_eq!(with_before(&now, None), now);
    }
}
