//! What the handlers share: read handles and a few facts about the process.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use access::Gate;
use base::Clock;
use base::supervise::TaskStats;
use export::sinks::SinkStats;
use jiff::Timestamp;
use live::Live;
use model::{PLEX, Snapshot, SourceId};
use tokio_util::sync::CancellationToken;

use crate::events::Events;
use crate::{process, recording, router};

/// Shared by every router of the process, so that an extra metrics listener tells the same figures.
#[derive(Debug)]
pub struct Context {
    pub live: Live,
    pub clock: Clock,
    pub tasks: TaskStats,
    pub options: export::Options,
    /// Our own version.
    pub version: &'static str,
    pub started_at: Timestamp,
    /// Ends the event streams; `/ready` answers 503 from then on.
    pub cancel: CancellationToken,
    /// Set once everything is wired.
    pub ready: Arc<AtomicBool>,
    /// Path prefix behind a reverse proxy, as [`crate::base_path`] returns it: empty, or `/media` without a final `/`.
    pub base_path: String,
    /// Start with `Events::default()`.
    pub events: Events,
    /// Start with `ScrapeHint::default()`.
    pub scrape_hint: ScrapeHint,
    /// Absent where none is kept.
    pub history: Option<history::History>,
    /// Of the one who writes it; start with `Status::default()`, which shows every counter as it is.
    pub recording: history::record::Status,
    /// How `/api/v2` answers; absent, it is off.
    pub tautulli: Option<crate::tautulli::Settings>,
    /// Who may see and do what; `Gate::open()` asks nobody.
    pub access: Gate,
    /// Absent where no server can be asked about its libraries.
    pub catalog: Option<crate::Catalog>,
    /// Absent where nobody counts what is watched of collections.
    pub collector: Option<crate::collections::Collector>,
    /// Absent where nobody tests addresses, writes the configuration or imports.
    pub setup: Option<crate::setup::Setup>,
    /// Of everything that sends the state to other databases.
    pub sinks: Vec<SinkStats>,
    /// Addresses of media servers, which tell whose viewer of a stream manager one is. A server without an entry is
    /// told apart by channel and time alone. Start with `BTreeMap::default()`.
    pub places: BTreeMap<SourceId, Vec<IpAddr>>,
    /// What the house's line can carry upwards, for whoever draws load against it.
    pub upload_limit_bps: Option<u64>,
}

impl Context {
    /// The state as it was before anything but Plex was watched: for interfaces that know nothing else.
    pub(crate) fn plex_snapshot(&self) -> Snapshot {
        self.live.snapshot().of_kind(PLEX)
    }

    /// What a scrape tells about the process itself.
    pub fn process(&self) -> export::Process {
        let usage = process::usage();
        let mut dropped = vec![("events", "lagged", self.events.dropped())];
        if self.history.is_some() {
            dropped.push(("history", "full", self.live.unkept()));
        }
        export::Process {
            version: self.version,
            started_at: self.started_at,
            tasks: self.tasks.snapshot(),
            event_listeners: self.events.listeners(),
            dropped,
            resident_bytes: usage.resident_bytes,
            cpu_seconds: usage.cpu_seconds,
            history: self.history.as_ref().map(|_| recording::figures(&self.recording)),
            sinks: self.sinks.iter().map(SinkStats::snapshot).collect(),
        }
    }
}

/// How large the last scrape was, so that the next one asks for memory once.
#[derive(Debug, Default)]
pub struct ScrapeHint(AtomicUsize);

impl ScrapeHint {
    pub(crate) fn capacity(&self) -> usize {
        // Room for the sessions that start between two scrapes.
        let last = self.0.load(Ordering::Relaxed);
        last + last / 16
    }

    pub(crate) fn remember(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

/// A path prefix that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasePathError {
    #[error(
        "\"{0}\" is not a usable base path: letters, digits and any of - _ . ~ between slashes, like /media"
    )]
    Unusable(String),
    #[error(
        "\"{path}\" is not a usable base path: /{first} is an address of our own; take another, like /media"
    )]
    Taken { path: String, first: String },
}

/// The prefix in the form [`Context::base_path`] wants: `media/`, `/media` and `/media/` all become `/media`; the
/// root becomes the empty text.
pub fn base_path(text: &str) -> Result<String, BasePathError> {
    let path = text.trim().trim_matches('/');
    if path.is_empty() {
        return Ok(String::new());
    }
    let usable = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
    };
    if !path.split('/').all(usable) {
        return Err(BasePathError::Unusable(text.to_owned()));
    }
    let first = path.split('/').next().unwrap_or_default();
    if router::is_own(first) {
        return Err(BasePathError::Taken {
            path: text.to_owned(),
            first: first.to_owned(),
        });
    }
    Ok(format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths_are_brought_into_one_form() {
        for (text, expected) in [
            ("", Some("")),
            ("/", Some("")),
            (" /media/ ", Some("/media")),
            ("media", Some("/media")),
            ("/a/b-1_2.3~", Some("/a/b-1_2.3~")),
            ("/status", None),
            ("/api/projectionist", None),
            ("/Status", Some("/Status")),
            ("/tv/status", Some("/tv/status")),
            ("/a//b", None),
            ("/a/../b", None),
            ("/{x}", None),
            ("/a?b", None),
            ("/<script>", None),
            ("/grün", None),
        ] {
            assert_eq!(base_path(text).ok().as_deref(), expected, "{text:?}");
        }
        assert!(
            base_path("/a b")
                .unwrap_err()
                .to_string()
                .starts_with("\"/a b\" is not a usable base path")
        );
    }
}
