//! Runs and viewings one by one, newest first.
//!
//! A page begins after the start and row of the last one of the page before, so what begins meanwhile moves nothing.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::str::FromStr;
use std::sync::Arc;

use model::iptv::{Channel, FeedKind, FeedTotals};
use model::{RunId, SourceId, Text, ViewingId};
use rusqlite::CachedStatement;

use super::Filter;
use super::filter::Asked;
use super::rows::{Before, DOING, Names, RunRow, SegmentRow, ViewingRow};
use crate::ask::slices::PageError;
use crate::{Error, View};

/// Where a page ended; opaque to whoever carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Tells cursors of different questions apart.
    sign: u32,
    started_ms: i64,
    row: i64,
}

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

/// One page, by start, then order of writing, both descending.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Absent on the last page.
    pub next: Option<Cursor>,
}

/// One feed from start to end.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub server: SourceId,
    /// The manager's own name of the feed.
    pub feed: Text,
    pub kind: FeedKind,
    pub channel: Arc<Channel>,
    /// Milliseconds since 1970, as all moments here.
    pub started_ms: i64,
    /// Absent while it runs.
    pub stopped_ms: Option<i64>,
    /// Last look that saw it.
    pub seen_ms: i64,
    pub totals: FeedTotals,
    /// Oldest first.
    pub segments: Vec<Segment>,
}

/// A stretch of a run on one stream and one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub started_ms: i64,
    /// The start of the next one, or the run's end; while it runs, the last look.
    pub until_ms: i64,
    pub stream_id: Option<i64>,
    pub stream_name: Option<Text>,
    pub stream_index: Option<u32>,
    pub profile: Option<i64>,
    pub profile_name: Option<Text>,
    pub account: Option<Text>,
    /// The login's limit as it was; 0 means none.
    pub max_connections: Option<u32>,
    pub buffering_ms: u64,
    pub error_ms: u64,
    pub received_bytes: u64,
}

/// One viewer of a feed from start to end.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewing {
    pub id: ViewingId,
    pub server: SourceId,
    pub run: RunId,
    pub feed: Text,
    pub kind: FeedKind,
    pub channel: Arc<Channel>,
    /// The login that fed it at the end.
    pub profile: Option<i64>,
    pub account: Option<Text>,
    pub client_id: Text,
    pub user_id: Option<i64>,
    pub user: Option<Text>,
    /// Shown by switch only.
    pub address: Option<Text>,
    pub user_agent: Option<Text>,
    pub started_ms: i64,
    /// Absent while it runs.
    pub stopped_ms: Option<i64>,
    pub seen_ms: i64,
    pub sent_bytes: Option<u64>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:016x}{:016x}", self.sign, self.started_ms, self.row)
    }
}

impl FromStr for Cursor {
    type Err = PageError;

    fn from_str(text: &str) -> Result<Self, PageError> {
        if text.len() != 40 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(PageError::NoCursor);
        }
        let part =
            |at: std::ops::Range<usize>| u64::from_str_radix(&text[at], 16).map_err(|_| PageError::NoCursor);
        Ok(Self {
            sign: u32::try_from(part(0..8)?).map_err(|_| PageError::NoCursor)?,
            started_ms: part(8..24)?.cast_signed(),
            row: part(24..40)?.cast_signed(),
        })
    }
}

/// Runs with their segments. A cursor of another question is refused.
pub fn runs(view: &View<'_>, filter: &Filter, page: Paging) -> Result<Page<Run>, Error> {
    let gather = Gather::new("runs", filter, page)?;
    let mut found = Vec::new();
    Asked::new(view, filter)?.runs(gather.before(), |names, _, run, segments| {
        let key = (run.started_ms, run.row);
        found.push((key, read_run(names, &run, &segments)?));
        Ok(gather.wants_more(found.len()))
    })?;
    Ok(gather.page(found))
}

/// Viewings. A cursor of another question is refused.
pub fn viewings(view: &View<'_>, filter: &Filter, page: Paging) -> Result<Page<Viewing>, Error> {
    let gather = Gather::new("viewings", filter, page)?;
    let mut more = More::new(view)?;
    let mut found = Vec::new();
    Asked::new(view, filter)?.viewings(gather.before(), true, |names, viewing| {
        let key = (viewing.started_ms, viewing.row);
        found.push((key, read_viewing(names, &mut more, viewing)?));
        Ok(gather.wants_more(found.len()))
    })?;
    Ok(gather.page(found))
}

/// Fills one page.
struct Gather {
    sign: u32,
    page: Paging,
}

impl Gather {
    fn new(of: &str, filter: &Filter, page: Paging) -> Result<Self, Error> {
        let mut hasher = DefaultHasher::new();
        (of, filter).hash(&mut hasher);
        // Half of it is enough to notice a mistake.
        let sign = u32::try_from(hasher.finish() >> 32).unwrap_or_default();
        if page.after.is_some_and(|cursor| cursor.sign != sign) {
            return Err(Error::Refused(PageError::OtherQuestion.to_string()));
        }
        Ok(Self { sign, page })
    }

    fn before(&self) -> Option<Before> {
        self.page.after.map(|cursor| (cursor.started_ms, cursor.row))
    }

    /// One more than the page holds tells whether there is another page.
    fn wants_more(&self, found: usize) -> bool {
        found <= self.page.limit
    }

    fn page<T>(&self, mut found: Vec<(Before, T)>) -> Page<T> {
        let is_last = found.len() <= self.page.limit;
        found.truncate(self.page.limit);
        let last = found.last().filter(|_| !is_last);
        let next = last.map(|((started_ms, row), _)| Cursor {
            sign: self.sign,
            started_ms: *started_ms,
            row: *row,
        });
        Page {
            items: found.into_iter().map(|(_, item)| item).collect(),
            next,
        }
    }
}

fn read_run(names: &mut Names<'_>, run: &RunRow, segments: &[SegmentRow]) -> Result<Run, Error> {
    let segments = segments.iter().map(|s| read_segment(names, s));
    let segments = segments.collect::<Result<_, _>>()?;
    Ok(Run {
        id: RunId::new(names.text(run.run_text)?),
        server: names.server(run.server),
        feed: names.text(run.feed_text)?,
        kind: run.kind,
        channel: names.channel(run.channel)?,
        started_ms: run.started_ms,
        stopped_ms: run.stopped_ms,
        seen_ms: run.until_ms,
        totals: run.totals,
        segments,
    })
}

fn read_segment(names: &mut Names<'_>, s: &SegmentRow) -> Result<Segment, Error> {
    Ok(Segment {
        started_ms: s.started_ms,
        until_ms: s.until_ms,
        stream_id: s.stream_id,
        stream_name: names.some_text(s.stream_text)?,
        stream_index: s.stream_index,
        profile: s.profile,
        profile_name: names.some_text(s.profile_text)?,
        account: names.some_text(s.account_text)?,
        max_connections: s.max_connections,
        buffering_ms: s.buffering_ms,
        error_ms: s.error_ms,
        received_bytes: s.received_bytes,
    })
}

fn read_viewing(names: &mut Names<'_>, more: &mut More<'_>, v: ViewingRow) -> Result<Viewing, Error> {
    let (id, user_id, stopped_ms) = more.of(v.row)?;
    Ok(Viewing {
        id: ViewingId::new(id),
        server: names.server(v.server),
        run: RunId::new(names.text(v.run_text)?),
        feed: names.text(v.feed_text)?,
        kind: v.kind,
        channel: names.channel(v.channel)?,
        profile: v.profile,
        account: names.some_text(v.account_text)?,
        client_id: v.client.unwrap_or_default(),
        user_id,
        user: names.some_text(v.user_text)?,
        address: names.some_text(v.address_text)?,
        user_agent: names.some_text(v.agent_text)?,
        started_ms: v.started_ms,
        stopped_ms,
        seen_ms: v.until_ms,
        sent_bytes: v.sent_bytes,
    })
}

/// Reads what only a page of viewings shows.
struct More<'a>(CachedStatement<'a>);

impl<'a> More<'a> {
    fn new(view: &View<'a>) -> Result<Self, Error> {
        let sql = "SELECT viewing_key, user_id, stopped_ms FROM viewing WHERE id = ?1";
        view.conn.prepare_cached(sql).map(Self).map_err(Error::sql(DOING))
    }

    fn of(&mut self, row: i64) -> Result<(Text, Option<i64>, Option<i64>), Error> {
        let more = self
            .0
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        more.map_err(Error::sql(DOING))
    }
}
