//! What the recorder cannot see for itself. The time in which nobody watched is filled from each server's own list of
//! what was played, after the start and after every outage; the items that play are described by their libraries.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use base::backoff::Backoff;
use base::error::Chain;
use history::History;
use history::record::{self, Details, ItemMore, Policy, Status};
use live::Live;
use model::catalog::CatalogItem;
use model::{Fields, Scalar, ServerSnapshot, Snapshot, SourceId, Text};
use sources::plex;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use web::Catalog;

/// The list is asked for from this long before the last moment of which everything is known: the server's clock may
/// differ from ours, and what is known already is told apart.
const OVERLAP_S: i64 = 300;

/// The first look after an outage is not yet everything: the list waits for what follows it.
const SETTLE: Duration = Duration::from_secs(3);

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

/// An item whose library did not answer is asked for again after this long.
const ASK_AGAIN: Duration = Duration::from_mins(5);

/// Tells the recorder of the items that play: where their credits begin, and what only a library knows. One question
/// at a time, one for each item.
#[derive(Clone, Debug)]
pub(crate) struct Describe {
    pub(crate) catalog: Catalog,
    pub(crate) details: Details,
    pub(crate) live: Live,
    pub(crate) cancel: CancellationToken,
}

impl Describe {
    /// Runs until cancelled.
    pub(crate) async fn run(self) {
        let cancel = self.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.describe() => {}
        }
    }

    async fn describe(self) {
        let mut watch = self.live.watch();
        let mut failed: HashMap<(SourceId, i64), Instant> = HashMap::new();
        loop {
            let wanted = wanted(&watch.borrow_and_update().clone());
            failed.retain(|item, at| wanted.contains(item) && at.elapsed() < ASK_AGAIN);
            let is_new =
                |item: &&(SourceId, i64)| !failed.contains_key(item) && !self.details.has(&item.0, item.1);
            let next = wanted.iter().find(is_new).cloned();
            let Some((server, key)) = next else {
                // A play that just ended may not be kept yet.
                if watch.changed().await.is_err() {
                    return;
                }
                continue;
            };
            match self.catalog.metadata(&server, key).await {
                Ok(item) => self.details.put(server, key, more(&item)),
                Err(e) => {
                    tracing::debug!(
                        kind = e.kind.as_str(),
                        "item {key} of {server} is not described: {e}"
                    );
                    failed.insert((server, key), Instant::now());
                }
            }
            self.forget(&wanted);
        }
    }

    /// Keeps what plays, and as much again of what ended a moment ago.
    fn forget(&self, wanted: &BTreeSet<(SourceId, i64)>) {
        let mut room = wanted.len() + ENDED_REMEMBERED;
        self.details.retain(|server, key| {
            let plays = wanted.contains(&(server.clone(), key));
            let fits = room > 0;
            room = room.saturating_sub(1);
            plays || fits
        });
    }
}

/// Items of plays that ended, described a little longer than they play: they are kept a moment after their end.
const ENDED_REMEMBERED: usize = 100;

/// Items that play and are in a library.
fn wanted(snapshot: &Snapshot) -> BTreeSet<(SourceId, i64)> {
    let plays = snapshot.plays().filter(|p| {
        let item = &p.session.item;
        !item.extra && item.live.is_none()
    });
    let keys = plays.filter_map(|p| {
        let key = p.session.item.rating_key.as_deref()?.parse().ok()?;
        Some((p.source.clone(), key))
    });
    keys.collect()
}

fn more(item: &CatalogItem) -> ItemMore {
    let mut fields = Fields::new();
    let texts = [
        ("summary", item.summary.clone()),
        ("tagline", item.tagline.clone()),
        ("studio", item.studio.clone()),
        ("content_rating", item.content_rating.clone()),
        ("directors", joined(&item.directors)),
        ("writers", joined(&item.writers)),
        ("actors", joined(&item.actors)),
        ("genres", joined(&item.genres)),
        ("labels", joined(&item.labels)),
        ("rating", item.rating.map(|r| r.to_string().into())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            fields.insert(name.into(), Scalar::Text(text));
        }
    }
    for (name, number) in [("added_at", item.added_at_s), ("updated_at", item.updated_at_s)] {
        if let Some(number) = number {
            fields.insert(name.into(), Scalar::Int(number));
        }
    }
    let credits = || item.markers.iter().filter(|m| &*m.kind == "credits");
    ItemMore {
        marker_credits_first_ms: credits().map(|m| m.start_ms).min(),
        marker_credits_final_ms: credits().find(|m| m.is_final).map(|m| m.start_ms),
        fields,
    }
}

/// As Tautulli keeps lists.
fn joined(list: &[Text]) -> Option<Text> {
    (!list.is_empty()).then(|| list.join(";").into())
}

#[cfg(test)]
mod tests {
    use model::catalog::{ItemKind, Marker};

    use super::*;

    #[test]
    fn an_item_is_described_by_its_first_and_final_credits_and_its_makers() {
        let marker = |kind: &str, start_ms, is_final| Marker {
            id: None,
            kind: kind.into(),
            start_ms,
            end_ms: start_ms + 1,
            is_final,
        };
        let item = CatalogItem {
            markers: vec![
                marker("intro", 10, false),
                marker("credits", 900, true),
                marker("credits", 500, false),
            ],
            genres: vec!["Drama".into(), "Comedy".into()],
            rating: Some(7.5),
            ..CatalogItem::new(ItemKind::Movie, 7)
        };
        let more = more(&item);
        assert_eq!(
            (more.marker_credits_first_ms, more.marker_credits_final_ms),
            (Some(500), Some(900))
        );
        let expected: Fields = [
            ("genres".into(), Scalar::Text("Drama;Comedy".into())),
            ("rating".into(), Scalar::Text("7.5".into())),
        ]
        .into();
        assert_eq!(more.fields, expected);
    }
}
