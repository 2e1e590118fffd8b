//! Groups for databases from before Tautulli kept any.

use std::collections::HashMap;

use model::Record;

use crate::rules::{Earlier, WatchedRule, group_of};

/// The latest play of a viewer that a later one may continue.
#[derive(Debug)]
struct Last {
    group_id: i64,
    view_offset_ms: Option<i64>,
    watched: bool,
    guid: Option<model::Text>,
    started_s: i64,
}

/// Gives out groups by the usual rule, in the order of the rows.
#[derive(Debug, Default)]
pub(super) struct Groups {
    rule: WatchedRule,
    /// By viewer and item.
    items: HashMap<(Option<i64>, Option<i64>), Last>,
    /// By viewer: the latest of any kind, for live television.
    viewers: HashMap<Option<i64>, Last>,
}

impl Groups {
    pub(super) fn new(rule: WatchedRule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// The group of a play, which is the newest so far.
    pub(super) fn of(&mut self, id: i64, play: &Record) -> i64 {
        let item = &play.item;
        let started_s = play.started_ms / 1000;
        let earlier = if item.live {
            self.viewers.get(&play.user_id)
        } else {
            item.rating_key
                .and_then(|key| self.items.get(&(play.user_id, Some(key))))
        };
        let earlier = earlier.map(|last| Earlier {
            group_id: last.group_id,
            view_offset_ms: last.view_offset_ms,
            watched: last.watched,
            guid: last.guid.as_deref(),
            started_s: last.started_s,
        });
        // Written when it stopped, as far as one can know.
        let now_s = play.stopped_ms.map_or(started_s, |ms| ms / 1000);
        let group = group_of(
            item.live,
            item.guid.as_deref(),
            play.view_offset_ms,
            now_s,
            earlier.as_ref(),
        );
        let group_id = group.unwrap_or(id);
        let last = || Last {
            group_id,
            view_offset_ms: play.view_offset_ms,
            watched: self.rule.is_watched(
                item.kind,
                play.view_offset_ms,
                item.duration_ms,
                item.marker_credits_first_ms,
                item.marker_credits_final_ms,
            ),
            guid: item.guid.clone(),
            started_s,
        };
        let (of_item, of_viewer) = (last(), last());
        if !item.live {
            self.items.insert((play.user_id, item.rating_key), of_item);
        }
        self.viewers.insert(play.user_id, of_viewer);
        group_id
    }
}
