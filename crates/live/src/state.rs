//! The state and its one transition.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::iptv::Feed;
use model::{
    Availability, Body, Carried, Endpoint, Event, Feature, Health, Observation, Outage, Play, RequestReport,
    ServerSnapshot, SessionDelta, SessionKey, Snapshot, SourceId, State as PlayerState, TransmitDelta,
};

use crate::accrue::{Ledger, StopHint, Track, bit_ms_of, bytes_of};
use crate::look::{self, Moment};
use crate::{iptv, rules};

/// Everything known now. [`State::reconcile`] is its only way forward.
#[derive(Clone, Debug, Default)]
pub struct State {
    version: u64,
    servers: Vec<Arc<ServerSnapshot>>,
    private: HashMap<SourceId, Private>,
    /// Of servers that have not appeared yet.
    carried: HashMap<SourceId, Carried>,
}

/// Per server, what is needed to reconcile but not published.
#[derive(Clone, Debug, Default)]
struct Private {
    tracks: BTreeMap<SessionKey, Track>,
    /// When the current outage was first noticed.
    down_since_mono_ms: Option<u64>,
    /// Its plays come from an earlier process, and no good look has confirmed them yet.
    unconfirmed: bool,
    bit_ms: u64,
    iptv: iptv::Tracks,
}

impl State {
    /// Servers known from the configuration, in its order.
    pub fn new(servers: impl IntoIterator<Item = (SourceId, &'static str)>) -> Self {
        let servers = servers
            .into_iter()
            .map(|(id, kind)| Arc::new(ServerSnapshot::new(id, kind)))
            .collect();
        Self {
            version: 0,
            servers,
            private: HashMap::new(),
            carried: HashMap::new(),
        }
    }

    /// Takes up what an earlier process knew, before the first observation. Each server begins as if an outage had
    /// just ended: a play that the first good look still lists goes on under its old start, any other ends where it
    /// was last seen. What concerns a server that is not known yet waits until it appears.
    pub fn restore(&mut self, carried: impl IntoIterator<Item = Carried>) {
        for one in carried {
            match self.servers.iter_mut().find(|s| s.id == one.source) {
                Some(server) => {
                    let private = self.private.entry(one.source.clone()).or_default();
                    private.restore(Arc::make_mut(server), one);
                }
                None => {
                    self.carried.insert(one.source.clone(), one);
                }
            }
        }
        self.version += 1;
    }

    /// The state as readers see it. Copies pointers only.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            version: self.version,
            servers: self.servers.clone(),
        }
    }

    /// Applies one observation; pushes what changed to `events`. Depends on its arguments alone.
    pub fn reconcile(&mut self, seen: Observation, events: &mut Vec<Event>) {
        self.version += 1;
        let kind = if let Body::Hello { kind } = seen.body {
            kind
        } else {
            "unknown"
        };
        let index = self
            .servers
            .iter()
            .position(|s| s.id == seen.source)
            .unwrap_or_else(|| {
                self.servers
                    .push(Arc::new(ServerSnapshot::new(seen.source.clone(), kind)));
                self.servers.len() - 1
            });
        let private = self.private.entry(seen.source.clone()).or_default();
        let server = Arc::make_mut(&mut self.servers[index]);
        if let Some(carried) = self.carried.remove(&seen.source) {
            private.restore(server, carried);
        }
        let changed = private.apply(server, seen, events);
        if changed {
            events.push(Event::ServerChanged(self.servers[index].clone()));
        }
    }
}

impl Private {
    fn restore(&mut self, server: &mut ServerSnapshot, carried: Carried) {
        self.unconfirmed = true;
        self.bit_ms = bit_ms_of(carried.estimated_bytes);
        for mut play in carried.plays {
            play.ended_at = None;
            self.tracks.insert(play.session.key.clone(), Track::carried(play));
        }
        server.counters = Arc::new(carried.counters);
        server.transmitted_bytes = carried.transmitted_bytes;
        if let Some(iptv) = carried.iptv {
            self.iptv.restore(server, iptv);
        }
        self.publish_plays(server);
    }

    /// Whether nobody can vouch for what happened since the last good look.
    fn in_the_dark(&self) -> bool {
        self.unconfirmed || self.down_since_mono_ms.is_some()
    }

    /// True if the server itself, not only its plays, changed.
    fn apply(&mut self, server: &mut ServerSnapshot, seen: Observation, events: &mut Vec<Event>) -> bool {
        let (at, mono_ms) = (seen.taken_at, seen.mono_ms);
        match seen.body {
            Body::Hello { kind } => set(&mut server.kind, kind),
            Body::Sessions {
                sessions,
                asked_mono_ms,
            } => {
                let after_outage = self.in_the_dark();
                self.down_since_mono_ms = None;
                let moment = Moment {
                    at,
                    mono_ms,
                    asked_mono_ms,
                    after_outage,
                };
                let mut ledger = Ledger {
                    counters: &mut server.counters,
                    bit_ms: &mut self.bit_ms,
                };
                if std::mem::take(&mut self.unconfirmed) {
                    look::end_forgotten(&mut self.tracks, moment, &mut ledger, events);
                }
                look::apply(
                    &server.id,
                    &mut self.tracks,
                    sessions,
                    moment,
                    &mut ledger,
                    events,
                );
                self.publish_plays(server);
                server.last_success_at = Some(at);
                server.last_sessions_ok = Some(true);
                set(&mut server.health, Health::Up)
            }
            Body::Feeds { feeds } => self.feeds(server, feeds, at, mono_ms, events),
            Body::Inventory(inventory) => self.iptv.take_inventory(server, inventory, events),
            Body::Hints(deltas) => {
                self.hints(server, &deltas, at, mono_ms, events);
                false
            }
            Body::Outage(outage) => self.outage(server, outage, at, mono_ms, events),
            Body::Info(info) => set(&mut server.info, Some(Arc::new(info))),
            Body::Libraries(libraries) => set(&mut server.libraries, Some(libraries)),
            Body::Host(load) => set(&mut server.host, Some(load)),
            Body::Transmitted(deltas) => {
                transmitted(server, &deltas);
                false
            }
            Body::Transcodes(counts) => set(&mut server.transcodes, Some(counts)),
            Body::Activities(list) => set(&mut server.activities, Some(Arc::new(list))),
            Body::Update(status) => set(&mut server.update, Some(status)),
            Body::Feature(feature, availability) => {
                let lost = availability == Availability::Unavailable && forget(server, feature);
                server.features.insert(feature, availability) != Some(availability) || lost
            }
            Body::Link(link) => set(&mut server.link, link),
            Body::Request(report) => {
                request(server, &report, at);
                report.error.is_some() && feature_of(report.endpoint).is_some_and(|f| forget(server, f))
            }
            Body::Notifications(count) => {
                server.notifications = server.notifications.saturating_add(count);
                false
            }
        }
    }

    /// What notifications said. They prove that the server was up at that moment.
    fn hints(
        &mut self,
        server: &mut ServerSnapshot,
        deltas: &[SessionDelta],
        at: model::Timestamp,
        mono_ms: u64,
        events: &mut Vec<Event>,
    ) {
        let in_the_dark = self.in_the_dark();
        let mut ledger = Ledger {
            counters: &mut server.counters,
            bit_ms: &mut self.bit_ms,
        };
        let mut progressed = Vec::new();
        for delta in deltas {
            let Some(track) = self.tracks.get_mut(&delta.key) else {
                continue;
            };
            let item = &track.play.session.item;
            let other_item =
                item.live.is_none() && delta.rating_key.is_some() && delta.rating_key != item.rating_key;
            if other_item || in_the_dark {
                continue;
            }
            if track.stop_hint.is_none() {
                track.credit(mono_ms, &mut ledger);
            } else {
                track.skip_to(mono_ms);
            }
            match delta.state {
                Some(PlayerState::Stopped) => {
                    track.stop_hint.get_or_insert(StopHint { at, mono_ms });
                }
                Some(_) => track.stop_hint = None,
                None => {}
            }
            track.hinted_mono_ms = Some(mono_ms);
            let play = Arc::make_mut(&mut track.play);
            play.seen_at = at;
            let session = Arc::make_mut(&mut play.session);
            let before = session.state;
            session.state = delta.state.unwrap_or(before);
            session.position_ms = delta.position_ms.or(session.position_ms);
            if session.state == before {
                progressed.push(track.play.clone());
            } else {
                events.push(Event::PlayChanged(track.play.clone()));
            }
        }
        if !progressed.is_empty() {
            events.push(Event::PlayProgress(progressed.into()));
        }
        for delta in deltas {
            if let Some(track) = self.tracks.get(&delta.key) {
                replace_play(&mut server.plays, &track.play);
            }
        }
        server.estimated_bytes = bytes_of(self.bit_ms);
    }

    /// Nothing is credited from the last good look on. Plays stay open, since a blip is not a stop, but not for ever.
    fn outage(
        &mut self,
        server: &mut ServerSnapshot,
        outage: Outage,
        at: model::Timestamp,
        mono_ms: u64,
        events: &mut Vec<Event>,
    ) -> bool {
        let since_mono_ms = *self.down_since_mono_ms.get_or_insert(mono_ms);
        if mono_ms.saturating_sub(since_mono_ms) >= rules::OUTAGE_CLOSES_AFTER_MS {
            let mut ledger = Ledger {
                counters: &mut server.counters,
                bit_ms: &mut self.bit_ms,
            };
            for (_, mut track) in std::mem::take(&mut self.tracks) {
                events.push(look::end(&mut track, None, mono_ms, &mut ledger));
            }
            self.publish_plays(server);
            let moment = Moment {
                at,
                mono_ms,
                asked_mono_ms: mono_ms,
                after_outage: true,
            };
            self.iptv.close(server, moment, events);
        }
        server.last_sessions_ok = Some(false);
        for feature in Feature::ALL {
            forget(server, feature);
        }
        let since = match &server.health {
            Health::Down { since, .. } => *since,
            Health::Unknown | Health::Up => at,
        };
        set(
            &mut server.health,
            Health::Down {
                kind: outage.kind,
                message: outage.message,
                since,
            },
        )
    }

    /// A full look of a stream manager. True if the server itself changed.
    fn feeds(
        &mut self,
        server: &mut ServerSnapshot,
        feeds: Vec<Feed>,
        at: model::Timestamp,
        mono_ms: u64,
        events: &mut Vec<Event>,
    ) -> bool {
        let moment = Moment {
            at,
            mono_ms,
            asked_mono_ms: mono_ms,
            after_outage: self.in_the_dark(),
        };
        self.down_since_mono_ms = None;
        if std::mem::take(&mut self.unconfirmed) {
            self.iptv.end_forgotten(server, moment, events);
        }
        self.iptv.look(server, feeds, moment, events);
        server.last_success_at = Some(at);
        server.last_sessions_ok = Some(true);
        set(&mut server.health, Health::Up)
    }

    fn publish_plays(&self, server: &mut ServerSnapshot) {
        server.estimated_bytes = bytes_of(self.bit_ms);
        server.plays.clear();
        server.plays.extend(self.tracks.values().map(|t| t.play.clone()));
        server.plays.sort_by(|a, b| order(a).cmp(&order(b)));
    }
}

fn order(play: &Play) -> (model::Timestamp, &SessionKey) {
    (play.started_at, &play.session.key)
}

/// Publishes one play anew in the sorted list; hints come a hundred times a second and change few.
fn replace_play(plays: &mut [Arc<Play>], play: &Arc<Play>) {
    if let Ok(i) = plays.binary_search_by(|p| order(p).cmp(&order(play))) {
        plays[i] = play.clone();
    }
}

/// Stores `value`; true if it differs from what was there.
fn set<T: PartialEq>(slot: &mut T, value: T) -> bool {
    let changed = *slot != value;
    *slot = value;
    changed
}

/// The feature an endpoint serves, if its value is of the moment.
fn feature_of(endpoint: Endpoint) -> Option<Feature> {
    match endpoint {
        Endpoint::Resources => Some(Feature::Resources),
        Endpoint::Transcodes => Some(Feature::Transcodes),
        Endpoint::Activities => Some(Feature::Activities),
        _ => None,
    }
}

/// Drops a value of the moment that nobody vouches for any more: a load of yesterday is not the load of now.
/// Sums and slow things (bytes sent, libraries, the version on offer) stay. True if there was one.
fn forget(server: &mut ServerSnapshot, feature: Feature) -> bool {
    match feature {
        Feature::Resources => server.host.take().is_some(),
        Feature::Transcodes => server.transcodes.take().is_some(),
        Feature::Activities => server.activities.take().is_some(),
        Feature::Bandwidth | Feature::Update => false,
    }
}

fn transmitted(server: &mut ServerSnapshot, deltas: &[TransmitDelta]) {
    let bytes = server.transmitted_bytes.get_or_insert_default();
    for delta in deltas {
        let sum = bytes.entry(delta.network).or_default();
        *sum = sum.saturating_add(delta.bytes);
    }
}

fn request(server: &mut ServerSnapshot, report: &RequestReport, at: model::Timestamp) {
    let stats = server.endpoints.entry(report.endpoint).or_default();
    stats.requests += 1;
    stats.retries += u64::from(report.retries);
    stats.last_duration_ms = report.duration_ms;
    stats.last_ok = report.error.is_none();
    match report.error {
        Some(kind) => *stats.errors.entry(kind).or_default() += 1,
        None => stats.last_success_at = Some(at),
    }
}
