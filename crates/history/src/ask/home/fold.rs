//! One pass over the plays of a window, for all cards at once.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use model::RecordKind;

use super::{HomeParams, RankBy, StatId};
use crate::ask::filter::{Matcher, Picked};
use crate::ask::groups::each_row_in;
use crate::ask::history::runs;
use crate::columns::{Dims, Row};
use crate::rules::is_watched;

/// Rows from which on a second thread is worth its start. Tests have few, and shall see both ways.
const MANY_ROWS: usize = if cfg!(test) { 12 } else { 100_000 };

/// Above it, who played what is kept in a set, not in a table of bits.
const BITS_MAX: usize = 32 << 23;

/// Sums of one entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) duration_s: i64,
    pub(super) plays: u32,
    newest: Newest,
}

/// The oldest row of the newest play: start before row, and the row the other way round, so that the greater number
/// is the one to keep. Choosing costs no guess then; whether a row begins a play is as good as random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Newest(u64);

impl Newest {
    #[inline]
    fn new(row: Row, start: u32) -> Self {
        Self(u64::from(start) << 32 | u64::from(!row))
    }

    fn start(self) -> u64 {
        self.0 >> 32
    }
}

impl Sums {
    #[inline]
    fn add(&mut self, line: Line) {
        self.newest.0 = self.newest.0.max(line.newest.0);
        self.plays += u32::from(line.first);
        self.duration_s += line.duration_s;
    }

    /// Adds sums of other rows.
    fn merge(&mut self, other: &Self) {
        self.newest = self.newest.max(other.newest);
        self.plays += other.plays;
        self.duration_s += other.duration_s;
    }

    /// Of the newest play, the oldest row.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is the row")]
    pub(super) fn row(&self) -> Row {
        !(self.newest.0 as u32)
    }
}

/// A row of a play, as the tables need it.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// True for the oldest row, by which the play is counted.
    first: bool,
    /// Nothing for other rows.
    newest: Newest,
    duration_s: i64,
}

/// Which account played which work.
#[derive(Debug)]
pub(super) enum Users {
    Bits { words: usize, bits: Vec<u64> },
    Set(HashSet<(u32, u32)>),
}

impl Users {
    pub(super) fn new(works: usize, users: usize) -> Self {
        let words = users.div_ceil(64);
        match works.checked_mul(words) {
            Some(all) if all <= BITS_MAX / 64 => Self::Bits {
                words,
                bits: vec![0; all],
            },
            _ => Self::Set(HashSet::new()),
        }
    }

    #[inline]
    pub(super) fn add(&mut self, work: u32, user: u32) {
        match self {
            Self::Bits { words, bits } => {
                bits[work as usize * *words + user as usize / 64] |= 1 << (user % 64);
            }
            Self::Set(set) => {
                set.insert((work, user));
            }
        }
    }

    /// Adds what another table of the same size holds.
    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Bits { bits, .. }, Self::Bits { bits: others, .. }) => {
                bits.iter_mut().zip(others).for_each(|(a, b)| *a |= b);
            }
            (Self::Set(set), Self::Set(others)) => set.extend(others),
            // Tables of the same size are of one kind.
            (Self::Bits { .. }, Self::Set(_)) | (Self::Set(_), Self::Bits { .. }) => {}
        }
    }

    /// Takes an account out.
    pub(super) fn remove(&mut self, user: u32) {
        match self {
            Self::Bits { words, bits } => {
                for bits in bits.chunks_exact_mut((*words).max(1)) {
                    bits[user as usize / 64] &= !(1 << (user % 64));
                }
            }
            Self::Set(set) => set.retain(|(_, other)| *other != user),
        }
    }

    /// Accounts per work.
    pub(super) fn counts(&self, works: usize) -> Vec<i64> {
        let mut counts = vec![0; works];
        match self {
            Self::Bits { words, bits } => {
                for (count, bits) in counts.iter_mut().zip(bits.chunks_exact((*words).max(1))) {
                    *count = bits.iter().map(|word| i64::from(word.count_ones())).sum();
                }
            }
            Self::Set(set) => set.iter().for_each(|(work, _)| counts[*work as usize] += 1),
        }
        counts
    }
}

/// An entry of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sums: Sums,
    pub(super) users: i64,
}

/// The sums of all cards, each by its place among the keys of its dictionary.
#[derive(Debug)]
pub(super) struct Fold<'a> {
    dims: &'a Dims,
    sums: AllSums,
    /// Accounts per work.
    watchers: Vec<i64>,
}

#[derive(Debug)]
struct AllSums {
    works: Vec<Sums>,
    libraries: Vec<Sums>,
    users: Vec<Sums>,
    platforms: Vec<Sums>,
    watchers: Users,
}

impl AllSums {
    fn new(dims: &Dims) -> Self {
        let none = |entries: usize| vec![Sums::default(); entries];
        let (works, users) = (dims.works().keys().len(), dims.accounts().keys().len());
        Self {
            works: none(works),
            libraries: none(dims.libraries().len()),
            users: none(users),
            platforms: none(dims.platforms().keys().len()),
            watchers: Users::new(works, users),
        }
    }

    /// A row counts where the oldest row of its play does.
    fn add_rows(&mut self, picked: &Picked<'_>, blocks: Range<Row>, grouping: bool) {
        let (c, s) = (picked.columns(), picked.columns().slices());
        let (works, users, platforms) = (c.dims.works(), c.dims.accounts(), c.dims.platforms());
        // Slices of their own, which the loop need not read anew for every row.
        let (work_of, user_of, platform_of) = (works.places(), users.places(), platforms.places());
        let (of_works, of_users) = (self.works.as_mut_slice(), self.users.as_mut_slice());
        let (of_libraries, of_platforms) = (self.libraries.as_mut_slice(), self.platforms.as_mut_slice());
        let watchers = &mut self.watchers;
        each_row_in(picked, blocks, grouping, |row, oldest| {
            let at = oldest as usize;
            let first = row == oldest;
            let line = Line {
                first,
                newest: Newest(Newest::new(row, s.started[row as usize]).0 * u64::from(first)),
                duration_s: c.duration_s(row),
            };
            let (work, user) = (work_of[s.item[at].at()], user_of[s.viewer[at].at()]);
            of_works[work as usize].add(line);
            of_users[user as usize].add(line);
            of_libraries[s.library[at].at()].add(line);
            of_platforms[platform_of[s.client[at].at()] as usize].add(line);
            watchers.add(work, user);
        });
    }

    /// Adds what was counted of other rows.
    fn merge(&mut self, other: Self) {
        let pairs = [
            (&mut self.works, other.works),
            (&mut self.libraries, other.libraries),
            (&mut self.users, other.users),
            (&mut self.platforms, other.platforms),
        ];
        for (own, others) in pairs {
            own.iter_mut().zip(&others).for_each(|(a, b)| a.merge(b));
        }
        self.watchers.merge(other.watchers);
    }
}

impl<'a> Fold<'a> {
    pub(super) fn over(matcher: &Matcher<'a>, grouping: bool, wanted: &[StatId]) -> Self {
        let dims = &matcher.columns().dims;
        let mut sums = AllSums::new(dims);
        let needless = |id: &StatId| matches!(id, StatId::LastWatched | StatId::MostConcurrent);
        if !wanted.iter().all(needless) {
            count(&mut sums, &matcher.pick(), grouping);
        }
        // Plays of nobody known.
        let nobody = (0..).zip(dims.accounts().keys()).find(|(_, user)| user.is_none());
        if let Some((nobody, _)) = nobody {
            sums.watchers.remove(nobody);
        }
        Self {
            watchers: sums.watchers.counts(dims.works().keys().len()),
            dims,
            sums,
        }
    }

    /// The first entries of a card, as many as `p` may show.
    ///
    /// What is equal in all that counts stands in the order of names: backwards in the top lists of films and
    /// artists, because Tautulli's database happens to sort its groups that way round there.
    pub(super) fn ranking(&self, id: StatId, p: &HomeParams) -> Vec<Place> {
        let works = |kind: RecordKind, popular: bool| {
            let how = How {
                popular,
                backwards: !popular && kind != RecordKind::Episode,
                ..How::of(p)
            };
            let keys = self.dims.works().keys().iter();
            let users = self.watchers.iter().copied().chain(std::iter::repeat(0));
            let all = keys.zip(&self.sums.works).zip(users);
            let all = all.filter(|((key, _), _)| key.kind == kind);
            rank(
                all.map(|((key, sums), users)| (key, Place { sums: *sums, users })),
                how,
            )
        };
        let others = |sums: &Sums| Place {
            sums: *sums,
            users: 0,
        };
        let how = How::of(p);
        match id {
            StatId::TopMovies => works(RecordKind::Movie, false),
            StatId::TopTv => works(RecordKind::Episode, false),
            StatId::TopMusic => works(RecordKind::Track, false),
            StatId::PopularMovies => works(RecordKind::Movie, true),
            StatId::PopularTv => works(RecordKind::Episode, true),
            StatId::PopularMusic => works(RecordKind::Track, true),
            StatId::TopLibraries => {
                let keys = self
                    .dims
                    .libraries()
                    .iter()
                    .map(|l| (l.section_id, l.server.as_str()));
                rank(keys.zip(self.sums.libraries.iter().map(others)), how)
            }
            StatId::TopUsers => {
                let keys = self.dims.accounts().keys();
                rank(keys.iter().zip(self.sums.users.iter().map(others)), how)
            }
            StatId::TopPlatforms => {
                let keys = self.dims.platforms().keys();
                rank(keys.iter().zip(self.sums.platforms.iter().map(others)), how)
            }
            StatId::LastWatched | StatId::MostConcurrent => Vec::new(),
        }
    }
}

/// Counts the rows; many of them in two halves at once, since a row waits for memory more than it computes.
fn count(sums: &mut AllSums, picked: &Picked<'_>, grouping: bool) {
    let blocks = picked.blocks();
    if picked.count() < MANY_ROWS {
        return sums.add_rows(picked, 0..blocks, grouping);
    }
    let mut newer = AllSums::new(&picked.columns().dims);
    std::thread::scope(|scope| {
        scope.spawn(|| newer.add_rows(picked, blocks / 2..blocks, grouping));
        sums.add_rows(picked, 0..blocks / 2, grouping);
    });
    sums.merge(newer);
}

#[derive(Clone, Copy)]
struct How {
    rank_by: RankBy,
    /// Entries that are looked at, from the first on.
    shown: usize,
    /// By accounts first.
    popular: bool,
    backwards: bool,
}

impl How {
    fn of(p: &HomeParams) -> Self {
        Self {
            rank_by: p.rank_by,
            shown: p.shown(),
            popular: false,
            backwards: false,
        }
    }
}

fn rank<K: Ord>(entries: impl Iterator<Item = (K, Place)>, how: How) -> Vec<Place> {
    let mut places: Vec<(K, Place)> = entries.filter(|(_, place)| place.sums.plays > 0).collect();
    let worth = |place: &Place| {
        let by = match how.rank_by {
            RankBy::Plays => i64::from(place.sums.plays),
            RankBy::Duration => place.sums.duration_s,
        };
        let users = if how.popular { place.users } else { 0 };
        Reverse((users, by, place.sums.newest.start()))
    };
    let order = |(a_key, a): &(K, Place), (b_key, b): &(K, Place)| {
        worth(a).cmp(&worth(b)).then_with(|| {
            let names = a_key.cmp(b_key);
            if how.backwards { names.reverse() } else { names }
        })
    };
    if how.shown < places.len() {
        places.select_nth_unstable_by(how.shown, order);
        places.truncate(how.shown);
    }
    places.sort_unstable_by(order);
    places.into_iter().map(|(_, place)| place).collect()
}

/// Newest rows of films and episodes seen to their end, newest start first, then newest id.
pub(super) fn last_watched(matcher: &Matcher<'_>, p: &HomeParams) -> Vec<Place> {
    let c = matcher.columns();
    let start = usize::try_from(p.start).unwrap_or(0);
    let count = usize::try_from(p.count).unwrap_or(usize::MAX);
    // The walk ends as soon as the page is full, or when it has met as many rows as stopped in the window.
    let since_s = matcher.stopped_from_s();
    let mut left = since_s.map_or(usize::MAX, |since_s| c.stopped_since(since_s).len());
    let is_within = |row: Row| since_s.is_none_or(|since_s| c.stopped_s(row).is_some_and(|s| s >= since_s));
    runs(matcher, i64::MAX)
        .flat_map(|same_start| same_start.iter().rev().copied())
        .take_while(|row| {
            let more = left > 0;
            left -= usize::from(more && is_within(*row));
            more
        })
        .filter(|row| {
            let item = c.item(*row);
            if item.kind == RecordKind::Track || !matcher.passes(*row) {
                return false;
            }
            let is_newest = || c.group_rows(c.group(*row)).find(|r| matcher.passes(*r)) == Some(*row);
            (!p.grouping || is_newest()) && is_watched(&c.watched_rule, item, c.view_offset_ms(*row))
        })
        .skip(start)
        .take(count)
        .map(|row| Place {
            sums: Sums {
                newest: Newest::new(row, 0),
                ..Sums::default()
            },
            users: 0,
        })
        .collect()
}
