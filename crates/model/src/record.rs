//! A play as history keeps it, whoever recorded it: ourselves, a Tautulli before us, or Plex's own list.
//!
//! Times are milliseconds since 1970, UTC. Everything optional is absent where it was not told.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Decision, Segment, SourceId, Text};

/// Who wrote a play down first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Watched by us.
    Recorded,
    /// Taken over from a Tautulli.
    Tautulli,
    /// From Plex's list of what was played while nobody watched: no length, no player, no delivery.
    PlexHistory,
}

impl Origin {
    pub const ALL: [Self; 3] = [Self::Recorded, Self::Tautulli, Self::PlexHistory];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Tautulli => "tautulli",
            Self::PlexHistory => "plex_history",
        }
    }
}

/// What history can play: nothing else is ever kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    Movie,
    Episode,
    Track,
}

impl RecordKind {
    pub const ALL: [Self; 3] = [Self::Movie, Self::Episode, Self::Track];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Episode => "episode",
            Self::Track => "track",
        }
    }
}

/// A value of a field that only details show.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    Int(i64),
    Text(Text),
}

/// Further fields by Tautulli's column names (`stream_video_codec`, `summary`); unknown ones are not in it.
pub type Fields = BTreeMap<Text, Scalar>;

/// What was played.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordItem {
    pub kind: RecordKind,
    pub live: bool,
    pub rating_key: Option<i64>,
    pub parent_rating_key: Option<i64>,
    pub grandparent_rating_key: Option<i64>,
    pub guid: Option<Text>,
    pub title: Option<Text>,
    pub parent_title: Option<Text>,
    pub grandparent_title: Option<Text>,
    pub original_title: Option<Text>,
    /// `Show - Episode`, `Artist - Track`, or the title.
    pub full_title: Text,
    pub media_index: Option<i64>,
    pub parent_media_index: Option<i64>,
    pub year: Option<i64>,
    pub duration_ms: Option<i64>,
    pub thumb: Option<Text>,
    pub originally_available_at: Option<Text>,
    pub marker_credits_first_ms: Option<i64>,
    pub marker_credits_final_ms: Option<i64>,
    /// Every other column of Tautulli's `session_history_metadata`: `art`, `summary`, `labels`, `channel_title`…
    pub extra: Fields,
}

/// The device that played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RecordClient {
    pub machine_id: Option<Text>,
    pub player: Option<Text>,
    pub product: Option<Text>,
    pub product_version: Option<Text>,
    /// As told; the display name is a rule of `history`.
    pub platform: Option<Text>,
    pub platform_version: Option<Text>,
    pub profile: Option<Text>,
}

/// How it was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RecordStream {
    pub decision: Option<Decision>,
    /// `1080p`, `4k`, `SD`: what the file is (Tautulli `video_full_resolution`).
    pub source_resolution: Option<Text>,
    /// What was sent, by the rule of Tautulli's stream resolution graph.
    pub stream_resolution: Option<Text>,
    /// Every column of Tautulli's `session_history_media_info`, and ours where it has none.
    pub fields: Fields,
}

/// One play, over.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The server it ran on, by our own name for it.
    pub server: SourceId,
    pub origin: Origin,
    /// Unique within server and origin: our play id, Tautulli's row id, Plex's history key.
    pub origin_key: Text,
    /// The row id and group (`reference_id`) it wants, as an import does; granted if the ids are free.
    pub wanted_id: Option<(i64, i64)>,
    pub started_ms: i64,
    /// Absent where the source never told; such a play is in no window.
    pub stopped_ms: Option<i64>,
    pub paused_ms: Option<i64>,
    pub buffering_ms: Option<i64>,
    /// Last position.
    pub view_offset_ms: Option<i64>,
    /// plex.tv id; 0 is Tautulli's "Local".
    pub user_id: Option<i64>,
    /// Name at the time of the play.
    pub user: Option<Text>,
    pub ip_address: Option<Text>,
    /// Section id; 999999 is live television.
    pub section_id: Option<i64>,
    pub item: Arc<RecordItem>,
    pub client: Arc<RecordClient>,
    pub stream: Arc<RecordStream>,
    /// `lan`, `wan`, `cellular`.
    pub location: Option<Text>,
    pub secure: Option<bool>,
    pub relayed: Option<bool>,
    pub bandwidth_kbps: Option<i64>,
    pub quality_profile: Option<Text>,
    /// Estimated from bit rate and played time, or told.
    pub bytes: Option<u64>,
    /// Quality changes; empty where only the whole is known.
    pub segments: Vec<Segment>,
}

/// One line of a server's own list of what was played: written when the item counted as played, with no length, no
/// player that can be named and no delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewed {
    /// The server's own name of the line, unique on it.
    pub history_key: Text,
    /// Seconds since 1970.
    pub viewed_at_s: i64,
    /// The server's number of the account; Plex: 1 is the owner, others carry their plex.tv id.
    pub account_id: Option<i64>,
    pub account_name: Option<Text>,
    pub section_id: Option<i64>,
    /// As far as the line, and the library if the item is still in it, tell.
    pub item: RecordItem,
}

/// An account that plays, as Tautulli keeps it. Never its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub user_id: i64,
    pub username: Option<Text>,
    pub friendly_name: Option<Text>,
    pub thumb: Option<Text>,
    /// `email`, `title`, `is_active`, `is_admin`, `keep_history`, `deleted_user`, `shared_libraries`… by Tautulli's names.
    pub fields: Fields,
}

/// A library as history keeps it, also after it is gone from the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub section_id: i64,
    pub name: Option<Text>,
    /// `movie`, `show`, `artist`, `photo`, `live`.
    pub kind: Option<Text>,
    /// `agent`, `thumb`, `art`, `count`, `parent_count`, `child_count`, `is_active`, `keep_history`,
    /// `deleted_section`… by Tautulli's column names.
    pub fields: Fields,
}
