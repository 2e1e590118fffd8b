//! How runs and viewings stand in their tables, known to who writes and who asks.
//!
//! **Finding a window.** What overlaps a month may have begun long before it, and an index on the start alone would
//! have all the years before looked through. So every row carries a class of its length: within a class nothing is
//! longer than a known time, and what overlaps a window began at most that long before it. One range of each class
//! has them all.

use model::iptv::FeedKind;

/// Longest rows of each class, ms: an hour, eight, 64 and so on. The class after the last one has no bound.
const LONGEST_MS: [i64; 5] = [
    3_600_000,
    8 * 3_600_000,
    64 * 3_600_000,
    512 * 3_600_000,
    4_096 * 3_600_000,
];

/// The class of what is not over.
pub(crate) const OPEN: i64 = -1;

/// All classes.
pub(crate) const SPANS: [i64; 7] = [OPEN, 0, 1, 2, 3, 4, 5];

/// The class of what is over.
pub(crate) fn span(started_ms: i64, stopped_ms: i64) -> i64 {
    let length_ms = stopped_ms.saturating_sub(started_ms);
    let class = LONGEST_MS.partition_point(|longest| *longest < length_ms);
    i64::try_from(class).unwrap_or(i64::MAX)
}

/// Where rows of a class begin at the earliest if they touch what begins at `from_ms`.
pub(crate) fn earliest_ms(span: i64, from_ms: i64) -> i64 {
    let longest = usize::try_from(span).ok().and_then(|class| LONGEST_MS.get(class));
    longest.map_or(i64::MIN, |longest| from_ms.saturating_sub(*longest))
}

/// Its place in [`FeedKind::ALL`].
pub(crate) fn kind(kind: FeedKind) -> i64 {
    match kind {
        FeedKind::Live => 0,
        FeedKind::Preview => 1,
        FeedKind::Vod => 2,
        FeedKind::Timeshift => 3,
    }
}

pub(crate) fn to_kind(place: i64) -> Option<FeedKind> {
    FeedKind::ALL.into_iter().find(|k| kind(*k) == place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_comes_back() {
        for (place, k) in FeedKind::ALL.into_iter().enumerate() {
            assert_eq!(kind(k), i64::try_from(place).unwrap());
            assert_eq!(to_kind(kind(k)), Some(k));
        }
        assert_eq!(to_kind(4), None);
    }

    proptest! {
        /// Whatever ends at or after the start of a window is within the range of its class.
        #[test]
        fn a_class_has_all_that_touches_a_window(
            from in -4_000_000_000_000_i64..4_000_000_000_000,
            after in 0_i64..1_000_000_000,
            length in prop_oneof![
                -1_000..100_000_000_000_i64,
                prop::sample::select(&LONGEST_MS[..]),
                prop::sample::select(&LONGEST_MS[..]).prop_map(|l| l + 1),
            ],
        ) {
            let stopped = from + after;
            let started = stopped - length;
            let class = span(started, stopped);
            prop_assert!(SPANS.contains(&class) && class != OPEN);
            prop_assert!(earliest_ms(class, from) <= started);
            prop_assert_eq!(earliest_ms(OPEN, from), i64::MIN);
        }
    }
}
