//! What is kept, to the interface.

use history::ask::iptv::{self, Bucket, ChannelRank, Run, Segment, UserTotal, Viewing};
use jiff::Timestamp;

use super::past_types::{
    FeedUser, PastRun, PastViewing, ProviderDay, ProviderTotal, RankedChannel, ViewerBucket,
};
use super::types::{FeedChannel, FeedProfile, FeedSegment, FeedStream, FeedTotals};
use crate::api::v1::map::finite;
use crate::api::v1::types::Time;

/// A moment that is kept; one that no calendar has becomes the nearest that one has.
pub(super) fn at(ms: i64) -> Time {
    let nearest = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Time(Timestamp::from_millisecond(ms).unwrap_or(nearest))
}

impl<'a> RankedChannel<'a> {
    pub(super) fn of(rank: &'a ChannelRank) -> Self {
        Self {
            server_id: rank.server.as_str(),
            key: &rank.key,
            kind: rank.kind.into(),
            name: rank.name.as_deref(),
            number: finite(rank.number),
            group: rank.group.as_deref(),
            series: rank.series.as_deref(),
            views: rank.views,
            viewers: rank.viewers,
            viewed_ms: rank.viewed_ms,
            on_air_ms: rank.on_air_ms,
            peak_viewers: rank.peak_viewers,
            failovers: rank.failovers,
            errors: rank.errors,
            buffering_ms: rank.buffering_ms,
            received_bytes: rank.bytes,
            last_at: at(rank.last_at_ms),
        }
    }
}

impl ViewerBucket {
    pub(super) fn of(bucket: &Bucket) -> Self {
        Self {
            starts_at: at(bucket.start_ms),
            ends_at: at(bucket.end_ms),
            viewed_ms: bucket.viewed_ms,
            peak_viewers: bucket.peak_viewers,
            views: bucket.views,
        }
    }
}

impl<'a> ProviderDay<'a> {
    pub(super) fn of(day: &'a iptv::ProviderDay) -> Self {
        Self {
            date: day.day.to_string(),
            starts_at: at(day.start_ms),
            server_id: day.server.as_str(),
            profile_id: day.profile,
            profile_name: day.profile_name.as_deref(),
            account: day.account.as_deref(),
            peak_connections: day.peak,
            peak_at: day.peak_at_ms.map(at),
            max_connections: day.limit,
            connection_ms: day.connection_ms,
            at_limit_ms: day.at_limit_ms,
            failovers: day.failovers,
            errors: day.errors,
            buffering_ms: day.buffering_ms,
            received_bytes: day.bytes,
        }
    }
}

impl<'a> ProviderTotal<'a> {
    pub(super) fn of(total: &'a iptv::ProviderTotal) -> Self {
        Self {
            server_id: total.server.as_str(),
            profile_id: total.profile,
            profile_name: total.profile_name.as_deref(),
            account: total.account.as_deref(),
            peak_connections: total.peak,
            peak_at: total.peak_at_ms.map(at),
            max_connections: total.limit,
            connection_ms: total.connection_ms,
            at_limit_ms: total.at_limit_ms,
            failovers: total.failovers,
            errors: total.errors,
            buffering_ms: total.buffering_ms,
            received_bytes: total.bytes,
            days: total.days,
            days_at_limit: total.days_at_limit,
            runs: total.runs,
        }
    }
}

impl<'a> PastRun<'a> {
    pub(super) fn of(run: &'a Run) -> Self {
        let last = run.segments.len().saturating_sub(1);
        let segments = run.segments.iter().enumerate();
        Self {
            id: run.id.as_str(),
            server_id: run.server.as_str(),
            key: &run.feed,
            kind: run.kind.into(),
            started_at: at(run.started_ms),
            ended_at: run.stopped_ms.map(at),
            seen_at: at(run.seen_ms),
            channel: FeedChannel::of(&run.channel),
            totals: FeedTotals::of(run.totals),
            segments: segments
                .map(|(n, segment)| past_segment(segment, n == last && run.stopped_ms.is_none()))
                .collect(),
        }
    }
}

fn past_segment(segment: &Segment, is_running: bool) -> FeedSegment<'_> {
    FeedSegment {
        started_at: at(segment.started_ms),
        ended_at: (!is_running).then(|| at(segment.until_ms)),
        stream: FeedStream {
            id: segment.stream_id,
            name: segment.stream_name.as_deref(),
            index: segment.stream_index,
            available: None,
            stream_profile: None,
        },
        profile: segment.profile.map(|id| FeedProfile {
            id,
            name: segment.profile_name.as_deref(),
            account: segment.account.as_deref(),
            max_connections: segment.max_connections,
        }),
        buffering_ms: segment.buffering_ms,
        error_ms: segment.error_ms,
        received_bytes: segment.received_bytes,
    }
}

impl<'a> PastViewing<'a> {
    pub(super) fn of(viewing: &'a Viewing) -> Self {
        Self {
            id: viewing.id.as_str(),
            server_id: viewing.server.as_str(),
            feed_id: viewing.run.as_str(),
            feed_key: &viewing.feed,
            kind: viewing.kind.into(),
            channel: FeedChannel::of(&viewing.channel),
            profile_id: viewing.profile,
            account: viewing.account.as_deref(),
            client_id: &viewing.client_id,
            user_id: viewing.user_id,
            user: viewing.user.as_deref(),
            address: viewing.address.as_deref(),
            user_agent: viewing.user_agent.as_deref(),
            started_at: at(viewing.started_ms),
            ended_at: viewing.stopped_ms.map(at),
            seen_at: at(viewing.seen_ms),
            sent_bytes: viewing.sent_bytes,
        }
    }
}

impl<'a> FeedUser<'a> {
    pub(super) fn of(user: &'a UserTotal) -> Self {
        Self {
            server_id: user.server.as_str(),
            user: user.user.as_deref(),
            address: user.address.as_deref(),
            client_id: user.client_id.as_deref(),
            views: user.views,
            viewed_ms: user.viewed_ms,
            channels: user.channels,
            sent_bytes: user.bytes,
            last_at: at(user.last_at_ms),
        }
    }
}
