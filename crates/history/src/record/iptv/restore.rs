//! What an earlier process left of a stream manager.

use std::collections::HashMap;
use std::sync::Arc;

use model::iptv::{
    CarriedIptv, Channel, Feed, FeedRun, FeedSegment, FeedTotals, ProfileId, ProviderCounters, ViewCounters,
    Viewer, Viewing,
};
use model::{FeedKey, RunId, SourceId, Text, Timestamp, ViewingId};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};

use super::body;
use crate::Error;
use crate::store::{Txn, iptv as tables};

const READING: &str = "reading what a stream manager carried before";

/// What ran on a server when it was last written down, and its counters; absent if there never was any.
pub(in crate::record) fn carried(
    conn: &Connection,
    server_id: i64,
    source: &SourceId,
) -> Result<Option<CarriedIptv>, Error> {
    let mut viewings = open_viewings(conn, server_id, source)?;
    let mut runs = Vec::new();
    for (row_id, mut run) in open_runs(conn, server_id, source)? {
        run.segments = Arc::new(segments(conn, row_id)?);
        run.viewings = viewings.remove(&run.id).unwrap_or_default();
        let viewers = run.viewings.iter().map(|v| v.viewer.clone()).collect();
        Arc::make_mut(&mut run.feed).viewers = Arc::new(viewers);
        runs.push(run);
    }
    let carried = CarriedIptv {
        runs,
        providers: all(conn, PROVIDERS, server_id, |row| {
            let sums = ProviderCounters {
                connection_ms: whole(row, 1)?,
                received_bytes: whole(row, 2)?,
                failovers: whole(row, 3)?,
                buffering_ms: whole(row, 4)?,
                errors: whole(row, 5)?,
            };
            Ok((ProfileId(row.get(0)?), sums))
        })?
        .into_iter()
        .collect(),
        views: all(conn, VIEWS, server_id, |row| {
            let sums = ViewCounters {
                views: whole(row, 1)?,
                viewed_ms: whole(row, 2)?,
            };
            Ok((row.get::<_, String>(0)?, sums))
        })?
        .into_iter()
        .filter_map(|(labels, sums)| Some((body::labels_from_json(&labels)?, sums)))
        .collect(),
    };
    let is_any = !carried.runs.is_empty() || !carried.providers.is_empty() || !carried.views.is_empty();
    Ok(is_any.then_some(carried))
}

/// Whether something is open that nobody will go on with: on a server that is watched no longer, or a viewing without
/// its run.
pub(in crate::record) fn has_left(conn: &Connection, unwatched: &[SourceId]) -> Result<bool, Error> {
    Ok(!left(conn, unwatched, RUNS_LEFT, false)?.is_empty()
        || !left(conn, unwatched, VIEWINGS_LEFT, true)?.is_empty())
}

/// Closes all that where it was last seen.
pub(in crate::record) fn close_left(txn: &Txn<'_>, unwatched: &[SourceId]) -> Result<(), Error> {
    let close = |sql: &str, left: Vec<Left>| -> Result<(), Error> {
        let mut close = txn.conn.prepare_cached(sql).map_err(Error::sql(READING))?;
        for (row_id, started_ms, seen_ms) in left {
            let span = tables::span(started_ms, seen_ms);
            close.execute([row_id, span]).map_err(Error::sql(READING))?;
        }
        Ok(())
    };
    let runs = left(txn.conn, unwatched, RUNS_LEFT, false)?;
    let ids: Vec<i64> = runs.iter().map(|(row_id, ..)| *row_id).collect();
    close(
        "UPDATE feed_run SET stopped_ms = seen_ms, span = ?2 WHERE id = ?1",
        runs,
    )?;
    let mut forget = txn
        .conn
        .prepare_cached("DELETE FROM open_feed WHERE run_id = ?1")
        .map_err(Error::sql(READING))?;
    for id in ids {
        forget.execute([id]).map_err(Error::sql(READING))?;
    }
    let viewings = left(txn.conn, unwatched, VIEWINGS_LEFT, true)?;
    close(
        "UPDATE viewing SET stopped_ms = seen_ms, span = ?2 WHERE id = ?1",
        viewings,
    )
}

/// Row, start and last sight.
type Left = (i64, i64, i64);

/// `alone`: also those without their run.
fn left(conn: &Connection, unwatched: &[SourceId], sql: &str, alone: bool) -> Result<Vec<Left>, Error> {
    let mut find = conn.prepare_cached(sql).map_err(Error::sql(READING))?;
    let rows = find.query_map([], |row| {
        let source: Text = row.get(0)?;
        let is_alone = alone && row.get::<_, bool>(4)?;
        Ok((source, is_alone, (row.get(1)?, row.get(2)?, row.get(3)?)))
    });
    let rows: Vec<_> = rows.and_then(Iterator::collect).map_err(Error::sql(READING))?;
    let is_left = |source: &str| unwatched.iter().any(|id| id.as_str() == source);
    let rows = rows.into_iter();
    let left = rows.filter(|(source, is_alone, _)| *is_alone || is_left(source));
    Ok(left.map(|(_, _, left)| left).collect())
}

fn open_runs(conn: &Connection, server_id: i64, source: &SourceId) -> Result<Vec<(i64, FeedRun)>, Error> {
    let mut texts = Texts::new(conn)?;
    let mut runs = Vec::new();
    for raw in all(conn, RUNS, server_id, raw_run)? {
        let (Some(id), Some(key)) = (texts.get(raw.run_text)?, texts.get(raw.feed_text)?) else {
            continue;
        };
        let Some(kind) = tables::to_kind(raw.kind) else {
            continue;
        };
        let channel = channel(conn, raw.channel_id)?;
        let feed = body::feed_from_json(FeedKey::new(key), kind, channel, Vec::new(), &raw.body);
        let run = FeedRun {
            id: RunId::new(id),
            source: source.clone(),
            started_at: raw.started_at,
            ended_at: None,
            seen_at: raw.seen_at,
            feed: Arc::new(Feed {
                uptime_ms: raw.told.0,
                received_bytes: raw.told.1,
                sent_bytes: raw.told.2,
                ..feed
            }),
            totals: raw.totals,
            segments: Arc::default(),
            viewings: Vec::new(),
        };
        runs.push((raw.row_id, run));
    }
    Ok(runs)
}

struct RawRun {
    row_id: i64,
    run_text: i64,
    feed_text: i64,
    kind: i64,
    channel_id: i64,
    started_at: Timestamp,
    seen_at: Timestamp,
    totals: FeedTotals,
    /// Uptime, bytes received and sent.
    told: (Option<u64>, Option<u64>, Option<u64>),
    body: String,
}

fn raw_run(row: &Row<'_>) -> rusqlite::Result<RawRun> {
    Ok(RawRun {
        row_id: row.get(0)?,
        run_text: row.get(1)?,
        feed_text: row.get(2)?,
        kind: row.get(3)?,
        channel_id: row.get(4)?,
        started_at: moment(row.get(5)?),
        seen_at: moment(row.get(6)?),
        totals: totals(row, 7)?,
        told: (some_whole(row, 16)?, some_whole(row, 17)?, some_whole(row, 18)?),
        body: row.get::<_, Option<String>>(19)?.unwrap_or_default(),
    })
}

/// Nine columns from `at` on, in the order of the table.
pub(crate) fn totals(row: &Row<'_>, at: usize) -> rusqlite::Result<FeedTotals> {
    Ok(FeedTotals {
        active_ms: whole(row, at)?,
        buffering_ms: whole(row, at + 1)?,
        error_ms: whole(row, at + 2)?,
        viewer_ms: whole(row, at + 3)?,
        peak_viewers: row.get(at + 4)?,
        failovers: row.get(at + 5)?,
        errors: row.get(at + 6)?,
        received_bytes: some_whole(row, at + 7)?,
        sent_bytes: some_whole(row, at + 8)?,
    })
}

fn segments(conn: &Connection, run: i64) -> Result<Vec<FeedSegment>, Error> {
    let mut texts = Texts::new(conn)?;
    let mut segments = Vec::new();
    let rows = all(conn, SEGMENTS, run, |row| {
        let segment = FeedSegment {
            started_at: moment(row.get(0)?),
            stream_id: row.get(1)?,
            stream_name: None,
            stream_index: row.get(3)?,
            profile: row.get::<_, Option<i64>>(4)?.map(ProfileId),
            profile_name: None,
            account: None,
            max_connections: row.get(7)?,
            buffering_ms: whole(row, 8)?,
            error_ms: whole(row, 9)?,
            received_bytes: whole(row, 10)?,
        };
        Ok((segment, row.get(2)?, row.get(5)?, row.get(6)?))
    })?;
    for (segment, stream, profile, account) in rows {
        segments.push(FeedSegment {
            stream_name: texts.some(stream)?,
            profile_name: texts.some(profile)?,
            account: texts.some(account)?,
            ..segment
        });
    }
    Ok(segments)
}

/// By run; within one by start, then by client.
fn open_viewings(
    conn: &Connection,
    server_id: i64,
    source: &SourceId,
) -> Result<HashMap<RunId, Vec<Arc<Viewing>>>, Error> {
    let mut texts = Texts::new(conn)?;
    let mut by_run: HashMap<_, Vec<_>> = HashMap::new();
    let rows = all(conn, VIEWINGS, server_id, |row| {
        let viewing = Viewing {
            id: ViewingId::new(row.get::<_, Text>(0)?),
            source: source.clone(),
            run: RunId::new(""),
            feed: FeedKey::new(""),
            kind: model::iptv::FeedKind::Live,
            channel: Arc::default(),
            profile: row.get::<_, Option<i64>>(5)?.map(ProfileId),
            account: None,
            started_at: moment(row.get(13)?),
            ended_at: None,
            seen_at: moment(row.get(14)?),
            viewer: Viewer {
                client_id: row.get(7)?,
                user_id: row.get(8)?,
                user: None,
                address: None,
                user_agent: None,
                worker_id: None,
                connected_at: row.get::<_, Option<i64>>(12)?.map(moment),
                sent_bytes: some_whole(row, 16)?,
                mean_bps: None,
                now_bps: None,
            },
            sent_bytes: some_whole(row, 15)?,
        };
        let ids: [Option<i64>; 8] = [
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(6)?,
            row.get(9)?,
            row.get(10)?,
            row.get(11)?,
        ];
        Ok((viewing, ids))
    })?;
    for (mut viewing, [run, feed, kind, channel_id, account, user, address, agent]) in rows {
        let (Some(run), Some(feed), Some(kind)) = (
            texts.some(run)?,
            texts.some(feed)?,
            kind.and_then(tables::to_kind),
        ) else {
            continue;
        };
        viewing.run = RunId::new(run);
        viewing.feed = FeedKey::new(feed);
        viewing.kind = kind;
        viewing.channel = channel(conn, channel_id.unwrap_or_default())?;
        viewing.account = texts.some(account)?;
        viewing.viewer.user = texts.some(user)?;
        viewing.viewer.address = texts.some(address)?;
        viewing.viewer.user_agent = texts.some(agent)?;
        by_run
            .entry(viewing.run.clone())
            .or_default()
            .push(Arc::new(viewing));
    }
    for viewings in by_run.values_mut() {
        viewings
            .sort_by(|a, b| (a.started_at, &a.viewer.client_id).cmp(&(b.started_at, &b.viewer.client_id)));
    }
    Ok(by_run)
}

fn channel(conn: &Connection, id: i64) -> Result<Arc<Channel>, Error> {
    let mut find = conn
        .prepare_cached("SELECT body FROM iptv_channel WHERE id = ?1")
        .map_err(Error::sql(READING))?;
    let body: Option<String> = find
        .query_row([id], |row| row.get(0))
        .optional()
        .map_err(Error::sql(READING))?;
    Ok(Arc::new(body::channel_from_json(&body.unwrap_or_default())))
}

struct Texts<'a>(CachedStatement<'a>);

impl<'a> Texts<'a> {
    fn new(conn: &'a Connection) -> Result<Self, Error> {
        let find = conn.prepare_cached("SELECT text FROM iptv_text WHERE id = ?1");
        find.map(Self).map_err(Error::sql(READING))
    }

    fn get(&mut self, id: i64) -> Result<Option<Text>, Error> {
        let text = self.0.query_row(params![id], |row| row.get(0)).optional();
        text.map_err(Error::sql(READING))
    }

    fn some(&mut self, id: Option<i64>) -> Result<Option<Text>, Error> {
        id.map_or(Ok(None), |id| self.get(id))
    }
}

fn all<T>(
    conn: &Connection,
    sql: &str,
    key: i64,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Error> {
    let mut find = conn.prepare_cached(sql).map_err(Error::sql(READING))?;
    let rows = find.query_map([key], read);
    rows.and_then(Iterator::collect).map_err(Error::sql(READING))
}

/// Only this program writes these columns, and never below 0.
fn whole(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
}

fn some_whole(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(at)?.and_then(|n| u64::try_from(n).ok()))
}

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

const RUNS: &str =
    "SELECT id, run_text, feed_text, kind, channel_id, started_ms, seen_ms, active_ms, buffering_ms,
      error_ms, viewer_ms, peak_viewers, failovers, errors, received_bytes, sent_bytes, told_uptime_ms,
      told_received_bytes, told_sent_bytes, body
    FROM feed_run LEFT JOIN open_feed ON run_id = id
    WHERE span = -1 AND server_id = ?1 ORDER BY started_ms, id";

const SEGMENTS: &str =
    "SELECT started_ms, stream_id, stream_text, stream_index, profile, profile_text, account_text,
      max_connections, buffering_ms, error_ms, received_bytes
    FROM feed_segment WHERE run_id = ?1 ORDER BY n";

const VIEWINGS: &str =
    "SELECT viewing_key, run_text, feed_text, kind, channel_id, profile, account_text, client, user_id,
      user_text, address_text, agent_text, connected_ms, started_ms, seen_ms, sent_bytes, told_sent_bytes
    FROM viewing WHERE span = -1 AND server_id = ?1";

const RUNS_LEFT: &str = "SELECT source, feed_run.id, started_ms, feed_run.seen_ms
    FROM feed_run JOIN server ON server.id = server_id WHERE span = -1";

const VIEWINGS_LEFT: &str = "SELECT source, v.id, v.started_ms, v.seen_ms, NOT EXISTS (
        SELECT 1 FROM feed_run r WHERE r.server_id = v.server_id AND r.run_text = v.run_text AND r.span = -1)
    FROM viewing v JOIN server ON server.id = v.server_id WHERE v.span = -1";

const PROVIDERS: &str = "SELECT profile, connection_ms, received_bytes, failovers, buffering_ms, errors
    FROM iptv_provider_counter WHERE server_id = ?1";

const VIEWS: &str = "SELECT labels, views, viewed_ms FROM iptv_view_counter WHERE server_id = ?1";
