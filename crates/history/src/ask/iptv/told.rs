//! What segments tell besides their time: it counts where the segment begins.

use model::iptv::FeedKind;

use super::rows::{RunRow, SegmentRow};

/// Sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Changes that led to this segment: its run was fed from elsewhere before.
    pub(super) failed_over_to: u64,
    pub(super) errors: u64,
    pub(super) buffering_ms: u64,
    /// Absent where the manager never told any.
    pub(super) bytes: Option<u64>,
}

impl Told {
    pub(super) fn add(&mut self, other: Self) {
        self.failed_over_to += other.failed_over_to;
        self.errors += other.errors;
        self.buffering_ms += other.buffering_ms;
        if let Some(bytes) = other.bytes {
            self.bytes = Some(self.bytes.unwrap_or(0) + bytes);
        }
    }
}

/// Whether a stretch that follows another of the same run is fed from elsewhere. A film that stands idle gives its
/// connection back and takes one again later: nothing failed.
pub(super) fn is_failover(kind: FeedKind, left: &SegmentRow, next: &SegmentRow) -> bool {
    let idles = matches!(kind, FeedKind::Vod | FeedKind::Timeshift);
    !(idles && (left.profile.is_none() || next.profile.is_none()))
}

/// Of each segment of a run.
///
/// Errors are told of the run alone. Each segment that was in error had one, as long as there are any; the rest
/// belongs to the one that was in error longest. Where none was for a measurable time, all belong to the last one.
pub(super) fn tell(run: &RunRow, segments: &[SegmentRow]) -> Vec<Told> {
    let mut all: Vec<Told> = segments
        .iter()
        .enumerate()
        .map(|(n, segment)| Told {
            failed_over_to: u64::from(n > 0 && is_failover(run.kind, &segments[n - 1], segment)),
            errors: 0,
            buffering_ms: segment.buffering_ms,
            bytes: run.totals.received_bytes.map(|_| segment.received_bytes),
        })
        .collect();
    let mut errors = u64::from(run.totals.errors);
    for (told, _) in all.iter_mut().zip(segments).filter(|(_, s)| s.error_ms > 0) {
        let one = errors.min(1);
        told.errors += one;
        errors -= one;
    }
    let last = segments.len().saturating_sub(1);
    let longest = (0..segments.len()).max_by_key(|n| (segments[*n].error_ms, std::cmp::Reverse(*n)));
    let worst = longest.filter(|n| segments[*n].error_ms > 0).unwrap_or(last);
    if let Some(told) = all.get_mut(worst) {
        told.errors += errors;
    }
    all
}

#[cfg(test)]
mod tests {
    use model::iptv::{FeedKind, FeedTotals};

    use super::*;

    fn segment(error_ms: u64) -> SegmentRow {
        SegmentRow {
            started_ms: 0,
            until_ms: 0,
            after_ms: 0,
            stream_id: None,
            stream_text: None,
            stream_index: None,
            profile: None,
            profile_text: None,
            account_text: None,
            max_connections: None,
            buffering_ms: 7,
            error_ms,
            received_bytes: 5,
        }
    }

    #[test]
    fn an_idle_film_fails_nowhere() {
        let on = |profile| SegmentRow {
            profile,
            ..segment(0)
        };
        for (kind, left, next, expected) in [
            (FeedKind::Live, Some(1), Some(2), true),
            (FeedKind::Live, Some(1), Some(1), true),
            (FeedKind::Live, None, Some(1), true),
            (FeedKind::Vod, Some(1), Some(2), true),
            (FeedKind::Vod, Some(1), None, false),
            (FeedKind::Vod, None, Some(2), false),
            (FeedKind::Timeshift, None, Some(2), false),
        ] {
            assert_eq!(
                is_failover(kind, &on(left), &on(next)),
                expected,
                "{kind:?} {left:?} {next:?}"
            );
        }
    }

    #[test]
    fn errors_belong_to_segments_that_were_in_error() {
        for (errors, error_ms, expected) in [
            (0, &[0, 0][..], &[0, 0][..]),
            (1, &[0, 3], &[0, 1]),
            (1, &[4, 3], &[1, 0]),
            (2, &[4, 3], &[1, 1]),
            (5, &[4, 3, 0], &[4, 1, 0]),
            (5, &[3, 3], &[4, 1]),
            (3, &[0, 0], &[0, 3]),
            (3, &[], &[]),
        ] {
            let run = RunRow {
                row: 1,
                server: 1,
                run_text: 1,
                feed_text: 1,
                kind: FeedKind::Live,
                channel: 1,
                started_ms: 0,
                stopped_ms: None,
                until_ms: 0,
                totals: FeedTotals {
                    errors,
                    ..FeedTotals::default()
                },
            };
            let segments: Vec<_> = error_ms.iter().map(|ms| segment(*ms)).collect();
            let told = tell(&run, &segments);
            let got: Vec<u64> = told.iter().map(|t| t.errors).collect();
            assert_eq!(got, expected, "{errors} {error_ms:?}");
            assert!(told.iter().all(|t| t.bytes.is_none() && t.buffering_ms == 7));
        }
    }
}
