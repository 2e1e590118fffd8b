//! Kept plays to interface, field by field and by hand, so that nothing is published by accident.

use history::ask::slices::PagePlay;
use history::columns::{Columns, Row};
use history::rules::{friendly_name, platform_name};
use history::{StoredPlay, View};
use jiff::Timestamp;
use model::{Record, RecordKind};

use super::types::{HistoryItem, HistoryLibrary, HistoryPlay, HistoryPlayer, HistoryUser};
use crate::api::v1::types::{MediaKind, Network, Time};

/// A moment of the columns.
pub(super) fn time(at_s: i64) -> Time {
    Time(Timestamp::from_second(at_s).unwrap_or_default())
}

fn time_ms(at_ms: i64) -> Time {
    Time(Timestamp::from_millisecond(at_ms).unwrap_or_default())
}

pub(super) fn kind(kind: RecordKind) -> MediaKind {
    match kind {
        RecordKind::Movie => MediaKind::Movie,
        RecordKind::Episode => MediaKind::Episode,
        RecordKind::Track => MediaKind::Track,
    }
}

/// The plays of a page in its order, with their texts. One that went in between is left out.
pub(super) fn stored(view: &View<'_>, plays: &[PagePlay]) -> Result<Vec<StoredPlay>, history::Error> {
    let ids: Vec<_> = plays.iter().map(|play| view.columns.id(play.newest)).collect();
    view.stored(&ids)
}

/// `plays` with their texts, those of the same id together.
pub(super) fn page<'a>(
    columns: &'a Columns,
    plays: &[PagePlay],
    stored: &'a [StoredPlay],
) -> Vec<HistoryPlay<'a>> {
    let mut texts = stored.iter().peekable();
    let with_texts = plays.iter().filter_map(|play| {
        let text = texts.next_if(|text| text.id == columns.id(play.newest))?;
        Some(HistoryPlay::of(columns, play, text))
    });
    with_texts.collect()
}

impl<'a> HistoryPlay<'a> {
    pub(super) fn of(columns: &'a Columns, play: &PagePlay, stored: &'a StoredPlay) -> Self {
        let record = &stored.record;
        let stops_known = play.rows.iter().any(|row| columns.stopped_s(*row).is_some());
        let is_single = play.rows.len() == 1;
        let stopped = record.stopped_ms.filter(|_| is_single && stops_known);
        Self {
            id: stored.id,
            group_id: stored.group_id,
            plays: play.rows.len(),
            play_ids: play.rows.iter().map(|row| columns.id(*row)).collect(),
            server_id: record.server.as_str(),
            origin: record.origin.as_str(),
            started_at: if is_single {
                time_ms(record.started_ms)
            } else {
                time(play.started_s)
            },
            stopped_at: stopped.map(time_ms).or_else(|| play.stopped_s.map(time)),
            played_s: stops_known.then_some(play.sum.seconds),
            paused_s: play.paused_s,
            progress_percent: play.progress_percent,
            watched: play.watched,
            item: HistoryItem::of(record),
            user: user(columns, record),
            player: HistoryPlayer::of(record),
            library: library(columns, play.newest),
            decision: record.stream.decision.map(Into::into),
            source_resolution: record.stream.source_resolution.as_deref(),
            stream_resolution: record.stream.stream_resolution.as_deref(),
        }
    }
}

fn key(key: Option<i64>) -> Option<String> {
    key.map(|k| k.to_string())
}

impl<'a> HistoryItem<'a> {
    fn of(record: &'a Record) -> Self {
        let item = &*record.item;
        Self {
            kind: kind(item.kind),
            live: item.live,
            full_title: &item.full_title,
            title: item.title.as_deref(),
            parent_title: item.parent_title.as_deref(),
            grandparent_title: item.grandparent_title.as_deref(),
            original_title: item.original_title.as_deref(),
            rating_key: key(item.rating_key),
            parent_rating_key: key(item.parent_rating_key),
            grandparent_rating_key: key(item.grandparent_rating_key),
            guid: item.guid.as_deref(),
            parent_index: item.parent_media_index,
            index: item.media_index,
            year: item.year,
            duration_ms: item.duration_ms,
        }
    }
}

/// The name to show: that of today, else that of the time of the play.
fn user<'a>(columns: &'a Columns, record: &'a Record) -> Option<HistoryUser<'a>> {
    let person = record.user_id.and_then(|id| columns.dims.people().get(&id));
    let now = person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
    let name = now.or(record.user.as_deref());
    (record.user_id.is_some() || name.is_some()).then(|| HistoryUser {
        id: key(record.user_id),
        name,
    })
}

impl<'a> HistoryPlayer<'a> {
    fn of(record: &'a Record) -> Self {
        let client = &*record.client;
        let network = match record.location.as_deref() {
            _ if record.relayed == Some(true) => Some(Network::Relay),
            Some("lan") => Some(Network::Lan),
            Some("wan") => Some(Network::Wan),
            Some("cellular") => Some(Network::Cellular),
            _ => None,
        };
        Self {
            machine_id: client.machine_id.as_deref(),
            title: client.player.as_deref(),
            product: client.product.as_deref(),
            platform: client.platform.as_deref().map(platform_name),
            version: client.product_version.as_deref(),
            address: record.ip_address.as_deref(),
            secure: record.secure,
            network,
        }
    }
}

fn library(columns: &Columns, row: Row) -> Option<HistoryLibrary<'_>> {
    let library = columns.library(row);
    library.section_id.map(|id| HistoryLibrary {
        id: id.to_string(),
        title: library.section.as_ref().and_then(|s| s.name.as_deref()),
    })
}
