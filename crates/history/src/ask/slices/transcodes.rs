//! Why plays were transcoded, and how much of that the hardware did.

use model::Reason;

use crate::columns::Way;
use crate::rules::Marks;

use super::{Selection, Sum};

/// Sums over plays, by their lowest row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transcodes {
    pub all: Sum,
    /// By [`Way`].
    ways: [Sum; 4],
    /// By place in [`Reason::ALL`]; a play with two reasons counts for both.
    reasons: [Sum; 6],
    /// The picture was transcoded.
    pub video: Sum,
    /// The sound was transcoded.
    pub audio: Sum,
    /// Of `video`: decoded and encoded in hardware.
    pub full_hardware: Sum,
    /// Of `video`: decoded or encoded in hardware, not both.
    pub part_hardware: Sum,
}

impl Transcodes {
    pub fn way(&self, way: Way) -> Sum {
        self.ways[way as usize]
    }

    pub fn reason(&self, reason: Reason) -> Sum {
        let place = Reason::ALL.into_iter().position(|r| r == reason);
        place.map_or(Sum::default(), |at| self.reasons[at])
    }
}

/// What the hardware did of a picture's transcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Hardware {
    /// Decoded and encoded.
    Full,
    /// One of the two.
    Part,
    /// Nothing.
    Software,
}

impl Hardware {
    pub const ALL: [Self; 3] = [Self::Full, Self::Part, Self::Software];

    /// `None` where no picture was transcoded.
    pub(super) fn of(way: Way, marks: Marks) -> Option<Self> {
        if way != Way::Transcode || !marks.video() {
            return None;
        }
        Some(match (marks.decoded_in_hardware(), marks.encoded_in_hardware()) {
            (true, true) => Self::Full,
            (false, false) => Self::Software,
            _ => Self::Part,
        })
    }
}

/// Reasons are those of transcodes and of copies into another container.
pub fn transcodes(selection: &Selection<'_>) -> Transcodes {
    let columns = selection.columns;
    let mut all = Transcodes::default();
    selection.each(|rows| {
        let sum = Sum::of(columns, rows);
        let (way, marks) = (columns.way(rows[0]), columns.marks(rows[0]));
        all.all.add(sum);
        all.ways[way as usize].add(sum);
        if marks.has_reasons() {
            for (at, reason) in Reason::ALL.into_iter().enumerate() {
                if marks.has_reason(reason) {
                    all.reasons[at].add(sum);
                }
            }
        }
        if way == Way::Transcode && marks.audio() {
            all.audio.add(sum);
        }
        let Some(hardware) = Hardware::of(way, marks) else {
            return;
        };
        all.video.add(sum);
        match hardware {
            Hardware::Full => all.full_hardware.add(sum),
            Hardware::Part => all.part_hardware.add(sum),
            Hardware::Software => {}
        }
    });
    all
}
