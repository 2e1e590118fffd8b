//! The graphs of Tautulli, number for number.

mod calendar;
mod clock;
mod ranked;
#[cfg(test)]
mod tests;

use crate::columns::Way;
use crate::rollup::cells::Sums;
use crate::rollup::is_current;
use crate::rollup::window::{Asked, Chosen};
use crate::rules::Class;
use crate::rules::calendar::{Calendar, DAY_S};
use crate::{Error, View};

pub use calendar::{by_date, by_stream_type, concurrent_by_stream_type, per_month};
pub use clock::{by_dayofweek, by_hourofday};
pub use ranked::{
    by_source_resolution, by_stream_resolution, by_top_10_platforms, by_top_10_users,
    stream_type_by_top_10_platforms, stream_type_by_top_10_users,
};

/// What a graph shows: one number per category and series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub categories: Vec<String>,
    pub series: Vec<Series>,
}

/// One line of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: &'static str,
    /// As many as there are categories.
    pub data: Vec<i64>,
}

/// Tautulli `y_axis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    #[default]
    Plays,
    Seconds,
}

/// What is asked of a graph.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// Seconds since 1970.
    pub now_s: i64,
    /// Days, or months in [`per_month`]; 0 means 30 days or 12 months. Negative: no dates, and nothing in any other
    /// category.
    pub time_range: i64,
    pub measure: Measure,
    /// Plays that continue each other count as one.
    pub grouping: bool,
    /// Only plays of these accounts.
    pub users: Option<Vec<i64>>,
    /// Weeks begin on Monday, not on Sunday.
    pub monday_first: bool,
}

/// Days shown at most; further back than any play can be.
const MAX_DAYS: i64 = 60_000;

/// Months shown at most.
const MAX_MONTHS: i64 = 2_000;

impl Params {
    fn days(&self) -> i64 {
        let days = if self.time_range == 0 { 30 } else { self.time_range };
        days.clamp(-MAX_DAYS, MAX_DAYS)
    }

    fn months(&self) -> i64 {
        let months = if self.time_range == 0 { 12 } else { self.time_range };
        months.clamp(-MAX_MONTHS, MAX_MONTHS)
    }

    /// Since when a play must have stopped.
    fn cutoff_s(&self) -> i64 {
        self.now_s - self.days() * DAY_S
    }

    fn value(&self, sums: Sums) -> i64 {
        match (self.grouping, self.measure) {
            (true, Measure::Plays) => sums.groups,
            (true, Measure::Seconds) => sums.group_s,
            (false, Measure::Plays) => sums.rows,
            (false, Measure::Seconds) => sums.row_s,
        }
    }

    fn plays(&self, sums: Sums) -> i64 {
        if self.grouping { sums.groups } else { sums.rows }
    }

    fn asked<'a>(&self, v: &View<'a>, cutoff_s: i64) -> Result<Asked<'a>, Error> {
        Ok(Asked {
            conn: v.conn,
            columns: v.columns,
            // Rows of groups that go on began before the window.
            calendar: Calendar::new(v.time_zone(), cutoff_s - 31 * DAY_S, self.now_s + 2 * DAY_S),
            is_current: is_current(v.conn, v.time_zone())?,
            cutoff_s,
            grouping: self.grouping,
            chosen: self.users.as_ref().map(|users| Chosen::new(v.columns, users)),
        })
    }
}

/// The decisions that have a series, in the order they are shown.
const WAYS: [(Way, &str); 3] = [
    (Way::DirectPlay, "Direct Play"),
    (Way::Copy, "Direct Stream"),
    (Way::Transcode, "Transcode"),
];

/// The classes that have a series: those of which a library is there.
fn shown_classes(v: &View<'_>) -> impl Iterator<Item = Class> {
    let kinds: Vec<_> = v
        .columns
        .dims
        .libraries()
        .iter()
        .filter_map(|library| library.section.as_ref())
        .filter(|section| !is_deleted(section))
        .filter_map(|section| section.kind.clone())
        .collect();
    Class::SHOWN.into_iter().filter(move |class| {
        let wanted = match class {
            Class::Tv => "show",
            Class::Movies => "movie",
            Class::Music => "artist",
            Class::LiveTv => "live",
            Class::None => return false,
        };
        kinds.iter().any(|kind| &**kind == wanted)
    })
}

fn is_deleted(section: &model::Section) -> bool {
    match section.fields.get("deleted_section") {
        None => false,
        Some(model::Scalar::Int(value)) => *value != 0,
        Some(model::Scalar::Text(value)) => &**value != "0",
    }
}

/// Series over categories that are known by number: first all zeros, then added to.
struct Table<K> {
    keys: Vec<(K, &'static str)>,
    data: Vec<Vec<i64>>,
}

impl<K: PartialEq> Table<K> {
    fn new(keys: impl Iterator<Item = (K, &'static str)>, categories: usize) -> Self {
        let keys: Vec<_> = keys.collect();
        let data = vec![vec![0; categories]; keys.len()];
        Self { keys, data }
    }

    /// Values of keys without a series are left out.
    fn add(&mut self, key: &K, category: usize, value: i64) {
        let series = self.keys.iter().position(|(k, _)| k == key);
        if let Some(cell) = series.and_then(|at| self.data[at].get_mut(category)) {
            *cell += value;
        }
    }

    fn graph(self, categories: Vec<String>) -> Graph {
        let series = self.keys.into_iter().zip(self.data);
        Graph {
            categories,
            series: series.map(|((_, name), data)| Series { name, data }).collect(),
        }
    }
}

impl Table<Class> {
    fn of_classes(v: &View<'_>, categories: usize) -> Self {
        Self::new(shown_classes(v).map(|class| (class, class.name())), categories)
    }
}

impl Table<Way> {
    fn of_ways(categories: usize) -> Self {
        Self::new(WAYS.into_iter(), categories)
    }
}
