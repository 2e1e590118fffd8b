//! One collection in full: by member, by user, by day.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::Text;

use super::count::{Finder, Index, Users, Wanted, Watched, Window, watched};
use crate::columns::{Columns, Group, ItemDim, Row};
use crate::rules::calendar::{Calendar, date_of};
use crate::rules::friendly_name;

/// What was watched of one collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    pub total: Watched,
    /// Every member that was watched, most plays first, then longest, then by key.
    pub members: Vec<MemberWatched>,
    /// Most plays first, then longest, then by id.
    pub users: Vec<UserWatched>,
    /// Every local day of the window, oldest first; without a beginning, from the first play on.
    pub days: Vec<DayWatched>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberWatched {
    pub rating_key: i64,
    /// As its plays name it: of a show the show's title. Absent for what has none, such as an album.
    pub title: Option<Text>,
    pub plays: u64,
    pub duration_s: i64,
    pub unique_users: u64,
    pub last_play_s: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWatched {
    pub user_id: i64,
    /// The friendly name, else the user name, else the name at the time of the play.
    pub name: Option<Text>,
    pub plays: u64,
    pub duration_s: i64,
    pub last_play_s: i64,
}

/// A local day. As in the graph by date, a play belongs to the day of each row's start; a group that spans midnight
/// counts on both, and one that began before the window's first day on none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayWatched {
    pub date: Date,
    pub plays: u64,
    pub duration_s: i64,
}

/// Numbers of one collection. `now_s` ends the days of a window that has no end.
pub fn detail(c: &Columns, wanted: &Wanted, window: Window, zone: &TimeZone, now_s: i64) -> Detail {
    let of_one = std::slice::from_ref(wanted);
    let total = watched(c, of_one, window).pop().unwrap_or_default();
    let index = Index::new(of_one);
    let mut finder = Finder::new(c, &index);
    let users = Users::of(c);
    let mut of_member: Vec<Sum> = vec![Sum::default(); wanted.members.len()];
    let mut of_user: Vec<Sum> = vec![Sum::default(); users.ids.len()];
    let mut of_day: BTreeMap<i64, Sum> = BTreeMap::new();
    let mut who: HashSet<(u32, usize)> = HashSet::new();
    let calendar = Calendar::new(zone, total.first_play_s.unwrap_or(now_s), now_s);
    for (group, row) in finder.touching(window) {
        let user = users.number(c, row);
        for (_, member) in finder.hits(row) {
            let sum = &mut of_member[*member as usize];
            sum.add(c, group, row);
            sum.users += u64::from(user.is_some_and(|user| who.insert((*member, user))));
        }
        if let Some(user) = user {
            of_user[user].add(c, group, row);
        }
        let day = of_day.entry(calendar.day(c.started_s(row))).or_default();
        day.add(c, group, row);
    }
    Detail {
        members: by_member(c, wanted, &of_member),
        users: by_user(c, &users, &of_user),
        days: by_day(&calendar, window, &total, &of_day, now_s),
        total,
    }
}

/// Rows of one member, user or day, which come group by group.
#[derive(Clone, Debug, Default)]
struct Sum {
    plays: u64,
    /// The group counted last, if any was.
    group: Option<Group>,
    users: u64,
    duration_s: i64,
    last_play_s: i64,
    /// The newest row.
    row: Row,
}

impl Sum {
    fn add(&mut self, c: &Columns, group: Group, row: Row) {
        if self.group.replace(group) != Some(group) {
            self.plays += 1;
        }
        self.duration_s += c.duration_s(row);
        self.last_play_s = self.last_play_s.max(c.started_s(row));
        self.row = self.row.max(row);
    }
}

fn by_member(c: &Columns, wanted: &Wanted, sums: &[Sum]) -> Vec<MemberWatched> {
    let watched = wanted.members.iter().zip(sums).filter(|(_, sum)| sum.plays > 0);
    let mut members: Vec<_> = watched
        .map(|(rating_key, sum)| MemberWatched {
            rating_key: *rating_key,
            title: title(c.item(sum.row), *rating_key),
            plays: sum.plays,
            duration_s: sum.duration_s,
            unique_users: sum.users,
            last_play_s: sum.last_play_s,
        })
        .collect();
    members.sort_by_key(|m| (std::cmp::Reverse((m.plays, m.duration_s)), m.rating_key));
    members
}

fn title(item: &ItemDim, rating_key: i64) -> Option<Text> {
    if item.rating_key == Some(rating_key) {
        Some(item.full_title.clone())
    } else if item.grandparent_rating_key == Some(rating_key) {
        item.grandparent_title.clone()
    } else {
        None
    }
}

fn by_user(c: &Columns, users: &Users, sums: &[Sum]) -> Vec<UserWatched> {
    let watched = users.ids.iter().zip(sums).filter(|(_, sum)| sum.plays > 0);
    let mut users: Vec<_> = watched
        .map(|(user_id, sum)| UserWatched {
            user_id: *user_id,
            name: name(c, *user_id, sum.row),
            plays: sum.plays,
            duration_s: sum.duration_s,
            last_play_s: sum.last_play_s,
        })
        .collect();
    users.sort_by_key(|u| (std::cmp::Reverse((u.plays, u.duration_s)), u.user_id));
    users
}

fn name(c: &Columns, user_id: i64, row: Row) -> Option<Text> {
    let person = c.dims.people().get(&user_id);
    person
        .and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()))
        .map(Text::from)
        .or_else(|| c.viewer(row).name.clone())
}

fn by_day(
    calendar: &Calendar,
    window: Window,
    total: &Watched,
    sums: &BTreeMap<i64, Sum>,
    now_s: i64,
) -> Vec<DayWatched> {
    let Some(from_s) = window.from_s.or(total.first_play_s) else {
        return Vec::new();
    };
    // The end of a window is not in it.
    let until_s = window.to_s.map_or(now_s, |to| to - 1).max(from_s);
    let days = calendar.day(from_s)..=calendar.day(until_s);
    days.map(|day| {
        let sum = sums.get(&day);
        DayWatched {
            date: date_of(day),
            plays: sum.map_or(0, |s| s.plays),
            duration_s: sum.map_or(0, |s| s.duration_s),
        }
    })
    .collect()
}
