//! Snapshots of what was watched of collections, as the table `collection_analytics` keeps them.

use model::{SourceId, Text};
use rusqlite::{Row, ToSql, params};
use serde_json::{Map, Value};

use super::Watched;
use crate::{Error, Txn, View};

/// Where members and what was watched of them stand in the column `extra`; who asked may add further keys.
const ITEMS: &str = "items";
const ITEMS_WATCHED: &str = "items_with_plays";
const FIRST_PLAY: &str = "first_play_s";
const LAST_PLAY: &str = "last_play_s";

/// Rows of one answer at most.
pub const ROWS_MAX: usize = 1000;

/// A snapshot to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSnapshot {
    pub collection_name: Text,
    pub server: SourceId,
    pub library: Text,
    pub section_id: Option<i64>,
    pub rating_key: i64,
    /// What its members are: `movie`, `show`…
    pub media_type: Option<Text>,
    /// Days before `collected_ms` that the numbers are of; 0 for all time.
    pub window_days: i64,
    pub watched: Watched,
    /// Members, watched or not.
    pub items: u64,
    pub rotation_id: Option<Text>,
    pub collected_ms: i64,
    /// A JSON object of whoever asked for it; its keys stand beside ours, which win.
    pub extra: Option<String>,
}

/// A snapshot as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Ascends in the order of writing.
    pub id: i64,
    pub collection_name: Text,
    pub server: SourceId,
    pub library: Text,
    pub section_id: Option<i64>,
    pub rating_key: Option<i64>,
    pub media_type: Option<Text>,
    pub window_days: i64,
    pub total_plays: i64,
    pub total_duration_s: i64,
    pub unique_users: i64,
    pub items: Option<i64>,
    pub items_watched: Option<i64>,
    pub first_play_s: Option<i64>,
    pub last_play_s: Option<i64>,
    pub rotation_id: Option<Text>,
    pub collected_ms: i64,
    /// What else stands in it: a JSON object, `{}` if nothing.
    pub extra: String,
}

const KEEPING: &str = "keeping a snapshot of a collection";
const READING: &str = "reading snapshots of collections";

/// Keeps snapshots, all or none; returns their ids.
pub fn insert(txn: &mut Txn<'_>, new: &[NewSnapshot]) -> Result<Vec<i64>, Error> {
    let sql = "INSERT INTO collection_analytics (collection_name, server_id, library, section_id, rating_key, media_type,
                 window_days, total_plays, total_duration_s, unique_users, rotation_id, collected_ms, extra)
               VALUES (?1, (SELECT id FROM server WHERE source = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let mut ids = Vec::with_capacity(new.len());
    for one in new {
        let extra = extra_of(one)?;
        txn.set_server(&one.server, None, None, None)?;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut insert = txn.conn.prepare_cached(sql).map_err(Error::sql(KEEPING))?;
        let id = insert
            .insert(params![
                one.collection_name,
                one.server.as_str(),
                one.library,
                one.section_id,
                one.rating_key,
                one.media_type,
                one.window_days,
                count(one.watched.plays),
                one.watched.duration_s,
                count(one.watched.unique_users),
                one.rotation_id,
                one.collected_ms,
                extra,
            ])
            .map_err(Error::sql(KEEPING))?;
        ids.push(id);
    }
    Ok(ids)
}

fn extra_of(one: &NewSnapshot) -> Result<String, Error> {
    let mut extra = match &one.extra {
        None => Map::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|_| Error::Refused("`extra` of a snapshot must be a JSON object".to_owned()))?,
    };
    let watched = &one.watched;
    extra.insert(ITEMS.to_owned(), one.items.into());
    extra.insert(ITEMS_WATCHED.to_owned(), watched.items_watched.into());
    for (key, value) in [
        (FIRST_PLAY, watched.first_play_s),
        (LAST_PLAY, watched.last_play_s),
    ] {
        match value {
            Some(value) => extra.insert(key.to_owned(), value.into()),
            None => extra.remove(key),
        };
    }
    Ok(Value::Object(extra).to_string())
}

/// Which snapshots; absent lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotFilter {
    pub server: Option<SourceId>,
    pub rating_key: Option<i64>,
    /// The exact name. Collections of that name in several libraries are told apart by their other fields.
    pub name: Option<Text>,
    pub library: Option<Text>,
    pub rotation_id: Option<Text>,
    /// Older than this id: the last one of the page before.
    pub before_id: Option<i64>,
    /// At most [`ROWS_MAX`].
    pub limit: usize,
}

const COLUMNS: &str =
    "a.id, a.collection_name, s.source, a.library, a.section_id, a.rating_key, a.media_type,
    a.window_days, a.total_plays, a.total_duration_s, a.unique_users, a.rotation_id, a.collected_ms, a.extra";

/// Snapshots, newest first.
pub fn snapshots(v: &View<'_>, filter: &SnapshotFilter) -> Result<Vec<Snapshot>, Error> {
    let (mut conditions, mut values): (Vec<&str>, Vec<Box<dyn ToSql>>) = (Vec::new(), Vec::new());
    let mut condition = |sql, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            conditions.push(sql);
            values.push(value);
        }
    };
    let text = |text: &Option<Text>| text.clone().map(|t| Box::new(t) as Box<dyn ToSql>);
    let number = |n: Option<i64>| n.map(|n| Box::new(n) as Box<dyn ToSql>);
    let server = filter.server.as_ref().map(|s| Text::from(s.as_str()));
    condition("s.source = ?", text(&server));
    condition("a.rating_key = ?", number(filter.rating_key));
    condition("a.collection_name = ?", text(&filter.name));
    condition("a.library = ?", text(&filter.library));
    condition("a.rotation_id = ?", text(&filter.rotation_id));
    condition("a.id < ?", number(filter.before_id));
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    };
    let limit = filter.limit.min(ROWS_MAX);
    let sql = format!(
        "SELECT {COLUMNS} FROM collection_analytics a JOIN server s ON s.id = a.server_id
         {conditions} ORDER BY a.id DESC LIMIT {limit}"
    );
    read(v, &sql, values)
}

/// The snapshots with these ids, in this order; those that are not there are left out.
pub fn by_ids(v: &View<'_>, ids: &[i64]) -> Result<Vec<Snapshot>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM collection_analytics a JOIN server s ON s.id = a.server_id WHERE a.id = ?"
    );
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(read(v, &sql, vec![Box::new(*id)])?);
    }
    Ok(found)
}

/// The newest snapshot of each collection that has one, of one server or of all, by library and name.
pub fn latest(v: &View<'_>, server: Option<&SourceId>) -> Result<Vec<Snapshot>, Error> {
    let filter = TopFilter {
        server: server.cloned(),
        ..TopFilter::default()
    };
    newest(v, &filter, "ORDER BY a.library, a.collection_name, a.id")
}

/// Which collections are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopFilter {
    pub server: Option<SourceId>,
    pub media_type: Option<Text>,
    /// Only snapshots from the first one of this rotation on.
    pub since_rotation: Option<Text>,
    pub limit: usize,
}

impl Default for TopFilter {
    fn default() -> Self {
        Self {
            server: None,
            media_type: None,
            since_rotation: None,
            limit: ROWS_MAX,
        }
    }
}

/// The newest snapshot of each collection, most plays first, then longest, then newest. A rotation that is not known
/// has no snapshots since.
pub fn top(v: &View<'_>, filter: &TopFilter) -> Result<Vec<Snapshot>, Error> {
    newest(
        v,
        filter,
        "ORDER BY a.total_plays DESC, a.total_duration_s DESC, a.id DESC",
    )
}

fn newest(v: &View<'_>, filter: &TopFilter, order: &str) -> Result<Vec<Snapshot>, Error> {
    let (mut conditions, mut values): (Vec<&str>, Vec<Box<dyn ToSql>>) = (vec!["1"], Vec::new());
    if let Some(server) = &filter.server {
        conditions.push("s.source = ?");
        values.push(Box::new(server.as_str().to_owned()));
    }
    if let Some(media_type) = &filter.media_type {
        conditions.push("a.media_type = ?");
        values.push(Box::new(media_type.clone()));
    }
    if let Some(rotation) = &filter.since_rotation {
        conditions.push("a.id >= (SELECT min(id) FROM collection_analytics WHERE rotation_id = ?)");
        values.push(Box::new(rotation.clone()));
    }
    // Ids ascend, so the newest is the highest; a collection is its key, never its name.
    let sql = format!(
        "SELECT {COLUMNS} FROM collection_analytics a JOIN server s ON s.id = a.server_id
         WHERE {} AND a.id IN (SELECT max(id) FROM collection_analytics GROUP BY server_id, rating_key)
         {order} LIMIT {}",
        conditions.join(" AND "),
        filter.limit.min(ROWS_MAX)
    );
    read(v, &sql, values)
}

/// When a rotation was in force, as far as its snapshots tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationSpan {
    pub rotation_id: Text,
    /// Its first snapshot.
    pub from_ms: i64,
    /// The first snapshot of another rotation after it; absent while it is the last one.
    pub until_ms: Option<i64>,
    /// One snapshot of each of its collections, the newest, by library and name.
    pub collections: Vec<Snapshot>,
}

/// A rotation and its collections; `None` if no snapshot names it.
pub fn rotation(v: &View<'_>, rotation_id: &str) -> Result<Option<RotationSpan>, Error> {
    let sql = "SELECT min(collected_ms), min(id) FROM collection_analytics WHERE rotation_id = ?1";
    let first: (Option<i64>, Option<i64>) = v
        .conn
        .query_row(sql, [rotation_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(Error::sql(READING))?;
    let (Some(from_ms), Some(first_id)) = first else {
        return Ok(None);
    };
    let sql = "SELECT min(first_ms) FROM (
                 SELECT min(collected_ms) AS first_ms, min(id) AS first_id FROM collection_analytics
                 WHERE rotation_id IS NOT NULL AND rotation_id <> ?1 GROUP BY rotation_id)
               WHERE first_id > ?2";
    let until_ms = v
        .conn
        .query_row(sql, params![rotation_id, first_id], |row| row.get(0))
        .map_err(Error::sql(READING))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM collection_analytics a JOIN server s ON s.id = a.server_id
         WHERE a.id IN (SELECT max(id) FROM collection_analytics WHERE rotation_id = ?
                        GROUP BY server_id, rating_key)
         ORDER BY a.library, a.collection_name, a.id LIMIT {ROWS_MAX}"
    );
    let collections = read(v, &sql, vec![Box::new(rotation_id.to_owned())])?;
    Ok(Some(RotationSpan {
        rotation_id: rotation_id.into(),
        from_ms,
        until_ms,
        collections,
    }))
}

fn read(v: &View<'_>, sql: &str, values: Vec<Box<dyn ToSql>>) -> Result<Vec<Snapshot>, Error> {
    let mut statement = v.conn.prepare_cached(sql).map_err(Error::sql(READING))?;
    let rows = statement
        .query_map(rusqlite::params_from_iter(values), snapshot)
        .map_err(Error::sql(READING))?;
    rows.collect::<Result<_, _>>().map_err(Error::sql(READING))
}

fn snapshot(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    let source: String = row.get(2)?;
    let extra: String = row.get(13)?;
    let mut extra: Map<String, Value> = serde_json::from_str(&extra).unwrap_or_default();
    let mut taken = |key| extra.remove(key).and_then(|v| v.as_i64());
    Ok(Snapshot {
        id: row.get(0)?,
        collection_name: row.get(1)?,
        server: SourceId::new(source),
        library: row.get(3)?,
        section_id: row.get(4)?,
        rating_key: row.get(5)?,
        media_type: row.get(6)?,
        window_days: row.get(7)?,
        total_plays: row.get(8)?,
        total_duration_s: row.get(9)?,
        unique_users: row.get(10)?,
        rotation_id: row.get(11)?,
        collected_ms: row.get(12)?,
        items: taken(ITEMS),
        items_watched: taken(ITEMS_WATCHED),
        first_play_s: taken(FIRST_PLAY),
        last_play_s: taken(LAST_PLAY),
        extra: Value::Object(extra).to_string(),
    })
}
