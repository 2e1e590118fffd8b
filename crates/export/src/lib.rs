//! Every exported series, defined once, the text it becomes, and what is sent to other databases.
//!
//! [`render`] is a pure function of a snapshot: no I/O, no clock, no state between scrapes, so a scrape cannot hang
//! because a server does, and an ended session leaves no series behind.
//! Invariant: `export` sees `model` and `base` only. It may not ask a source, a store or the environment anything, and
//! nothing but [`sinks`] does I/O.

mod catalogue;
mod markdown;
mod mask;
mod native;
mod profiles;
pub mod sinks;
mod text;
mod values;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base::supervise::TaskStat;
use model::{Snapshot, Timestamp};

pub use catalogue::{Family, catalogue};
pub use markdown::metrics_markdown;
pub use mask::{DispatcharrOptions, LabelPolicy, Options};
pub use text::{Format, Kind};
pub use values::{FamilyValues, SampleValue};

use text::Encoder;
use view::View;

/// Whose names the series carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Our own: `media_*` and `projectionist_*`.
    #[default]
    Native,
    /// `cplieger/plex-exporter` v3, the generation that polls.
    Cplieger,
    /// `cplieger/plex-exporter` 2026.04, the generation that listens to a WebSocket.
    Cplieger202604,
    /// `timothystewart6/prometheus-plex-exporter`.
    TimothyStewart6,
    /// `sethwv/dispatcharr-exporter` v3, with what v3.1 adds.
    DispatcharrExporter,
    /// The same up to v2.
    DispatcharrExporter2,
}

impl Profile {
    pub const ALL: [Self; 6] = [
        Self::Native,
        Self::Cplieger,
        Self::Cplieger202604,
        Self::TimothyStewart6,
        Self::DispatcharrExporter,
        Self::DispatcharrExporter2,
    ];

    /// The word used in configuration and URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Cplieger => "cplieger",
            Self::Cplieger202604 => "cplieger-2026.04",
            Self::TimothyStewart6 => "timothystewart6",
            Self::DispatcharrExporter => "dispatcharr-exporter",
            Self::DispatcharrExporter2 => "dispatcharr-exporter-2",
        }
    }
}

impl Profile {
    /// The one kind of server whose series the profile has; all of them if `None`.
    fn kind_of_server(self) -> Option<&'static str> {
        match self {
            Self::Native => None,
            Self::Cplieger | Self::Cplieger202604 | Self::TimothyStewart6 => Some(model::PLEX),
            Self::DispatcharrExporter | Self::DispatcharrExporter2 => Some(model::DISPATCHARR),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(pub String);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Profile::ALL.map(Profile::as_str).join(", ");
        write!(f, "there is no metrics profile \"{}\"; there are {known}", self.0)
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

/// What the process says about itself.
#[derive(Clone, Debug)]
pub struct Process {
    pub version: &'static str,
    pub started_at: Timestamp,
    pub tasks: BTreeMap<String, TaskStat>,
    /// Streams of events open at the moment.
    pub event_listeners: usize,
    /// Events not delivered: consumer, reason, count since start.
    pub dropped: Vec<(&'static str, &'static str, u64)>,
    /// Resident memory, if the system tells.
    pub resident_bytes: Option<u64>,
    /// User and system time, if the system tells.
    pub cpu_seconds: Option<f64>,
    /// Absent where no history is kept.
    pub history: Option<HistoryFigures>,
    /// In configuration order.
    pub sinks: Vec<sinks::SinkFigures>,
}

/// What the history says about itself. Counts are since the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFigures {
    pub plays: u64,
    pub groups: u64,
    pub file_bytes: u64,
    /// Running plays, as they are on disk.
    pub open_plays: u64,
    /// Ended plays that are not on disk yet.
    pub waiting: u64,
    /// Changes waiting for the writer.
    pub queue_length: u64,
    /// False while writes fail.
    pub writable: bool,
    pub last_write_at: Option<Timestamp>,
    pub last_write_took_ms: u64,
    pub failures: u64,
    pub kept: u64,
    pub ignored: u64,
    /// Plays taken from a server's own list.
    pub backfilled: u64,
    pub import: Option<ImportFigures>,
}

/// An import that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportFigures {
    /// `tautulli`.
    pub from: String,
    pub rows: u64,
    pub expected_rows: Option<u64>,
}

/// Appends one whole exposition to `out`. `now` is the wall clock of the scrape.
pub fn render(
    profile: Profile,
    format: Format,
    snapshot: &Snapshot,
    process: &Process,
    options: &Options,
    now: Timestamp,
    out: &mut Vec<u8>,
) {
    let encoder = Encoder::new(out, format);
    write(profile, encoder, snapshot, process, options, now);
}

/// The same as values; of each family at most `samples_max` samples.
pub fn values(
    profile: Profile,
    snapshot: &Snapshot,
    process: &Process,
    options: &Options,
    now: Timestamp,
    samples_max: usize,
) -> Vec<FamilyValues> {
    let (mut out, mut index) = (Vec::new(), values::Index::new());
    let encoder = Encoder::indexed(&mut out, &mut index);
    write(profile, encoder, snapshot, process, options, now);
    values::read(&String::from_utf8_lossy(&out), &index, samples_max)
}

fn write(
    profile: Profile,
    mut encoder: Encoder<'_>,
    snapshot: &Snapshot,
    process: &Process,
    options: &Options,
    now: Timestamp,
) {
    let only_theirs;
    let snapshot = match profile.kind_of_server() {
        Some(kind) => {
            only_theirs = snapshot.of_kind(kind);
            &only_theirs
        }
        None => snapshot,
    };
    let view = View::new(snapshot, process, options, now);
    match profile {
        Profile::Native => catalogue::render(&view, &mut encoder),
        Profile::Cplieger => profiles::cplieger::polling(&view, &mut encoder),
        Profile::Cplieger202604 => profiles::cplieger::listening(&view, &mut encoder),
        Profile::TimothyStewart6 => profiles::timothystewart6::render(&view, &mut encoder),
        Profile::DispatcharrExporter => profiles::dispatcharr::v3(&view, &mut encoder),
        Profile::DispatcharrExporter2 => profiles::dispatcharr::v2(&view, &mut encoder),
    }
    encoder.finish();
}
