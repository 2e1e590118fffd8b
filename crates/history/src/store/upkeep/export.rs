//! Every play as text, one line each.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use model::{Fields, Reason, Segment};
use rusqlite::Connection;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::super::fields::AsJson;
use super::super::stored::{PLAY, Reader};
use super::super::words;
use crate::{Error, StoredPlay};

/// How plays are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180 with a header; what is a list or has names of its own is JSON within its cell.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

const DOING: &str = "exporting the history";

/// `only`: the plays with these ids, in this order, instead of all.
pub(super) fn export(
    conn: &Connection,
    format: ExportFormat,
    only: Option<&[u32]>,
    out: &mut dyn Write,
) -> Result<u64, Error> {
    // One reading for all, so that the plays are those of one moment.
    let moment = conn.unchecked_transaction().map_err(Error::sql(DOING))?;
    let mut out = BufWriter::new(out);
    let mut reader = Reader::new(&moment);
    let mut count = 0;
    if format == ExportFormat::Csv {
        write_csv(&mut out, COLUMNS.iter().map(|(name, _)| Cow::Borrowed(*name))).map_err(file)?;
    }
    let mut write = |play: &StoredPlay| {
        count += 1;
        match format {
            ExportFormat::Csv => write_csv(&mut out, COLUMNS.iter().map(|(_, cell)| cell(play).text())),
            ExportFormat::JsonLines => write_json(&mut out, play),
        }
        .map_err(file)
    };
    if let Some(ids) = only {
        for id in ids {
            if let Some(play) = reader.play(*id)? {
                write(&play)?;
            }
        }
    } else {
        let mut statement = moment
            .prepare(&format!("{PLAY} ORDER BY p.id"))
            .map_err(Error::sql(DOING))?;
        let mut rows = statement.query([]).map_err(Error::sql(DOING))?;
        while let Some(row) = rows.next().map_err(Error::sql(DOING))? {
            write(&reader.of(row)?)?;
        }
    }
    out.flush().map_err(file)?;
    Ok(count)
}

fn file(source: io::Error) -> Error {
    Error::File {
        doing: "writing the export of the history to",
        path: "its output".into(),
        source,
    }
}

/// One value of a play.
enum Cell<'a> {
    Number(Option<i64>),
    Text(Option<&'a str>),
    Flag(Option<bool>),
    Fields(&'a Fields),
    Segments(&'a [Segment]),
}

/// A value's name and the way to it.
type Column = (&'static str, for<'a> fn(&'a StoredPlay) -> Cell<'a>);

/// Everything about a play. Names and order are what others parse: new ones go to the end.
const COLUMNS: [Column; 52] = [
    ("id", |p| Cell::Number(Some(p.id.into()))),
    ("group_id", |p| Cell::Number(Some(p.group_id.into()))),
    ("server", |p| Cell::Text(Some(p.record.server.as_str()))),
    ("origin", |p| Cell::Text(Some(p.record.origin.as_str()))),
    ("origin_key", |p| Cell::Text(Some(&p.record.origin_key))),
    ("started_ms", |p| Cell::Number(Some(p.record.started_ms))),
    ("stopped_ms", |p| Cell::Number(p.record.stopped_ms)),
    ("paused_ms", |p| Cell::Number(p.record.paused_ms)),
    ("buffering_ms", |p| Cell::Number(p.record.buffering_ms)),
    ("view_offset_ms", |p| Cell::Number(p.record.view_offset_ms)),
    ("user_id", |p| Cell::Number(p.record.user_id)),
    ("user", |p| Cell::Text(p.record.user.as_deref())),
    ("ip_address", |p| Cell::Text(p.record.ip_address.as_deref())),
    ("section_id", |p| Cell::Number(p.record.section_id)),
    ("location", |p| Cell::Text(p.record.location.as_deref())),
    ("secure", |p| Cell::Flag(p.record.secure)),
    ("relayed", |p| Cell::Flag(p.record.relayed)),
    ("bandwidth_kbps", |p| Cell::Number(p.record.bandwidth_kbps)),
    ("quality_profile", |p| {
        Cell::Text(p.record.quality_profile.as_deref())
    }),
    ("bytes", |p| {
        Cell::Number(p.record.bytes.and_then(|b| i64::try_from(b).ok()))
    }),
    ("kind", |p| Cell::Text(Some(p.record.item.kind.as_str()))),
    ("live", |p| Cell::Flag(Some(p.record.item.live))),
    ("rating_key", |p| Cell::Number(p.record.item.rating_key)),
    ("parent_rating_key", |p| {
        Cell::Number(p.record.item.parent_rating_key)
    }),
    ("grandparent_rating_key", |p| {
        Cell::Number(p.record.item.grandparent_rating_key)
    }),
    ("guid", |p| Cell::Text(p.record.item.guid.as_deref())),
    ("title", |p| Cell::Text(p.record.item.title.as_deref())),
    ("parent_title", |p| {
        Cell::Text(p.record.item.parent_title.as_deref())
    }),
    ("grandparent_title", |p| {
        Cell::Text(p.record.item.grandparent_title.as_deref())
    }),
    ("original_title", |p| {
        Cell::Text(p.record.item.original_title.as_deref())
    }),
    ("full_title", |p| Cell::Text(Some(&p.record.item.full_title))),
    ("media_index", |p| Cell::Number(p.record.item.media_index)),
    ("parent_media_index", |p| {
        Cell::Number(p.record.item.parent_media_index)
    }),
    ("year", |p| Cell::Number(p.record.item.year)),
    ("duration_ms", |p| Cell::Number(p.record.item.duration_ms)),
    ("thumb", |p| Cell::Text(p.record.item.thumb.as_deref())),
    ("originally_available_at", |p| {
        Cell::Text(p.record.item.originally_available_at.as_deref())
    }),
    ("marker_credits_first_ms", |p| {
        Cell::Number(p.record.item.marker_credits_first_ms)
    }),
    ("marker_credits_final_ms", |p| {
        Cell::Number(p.record.item.marker_credits_final_ms)
    }),
    ("item", |p| Cell::Fields(&p.record.item.extra)),
    ("machine_id", |p| {
        Cell::Text(p.record.client.machine_id.as_deref())
    }),
    ("player", |p| Cell::Text(p.record.client.player.as_deref())),
    ("product", |p| Cell::Text(p.record.client.product.as_deref())),
    ("product_version", |p| {
        Cell::Text(p.record.client.product_version.as_deref())
    }),
    ("platform", |p| Cell::Text(p.record.client.platform.as_deref())),
    ("platform_version", |p| {
        Cell::Text(p.record.client.platform_version.as_deref())
    }),
    ("profile", |p| Cell::Text(p.record.client.profile.as_deref())),
    ("decision", |p| {
        Cell::Text(p.record.stream.decision.map(words::decision))
    }),
    ("source_resolution", |p| {
        Cell::Text(p.record.stream.source_resolution.as_deref())
    }),
    ("stream_resolution", |p| {
        Cell::Text(p.record.stream.stream_resolution.as_deref())
    }),
    ("stream", |p| Cell::Fields(&p.record.stream.fields)),
    ("segments", |p| Cell::Segments(&p.record.segments)),
];

impl<'a> Cell<'a> {
    /// For a table's cell; what is not known is empty.
    fn text(self) -> Cow<'a, str> {
        match self {
            Self::Number(number) => number.map_or(Cow::Borrowed(""), |n| Cow::Owned(n.to_string())),
            Self::Text(text) => Cow::Borrowed(text.unwrap_or_default()),
            Self::Flag(flag) => Cow::Borrowed(flag.map_or("", |f| if f { "1" } else { "0" })),
            // Scalars under text keys can always be written.
            json => Cow::Owned(serde_json::to_string(&json).unwrap_or_default()),
        }
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(json),
            Self::Text(text) => text.serialize(json),
            Self::Flag(flag) => flag.serialize(json),
            Self::Fields(fields) => AsJson(fields).serialize(json),
            Self::Segments(segments) => json.collect_seq(segments.iter().map(Stretch)),
        }
    }
}

/// A stretch of one quality.
struct Stretch<'a>(&'a Segment);

impl Serialize for Stretch<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let s = self.0;
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("started_ms", &s.started_at.as_millisecond())?;
        map.serialize_entry("played_ms", &s.played_ms)?;
        map.serialize_entry("decision", &s.decision.map(words::decision))?;
        map.serialize_entry("resolution", &s.resolution.as_deref())?;
        map.serialize_entry("bitrate_bps", &s.bitrate_bps)?;
        map.serialize_entry("video_codec", &s.video_codec.as_deref())?;
        map.serialize_entry("audio_codec", &s.audio_codec.as_deref())?;
        let reasons: Vec<_> = s.reasons.iter().copied().map(Reason::as_str).collect();
        map.serialize_entry("reasons", &reasons)?;
        map.end()
    }
}

/// A line of RFC 4180.
fn write_csv<'a>(out: &mut impl Write, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\r', '\n']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

fn write_json(out: &mut impl Write, play: &StoredPlay) -> io::Result<()> {
    let mut json = serde_json::Serializer::new(&mut *out);
    let named = COLUMNS.iter().map(|(name, cell)| (name, cell(play)));
    json.collect_map(named)?;
    out.write_all(b"\n")
}
