//! What `/library/metadata` told of items that sessions do not fully describe.

use std::collections::{HashMap, HashSet};

use model::{Session, Text};

use super::ask::LOOKUP_BATCH;
use super::map::{ItemMetadata, Lookup};

/// Items remembered; beyond that those not played for longest go. About 300 bytes each.
const ITEMS_MAX: usize = 2000;

/// Items removed at once, so that a full cache is not searched for each new one.
const EVICT: usize = ITEMS_MAX / 10;

/// An item the server does not know (a deleted one, somebody else's) is not asked for again for this long.
const MISSING_MS: u64 = 10 * 60_000;

/// Likewise after a failure of the request.
const FAILED_MS: u64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct Cache {
    items: HashMap<Text, ItemMetadata>,
    /// When each was last played, in looks.
    played: HashMap<Text, u64>,
    /// Until when not to ask.
    silent_until_ms: HashMap<Text, u64>,
    looks: u64,
    /// Set after a batch was refused as a whole: one bad key may do that, so each is asked for alone.
    singly: bool,
}

impl Cache {
    pub(super) fn items(&self) -> &HashMap<Text, ItemMetadata> {
        &self.items
    }

    /// Notes what plays, so that it stays.
    pub(super) fn touch(&mut self, sessions: &[Session]) {
        self.looks += 1;
        if self.items.is_empty() {
            return;
        }
        for key in sessions.iter().filter_map(|s| s.item.rating_key.as_ref()) {
            if let Some(at) = self.played.get_mut(key) {
                *at = self.looks;
            }
        }
    }

    /// The next keys to ask for, at most one batch.
    pub(super) fn wanted(&mut self, lookups: &[Lookup], now_ms: u64) -> Vec<Text> {
        self.silent_until_ms.retain(|_, until| *until > now_ms);
        let limit = if self.singly { 1 } else { LOOKUP_BATCH };
        let mut taken = HashSet::new();
        lookups
            .iter()
            .map(|l| &l.rating_key)
            // Keys of live television and of other providers are not the library's.
            .filter(|key| !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()))
            .filter(|key| !self.items.contains_key(*key) && !self.silent_until_ms.contains_key(*key))
            .filter(|key| taken.insert((*key).clone()))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Keeps what was found; what was asked for and not found is missing.
    pub(super) fn store(&mut self, asked: &[Text], found: Vec<(Text, ItemMetadata)>, now_ms: u64) {
        self.singly = false;
        for (key, item) in found {
            self.played.insert(key.clone(), self.looks);
            self.items.insert(key, item);
        }
        for key in asked {
            if !self.items.contains_key(key) {
                self.silence(key, now_ms + MISSING_MS);
            }
        }
        if self.items.len() > ITEMS_MAX {
            self.evict();
        }
    }

    /// The request failed. `missing`: the server knows none of them, or refused all because of one.
    pub(super) fn failed(&mut self, asked: &[Text], missing: bool, now_ms: u64) {
        if missing && asked.len() > 1 {
            self.singly = true;
            return;
        }
        let wait_ms = if missing { MISSING_MS } else { FAILED_MS };
        for key in asked {
            self.silence(key, now_ms + wait_ms);
        }
    }

    fn silence(&mut self, key: &Text, until_ms: u64) {
        if self.silent_until_ms.len() >= ITEMS_MAX {
            self.silent_until_ms.clear();
        }
        self.silent_until_ms.insert(key.clone(), until_ms);
    }

    fn evict(&mut self) {
        let mut by_age: Vec<(u64, Text)> = self.played.iter().map(|(key, at)| (*at, key.clone())).collect();
        by_age.sort_unstable();
        for (_, key) in by_age
            .into_iter()
            .take(EVICT + self.items.len().saturating_sub(ITEMS_MAX))
        {
            self.played.remove(&key);
            self.items.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookups(keys: impl IntoIterator<Item = impl ToString>) -> Vec<Lookup> {
        keys.into_iter()
            .map(|k| Lookup {
                rating_key: k.to_string().into(),
            })
            .collect()
    }

    fn item() -> ItemMetadata {
        ItemMetadata {
            library_id: None,
            versions: Vec::new(),
        }
    }

    #[test]
    fn asks_for_each_item_once_and_only_for_the_librarys() {
        let mut cache = Cache::default();
        let wanted = cache.wanted(&lookups(["5", "com.gracenote://x", "", "5", "6"]), 0);
        assert_eq!(wanted, [Text::from("5"), Text::from("6")]);
        cache.store(&wanted, vec![("5".into(), item())], 0);
        assert!(
            cache.wanted(&lookups(["5", "6"]), 1000).is_empty(),
            "6 is missing and remembered as such"
        );
        assert_eq!(
            cache.wanted(&lookups(["5", "6"]), MISSING_MS + 1),
            [Text::from("6")]
        );
    }

    #[test]
    fn batches_are_bounded_and_go_on_singly_after_a_refusal() {
        let mut cache = Cache::default();
        let many = lookups(1..=120);
        let batch = cache.wanted(&many, 0);
        assert_eq!(batch.len(), LOOKUP_BATCH);
        cache.failed(&batch, true, 0);
        assert_eq!(cache.wanted(&many, 0), [Text::from("1")]);
        cache.failed(&["1".into()], true, 0);
        assert_eq!(
            cache.wanted(&many, 0),
            [Text::from("2")],
            "the bad one is left out"
        );
        cache.store(&["2".into()], vec![("2".into(), item())], 0);
        assert_eq!(cache.wanted(&many, 0).len(), LOOKUP_BATCH);
    }

    #[test]
    fn a_failure_is_not_repeated_at_once() {
        let mut cache = Cache::default();
        cache.failed(&["1".into()], false, 0);
        assert!(cache.wanted(&lookups([1]), FAILED_MS - 1).is_empty());
        assert_eq!(cache.wanted(&lookups([1]), FAILED_MS + 1).len(), 1);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut cache = Cache::default();
        for i in 0..=ITEMS_MAX {
            cache.looks += 1;
            let key: Text = i.to_string().into();
            cache.store(std::slice::from_ref(&key), vec![(key.clone(), item())], 0);
        }
        assert!(cache.items.len() <= ITEMS_MAX && cache.played.len() == cache.items.len());
        assert!(!cache.items.contains_key("0") && cache.items.contains_key(ITEMS_MAX.to_string().as_str()));
        for i in 0..3 * ITEMS_MAX {
            cache.silence(&i.to_string().into(), 1);
        }
        assert!(cache.silent_until_ms.len() <= ITEMS_MAX);
    }
}
