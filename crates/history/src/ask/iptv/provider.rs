//! Connections of provider logins against their limits.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{SourceId, Text};

use super::Filter;
use crate::{Error, View};

/// One login on one local day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDay {
    pub server: SourceId,
    /// The manager's number of the login.
    pub profile: i64,
    /// As last told.
    pub profile_name: Option<Text>,
    pub account: Option<Text>,
    pub day: Date,
    /// The first moment of that day.
    pub start_ms: i64,
    /// Most connections at once.
    pub peak: u32,
    /// When it was first reached; absent if no connection lasted.
    pub peak_at_ms: Option<i64>,
    /// The largest limit that was told that day; absent if none was, or there was none.
    pub limit: Option<u32>,
    /// Connections × time.
    pub connection_ms: u64,
    /// Time with as many connections as the limit, or more; absent where `limit` is.
    pub at_limit_ms: Option<u64>,
    /// Changes away from a stream of this login.
    pub failovers: u64,
    /// Times a feed of this login went into state error.
    pub errors: u64,
    pub buffering_ms: u64,
    /// From the provider, by the start of the stretch; absent if none was told.
    pub bytes: Option<u64>,
}

/// One login over the whole window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTotal {
    pub server: SourceId,
    pub profile: i64,
    pub profile_name: Option<Text>,
    pub account: Option<Text>,
    pub peak: u32,
    pub peak_at_ms: Option<i64>,
    /// The largest of the days.
    pub limit: Option<u32>,
    /// Days on which it was used.
    pub days: u32,
    /// Days on which the peak reached that day's limit.
    pub days_at_limit: u32,
    pub connection_ms: u64,
    pub at_limit_ms: Option<u64>,
    pub failovers: u64,
    pub errors: u64,
    pub buffering_ms: u64,
    pub bytes: Option<u64>,
    /// Runs that it fed.
    pub runs: u64,
}

/// By server, login and day; days without a connection are left out.
pub fn provider_days(
    _view: &View<'_>,
    _filter: &Filter,
    _zone: &TimeZone,
) -> Result<Vec<ProviderDay>, Error> {
    Err(Error::Closed)
}

/// By server and login.
pub fn providers(_view: &View<'_>, _filter: &Filter, _zone: &TimeZone) -> Result<Vec<ProviderTotal>, Error> {
    Err(Error::Closed)
}
