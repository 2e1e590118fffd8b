//! The queue on a real directory.

mod bounds;
mod damage;
mod disk;
mod format;
mod model;
mod order;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Batch, Bounds, Queue, SpoolError, Taken};
use crate::sinks::{DropReason, SinkFigures, SinkStats};

const PLENTY: usize = 1 << 30;

/// Points with these numbers, each on a line of its own; their numbers are their times.
pub(super) fn batch(numbers: std::ops::Range<u64>, padding: usize) -> Batch {
    let mut lines = Vec::new();
    for number in numbers.clone() {
        // Something that hardly deflates.
        let mut noise = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut letter = || {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            char::from(b'A' + (noise % 58) as u8)
        };
        let pad: String = (0..padding).map(|_| letter()).collect();
        lines.extend_from_slice(format!("p {pad} {number}\n").as_bytes());
    }
    Batch {
        lines,
        points: u32::try_from(numbers.end - numbers.start).unwrap(),
        oldest_ns: i64::try_from(numbers.start).unwrap(),
    }
}

pub(super) fn numbers(lines: &[u8]) -> Vec<u64> {
    let lines = std::str::from_utf8(lines).unwrap();
    let number = |line: &str| line.rsplit(' ').next().unwrap().parse().unwrap();
    lines.lines().map(number).collect()
}

struct House {
    dir: tempfile::TempDir,
    stats: SinkStats,
    memory_bytes: usize,
    disk_bytes: u64,
}

impl House {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            stats: SinkStats::new("attic", "influxdb"),
            memory_bytes: PLENTY,
            disk_bytes: PLENTY as u64,
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            dir: Some(self.spool()),
            memory_bytes: self.memory_bytes,
            disk_bytes: self.disk_bytes,
        }
    }

    fn spool(&self) -> PathBuf {
        self.dir.path().join("sinks/attic")
    }

    fn try_open(&self) -> Result<Queue, SpoolError> {
        Queue::open(self.bounds(), self.stats.clone())
    }

    fn open(&self) -> Queue {
        self.try_open().unwrap()
    }

    fn figures(&self) -> SinkFigures {
        self.stats.snapshot()
    }

    fn dropped(&self, reason: DropReason) -> u64 {
        self.figures().dropped.get(&reason).copied().unwrap_or(0)
    }

    /// Segment files, oldest first.
    fn files(&self) -> Vec<PathBuf> {
        files(&self.spool())
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "seg"))
        .collect();
    files.sort();
    files
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
    assert!(waited.is_ok(), "waited in vain until {what}");
}

/// Everything that waits is on disk.
async fn held(queue: &Queue) {
    queue.hold();
    until("everything is on disk", || queue.in_memory() == 0).await;
}

async fn next(queue: &Queue, points: u32, bytes: usize) -> Taken {
    let taken = tokio::time::timeout(Duration::from_secs(30), queue.next(points, bytes)).await;
    taken.expect("something waits")
}

/// Takes everything, and says in which order it came.
async fn drain(queue: &Queue, stats: &SinkStats) -> Vec<u64> {
    let mut came = Vec::new();
    while stats.snapshot().waiting > 0 {
        // What waits may turn out to be damaged.
        let none_waits = until("none waits", || stats.snapshot().waiting == 0);
        let taken = tokio::select! {
            taken = queue.next(1_000, PLENTY) => taken,
            () = none_waits => break,
        };
        let told = numbers(&taken.lines);
        assert_eq!(told.len(), taken.points as usize);
        assert_eq!(told.first().copied(), u64::try_from(taken.oldest_ns).ok());
        came.extend(told);
        queue.done(taken);
    }
    came
}
