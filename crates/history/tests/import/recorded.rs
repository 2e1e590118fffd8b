//! A database that a real Tautulli wrote, if one is at hand.

use std::path::PathBuf;

use history::import::tautulli::{self, Options};
use rusqlite::{Connection, OpenFlags};

use crate::build::{Room, ids};

fn recorded() -> Option<PathBuf> {
    let shared = PathBuf::from(std::env::var_os("PROJECTIONIST_SHARED")?);
    Some(shared.join("captures/tautulli/tautulli-2k.db"))
}

#[test]
fn a_real_database_comes_over_whole() {
    let Some(path) = recorded() else { return };
    let room = Room::new();
    let options = Options {
        chunk_rows: 300,
        ..room.options()
    };
    let import = || tautulli::run(&room.history, &path, &options, &mut ()).unwrap();
    let report = import();
    assert_eq!(ids(&report), (2000, 0, 0, 0));
    assert_eq!((report.people, report.libraries), (13, 7));
    assert_eq!(report.version.as_deref(), Some("v2.17.2"));
    assert_eq!(room.history.columns().group_count(), 1654);
    let before = room.plays();
    let again = import();
    assert_eq!(
        (again.added, again.known + again.skipped, again.refused),
        (0, 2000, 0)
    );
    assert_eq!(room.plays(), before);
    assert_sums(&room, &path);
}

/// Sums over raw rows, by another way than the import's.
fn assert_sums(room: &Room, path: &std::path::Path) {
    let uri = format!("file:{}?immutable=1", path.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(uri, flags).unwrap();
    let one = |sql: &str| -> i64 { conn.query_row(sql, [], |row| row.get(0)).unwrap() };
    let plays = room.plays();
    let sum = |of: &dyn Fn(&model::Record) -> i64| -> i64 { plays.iter().map(|p| of(&p.record)).sum() };
    let h = "session_history h JOIN session_history_metadata m USING (id) JOIN session_history_media_info i USING (id)";
    for (sql, found) in [
        ("SUM(h.started)", sum(&|r| r.started_ms / 1000)),
        ("SUM(h.stopped)", sum(&|r| r.stopped_ms.unwrap_or(0) / 1000)),
        ("SUM(h.paused_counter)", sum(&|r| r.paused_ms.unwrap_or(0) / 1000)),
        (
            "SUM(CAST(h.view_offset AS INTEGER))",
            sum(&|r| r.view_offset_ms.unwrap_or(0)),
        ),
        ("SUM(h.user_id)", sum(&|r| r.user_id.unwrap_or(0))),
        ("SUM(h.section_id)", sum(&|r| r.section_id.unwrap_or(0))),
        (
            "SUM(h.reference_id)",
            plays.iter().map(|p| i64::from(p.group_id)).sum(),
        ),
        ("SUM(m.live)", sum(&|r| i64::from(r.item.live))),
        ("SUM(CAST(m.year AS INTEGER))", sum(&|r| r.item.year.unwrap_or(0))),
        (
            "SUM(CAST(m.duration AS INTEGER))",
            sum(&|r| r.item.duration_ms.unwrap_or(0)),
        ),
        (
            "SUM(LENGTH(m.full_title))",
            sum(&|r| i64::try_from(r.item.full_title.chars().count()).unwrap()),
        ),
        (
            "SUM(i.transcode_decision = 'transcode')",
            sum(&|r| i64::from(r.stream.decision == Some(model::Decision::Transcode))),
        ),
        (
            "SUM(LENGTH(COALESCE(i.video_full_resolution, '')))",
            sum(&|r| {
                r.stream
                    .source_resolution
                    .as_deref()
                    .map_or(0, |t| i64::try_from(t.len()).unwrap())
            }),
        ),
    ] {
        assert_eq!(found, one(&format!("SELECT {sql} FROM {h}")), "{sql}");
    }
}
