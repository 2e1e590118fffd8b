//! What was watched of collections, whose members somebody else knows.
//!
//! A play belongs to a collection if its item, or the item's parent or grandparent, is a member on the same server.
//! Numbers follow Tautulli's rule for collections: a group of rows counts once however many members it touches, its
//! rows' lengths add up, and a window lies on the stop.

mod count;
mod detail;
#[cfg(test)]
mod snapshot_tests;
mod snapshots;
#[cfg(test)]
mod tests;

pub use count::{Wanted, Watched, Window, watched};
pub use detail::{DayWatched, Detail, MemberWatched, UserWatched, detail};
pub use snapshots::{
    NewSnapshot, ROWS_MAX, RotationSpan, Snapshot, SnapshotFilter, TopFilter, by_ids, insert, latest,
    rotation, snapshots, top,
};
