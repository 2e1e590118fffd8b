//! Staying up to date with a running Tautulli.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::Kind;
use base::backoff::Backoff;
use base::error::Chain;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::config::Config;
use super::download;
use super::rows::Rows;
use super::wire::Row;
use super::{Batch, Delivery, Kept, Place, What, backlog, deliver};
use base::Fault as Error;

/// A play may have begun this long before the latest one known and still be new.
const LONGEST_S: i64 = 3 * 86_400;

/// Once a day the look goes back further, for players that were left running.
const DEEP_EVERY: Duration = Duration::from_hours(24);
const DEEP_S: i64 = 35 * 86_400;

/// New rows beyond this many come with the whole database.
const MANY: usize = 2000;

/// Rows acknowledged together.
const TOGETHER: usize = 200;

/// Longest wait after failures.
const LONGEST_WAIT: Duration = Duration::from_mins(30);

/// What a sync remembers between two looks.
#[derive(Debug, Default)]
pub struct State {
    /// The last row known to be kept.
    reached: Option<Place>,
    deep_at: Option<Instant>,
    downloaded: Arc<AtomicU64>,
    failing: Option<(Instant, Kind)>,
}

impl State {
    /// `reached`: as acknowledged last, perhaps by an earlier process.
    pub fn new(reached: Option<Place>) -> Self {
        Self {
            reached,
            ..Self::default()
        }
    }

    /// Bytes of a database downloaded so far, for whoever wants to show them.
    pub fn downloaded(&self) -> Arc<AtomicU64> {
        self.downloaded.clone()
    }
}

/// Fetches what is new every few minutes, until cancelled. Failures are told once, and their end.
pub async fn sync(cfg: Config, mut state: State, out: mpsc::Sender<Delivery>, cancel: CancellationToken) {
    let cap = LONGEST_WAIT.max(cfg.interval);
    let mut backoff = Backoff::new(cfg.interval.min(Duration::from_secs(10)), cap);
    let work = async {
        loop {
            let wait = match take(&cfg, &mut state, &out).await {
                Ok(true) => {
                    recovered(&cfg, &mut state);
                    backoff.reset();
                    cfg.interval
                }
                // Whoever keeps the rows could not, and says why itself.
                Ok(false) => backoff.next_wait(),
                Err(e) => {
                    failed(&e, &mut state);
                    backoff.next_wait()
                }
            };
            if out.is_closed() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    };
    cancel.run_until_cancelled(work).await;
}

fn failed(e: &Error, state: &mut State) {
    let (since, before) = match state.failing {
        Some((since, kind)) => (since, Some(kind)),
        None => (Instant::now(), None),
    };
    state.failing = Some((since, e.kind()));
    if before != Some(e.kind()) {
        let hint = e.hint().map(|h| format!(" (hint: {h})")).unwrap_or_default();
        tracing::warn!(kind = %e.kind(), "no new history: {}{hint}", Chain(e));
    }
}

fn recovered(cfg: &Config, state: &mut State) {
    if let Some((since, _)) = state.failing.take() {
        let outage_s = since.elapsed().as_secs();
        tracing::info!(outage_s, "{} answers again after {outage_s} s", cfg.who());
    }
}

/// One look: delivers everything that is new. False if something was delivered and not kept.
pub async fn take(cfg: &Config, state: &mut State, out: &mpsc::Sender<Delivery>) -> Result<bool, Error> {
    let client = Client::new(cfg)?;
    let mut rows = Rows::new(&client, cfg);
    let Some(reached) = state.reached else {
        return all(&mut rows, state, out).await;
    };
    let deep = state.deep_at.is_none_or(|at| at.elapsed() >= DEEP_EVERY);
    let back_s = if deep { DEEP_S } else { LONGEST_S };
    let Some(found) = rows.newer(reached, reached.1 - back_s, MANY).await? else {
        return all(&mut rows, state, out).await;
    };
    if found.is_empty() {
        state.deep_at = if deep { Some(Instant::now()) } else { state.deep_at };
        return Ok(true);
    }
    let about = rows.about().await?;
    if deliver(out, What::Rows(about)).await.is_none() {
        return Ok(false);
    }
    let found: Vec<Row> = found.into_values().collect();
    for part in found.chunks(TOGETHER) {
        let batch = Batch {
            reached: part.last().and_then(super::map::place).into_iter().collect(),
            ..rows.batch(part, true).await?
        };
        let Some(kept) = deliver(out, What::Rows(batch)).await else {
            return Ok(false);
        };
        state.reached = kept.reached.or(state.reached);
    }
    if deep {
        state.deep_at = Some(Instant::now());
    }
    tracing::debug!("{} new rows from {}", found.len(), cfg.who());
    Ok(true)
}

/// Everything: the database if it is handed out, else all pages.
async fn all(rows: &mut Rows<'_>, state: &mut State, out: &mpsc::Sender<Delivery>) -> Result<bool, Error> {
    let counter = state.downloaded();
    let told = |bytes| counter.store(bytes, Ordering::Relaxed);
    let kept = match download::database(rows.client, rows.cfg, told).await {
        Ok(file) => deliver(out, What::Database(file)).await,
        Err(e) if withheld(e.kind()) => {
            tracing::info!(
                "the database is not handed out, so the history comes page by page: {}",
                Chain(&e)
            );
            backlog::take(rows, out).await?
        }
        Err(e) => return Err(e),
    };
    let Some(Kept { reached }) = kept else {
        return Ok(false);
    };
    state.reached = reached;
    state.deep_at = Some(Instant::now());
    Ok(true)
}

/// True if asking for pages may succeed where the download failed.
fn withheld(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Unsupported
            | Kind::ServerError
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::BadPayload
            | Kind::WrongTarget
    )
}
