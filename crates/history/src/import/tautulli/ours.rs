//! Plays that we watched ourselves: a Tautulli beside us saw them too, and they are not to stand here twice.

use std::collections::{HashMap, HashSet};

use model::{Origin, Record, SourceId};

use crate::columns::Columns;

/// Account and rating key.
type Viewing = (Option<i64>, i64);

/// First and last second of the plays we recorded, of what the rows to be taken over name.
#[derive(Debug, Default)]
pub(super) struct Ours(HashMap<Viewing, Vec<(i64, i64)>>);

impl Ours {
    pub(super) fn new(columns: &Columns, server: &SourceId, records: &[Record]) -> Self {
        let viewings: HashSet<Viewing> = records.iter().filter_map(viewing).collect();
        let oldest_ms = records.iter().map(|r| r.started_ms).min().unwrap_or(i64::MAX);
        let mut spans: HashMap<_, Vec<_>> = HashMap::new();
        for row in columns.stopped_since(oldest_ms.div_euclid(1000)) {
            if columns.marks(*row).origin() != Origin::Recorded || columns.library(*row).server != *server {
                continue;
            }
            let key = columns
                .item(*row)
                .rating_key
                .map(|k| (columns.viewer(*row).user_id, k));
            if let (Some(key), Some(stopped_s)) = (key, columns.stopped_s(*row))
                && viewings.contains(&key)
            {
                spans
                    .entry(key)
                    .or_default()
                    .push((columns.started_s(*row), stopped_s));
            }
        }
        Self(spans)
    }

    /// Whether we saw the same person play the same item at the same time. Two witnesses never agree to the second;
    /// that both plays ran at one moment is enough, since one person seldom plays one item twice at once.
    pub(super) fn have(&self, record: &Record) -> bool {
        let Some(spans) = viewing(record).and_then(|key| self.0.get(&key)) else {
            return false;
        };
        let from_s = record.started_ms.div_euclid(1000);
        let to_s = record.stopped_ms.map_or(from_s, |ms| ms.div_euclid(1000));
        spans
            .iter()
            .any(|(started_s, stopped_s)| from_s <= *stopped_s && *started_s <= to_s.max(from_s))
    }
}

fn viewing(record: &Record) -> Option<Viewing> {
    record.item.rating_key.map(|key| (record.user_id, key))
}
