//! Cells: a key and four sums, and how a bucket of them is packed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Sums of one cell. They can be negative: a play may move from one cell to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Groups of plays, and the seconds of all their rows.
    pub(crate) groups: i64,
    pub(crate) group_s: i64,
    /// Rows, and theirs.
    pub(crate) rows: i64,
    pub(crate) row_s: i64,
}

impl Sums {
    pub(crate) const ZERO: Self = Self {
        groups: 0,
        group_s: 0,
        rows: 0,
        row_s: 0,
    };

    pub(crate) fn group(times: i64, seconds: i64) -> Self {
        Self {
            groups: times,
            group_s: seconds,
            ..Self::ZERO
        }
    }

    pub(crate) fn row(seconds: i64) -> Self {
        Self {
            rows: 1,
            row_s: seconds,
            ..Self::ZERO
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.groups += other.groups;
        self.group_s += other.group_s;
        self.rows += other.rows;
        self.row_s += other.row_s;
    }

    pub(crate) fn negated(self) -> Self {
        Self {
            groups: -self.groups,
            group_s: -self.group_s,
            rows: -self.rows,
            row_s: -self.row_s,
        }
    }
}

/// Keys are numbers that we made ourselves: mixing them needs a multiplication, not a defence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        // The table takes its place from the low bits and its tag from the high ones.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = (self.0.rotate_left(5) ^ key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

pub(crate) type MixMap<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// Sums by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells(MixMap<u64, Sums>);

impl Cells {
    #[inline]
    pub(crate) fn add(&mut self, key: u64, sums: Sums) {
        self.0.entry(key).or_default().add(sums);
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (key, sums) in &other.0 {
            self.add(*key, *sums);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Sums)> + '_ {
        self.0.iter().map(|(key, sums)| (*key, *sums))
    }

    /// Sums that are not all 0, by key.
    pub(crate) fn sorted(&self) -> Vec<(u64, Sums)> {
        let mut all: Vec<_> = self.iter().filter(|(_, sums)| *sums != Sums::ZERO).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Equal cells, equal bytes: by key, each key as its distance from the one before, no cell of zeros.
    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        for (key, sums) in self.sorted() {
            packer.put(key, sums);
        }
        packer.bytes
    }
}

/// Packs cells that come by key.
#[derive(Debug, Default)]
struct Packer {
    bytes: Vec<u8>,
    before: u64,
}

impl Packer {
    fn put(&mut self, key: u64, sums: Sums) {
        if sums == Sums::ZERO {
            return;
        }
        put(&mut self.bytes, key - self.before);
        self.before = key;
        for value in [sums.groups, sums.group_s, sums.rows, sums.row_s] {
            put(&mut self.bytes, zigzag(value));
        }
    }
}

/// A packed bucket with `change`, by key, added to it.
pub(crate) fn merged(bytes: &[u8], change: &[(u64, Sums)]) -> Result<Vec<u8>, Torn> {
    let mut packer = Packer {
        bytes: Vec::with_capacity(bytes.len() + 32 * change.len()),
        before: 0,
    };
    let mut change = change.iter().copied().peekable();
    unpack(bytes, |key, mut sums| {
        while let Some((new, sums)) = change.next_if(|(new, _)| *new < key) {
            packer.put(new, sums);
        }
        if let Some((_, more)) = change.next_if(|(new, _)| *new == key) {
            sums.add(more);
        }
        packer.put(key, sums);
    })?;
    change.for_each(|(key, sums)| packer.put(key, sums));
    Ok(packer.bytes)
}

/// A bucket that is not what [`Cells::pack`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Torn;

/// Calls `cell` for each cell of a packed bucket.
pub(crate) fn unpack(mut bytes: &[u8], mut cell: impl FnMut(u64, Sums)) -> Result<(), Torn> {
    let mut key = 0_u64;
    while !bytes.is_empty() {
        key = key.checked_add(take(&mut bytes)?).ok_or(Torn)?;
        let mut next = || take(&mut bytes).map(unzigzag);
        let sums = Sums {
            groups: next()?,
            group_s: next()?,
            rows: next()?,
            row_s: next()?,
        };
        cell(key, sums);
    }
    Ok(())
}

/// Seven bits a byte, lowest first; the highest bit says that more follow.
#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
pub(crate) fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[inline]
pub(crate) fn take(bytes: &mut &[u8]) -> Result<u64, Torn> {
    // Most numbers are small.
    match bytes {
        [byte, rest @ ..] if *byte < 0x80 => {
            let value = u64::from(*byte);
            *bytes = rest;
            Ok(value)
        }
        [low, high, rest @ ..] if *high < 0x80 => {
            let value = u64::from(low & 0x7f) | u64::from(*high) << 7;
            *bytes = rest;
            Ok(value)
        }
        _ => take_long(bytes),
    }
}

fn take_long(bytes: &mut &[u8]) -> Result<u64, Torn> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Torn)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Torn)
}

/// Small numbers of either sign become small ones without.
#[expect(clippy::cast_sign_loss, reason = "bits are moved, no number is converted")]
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[expect(clippy::cast_possible_wrap, reason = "bits are moved, no number is converted")]
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums() -> impl Strategy<Value = Sums> {
        let n = || prop_oneof![-3_i64..3, any::<i64>()];
        (n(), n(), n(), n()).prop_map(|(groups, group_s, rows, row_s)| Sums {
            groups,
            group_s,
            rows,
            row_s,
        })
    }

    proptest! {
        #[test]
        fn buckets_come_back_as_they_were_packed(
            given in prop::collection::btree_map(prop_oneof![0_u64..300, any::<u64>()], sums(), 0..40),
        ) {
            let mut cells = Cells::default();
            for (key, sums) in &given {
                cells.add(*key, *sums);
            }
            let mut back = Vec::new();
            unpack(&cells.pack(), |key, sums| back.push((key, sums))).unwrap();
            let wanted: Vec<_> = given.into_iter().filter(|(_, s)| *s != Sums::ZERO).collect();
            prop_assert_eq!(back, wanted);
        }

        #[test]
        fn merging_is_adding_up(
            parts in prop::collection::vec((prop::bool::ANY, 0_u64..40, -2_i64..3), 0..60),
        ) {
            let mut all = [Cells::default(), Cells::default(), Cells::default()];
            for (is_change, key, value) in parts {
                all[usize::from(is_change)].add(key, Sums::group(value, 300 * value));
                all[2].add(key, Sums::group(value, 300 * value));
            }
            let [kept, change, sum] = all;
            prop_assert_eq!(merged(&kept.pack(), &change.sorted()), Ok(sum.pack()));
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack(&bytes, |_, _| {});
        }
    }

    #[test]
    fn a_cut_bucket_is_torn() {
        let mut cells = Cells::default();
        cells.add(7, Sums::row(300));
        let bytes = cells.pack();
        for cut in 1..bytes.len() {
            assert_eq!(unpack(&bytes[..cut], |_, _| {}), Err(Torn), "{cut} of {bytes:?}");
        }
    }
}
