//! What a library tells of the items that play, beyond what their sessions do: where the credits begin, who made them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Fields, Record, SourceId};

/// Told by somebody who can ask; taken when a play is kept. A play whose item was never told of is kept without.
#[derive(Clone, Debug, Default)]
pub struct Details(Arc<Mutex<HashMap<Key, Arc<ItemMore>>>>);

/// Server and rating key.
type Key = (SourceId, i64);

/// What is known of one item. Texts and numbers go by Tautulli's column names (`summary`, `genres`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemMore {
    pub marker_credits_first_ms: Option<i64>,
    pub marker_credits_final_ms: Option<i64>,
    pub fields: Fields,
}

impl Details {
    pub fn has(&self, server: &SourceId, rating_key: i64) -> bool {
        self.lock().contains_key(&(server.clone(), rating_key))
    }

    pub fn put(&self, server: SourceId, rating_key: i64, more: ItemMore) {
        self.lock().insert((server, rating_key), Arc::new(more));
    }

    /// Forgets all but those that are still wanted.
    pub fn retain(&self, mut wanted: impl FnMut(&SourceId, i64) -> bool) {
        self.lock().retain(|(server, key), _| wanted(server, *key));
    }

    /// Adds what is known. What the session told stays.
    pub(super) fn complete(&self, record: &mut Record) {
        let Some(rating_key) = record.item.rating_key else {
            return;
        };
        let found = self.lock().get(&(record.server.clone(), rating_key)).cloned();
        let Some(more) = found else { return };
        let item = Arc::make_mut(&mut record.item);
        item.marker_credits_first_ms = more.marker_credits_first_ms;
        item.marker_credits_final_ms = more.marker_credits_final_ms;
        for (name, value) in &more.fields {
            item.extra.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<ItemMore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::Scalar;

    use super::*;
    use crate::record::build;

    #[test]
    fn what_the_session_told_stays_and_the_rest_is_added() {
        let details = Details::default();
        let fields = [("studio", "Other"), ("summary", "A story.")];
        let more = ItemMore {
            marker_credits_first_ms: Some(5_000_000),
            marker_credits_final_ms: None,
            fields: fields.map(|(k, v)| (k.into(), Scalar::Text(v.into()))).into(),
        };
        details.put("attic".into(), 10, more.clone());
        details.put("cellar".into(), 11, more);
        let mut record = build::record();
        Arc::make_mut(&mut record.item)
            .extra
            .insert("studio".into(), Scalar::Text("Own".into()));
        details.complete(&mut record);
        assert_eq!(record.item.marker_credits_first_ms, Some(5_000_000));
        let text = |name: &str| record.item.extra.get(name).cloned();
        assert_eq!(text("studio"), Some(Scalar::Text("Own".into())));
        assert_eq!(text("summary"), Some(Scalar::Text("A story.".into())));

        // Another server's item of that number is another item.
        let mut other = build::record();
        Arc::make_mut(&mut other.item).rating_key = Some(11);
        let before = other.clone();
        details.complete(&mut other);
        assert_eq!(other, before);
        details.retain(|server, _| server.as_str() == "cellar");
        assert!(!details.has(&"attic".into(), 10) && details.has(&"cellar".into(), 11));
    }
}
