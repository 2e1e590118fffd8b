//! Whatever a server answers: each point that can be stored is stored, and the others are counted.

mod check;
mod failures;
mod lines;
mod picky;
mod real;
mod stubborn;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Secret};
use export::sinks::influx::deliver::{Pace, deliver_at};
use export::sinks::influx::{Config, Gzip};
use export::sinks::spool::{Batch, Bounds, Queue};
use export::sinks::{DropReason, SinkFigures, SinkStats};
use sim::influx::{Api, Influx, Settings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Nobody wants to wait for a minute.
const PACE: Pace = Pace {
    first: Duration::from_millis(5),
    longest: Duration::from_millis(20),
    slow: Duration::from_millis(20),
};

/// What somebody has to mend is not tried again before a test has failed.
const NEVER_SLOW: Pace = Pace {
    slow: Duration::from_hours(1),
    ..PACE
};

/// A condition that has not come true by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// A delivery that runs.
struct Delivery {
    queue: Arc<Queue>,
    stats: SinkStats,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Delivery {
    fn start(config: &Config) -> Self {
        Self::start_with(config, PACE, None)
    }

    /// At another pace, and with a directory for what waits.
    fn start_with(config: &Config, pace: Pace, dir: Option<PathBuf>) -> Self {
        let stats = SinkStats::new("test", "influxdb");
        let bounds = Bounds {
            dir,
            memory_bytes: 256 << 20,
            disk_bytes: 256 << 20,
        };
        let queue = Arc::new(Queue::open(bounds, stats.clone()).unwrap());
        let cancel = CancellationToken::new();
        let task = tokio::spawn({
            let (config, queue, stats, cancel) =
                (config.clone(), queue.clone(), stats.clone(), cancel.clone());
            async move {
                deliver_at(pace, &config, &queue, &stats, &Clock::system(), &cancel)
                    .await
                    .unwrap();
            }
        });
        Self {
            queue,
            stats,
            cancel,
            task,
        }
    }

    /// Each text is a line without its end.
    fn push<T: AsRef<str>>(&self, lines: &[T]) {
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        self.queue.push(Batch {
            points: u32::try_from(lines.len()).unwrap(),
            lines: (lines.join("\n") + "\n").into_bytes(),
            oldest_ns: 1,
        });
    }

    async fn until(&self, what: &str, condition: impl Fn(&SinkFigures) -> bool) -> SinkFigures {
        wait_for(what, || Some(self.stats.snapshot()).filter(&condition)).await
    }

    /// Until each of so many points was written or dropped.
    async fn settled(&self, points: u64) -> SinkFigures {
        self.until("all points settled", |f| {
            f.written + f.dropped.values().sum::<u64>() == points && f.waiting == 0
        })
        .await
    }

    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap();
    }
}

/// Polls until `found` has something.
async fn wait_for<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = found() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}

/// A configuration for a fake of this kind, with the right credentials.
fn config_for(fake: &Influx, api: Api) -> Config {
    let base = Config {
        id: "test".to_owned(),
        url: fake.url(),
        ..Config::default()
    };
    match api {
        Api::V1 => Config {
            user: Some("me".to_owned()),
            password: Some(Secret::new("hunter2")),
            ..base
        },
        Api::V2 => Config {
            org: Some("home".to_owned()),
            bucket: Some("plex".to_owned()),
            token: Some(Secret::new("hunter2")),
            ..base
        },
        Api::V3 => Config {
            token: Some(Secret::new("hunter2")),
            ..base
        },
    }
}

/// What [`config_for`] gives the credentials of.
fn settings(api: Api) -> Settings {
    Settings {
        api,
        user: (api == Api::V1).then(|| ("me".to_owned(), "hunter2".to_owned())),
        token: (api != Api::V1).then(|| "hunter2".to_owned()),
        ..Settings::default()
    }
}

async fn fake(api: Api) -> (Influx, Config) {
    let fake = Influx::start(settings(api)).await;
    let config = config_for(&fake, api);
    (fake, config)
}

/// `m,n=… v=…i` at times of their own.
fn good(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("m,n={n} v={n}i {}", at(n))).collect()
}

/// Nanoseconds since 1970, in 2026.
fn at(n: usize) -> i64 {
    1_770_000_000_000_000_000 + i64::try_from(n).unwrap() * 1_000_000_000
}

fn dropped(figures: &SinkFigures) -> Vec<(DropReason, u64)> {
    figures
        .dropped
        .iter()
        .map(|(reason, points)| (*reason, *points))
        .collect()
}

const APIS: [Api; 3] = [Api::V1, Api::V2, Api::V3];
