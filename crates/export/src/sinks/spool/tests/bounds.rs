//! Beyond the bounds the oldest goes, and is counted.

use super::{House, PLENTY, batch, drain, held, next, numbers, until};
use crate::sinks::spool::{Bounds, Queue};
use crate::sinks::{DropReason, SinkStats};

/// A batch of ten lines.
fn tens(i: u64) -> crate::sinks::spool::Batch {
    batch(i * 10..i * 10 + 10, 100)
}

#[tokio::test]
async fn in_memory_the_oldest_goes() {
    let stats = SinkStats::new("attic", "influxdb");
    let bounds = Bounds {
        dir: None,
        memory_bytes: tens(90).lines.len() * 3,
        disk_bytes: 0,
    };
    let queue = Queue::open(bounds, stats.clone()).unwrap();
    for i in 90..99 {
        queue.push(tens(i));
    }
    assert_eq!(stats.snapshot().waiting, 30);
    assert_eq!(stats.snapshot().dropped[&DropReason::Full], 60);
    assert_eq!(drain(&queue, &stats).await, (960..990).collect::<Vec<_>>());
    // One that is larger than all that may wait still is worth a try.
    queue.push(batch(0..1_000, 100));
    assert_eq!(stats.snapshot().waiting, 1_000);
}

#[tokio::test]
async fn what_is_being_sent_is_lost_only_if_that_fails() {
    for works in [true, false] {
        let stats = SinkStats::new("attic", "influxdb");
        let bounds = Bounds {
            dir: None,
            memory_bytes: tens(90).lines.len(),
            disk_bytes: 0,
        };
        let queue = Queue::open(bounds, stats.clone()).unwrap();
        queue.push(tens(90));
        let taken = next(&queue, 10, PLENTY).await;
        queue.push(tens(91));
        queue.push(tens(92));
        assert_eq!(stats.snapshot().dropped[&DropReason::Full], 10);
        if works {
            queue.done(taken);
        } else {
            drop(taken);
        }
        let lost = if works { 10 } else { 20 };
        assert_eq!(stats.snapshot().dropped[&DropReason::Full], lost);
        assert_eq!(stats.snapshot().waiting, 10);
        assert_eq!(
            numbers(&next(&queue, 10, PLENTY).await.lines),
            (920..930).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn memory_that_fills_up_goes_to_disk() {
    let mut house = House::new();
    house.memory_bytes = tens(90).lines.len() * 4;
    let queue = house.open();
    for i in 10..90 {
        queue.push(tens(i));
        until("there is room", || queue.in_memory() <= 20).await;
    }
    assert_eq!(house.figures().waiting, 800);
    assert_eq!(drain(&queue, &house.stats).await, (100..900).collect::<Vec<_>>());
    assert_eq!(house.dropped(DropReason::Full), 0);
}

#[tokio::test]
async fn on_disk_the_oldest_segment_goes() {
    let mut house = House::new();
    house.disk_bytes = 200_000;
    let queue = house.open();
    queue.push(tens(10));
    for i in 11..1_000 {
        queue.push(tens(i));
        held(&queue).await;
        assert!(house.figures().spool_bytes <= 200_000);
    }
    let lost = house.dropped(DropReason::Full);
    assert_eq!(house.figures().waiting + lost, 9_900);
    assert!(house.figures().spool_bytes > 160_000, "no more went than had to");
    let came = drain(&queue, &house.stats).await;
    assert_eq!(came, (100 + lost..10_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cap_that_was_lowered_holds_from_the_start() {
    let mut house = House::new();
    house.disk_bytes = 200_000;
    let queue = house.open();
    for i in 10..200 {
        queue.push(tens(i));
    }
    held(&queue).await;
    drop(queue);
    house.disk_bytes = 50_000;
    let queue = house.open();
    until("it is smaller", || house.figures().spool_bytes <= 50_000).await;
    let lost = house.dropped(DropReason::Full);
    let came = drain(&queue, &house.stats).await;
    assert_eq!(came, (100 + lost..2_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_larger_than_the_whole_cap_goes() {
    let mut house = House::new();
    house.disk_bytes = 10_000;
    let queue = house.open();
    queue.push(tens(10));
    queue.push(batch(1_000..9_000, 100));
    queue.push(tens(10_000));
    held(&queue).await;
    assert_eq!(house.dropped(DropReason::Full), 8_000);
    let came = drain(&queue, &house.stats).await;
    assert_eq!(came, (100..110).chain(100_000..100_010).collect::<Vec<_>>());
}
