//! When points are made, and of what.

use std::sync::Arc;
use std::time::Duration;

use model::{Library, Snapshot, SourceId};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::super::Ctx;
use super::super::spool::{Batch, Queue};
use super::config::{Config, Schema};
use super::{line, schema};

/// Turns the state of now into a batch every `interval_s`, until cancelled.
pub(super) async fn observe(config: &Config, ctx: &Ctx, queue: &Queue) {
    let mut ticks = interval(Duration::from_secs_f64(config.interval_s));
    // After a stall the state of then is gone; points of one moment would replace each other.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut libraries = Libraries::default();
    loop {
        tokio::select! {
            () = ctx.cancel.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let snapshot = ctx.live.borrow().clone();
        let due = libraries.are_due(&snapshot, Duration::from_secs(config.library_interval_s));
        if let Some(batch) = batch(config, ctx, &snapshot, due) {
            queue.push(batch);
        }
    }
}

/// The lines of one moment; nothing while nothing is known.
fn batch(config: &Config, ctx: &Ctx, snapshot: &Snapshot, with_libraries: bool) -> Option<Batch> {
    let now = ctx.clock.now();
    let now_ns = i64::try_from(now.as_nanosecond()).ok()?;
    let additions = ctx.additions.borrow().clone();
    // Only the native schema tells of the process.
    let process = (config.schema == Schema::Native).then(|| (ctx.process)());
    let input = schema::Input {
        schema: config.schema,
        snapshot,
        now_ns,
        with_libraries,
        empty_strings: config.empty_strings,
        servers: &config.servers,
        urls: &ctx.urls,
        additions: &additions,
        process: process.as_ref(),
        options: &ctx.options,
    };
    let mut batch = Batch {
        oldest_ns: now_ns,
        ..Batch::default()
    };
    for point in &schema::points(&input) {
        batch.points += u32::from(line::encode(point, &mut batch.lines));
    }
    (batch.points > 0).then_some(batch)
}

/// When the libraries were last written.
#[derive(Debug, Default)]
struct Libraries {
    written: Option<Instant>,
    /// As they were then.
    known: Vec<(SourceId, Option<Arc<Vec<Library>>>)>,
}

impl Libraries {
    /// True at first, after `every`, and whenever they were counted anew.
    fn are_due(&mut self, snapshot: &Snapshot, every: Duration) -> bool {
        let now: Vec<_> = snapshot
            .servers
            .iter()
            .map(|s| (s.id.clone(), s.libraries.clone()))
            .collect();
        let due = self.written.is_none_or(|at| at.elapsed() >= every) || now != self.known;
        if due {
            self.written = Some(Instant::now());
            self.known = now;
        }
        due
    }
}
