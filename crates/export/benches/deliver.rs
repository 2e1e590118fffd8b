//! What delivery costs: the same batches to the same kind of fresh `influxd`, once by a client that does nothing but
//! write them to a socket, once by ours.
//!
//! `cargo bench --package export --bench deliver` prints a table. The two take turns, so that what else the machine
//! does meets both, and the middle one of several rounds counts. Nothing here judges, so nothing here can fail for
//! being slow.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool talks to its user and may stop"
)]

#[path = "../tests/influx/servers.rs"]
#[expect(dead_code, reason = "the tests of delivery need more of it")]
mod servers;

use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base::Clock;
use export::sinks::SinkStats;
use export::sinks::influx::deliver::deliver;
use export::sinks::influx::line::encode;
use export::sinks::influx::point::{Field, Point};
use export::sinks::influx::{Config, Gzip};
use export::sinks::spool::{Batch, Bounds, Queue};
use servers::Influxd;
use tokio_util::sync::CancellationToken;

/// Lines of a request.
const LINES: u32 = 5_000;

/// Rounds of each client; odd, so that there is a middle one.
const ROUNDS: usize = 5;

/// Series the points are spread over: a busy server's sessions.
const SERIES: usize = 50;

fn main() {
    // `cargo test --benches` only asks whether it still builds and starts.
    if std::env::args().any(|a| a == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    println!("| Line | Lines/s, bare client | Lines/s, ours | Ratio | Aim |\n|---|---|---|---|---|");
    compare("3 whole numbers", active_streams, 160);
    compare("25 fields, most of them texts", now_playing, 24);
}

fn compare(what: &str, point: fn(usize) -> Point<'static>, batches: usize) {
    let batches = encoded(point, batches);
    let bytes: usize = batches.iter().map(|b| b.lines.len()).sum();
    let lines: u32 = batches.iter().map(|b| b.points).sum();
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Who comes first alternates too.
        if round % 2 == 0 {
            bare.push(by_bare_client(&batches));
            ours.push(by_us(&batches));
        } else {
            ours.push(by_us(&batches));
            bare.push(by_bare_client(&batches));
        }
    }
    let rate = |mut all: Vec<Duration>| {
        all.sort_unstable();
        f64::from(lines) / all[all.len() / 2].as_secs_f64()
    };
    let (bare, ours) = (rate(bare), rate(ours));
    println!(
        "| {what}, {} bytes | {bare:.0} | {ours:.0} | {:.2} | ≥ 0.90 |",
        bytes / lines as usize,
        ours / bare
    );
}

/// One connection, one request after another, nothing looked at but the status.
fn by_bare_client(batches: &[Batch]) -> Duration {
    let runtime = runtime();
    let influxd = runtime.block_on(fresh());
    let address = influxd.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_nodelay(true).unwrap();
    let began = Instant::now();
    for batch in batches {
        let head = format!(
            "POST /write?db=plex_data&precision=ns HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n",
            batch.lines.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&batch.lines).unwrap();
        let (mut answer, mut length) = ([0; 4_096], 0);
        while !answer[..length].ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut answer[length..]).unwrap();
            assert!(count > 0, "it hung up");
            length += count;
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 204"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    let took = began.elapsed();
    runtime.block_on(assert_complete(&influxd, batches));
    took
}

/// The queue holds everything when the clock starts.
fn by_us(batches: &[Batch]) -> Duration {
    // The product runs on one thread.
    let runtime = runtime();
    runtime.block_on(async {
        let influxd = fresh().await;
        let config = Config {
            url: influxd.url(),
            batch_points: LINES,
            gzip: Gzip::Auto,
            ..Config::default()
        };
        let stats = SinkStats::new("bench", "influxdb");
        let bounds = Bounds {
            dir: None,
            memory_bytes: 1 << 30,
            disk_bytes: 0,
        };
        let queue = Queue::open(bounds, stats.clone()).unwrap();
        for batch in batches {
            queue.push(batch.clone());
        }
        let (cancel, clock) = (CancellationToken::new(), Clock::system());
        let began = Instant::now();
        let watch = async {
            // Looked at seldom enough to cost nothing, often enough to miss little of the end.
            while stats.snapshot().waiting > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let took = began.elapsed();
            cancel.cancel();
            took
        };
        let (sent, took) = tokio::join!(deliver(&config, &queue, &stats, &clock, &cancel), watch);
        sent.unwrap();
        let figures = stats.snapshot();
        assert!(figures.dropped.is_empty() && figures.retries == 0, "{figures:?}");
        assert_complete(&influxd, batches).await;
        took
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

async fn fresh() -> Influxd {
    let influxd = Influxd::start().await;
    influxd.create_database("plex_data").await;
    influxd
}

async fn assert_complete(influxd: &Influxd, batches: &[Batch]) {
    let lines: u64 = batches.iter().map(|b| u64::from(b.points)).sum();
    let stored = influxd.number("plex_data", "SELECT count(n) FROM m").await;
    assert_eq!(stored, lines);
}

fn encoded(point: fn(usize) -> Point<'static>, batches: usize) -> Vec<Batch> {
    let mut n = 0;
    let mut batch = || {
        let mut batch = Batch {
            oldest_ns: point(n).at_ns,
            ..Batch::default()
        };
        for _ in 0..LINES {
            batch.points += u32::from(encode(&point(n), &mut batch.lines));
            n += 1;
        }
        batch
    };
    (0..batches).map(|_| batch()).collect()
}

fn at_ns(n: usize) -> i64 {
    // One point of each series every ten seconds.
    1_770_000_000_000_000_000 + i64::try_from(n / SERIES).unwrap() * 10_000_000_000
}

fn active_streams(n: usize) -> Point<'static> {
    let number = |n: usize| Field::Int(i64::try_from(n).unwrap());
    Point {
        measurement: "m",
        tags: vec![("host", Cow::Owned(format!("attic-{:02}.example.org", n % SERIES)))],
        fields: vec![
            ("n", number(n)),
            ("direct_play_streams", number(n % 7)),
            ("transcode_streams", number(n % 5)),
        ],
        at_ns: at_ns(n),
    }
}

fn now_playing(n: usize) -> Point<'static> {
    let text = |text: String| Field::Text(Cow::Owned(text));
    let mut fields = vec![
        ("n", Field::Int(i64::try_from(n).unwrap())),
        ("percent", Field::Float((n % 1_000) as f64 / 10.0)),
        ("position_ms", text((n * 10_000).to_string())),
    ];
    fields.extend(
        TEXT_FIELDS
            .iter()
            .map(|key| (*key, text(format!("the {key} of one, \"{}\"", n % SERIES)))),
    );
    Point {
        measurement: "m",
        tags: vec![
            ("host", Cow::Borrowed("attic.example.org")),
            ("player_address", Cow::Owned(format!("192.0.2.{}", n % SERIES))),
            ("session_id", Cow::Owned(format!("session-{}", n % SERIES))),
        ],
        fields,
        at_ns: at_ns(n),
    }
}

const TEXT_FIELDS: [&str; 20] = [
    "user",
    "title",
    "series",
    "season",
    "episode",
    "library",
    "platform",
    "player",
    "state",
    "quality",
    "video",
    "audio",
    "container",
    "resolution",
    "bitrate",
    "location",
    "product",
    "device",
    "studio",
    "subtitles",
];
