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

    /// Takes out the rows of plays with these ids, which ascend. Rows and groups behind them get new places.
    pub(crate) fn remove(&mut self, ids: &[u32]) {
        if ids.is_empty() {
            return;
        }
        let is_kept: Vec<bool> = self.id.iter().map(|id| ids.binary_search(id).is_err()).collect();
        let places = places(&is_kept);
        retain(&mut self.id, &is_kept);
        retain(&mut self.group, &is_kept);
        retain(&mut self.started, &is_kept);
        retain(&mut self.stopped, &is_kept);
        retain(&mut self.paused, &is_kept);
        retain(&mut self.view_offset, &is_kept);
        retain(&mut self.item, &is_kept);
        retain(&mut self.client, &is_kept);
        retain(&mut self.ip, &is_kept);
        retain(&mut self.viewer, &is_kept);
        retain(&mut self.library, &is_kept);
        retain(&mut self.way, &is_kept);
        retain(&mut self.class, &is_kept);
        retain(&mut self.source_resolution, &is_kept);
        retain(&mut self.stream_resolution, &is_kept);
        retain(&mut self.location, &is_kept);
        retain(&mut self.relayed, &is_kept);
        retain(&mut self.marks, &is_kept);
        for rows in [&mut self.by_start, &mut self.by_stop, &mut self.backwards] {
            rows.retain(|row| is_kept[*row as usize]);
            for row in rows.iter_mut() {
                *row = places[*row as usize];
            }
            rows.shrink_to_fit();
        }
        self.regroup();
        self.relink_viewers();
        self.total_duration_s = self.rows().map(|row| self.duration_s(row)).sum();
        self.version += 1;
    }

    /// Numbers the groups anew, in the order of their first rows.
    fn regroup(&mut self) {
        let old_ids = std::mem::take(&mut self.group_id);
        let mut new_groups = vec![NONE; old_ids.len()];
        self.group_last.clear();
        self.orphans.clear();
        self.previous.clear();
        for (at, group) in self.group.iter_mut().enumerate() {
            let (row, old) = (place(at), *group as usize);
            if new_groups[old] == NONE {
                new_groups[old] = place(self.group_id.len());
                self.group_id.push(old_ids[old]);
                self.group_last.push(NONE);
                if old_ids[old] != self.id[at] {
                    self.orphans.insert(old_ids[old], new_groups[old]);
                }
            }
            *group = new_groups[old];
            let last = &mut self.group_last[*group as usize];
            self.previous.push(std::mem::replace(last, row));
        }
    }

    fn relink_viewers(&mut self) {
        self.viewer_last.fill(NONE);
        self.previous_of_viewer.clear();
        for row in self.rows() {
            self.link_viewer(self.viewer[row as usize], row);
        }
    }

    /// What does not hold of orders and chains; nothing, unless this code is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let is_sorted = |order: &[Row], key: &[u32]| {
            order.len() == key.len()
                && order.is_sorted_by(|a, b| (key[*a as usize], a) < (key[*b as usize], b))
        };
        let heads = |previous: &[Row]| previous.iter().filter(|row| **row == NONE).count();
        let chained = |previous: &[Row], same: &dyn Fn(usize, usize) -> bool| {
            let mut linked = previous.iter().enumerate().filter(|(_, before)| **before != NONE);
            linked.all(|(row, before)| (*before as usize) < row && same(row, *before as usize))
        };
        let used = self.viewer_last.iter().filter(|last| **last != NONE).count();
        [
            (
                is_sorted(&self.by_start, &self.started),
                "rows by start are out of order",
            ),
            (
                is_sorted(&self.by_stop, &self.stopped),
                "rows by stop are out of order",
            ),
            (
                heads(&self.previous) == self.group_count()
                    && chained(&self.previous, &|a, b| self.group[a] == self.group[b]),
                "groups are not whole",
            ),
            (
                self.rows().map(|row| self.duration_s(row)).sum::<i64>() == self.total_duration_s,
                "the seconds of all rows are not their sum",
            ),
            (
                heads(&self.previous_of_viewer) == used
                    && chained(&self.previous_of_viewer, &|a, b| self.viewer[a] == self.viewer[b]),
                "rows by viewer are not whole",
            ),
        ]
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, problem)| format!("the columns: {problem}"))
        .collect()
    }

    /// Puts the appended rows into the orders.
    pub(crate) fn settle(&mut self) {
        settle(&mut self.by_start, &self.started);
        settle(&mut self.by_stop, &self.stopped);
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

/// Where each row goes; those that go nowhere have the place of the next one.
fn places(is_kept: &[bool]) -> Vec<Row> {
    let mut next = 0;
    let step = |kept: &bool| {
        let place = next;
        next += Row::from(*kept);
        place
    };
    is_kept.iter().map(step).collect()
}

fn retain<T>(column: &mut Vec<T>, is_kept: &[bool]) {
    let mut kept = is_kept.iter();
    column.retain(|_| kept.next().is_some_and(|kept| *kept));
    column.shrink_to_fit();
}

/// Adds to `order` the rows it lacks, which are the last ones of `key`.
fn settle(order: &mut Vec<Row>, key: &[u32]) {
    let (known, all) = (order.len(), key.len());
    if all - known <= FEW {
        for at in known..all {
            super::insert_sorted(order, place(at), key);
        }
        return;
    }
    order.extend((known..all).map(place));
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
