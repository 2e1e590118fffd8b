//! The parts of a filter that are asked for seldom, each behind a column of some graph.

use std::hash::{Hash, Hasher};

use jiff::tz::TimeZone;
use model::Reason;

use super::completion::Tiers;
use super::filter::{any, mask};
use super::{Bits, By, Filter, Hardware, Tier};
use crate::columns::{Columns, Row};
use crate::rules::calendar::Calendar;

/// Hours of the day and days of the week at the start of a row, on the clocks of a zone. An empty list is all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnClocks {
    pub zone: TimeZone,
    /// 0 to 23.
    pub hours: Vec<u8>,
    /// 0 is Monday.
    pub weekdays: Vec<u8>,
}

impl Hash for OnClocks {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.zone.iana_name(), &self.hours, &self.weekdays).hash(state);
    }
}

/// How far a play got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reached {
    pub tiers: Vec<Tier>,
    /// The furthest of a group's rows that are asked for otherwise counts for each of them.
    pub grouped: bool,
}

/// Those parts, made ready for the columns of this moment.
#[derive(Clone, Debug)]
pub(super) struct Rare {
    clocks: Option<Clocks>,
    sources: Option<Bits>,
    streams: Option<Bits>,
    reasons: Option<Vec<Reason>>,
    hardware: Option<u8>,
}

/// How far plays must have got, made ready.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    tiers: Tiers,
    mask: u8,
    grouped: bool,
}

impl Reach {
    pub(super) fn new(columns: &Columns, reached: &Reached) -> Self {
        Self {
            tiers: Tiers::new(columns),
            mask: mask(reached.tiers.iter().map(|tier| *tier as u8)),
            grouped: reached.grouped,
        }
    }

    /// `passes`: whether a row is asked for otherwise.
    pub(super) fn has(&self, c: &Columns, row: Row, passes: impl Fn(Row) -> bool) -> bool {
        let tier = if self.grouped {
            let rows = c.group_rows(c.group(row));
            self.tiers.of(c, rows.filter(|row| passes(*row)))
        } else {
            self.tiers.of(c, std::iter::once(row))
        };
        self.mask >> tier as u8 & 1 == 1
    }
}

#[derive(Clone, Debug)]
struct Clocks {
    calendar: Calendar,
    /// A bit for each hour, and for each day.
    hours: u32,
    weekdays: u8,
}

impl Rare {
    /// `None` where nothing of it is asked for.
    pub(super) fn new(columns: &Columns, filter: &Filter) -> Option<Box<Self>> {
        let names = |wanted: &[String]| {
            (!wanted.is_empty()).then(|| Bits::of(columns.dims.resolutions(), |r| any(wanted, &[Some(&**r)])))
        };
        let rare = Self {
            clocks: filter.clocks.as_ref().map(|on| Clocks::new(columns, filter, on)),
            sources: names(&filter.source_resolutions),
            streams: names(&filter.stream_resolutions),
            reasons: Some(filter.reasons.clone()).filter(|list| !list.is_empty()),
            hardware: (!filter.hardware.is_empty()).then(|| mask(filter.hardware.iter().map(|h| *h as u8))),
        };
        let is_any = rare.clocks.is_some()
            || rare.sources.is_some()
            || rare.streams.is_some()
            || rare.reasons.is_some()
            || rare.hardware.is_some();
        is_any.then(|| Box::new(rare))
    }

    pub(super) fn passes(&self, c: &Columns, row: Row) -> bool {
        self.clocks
            .as_ref()
            .is_none_or(|clocks| clocks.show(c.started_s(row)))
            && (self.sources.as_ref()).is_none_or(|names| names.has(c.source_resolution(row).at()))
            && (self.streams.as_ref()).is_none_or(|names| names.has(c.stream_resolution(row).at()))
            && (self.reasons.as_ref())
                .is_none_or(|reasons| reasons.iter().any(|reason| c.marks(row).has_reason(*reason)))
            && self.hardware.is_none_or(|mask| {
                Hardware::of(c.way(row), c.marks(row)).is_some_and(|hardware| mask >> hardware as u8 & 1 == 1)
            })
    }
}

impl Clocks {
    fn new(columns: &Columns, filter: &Filter, on: &OnClocks) -> Self {
        let rows = columns.by_start();
        let start = |row: Option<&Row>| row.map_or(0, |row| columns.started_s(*row));
        let from_s = filter.from_s.unwrap_or(i64::MIN).max(start(rows.first()));
        let last_s = filter.to_s.unwrap_or(i64::MAX).min(start(rows.last()));
        let bits = |list: &[u8], all: u32| match list {
            [] => all,
            list => list.iter().fold(0, |bits, place| {
                bits | 1_u32.checked_shl(u32::from(*place)).unwrap_or_default()
            }),
        };
        Self {
            calendar: Calendar::new(&on.zone, from_s, last_s + 1),
            hours: bits(&on.hours, u32::MAX),
            weekdays: u8::try_from(bits(&on.weekdays, 0x7f)).unwrap_or(u8::MAX),
        }
    }

    fn show(&self, at_s: i64) -> bool {
        let local_s = self.calendar.local_s(at_s);
        let (hour, weekday) = (By::Hour.bucket(local_s), By::Weekday.bucket(local_s));
        self.hours >> hour & 1 == 1 && self.weekdays >> weekday & 1 == 1
    }
}
