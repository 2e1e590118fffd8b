//! One feed from start to end.

use std::sync::Arc;

use model::iptv::{
    Feed, FeedRun, FeedSegment, FeedState, FeedTotals, Inventory, ProfileId, ProviderAccount, ProviderProfile,
};
use model::{Event, FeedKey, RunId, Timestamp};

use super::past::{Kin, PastRun};
use super::rules::{self, Age, Follow};
use super::viewing::{View, share_viewers};
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
    /// The last state that was told, but for an error that was not counted.
    last_state: Option<FeedState>,
    /// The last look that listed every viewer.
    listed_all_at: Option<Timestamp>,
    /// The closed run that this one goes on with.
    resumes: Option<RunId>,
    /// Bytes of the running segment that came before we watched: no counter has them.
    before_us_bytes: u64,
}

impl Track {
    pub(super) fn run(&self) -> &Arc<FeedRun> {
        &self.run
    }

    pub(super) fn key(&self) -> &FeedKey {
        &self.run.feed.key
    }

    /// A run seen for the first time.
    ///
    /// Counters count what came since we watch. Of a run that began before our first look, its total has what the
    /// manager had counted by then, and the counters have nothing of it. One that began later counts from 0, and one
    /// that was closed and is seen again from where it was.
    pub(super) fn begin(feed: Feed, look: &mut Look<'_>) -> Self {
        let age = Age::of(&feed);
        // A feed of which no start is told has run since its first viewer came, or longer.
        let first_viewer = || feed.viewers.iter().filter_map(|v| v.connected_at).min();
        let told = Age {
            started_at: age.started_at.or_else(first_viewer),
            ..age
        };
        let started_at = rules::run_start(told, look.moment.at, look.not_before);
        let known = look.past.take_run(&feed.key);
        let is_known = known.is_some();
        let bytes = feed.received_bytes.or(feed.sent_bytes);
        let kin = |past: &PastRun| past.kin(feed.kind, age, bytes, look.moment);
        let kin = known.as_ref().map_or(Kin::Other, kin);
        let (received, sent) = match &known {
            Some(past) if kin != Kin::Other => (past.received, past.sent),
            _ => (Follow::of(feed.kind), Follow::of(feed.kind)),
        };
        let began_since = |first: Seen| rules::began_since(told, first.at, first.elapsed_ms(look.moment));
        let is_ours = is_known || look.first.is_some_and(began_since);
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
            received,
            sent,
            last_state: None,
            listed_all_at: None,
            resumes: known.filter(|_| kin == Kin::Same).map(|past| past.run),
            before_us_bytes: 0,
        };
        let feed = track.run.feed.clone();
        track.count_bytes(&feed, is_ours, look);
        track.count_rest(&feed, look);
        track.follow_viewers(false, look);
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
            received: Follow::from(
                run.feed.kind,
                run.feed.received_bytes.or(run.totals.received_bytes),
            ),
            sent: Follow::from(run.feed.kind, run.feed.sent_bytes.or(run.totals.sent_bytes)),
            // An error that was not counted is none yet.
            last_state: run
                .feed
                .state
                .filter(|state| *state != FeedState::Error || run.totals.errors > 0),
            listed_all_at: rules::lists_all(&run.feed).then_some(run.seen_at),
            views,
            run: Arc::new(run),
            resumes: None,
            before_us_bytes: 0,
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
        // Whoever is listed of a feed that nobody reads watches nothing.
        let is_watched = rules::viewer_count(&self.run.feed) != Some(0);
        // What came since the last look came by the stream of that look.
        self.count_bytes(&feed, true, look);
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
        changed |= self.follow_viewers(is_watched, look);
        if changed {
            look.events.push(Event::RunChanged(self.run.clone()));
        }
    }

    /// Closes it and its viewings where each was last seen.
    pub(super) fn end(mut self, look: &mut Look<'_>) {
        for view in self.views.drain(..) {
            let ended = view.end(look);
            look.events.push(ended);
        }
        let run = Arc::make_mut(&mut self.run);
        run.viewings = Vec::new();
        // The wall clock may have been set back meanwhile.
        run.ended_at = Some(run.seen_at.max(run.started_at));
        let past = PastRun {
            run: run.id.clone(),
            kind: run.feed.kind,
            age: self.age,
            age_told: self.uptime_told,
            ran_ms: rules::told_age_ms(self.age, run.seen_at),
            received: self.received,
            sent: self.sent,
            closed: Seen::at(look.moment),
        };
        look.past.keep_run(run.feed.key.clone(), past);
        look.events.push(Event::RunEnded(self.run));
    }

    /// Takes over names and limit of the login that is in use. True if any was new. What is over keeps those it had.
    pub(super) fn name_logins(&mut self, inventory: &Inventory) -> bool {
        let mut named = false;
        if let Some(last) = self.run.segments.last()
            && let Some((account, profile)) = login(last.profile, Some(inventory))
            && !is_named(last, account, profile)
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
            add(&mut totals.viewer_ms, u64::from(count).saturating_mul(span_ms));
        }
        let (mut buffering_ms, mut error_ms) = (0, 0);
        match run.feed.state {
            Some(FeedState::Active) => add(&mut totals.active_ms, span_ms),
            Some(FeedState::Buffering) => buffering_ms = span_ms,
            Some(FeedState::Error) => error_ms = span_ms,
            _ => {}
        }
        add(&mut totals.buffering_ms, buffering_ms);
        add(&mut totals.error_ms, error_ms);
        if buffering_ms + error_ms > 0
            && let Some(last) = Arc::make_mut(&mut run.segments).last_mut()
        {
            add(&mut last.buffering_ms, buffering_ms);
            add(&mut last.error_ms, error_ms);
        }
        look.ledger.provider(profile, |p| {
            add(&mut p.connection_ms, span_ms);
            add(&mut p.buffering_ms, buffering_ms);
        });
    }

    /// Charges what the manager counted since the last look. `is_ours`: it came while we watched.
    fn count_bytes(&mut self, feed: &Feed, is_ours: bool, look: &mut Look<'_>) {
        let profile = self.profile();
        let run = Arc::make_mut(&mut self.run);
        if let Some(grown) = self.received.growth(feed.received_bytes) {
            add(run.totals.received_bytes.get_or_insert(0), grown);
            if grown > 0 {
                if let Some(last) = Arc::make_mut(&mut run.segments).last_mut() {
                    add(&mut last.received_bytes, grown);
                }
                if is_ours {
                    look.ledger
                        .provider(profile, |p| add(&mut p.received_bytes, grown));
                } else {
                    self.before_us_bytes = grown;
                }
            }
        }
        if let Some(grown) = self.sent.growth(feed.sent_bytes) {
            add(run.totals.sent_bytes.get_or_insert(0), grown);
        }
    }

    /// Errors and the most viewers.
    fn count_rest(&mut self, feed: &Feed, look: &mut Look<'_>) {
        let viewers = rules::viewer_count(feed);
        let is_error = feed.state == Some(FeedState::Error);
        if is_error && rules::has_failed(self.last_state, viewers) {
            let totals = &mut Arc::make_mut(&mut self.run).totals;
            totals.errors = totals.errors.saturating_add(1);
            look.ledger
                .provider(feed.profile.or(self.profile()), |p| add(&mut p.errors, 1));
            self.last_state = feed.state;
        } else if !is_error {
            self.last_state = feed.state.or(self.last_state);
        }
        if let Some(viewers) = viewers.filter(|n| *n > self.run.totals.peak_viewers) {
            Arc::make_mut(&mut self.run).totals.peak_viewers = viewers;
        }
    }

    /// Follows the running segment by another, or completes it. A film that stands idle has given its login back: that
    /// is a segment without one, and neither its beginning nor its end is a failover.
    fn step_segment(&mut self, feed: &Feed, look: &mut Look<'_>) {
        let Some(last) = self.run.segments.last() else {
            return;
        };
        let (was_idle, is_idle) = (rules::is_idle(&self.run.feed), rules::is_idle(feed));
        if was_idle != is_idle {
            self.next_segment(feed, look);
        } else if rules::moved(last, feed) {
            let left = last.profile;
            let totals = &mut Arc::make_mut(&mut self.run).totals;
            totals.failovers = totals.failovers.saturating_add(1);
            look.ledger.provider(left, |p| add(&mut p.failovers, 1));
            self.next_segment(feed, look);
        } else if is_completed_by(last, feed) {
            let run = Arc::make_mut(&mut self.run);
            if let Some(last) = Arc::make_mut(&mut run.segments).last_mut() {
                complete(last, feed, self.before_us_bytes, look);
            }
        }
    }

    fn next_segment(&mut self, feed: &Feed, look: &Look<'_>) {
        let mut next = segment(feed, look.moment.at, look.ledger.inventory);
        let run = Arc::make_mut(&mut self.run);
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
        self.before_us_bytes = 0;
    }

    /// Compares the open viewings with the viewers of the newest look. True if any began or ended. `is_watched`: the
    /// time since the look before was spent watching.
    fn follow_viewers(&mut self, is_watched: bool, look: &mut Look<'_>) -> bool {
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
                view.update(viewer, &feed, is_watched, look);
                views.push(view);
            } else {
                changed = true;
                views.push(View::begin(
                    viewer,
                    &self.run,
                    self.resumes.as_ref(),
                    not_before,
                    look,
                ));
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

/// Sums of told numbers stay at the largest number there is.
fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
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

fn is_named(segment: &FeedSegment, account: &ProviderAccount, profile: &ProviderProfile) -> bool {
    segment.profile_name.as_ref() == Some(&profile.name)
        && segment.account.as_ref() == Some(&account.name)
        && segment.max_connections == profile.max_connections
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

fn complete(segment: &mut FeedSegment, feed: &Feed, before_us_bytes: u64, look: &mut Look<'_>) {
    segment.stream_id = segment.stream_id.or(feed.stream.id);
    if segment.stream_name.is_none() {
        segment.stream_name.clone_from(&feed.stream.name);
    }
    segment.stream_index = segment.stream_index.or(feed.stream.index);
    if segment.profile.is_none() && feed.profile.is_some() {
        segment.profile = feed.profile;
        // What the segment had before was this login's as well.
        let received_bytes = segment.received_bytes.saturating_sub(before_us_bytes);
        let buffering_ms = segment.buffering_ms;
        look.ledger.provider(feed.profile, |p| {
            add(&mut p.received_bytes, received_bytes);
            add(&mut p.buffering_ms, buffering_ms);
        });
        if let Some((account, profile)) = login(feed.profile, look.ledger.inventory) {
            name(segment, account, profile);
        }
    }
}
