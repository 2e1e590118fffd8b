//! Highest concurrency per local day, on disk in one row per kind and month.
//!
//! Two rules. [`StartedPeak`] is that of Tautulli's graph: only what *began* that day counts, and the level is read
//! just before each stop. [`Running`] is the truth: what runs during the day, whenever it began.
//!
//! Plays whose stop lies before their start never ran: they are in no running level. In Tautulli's count they lower
//! the level from stop to start; questions that follow Tautulli look for such plays
//! ([`crate::columns::Columns::backwards`]) and walk the days they touch.

mod running;
mod started;
mod table;
mod update;
mod walk;

pub(crate) use running::{
    Event, Running, RunningDays, all_events, day_at, events_between, order, split, walk_day,
};
pub(crate) use started::{Played, StartedPeak, rows_started_on, started_peak};
pub(crate) use table::{Day, Month, days, packed_month, put_month};
pub(crate) use update::update;
pub(crate) use walk::{Levels, SPLITS, Split, Top};
