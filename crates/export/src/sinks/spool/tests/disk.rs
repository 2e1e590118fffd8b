//! A disk that takes nothing, for a while.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{House, PLENTY, batch, drain, files, held, next, numbers, until};
use crate::sinks::spool::{Bounds, Queue};
use crate::sinks::{DropReason, SinkStats, logged};

const DIR: &str = "SPOOL_ON_A_FULL_DISK";

#[tokio::test]
async fn what_cannot_be_written_waits_in_memory_and_is_written_later() {
    logged::keep();
    let mut house = House::new();
    house.memory_bytes = batch(0..10, 100).lines.len() * 5;
    let queue = house.open();
    let aside = house.dir.path().join("aside");
    // Nothing can be made in a directory that is not there.
    fs::rename(house.spool(), &aside).unwrap();
    let told = [house.spool().to_str().unwrap(), "cannot be written"].map(str::to_owned);
    for i in 10..30 {
        queue.push(batch(i * 10..i * 10 + 10, 100));
        queue.hold();
        // A batch whose write is being tried stays while newer ones go; then it is over, and not tried soon again.
        until("it is told", || {
            logged::count(&told.each_ref().map(String::as_str)) > 0
        })
        .await;
    }
    until("the bound on memory holds", || queue.in_memory() <= 50).await;
    assert_eq!(house.dropped(DropReason::Full), 200 - queue.in_memory());
    // It can be sent from there.
    let taken = next(&queue, 10, PLENTY).await;
    let first = 300 - queue.in_memory();
    assert_eq!(numbers(&taken.lines), (first..first + 10).collect::<Vec<_>>());
    queue.done(taken);
    fs::rename(&aside, house.spool()).unwrap();
    held(&queue).await;
    assert_eq!(
        drain(&queue, &house.stats).await,
        (first + 10..300).collect::<Vec<_>>()
    );
    assert_eq!(house.dropped(DropReason::Full), first - 100);
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_disk_that_takes_nothing() {
    let house = House::new();
    let queue = house.open();
    fs::rename(house.spool(), house.dir.path().join("aside")).unwrap();
    queue.push(batch(0..10, 10));
    let begun = std::time::Instant::now();
    queue.close(Duration::from_mins(10)).await;
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn each_time_that_a_disk_takes_nothing_is_told() {
    logged::keep();
    let house = House::new();
    let queue = house.open();
    let (spool, aside) = (house.spool(), house.dir.path().join("aside"));
    fs::rename(&spool, &aside).unwrap();
    let told = [spool.to_str().unwrap(), "cannot be written"];
    for time in 1..=2 {
        queue.push(batch(time * 10..time * 10 + 10, 10));
        queue.hold();
        until("it is told", || logged::count(&told) as u64 == time).await;
        // The receiver is there again before the disk is.
        drain(&queue, &house.stats).await;
    }
}

#[tokio::test]
async fn a_queue_that_is_dropped_keeps_what_it_holds() {
    let house = House::new();
    let queue = house.open();
    queue.push(batch(0..10, 10));
    drop(queue);
    let queue = house.open();
    assert_eq!(drain(&queue, &house.stats).await, (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_dropped_queue_without_a_disk_tells_what_is_lost() {
    logged::keep();
    let bounds = Bounds {
        dir: None,
        memory_bytes: PLENTY,
        disk_bytes: 0,
    };
    let queue = Queue::open(bounds, SinkStats::new("attic", "influxdb")).unwrap();
    queue.push(batch(0..4_711, 10));
    drop(queue);
    assert_eq!(logged::count(&["points=4711", "are lost"]), 1);
}

#[test]
fn at_the_end_a_file_that_takes_nothing_is_left_for_another() {
    on_a_small_disk("sinks::spool::tests::disk::closing_on_a_full_file");
}

#[tokio::test]
#[ignore = "the test above runs it in a process of its own"]
async fn closing_on_a_full_file() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let bounds = Bounds {
        dir: Some(dir),
        memory_bytes: PLENTY,
        disk_bytes: PLENTY as u64,
    };
    let stats = SinkStats::new("attic", "influxdb");
    let queue = Queue::open(bounds.clone(), stats.clone()).unwrap();
    (0..200).for_each(|i| queue.push(batch(i * 10..i * 10 + 10, 100)));
    queue.close(Duration::from_mins(10)).await;
    let stats = SinkStats::new("attic", "influxdb");
    let queue = Queue::open(bounds, stats.clone()).unwrap();
    assert_eq!(drain(&queue, &stats).await, (0..2_000).collect::<Vec<_>>());
}

#[test]
fn a_full_disk_costs_nothing_once_there_is_room() {
    on_a_small_disk("sinks::spool::tests::disk::on_a_full_disk");
}

/// Runs a test in a process where no file can be large.
fn on_a_small_disk(child: &str) {
    let house = House::new();
    // No file may grow beyond some pages: that is how a full disk looks from here. (Blocks of 512 or 1,024 bytes.)
    let limit = "trap '' XFSZ; ulimit -S -f 64; exec \"$0\" \"$@\"";
    let out = Command::new("sh")
        .args(["-c", limit])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored"])
        .env(DIR, house.spool())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
#[ignore = "the test above runs it in a process of its own"]
async fn on_a_full_disk() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let stats = SinkStats::new("attic", "influxdb");
    let bounds = Bounds {
        dir: Some(dir.clone()),
        memory_bytes: batch(0..10, 100).lines.len() * 300,
        disk_bytes: PLENTY as u64,
    };
    let queue = Queue::open(bounds.clone(), stats.clone()).unwrap();
    let push = |i: u64| queue.push(batch(i * 10..i * 10 + 10, 100));
    (0..15).for_each(push);
    held(&queue).await;
    // More than the disk takes, and more than memory: in the middle some go.
    (15..1_000).for_each(push);
    until("the disk is full", || stats.snapshot().spool_bytes > 20_000).await;
    // What is there can be read while writing fails.
    let taken = next(&queue, 100, PLENTY).await;
    assert_eq!(numbers(&taken.lines), (0..100).collect::<Vec<_>>());
    queue.done(taken);
    assert!((1_000..=3_000).contains(&queue.in_memory()));
    // A batch that went in half is not left there.
    let on_disk = || -> u64 { files(&dir).iter().map(|f| f.metadata().unwrap().len()).sum() };
    until("no half is left", || on_disk() == stats.snapshot().spool_bytes).await;
    // Somebody makes room.
    let pid = std::process::id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited"])
        .status();
    assert!(lifted.unwrap().success());
    until("everything is on disk", || queue.in_memory() == 0).await;
    // All of it is whole.
    drop(queue);
    let queue = Queue::open(bounds, stats.clone()).unwrap();
    let came = drain(&queue, &stats).await;
    assert_eq!(came.last(), Some(&9_999));
    assert!(came.windows(2).all(|w| w[0] < w[1]));
    let dropped = stats.snapshot().dropped;
    let came_later = came.iter().filter(|n| **n >= 100).count() as u64;
    assert_eq!(100 + came_later + dropped[&DropReason::Full], 10_000);
    assert_eq!(dropped.get(&DropReason::Damaged), None);
}
