//! One line of the history.

use super::tally::{Tally, rows_of};
use crate::ask::filter::Matcher;
use crate::ask::who::Who;
use crate::columns::Row;
use crate::rules::{WatchedStatus, percent_complete, percent_shown, watched_status};
use crate::store::StoredPlay;
use crate::{Error, View};

/// A play: sums over its rows that pass the filter, and the row that stands for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Tautulli `reference_id`.
    pub group_id: u32,
    /// The row that stands for the play: the one that got furthest, of several the oldest (Tautulli `row_id`).
    pub id: u32,
    /// Its rows, oldest first (Tautulli `group_ids`, `group_count`).
    pub ids: Vec<u32>,
    /// Newest start.
    pub date_s: i64,
    /// Oldest start.
    pub started_s: i64,
    /// Newest stop, if any is known.
    pub stopped_s: Option<i64>,
    /// Wall time without pauses; may be negative, see [`crate::rules::duration_s`].
    pub duration_s: i64,
    pub paused_s: i64,
    /// Of the row that stands for the play.
    pub percent_complete: i64,
    pub watched: WatchedStatus,
    /// Absent for an account that is not known.
    pub who: Option<Who>,
    /// Everything else, of the row that stands for the play.
    pub play: StoredPlay,
}

/// Lines for plays, each given by any of its rows.
pub(super) fn fetch(
    v: &View<'_>,
    matcher: &Matcher<'_>,
    grouping: bool,
    plays: &[Row],
) -> Result<Vec<Entry>, Error> {
    let c = v.columns;
    let mut rows = Vec::new();
    let tallies: Vec<(Tally, Vec<u32>)> = plays
        .iter()
        .map(|row| {
            rows_of(matcher, grouping, *row, &mut rows);
            let ids = rows.iter().rev().map(|row| c.id(*row)).collect();
            (Tally::of(c, &rows), ids)
        })
        .collect();
    let ids: Vec<u32> = tallies.iter().map(|(tally, _)| c.id(tally.row)).collect();
    let stored = v.stored(&ids)?;
    let mut tallies = tallies.into_iter();
    let mut entries = Vec::with_capacity(stored.len());
    for play in stored {
        // Both are in one order; what the store does not hold is left out.
        let Some((tally, ids)) = tallies.find(|(tally, _)| c.id(tally.row) == play.id) else {
            break;
        };
        let item = c.item(tally.row);
        let offset = c.view_offset_ms(tally.row);
        let percent = percent_complete(offset, item.duration_ms);
        entries.push(Entry {
            group_id: c.group_id(c.group(tally.row)),
            id: play.id,
            ids,
            date_s: tally.date_s,
            started_s: tally.started_s,
            stopped_s: tally.stopped_s,
            duration_s: tally.duration_s,
            paused_s: tally.paused_s,
            percent_complete: percent_shown(percent, item.live),
            watched: watched_status(&c.watched_rule, item, offset, percent),
            who: Who::of(c, c.viewer(tally.row).user_id),
            play,
        });
    }
    Ok(entries)
}
