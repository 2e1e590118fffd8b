//! How far plays got.

use crate::columns::{Columns, Row};
use crate::rules::{Class, is_watched};

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

    /// Of a position in an item that is not watched.
    fn of(offset_ms: i64, duration_ms: i64) -> Self {
        match offset_ms.saturating_mul(4) / duration_ms {
            ..1 => Self::Started,
            1 => Self::Quarter,
            2 => Self::Half,
            _ => Self::ThreeQuarters,
        }
    }
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
    let mut completion = Completion::default();
    for rows in selection.plays() {
        let tiers = rows.iter().map(|row| tier(columns, *row));
        let known = tiers.filter(|tier| *tier != Tier::Unknown).max();
        let class = columns.class(rows[0]);
        let tier = known.unwrap_or(Tier::Unknown);
        completion.sums[class as usize][tier as usize].add(Sum::of(columns, rows));
    }
    completion
}

fn tier(columns: &Columns, row: Row) -> Tier {
    let item = columns.item(row);
    let known = columns
        .view_offset_ms(row)
        .zip(item.duration_ms.filter(|d| *d > 0));
    match known {
        Some(_) if item.live => Tier::Unknown,
        None => Tier::Unknown,
        Some(_) if is_watched(&columns.watched_rule, item, columns.view_offset_ms(row)) => Tier::Watched,
        Some((offset, duration)) => Tier::of(offset, duration),
    }
}
