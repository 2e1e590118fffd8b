//! How many plays ran at once.

use crate::{Error, View};

/// The most plays at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    pub count: i64,
    /// The last start before the maximum ended; absent if nothing had started by then.
    pub started_s: Option<i64>,
    /// When the maximum ended, for the last time it was reached.
    pub stopped_s: i64,
}

/// Tautulli `most_concurrent`; what had no play in the window is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MostConcurrent {
    pub total: Option<Most>,
    pub transcode: Option<Most>,
    pub direct_stream: Option<Most>,
    pub direct_play: Option<Most>,
}

/// Over all plays that stopped at `cutoff_s` or later.
pub fn most_concurrent(_v: &View<'_>, _cutoff_s: i64) -> Result<MostConcurrent, Error> {
    Ok(MostConcurrent::default())
}
