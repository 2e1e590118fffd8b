//! Named tasks with a policy for what happens when one ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;

/// Panics of one task within [`BREAKER_WINDOW`] after which it is reported as broken.
pub const BREAKER_PANICS: usize = 3;
pub const BREAKER_WINDOW: Duration = Duration::from_mins(1);

/// Restart counts and broken tasks, readable from anywhere.
#[derive(Clone, Debug, Default)]
pub struct TaskStats(Arc<Mutex<BTreeMap<String, TaskStat>>>);

#[derive(Clone, Debug, Default)]
pub struct TaskStat {
    pub restarts: u64,
    pub broken: bool,
}

impl TaskStats {
    /// A copy of all tasks' figures, by name.
    pub fn snapshot(&self) -> BTreeMap<String, TaskStat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True if any task panicked [`BREAKER_PANICS`] times within [`BREAKER_WINDOW`].
    pub fn any_broken(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|t| t.broken)
    }

    fn update(&self, name: &str, f: impl FnOnce(&mut TaskStat)) {
        f(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.to_owned())
            .or_default());
    }
}

/// Runs tasks until cancelled; restarts those that panic or return early.
#[derive(Debug)]
pub struct Supervisor {
    tasks: JoinSet<String>,
    cancel: CancellationToken,
    stats: TaskStats,
}

impl Supervisor {
    pub fn new(cancel: CancellationToken) -> Self {
        Self {
            tasks: JoinSet::new(),
            cancel,
            stats: TaskStats::default(),
        }
    }

    pub fn stats(&self) -> TaskStats {
        self.stats.clone()
    }

    /// Runs `make()` now and again, with backoff, whenever it panics or returns before cancellation.
    pub fn restart<F, Fut>(&mut self, name: impl Into<String>, make: F)
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (name, cancel, stats) = (name.into(), self.cancel.clone(), self.stats.clone());
        stats.update(&name, |_| ());
        self.tasks.spawn(async move {
            let mut backoff = Backoff::reconnect();
            let mut panics: Vec<Instant> = Vec::new();
            loop {
                let ended = tokio::spawn(make()).await;
                if cancel.is_cancelled() {
                    return name;
                }
                if let Err(e) = &ended {
                    tracing::error!(task = name, "task {name} panicked: {e}");
                    let now = Instant::now();
                    panics.retain(|t| now.duration_since(*t) < BREAKER_WINDOW);
                    panics.push(now);
                }
                let broken = panics.len() >= BREAKER_PANICS;
                stats.update(&name, |t| {
                    t.restarts += 1;
                    t.broken = broken;
                });
                tokio::select! {
                    () = cancel.cancelled() => return name,
                    () = tokio::time::sleep(backoff.next_wait()) => {}
                }
            }
        });
    }

    /// Waits until every task has ended, at most `budget`; returns the names of those that had not.
    pub async fn drain(mut self, budget: Duration) -> Vec<String> {
        let mut alive: Vec<String> = self.stats.snapshot().into_keys().collect();
        let deadline = Instant::now() + budget;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.tasks.join_next()).await {
            if let Ok(name) = ended {
                alive.retain(|n| *n != name);
            }
        }
        if self.tasks.is_empty() { Vec::new() } else { alive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_panicking_task_is_restarted_counted_and_reported_broken() {
        let cancel = CancellationToken::new();
        let mut sup = Supervisor::new(cancel.clone());
        let runs = Arc::new(AtomicU32::new(0));
        let (r, c) = (runs.clone(), cancel.clone());
        sup.restart("flaky", move || {
            let (r, c) = (r.clone(), c.clone());
            async move {
                assert!(r.fetch_add(1, Ordering::SeqCst) >= 3, "planned panic");
                c.cancelled().await;
            }
        });
        while runs.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(sup.stats().snapshot()["flaky"].restarts, 3);
        assert!(sup.stats().any_broken());
        cancel.cancel();
        assert!(sup.drain(Duration::from_secs(5)).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn drain_names_the_late_task() {
        let cancel = CancellationToken::new();
        let mut sup = Supervisor::new(cancel.clone());
        sup.restart("deaf", std::future::pending);
        cancel.cancel();
        assert_eq!(sup.drain(Duration::from_secs(1)).await, ["deaf"]);
    }
}
