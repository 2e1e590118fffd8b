//! What stream managers carried, as it is told.

use serde::Serialize;
use utoipa::ToSchema;

use super::types::{FeedChannel, FeedSegment, FeedTotals};
use crate::api::v1::types::Time;
use crate::api::v1::words::FeedKind;

/// About an answer from what is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct IptvMeta {
    /// Members of the list.
    pub(crate) count: usize,
    /// Dates and hours are of this zone.
    #[schema(example = "Europe/Berlin")]
    pub(crate) time_zone: String,
    /// First moment of the time asked for; absent if it has no beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Time>,
    /// First moment after it; absent if it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Time>,
    /// Our clock when the answer was made.
    pub(crate) answered_at: Time,
}

/// `/api/v1/iptv/ranking`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRanking<'a> {
    pub(crate) channels: Vec<RankedChannel<'a>>,
    pub(crate) meta: IptvMeta,
}

/// A channel, film or stream and how much it was watched in the time asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankedChannel<'a> {
    pub(crate) server_id: &'a str,
    /// The UUID of the channel or film where it is known, else the `key` of the feed.
    pub(crate) key: &'a str,
    pub(crate) kind: FeedKind,
    /// As last told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) series: Option<&'a str>,
    pub(crate) views: u64,
    /// Different users; who did not sign in is told apart by address, or else by connection.
    pub(crate) viewers: u64,
    /// Viewers times time.
    pub(crate) viewed_ms: u64,
    pub(crate) on_air_ms: u64,
    /// Most viewers at once.
    pub(crate) peak_viewers: u32,
    pub(crate) failovers: u64,
    pub(crate) errors: u64,
    pub(crate) buffering_ms: u64,
    /// From the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_bytes: Option<u64>,
    /// The last moment at which it ran or was watched.
    pub(crate) last_at: Time,
}

/// `/api/v1/iptv/viewers`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewersOverTime {
    /// Without gaps, from the first one in which somebody watched to the last.
    pub(crate) buckets: Vec<ViewerBucket>,
    pub(crate) meta: IptvMeta,
}

/// An hour or a day of the time zone.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ViewerBucket {
    pub(crate) starts_at: Time,
    /// The start of the next one.
    pub(crate) ends_at: Time,
    /// Viewers times time.
    pub(crate) viewed_ms: u64,
    /// Most viewers at once.
    pub(crate) peak_viewers: u32,
    /// Viewings that began in it.
    pub(crate) views: u64,
}

/// `/api/v1/iptv/provider-days`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderDays<'a> {
    /// By server, login and date; dates without a connection are left out.
    pub(crate) days: Vec<ProviderDay<'a>>,
    pub(crate) meta: IptvMeta,
}

/// One login on one date of the time zone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderDay<'a> {
    pub(crate) server_id: &'a str,
    /// The manager's number of it.
    pub(crate) profile_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<&'a str>,
    #[schema(example = "2026-11-21")]
    pub(crate) date: String,
    /// Its first moment.
    pub(crate) starts_at: Time,
    /// Most connections at once.
    pub(crate) peak_connections: u32,
    /// When there were first as many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peak_at: Option<Time>,
    /// The limit told last up to the end of that date; absent if none was, or there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_connections: Option<u32>,
    /// Connections times time.
    pub(crate) connection_ms: u64,
    /// Time with as many connections as the limit that held then, or more; absent if none held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at_limit_ms: Option<u64>,
    /// Changes away from a stream of this login.
    pub(crate) failovers: u64,
    pub(crate) errors: u64,
    pub(crate) buffering_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_bytes: Option<u64>,
}

/// `/api/v1/iptv/provider-totals`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderTotals<'a> {
    /// By server and login.
    pub(crate) providers: Vec<ProviderTotal<'a>>,
    pub(crate) meta: IptvMeta,
}

/// One login over all the time asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderTotal<'a> {
    pub(crate) server_id: &'a str,
    /// The manager's number of it.
    pub(crate) profile_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<&'a str>,
    /// Most connections at once.
    pub(crate) peak_connections: u32,
    /// When there were first as many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peak_at: Option<Time>,
    /// The limit told last; absent if none was, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_connections: Option<u32>,
    /// Connections times time.
    pub(crate) connection_ms: u64,
    /// Time with as many connections as the limit that held then, or more; absent if none held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at_limit_ms: Option<u64>,
    /// Changes away from a stream of this login.
    pub(crate) failovers: u64,
    pub(crate) errors: u64,
    pub(crate) buffering_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_bytes: Option<u64>,
    /// Dates on which it was used.
    pub(crate) days: u32,
    /// Dates on which as many connections were in use as were allowed at that moment.
    pub(crate) days_at_limit: u32,
    /// Feeds that it carried.
    pub(crate) runs: u64,
}

/// `/api/v1/iptv/runs`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunsPage<'a> {
    /// Newest start first.
    pub(crate) runs: Vec<PastRun<'a>>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) meta: IptvMeta,
}

/// One feed from start to end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PastRun<'a> {
    /// As it was while it ran.
    pub(crate) id: &'a str,
    pub(crate) server_id: &'a str,
    pub(crate) key: &'a str,
    pub(crate) kind: FeedKind,
    pub(crate) started_at: Time,
    /// Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    /// When it was last confirmed.
    pub(crate) seen_at: Time,
    pub(crate) channel: FeedChannel<'a>,
    pub(crate) totals: FeedTotals,
    /// Stretches on one stream and one login, oldest first.
    pub(crate) segments: Vec<FeedSegment<'a>>,
}

/// `/api/v1/iptv/viewings`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewingsPage<'a> {
    /// Newest start first.
    pub(crate) viewings: Vec<PastViewing<'a>>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) meta: IptvMeta,
}

/// One viewer of a feed from start to end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PastViewing<'a> {
    pub(crate) id: &'a str,
    pub(crate) server_id: &'a str,
    /// The `id` of the feed.
    pub(crate) feed_id: &'a str,
    pub(crate) feed_key: &'a str,
    pub(crate) kind: FeedKind,
    pub(crate) channel: FeedChannel<'a>,
    /// The login that fed it at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<&'a str>,
    pub(crate) client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) started_at: Time,
    /// Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    /// When it was last confirmed.
    pub(crate) seen_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_bytes: Option<u64>,
}

/// `/api/v1/iptv/users`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedUsers<'a> {
    /// The longest viewed time first.
    pub(crate) users: Vec<FeedUser<'a>>,
    /// Also those beyond the limit.
    pub(crate) users_total: usize,
    pub(crate) meta: IptvMeta,
}

/// One viewer of one manager, and how much they watched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedUser<'a> {
    pub(crate) server_id: &'a str,
    /// Absent for who did not sign in; then `address` tells who it is, or else `client_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<&'a str>,
    pub(crate) views: u64,
    pub(crate) viewed_ms: u64,
    /// Different channels and films.
    pub(crate) channels: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_bytes: Option<u64>,
    /// The last moment at which they watched.
    pub(crate) last_at: Time,
}
