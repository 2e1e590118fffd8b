//! Any other order: a selection by counting, so that a page deep in a long history needs no sorted copy of it.
//!
//! Every column becomes a whole number per play. One pass counts plays per stretch of the first column; the stretches
//! the page lies in are then collected and sorted, or, where too many plays share one, narrowed by a further pass.

use std::ops::{Range, RangeInclusive};

use model::Text;

use super::tally::{Tally, finds};
use super::{Query, Selection};
use crate::ask::filter::{Matcher, Picked, Search};
use crate::ask::groups::each_play;
use crate::columns::{Columns, Row};
use crate::rules::friendly_name;

/// What the history can be ordered by. Texts of either case are equal; unknown ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Newest start.
    Date,
    FriendlyName,
    IpAddress,
    /// As told.
    Platform,
    Product,
    Player,
    FullTitle,
    /// Oldest start.
    Started,
    PausedCounter,
    Stopped,
    /// Length of the item, not of the play, as in Tautulli; unknown lengths come last.
    Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Stretches counted in one pass.
const STRETCHES: u32 = 4_096;

/// Plays collected beyond those of the page before another pass narrows them.
const SORTED_AT_ONCE: usize = 16_384;

/// A column as numbers from `first` to `last`.
struct Key {
    /// `None`: the id, which comes after all columns, so that no two plays are equal.
    column: Option<Column>,
    descending: bool,
    /// Place of a text among all, by its index in the dictionary of the column.
    ranks: Vec<u32>,
    first: u32,
    last: u32,
}

impl Key {
    fn new(c: &Columns, column: Option<Column>, descending: bool) -> Self {
        let ranks = match column {
            Some(Column::FriendlyName) => ranks(c.dims.viewers().iter().map(|viewer| {
                let person = viewer.user_id.and_then(|id| c.dims.people().get(&id))?;
                friendly_name(person.friendly_name.as_deref(), person.username.as_deref())
            })),
            Some(Column::IpAddress) => ranks(c.dims.words().iter().enumerate().map(known_word)),
            Some(Column::Platform) => ranks(c.dims.clients().iter().map(|x| x.platform.as_deref())),
            Some(Column::Product) => ranks(c.dims.clients().iter().map(|x| x.product.as_deref())),
            Some(Column::Player) => ranks(c.dims.clients().iter().map(|x| x.player.as_deref())),
            Some(Column::FullTitle) => ranks(c.dims.items().iter().map(|x| Some(&*x.full_title))),
            _ => Vec::new(),
        };
        let (first, last) = match column {
            Some(Column::Date | Column::Started) => start_bounds(c),
            Some(Column::Stopped) => (
                0,
                c.stopped_since(0)
                    .last()
                    .map_or(0, |row| seconds(c.stopped_s(*row).unwrap_or(0))),
            ),
            Some(Column::PausedCounter | Column::Duration) => (0, u32::MAX),
            Some(_) => (0, ranks.iter().max().copied().unwrap_or(0)),
            None => (0, c.rows().next_back().map_or(0, |row| c.id(row))),
        };
        Self {
            column,
            descending,
            ranks,
            first,
            last,
        }
    }

    fn of(&self, c: &Columns, grouping: bool, play: &Tally) -> u32 {
        let row = play.row;
        let rank = |at: usize| self.ranks[at];
        let key = match self.column {
            None if grouping => c.group_id(c.group(row)),
            None => c.id(row),
            Some(Column::Date) => seconds(play.date_s),
            Some(Column::FriendlyName) => rank(c.viewer_ix(row).at()),
            Some(Column::IpAddress) => rank(c.ip_ix(row).at()),
            Some(Column::Platform | Column::Product | Column::Player) => rank(c.client_ix(row).at()),
            Some(Column::FullTitle) => rank(c.item_ix(row).at()),
            Some(Column::Started) => seconds(play.started_s),
            // Pauses may be negative.
            Some(Column::PausedCounter) => seconds(play.paused_s.saturating_add(1 << 31)),
            Some(Column::Stopped) => seconds(play.stopped_s.unwrap_or(0)),
            Some(Column::Duration) => c.item(row).duration_ms.map_or(u32::MAX, seconds),
        };
        if self.descending {
            self.last - (key - self.first)
        } else {
            key
        }
    }
}

fn start_bounds(c: &Columns) -> (u32, u32) {
    let at = |row: Option<&Row>| row.map_or(0, |row| seconds(c.started_s(*row)));
    (at(c.by_start().first()), at(c.by_start().last()))
}

fn known_word((at, word): (usize, &Text)) -> Option<&str> {
    (at != 0).then_some(&**word)
}

fn seconds(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// Places of texts in their order; equal texts share one.
fn ranks<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Vec<u32> {
    let folded: Vec<Option<Vec<u8>>> = texts
        .map(|text| text.map(|text| text.as_bytes().to_ascii_lowercase()))
        .collect();
    let mut order: Vec<usize> = (0..folded.len()).collect();
    order.sort_unstable_by(|a, b| folded[*a].cmp(&folded[*b]));
    let mut ranks = vec![0; folded.len()];
    let mut rank = 0;
    for pair in order.windows(2) {
        rank += u32::from(folded[pair[0]] != folded[pair[1]]);
        ranks[pair[1]] = rank;
    }
    ranks
}

/// Plays between two values of one column that share all values of the columns before it.
struct Stretch {
    /// First and last value per column; equal in all but the last.
    keys: Vec<(u32, u32)>,
    /// Part of it that is wanted, counted from its beginning.
    wanted: Range<usize>,
}

impl Stretch {
    /// Values of its last column that are counted as one, as a power of two.
    fn shift(&self) -> u32 {
        let width = self.keys.last().map_or(0, |(from, to)| to - from);
        (u32::BITS - width.leading_zeros()).saturating_sub(STRETCHES.ilog2())
    }

    /// The part of it between two counted places of its last column.
    fn between(&self, places: RangeInclusive<usize>, wanted: Range<usize>) -> Self {
        let (mut keys, shift) = (self.keys.clone(), self.shift());
        if let Some((from, to)) = keys.last_mut() {
            let base = u64::from(*from);
            let low = base + ((*places.start() as u64) << shift);
            let high = (base + ((*places.end() as u64 + 1) << shift) - 1).min(u64::from(*to));
            *from = u32::try_from(low).unwrap_or(u32::MAX);
            *to = u32::try_from(high).unwrap_or(u32::MAX);
        }
        Self { keys, wanted }
    }
}

/// Values of all columns of a play, and one of its rows.
type Placed = (Vec<u32>, Row);

struct Plays<'a> {
    picked: Picked<'a>,
    search: Option<&'a Search<'a>>,
    grouping: bool,
    keys: Vec<Key>,
}

impl Plays<'_> {
    /// Calls `play` for every play that search and filter let pass. `any` also sees those the search does not find.
    fn each(&self, mut any: impl FnMut(&Tally), mut play: impl FnMut(&Tally)) {
        let c = self.picked.columns();
        each_play(&self.picked, self.grouping, |rows| {
            let tally = Tally::of(c, rows);
            any(&tally);
            if finds(c, self.search, rows) {
                play(&tally);
            }
        });
    }

    /// The value of the last column of `stretch`, if the play lies in it.
    fn place(&self, stretch: &Stretch, play: &Tally) -> Option<u32> {
        let c = self.picked.columns();
        let mut value = None;
        for (key, (from, to)) in self.keys.iter().zip(&stretch.keys) {
            let here = key.of(c, self.grouping, play);
            if here < *from || here > *to {
                return None;
            }
            value = Some(here - from);
        }
        value
    }

    /// Plays per counted place of the last column.
    fn count(&self, stretch: &Stretch, sums: &mut Selection) -> Vec<usize> {
        let mut counts = vec![0; STRETCHES as usize];
        let shift = stretch.shift();
        let (mut total_duration_s, mut filtered) = (0, 0);
        self.each(
            |play| total_duration_s += play.duration_s,
            |play| {
                filtered += 1;
                if let Some(value) = self.place(stretch, play) {
                    counts[(value >> shift) as usize] += 1;
                }
            },
        );
        (sums.total_duration_s, sums.filtered) = (total_duration_s, filtered);
        counts
    }

    /// The wanted plays of a stretch, in order.
    fn collect(&self, stretch: &Stretch) -> Vec<Placed> {
        let c = self.picked.columns();
        let mut plays: Vec<Placed> = Vec::new();
        self.each(
            |_| (),
            |play| {
                if self.place(stretch, play).is_some() {
                    let keys = self.keys.iter().map(|key| key.of(c, self.grouping, play));
                    plays.push((keys.collect(), play.row));
                }
            },
        );
        plays.sort_unstable();
        plays.truncate(stretch.wanted.end);
        plays.drain(..stretch.wanted.start.min(plays.len()));
        plays
    }

    /// What is left to do for the wanted part of a counted stretch: parts small enough to collect, parts to narrow.
    fn split(&self, stretch: &Stretch, counts: &[usize]) -> (Option<Stretch>, Vec<Stretch>) {
        let mut parts: Vec<(usize, usize, Range<usize>)> = Vec::new();
        let mut before = 0;
        for (place, count) in counts.iter().enumerate() {
            let (from, to) = (
                stretch.wanted.start.max(before),
                stretch.wanted.end.min(before + count),
            );
            if from < to {
                parts.push((place, *count, from - before..to - before));
            }
            before += count;
        }
        let mut narrowed = Vec::new();
        for edge in [parts.len().wrapping_sub(1), 0] {
            let Some((place, count, wanted)) = parts.get(edge).cloned() else {
                continue;
            };
            if count > SORTED_AT_ONCE && wanted.len() < count {
                let mut part = stretch.between(place..=place, wanted);
                if part.keys.last().is_some_and(|(from, to)| from == to)
                    && let Some(next) = self.keys.get(part.keys.len())
                {
                    part.keys.push((next.first, next.last));
                }
                narrowed.push(part);
                parts.remove(edge);
            }
        }
        let collected = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => {
                let skipped = first.2.start;
                let wanted: usize = parts.iter().map(|(_, _, wanted)| wanted.len()).sum();
                Some(stretch.between(first.0..=last.0, skipped..skipped + wanted))
            }
            _ => None,
        };
        (collected, narrowed)
    }
}

pub(super) fn select(matcher: &Matcher<'_>, search: Option<&Search<'_>>, q: &Query) -> Selection {
    let c = matcher.columns();
    let columns = q
        .order
        .iter()
        .map(|(column, way)| (Some(*column), *way == Direction::Descending));
    let plays = Plays {
        picked: matcher.pick(),
        search,
        grouping: q.grouping,
        keys: columns
            .chain([(None, false)])
            .map(|(column, down)| Key::new(c, column, down))
            .collect(),
    };
    let mut found = Selection::default();
    let mut todo: Vec<Stretch> = plays
        .keys
        .first()
        .map(|key| Stretch {
            keys: vec![(key.first, key.last)],
            wanted: q.start..q.start.saturating_add(q.length),
        })
        .into_iter()
        .collect();
    let mut page: Vec<Placed> = Vec::new();
    while let Some(stretch) = todo.pop() {
        let counts = plays.count(&stretch, &mut found);
        let (collected, narrowed) = plays.split(&stretch, &counts);
        page.extend(collected.iter().flat_map(|part| plays.collect(part)));
        todo.extend(narrowed);
    }
    page.sort_unstable();
    found.plays = page.into_iter().map(|(_, row)| row).collect();
    found
}
