//! A play that is being added, as the sums need it.

use model::{Record, RecordKind, SourceId, Text};

use crate::columns::{Location, Way, clamp_i32};

/// What one play means to the sums: numbers as the columns will hold them, texts as the columns may not know them yet.
#[derive(Clone, Debug)]
pub(crate) struct NewPlay {
    pub(crate) id: u32,
    pub(crate) group_id: u32,
    pub(crate) started_s: i64,
    pub(crate) stopped_s: Option<i64>,
    pub(crate) paused_s: i64,
    pub(crate) kind: RecordKind,
    pub(crate) live: bool,
    pub(crate) way: Way,
    pub(crate) location: Location,
    pub(crate) user_id: Option<i64>,
    pub(crate) platform: Option<Text>,
    pub(crate) source_resolution: Option<Text>,
    pub(crate) stream_resolution: Option<Text>,
    pub(crate) server: SourceId,
    pub(crate) section_id: Option<i64>,
    pub(crate) work: String,
}

impl NewPlay {
    /// Times become what the columns make of them: whole seconds, within their range.
    pub(crate) fn of(id: u32, group_id: u32, record: &Record) -> Self {
        let item = &record.item;
        let seconds = |ms: i64| ms.div_euclid(1000);
        Self {
            id,
            group_id,
            started_s: seconds(record.started_ms),
            stopped_s: record
                .stopped_ms
                .map(seconds)
                .filter(|s| *s > 0 && u32::try_from(*s).is_ok()),
            paused_s: i64::from(clamp_i32(record.paused_ms.map_or(0, seconds))),
            kind: item.kind,
            live: item.live,
            way: record.stream.decision.into(),
            location: Location::of(record.location.as_deref()),
            user_id: record.user_id,
            platform: record.client.platform.clone(),
            source_resolution: record.stream.source_resolution.clone(),
            stream_resolution: record.stream.stream_resolution.clone(),
            server: record.server.clone(),
            section_id: record.section_id,
            work: work_text(
                item.kind,
                &item.full_title,
                item.year,
                item.grandparent_title.as_deref(),
                item.original_title.as_deref(),
            ),
        }
    }
}

/// Separates the parts of a label.
pub(crate) const PART: char = '\u{1f}';

/// What counts as one title in top lists: a film by name and year, a show by its name, music by the artist of the
/// track, else of the album (Tautulli `top_movies`, `top_tv`, `top_music`).
pub(crate) fn work_text(
    kind: RecordKind,
    full_title: &str,
    year: Option<i64>,
    grandparent_title: Option<&str>,
    original_title: Option<&str>,
) -> String {
    let name = grandparent_title.unwrap_or_default();
    match kind {
        RecordKind::Movie => {
            let year = year.map(|y| y.to_string()).unwrap_or_default();
            format!("movie{PART}{full_title}{PART}{year}")
        }
        RecordKind::Episode => format!("show{PART}{name}{PART}"),
        RecordKind::Track => {
            let artist = original_title.unwrap_or_default();
            format!("artist{PART}{name}{PART}{artist}")
        }
    }
}
