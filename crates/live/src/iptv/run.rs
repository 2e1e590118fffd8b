//! One feed from start to end.

use std::sync::Arc;

use model::iptv::{
    Feed, FeedRun, FeedSegment, FeedState, FeedTotals, Inventory, ProfileId, ProviderAccount, ProviderProfile,
};
use model::{Event, FeedKey, RunId, Timestamp};

use super::rules::{self, Age, Follow};
use super::viewing::{Clients, View, share_viewers};
use super::{Look, Seen};
use crate::look::Moment;
use crate::rules::MAX_SEGMENTS;

/// An open run and what following it needs beyond what is published.
#[derive(Clone, Debug)]
pub(super) struct Track {
    run: Arc<FeedRun>,
    /// Open viewings, ordered by client.
    views: Vec<View>,
    /// What was last told of its age: not every answer has it.
    age: Age,
    /// When its uptime was told.
    uptime_told: Seen,
    received: Follow,
    sent: Follow,
    /// The last state that was told.
    last_state: Option<FeedState>,
    /// The last look that listed every viewer.
    listed_all_at: Option<Timestamp>,
}

impl Track {
    pub(super) fn run(&self) -> &Arc<FeedRun> {
        &self.run
    }

    pub(super) fn key(&self) -> &FeedKey {
        &self.run.feed.key
    }

    /// A run seen for the first time.
    pub(super) fn begin(feed: Feed, look: &mut Look<'_>) -> Self {
        let age = Age::of(&feed);
        // A feed of which no start is told has run since its first viewer came, or longer.
        let first_viewer = || feed.viewers.iter().filter_map(|v| v.connected_at).min();
        let told = Age {
            started_at: age.started_at.or_else(first_viewer),
            ..age
        };
        let started_at = rules::run_start(told, look.moment.at, look.not_before);
        let segment = segment(&feed, started_at, look.ledger.inventory);
        let run = FeedRun {
            id: RunId::of(look.source, &feed.key, started_at.as_millisecond()),
            source: look.source.clone(),
            started_at,
            ended_at: None,
            seen_at: look.moment.at,
            totals: FeedTotals::default(),
            segments: Arc::new(vec![segment]),
            viewings: Vec::new(),
            feed: Arc::new(feed),
        };
        let mut track = Self {
            run: Arc::new(run),
            views: Vec::new(),
            age,
            uptime_told: Seen::at(look.moment),
            received: Follow::default(),
            sent: Follow::default(),
            last_state: None,
            listed_all_at: None,
        };
        let feed = track.run.feed.clone();
        track.count_bytes(&feed, look);
        track.count_rest(&feed, look);
        track.follow_viewers(look);
        look.events.push(Event::RunStarted(track.run.clone()));
        track
    }

    /// One that an earlier process left open. Nothing is credited before the first good look.
    pub(super) fn carried(mut run: FeedRun) -> Self {
        run.ended_at = None;
        if run.segments.is_empty() {
            run.segments = Arc::new(vec![segment(&run.feed, run.started_at, None)]);
        }
        let seen = Seen {
            at: run.seen_at,
            mono_ms: None,
        };
        let mut views: Vec<_> = run.viewings.drain(..).map(View::carried).collect();
        views.sort_by(|a, b| a.client().cmp(b.client()));
        views.dedup_by(|later, first| later.client() == first.client());
        let mut track = Self {
            age: Age::of(&run.feed),
            uptime_told: seen,
            received: Follow::from(run.feed.received_bytes.or(run.totals.received_bytes)),
            sent: Follow::from(run.feed.sent_bytes.or(run.totals.sent_bytes)),
            last_state: run.feed.state,
            listed_all_at: rules::lists_all(&run.feed).then_some(run.seen_at),
            views,
            run: Arc::new(run),
        };
        track.publish_viewings();
        track
    }

    /// Whether a feed under the same key is the same run.
    pub(super) fn is_continued_by(&self, feed: &Feed, moment: Moment) -> bool {
        let elapsed_ms = self.uptime_told.elapsed_ms(moment);
        self.run.feed.kind == feed.kind && rules::continues(self.age, Age::of(feed), elapsed_ms)
    }

    /// Brings it up to date with a look that still lists it.
    pub(super) fn update(&mut self, mut feed: Feed, look: &mut Look<'_>) {
        self.credit(look);
        share_unchanged(&self.run.feed, &mut feed);
        if feed.channel.name.is_none() && self.run.feed.channel.name.is_some() {
            // Deleted while it is on the air, or not found this time: history should still know what it was.
            feed.channel = self.run.feed.channel.clone();
        }
        let mut changed = rules::visibly_changed(&self.run.feed, &feed);
        // What came since the last look came by the stream of that look.
        self.count_bytes(&feed, look);
        self.step_segment(&feed, look);
        self.count_rest(&feed, look);
        self.age.started_at = feed.started_at.or(self.age.started_at);
        if feed.uptime_ms.is_some() {
            self.age.uptime_ms = feed.uptime_ms;
            self.uptime_told = Seen::at(look.moment);
        }
        let run = Arc::make_mut(&mut self.run);
        run.seen_at = look.moment.at;
        run.feed = Arc::new(feed);
        changed |= self.follow_viewers(look);
        if changed {
            look.events.push(Event::RunChanged(self.run.clone()));
        }
    }

    /// Closes it and its viewings where each was last seen.
    pub(super) fn end(mut self, clients: &mut Clients, events: &mut Vec<Event>) {
        for view in self.views.drain(..) {
            events.push(view.end(clients));
        }
        let run = Arc::make_mut(&mut self.run);
        run.viewings = Vec::new();
        // The wall clock may have been set back meanwhile.
        run.ended_at = Some(run.seen_at.max(run.started_at));
        events.push(Event::RunEnded(self.run));
    }

    /// Names what was not known by name. True if there was any.
    pub(super) fn name_logins(&mut self, inventory: &Inventory) -> bool {
        let mut named = false;
        if let Some(last) = self.run.segments.last()
            && last.profile_name.is_none()
            && let Some((account, profile)) = login(last.profile, Some(inventory))
        {
            let segments = Arc::make_mut(&mut Arc::make_mut(&mut self.run).segments);
            if let Some(last) = segments.last_mut() {
                name(last, account, profile);
                named = true;
            }
        }
        let mut accounts_named = false;
        for view in &mut self.views {
            accounts_named |= view.name_account(inventory);
        }
        if accounts_named {
            self.publish_viewings();
        }
        named || accounts_named
    }

    /// Credits the time since the last look to what was so then.
    fn credit(&mut self, look: &mut Look<'_>) {
        let span_ms = look.span_ms;
        if span_ms == 0 {
            return;
        }
        let profile = self.profile();
        let run = Arc::make_mut(&mut self.run);
        let totals = &mut run.totals;
        if let Some(count) = rules::viewer_count(&run.feed) {
            totals.viewer_ms += u64::from(count) * span_ms;
        }
        let (mut buffering_ms, mut error_ms) = (0, 0);
        match run.feed.state {
            Some(FeedState::Active) => totals.active_ms += span_ms,
            Some(FeedState::Buffering) => buffering_ms = span_ms,
            Some(FeedState::Error) => error_ms = span_ms,
            _ => {}
        }
        totals.buffering_ms += buffering_ms;
        totals.error_ms += error_ms;
        if buffering_ms + error_ms > 0
            && let Some(last) = Arc::make_mut(&mut run.segments).last_mut()
        {
            last.buffering_ms += buffering_ms;
            last.error_ms += error_ms;
        }
        look.ledger.provider(profile, |p| {
            p.connection_ms += span_ms;
            p.buffering_ms += buffering_ms;
        });
    }

    /// Charges what the manager counted since the last look.
    fn count_bytes(&mut self, feed: &Feed, look: &mut Look<'_>) {
        let profile = self.profile();
        if let Some(grown) = self.received.growth(feed.received_bytes) {
            let run = Arc::make_mut(&mut self.run);
            *run.totals.received_bytes.get_or_insert(0) += grown;
            if grown > 0 {
                if let Some(last) = Arc::make_mut(&mut run.segments).last_mut() {
                    last.received_bytes += grown;
                }
                look.ledger.provider(profile, |p| p.received_bytes += grown);
            }
        }
        if let Some(grown) = self.sent.growth(feed.sent_bytes) {
            *Arc::make_mut(&mut self.run).totals.sent_bytes.get_or_insert(0) += grown;
        }
    }

    /// Errors and the most viewers.
    fn count_rest(&mut self, feed: &Feed, look: &mut Look<'_>) {
        let failed = feed.state == Some(FeedState::Error) && self.last_state != Some(FeedState::Error);
        self.last_state = feed.state.or(self.last_state);
        let viewers = rules::viewer_count(feed);
        // Dispatcharr says error in the last second of an ordinary stop too, when the last viewer has gone.
        if failed && viewers != Some(0) {
            Arc::make_mut(&mut self.run).totals.errors += 1;
            look.ledger
                .provider(feed.profile.or(self.profile()), |p| p.errors += 1);
        }
        if let Some(viewers) = viewers.filter(|n| *n > self.run.totals.peak_viewers) {
            Arc::make_mut(&mut self.run).totals.peak_viewers = viewers;
        }
    }

    /// Follows the running segment by another, or completes it.
    fn step_segment(&mut self, feed: &Feed, look: &mut Look<'_>) {
        let Some(last) = self.run.segments.last() else {
            return;
        };
        if rules::moved(last, feed) {
            let left = last.profile;
            let mut next = segment(feed, look.moment.at, look.ledger.inventory);
            let run = Arc::make_mut(&mut self.run);
            run.totals.failovers += 1;
            look.ledger.provider(left, |p| p.failovers += 1);
            let full = run.segments.len() >= MAX_SEGMENTS;
            let segments = Arc::make_mut(&mut run.segments);
            if full && let Some(last) = segments.last_mut() {
                next.started_at = last.started_at;
                (next.buffering_ms, next.error_ms) = (last.buffering_ms, last.error_ms);
                next.received_bytes = last.received_bytes;
                *last = next;
            } else {
                segments.push(next);
            }
        } else if is_completed_by(last, feed) {
            let run = Arc::make_mut(&mut self.run);
            if let Some(last) = Arc::make_mut(&mut run.segments).last_mut() {
                complete(last, feed, look);
            }
        }
    }

    /// Compares the open viewings with the viewers of the newest look. True if any began or ended.
    fn follow_viewers(&mut self, look: &mut Look<'_>) -> bool {
        let feed = self.run.feed.clone();
        let all = rules::lists_all(&feed);
        let floor = self.listed_all_at.map(super::just_after);
        let not_before = floor.map_or(self.run.started_at, |at| at.max(self.run.started_at));
        let mut old = std::mem::take(&mut self.views).into_iter().peekable();
        let mut views = Vec::with_capacity(feed.viewers.len());
        let mut changed = false;
        for viewer in feed.viewers.iter() {
            while let Some(gone) = old.next_if(|v| *v.client() < viewer.client_id) {
                changed |= gone.missed(all, &mut views, look);
            }
            if let Some(mut view) = old.next_if(|v| *v.client() == viewer.client_id) {
                view.update(viewer, &feed, look);
                views.push(view);
            } else {
                changed = true;
                views.push(View::begin(viewer, &self.run, not_before, look));
            }
        }
        for gone in old {
            changed |= gone.missed(all, &mut views, look);
        }
        self.views = views;
        if all {
            self.listed_all_at = Some(look.moment.at);
        }
        self.publish_viewings();
        changed
    }

    /// Open viewings as readers see them: ordered by start, then by client.
    fn publish_viewings(&mut self) {
        let mut viewings: Vec<_> = self.views.iter().map(|v| v.viewing().clone()).collect();
        viewings.sort_by_key(|v| v.started_at);
        Arc::make_mut(&mut self.run).viewings = viewings;
    }

    /// The login it is fed by, as far as it was ever told.
    fn profile(&self) -> Option<ProfileId> {
        self.run.segments.last().and_then(|s| s.profile)
    }
}

/// Lets equal parts share memory with the look before: ten thousand viewers would otherwise be copied every few
/// seconds.
fn share_unchanged(old: &Feed, new: &mut Feed) {
    fn share<T: PartialEq>(old: &Arc<T>, new: &mut Arc<T>) {
        if old == new {
            *new = old.clone();
        }
    }
    new.key = old.key.clone();
    share(&old.channel, &mut new.channel);
    share(&old.stream, &mut new.stream);
    share(&old.media, &mut new.media);
    if let (Some(old), Some(new)) = (&old.programme, &mut new.programme) {
        share(old, new);
    }
    share_viewers(&old.viewers, &mut new.viewers);
}

fn segment(feed: &Feed, at: Timestamp, inventory: Option<&Inventory>) -> FeedSegment {
    let mut segment = FeedSegment {
        started_at: at,
        stream_id: feed.stream.id,
        stream_name: feed.stream.name.clone(),
        stream_index: feed.stream.index,
        profile: feed.profile,
        profile_name: None,
        account: None,
        max_connections: None,
        buffering_ms: 0,
        error_ms: 0,
        received_bytes: 0,
    };
    if let Some((account, profile)) = login(feed.profile, inventory) {
        name(&mut segment, account, profile);
    }
    segment
}

fn login(
    profile: Option<ProfileId>,
    inventory: Option<&Inventory>,
) -> Option<(&ProviderAccount, &ProviderProfile)> {
    inventory?.profile(profile?)
}

fn name(segment: &mut FeedSegment, account: &ProviderAccount, profile: &ProviderProfile) {
    segment.profile_name = Some(profile.name.clone());
    segment.account = Some(account.name.clone());
    segment.max_connections = profile.max_connections;
}

/// Whether the feed tells something of its stream or login that the segment lacks.
fn is_completed_by(segment: &FeedSegment, feed: &Feed) -> bool {
    (segment.stream_id.is_none() && feed.stream.id.is_some())
        || (segment.stream_name.is_none() && feed.stream.name.is_some())
        || (segment.stream_index.is_none() && feed.stream.index.is_some())
        || (segment.profile.is_none() && feed.profile.is_some())
}

fn complete(segment: &mut FeedSegment, feed: &Feed, look: &mut Look<'_>) {
    segment.stream_id = segment.stream_id.or(feed.stream.id);
    if segment.stream_name.is_none() {
        segment.stream_name.clone_from(&feed.stream.name);
    }
    segment.stream_index = segment.stream_index.or(feed.stream.index);
    if segment.profile.is_none() && feed.profile.is_some() {
        segment.profile = feed.profile;
        // What the segment had before was this login's as well.
        let (received_bytes, buffering_ms) = (segment.received_bytes, segment.buffering_ms);
        look.ledger.provider(feed.profile, |p| {
            p.received_bytes += received_bytes;
            p.buffering_ms += buffering_ms;
        });
        if let Some((account, profile)) = login(feed.profile, look.ledger.inventory) {
            name(segment, account, profile);
        }
    }
}
