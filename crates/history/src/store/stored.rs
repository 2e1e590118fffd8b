//! Whole plays, back from the store.

use std::collections::HashMap;
use std::sync::Arc;

use model::{
    Fields, Record, RecordClient, RecordItem, RecordStream, Scalar, Segment, SourceId, Text, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fields::{FIGURES, from_json};
use super::words;
use crate::{Error, View};

/// A play as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPlay {
    pub id: u32,
    /// `reference_id`.
    pub group_id: u32,
    /// Its `wanted_id` is absent.
    pub record: Record,
}

/// A server that plays ran on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRow {
    pub id: i64,
    /// Our own name for it.
    pub source: SourceId,
    pub machine_id: Option<Text>,
    pub name: Option<Text>,
    /// Last known to be up and watched, ms since 1970.
    pub seen_ms: Option<i64>,
}

const DOING: &str = "reading plays from the history";

impl View<'_> {
    /// The plays with these ids, in this order; those that are not there are left out.
    pub fn stored(&self, ids: &[u32]) -> Result<Vec<StoredPlay>, Error> {
        let mut reader = Reader::new(self.conn);
        let mut plays = Vec::with_capacity(ids.len());
        for id in ids {
            plays.extend(reader.play(*id)?);
        }
        Ok(plays)
    }

    /// A value kept by [`crate::Txn::set_meta`].
    pub fn meta(&self, key: &str) -> Result<Option<String>, Error> {
        get_meta(self.conn, key)
    }

    /// All servers, in the order in which they were first met.
    pub fn servers(&self) -> Result<Vec<ServerRow>, Error> {
        let doing = "reading the servers of the history";
        let sql = "SELECT id, source, machine_id, name, seen_ms FROM server ORDER BY id";
        let mut statement = self.conn.prepare_cached(sql).map_err(Error::sql(doing))?;
        let rows = statement.query_map([], |row| {
            Ok(ServerRow {
                id: row.get(0)?,
                source: SourceId::new(row.get::<_, Text>(1)?),
                machine_id: row.get(2)?,
                name: row.get(3)?,
                seen_ms: row.get(4)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(Error::sql(doing))
    }
}

pub(super) fn get_meta(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    let doing = "reading a setting of the history";
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(doing))?;
    statement
        .query_row([key], |row| row.get(0))
        .optional()
        .map_err(Error::sql(doing))
}

/// Items and the like that a page's plays share, at most; then they are read anew.
const SHARED: usize = 1024;

/// Reads plays one by one, and what they share once.
pub(super) struct Reader<'a> {
    conn: &'a Connection,
    items: HashMap<i64, Arc<RecordItem>>,
    clients: HashMap<i64, Arc<RecordClient>>,
    streams: HashMap<i64, Arc<RecordStream>>,
}

pub(super) const PLAY: &str = "SELECT p.id, p.group_id, s.source, p.origin, p.origin_key, p.item_id, p.client_id, p.stream_id,
      p.section_id, p.user_id, u.text, i.text, q.text, l.text, p.started_ms, p.stopped_ms, p.paused_ms, p.buffering_ms,
      p.view_offset_ms, p.secure, p.relayed, p.bandwidth_kbps, p.bytes, p.duration, p.bitrate, p.width, p.height,
      p.video_bitrate, p.video_width, p.video_height, p.audio_bitrate, p.stream_bitrate, p.stream_video_bitrate,
      p.stream_video_width, p.stream_video_height, p.stream_audio_bitrate
    FROM play p JOIN server s ON s.id = p.server_id LEFT JOIN word u ON u.id = p.user_word
      LEFT JOIN word i ON i.id = p.ip_word LEFT JOIN word q ON q.id = p.quality_word
      LEFT JOIN word l ON l.id = p.location_word";

/// Place of the first of [`FIGURES`] in [`PLAY`].
const FIRST_FIGURE: usize = 23;

impl<'a> Reader<'a> {
    pub(super) fn new(conn: &'a Connection) -> Self {
        Self {
            conn,
            items: HashMap::new(),
            clients: HashMap::new(),
            streams: HashMap::new(),
        }
    }

    pub(super) fn play(&mut self, id: u32) -> Result<Option<StoredPlay>, Error> {
        let sql = format!("{PLAY} WHERE p.id = ?1");
        let mut statement = self.conn.prepare_cached(&sql).map_err(Error::sql(DOING))?;
        let mut rows = statement.query([id]).map_err(Error::sql(DOING))?;
        match rows.next().map_err(Error::sql(DOING))? {
            Some(row) => self.of(row).map(Some),
            None => Ok(None),
        }
    }

    /// From a row of [`PLAY`].
    pub(super) fn of(&mut self, row: &Row<'_>) -> Result<StoredPlay, Error> {
        let get = |at| row.get::<_, i64>(at).map_err(Error::sql(DOING));
        let (item_id, client_id, stream_id) = (get(5)?, get(6)?, get(7)?);
        let conn = self.conn;
        let item = shared(&mut self.items, item_id, || item(conn, item_id))?;
        let client = shared(&mut self.clients, client_id, || client(conn, client_id))?;
        let stream = shared(&mut self.streams, stream_id, || stream(conn, stream_id))?;
        let play = play(row, item, client, stream).map_err(Error::sql(DOING))?;
        let mut play = play.ok_or_else(|| senseless("play", get(0).unwrap_or_default()))?;
        play.record.segments = segments(conn, play.id)?;
        Ok(play)
    }
}

fn shared<T>(
    known: &mut HashMap<i64, Arc<T>>,
    id: i64,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<Arc<T>, Error> {
    if let Some(value) = known.get(&id) {
        return Ok(value.clone());
    }
    if known.len() >= SHARED {
        known.clear();
    }
    let value = Arc::new(read()?);
    known.insert(id, value.clone());
    Ok(value)
}

fn senseless(table: &str, id: i64) -> Error {
    Error::damaged(format!("{table} {id} makes no sense"))
}

fn play(
    row: &Row<'_>,
    item: Arc<RecordItem>,
    client: Arc<RecordClient>,
    stream: Arc<RecordStream>,
) -> rusqlite::Result<Option<StoredPlay>> {
    let Some(origin) = words::to_origin(row.get(3)?) else {
        return Ok(None);
    };
    let record = Record {
        server: SourceId::new(row.get::<_, Text>(2)?),
        origin,
        origin_key: row.get(4)?,
        wanted_id: None,
        section_id: row.get(8)?,
        user_id: row.get(9)?,
        user: row.get(10)?,
        ip_address: row.get(11)?,
        quality_profile: row.get(12)?,
        location: row.get(13)?,
        started_ms: row.get(14)?,
        stopped_ms: row.get(15)?,
        paused_ms: row.get(16)?,
        buffering_ms: row.get(17)?,
        view_offset_ms: row.get(18)?,
        secure: row.get(19)?,
        relayed: row.get(20)?,
        bandwidth_kbps: row.get(21)?,
        bytes: row.get::<_, Option<i64>>(22)?.and_then(|b| u64::try_from(b).ok()),
        item,
        client,
        stream: with_figures(stream, row)?,
        segments: Vec::new(),
    };
    Ok(Some(StoredPlay {
        id: row.get(0)?,
        group_id: row.get(1)?,
        record,
    }))
}

/// The stream with the numbers that stand in the play's row.
fn with_figures(mut stream: Arc<RecordStream>, row: &Row<'_>) -> rusqlite::Result<Arc<RecordStream>> {
    for (place, name) in FIGURES.iter().enumerate() {
        if let Some(number) = row.get(FIRST_FIGURE + place)? {
            Arc::make_mut(&mut stream)
                .fields
                .insert((*name).into(), Scalar::Int(number));
        }
    }
    Ok(stream)
}

/// Reads one row of `table` and the JSON in its column `fields_at`.
fn one<T>(
    conn: &Connection,
    table: &str,
    sql: &str,
    id: i64,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<Option<T>>,
) -> Result<T, Error> {
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(DOING))?;
    let found = statement
        .query_row(params![id], read)
        .optional()
        .map_err(Error::sql(DOING))?;
    found.flatten().ok_or_else(|| senseless(table, id))
}

fn item(conn: &Connection, id: i64) -> Result<RecordItem, Error> {
    let sql = "SELECT kind, live, rating_key, parent_rating_key, grandparent_rating_key, guid, title, parent_title,
                 grandparent_title, original_title, full_title, media_index, parent_media_index, year, duration_ms,
                 thumb, originally_available_at, marker_credits_first_ms, marker_credits_final_ms, extra
               FROM item WHERE id = ?1";
    one(conn, "item", sql, id, |row| {
        let (kind, extra) = (words::to_kind(row.get_ref(0)?.as_str()?), fields(row, 19)?);
        let (Some(kind), Some(extra)) = (kind, extra) else {
            return Ok(None);
        };
        Ok(Some(RecordItem {
            kind,
            live: row.get(1)?,
            rating_key: row.get(2)?,
            parent_rating_key: row.get(3)?,
            grandparent_rating_key: row.get(4)?,
            guid: row.get(5)?,
            title: row.get(6)?,
            parent_title: row.get(7)?,
            grandparent_title: row.get(8)?,
            original_title: row.get(9)?,
            full_title: row.get(10)?,
            media_index: row.get(11)?,
            parent_media_index: row.get(12)?,
            year: row.get(13)?,
            duration_ms: row.get(14)?,
            thumb: row.get(15)?,
            originally_available_at: row.get(16)?,
            marker_credits_first_ms: row.get(17)?,
            marker_credits_final_ms: row.get(18)?,
            extra,
        }))
    })
}

fn client(conn: &Connection, id: i64) -> Result<RecordClient, Error> {
    let sql = "SELECT machine_id, player, product, product_version, platform, platform_version, profile
               FROM client WHERE id = ?1";
    one(conn, "client", sql, id, |row| {
        Ok(Some(RecordClient {
            machine_id: row.get(0)?,
            player: row.get(1)?,
            product: row.get(2)?,
            product_version: row.get(3)?,
            platform: row.get(4)?,
            platform_version: row.get(5)?,
            profile: row.get(6)?,
        }))
    })
}

fn stream(conn: &Connection, id: i64) -> Result<RecordStream, Error> {
    let sql = "SELECT decision, source_resolution, stream_resolution, fields FROM stream WHERE id = ?1";
    one(conn, "stream", sql, id, |row| {
        let decision = row.get_ref(0)?.as_str_or_null()?;
        let (known, fields) = (decision.and_then(words::to_decision), fields(row, 3)?);
        let (Some(fields), true) = (fields, known.is_some() == decision.is_some()) else {
            return Ok(None);
        };
        Ok(Some(RecordStream {
            decision: known,
            source_resolution: row.get(1)?,
            stream_resolution: row.get(2)?,
            fields,
        }))
    })
}

fn fields(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Fields>> {
    Ok(from_json(row.get_ref(at)?.as_str()?))
}

fn segments(conn: &Connection, play_id: u32) -> Result<Vec<Segment>, Error> {
    let sql =
        "SELECT started_ms, played_ms, decision, resolution, bitrate_bps, video_codec, audio_codec, reasons
               FROM segment WHERE play_id = ?1 ORDER BY n";
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(DOING))?;
    let rows = statement.query_map([play_id], |row| {
        let decision = row.get_ref(2)?.as_str_or_null()?;
        Ok(Segment {
            started_at: Timestamp::from_millisecond(row.get(0)?).unwrap_or_default(),
            played_ms: u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0),
            decision: decision.and_then(words::to_decision),
            resolution: row.get(3)?,
            bitrate_bps: row.get::<_, Option<i64>>(4)?.and_then(|b| u64::try_from(b).ok()),
            video_codec: row.get(5)?,
            audio_codec: row.get(6)?,
            reasons: words::to_reasons(row.get_ref(7)?.as_str()?),
        })
    });
    rows.and_then(Iterator::collect).map_err(Error::sql(DOING))
}
