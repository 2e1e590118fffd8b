//! Viewers over time.

use jiff::tz::TimeZone;

use super::Filter;
use crate::{Error, View};

/// Buckets of one answer; a question that needs more is refused.
pub const BUCKETS_MAX: usize = 100_000;

/// How long a bucket is, on the clocks of a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    Hour,
    Day,
}

/// A local hour or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub start_ms: i64,
    /// The start of the next one.
    pub end_ms: i64,
    /// Viewers × time.
    pub viewed_ms: u64,
    /// Most viewers at once.
    pub peak_viewers: u32,
    /// Viewings that began in it.
    pub views: u64,
}

/// Without gaps from the first bucket in which someone watched to the last one.
pub fn viewers(_view: &View<'_>, _filter: &Filter, _zone: &TimeZone, _by: By) -> Result<Vec<Bucket>, Error> {
    Err(Error::Closed)
}
