//! Texts and parts of records that come again and again, held once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::Text;

/// Texts longer than this are summaries and the like, which do not repeat in other columns.
const SHORT: usize = 64;

/// Beyond this many the set begins anew: what repeats comes back at once.
const MOST: usize = 16_384;

/// Short texts, each held once.
#[derive(Debug, Default)]
pub(super) struct Words(HashSet<Text>);

impl Words {
    pub(super) fn of(&mut self, text: &str) -> Text {
        if text.len() > SHORT {
            return text.into();
        }
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let new: Text = text.into();
        self.0.insert(new.clone());
        new
    }
}

/// What was built from equal raw bytes, for as long as it is in use: two generations, of which the older one is
/// dropped when the younger is full.
#[derive(Debug)]
pub(super) struct Seen<V> {
    young: HashMap<Box<[u8]>, Arc<V>>,
    old: HashMap<Box<[u8]>, Arc<V>>,
    most: usize,
}

impl<V> Seen<V> {
    /// Holds up to twice `most` values.
    pub(super) fn new(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            most,
        }
    }

    /// The value of these bytes, built if it is not at hand.
    pub(super) fn of(&mut self, raw: &[u8], build: impl FnOnce() -> V) -> Arc<V> {
        if let Some(value) = self.young.get(raw) {
            return value.clone();
        }
        let (key, value) = self
            .old
            .remove_entry(raw)
            .unwrap_or_else(|| (raw.into(), Arc::new(build())));
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_give_the_same_value_while_in_use() {
        let mut seen = Seen::new(2);
        let first = seen.of(b"a", || 1);
        for other in [b"b", b"c", b"d"] {
            seen.of(other, || 2);
            assert!(
                Arc::ptr_eq(&first, &seen.of(b"a", || 3)),
                "kept by being asked for"
            );
        }
        for other in [b"e", b"f", b"g", b"h", b"i"] {
            seen.of(other, || 2);
        }
        assert_eq!(*seen.of(b"a", || 4), 4, "long unused, so dropped");
        assert!(seen.young.len() <= 2 && seen.old.len() <= 2);
    }

    #[test]
    fn words_are_shared_if_short() {
        let mut words = Words::default();
        assert!(Arc::ptr_eq(&words.of("h264"), &words.of("h264")));
        let long = "x".repeat(SHORT + 1);
        assert!(!Arc::ptr_eq(&words.of(&long), &words.of(&long)));
    }
}
