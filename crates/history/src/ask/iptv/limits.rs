//! How many connections a login was allowed when.
//!
//! Segments tell the limit that held when they began. The newest one told holds for everything from then on: a provider
//! counts all connections of a login against the limit it has now.

use super::sweep::Levels;

/// What was told of one login, oldest first.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// From when on, and how many; 0 is no limit.
    told: Vec<(i64, u32)>,
}

/// How a stretch of time went against the limits that held in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Against {
    /// The one that held at its end; absent if none was told until then, or there was none.
    pub(super) limit: Option<u32>,
    /// Time with as many connections as were allowed at that moment, or more; absent if there never was a limit.
    pub(super) at_limit_ms: Option<u64>,
    /// Whether so many were ever seen at once, for however short a time.
    pub(super) is_reached: bool,
}

impl Limits {
    /// `told`: in any order. Of what was told for the same moment the highest holds: none of them is the newer one.
    pub(super) fn new(mut told: Vec<(i64, u32)>) -> Self {
        // No limit is the highest.
        told.sort_unstable_by_key(|(at_ms, limit)| (*at_ms, limit.wrapping_sub(1)));
        let mut limits = Self::default();
        for (at_ms, limit) in told {
            limits.told.pop_if(|last| last.0 == at_ms);
            if limits.told.last().is_none_or(|last| last.1 != limit) {
                limits.told.push((at_ms, limit));
            }
        }
        limits
    }

    /// Compares `from_ms..to_ms`.
    pub(super) fn against(&self, levels: &Levels, from_ms: i64, to_ms: i64) -> Against {
        let mut sum = Against::default();
        let first = self.told.partition_point(|(at_ms, _)| *at_ms <= from_ms);
        let held = self.told.iter().enumerate().skip(first.saturating_sub(1));
        for (n, (at_ms, limit)) in held.take_while(|(_, told)| told.0 < to_ms) {
            sum.limit = Some(*limit).filter(|limit| *limit > 0);
            let Some(limit) = sum.limit else { continue };
            let begin_ms = from_ms.max(*at_ms);
            let end_ms = self.told.get(n + 1).map_or(to_ms, |next| next.0.min(to_ms));
            *sum.at_limit_ms.get_or_insert(0) += levels.time_at(begin_ms, end_ms, limit);
            sum.is_reached |= levels.stretch(begin_ms, end_ms).peak >= limit;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::super::sweep::Interval;
    use super::*;

    fn levels() -> Levels {
        let of = |(from_ms, to_ms)| Interval {
            from_ms,
            to_ms,
            after_ms: to_ms + 1,
        };
        // Two from 10 to 20, three for a moment at 30, one else.
        Levels::of(&[(0, 40), (10, 20), (30, 30), (30, 30)].map(of))
    }

    #[test]
    fn the_newest_limit_holds_from_when_it_was_told() {
        type Case = (&'static [(i64, u32)], (i64, i64), Option<u32>, Option<u64>, bool);
        let cases: [Case; 12] = [
            (&[], (0, 40), None, None, false),
            (&[(0, 2)], (0, 40), Some(2), Some(10), true),
            (&[(0, 3)], (0, 40), Some(3), Some(0), true),
            (&[(0, 4)], (0, 40), Some(4), Some(0), false),
            // Before it was told nothing is known.
            (&[(15, 2)], (0, 40), Some(2), Some(5), true),
            // Raised, lowered, lifted, set again.
            (&[(0, 2), (15, 4)], (0, 40), Some(4), Some(5), true),
            (&[(15, 2), (0, 4)], (0, 40), Some(2), Some(5), true),
            (&[(0, 2), (15, 0)], (0, 40), None, Some(5), true),
            (&[(0, 0), (35, 1)], (0, 40), Some(1), Some(5), true),
            (&[(0, 0)], (0, 40), None, None, false),
            // Told long before, and told too late.
            (&[(-9, 1), (-5, 2), (20, 1)], (12, 20), Some(2), Some(8), true),
            // At one moment.
            (&[(0, 2), (0, 0), (0, 3)], (0, 40), None, None, false),
        ];
        for (told, (from_ms, to_ms), limit, at_limit_ms, is_reached) in cases {
            let expected = Against {
                limit,
                at_limit_ms,
                is_reached,
            };
            let limits = Limits::new(told.to_vec());
            assert_eq!(limits.against(&levels(), from_ms, to_ms), expected, "{told:?}");
        }
    }
}
