//! The bytes of a record.

use proptest::prelude::*;

use crate::sinks::spool::Batch;
use crate::sinks::spool::segment::{Decoder, Encoder, HEAD_BYTES, MAGIC, Origin, origin, record};

fn records(batches: &[Batch]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let (mut bytes, mut before) = (MAGIC.to_vec(), 0);
    for batch in batches {
        let length = encoder.prepare(batch);
        let record = encoder.record(batch, before);
        assert_eq!(record.len(), length);
        bytes.extend_from_slice(record);
        before += batch.points;
    }
    bytes
}

fn read(bytes: &[u8]) -> Vec<Batch> {
    let (mut decoder, mut batches, mut at) = (Decoder::new(), Vec::new(), MAGIC.len());
    while let Some(found) = record(bytes, at) {
        let mut lines = Vec::new();
        if decoder.append(&found, &mut lines) {
            batches.push(Batch {
                lines,
                points: found.points,
                oldest_ns: found.oldest_ns,
            });
        }
        at = found.end;
    }
    batches
}

#[test]
fn what_a_file_is() {
    for (bytes, expected) in [
        (&b"PJspool\x01"[..], Origin::Ours),
        (b"PJspool\x01and more", Origin::Ours),
        (b"PJspool\x02", Origin::Newer),
        (b"PJspool\x00", Origin::Foreign),
        (b"", Origin::Unfinished),
        (b"PJsp", Origin::Unfinished),
        (b"%PDF", Origin::Foreign),
        (b"%PDF-1.7\n", Origin::Foreign),
    ] {
        assert_eq!(origin(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn what_repeats_is_stored_smaller_and_what_does_not_is_stored_as_it_is() {
    let repeats = Batch {
        lines: b"now_playing,session_id=1 position=7i 1700000000\n".repeat(100),
        points: 100,
        oldest_ns: 7,
    };
    let bytes = records(std::slice::from_ref(&repeats));
    assert!(bytes.len() < repeats.lines.len() / 10);
    assert_eq!(read(&bytes), [repeats]);
    let noise = Batch {
        lines: (0..200u8).map(|i| i.wrapping_mul(151) ^ 0x5a).collect(),
        points: 1,
        oldest_ns: i64::MIN,
    };
    let bytes = records(std::slice::from_ref(&noise));
    assert_eq!(bytes.len(), MAGIC.len() + HEAD_BYTES + 200);
    assert_eq!(read(&bytes), [noise]);
}

fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let one = (prop::collection::vec(any::<u8>(), 0..200), 1..50u32, any::<i64>()).prop_map(
        |(lines, points, oldest_ns)| Batch {
            lines,
            points,
            oldest_ns,
        },
    );
    prop::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn what_was_written_is_read(batches in batches()) {
        prop_assert_eq!(read(&records(&batches)), batches);
    }

    /// Whatever happens to the bytes: what is read was written, in its order.
    #[test]
    fn damage_takes_but_never_invents(
        batches in batches(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = records(&batches);
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()).max(MAGIC.len()));
        }
        let mut written = batches.iter();
        for came in read(&bytes) {
            prop_assert!(written.any(|w| *w == came));
        }
    }

    #[test]
    fn anything_at_all_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read(&bytes);
    }
}
