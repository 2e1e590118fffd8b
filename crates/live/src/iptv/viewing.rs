//! One viewer of a feed from start to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::iptv::{Feed, FeedRun, Inventory, ViewKey, Viewer, Viewing};
use model::{Event, Text, Timestamp, ViewingId};

use super::rules::{self, Follow};
use super::{Look, just_after};

/// An open viewing and what following it needs beyond what is published.
#[derive(Clone, Debug)]
pub(super) struct View {
    viewing: Arc<Viewing>,
    /// Everything before this moment has been credited. Not the last look for all: a manager that lists only some
    /// viewers may leave one out for a while.
    credited_mono_ms: u64,
    sent: Follow,
}

impl View {
    pub(super) fn viewing(&self) -> &Arc<Viewing> {
        &self.viewing
    }

    pub(super) fn client(&self) -> &Text {
        &self.viewing.viewer.client_id
    }

    /// A viewer seen for the first time. `not_before`: it was not there before this moment.
    pub(super) fn begin(viewer: &Viewer, run: &FeedRun, not_before: Timestamp, look: &mut Look<'_>) -> Self {
        let told = rules::view_start(viewer.connected_at, look.moment.at, not_before);
        let started_at = look.clients.start(&viewer.client_id, told);
        let mut sent = Follow::default();
        let feed = &run.feed;
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
        look.ledger.view(key(&viewing), |v| v.views += 1);
        Self {
            viewing: Arc::new(viewing),
            credited_mono_ms: look.moment.mono_ms,
            sent,
        }
    }

    /// One that an earlier process left open. Nothing is credited before the first good look.
    pub(super) fn carried(mut viewing: Arc<Viewing>) -> Self {
        Arc::make_mut(&mut viewing).ended_at = None;
        Self {
            credited_mono_ms: 0,
            sent: Follow::from(viewing.viewer.sent_bytes.or(viewing.sent_bytes)),
            viewing,
        }
    }

    /// Brings it up to date with a look that lists it.
    pub(super) fn update(&mut self, viewer: &Viewer, feed: &Feed, look: &mut Look<'_>) {
        self.skip_outage(look);
        let span_ms = look.moment.mono_ms.saturating_sub(self.credited_mono_ms);
        self.credited_mono_ms = look.moment.mono_ms;
        let old = &*self.viewing;
        if span_ms > 0 {
            look.ledger.view(key(old), |v| v.viewed_ms += span_ms);
        }
        let profile = feed.profile.or(old.profile);
        let account = if profile == old.profile && old.account.is_some() {
            old.account.clone()
        } else {
            account(profile, look.ledger.inventory)
        };
        let sent_bytes = match self.sent.growth(viewer.sent_bytes) {
            Some(grown) => Some(old.sent_bytes.unwrap_or(0) + grown),
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
    }

    /// Not in a look. It is over if the look lists all viewers (true), else it stays.
    pub(super) fn missed(mut self, lists_all: bool, views: &mut Vec<Self>, look: &mut Look<'_>) -> bool {
        if lists_all {
            let ended = self.end(look.clients);
            look.events.push(ended);
        } else {
            self.skip_outage(look);
            views.push(self);
        }
        lists_all
    }

    /// Closes it where it was last seen.
    pub(super) fn end(mut self, clients: &mut Clients) -> Event {
        clients.left(self.client());
        let viewing = Arc::make_mut(&mut self.viewing);
        // The wall clock may have been set back meanwhile.
        viewing.ended_at = Some(viewing.seen_at.max(viewing.started_at));
        Event::ViewingEnded(self.viewing)
    }

    /// Fills in the provider's name if it was not known. True if it was filled in.
    pub(super) fn name_account(&mut self, inventory: &Inventory) -> bool {
        if self.viewing.account.is_some() {
            return false;
        }
        let account = account(self.viewing.profile, Some(inventory));
        let named = account.is_some();
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
