//! How far an item was seen.

use crate::columns::ItemDim;

use super::WatchedRule;

/// Position in percent of the length, by Tautulli's rule: an unknown position is a tenth of a millisecond, an unknown
/// length one millisecond. A length of zero, which Tautulli cannot answer at all, has nothing to see: 0.
pub fn percent_complete(view_offset_ms: Option<i64>, duration_ms: Option<i64>) -> f64 {
    let offset = view_offset_ms.map_or(0.1, |ms| ms as f64);
    match duration_ms {
        Some(ms) if ms <= 0 => 0.0,
        Some(ms) => offset / ms as f64 * 100.0,
        None => offset * 100.0,
    }
}

/// Whole percent as shown: halves to the even neighbour; live television is always complete.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and positions are below 2^32 ms"
)]
pub fn percent_shown(percent: f64, live: bool) -> i64 {
    if live {
        return 100;
    }
    percent.round_ties_even() as i64
}

/// How much of an item was seen, in quarters of what counts as watched (Tautulli `watched_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum WatchedStatus {
    None,
    Quarter,
    Half,
    ThreeQuarters,
    Watched,
}

impl WatchedStatus {
    /// 0, 0.25, 0.5, 0.75, 1.
    pub fn as_f64(self) -> f64 {
        f64::from(self as u8) / 4.0
    }
}

/// Watched by the rule, else by quarters of the kind's percentage; live television always counts as watched.
pub fn watched_status(
    rule: &WatchedRule,
    item: &ItemDim,
    view_offset_ms: Option<i64>,
    percent: f64,
) -> WatchedStatus {
    if item.live || is_watched(rule, item, view_offset_ms) {
        return WatchedStatus::Watched;
    }
    let quarter = f64::from(rule.percent(item.kind)) / 4.0;
    match percent {
        p if p >= quarter * 3.0 => WatchedStatus::ThreeQuarters,
        p if p >= quarter * 2.0 => WatchedStatus::Half,
        p if p >= quarter => WatchedStatus::Quarter,
        _ => WatchedStatus::None,
    }
}

/// [`WatchedRule::is_watched`] of a position in an item.
pub fn is_watched(rule: &WatchedRule, item: &ItemDim, view_offset_ms: Option<i64>) -> bool {
    rule.is_watched(
        item.kind,
        view_offset_ms,
        item.duration_ms,
        item.marker_credits_first_ms,
        item.marker_credits_final_ms,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RecordKind;

    fn film(duration_ms: Option<i64>, live: bool) -> ItemDim {
        ItemDim {
            store_id: 1,
            kind: RecordKind::Movie,
            live,
            rating_key: None,
            parent_rating_key: None,
            grandparent_rating_key: None,
            guid: None,
            full_title: "A".into(),
            title: None,
            grandparent_title: None,
            original_title: None,
            year: None,
            duration_ms,
            marker_credits_first_ms: Some(9_000),
            marker_credits_final_ms: None,
        }
    }

    #[test]
    fn quarters_are_of_what_counts_as_watched() {
        use WatchedStatus::{Half, None as Nothing, Quarter, ThreeQuarters, Watched};
        let length = Some(10_000);
        for (offset, duration, live, percent, status) in [
            (Some(10_000), length, false, 100, Watched),
            (Some(8_500), length, false, 85, Watched),
            (Some(8_499), length, false, 85, ThreeQuarters),
            (Some(6_376), length, false, 64, ThreeQuarters),
            (Some(6_374), length, false, 64, Half),
            (Some(4_251), length, false, 43, Half),
            (Some(4_249), length, false, 42, Quarter),
            (Some(2_126), length, false, 21, Quarter),
            (Some(2_124), length, false, 21, Nothing),
            // Halves go to the even neighbour.
            (Some(1_250), length, false, 12, Nothing),
            (Some(1_350), length, false, 14, Nothing),
            (None, length, false, 0, Nothing),
            (Some(0), length, true, 100, Watched),
            (None, None, true, 100, Watched),
            // What Tautulli says of an item of unknown length, and what it cannot say of one without any.
            (Some(1_800_000), None, false, 180_000_000, ThreeQuarters),
            (None, None, false, 10, Nothing),
            (Some(5_000), Some(0), false, 0, Nothing),
        ] {
            let (item, exact) = (film(duration, live), percent_complete(offset, duration));
            assert_eq!(percent_shown(exact, live), percent, "{offset:?} of {duration:?}");
            let got = watched_status(&WatchedRule::default(), &item, offset, exact);
            assert_eq!(got, status, "{offset:?} of {duration:?}, live {live}");
        }
        assert!(
            [0.0, 0.25, 0.5, 0.75, 1.0]
                .iter()
                .zip([Nothing, Quarter, Half, ThreeQuarters, Watched])
                .all(|(number, status)| (status.as_f64() - number).abs() < f64::EPSILON)
        );
    }
}
