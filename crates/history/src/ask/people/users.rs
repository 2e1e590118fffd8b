//! Accounts.

use std::collections::HashMap;

use model::{Person, Scalar, Text};

use super::table::{Table, TableQuery, Value, page};
use super::{is_deleted, text};
use crate::ask::filter::{Filter, Matcher};
use crate::ask::groups::each_row;
use crate::columns::{Columns, Row};
use crate::rules::friendly_name;
use crate::store::StoredPlay;
use crate::{Error, View};

/// What the table of accounts can be ordered by. The last four texts are those of the newest row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserColumn {
    UserThumb,
    FriendlyName,
    Username,
    Title,
    Email,
    LastSeen,
    Plays,
    Duration,
    LastPlayed,
    IpAddress,
    Platform,
    Player,
}

/// An account and all it played.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow {
    pub person: Person,
    /// The friendly name unless it is blank, else the user name.
    pub friendly_name: Option<Text>,
    pub plays: i64,
    pub duration_s: i64,
    /// Newest start.
    pub last_seen_s: Option<i64>,
    /// The row with the highest id, which `last_seen_s` need not be of.
    pub last: Option<StoredPlay>,
}

/// Sums of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) plays: i64,
    pub(super) duration_s: i64,
    pub(super) newest_start_s: Option<i64>,
    pub(super) last: Option<Row>,
}

impl Sums {
    pub(super) fn add(&mut self, c: &Columns, row: Row) {
        self.duration_s += c.duration_s(row);
        self.newest_start_s = self.newest_start_s.max(Some(c.started_s(row)));
        self.last = self.last.max(Some(row));
    }
}

/// Accounts that are still on the server, in the order in which they came.
pub fn users(c: &Columns) -> Vec<&Person> {
    let mut people: Vec<&Person> = c.dims.people().values().filter(|p| !is_deleted(p)).collect();
    let came = |person: &Person| match person.fields.get("row_id") {
        Some(Scalar::Int(id)) => *id,
        _ => i64::MAX,
    };
    people.sort_unstable_by_key(|person| (came(person), person.user_id));
    people
}

/// Numbers and names of the accounts of [`users`].
pub fn user_names(c: &Columns) -> Vec<(i64, Option<Text>)> {
    users(c)
        .into_iter()
        .map(|person| (person.user_id, shown(person)))
        .collect()
}

fn shown(person: &Person) -> Option<Text> {
    friendly_name(person.friendly_name.as_deref(), person.username.as_deref()).map(Into::into)
}

/// Newest start of a play of the account.
pub fn last_seen_s(c: &Columns, user_id: i64) -> Option<i64> {
    let viewers = c.dims.viewers_of(user_id);
    viewers
        .flat_map(|viewer| c.viewer_rows(viewer))
        .map(|row| c.started_s(row))
        .max()
}

pub(super) fn sums_by_user(c: &Columns, only: Option<i64>, grouping: bool) -> HashMap<i64, Sums> {
    let filter = Filter {
        user_ids: only.map(|id| vec![id]),
        ..Filter::default()
    };
    // By viewer first: their numbers are small and dense.
    let mut by_viewer = vec![Sums::default(); c.dims.viewers().len()];
    // Groups never span accounts, so the oldest row says whose play it is.
    each_row(&Matcher::new(c, &filter).pick(), grouping, |row, oldest| {
        let sums = &mut by_viewer[c.viewer_ix(row).at()];
        sums.add(c, row);
        sums.plays += i64::from(row == oldest);
    });
    let mut by_user: HashMap<i64, Sums> = HashMap::new();
    for (viewer, sums) in c.dims.viewers().iter().zip(by_viewer) {
        let Some(user_id) = viewer.user_id else { continue };
        let user = by_user.entry(user_id).or_default();
        user.plays += sums.plays;
        user.duration_s += sums.duration_s;
        user.newest_start_s = user.newest_start_s.max(sums.newest_start_s);
        user.last = user.last.max(sums.last);
    }
    by_user
}

/// The table of accounts still on the server, all time.
pub fn users_table(v: &View<'_>, q: &TableQuery<UserColumn>) -> Result<Table<UserRow>, Error> {
    let c = v.columns;
    let found = select_users(c, q);
    let ids: Vec<u32> = found
        .rows
        .iter()
        .filter_map(|row| row.1.last)
        .map(|row| c.id(row))
        .collect();
    let mut plays = v.stored(&ids)?.into_iter().peekable();
    let rows = found.rows.into_iter().map(|(person, sums)| UserRow {
        friendly_name: shown(person),
        person: person.clone(),
        plays: sums.plays,
        duration_s: sums.duration_s,
        last_seen_s: sums.newest_start_s,
        last: sums
            .last
            .and_then(|row| plays.next_if(|play| play.id == c.id(row))),
    });
    Ok(Table {
        total: found.total,
        filtered: found.filtered,
        rows: rows.collect(),
    })
}

pub(super) fn select_users<'a>(c: &'a Columns, q: &TableQuery<UserColumn>) -> Table<(&'a Person, Sums)> {
    let sums = sums_by_user(c, q.only, q.grouping);
    let mut people: Vec<&Person> = c.dims.people().values().filter(|p| !is_deleted(p)).collect();
    people.retain(|person| q.only.is_none_or(|only| only == person.user_id));
    people.sort_unstable_by_key(|person| person.user_id);
    let rows = people
        .into_iter()
        .map(|person| (person, sums.get(&person.user_id).copied().unwrap_or_default()))
        .collect();
    let last = |sums: &Sums, of: fn(&Columns, Row) -> Option<Text>| sums.last.and_then(|row| of(c, row));
    page(
        rows,
        q,
        c.dims.people().len(),
        |(person, sums)| {
            vec![
                shown(person),
                person.username.clone(),
                text(&person.fields, "title"),
                text(&person.fields, "email"),
                last(sums, ip),
                last(sums, platform),
                last(sums, player),
            ]
        },
        |(person, sums), column| match column {
            UserColumn::UserThumb => Value::text(person.thumb.as_deref()),
            UserColumn::FriendlyName => Value::text(shown(person)),
            UserColumn::Username => Value::text(person.username.as_deref()),
            UserColumn::Title => Value::text(text(&person.fields, "title")),
            UserColumn::Email => Value::text(text(&person.fields, "email")),
            UserColumn::LastSeen => Value::number(sums.newest_start_s),
            UserColumn::Plays => Value::Number(sums.plays),
            UserColumn::Duration => Value::Number(sums.duration_s),
            UserColumn::LastPlayed => Value::text(sums.last.map(|row| full_title(c, row))),
            UserColumn::IpAddress => Value::text(last(sums, ip)),
            UserColumn::Platform => Value::text(last(sums, platform)),
            UserColumn::Player => Value::text(last(sums, player)),
        },
    )
}

pub(super) fn ip(c: &Columns, row: Row) -> Option<Text> {
    let at = c.ip_ix(row).at();
    (at != 0).then(|| c.dims.words()[at].clone())
}

pub(super) fn platform(c: &Columns, row: Row) -> Option<Text> {
    c.client(row).platform.clone()
}

pub(super) fn player(c: &Columns, row: Row) -> Option<Text> {
    c.client(row).player.clone()
}

pub(super) fn full_title(c: &Columns, row: Row) -> Text {
    c.item(row).full_title.clone()
}

/// What the addresses of an account can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpColumn {
    LastSeen,
    FirstSeen,
    IpAddress,
    Platform,
    Player,
    LastPlayed,
    PlayCount,
}

/// An address an account played from.
#[derive(Clone, Debug, PartialEq)]
pub struct IpRow {
    pub ip_address: Option<Text>,
    /// Rows, not groups.
    pub play_count: i64,
    pub first_seen_s: i64,
    pub last_seen_s: i64,
    /// As the history shows the account.
    pub friendly_name: Option<Text>,
    /// The row with the newest start; of several the oldest.
    pub play: StoredPlay,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct IpSums {
    pub(super) count: i64,
    pub(super) first_seen_s: i64,
    pub(super) last_seen_s: i64,
    pub(super) row: Row,
}

/// The addresses of the account `q.only`; nothing for one that is not known. Grouping plays no part.
pub fn user_ips(v: &View<'_>, q: &TableQuery<IpColumn>) -> Result<Table<IpRow>, Error> {
    let c = v.columns;
    let found = select_ips(c, q);
    let ids: Vec<u32> = found.rows.iter().map(|sums| c.id(sums.row)).collect();
    let who = q.only.and_then(|id| c.dims.people().get(&id));
    let mut sums = found.rows.iter();
    let rows = v.stored(&ids)?.into_iter().filter_map(|play| {
        let sums = sums.find(|sums| c.id(sums.row) == play.id)?;
        Some(IpRow {
            ip_address: ip(c, sums.row),
            play_count: sums.count,
            first_seen_s: sums.first_seen_s,
            last_seen_s: sums.last_seen_s,
            friendly_name: who.and_then(shown),
            play,
        })
    });
    Ok(Table {
        total: found.total,
        filtered: found.filtered,
        rows: rows.collect(),
    })
}

pub(super) fn select_ips(c: &Columns, q: &TableQuery<IpColumn>) -> Table<IpSums> {
    let mut sums: HashMap<usize, IpSums> = HashMap::new();
    let known = q.only.filter(|id| c.dims.people().contains_key(id));
    for viewer in known.into_iter().flat_map(|id| c.dims.viewers_of(id)) {
        for row in c.viewer_rows(viewer) {
            let started_s = c.started_s(row);
            let new = IpSums {
                count: 0,
                first_seen_s: started_s,
                last_seen_s: started_s,
                row,
            };
            let ip = sums.entry(c.ip_ix(row).at()).or_insert(new);
            ip.count += 1;
            ip.first_seen_s = ip.first_seen_s.min(started_s);
            if started_s > ip.last_seen_s || (started_s == ip.last_seen_s && row < ip.row) {
                (ip.last_seen_s, ip.row) = (started_s, row);
            }
        }
    }
    let mut rows: Vec<IpSums> = sums.into_values().collect();
    rows.sort_unstable_by_key(|sums| Value::text(ip(c, sums.row)));
    page(
        rows,
        q,
        c.len(),
        |sums| {
            let count = Some(sums.count.to_string().into());
            vec![
                ip(c, sums.row),
                platform(c, sums.row),
                player(c, sums.row),
                Some(full_title(c, sums.row)),
                count,
            ]
        },
        |sums, column| match column {
            IpColumn::LastSeen => Value::Number(sums.last_seen_s),
            IpColumn::FirstSeen => Value::Number(sums.first_seen_s),
            IpColumn::IpAddress => Value::text(ip(c, sums.row)),
            IpColumn::Platform => Value::text(platform(c, sums.row)),
            IpColumn::Player => Value::text(player(c, sums.row)),
            IpColumn::LastPlayed => Value::text(Some(full_title(c, sums.row))),
            IpColumn::PlayCount => Value::Number(sums.count),
        },
    )
}
