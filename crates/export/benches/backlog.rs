//! A backlog of a million points is read back from disk: how fast, and in how much memory.
//!
//! Written by a process of its own, so that what writing took does not count as what reading takes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use export::sinks::SinkStats;
use export::sinks::spool::{Batch, Bounds, Queue};

const POINTS: u64 = 1_000_000;

/// When run by `cargo test`: enough for more than one segment.
const FEW_POINTS: u64 = 20_000;

/// Points of one batch, as a house with so many sessions pushes every few seconds.
const SESSIONS: u64 = 20;

/// As the sink takes them.
const TAKEN_POINTS: u32 = 5_000;
const TAKEN_BYTES: usize = 4 << 20;

const FILL: &str = "--fill";

fn main() {
    let args: Vec<_> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    if let Some(at) = args.iter().position(|a| a == FILL) {
        let points = args[at + 2].parse().expect("a number of points");
        runtime.block_on(fill(Path::new(&args[at + 1]), points));
        return;
    }
    let is_bench = args.iter().any(|a| a == "--bench");
    let points = if is_bench { POINTS } else { FEW_POINTS };
    let dir = tempfile::tempdir().expect("a directory");
    let filled = Command::new(&args[0])
        .arg(FILL)
        .arg(dir.path())
        .arg(points.to_string())
        .status();
    assert!(filled.is_ok_and(|s| s.success()), "the backlog cannot be written");
    runtime.block_on(replay(dir.path(), points));
}

fn bounds(dir: &Path) -> Bounds {
    Bounds {
        dir: Some(dir.to_owned()),
        memory_bytes: 4 << 20,
        disk_bytes: 4 << 30,
    }
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[expect(clippy::print_stdout, reason = "the result")]
async fn fill(dir: &Path, points: u64) {
    let queue = Queue::open(bounds(dir), SinkStats::new("backlog", "influxdb")).expect("a spool");
    queue.hold();
    let begun = Instant::now();
    for tick in 0..points / SESSIONS {
        queue.push(batch(tick));
        if queue.in_memory() > SESSIONS * 50 {
            until(|| queue.in_memory() < SESSIONS * 10).await;
        }
    }
    queue.close(Duration::from_mins(10)).await;
    let took_s = begun.elapsed().as_secs_f64();
    println!("written: {:.0} points/s", points as f64 / took_s);
}

#[expect(clippy::print_stdout, reason = "the result")]
async fn replay(dir: &Path, points: u64) {
    let stats = SinkStats::new("backlog", "influxdb");
    let begun = Instant::now();
    let queue = Queue::open(bounds(dir), stats.clone()).expect("a spool");
    let opened_s = begun.elapsed().as_secs_f64();
    let spool_bytes = stats.snapshot().spool_bytes;
    let (mut came, mut bytes) = (0, 0);
    while stats.snapshot().waiting > 0 {
        let taken = queue.next(TAKEN_POINTS, TAKEN_BYTES).await;
        came += taken.lines.split_inclusive(|b| *b == b'\n').count() as u64;
        bytes += taken.lines.len();
        queue.done(taken);
    }
    let took_s = begun.elapsed().as_secs_f64();
    assert_eq!(came, points, "every point comes once");
    println!(
        "read back: {points} points ({} MB of lines, {} MB on disk) in {took_s:.2} s, of which {opened_s:.2} s to open: \
         {:.0} points/s; peak resident memory {}",
        bytes / 1_000_000,
        spool_bytes / 1_000_000,
        points as f64 / took_s,
        peak_resident().unwrap_or_else(|| "unknown".to_owned()),
    );
}

/// A point of each session, as wide as those of the schema `extended`.
fn batch(tick: u64) -> Batch {
    let at_ns = 1_700_000_000_000_000_000 + tick * 5_000_000_000;
    let mut lines = String::new();
    for session in 0..SESSIONS {
        let noise = (tick * SESSIONS + session).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (position, bitrate, percent) = (tick * 5_000 + noise % 997, 2_000 + noise % 18_000, noise % 100);
        let _ = writeln!(
            lines,
            "now_playing,host=attic.local,player_address=192.0.2.{session},session_id={session} \
             audio_channels=6i,audio_codec=\"eac3\",audio_decision=\"copy\",bitrate={bitrate}i,container=\"mkv\",\
             duration={position}i,location=\"lan\",media_type=\"TV Show\",percent_complete={percent}i,\
             platform=\"Android\",platform_version=\"11\",player=\"living room {session}\",\
             player_state=\"playing\",position_ms=\"{position}\",product=\"A player for television\",\
             quality=\"1080p\",relayed=\"0\",resolution=\"1080\",secure=\"1\",\
             stream_title=\"A programme of some length - its episode {session}\",start_time=1700000000i,\
             transcode_hw=\"0\",user=\"somebody {session}\",video_codec=\"hevc\",video_decision=\"transcode\" {at_ns}"
        );
    }
    Batch {
        lines: lines.into_bytes(),
        points: u32::try_from(SESSIONS).unwrap_or(u32::MAX),
        oldest_ns: i64::try_from(at_ns).unwrap_or(i64::MAX),
    }
}

fn peak_resident() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
