//! Plays and time of one person, library, title or collection (Tautulli `get_*_watch_time_stats`, `get_*_user_stats`,
//! `get_user_player_stats`).

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;

use model::Text;

use super::filter::{Filter, Matcher};
use super::groups::each_play;
use super::who::Who;
use crate::View;
use crate::columns::{Columns, Row};

const DAY_S: i64 = 86_400;

/// Plays and time of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchTime {
    /// As asked; 0 is all time.
    pub query_days: i64,
    pub plays: i64,
    pub seconds: i64,
}

/// What one account played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTime {
    pub who: Who,
    pub plays: i64,
    pub seconds: i64,
}

/// What was played on one player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerTime {
    pub player: Option<Text>,
    /// As told, of the oldest play; [`crate::rules::platform_name`] gives the one to show.
    pub platform: Option<Text>,
    pub plays: i64,
    pub seconds: i64,
}

/// Plays and time of an account, per window in the order asked.
pub fn user_watch_time(
    v: &View<'_>,
    user_id: i64,
    days: &[i64],
    grouping: bool,
    now_s: i64,
) -> Vec<WatchTime> {
    watch_time(v.columns, &of_user(user_id), days, grouping, now_s)
}

/// Plays and time of a library.
pub fn library_watch_time(
    v: &View<'_>,
    section_id: i64,
    days: &[i64],
    grouping: bool,
    now_s: i64,
) -> Vec<WatchTime> {
    watch_time(v.columns, &of_library(section_id), days, grouping, now_s)
}

/// Plays and time of items: of one of any kind by its key, or of a collection by those of its members. A group of
/// plays that touches two members counts once.
pub fn item_watch_time(
    v: &View<'_>,
    keys: &[i64],
    days: &[i64],
    grouping: bool,
    now_s: i64,
) -> Vec<WatchTime> {
    watch_time(v.columns, &of_items(keys), days, grouping, now_s)
}

/// Who played a library, most plays first. Accounts that are not known are left out, as in Tautulli.
pub fn library_users(v: &View<'_>, section_id: i64, grouping: bool) -> Vec<UserTime> {
    users(v.columns, &of_library(section_id), grouping)
}

/// Who played items, as [`item_watch_time`] means them.
pub fn item_users(v: &View<'_>, keys: &[i64], grouping: bool) -> Vec<UserTime> {
    users(v.columns, &of_items(keys), grouping)
}

fn of_user(user_id: i64) -> Filter {
    Filter {
        user_ids: Some(vec![user_id]),
        ..Filter::default()
    }
}

fn of_library(section_id: i64) -> Filter {
    Filter {
        section_ids: Some(vec![section_id]),
        ..Filter::default()
    }
}

fn of_items(keys: &[i64]) -> Filter {
    Filter {
        members: Some(keys.to_vec()),
        ..Filter::default()
    }
}

/// Plays and time of whatever passes, per window: rows that stopped at most so many days before now.
///
/// Unlike Tautulli, plays are counted also where their time adds up to nothing.
pub fn watch_time(c: &Columns, filter: &Filter, days: &[i64], grouping: bool, now_s: i64) -> Vec<WatchTime> {
    let mut windows: Vec<(Option<i64>, WatchTime)> = days
        .iter()
        .map(|days| {
            let since = (*days != 0).then(|| now_s.saturating_sub(days.saturating_mul(DAY_S)));
            let nothing = WatchTime {
                query_days: *days,
                plays: 0,
                seconds: 0,
            };
            (since, nothing)
        })
        .collect();
    let widest = windows.iter().map(|(since, _)| *since).min().flatten();
    let within = Filter {
        stopped_from_s: filter.stopped_from_s.max(widest),
        ..filter.clone()
    };
    let matcher = Matcher::new(c, &within);
    each_play(&matcher.pick(), grouping, |rows| {
        for (since, sums) in &mut windows {
            let mut played = false;
            for row in rows {
                if since.is_none_or(|since| c.stopped_s(*row).is_some_and(|stopped| stopped >= since)) {
                    played = true;
                    sums.seconds += c.duration_s(*row);
                }
            }
            sums.plays += i64::from(played);
        }
    });
    windows.into_iter().map(|(_, sums)| sums).collect()
}

/// Known accounts and what each played of whatever passes: most plays first, then most time, then lowest id.
pub fn users(c: &Columns, filter: &Filter, grouping: bool) -> Vec<UserTime> {
    let matcher = Matcher::new(c, filter);
    let mut sums: HashMap<i64, (i64, i64)> = HashMap::new();
    // Groups never span accounts.
    each_play(&matcher.pick(), grouping, |rows| {
        if let Some(id) = rows.first().and_then(|row| c.viewer(*row).user_id) {
            let (plays, seconds) = sums.entry(id).or_default();
            *plays += 1;
            *seconds += rows.iter().map(|row| c.duration_s(*row)).sum::<i64>();
        }
    });
    let mut users: Vec<UserTime> = sums
        .into_iter()
        .filter_map(|(id, (plays, seconds))| {
            Some(UserTime {
                who: Who::of(c, Some(id))?,
                plays,
                seconds,
            })
        })
        .collect();
    users.sort_unstable_by_key(|user| (Reverse((user.plays, user.seconds)), user.who.user_id));
    users
}

/// The players of an account: most plays first, then most time, then by name. A play that moved between players
/// counts on each.
pub fn user_players(v: &View<'_>, user_id: i64, grouping: bool) -> Vec<PlayerTime> {
    players(v.columns, &of_user(user_id), grouping)
}

pub(crate) fn players(c: &Columns, filter: &Filter, grouping: bool) -> Vec<PlayerTime> {
    #[derive(Default)]
    struct Sums {
        oldest: Row,
        plays: i64,
        seconds: i64,
    }
    let matcher = Matcher::new(c, filter);
    let mut sums: HashMap<Option<&Text>, Sums> = HashMap::new();
    let player = |row: Row| c.client(row).player.as_ref();
    each_play(&matcher.pick(), grouping, |rows| {
        for (at, row) in rows.iter().enumerate() {
            let name = player(*row);
            let entry = sums.entry(name).or_insert_with(|| Sums {
                oldest: *row,
                ..Sums::default()
            });
            entry.oldest = entry.oldest.min(*row);
            entry.seconds += c.duration_s(*row);
            entry.plays += i64::from(!rows[..at].iter().any(|earlier| player(*earlier) == name));
        }
    });
    let mut players: Vec<PlayerTime> = sums
        .into_iter()
        .map(|(name, sums)| PlayerTime {
            player: name.cloned(),
            platform: c.client(sums.oldest).platform.clone(),
            plays: sums.plays,
            seconds: sums.seconds,
        })
        .collect();
    players.sort_unstable_by(|a, b| {
        let worth = |p: &PlayerTime| Reverse((p.plays, p.seconds));
        worth(a).cmp(&worth(b)).then_with(|| a.player.cmp(&b.player))
    });
    players
}
