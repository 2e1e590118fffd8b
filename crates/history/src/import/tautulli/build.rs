//! Parts of a record from the rows of Tautulli's three tables.

use std::sync::Arc;

use model::{Decision, Fields, RecordClient, RecordItem, RecordKind, RecordStream, Text};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::cell;
use super::layout::{HISTORY_COLUMNS, Layout, MEDIA_COLUMNS, METADATA_COLUMNS, Table};
use super::words::{Seen, Words};

/// Items and deliveries held for reuse; each takes some kilobytes.
const ITEMS: usize = 4096;
const STREAMS: usize = 4096;
const CLIENTS: usize = 4096;

/// Place of a column in `list`, found when this is compiled.
const fn place(list: &[&str], name: &str) -> usize {
    let mut i = 0;
    while i < list.len() {
        if same(list[i].as_bytes(), name.as_bytes()) {
            return i;
        }
        i += 1;
    }
    panic!("no such column")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Place of a column of `session_history`.
pub(super) const fn history(name: &str) -> usize {
    place(&HISTORY_COLUMNS, name)
}

/// Place of a column of `session_history_metadata`.
pub(super) const fn metadata(name: &str) -> usize {
    place(&METADATA_COLUMNS, name)
}

const fn media(name: &str) -> usize {
    place(&MEDIA_COLUMNS, name)
}

/// The device stands in these columns of `session_history`, one after the other.
const CLIENT: std::ops::Range<usize> = history("machine_id")..history("profile") + 1;

/// What a cell holds; NULL where the column does not exist.
pub(super) fn cell<'a>(row: &'a Row<'_>, place: usize) -> ValueRef<'a> {
    row.get_ref(place).unwrap_or(ValueRef::Null)
}

/// Builds parts, and hands out the same part for equal rows.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) words: Words,
    items: Seen<RecordItem>,
    streams: Seen<RecordStream>,
    clients: Seen<RecordClient>,
    raw: Vec<u8>,
    names: Names,
}

/// Names of fields that are not among the further columns.
#[derive(Debug)]
struct Names {
    media: Vec<(Text, usize)>,
}

impl Builder {
    pub(super) fn new(layout: &Layout) -> Self {
        // Everything but the id, which is the row's own, and the two that repeat the item.
        let named =
            (media("duration") + 1..MEDIA_COLUMNS.len()).map(|at| (Text::from(MEDIA_COLUMNS[at]), at));
        let mut media: Vec<(Text, usize)> = named.chain(layout.media.further.iter().cloned()).collect();
        media.sort();
        Self {
            words: Words::default(),
            items: Seen::new(ITEMS),
            streams: Seen::new(STREAMS),
            clients: Seen::new(CLIENTS),
            raw: Vec::new(),
            names: Names { media },
        }
    }

    /// The item, from its metadata and the keys of the history row. `kind` and `live` come decided.
    pub(super) fn item(
        &mut self,
        row: &Row<'_>,
        meta: &Row<'_>,
        table: &Table,
        kind: RecordKind,
    ) -> Arc<RecordItem> {
        let raw = &mut self.raw;
        raw.clear();
        raw.push(kind as u8);
        for at in [
            history("rating_key"),
            history("parent_rating_key"),
            history("grandparent_rating_key"),
        ] {
            write_raw(raw, cell(row, at));
        }
        for at in 1..table.width {
            write_raw(raw, cell(meta, at));
        }
        let words = &mut self.words;
        self.items.of(raw, || build_item(row, meta, table, kind, words))
    }

    pub(super) fn client(&mut self, row: &Row<'_>) -> Arc<RecordClient> {
        let raw = &mut self.raw;
        raw.clear();
        for at in CLIENT {
            write_raw(raw, cell(row, at));
        }
        let words = &mut self.words;
        let mut of = |at| cell::word(cell(row, at), words);
        self.clients.of(raw, || RecordClient {
            machine_id: of(history("machine_id")),
            player: of(history("player")),
            product: of(history("product")),
            product_version: of(history("product_version")),
            platform: of(history("platform")),
            platform_version: of(history("platform_version")),
            profile: of(history("profile")),
        })
    }

    /// The delivery. The media's own rating key and length are kept only where they are not the item's: else nearly
    /// every play would have a delivery of its own.
    pub(super) fn stream(&mut self, media_row: &Row<'_>, meta: &Row<'_>, table: &Table) -> Arc<RecordStream> {
        let own = |name_of_both: (usize, usize)| {
            let value = cell(media_row, name_of_both.0);
            (value != cell(meta, name_of_both.1)).then_some(value)
        };
        let rating_key = own((media("rating_key"), metadata("rating_key")));
        let duration = own((media("duration"), metadata("duration")));
        let raw = &mut self.raw;
        raw.clear();
        for value in [rating_key, duration] {
            write_raw(raw, value.unwrap_or(ValueRef::Null));
        }
        for at in media("duration") + 1..table.width {
            write_raw(raw, cell(media_row, at));
        }
        let (words, names) = (&mut self.words, &self.names.media);
        self.streams.of(raw, || {
            let mut fields = fields(media_row, names, words);
            for (name, value) in [("duration", duration), ("rating_key", rating_key)] {
                if let Some(value) = value.and_then(|v| cell::scalar(v, words)) {
                    fields.insert(words.of(name), value);
                }
            }
            build_stream(media_row, table, fields, words)
        })
    }
}

/// Bytes that differ whenever the values do.
fn write_raw(raw: &mut Vec<u8>, value: ValueRef<'_>) {
    let (kind, bytes) = match value {
        ValueRef::Null => return raw.push(0),
        ValueRef::Integer(i) => {
            raw.push(1);
            return raw.extend_from_slice(&i.to_le_bytes());
        }
        ValueRef::Real(r) => {
            raw.push(2);
            return raw.extend_from_slice(&r.to_le_bytes());
        }
        ValueRef::Text(bytes) => (3, bytes),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    raw.push(kind);
    raw.extend_from_slice(&bytes.len().to_le_bytes());
    raw.extend_from_slice(bytes);
}

fn fields(row: &Row<'_>, names: &[(Text, usize)], words: &mut Words) -> Fields {
    names
        .iter()
        .filter_map(|(name, at)| Some((name.clone(), cell::scalar(cell(row, *at), words)?)))
        .collect()
}

fn build_item(
    row: &Row<'_>,
    meta: &Row<'_>,
    table: &Table,
    kind: RecordKind,
    words: &mut Words,
) -> RecordItem {
    let int = |at| cell::int(cell(meta, at));
    let key = |own, of_meta| cell::int(cell(row, own)).or_else(|| int(of_meta));
    let mut text = |at| cell::word(cell(meta, at), words);
    let title = text(metadata("title"));
    let grandparent_title = text(metadata("grandparent_title"));
    let full_title = text(metadata("full_title"))
        .unwrap_or_else(|| full_title(title.as_ref(), grandparent_title.as_ref()));
    RecordItem {
        kind,
        live: cell::flag(cell(meta, metadata("live"))).unwrap_or(false),
        rating_key: key(history("rating_key"), metadata("rating_key")),
        parent_rating_key: key(history("parent_rating_key"), metadata("parent_rating_key")),
        grandparent_rating_key: key(
            history("grandparent_rating_key"),
            metadata("grandparent_rating_key"),
        ),
        guid: text(metadata("guid")),
        title,
        parent_title: text(metadata("parent_title")),
        grandparent_title,
        original_title: text(metadata("original_title")),
        full_title,
        media_index: int(metadata("media_index")),
        parent_media_index: int(metadata("parent_media_index")),
        year: int(metadata("year")),
        duration_ms: int(metadata("duration")),
        thumb: text(metadata("thumb")),
        originally_available_at: text(metadata("originally_available_at")),
        marker_credits_first_ms: int(metadata("marker_credits_first")),
        marker_credits_final_ms: int(metadata("marker_credits_final")),
        extra: fields(meta, &table.further, words),
    }
}

fn full_title(title: Option<&Text>, grandparent: Option<&Text>) -> Text {
    match (grandparent, title) {
        (Some(show), Some(title)) => format!("{show} - {title}").into(),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "".into(),
    }
}

fn build_stream(row: &Row<'_>, table: &Table, fields: Fields, words: &mut Words) -> RecordStream {
    let of = |at| cell::text(cell(row, at));
    let decision = if table.has(media("transcode_decision")) {
        of(media("transcode_decision")).and_then(|d| cell::decision(&d))
    } else {
        overall(
            of(media("video_decision")).as_deref(),
            of(media("audio_decision")).as_deref(),
        )
    };
    let source_resolution = if table.has(media("video_full_resolution")) {
        of(media("video_full_resolution")).map(|r| words.of(&r))
    } else {
        of(media("video_resolution")).map(|r| words.of(&full_resolution(&r)))
    };
    let told = match cell(row, media("stream_video_full_resolution")) {
        ValueRef::Null => None,
        other => Some(cell::word(other, words)),
    };
    let stream_resolution = told.unwrap_or_else(|| {
        let converted = of(media("video_decision")).is_some_and(|d| d == "transcode");
        if converted {
            Some(words.of(by_height(cell(row, media("transcode_height")))))
        } else {
            source_resolution.clone()
        }
    });
    RecordStream {
        decision,
        source_resolution,
        stream_resolution,
        fields,
    }
}

/// The decision of databases that only had one per stream.
fn overall(video: Option<&str>, audio: Option<&str>) -> Option<Decision> {
    let each = [video, audio].map(|d| d.and_then(cell::decision));
    [Decision::Transcode, Decision::Copy, Decision::DirectPlay]
        .into_iter()
        .find(|d| each.contains(&Some(*d)))
}

/// `1080p` of `1080`, by the rule Tautulli filled its column with.
fn full_resolution(resolution: &str) -> String {
    match resolution.to_ascii_lowercase().as_str() {
        "sd" => "SD".to_owned(),
        "4k" => "4k".to_owned(),
        _ => format!("{resolution}p"),
    }
}

/// The category of a converted stream whose resolution was not kept: by its height, without a letter behind it.
fn by_height(height: ValueRef<'_>) -> &'static str {
    let height = match height {
        ValueRef::Integer(i) => i as f64,
        ValueRef::Real(r) => r,
        _ => return "unknown",
    };
    [
        (360.0, "SD"),
        (480.0, "480"),
        (576.0, "576"),
        (720.0, "720"),
        (1080.0, "1080"),
        (1440.0, "QHD"),
        (2160.0, "4k"),
    ]
    .into_iter()
    .find(|(most, _)| height <= *most)
    .map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_fall_into_tautullis_classes() {
        for (height, expected) in [
            (ValueRef::Null, "unknown"),
            (ValueRef::Text(b""), "unknown"),
            (ValueRef::Integer(0), "SD"),
            (ValueRef::Integer(360), "SD"),
            (ValueRef::Integer(361), "480"),
            (ValueRef::Real(480.5), "576"),
            (ValueRef::Integer(720), "720"),
            (ValueRef::Integer(1080), "1080"),
            (ValueRef::Integer(1440), "QHD"),
            (ValueRef::Integer(2160), "4k"),
            (ValueRef::Integer(2161), "unknown"),
        ] {
            assert_eq!(by_height(height), expected, "{height:?}");
        }
    }

    #[test]
    fn old_decisions_and_resolutions_are_derived() {
        for (video, audio, expected) in [
            (Some("transcode"), Some("copy"), Some(Decision::Transcode)),
            (Some("copy"), Some("transcode"), Some(Decision::Transcode)),
            (Some("copy"), Some("direct play"), Some(Decision::Copy)),
            (Some("direct play"), None, Some(Decision::DirectPlay)),
            (None, Some("direct play"), Some(Decision::DirectPlay)),
            (Some(""), None, None),
        ] {
            assert_eq!(overall(video, audio), expected, "{video:?} {audio:?}");
        }
        for (resolution, expected) in [("sd", "SD"), ("4k", "4k"), ("720", "720p"), ("1080", "1080p")] {
            assert_eq!(full_resolution(resolution), expected);
        }
    }

    #[test]
    fn raw_bytes_tell_values_apart() {
        let values = [
            ValueRef::Null,
            ValueRef::Integer(0),
            ValueRef::Integer(1),
            ValueRef::Real(1.0),
            ValueRef::Text(b""),
            ValueRef::Text(b"1"),
            ValueRef::Blob(b"1"),
        ];
        let raw = |a: ValueRef<'_>, b: ValueRef<'_>| {
            let mut raw = Vec::new();
            write_raw(&mut raw, a);
            write_raw(&mut raw, b);
            raw
        };
        let mut all = std::collections::HashSet::new();
        for a in values {
            for b in values {
                assert!(all.insert(raw(a, b)), "{a:?} {b:?}");
            }
        }
        assert_ne!(
            raw(ValueRef::Text(b"ab"), ValueRef::Text(b"c")),
            raw(ValueRef::Text(b"a"), ValueRef::Text(b"bc"))
        );
    }
}
