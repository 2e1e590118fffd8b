//! Open plays and counters in the store: written in one transaction, read back at the start.

use std::collections::{BTreeMap, HashMap};

use model::{
    Carried, ContentKind, CounterMap, Counters, Fields, Library, LibraryKind, Network, Person, Play, Record,
    Scalar, Section, ServerSnapshot, SourceId,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value};

use super::body;
use super::details::Details;
use super::iptv;
use super::of::{LIVE_SECTION, record_of};
use super::policy::{Ignored, Policy};
use super::save::{Save, ServerNews, seen_ms};
use crate::columns::Dims;
use crate::store::Txn;
use crate::{Error, View};

const SAVING: &str = "writing down what plays";
const READING: &str = "reading what played before";

/// What became of the plays that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) kept: u64,
    pub(super) ignored: u64,
}

/// Writes everything of `save`, or nothing.
pub(super) fn save(
    txn: &mut Txn<'_>,
    save: &Save,
    policy: &Policy,
    details: &Details,
) -> Result<Closed, Error> {
    let mut ids = ServerIds::default();
    for news in &save.servers {
        write_server(txn, news)?;
    }
    for play in &save.open {
        let server_id = ids.of(txn, &play.source)?;
        open(txn.conn, server_id, play)?;
    }
    for (source, key, counters) in &save.counters {
        let server_id = ids.of(txn, source)?;
        count(txn.conn, server_id, &body::labels_to_json(key), counters)?;
    }
    iptv::save(txn, &save.iptv, policy, &mut ids)?;
    let mut closed = Closed::default();
    for play in &save.closed {
        let server_id = ids.of(txn, &play.source)?;
        forget(txn.conn, server_id, play.id.as_str())?;
        match close(txn, play, policy, details)? {
            Some(true) => closed.kept += 1,
            Some(false) => closed.ignored += 1,
            None => {}
        }
    }
    Ok(closed)
}

/// Closes a play: true if it is kept, false if policy leaves it out, `None` if such things are never kept.
fn close(txn: &mut Txn<'_>, play: &Play, policy: &Policy, details: &Details) -> Result<Option<bool>, Error> {
    let Some(mut record) = record_of(play, txn.columns.dims.people()) else {
        return Ok(None);
    };
    if let Some(why) = left_out(txn, &record, policy) {
        let id = play.id.as_str();
        tracing::debug!("play {id} is not kept: {}", reason(why));
        return Ok(Some(false));
    }
    details.complete(&mut record);
    let owner = play
        .session
        .user
        .as_ref()
        .is_some_and(|u| u.id.as_deref() == Some("1"));
    keep(txn, &record, owner)?;
    Ok(Some(true))
}

/// Why policy leaves a play out, if it does.
pub(super) fn left_out(txn: &Txn<'_>, record: &Record, policy: &Policy) -> Option<Ignored> {
    let dims = &txn.columns.dims;
    let person = record.user_id.and_then(|id| dims.people().get(&id));
    let section = record
        .section_id
        .and_then(|id| section_of(dims, &record.server, id));
    policy.ignores(record, person, section)
}

/// Keeps a play, and makes its viewer and the section of live television known. False if it was there already, or
/// cannot be kept at all. `owner`: the viewer owns the server.
pub(super) fn keep(txn: &mut Txn<'_>, record: &Record, owner: bool) -> Result<bool, Error> {
    let added = match txn.add(record) {
        Ok(added) => !added.known,
        // A clock gone mad; nothing else would be kept if this one were tried for ever.
        Err(Error::Refused(why)) => {
            tracing::warn!("a play on {} cannot be kept: {why}", record.server);
            return Ok(false);
        }
        Err(e) => return Err(e),
    };
    let dims = &txn.columns.dims;
    let new_person = record.user_id.is_some_and(|id| !dims.people().contains_key(&id));
    let new_section = section_of(dims, &record.server, LIVE_SECTION).is_none();
    if new_person {
        introduce(txn, record, owner)?;
    }
    if new_section && record.section_id == Some(LIVE_SECTION) {
        txn.set_section(&record.server, &live_section())?;
    }
    Ok(added)
}

/// Plays that stand as running on a server.
pub(super) fn open_plays_of(txn: &Txn<'_>, source: &SourceId) -> Result<Vec<Play>, Error> {
    let id: Option<i64> = txn
        .conn
        .query_row(
            "SELECT id FROM server WHERE source = ?1",
            [source.as_str()],
            |row| row.get(0),
        )
        .optional()
        .map_err(Error::sql(READING))?;
    id.map_or_else(|| Ok(Vec::new()), |id| open_plays(txn.conn, id, source))
}

fn reason(why: Ignored) -> &'static str {
    match why {
        Ignored::TooShort => "too short",
        Ignored::User => "the user's plays are not",
        Ignored::Library => "the library's plays are not",
    }
}

fn section_of<'a>(dims: &'a Dims, server: &SourceId, section_id: i64) -> Option<&'a Section> {
    let mut libraries = dims.libraries().iter();
    let found = libraries.find(|l| l.server == *server && l.section_id == Some(section_id))?;
    found.section.as_ref()
}

/// Someone who plays for the first time.
fn introduce(txn: &mut Txn<'_>, record: &Record, owner: bool) -> Result<(), Error> {
    let Some(user_id) = record.user_id else {
        return Ok(());
    };
    let flags = [
        ("is_active", 1),
        ("is_admin", i64::from(owner)),
        ("keep_history", 1),
        ("deleted_user", 0),
    ];
    txn.set_person(&Person {
        user_id,
        username: record.user.clone(),
        friendly_name: None,
        thumb: None,
        fields: fields(flags),
    })
}

fn fields<const N: usize>(numbers: [(&str, i64); N]) -> Fields {
    let one = |(name, n): (&str, i64)| (name.into(), Scalar::Int(n));
    numbers.into_iter().map(one).collect()
}

fn live_section() -> Section {
    Section {
        section_id: LIVE_SECTION,
        name: Some("Live TV".into()),
        kind: Some("live".into()),
        fields: fields([("is_active", 1), ("keep_history", 1), ("deleted_section", 0)]),
    }
}

fn write_server(txn: &mut Txn<'_>, news: &ServerNews) -> Result<(), Error> {
    let server = &*news.server;
    let info = server.info.as_deref();
    txn.set_server(
        &server.id,
        info.map(|i| &*i.machine_id),
        info.and_then(|i| i.name.as_deref()),
        seen_ms(server),
    )?;
    if news.sums {
        set_sums(txn.conn, server)?;
    }
    if news.libraries {
        for library in server.libraries.iter().flat_map(|l| l.iter()) {
            write_library(txn, &server.id, library)?;
        }
    }
    Ok(())
}

/// What an import told besides stays.
fn write_library(txn: &mut Txn<'_>, server: &SourceId, library: &Library) -> Result<(), Error> {
    let Ok(section_id) = library.id.as_str().parse::<i64>() else {
        return Ok(());
    };
    let Some(kind) = section_kind(library.kind) else {
        return Ok(());
    };
    let known = section_of(&txn.columns.dims, server, section_id);
    let mut section = known.cloned().unwrap_or_else(|| Section {
        section_id,
        fields: fields([("keep_history", 1)]),
        ..Section::default()
    });
    section.name = Some(library.title.clone());
    section.kind = Some(kind.into());
    section
        .fields
        .extend(fields([("is_active", 1), ("deleted_section", 0)]));
    for (name, counted) in counted(library.kind) {
        if let Some(count) = counted.and_then(|kind| library.count(kind)) {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            section.fields.insert((*name).into(), Scalar::Int(count));
        }
    }
    if known == Some(&section) {
        return Ok(());
    }
    txn.set_section(server, &section)
}

/// Tautulli's word for a library; it knows no others.
fn section_kind(kind: LibraryKind) -> Option<&'static str> {
    match kind {
        LibraryKind::Movie | LibraryKind::HomeVideo => Some("movie"),
        LibraryKind::Show => Some("show"),
        LibraryKind::Artist => Some("artist"),
        LibraryKind::Photo => Some("photo"),
        LibraryKind::Other => None,
    }
}

/// Tautulli's three counts of a library, from above.
fn counted(kind: LibraryKind) -> &'static [(&'static str, Option<ContentKind>)] {
    use ContentKind::{
        Albums, Artists, Episodes, Movies, PhotoAlbums, Photos, Seasons, Shows, Tracks, Videos,
    };
    match kind {
        LibraryKind::Movie => &[("count", Some(Movies))],
        LibraryKind::HomeVideo => &[("count", Some(Videos))],
        LibraryKind::Show => &[
            ("count", Some(Shows)),
            ("parent_count", Some(Seasons)),
            ("child_count", Some(Episodes)),
        ],
        LibraryKind::Artist => &[
            ("count", Some(Artists)),
            ("parent_count", Some(Albums)),
            ("child_count", Some(Tracks)),
        ],
        LibraryKind::Photo => &[("count", Some(PhotoAlbums)), ("child_count", Some(Photos))],
        LibraryKind::Other => &[],
    }
}

/// Row ids of servers, made where there is none.
#[derive(Debug, Default)]
pub(super) struct ServerIds(HashMap<SourceId, i64>);

impl ServerIds {
    pub(super) fn of(&mut self, txn: &mut Txn<'_>, source: &SourceId) -> Result<i64, Error> {
        if let Some(id) = self.0.get(source) {
            return Ok(*id);
        }
        txn.set_server(source, None, None, None)?;
        let id = txn
            .conn
            .query_row(
                "SELECT id FROM server WHERE source = ?1",
                [source.as_str()],
                |row| row.get(0),
            )
            .map_err(Error::sql(SAVING))?;
        self.0.insert(source.clone(), id);
        Ok(id)
    }
}

fn open(conn: &Connection, server_id: i64, play: &Play) -> Result<(), Error> {
    let sql = "INSERT INTO open_play (server_id, play_key, seen_ms, body) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT DO UPDATE SET seen_ms = excluded.seen_ms, body = excluded.body";
    let values = params![
        server_id,
        play.id.as_str(),
        play.seen_at.as_millisecond(),
        body::play_to_json(play)
    ];
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(SAVING))?;
    statement.execute(values).map_err(Error::sql(SAVING))?;
    Ok(())
}

fn forget(conn: &Connection, server_id: i64, play_key: &str) -> Result<(), Error> {
    let sql = "DELETE FROM open_play WHERE server_id = ?1 AND play_key = ?2";
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(SAVING))?;
    statement
        .execute(params![server_id, play_key])
        .map_err(Error::sql(SAVING))?;
    Ok(())
}

fn count(conn: &Connection, server_id: i64, labels: &str, c: &Counters) -> Result<(), Error> {
    let sql = "INSERT INTO counter (server_id, labels, plays, played_ms, paused_ms, buffering_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET plays = excluded.plays, \
               played_ms = excluded.played_ms, paused_ms = excluded.paused_ms, buffering_ms = excluded.buffering_ms";
    let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let values = params![
        server_id,
        labels,
        int(c.plays),
        int(c.played_ms),
        int(c.paused_ms),
        int(c.buffering_ms)
    ];
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(SAVING))?;
    statement.execute(values).map_err(Error::sql(SAVING))?;
    Ok(())
}

fn sums_key(source: &SourceId) -> String {
    format!("sums:{source}")
}

fn set_sums(conn: &Connection, server: &ServerSnapshot) -> Result<(), Error> {
    let mut sums = Map::new();
    sums.insert("estimated_bytes".to_owned(), server.estimated_bytes.into());
    if let Some(by_network) = &server.transmitted_bytes {
        let sent: Map<String, Value> = by_network
            .iter()
            .map(|(network, bytes)| (network.as_str().to_owned(), (*bytes).into()))
            .collect();
        sums.insert("transmitted_bytes".to_owned(), sent.into());
    }
    let sql =
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    conn.execute(
        sql,
        params![sums_key(&server.id), Value::Object(sums).to_string()],
    )
    .map_err(Error::sql(SAVING))?;
    Ok(())
}

/// Everything an earlier process left, by server.
pub(super) fn carried(view: &View<'_>) -> Result<Vec<Carried>, Error> {
    let mut all = Vec::new();
    for (id, source) in servers(view.conn)? {
        let (estimated_bytes, transmitted_bytes) = sums(view.conn, &source)?;
        all.push(Carried {
            iptv: iptv::carried(view.conn, id, &source)?,
            plays: open_plays(view.conn, id, &source)?,
            counters: counters(view.conn, id)?,
            source,
            estimated_bytes,
            transmitted_bytes,
        });
    }
    Ok(all)
}

fn servers(conn: &Connection) -> Result<Vec<(i64, SourceId)>, Error> {
    let mut find = conn
        .prepare("SELECT id, source FROM server ORDER BY id")
        .map_err(Error::sql(READING))?;
    let rows = find.query_map([], |row| {
        let source: String = row.get(1)?;
        Ok((row.get(0)?, SourceId::new(source)))
    });
    rows.and_then(Iterator::collect).map_err(Error::sql(READING))
}

fn open_plays(conn: &Connection, server_id: i64, source: &SourceId) -> Result<Vec<Play>, Error> {
    let mut find = conn
        .prepare("SELECT play_key, body FROM open_play WHERE server_id = ?1 ORDER BY play_key")
        .map_err(Error::sql(READING))?;
    let rows: Vec<(String, String)> = find
        .query_map([server_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(Error::sql(READING))?;
    let read = |(key, json): (String, String)| {
        let play = body::play_from_json(source, &key, &json);
        if play.is_none() {
            tracing::warn!("what was written down of the running play {key} cannot be read, so it is lost");
        }
        play
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

fn counters(conn: &Connection, server_id: i64) -> Result<CounterMap, Error> {
    let sql = "SELECT labels, plays, played_ms, paused_ms, buffering_ms FROM counter WHERE server_id = ?1";
    let mut find = conn.prepare(sql).map_err(Error::sql(READING))?;
    let rows = find.query_map([server_id], |row| {
        let labels: String = row.get(0)?;
        let int = |n| row.get::<_, i64>(n).map(|n| u64::try_from(n).unwrap_or(0));
        let counters = Counters {
            plays: int(1)?,
            played_ms: int(2)?,
            paused_ms: int(3)?,
            buffering_ms: int(4)?,
        };
        Ok((labels, counters))
    });
    let rows: Vec<(String, Counters)> = rows.and_then(Iterator::collect).map_err(Error::sql(READING))?;
    let keyed = rows
        .into_iter()
        .filter_map(|(labels, counters)| Some((body::labels_from_json(&labels)?, counters)));
    Ok(keyed.collect())
}

type Sums = (u64, Option<BTreeMap<Network, u64>>);

fn sums(conn: &Connection, source: &SourceId) -> Result<Sums, Error> {
    let text: Option<String> = conn
        .query_row(
            "SELECT value FROM meta WHERE key = ?1",
            [sums_key(source)],
            |row| row.get(0),
        )
        .optional()
        .map_err(Error::sql(READING))?;
    let value: Value = text
        .and_then(|t| serde_json::from_str(&t).ok())
        .unwrap_or_default();
    let estimated_bytes = value["estimated_bytes"].as_u64().unwrap_or(0);
    let sent = value["transmitted_bytes"].as_object();
    let sent = sent.map(|by_network| {
        by_network
            .iter()
            .filter_map(|(word, bytes)| Some((body::network(word)?, bytes.as_u64()?)))
            .collect()
    });
    Ok((estimated_bytes, sent))
}

/// Closes plays of servers that are watched no longer, as they were last known.
pub(super) fn close_all(txn: &mut Txn<'_>, plays: &[Play], policy: &Policy) -> Result<Closed, Error> {
    let closed = plays.iter().map(|p| std::sync::Arc::new(p.clone())).collect();
    let all = Save {
        closed,
        ..Save::default()
    };
    save(txn, &all, policy, &Details::default())
}
