//! The rule of all grouped sums.
//!
//! Take the rows of one group (in one part) that stopped at `c` or later: they count once, where the row with the
//! lowest id counts, with the seconds of all of them. Call that V(c). It changes only where a row stops. So for any
//! ascending cuts c0 < c1 < … beyond the last stop, V(c0) = Σ (V(ci) − V(ci+1)): what a window shows is a sum of
//! shares, one for each bucket of time in which rows of the group stop, and shares of all groups add up. A share can
//! be negative: when the window no longer holds the row with the lowest id, the group counts elsewhere.

use super::cells::Sums;
use super::family::Fact;

/// What is known of a part of a group while buckets are gone through.
#[derive(Debug)]
struct Part {
    of: i64,
    lowest_id: u32,
    key: u64,
    seconds: i64,
    is_touched: bool,
}

/// Goes through groups; keeps its memory from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    parts: Vec<Part>,
}

impl Shares {
    /// Calls `give` with each bucket's share of the group. `bucket_of` never falls as the stop rises.
    #[inline]
    pub(crate) fn of(
        &mut self,
        facts: &mut [Fact],
        bucket_of: impl Fn(i64) -> i64,
        mut give: impl FnMut(i64, u64, Sums),
    ) {
        if let [only] = facts {
            give(bucket_of(only.stopped_s), only.key, Sums::group(1, only.seconds));
            return;
        }
        facts.sort_unstable_by_key(|fact| std::cmp::Reverse(fact.stopped_s));
        self.parts.clear();
        for bucket in facts.chunk_by(|a, b| bucket_of(a.stopped_s) == bucket_of(b.stopped_s)) {
            let at = bucket_of(bucket[0].stopped_s);
            for fact in bucket {
                self.add(fact, |key, sums| give(at, key, sums));
            }
            for part in self.parts.iter_mut().filter(|part| part.is_touched) {
                part.is_touched = false;
                give(at, part.key, Sums::group(1, part.seconds));
            }
        }
    }

    /// Gives what a part counted in later buckets back before it is changed.
    fn add(&mut self, fact: &Fact, give_back: impl FnOnce(u64, Sums)) {
        let Some(part) = self.parts.iter_mut().find(|p| p.of == fact.part) else {
            self.parts.push(Part {
                of: fact.part,
                lowest_id: fact.id,
                key: fact.key,
                seconds: fact.seconds,
                is_touched: true,
            });
            return;
        };
        if !part.is_touched {
            part.is_touched = true;
            give_back(part.key, Sums::group(-1, -part.seconds));
        }
        part.seconds += fact.seconds;
        if fact.id < part.lowest_id {
            part.lowest_id = fact.id;
            part.key = fact.key;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::rollup::cells::Cells;

    fn fact(id: u32, stopped_s: i64, part: i64, key: u64, seconds: i64) -> Fact {
        Fact {
            id,
            stopped_s,
            part,
            key,
            seconds,
        }
    }

    /// V(c), as the words above say.
    fn value(facts: &[Fact], from_s: i64) -> Vec<(u64, Sums)> {
        let mut parts: BTreeMap<i64, Vec<&Fact>> = BTreeMap::new();
        for f in facts.iter().filter(|f| f.stopped_s >= from_s) {
            parts.entry(f.part).or_default().push(f);
        }
        let mut cells = Cells::default();
        for rows in parts.values() {
            let first = rows.iter().min_by_key(|f| f.id).unwrap();
            cells.add(first.key, Sums::group(1, rows.iter().map(|f| f.seconds).sum()));
        }
        cells.sorted()
    }

    proptest! {
        #[test]
        fn shares_since_a_cut_add_up_to_the_window(
            rows in prop::collection::vec((0_i64..60, 0_i64..3, 0_u64..4, -50_i64..300), 0..12),
            size in 1_i64..20,
            bucket in 0_i64..60,
        ) {
            let mut facts: Vec<_> = (1..).zip(&rows).map(|(id, r)| fact(id, r.0, r.1, r.2, r.3)).collect();
            let wanted = value(&facts, bucket * size);
            let mut cells = Cells::default();
            Shares::default().of(&mut facts, |s| s / size, |at, key, sums| {
                if at >= bucket {
                    cells.add(key, sums);
                }
            });
            prop_assert_eq!(cells.sorted(), wanted);
        }
    }

    #[test]
    fn a_group_moves_to_the_next_row_when_its_first_is_gone() {
        let mut facts = [fact(1, 5, 0, 10, 100), fact(2, 15, 0, 20, 30)];
        let mut given = Vec::new();
        Shares::default().of(
            &mut facts,
            |s| s / 10,
            |at, key, sums| given.push((at, key, sums)),
        );
        assert_eq!(
            given,
            [
                (1, 20, Sums::group(1, 30)),
                (0, 20, Sums::group(-1, -30)),
                (0, 10, Sums::group(1, 130)),
            ]
        );
    }
}
