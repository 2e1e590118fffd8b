//! Many rows at once.

use super::{Columns, NONE, Row};

/// Up to so many new rows are put in their places one by one.
const FEW: usize = 16;

impl Columns {
    /// Makes room for `rows` more rows, no more than that.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.id.reserve_exact(rows);
        self.group.reserve_exact(rows);
        self.previous.reserve_exact(rows);
        self.started.reserve_exact(rows);
        self.stopped.reserve_exact(rows);
        self.paused.reserve_exact(rows);
        self.view_offset.reserve_exact(rows);
        self.item.reserve_exact(rows);
        self.client.reserve_exact(rows);
        self.ip.reserve_exact(rows);
        self.viewer.reserve_exact(rows);
        self.library.reserve_exact(rows);
        self.way.reserve_exact(rows);
        self.class.reserve_exact(rows);
        self.source_resolution.reserve_exact(rows);
        self.stream_resolution.reserve_exact(rows);
        self.location.reserve_exact(rows);
        self.relayed.reserve_exact(rows);
        self.marks.reserve_exact(rows);
        self.previous_of_viewer.reserve_exact(rows);
        self.by_start.reserve_exact(rows);
        self.by_stop.reserve_exact(rows);
    }

    /// Puts the appended rows into the orders.
    pub(crate) fn settle(&mut self) {
        settle(&mut self.by_start, &self.started);
        settle(&mut self.by_stop, &self.stopped);
    }
}

/// Adds to `order` the rows it lacks, which are the last ones of `key`.
fn settle(order: &mut Vec<Row>, key: &[u32]) {
    let (known, all) = (order.len(), key.len());
    let row = |at: usize| Row::try_from(at).unwrap_or(NONE);
    if all - known <= FEW {
        for at in known..all {
            super::insert_sorted(order, row(at), key);
        }
        return;
    }
    order.extend((known..all).map(row));
    order[known..].sort_by_key(|r| key[*r as usize]);
    let first = key[order[known] as usize];
    let from = order[..known].partition_point(|r| key[*r as usize] <= first);
    // Both parts are sorted, and those before `from` are in their places. The sort finds the two runs and merges
    // them; equal keys keep their order, the older row first.
    order[from..].sort_by_key(|r| key[*r as usize]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn settled_orders_are_sorted(key in prop::collection::vec(0..50_u32, 0..200), cuts in prop::collection::vec(0..200_usize, 0..6)) {
            let mut order = Vec::new();
            let mut cuts: Vec<_> = cuts.into_iter().map(|c| c.min(key.len())).collect();
            cuts.push(key.len());
            cuts.sort_unstable();
            for cut in cuts {
                settle(&mut order, &key[..cut]);
            }
            let mut expected: Vec<_> = (0..u32::try_from(key.len()).unwrap()).collect();
            expected.sort_by_key(|r| (key[*r as usize], *r));
            prop_assert_eq!(order, expected);
        }
    }
}
