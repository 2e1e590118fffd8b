//! What a sink says about its own work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::Timestamp;

/// Why a point never arrived. Bounded, so that it can be a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DropReason {
    /// The bound on what may wait was reached: the oldest went.
    Full,
    /// The receiver could not read the line.
    Invalid,
    /// A field of it has another type at the receiver.
    TypeConflict,
    /// Older than what the receiver keeps.
    TooOld,
    /// Too large, or one series too many, for the receiver's limits.
    Limit,
    /// What waited on disk could not be read back.
    Damaged,
}

impl DropReason {
    pub const ALL: [Self; 6] = [
        Self::Full,
        Self::Invalid,
        Self::TypeConflict,
        Self::TooOld,
        Self::Limit,
        Self::Damaged,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Invalid => "invalid",
            Self::TypeConflict => "type_conflict",
            Self::TooOld => "too_old",
            Self::Limit => "limit",
            Self::Damaged => "damaged",
        }
    }
}

/// Counts are since the start of the process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SinkFigures {
    /// Our name of the target.
    pub id: String,
    /// `influxdb`.
    pub kind: &'static str,
    /// Points the receiver acknowledged.
    pub written: u64,
    pub dropped: BTreeMap<DropReason, u64>,
    /// Requests that were sent again.
    pub retries: u64,
    /// Points that wait, in memory and on disk.
    pub waiting: u64,
    /// Bytes that wait on disk.
    pub spool_bytes: u64,
    /// Time of the oldest point that waits; absent when none does.
    pub oldest_waiting_at: Option<Timestamp>,
    /// Whether the last request was acknowledged; absent before the first.
    pub up: Option<bool>,
    pub last_success_at: Option<Timestamp>,
}

/// The figures of one sink, shared between it and who shows them.
#[derive(Clone, Debug, Default)]
pub struct SinkStats(Arc<Mutex<SinkFigures>>);

impl SinkStats {
    pub fn new(id: &str, kind: &'static str) -> Self {
        Self(Arc::new(Mutex::new(SinkFigures {
            id: id.to_owned(),
            kind,
            ..SinkFigures::default()
        })))
    }

    pub fn snapshot(&self) -> SinkFigures {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut SinkFigures)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn dropped(&self, reason: DropReason, points: u64) {
        if points > 0 {
            self.update(|f| *f.dropped.entry(reason).or_default() += points);
        }
    }
}
