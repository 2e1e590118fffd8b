//! One target from start to end.

use std::time::Duration;

use base::error::Chain;
use tokio::task::spawn_blocking;
use tracing::Instrument as _;

use super::super::Ctx;
use super::super::spool::{Bounds, Queue};
use super::config::Config;
use super::{deliver, ticks};

/// What the figures call this kind of target.
pub const KIND: &str = "influxdb";

/// What waits in memory while sending works, or where nothing can be kept on disk; beyond it the oldest goes.
const MEMORY_BYTES: usize = 4 << 20;

/// Between two tries to begin with what a user has to mend.
const BEGIN_AGAIN: Duration = Duration::from_mins(1);

/// Time for writing down what waits, at the end.
const CLOSE_BUDGET: Duration = Duration::from_secs(1);

/// Writes the state of now until cancelled. A target that is down is no failure: what it misses waits.
pub async fn run(config: Config, ctx: Ctx) {
    let span = tracing::info_span!("sink", id = config.id, kind = KIND);
    let work = async {
        let queue = open(&config, &ctx).await;
        tokio::join!(ticks::observe(&config, &ctx, &queue), send(&config, &ctx, &queue));
        queue.close(CLOSE_BUDGET).await;
    };
    work.instrument(span).await;
}

async fn send(config: &Config, ctx: &Ctx, queue: &Queue) {
    loop {
        let Err(e) = deliver::deliver(config, queue, &ctx.stats, &ctx.clock, &ctx.cancel).await else {
            return;
        };
        tracing::error!(
            kind = e.kind().as_str(),
            "{}; trying again in a minute{}",
            Chain(&e),
            e.hint()
                .map(|hint| format!(" (hint: {hint})"))
                .unwrap_or_default()
        );
        ctx.stats.update(|f| f.up = Some(false));
        // What comes meanwhile outlives us.
        queue.hold();
        tokio::select! {
            () = ctx.cancel.cancelled() => return,
            () = tokio::time::sleep(BEGIN_AGAIN) => {}
        }
    }
}

/// The queue, on disk if that can be. What an earlier process left is read through, which may take a second.
async fn open(config: &Config, ctx: &Ctx) -> Queue {
    let bounds = Bounds {
        dir: ctx.dir.clone(),
        memory_bytes: MEMORY_BYTES,
        disk_bytes: config.spool_mb.saturating_mul(1_000_000),
    };
    let in_memory = Bounds {
        dir: None,
        ..bounds.clone()
    };
    let stats = ctx.stats.clone();
    let why = match spawn_blocking(move || Queue::open(bounds, stats)).await {
        Ok(Ok(queue)) => return queue,
        Ok(Err(e)) => Chain(&e).to_string(),
        Err(panicked) => panicked.to_string(),
    };
    tracing::error!("what cannot be sent is kept in memory alone: {why}");
    Queue::open(in_memory, ctx.stats.clone()).expect("there is nothing on disk that could fail")
}
