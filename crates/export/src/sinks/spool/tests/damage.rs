//! Files that are not as they were left.

use std::fs;

use super::{House, batch, drain, held};
use crate::sinks::DropReason;
use crate::sinks::spool::segment::{HEAD_BYTES, MAGIC, record};

/// Ten batches of ten points in one file.
async fn hundred() -> House {
    let house = House::new();
    let queue = house.open();
    for i in 0..10 {
        queue.push(batch(i * 10..i * 10 + 10, 30));
    }
    held(&queue).await;
    assert_eq!(house.files().len(), 1);
    house
}

/// Where record `i` begins and ends.
fn bounds_of(bytes: &[u8], i: usize) -> (usize, usize) {
    let mut at = MAGIC.len();
    for _ in 0..i {
        at = record(bytes, at).unwrap().end;
    }
    (at, record(bytes, at).unwrap().end)
}

#[tokio::test]
async fn a_torn_end_costs_the_record_it_tore() {
    for cut in [1, 20, HEAD_BYTES] {
        let house = hundred().await;
        let file = house.files().remove(0);
        let bytes = fs::read(&file).unwrap();
        let (_, end) = bounds_of(&bytes, 9);
        fs::write(&file, &bytes[..end - cut]).unwrap();
        let queue = house.open();
        queue.push(batch(100..101, 3));
        let mut expected: Vec<_> = (0..90).collect();
        expected.push(100);
        assert_eq!(drain(&queue, &house.stats).await, expected);
    }
}

#[tokio::test]
async fn flipped_bits_cost_their_record_and_are_counted() {
    for (what, offset) in [
        ("mark", 0),
        ("length", 5),
        ("points", 12),
        ("time", 21),
        ("payload", HEAD_BYTES + 3),
    ] {
        for i in [0, 4] {
            let house = hundred().await;
            let file = house.files().remove(0);
            let mut bytes = fs::read(&file).unwrap();
            let (start, _) = bounds_of(&bytes, i);
            bytes[start + offset] ^= 0x10;
            fs::write(&file, &bytes).unwrap();
            let queue = house.open();
            let lost = i as u64 * 10..i as u64 * 10 + 10;
            let expected: Vec<_> = (0..100).filter(|n| !lost.contains(n)).collect();
            assert_eq!(drain(&queue, &house.stats).await, expected, "{what} of {i}");
            assert_eq!(house.dropped(DropReason::Damaged), 10, "{what} of {i}");
        }
    }
}

#[tokio::test]
async fn damage_that_happens_while_we_run_is_counted_too() {
    let house = House::new();
    let queue = house.open();
    for i in 0..10 {
        queue.push(batch(i * 10..i * 10 + 10, 30));
    }
    held(&queue).await;
    let file = house.files().remove(0);
    let bytes = fs::read(&file).unwrap();
    let (start, _) = bounds_of(&bytes, 7);
    fs::write(&file, &bytes[..start]).unwrap();
    assert_eq!(drain(&queue, &house.stats).await, (0..70).collect::<Vec<_>>());
    assert_eq!(house.dropped(DropReason::Damaged), 30);
    // And it goes on.
    queue.push(batch(100..101, 3));
    assert_eq!(drain(&queue, &house.stats).await, [100]);
}

#[tokio::test]
async fn a_file_that_vanished_is_counted() {
    let house = House::new();
    let queue = house.open();
    queue.push(batch(0..10, 30));
    held(&queue).await;
    fs::remove_file(house.files().remove(0)).unwrap();
    assert_eq!(drain(&queue, &house.stats).await, [0; 0]);
    assert_eq!(house.dropped(DropReason::Damaged), 10);
}

#[tokio::test]
async fn a_position_that_cannot_be_read_costs_sending_again() {
    let house = House::new();
    let queue = house.open();
    for i in 0..10 {
        queue.push(batch(i * 10..i * 10 + 10, 30));
    }
    held(&queue).await;
    let taken = super::next(&queue, 50, super::PLENTY).await;
    queue.done(taken);
    queue.close(std::time::Duration::from_secs(30)).await;
    for garbage in [&b""[..], b"short", &[0xff; 20], &[0; 400]] {
        fs::write(house.spool().join("position"), garbage).unwrap();
        let queue = house.open();
        assert_eq!(house.figures().waiting, 100);
        drop(queue);
    }
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let house = hundred().await;
    let strange = [
        ("00000000000000000007.seg", &b"%PDF-1.7 and so on"[..]),
        ("00000000000000000008.seg", b"PJspool\x02 of the future"),
        ("notes.seg", b"x"),
        ("99999999999999999999.seg", b"PJspool\x01"),
        ("readme.txt", b"x"),
    ];
    for (name, bytes) in strange {
        fs::write(house.spool().join(name), bytes).unwrap();
    }
    fs::create_dir(house.spool().join("00000000000000000009.seg")).unwrap();
    let queue = house.open();
    queue.push(batch(100..101, 3));
    held(&queue).await;
    assert!(
        house.spool().join("00000000000000000010.seg").exists(),
        "no name is used twice"
    );
    assert_eq!(drain(&queue, &house.stats).await, (0..101).collect::<Vec<_>>());
    for (name, bytes) in strange {
        assert_eq!(fs::read(house.spool().join(name)).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_file_that_was_only_begun_is_removed() {
    let house = hundred().await;
    for (name, bytes) in [
        ("00000000000000000007.seg", &b""[..]),
        ("00000000000000000008.seg", b"PJsp"),
        ("00000000000000000009.seg", b"PJspool\x01"),
        ("00000000000000000010.seg", b"PJspool\x01\xf1rec"),
    ] {
        fs::write(house.spool().join(name), bytes).unwrap();
    }
    let queue = house.open();
    assert_eq!(house.files().len(), 1);
    assert_eq!(drain(&queue, &house.stats).await, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_position_left_behind_never_speaks_of_new_files() {
    let house = hundred().await;
    let queue = house.open();
    let taken = super::next(&queue, 50, super::PLENTY).await;
    queue.done(taken);
    super::until("the position is kept", || {
        // Made when there is something to say.
        fs::read(house.spool().join("position")).is_ok_and(|p| p.len() == 20)
    })
    .await;
    drain(&queue, &house.stats).await;
    drop(queue);
    for file in house.files() {
        fs::remove_file(file).unwrap();
    }
    let queue = house.open();
    for i in 0..10 {
        queue.push(batch(i * 10..i * 10 + 10, 30));
    }
    held(&queue).await;
    drop(queue);
    house.open();
    assert_eq!(house.figures().waiting, 100);
}

#[tokio::test]
async fn a_second_queue_is_told() {
    let house = House::new();
    let queue = house.open();
    let refused = house.try_open().unwrap_err().to_string();
    let dir = house.spool();
    assert_eq!(
        refused,
        format!("the spool {}: is in use by another process", dir.display())
    );
    drop(queue);
    house.open();
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_told() {
    let house = House::new();
    fs::write(
        house.dir.path().join("sinks"),
        "a file where a directory should be",
    )
    .unwrap();
    let refused = house.try_open().unwrap_err().to_string();
    assert_eq!(
        refused,
        format!("the spool {}: cannot be made", house.spool().display())
    );
}
