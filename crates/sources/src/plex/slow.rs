//! The slow round: everything that is asked for at its own pace beside the sessions. Each item fails alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Kind;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use model::{
    Activity, Availability, Body, Feature, HostLoad, Network, ServerInfo, TranscodeCounts, TransmitDelta,
    UpdateStatus,
};
use tokio::time::{Instant, sleep_until};

use super::ask;
use super::bandwidth::Meter;
use super::error::Error;
use super::libraries::{self, Book, Counted, Listed};
use super::map::{self, BandwidthRow};
use super::server::one_line;
use super::shared::Shared;
use crate::pace::phase;

/// A feature the server refuses is asked for again this rarely.
const REFUSED_EVERY: Duration = Duration::from_hours(6);

/// What a notification stirs up is asked for again no sooner than this after the last time.
const STIRRED_WAIT: Duration = Duration::from_secs(5);

/// After the server came up, items begin this far apart.
const START_GAP: Duration = Duration::from_millis(150);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Item {
    Root,
    Libraries,
    Bandwidth,
    Resources,
    Transcodes,
    Activities,
    Update,
}

impl Item {
    /// In the order in which they begin.
    const ALL: [Self; 7] = [
        Self::Libraries,
        Self::Root,
        Self::Bandwidth,
        Self::Resources,
        Self::Transcodes,
        Self::Activities,
        Self::Update,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Libraries => "libraries",
            Self::Bandwidth => "bandwidth",
            Self::Resources => "resources",
            Self::Transcodes => "transcodes",
            Self::Activities => "activities",
            Self::Update => "update",
        }
    }

    /// `busy`: something plays or is transcoded.
    fn period(self, busy: bool) -> Duration {
        match self {
            Self::Transcodes if busy => Duration::from_secs(15),
            Self::Root | Self::Libraries | Self::Transcodes => Duration::from_mins(1),
            Self::Bandwidth | Self::Resources => Duration::from_secs(15),
            Self::Activities => Duration::from_secs(30),
            Self::Update => Duration::from_hours(6),
        }
    }
}

/// The request report has told of the failure; the item comes again at its time.
fn or_log<T>(result: Result<T, Error>) -> Option<T> {
    result
        .inspect_err(|e| tracing::debug!(kind = %e.kind(), "{}", one_line(e)))
        .ok()
}

/// When an item is next asked for.
#[derive(Clone, Copy, Debug)]
struct Slot {
    due: Instant,
    asked_at: Option<Instant>,
    under_way: bool,
    /// Refused: its due time stays whatever is stirred up.
    refused: bool,
}

/// What came back.
enum Got {
    Root(Result<ServerInfo, Error>),
    Libraries(Result<Listed, Error>),
    Bandwidth(Result<Vec<BandwidthRow>, Error>),
    Resources(Result<Option<HostLoad>, Error>),
    Transcodes(Result<TranscodeCounts, Error>),
    Activities(Result<Vec<Activity>, Error>),
    Update(Result<UpdateStatus, Error>),
    Counted(Counted),
}

struct Round {
    shared: Arc<Shared>,
    slots: HashMap<Item, Slot>,
    jobs: FuturesUnordered<BoxFuture<'static, Got>>,
    features: HashMap<Feature, Availability>,
    meter: Meter,
    book: Book,
    counting: bool,
    /// A library changed since the last count.
    changed: bool,
    transcodes: TranscodeCounts,
    plex_pass: Option<bool>,
}

/// Asks until cancelled from outside.
pub(super) async fn run(shared: Arc<Shared>) {
    let (mut up, mut playing) = (shared.up.subscribe(), shared.playing.subscribe());
    let mut round = Round::new(shared.clone());
    if *up.borrow_and_update() {
        round.begin();
    }
    loop {
        let (is_up, next_due) = (*up.borrow(), round.next_due());
        tokio::select! {
            Some(got) = round.jobs.next(), if !round.jobs.is_empty() => round.take(got).await,
            Ok(()) = up.changed() => {
                if *up.borrow_and_update() {
                    round.begin();
                }
            }
            Ok(()) = playing.changed(), if is_up => round.hasten(Item::Transcodes),
            () = shared.stir.notified() => round.stirred(),
            () = sleep_until(next_due), if is_up => round.start_due(),
        }
    }
}

impl Round {
    fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            slots: HashMap::new(),
            jobs: FuturesUnordered::new(),
            features: HashMap::new(),
            meter: Meter::default(),
            book: Book::default(),
            counting: false,
            changed: false,
            transcodes: TranscodeCounts::default(),
            plex_pass: None,
        }
    }

    /// The server came up: everything anew, refused features too, since the token may be another one.
    fn begin(&mut self) {
        let now = Instant::now();
        for (item, delay) in Item::ALL.into_iter().zip(0_u32..) {
            let slot = self.slots.entry(item).or_insert(Slot {
                due: now,
                asked_at: None,
                under_way: false,
                refused: false,
            });
            slot.due = now + START_GAP * delay;
            slot.asked_at = None;
            slot.refused = false;
        }
    }

    fn next_due(&self) -> Instant {
        let far = Instant::now() + Duration::from_hours(1);
        self.slots
            .values()
            .filter(|s| !s.under_way)
            .map(|s| s.due)
            .min()
            .unwrap_or(far)
    }

    /// Asks soon, but not more often than every few seconds.
    fn hasten(&mut self, item: Item) {
        let now = Instant::now();
        if let Some(slot) = self.slots.get_mut(&item).filter(|s| !s.refused) {
            let earliest = slot.asked_at.map_or(now, |at| at + STIRRED_WAIT).max(now);
            slot.due = slot.due.min(earliest);
        }
    }

    fn stirred(&mut self) {
        let stirred = self.shared.take_stirred();
        if stirred.activity {
            self.hasten(Item::Activities);
        }
        self.changed |= stirred.libraries;
    }

    fn start_due(&mut self) {
        let now = Instant::now();
        for item in Item::ALL {
            let Some(slot) = self.slots.get_mut(&item).filter(|s| !s.under_way && s.due <= now) else {
                continue;
            };
            slot.under_way = true;
            let job = self.job(item, now);
            self.jobs.push(job);
        }
    }

    fn job(&self, item: Item, now: Instant) -> BoxFuture<'static, Got> {
        let shared = self.shared.clone();
        match item {
            Item::Root => {
                Box::pin(async move { Got::Root(shared.server.fetch_leniently(&ask::ROOT, map::root).await) })
            }
            Item::Libraries => {
                let (known, sections) = (self.book.ids(), self.book.wants_sections(now));
                Box::pin(
                    async move { Got::Libraries(libraries::list(&shared.server, known, sections).await) },
                )
            }
            Item::Bandwidth => {
                let ask = ask::bandwidth(self.meter.since_s());
                Box::pin(
                    async move { Got::Bandwidth(shared.server.fetch_leniently(&ask, map::bandwidth).await) },
                )
            }
            Item::Resources => Box::pin(async move {
                Got::Resources(
                    shared
                        .server
                        .fetch_leniently(&ask::RESOURCES, map::resources)
                        .await,
                )
            }),
            Item::Transcodes => Box::pin(async move {
                Got::Transcodes(
                    shared
                        .server
                        .fetch_leniently(&ask::TRANSCODES, map::transcodes)
                        .await,
                )
            }),
            Item::Activities => Box::pin(async move {
                Got::Activities(
                    shared
                        .server
                        .fetch_leniently(&ask::ACTIVITIES, map::activities)
                        .await,
                )
            }),
            Item::Update => Box::pin(async move {
                Got::Update(shared.server.fetch_leniently(&ask::UPDATE, map::update).await)
            }),
        }
    }

    async fn take(&mut self, got: Got) {
        match got {
            Got::Root(result) => self.take_root(result).await,
            Got::Libraries(result) => self.take_libraries(result).await,
            Got::Counted(counted) => {
                self.counting = false;
                self.book.counted(counted, Instant::now());
                self.tell_libraries().await;
            }
            Got::Bandwidth(result) => self.take_bandwidth(result).await,
            Got::Resources(result) => {
                let result = self.unless_empty_for_free(result);
                if let Some(Some(load)) = self.gate(Item::Resources, Feature::Resources, result).await {
                    self.shared.outbox.send(Body::Host(load)).await;
                }
            }
            Got::Transcodes(result) => {
                let counts = self.gate(Item::Transcodes, Feature::Transcodes, result).await;
                self.transcodes = counts.unwrap_or_default();
                if let Some(counts) = counts {
                    self.shared.outbox.send(Body::Transcodes(counts)).await;
                }
            }
            Got::Activities(result) => {
                if let Some(list) = self.gate(Item::Activities, Feature::Activities, result).await {
                    self.shared.outbox.send(Body::Activities(list)).await;
                }
            }
            Got::Update(result) => {
                if let Some(status) = self.gate(Item::Update, Feature::Update, result).await {
                    self.shared.outbox.send(Body::Update(status)).await;
                }
            }
        }
    }

    async fn take_root(&mut self, result: Result<ServerInfo, Error>) {
        self.done(Item::Root, false);
        let Some(info) = or_log(result) else { return };
        if self.shared.server.verify(&info.machine_id).is_err() {
            // Another server at our address: the next look asks who is there, and says so.
            self.shared.doubt.store(true, Ordering::Relaxed);
            let now_ms = self.shared.now_ms();
            self.shared.hints().want_look(now_ms);
            self.shared.look.notify_one();
            return;
        }
        self.plex_pass = info.plex_pass;
        self.shared.outbox.send(Body::Info(info)).await;
    }

    async fn take_libraries(&mut self, result: Result<Listed, Error>) {
        self.done(Item::Libraries, false);
        let Some(listed) = or_log(result) else { return };
        let now = Instant::now();
        self.book.update(listed, now);
        let refs = self.book.refs();
        if *self.shared.libraries() != refs {
            // Sessions carry their library's name: look again with the new ones.
            self.shared.set_libraries(refs);
            let now_ms = self.shared.now_ms();
            self.shared.hints().want_look(now_ms);
            self.shared.look.notify_one();
        }
        self.tell_libraries().await;
        if self.counting {
            return;
        }
        let interval = Duration::from_secs(self.shared.cfg.library_interval_s);
        let changed = std::mem::take(&mut self.changed);
        let (due, first) = self.book.due(self.shared.outbox.id(), interval, changed, now);
        if !due.is_empty() {
            self.counting = true;
            let shared = self.shared.clone();
            self.jobs.push(Box::pin(async move {
                Got::Counted(libraries::count(&shared, due, first).await)
            }));
        }
    }

    async fn tell_libraries(&mut self) {
        if let Some(news) = self.book.news() {
            self.shared.outbox.send(Body::Libraries(news)).await;
        }
    }

    async fn take_bandwidth(&mut self, result: Result<Vec<BandwidthRow>, Error>) {
        let was = self.features.get(&Feature::Bandwidth).copied();
        let Some(rows) = self.gate(Item::Bandwidth, Feature::Bandwidth, result).await else {
            return;
        };
        let mut deltas = self.meter.absorb(&rows);
        if was != Some(Availability::Available) {
            // Counters begin at 0, not with their first bytes.
            deltas.extend([Network::Lan, Network::Wan].map(|network| TransmitDelta { network, bytes: 0 }));
        }
        if !deltas.is_empty() {
            self.shared.outbox.send(Body::Transmitted(deltas)).await;
        }
    }

    /// Some servers without a licence answer with an empty list instead of a refusal.
    fn unless_empty_for_free(
        &self,
        result: Result<Option<HostLoad>, Error>,
    ) -> Result<Option<HostLoad>, Error> {
        match result {
            Ok(None) if self.plex_pass == Some(false) => {
                let what = "the server sends no statistics without a Plex Pass".to_owned();
                let words = super::words::Words {
                    what,
                    kind: Kind::Forbidden,
                    hint: None,
                    more: false,
                };
                Err(self.shared.server.client.error(words, None))
            }
            other => other,
        }
    }

    /// Tells whether a feature is there, once, and passes its value on.
    async fn gate<T>(&mut self, item: Item, feature: Feature, result: Result<T, Error>) -> Option<T> {
        let refused = result
            .as_ref()
            .is_err_and(|e| matches!(e.kind(), Kind::Unauthorized | Kind::Forbidden | Kind::NotFound));
        self.done(item, refused);
        if result.is_err() && !refused {
            return or_log(result);
        }
        let availability = if refused {
            Availability::Unavailable
        } else {
            Availability::Available
        };
        if self.features.insert(feature, availability) != Some(availability) {
            let (id, feature_name) = (self.shared.outbox.id(), feature.as_str());
            if let Err(e) = &result {
                let why = one_line(e);
                tracing::info!(
                    feature = feature_name,
                    "plex \"{id}\" does not offer {feature_name}: {why}"
                );
            }
            self.shared
                .outbox
                .send(Body::Feature(feature, availability))
                .await;
        }
        result.ok()
    }

    /// An item has been answered: sets its next time. The first repetition falls on the source's own phase.
    fn done(&mut self, item: Item, refused: bool) {
        let now = Instant::now();
        let busy = *self.shared.playing.borrow() || self.transcodes != TranscodeCounts::default();
        let period = item.period(busy);
        let Some(slot) = self.slots.get_mut(&item) else {
            return;
        };
        let wait = match (refused, slot.asked_at) {
            (true, _) => REFUSED_EVERY,
            (false, Some(_)) => period,
            (false, None) => phase(self.shared.outbox.id(), item.name(), period).max(period / 4),
        };
        slot.due = now + wait;
        (slot.asked_at, slot.under_way, slot.refused) = (Some(now), false, refused);
    }
}
