//! The columns, read from the store.

use std::collections::{HashMap, HashSet};

use model::{Decision, Person, RecordKind, Section, SourceId, Text};
use rusqlite::{Connection, Row};

use super::fields::from_json;
use super::txn::seconds;
use super::words;
use crate::columns::{
    ClientDim, Columns, ItemDim, LibraryIx, Location, NewRow, ResolutionIx, ViewerDim, ViewerIx, Way, WordIx,
};
use crate::rules::Marks;
use crate::{Error, Settings};

const DOING: &str = "loading the history";

/// Reads everything that the columns hold.
pub(super) fn load(conn: &Connection, settings: &Settings) -> Result<Columns, Error> {
    let mut columns = Columns::default();
    columns.watched_rule = settings.watched;
    let words = load_words(conn)?;
    let servers = load_servers(conn)?;
    load_items(conn, &mut columns)?;
    load_clients(conn, &mut columns)?;
    load_people(conn, &mut columns)?;
    load_sections(conn, &mut columns, &servers)?;
    let streams = load_streams(conn, &mut columns)?;
    let count: i64 = conn
        .query_row("SELECT count(*) FROM play", [], |row| row.get(0))
        .map_err(Error::sql(DOING))?;
    columns.reserve(usize::try_from(count).unwrap_or(0));
    let mut plays = Plays::new(&words, &servers, &streams);
    each(conn, "play", PLAYS, |row| {
        let play = plays.read(row, &mut columns)?;
        Ok(play.and_then(|(new, marks)| {
            let row = columns.append(&new).ok()?;
            columns.mark(row, marks);
            Some(())
        }))
    })?;
    columns.settle();
    Ok(columns)
}

/// Runs `take` over all rows of `table`, whose key comes first. `Ok(None)` from it means that the row cannot be what
/// this program wrote.
fn each(
    conn: &Connection,
    table: &str,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<Option<()>>,
) -> Result<(), Error> {
    let mut statement = conn.prepare(sql).map_err(Error::sql(DOING))?;
    let mut rows = statement.query([]).map_err(Error::sql(DOING))?;
    while let Some(row) = rows.next().map_err(Error::sql(DOING))? {
        if take(row).map_err(Error::sql(DOING))?.is_none() {
            let key: i64 = row.get(0).map_err(Error::sql(DOING))?;
            return Err(Error::damaged(format!("{table} {key} makes no sense")));
        }
    }
    Ok(())
}

fn load_words(conn: &Connection) -> Result<HashMap<i64, Text>, Error> {
    let mut words = HashMap::new();
    each(conn, "word", "SELECT id, text FROM word", |row| {
        words.insert(row.get(0)?, row.get(1)?);
        Ok(Some(()))
    })?;
    Ok(words)
}

fn load_servers(conn: &Connection) -> Result<HashMap<i64, SourceId>, Error> {
    let mut servers = HashMap::new();
    each(conn, "server", "SELECT id, source FROM server", |row| {
        let source: Text = row.get(1)?;
        servers.insert(row.get(0)?, SourceId::new(source));
        Ok(Some(()))
    })?;
    Ok(servers)
}

fn load_items(conn: &Connection, columns: &mut Columns) -> Result<(), Error> {
    let sql = "SELECT id, kind, live, rating_key, parent_rating_key, grandparent_rating_key, guid, full_title, title,
                 grandparent_title, original_title, year, duration_ms, marker_credits_first_ms, marker_credits_final_ms
               FROM item ORDER BY id";
    // A show's name stands in each of its episodes.
    let mut shared = HashSet::new();
    each(conn, "item", sql, |row| {
        let kind: Option<RecordKind> = words::to_kind(row.get_ref(1)?.as_str()?);
        let Some(kind) = kind else { return Ok(None) };
        let full_title: Text = row.get(7)?;
        let title: Option<Text> = row.get(8)?;
        columns.dims.item(ItemDim {
            store_id: row.get(0)?,
            kind,
            live: row.get(2)?,
            rating_key: row.get(3)?,
            parent_rating_key: row.get(4)?,
            grandparent_rating_key: row.get(5)?,
            guid: row.get(6)?,
            title: title.map(|t| if t == full_title { full_title.clone() } else { t }),
            full_title,
            grandparent_title: share(&mut shared, row.get(9)?),
            original_title: share(&mut shared, row.get(10)?),
            year: row.get(11)?,
            duration_ms: row.get(12)?,
            marker_credits_first_ms: row.get(13)?,
            marker_credits_final_ms: row.get(14)?,
        });
        Ok(Some(()))
    })
}

/// One copy of equal texts.
fn share(known: &mut HashSet<Text>, text: Option<Text>) -> Option<Text> {
    let text = text?;
    if let Some(same) = known.get(&text) {
        return Some(same.clone());
    }
    known.insert(text.clone());
    Some(text)
}

fn load_clients(conn: &Connection, columns: &mut Columns) -> Result<(), Error> {
    let sql = "SELECT id, player, product, platform, machine_id FROM client ORDER BY id";
    let mut shared = HashSet::new();
    each(conn, "client", sql, |row| {
        columns.dims.client(ClientDim {
            store_id: row.get(0)?,
            player: share(&mut shared, row.get(1)?),
            product: share(&mut shared, row.get(2)?),
            platform: share(&mut shared, row.get(3)?),
            machine_id: share(&mut shared, row.get(4)?),
        });
        Ok(Some(()))
    })
}

fn load_people(conn: &Connection, columns: &mut Columns) -> Result<(), Error> {
    let sql = "SELECT user_id, username, friendly_name, thumb, fields FROM person";
    each(conn, "person", sql, |row| {
        let Some(fields) = from_json(row.get_ref(4)?.as_str()?) else {
            return Ok(None);
        };
        columns.dims.set_person(Person {
            user_id: row.get(0)?,
            username: row.get(1)?,
            friendly_name: row.get(2)?,
            thumb: row.get(3)?,
            fields,
        });
        Ok(Some(()))
    })
}

fn load_sections(
    conn: &Connection,
    columns: &mut Columns,
    servers: &HashMap<i64, SourceId>,
) -> Result<(), Error> {
    let sql = "SELECT id, server_id, section_id, name, kind, fields FROM library ORDER BY id";
    each(conn, "library", sql, |row| {
        let server = servers.get(&row.get(1)?);
        let fields = from_json(row.get_ref(5)?.as_str()?);
        let (Some(server), Some(fields)) = (server, fields) else {
            return Ok(None);
        };
        columns.dims.set_section(
            server,
            Section {
                section_id: row.get(2)?,
                name: row.get(3)?,
                kind: row.get(4)?,
                fields,
            },
        );
        Ok(Some(()))
    })
}

/// What rows take from their stream.
#[derive(Clone, Copy)]
struct StreamFacts {
    way: Way,
    source_resolution: ResolutionIx,
    stream_resolution: ResolutionIx,
    marks: Marks,
}

fn load_streams(conn: &Connection, columns: &mut Columns) -> Result<HashMap<i64, StreamFacts>, Error> {
    let sql = "SELECT id, decision, source_resolution, stream_resolution, marks FROM stream ORDER BY id";
    let mut streams = HashMap::new();
    each(conn, "stream", sql, |row| {
        let decision: Option<Decision> = match row.get_ref(1)?.as_str_or_null()? {
            None => None,
            Some(word) => match words::to_decision(word) {
                None => return Ok(None),
                known => known,
            },
        };
        let facts = StreamFacts {
            way: Way::from(decision),
            source_resolution: columns.dims.resolution(row.get::<_, Option<Text>>(2)?.as_ref()),
            stream_resolution: columns.dims.resolution(row.get::<_, Option<Text>>(3)?.as_ref()),
            marks: Marks::from_bits(row.get(4)?),
        };
        streams.insert(row.get(0)?, facts);
        Ok(Some(()))
    })?;
    Ok(streams)
}

const PLAYS: &str =
    "SELECT id, group_id, server_id, origin, section_id, item_id, client_id, stream_id, user_id,
      user_word, ip_word, location_word, started_ms, stopped_ms, paused_ms, view_offset_ms, relayed
    FROM play ORDER BY id";

/// Reads plays, remembering where the columns keep what they point to.
struct Plays<'a> {
    words: &'a HashMap<i64, Text>,
    servers: &'a HashMap<i64, SourceId>,
    streams: &'a HashMap<i64, StreamFacts>,
    ips: HashMap<i64, WordIx>,
    viewers: HashMap<(Option<i64>, Option<i64>), ViewerIx>,
    libraries: HashMap<(i64, Option<i64>), LibraryIx>,
}

impl<'a> Plays<'a> {
    fn new(
        words: &'a HashMap<i64, Text>,
        servers: &'a HashMap<i64, SourceId>,
        streams: &'a HashMap<i64, StreamFacts>,
    ) -> Self {
        Self {
            words,
            servers,
            streams,
            ips: HashMap::new(),
            viewers: HashMap::new(),
            libraries: HashMap::new(),
        }
    }

    /// `None` for a row that points to something that is not there.
    fn read(&mut self, row: &Row<'_>, columns: &mut Columns) -> rusqlite::Result<Option<(NewRow, Marks)>> {
        let Some(origin) = words::to_origin(row.get(3)?) else {
            return Ok(None);
        };
        let Some(stream) = self.streams.get(&row.get(7)?).copied() else {
            return Ok(None);
        };
        let Some(library) = self.library(row.get(2)?, row.get(4)?, columns) else {
            return Ok(None);
        };
        let (item, client) = (
            columns.dims.item_ix(row.get(5)?),
            columns.dims.client_ix(row.get(6)?),
        );
        let (Some(item), Some(client)) = (item, client) else {
            return Ok(None);
        };
        let ms = |at: usize| row.get::<_, Option<i64>>(at);
        let new = NewRow {
            id: row.get(0)?,
            group_id: row.get(1)?,
            started_s: seconds(row.get(12)?),
            stopped_s: ms(13)?.map(seconds),
            paused_s: ms(14)?.map(seconds),
            view_offset_ms: ms(15)?,
            item,
            client,
            ip: self.ip(row.get(10)?, columns),
            viewer: self.viewer(row.get(8)?, row.get(9)?, columns),
            library,
            way: stream.way,
            source_resolution: stream.source_resolution,
            stream_resolution: stream.stream_resolution,
            location: self.location(row.get(11)?),
            relayed: row.get::<_, Option<bool>>(16)?.unwrap_or(false),
        };
        Ok(Some((new, stream.marks.with_origin(origin))))
    }

    fn library(&mut self, server: i64, section: Option<i64>, columns: &mut Columns) -> Option<LibraryIx> {
        if let Some(ix) = self.libraries.get(&(server, section)) {
            return Some(*ix);
        }
        let ix = columns.dims.library(self.servers.get(&server)?, section);
        self.libraries.insert((server, section), ix);
        Some(ix)
    }

    fn viewer(&mut self, user_id: Option<i64>, word: Option<i64>, columns: &mut Columns) -> ViewerIx {
        let name = || word.and_then(|w| self.words.get(&w)).cloned();
        let viewer = || {
            columns.dims.viewer(&ViewerDim {
                user_id,
                name: name(),
            })
        };
        *self.viewers.entry((user_id, word)).or_insert_with(viewer)
    }

    fn ip(&mut self, word: Option<i64>, columns: &mut Columns) -> WordIx {
        let Some(word) = word else { return WordIx(0) };
        let ip = || columns.dims.word(self.words.get(&word));
        *self.ips.entry(word).or_insert_with(ip)
    }

    fn location(&self, word: Option<i64>) -> Location {
        let text = word.and_then(|w| self.words.get(&w));
        Location::of(text.map(|t| &**t))
    }
}
