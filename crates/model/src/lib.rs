//! The words of the domain as plain values: servers, libraries, sessions, plays, observations, events.
//!
//! Invariant: nothing here does I/O, spawns, logs or serialises; wire shapes live in `sources`, JSON in `web`.
//! Units stand in names. `None` means "not known" and never "zero".

pub mod catalog;
mod event;
mod ids;
pub mod iptv;
mod library;
mod observation;
mod play;
mod record;
mod server;
mod session;
mod snapshot;

pub use event::Event;
pub use ids::{FeedKey, LibraryId, PlayId, RunId, SessionKey, SourceId, ViewingId};
pub use library::{ContentCount, ContentKind, Library, LibraryKind, LibraryRef};
pub use observation::{
    Body, Endpoint, Feature, Observation, Outage, RequestReport, SessionDelta, TransmitDelta,
};
pub use play::{Carried, CounterKey, CounterMap, Counters, Ended, Play, PlayTotals, Segment};
pub use record::{
    Fields, Origin, Person, Record, RecordClient, RecordItem, RecordKind, RecordStream, Scalar, Section,
    Viewed,
};
pub use server::{Activity, Availability, Health, HostLoad, Link, ServerInfo, TranscodeCounts, UpdateStatus};
pub use session::{
    AudioStream, Decision, Delivery, Item, ItemDetails, LiveChannel, MediaKind, Network, Player, Reason,
    Session, SourceMedia, State, SubtitleAction, SubtitleStream, Told, ToldTranscoder, Transcode, User,
    VideoStream,
};
pub use snapshot::{DISPATCHARR, EndpointStats, PLEX, ServerSnapshot, Snapshot};

pub use jiff::Timestamp;

/// A short text shared by many readers: titles, names, codecs.
pub type Text = std::sync::Arc<str>;
