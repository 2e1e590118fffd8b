//! What is taken, when, and in which order, while nothing is broken.

use std::time::Duration;

use super::{House, PLENTY, batch, drain, held, next, numbers, until};
use crate::sinks::SinkStats;
use crate::sinks::spool::state::{Segment, State};
use crate::sinks::spool::{Bounds, Queue, Taken};

fn ns(figures: &crate::sinks::SinkFigures) -> Option<i128> {
    figures.oldest_waiting_at.map(model::Timestamp::as_nanosecond)
}

async fn polled_once(queue: &Queue, points: u32) -> Option<Taken> {
    tokio::time::timeout(Duration::ZERO, queue.next(points, PLENTY))
        .await
        .ok()
}

#[tokio::test]
async fn while_sending_works_nothing_is_written() {
    let house = House::new();
    let queue = house.open();
    for i in 0..100 {
        queue.push(batch(i..i + 1, 10));
        let taken = next(&queue, 10, PLENTY).await;
        queue.done(taken);
    }
    assert_eq!(house.files().len(), 0);
    assert_eq!(house.figures().waiting, 0);
    assert_eq!(house.figures().oldest_waiting_at, None);
}

#[tokio::test]
async fn small_batches_are_joined_up_to_the_limits_and_a_large_one_comes_alone() {
    for on_disk in [false, true] {
        let house = House::new();
        let queue = house.open();
        for (start, end) in [(0, 3), (3, 6), (6, 7), (7, 30), (30, 31)] {
            queue.push(batch(start..end, 2));
        }
        if on_disk {
            held(&queue).await;
        }
        for expected in [0..6, 6..7, 7..30, 30..31] {
            let taken = next(&queue, 6, PLENTY).await;
            assert_eq!(numbers(&taken.lines), expected.clone().collect::<Vec<_>>());
            assert_eq!(taken.oldest_ns, i64::try_from(expected.start).unwrap());
            queue.done(taken);
        }
        // "p aa 0\n" has seven bytes.
        for start in 0..4 {
            queue.push(batch(start..start + 1, 2));
        }
        let taken = next(&queue, 100, 15).await;
        assert_eq!(numbers(&taken.lines), [0, 1]);
    }
}

#[tokio::test]
async fn what_was_not_done_is_next_again_also_when_it_went_to_disk_meanwhile() {
    let house = House::new();
    let queue = house.open();
    queue.push(batch(0..2, 2));
    queue.push(batch(2..4, 2));
    let taken = next(&queue, 2, PLENTY).await;
    held(&queue).await;
    drop(taken);
    let taken = next(&queue, 2, PLENTY).await;
    assert_eq!(numbers(&taken.lines), [0, 1]);
    assert_eq!(house.figures().waiting, 4);
    queue.done(taken);
    assert_eq!(house.figures().waiting, 2);
    let taken = next(&queue, 2, PLENTY).await;
    assert_eq!(numbers(&taken.lines), [2, 3]);
}

#[tokio::test]
async fn what_is_done_while_it_goes_to_disk_is_not_next_again() {
    let house = House::new();
    let queue = house.open();
    for start in 0..50 {
        queue.push(batch(start..start + 1, 2));
    }
    let taken = next(&queue, 20, PLENTY).await;
    held(&queue).await;
    queue.done(taken);
    until("the time of the oldest is known", || {
        ns(&house.figures()) == Some(20)
    })
    .await;
    assert_eq!(drain(&queue, &house.stats).await, (20..50).collect::<Vec<_>>());
    until("no file is left", || house.files().is_empty()).await;
    assert_eq!(house.figures().spool_bytes, 0);
}

#[tokio::test]
async fn held_until_empty_then_memory_alone_again() {
    let house = House::new();
    let queue = house.open();
    // Nothing waits yet.
    queue.hold();
    queue.push(batch(0..1, 2));
    queue.push(batch(1..2, 2));
    until("what is pushed later goes to disk", || queue.in_memory() == 0).await;
    assert!(house.figures().spool_bytes > 0);
    assert_eq!(drain(&queue, &house.stats).await, [0, 1]);
    queue.push(batch(2..3, 2));
    until("no file is left", || house.files().is_empty()).await;
    assert_eq!(queue.in_memory(), 1);
    assert_eq!(drain(&queue, &house.stats).await, [2]);
}

#[tokio::test]
async fn a_kill_loses_nothing_that_was_held_and_little_is_sent_again() {
    let house = House::new();
    let queue = house.open();
    for start in 0..100 {
        queue.push(batch(start * 10..start * 10 + 10, 2));
    }
    held(&queue).await;
    for _ in 0..5 {
        let taken = next(&queue, 100, PLENTY).await;
        queue.done(taken);
    }
    until("the time of the oldest is known", || {
        ns(&house.figures()) == Some(500)
    })
    .await;
    queue.crash();
    let queue = house.open();
    assert_eq!(house.figures().waiting, 500);
    until("the time of the oldest is known", || {
        ns(&house.figures()) == Some(500)
    })
    .await;
    // What comes later goes behind it.
    queue.push(batch(1_000..1_001, 2));
    assert_eq!(
        drain(&queue, &house.stats).await,
        (500..1_001).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_orderly_end_keeps_what_is_in_memory() {
    let house = House::new();
    let queue = house.open();
    queue.push(batch(0..3, 2));
    queue.close(Duration::from_secs(30)).await;
    let stats = SinkStats::new("attic", "influxdb");
    let queue = Queue::open(house.bounds(), stats.clone()).unwrap();
    assert_eq!(stats.snapshot().waiting, 3);
    assert_eq!(ns(&stats.snapshot()), Some(0));
    assert_eq!(drain(&queue, &stats).await, [0, 1, 2]);
}

#[tokio::test]
async fn many_segments_are_read_in_order_and_removed_one_by_one() {
    let mut house = House::new();
    house.disk_bytes = 1 << 20;
    let queue = house.open();
    for start in 0..400 {
        queue.push(batch(start * 10..start * 10 + 10, 100));
    }
    held(&queue).await;
    let before = house.files().len();
    assert!(before > 3, "{before}");
    let on_disk = |house: &House| -> u64 { house.files().iter().map(|f| f.metadata().unwrap().len()).sum() };
    assert_eq!(house.figures().spool_bytes, on_disk(&house));
    for _ in 0..200 {
        let taken = next(&queue, 10, PLENTY).await;
        queue.done(taken);
    }
    until("some files are removed", || house.files().len() < before).await;
    assert_eq!(
        drain(&queue, &house.stats).await,
        (2_000..4_000).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn next_can_be_cancelled_anywhere() {
    let house = House::new();
    let queue = house.open();
    assert!(polled_once(&queue, 10).await.is_none());
    queue.push(batch(0..1, 2));
    held(&queue).await;
    // Asked and dropped, with other limits than later.
    for points in [1, 7, 3, 3] {
        let _ = polled_once(&queue, points).await;
    }
    assert_eq!(drain(&queue, &house.stats).await, [0]);
    let waiter = async {
        let taken = queue.next(10, PLENTY).await;
        numbers(&taken.lines)
    };
    let pusher = async { queue.push(batch(1..2, 2)) };
    assert_eq!(tokio::join!(waiter, pusher).0, [1]);
}

#[tokio::test]
async fn without_a_directory_it_waits_in_memory() {
    let stats = SinkStats::new("attic", "influxdb");
    for (dir, disk_bytes) in [
        (None, 1_000),
        (Some(std::path::PathBuf::from("/proc/nowhere")), 0),
    ] {
        let bounds = Bounds {
            dir,
            memory_bytes: PLENTY,
            disk_bytes,
        };
        let queue = Queue::open(bounds, stats.clone()).unwrap();
        queue.push(batch(0..3, 2));
        queue.hold();
        queue.push(batch(3..4, 2));
        assert_eq!(queue.in_memory(), 4);
        assert_eq!(drain(&queue, &stats).await, [0, 1, 2, 3]);
        queue.close(Duration::from_secs(30)).await;
    }
}

#[tokio::test]
async fn batches_without_points_are_nothing() {
    let house = House::new();
    let queue = house.open();
    queue.push(crate::sinks::spool::Batch::default());
    assert_eq!(house.figures().waiting, 0);
    assert!(polled_once(&queue, 10).await.is_none());
}

#[test]
fn what_is_left_of_a_file_has_a_time_before_anybody_looks_it_up() {
    let house = House::new();
    let left = Segment {
        seq: 1,
        start: 0,
        end: 100,
        bytes: 1_000,
        oldest_ns: 7,
    };
    let _state = State::new(&house.bounds(), [left].into(), 50, house.stats.clone());
    assert_eq!((house.figures().waiting, ns(&house.figures())), (50, Some(7)));
}
