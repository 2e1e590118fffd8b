//! The demo's Dispatcharr, and the weeks before it as runs and viewings.

use std::io;
use std::sync::Arc;

use base::Secret;
use history::record;
use jiff::Timestamp;
use model::iptv::{
    Channel, Feed, FeedKind, FeedMedia, FeedRun, FeedSegment, FeedState, FeedStream, FeedTotals, ProfileId,
    Viewer, Viewing,
};
use model::{FeedKey, RunId, SourceId, Text, ViewingId};
use sim::dispatcharr::{Dispatcharr, Kind};
use sim::scenario::{PastKind, PastRun, PastSegment, PastViewing, iptv, iptv_past, iptv_seed};
use sources::dispatcharr;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::keeping::{self, Kept};

/// Our name for it.
const ID: &str = "antenna";

/// A simulated Dispatcharr and how to watch it.
#[derive(Debug)]
pub(super) struct Managed {
    url: String,
    key: Secret,
    past: Vec<PastRun>,
    now_ms: i64,
}

/// Starts it, with an evening on it until cancelled.
pub(super) async fn start(
    now_s: i64,
    past_days: u32,
    cancel: &CancellationToken,
) -> io::Result<(Dispatcharr, Managed)> {
    let simulated = Dispatcharr::try_start(iptv_seed()).await?;
    let managed = Managed {
        url: simulated.url(),
        key: Secret::new(&simulated.admin_key().unwrap_or_default()),
        past: iptv_past(&simulated.world(), past_days, now_s),
        now_ms: now_s * 1_000,
    };
    tokio::spawn(iptv(simulated.world(), cancel.clone()));
    Ok((simulated, managed))
}

impl Managed {
    pub(super) fn to_config(&self) -> dispatcharr::Config {
        dispatcharr::Config {
            id: ID.to_owned(),
            url: self.url.clone(),
            api_key: Some(self.key.clone()),
            ..dispatcharr::Config::default()
        }
    }

    /// Puts what was on the air before today into the history.
    pub(super) fn remember(&self, kept: &Kept) -> Result<(), Failure> {
        let source = SourceId::new(ID);
        let runs: Vec<_> = (self.past.iter())
            .filter_map(|past| run(&source, past, self.now_ms))
            .collect();
        let viewings = runs.iter().flat_map(|(_, viewings)| viewings.clone()).collect();
        let runs = runs.into_iter().map(|(run, _)| Arc::new(run)).collect();
        let added = kept
            .history
            .change(move |txn| record::add_ended(txn, runs, viewings));
        added.wait().map_err(|e| keeping::failure(&e))
    }
}

/// One run with its viewings; `None` only beyond the calendar.
fn run(source: &SourceId, past: &PastRun, now_ms: i64) -> Option<(FeedRun, Vec<Arc<Viewing>>)> {
    let ago = |s: i64| Timestamp::from_millisecond(now_ms - s * 1_000).ok();
    let (started_at, ended_at) = (ago(past.began_ago_s)?, ago(past.ended_ago_s)?);
    let key = FeedKey::new(past.key.as_str());
    let id = RunId::of(source, &key, started_at.as_millisecond());
    let last = past.segments.last()?;
    let kind = match past.kind {
        PastKind::Live => FeedKind::Live,
        PastKind::Vod(_) => FeedKind::Vod,
        PastKind::Timeshift => FeedKind::Timeshift,
    };
    let channel = Arc::new(channel(past));
    let viewings: Vec<_> = past
        .viewings
        .iter()
        .filter_map(|v| {
            let (began, over) = (ago(v.began_ago_s)?, ago(v.ended_ago_s)?);
            Some(Arc::new(Viewing {
                id: ViewingId::of(source, &v.client_id, began.as_millisecond()),
                source: source.clone(),
                run: id.clone(),
                feed: key.clone(),
                kind,
                channel: channel.clone(),
                profile: Some(ProfileId(last.profile_id)),
                account: Some(last.account.as_str().into()),
                started_at: began,
                ended_at: Some(over),
                seen_at: over,
                viewer: viewer(v, began),
                sent_bytes: Some(v.bytes),
            }))
        })
        .collect();
    let run = FeedRun {
        id,
        source: source.clone(),
        started_at,
        ended_at: Some(ended_at),
        seen_at: ended_at,
        feed: Arc::new(feed(key, kind, channel, last, &viewings)),
        totals: totals(past),
        segments: Arc::new(past.segments.iter().filter_map(|s| segment(s, ago)).collect()),
        viewings: Vec::new(),
    };
    Some((run, viewings))
}

fn channel(past: &PastRun) -> Channel {
    Channel {
        id: past.channel_id,
        uuid: Some(past.uuid.as_str().into()),
        name: Some(past.name.as_str().into()),
        number: past.number,
        group: past.group.as_deref().map(Text::from),
        content_type: match past.kind {
            PastKind::Vod(Kind::Movie) => Some("movie".into()),
            PastKind::Vod(_) => Some("episode".into()),
            PastKind::Live | PastKind::Timeshift => None,
        },
        ..Channel::default()
    }
}

fn feed(
    key: FeedKey,
    kind: FeedKind,
    channel: Arc<Channel>,
    last: &PastSegment,
    viewings: &[Arc<Viewing>],
) -> Feed {
    Feed {
        key,
        kind,
        state: Some(FeedState::Active),
        channel,
        stream: Arc::new(FeedStream {
            id: last.stream_id,
            name: last.stream_name.as_deref().map(Text::from),
            index: last.stream_index,
            ..FeedStream::default()
        }),
        media: Arc::new(FeedMedia::default()),
        profile: Some(ProfileId(last.profile_id)),
        programme: None,
        started_at: viewings.first().map(|v| v.started_at),
        uptime_ms: None,
        received_bytes: None,
        sent_bytes: None,
        viewer_count: None,
        viewers: Arc::default(),
    }
}

fn segment(past: &PastSegment, ago: impl Fn(i64) -> Option<Timestamp>) -> Option<FeedSegment> {
    Some(FeedSegment {
        started_at: ago(past.began_ago_s)?,
        stream_id: past.stream_id,
        stream_name: past.stream_name.as_deref().map(Text::from),
        stream_index: past.stream_index,
        profile: Some(ProfileId(past.profile_id)),
        profile_name: Some(past.profile_name.as_str().into()),
        account: Some(past.account.as_str().into()),
        max_connections: Some(past.max_streams),
        buffering_ms: ms(past.buffering_s),
        error_ms: ms(past.error_s),
        received_bytes: past.bytes,
    })
}

fn viewer(past: &PastViewing, connected_at: Timestamp) -> Viewer {
    Viewer {
        client_id: past.client_id.as_str().into(),
        user_id: past.viewer.user,
        user: past.user.as_deref().map(Text::from),
        address: Some(past.viewer.ip.as_str().into()),
        user_agent: Some(past.viewer.user_agent.as_str().into()),
        worker_id: None,
        connected_at: Some(connected_at),
        sent_bytes: Some(past.bytes),
        mean_bps: None,
        now_bps: None,
    }
}

/// As *live* would have added them up.
fn totals(past: &PastRun) -> FeedTotals {
    let sum = |of: fn(&PastSegment) -> i64| past.segments.iter().map(of).sum::<i64>();
    let (buffering_s, error_s) = (sum(|s| s.buffering_s), sum(|s| s.error_s));
    let length_s = past.began_ago_s - past.ended_ago_s;
    FeedTotals {
        active_ms: ms(length_s - buffering_s - error_s),
        buffering_ms: ms(buffering_s),
        error_ms: ms(error_s),
        viewer_ms: ms(past.viewings.iter().map(|v| v.began_ago_s - v.ended_ago_s).sum()),
        peak_viewers: peak(&past.viewings),
        failovers: u32::try_from(past.segments.len().saturating_sub(1)).unwrap_or(u32::MAX),
        errors: u32::try_from(past.segments.iter().filter(|s| s.error_s > 0).count()).unwrap_or(u32::MAX),
        received_bytes: Some(past.segments.iter().map(|s| s.bytes).sum()),
        sent_bytes: None,
    }
}

/// Most viewers at once; who leaves in the second in which another comes is gone by then.
fn peak(viewings: &[PastViewing]) -> u32 {
    let at_start = |one: &PastViewing| {
        let moment = one.began_ago_s;
        let there = |v: &&PastViewing| v.began_ago_s >= moment && v.ended_ago_s < moment;
        viewings.iter().filter(there).count()
    };
    let most = viewings.iter().map(at_start).max().unwrap_or(0);
    u32::try_from(most).unwrap_or(u32::MAX)
}

fn ms(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0) * 1_000
}
