//! One feed at one moment.

use std::sync::Arc;

use super::ProfileId;
use crate::{FeedKey, Text, Timestamp};

/// What sort of thing a feed carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeedKind {
    /// A channel.
    Live,
    /// One stream tried out by itself; it belongs to no channel.
    Preview,
    /// A film or episode on demand.
    Vod,
    /// A programme of the past (catch-up).
    Timeshift,
}

impl FeedKind {
    pub const ALL: [Self; 4] = [Self::Live, Self::Preview, Self::Vod, Self::Timeshift];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Preview => "preview",
            Self::Vod => "vod",
            Self::Timeshift => "timeshift",
        }
    }
}

/// What a manager says of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeedState {
    Initializing,
    Connecting,
    /// Connected, and nobody watches yet.
    WaitingForClients,
    Active,
    Paused,
    /// The source is slower than real time.
    Buffering,
    Error,
    Stopping,
    Stopped,
    /// A word we do not know.
    Unknown,
}

impl FeedState {
    pub const ALL: [Self; 10] = [
        Self::Initializing,
        Self::Connecting,
        Self::WaitingForClients,
        Self::Active,
        Self::Paused,
        Self::Buffering,
        Self::Error,
        Self::Stopping,
        Self::Stopped,
        Self::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Connecting => "connecting",
            Self::WaitingForClients => "waiting_for_clients",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Buffering => "buffering",
            Self::Error => "error",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }
}

/// What is shown. Of a film or programme, its own names; `number` and `group` belong to channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channel {
    /// The manager's number of the row.
    pub id: Option<i64>,
    /// The channel's UUID, also where the feed's key is another (catch-up); of a film, the content's.
    pub uuid: Option<Text>,
    /// Channel, film, or episode without its show.
    pub name: Option<Text>,
    /// `102.5`.
    pub number: Option<f64>,
    pub group: Option<Text>,
    /// Path of the logo on the manager; never a provider's URL.
    pub logo: Option<Text>,
    /// `movie`, `episode`; films on demand only.
    pub content_type: Option<Text>,
    pub series: Option<Text>,
    pub season: Option<u32>,
    pub episode: Option<u32>,
    pub year: Option<u16>,
    pub duration_ms: Option<u64>,
}

/// Which of the provider's streams feeds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedStream {
    /// The manager's number of the stream.
    pub id: Option<i64>,
    pub name: Option<Text>,
    /// Its place among the channel's streams, from 0: above 0, those before it failed or were full.
    pub index: Option<u32>,
    /// Streams the channel has.
    pub available: Option<u32>,
    /// How the manager fetches it: `ffmpeg`, `Proxy`.
    pub stream_profile: Option<Text>,
}

/// What the stream is. A manager that only passes bytes on knows none of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedMedia {
    pub video_codec: Option<Text>,
    /// `1920x1080`.
    pub resolution: Option<Text>,
    pub fps: Option<f64>,
    pub audio_codec: Option<Text>,
    /// `stereo`, `5.1`: as told.
    pub audio_channels: Option<Text>,
    /// `mpegts`.
    pub container: Option<Text>,
    /// Of the video stream alone. Dispatcharr: in its Redis only, and rarely.
    pub video_bitrate_bps: Option<u64>,
    /// What the transcoder or remuxer puts out. Dispatcharr: the newest figure from its Redis, else a mean of the last
    /// half minute or so.
    pub output_bitrate_bps: Option<u64>,
    /// Times real time.
    pub speed: Option<f64>,
}

/// One programme of the guide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Programme {
    pub title: Option<Text>,
    pub subtitle: Option<Text>,
    pub description: Option<Text>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

/// One connection to a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    /// The manager's own name of the connection.
    pub client_id: Text,
    /// The manager's number of the account; absent for who did not sign in.
    pub user_id: Option<i64>,
    /// Name of that account, if it may be seen.
    pub user: Option<Text>,
    /// Address as the manager sees it. Shown by switch only.
    pub address: Option<Text>,
    pub user_agent: Option<Text>,
    /// Process of the manager that serves it.
    pub worker_id: Option<Text>,
    pub connected_at: Option<Timestamp>,
    pub sent_bytes: Option<u64>,
    /// Bits a second since it connected.
    pub mean_bps: Option<u64>,
    /// Bits a second of late.
    pub now_bps: Option<u64>,
}

/// One feed at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    pub key: FeedKey,
    pub kind: FeedKind,
    pub state: Option<FeedState>,
    pub channel: Arc<Channel>,
    pub stream: Arc<FeedStream>,
    pub media: Arc<FeedMedia>,
    /// The login whose connection it takes; see [`super::Inventory`].
    pub profile: Option<ProfileId>,
    pub programme: Option<Arc<Programme>>,
    /// As told: the manager's clock. The same for as long as the feed runs.
    pub started_at: Option<Timestamp>,
    /// As told: free of differences between clocks.
    pub uptime_ms: Option<u64>,
    /// Bytes from the provider since the start; grows in steps of some seconds.
    pub received_bytes: Option<u64>,
    /// Bytes to viewers since the start, where the manager counts them for the feed (films on demand).
    pub sent_bytes: Option<u64>,
    /// Viewers, whether listed below or not.
    pub viewer_count: Option<u32>,
    /// Those that are known one by one: all of them, unless the manager lists only some.
    pub viewers: Arc<Vec<Viewer>>,
}
