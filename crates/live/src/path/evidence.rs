//! What speaks for a feed, and how much it proves.

use super::{Confidence, Reason};

/// A set of reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence(u8);

impl Evidence {
    pub(super) fn add(&mut self, reason: Reason, holds: bool) {
        if holds {
            self.0 |= bit(reason);
        }
    }

    pub(super) fn has(self, reason: Reason) -> bool {
        self.0 & bit(reason) != 0
    }

    pub(super) fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// How much of it proves something. User, user agent and being the only viewer do not: many share them.
    pub(super) fn strength(self) -> u32 {
        use Reason::{Address, Name, Number, Time};
        [Number, Name, Address, Time]
            .into_iter()
            .map(|r| u32::from(self.has(r)))
            .sum()
    }

    pub(super) fn reasons(self) -> Vec<Reason> {
        Reason::ALL.into_iter().filter(|r| self.has(*r)).collect()
    }

    /// Whether any of it speaks for one connection rather than for the channel.
    pub(super) fn names_a_viewer(self) -> bool {
        use Reason::{Address, OnlyViewer, Time, User, UserAgent};
        [Address, Time, User, UserAgent, OnlyViewer]
            .into_iter()
            .any(|r| self.has(r))
    }
}

fn bit(reason: Reason) -> u8 {
    1 << reason as u8
}

/// How sure a match is. "Channel" is the number or the name.
///
/// | evidence | |
/// |---|---|
/// | channel, address and time | certain |
/// | number and name | likely |
/// | channel, and address or time | likely |
/// | channel alone | possible |
/// | address and time without the channel | possible |
/// | anything less | no match |
///
/// User, user agent and being the only viewer prove nothing: they order matches that are otherwise equal, and such
/// matches are still not told apart.
pub(super) fn confidence(evidence: Evidence) -> Option<Confidence> {
    let number = evidence.has(Reason::Number);
    let name = evidence.has(Reason::Name);
    let address = evidence.has(Reason::Address);
    let time = evidence.has(Reason::Time);
    match (number || name, address, time) {
        (true, true, true) => Some(Confidence::Certain),
        (true, true, false) | (true, false, true) => Some(Confidence::Likely),
        (true, false, false) if number && name => Some(Confidence::Likely),
        (true, false, false) | (false, true, true) => Some(Confidence::Possible),
        (false, _, _) => None,
    }
}
