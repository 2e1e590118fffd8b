//! Runs, viewings and counters of stream managers, written down while they go on.
//!
//! A run or viewing has one row from its first sight on; its end sets the moment. Both are kept by their own ids, so
//! that the same end told twice changes nothing. What was seen last wins: a run that was closed as lost and is seen
//! again goes on.

mod body;
mod book;
#[cfg(test)]
pub(crate) mod build;
mod restore;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use model::iptv::{FeedRun, Viewing};

use super::policy::Policy;
use super::rows::ServerIds;
use crate::Error;
use crate::store::Txn;

pub(crate) use body::channel_from_json;
pub(super) use book::{Book, ENDED_BATCH, Save};
pub(crate) use restore::totals;
pub(super) use restore::{carried, close_left, has_left};
pub(super) use rows::save;

/// Keeps what is over and was watched by no recorder.
pub(super) fn save_ended(
    txn: &mut Txn<'_>,
    runs: Vec<Arc<FeedRun>>,
    viewings: Vec<Arc<Viewing>>,
) -> Result<(), Error> {
    let mut closed = Save::default();
    (closed.closed_runs, closed.closed_viewings) = (runs, viewings);
    save(txn, &closed, &Policy::default(), &mut ServerIds::default())
}
