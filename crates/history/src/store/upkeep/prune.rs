//! Forgetting what is no longer wanted.

use std::sync::PoisonError;

use model::{RecordStream, Text};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::digest::{Digest, Shape, digest};
use super::super::fields::FIGURES;
use super::super::{Writer, meta, words};
use super::{file_bytes, prune_iptv};
use crate::Error;
use crate::columns::Columns;
use crate::rules::Marks;

/// What is kept, and for how long. By default everything, for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrunePolicy {
    /// The moment from which days are counted back, in seconds since 1970.
    pub now_s: i64,
    /// Plays, and runs and viewings of stream managers, that ended longer ago are forgotten.
    pub keep_days: Option<u32>,
    /// Plays that ended longer ago lose the details of their delivery and their quality changes. All numbers stay.
    pub details_days: Option<u32>,
    /// Makes the file as small as what is left. Needs as much room on the disk once more, and some seconds.
    pub compact: bool,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneReport {
    pub plays_removed: u64,
    pub plays_thinned: u64,
    /// Of stream managers.
    pub runs_removed: u64,
    pub viewings_removed: u64,
    pub file_bytes_before: u64,
    pub file_bytes_after: u64,
}

const DAY_MS: i64 = 86_400_000;

pub(super) const DOING: &str = "pruning the history";

/// When a play ended, ms: where no stop was told, its start. As the columns have it.
const ENDED_MS: &str = "CASE WHEN stopped_ms >= 1000 THEN stopped_ms ELSE started_ms END";

impl Writer {
    pub(crate) fn prune(&mut self, policy: PrunePolicy) -> Result<PruneReport, Error> {
        let path = self.path();
        let mut report = PruneReport {
            file_bytes_before: file_bytes(&path),
            ..PruneReport::default()
        };
        let cutoff_ms = |days: u32| policy.now_s.saturating_mul(1000) - i64::from(days) * DAY_MS;
        let tx = self.conn.transaction().map_err(Error::sql(DOING))?;
        let gone = match policy.keep_days {
            Some(days) => {
                let before_ms = cutoff_ms(days);
                (report.runs_removed, report.viewings_removed) = prune_iptv::remove(&tx, before_ms)?;
                remove(&tx, before_ms)?
            }
            None => Vec::new(),
        };
        if let Some(days) = policy.details_days {
            report.plays_thinned = thin(&tx, cutoff_ms(days))?;
        }
        report.plays_removed = gone.len() as u64;
        if !gone.is_empty() || report.plays_thinned > 0 {
            sweep(&tx)?;
        }
        if !gone.is_empty() {
            mark(&tx, self.last_id)?;
        }
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        tx.commit().map_err(Error::sql(DOING))?;
        columns.remove(&gone);
        drop(columns);
        // Their ids may be given again.
        self.forget();
        if !gone.is_empty() {
            self.rebuild_rollups()?;
        }
        if policy.compact {
            self.compact()?;
        }
        report.file_bytes_after = file_bytes(&path);
        Ok(report)
    }

    /// Removes the plays that `choose` names by their ids, ascending; returns how many.
    pub(crate) fn remove_chosen(&mut self, choose: impl FnOnce(&Columns) -> Vec<u32>) -> Result<u64, Error> {
        let gone = choose(&self.columns.read().unwrap_or_else(PoisonError::into_inner));
        if gone.is_empty() {
            return Ok(0);
        }
        let tx = self.conn.transaction().map_err(Error::sql(DOING))?;
        {
            let mut delete = tx
                .prepare("DELETE FROM play WHERE id = ?1")
                .map_err(Error::sql(DOING))?;
            for id in &gone {
                delete.execute([id]).map_err(Error::sql(DOING))?;
            }
        }
        sweep(&tx)?;
        mark(&tx, self.last_id)?;
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        tx.commit().map_err(Error::sql(DOING))?;
        columns.remove(&gone);
        drop(columns);
        self.forget();
        self.rebuild_rollups()?;
        Ok(gone.len() as u64)
    }

    fn compact(&mut self) -> Result<(), Error> {
        let doing = "making the history's file smaller";
        // The copy that this makes must not stand in memory.
        let sql = "PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY;";
        self.conn.execute_batch(sql).map_err(Error::sql(doing))?;
        self.fold().map_err(Error::sql(doing))
    }
}

/// Plays were removed: their ids are not given again, and the sums are made anew.
fn mark(conn: &Connection, last_id: u32) -> Result<(), Error> {
    for (key, value) in [
        (meta::LAST_ID, last_id.to_string().as_str()),
        (meta::ROLLUPS, meta::STALE),
    ] {
        conn.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
            [key, value],
        )
        .map_err(Error::sql(DOING))?;
    }
    Ok(())
}

/// The ids of the plays that were removed, ascending.
fn remove(conn: &Connection, before_ms: i64) -> Result<Vec<u32>, Error> {
    let sql = format!("DELETE FROM play WHERE {ENDED_MS} < ?1 RETURNING id");
    let mut statement = conn.prepare(&sql).map_err(Error::sql(DOING))?;
    let rows = statement.query_map([before_ms], |row| row.get(0));
    let mut gone: Vec<u32> = rows.and_then(Iterator::collect).map_err(Error::sql(DOING))?;
    gone.sort_unstable();
    Ok(gone)
}

/// Takes details from old plays: their streams become those of the same numbers without fields.
fn thin(conn: &Connection, before_ms: i64) -> Result<u64, Error> {
    let old = format!("{ENDED_MS} < ?1");
    conn.execute_batch("CREATE TEMP TABLE thinner (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
        .map_err(Error::sql(DOING))?;
    for stream in old_streams(conn, &old, before_ms)? {
        let new = stream.thinner(conn)?;
        conn.execute("INSERT INTO thinner (old, new) VALUES (?1, ?2)", [stream.id, new])
            .map_err(Error::sql(DOING))?;
    }
    let figures = FIGURES.join(", ");
    let cleared = FIGURES.map(|figure| format!("{figure} = NULL")).join(", ");
    let sql = format!(
        "UPDATE play SET stream_id = t.new, {cleared} FROM thinner t
         WHERE t.old = stream_id AND {old} AND (t.new <> t.old OR coalesce({figures}) IS NOT NULL)"
    );
    let thinned = conn.execute(&sql, [before_ms]).map_err(Error::sql(DOING))?;
    let sql = format!("DELETE FROM segment WHERE play_id IN (SELECT id FROM play WHERE {old})");
    conn.execute(&sql, [before_ms]).map_err(Error::sql(DOING))?;
    conn.execute_batch("DROP TABLE thinner")
        .map_err(Error::sql(DOING))?;
    Ok(thinned as u64)
}

struct OldStream {
    id: i64,
    decision: Option<Text>,
    source_resolution: Option<Text>,
    stream_resolution: Option<Text>,
    marks: u16,
}

fn old_streams(conn: &Connection, old: &str, before_ms: i64) -> Result<Vec<OldStream>, Error> {
    let sql = format!(
        "SELECT id, decision, source_resolution, stream_resolution, marks FROM stream
         WHERE id IN (SELECT stream_id FROM play WHERE {old})"
    );
    let mut statement = conn.prepare(&sql).map_err(Error::sql(DOING))?;
    let rows = statement.query_map([before_ms], |row| {
        Ok(OldStream {
            id: row.get(0)?,
            decision: row.get(1)?,
            source_resolution: row.get(2)?,
            stream_resolution: row.get(3)?,
            marks: row.get(4)?,
        })
    });
    rows.and_then(Iterator::collect).map_err(Error::sql(DOING))
}

impl OldStream {
    /// The stream that tells the columns the same and nothing more.
    fn thinner(&self, conn: &Connection) -> Result<i64, Error> {
        let stream = RecordStream {
            decision: self.decision.as_deref().and_then(words::to_decision),
            source_resolution: self.source_resolution.clone(),
            stream_resolution: self.stream_resolution.clone(),
            ..RecordStream::default()
        };
        let marks = Marks::from_bits(self.marks);
        let digest: Digest = digest(&Shape {
            stream: &stream,
            marks,
        });
        let found = conn
            .query_row("SELECT id FROM stream WHERE digest = ?1", [digest], |row| {
                row.get(0)
            })
            .optional()
            .map_err(Error::sql(DOING))?;
        if let Some(id) = found {
            return Ok(id);
        }
        let sql = "INSERT INTO stream (digest, decision, source_resolution, stream_resolution, marks, fields)
                   VALUES (?1, ?2, ?3, ?4, ?5, '{}')";
        let content = params![
            digest,
            self.decision,
            self.source_resolution,
            self.stream_resolution,
            self.marks
        ];
        conn.execute(sql, content).map_err(Error::sql(DOING))?;
        Ok(conn.last_insert_rowid())
    }
}

/// Removes what no play points to any more.
fn sweep(conn: &Connection) -> Result<(), Error> {
    conn.execute_batch(
        "DELETE FROM item WHERE id NOT IN (SELECT item_id FROM play);
         DELETE FROM client WHERE id NOT IN (SELECT client_id FROM play);
         DELETE FROM stream WHERE id NOT IN (SELECT stream_id FROM play);
         DELETE FROM word WHERE id NOT IN (
           SELECT user_word FROM play WHERE user_word IS NOT NULL
           UNION SELECT ip_word FROM play WHERE ip_word IS NOT NULL
           UNION SELECT quality_word FROM play WHERE quality_word IS NOT NULL
           UNION SELECT location_word FROM play WHERE location_word IS NOT NULL);",
    )
    .map_err(Error::sql(DOING))
}
