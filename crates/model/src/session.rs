//! One playback as a source saw it at one moment.

use std::sync::Arc;

use crate::{LibraryRef, SessionKey, Text};

/// What the player is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    Playing,
    Paused,
    Buffering,
    /// A notification said so; the next full look will tell.
    Stopped,
    /// The server used a word we do not know.
    Unknown,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Playing => "playing",
            Self::Paused => "paused",
            Self::Buffering => "buffering",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }
}

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MediaKind {
    Movie,
    Episode,
    Track,
    /// Trailers, prerolls, extras, other people's channels.
    Clip,
    Photo,
    Other,
}

impl MediaKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Episode => "episode",
            Self::Track => "track",
            Self::Clip => "clip",
            Self::Photo => "photo",
            Self::Other => "other",
        }
    }
}

/// How a stream, or the whole, reaches the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// The file as it is.
    DirectPlay,
    /// The stream copied into another container ("direct stream").
    Copy,
    Transcode,
}

impl Decision {
    /// Plex's and the rivals' word: `directplay`, `copy`, `transcode`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DirectPlay => "directplay",
            Self::Copy => "copy",
            Self::Transcode => "transcode",
        }
    }
}

/// What happens to the chosen subtitle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubtitleAction {
    /// Sent beside the video as it is.
    Copy,
    /// Converted to another text format.
    Transcode,
    /// Painted into the picture; forces a video transcode.
    Burn,
}

impl SubtitleAction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Transcode => "transcode",
            Self::Burn => "burn",
        }
    }
}

/// Where the player is, as the server judged it for its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    Lan,
    Wan,
    /// Through the vendor's relay: about 2 Mbps.
    Relay,
    Cellular,
}

impl Network {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Wan => "wan",
            Self::Relay => "relay",
            Self::Cellular => "cellular",
        }
    }
}

/// Why the server transcodes. Bounded, so that it can be a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    SubtitleBurn,
    VideoCodec,
    AudioCodec,
    Container,
    /// The player asked for, or was limited to, fewer lines or bits than the source has.
    Quality,
    Unknown,
}

impl Reason {
    pub const ALL: [Self; 6] = [
        Self::SubtitleBurn,
        Self::VideoCodec,
        Self::AudioCodec,
        Self::Container,
        Self::Quality,
        Self::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SubtitleBurn => "subtitle_burn",
            Self::VideoCodec => "video_codec",
            Self::AudioCodec => "audio_codec",
            Self::Container => "container",
            Self::Quality => "quality",
            Self::Unknown => "unknown",
        }
    }
}

/// The thing played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Plex: rating key. Absent or not numeric for live television.
    pub rating_key: Option<Text>,
    pub guid: Option<Text>,
    pub kind: MediaKind,
    pub title: Option<Text>,
    /// Season or album.
    pub parent_title: Option<Text>,
    /// Show or album artist.
    pub grandparent_title: Option<Text>,
    /// The artist of this one track, where it differs from the album's.
    pub original_title: Option<Text>,
    /// Number of the episode or track.
    pub index: Option<u32>,
    /// Number of the season or disc.
    pub parent_index: Option<u32>,
    pub year: Option<u16>,
    pub duration_ms: Option<u64>,
    pub library: Option<LibraryRef>,
    /// Path of the poster on the server; never a URL with a token.
    pub thumb: Option<Text>,
    /// Present for live television.
    pub live: Option<LiveChannel>,
    /// Trailer, preroll, theme music: shown, never counted as a play.
    pub extra: bool,
    pub details: ItemDetails,
}

/// What only a history wants to know of an item. Pictures are paths on the server, never URLs with a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemDetails {
    /// Season or album.
    pub parent_rating_key: Option<Text>,
    /// Show or album artist.
    pub grandparent_rating_key: Option<Text>,
    /// The item's own picture; [`Item::thumb`] is the one to show.
    pub thumb: Option<Text>,
    pub parent_thumb: Option<Text>,
    pub grandparent_thumb: Option<Text>,
    pub art: Option<Text>,
    pub content_rating: Option<Text>,
    pub studio: Option<Text>,
    /// `2021-09-17`, as told.
    pub originally_available_at: Option<Text>,
    /// Seconds since 1970.
    pub added_at_s: Option<i64>,
}

/// The channel of a live television session; every field as far as the guide knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveChannel {
    pub call_sign: Option<Text>,
    pub title: Option<Text>,
    /// Virtual channel number, `7.1`.
    pub number: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Plex: `1` is the owner, others carry their plex.tv id.
    pub id: Option<Text>,
    pub name: Text,
}

/// The device that plays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Player {
    /// Client identifier; stable per installation.
    pub machine_id: Option<Text>,
    /// The name its owner gave it.
    pub title: Option<Text>,
    /// `Plex for LG`.
    pub product: Option<Text>,
    /// `Roku`.
    pub platform: Option<Text>,
    /// Model or brand; often empty for browsers.
    pub device: Option<Text>,
    pub version: Option<Text>,
    /// Address as the server sees it. Shown by the API only.
    pub address: Option<Text>,
    pub local: Option<bool>,
    pub secure: Option<bool>,
    pub network: Option<Network>,
    /// Plex `Session.location` verbatim (`lan`, `wan`, `cellular`), which [`Network::Relay`] overrides above.
    pub location: Option<Text>,
}

/// The file behind the session, as far as the wire or the library told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMedia {
    pub container: Option<Text>,
    pub bitrate_bps: Option<u64>,
    pub video_codec: Option<Text>,
    /// `sd`, `480`, `576`, `720`, `1080`, `4k`: Plex's words without a trailing `p`.
    pub video_resolution: Option<Text>,
    /// `SDR`, `HDR10`, `HLG`, `DV`.
    pub dynamic_range: Option<Text>,
    pub audio_codec: Option<Text>,
    pub audio_channels: Option<u8>,
    pub subtitle_codec: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoStream {
    pub decision: Option<Decision>,
    pub codec: Option<Text>,
    /// As in [`SourceMedia::video_resolution`], but of what is delivered.
    pub resolution: Option<Text>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioStream {
    pub decision: Option<Decision>,
    pub codec: Option<Text>,
    pub channels: Option<u8>,
    pub language: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtitleStream {
    pub action: Option<SubtitleAction>,
    pub codec: Option<Text>,
    pub language: Option<Text>,
}

/// What the transcoder does for this session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcode {
    /// Bare id, without path.
    pub key: Option<Text>,
    /// Times real time; 0 is normal while throttled.
    pub speed: Option<f64>,
    pub throttled: Option<bool>,
    pub complete: Option<bool>,
    pub progress_percent: Option<f64>,
    /// Ready beyond the play position. Absent when the wire has no offsets.
    pub buffer_ahead_ms: Option<i64>,
    pub hw_requested: Option<bool>,
    /// Engine that decodes (`vaapi`, `nvdec`…); absent = software.
    pub hw_decode: Option<Text>,
    /// Engine that encodes; absent = software.
    pub hw_encode: Option<Text>,
    pub hw_full_pipeline: Option<bool>,
    /// Sorted, without repeats; empty unless something is transcoded.
    pub reasons: Vec<Reason>,
}

/// How the item reaches the player.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// Any stream transcoded ⇒ transcode; else any copied ⇒ copy; else direct play. Absent if nothing tells.
    pub decision: Option<Decision>,
    /// Whether the container is kept or rebuilt.
    pub container_decision: Option<Decision>,
    pub container: Option<Text>,
    /// `dash`, `hls`, `http`; absent for direct play.
    pub protocol: Option<Text>,
    /// What is delivered, total, 1 kbps = 1000 bps.
    pub bitrate_bps: Option<u64>,
    /// What the server reserved for the session, not what flowed.
    pub reserved_bps: Option<u64>,
    pub video: Option<VideoStream>,
    pub audio: Option<AudioStream>,
    pub subtitle: Option<SubtitleStream>,
    pub transcode: Option<Transcode>,
    pub told: Told,
}

/// The server's own words for what it sends, for those who repeat it word for word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Running time of the version that plays; [`Item::duration_ms`] is that of the item.
    pub duration_ms: Option<u64>,
    /// A class of its own making: Plex says `24p`, `PAL`, `NTSC`.
    pub frame_rate: Option<Text>,
    /// This and the next three only where the word is another than the one in [`Delivery`].
    pub container: Option<Text>,
    pub video_codec: Option<Text>,
    pub video_resolution: Option<Text>,
    pub audio_codec: Option<Text>,
    /// Present if a transcoder is attached, which alone does not prove that it transcodes.
    pub transcoder: Option<ToldTranscoder>,
}

/// What the transcoder is told to do with each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToldTranscoder {
    pub video: Option<Decision>,
    pub audio: Option<Decision>,
}

/// One playback at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub key: SessionKey,
    /// Plex `Session.id`: one run of the client, not one playback. What a terminate call wants.
    pub client_run: Option<Text>,
    pub state: State,
    pub position_ms: Option<u64>,
    pub item: Arc<Item>,
    pub user: Option<User>,
    pub player: Arc<Player>,
    pub source: Arc<SourceMedia>,
    pub delivery: Arc<Delivery>,
}
