//! Content recognised by its place in memory: an import hands out one item and one delivery for all rows that are equal.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Entries; at the limit it starts anew. Each takes some hundred bytes, and the shell of content that is gone.
const MOST: usize = 8192;

/// What is known of content, by where it is. The weak pointer keeps the place from being given to other content.
#[derive(Debug)]
pub(super) struct Same<T, V>(HashMap<usize, (Weak<T>, V)>);

impl<T, V> Default for Same<T, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T, V: Copy> Same<T, V> {
    pub(super) fn get(&self, content: &Arc<T>) -> Option<V> {
        self.0.get(&Arc::as_ptr(content).addr()).map(|(_, known)| *known)
    }

    pub(super) fn set(&mut self, content: &Arc<T>, known: V) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0
            .insert(Arc::as_ptr(content).addr(), (Arc::downgrade(content), known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_never_mistaken_for_what_stood_there_before() {
        let mut same = Same::default();
        for n in 0..20_000 {
            // Each is gone before the next one is made, so that places would be given again.
            let content = Arc::new([n; 8]);
            assert_eq!(same.get(&content), None, "{n}");
            same.set(&content, n);
            assert_eq!(same.get(&content.clone()), Some(n));
        }
        assert!(same.0.len() <= MOST);
    }
}
