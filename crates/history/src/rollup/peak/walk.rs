//! Levels: how many plays run, in all and by decision and network.

use crate::columns::{Location, Way};

/// Places in [`Levels`]: all plays, then by decision, then by network.
pub(crate) const SPLITS: usize = 9;

/// The three levels that a play counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    way: Way,
    location: Location,
}

impl Split {
    pub(crate) const TOTAL: usize = 0;

    pub(crate) fn new(way: Way, location: Location) -> Self {
        Self { way, location }
    }

    #[inline]
    pub(crate) fn places(self) -> [usize; 3] {
        [Self::TOTAL, Self::way(self.way), Self::location(self.location)]
    }

    pub(crate) fn way(way: Way) -> usize {
        1 + way as usize
    }

    pub(crate) fn location(location: Location) -> usize {
        5 + location as usize
    }
}

/// A maximum, and the last moment it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Top {
    pub(crate) level: i64,
    pub(crate) stopped_s: i64,
}

/// Walks starts and stops in the order of time, stops before starts at the same second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) now: [i64; SPLITS],
    /// Highest level just before a stop, and the last such stop; absent before the first stop.
    pub(crate) tops: [Option<Top>; SPLITS],
}

impl Levels {
    #[inline]
    pub(crate) fn start(&mut self, split: Split) {
        for place in split.places() {
            self.now[place] += 1;
        }
    }

    #[inline]
    pub(crate) fn stop(&mut self, split: Split, at_s: i64) {
        for place in split.places() {
            let top = Top {
                level: self.now[place],
                stopped_s: at_s,
            };
            self.now[place] -= 1;
            // Nothing is lower than nobody: Tautulli begins to compare at 0.
            let before = self.tops[place];
            if before.map_or(top.level >= 0, |before| top.level >= before.level) {
                self.tops[place] = Some(top);
            }
        }
    }
}
