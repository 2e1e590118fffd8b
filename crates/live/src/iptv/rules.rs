//! The small decisions about feeds and viewers, each a pure function with a table of cases in `tests`.

use std::sync::Arc;

use model::Timestamp;
use model::iptv::{Feed, FeedMedia, FeedSegment, Viewer};

/// Two told starts of one run may differ by this much: the same moment is told rounded in some answers.
const START_JITTER_MS: i64 = 1_500;

/// A told start may lie this far from where the uptime puts it. Beyond it the manager's clock is not ours, and the
/// uptime, which needs no clock, is believed.
const START_SKEW_MS: i64 = 60_000;

/// No feed and no viewer is believed to have run for longer; what claims to is counted from when it was first seen.
const OLDEST_MS: i64 = 400 * 86_400_000;

/// An uptime may lag behind our own clock by this much, since answers are slow and the manager rounds. Beyond it the
/// feed began anew.
const UPTIME_LAG_MS: u64 = 10_000;

/// What a manager told of the age of a feed, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Age {
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) uptime_ms: Option<u64>,
}

impl Age {
    pub(crate) fn of(feed: &Feed) -> Self {
        Self {
            started_at: feed.started_at,
            uptime_ms: feed.uptime_ms,
        }
    }
}

/// Whether a feed listed under the key of an open run is that run. `elapsed_ms`: since `old` was told.
///
/// Two told starts settle it: Dispatcharr 0.29 writes one down once and moves it by some 100 ms while the channel
/// connects. Somebody who zaps away and back within one interval shows by nothing else. Otherwise the uptime decides,
/// which must not have gone back and must have grown with the time that went by: after a long outage a feed begun anew
/// has a longer uptime than the old one had. Silence is no new run.
pub(crate) fn continues(old: Age, new: Age, elapsed_ms: u64) -> bool {
    if let (Some(a), Some(b)) = (old.started_at, new.started_at) {
        return a.as_millisecond().abs_diff(b.as_millisecond()) <= START_JITTER_MS.unsigned_abs();
    }
    match (old.uptime_ms, new.uptime_ms) {
        (Some(before), Some(now)) => {
            now >= before && now.saturating_add(UPTIME_LAG_MS) >= before.saturating_add(elapsed_ms)
        }
        _ => true,
    }
}

/// When a run first seen at `seen_at` began: as told if that is plausible, else by its uptime, else when seen.
///
/// `not_before`: the last look that proves that it did not run yet. No start lies before it or after `seen_at`.
pub(crate) fn run_start(told: Age, seen_at: Timestamp, not_before: Option<Timestamp>) -> Timestamp {
    let seen_ms = seen_at.as_millisecond();
    let by_uptime = told
        .uptime_ms
        .and_then(|up| i64::try_from(up).ok())
        .filter(|up| *up <= OLDEST_MS)
        .map(|up| seen_ms - up);
    let as_told = told.started_at.map(Timestamp::as_millisecond).filter(|start| {
        plausible(*start, seen_ms)
            && by_uptime.is_none_or(|by| by.abs_diff(*start) <= START_SKEW_MS.unsigned_abs())
    });
    within(as_told.or(by_uptime), seen_at, not_before)
}

/// When a viewer first seen at `seen_at` connected, by the same rule.
pub(crate) fn view_start(
    connected_at: Option<Timestamp>,
    seen_at: Timestamp,
    not_before: Timestamp,
) -> Timestamp {
    let seen_ms = seen_at.as_millisecond();
    let as_told = connected_at
        .map(Timestamp::as_millisecond)
        .filter(|start| plausible(*start, seen_ms));
    within(as_told, seen_at, Some(not_before))
}

fn plausible(start_ms: i64, seen_ms: i64) -> bool {
    start_ms <= seen_ms + START_JITTER_MS && start_ms >= seen_ms - OLDEST_MS
}

fn within(start_ms: Option<i64>, seen_at: Timestamp, not_before: Option<Timestamp>) -> Timestamp {
    let start = start_ms
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map_or(seen_at, |start| start.min(seen_at));
    // The wall clock may have been set back since; then the look before proves nothing.
    match not_before {
        Some(floor) if floor <= seen_at => start.max(floor),
        _ => start,
    }
}

/// A counter of the manager, followed over restarts of the counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Follow {
    last: Option<u64>,
}

impl Follow {
    /// One that was at `last` when an earlier process looked.
    pub(crate) fn from(last: Option<u64>) -> Self {
        Self { last }
    }

    /// What was counted since the value before; a value below that one began again from 0.
    pub(crate) fn growth(&mut self, told: Option<u64>) -> Option<u64> {
        let now = told?;
        let before = self.last.replace(now).unwrap_or(0);
        Some(if now >= before { now - before } else { now })
    }
}

/// Viewers of a feed as counted by the manager, else as listed. Nothing if it told neither: an empty list alone does
/// not say that nobody watches.
pub(crate) fn viewer_count(feed: &Feed) -> Option<u32> {
    let listed = u32::try_from(feed.viewers.len()).ok().filter(|n| *n > 0);
    feed.viewer_count.or(listed)
}

/// Whether the list names every viewer, so that who is not in it has left.
pub(crate) fn lists_all(feed: &Feed) -> bool {
    feed.viewer_count
        .is_none_or(|count| feed.viewers.len() >= count as usize)
}

/// Whether the feed comes from another stream or login than the segment records. What is unknown on either side is no
/// change: a segment is completed, not followed, when its login becomes known.
pub(crate) fn moved(segment: &FeedSegment, feed: &Feed) -> bool {
    let differ = |was: Option<i64>, is: Option<i64>| was.is_some() && is.is_some() && was != is;
    differ(segment.stream_id, feed.stream.id)
        || differ(segment.profile.map(|p| p.0), feed.profile.map(|p| p.0))
}

/// Whether listeners should be told of more than progress.
pub(crate) fn visibly_changed(old: &Feed, new: &Feed) -> bool {
    old.state != new.state
        || old.profile != new.profile
        || viewer_count(old) != viewer_count(new)
        || differ(&old.channel, &new.channel)
        || differ(&old.stream, &new.stream)
        || old.programme != new.programme
        || media_changed(&old.media, &new.media)
        || viewers_changed(&old.viewers, &new.viewers)
}

fn differ<T: PartialEq>(old: &Arc<T>, new: &Arc<T>) -> bool {
    !Arc::ptr_eq(old, new) && old != new
}

/// Media but for its running figures.
fn media_changed(old: &Arc<FeedMedia>, new: &Arc<FeedMedia>) -> bool {
    let still = |m: &FeedMedia| {
        let mut m = m.clone();
        (m.video_bitrate_bps, m.output_bitrate_bps, m.speed) = (None, None, None);
        m
    };
    differ(old, new) && still(old) != still(new)
}

/// Who watches, but for bytes and rates. Both ordered by client.
fn viewers_changed(old: &Arc<Vec<Viewer>>, new: &Arc<Vec<Viewer>>) -> bool {
    let same = |a: &Viewer, b: &Viewer| {
        a.client_id == b.client_id
            && a.user_id == b.user_id
            && a.user == b.user
            && a.address == b.address
            && a.user_agent == b.user_agent
    };
    !Arc::ptr_eq(old, new) && (old.len() != new.len() || old.iter().zip(new.iter()).any(|(a, b)| !same(a, b)))
}
