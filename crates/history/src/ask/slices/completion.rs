//! How far plays got.

use crate::columns::{Columns, ItemDim, Row};
use crate::rules::Class;

use super::{Selection, Sum};

/// A quarter of the way, or the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tier {
    /// Up to a quarter, not included.
    Started,
    Quarter,
    Half,
    ThreeQuarters,
    /// By [`crate::rules::WatchedRule`], which may be before or after three quarters.
    Watched,
    /// The item's length or the last position is not known, or it is live television.
    Unknown,
}

impl Tier {
    pub const ALL: [Self; 6] = [
        Self::Started,
        Self::Quarter,
        Self::Half,
        Self::ThreeQuarters,
        Self::Watched,
        Self::Unknown,
    ];
}

/// Plays by tier and media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// By [`Class`], then [`Tier`].
    sums: [[Sum; 6]; 5],
}

impl Completion {
    pub fn of(&self, class: Class, tier: Tier) -> Sum {
        self.sums[class as usize][tier as usize]
    }

    /// All media together.
    pub fn all(&self, tier: Tier) -> Sum {
        self.sums.iter().fold(Sum::default(), |mut sum, tiers| {
            sum.add(tiers[tier as usize]);
            sum
        })
    }
}

/// A play got as far as the furthest of its rows.
pub fn completion(selection: &Selection<'_>) -> Completion {
    let columns = selection.columns;
    let tiers = Tiers::new(columns);
    let mut completion = Completion::default();
    selection.each(|rows| {
        let tier = tiers.of(columns, rows.iter().copied());
        let class = columns.class(rows[0]);
        completion.sums[class as usize][tier as usize].add(Sum::of(columns, rows));
    });
    completion
}

/// Tells how far rows got, by what is known of each item.
#[derive(Clone, Debug)]
pub(super) struct Tiers(Vec<Option<Quarters>>);

impl Tiers {
    pub(super) fn new(columns: &Columns) -> Self {
        let items = columns.dims.items().iter();
        Self(items.map(|item| Quarters::of(columns, item)).collect())
    }

    /// The furthest of `rows`.
    pub(super) fn of(&self, columns: &Columns, rows: impl Iterator<Item = Row>) -> Tier {
        let tiers = rows.filter_map(|row| {
            let offset_ms = columns.view_offset_ms(row)?;
            let quarters = self.0[columns.item_ix(row).at()].as_ref();
            quarters.map(|quarters| quarters.tier(offset_ms))
        });
        tiers.max().unwrap_or(Tier::Unknown)
    }
}

/// What tells the tiers of an item apart; made once per item, since rows are many more.
#[derive(Clone, Debug)]
struct Quarters {
    duration_ms: i64,
    /// By [`crate::rules::WatchedRule::end_hundredths`].
    end_hundredths: i64,
}

impl Quarters {
    /// `None` where nothing can be told.
    fn of(columns: &Columns, item: &ItemDim) -> Option<Self> {
        let end = columns.watched_rule.end_hundredths(
            item.kind,
            item.duration_ms,
            item.marker_credits_first_ms,
            item.marker_credits_final_ms,
        );
        let (duration_ms, end_hundredths) = item.duration_ms.zip(end).filter(|_| !item.live)?;
        Some(Self {
            duration_ms,
            end_hundredths,
        })
    }

    fn tier(&self, offset_ms: i64) -> Tier {
        if offset_ms * 100 >= self.end_hundredths {
            return Tier::Watched;
        }
        match offset_ms.saturating_mul(4) / self.duration_ms {
            ..1 => Tier::Started,
            1 => Tier::Quarter,
            2 => Tier::Half,
            _ => Tier::ThreeQuarters,
        }
    }
}
