//! Our sources and our live state in front of servers of the test's own, in one fast clock, and the points they give.
//!
//! Time is tokio's paused time, moved on a little whenever all is quiet, and our clock with it.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{Clock, Secret};
use export::Options;
use export::sinks::Addition;
use export::sinks::influx::schema::{self, Input};
use export::sinks::influx::{EmptyStrings, Schema, line};
use jiff::Timestamp;
use live::Live;
use model::{Carried, Endpoint, LibraryKind, ServerSnapshot, Snapshot, SourceId, Text};
use sources::Ctx;
use sources::plex::Config;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::plex::Plex;
use crate::rows::Row;

/// Real time that sockets get at every step of the clock.
const BREATH: Duration = Duration::from_micros(50);

const STEP: Duration = Duration::from_millis(5);

/// Longest wait for anything, in the clock's time.
const PATIENCE: Duration = Duration::from_mins(10);

/// Between two looks at what plays.
const POLL_S: f64 = 0.5;

/// Everything that runs.
pub(crate) struct House {
    clock: Clock,
    live: Live,
    urls: BTreeMap<SourceId, Text>,
    _stop: DropGuard,
}

/// What is to be written of the state of now.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) schema: Schema,
    pub(crate) empty_strings: EmptyStrings,
    pub(crate) with_libraries: bool,
    pub(crate) additions: Vec<Addition>,
}

impl House {
    /// Watches servers: our id of each, the address a user would have typed, and the server.
    pub(crate) fn watch(servers: &[(&str, &str, &Plex)]) -> Self {
        Self::resume(
            servers,
            Timestamp::from_second(1_763_751_600).unwrap(),
            Vec::new(),
        )
    }

    /// Watches again, with what an earlier house wrote down.
    pub(crate) fn resume(servers: &[(&str, &str, &Plex)], now: Timestamp, carried: Vec<Carried>) -> Self {
        let ids = servers.iter().map(|(id, ..)| (SourceId::from(*id), "plex"));
        let (mut actor, live) = live::channel(ids);
        actor.restore(carried);
        let (out, observations) = tokio::sync::mpsc::channel(live::OBSERVATION_QUEUE);
        tokio::spawn(actor.run(observations));
        let clock = Clock::manual(now);
        let cancel = CancellationToken::new();
        for (id, _, plex) in servers {
            let config = Config {
                id: (*id).to_owned(),
                url: Some(format!("http://{}", plex.address)),
                token: Some(Secret::new("token")),
                poll_interval_s: POLL_S,
                notifications: false,
                ..Config::default()
            };
            let ctx = Ctx {
                id: SourceId::from(*id),
                clock: clock.clone(),
                out: out.clone(),
                cancel: cancel.clone(),
            };
            tokio::spawn(sources::plex::run(config, None, ctx));
        }
        tokio::spawn(run_clock(clock.clone()));
        let urls = servers
            .iter()
            .map(|(id, typed, _)| (SourceId::from(*id), Text::from(*typed)));
        Self {
            clock,
            live,
            urls: urls.collect(),
            _stop: cancel.drop_guard(),
        }
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Snapshot) -> bool) {
        let (mut watch, deadline) = (self.live.watch(), Instant::now() + PATIENCE);
        loop {
            let snapshot = watch.borrow_and_update().clone();
            if is_so(&snapshot) {
                return;
            }
            let changed = timeout_at(deadline, watch.changed()).await;
            assert!(changed.is_ok(), "waited in vain for {what}: {snapshot:#?}");
        }
    }

    /// Waits until every library has been counted.
    pub(crate) async fn counted(&self) {
        self.until("libraries", |snapshot| {
            let is_counted = |l: &model::Library| l.kind == LibraryKind::Other || !l.counts.is_empty();
            snapshot
                .servers
                .iter()
                .all(|s| s.libraries.as_ref().is_some_and(|all| all.iter().all(is_counted)))
        })
        .await;
    }

    /// Waits until whatever plays now has been seen by every source. A look may be under way with the old answer, and
    /// the one after it is counted before its answer is taken in: the third has nothing new to tell.
    pub(crate) async fn seen(&self) {
        let asked = |s: &ServerSnapshot| s.endpoints.get(&Endpoint::Sessions).map_or(0, |e| e.requests);
        let before: Vec<_> = self
            .live
            .snapshot()
            .servers
            .iter()
            .map(|s| asked(s) + 3)
            .collect();
        self.until("three looks", |snapshot| {
            snapshot.servers.iter().zip(&before).all(|(s, n)| asked(s) >= *n)
        })
        .await;
        // No later play begins at the very moment of these points.
        sleep(4 * STEP).await;
    }

    /// The points of now as a server reads them, and the moment in seconds.
    pub(crate) fn points(&self, write: &Write) -> (Vec<Row>, f64) {
        let now_ns = i64::try_from(self.clock.now().as_nanosecond()).unwrap();
        let (snapshot, options) = (self.live.snapshot(), Options::default());
        let input = Input {
            schema: write.schema,
            snapshot: &snapshot,
            now_ns,
            with_libraries: write.with_libraries,
            empty_strings: write.empty_strings,
            servers: &[],
            urls: &self.urls,
            additions: &write.additions,
            process: None,
            options: &options,
        };
        let mut lines = Vec::new();
        for point in schema::points(&input) {
            assert!(line::encode(&point, &mut lines), "no line: {point:?}");
        }
        let lines = String::from_utf8(lines).unwrap();
        let read = sim::influx::parse(&lines).unwrap_or_else(|e| panic!("{e}\n{lines}"));
        (read.iter().map(Row::of).collect(), now_ns as f64 / 1e9)
    }

    /// What is written down for the next process, and the time.
    pub(crate) fn carry(&self) -> (Vec<Carried>, Timestamp) {
        let snapshot = self.live.snapshot();
        let carried = snapshot.servers.iter().map(|s| Carried {
            iptv: None,
            source: s.id.clone(),
            plays: s.plays.iter().map(|p| (**p).clone()).collect(),
            counters: (*s.counters).clone(),
            estimated_bytes: s.estimated_bytes,
            transmitted_bytes: s.transmitted_bytes.clone(),
        });
        (carried.collect(), self.clock.now())
    }

    /// Lets the clock move a little, so that what begins now begins after what was written last.
    pub(crate) async fn step(&self) {
        sleep(4 * STEP).await;
    }
}

/// Moves time on. While the breath is taken time stands still, since a blocking task is at work.
async fn run_clock(clock: Clock) {
    let (start, mut shown_ms) = (Instant::now(), 0);
    loop {
        let _ = tokio::task::spawn_blocking(|| std::thread::sleep(BREATH)).await;
        sleep(STEP).await;
        let elapsed_ms = start.elapsed().as_millis();
        clock.advance(u32::try_from(elapsed_ms - shown_ms).unwrap());
        shown_ms = elapsed_ms;
    }
}
