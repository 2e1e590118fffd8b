//! What is summed by what, and how one play counts in it.

use model::RecordKind;

use super::NewPlay;
use crate::columns::{Columns, Row, Way};
use crate::rules::calendar::Calendar;
use crate::rules::{Class, duration_s};

/// One family of questions. The numbers are kept on disk.
///
/// What graphs ask for is kept by class and by decision apart: they show one of the two, and read a third of the
/// cells that both together would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Family {
    /// By local hour of the start and class.
    Hour = 1,
    /// By local weekday of the start and class.
    Weekday = 2,
    /// By platform as told.
    PlatformClass = 3,
    PlatformWay = 4,
    /// By account.
    UserClass = 5,
    UserWay = 6,
    /// By resolution of the file and decision; films and episodes only.
    SourceResolution = 7,
    /// By resolution sent and decision; films and episodes only.
    StreamResolution = 8,
    /// By server and section, class and decision.
    Library = 9,
    /// By title (see [`super::play::work_text`]), class and decision.
    Work = 10,
    /// By network and decision.
    Location = 11,
    /// By local date of the start.
    StartDayClass = 12,
    StartDayWay = 13,
    /// By local month of the start and class.
    StartMonth = 14,
}

impl Family {
    /// Kept by the time of the stop, in [`super::ladder`].
    pub(crate) const BY_STOP: [Self; 11] = [
        Self::Hour,
        Self::Weekday,
        Self::PlatformClass,
        Self::PlatformWay,
        Self::UserClass,
        Self::UserWay,
        Self::SourceResolution,
        Self::StreamResolution,
        Self::Library,
        Self::Work,
        Self::Location,
    ];

    /// Kept by the time of the start, each date and month for itself.
    pub(crate) const BY_START: [Self; 3] = [Self::StartDayClass, Self::StartDayWay, Self::StartMonth];

    /// Of those by start: dates, not months.
    pub(crate) fn is_by_date(self) -> bool {
        matches!(self, Self::StartDayClass | Self::StartDayWay)
    }

    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn of_code(code: u8) -> Option<Self> {
        let mut all = Self::BY_STOP.into_iter().chain(Self::BY_START);
        all.find(|family| family.code() == code)
    }

    /// What this family sees of a play; `None` if it does not count in it. `dim` is by [`super::names::Names`].
    #[inline]
    pub(crate) fn fact(self, play: &Core, dim: u64, calendar: &Calendar) -> Option<Fact> {
        let (class, way) = (play.class, play.way);
        let by_class = |dim: u64| key(dim, class, Way::Unknown);
        let by_way = |dim: u64| key(dim, Class::None, way);
        let (part, key) = match self {
            Self::Hour => {
                let hour = calendar.hour(play.started_s);
                (hour, by_class(hour.unsigned_abs()))
            }
            Self::Weekday => {
                let weekday = calendar.weekday(play.started_s);
                (weekday, by_class(weekday.unsigned_abs()))
            }
            Self::SourceResolution | Self::StreamResolution => {
                if !play.is_video {
                    return None;
                }
                (0, by_way(dim))
            }
            Self::PlatformClass | Self::UserClass => (0, by_class(dim)),
            Self::PlatformWay | Self::UserWay | Self::Location => (0, by_way(dim)),
            Self::Library | Self::Work => (0, key(dim, class, way)),
            Self::StartDayClass => {
                let day = calendar.day(play.started_s);
                (day, by_class(day_dim(day)))
            }
            Self::StartDayWay => {
                let day = calendar.day(play.started_s);
                (day, by_way(day_dim(day)))
            }
            Self::StartMonth => {
                let month = calendar.month(play.started_s);
                (month, by_class(month.unsigned_abs()))
            }
        };
        Some(Fact {
            id: play.id,
            stopped_s: play.stopped_s,
            part,
            key,
            seconds: play.seconds,
        })
    }
}

/// What every family needs of a play that has stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core {
    pub(crate) id: u32,
    pub(crate) started_s: i64,
    pub(crate) stopped_s: i64,
    pub(crate) seconds: i64,
    pub(crate) class: Class,
    pub(crate) way: Way,
    pub(crate) is_video: bool,
}

impl Core {
    /// `None` while no stop is known: such a play is in no window.
    #[inline]
    pub(crate) fn of_row(columns: &Columns, row: Row, family: Option<Family>) -> Option<Self> {
        let stopped_s = columns.stopped_s(row)?;
        let class = columns.class(row);
        let needs_video =
            family.is_none_or(|f| matches!(f, Family::SourceResolution | Family::StreamResolution));
        Some(Self {
            id: columns.id(row),
            started_s: columns.started_s(row),
            stopped_s,
            seconds: columns.duration_s(row),
            class,
            way: columns.way(row),
            is_video: needs_video
                && match class {
                    Class::Tv | Class::Movies => true,
                    Class::Music | Class::None => false,
                    Class::LiveTv => columns.item(row).kind != RecordKind::Track,
                },
        })
    }

    pub(crate) fn of_new(play: &NewPlay) -> Option<Self> {
        let stopped_s = play.stopped_s?;
        Some(Self {
            id: play.id,
            started_s: play.started_s,
            stopped_s,
            seconds: duration_s(play.started_s, Some(stopped_s), play.paused_s),
            class: Class::of(play.kind, play.live),
            way: play.way,
            is_video: play.kind != RecordKind::Track,
        })
    }
}

/// One play as one family sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) id: u32,
    pub(crate) stopped_s: i64,
    /// Groups are formed for each part on its own: each hour, weekday, date or month.
    pub(crate) part: i64,
    /// Where it counts.
    pub(crate) key: u64,
    pub(crate) seconds: i64,
}

/// Bits of a key that class and decision take.
const LOW_BITS: u32 = 5;

/// Dimension, class and decision in one number.
#[inline]
pub(crate) fn key(dim: u64, class: Class, way: Way) -> u64 {
    dim << LOW_BITS | (class as u64) << 2 | way as u64
}

pub(crate) fn dim_of(key: u64) -> u64 {
    key >> LOW_BITS
}

/// The same class and decision elsewhere.
pub(crate) fn with_dim(key: u64, dim: u64) -> u64 {
    dim << LOW_BITS | key & ((1 << LOW_BITS) - 1)
}

pub(crate) fn class_of(key: u64) -> Class {
    match key >> 2 & 7 {
        0 => Class::Tv,
        1 => Class::Movies,
        2 => Class::Music,
        3 => Class::LiveTv,
        _ => Class::None,
    }
}

pub(crate) fn way_of(key: u64) -> Way {
    match key & 3 {
        1 => Way::DirectPlay,
        2 => Way::Copy,
        3 => Way::Transcode,
        _ => Way::Unknown,
    }
}

/// West of Greenwich the first plays of 1970 are of 1969.
const DAYS_BEFORE_1970: i64 = 366;

pub(crate) fn day_dim(day: i64) -> u64 {
    (day + DAYS_BEFORE_1970).unsigned_abs()
}

pub(crate) fn day_of_dim(dim: u64) -> i64 {
    i64::try_from(dim).unwrap_or(i64::MAX) - DAYS_BEFORE_1970
}

/// 0 is "no account".
pub(crate) fn user_dim(user_id: Option<i64>) -> u64 {
    user_id.map_or(0, |id| (super::cells::zigzag(id) + 1) & (u64::MAX >> LOW_BITS))
}

pub(crate) fn user_of_dim(dim: u64) -> Option<i64> {
    dim.checked_sub(1).map(super::cells::unzigzag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_what_they_were_made_of() {
        for class in [Class::Tv, Class::Movies, Class::Music, Class::LiveTv, Class::None] {
            for way in [Way::Unknown, Way::DirectPlay, Way::Copy, Way::Transcode] {
                for user in [None, Some(0), Some(7), Some(-7), Some(1 << 40)] {
                    let made = key(user_dim(user), class, way);
                    assert_eq!(
                        (user_of_dim(dim_of(made)), class_of(made), way_of(made)),
                        (user, class, way)
                    );
                    assert_eq!(with_dim(made, 9), key(9, class, way));
                }
            }
        }
        assert_eq!(
            [-1, 0, 20_000].map(|day| day_of_dim(day_dim(day))),
            [-1, 0, 20_000]
        );
    }
}
