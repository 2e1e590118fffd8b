//! Feeds and viewers of a stream manager over time: a full look says what runs, and whatever is not in it is over.

mod restore;
pub(crate) mod rules;
mod run;
mod viewing;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::iptv::{Feed, FeedRun, Inventory, Iptv, ProfileId, ProviderCounters, ViewCounters, ViewKey};
use model::{Event, ServerSnapshot, SourceId, Timestamp};

use crate::look::Moment;
use run::Track;
use viewing::Clients;

/// What is needed to follow feeds and is not published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracks {
    /// Open runs, ordered by key.
    runs: Vec<Track>,
    clients: Clients,
    /// The last good look.
    looked: Option<Seen>,
}

/// When something was seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Timestamp,
    /// Absent if an earlier process saw it.
    mono_ms: Option<u64>,
}

impl Seen {
    fn at(moment: Moment) -> Self {
        Self {
            at: moment.at,
            mono_ms: Some(moment.mono_ms),
        }
    }

    /// How long ago that was, by the clock that nobody sets if there is one.
    fn elapsed_ms(self, now: Moment) -> u64 {
        match self.mono_ms {
            Some(then) => now.mono_ms.saturating_sub(then),
            None => u64::try_from(now.at.as_millisecond() - self.at.as_millisecond()).unwrap_or(0),
        }
    }
}

/// Counters of a manager that time, bytes and views go to, and the names of its logins.
struct Ledger<'a> {
    providers: Arc<BTreeMap<ProfileId, ProviderCounters>>,
    views: Arc<BTreeMap<ViewKey, ViewCounters>>,
    inventory: Option<&'a Inventory>,
}

impl Ledger<'_> {
    /// Adds to the counters of a login, if it is known.
    fn provider(&mut self, profile: Option<ProfileId>, add: impl FnOnce(&mut ProviderCounters)) {
        if let Some(profile) = profile {
            add(Arc::make_mut(&mut self.providers).entry(profile).or_default());
        }
    }

    fn view(&mut self, key: ViewKey, add: impl FnOnce(&mut ViewCounters)) {
        add(Arc::make_mut(&mut self.views).entry(key).or_default());
    }
}

/// One look on its way through the runs.
struct Look<'a> {
    source: &'a SourceId,
    moment: Moment,
    /// Time since the last good look, to be credited; 0 if nobody vouches for it.
    span_ms: u64,
    /// Whatever was not in the last good look did not begin before this.
    not_before: Option<Timestamp>,
    ledger: Ledger<'a>,
    clients: &'a mut Clients,
    events: &'a mut Vec<Event>,
}

impl Tracks {
    /// Applies a full look.
    pub(crate) fn look(
        &mut self,
        server: &mut ServerSnapshot,
        feeds: Vec<Feed>,
        moment: Moment,
        events: &mut Vec<Event>,
    ) {
        let old = std::mem::take(&mut self.runs);
        let before = server.iptv.take().unwrap_or_default();
        let looked = self.looked.replace(Seen::at(moment));
        if before.runs.is_empty() && feeds.is_empty() {
            server.iptv = Some(before);
            return;
        }
        let vouched = looked.filter(|l| l.mono_ms.is_some() && !moment.after_outage);
        let mut look = Look {
            source: &server.id,
            moment,
            span_ms: vouched.map_or(0, |l| l.elapsed_ms(moment)),
            not_before: looked.map(|l| just_after(l.at)),
            ledger: Ledger {
                providers: before.providers.clone(),
                views: before.views.clone(),
                inventory: before.inventory.as_deref(),
            },
            clients: &mut self.clients,
            events,
        };
        self.runs = merge(old, ordered(feeds), &mut look);
        let Ledger { providers, views, .. } = look.ledger;
        self.clients.settle();
        server.iptv = Some(Arc::new(Iptv {
            inventory: before.inventory.clone(),
            runs: self.published(),
            providers,
            views,
        }));
    }

    /// Ends everything where it was last seen: the manager has been away for too long.
    pub(crate) fn close(&mut self, server: &mut ServerSnapshot, events: &mut Vec<Event>) {
        if self.runs.is_empty() {
            return;
        }
        for track in std::mem::take(&mut self.runs) {
            track.end(&mut self.clients, events);
        }
        self.clients.settle();
        self.publish(server);
    }

    /// Keeps what a manager has, and names the logins of open runs that were not known by name. True if it changed.
    pub(crate) fn take_inventory(
        &mut self,
        server: &mut ServerSnapshot,
        inventory: Arc<Inventory>,
        events: &mut Vec<Event>,
    ) -> bool {
        let known = server.iptv.as_ref().and_then(|i| i.inventory.as_ref());
        if known == Some(&inventory) {
            return false;
        }
        let mut named = false;
        for track in &mut self.runs {
            if track.name_logins(&inventory) {
                named = true;
                events.push(Event::RunChanged(track.run().clone()));
            }
        }
        Arc::make_mut(server.iptv.get_or_insert_default()).inventory = Some(inventory);
        if named {
            self.publish(server);
        }
        true
    }

    fn publish(&self, server: &mut ServerSnapshot) {
        Arc::make_mut(server.iptv.get_or_insert_default()).runs = self.published();
    }

    /// Open runs as readers see them: ordered by start, then by key.
    fn published(&self) -> Vec<Arc<FeedRun>> {
        let mut runs: Vec<_> = self.runs.iter().map(|t| t.run().clone()).collect();
        // Stable, and they come ordered by key.
        runs.sort_by_key(|r| r.started_at);
        runs
    }
}

/// Feeds by key. A manager that lists a key twice means one feed, and the first is as good as the other.
fn ordered(mut feeds: Vec<Feed>) -> Vec<Feed> {
    feeds.sort_by(|a, b| a.key.cmp(&b.key));
    feeds.dedup_by(|later, first| later.key == first.key);
    feeds
}

/// Walks open runs and listed feeds side by side, both ordered by key.
fn merge(old: Vec<Track>, feeds: Vec<Feed>, look: &mut Look<'_>) -> Vec<Track> {
    let mut runs = Vec::with_capacity(feeds.len());
    let mut old = old.into_iter().peekable();
    for mut feed in feeds {
        viewing::order(&mut feed);
        let mut same = None;
        while let Some(track) = old.next_if(|t| t.key().cmp(&feed.key) != Ordering::Greater) {
            if *track.key() == feed.key {
                same = Some(track);
            } else {
                track.end(look.clients, look.events);
            }
        }
        runs.push(match same {
            Some(mut track) if track.is_continued_by(&feed, look.moment) => {
                track.update(feed, look);
                track
            }
            Some(track) => {
                track.end(look.clients, look.events);
                Track::begin(feed, look)
            }
            None => Track::begin(feed, look),
        });
    }
    for track in old {
        track.end(look.clients, look.events);
    }
    runs
}

fn just_after(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond() + 1).unwrap_or(at)
}
