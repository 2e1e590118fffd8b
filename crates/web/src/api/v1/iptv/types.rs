//! Feeds, providers, guides and paths as they are told.
//!
//! No type has a place for the address of a provider, nor for the name a login signs in with.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::v1::types::{Meta, Time};
use crate::api::v1::words::{Confidence, FeedKind, FeedState, PathReason};

/// `/api/v1/iptv/channels`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Feeds<'a> {
    /// By server, then by start.
    pub(crate) channels: Vec<Feed<'a>>,
    pub(crate) meta: Meta,
}

/// What a stream manager pulls from a provider and hands on: from start to end, whoever comes and goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Feed<'a> {
    /// Unique for ever.
    #[schema(example = "iptv-5f0c2a6e-1b1d-4c0e-9d53-7c2b0f8f1d10-1763700000123")]
    pub(crate) id: &'a str,
    pub(crate) server_id: &'a str,
    /// The manager's own name of it: a channel's UUID, a hash for a preview, a session otherwise.
    pub(crate) key: &'a str,
    pub(crate) kind: FeedKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<FeedState>,
    /// As the manager tells, else when we first saw it.
    pub(crate) started_at: Time,
    /// Only in `feed.ended` and of what is over: the last moment it is known to have run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    /// When it was last confirmed.
    pub(crate) seen_at: Time,
    /// As the manager counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uptime_ms: Option<u64>,
    pub(crate) channel: FeedChannel<'a>,
    /// Which of the provider's streams feeds it.
    pub(crate) stream: FeedStream<'a>,
    /// The login whose connection it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<FeedProfile<'a>>,
    pub(crate) media: FeedMedia<'a>,
    /// What the guide says is on now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) programme: Option<FeedProgramme<'a>>,
    pub(crate) totals: FeedTotals,
    /// Stretches on one stream and one login, oldest first; the last one is running.
    pub(crate) segments: Vec<FeedSegment<'a>>,
    /// All viewers, also those that are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) viewer_count: Option<u32>,
    /// By start.
    pub(crate) viewers: Vec<FeedViewer<'a>>,
}

/// What is shown. Of a film or a programme its own names; number and group belong to channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedChannel<'a> {
    /// The manager's number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<&'a str>,
    /// A path on the manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logo: Option<&'a str>,
    /// `movie` or `episode`; films on demand only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) series: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) season: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) episode: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) year: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
}

/// One of the streams a channel has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedStream<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    /// Its place among the channel's streams, from 0: above 0, those before it failed or were full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<u32>,
    /// Streams the channel has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available: Option<u32>,
    /// How the manager fetches it: `ffmpeg`, `Proxy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream_profile: Option<&'a str>,
}

/// A login of a provider account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedProfile<'a> {
    pub(crate) id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<&'a str>,
    /// Connections allowed at once, as it was when the stretch began; 0 is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_connections: Option<u32>,
}

/// What the stream is. A manager that only passes bytes on knows none of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedMedia<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_codec: Option<&'a str>,
    /// `1920x1080`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resolution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_codec: Option<&'a str>,
    /// `stereo`, `5.1`: as told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_channels: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<&'a str>,
    /// Of the video stream alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_bitrate_bps: Option<u64>,
    /// What the transcoder or remuxer puts out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) output_bitrate_bps: Option<u64>,
    /// Times real time; below 1 viewers soon wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<f64>,
}

/// One programme of the guide.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedProgramme<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtitle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) starts_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ends_at: Option<Time>,
}

/// Sums over a feed; time is counted only while the manager was known to be up.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct FeedTotals {
    /// In a state in which viewers get a picture.
    pub(crate) active_ms: u64,
    pub(crate) buffering_ms: u64,
    pub(crate) error_ms: u64,
    /// Viewers times time.
    pub(crate) viewer_ms: u64,
    /// Most viewers seen at once.
    pub(crate) peak_viewers: u32,
    /// Changes to another stream or login.
    pub(crate) failovers: u32,
    /// Times it went into the state `error`.
    pub(crate) errors: u32,
    /// From the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) received_bytes: Option<u64>,
    /// To viewers, where the manager counts them for the feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_bytes: Option<u64>,
}

/// A stretch on one stream and one login. It ends where the next begins, or with the feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedSegment<'a> {
    pub(crate) started_at: Time,
    /// Absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    pub(crate) stream: FeedStream<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<FeedProfile<'a>>,
    pub(crate) buffering_ms: u64,
    pub(crate) error_ms: u64,
    pub(crate) received_bytes: u64,
}

/// One connection to a feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedViewer<'a> {
    /// Unique for ever.
    pub(crate) id: &'a str,
    /// The manager's own name of the connection.
    pub(crate) client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<i64>,
    /// The manager's account; absent for who did not sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<&'a str>,
    /// As the manager sees it; it may be a media server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<&'a str>,
    /// Process of the manager that serves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) worker_id: Option<&'a str>,
    pub(crate) started_at: Time,
    pub(crate) seen_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_bytes: Option<u64>,
    /// Bits a second since it connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mean_bps: Option<u64>,
    /// Bits a second of late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) now_bps: Option<u64>,
}

/// `/api/v1/iptv/providers`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Providers<'a> {
    /// By server, then in the manager's order.
    pub(crate) providers: Vec<Provider<'a>>,
    pub(crate) meta: Meta,
}

/// A contract with a provider. One without `id` and `name` holds the logins that were used and that the manager does
/// not list, or has not listed yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provider<'a> {
    pub(crate) server_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    /// `STD` (a playlist) or `XC` (Xtream Codes), as told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<&'a str>,
    /// Of its last refresh: `idle`, `fetching`, `parsing`, `error`, `success`, `pending_setup`, `disabled`, as told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_active: Option<bool>,
    /// Streams it offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) streams: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Time>,
    /// Of all its logins; absent while the manager does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connections: Option<u64>,
    /// Of its active logins together; absent if one of them has no limit, or none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_connections: Option<u64>,
    pub(crate) profiles: Vec<ProviderLogin<'a>>,
}

/// A login: what connections are counted against.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderLogin<'a> {
    pub(crate) id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_active: Option<bool>,
    /// In use now, counted from what runs; absent while the manager does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connections: Option<u64>,
    /// Allowed at once; 0 is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_connections: Option<u32>,
    /// `connections` of `max_connections`; absent without a limit, and without connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage_ratio: Option<f64>,
    /// The manager's own count, by which it lets streams start; above `connections`, it leaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reserved_connections: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Time>,
    /// Connections times time since we began to watch.
    pub(crate) connection_ms: u64,
    pub(crate) received_bytes: u64,
    /// Changes away from a stream of this login.
    pub(crate) failovers: u64,
    pub(crate) buffering_ms: u64,
    /// Times a feed of this login went into the state `error`.
    pub(crate) errors: u64,
}

/// `/api/v1/iptv/guides`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Guides<'a> {
    /// By server, then in the manager's order.
    pub(crate) guides: Vec<Guide<'a>>,
    pub(crate) meta: Meta,
}

/// A source of programme guides.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Guide<'a> {
    pub(crate) server_id: &'a str,
    pub(crate) id: i64,
    pub(crate) name: &'a str,
    /// `xmltv`, `schedules_direct`, as told.
    pub(crate) kind: &'a str,
    /// Of its last refresh: `idle`, `fetching`, `parsing`, `error`, `success`, `disabled`, as told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_active: Option<bool>,
    /// The higher one wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Time>,
}

/// `/api/v1/iptv/paths`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paths<'a> {
    /// One for each live television session of a media server, by server, then by start.
    pub(crate) paths: Vec<StreamPath<'a>>,
    pub(crate) meta: Meta,
}

/// A live television session and where its picture may come from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamPath<'a> {
    /// The media server.
    pub(crate) server_id: &'a str,
    /// The `id` of the session.
    pub(crate) session_id: &'a str,
    pub(crate) session_key: &'a str,
    /// Two or more candidates are equally good, so none of them is called more than `possible`.
    pub(crate) is_ambiguous: bool,
    /// The best first; at most three. Empty if no feed matches: nothing is guessed.
    pub(crate) candidates: Vec<PathCandidate<'a>>,
}

/// A feed that a session may be fed from, and how sure that is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathCandidate<'a> {
    /// The stream manager.
    pub(crate) server_id: &'a str,
    /// The `id` of the feed.
    pub(crate) feed_id: &'a str,
    pub(crate) feed_key: &'a str,
    /// The viewer that is thought to be the media server; absent where none stands out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<&'a str>,
    pub(crate) confidence: Confidence,
    /// What speaks for it.
    pub(crate) reasons: Vec<PathReason>,
}
