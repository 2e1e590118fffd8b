//! What the loops of one source share.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{LibraryId, LibraryRef};
use tokio::sync::{Notify, watch};

use super::config::Config;
use super::hints::{Hints, Stirred};
use super::server::{Outbox, Server};
use super::tv::TvConfig;

/// The labels of all libraries, by section id.
pub(super) type LibraryRefs = HashMap<LibraryId, LibraryRef>;

/// Held by the looker, the listener and the slow round; each owns its own state besides.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) cfg: Config,
    pub(super) tv: Option<TvConfig>,
    pub(super) server: Server,
    pub(super) outbox: Outbox,
    hints: Mutex<Hints>,
    /// Wakes the looker: something about the next look's time has changed.
    pub(super) look: Notify,
    /// True while looks succeed. The others ask nothing while it is false.
    pub(super) up: watch::Sender<bool>,
    /// Set when an answer came from another machine than ours: the next look asks who is there.
    pub(super) doubt: AtomicBool,
    /// True while something plays.
    pub(super) playing: watch::Sender<bool>,
    /// What notifications stirred up for the slow round.
    stirred: Mutex<Stirred>,
    pub(super) stir: Notify,
    libraries: Mutex<Arc<LibraryRefs>>,
}

impl Shared {
    pub(super) fn new(cfg: Config, tv: Option<TvConfig>, server: Server, outbox: Outbox) -> Self {
        Self {
            cfg,
            tv,
            server,
            outbox,
            hints: Mutex::default(),
            look: Notify::new(),
            up: watch::Sender::new(false),
            doubt: AtomicBool::new(false),
            playing: watch::Sender::new(false),
            stirred: Mutex::default(),
            stir: Notify::new(),
            libraries: Mutex::default(),
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.outbox.clock().mono_ms()
    }

    pub(super) fn poll_interval(&self) -> Duration {
        Duration::from_secs_f64(self.cfg.poll_interval_s)
    }

    /// Never held across an await.
    pub(super) fn hints(&self) -> MutexGuard<'_, Hints> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn libraries(&self) -> Arc<LibraryRefs> {
        self.libraries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set_libraries(&self, refs: LibraryRefs) {
        *self.libraries.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(refs);
    }

    pub(super) fn add_stirred(&self, stirred: Stirred) {
        if stirred == Stirred::default() {
            return;
        }
        let mut all = self.stirred.lock().unwrap_or_else(PoisonError::into_inner);
        all.activity |= stirred.activity;
        all.libraries |= stirred.libraries;
        self.stir.notify_one();
    }

    pub(super) fn take_stirred(&self) -> Stirred {
        std::mem::take(&mut *self.stirred.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when the server is up; at once if it is.
    pub(super) async fn until_up(&self) {
        // The sender lives as long as we do, so this cannot fail.
        let _ = self.up.subscribe().wait_for(|up| *up).await;
    }
}

/// Changes a flag that others watch; wakes them only if it did change.
pub(super) fn set(flag: &watch::Sender<bool>, value: bool) {
    flag.send_if_modified(|old| std::mem::replace(old, value) != value);
}

#[cfg(test)]
pub(super) mod tests {
    use base::Clock;
    use model::{Observation, SourceId};
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::Ctx;
    use crate::plex::client::{Client, Target};

    /// What the loops share, of a source whose server nobody will ask.
    pub(in crate::plex) fn shared() -> (Arc<Shared>, mpsc::Receiver<Observation>) {
        let (out, seen) = mpsc::channel(1000);
        let (id, cancel) = (SourceId::new("attic"), CancellationToken::new());
        let outbox = Outbox::new(Ctx {
            id,
            clock: Clock::system(),
            out,
            cancel,
        });
        let cfg = Config {
            url: Some("http://127.0.0.1:1".to_owned()),
            ..Config::default()
        };
        let target = Target {
            base: "http://127.0.0.1:1".to_owned(),
            token: None,
        };
        let client = Client::new(&cfg, target).unwrap();
        let server = Server::new(client, None, Some(outbox.clone()));
        (Arc::new(Shared::new(cfg, None, server, outbox)), seen)
    }
}
