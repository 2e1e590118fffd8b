//! From live plays to rows.
//!
//! A play that runs stands on disk, as last known, in `open_play`; one that ends moves to `play` in one transaction,
//! under its own id as `origin_key`, so it is never there twice and never nowhere. After a crash [`restore`] gives
//! back what was open and the counters; whoever watches decides what still runs.

mod backfill;
mod body;
#[cfg(test)]
pub(crate) mod build;
mod details;
pub(crate) mod iptv;
mod json;
mod of;
mod policy;
mod rows;
mod save;
mod status;
mod stream;
mod task;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use model::iptv::{FeedRun, Viewing};
use model::{Carried, SourceId};

pub use backfill::{Backfilled, backfill, drop_seen, known_until_s, set_known_until_s};
pub use details::{Details, ItemMore};
pub use of::{LIVE_SECTION, record_of};
pub use policy::{Ignored, Policy};
pub use status::{Figures, Status};
pub use task::Recorder;

use crate::store::Txn;
use crate::{Error, History};

/// What an earlier process left.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// By server: what ran, and the counters.
    pub carried: Vec<Carried>,
}

/// What an earlier process left, before anything is watched. `may_appear`: whether a server is watched, or may yet
/// be found; what ran on any other is closed as it was last known. Waits for the store: never call it from a task.
pub fn restore(
    history: &History,
    policy: &Policy,
    may_appear: impl Fn(&SourceId) -> bool,
) -> Result<Restored, Error> {
    let mut carried = history.read(rows::carried)?;
    let unwatched: Vec<SourceId> = carried
        .iter()
        .map(|c| &c.source)
        .filter(|id| !may_appear(id))
        .cloned()
        .collect();
    let mut orphans = Vec::new();
    for one in carried.iter_mut().filter(|c| !may_appear(&c.source)) {
        orphans.append(&mut one.plays);
    }
    if !orphans.is_empty() {
        let policy = policy.clone();
        history
            .change(move |txn| rows::close_all(txn, &orphans, &policy))
            .wait()?;
    }
    if history.read(|view| iptv::has_left(view.conn, &unwatched))? {
        history
            .change(move |txn| iptv::close_left(txn, &unwatched))
            .wait()?;
    }
    carried.retain(|c| may_appear(&c.source));
    Ok(Restored { carried })
}

/// Keeps runs and viewings of a stream manager that are over and that no recorder saw, such as those of a demo.
pub fn add_ended(
    txn: &mut Txn<'_>,
    runs: Vec<Arc<FeedRun>>,
    viewings: Vec<Arc<Viewing>>,
) -> Result<(), Error> {
    iptv::save_ended(txn, runs, viewings)
}

/// Work that waits for the store, from a task.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(Error::Closed))
}
