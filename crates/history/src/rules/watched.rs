//! Whether an item was seen to its end.

use model::RecordKind;

/// Which moment of an item counts as its end (Tautulli `watched_marker`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WatchedMarker {
    /// The percentage alone.
    Threshold,
    /// The final credits, if they are marked.
    FinalCredits,
    /// The first credits, if they are marked.
    FirstCredits,
    /// The earlier of the percentage and the first credits.
    #[default]
    Earliest,
}

/// Percentages by kind, and the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedRule {
    pub movie_percent: u8,
    pub episode_percent: u8,
    pub track_percent: u8,
    pub marker: WatchedMarker,
}

impl Default for WatchedRule {
    fn default() -> Self {
        Self {
            movie_percent: 85,
            episode_percent: 85,
            track_percent: 85,
            marker: WatchedMarker::default(),
        }
    }
}

impl WatchedRule {
    pub fn percent(&self, kind: RecordKind) -> u8 {
        match kind {
            RecordKind::Movie => self.movie_percent,
            RecordKind::Episode => self.episode_percent,
            RecordKind::Track => self.track_percent,
        }
    }

    /// True if a position of `offset_ms` is at or past the end. An item of unknown or zero length is never seen.
    pub fn is_watched(
        &self,
        kind: RecordKind,
        offset_ms: Option<i64>,
        duration_ms: Option<i64>,
        first_credits_ms: Option<i64>,
        final_credits_ms: Option<i64>,
    ) -> bool {
        let end = self.end_hundredths(kind, duration_ms, first_credits_ms, final_credits_ms);
        offset_ms
            .zip(end)
            .is_some_and(|(offset, end)| offset * 100 >= end)
    }

    /// Where the end is, in hundredths of a millisecond so that nothing is rounded. `None` for an item of unknown or
    /// zero length.
    pub fn end_hundredths(
        &self,
        kind: RecordKind,
        duration_ms: Option<i64>,
        first_credits_ms: Option<i64>,
        final_credits_ms: Option<i64>,
    ) -> Option<i64> {
        let duration = duration_ms.filter(|d| *d > 0)?;
        let threshold = i64::from(self.percent(kind)) * duration;
        let credits = |marker: Option<i64>| marker.filter(|m| *m > 0).map(|m| m * 100);
        Some(match self.marker {
            WatchedMarker::Threshold => threshold,
            WatchedMarker::FinalCredits => credits(final_credits_ms).unwrap_or(threshold),
            WatchedMarker::FirstCredits => credits(first_credits_ms).unwrap_or(threshold),
            WatchedMarker::Earliest => credits(first_credits_ms).map_or(threshold, |c| c.min(threshold)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_where_the_rule_says() {
        use WatchedMarker::{Earliest, FinalCredits, FirstCredits, Threshold};
        let minutes = |m: i64| Some(m * 60_000);
        for (marker, offset, duration, first, last, watched) in [
            (
                Threshold,
                minutes(85),
                minutes(100),
                minutes(80),
                minutes(99),
                true,
            ),
            (
                Threshold,
                Some(85 * 60_000 - 1),
                minutes(100),
                minutes(80),
                None,
                false,
            ),
            (
                FinalCredits,
                minutes(98),
                minutes(100),
                minutes(80),
                minutes(99),
                false,
            ),
            (FinalCredits, minutes(85), minutes(100), None, None, true),
            (FirstCredits, minutes(94), minutes(100), minutes(95), None, false),
            (Earliest, minutes(80), minutes(100), minutes(80), None, true),
            (Earliest, minutes(85), minutes(100), minutes(95), None, true),
            (Earliest, minutes(5), Some(0), None, None, false),
            (Earliest, minutes(5), None, minutes(1), None, false),
            (Earliest, None, minutes(100), None, None, false),
        ] {
            let rule = WatchedRule {
                marker,
                ..WatchedRule::default()
            };
            let got = rule.is_watched(RecordKind::Movie, offset, duration, first, last);
            assert_eq!(
                got, watched,
                "{marker:?} {offset:?} of {duration:?}, credits {first:?} {last:?}"
            );
        }
    }
}
