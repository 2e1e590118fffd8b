//! One target from start to end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::Clock;
use base::error::Chain;
use base::outage::OutageLog;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::super::spool::{self, Bounds, Queue};
use super::super::{Ctx, SinkStats};
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

/// Tries to open a spool, and the pause between them. A task of ours that panicked may hold its lock until all is on
/// disk, and a disk may be there a little later than we are; beyond this what cannot be sent waits in memory.
const OPEN_TRIES: u32 = 5;
const OPEN_PAUSE: Duration = Duration::from_secs(1);

/// Writes the state of now until cancelled. A target that is down is no failure: what it misses waits.
pub async fn run(config: Config, ctx: Ctx) {
    let span = tracing::info_span!("sink", id = config.id, kind = KIND);
    let work = async {
        let opening = open(&config, ctx.dir.as_deref(), &ctx.stats);
        let Some(queue) = ctx.cancel.run_until_cancelled(opening).await else {
            return;
        };
        tokio::join!(
            ticks::observe(&config, &ctx, &queue),
            send(&config, &queue, &ctx.stats, &ctx.clock, &ctx.cancel)
        );
        queue.close(CLOSE_BUDGET).await;
    };
    work.instrument(span).await;
}

async fn send(config: &Config, queue: &Queue, stats: &SinkStats, clock: &Clock, cancel: &CancellationToken) {
    let mut outage = OutageLog::default();
    loop {
        let Err(e) = deliver::deliver(config, queue, stats, clock, cancel).await else {
            return;
        };
        if outage.failed(e.kind(), Instant::now()) {
            tracing::error!(
                kind = e.kind().as_str(),
                failures = outage.failures(),
                "{}; trying again each minute{}",
                Chain(&e),
                e.hint()
                    .map(|hint| format!(" (hint: {hint})"))
                    .unwrap_or_default()
            );
        }
        // What comes meanwhile outlives us.
        queue.hold();
        tokio::select! {
            () = cancel.cancelled() => return,
            () = sleep(BEGIN_AGAIN) => {}
        }
    }
}

/// The queue, on disk if that can be. What an earlier process left is read through, which may take a second.
async fn open(config: &Config, dir: Option<&Path>, stats: &SinkStats) -> Queue {
    let bounds = Bounds {
        dir: dir.map(Path::to_owned),
        memory_bytes: MEMORY_BYTES,
        disk_bytes: config.spool_mb.saturating_mul(1_000_000),
    };
    let in_memory = Bounds {
        dir: None,
        ..bounds.clone()
    };
    if let (Some(dir), 0) = (&bounds.dir, config.spool_mb) {
        tell_what_is_left(dir.clone()).await;
    }
    let mut tries = 0;
    let why = loop {
        let (bounds, stats) = (bounds.clone(), stats.clone());
        let why = match spawn_blocking(move || Queue::open(bounds, stats)).await {
            Ok(Ok(queue)) => return queue,
            Ok(Err(e)) => Chain(&e).to_string(),
            Err(panicked) => panicked.to_string(),
        };
        tries += 1;
        if tries == OPEN_TRIES {
            break why;
        }
        sleep(OPEN_PAUSE).await;
    };
    tracing::error!(
        "what cannot be sent is kept in memory alone, and what waits on disk, if anything, waits for a restart: {why}"
    );
    Queue::open(in_memory, stats.clone()).expect("there is nothing on disk that could fail")
}

/// Without a spool nobody reads what an earlier process wrote to one.
async fn tell_what_is_left(dir: PathBuf) {
    let shown = dir.display().to_string();
    let files = spawn_blocking(move || spool::files_in(&dir)).await.unwrap_or(0);
    if files > 0 {
        tracing::warn!(
            dir = shown,
            files,
            "points of an earlier run wait on disk, and are not sent while `spool_mb` is 0"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::logged;
    use crate::sinks::spool::Batch;

    fn stats() -> SinkStats {
        SinkStats::new("attic", KIND)
    }

    fn some() -> Batch {
        Batch {
            lines: b"m v=1 1\n".to_vec(),
            points: 1,
            oldest_ns: 1,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_spool_that_can_be_used_a_little_later_is_used() {
        let house = tempfile::tempdir().unwrap();
        let obstacle = house.path().join("sinks");
        std::fs::write(&obstacle, "a file where a directory should be").unwrap();
        let (dir, stats) = (obstacle.join("attic"), stats());
        let mend = async {
            sleep(OPEN_PAUSE * 3 / 2).await;
            std::fs::remove_file(&obstacle).unwrap();
        };
        let config = Config::default();
        let (queue, ()) = tokio::join!(open(&config, Some(&dir), &stats), mend);
        queue.push(some());
        // Writing takes real time.
        tokio::time::resume();
        queue.close(Duration::from_mins(10)).await;
        assert_eq!(spool::files_in(&dir), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_spool_it_waits_in_memory_and_what_is_left_on_disk_is_told() {
        logged::keep();
        let house = tempfile::tempdir().unwrap();
        let obstacle = house.path().join("sinks");
        std::fs::write(&obstacle, "a file where a directory should be").unwrap();
        let shown = obstacle.to_str().unwrap();
        let config = Config::default();
        let queue = open(&config, Some(&obstacle.join("attic")), &stats()).await;
        queue.push(some());
        assert_eq!(queue.in_memory(), 1);
        assert_eq!(logged::count(&[shown, "waits for a restart"]), 1);
        // With one that is not wanted any more; writing it takes real time.
        tokio::time::resume();
        let dir = house.path().join("attic");
        let queue = open(&config, Some(&dir), &stats()).await;
        queue.push(some());
        queue.close(Duration::from_mins(10)).await;
        let config = Config {
            spool_mb: 0,
            ..config
        };
        open(&config, Some(&dir), &stats()).await;
        open(&config, Some(&house.path().join("another")), &stats()).await;
        assert_eq!(
            logged::count(&[house.path().to_str().unwrap(), "`spool_mb` is 0"]),
            1
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_that_cannot_be_read_is_told_now_and_then_and_says_nothing_of_the_receiver() {
        logged::keep();
        let house = tempfile::tempdir().unwrap();
        let file = house.path().join("secret");
        let config = Config {
            url: "http://127.0.0.1:1".to_owned(),
            user: Some("me".to_owned()),
            password_file: Some(file.clone()),
            ..Config::default()
        };
        let (stats, cancel) = (stats(), CancellationToken::new());
        let queue = open(&config, None, &stats).await;
        let clock = Clock::system();
        let sending = send(&config, &queue, &stats, &clock, &cancel);
        let hours = tokio::time::timeout(Duration::from_mins(150), sending);
        assert!(hours.await.is_err());
        // The first, the tenth and the hundredth.
        assert_eq!(logged::count(&[file.to_str().unwrap()]), 3);
        assert_eq!(stats.snapshot().up, None);
    }
}
