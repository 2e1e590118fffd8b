//! Which columns a Tautulli database has: they grew over the years.

use std::path::Path;

use model::Text;
use rusqlite::Connection;

use super::file::{refused, sql};
use crate::Error;

pub(super) const HISTORY: &str = "session_history";
pub(super) const METADATA: &str = "session_history_metadata";
pub(super) const MEDIA: &str = "session_history_media_info";

/// Columns of `session_history`, in the order they are read. One that is missing reads as NULL.
pub(super) const HISTORY_COLUMNS: [&str; 26] = [
    "id",
    "reference_id",
    "started",
    "stopped",
    "rating_key",
    "parent_rating_key",
    "grandparent_rating_key",
    "media_type",
    "user_id",
    "user",
    "ip_address",
    "paused_counter",
    "view_offset",
    "section_id",
    "bandwidth",
    "location",
    "quality_profile",
    "secure",
    "relayed",
    "machine_id",
    "player",
    "product",
    "product_version",
    "platform",
    "platform_version",
    "profile",
];

/// Columns of `session_history_metadata` that a record has a place for; all others follow them.
pub(super) const METADATA_COLUMNS: [&str; 22] = [
    "id",
    "rating_key",
    "parent_rating_key",
    "grandparent_rating_key",
    "media_type",
    "live",
    "guid",
    "title",
    "parent_title",
    "grandparent_title",
    "original_title",
    "full_title",
    "media_index",
    "parent_media_index",
    "year",
    "duration",
    "thumb",
    "originally_available_at",
    "marker_credits_first",
    "marker_credits_final",
    // Here, not in session_history, before Tautulli 2.7.
    "section_id",
    // Of the same time, and the same as section_id.
    "library_id",
];

/// Columns of `session_history_media_info` that something is made from; all others follow them.
pub(super) const MEDIA_COLUMNS: [&str; 10] = [
    "id",
    "rating_key",
    "duration",
    "transcode_decision",
    "video_decision",
    "audio_decision",
    "video_full_resolution",
    "video_resolution",
    "stream_video_full_resolution",
    "transcode_height",
];

/// How to read one table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// `SELECT … WHERE id > ?1 ORDER BY id`.
    pub(super) select: String,
    /// Further columns by name, and where they stand in the selection; in the order of their names.
    pub(super) further: Vec<(Text, usize)>,
    /// Number of columns selected.
    pub(super) width: usize,
    has: Vec<bool>,
}

impl Table {
    /// True if the named column at this place exists.
    pub(super) fn has(&self, place: usize) -> bool {
        self.has.get(place).copied().unwrap_or(false)
    }

    fn new(table: &str, existing: &[String], named: &[&str], and_further: bool) -> Self {
        let exists = |name: &str| existing.iter().any(|c| c.eq_ignore_ascii_case(name));
        let mut columns: Vec<String> = named
            .iter()
            .map(|name| {
                if exists(name) {
                    quoted(name)
                } else {
                    "NULL".to_owned()
                }
            })
            .collect();
        let mut further = Vec::new();
        if and_further {
            let unnamed = |c: &&String| !named.iter().any(|n| c.eq_ignore_ascii_case(n));
            for column in existing.iter().filter(unnamed) {
                further.push((Text::from(column.to_ascii_lowercase()), columns.len()));
                columns.push(quoted(column));
            }
        }
        further.sort();
        Self {
            select: format!(
                "SELECT {} FROM {table} WHERE id > ?1 ORDER BY id",
                columns.join(", ")
            ),
            further,
            width: columns.len(),
            has: named.iter().map(|name| exists(name)).collect(),
        }
    }
}

/// How to read the history.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) history: Table,
    pub(super) metadata: Table,
    pub(super) media: Table,
    /// `v2.17.2`; absent in databases from before 2.6.11.
    pub(super) version: Option<String>,
}

/// Finds out what the database holds; refuses one that is not Tautulli's.
pub(super) fn of(conn: &Connection, path: &Path) -> Result<Layout, Error> {
    let history = columns(conn, path, HISTORY)?;
    let metadata = columns(conn, path, METADATA)?;
    let media = columns(conn, path, MEDIA)?;
    for (table, columns) in [(HISTORY, &history), (METADATA, &metadata), (MEDIA, &media)] {
        if columns.is_empty() {
            let what = format!("it is no Tautulli database: there is no table {table}");
            return Err(refused(path, &what));
        }
        if !columns.iter().any(|c| c == "id") || (table == HISTORY && !columns.iter().any(|c| c == "started"))
        {
            let what = format!("its table {table} is not laid out as Tautulli's");
            return Err(refused(path, &what));
        }
    }
    let version = if columns(conn, path, "version_info")?.is_empty() {
        None
    } else {
        conn.query_row(
            "SELECT value FROM version_info WHERE key = 'version'",
            [],
            |row| row.get(0),
        )
        .ok()
    };
    Ok(Layout {
        history: Table::new(HISTORY, &history, &HISTORY_COLUMNS, false),
        metadata: Table::new(METADATA, &metadata, &METADATA_COLUMNS, true),
        media: Table::new(MEDIA, &media, &MEDIA_COLUMNS, true),
        version,
    })
}

/// Names of a table's columns; none if there is no such table.
pub(super) fn columns(conn: &Connection, path: &Path, table: &str) -> Result<Vec<String>, Error> {
    let failed = |e| sql(path, e);
    let mut statement = conn
        .prepare("SELECT name FROM pragma_table_info(?1)")
        .map_err(failed)?;
    let names = statement.query_map([table], |row| row.get(0)).map_err(failed)?;
    names.collect::<Result<_, _>>().map_err(failed)
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
