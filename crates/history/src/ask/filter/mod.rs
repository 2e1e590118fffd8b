//! Which plays a question is about.
//!
//! A filter is translated once per question into one table per dictionary (items, clients, viewers, libraries), so
//! that a row is tested by a few look-ups, whatever the filter says.

mod matcher;
mod picked;
#[cfg(test)]
pub(crate) mod tests;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Decision, SourceId, Text};

pub(crate) use matcher::contains;
pub use matcher::{Matcher, Search};
pub(crate) use picked::{Bits, Picked};

use crate::columns::Location;
use crate::rules::Class;

/// What a play must be to count. Every part that is given must hold; within a part, any of its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Accounts. Where given, `users` is not looked at, as in Tautulli.
    pub user_ids: Option<Vec<i64>>,
    /// Names of accounts as they were at the time of the play.
    pub users: Option<Vec<Text>>,
    /// The item itself: an episode, not its show.
    pub rating_keys: Option<Vec<i64>>,
    pub parent_rating_keys: Option<Vec<i64>>,
    pub grandparent_rating_keys: Option<Vec<i64>>,
    /// Keys of which any may be the item's, its parent's or its grandparent's: an item of any kind, or the members
    /// of a collection.
    pub members: Option<Vec<i64>>,
    /// Groups by their `reference_id`.
    pub reference_ids: Option<Vec<i64>>,
    /// Section numbers, on whatever server.
    pub section_ids: Option<Vec<i64>>,
    pub servers: Option<Vec<SourceId>>,
    /// Live television is a class of its own, and no film or episode.
    pub classes: Option<Vec<Class>>,
    /// A play of unknown decision is none of them.
    pub decisions: Option<Vec<Decision>>,
    pub locations: Option<Vec<Location>>,
    /// Beginning of the item's guid, whatever its case.
    pub guid_prefix: Option<Text>,
    /// Platforms by their shown names ([`crate::rules::platform_name`]).
    pub platforms: Option<Vec<Text>>,
    /// Players by name.
    pub players: Option<Vec<Text>>,
    /// Part of the full title, whatever the case of its ASCII letters.
    pub title: Option<Text>,
    pub work: Option<Work>,
    /// Plays that began at this moment or later, in seconds since 1970.
    pub started_from_s: Option<i64>,
    /// Plays that began before this moment.
    pub started_to_s: Option<i64>,
    /// Plays that stopped at this moment or later; those without a known stop never did.
    pub stopped_from_s: Option<i64>,
    /// Plays that stopped before this moment.
    pub stopped_to_s: Option<i64>,
}

/// What a title page is about: what the lists of titles call one entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// All editions of one film.
    Movie { title: Text, year: Option<i64> },
    /// All episodes of a show.
    Show { title: Text },
    /// All tracks of an artist: the track's own, else the album's.
    Artist { name: Text },
}

impl Filter {
    /// Narrows to plays that began on local days from `first` to `last`, both included.
    #[must_use]
    pub fn on_days(mut self, zone: &TimeZone, first: Option<Date>, last: Option<Date>) -> Self {
        let from = first.and_then(|day| start_of_day(zone, day));
        let to = last.and_then(|day| start_of_day(zone, day.tomorrow().ok()?));
        self.started_from_s = self.started_from_s.max(from);
        self.started_to_s = match (self.started_to_s, to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self
    }

    /// True if every play passes.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// The first moment of a local day, in seconds since 1970. `None` beyond the calendar.
pub fn start_of_day(zone: &TimeZone, day: Date) -> Option<i64> {
    let start = day.to_zoned(zone.clone()).and_then(|z| z.start_of_day()).ok()?;
    Some(start.timestamp().as_second())
}
