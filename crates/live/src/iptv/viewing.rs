//! One viewer of a feed from start to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::iptv::{Feed, FeedRun, Inventory, ViewCounters, ViewKey, Viewer, Viewing};
use model::{Event, RunId, Text, Timestamp, ViewingId};

use super::past::PastView;
use super::rules::{self, Follow};
use super::{Look, Seen, just_after};
use crate::rules::COUNT_AFTER_MS;

/// An open viewing and what following it needs beyond what is published.
#[derive(Clone, Debug)]
pub(super) struct View {
    viewing: Arc<Viewing>,
    /// Everything before this moment has been credited. Not the last look for all: a manager that lists only some
    /// viewers may leave one out for a while.
    credited_mono_ms: u64,
    sent: Follow,
    /// Not in the counters yet: whose view it is, is not known by name.
    held: Option<Held>,
}

/// A view that waits for its user's name.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// When it was first seen; absent if an earlier process saw it.
    since_mono_ms: Option<u64>,
    sums: ViewCounters,
}

impl View {
    pub(super) fn viewing(&self) -> &Arc<Viewing> {
        &self.viewing
    }

    pub(super) fn client(&self) -> &Text {
        &self.viewing.viewer.client_id
    }

    /// A viewer seen for the first time, or again after it was missing; then it is no other view. `not_before`: it was
    /// not there before this moment. `resumes`: the closed run that `run` goes on with.
    pub(super) fn begin(
        viewer: &Viewer,
        run: &FeedRun,
        resumes: Option<&RunId>,
        not_before: Timestamp,
        look: &mut Look<'_>,
    ) -> Self {
        let told = rules::view_start(viewer.connected_at, look.moment.at, not_before);
        let started_at = look.clients.start(&viewer.client_id, told);
        let feed = &run.feed;
        let again = look.past.take_view(&feed.key, &viewer.client_id).filter(|past| {
            past.is(
                feed.kind,
                viewer,
                past.run == run.id || Some(&past.run) == resumes,
            )
        });
        let mut sent = again.as_ref().map_or(Follow::of(feed.kind), |past| past.sent);
        let viewing = Viewing {
            id: ViewingId::of(look.source, &viewer.client_id, started_at.as_millisecond()),
            source: look.source.clone(),
            run: run.id.clone(),
            feed: feed.key.clone(),
            kind: feed.kind,
            channel: feed.channel.clone(),
            profile: feed.profile,
            account: account(feed.profile, look.ledger.inventory),
            started_at,
            ended_at: None,
            seen_at: look.moment.at,
            sent_bytes: sent.growth(viewer.sent_bytes),
            viewer: viewer.clone(),
        };
        let first = ViewCounters {
            views: u64::from(again.is_none()),
            viewed_ms: 0,
        };
        let mut view = Self {
            viewing: Arc::new(viewing),
            credited_mono_ms: look.moment.mono_ms,
            sent,
            held: Some(Held {
                since_mono_ms: Some(look.moment.mono_ms),
                sums: first,
            }),
        };
        view.count_when_ready(false, look);
        view
    }

    /// One that an earlier process left open. Nothing is credited before the first good look.
    pub(super) fn carried(mut viewing: Arc<Viewing>) -> Self {
        Arc::make_mut(&mut viewing).ended_at = None;
        let seen_ms = viewing.seen_at.as_millisecond() - viewing.started_at.as_millisecond();
        let is_counted = !is_nameless(&viewing.viewer) || seen_ms >= COUNT_AFTER_MS.cast_signed();
        let held = Held {
            since_mono_ms: None,
            sums: ViewCounters {
                views: 1,
                viewed_ms: 0,
            },
        };
        Self {
            held: (!is_counted).then_some(held),
            credited_mono_ms: 0,
            sent: Follow::from(viewing.kind, viewing.viewer.sent_bytes.or(viewing.sent_bytes)),
            viewing,
        }
    }

    /// Adds it to the counters once its user is named, or has had time to be, or it is over.
    fn count_when_ready(&mut self, is_over: bool, look: &mut Look<'_>) {
        let Some(held) = &mut self.held else { return };
        let since_mono_ms = *held.since_mono_ms.get_or_insert(look.moment.mono_ms);
        let is_late = look.moment.mono_ms.saturating_sub(since_mono_ms) >= COUNT_AFTER_MS;
        if is_over || is_late || !is_nameless(&self.viewing.viewer) {
            let sums = held.sums;
            self.held = None;
            if sums != ViewCounters::default() {
                look.ledger.view(key(&self.viewing), |v| add(v, sums));
            }
        }
    }

    fn credit(&mut self, viewed_ms: u64, look: &mut Look<'_>) {
        let earned = ViewCounters { views: 0, viewed_ms };
        match &mut self.held {
            Some(held) => add(&mut held.sums, earned),
            None if viewed_ms > 0 => look.ledger.view(key(&self.viewing), |v| add(v, earned)),
            None => {}
        }
    }

    /// Brings it up to date with a look that lists it. `is_watched`: the time since the look before counts.
    pub(super) fn update(&mut self, viewer: &Viewer, feed: &Feed, is_watched: bool, look: &mut Look<'_>) {
        self.skip_outage(look);
        let span_ms = look.moment.mono_ms.saturating_sub(self.credited_mono_ms);
        self.credited_mono_ms = look.moment.mono_ms;
        if is_watched {
            self.credit(span_ms, look);
        }
        let old = &*self.viewing;
        let profile = feed.profile.or(old.profile);
        let account = if profile == old.profile && old.account.is_some() {
            old.account.clone()
        } else {
            account(profile, look.ledger.inventory)
        };
        let sent_bytes = match self.sent.growth(viewer.sent_bytes) {
            Some(grown) => Some(old.sent_bytes.unwrap_or(0).saturating_add(grown)),
            None => old.sent_bytes,
        };
        // Built anew rather than changed in place: whoever reads the last snapshot shares the old one.
        self.viewing = Arc::new(Viewing {
            id: old.id.clone(),
            source: old.source.clone(),
            run: old.run.clone(),
            feed: old.feed.clone(),
            kind: old.kind,
            channel: feed.channel.clone(),
            profile,
            account,
            started_at: old.started_at,
            ended_at: None,
            seen_at: look.moment.at,
            viewer: viewer.clone(),
            sent_bytes,
        });
        self.count_when_ready(false, look);
    }

    /// Not in a look. It is over if the look lists all viewers (true), else it stays.
    pub(super) fn missed(mut self, lists_all: bool, views: &mut Vec<Self>, look: &mut Look<'_>) -> bool {
        if lists_all {
            let ended = self.end(look);
            look.events.push(ended);
        } else {
            self.skip_outage(look);
            views.push(self);
        }
        lists_all
    }

    /// Closes it where it was last seen.
    pub(super) fn end(mut self, look: &mut Look<'_>) -> Event {
        self.count_when_ready(true, look);
        look.clients.left(self.client());
        let viewing = Arc::make_mut(&mut self.viewing);
        // The wall clock may have been set back meanwhile.
        viewing.ended_at = Some(viewing.seen_at.max(viewing.started_at));
        let past = PastView {
            run: viewing.run.clone(),
            kind: viewing.kind,
            connected_at: viewing.viewer.connected_at,
            sent: self.sent,
            closed: Seen::at(look.moment),
        };
        let client_id = viewing.viewer.client_id.clone();
        look.past.keep_view(viewing.feed.clone(), client_id, past);
        Event::ViewingEnded(self.viewing)
    }

    /// Takes over the provider's name. True if it is another.
    pub(super) fn name_account(&mut self, inventory: &Inventory) -> bool {
        let account = account(self.viewing.profile, Some(inventory));
        let named = account.is_some() && account != self.viewing.account;
        if named {
            Arc::make_mut(&mut self.viewing).account = account;
        }
        named
    }

    /// Nobody vouches for the time before the first good look after an outage.
    fn skip_outage(&mut self, look: &Look<'_>) {
        if look.moment.after_outage {
            self.credited_mono_ms = look.moment.mono_ms;
        }
    }
}

/// Whether it signed in, and by what name is not known yet.
fn is_nameless(viewer: &Viewer) -> bool {
    viewer.user_id.is_some() && viewer.user.is_none()
}

fn add(sums: &mut ViewCounters, more: ViewCounters) {
    sums.views = sums.views.saturating_add(more.views);
    sums.viewed_ms = sums.viewed_ms.saturating_add(more.viewed_ms);
}

fn key(viewing: &Viewing) -> ViewKey {
    ViewKey {
        kind: viewing.kind,
        user: viewing.viewer.user.clone(),
    }
}

fn account(profile: Option<model::iptv::ProfileId>, inventory: Option<&Inventory>) -> Option<Text> {
    let (account, _) = inventory?.profile(profile?)?;
    Some(account.name.clone())
}

/// Clients with open viewings. A viewing is named by client and start, and a client that moves to another feed keeps
/// the start it told; this keeps the names apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    open: BTreeMap<Text, Open>,
    /// Left in the look that is being applied; those that also came somewhere in it are not forgotten.
    left: Vec<Text>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    latest: Timestamp,
    viewings: usize,
}

impl Clients {
    /// A start for one more viewing of this client: the wanted one, or just after the latest of its others.
    pub(super) fn start(&mut self, client: &Text, wanted: Timestamp) -> Timestamp {
        let open = self.open.entry(client.clone()).or_insert(Open {
            latest: Timestamp::MIN,
            viewings: 0,
        });
        open.latest = wanted.max(just_after(open.latest));
        open.viewings += 1;
        open.latest
    }

    fn left(&mut self, client: &Text) {
        self.left.push(client.clone());
    }

    /// Forgets those that have left, once the whole look has been applied.
    pub(super) fn settle(&mut self) {
        for client in self.left.drain(..) {
            if let Some(open) = self.open.get_mut(&client) {
                open.viewings -= 1;
                if open.viewings == 0 {
                    self.open.remove(&client);
                }
            }
        }
    }
}

/// Viewers by client: managers list them in any order. One that is listed twice is one viewer.
pub(super) fn order(feed: &mut Feed) {
    if feed.viewers.is_sorted_by(|a, b| a.client_id < b.client_id) {
        return;
    }
    let viewers = Arc::make_mut(&mut feed.viewers);
    viewers.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    viewers.dedup_by(|later, first| later.client_id == first.client_id);
}

/// Lets a list share what it has in common with the one before; both ordered by client.
pub(super) fn share_viewers(old: &Arc<Vec<Viewer>>, new: &mut Arc<Vec<Viewer>>) {
    if old == new {
        *new = old.clone();
        return;
    }
    // A list that someone else holds is not worth a copy.
    let Some(viewers) = Arc::get_mut(new) else { return };
    let mut old = old.iter().peekable();
    for viewer in viewers {
        while old.next_if(|o| o.client_id < viewer.client_id).is_some() {}
        if let Some(before) = old.next_if(|o| o.client_id == viewer.client_id) {
            viewer.client_id = before.client_id.clone();
            share(before.user.as_ref(), &mut viewer.user);
            share(before.address.as_ref(), &mut viewer.address);
            share(before.user_agent.as_ref(), &mut viewer.user_agent);
            share(before.worker_id.as_ref(), &mut viewer.worker_id);
        }
    }
}

fn share(old: Option<&Text>, new: &mut Option<Text>) {
    if old == new.as_ref() {
        *new = old.cloned();
    }
}
