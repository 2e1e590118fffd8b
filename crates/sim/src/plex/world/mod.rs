//! The state of one fake server and the handle that changes it.

mod control;
mod sessions;
mod shelf;
mod state;
mod things;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::Clock;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::fault::Faults;
use crate::plex::fault::Fault;
use crate::plex::frames::Frame;
use crate::plex::playing::Now;
use crate::plex::requests::Log;
use crate::plex::seed::Seed;

pub use control::Restart;
pub use things::{ActivitySeed, DownloadSeed, Release};

pub(crate) use state::{Device, HistoryRow, Lifecycle, State};
pub(crate) use things::{Download, activity_node};

/// Frames a slow notification client may fall behind before it loses some; a real server drops it, too.
const FRAMES: usize = 16_384;

/// The handle: changes the server from any thread. Every method returns at once.
#[derive(Debug)]
pub struct World {
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
    state: Mutex<State>,
    pub(crate) faults: Mutex<Faults<Fault>>,
    pub(crate) log: Mutex<Log>,
    frames: broadcast::Sender<Arc<Frame>>,
    /// Counts up to cut every notification stream.
    pub(crate) streams_cut: watch::Sender<u64>,
    /// Is the port open?
    pub(crate) open: watch::Sender<bool>,
    /// `WebSockets` neither read nor write.
    pub(crate) frozen: watch::Sender<bool>,
    /// Cancelled to cut every connection.
    connections: Mutex<CancellationToken>,
    clients: AtomicUsize,
}

/// One notification client, counted while it lives.
#[derive(Debug)]
pub(crate) struct Client(Arc<World>);

impl Drop for Client {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is made whole under the lock, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world without a listener; [`crate::plex::Plex::start`] serves one.
    pub fn new(seed: Seed) -> Arc<Self> {
        let clock = seed.clock.clone();
        let state = State::new(&seed, clock.now().as_second());
        Arc::new(Self {
            clock,
            state: Mutex::new(state),
            faults: Mutex::default(),
            log: Mutex::default(),
            frames: broadcast::Sender::new(FRAMES),
            streams_cut: watch::Sender::new(0),
            open: watch::Sender::new(true),
            frozen: watch::Sender::new(false),
            connections: Mutex::default(),
            clients: AtomicUsize::new(0),
            seed,
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// This moment on the server's clocks.
    pub(crate) fn moment(&self, state: &State) -> Now {
        Now {
            mono_ms: self.clock.mono_ms(),
            wall_s: self.clock.now().as_second() + state.skew_s,
            speed: state.speed,
        }
    }

    /// Epoch milliseconds on the server's wall clock.
    pub(crate) fn wall_ms(&self, state: &State) -> i64 {
        self.clock.now().as_millisecond() + state.skew_s * 1000
    }

    /// The state with its statistics made up to this second.
    pub(crate) fn current(&self) -> (MutexGuard<'_, State>, Now) {
        let mut state = self.lock();
        let now = self.moment(&state);
        state.catch_up(now, self.seed.traffic);
        (state, now)
    }

    pub(crate) fn send(&self, frame: Arc<Frame>) {
        // Fails only when nobody listens.
        let _ = self.frames.send(frame);
    }

    pub(crate) fn listen(self: &Arc<Self>) -> (broadcast::Receiver<Arc<Frame>>, Client) {
        self.clients.fetch_add(1, Ordering::Relaxed);
        (self.frames.subscribe(), Client(self.clone()))
    }

    /// Notification clients connected now, WebSocket and event stream together.
    pub fn notification_clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// A token that is cancelled when every connection is to be cut.
    pub(crate) fn connection_token(&self) -> CancellationToken {
        lock(&self.connections).child_token()
    }

    /// Cuts every open connection without a word.
    pub fn cut_connections(&self) {
        let old = std::mem::take(&mut *lock(&self.connections));
        old.cancel();
    }
}
