//! Tautulli databases made for a test, and what a history holds, to compare.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use base::Clock;
use history::import::tautulli::{self, Options, Progress, Refusal, Report, Watch};
use history::{Error, History, Settings, StoredPlay};
use model::SourceId;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

/// Columns of the three tables in version 2.17, by what `SQLite` makes of their types.
const HISTORY: (&str, &str) = (
    "reference_id started stopped rating_key user_id paused_counter bandwidth secure relayed parent_rating_key \
     grandparent_rating_key section_id view_offset",
    "user ip_address player product product_version platform platform_version profile machine_id location \
     quality_profile media_type",
);
const METADATA: (&str, &str) = (
    "rating_key parent_rating_key grandparent_rating_key media_index parent_media_index year added_at updated_at \
     last_viewed_at duration live marker_credits_first marker_credits_final",
    "title parent_title grandparent_title original_title full_title thumb parent_thumb grandparent_thumb art \
     media_type originally_available_at content_rating summary tagline rating guid directors writers actors genres \
     studio labels channel_call_sign channel_title",
);
const MEDIA: (&str, &str) = (
    "rating_key duration bitrate width height video_bitrate audio_channels transcode_height transcode_width \
     stream_bitrate stream_video_height synced_version optimized_version",
    "video_decision audio_decision transcode_decision container video_codec video_resolution video_full_resolution \
     aspect_ratio audio_codec stream_video_full_resolution stream_video_resolution stream_container \
     stream_video_codec",
);

/// What a test writes into a column.
pub(crate) trait Cell {
    fn cell(self) -> Value;
}

impl Cell for Value {
    fn cell(self) -> Value {
        self
    }
}

impl Cell for &str {
    fn cell(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Cell for String {
    fn cell(self) -> Value {
        Value::Text(self)
    }
}

impl Cell for i64 {
    fn cell(self) -> Value {
        Value::Integer(self)
    }
}

impl Cell for f64 {
    fn cell(self) -> Value {
        Value::Real(self)
    }
}

pub(crate) type Row = BTreeMap<&'static str, Value>;

/// One play in its three rows.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub(crate) id: i64,
    pub(crate) history: Row,
    pub(crate) metadata: Option<Row>,
    pub(crate) media: Option<Row>,
}

impl Play {
    /// A film watched half through.
    pub(crate) fn movie(id: i64, started: i64) -> Self {
        let int = |i: i64| Value::Integer(i);
        let text = |t: &str| Value::Text(t.to_owned());
        Self {
            id,
            history: Row::from([
                ("reference_id", int(id)),
                ("started", int(started)),
                ("stopped", int(started + 3600)),
                ("paused_counter", int(60)),
                ("rating_key", int(100)),
                ("parent_rating_key", text("")),
                ("grandparent_rating_key", text("")),
                ("media_type", text("movie")),
                ("user_id", int(7)),
                ("user", text("ann")),
                ("ip_address", text("192.168.1.5")),
                ("player", text("Den")),
                ("product", text("Plex for Roku")),
                ("platform", text("Roku")),
                ("machine_id", text("m1")),
                ("location", text("lan")),
                ("secure", int(1)),
                ("relayed", int(0)),
                ("section_id", int(1)),
                ("view_offset", int(3_540_000)),
                ("bandwidth", int(9000)),
                ("quality_profile", text("Original")),
            ]),
            metadata: Some(Row::from([
                ("rating_key", int(100)),
                ("title", text("Silt")),
                ("full_title", text("Silt")),
                ("media_type", text("movie")),
                ("year", int(2001)),
                ("duration", int(7_200_000)),
                ("live", int(0)),
                ("guid", text("plex://movie/1")),
                ("summary", text("Mud.")),
                ("media_index", text("")),
            ])),
            media: Some(Row::from([
                ("rating_key", int(100)),
                ("duration", int(7_200_000)),
                ("video_decision", text("direct play")),
                ("audio_decision", text("direct play")),
                ("transcode_decision", text("direct play")),
                ("video_resolution", text("1080")),
                ("video_full_resolution", text("1080p")),
                ("stream_video_full_resolution", text("1080p")),
                ("aspect_ratio", text("1.78")),
                ("bitrate", int(9000)),
            ])),
        }
    }

    pub(crate) fn with(mut self, column: &'static str, value: impl Cell) -> Self {
        self.history.insert(column, value.cell());
        self
    }

    pub(crate) fn meta(mut self, column: &'static str, value: impl Cell) -> Self {
        self.metadata.as_mut().unwrap().insert(column, value.cell());
        self
    }

    pub(crate) fn media(mut self, column: &'static str, value: impl Cell) -> Self {
        self.media.as_mut().unwrap().insert(column, value.cell());
        self
    }
}

/// `table (id …)` with columns of these types.
fn table(name: &str, (ints, texts): (&str, &str), without: &[&str]) -> String {
    let typed = |list: &str, of: &str| -> Vec<String> {
        list.split_whitespace()
            .filter(|c| !without.contains(c))
            .map(|c| format!("{c} {of}"))
            .collect()
    };
    let columns = [typed(ints, "INTEGER"), typed(texts, "TEXT")].concat().join(", ");
    format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY, {columns});")
}

/// Makes a database without some columns, written `table.column`.
pub(crate) fn database(path: &Path, without: &[&str], plays: &[Play]) -> Connection {
    let conn = Connection::open(path).unwrap();
    let of = |table: &str| -> Vec<&str> {
        let prefix = format!("{table}.");
        without
            .iter()
            .filter_map(|w| w.strip_prefix(prefix.as_str()))
            .collect()
    };
    let names = [
        "session_history",
        "session_history_metadata",
        "session_history_media_info",
    ];
    for (name, columns) in names.into_iter().zip([HISTORY, METADATA, MEDIA]) {
        conn.execute_batch(&table(name, columns, &of(name))).unwrap();
    }
    conn.execute_batch(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE, username TEXT, friendly_name TEXT,
           thumb TEXT, custom_avatar_url TEXT, email TEXT, is_admin INTEGER, deleted_user INTEGER,
           user_token TEXT, server_token TEXT, filter_all TEXT);
         CREATE TABLE library_sections (id INTEGER PRIMARY KEY, server_id TEXT, section_id INTEGER,
           section_name TEXT, section_type TEXT, is_active INTEGER, deleted_section INTEGER);
         INSERT INTO users VALUES (1, 0, 'Local', NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL),
           (4, 7, 'ann', 'Ann', '/a.png', NULL, 'ann@example.invalid', 1, 0, 'tok-user', 'tok-server', ''),
           (5, 8, 'bob', ' ', NULL, NULL, NULL, 0, 1, 'tok-user', 'tok-server', '');
         INSERT INTO library_sections VALUES (1, 'srv-old', 1, 'Old films', 'movie', 0, 1),
           (2, 'srv', 1, 'Films', 'movie', 1, 0), (3, 'srv', 2, 'Gone', 'show', 0, 1);",
    )
    .unwrap();
    conn.execute_batch(
        "CREATE TABLE version_info (key TEXT UNIQUE, value TEXT);
         INSERT INTO version_info VALUES ('version', 'v2.17.2');",
    )
    .unwrap();
    conn.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    for play in plays {
        add(&conn, play);
    }
    conn.execute_batch("COMMIT").unwrap();
    conn
}

pub(crate) fn add(conn: &Connection, play: &Play) {
    let tables = [
        ("session_history", Some(&play.history)),
        ("session_history_metadata", play.metadata.as_ref()),
        ("session_history_media_info", play.media.as_ref()),
    ];
    for (table, row) in tables {
        let Some(row) = row else { continue };
        let has: Vec<String> = conn
            .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |r| r.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let row: Vec<_> = row
            .iter()
            .filter(|(c, _)| has.contains(&(**c).to_owned()))
            .collect();
        let columns: Vec<&str> = row.iter().map(|(c, _)| **c).collect();
        let marks: Vec<&str> = row.iter().map(|_| "?").collect();
        let sql = format!(
            "INSERT INTO {table} (id, {}) VALUES ({}, {})",
            columns.join(", "),
            play.id,
            marks.join(", ")
        );
        conn.execute(
            &sql,
            rusqlite::params_from_iter(row.iter().map(|(_, v)| (*v).clone())),
        )
        .unwrap();
    }
}

/// Plays like those of a household: several viewers and films, some continued.
pub(crate) fn household(n: i64) -> Vec<Play> {
    (1..=n)
        .map(|id| {
            let group = if id % 5 == 0 { id - 1 } else { id };
            let viewer = if id % 5 == 0 { id - 1 } else { id } % 3;
            Play::movie(id, 1_700_000_000 + id * 5000)
                .with("reference_id", group)
                .with("user_id", 7 + viewer)
                .with("user", format!("user{viewer}"))
                .meta("title", format!("Film {}", id % 17))
                .meta("full_title", format!("Film {}", id % 17))
        })
        .collect()
}

/// A history in a directory of its own.
pub(crate) struct Room {
    pub(crate) dir: TempDir,
    pub(crate) history: History,
}

impl Room {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path(), Settings::default()).unwrap();
        Self { dir, history }
    }

    /// A file beside the history.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn options(&self) -> Options {
        let scratch = self.file("scratch");
        Options {
            chunk_rows: 7,
            ..Options::new(server(), scratch, Clock::system())
        }
    }

    pub(crate) fn import(&self, path: &Path) -> Result<Report, Error> {
        tautulli::run(&self.history, path, &self.options(), &mut ())
    }

    /// A database of these plays, imported.
    pub(crate) fn with(plays: &[Play]) -> (Self, Report) {
        let room = Self::new();
        let path = room.file("tautulli.db");
        database(&path, &[], plays);
        let report = room.import(&path).unwrap();
        (room, report)
    }

    /// Everything it holds, by id.
    pub(crate) fn plays(&self) -> Vec<StoredPlay> {
        self.history
            .read(|view| {
                let columns = view.columns;
                let ids: Vec<u32> = columns.rows().map(|row| columns.id(row)).collect();
                view.stored(&ids)
            })
            .unwrap()
    }

    pub(crate) fn play(&self, id: u32) -> StoredPlay {
        self.plays().into_iter().find(|p| p.id == id).unwrap()
    }
}

pub(crate) fn server() -> SourceId {
    SourceId::from("attic")
}

/// Without times and counts that differ between two imports of the same.
pub(crate) fn ids(report: &Report) -> (u64, u64, u64, u64) {
    (report.added, report.known, report.skipped, report.refused)
}

/// Stops after some transactions.
pub(crate) struct StopAfter(pub(crate) u32);

impl Watch for StopAfter {
    fn progress(&mut self, _: &Progress) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn refused(&mut self, _: &Refusal) {}
}
