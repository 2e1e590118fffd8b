//! How many at once: intervals added up over time.

/// A level that holds from a moment on, until the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    at_ms: i64,
    level: u32,
}

/// From when to when something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "moments tell their unit")]
pub(super) struct Interval {
    pub(super) from_ms: i64,
    /// For time: the end.
    pub(super) to_ms: i64,
    /// For how many at once: the first moment at which it is not known to be any more. After the end by the look that
    /// saw it last, where there was one.
    pub(super) after_ms: i64,
}

/// How many intervals there are at each moment.
#[derive(Debug)]
pub(super) struct Levels {
    time: Vec<Step>,
    seen: Vec<Step>,
}

impl Levels {
    pub(super) fn of(intervals: &[Interval]) -> Self {
        let steps_to = |end: fn(&Interval) -> i64| {
            let pairs: Vec<_> = intervals.iter().map(|i| (i.from_ms, end(i))).collect();
            steps(&pairs)
        };
        Self {
            time: steps_to(|i| i.to_ms),
            seen: steps_to(|i| i.after_ms),
        }
    }

    /// Sums up what lies within `from_ms..to_ms`.
    pub(super) fn stretch(&self, from_ms: i64, to_ms: i64) -> Stretch {
        Stretch {
            total_ms: stretch(&self.time, from_ms, to_ms).total_ms,
            ..stretch(&self.seen, from_ms, to_ms)
        }
    }

    /// Time within `from_ms..to_ms` at `level` or above.
    pub(super) fn time_at(&self, from_ms: i64, to_ms: i64, level: u32) -> u64 {
        time_at(&self.time, from_ms, to_ms, level)
    }
}

/// How many intervals there are at each moment, exactly. They are half-open: where one ends as another begins there
/// are never two. Empty ones count nowhere.
fn steps(intervals: &[(i64, i64)]) -> Vec<Step> {
    let filled = intervals.iter().filter(|(from, to)| from < to);
    let mut edges: Vec<(i64, i32)> = filled.flat_map(|(from, to)| [(*from, 1), (*to, -1)]).collect();
    edges.sort_unstable();
    let mut steps: Vec<Step> = Vec::new();
    let mut level = 0_i32;
    for (n, (at_ms, edge)) in edges.iter().enumerate() {
        level += edge;
        // All that happens in one moment is one step.
        let is_last = edges.get(n + 1).is_none_or(|next| next.0 != *at_ms);
        let level = u32::try_from(level).unwrap_or(0);
        if is_last && steps.last().is_none_or(|last| last.level != level) {
            steps.push(Step { at_ms: *at_ms, level });
        }
    }
    steps
}

/// What of the steps lies in one stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) peak: u32,
    /// When it was first reached; absent where there was nothing.
    pub(super) peak_at_ms: Option<i64>,
    /// Level × time.
    pub(super) total_ms: u64,
}

/// Sums up the steps within `from_ms..to_ms`.
fn stretch(steps: &[Step], from_ms: i64, to_ms: i64) -> Stretch {
    let mut sum = Stretch::default();
    each(steps, from_ms, to_ms, |at_ms, length_ms, level| {
        sum.total_ms += u64::from(level) * length_ms;
        if level > sum.peak {
            (sum.peak, sum.peak_at_ms) = (level, Some(at_ms));
        }
    });
    sum
}

/// Time within `from_ms..to_ms` at `level` or above.
fn time_at(steps: &[Step], from_ms: i64, to_ms: i64, level: u32) -> u64 {
    let mut time_ms = 0;
    each(steps, from_ms, to_ms, |_, length_ms, is| {
        if is >= level {
            time_ms += length_ms;
        }
    });
    time_ms
}

/// Start, length and level of each step's part.
fn each(steps: &[Step], from_ms: i64, to_ms: i64, mut take: impl FnMut(i64, u64, u32)) {
    let first = steps
        .partition_point(|step| step.at_ms <= from_ms)
        .saturating_sub(1);
    for (n, step) in steps.iter().enumerate().skip(first) {
        if step.at_ms >= to_ms {
            break;
        }
        let start_ms = step.at_ms.max(from_ms);
        let end_ms = steps.get(n + 1).map_or(to_ms, |next| next.at_ms.min(to_ms));
        if start_ms < end_ms {
            take(start_ms, end_ms.abs_diff(start_ms), step.level);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_ends_as_another_begins_is_not_two() {
        let all = steps(&[(0, 10), (10, 20), (5, 7), (3, 3)]);
        assert_eq!(
            stretch(&all, 0, 20),
            Stretch {
                peak: 2,
                peak_at_ms: Some(5),
                total_ms: 22
            }
        );
        assert_eq!(stretch(&all, 7, 20).peak, 1);
        assert_eq!(stretch(&all, 20, 30), Stretch::default());
        assert_eq!(time_at(&all, 0, 20, 2), 2);
        assert_eq!(stretch(&[], 0, 9), Stretch::default());
    }

    #[test]
    fn what_was_seen_in_one_look_is_one_and_has_no_length() {
        let of = |from_ms, to_ms, after_ms| Interval {
            from_ms,
            to_ms,
            after_ms,
        };
        let levels = Levels::of(&[of(5, 5, 6)]);
        let expected = Stretch {
            peak: 1,
            peak_at_ms: Some(5),
            total_ms: 0,
        };
        assert_eq!(levels.stretch(0, 10), expected);
        assert_eq!(levels.stretch(6, 10), Stretch::default());
        // What is seen next begins after that look.
        let levels = Levels::of(&[of(0, 5, 6), of(6, 9, 10)]);
        let sum = levels.stretch(0, 20);
        assert_eq!((sum.peak, sum.total_ms), (1, 8));
        assert_eq!(levels.time_at(0, 20, 1), 8);
    }

    proptest! {
        #[test]
        fn as_counted_moment_by_moment(
            intervals in prop::collection::vec((0_i64..60, 0_i64..30), 0..12),
            from in 0_i64..60,
            length in 0_i64..60,
            limit in 1_u32..5,
        ) {
            let intervals: Vec<_> = intervals.into_iter().map(|(from, len)| (from, from + len)).collect();
            let to = from + length;
            let level = |at: i64| {
                let open = intervals.iter().filter(|(from, to)| (*from..*to).contains(&at));
                u32::try_from(open.count()).unwrap()
            };
            let moments = from..to;
            let peak = moments.clone().map(level).max().unwrap_or(0);
            let expected = Stretch {
                peak,
                peak_at_ms: moments.clone().find(|at| peak > 0 && level(*at) == peak),
                total_ms: moments.clone().map(|at| u64::from(level(at))).sum(),
            };
            let steps = steps(&intervals);
            prop_assert_eq!(stretch(&steps, from, to), expected);
            let at = moments.filter(|at| level(*at) >= limit).count() as u64;
            prop_assert_eq!(time_at(&steps, from, to, limit), at);
        }
    }
}
