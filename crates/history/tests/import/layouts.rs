//! Databases from other years.

use std::path::Path;

use model::Decision;
use rusqlite::types::Value;

use crate::build::{Play, Room, database, household, ids};

/// What did not exist in version 2.1.
const OLD: [&str; 20] = [
    "session_history.section_id",
    "session_history.secure",
    "session_history.relayed",
    "session_history.bandwidth",
    "session_history.location",
    "session_history.quality_profile",
    "session_history.product",
    "session_history.product_version",
    "session_history_metadata.live",
    "session_history_metadata.labels",
    "session_history_metadata.marker_credits_first",
    "session_history_metadata.marker_credits_final",
    "session_history_metadata.original_title",
    "session_history_media_info.transcode_decision",
    "session_history_media_info.video_full_resolution",
    "session_history_media_info.stream_video_full_resolution",
    "session_history_media_info.stream_video_resolution",
    "session_history_media_info.stream_container",
    "session_history_media_info.stream_video_codec",
    "session_history_media_info.synced_version",
];

fn old(path: &Path, plays: &[Play], more: &[&str]) {
    let without = [OLD.as_slice(), more].concat();
    let conn = database(path, &without, plays);
    conn.execute_batch(
        "ALTER TABLE session_history_metadata ADD COLUMN section_id INTEGER;
         UPDATE session_history_metadata SET section_id = 3;
         DROP TABLE version_info;",
    )
    .unwrap();
}

#[test]
fn a_database_of_2_1_fills_what_it_can() {
    let room = Room::new();
    let path = room.file("old.db");
    let plays = [
        Play::movie(1, 1_500_000_000),
        Play::movie(2, 1_500_010_000)
            .media("video_decision", "copy")
            .media("audio_decision", "transcode")
            .media("transcode_height", 480)
            .media("video_resolution", "4k"),
        Play::movie(3, 1_500_020_000)
            .media("video_decision", "transcode")
            .media("transcode_height", 480)
            .media("video_resolution", "sd"),
        Play::movie(4, 1_500_030_000)
            .media("video_decision", Value::Null)
            .media("audio_decision", "")
            .media("video_resolution", ""),
    ];
    old(&path, &plays, &[]);
    let report = room.import(&path).unwrap();
    assert_eq!((ids(&report), report.version), ((4, 0, 0, 0), None));
    let stored = room.plays();
    let streams: Vec<_> = stored
        .iter()
        .map(|p| {
            let s = &p.record.stream;
            (
                s.decision,
                s.source_resolution.as_deref(),
                s.stream_resolution.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        streams,
        [
            (Some(Decision::DirectPlay), Some("1080p"), Some("1080p")),
            (Some(Decision::Transcode), Some("4k"), Some("4k")),
            (Some(Decision::Transcode), Some("SD"), Some("480")),
            (None, None, None),
        ]
    );
    for play in &stored {
        let record = &play.record;
        assert_eq!(
            (record.section_id, record.secure, &record.location),
            (Some(3), None, &None)
        );
        assert!(!record.item.live && !record.item.extra.contains_key("section_id"));
    }
}

#[test]
fn without_reference_ids_groups_are_made_by_the_rule() {
    let room = Room::new();
    let path = room.file("older.db");
    // Continued; gone back; continued; seen to the end; seen again.
    let offsets = [1_000_000, 2_000_000, 500_000, 6_800_000, 6_900_000];
    let plays: Vec<Play> = offsets
        .iter()
        .zip(10..)
        .map(|(offset, id)| Play::movie(id, 1_500_000_000 + id * 10_000).with("view_offset", *offset))
        .collect();
    old(&path, &plays, &["session_history.reference_id"]);
    room.import(&path).unwrap();
    let groups =
        |room: &Room| -> Vec<(u32, u32)> { room.plays().iter().map(|p| (p.id, p.group_id)).collect() };
    assert_eq!(groups(&room), [(10, 10), (11, 10), (12, 12), (13, 12), (14, 14)]);
    assert_eq!(ids(&room.import(&path).unwrap()), (0, 5, 0, 0));
    assert_eq!(groups(&room).len(), 5);
}

#[test]
fn columns_of_tomorrow_are_kept_by_their_names() {
    let room = Room::new();
    let path = room.file("new.db");
    let conn = database(&path, &[], &household(3));
    conn.execute_batch(
        "ALTER TABLE session_history_media_info ADD COLUMN stream_mood TEXT DEFAULT 'calm';
         ALTER TABLE session_history_metadata ADD COLUMN smell INTEGER DEFAULT 4;
         ALTER TABLE session_history ADD COLUMN unheard_of TEXT DEFAULT 'x';",
    )
    .unwrap();
    room.import(&path).unwrap();
    let record = room.play(1).record;
    assert_eq!(
        record.stream.fields.get("stream_mood"),
        Some(&model::Scalar::Text("calm".into()))
    );
    assert_eq!(record.item.extra.get("smell"), Some(&model::Scalar::Int(4)));
}

#[test]
fn a_group_never_spans_two_accounts() {
    let plays = [
        Play::movie(1, 1_500_000_000),
        Play::movie(2, 1_500_010_000)
            .with("reference_id", 1)
            .with("user_id", 8),
        Play::movie(3, 1_500_020_000).with("reference_id", 1),
        Play::movie(4, 1_500_030_000).with("reference_id", 99),
        Play::movie(5, 1_500_040_000).with("reference_id", Value::Null),
    ];
    let (room, _) = Room::with(&plays);
    let group = |id| room.play(id).group_id;
    assert_eq!((group(1), group(3)), (1, 1));
    assert_ne!(group(2), 1);
    assert_eq!(
        (group(4), group(5)),
        (4, 5),
        "a group cannot begin later than its plays"
    );
}
