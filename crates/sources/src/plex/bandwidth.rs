//! Turns the server's table of recent traffic into a counter.
//!
//! Each reply repeats the last minutes: one row per account, device, network and second, in no order. The row of
//! the running second still grows, and rows may arrive late. So each row's counted bytes are remembered while it
//! may change, and only what is new is told. All times are the server's own: its clock may differ from ours.

use std::collections::HashMap;

use model::{Network, TransmitDelta};

use super::map::BandwidthRow;

/// How far behind the newest row, in seconds on the server's clock, a row may still grow or arrive.
/// What comes later than that is not counted.
pub(super) const SETTLING_S: i64 = 60;

/// Rows remembered at most; beyond that the oldest are taken for settled before their time. 500 devices that
/// stream without pause make 30,000.
const ROWS_MAX: usize = 100_000;

/// Quiet replies after which one is asked for without a filter: five minutes at one every 15 s.
const ALL_ROWS_EVERY: u32 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct RowKey {
    account: i64,
    device: i64,
    at_s: i64,
    lan: bool,
}

impl RowKey {
    fn of(row: &BandwidthRow) -> Self {
        Self {
            account: row.account,
            device: row.device,
            at_s: row.at_s,
            lan: row.lan,
        }
    }
}

/// Bytes of each second that is not settled, by whom and where. There should be one row of each; if there are more,
/// each tells of other bytes.
fn totals(rows: &[BandwidthRow], settled_s: Option<i64>) -> HashMap<RowKey, u64> {
    let mut totals = HashMap::new();
    for row in rows.iter().filter(|r| settled_s.is_none_or(|s| r.at_s > s)) {
        let total: &mut u64 = totals.entry(RowKey::of(row)).or_default();
        *total = total.saturating_add(row.bytes);
    }
    totals
}

/// Counts every byte once. The first reply is the baseline: it says what was sent before we began to watch.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Bytes already counted of each row that may still change.
    counted: HashMap<RowKey, u64>,
    /// Rows at or before this second are settled. `None` before the first row.
    settled_s: Option<i64>,
    newest_s: Option<i64>,
    started: bool,
    /// Replies without a row since the last one with any.
    quiet: u32,
}

impl Meter {
    /// Ask for rows from this second on; `None` = for all. While nothing comes all rows are asked for now and then:
    /// a clock that was set back would keep every new row below the filter.
    pub(super) fn since_s(&self) -> Option<i64> {
        let ask_for_all = self.quiet > 0 && self.quiet.is_multiple_of(ALL_ROWS_EVERY);
        self.settled_s.filter(|_| !ask_for_all).map(|s| s + 1)
    }

    /// Bytes not told before. A server may ignore our filter, so `rows` may hold anything it ever told.
    pub(super) fn absorb(&mut self, rows: &[BandwidthRow]) -> Vec<TransmitDelta> {
        self.quiet = if rows.is_empty() {
            self.quiet.saturating_add(1)
        } else {
            0
        };
        if !self.started || self.clock_went_back(rows) {
            self.rebase(rows);
            return Vec::new();
        }
        let (mut lan, mut wan) = (0_u64, 0_u64);
        for (key, bytes) in totals(rows, self.settled_s) {
            let counted = self.counted.entry(key).or_insert(0);
            let new = bytes.saturating_sub(*counted);
            *counted += new;
            let sum = if key.lan { &mut lan } else { &mut wan };
            *sum = sum.saturating_add(new);
        }
        self.settle(rows);
        [(Network::Lan, lan), (Network::Wan, wan)]
            .into_iter()
            .filter(|(_, bytes)| *bytes > 0)
            .map(|(network, bytes)| TransmitDelta { network, bytes })
            .collect()
    }

    /// True if even the newest row is older than all that may still change. As long as the server keeps old rows
    /// it also keeps the newest, so its clock was set back (or its database restored).
    fn clock_went_back(&self, rows: &[BandwidthRow]) -> bool {
        let newest = rows.iter().map(|r| r.at_s).max();
        newest.is_some_and(|newest| self.settled_s.is_some_and(|settled| newest <= settled))
    }

    /// Begins again with `rows` as what was sent before: rather a gap than bytes counted twice.
    fn rebase(&mut self, rows: &[BandwidthRow]) {
        *self = Self {
            started: true,
            counted: totals(rows, None),
            ..Self::default()
        };
        self.settle(rows);
    }

    /// Forgets rows that can no longer change.
    fn settle(&mut self, rows: &[BandwidthRow]) {
        let Some(newest) = rows.iter().map(|r| r.at_s).max().max(self.newest_s) else {
            return;
        };
        self.newest_s = Some(newest);
        let mut settled = self
            .settled_s
            .unwrap_or(i64::MIN)
            .max(newest.saturating_sub(SETTLING_S));
        self.counted.retain(|key, _| key.at_s > settled);
        while self.counted.len() > ROWS_MAX && settled < newest {
            settled += 1;
            self.counted.retain(|key, _| key.at_s > settled);
        }
        self.settled_s = Some(settled);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// (account, second, lan, bytes); the device is the account's.
    type Row = (i64, i64, bool, u64);

    /// Name, replies, what each should add.
    type Case = (&'static str, &'static [&'static [Row]], &'static [(u64, u64)]);

    fn rows(rows: &[Row]) -> Vec<BandwidthRow> {
        rows.iter()
            .map(|&(account, at_s, lan, bytes)| BandwidthRow {
                account,
                device: account,
                at_s,
                lan,
                bytes,
            })
            .collect()
    }

    /// What each reply added, as (LAN, WAN).
    fn replay(replies: &[&[Row]]) -> Vec<(u64, u64)> {
        let mut meter = Meter::default();
        let told = |deltas: Vec<TransmitDelta>, network| {
            deltas
                .iter()
                .filter(|d| d.network == network)
                .map(|d| d.bytes)
                .sum::<u64>()
        };
        replies
            .iter()
            .map(|reply| {
                let deltas = meter.absorb(&rows(reply));
                (told(deltas.clone(), Network::Lan), told(deltas, Network::Wan))
            })
            .collect()
    }

    const CASES: &[Case] = &[
        (
            "the first reply is the baseline",
            &[&[(1, 100, true, 500)]],
            &[(0, 0)],
        ),
        (
            "a repeated reply",
            &[&[(1, 100, true, 500)], &[(1, 100, true, 500)]],
            &[(0, 0), (0, 0)],
        ),
        (
            "a new row",
            &[&[(1, 100, true, 5)], &[(1, 100, true, 5), (1, 101, false, 7)]],
            &[(0, 0), (0, 7)],
        ),
        (
            "the newest row grows",
            &[&[(1, 100, true, 5)], &[(1, 100, true, 9)]],
            &[(0, 0), (4, 0)],
        ),
        (
            "a late row of an old second",
            &[&[(1, 100, true, 5)], &[(2, 41, true, 3), (1, 100, true, 5)]],
            &[(0, 0), (3, 0)],
        ),
        (
            "a row later than that",
            &[&[(1, 100, true, 5)], &[(2, 40, true, 3), (1, 100, true, 5)]],
            &[(0, 0), (0, 0)],
        ),
        (
            "two devices in one second",
            &[&[], &[(1, 9, true, 5), (2, 9, true, 6)]],
            &[(0, 0), (11, 0)],
        ),
        (
            "both networks in one second",
            &[&[], &[(1, 9, true, 5), (1, 9, false, 6)]],
            &[(0, 0), (5, 6)],
        ),
        (
            "a second told of in two rows",
            &[&[], &[(1, 9, true, 5), (1, 9, true, 2)]],
            &[(0, 0), (7, 0)],
        ),
        (
            "a second row of a counted second",
            &[
                &[(1, 9, true, 5)],
                &[(1, 9, true, 5), (1, 9, true, 2)],
                &[(1, 9, true, 2)],
            ],
            &[(0, 0), (2, 0), (0, 0)],
        ),
        (
            "no rows for a while do not lower the mark",
            &[
                &[(1, 100, true, 5)],
                &[],
                &[(1, 100, true, 5)],
                &[],
                &[(1, 100, true, 6)],
            ],
            &[(0, 0), (0, 0), (0, 0), (0, 0), (1, 0)],
        ),
        (
            "a long gap between replies",
            &[&[(1, 100, true, 5)], &[(1, 500, true, 1), (1, 620, true, 2)]],
            &[(0, 0), (3, 0)],
        ),
        (
            "a restarted server begins its row anew",
            &[&[(1, 100, true, 50)], &[(1, 100, true, 9)]],
            &[(0, 0), (0, 0)],
        ),
        (
            "its clock goes back an hour: a new baseline",
            &[
                &[(1, 9000, true, 5)],
                &[(1, 5400, true, 8)],
                &[(1, 5400, true, 8), (1, 5401, true, 2)],
            ],
            &[(0, 0), (0, 0), (2, 0)],
        ),
        (
            "and the old seconds come again",
            &[
                &[],
                &[(1, 9000, true, 5)],
                &[(1, 8000, true, 8)],
                &[(1, 9000, true, 7)],
            ],
            &[(0, 0), (5, 0), (0, 0), (7, 0)],
        ),
    ];

    #[test]
    fn every_byte_after_the_first_reply_is_counted_once() {
        for (name, replies, expected) in CASES {
            assert_eq!(replay(replies), *expected, "{name}");
        }
    }

    #[test]
    fn asks_only_for_what_may_still_change() {
        let mut meter = Meter::default();
        assert_eq!(meter.since_s(), None);
        meter.absorb(&rows(&[(1, 100, true, 5)]));
        assert_eq!(meter.since_s(), Some(41));
        let asked: Vec<bool> = (0..2 * ALL_ROWS_EVERY)
            .map(|_| {
                meter.absorb(&[]);
                meter.since_s().is_none()
            })
            .collect();
        assert_eq!(
            asked.iter().filter(|all| **all).count(),
            2,
            "all rows only now and then"
        );
        assert!(asked[ALL_ROWS_EVERY as usize - 1]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut meter = Meter::default();
        let many: Vec<Row> = (0..i64::try_from(ROWS_MAX).unwrap() + 10)
            .map(|i| (i, i % 50, true, 1))
            .collect();
        meter.absorb(&[]);
        assert_eq!(meter.absorb(&rows(&many))[0].bytes, many.len() as u64);
        assert!(meter.counted.len() <= ROWS_MAX);
        assert!(meter.absorb(&rows(&many)).is_empty());
    }

    /// A history of growth: each step adds bytes to a row no older than the settling time.
    fn steps() -> impl Strategy<Value = Vec<(Row, bool)>> {
        prop::collection::vec(
            ((1_i64..4, 0_i64..50, any::<bool>(), 0_u64..1000), any::<bool>()),
            1..120,
        )
    }

    proptest! {
        #[test]
        fn any_slicing_of_any_growth_sums_to_the_truth(steps in steps(), base in 0_i64..10, seed in 0_i64..1_000_000) {
            let mut table: BTreeMap<(i64, i64, bool), u64> = BTreeMap::new();
            let (mut meter, mut baseline, mut told) = (Meter::default(), None, 0_u64);
            for (i, ((account, late_s, lan, bytes), ask)) in (0_i64..).zip(&steps) {
                // Time moves on by up to two seconds a step; rows lag behind it by up to 50.
                let at_s = seed + i * 2 - late_s;
                *table.entry((*account, at_s, *lan)).or_insert(0) += bytes;
                // Without a look now and then rows would settle unseen; that is the caller's pace, not the rule.
                if (*ask || i % 4 == 0) && i >= base {
                    let sum: u64 = table.values().sum();
                    let reply: Vec<Row> = table.iter().map(|((a, t, l), b)| (*a, *t, *l, *b)).collect();
                    told += meter.absorb(&rows(&reply)).iter().map(|d| d.bytes).sum::<u64>();
                    let baseline = *baseline.get_or_insert(sum);
                    prop_assert_eq!(told, sum - baseline);
                }
            }
        }

        #[test]
        fn whatever_part_a_reply_holds_in_the_end_all_is_counted_once(
            truth in prop::collection::btree_map((1_i64..4, 1000_i64..1050, any::<bool>()), 0_u64..1000, 0..60),
            replies in prop::collection::vec(any::<u64>(), 0..8),
        ) {
            let mut meter = Meter::default();
            meter.absorb(&[]);
            let mut told = 0;
            let mut tell = |reply: &[Row]| told += meter.absorb(&rows(reply)).iter().map(|d| d.bytes).sum::<u64>();
            for seed in replies {
                // Any of the rows, in any order, each grown up to anything.
                let mut random = fastrand::Rng::with_seed(seed);
                let mut reply: Vec<Row> = Vec::new();
                for ((account, at_s, lan), bytes) in &truth {
                    if random.bool() {
                        reply.push((*account, *at_s, *lan, random.u64(0..=*bytes)));
                    }
                }
                random.shuffle(&mut reply);
                tell(&reply);
            }
            let all: Vec<Row> = truth.iter().map(|((a, t, l), b)| (*a, *t, *l, *b)).collect();
            tell(&all);
            tell(&all);
            prop_assert_eq!(told, truth.values().sum::<u64>());
        }
    }
}
