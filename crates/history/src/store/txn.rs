//! One change: statements and what they add to the columns.

use model::{Person, Record, Section, SourceId};
use rusqlite::{Connection, OptionalExtension, params};

use super::fields::{FIGURES, to_json};
use super::groups::{Given, Groups};
use super::intern::{self, Memory};
use super::staged::{Staged, StagedRow};
use super::words;
use crate::columns::{Columns, NONE};
use crate::rollup::{self, NewPlay};
use crate::{Error, Settings};

/// A play was kept, or had been kept before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    pub id: u32,
    /// This play of this origin is kept already; nothing was added.
    pub known: bool,
}

/// A change in progress. What it adds is seen by readers once all of it is kept.
#[derive(Debug)]
pub struct Txn<'a> {
    pub(crate) conn: &'a Connection,
    /// As before this change.
    pub(crate) columns: &'a Columns,
    pub(crate) settings: &'a Settings,
    memory: &'a mut Memory,
    groups: Groups,
    staged: Staged,
    /// Highest id of a play ever given.
    last_id: u32,
    /// A statement failed: `SQLite` may have taken the whole change back.
    is_broken: bool,
}

const ADDING: &str = "adding a play to the history";

impl<'a> Txn<'a> {
    pub(super) fn new(
        conn: &'a Connection,
        columns: &'a Columns,
        settings: &'a Settings,
        memory: &'a mut Memory,
        last_id: u32,
    ) -> Self {
        Self {
            conn,
            columns,
            settings,
            memory,
            groups: Groups::default(),
            staged: Staged::default(),
            last_id,
            is_broken: false,
        }
    }

    /// Keeps a play, unless this origin's play is kept already. Decides its id and its group.
    ///
    /// The wanted id is granted if it is above every id given so far. A refused one leaves the play in the group that
    /// its origin wants. Who wants nothing joins a group by [`crate::rules::group_of`]. No group ever holds plays of
    /// two accounts.
    pub fn add(&mut self, record: &Record) -> Result<Added, Error> {
        self.check_whole()?;
        let added = self.try_add(record);
        self.is_broken |= !matches!(added, Ok(_) | Err(Error::Refused(_)));
        added
    }

    fn try_add(&mut self, r: &Record) -> Result<Added, Error> {
        if u32::try_from(seconds(r.started_ms)).is_err() {
            return Err(Error::Refused(format!(
                "the start of play {} is outside 1970 to 2106",
                r.origin_key
            )));
        }
        let server_id = self.memory.server(self.conn, &r.server)?;
        if let Some(id) = self.known(server_id, r)? {
            return Ok(Added { id, known: true });
        }
        let (id, is_granted) = self.next_id(r.wanted_id)?;
        let delivery = self.memory.stream(self.conn, &r.stream)?;
        let row = StagedRow {
            id,
            group_id: id,
            server_id,
            item_id: self.item(r)?,
            client_id: self.client(r)?,
            stream_id: delivery.id,
            marks: delivery.marks.with_origin(r.origin),
            ..StagedRow::of(r)
        };
        let given = self
            .groups
            .give(self.conn, self.columns, &self.staged, r, &row, is_granted)?;
        let row = StagedRow {
            group_id: given.group_id,
            ..row
        };
        self.insert(r, &row, given, delivery.figures)?;
        self.groups.added(&row, self.staged.rows.len());
        if !self.staged.defers_rollups {
            self.staged.plays.push(NewPlay::of(row.id, row.group_id, r));
        }
        self.staged.rows.push(row);
        self.last_id = id;
        Ok(Added { id, known: false })
    }

    fn known(&self, server_id: i64, r: &Record) -> Result<Option<u32>, Error> {
        let sql = "SELECT id FROM play WHERE server_id = ?1 AND origin = ?2 AND origin_key = ?3";
        let mut find = self.conn.prepare_cached(sql).map_err(Error::sql(ADDING))?;
        find.query_row(params![server_id, words::origin(r.origin), r.origin_key], |row| {
            row.get(0)
        })
        .optional()
        .map_err(Error::sql(ADDING))
    }

    /// The next id, and whether it is the wanted one.
    fn next_id(&self, wanted: Option<(i64, i64)>) -> Result<(u32, bool), Error> {
        let wanted = wanted.and_then(|(id, _)| u32::try_from(id).ok());
        let free = |id: &u32| *id > self.last_id && *id < NONE;
        if let Some(id) = wanted.filter(free) {
            return Ok((id, true));
        }
        let next = self.last_id.saturating_add(1);
        if free(&next) {
            return Ok((next, false));
        }
        Err(Error::Refused("there are no play ids left".to_owned()))
    }

    fn item(&mut self, r: &Record) -> Result<i64, Error> {
        let item = self.memory.item(self.conn, &r.item)?;
        if item.is_new {
            self.staged.items.push(intern::item_dim(item.id, &r.item));
        }
        Ok(item.id)
    }

    fn client(&mut self, r: &Record) -> Result<i64, Error> {
        let client = self.memory.client(self.conn, &r.client)?;
        if client.is_new {
            self.staged.clients.push(intern::client_dim(client.id, &r.client));
        }
        Ok(client.id)
    }

    fn insert(
        &mut self,
        r: &Record,
        row: &StagedRow,
        given: Given,
        figures: [Option<i64>; FIGURES.len()],
    ) -> Result<(), Error> {
        let word = |memory: &mut Memory, text| memory.word(self.conn, text);
        let user = word(self.memory, r.user.as_ref())?;
        let ip = word(self.memory, r.ip_address.as_ref())?;
        let quality = word(self.memory, r.quality_profile.as_ref())?;
        let location = word(self.memory, r.location.as_ref())?;
        let mut insert = self.conn.prepare_cached(INSERT).map_err(Error::sql(ADDING))?;
        let [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12] = figures;
        insert
            .execute(params![
                row.id,
                row.group_id,
                row.server_id,
                words::origin(r.origin),
                r.origin_key,
                given.origin_group,
                row.item_id,
                row.client_id,
                row.stream_id,
                r.section_id,
                r.user_id,
                user,
                ip,
                quality,
                location,
                r.started_ms,
                r.stopped_ms,
                r.paused_ms,
                r.buffering_ms,
                r.view_offset_ms,
                r.secure,
                r.relayed,
                r.bandwidth_kbps,
                r.bytes.and_then(|b| i64::try_from(b).ok()),
                f0,
                f1,
                f2,
                f3,
                f4,
                f5,
                f6,
                f7,
                f8,
                f9,
                f10,
                f11,
                f12,
            ])
            .map_err(Error::sql(ADDING))?;
        self.insert_segments(r, row.id)
    }

    fn insert_segments(&self, r: &Record, play_id: u32) -> Result<(), Error> {
        let sql = "INSERT INTO segment (play_id, n, started_ms, played_ms, decision, resolution, bitrate_bps, video_codec,
                     audio_codec, reasons)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        for (n, segment) in r.segments.iter().enumerate() {
            let mut insert = self.conn.prepare_cached(sql).map_err(Error::sql(ADDING))?;
            insert
                .execute(params![
                    play_id,
                    i64::try_from(n).unwrap_or(i64::MAX),
                    segment.started_at.as_millisecond(),
                    i64::try_from(segment.played_ms).unwrap_or(i64::MAX),
                    segment.decision.map(words::decision),
                    segment.resolution,
                    segment.bitrate_bps.and_then(|b| i64::try_from(b).ok()),
                    segment.video_codec,
                    segment.audio_codec,
                    words::reasons(&segment.reasons),
                ])
                .map_err(Error::sql(ADDING))?;
        }
        Ok(())
    }

    /// Keeps an account, in place of what was known of it.
    pub fn set_person(&mut self, person: &Person) -> Result<(), Error> {
        let doing = "keeping an account";
        let sql = "INSERT INTO person (user_id, username, friendly_name, thumb, fields) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (user_id) DO UPDATE SET username = excluded.username,
                     friendly_name = excluded.friendly_name, thumb = excluded.thumb, fields = excluded.fields";
        self.check_whole()?;
        self.execute(
            doing,
            sql,
            params![
                person.user_id,
                person.username,
                person.friendly_name,
                person.thumb,
                to_json(&person.fields, |_, _| true),
            ],
        )?;
        self.staged.people.push(person.clone());
        Ok(())
    }

    /// Keeps a library, in place of what was known of it.
    pub fn set_section(&mut self, server: &SourceId, section: &Section) -> Result<(), Error> {
        let doing = "keeping a library";
        let sql = "INSERT INTO library (server_id, section_id, name, kind, fields) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (server_id, section_id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
                     fields = excluded.fields";
        self.check_whole()?;
        let server_id = self.memory.server(self.conn, server)?;
        self.execute(
            doing,
            sql,
            params![
                server_id,
                section.section_id,
                section.name,
                section.kind,
                to_json(&section.fields, |_, _| true),
            ],
        )?;
        self.staged.sections.push((server.clone(), section.clone()));
        Ok(())
    }

    /// Keeps what is known of a server; absent values leave those kept before. `seen_ms` never goes back.
    pub fn set_server(
        &mut self,
        server: &SourceId,
        machine_id: Option<&str>,
        name: Option<&str>,
        seen_ms: Option<i64>,
    ) -> Result<(), Error> {
        let doing = "keeping a server";
        let sql = "UPDATE server SET machine_id = coalesce(?2, machine_id), name = coalesce(?3, name),
                     seen_ms = max(coalesce(?4, seen_ms), coalesce(seen_ms, ?4))
                   WHERE id = ?1";
        self.check_whole()?;
        let id = self.memory.server(self.conn, server)?;
        self.execute(doing, sql, params![id, machine_id, name, seen_ms])
    }

    /// Keeps a value under a name of its own.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let doing = "keeping a setting of the history";
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.check_whole()?;
        self.execute(doing, sql, params![key, value])
    }

    /// For a change of very many plays: leaves the roll-ups behind, until [`crate::History::rebuild_rollups`].
    pub fn defer_rollups(&mut self) {
        self.staged.defers_rollups = true;
        self.staged.plays.clear();
    }

    fn execute(
        &mut self,
        doing: &'static str,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<(), Error> {
        let done = self.conn.prepare_cached(sql).and_then(|mut s| s.execute(params));
        self.is_broken |= done.is_err();
        self.staged.touched = true;
        done.map(drop).map_err(Error::sql(doing))
    }

    /// After a failure `SQLite` may have ended the transaction: what came after it would be kept on its own.
    fn check_whole(&self) -> Result<(), Error> {
        if self.is_broken || self.conn.is_autocommit() {
            return Err(Error::TakenBack);
        }
        Ok(())
    }

    /// The last thing before the commit.
    pub(super) fn finish(mut self) -> Result<Staged, Error> {
        self.check_whole()?;
        if self.staged.defers_rollups {
            self.set_meta(super::meta::ROLLUPS, super::meta::STALE)?;
        } else if !self.staged.plays.is_empty() {
            rollup::update(
                self.conn,
                self.columns,
                &self.staged.plays,
                &self.settings.time_zone,
            )?;
        }
        Ok(Staged {
            last_id: self.last_id,
            ..self.staged
        })
    }
}

const INSERT: &str = "INSERT INTO play (id, group_id, server_id, origin, origin_key, origin_group, item_id, client_id,
      stream_id, section_id, user_id, user_word, ip_word, quality_word, location_word, started_ms, stopped_ms,
      paused_ms, buffering_ms, view_offset_ms, secure, relayed, bandwidth_kbps, bytes, duration, bitrate, width,
      height, video_bitrate, video_width, video_height, audio_bitrate, stream_bitrate, stream_video_bitrate,
      stream_video_width, stream_video_height, stream_audio_bitrate)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
      ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37)";

pub(super) fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}
