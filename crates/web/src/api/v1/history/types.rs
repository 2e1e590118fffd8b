//! The shapes of history and analytics, borrowed from what the history answered.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::v1::types::{Decision, Delivery, MediaKind, Network, Reason, Segment, SourceMedia, Time};

/// About a list of plays.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryMeta {
    /// Members of this page.
    pub(crate) count: usize,
    /// Plays on all pages, when the first one was made.
    pub(crate) total: u32,
    pub(crate) grouped: bool,
    /// Our clock when the answer was made.
    pub(crate) answered_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPage<'a> {
    /// Newest start first.
    pub(crate) plays: Vec<HistoryPlay<'a>>,
    /// For `cursor`, to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
    pub(crate) meta: HistoryMeta,
}

/// A play that is over, or several that continue one another, told by the newest of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPlay<'a> {
    /// Of the newest one, for `/api/v1/history/{id}`.
    pub(crate) id: u32,
    /// The same for all plays that continue one another.
    pub(crate) group_id: u32,
    /// How many that are.
    pub(crate) plays: usize,
    /// The ids of all of them, oldest first.
    pub(crate) play_ids: Vec<u32>,
    pub(crate) server_id: &'a str,
    /// Who wrote it down: `recorded`, `tautulli`, `plex_history`.
    pub(crate) origin: &'static str,
    /// When the first of them began.
    pub(crate) started_at: Time,
    /// When the last of them ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_at: Option<Time>,
    /// Wall-clock time without pauses, all together. Taken over as it was: below 0 where more pause than play was
    /// written down. Absent where no end is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) played_s: Option<i64>,
    pub(crate) paused_s: i64,
    /// The furthest position over the item's length, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress_percent: Option<f64>,
    /// Whether the end was reached, by the configured rule; absent where that cannot be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) watched: Option<bool>,
    pub(crate) item: HistoryItem<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<HistoryUser<'a>>,
    pub(crate) player: HistoryPlayer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) library: Option<HistoryLibrary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Decision>,
    /// What the file is: `1080p`, `4k`, `SD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_resolution: Option<&'a str>,
    /// What was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream_resolution: Option<&'a str>,
}

/// What was played.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryItem<'a> {
    pub(crate) kind: MediaKind,
    pub(crate) live: bool,
    /// `Show - Episode`, `Artist - Track`, or the title.
    pub(crate) full_title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    /// Season or album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_title: Option<&'a str>,
    /// Show or album artist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grandparent_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) original_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_rating_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grandparent_rating_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guid: Option<&'a str>,
    /// Number of the season or disc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_index: Option<i64>,
    /// Number of the episode or track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) year: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryUser<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The one to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
}

/// The device it was played on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPlayer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) machine_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) product: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<Network>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryLibrary<'a> {
    pub(crate) id: String,
    /// Absent where the library was never listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
}

/// One play with everything that is kept of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneHistoryPlay<'a> {
    pub(crate) play: HistoryPlay<'a>,
    /// Last position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) buffering_ms: Option<i64>,
    /// Told, or delivered bit rate times played time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
    /// `4 Mbps 720p`, `Original`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quality_profile: Option<&'a str>,
    /// The file behind it.
    pub(crate) source: SourceMedia<'a>,
    /// What reached the player.
    pub(crate) delivery: Delivery<'a>,
    /// Stretches of one quality, oldest first; empty where only the whole is known.
    pub(crate) segments: Vec<Segment<'a>>,
    /// All plays that continue one another, this one too, oldest first.
    pub(crate) group: Vec<HistoryPlay<'a>>,
    pub(crate) meta: HistoryMeta,
}

/// About an answer of the analytics.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnalyticsMeta {
    /// `plays` or `seconds`: what the values are.
    pub(crate) measure: &'static str,
    pub(crate) grouped: bool,
    /// Dates, weekdays, hours and months are of this zone.
    pub(crate) time_zone: String,
    /// First moment of the starts; absent for all time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Time>,
    /// First moment after them; absent for until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Time>,
    /// Our clock when the answer was made.
    pub(crate) answered_at: Time,
}

/// Numbers by category, several series side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Table {
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<Series>,
    /// Per category. More than the series together where plays belong to none of them.
    pub(crate) total: Vec<i64>,
}

/// One value per category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TableAnswer {
    pub(crate) table: Table,
    /// Categories there are, where only the first of them are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) categories_total: Option<usize>,
    pub(crate) meta: AnalyticsMeta,
}

/// One place of a ranking. Its ids are those of its newest play.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankedEntry {
    /// Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) plays: i64,
    pub(crate) seconds: i64,
    /// Different users among the plays.
    pub(crate) users: usize,
    pub(crate) last_started_at: Time,
    /// The newest play, for `/api/v1/history/{id}`.
    pub(crate) last_play_id: u32,
    pub(crate) server_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) library_id: Option<String>,
    /// Of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    /// Of titles and items, for `/api/v1/titles/{server}/{rating_key}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<MediaKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) year: Option<i64>,
    /// Of players.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) product: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankingAnswer {
    /// Best first.
    pub(crate) entries: Vec<RankedEntry>,
    /// Places there are.
    pub(crate) entries_total: usize,
    pub(crate) meta: AnalyticsMeta,
}

/// Streams at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeakSeries {
    /// `all`, `decision` or `network`.
    pub(crate) by: &'static str,
    /// `all`, a decision or a network.
    pub(crate) name: &'static str,
    /// The most of the whole window.
    pub(crate) peak: u32,
    /// When it was reached last; absent for 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peak_at: Option<Time>,
    /// The most of each date.
    pub(crate) values: Vec<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConcurrencyAnswer {
    /// Oldest first, with no gap.
    pub(crate) dates: Vec<String>,
    pub(crate) series: Vec<PeakSeries>,
    pub(crate) meta: AnalyticsMeta,
}

/// How far plays got.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompletionAnswer {
    /// Categories: `0-25`, `25-50`, `50-75`, `75-watched`, `watched`, `unknown`.
    pub(crate) table: Table,
    /// Share of watched plays among those of known length and position, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) watched_ratio: Option<f64>,
    pub(crate) meta: AnalyticsMeta,
}

/// Who transcoded the picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HardwareShare {
    /// Decoded and encoded in hardware.
    pub(crate) full: i64,
    /// Decoded or encoded in hardware.
    pub(crate) part: i64,
    /// Neither, as far as was told.
    pub(crate) software: i64,
    /// The share of `full` and `part` among all, 0 to 1; absent where no picture was transcoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hardware_ratio: Option<f64>,
}

/// A reason and how often it was one; a play may have several.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonCount {
    pub(crate) reason: Reason,
    pub(crate) value: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TranscodesAnswer {
    pub(crate) total: i64,
    /// By decision: `directplay`, `copy`, `transcode`, `unknown`.
    pub(crate) decisions: BTreeMap<&'static str, i64>,
    /// Of transcodes, and of copies into another container.
    pub(crate) reasons: Vec<ReasonCount>,
    /// Transcodes of the picture.
    pub(crate) video: i64,
    /// Transcodes of the sound.
    pub(crate) audio: i64,
    pub(crate) hardware: HardwareShare,
    pub(crate) meta: AnalyticsMeta,
}

/// An account and what it played.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserEntry {
    /// Absent where only a name was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    pub(crate) plays: i64,
    pub(crate) seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_started_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_play_id: Option<u32>,
    /// Full title of the newest play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_title: Option<String>,
    /// Device of the newest play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_player: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsersAnswer {
    /// The most played first; accounts without a play last.
    pub(crate) users: Vec<UserEntry>,
    pub(crate) users_total: usize,
    pub(crate) meta: AnalyticsMeta,
}

/// Plays that started within the last days, up to now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WindowSum {
    /// Times 24 hours.
    pub(crate) days: i64,
    pub(crate) plays: i64,
    pub(crate) seconds: i64,
}

/// Everything about one user, library or title.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileAnswer<'a> {
    /// Its name, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Of titles: `movie`, `show`, `season`, `episode`, `artist`, `album`, `track`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<&'static str>,
    pub(crate) plays: i64,
    pub(crate) seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_started_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_started_at: Option<Time>,
    pub(crate) windows: Vec<WindowSum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_play: Option<HistoryPlay<'a>>,
    /// Months by media.
    pub(crate) months: Table,
    /// 168 categories, `monday 00` to `sunday 23`, by media.
    pub(crate) heat_map: Table,
    /// As `/api/v1/analytics/completion`.
    pub(crate) completion: Table,
    /// The ten most.
    pub(crate) users: Vec<RankedEntry>,
    pub(crate) players: Vec<RankedEntry>,
    pub(crate) titles: Vec<RankedEntry>,
    pub(crate) meta: AnalyticsMeta,
}
