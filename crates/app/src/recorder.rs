//! Fills the time in which nobody watched, from each server's own list of what was played: after the start, and
//! after every outage.

use std::sync::Arc;
use std::time::Duration;

use base::backoff::Backoff;
use base::error::Chain;
use history::History;
use history::record::{self, Policy, Status};
use live::Live;
use model::{ServerSnapshot, Snapshot, SourceId};
use sources::plex;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The list is asked for from this long before the last moment of which everything is known: the server's clock may
/// differ from ours, and what is known already is told apart.
const OVERLAP_S: i64 = 300;

/// Plays that ended while we were away should be closed before the list is read.
const SETTLE: Duration = Duration::from_secs(15);

/// While a server is watched, that everything is known is written down this often.
const KNOWN_EVERY: Duration = Duration::from_mins(5);

/// Everything the task needs; cheap to clone, so that it can be started again.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub(crate) history: History,
    pub(crate) status: Status,
    pub(crate) policy: Policy,
    pub(crate) live: Live,
    pub(crate) cancel: CancellationToken,
}

impl Fill {
    /// Runs until cancelled. `cfg.id` names the server.
    pub(crate) async fn run(self, cfg: plex::Config, tv: Option<plex::TvConfig>) {
        let cancel = self.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.fill_gaps(cfg, tv) => {}
        }
    }

    async fn fill_gaps(self, cfg: plex::Config, tv: Option<plex::TvConfig>) {
        let id = SourceId::new(cfg.id.as_str());
        let mut watch = self.live.watch();
        loop {
            let up = watch
                .wait_for(|s| s.server(&id).is_some_and(|s| s.health.is_up()))
                .await;
            let Ok(back_s) = up.map(|s| s.server(&id).and_then(seen_s).unwrap_or(0)) else {
                return;
            };
            sleep(SETTLE).await;
            self.fill(&id, &cfg, tv.as_ref(), back_s).await;
            if !self.until_down(&id, &mut watch).await {
                return;
            }
        }
    }

    /// Waits for the next outage; false if nobody watches any more.
    async fn until_down(&self, id: &SourceId, watch: &mut watch::Receiver<Arc<Snapshot>>) -> bool {
        let is_down = |s: &Arc<Snapshot>| s.server(id).is_none_or(|s| !s.health.is_up());
        loop {
            let waited = timeout(KNOWN_EVERY, watch.wait_for(is_down)).await;
            // The snapshot is let go at once: it must not be held while something else is waited for.
            let is_over = waited.map(|seen| seen.is_ok()).ok();
            let seen_s = self.live.snapshot().server(id).and_then(seen_s);
            if let Some(seen_s) = seen_s
                && let Err(e) = record::set_known_until_s(&self.history, id, seen_s).await
            {
                tracing::debug!(kind = e.kind().as_str(), "{}", Chain(&e));
            }
            if let Some(is_over) = is_over {
                return is_over;
            }
        }
    }

    /// Tries until it succeeds or the server refuses for good. What cannot be asked now is asked for after the next
    /// start or outage.
    async fn fill(&self, id: &SourceId, cfg: &plex::Config, tv: Option<&plex::TvConfig>, back_s: i64) {
        let mut backoff = Backoff::reconnect();
        loop {
            match self.try_fill(id, cfg, tv, back_s).await {
                Ok(()) => return,
                Err(Trouble::Server(e)) if !e.kind().is_transient() => {
                    let kind = e.kind().as_str();
                    tracing::info!(
                        kind,
                        "what was played while nobody watched is not told: {}",
                        Chain(&e)
                    );
                    return;
                }
                Err(Trouble::Server(e)) => tracing::debug!(kind = e.kind().as_str(), "{}", Chain(&e)),
                Err(Trouble::Store(e)) => tracing::debug!(kind = e.kind().as_str(), "{}", Chain(&e)),
            }
            sleep(backoff.next_wait()).await;
        }
    }

    async fn try_fill(
        &self,
        id: &SourceId,
        cfg: &plex::Config,
        tv: Option<&plex::TvConfig>,
        back_s: i64,
    ) -> Result<(), Trouble> {
        let since_s = self.known_until_s(id).await?.map(|s| s - OVERLAP_S);
        let machine_id = self.machine_id(id);
        let lines = plex::viewed(cfg, tv, machine_id.as_deref(), since_s).await?;
        let (read, policy) = (lines.len(), self.policy.clone());
        let done = record::backfill(&self.history, &self.status, id.clone(), lines, back_s, policy).await?;
        if done.added > 0 {
            let added = done.added;
            tracing::info!(
                source.id = %id,
                "{added} plays that nobody watched added from the server's own list ({read} lines read)"
            );
        }
        Ok(())
    }

    async fn known_until_s(&self, id: &SourceId) -> Result<Option<i64>, history::Error> {
        let (history, id) = (self.history.clone(), id.clone());
        let found = tokio::task::spawn_blocking(move || record::known_until_s(&history, &id));
        found.await.unwrap_or(Err(history::Error::Closed))
    }

    fn machine_id(&self, id: &SourceId) -> Option<model::Text> {
        let snapshot = self.live.snapshot();
        let info = snapshot.server(id)?.info.clone()?;
        Some(info.machine_id.clone())
    }
}

/// Why the list was not taken over.
#[derive(Debug)]
enum Trouble {
    Server(plex::Error),
    Store(history::Error),
}

impl From<plex::Error> for Trouble {
    fn from(e: plex::Error) -> Self {
        Self::Server(e)
    }
}

impl From<history::Error> for Trouble {
    fn from(e: history::Error) -> Self {
        Self::Store(e)
    }
}

/// When the server last answered, seconds since 1970.
fn seen_s(server: &Arc<ServerSnapshot>) -> Option<i64> {
    server.last_success_at.map(model::Timestamp::as_second)
}
