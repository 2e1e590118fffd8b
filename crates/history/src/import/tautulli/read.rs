//! Tautulli's three tables, side by side in the order of their ids, as records.

use std::path::PathBuf;

use model::{Origin, Record, RecordKind, SourceId};
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::{Connection, Row, Rows};

use super::build::{self, Builder, cell, history, metadata};
use super::cell as value;
use super::file::sql;
use super::groups::Groups;
use super::layout::Layout;
use super::{Refusal, Why};
use crate::Error;

/// Rows on their way to the writer.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) records: Vec<Record>,
    pub(super) refused: Vec<Refusal>,
    /// Rows looked at.
    pub(super) rows: u64,
    /// Id and start of the last row looked at, for the place to go on from.
    pub(super) last: Option<(i64, i64)>,
    pub(super) first: Option<(i64, i64)>,
}

/// What the reader needs to know.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) path: PathBuf,
    pub(super) server: SourceId,
    pub(super) layout: Layout,
    /// Rows up to this id are left out.
    pub(super) after: i64,
    pub(super) chunk_rows: usize,
    /// Where the database keeps no groups of its own.
    pub(super) groups: Option<Groups>,
}

/// Reads everything, handing it on in chunks; `send` says whether anybody still wants more.
pub(super) fn read(
    conn: &Connection,
    mut plan: Plan,
    mut send: impl FnMut(Chunk) -> bool,
) -> Result<(), Error> {
    let path = plan.path.clone();
    let failed = |e| sql(&path, e);
    let layout = plan.layout.clone();
    let mut statements = Vec::new();
    for table in [&layout.history, &layout.metadata, &layout.media] {
        statements.push(conn.prepare(&table.select).map_err(failed)?);
    }
    let [plays, metas, medias] = statements.as_mut_slice() else {
        return Ok(());
    };
    let mut plays = plays.query([plan.after]).map_err(failed)?;
    let mut metas = Beside::new(metas.query([plan.after]).map_err(failed)?);
    let mut medias = Beside::new(medias.query([plan.after]).map_err(failed)?);
    let mut builder = Builder::new(&layout);
    let mut chunk = Chunk::default();
    while let Some(row) = plays.next().map_err(failed)? {
        let id = value::int(cell(row, history("id"))).unwrap_or(0);
        let meta = metas.at(id).map_err(failed)?;
        let media = medias.at(id).map_err(failed)?;
        chunk.rows += 1;
        let place = (id, value::int(cell(row, history("started"))).unwrap_or(0));
        chunk.first.get_or_insert(place);
        chunk.last = Some(place);
        match record(row, meta, media, id, &mut plan, &mut builder) {
            Ok(record) => chunk.records.push(record),
            Err(why) => chunk.refused.push(Refusal { id, why }),
        }
        if chunk.records.len() + chunk.refused.len() >= plan.chunk_rows && !send(std::mem::take(&mut chunk)) {
            return Ok(());
        }
    }
    if chunk.rows > 0 {
        send(chunk);
    }
    Ok(())
}

/// A table read along with another.
struct Beside<'s> {
    rows: Rows<'s>,
    /// Id of the row it stands at.
    at: Option<i64>,
}

impl<'s> Beside<'s> {
    fn new(rows: Rows<'s>) -> Self {
        Self {
            rows,
            at: Some(i64::MIN),
        }
    }

    /// The row with this id, if there is one. Ids asked for must ascend.
    fn at(&mut self, id: i64) -> rusqlite::Result<Option<&Row<'s>>> {
        while self.at.is_some_and(|at| at < id) {
            self.rows.advance()?;
            self.at = self.rows.get().and_then(|row| value::int(cell(row, 0)));
        }
        Ok(if self.at == Some(id) {
            self.rows.get()
        } else {
            None
        })
    }
}

fn record(
    row: &Row<'_>,
    meta: Option<&Row<'_>>,
    media: Option<&Row<'_>>,
    id: i64,
    plan: &mut Plan,
    builder: &mut Builder,
) -> Result<Record, Why> {
    let int = |name| value::int(cell(row, name));
    if u32::try_from(id).is_err() || id == 0 {
        return Err(Why::Id);
    }
    let started_s = int(history("started")).filter(|s| *s > 0).ok_or(Why::Start)?;
    u32::try_from(started_s).map_err(|_| Why::LateStart)?;
    let meta = meta.ok_or(Why::Metadata)?;
    let media = media.ok_or(Why::MediaInfo)?;
    let kind = kind(row, meta)?;
    let stopped_s = int(history("stopped")).filter(|s| *s > 0);
    let item = builder.item(row, meta, &plan.layout.metadata, kind);
    let client = builder.client(row);
    let stream = builder.stream(media, meta, &plan.layout.media);
    let mut word = |name| value::word(cell(row, name), &mut builder.words);
    let section = [metadata("section_id"), metadata("library_id")];
    let mut record = Record {
        server: plan.server.clone(),
        origin: Origin::Tautulli,
        origin_key: id.to_string().into(),
        wanted_id: None,
        started_ms: started_s * 1000,
        stopped_ms: stopped_s.map(ms),
        paused_ms: int(history("paused_counter")).map(ms),
        buffering_ms: None,
        view_offset_ms: int(history("view_offset")),
        user_id: int(history("user_id")),
        user: word(history("user")),
        ip_address: word(history("ip_address")),
        section_id: int(history("section_id"))
            .or_else(|| section.into_iter().find_map(|at| value::int(cell(meta, at)))),
        item,
        client,
        stream,
        location: word(history("location")),
        secure: value::flag(cell(row, history("secure"))),
        relayed: value::flag(cell(row, history("relayed"))),
        bandwidth_kbps: int(history("bandwidth")),
        quality_profile: word(history("quality_profile")),
        bytes: None,
        segments: Vec::new(),
    };
    let group = match &mut plan.groups {
        Some(groups) => groups.of(id, &record),
        // Tautulli's ids only grow, so a group can only begin with an earlier row.
        None => int(history("reference_id"))
            .filter(|group| (1..=id).contains(group))
            .unwrap_or(id),
    };
    record.wanted_id = Some((id, group));
    Ok(record)
}

fn ms(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}

fn kind(row: &Row<'_>, meta: &Row<'_>) -> Result<RecordKind, Why> {
    let told = value::text(cell(row, history("media_type")))
        .or_else(|| value::text(cell(meta, build::metadata("media_type"))));
    match told.as_deref().map(str::trim) {
        Some("movie") => Ok(RecordKind::Movie),
        Some("episode") => Ok(RecordKind::Episode),
        Some("track") => Ok(RecordKind::Track),
        other => Err(Why::Kind(other.unwrap_or_default().chars().take(40).collect())),
    }
}
