//! Tautulli's graph of concurrent streams: each play belongs to the local date on which it began.

use super::walk::{Levels, Split, Top};
use crate::columns::{Columns, Location, Row, Way};
use crate::rules::calendar::Calendar;

/// The highest levels of one date: all plays, direct play, copy, transcode. Plays of no known decision are in the
/// first alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StartedPeak(pub(crate) [i64; 4]);

impl StartedPeak {
    pub(crate) fn total(self) -> i64 {
        self.0[0]
    }

    /// 0 for [`Way::Unknown`].
    pub(crate) fn way(self, way: Way) -> i64 {
        match way {
            Way::Unknown => 0,
            known => self.0[known as usize],
        }
    }
}

/// A play as the graph sees it: start, stop, decision.
pub(crate) type Played = (i64, i64, Way);

/// The levels of plays that began on one date, in any order.
pub(crate) fn started_peak(plays: &[Played]) -> StartedPeak {
    let mut events: Vec<(i64, bool, Way)> = Vec::with_capacity(plays.len() * 2);
    for (started_s, stopped_s, way) in plays {
        events.push((*started_s, true, *way));
        events.push((*stopped_s, false, *way));
    }
    events.sort_unstable();
    let mut levels = Levels::default();
    for (at_s, is_start, way) in events {
        let split = Split::new(way, Location::Unknown);
        if is_start {
            levels.start(split);
        } else {
            levels.stop(split, at_s);
        }
    }
    let level = |place: usize| levels.tops[place].map_or(0, |top: Top| top.level);
    StartedPeak([
        level(Split::TOTAL),
        level(Split::way(Way::DirectPlay)),
        level(Split::way(Way::Copy)),
        level(Split::way(Way::Transcode)),
    ])
}

/// Rows that began on a local date and have stopped.
pub(crate) fn rows_started_on<'a>(
    columns: &'a Columns,
    calendar: &'a Calendar,
    day: i64,
) -> impl Iterator<Item = Row> + 'a {
    // Where clocks change around midnight, an hour or two of a date lie outside its ends.
    let slack_s = 3 * 3600;
    let (from_s, to_s) = (
        calendar.day_start_s(day) - slack_s,
        calendar.day_start_s(day + 1) + slack_s,
    );
    let rows = columns.started_between(from_s, to_s).iter().copied();
    rows.filter(move |row| columns.stopped_s(*row).is_some() && calendar.day(columns.started_s(*row)) == day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_just_before_stops() {
        use Way::{Copy, DirectPlay, Transcode, Unknown};
        let cases: [(&str, &[Played], [i64; 4]); 8] = [
            ("nothing", &[], [0; 4]),
            ("two at once", &[(0, 10, Copy), (5, 15, Transcode)], [2, 0, 1, 1]),
            (
                "one after the other",
                &[(0, 10, Copy), (10, 20, Copy)],
                [1, 0, 1, 0],
            ),
            ("no length", &[(5, 5, DirectPlay)], [0; 4]),
            (
                "no length within",
                &[(0, 10, DirectPlay), (5, 5, DirectPlay)],
                [1, 1, 0, 0],
            ),
            ("no decision", &[(0, 10, Unknown), (5, 15, Copy)], [2, 0, 1, 0]),
            (
                "a stop before its start lowers the level until then",
                &[(4, 1, Copy), (0, 10, Copy), (2, 9, Copy), (3, 4, Copy)],
                [2, 0, 2, 0],
            ),
            ("it alone", &[(4, 1, Copy)], [0; 4]),
        ];
        for (what, plays, expected) in cases {
            assert_eq!(started_peak(plays).0, expected, "{what}");
        }
    }
}
