//! The small decisions about feeds and viewers, each a pure function with a table of cases in `tests`.

use std::sync::Arc;

use model::Timestamp;
use model::iptv::{Feed, FeedKind, FeedMedia, FeedSegment, FeedState, Viewer};

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
        return same_start(a, b);
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

/// Two tellings of one start.
pub(crate) fn same_start(a: Timestamp, b: Timestamp) -> bool {
    a.as_millisecond().abs_diff(b.as_millisecond()) <= START_JITTER_MS.unsigned_abs()
}

/// How long a feed has run, as told.
pub(crate) fn told_age_ms(age: Age, now: Timestamp) -> Option<u64> {
    let since = |start: Timestamp| u64::try_from(now.as_millisecond() - start.as_millisecond()).ok();
    age.uptime_ms.or_else(|| age.started_at.and_then(since))
}

/// Whether a run that nothing is known of began after the first look, `elapsed_ms` ago at `first_at`, so that all its
/// bytes came while we watched. One of which no age is told was not in the looks before.
pub(crate) fn began_since(age: Age, first_at: Timestamp, elapsed_ms: u64) -> bool {
    match (age.uptime_ms, age.started_at) {
        (Some(uptime_ms), _) => uptime_ms <= elapsed_ms,
        (None, Some(start)) => start >= first_at,
        (None, None) => true,
    }
}

/// Counters of one film that are told in turn. A player that asks for several parts of it at once has one for each, and
/// the manager tells whichever was written last. Beyond it the one told longest ago is forgotten.
const FILM_COUNTERS: usize = 4;

/// A counter of the manager, followed over restarts of the counter. Of a film, up to [`FILM_COUNTERS`] of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Follow {
    /// Where each was, the one told last first.
    open: [Option<u64>; FILM_COUNTERS],
    /// How many of them are used.
    most: usize,
}

impl Follow {
    pub(crate) fn of(kind: FeedKind) -> Self {
        let most = match kind {
            FeedKind::Vod => FILM_COUNTERS,
            FeedKind::Live | FeedKind::Preview | FeedKind::Timeshift => 1,
        };
        Self {
            open: [None; FILM_COUNTERS],
            most,
        }
    }

    /// One that was at `last` when an earlier process looked.
    pub(crate) fn from(kind: FeedKind, last: Option<u64>) -> Self {
        let mut follow = Self::of(kind);
        follow.open[0] = last;
        follow
    }

    /// The value told last.
    pub(crate) fn last(&self) -> Option<u64> {
        self.open[0]
    }

    /// What was counted since the value before. A value goes on with the largest counter that is not above it; below all
    /// of them, it is another that began from 0.
    pub(crate) fn growth(&mut self, told: Option<u64>) -> Option<u64> {
        let now = told?;
        let open = &mut self.open[..self.most];
        let before = (0..open.len())
            .filter(|n| open[*n].is_some_and(|value| value <= now))
            .max_by_key(|n| open[*n]);
        let grown = now - before.and_then(|n| open[n]).unwrap_or(0);
        let place = before.unwrap_or(open.len() - 1);
        open[..=place].rotate_right(1);
        open[0] = Some(now);
        Some(grown)
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

/// Whether the feed is known to take no connection of any login: a film whose player has closed all its streams, as a
/// manager tells that counts them.
pub(crate) fn is_idle(feed: &Feed) -> bool {
    matches!(feed.kind, FeedKind::Vod | FeedKind::Timeshift)
        && feed.state == Some(FeedState::Paused)
        && feed.profile.is_none()
        && feed.viewer_count == Some(0)
}

/// Whether a feed that is in state error has failed, and has not been counted. `before`: the state told before.
///
/// With viewers it has. Dispatcharr gives up in one step: it says error and sends the viewers away, so mostly none is
/// left. It also says error for a second at an ordinary stop, when the last viewer has gone; but then the picture was
/// there until then.
pub(crate) fn has_failed(before: Option<FeedState>, viewers: Option<u32>) -> bool {
    use FeedState::{Active, Error, Stopped, Stopping};
    match before {
        Some(Error) => false,
        None | Some(Active | Stopping | Stopped) => viewers != Some(0),
        Some(_) => true,
    }
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
