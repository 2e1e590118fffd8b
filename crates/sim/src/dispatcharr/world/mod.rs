//! The state of one fake Dispatcharr and the handle that changes it.

mod control;
mod feed;
mod live;
mod on_demand;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::Clock;
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::fault::Fault;
use super::requests::Log;
use super::seed::{AccountSeed, ChannelSeed, ProfileSeed, Seed, StreamSeed};
use crate::fault::Faults;

pub use feed::Viewer;
pub use live::{TuneError, Which};
pub use on_demand::{Content, Kind};

pub(crate) use feed::{CHUNK, Client, Feed};
pub(crate) use on_demand::{Shift, Vod};

/// Messages a slow WebSocket may fall behind before it loses some.
const MESSAGES: usize = 64;

/// System events kept, as a real one does unless told otherwise.
const EVENTS: usize = 100;

/// The handle: changes the server from any thread. Every method returns at once.
#[derive(Debug)]
pub struct World {
    clock: Clock,
    /// How far its wall clock is ahead of `clock`.
    ahead_ms: AtomicI64,
    state: Mutex<State>,
    pub(super) faults: Mutex<Faults<Fault>>,
    pub(super) log: Mutex<Log>,
    /// Text of WebSocket messages.
    messages: broadcast::Sender<Arc<str>>,
    sockets: AtomicUsize,
    /// Is the port open?
    pub(super) open: watch::Sender<bool>,
    /// Cancelled to cut every connection.
    connections: Mutex<CancellationToken>,
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    /// Channels, accounts, users…: changed in place.
    pub(crate) have: Seed,
    /// By key: what is on the air.
    pub(crate) feeds: BTreeMap<String, Feed>,
    /// By session.
    pub(crate) vods: BTreeMap<String, Vod>,
    pub(crate) shifts: BTreeMap<String, Shift>,
    /// By profile: connections counted that are none.
    pub(crate) leaked: BTreeMap<i64, u64>,
    /// Streams that do not work.
    pub(crate) broken: BTreeSet<i64>,
    /// Streams whose figures were written down after half a minute.
    pub(crate) measured: BTreeMap<i64, i64>,
    pub(crate) events: VecDeque<Value>,
    pub(crate) event_count: u64,
    /// When somebody tried to log in, milliseconds.
    pub(crate) logins: VecDeque<i64>,
    /// Tokens of an older generation are void: access, refresh.
    pub(crate) generation: (u64, u64),
    pub(crate) born_ms: i64,
    rng: Rng,
}

/// One WebSocket, counted while it lives.
#[derive(Debug)]
pub(super) struct Socket(Arc<World>);

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is made whole under the lock, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world without a listener; [`super::Dispatcharr::start`] serves one.
    pub fn new(seed: Seed) -> Arc<Self> {
        let clock = seed.clock.clone();
        let state = State {
            rng: Rng::with_seed(seed.random),
            have: seed,
            feeds: BTreeMap::new(),
            vods: BTreeMap::new(),
            shifts: BTreeMap::new(),
            leaked: BTreeMap::new(),
            broken: BTreeSet::new(),
            measured: BTreeMap::new(),
            events: VecDeque::new(),
            event_count: 0,
            logins: VecDeque::new(),
            generation: (0, 0),
            born_ms: clock.now().as_millisecond(),
        };
        Arc::new(Self {
            clock,
            ahead_ms: AtomicI64::new(0),
            state: Mutex::new(state),
            faults: Mutex::default(),
            log: Mutex::default(),
            messages: broadcast::Sender::new(MESSAGES),
            sockets: AtomicUsize::new(0),
            open: watch::Sender::new(true),
            connections: Mutex::default(),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Milliseconds since 1970 on its wall clock.
    pub fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond() + self.ahead_ms.load(Ordering::Relaxed)
    }

    pub(super) fn listen(self: &Arc<Self>) -> (broadcast::Receiver<Arc<str>>, Socket) {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        (self.messages.subscribe(), Socket(Arc::clone(self)))
    }

    /// `WebSockets` connected now.
    pub fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }

    /// Tells the `WebSockets`, if there are any: building a message costs.
    pub(super) fn tell(&self, message: impl FnOnce(&State, i64) -> Value) {
        if self.messages.receiver_count() == 0 {
            return;
        }
        let text = message(&self.lock(), self.now_ms()).to_string();
        // Fails only when the last one left this moment.
        let _ = self.messages.send(text.into());
    }

    /// What every change of viewers is followed by.
    pub(super) fn tell_channels(&self) {
        self.tell(super::render::channel_stats);
    }

    /// A token that is cancelled when every connection is to be cut.
    pub(super) fn connection_token(&self) -> CancellationToken {
        lock(&self.connections).child_token()
    }

    /// Cuts every open connection without a word.
    pub fn cut_connections(&self) {
        let old = std::mem::take(&mut *lock(&self.connections));
        old.cancel();
    }
}

impl State {
    pub(crate) fn channel(&self, id: i64) -> Option<&ChannelSeed> {
        self.have.channels.iter().find(|c| c.id == id)
    }

    pub(crate) fn stream(&self, id: i64) -> Option<&StreamSeed> {
        self.have.streams.iter().find(|s| s.id == id)
    }

    pub(crate) fn account(&self, id: i64) -> Option<&AccountSeed> {
        self.have.accounts.iter().find(|a| a.id == id)
    }

    /// A login and its account.
    pub(crate) fn profile(&self, id: i64) -> Option<(&AccountSeed, &ProfileSeed)> {
        let mut all = self.have.accounts.iter();
        all.find_map(|a| Some((a, a.profiles.iter().find(|p| p.id == id)?)))
    }

    pub(crate) fn user_name(&self, id: Option<i64>) -> Option<&str> {
        let user = self.have.users.iter().find(|u| Some(u.id) == id)?;
        Some(&user.name)
    }

    /// Connections of a login that carry something.
    pub(crate) fn carried(&self, profile: i64) -> u64 {
        let feeds = self.feeds.values().filter(|f| f.profile == profile).count();
        let vods = self.vods.values().filter(|v| v.profile == profile && v.is_open);
        let shifts = self.shifts.values().filter(|s| s.profile == profile);
        (feeds + vods.count() + shifts.count()) as u64
    }

    /// The counter that decides whether another one may start.
    pub(crate) fn reserved(&self, profile: i64) -> u64 {
        self.carried(profile) + self.leaked.get(&profile).copied().unwrap_or(0)
    }

    /// `client_<ms>_<4 digits>`, or another word in front.
    fn session_name(&mut self, word: &str, now_ms: i64) -> String {
        let taken: BTreeSet<&str> = self
            .feeds
            .values()
            .flat_map(|f| f.clients.iter().map(|c| c.id.as_str()))
            .chain(self.vods.keys().map(String::as_str))
            .collect();
        let rng = &mut self.rng;
        std::iter::repeat_with(|| format!("{word}_{now_ms}_{}", rng.u32(1_000..10_000)))
            .find(|name| !taken.contains(name.as_str()))
            .unwrap_or_default()
    }

    /// Writes a line into the list of system events.
    fn event(&mut self, kind: &str, channel: Option<(&str, &str)>, details: &Value, now_ms: i64) {
        self.event_count += 1;
        if self.events.len() == EVENTS {
            self.events.pop_back();
        }
        self.events.push_front(json!({
            "id": self.event_count,
            "event_type": kind,
            "event_type_display": display(kind),
            "timestamp": super::render::iso_offset(now_ms),
            "channel_id": channel.map(|c| c.0),
            "channel_name": channel.map(|c| c.1),
            "details": details,
        }));
    }
}

/// `client_connect` → `Client Connect`.
fn display(kind: &str) -> String {
    let words = kind.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}
