//! Runs and viewings one by one, newest first.
//!
//! A page begins after the start and row of the last one of the page before, so what begins meanwhile moves nothing.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use model::iptv::{Channel, FeedKind, FeedTotals};
use model::{RunId, SourceId, Text, ViewingId};

use super::Filter;
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
pub fn runs(_view: &View<'_>, _filter: &Filter, _page: Paging) -> Result<Page<Run>, Error> {
    Err(Error::Closed)
}

/// Viewings. A cursor of another question is refused.
pub fn viewings(_view: &View<'_>, _filter: &Filter, _page: Paging) -> Result<Page<Viewing>, Error> {
    Err(Error::Closed)
}
