//! Rows of the API as records. The API tells less than the database: what it does not tell is absent.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    Decision, Fields, Origin, Person, Record, RecordClient, RecordItem, RecordKind, RecordStream, Scalar,
    Section, SourceId, Text,
};
use serde_json::Value;

use super::Place;
use super::wire::{Row, int, list, text};

/// What belongs to a row beside the row itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside<'a> {
    /// `get_stream_data`.
    pub(super) stream: Option<&'a Row>,
    /// `get_metadata`; what is gone from Plex has none.
    pub(super) metadata: Option<&'a Row>,
    /// The library, if metadata does not tell.
    pub(super) section_id: Option<i64>,
}

/// Fields of `get_metadata` that Tautulli's database has too.
const ITEM_TEXTS: [&str; 8] = [
    "parent_thumb",
    "grandparent_thumb",
    "art",
    "content_rating",
    "summary",
    "tagline",
    "rating",
    "studio",
];
const ITEM_NUMBERS: [&str; 3] = ["added_at", "updated_at", "last_viewed_at"];
const ITEM_LISTS: [&str; 5] = ["directors", "writers", "actors", "genres", "labels"];

/// Fields of `get_stream_data` that are not of the delivery.
const NOT_OF_STREAM: [&str; 7] = [
    "quality_profile",
    "media_type",
    "title",
    "grandparent_title",
    "original_title",
    "current_session",
    "pre_tautulli",
];

/// Id and start of a row; a running session has none.
pub(super) fn place(row: &Row) -> Option<Place> {
    let id = int(row.get("row_id")).or_else(|| int(row.get("id")))?;
    Some((id, int(row.get("started")).unwrap_or(0)))
}

/// The row as a record, or why it cannot be one.
pub(super) fn record(row: &Row, beside: Beside<'_>, server: &SourceId) -> Result<Record, String> {
    let get_int = |key: &str| int(row.get(key));
    let get_text = |key: &str| text(row.get(key)).map(Text::from);
    let (id, started_s) = place(row).ok_or("it has no id")?;
    if id < 1 || u32::try_from(id).is_err() {
        return Err("its id is out of range".to_owned());
    }
    if started_s < 1 || u32::try_from(started_s).is_err() {
        return Err("it has no start that makes sense".to_owned());
    }
    let item = item(row, beside.metadata)?;
    // What it was before it was rounded is not told; this gives the same percentage again.
    let view_offset_ms = match (get_int("percent_complete"), item.duration_ms) {
        (Some(percent), Some(duration)) if duration > 0 && !item.live => Some(percent * duration / 100),
        _ => None,
    };
    let group = get_int("reference_id")
        .filter(|g| (1..=id).contains(g))
        .unwrap_or(id);
    let metadata_section = beside.metadata.and_then(|m| int(m.get("section_id")));
    let quality = beside.stream.and_then(|s| text(s.get("quality_profile")));
    Ok(Record {
        server: server.clone(),
        origin: Origin::Tautulli,
        origin_key: id.to_string().into(),
        wanted_id: Some((id, group)),
        started_ms: started_s * 1000,
        stopped_ms: get_int("stopped")
            .filter(|s| *s > 0)
            .map(|s| s.saturating_mul(1000)),
        paused_ms: get_int("paused_counter").map(|s| s.saturating_mul(1000)),
        buffering_ms: None,
        view_offset_ms,
        user_id: get_int("user_id"),
        user: get_text("user"),
        ip_address: get_text("ip_address"),
        section_id: metadata_section.or(beside.section_id),
        item: Arc::new(item),
        client: Arc::new(RecordClient {
            machine_id: get_text("machine_id"),
            player: get_text("player"),
            product: get_text("product"),
            product_version: get_text("product_version"),
            platform: get_text("platform"),
            platform_version: get_text("platform_version"),
            profile: get_text("profile"),
        }),
        stream: Arc::new(stream(row, beside.stream)),
        location: get_text("location"),
        secure: get_int("secure").map(|n| n != 0),
        relayed: get_int("relayed").map(|n| n != 0),
        bandwidth_kbps: get_int("bandwidth"),
        quality_profile: quality.map(Text::from),
        bytes: None,
        segments: Vec::new(),
    })
}

fn item(row: &Row, metadata: Option<&Row>) -> Result<RecordItem, String> {
    let get_int = |key: &str| int(row.get(key));
    let get_text = |key: &str| text(row.get(key)).map(Text::from);
    let kind = match get_text("media_type").as_deref() {
        Some("movie") => RecordKind::Movie,
        Some("episode") => RecordKind::Episode,
        Some("track") => RecordKind::Track,
        Some(other) => {
            let other: String = other.chars().take(40).collect();
            return Err(format!("\"{}\" is not kept in histories", other.escape_debug()));
        }
        None => return Err("it does not say what kind of thing was played".to_owned()),
    };
    let marker = |which: &str| {
        let Value::Array(markers) = metadata?.get("markers")? else {
            return None;
        };
        let of_credits = |m: &&Value| m.get("type").is_some_and(|t| t == "credits");
        let wanted = |m: &&Value| m.get(which).is_some_and(|v| v == true || v == 1);
        let marker = markers.iter().filter(of_credits).find(wanted)?;
        int(marker.get("start_time_offset"))
    };
    let title = get_text("title");
    Ok(RecordItem {
        kind,
        live: get_int("live").is_some_and(|n| n != 0),
        rating_key: get_int("rating_key"),
        parent_rating_key: get_int("parent_rating_key"),
        grandparent_rating_key: get_int("grandparent_rating_key"),
        guid: get_text("guid"),
        full_title: get_text("full_title")
            .or_else(|| title.clone())
            .unwrap_or_else(|| "".into()),
        title,
        parent_title: get_text("parent_title"),
        grandparent_title: get_text("grandparent_title"),
        original_title: get_text("original_title"),
        media_index: get_int("media_index"),
        parent_media_index: get_int("parent_media_index"),
        year: get_int("year"),
        duration_ms: metadata.and_then(|m| int(m.get("duration"))),
        thumb: get_text("thumb"),
        originally_available_at: get_text("originally_available_at"),
        marker_credits_first_ms: marker("first"),
        marker_credits_final_ms: marker("final"),
        extra: metadata.map(extra).unwrap_or_default(),
    })
}

fn extra(metadata: &Row) -> Fields {
    let word = |key: &&str| Some(((*key).into(), Scalar::Text(text(metadata.get(*key))?.into())));
    let number = |key: &&str| Some(((*key).into(), Scalar::Int(int(metadata.get(*key))?)));
    let joined = |key: &&str| Some(((*key).into(), Scalar::Text(list(metadata.get(*key))?.into())));
    let texts = ITEM_TEXTS.iter().filter_map(word);
    let numbers = ITEM_NUMBERS.iter().filter_map(number);
    texts
        .chain(numbers)
        .chain(ITEM_LISTS.iter().filter_map(joined))
        .collect()
}

fn stream(row: &Row, told: Option<&Row>) -> RecordStream {
    let decision_word = text(row.get("transcode_decision"));
    let mut fields: Fields = told.map(fields).unwrap_or_default();
    if let Some(word) = &decision_word {
        fields.insert("transcode_decision".into(), Scalar::Text(word.as_str().into()));
    }
    let get = |key: &str| told.and_then(|t| text(t.get(key)));
    let source_resolution = get("video_full_resolution").map(Text::from);
    let stream_resolution = get("stream_video_full_resolution").map(Text::from).or_else(|| {
        told?;
        if get("video_decision").as_deref() == Some("transcode") {
            Some(by_height(told.and_then(|t| int(t.get("stream_video_height")))).into())
        } else {
            source_resolution.clone()
        }
    });
    RecordStream {
        decision: decision_word.and_then(|word| match word.as_str() {
            "direct play" => Some(Decision::DirectPlay),
            "copy" => Some(Decision::Copy),
            "transcode" => Some(Decision::Transcode),
            _ => None,
        }),
        source_resolution,
        stream_resolution,
        fields,
    }
}

fn fields(told: &Row) -> Fields {
    let of_stream = told
        .iter()
        .filter(|(key, _)| !NOT_OF_STREAM.contains(&key.as_str()));
    of_stream
        .filter_map(|(key, value)| Some((key.as_str().into(), scalar(value)?)))
        .collect()
}

/// A value as it is; '' and null are absent.
fn scalar(value: &Value) -> Option<Scalar> {
    match value {
        Value::Number(n) => n
            .as_i64()
            .map(Scalar::Int)
            .or_else(|| Some(Scalar::Text(n.to_string().into()))),
        Value::String(s) => (!s.is_empty()).then(|| Scalar::Text(s.as_str().into())),
        _ => None,
    }
}

/// Tautulli's class of a converted stream whose resolution was not kept.
fn by_height(height: Option<i64>) -> &'static str {
    match height {
        Some(..=360) => "SD",
        Some(..=480) => "480",
        Some(..=576) => "576",
        Some(..=720) => "720",
        Some(..=1080) => "1080",
        Some(..=1440) => "QHD",
        Some(..=2160) => "4k",
        _ => "unknown",
    }
}

/// A row of `get_users`. No field that opens anything is taken.
pub(super) fn person(row: &Row) -> Option<Person> {
    let named = ["user_id", "username", "friendly_name", "thumb", "user_thumb"];
    let mut fields = exact_fields(row, &named);
    fields.insert("deleted_user".into(), Scalar::Int(0));
    if let Some(libraries) = row.get("shared_libraries") {
        let joined = list(Some(libraries)).unwrap_or_default();
        fields.insert("shared_libraries".into(), Scalar::Text(joined.into()));
    }
    let get = |key: &str| text(row.get(key)).map(Text::from);
    Some(Person {
        user_id: int(row.get("user_id"))?,
        username: get("username"),
        friendly_name: get("friendly_name"),
        thumb: get("thumb"),
        fields,
    })
}

/// Columns of Tautulli's table of libraries that `get_libraries_table` shows, by the name it shows them under.
const SECTION_FIELDS: [(&str, &str); 11] = [
    ("row_id", "row_id"),
    ("server_id", "server_id"),
    ("count", "count"),
    ("parent_count", "parent_count"),
    ("child_count", "child_count"),
    ("library_thumb", "thumb"),
    ("library_art", "art"),
    ("do_notify", "do_notify"),
    ("do_notify_created", "do_notify_created"),
    ("keep_history", "keep_history"),
    ("is_active", "is_active"),
];

/// A row of `get_libraries_table`.
pub(super) fn section(row: &Row) -> Option<Section> {
    let field = |(shown, name): &(&str, &str)| Some(((*name).into(), exact(row.get(*shown)?)?));
    let mut fields: Fields = SECTION_FIELDS.iter().filter_map(field).collect();
    fields.insert("deleted_section".into(), Scalar::Int(0));
    let get = |key: &str| text(row.get(key)).map(Text::from);
    Some(Section {
        section_id: int(row.get("section_id"))?,
        name: get("section_name"),
        kind: get("section_type"),
        fields,
    })
}

fn exact_fields(row: &Row, without: &[&str]) -> BTreeMap<Text, Scalar> {
    let secret = |key: &str| ["token", "password", "secret"].iter().any(|s| key.contains(s));
    row.iter()
        .filter(|(key, _)| !without.contains(&key.as_str()) && !secret(key))
        .filter_map(|(key, value)| Some((key.as_str().into(), exact(value)?)))
        .collect()
}

/// A value as it is, where '' is not the same as null.
fn exact(value: &Value) -> Option<Scalar> {
    match value {
        Value::String(s) => Some(Scalar::Text(s.as_str().into())),
        Value::Bool(b) => Some(Scalar::Int(i64::from(*b))),
        other => scalar(other),
    }
}
