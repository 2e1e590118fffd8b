//! Runs and viewings of a window, from their tables.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use model::iptv::{Channel, FeedKind, FeedTotals};
use model::{SourceId, Text};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};

use super::sweep::Interval;
use crate::record::iptv::{channel_from_json, totals};
use crate::store::iptv::{SPANS, earliest_ms, to_kind};
use crate::{Error, View};

pub(super) const DOING: &str = "asking the history of a stream manager";

/// A stretch of time, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

impl Window {
    /// Whether any part of what was until just before `after_ms` lies in it. What has no length counts where it stands.
    pub(super) fn touches(self, started_ms: i64, after_ms: i64) -> bool {
        self.from_ms < self.to_ms
            && started_ms < self.to_ms
            && (after_ms > self.from_ms || started_ms >= self.from_ms)
    }

    /// Whether a moment lies in it.
    pub(super) fn has(self, at_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }

    /// The part of an interval that lies in it; empty ones end where they begin.
    pub(super) fn clip(self, started_ms: i64, until_ms: i64) -> (i64, i64) {
        let from_ms = started_ms.clamp(self.from_ms, self.to_ms.max(self.from_ms));
        (from_ms, until_ms.min(self.to_ms).max(from_ms))
    }

    /// The same of what is counted at once too.
    pub(super) fn interval(self, started_ms: i64, until_ms: i64, after_ms: i64) -> Interval {
        let (from_ms, to_ms) = self.clip(started_ms, until_ms);
        let (_, after_ms) = self.clip(started_ms, after_ms);
        Interval {
            from_ms,
            to_ms,
            after_ms,
        }
    }
}

/// One run as it stands in its table. Texts are ids of [`Names`].
#[derive(Clone, Debug)]
pub(super) struct RunRow {
    pub(super) row: i64,
    pub(super) server: i64,
    pub(super) run_text: i64,
    pub(super) feed_text: i64,
    pub(super) kind: FeedKind,
    pub(super) channel: i64,
    pub(super) started_ms: i64,
    pub(super) stopped_ms: Option<i64>,
    /// The end, or the last look while it runs.
    pub(super) until_ms: i64,
    pub(super) totals: FeedTotals,
}

#[derive(Clone, Debug)]
pub(super) struct SegmentRow {
    pub(super) started_ms: i64,
    pub(super) until_ms: i64,
    /// The first moment at which it is not known to be any more: the next one's start, or just after the last look.
    pub(super) after_ms: i64,
    pub(super) stream_id: Option<i64>,
    pub(super) stream_text: Option<i64>,
    pub(super) stream_index: Option<u32>,
    pub(super) profile: Option<i64>,
    pub(super) profile_text: Option<i64>,
    pub(super) account_text: Option<i64>,
    pub(super) max_connections: Option<u32>,
    pub(super) buffering_ms: u64,
    pub(super) error_ms: u64,
    pub(super) received_bytes: u64,
}

#[derive(Clone, Debug)]
pub(super) struct ViewingRow {
    pub(super) row: i64,
    pub(super) server: i64,
    pub(super) run_text: i64,
    pub(super) feed_text: i64,
    pub(super) kind: FeedKind,
    pub(super) channel: i64,
    pub(super) profile: Option<i64>,
    pub(super) account_text: Option<i64>,
    pub(super) user_text: Option<i64>,
    pub(super) address_text: Option<i64>,
    pub(super) agent_text: Option<i64>,
    /// Read only where nothing else tells who it is, or where a search looks for it.
    pub(super) client: Option<Text>,
    pub(super) started_ms: i64,
    pub(super) until_ms: i64,
    pub(super) sent_bytes: Option<u64>,
}

/// Who watches: one person as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Who {
    User(i64),
    Address(i64),
    Client(Text),
}

/// Just after the look that saw something last: at that look it still was.
pub(super) fn after(seen_ms: i64) -> i64 {
    seen_ms.saturating_add(1)
}

impl ViewingRow {
    pub(super) fn who(&self) -> Who {
        match (self.user_text, self.address_text) {
            (Some(user), _) => Who::User(user),
            (None, Some(address)) => Who::Address(address),
            (None, None) => Who::Client(self.client.clone().unwrap_or_default()),
        }
    }
}

/// Texts, channels and servers behind their ids, each read once in a question.
pub(super) struct Names<'a> {
    texts: HashMap<i64, Text>,
    channels: HashMap<i64, Arc<Channel>>,
    servers: HashMap<i64, SourceId>,
    find_text: CachedStatement<'a>,
    find_channel: CachedStatement<'a>,
}

impl<'a> Names<'a> {
    pub(super) fn new(view: &View<'a>) -> Result<Self, Error> {
        let prepare = |sql| view.conn.prepare_cached(sql).map_err(Error::sql(DOING));
        let servers = view.servers()?.into_iter();
        Ok(Self {
            texts: HashMap::new(),
            channels: HashMap::new(),
            servers: servers.map(|server| (server.id, server.source)).collect(),
            find_text: prepare("SELECT text FROM iptv_text WHERE id = ?1")?,
            find_channel: prepare("SELECT body FROM iptv_channel WHERE id = ?1")?,
        })
    }

    /// Empty for an id that is not there, which `history verify` would find.
    pub(super) fn text(&mut self, id: i64) -> Result<Text, Error> {
        Ok(match self.texts.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => {
                let text = self.find_text.query_row([id], |row| row.get::<_, Text>(0));
                let text = text.optional().map_err(Error::sql(DOING))?.unwrap_or_default();
                new.insert(text).clone()
            }
        })
    }

    pub(super) fn some_text(&mut self, id: Option<i64>) -> Result<Option<Text>, Error> {
        id.map(|id| self.text(id)).transpose()
    }

    pub(super) fn channel(&mut self, id: i64) -> Result<Arc<Channel>, Error> {
        Ok(match self.channels.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => {
                let body = self.find_channel.query_row([id], |row| row.get::<_, String>(0));
                let body = body.optional().map_err(Error::sql(DOING))?.unwrap_or_default();
                new.insert(Arc::new(channel_from_json(&body))).clone()
            }
        })
    }

    pub(super) fn server(&self, id: i64) -> SourceId {
        self.servers
            .get(&id)
            .cloned()
            .unwrap_or_else(|| SourceId::new(""))
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = (i64, &SourceId)> {
        self.servers.iter().map(|(id, source)| (*id, source))
    }
}

/// Where a page ends: newer rows are left out.
pub(super) type Before = (i64, i64);

/// Gives every row that may touch the window to `take`, by start and row, newest first, until it says that it has
/// enough. `before`: only rows older than that.
fn each<T>(
    conn: &Connection,
    select: &str,
    window: Window,
    before: Option<Before>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
    key: impl Fn(&T) -> Before,
    mut take: impl FnMut(T) -> Result<bool, Error>,
) -> Result<(), Error> {
    let sql = format!(
        "{select} WHERE span = ?1 AND started_ms >= ?2 AND (started_ms, id) < (?3, ?4)
         ORDER BY started_ms DESC, id DESC"
    );
    let (to_ms, to_row) = before
        .filter(|before| before.0 < window.to_ms)
        .unwrap_or((window.to_ms, i64::MIN));
    let mut statements = Vec::new();
    for span in SPANS {
        let statement = conn.prepare_cached(&sql).map_err(Error::sql(DOING))?;
        statements.push((span, statement));
    }
    let mut heads = Vec::new();
    for (span, statement) in &mut statements {
        let range = params![*span, earliest_ms(*span, window.from_ms), to_ms, to_row];
        let mut rows = statement.query(range).map_err(Error::sql(DOING))?;
        let head = next(&mut rows, &read)?;
        heads.push((head, rows));
    }
    // Each class is in order; the newest of their first rows is the next one of all.
    loop {
        let newest = heads
            .iter_mut()
            .filter(|(head, _)| head.is_some())
            .max_by_key(|(head, _)| head.as_ref().map(&key));
        let Some((head, rows)) = newest else { return Ok(()) };
        let following = next(rows, &read)?;
        if let Some(row) = std::mem::replace(head, following)
            && !take(row)?
        {
            return Ok(());
        }
    }
}

/// The next row that makes sense.
fn next<T>(
    rows: &mut rusqlite::Rows<'_>,
    read: &impl Fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
) -> Result<Option<T>, Error> {
    while let Some(row) = rows.next().map_err(Error::sql(DOING))? {
        if let Some(read) = read(row).map_err(Error::sql(DOING))? {
            return Ok(Some(read));
        }
    }
    Ok(None)
}

const RUN: &str = "SELECT id, server_id, run_text, feed_text, kind, channel_id, started_ms, stopped_ms, seen_ms,
      active_ms, buffering_ms, error_ms, viewer_ms, peak_viewers, failovers, errors, received_bytes, sent_bytes
    FROM feed_run";

/// Runs that touch the window, newest first.
pub(super) fn each_run(
    conn: &Connection,
    window: Window,
    before: Option<Before>,
    mut take: impl FnMut(RunRow) -> Result<bool, Error>,
) -> Result<(), Error> {
    let read = |row: &Row<'_>| {
        let Some(kind) = to_kind(row.get(4)?) else {
            return Ok(None);
        };
        Ok(Some(RunRow {
            row: row.get(0)?,
            server: row.get(1)?,
            run_text: row.get(2)?,
            feed_text: row.get(3)?,
            kind,
            channel: row.get(5)?,
            started_ms: row.get(6)?,
            stopped_ms: row.get(7)?,
            until_ms: row.get(8)?,
            totals: totals(row, 9)?,
        }))
    };
    each(
        conn,
        RUN,
        window,
        before,
        read,
        |run| (run.started_ms, run.row),
        |run| {
            if window.touches(run.started_ms, after(run.until_ms)) {
                take(run)
            } else {
                Ok(true)
            }
        },
    )
}

const VIEWING: &str =
    "SELECT id, server_id, run_text, feed_text, kind, channel_id, profile, account_text, user_text,
      address_text, agent_text, started_ms, seen_ms, sent_bytes";

/// Viewings that touch the window, newest first. `clients`: with the names of all connections.
pub(super) fn each_viewing(
    conn: &Connection,
    window: Window,
    before: Option<Before>,
    clients: bool,
    mut take: impl FnMut(ViewingRow) -> Result<bool, Error>,
) -> Result<(), Error> {
    let client = if clients {
        "client"
    } else {
        "CASE WHEN user_text IS NULL AND address_text IS NULL THEN client END"
    };
    let select = format!("{VIEWING}, {client} FROM viewing");
    let read = |row: &Row<'_>| {
        let Some(kind) = to_kind(row.get(4)?) else {
            return Ok(None);
        };
        Ok(Some(ViewingRow {
            row: row.get(0)?,
            server: row.get(1)?,
            run_text: row.get(2)?,
            feed_text: row.get(3)?,
            kind,
            channel: row.get(5)?,
            profile: row.get(6)?,
            account_text: row.get(7)?,
            user_text: row.get(8)?,
            address_text: row.get(9)?,
            agent_text: row.get(10)?,
            started_ms: row.get(11)?,
            until_ms: row.get(12)?,
            sent_bytes: row.get::<_, Option<i64>>(13)?.and_then(|n| u64::try_from(n).ok()),
            client: row.get(14)?,
        }))
    };
    let key = |viewing: &ViewingRow| (viewing.started_ms, viewing.row);
    each(conn, &select, window, before, read, key, |viewing| {
        if window.touches(viewing.started_ms, after(viewing.until_ms)) {
            take(viewing)
        } else {
            Ok(true)
        }
    })
}

/// Reads segments of runs.
pub(super) struct Segments<'a>(CachedStatement<'a>);

impl<'a> Segments<'a> {
    pub(super) fn new(conn: &'a Connection) -> Result<Self, Error> {
        let sql =
            "SELECT started_ms, stream_id, stream_text, stream_index, profile, profile_text, account_text,
                     max_connections, buffering_ms, error_ms, received_bytes
                   FROM feed_segment WHERE run_id = ?1 ORDER BY n";
        let find = conn.prepare_cached(sql);
        find.map(Self).map_err(Error::sql(DOING))
    }

    /// Of one run, oldest first. Each ends where the next begins, the last one with the run.
    pub(super) fn of(&mut self, run: &RunRow) -> Result<Vec<SegmentRow>, Error> {
        let rows = self.0.query_map([run.row], |row| {
            let whole = |at| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0));
            Ok(SegmentRow {
                started_ms: row.get(0)?,
                until_ms: 0,
                after_ms: 0,
                stream_id: row.get(1)?,
                stream_text: row.get(2)?,
                stream_index: row.get(3)?,
                profile: row.get(4)?,
                profile_text: row.get(5)?,
                account_text: row.get(6)?,
                max_connections: row.get(7)?,
                buffering_ms: whole(8)?,
                error_ms: whole(9)?,
                received_bytes: whole(10)?,
            })
        });
        let mut segments: Vec<SegmentRow> = rows.and_then(Iterator::collect).map_err(Error::sql(DOING))?;
        let (mut until_ms, mut after_ms) = (run.until_ms, after(run.until_ms));
        for segment in segments.iter_mut().rev() {
            segment.until_ms = until_ms.max(segment.started_ms);
            segment.after_ms = after_ms.max(segment.started_ms);
            (until_ms, after_ms) = (segment.started_ms, segment.started_ms);
        }
        Ok(segments)
    }
}
