//! Content that stands once: items, clients, streams, words.

mod same;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use model::{RecordClient, RecordItem, RecordStream, SourceId, Text};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::digest::{Content, Shape, digest, quick};
use super::fields::{FIGURES, figure, to_json};
use super::words;
use crate::Error;
use crate::columns::{ClientDim, ItemDim};
use crate::rules::Marks;
use same::Same;

/// Entries of one cache; at the limit it starts anew. 64 Ki entries are about 2 MB.
const CACHED: usize = 1 << 16;

const DOING: &str = "keeping what a play points to";

/// What the writer remembers between changes, so that repeated content costs no question to the database.
#[derive(Debug, Default)]
pub(super) struct Memory {
    hasher: RandomState,
    servers: HashMap<SourceId, i64>,
    words: HashMap<Text, i64>,
    items: HashMap<u64, i64>,
    clients: HashMap<u64, i64>,
    streams: HashMap<u64, i64>,
    same_items: Same<RecordItem, i64>,
    same_clients: Same<RecordClient, i64>,
    same_streams: Same<RecordStream, Delivery>,
}

/// A stream as a play refers to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) id: i64,
    pub(super) marks: Marks,
    /// In the order of [`FIGURES`].
    pub(super) figures: [Option<i64>; FIGURES.len()],
}

/// An id, and whether the content was new to the store.
pub(super) struct Interned {
    pub(super) id: i64,
    pub(super) is_new: bool,
}

impl Memory {
    /// After a change that was taken back: its ids may mean nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The id of a server, made if it is new.
    pub(super) fn server(&mut self, conn: &Connection, source: &SourceId) -> Result<i64, Error> {
        if let Some(id) = self.servers.get(source) {
            return Ok(*id);
        }
        let id = find_or_add(
            conn,
            "SELECT id FROM server WHERE source = ?1",
            "INSERT INTO server (source) VALUES (?1)",
            source.as_str(),
        )?;
        remember(&mut self.servers, source.clone(), id);
        Ok(id)
    }

    pub(super) fn word(&mut self, conn: &Connection, text: Option<&Text>) -> Result<Option<i64>, Error> {
        let Some(text) = text else { return Ok(None) };
        if let Some(id) = self.words.get(text) {
            return Ok(Some(*id));
        }
        let id = find_or_add(
            conn,
            "SELECT id FROM word WHERE text = ?1",
            "INSERT INTO word (text) VALUES (?1)",
            text,
        )?;
        remember(&mut self.words, text.clone(), id);
        Ok(Some(id))
    }

    pub(super) fn item(&mut self, conn: &Connection, item: &Arc<RecordItem>) -> Result<Interned, Error> {
        if let Some(id) = self.same_items.get(item) {
            return Ok(Interned { id, is_new: false });
        }
        let interned = self.equal_item(conn, item)?;
        self.same_items.set(item, interned.id);
        Ok(interned)
    }

    fn equal_item(&mut self, conn: &Connection, item: &RecordItem) -> Result<Interned, Error> {
        let (table, hasher) = (&mut self.items, &self.hasher);
        intern(conn, table, hasher, item, &Statements::ITEM, |insert, digest| {
            insert.execute(params![
                digest,
                item.kind.as_str(),
                item.live,
                item.rating_key,
                item.parent_rating_key,
                item.grandparent_rating_key,
                item.guid,
                item.title,
                item.parent_title,
                item.grandparent_title,
                item.original_title,
                item.full_title,
                item.media_index,
                item.parent_media_index,
                item.year,
                item.duration_ms,
                item.thumb,
                item.originally_available_at,
                item.marker_credits_first_ms,
                item.marker_credits_final_ms,
                to_json(&item.extra, |_, _| true),
            ])
        })
    }

    pub(super) fn client(
        &mut self,
        conn: &Connection,
        client: &Arc<RecordClient>,
    ) -> Result<Interned, Error> {
        if let Some(id) = self.same_clients.get(client) {
            return Ok(Interned { id, is_new: false });
        }
        let interned = self.equal_client(conn, client)?;
        self.same_clients.set(client, interned.id);
        Ok(interned)
    }

    fn equal_client(&mut self, conn: &Connection, client: &RecordClient) -> Result<Interned, Error> {
        let (table, hasher) = (&mut self.clients, &self.hasher);
        intern(
            conn,
            table,
            hasher,
            client,
            &Statements::CLIENT,
            |insert, digest| {
                insert.execute(params![
                    digest,
                    client.machine_id,
                    client.player,
                    client.product,
                    client.product_version,
                    client.platform,
                    client.platform_version,
                    client.profile,
                ])
            },
        )
    }

    pub(super) fn stream(
        &mut self,
        conn: &Connection,
        stream: &Arc<RecordStream>,
    ) -> Result<Delivery, Error> {
        if let Some(delivery) = self.same_streams.get(stream) {
            return Ok(delivery);
        }
        let marks = Marks::of(stream);
        let id = self.equal_stream(conn, &Shape { stream, marks })?.id;
        let mut figures = [None; FIGURES.len()];
        for (name, value) in &stream.fields {
            if let Some((place, number)) = figure(name, value) {
                figures[place] = Some(number);
            }
        }
        let delivery = Delivery { id, marks, figures };
        self.same_streams.set(stream, delivery);
        Ok(delivery)
    }

    fn equal_stream(&mut self, conn: &Connection, shape: &Shape<'_>) -> Result<Interned, Error> {
        let (table, hasher) = (&mut self.streams, &self.hasher);
        let stream = shape.stream;
        intern(
            conn,
            table,
            hasher,
            shape,
            &Statements::STREAM,
            |insert, digest| {
                insert.execute(params![
                    digest,
                    stream.decision.map(words::decision),
                    stream.source_resolution,
                    stream.stream_resolution,
                    shape.marks.bits(),
                    to_json(&stream.fields, |name, value| figure(name, value).is_none()),
                ])
            },
        )
    }
}

struct Statements {
    find: &'static str,
    add: &'static str,
}

impl Statements {
    const ITEM: Self = Self {
        find: "SELECT id FROM item WHERE digest = ?1",
        add: "INSERT INTO item (digest, kind, live, rating_key, parent_rating_key, grandparent_rating_key, guid,
                title, parent_title, grandparent_title, original_title, full_title, media_index, parent_media_index,
                year, duration_ms, thumb, originally_available_at, marker_credits_first_ms, marker_credits_final_ms,
                extra)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    };
    const CLIENT: Self = Self {
        find: "SELECT id FROM client WHERE digest = ?1",
        add: "INSERT INTO client (digest, machine_id, player, product, product_version, platform, platform_version,
                profile)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    };
    const STREAM: Self = Self {
        find: "SELECT id FROM stream WHERE digest = ?1",
        add: "INSERT INTO stream (digest, decision, source_resolution, stream_resolution, marks, fields)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    };
}

/// The id of `content`: remembered, found by its digest, or made by `insert`.
fn intern(
    conn: &Connection,
    table: &mut HashMap<u64, i64>,
    hasher: &RandomState,
    content: &impl Content,
    statements: &Statements,
    insert: impl FnOnce(&mut CachedStatement<'_>, super::digest::Digest) -> rusqlite::Result<usize>,
) -> Result<Interned, Error> {
    let key = quick(content, hasher.build_hasher());
    if let Some(id) = table.get(&key) {
        return Ok(Interned {
            id: *id,
            is_new: false,
        });
    }
    let digest = digest(content);
    let mut find = conn.prepare_cached(statements.find).map_err(Error::sql(DOING))?;
    let found = find.query_row([&digest], |row| row.get(0)).optional();
    let interned = if let Some(id) = found.map_err(Error::sql(DOING))? {
        Interned { id, is_new: false }
    } else {
        let mut add = conn.prepare_cached(statements.add).map_err(Error::sql(DOING))?;
        insert(&mut add, digest).map_err(Error::sql(DOING))?;
        Interned {
            id: conn.last_insert_rowid(),
            is_new: true,
        }
    };
    remember(table, key, interned.id);
    Ok(interned)
}

fn find_or_add(conn: &Connection, find: &str, add: &str, text: &str) -> Result<i64, Error> {
    let mut find = conn.prepare_cached(find).map_err(Error::sql(DOING))?;
    let found = find.query_row([text], |row| row.get(0)).optional();
    if let Some(id) = found.map_err(Error::sql(DOING))? {
        return Ok(id);
    }
    let mut add = conn.prepare_cached(add).map_err(Error::sql(DOING))?;
    add.execute([text]).map_err(Error::sql(DOING))?;
    Ok(conn.last_insert_rowid())
}

fn remember<K: std::hash::Hash + Eq>(table: &mut HashMap<K, i64>, key: K, id: i64) {
    if table.len() >= CACHED {
        table.clear();
    }
    table.insert(key, id);
}

pub(super) fn item_dim(store_id: i64, item: &RecordItem) -> ItemDim {
    ItemDim {
        store_id,
        kind: item.kind,
        live: item.live,
        rating_key: item.rating_key,
        parent_rating_key: item.parent_rating_key,
        grandparent_rating_key: item.grandparent_rating_key,
        guid: item.guid.clone(),
        full_title: item.full_title.clone(),
        title: item.title.clone(),
        grandparent_title: item.grandparent_title.clone(),
        original_title: item.original_title.clone(),
        year: item.year,
        duration_ms: item.duration_ms,
        marker_credits_first_ms: item.marker_credits_first_ms,
        marker_credits_final_ms: item.marker_credits_final_ms,
    }
}

pub(super) fn client_dim(store_id: i64, client: &RecordClient) -> ClientDim {
    ClientDim {
        store_id,
        player: client.player.clone(),
        product: client.product.clone(),
        platform: client.platform.clone(),
        machine_id: client.machine_id.clone(),
    }
}
