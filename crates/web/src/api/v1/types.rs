//! The shapes of the public interface, borrowed from a snapshot. Changing one changes the golden `OpenAPI` document.
//!
//! Times are RFC 3339 in UTC, units stand in names, and what is not known is left out. No type has a place for a
//! token or a URL.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::iptv::types::Feed;
pub(crate) use super::words::{
    Availability, Decision, LibraryKind, Link, MediaKind, Network, Reason, ServerState, State, SubtitleAction,
};

/// A moment, as RFC 3339 in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-21T20:15:00.123Z")]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{:.3}", self.0))
    }
}

/// About an answer.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// Members of the list.
    pub(crate) count: usize,
    /// Version of the state the answer was made from; grows with every change.
    pub(crate) version: u64,
    /// Our clock when the answer was made.
    pub(crate) answered_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Servers<'a> {
    /// In the order of the configuration.
    pub(crate) servers: Vec<Server<'a>>,
    pub(crate) meta: Meta,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Libraries<'a> {
    pub(crate) libraries: Vec<Library<'a>>,
    pub(crate) meta: Meta,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions<'a> {
    /// By server, then by start.
    pub(crate) sessions: Vec<Session<'a>>,
    pub(crate) meta: Meta,
}

/// One session and the version it was read from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneSession<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) meta: Meta,
}

/// Everything: the first event of a stream, and again whenever the listener fell behind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Snapshot<'a> {
    pub(crate) servers: Vec<Server<'a>>,
    pub(crate) libraries: Vec<Library<'a>>,
    pub(crate) sessions: Vec<Session<'a>>,
    /// Of stream managers, by server, then by start.
    pub(crate) feeds: Vec<Feed<'a>>,
    /// `count` counts the sessions.
    pub(crate) meta: Meta,
}

/// One watched server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Server<'a> {
    /// Its name in our configuration.
    pub(crate) id: &'a str,
    /// The name it gives itself, else `id`.
    pub(crate) name: &'a str,
    /// `plex` or `dispatcharr`; `unknown` of a server that was found and has not spoken yet.
    pub(crate) kind: &'a str,
    pub(crate) state: ServerState,
    /// Why it cannot be watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ServerError<'a>>,
    /// The last complete look at what plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_success_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) machine_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform_version: Option<&'a str>,
    /// The owner's Plex Pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plex_pass: Option<bool>,
    /// The server's own count of running video transcodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_transcodes: Option<u32>,
    pub(crate) link: Link,
    /// Notifications received since we began to watch.
    pub(crate) notifications: u64,
    /// Open sessions. A stream manager has none.
    pub(crate) sessions: usize,
    /// Open feeds; stream managers only, and only while they answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) feeds: Option<usize>,
    /// What it has; stream managers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inventory: Option<Inventory>,
    /// Absent until the server told its libraries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) libraries: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<HostLoad>,
    /// Bytes sent since we began to watch, by network (`lan`, `wan`), as the server counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transmitted_bytes: Option<BTreeMap<&'static str, u64>>,
    /// Delivered bit rate times played time since we began to watch.
    pub(crate) estimated_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transcodes: Option<TranscodeCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) activities: Option<Vec<Activity<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) update: Option<Update<'a>>,
    /// Features that depend on a licence or a right, as far as they were asked for.
    pub(crate) features: BTreeMap<&'static str, Availability>,
    /// How requests went, by what was asked for.
    pub(crate) endpoints: BTreeMap<&'static str, Endpoint<'a>>,
}

/// How much a stream manager has.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Inventory {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) groups: Option<u64>,
    /// Provider accounts, without its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accounts: Option<usize>,
    /// Sources of programme guides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guides: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<usize>,
}

/// Why a server cannot be watched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerError<'a> {
    /// A word of a closed set: `unreachable`, `starting`, `timeout`, `tls`, `unauthorized`…
    #[schema(example = "unreachable")]
    pub(crate) kind: &'a str,
    /// One line for people.
    pub(crate) message: &'a str,
    pub(crate) since: Time,
}

/// Newest sample of the machine's load. "Process" is the media server with its transcoders.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the unit stands in the name")]
pub(crate) struct HostLoad {
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_cpu_ratio: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_memory_ratio: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) process_cpu_ratio: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) process_memory_ratio: Option<f64>,
}

/// Running transcodes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TranscodeCounts {
    /// For a player.
    pub(crate) streaming: u32,
    /// For a download or an optimised version.
    pub(crate) offline: u32,
}

/// A background task of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activity<'a> {
    pub(crate) uuid: &'a str,
    /// The server's word, `library.update.section`.
    pub(crate) kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtitle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress_percent: Option<f64>,
}

/// What the server says about newer versions of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Update<'a> {
    /// Absent: up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) can_install: Option<bool>,
}

/// How requests of one kind went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Endpoint<'a> {
    pub(crate) requests: u64,
    pub(crate) retries: u64,
    /// Failures by kind.
    pub(crate) errors: BTreeMap<&'a str, u64>,
    pub(crate) last_ok: bool,
    pub(crate) last_duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_success_at: Option<Time>,
}

/// A library and what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Library<'a> {
    pub(crate) server_id: &'a str,
    /// The server's id of it; unique per server.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) kind: LibraryKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
    /// True while the server scans it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refreshing: Option<bool>,
    /// Items by kind: `movies`, `shows`, `seasons`, `episodes`, `artists`, `albums`, `tracks`, `photos`…
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

/// One play: one item on one client from start to end.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the server's own term")]
pub(crate) struct Session<'a> {
    /// Unique for ever.
    #[schema(example = "attic-203-1763700000123")]
    pub(crate) id: &'a str,
    pub(crate) server_id: &'a str,
    /// The server's own name of the playback; reused after it restarts.
    pub(crate) session_key: &'a str,
    pub(crate) state: State,
    /// When we first saw it.
    pub(crate) started_at: Time,
    /// Where it was when we first saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started_position_ms: Option<u64>,
    /// Only in `session.ended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    /// When it was last confirmed.
    pub(crate) seen_at: Time,
    /// As the server last told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position_ms: Option<u64>,
    pub(crate) item: Item<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<User<'a>>,
    pub(crate) player: Player<'a>,
    /// The file behind it.
    pub(crate) source: SourceMedia<'a>,
    /// What reaches the player.
    pub(crate) delivery: Delivery<'a>,
    /// Wall-clock time spent playing, counted only while the server was known to be up.
    pub(crate) played_ms: u64,
    pub(crate) paused_ms: u64,
    pub(crate) buffering_ms: u64,
    /// Delivered bit rate times played time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) estimated_bytes: Option<u64>,
    /// Stretches of one quality, oldest first; the last one is running.
    pub(crate) segments: Vec<Segment<'a>>,
}

/// The thing played.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Item<'a> {
    pub(crate) kind: MediaKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    /// Season or album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_title: Option<&'a str>,
    /// Show or album artist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grandparent_title: Option<&'a str>,
    /// The artist of this one track, where it differs from the album's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) original_title: Option<&'a str>,
    /// Number of the season or disc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_index: Option<u32>,
    /// Number of the episode or track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) year: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) library: Option<LibraryRef<'a>>,
    /// Present for live television.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) live: Option<LiveChannel<'a>>,
    /// Trailer, preroll or theme music: shown, never counted as a play.
    pub(crate) extra: bool,
}

/// The library an item belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LibraryRef<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) kind: LibraryKind,
}

/// The channel of a live television session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveChannel<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call_sign: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
    pub(crate) name: &'a str,
}

/// The device that plays.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Player<'a> {
    /// Stable per installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) machine_id: Option<&'a str>,
    /// The name its owner gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) product: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<&'a str>,
    /// As the server sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) local: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<Network>,
}

/// The file behind a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceMedia<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bitrate_bps: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_codec: Option<&'a str>,
    /// `sd`, `480`, `576`, `720`, `1080`, `4k`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_resolution: Option<&'a str>,
    /// `SDR`, `HDR10`, `HLG`, `DV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dynamic_range: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_codec: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_channels: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtitle_codec: Option<&'a str>,
}

/// How the item reaches the player.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery<'a> {
    /// Of the whole: transcode if any stream is, else copy if any stream is, else direct play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container_decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<&'a str>,
    /// `dash`, `hls`, `http`; absent for direct play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<&'a str>,
    /// What is delivered, in total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bitrate_bps: Option<u64>,
    /// What the server reserved for the session, not what flowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reserved_bps: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video: Option<VideoStream<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio: Option<AudioStream<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtitle: Option<SubtitleStream<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transcode: Option<Transcode<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoStream<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) codec: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudioStream<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) codec: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<&'a str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubtitleStream<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<SubtitleAction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) codec: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<&'a str>,
}

/// What the transcoder does for a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Transcode<'a> {
    /// Times real time; 0 is normal while throttled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) complete: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress_percent: Option<f64>,
    /// Ready beyond the play position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) buffer_ahead_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hw_requested: Option<bool>,
    /// Engine that decodes; absent: software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hw_decode: Option<&'a str>,
    /// Engine that encodes; absent: software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hw_encode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hw_full_pipeline: Option<bool>,
    /// Why, sorted; empty unless something is transcoded.
    pub(crate) reasons: Vec<Reason>,
}

/// A stretch of one play with one quality.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Segment<'a> {
    pub(crate) started_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bitrate_bps: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_codec: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_codec: Option<&'a str>,
    pub(crate) reasons: Vec<Reason>,
    /// Played time within this stretch.
    pub(crate) played_ms: u64,
}

/// `session.progress`: sessions of one server that moved on and did not otherwise change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Progresses<'a> {
    pub(crate) server_id: &'a str,
    pub(crate) sessions: Vec<Progress<'a>>,
}

/// What moves while a session plays.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Progress<'a> {
    pub(crate) id: &'a str,
    pub(crate) state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position_ms: Option<u64>,
    pub(crate) seen_at: Time,
    pub(crate) played_ms: u64,
    pub(crate) paused_ms: u64,
    pub(crate) buffering_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transcode: Option<TranscodeProgress>,
}

/// What moves while a session is transcoded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TranscodeProgress {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) buffer_ahead_ms: Option<i64>,
}

/// `libraries.updated`: all libraries of one server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerLibraries<'a> {
    pub(crate) server_id: &'a str,
    pub(crate) libraries: Vec<Library<'a>>,
}
