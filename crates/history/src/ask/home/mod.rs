//! The cards of a home page: what is most watched, most popular, last watched, and by whom (Tautulli
//! `get_home_stats`).

mod fold;
#[cfg(test)]
mod tests;
mod window;

use std::collections::HashMap;

use jiff::civil::Date;
use model::Section;

use super::concurrency::MostConcurrent;
use super::filter::Matcher;
use super::who::Who;
use crate::columns::{Columns, Row};
use crate::store::StoredPlay;
use crate::{Error, View};

/// A card, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatId {
    TopMovies,
    PopularMovies,
    TopTv,
    PopularTv,
    TopMusic,
    PopularMusic,
    LastWatched,
    TopLibraries,
    TopUsers,
    TopPlatforms,
    MostConcurrent,
}

impl StatId {
    pub const ALL: [Self; 11] = [
        Self::TopMovies,
        Self::PopularMovies,
        Self::TopTv,
        Self::PopularTv,
        Self::TopMusic,
        Self::PopularMusic,
        Self::LastWatched,
        Self::TopLibraries,
        Self::TopUsers,
        Self::TopPlatforms,
        Self::MostConcurrent,
    ];

    /// Tautulli `stat_id`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TopMovies => "top_movies",
            Self::PopularMovies => "popular_movies",
            Self::TopTv => "top_tv",
            Self::PopularTv => "popular_tv",
            Self::TopMusic => "top_music",
            Self::PopularMusic => "popular_music",
            Self::LastWatched => "last_watched",
            Self::TopLibraries => "top_libraries",
            Self::TopUsers => "top_users",
            Self::TopPlatforms => "top_platforms",
            Self::MostConcurrent => "most_concurrent",
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stat| stat.as_str() == id)
    }
}

/// What the entries of a card are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RankBy {
    #[default]
    Plays,
    Duration,
}

/// Which cards, over what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HomeParams {
    pub now_s: i64,
    /// One card; all of them if absent.
    pub stat: Option<StatId>,
    pub grouping: bool,
    /// Days before now in which a play must have stopped.
    pub time_range: i64,
    pub rank_by: RankBy,
    /// Entries skipped, and shown at most; fewer than none means all, as in SQL.
    pub start: i64,
    pub count: i64,
    /// Not applied to [`StatId::MostConcurrent`], nor is `user_id`.
    pub section_id: Option<i64>,
    pub user_id: Option<i64>,
    /// Last local day on which a play may have begun. Without `after`, the window of `time_range` ends with it.
    pub before: Option<Date>,
    /// First local day. Without `before`, the window of `time_range` begins with it.
    pub after: Option<Date>,
}

impl HomeParams {
    /// Tautulli's: all cards of the last 30 days, 10 entries each.
    pub fn at(now_s: i64) -> Self {
        Self {
            now_s,
            stat: None,
            grouping: true,
            time_range: 30,
            rank_by: RankBy::Plays,
            start: 0,
            count: 10,
            section_id: None,
            user_id: None,
            before: None,
            after: None,
        }
    }

    /// Entries of a card that are shown or skipped.
    fn shown(&self) -> usize {
        let start = usize::try_from(self.start).unwrap_or(0);
        usize::try_from(self.count).map_or(usize::MAX, |count| start.saturating_add(count))
    }

    fn page<T>(&self, rows: Vec<T>) -> Vec<T> {
        let start = usize::try_from(self.start).unwrap_or(0);
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        rows.into_iter().skip(start).take(count).collect()
    }
}

/// One card.
#[derive(Clone, Debug, PartialEq)]
pub struct HomeStat {
    pub id: StatId,
    pub rows: HomeRows,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HomeRows {
    /// `top_*` and `popular_*`.
    Ranked(Vec<Ranked>),
    Watched(Vec<Watched>),
    Concurrent(MostConcurrent),
}

/// A title, library, person or platform, and what was played of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    pub plays: i64,
    pub duration_s: i64,
    /// Accounts that played it (`users_watched`); counted for titles only.
    pub users: i64,
    /// Start of the newest play: of the oldest row of its group.
    pub last_play_s: i64,
    /// Whose play that was; absent for an account that is not known.
    pub who: Option<Who>,
    /// Its library, unless it is gone or was never listed.
    pub section: Option<Section>,
    /// The oldest row of that play.
    pub play: StoredPlay,
}

/// A film or episode seen to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Start of the row.
    pub last_watch_s: i64,
    pub who: Option<Who>,
    /// The newest row of its group.
    pub play: StoredPlay,
}

/// Answers the cards: one pass over the plays of the window for all of them.
pub fn stats(v: &View<'_>, p: &HomeParams) -> Result<Vec<HomeStat>, Error> {
    let filter = window::filter(p, v.time_zone());
    let matcher = Matcher::new(v.columns, &filter);
    let wanted: Vec<StatId> = p.stat.map_or(StatId::ALL.to_vec(), |stat| vec![stat]);
    let fold = fold::Fold::over(&matcher, p.grouping, &wanted);
    let places = |id: StatId| match id {
        StatId::MostConcurrent => Vec::new(),
        StatId::LastWatched => fold::last_watched(&matcher, p),
        _ => p.page(fold.ranking(id, p)),
    };
    let cards: Vec<(StatId, Vec<fold::Place>)> = wanted.into_iter().map(|id| (id, places(id))).collect();
    let stored = Stored::of(v, cards.iter().flat_map(|(_, places)| places))?;
    cards
        .into_iter()
        .map(|(id, places)| {
            let rows = match id {
                StatId::MostConcurrent => HomeRows::Concurrent(window::most_concurrent(v, p)?),
                StatId::LastWatched => {
                    HomeRows::Watched(places.iter().filter_map(|place| stored.watched(place)).collect())
                }
                _ => HomeRows::Ranked(places.iter().filter_map(|place| stored.ranked(place)).collect()),
            };
            Ok(HomeStat { id, rows })
        })
        .collect()
}

/// The plays that cards show, each read once: most stand on several.
struct Stored<'a> {
    columns: &'a Columns,
    plays: HashMap<u32, StoredPlay>,
}

impl<'a> Stored<'a> {
    fn of<'b>(v: &View<'a>, places: impl Iterator<Item = &'b fold::Place>) -> Result<Self, Error> {
        let mut ids: Vec<u32> = places.map(|place| v.columns.id(place.sums.row())).collect();
        ids.sort_unstable();
        ids.dedup();
        let plays = v.stored(&ids)?;
        Ok(Self {
            columns: v.columns,
            plays: plays.into_iter().map(|play| (play.id, play)).collect(),
        })
    }

    fn who(&self, row: Row) -> Option<Who> {
        Who::of(self.columns, self.columns.viewer(row).user_id)
    }

    fn ranked(&self, place: &fold::Place) -> Option<Ranked> {
        let (c, row) = (self.columns, place.sums.row());
        let section = c.library(row).section.as_ref();
        Some(Ranked {
            plays: i64::from(place.sums.plays),
            duration_s: place.sums.duration_s,
            users: place.users,
            last_play_s: c.started_s(row),
            who: self.who(row),
            section: section
                .filter(|section| !super::people::is_gone(section))
                .cloned(),
            play: self.plays.get(&c.id(row))?.clone(),
        })
    }

    fn watched(&self, place: &fold::Place) -> Option<Watched> {
        let (c, row) = (self.columns, place.sums.row());
        Some(Watched {
            last_watch_s: c.started_s(row),
            who: self.who(row),
            play: self.plays.get(&c.id(row))?.clone(),
        })
    }
}
