//! Everything about one user, library or title on one page.

use jiff::tz::TimeZone;

use crate::columns::{Columns, Row};

use super::calendar::by_calendar;
use super::completion::{Completion, completion};
use super::{By, Filter, Measure, Of, RankedPage, Selection, Sum, Table, top};

/// Places of the short rankings of a page.
const TOP: usize = 10;

/// Sums over plays and when they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub sum: Sum,
    pub first_started_s: Option<i64>,
    pub last_started_s: Option<i64>,
}

/// Sums of the last days; a row belongs to its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Times 24 hours, up to now.
    pub days: i64,
    pub sum: Sum,
}

/// What is told of a selection.
#[derive(Clone, Debug)]
pub struct Profile {
    pub totals: Totals,
    pub windows: Vec<Window>,
    pub last: Option<Row>,
    /// Months by media.
    pub months: Table,
    /// 168 hours of the week by media.
    pub heat_map: Table,
    pub completion: Completion,
    pub users: RankedPage,
    pub players: RankedPage,
    pub titles: RankedPage,
}

pub fn totals(selection: &Selection<'_>) -> Totals {
    let columns = selection.columns;
    let mut totals = Totals::default();
    selection.each(|rows| {
        totals.sum.add(Sum::of(columns, rows));
    });
    let span = selection.span_s();
    totals.first_started_s = span.map(|(first, _)| first);
    totals.last_started_s = span.map(|(_, last)| last);
    totals
}

/// `filter` is what `selection` was made with; it had better be gathered.
pub fn profile(
    selection: &Selection<'_>,
    filter: &Filter,
    tz: &TimeZone,
    measure: Measure,
    now_s: i64,
) -> Profile {
    let columns = selection.columns;
    let windows = [1, 7, 30, 365].map(|days| {
        let from_s = now_s - days * 86_400;
        Window {
            days,
            sum: since(columns, selection, from_s),
        }
    });
    Profile {
        totals: totals(selection),
        windows: windows.into(),
        last: selection.newest(),
        months: by_calendar(selection, filter, tz, By::Month, measure, now_s),
        heat_map: by_calendar(selection, filter, tz, By::HourOfWeekday, measure, now_s),
        completion: completion(selection),
        users: top(selection, Of::Users, measure, TOP),
        players: top(selection, Of::Players, measure, TOP),
        titles: top(selection, Of::Titles, measure, TOP),
    }
}

/// Plays with a row that started at `from_s` or later, and the seconds of those rows.
fn since(columns: &Columns, selection: &Selection<'_>, from_s: i64) -> Sum {
    let mut sum = Sum::default();
    selection.each(|rows| {
        let seconds = rows
            .iter()
            .filter(|row| columns.started_s(**row) >= from_s)
            .map(|row| columns.duration_s(*row));
        let (count, seconds) = seconds.fold((0, 0), |(n, all), s| (n + 1, all + s));
        sum.add(Sum {
            plays: i64::from(count > 0),
            seconds,
        });
    });
    sum
}
