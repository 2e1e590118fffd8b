//! All collections in one pass over the rows of a window.

use std::collections::HashMap;

use model::SourceId;

use crate::columns::{Columns, Group, ItemIx, NONE, Row};

/// A collection, as history needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub server: SourceId,
    /// Rating keys of its members. A key that stands there twice counts once.
    pub members: Vec<i64>,
}

/// Plays that stopped in `from_s..to_s`. Without either, every play, also one whose stop was never told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from_s: Option<i64>,
    pub to_s: Option<i64>,
}

impl Window {
    /// The last `days` days.
    pub fn last_days(now_s: i64, days: i64) -> Self {
        Self {
            from_s: Some(now_s.saturating_sub(days.saturating_mul(86_400))),
            to_s: None,
        }
    }

    pub(super) fn has(&self, stopped_s: Option<i64>) -> bool {
        match stopped_s {
            None => self.from_s.is_none() && self.to_s.is_none(),
            Some(at) => self.from_s.is_none_or(|from| at >= from) && self.to_s.is_none_or(|to| at < to),
        }
    }

    /// The shortest list of rows that holds all of the window's.
    pub(super) fn rows<'a>(&self, c: &'a Columns) -> Box<dyn Iterator<Item = Row> + 'a> {
        let window = *self;
        match self.from_s {
            None => Box::new(c.rows().filter(move |row| window.has(c.stopped_s(*row)))),
            Some(from_s) => {
                let stopped = c.stopped_since(from_s);
                let until = self.to_s.map_or(stopped.len(), |to| {
                    stopped.partition_point(|row| c.stopped_s(*row).is_some_and(|at| at < to))
                });
                Box::new(stopped[..until].iter().copied())
            }
        }
    }
}

/// What was watched of one collection in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Groups of rows.
    pub plays: u64,
    /// Wall time without pauses. Dirty rows can make it negative, as everywhere.
    pub duration_s: i64,
    /// Accounts; plays of nobody known count for none.
    pub unique_users: u64,
    /// Members with at least one play.
    pub items_watched: u64,
    /// Start of the first and of the last play.
    pub first_play_s: Option<i64>,
    pub last_play_s: Option<i64>,
}

/// Numbers of all `wanted`, in their order.
pub fn watched(c: &Columns, wanted: &[Wanted], window: Window) -> Vec<Watched> {
    let index = Index::new(wanted);
    let mut finder = Finder::new(c, &index);
    let touching = finder.touching(window);
    let mut tally = Tally::new(wanted, Users::of(c));
    for (group, row) in touching {
        tally.add(c, group, row, finder.hits(row));
    }
    tally.finish()
}

/// A member that an item belongs to: the collection's place, and the member's in it.
pub(super) type Hit = (u32, u32);

/// From the keys of one server to members.
type Keys = HashMap<i64, Vec<Hit>>;

/// From keys to members, per server.
#[derive(Debug)]
pub(super) struct Index<'a>(HashMap<&'a SourceId, Keys>);

impl<'a> Index<'a> {
    pub(super) fn new(wanted: &'a [Wanted]) -> Self {
        let mut servers: HashMap<&SourceId, Keys> = HashMap::new();
        for (at, collection) in wanted.iter().enumerate() {
            let of_server = servers.entry(&collection.server).or_default();
            for (member, key) in collection.members.iter().enumerate() {
                let hits = of_server.entry(*key).or_default();
                let at = u32::try_from(at).unwrap_or(NONE);
                // The same key again, as in a playlist: it is the member it was.
                if hits.last().is_none_or(|(collection, _)| *collection != at) {
                    hits.push((at, u32::try_from(member).unwrap_or(NONE)));
                }
            }
        }
        Self(servers)
    }
}

/// Remembers what each item hits, since items are few and rows are many.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    c: &'a Columns,
    /// By library: its server's keys and its place in `known`.
    libraries: Vec<Option<(&'a Keys, usize)>>,
    /// By server and item: a place in `lists`, or not looked up yet.
    known: Vec<Vec<u32>>,
    lists: Vec<Vec<Hit>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(c: &'a Columns, index: &'a Index<'a>) -> Self {
        let servers: Vec<_> = index.0.iter().collect();
        let libraries = c.dims.libraries().iter().map(|library| {
            let at = servers
                .iter()
                .position(|(server, _)| **server == &library.server)?;
            Some((servers[at].1, at))
        });
        Self {
            c,
            libraries: libraries.collect(),
            known: vec![Vec::new(); servers.len()],
            // The first list is that of everything that hits nothing.
            lists: vec![Vec::new()],
        }
    }

    /// Rows that hit anything, side by side with the others of their group: a group then counts once without a set
    /// per collection.
    pub(super) fn touching(&mut self, window: Window) -> Vec<(Group, Row)> {
        let c = self.c;
        let mut rows: Vec<(Group, Row)> = window
            .rows(c)
            .filter(|row| !self.hits(*row).is_empty())
            .map(|row| (c.group(row), row))
            .collect();
        rows.sort_unstable();
        rows
    }

    /// The members that this row's item belongs to, by collection.
    pub(super) fn hits(&mut self, row: Row) -> &[Hit] {
        let Some((keys, server)) = self.libraries[self.c.library_ix(row).at()] else {
            return &[];
        };
        let item = self.c.item_ix(row);
        let known = &mut self.known[server];
        if known.is_empty() {
            known.resize(self.c.dims.items().len(), NONE);
        }
        let at = &mut known[item.at()];
        if *at == NONE {
            *at = look_up(self.c, keys, item).map_or(0, |list| {
                self.lists.push(list);
                u32::try_from(self.lists.len() - 1).unwrap_or(0)
            });
        }
        &self.lists[*at as usize]
    }
}

fn look_up(c: &Columns, keys: &Keys, item: ItemIx) -> Option<Vec<Hit>> {
    let item = &c.dims.items()[item.at()];
    let of_item = [
        item.rating_key,
        item.parent_rating_key,
        item.grandparent_rating_key,
    ];
    let mut hits: Vec<Hit> = of_item
        .into_iter()
        .flatten()
        .filter_map(|key| keys.get(&key))
        .flatten()
        .copied()
        .collect();
    hits.sort_unstable();
    hits.dedup();
    (!hits.is_empty()).then_some(hits)
}

/// Accounts by dense numbers.
#[derive(Debug)]
pub(super) struct Users {
    /// By viewer: the account's number, or [`NONE`] for nobody known.
    of_viewer: Vec<u32>,
    /// By number.
    pub(super) ids: Vec<i64>,
}

impl Users {
    pub(super) fn of(c: &Columns) -> Self {
        let (mut numbers, mut ids) = (HashMap::new(), Vec::new());
        let of_viewer = c.dims.viewers().iter().map(|viewer| {
            let Some(id) = viewer.user_id else { return NONE };
            *numbers.entry(id).or_insert_with(|| {
                ids.push(id);
                u32::try_from(ids.len() - 1).unwrap_or(NONE)
            })
        });
        Self {
            of_viewer: of_viewer.collect(),
            ids,
        }
    }

    pub(super) fn number(&self, c: &Columns, row: Row) -> Option<usize> {
        let number = self.of_viewer[c.viewer_ix(row).at()];
        (number != NONE).then_some(number as usize)
    }
}

/// Adds up rows that come group by group.
struct Tally {
    sums: Vec<Watched>,
    /// By collection: the group counted last.
    group: Vec<Group>,
    users: Users,
    /// A bit per collection and user.
    seen: Vec<u64>,
    /// Words of `seen` per collection.
    words: usize,
    /// Members hit, all collections' behind each other.
    members: Vec<bool>,
    first_member: Vec<usize>,
}

impl Tally {
    fn new(wanted: &[Wanted], users: Users) -> Self {
        let mut members = 0;
        let first_member = wanted.iter().map(|w| {
            let first = members;
            members += w.members.len();
            first
        });
        let first_member = first_member.collect();
        let words = users.ids.len().div_ceil(64);
        Self {
            sums: vec![Watched::default(); wanted.len()],
            group: vec![NONE; wanted.len()],
            users,
            seen: vec![0; words * wanted.len()],
            words,
            members: vec![false; members],
            first_member,
        }
    }

    fn add(&mut self, c: &Columns, group: Group, row: Row, hits: &[Hit]) {
        let (started_s, duration_s) = (c.started_s(row), c.duration_s(row));
        let user = self.users.number(c, row);
        let mut last = NONE;
        for (collection, member) in hits {
            let at = *collection as usize;
            let sum = &mut self.sums[at];
            let seen = &mut self.members[self.first_member[at] + *member as usize];
            sum.items_watched += u64::from(!std::mem::replace(seen, true));
            // Hits are sorted: another member of the same collection adds nothing more.
            if std::mem::replace(&mut last, *collection) == *collection {
                continue;
            }
            if std::mem::replace(&mut self.group[at], group) != group {
                sum.plays += 1;
            }
            sum.duration_s += duration_s;
            if let Some(user) = user {
                let (word, bit) = (&mut self.seen[at * self.words + user / 64], 1 << (user % 64));
                sum.unique_users += u64::from(*word & bit == 0);
                *word |= bit;
            }
            sum.first_play_s = Some(sum.first_play_s.map_or(started_s, |first| first.min(started_s)));
            sum.last_play_s = Some(sum.last_play_s.map_or(started_s, |last| last.max(started_s)));
        }
    }

    fn finish(self) -> Vec<Watched> {
        self.sums
    }
}
