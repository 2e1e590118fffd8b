//! Ten hours without a server, our own process killed again and again meanwhile: what was on disk arrives, once and in
//! order. Ten hours of points, that is; their times are told, not waited for.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Clock;
use export::sinks::influx::Config;
use export::sinks::influx::deliver::{Pace, deliver_at};
use export::sinks::spool::{Batch, Bounds, Queue};
use export::sinks::{DropReason, SinkStats};
use sim::influx::{Fault, Influx, Settings, Value};
use tokio_util::sync::CancellationToken;

use crate::servers::Influxd;

/// Ten hours, a point of each session every ten seconds.
const TICKS: u64 = 3_600;
const TICK_NS: i64 = 10_000_000_000;
const START_NS: i64 = 1_700_000_000_000_000_000;
const SESSIONS: u64 = 5;

/// Ticks that a child pushes before it waits for the disk, at most; so many a kill may take.
const TICKS_AT_ONCE: u64 = 3;

const DATABASE: &str = "plex_data";
const PLENTY: u64 = 1 << 30;

fn at_ns(tick: u64) -> i64 {
    START_NS + i64::try_from(tick).unwrap() * TICK_NS
}

fn position(tick: u64, session: u64) -> u64 {
    (tick * 10_000 + session * 77_777) % 7_200_000
}

fn points(tick: u64) -> Batch {
    let mut lines = String::new();
    for session in 0..SESSIONS {
        let (position, at) = (position(tick, session), at_ns(tick));
        let _ = writeln!(
            lines,
            "now_playing,session_id={session} position={position}i {at}"
        );
    }
    Batch {
        lines: lines.into_bytes(),
        points: u32::try_from(SESSIONS).unwrap(),
        oldest_ns: at_ns(tick),
    }
}

/// One that is there, or not.
enum Server {
    Fake(Influx),
    Real(Influxd),
}

/// What a server holds: values by time and session.
type Held = BTreeMap<(i64, u64), u64>;

impl Server {
    async fn fake() -> Self {
        Self::Fake(Influx::start(Settings::default()).await)
    }

    async fn real() -> Self {
        let influxd = Influxd::start().await;
        influxd.create_database(DATABASE).await;
        Self::Real(influxd)
    }

    fn url(&self) -> String {
        match self {
            Self::Fake(influx) => influx.url(),
            Self::Real(influxd) => influxd.url(),
        }
    }

    fn down(&mut self) {
        match self {
            Self::Fake(influx) => influx.fault(Fault::Refuse),
            Self::Real(influxd) => influxd.kill(),
        }
    }

    async fn up(&mut self) {
        match self {
            Self::Fake(influx) => influx.heal(),
            Self::Real(influxd) => influxd.start_again().await,
        }
    }

    /// Checks the order too, where it can be seen.
    async fn held(&self) -> Held {
        match self {
            Self::Fake(influx) => {
                let stored = influx.points();
                assert!(stored.is_sorted_by_key(|p| p.at_ns), "they came in order");
                let one = |p: &sim::influx::Stored| {
                    let Value::Int(position) = p.fields["position"] else {
                        panic!("a position is a whole number: {p:?}")
                    };
                    let session = p.tags[0].1.parse().unwrap();
                    ((p.at_ns, session), u64::try_from(position).unwrap())
                };
                stored.iter().map(one).collect()
            }
            Self::Real(influxd) => {
                let all = "SELECT position FROM now_playing GROUP BY session_id";
                let answer = influxd.query(DATABASE, all).await;
                let series = answer["results"][0]["series"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let mut held = Held::new();
                for one in series {
                    let session = one["tags"]["session_id"].as_str().unwrap().parse().unwrap();
                    for row in one["values"].as_array().unwrap() {
                        held.insert((row[0].as_i64().unwrap(), session), row[1].as_u64().unwrap());
                    }
                }
                held
            }
        }
    }
}

/// What a child said.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Pushed, or about to be.
    begun: BTreeSet<u64>,
    /// On disk or at the server.
    safe: BTreeSet<u64>,
    /// So many points were beyond the cap.
    dropped: u64,
    /// It pushed all it was to push, and if it was to wait for that, nothing waits any more.
    is_over: bool,
}

/// Our side, as a process of its own.
struct Us {
    child: Child,
    told: Arc<Mutex<Told>>,
    reader: Option<JoinHandle<()>>,
}

impl Us {
    fn start(dir: &Path, server: &Server, ticks: Range<u64>, disk_bytes: u64, to_the_end: bool) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "outage::us",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("OUTAGE_DIR", dir)
            .env("OUTAGE_URL", server.url())
            .env(
                "OUTAGE",
                format!(
                    "{} {} {disk_bytes} {}",
                    ticks.start,
                    ticks.end,
                    u8::from(to_the_end)
                ),
            )
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::<Mutex<Told>>::default();
        let out = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn({
            let told = Arc::clone(&told);
            move || {
                for line in out.lines() {
                    told.lock().unwrap().hear(&line.unwrap());
                }
            }
        });
        Self {
            child,
            told,
            reader: Some(reader),
        }
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&Told) -> bool) {
        for _ in 0..60_000 {
            if is_so(&self.told.lock().unwrap()) {
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before {what}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("waited in vain for {what}: {:?}", self.told.lock().unwrap());
    }

    async fn until_safe(&mut self, ticks: usize) {
        self.until("ticks on disk", |told| told.safe.len() >= ticks || told.is_over)
            .await;
    }

    /// With `kill -9`.
    fn kill(mut self) -> Told {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        self.told.lock().unwrap().clone()
    }
}

impl Drop for Us {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Told {
    fn hear(&mut self, line: &str) {
        // The test harness says something before.
        let Some((_, said)) = line.split_once('@') else {
            return;
        };
        let words: Vec<_> = said.split(' ').collect();
        let number = |i: usize| words[i].parse::<u64>().unwrap();
        match words[0] {
            "begun" => self.begun.extend(number(1)..number(2)),
            "safe" => self.safe.extend(number(1)..number(2)),
            "over" => (self.dropped, self.is_over) = (number(1), true),
            other => panic!("{other}?"),
        }
    }

    fn add(&mut self, other: &Self) {
        self.begun.extend(&other.begun);
        self.safe.extend(&other.safe);
    }

    /// The tick that was not pushed yet.
    fn next(&self) -> u64 {
        self.begun.last().map_or(0, |last| last + 1)
    }
}

/// The child: pushes points and sends them.
#[tokio::test]
#[ignore = "the tests below run it in a process of its own"]
async fn us() {
    let Some(dir) = std::env::var_os("OUTAGE_DIR") else {
        return;
    };
    let text = |name: &str| std::env::var_os(name).unwrap().into_string().unwrap();
    let numbers: Vec<u64> = text("OUTAGE").split(' ').map(|n| n.parse().unwrap()).collect();
    let [from, to, disk_bytes, to_the_end] = numbers[..] else {
        panic!("four numbers")
    };
    let stats = SinkStats::new("attic", "influxdb");
    let bounds = Bounds {
        dir: Some(dir.into()),
        memory_bytes: 4 << 20,
        disk_bytes,
    };
    let queue = Queue::open(bounds, stats.clone()).unwrap();
    let config = Config {
        url: text("OUTAGE_URL"),
        database: DATABASE.to_owned(),
        batch_points: 500,
        ..Config::default()
    };
    let pace = Pace {
        first: Duration::from_millis(5),
        longest: Duration::from_millis(50),
        slow: Duration::from_millis(50),
    };
    let (clock, cancel) = (Clock::system(), CancellationToken::new());
    let say = |words: String| writeln!(std::io::stdout(), "@{words}").unwrap();
    let push = async {
        let mut tick = from;
        while tick < to {
            let end = to.min(tick + 1 + tick % TICKS_AT_ONCE);
            say(format!("begun {tick} {end}"));
            (tick..end).for_each(|t| queue.push(points(t)));
            until(|| queue.in_memory() == 0).await;
            say(format!("safe {tick} {end}"));
            tick = end;
        }
        let dropped = || {
            stats
                .snapshot()
                .dropped
                .get(&DropReason::Full)
                .copied()
                .unwrap_or(0)
        };
        if to_the_end > 0 {
            until(|| stats.snapshot().waiting == 0).await;
        } else {
            // While a batch is tried it is not lost yet, even if it is beyond the cap.
            let pushed = (to - from) * SESSIONS;
            until(|| stats.snapshot().waiting + dropped() >= pushed).await;
        }
        say(format!("over {}", dropped()));
    };
    let deliver = deliver_at(pace, &config, &queue, &stats, &clock, &cancel);
    tokio::join!(push, async { deliver.await.unwrap() });
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn random(range: Range<usize>) -> usize {
    let random = RandomState::new().build_hasher().finish();
    range.start + usize::try_from(random % (range.len() as u64)).unwrap()
}

/// Every point within the cap is there, once and as it was.
async fn nothing_is_lost(mut server: Server) {
    let dir = tempfile::tempdir().unwrap();
    let mut told = Told::default();
    let mut us = Us::start(dir.path(), &server, 0..TICKS, PLENTY, false);
    us.until_safe(100).await;
    server.down();
    // Killed at any moment, six times.
    let mut kills = 0;
    for _ in 0..6 {
        us.until_safe(random(120..500)).await;
        told.add(&us.kill());
        kills += 1;
        us = Us::start(dir.path(), &server, told.next()..TICKS, PLENTY, false);
    }
    us.until("the end of the outage", |told| told.is_over).await;
    told.add(&us.kill());
    // The server comes back, and we are killed while it is told what it missed.
    server.up().await;
    for _ in 0..3 {
        us = Us::start(dir.path(), &server, 0..0, PLENTY, true);
        tokio::time::sleep(Duration::from_millis(random(1..80) as u64)).await;
        us.kill();
    }
    let mut us = Us::start(dir.path(), &server, TICKS..TICKS + 100, PLENTY, true);
    us.until("nothing waits", |told| told.is_over).await;
    told.add(&us.kill());

    let held = server.held().await;
    for ((at, session), value) in &held {
        let tick = u64::try_from((at - START_NS) / TICK_NS).unwrap();
        assert!(told.begun.contains(&tick), "nobody pushed tick {tick}");
        assert_eq!((*at, *value), (at_ns(tick), position(tick, *session)));
    }
    for tick in &told.safe {
        for session in 0..SESSIONS {
            assert!(held.contains_key(&(at_ns(*tick), session)), "tick {tick} is lost");
        }
    }
    let lost = (TICKS + 100) * SESSIONS - held.len() as u64;
    assert!(lost <= kills * TICKS_AT_ONCE * SESSIONS, "{lost} points are lost");
}

/// Exactly the newest are there, and the others were counted.
async fn beyond_the_cap_the_oldest_goes(mut server: Server) {
    let dir = tempfile::tempdir().unwrap();
    let cap = 150_000;
    server.down();
    let mut us = Us::start(dir.path(), &server, 0..TICKS, cap, false);
    us.until("the end of the outage", |told| told.is_over).await;
    let told = us.kill();
    assert!(
        told.dropped > TICKS * SESSIONS / 4,
        "{} are beyond the cap",
        told.dropped
    );
    let spooled: u64 = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|file| file.unwrap())
        .filter(|file| file.path().extension().is_some_and(|e| e == "seg"))
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert!(spooled <= cap, "{spooled} bytes on disk");
    server.up().await;
    let mut us = Us::start(dir.path(), &server, 0..0, cap, true);
    us.until("nothing waits", |told| told.is_over).await;
    assert_eq!(us.kill().dropped, 0);
    let times: BTreeSet<_> = server.held().await.into_keys().collect();
    let oldest = told.dropped / SESSIONS;
    let newest = (oldest..TICKS).flat_map(|tick| (0..SESSIONS).map(move |session| (at_ns(tick), session)));
    assert_eq!(told.dropped % SESSIONS, 0);
    assert!(
        times.iter().copied().eq(newest),
        "{} points, from tick {oldest} on",
        times.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_hours_and_many_kills_before_the_fake() {
    nothing_is_lost(Server::fake().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_hours_and_many_kills_before_influxd() {
    nothing_is_lost(Server::real().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_of_ten_hours_arrive_at_the_fake() {
    beyond_the_cap_the_oldest_goes(Server::fake().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_of_ten_hours_arrive_at_influxd() {
    beyond_the_cap_the_oldest_goes(Server::real().await).await;
}
