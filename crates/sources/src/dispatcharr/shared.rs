//! What the loops of one source share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Text;
use model::iptv::Inventory;
use tokio::sync::{Notify, watch};

use super::client::Client;
use super::config::Config;
use super::hints::Hints;
use super::map::Names;
use crate::outbox::Outbox;

/// A look waits for what completes it as long as until the next one, but at least this long.
const PATIENCE_MIN: Duration = Duration::from_secs(1);

/// Held by the looker, the listener and the inventory's round; each owns its own state besides.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) cfg: Config,
    pub(super) client: Client,
    pub(super) outbox: Outbox,
    /// Good looks so far; 0 while it is down. The others ask nothing while it is 0.
    pub(super) up: watch::Sender<u64>,
    /// Wakes the looker: something about the next look's time has changed.
    pub(super) look: Notify,
    /// Wakes the inventory's round: what is known may be old.
    pub(super) stale: Notify,
    /// As last told by the manager.
    pub(super) version: watch::Sender<Option<Text>>,
    /// As last read, without what only Redis knows.
    pub(super) inventory: watch::Sender<Option<Arc<Inventory>>>,
    names: Mutex<Names>,
    hints: Mutex<Hints>,
}

impl Shared {
    pub(super) fn new(cfg: Config, client: Client, outbox: Outbox) -> Self {
        Self {
            cfg,
            client,
            outbox,
            up: watch::Sender::new(0),
            look: Notify::new(),
            stale: Notify::new(),
            version: watch::Sender::new(None),
            inventory: watch::Sender::new(None),
            names: Mutex::default(),
            hints: Mutex::default(),
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.outbox.clock().mono_ms()
    }

    pub(super) fn poll_interval(&self) -> Duration {
        Duration::from_secs_f64(self.cfg.poll_interval_s)
    }

    /// How long a look waits for what completes it: about until the next one, at most as long as for any answer.
    pub(super) fn patience(&self) -> Duration {
        let timeout = Duration::from_secs_f64(self.cfg.timeout_s);
        self.poll_interval().max(PATIENCE_MIN).min(timeout)
    }

    pub(super) fn inventory_interval(&self) -> Duration {
        Duration::from_secs(self.cfg.inventory_interval_s)
    }

    /// Never held across an await.
    pub(super) fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never held across an await.
    pub(super) fn hints(&self) -> MutexGuard<'_, Hints> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False before the first good look, and after one that failed.
    pub(super) fn is_up(&self) -> bool {
        *self.up.borrow() > 0
    }

    /// Returns when it is up; at once if it is.
    pub(super) async fn until_up(&self) {
        // The sender lives as long as we do, so this cannot fail.
        let _ = self.up.subscribe().wait_for(|looks| *looks > 0).await;
    }

    /// Waits for the end of the next look; true if it was good.
    pub(super) async fn next_look_is_good(&self) -> bool {
        let mut up = self.up.subscribe();
        let before = *up.borrow_and_update();
        up.wait_for(|looks| *looks == 0 || *looks > before)
            .await
            .is_ok_and(|looks| *looks > 0)
    }
}
