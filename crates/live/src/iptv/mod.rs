//! Feeds and viewers of a stream manager over time: a full look says what runs, and whatever is not in it is over.

mod past;
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
use past::Past;
use run::Track;
use viewing::Clients;

/// What is needed to follow feeds and is not published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracks {
    /// Open runs, ordered by key.
    runs: Vec<Track>,
    clients: Clients,
    /// What is closed and may be seen again.
    past: Past,
    /// The last good look.
    looked: Option<Seen>,
    /// The first one, be it an earlier process's. Counters count what came since.
    first: Option<Seen>,
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

/// What earlier looks say about a look.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    span_ms: u64,
    not_before: Option<Timestamp>,
    first: Option<Seen>,
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
    /// The first look, if there was one before.
    first: Option<Seen>,
    ledger: Ledger<'a>,
    clients: &'a mut Clients,
    past: &'a mut Past,
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
        let looked = self.looked.replace(Seen::at(moment));
        let first = self.first;
        self.first.get_or_insert_with(|| Seen::at(moment));
        if self.runs.is_empty() && feeds.is_empty() {
            server.iptv.get_or_insert_default();
            return;
        }
        let vouched = looked.filter(|l| l.mono_ms.is_some() && !moment.after_outage);
        let known = Known {
            span_ms: vouched.map_or(0, |l| l.elapsed_ms(moment)),
            not_before: looked.map(|l| just_after(l.at)),
            first,
        };
        self.walk(server, moment, known, events, |old, look| {
            merge(old, ordered(feeds), look)
        });
    }

    /// Ends everything where it was last seen: the manager has been away for too long.
    pub(crate) fn close(&mut self, server: &mut ServerSnapshot, moment: Moment, events: &mut Vec<Event>) {
        if self.runs.is_empty() {
            return;
        }
        self.walk(server, moment, Known::default(), events, |old, look| {
            for track in old {
                track.end(look);
            }
            Vec::new()
        });
    }

    /// Turns the open runs into what `step` makes of them, and publishes it with the counters.
    fn walk(
        &mut self,
        server: &mut ServerSnapshot,
        moment: Moment,
        known: Known,
        events: &mut Vec<Event>,
        step: impl FnOnce(Vec<Track>, &mut Look<'_>) -> Vec<Track>,
    ) {
        let before = server.iptv.take().unwrap_or_default();
        let mut look = Look {
            source: &server.id,
            moment,
            span_ms: known.span_ms,
            not_before: known.not_before,
            first: known.first,
            ledger: Ledger {
                providers: before.providers.clone(),
                views: before.views.clone(),
                inventory: before.inventory.as_deref(),
            },
            clients: &mut self.clients,
            past: &mut self.past,
            events,
        };
        self.runs = step(std::mem::take(&mut self.runs), &mut look);
        let Ledger { providers, views, .. } = look.ledger;
        self.clients.settle();
        self.past.settle(moment);
        server.iptv = Some(Arc::new(Iptv {
            inventory: before.inventory.clone(),
            runs: self.published(),
            providers,
            views,
        }));
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
                track.end(look);
            }
        }
        runs.push(match same {
            Some(mut track) if track.is_continued_by(&feed, look.moment) => {
                track.update(feed, look);
                track
            }
            Some(track) => {
                track.end(look);
                Track::begin(feed, look)
            }
            None => Track::begin(feed, look),
        });
    }
    for track in old {
        track.end(look);
    }
    runs
}

fn just_after(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond() + 1).unwrap_or(at)
}
