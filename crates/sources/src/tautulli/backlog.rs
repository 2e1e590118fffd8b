//! The whole history in pages, where the database itself is not handed out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tokio::sync::mpsc;

use super::map;
use super::rows::Rows;
use super::wire::{Row, int};
use super::{Batch, Delivery, Kept, Place, What, deliver};
use base::Fault as Error;

/// A row waiting for those before it.
struct Waiting {
    id: i64,
    /// Of the page order; tells which rows are among the latest.
    nth: u64,
    stopped_s: i64,
    row: Row,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}

/// Puts rows that come by start into the order of their ids, which is that of their stops: a row is due once every
/// row still to come starts, and so stops, after it.
#[derive(Default)]
struct Sorter(BinaryHeap<Reverse<Waiting>>);

impl Sorter {
    fn push(&mut self, nth: u64, row: Row) {
        let Some((id, started_s)) = map::place(&row) else {
            return;
        };
        let stopped_s = int(row.get("stopped")).unwrap_or(started_s).max(started_s);
        self.0.push(Reverse(Waiting {
            id,
            nth,
            stopped_s,
            row,
        }));
    }

    /// Rows that are due; `horizon_s`: every row to come starts then or later. `None`: nothing comes any more.
    fn due(&mut self, horizon_s: Option<i64>) -> Vec<(u64, Row)> {
        let mut due = Vec::new();
        while let Some(Reverse(first)) = self.0.peek() {
            if horizon_s.is_some_and(|h| first.stopped_s >= h) {
                break;
            }
            let Some(Reverse(first)) = self.0.pop() else { break };
            due.push((first.nth, first.row));
        }
        due
    }
}

/// Fetches and delivers every row. `None` if somebody stopped listening.
pub(super) async fn take(rows: &mut Rows<'_>, out: &mpsc::Sender<Delivery>) -> Result<Option<Kept>, Error> {
    let about = rows.about().await?;
    if deliver(out, What::Rows(about)).await.is_none() {
        return Ok(None);
    }
    let (mut sorter, mut nth, mut done) = (Sorter::default(), 0_u64, 0_u64);
    let (mut first, mut last): (Option<Place>, Option<Place>) = (None, None);
    loop {
        let page = rows.page(nth, None).await?;
        let (got, total) = (page.data.len() as u64, page.filtered);
        let mut horizon_s = None;
        for row in page.data {
            if let Some(place) = map::place(&row) {
                first = first.min(Some(place)).or(Some(place));
                last = last.max(Some(place));
                horizon_s = horizon_s.max(Some(place.1));
            }
            sorter.push(nth, row);
            nth += 1;
        }
        let over = got == 0 || nth >= total;
        let due = sorter.due(horizon_s.filter(|_| !over));
        // How they were delivered is asked row by row, so only for the latest.
        let recent = total.saturating_sub(rows.cfg.detail_rows as u64);
        let (latest, older): (Vec<_>, Vec<_>) = due.into_iter().partition(|(nth, _)| *nth >= recent);
        for (part, details) in [(older, false), (latest, true)] {
            let part: Vec<Row> = part.into_iter().map(|(_, row)| row).collect();
            for part in part.chunks(rows.cfg.page_rows.max(1)) {
                done += part.len() as u64;
                let batch = Batch {
                    of: Some((done, total)),
                    ..rows.batch(part, details).await?
                };
                if deliver(out, What::Rows(batch)).await.is_none() {
                    return Ok(None);
                }
            }
        }
        if over {
            break;
        }
    }
    // Only now is it true that nothing below the last row is missing.
    let end = Batch {
        reached: first.into_iter().chain(last).collect(),
        of: Some((done, done)),
        ..Batch::default()
    };
    Ok(deliver(out, What::Rows(end)).await)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn row(id: i64, started: i64, stopped: i64) -> Row {
        let value = json!({"row_id": id, "started": started, "stopped": stopped});
        value.as_object().unwrap().clone()
    }

    proptest! {
        /// Rows written in the order of their stops, told by their starts, come out as they were written.
        #[test]
        fn pages_by_start_become_rows_by_id(
            mut spans in proptest::collection::vec((1_000_i64..2_000, 0_i64..600), 1..60),
            page in 1_usize..9,
        ) {
            spans.sort_by_key(|(start, length)| start + length);
            let mut rows: Vec<(i64, i64, i64)> = spans
                .iter()
                .zip(1..)
                .map(|((start, length), id)| (*start, id, start + length))
                .collect();
            rows.sort_unstable();
            let (mut sorter, mut out, mut nth) = (Sorter::default(), Vec::new(), 0);
            let pages: Vec<_> = rows.chunks(page).collect();
            for (at, page) in pages.iter().enumerate() {
                for (start, id, stop) in *page {
                    sorter.push(nth, row(*id, *start, *stop));
                    nth += 1;
                }
                let horizon = page.last().map(|(start, ..)| *start);
                let over = at + 1 == pages.len();
                out.extend(sorter.due(horizon.filter(|_| !over)).into_iter().map(|(_, r)| r));
            }
            let ids: Vec<i64> = out.iter().filter_map(map::place).map(|(id, _)| id).collect();
            prop_assert_eq!(ids, (1..=i64::try_from(spans.len()).unwrap()).collect::<Vec<_>>());
        }
    }
}
