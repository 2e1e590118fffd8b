//! Runs, viewings and counters into their tables.

use std::collections::HashMap;

use model::iptv::{Channel, FeedRun, ProfileId, ProviderCounters, ViewCounters, ViewKey, Viewing};
use model::{Text, Timestamp};
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::policy::Policy;
use super::super::rows::ServerIds;
use super::body;
use super::book::{RunNews, Save};
use crate::Error;
use crate::store::{Txn, iptv as tables};

const SAVING: &str = "writing down what a stream manager carries";

/// Bytes of a digest that are kept.
const DIGEST: usize = 16;

/// Writes everything of `save` but the viewings that policy leaves out.
pub(in crate::record) fn save(
    txn: &mut Txn<'_>,
    save: &Save,
    policy: &Policy,
    ids: &mut ServerIds,
) -> Result<(), Error> {
    let is_left_out = |viewing: &Viewing| policy.ignores_viewer(viewing.viewer.user.as_deref());
    let mut texts = HashMap::new();
    for news in &save.runs {
        let server_id = ids.of(txn, &news.run.source)?;
        let mut row = Rows::new(txn.conn, server_id, &mut texts);
        if news.whole {
            row.run(&news.run, None, news.segments_from)?;
        } else {
            row.run_goes_on(news)?;
        }
    }
    for news in &save.viewings {
        let server_id = ids.of(txn, &news.viewing.source)?;
        let mut row = Rows::new(txn.conn, server_id, &mut texts);
        if is_left_out(&news.viewing) {
            row.drop_viewing(&news.viewing)?;
        } else if news.whole {
            row.viewing(&news.viewing, None)?;
        } else {
            row.viewing_goes_on(&news.viewing)?;
        }
    }
    for run in &save.closed_runs {
        let server_id = ids.of(txn, &run.source)?;
        let stopped_at = run.ended_at.unwrap_or(run.seen_at);
        Rows::new(txn.conn, server_id, &mut texts).run(run, Some(stopped_at), 0)?;
    }
    for viewing in &save.closed_viewings {
        let server_id = ids.of(txn, &viewing.source)?;
        let stopped_at = viewing.ended_at.unwrap_or(viewing.seen_at);
        let mut row = Rows::new(txn.conn, server_id, &mut texts);
        if is_left_out(viewing) {
            row.drop_viewing(viewing)?;
        } else {
            row.viewing(viewing, Some(stopped_at))?;
        }
    }
    for (source, profile, sums) in &save.providers {
        let server_id = ids.of(txn, source)?;
        count_provider(txn.conn, server_id, *profile, sums)?;
    }
    for (source, key, sums) in &save.views {
        let server_id = ids.of(txn, source)?;
        count_views(txn.conn, server_id, key, sums)?;
    }
    Ok(())
}

/// Writes rows of one server.
struct Rows<'a> {
    conn: &'a Connection,
    server_id: i64,
    /// Ids of the texts of this save.
    texts: &'a mut HashMap<Text, i64>,
}

impl<'a> Rows<'a> {
    fn new(conn: &'a Connection, server_id: i64, texts: &'a mut HashMap<Text, i64>) -> Self {
        Self {
            conn,
            server_id,
            texts,
        }
    }

    /// The whole run. What was seen later stays.
    fn run(
        &mut self,
        run: &FeedRun,
        stopped_at: Option<Timestamp>,
        segments_from: usize,
    ) -> Result<(), Error> {
        let (feed, t) = (&run.feed, &run.totals);
        let run_text = self.text(run.id.as_str())?;
        let feed_text = self.text(feed.key.as_str())?;
        let channel_id = self.channel(&feed.channel)?;
        let moments = Moments::new(run.started_at, run.seen_at, stopped_at);
        let mut insert = self.conn.prepare_cached(RUN).map_err(Error::sql(SAVING))?;
        let values = params![
            self.server_id,
            run_text,
            feed_text,
            tables::kind(feed.kind),
            channel_id,
            moments.started_ms,
            moments.stopped_ms,
            moments.seen_ms,
            moments.span,
            int(t.active_ms),
            int(t.buffering_ms),
            int(t.error_ms),
            int(t.viewer_ms),
            t.peak_viewers,
            t.failovers,
            t.errors,
            t.received_bytes.map(int),
            t.sent_bytes.map(int),
            feed.uptime_ms.map(int),
            feed.received_bytes.map(int),
            feed.sent_bytes.map(int),
        ];
        let row_id: Option<i64> = insert
            .query_row(values, |row| row.get(0))
            .optional()
            .map_err(Error::sql(SAVING))?;
        let Some(row_id) = row_id else { return Ok(()) };
        if stopped_at.is_some() {
            self.execute("DELETE FROM open_feed WHERE run_id = ?1", [row_id])?;
        } else {
            self.execute(
                "INSERT OR REPLACE INTO open_feed (run_id, body) VALUES (?1, ?2)",
                params![row_id, body::feed_to_json(feed)],
            )?;
        }
        let segments = i64::try_from(run.segments.len()).unwrap_or(i64::MAX);
        self.execute(
            "DELETE FROM feed_segment WHERE run_id = ?1 AND n >= ?2",
            [row_id, segments],
        )?;
        self.segments(run, row_id, segments_from)
    }

    /// Progress alone: nothing that would be looked up by.
    fn run_goes_on(&mut self, news: &RunNews) -> Result<(), Error> {
        let (run, feed, t) = (&news.run, &news.run.feed, &news.run.totals);
        let run_text = self.text(run.id.as_str())?;
        let mut update = self
            .conn
            .prepare_cached(RUN_GOES_ON)
            .map_err(Error::sql(SAVING))?;
        let values = params![
            self.server_id,
            run_text,
            run.seen_at.as_millisecond(),
            int(t.active_ms),
            int(t.buffering_ms),
            int(t.error_ms),
            int(t.viewer_ms),
            t.peak_viewers,
            t.failovers,
            t.errors,
            t.received_bytes.map(int),
            t.sent_bytes.map(int),
            feed.uptime_ms.map(int),
            feed.received_bytes.map(int),
            feed.sent_bytes.map(int),
        ];
        let row_id: Option<i64> = update
            .query_row(values, |row| row.get(0))
            .optional()
            .map_err(Error::sql(SAVING))?;
        match row_id {
            Some(row_id) => self.segments(run, row_id, news.segments_from),
            None => Ok(()),
        }
    }

    fn segments(&mut self, run: &FeedRun, row_id: i64, from: usize) -> Result<(), Error> {
        for (n, s) in run.segments.iter().enumerate().skip(from) {
            let stream_text = self.some_text(s.stream_name.as_deref())?;
            let profile_text = self.some_text(s.profile_name.as_deref())?;
            let account_text = self.some_text(s.account.as_deref())?;
            let values = params![
                row_id,
                i64::try_from(n).unwrap_or(i64::MAX),
                s.started_at.as_millisecond(),
                s.stream_id,
                stream_text,
                s.stream_index,
                s.profile.map(|p| p.0),
                profile_text,
                account_text,
                s.max_connections,
                int(s.buffering_ms),
                int(s.error_ms),
                int(s.received_bytes),
            ];
            self.execute(SEGMENT, values)?;
        }
        Ok(())
    }

    /// The whole viewing. What was seen later stays.
    fn viewing(&mut self, viewing: &Viewing, stopped_at: Option<Timestamp>) -> Result<(), Error> {
        let viewer = &viewing.viewer;
        let moments = Moments::new(viewing.started_at, viewing.seen_at, stopped_at);
        let run_text = self.text(viewing.run.as_str())?;
        let feed_text = self.text(viewing.feed.as_str())?;
        let account_text = self.some_text(viewing.account.as_deref())?;
        let user_text = self.some_text(viewer.user.as_deref())?;
        let address_text = self.some_text(viewer.address.as_deref())?;
        let agent_text = self.some_text(viewer.user_agent.as_deref())?;
        let values = params![
            self.server_id,
            viewing.id.as_str(),
            run_text,
            feed_text,
            tables::kind(viewing.kind),
            self.channel(&viewing.channel)?,
            viewing.profile.map(|p| p.0),
            account_text,
            viewer.client_id,
            viewer.user_id,
            user_text,
            address_text,
            agent_text,
            viewer.connected_at.map(Timestamp::as_millisecond),
            moments.started_ms,
            moments.stopped_ms,
            moments.seen_ms,
            moments.span,
            viewing.sent_bytes.map(int),
            viewer.sent_bytes.map(int),
        ];
        self.execute(VIEWING, values)
    }

    /// It may be there, from before its user was known or left out.
    fn drop_viewing(&self, viewing: &Viewing) -> Result<(), Error> {
        self.execute(
            "DELETE FROM viewing WHERE server_id = ?1 AND viewing_key = ?2",
            params![self.server_id, viewing.id.as_str()],
        )
    }

    fn viewing_goes_on(&self, viewing: &Viewing) -> Result<(), Error> {
        let values = params![
            self.server_id,
            viewing.id.as_str(),
            viewing.seen_at.as_millisecond(),
            viewing.sent_bytes.map(int),
            viewing.viewer.sent_bytes.map(int),
        ];
        self.execute(VIEWING_GOES_ON, values)
    }

    fn some_text(&mut self, text: Option<&str>) -> Result<Option<i64>, Error> {
        text.map(|text| self.text(text)).transpose()
    }

    fn text(&mut self, text: &str) -> Result<i64, Error> {
        if let Some(id) = self.texts.get(text) {
            return Ok(*id);
        }
        let find = "SELECT id FROM iptv_text WHERE text = ?1";
        let id = match self.find(find, [text])? {
            Some(id) => id,
            None => self.add("INSERT INTO iptv_text (text) VALUES (?1)", [text])?,
        };
        self.texts.insert(text.into(), id);
        Ok(id)
    }

    fn channel(&self, channel: &Channel) -> Result<i64, Error> {
        let body = body::channel_to_json(channel);
        let digest = digest(&SHA256, body.as_bytes());
        let digest = &digest.as_ref()[..DIGEST];
        let find = "SELECT id FROM iptv_channel WHERE digest = ?1";
        match self.find(find, [digest])? {
            Some(id) => Ok(id),
            None => self.add(
                "INSERT INTO iptv_channel (digest, body) VALUES (?1, ?2)",
                params![digest, body],
            ),
        }
    }

    fn find(&self, sql: &str, values: impl rusqlite::Params) -> Result<Option<i64>, Error> {
        let mut find = self.conn.prepare_cached(sql).map_err(Error::sql(SAVING))?;
        let found = find.query_row(values, |row| row.get(0)).optional();
        found.map_err(Error::sql(SAVING))
    }

    fn add(&self, sql: &str, values: impl rusqlite::Params) -> Result<i64, Error> {
        self.execute(sql, values)?;
        Ok(self.conn.last_insert_rowid())
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), Error> {
        execute(self.conn, sql, values)
    }
}

/// As they stand in a row.
struct Moments {
    started_ms: i64,
    stopped_ms: Option<i64>,
    seen_ms: i64,
    span: i64,
}

impl Moments {
    /// What ended before it began, by clocks that were set, had no length.
    fn new(started_at: Timestamp, seen_at: Timestamp, stopped_at: Option<Timestamp>) -> Self {
        let started_ms = started_at.as_millisecond();
        let not_before = |at: Timestamp| at.as_millisecond().max(started_ms);
        let stopped_ms = stopped_at.map(not_before);
        Self {
            started_ms,
            stopped_ms,
            seen_ms: stopped_ms.unwrap_or_else(|| not_before(seen_at)),
            span: stopped_ms.map_or(tables::OPEN, |stopped_ms| tables::span(started_ms, stopped_ms)),
        }
    }
}

fn count_provider(
    conn: &Connection,
    server_id: i64,
    profile: ProfileId,
    sums: &ProviderCounters,
) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO iptv_provider_counter
                 (server_id, profile, connection_ms, received_bytes, failovers, buffering_ms, errors)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        server_id,
        profile.0,
        int(sums.connection_ms),
        int(sums.received_bytes),
        int(sums.failovers),
        int(sums.buffering_ms),
        int(sums.errors),
    ];
    execute(conn, sql, values)
}

fn count_views(conn: &Connection, server_id: i64, key: &ViewKey, sums: &ViewCounters) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO iptv_view_counter (server_id, labels, views, viewed_ms)
               VALUES (?1, ?2, ?3, ?4)";
    let labels = body::labels_to_json(key);
    execute(
        conn,
        sql,
        params![server_id, labels, int(sums.views), int(sums.viewed_ms)],
    )
}

fn execute(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(sql).map_err(Error::sql(SAVING))?;
    statement.execute(values).map_err(Error::sql(SAVING))?;
    Ok(())
}

fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

const RUN: &str = "INSERT INTO feed_run (server_id, run_text, feed_text, kind, channel_id, started_ms, stopped_ms,
      seen_ms, span, active_ms, buffering_ms, error_ms, viewer_ms, peak_viewers, failovers, errors, received_bytes,
      sent_bytes, told_uptime_ms, told_received_bytes, told_sent_bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
    ON CONFLICT (server_id, run_text) DO UPDATE SET feed_text = excluded.feed_text, kind = excluded.kind,
      channel_id = excluded.channel_id, started_ms = excluded.started_ms, stopped_ms = excluded.stopped_ms,
      seen_ms = excluded.seen_ms, span = excluded.span, active_ms = excluded.active_ms,
      buffering_ms = excluded.buffering_ms, error_ms = excluded.error_ms, viewer_ms = excluded.viewer_ms,
      peak_viewers = excluded.peak_viewers, failovers = excluded.failovers, errors = excluded.errors,
      received_bytes = excluded.received_bytes, sent_bytes = excluded.sent_bytes,
      told_uptime_ms = excluded.told_uptime_ms, told_received_bytes = excluded.told_received_bytes,
      told_sent_bytes = excluded.told_sent_bytes
    WHERE feed_run.stopped_ms IS NULL OR excluded.seen_ms > feed_run.seen_ms
    RETURNING id";

const RUN_GOES_ON: &str =
    "UPDATE feed_run SET seen_ms = max(?3, started_ms), active_ms = ?4, buffering_ms = ?5,
      error_ms = ?6, viewer_ms = ?7, peak_viewers = ?8, failovers = ?9, errors = ?10, received_bytes = ?11,
      sent_bytes = ?12, told_uptime_ms = ?13, told_received_bytes = ?14, told_sent_bytes = ?15
    WHERE server_id = ?1 AND run_text = ?2 AND stopped_ms IS NULL
    RETURNING id";

const SEGMENT: &str =
    "INSERT OR REPLACE INTO feed_segment (run_id, n, started_ms, stream_id, stream_text, stream_index,
      profile, profile_text, account_text, max_connections, buffering_ms, error_ms, received_bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

const VIEWING: &str = "INSERT INTO viewing (server_id, viewing_key, run_text, feed_text, kind, channel_id, profile,
      account_text, client, user_id, user_text, address_text, agent_text, connected_ms, started_ms, stopped_ms, seen_ms,
      span, sent_bytes, told_sent_bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
    ON CONFLICT (server_id, viewing_key) DO UPDATE SET run_text = excluded.run_text, feed_text = excluded.feed_text,
      kind = excluded.kind, channel_id = excluded.channel_id, profile = excluded.profile,
      account_text = excluded.account_text, client = excluded.client, user_id = excluded.user_id,
      user_text = excluded.user_text, address_text = excluded.address_text, agent_text = excluded.agent_text,
      connected_ms = excluded.connected_ms, started_ms = excluded.started_ms, stopped_ms = excluded.stopped_ms,
      seen_ms = excluded.seen_ms, span = excluded.span, sent_bytes = excluded.sent_bytes,
      told_sent_bytes = excluded.told_sent_bytes
    WHERE viewing.stopped_ms IS NULL OR excluded.seen_ms > viewing.seen_ms";

const VIEWING_GOES_ON: &str =
    "UPDATE viewing SET seen_ms = max(?3, started_ms), sent_bytes = ?4, told_sent_bytes = ?5
    WHERE server_id = ?1 AND viewing_key = ?2 AND stopped_ms IS NULL";
