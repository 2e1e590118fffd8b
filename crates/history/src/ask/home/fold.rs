//! One pass over the plays of a window, for all cards at once.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use model::RecordKind;

use super::{HomeParams, RankBy, StatId};
use crate::ask::filter::Matcher;
use crate::ask::groups::each_row;
use crate::ask::history::{rows_of, runs};
use crate::columns::{ItemDim, Row, Slices};
use crate::rules::is_watched;

/// Above it, who played what is kept in a set, not in a table of bits.
const BITS_MAX: usize = 32 << 23;

/// What a list of titles has as one entry. Ordered as its texts are, the unknown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct WorkKey<'a> {
    kind: RecordKind,
    first: Option<&'a str>,
    second: Option<&'a str>,
    year: Option<i64>,
}

impl<'a> WorkKey<'a> {
    /// Films by title and year, so editions and libraries merge; shows by title alone; tracks by their own artist and
    /// the album's.
    fn of(item: &'a ItemDim) -> Self {
        let (first, second, year) = match item.kind {
            RecordKind::Movie => (Some(&*item.full_title), None, item.year),
            RecordKind::Episode => (item.grandparent_title.as_deref(), None, None),
            RecordKind::Track => (
                item.original_title.as_deref(),
                item.grandparent_title.as_deref(),
                None,
            ),
        };
        Self {
            kind: item.kind,
            first,
            second,
            year,
        }
    }
}

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

/// Dictionary entries that count as one, and their sums.
#[derive(Debug)]
struct Table<K> {
    keys: Vec<K>,
    /// Place of the key, by index in the dictionary.
    place: Vec<u32>,
    sums: Vec<Sums>,
}

impl<K: Copy + Eq + Hash> Table<K> {
    fn new(of: impl Iterator<Item = K>) -> Self {
        let (mut keys, mut known) = (Vec::new(), HashMap::new());
        let place = of
            .map(|key| {
                *known.entry(key).or_insert_with(|| {
                    keys.push(key);
                    u32::try_from(keys.len() - 1).unwrap_or(u32::MAX)
                })
            })
            .collect();
        Self {
            sums: vec![Sums::default(); keys.len()],
            keys,
            place,
        }
    }

    /// Returns the place of the key.
    #[inline]
    fn add(&mut self, index: usize, line: Line) -> u32 {
        let place = self.place[index];
        self.sums[place as usize].add(line);
        place
    }
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

/// The sums of all cards.
#[derive(Debug)]
pub(super) struct Fold<'a> {
    works: Table<WorkKey<'a>>,
    libraries: Table<(Option<i64>, &'a str)>,
    users: Table<Option<i64>>,
    platforms: Table<Option<&'a str>>,
    watchers: Users,
}

impl<'a> Fold<'a> {
    pub(super) fn over(matcher: &Matcher<'a>, grouping: bool, wanted: &[StatId]) -> Self {
        let c = matcher.columns();
        let dims = &c.dims;
        let works = Table::new(dims.items().iter().map(WorkKey::of));
        let users = Table::new(dims.viewers().iter().map(|v| v.user_id));
        let mut fold = Self {
            watchers: Users::new(works.keys.len(), users.keys.len()),
            works,
            libraries: Table::new(dims.libraries().iter().map(|l| (l.section_id, l.server.as_str()))),
            users,
            platforms: Table::new(dims.clients().iter().map(|x| x.platform.as_deref())),
        };
        let needless = |id: &StatId| matches!(id, StatId::LastWatched | StatId::MostConcurrent);
        if !wanted.iter().all(needless) {
            let s = c.slices();
            each_row(&matcher.pick(), grouping, |row, oldest| {
                fold.add(&s, row, oldest, c.duration_s(row));
            });
        }
        fold
    }

    /// A row, and the oldest row of its play, which stands for it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "once per row of the history")]
    fn add(&mut self, s: &Slices<'_>, row: Row, oldest: Row, duration_s: i64) {
        let at = oldest as usize;
        let first = row == oldest;
        let line = Line {
            first,
            newest: Newest(Newest::new(row, s.started[row as usize]).0 * u64::from(first)),
            duration_s,
        };
        let work = self.works.add(s.item[at].at(), line);
        let user = self.users.add(s.viewer[at].at(), line);
        self.libraries.add(s.library[at].at(), line);
        self.platforms.add(s.client[at].at(), line);
        if self.users.keys[user as usize].is_some() {
            self.watchers.add(work, user);
        }
    }

    /// All entries of a card, first first.
    ///
    /// What is equal in all that counts stands in the order of names: backwards in the top lists of films and
    /// artists, because Tautulli's database happens to sort its groups that way round there.
    pub(super) fn ranking(&self, id: StatId, rank_by: RankBy) -> Vec<Place> {
        let works = |kind: RecordKind, popular: bool| {
            let how = How {
                rank_by,
                popular,
                backwards: !popular && kind != RecordKind::Episode,
            };
            let users = self.watchers.counts(self.works.keys.len());
            rank(&self.works, how, &users, |key| key.kind == kind)
        };
        let how = How {
            rank_by,
            popular: false,
            backwards: false,
        };
        match id {
            StatId::TopMovies => works(RecordKind::Movie, false),
            StatId::TopTv => works(RecordKind::Episode, false),
            StatId::TopMusic => works(RecordKind::Track, false),
            StatId::PopularMovies => works(RecordKind::Movie, true),
            StatId::PopularTv => works(RecordKind::Episode, true),
            StatId::PopularMusic => works(RecordKind::Track, true),
            StatId::TopLibraries => rank(&self.libraries, how, &[], |_| true),
            StatId::TopUsers => rank(&self.users, how, &[], |_| true),
            StatId::TopPlatforms => rank(&self.platforms, how, &[], |_| true),
            StatId::LastWatched | StatId::MostConcurrent => Vec::new(),
        }
    }
}

#[derive(Clone, Copy)]
struct How {
    rank_by: RankBy,
    /// By accounts first.
    popular: bool,
    backwards: bool,
}

fn rank<K: Copy + Ord>(table: &Table<K>, how: How, users: &[i64], keep: impl Fn(&K) -> bool) -> Vec<Place> {
    let mut places: Vec<(K, Place)> = table
        .keys
        .iter()
        .zip(&table.sums)
        .enumerate()
        .filter(|(_, (key, sums))| sums.plays > 0 && keep(key))
        .map(|(at, (key, sums))| {
            let users = users.get(at).copied().unwrap_or(0);
            (*key, Place { sums: *sums, users })
        })
        .collect();
    let worth = |place: &Place| {
        let by = match how.rank_by {
            RankBy::Plays => i64::from(place.sums.plays),
            RankBy::Duration => place.sums.duration_s,
        };
        let users = if how.popular { place.users } else { 0 };
        Reverse((users, by, place.sums.newest.start()))
    };
    places.sort_unstable_by(|(a_key, a), (b_key, b)| {
        let names = a_key.cmp(b_key);
        worth(a)
            .cmp(&worth(b))
            .then(if how.backwards { names.reverse() } else { names })
    });
    places.into_iter().map(|(_, place)| place).collect()
}

/// Newest rows of films and episodes seen to their end, newest start first, then newest id.
pub(super) fn last_watched(matcher: &Matcher<'_>, p: &HomeParams) -> Vec<Place> {
    let c = matcher.columns();
    let start = usize::try_from(p.start).unwrap_or(0);
    let count = usize::try_from(p.count).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    // The walk ends as soon as the page is full.
    runs(matcher, i64::MAX)
        .flat_map(|same_start| same_start.iter().rev().copied())
        .filter(|row| {
            let item = c.item(*row);
            if item.kind == RecordKind::Track || !matcher.passes(*row) {
                return false;
            }
            rows_of(matcher, p.grouping, *row, &mut rows);
            rows.first() == Some(row) && is_watched(&c.watched_rule, item, c.view_offset_ms(*row))
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
