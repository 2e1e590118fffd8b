//! Counts what is watched of collections: on a schedule and on demand.
//!
//! Which collections there are and what is in them is asked of the servers, what was played of the history; all of it
//! is counted in one question and kept in one change.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use base::error::Chain;
use history::History;
use history::collections::{self as kept, NewSnapshot, Snapshot, Wanted, Watched, Window};
use tokio::sync::{Mutex, mpsc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use web::Catalog;
use web::collections::{CollectAsked, CollectReport, CollectRequest, Found, Missed, Wish, find};

use crate::config;

/// Collections whose members are asked for at once, over all servers.
const AT_ONCE: usize = 4;

/// First counting after the start, at the earliest: servers and plays of the start come first.
const SETTLE: Duration = Duration::from_mins(1);

/// Added at random, so that several of us do not ask one server at once.
const JITTER_MS: u64 = 60_000;

/// After a counting that brought nothing because a server was down.
const RETRY: Duration = Duration::from_mins(10);

/// Longest sleep: clocks are set, and hosts suspended.
const NAP: Duration = Duration::from_mins(30);

/// Name of the last scheduled counting's time in the history.
const LAST_KEY: &str = "collections.counted_ms";

/// What counting needs.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    history: History,
    catalog: Catalog,
    defaults: config::Collections,
    clock: Clock,
}

/// Counts on demand and on schedule until cancelled. `asked` outlives a panic.
pub(crate) async fn run(
    service: Service,
    asked: Arc<Mutex<mpsc::Receiver<CollectAsked>>>,
    cancel: CancellationToken,
) {
    let mut asked = asked.lock().await;
    let work = async {
        let mut due_ms = service.first_due_ms().await;
        loop {
            let now_ms = service.clock.now().as_millisecond();
            tokio::select! {
                next = asked.recv() => match next {
                    Some((request, tell)) => {
                        let report = service.collect(request).await;
                        // Whoever asked may have gone; it is kept all the same.
                        let _ = tell.send(report);
                    }
                    None => std::future::pending().await,
                },
                () = nap(due_ms, now_ms) => {
                    if due_ms.is_some_and(|due| due <= service.clock.now().as_millisecond()) {
                        due_ms = service.on_schedule().await;
                    }
                }
            }
        }
    };
    cancel.run_until_cancelled(work).await;
}

/// Until something is due, or for a while.
async fn nap(due_ms: Option<i64>, now_ms: i64) {
    match due_ms {
        None => std::future::pending().await,
        Some(due) => {
            let left = u64::try_from(due - now_ms).unwrap_or(0);
            sleep(Duration::from_millis(left).min(NAP)).await;
        }
    }
}

impl Service {
    pub(crate) fn new(
        history: History,
        catalog: Catalog,
        defaults: config::Collections,
        clock: Clock,
    ) -> Self {
        Self {
            history,
            catalog,
            defaults,
            clock,
        }
    }

    fn interval_ms(&self) -> Option<i64> {
        let hours = i64::from(self.defaults.interval_hours);
        (hours > 0).then_some(hours * 3_600_000)
    }

    /// When the last one says, but not before everything has started; at once if that time has passed.
    async fn first_due_ms(&self) -> Option<i64> {
        let interval_ms = self.interval_ms()?;
        let now = self.clock.now();
        let jitter_ms = u64::from(now.subsec_nanosecond().unsigned_abs());
        let earliest =
            now.as_millisecond() + millis(SETTLE) + millis(Duration::from_millis(jitter_ms % JITTER_MS));
        let last = self.history.ask(|v| v.meta(LAST_KEY)).await.ok().flatten();
        let last: Option<i64> = last.and_then(|text| text.parse().ok());
        // One from the future was written by a clock that was wrong.
        let last = last.filter(|last| *last <= now.as_millisecond());
        Some(last.map_or(earliest, |last| (last + interval_ms).max(earliest)))
    }

    /// Counts what the configuration names; returns when to do so again.
    async fn on_schedule(&self) -> Option<i64> {
        let interval_ms = self.interval_ms()?;
        let nobody = self.catalog.servers().is_empty();
        let report = self.collect(CollectRequest::default()).await;
        let now_ms = self.clock.now().as_millisecond();
        for missed in &report.failed {
            tracing::warn!(
                kind = missed.kind.as_str(),
                "collections: not counted: {}",
                missed.reason
            );
        }
        if nobody || (report.collected.is_empty() && !report.failed.is_empty()) {
            return Some(now_ms + millis(RETRY).min(interval_ms));
        }
        tracing::debug!("collections: {} counted", report.collected.len());
        let kept = self
            .history
            .change(move |txn| txn.set_meta(LAST_KEY, &now_ms.to_string()));
        if let Err(e) = kept.done().await {
            tracing::warn!(
                kind = e.kind().as_str(),
                "collections: keeping the time of the counting: {}",
                Chain(&e)
            );
        }
        Some(now_ms + interval_ms)
    }

    /// Finds, counts and keeps. What cannot be had is told, and hides nothing of the rest.
    pub(crate) async fn collect(&self, request: CollectRequest) -> CollectReport {
        let wish = self.wish(&request);
        let finding = find(&self.catalog, &wish).await;
        let mut failed = finding.missed;
        let (counted, not_asked) = self.with_members(finding.found).await;
        failed.extend(not_asked);
        if counted.is_empty() {
            return CollectReport {
                collected: Vec::new(),
                failed,
            };
        }
        let days = request.window_days.unwrap_or(self.defaults.window_days);
        match self.count_and_keep(&counted, days, &request).await {
            Ok(snapshots) => {
                let shown = counted.iter().map(|(found, _)| found.collection.visibility);
                CollectReport {
                    collected: snapshots.into_iter().zip(shown).collect(),
                    failed,
                }
            }
            Err(e) => {
                tracing::error!(kind = e.kind().as_str(), "counting collections: {}", Chain(&e));
                let what = "the history could not be read or written; the log tells why";
                failed.extend(
                    counted
                        .iter()
                        .map(|(found, _)| Missed::collection(found, e.kind(), what)),
                );
                CollectReport {
                    collected: Vec::new(),
                    failed,
                }
            }
        }
    }

    /// A request that names nothing leaves the choice to the configuration.
    fn wish(&self, request: &CollectRequest) -> Wish {
        if !request.wish.is_open() {
            return request.wish.clone();
        }
        Wish {
            libraries: self.defaults.libraries.clone(),
            visibility: self.defaults.visibility.iter().map(|p| (*p).into()).collect(),
            ..Wish::default()
        }
    }

    async fn with_members(&self, found: Vec<Found>) -> (Vec<(Found, Wanted)>, Vec<Missed>) {
        let (mut counted, mut missed) = (Vec::new(), Vec::new());
        let mut asking = tokio::task::JoinSet::new();
        let mut waiting = found.into_iter().enumerate();
        loop {
            while asking.len() < AT_ONCE
                && let Some((place, found)) = waiting.next()
            {
                let catalog = self.catalog.clone();
                asking.spawn(async move {
                    let key = found.collection.rating_key;
                    let members = catalog.collection_members(&found.server, key).await;
                    (place, found, members)
                });
            }
            match asking.join_next().await {
                None => break,
                // One that panicked has been printed.
                Some(Err(_)) => {}
                Some(Ok((place, found, Ok(members)))) => {
                    let wanted = Wanted {
                        server: found.server.clone(),
                        members: members.iter().map(|m| m.rating_key).collect(),
                    };
                    counted.push((place, found, wanted));
                }
                Some(Ok((_, found, Err(e)))) => {
                    missed.push(Missed::collection(&found, e.kind, e.message));
                }
            }
        }
        counted.sort_by_key(|(place, ..)| *place);
        (
            counted
                .into_iter()
                .map(|(_, found, wanted)| (found, wanted))
                .collect(),
            missed,
        )
    }

    async fn count_and_keep(
        &self,
        counted: &[(Found, Wanted)],
        days: u32,
        request: &CollectRequest,
    ) -> Result<Vec<Snapshot>, history::Error> {
        let now = self.clock.now();
        let window = match days {
            0 => Window::default(),
            days => Window::last_days(now.as_second(), days.into()),
        };
        let wanted: Vec<Wanted> = counted.iter().map(|(_, wanted)| wanted.clone()).collect();
        let watched = self
            .history
            .ask(move |v| Ok(kept::watched(v.columns, &wanted, window)))
            .await?;
        let new: Vec<NewSnapshot> = counted
            .iter()
            .zip(watched)
            .map(|((found, wanted), watched)| {
                snapshot(found, wanted, watched, days, request, now.as_millisecond())
            })
            .collect();
        let ids = self
            .history
            .change(move |txn| kept::insert(txn, &new))
            .done()
            .await?;
        self.history.ask(move |v| kept::by_ids(v, &ids)).await
    }
}

fn snapshot(
    found: &Found,
    wanted: &Wanted,
    watched: Watched,
    days: u32,
    request: &CollectRequest,
    collected_ms: i64,
) -> NewSnapshot {
    let collection = &found.collection;
    NewSnapshot {
        collection_name: collection.title.clone(),
        server: found.server.clone(),
        library: found.library.clone(),
        section_id: Some(collection.section_id),
        rating_key: collection.rating_key,
        media_type: collection.subtype.clone(),
        window_days: days.into(),
        watched,
        items: wanted.members.len() as u64,
        rotation_id: request.rotation_id.as_deref().map(Into::into),
        collected_ms,
        extra: request.extra.clone(),
    }
}

fn millis(d: Duration) -> i64 {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
}

impl From<config::Place> for web::collections::Place {
    fn from(place: config::Place) -> Self {
        match place {
            config::Place::Recommended => Self::Recommended,
            config::Place::OwnHome => Self::OwnHome,
            config::Place::SharedHome => Self::SharedHome,
        }
    }
}

#[cfg(test)]
mod tests;
