//! The rules that make numbers, each a pure function.

pub mod calendar;
mod completion;
mod grouping;
mod human;
mod marks;
mod watched;

use model::RecordKind;

pub use calendar::{Calendar, date_of};
pub use completion::{WatchedStatus, is_watched, percent_complete, percent_shown, watched_status};
pub use grouping::{Earlier, group_of};
pub use human::human_duration;
pub use marks::Marks;
pub use watched::{WatchedMarker, WatchedRule};

/// The media classes of the graphs, in the order they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    Tv,
    Movies,
    Music,
    LiveTv,
    /// No series, but counted in totals and rankings.
    None,
}

impl Class {
    pub const SHOWN: [Self; 4] = [Self::Tv, Self::Movies, Self::Music, Self::LiveTv];

    /// Live television is a class of its own, whatever is on.
    pub fn of(kind: RecordKind, live: bool) -> Self {
        match kind {
            _ if live => Self::LiveTv,
            RecordKind::Movie => Self::Movies,
            RecordKind::Episode => Self::Tv,
            RecordKind::Track => Self::Music,
        }
    }

    /// Tautulli's name of the series.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tv => "TV",
            Self::Movies => "Movies",
            Self::Music => "Music",
            Self::LiveTv => "Live TV",
            Self::None => "",
        }
    }
}

/// Length of a play: wall time without pauses. The first part is 0 while no stop is known; nothing is clamped, so a
/// pause longer than the play makes it negative, as in Tautulli.
#[inline]
pub fn duration_s(started_s: i64, stopped_s: Option<i64>, paused_s: i64) -> i64 {
    stopped_s.map_or(0, |stopped| stopped - started_s) - paused_s
}

/// The name of a platform to show. Applied after grouping: two platforms may carry one name.
pub fn platform_name(platform: &str) -> &str {
    match platform {
        "Konvergo" => "Plex Media Player",
        "Mystery 3" => "Playstation 3",
        "Mystery 4" | "WebMAF" => "Playstation 4",
        "Mystery 5" => "Xbox 360",
        "windows" => "Windows",
        "osx" | "macos" => "macOS",
        other => other,
    }
}

/// The name of a person to show: the friendly one unless it is blank.
pub fn friendly_name<'a>(friendly: Option<&'a str>, username: Option<&'a str>) -> Option<&'a str> {
    friendly
        .filter(|name| !name.trim_matches(' ').is_empty())
        .or(username)
}
