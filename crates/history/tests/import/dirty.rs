//! Values as years of Tautulli leave them: each has one outcome.

use model::{Decision, Scalar};
use proptest::prelude::*;
use rusqlite::types::Value;

use crate::build::{Play, Room, household};

const START: i64 = 1_700_000_000;

fn text(t: &str) -> Value {
    Value::Text(t.to_owned())
}

/// One play, imported; `None` if it was refused.
fn outcome(play: Play) -> Result<model::Record, String> {
    let (room, report) = Room::with(&[play]);
    match report.refusals.as_slice() {
        [] => Ok(room.play(1).record),
        [refusal, ..] => Err(refusal.to_string()),
    }
}

#[test]
fn dirty_history_columns_are_taken_as_far_as_they_make_sense() {
    let play = || Play::movie(1, START);
    for (column, value, what, expected) in [
        ("stopped", Value::Null, "stopped", None),
        ("stopped", text(""), "stopped", None),
        ("stopped", Value::Integer(0), "stopped", None),
        (
            "stopped",
            Value::Integer(START - 50),
            "stopped",
            Some((START - 50) * 1000),
        ),
        (
            "stopped",
            Value::Real(START as f64 + 1.9),
            "stopped",
            Some((START + 1) * 1000),
        ),
        ("stopped", text("1700000009"), "stopped", Some(1_700_000_009_000)),
        ("paused_counter", Value::Null, "paused", None),
        ("paused_counter", text(""), "paused", None),
        (
            "paused_counter",
            Value::Integer(99_999),
            "paused",
            Some(99_999_000),
        ),
        ("paused_counter", Value::Real(2.5), "paused", Some(2000)),
        ("view_offset", Value::Null, "offset", None),
        ("view_offset", text(""), "offset", None),
        ("view_offset", text("abc"), "offset", None),
        ("view_offset", text(" 42 "), "offset", Some(42)),
        ("user_id", text(""), "user", None),
        ("user_id", Value::Integer(424_242), "user", Some(424_242)),
        ("section_id", Value::Null, "section", None),
        ("section_id", Value::Integer(999_999), "section", Some(999_999)),
        ("bandwidth", text("9.5"), "bandwidth", Some(9)),
        ("secure", text(""), "secure", None),
        ("secure", Value::Integer(0), "secure", Some(0)),
    ] {
        let record = outcome(play().with(column, value.clone())).unwrap();
        let found = match what {
            "stopped" => record.stopped_ms,
            "paused" => record.paused_ms,
            "offset" => record.view_offset_ms,
            "user" => record.user_id,
            "section" => record.section_id,
            "bandwidth" => record.bandwidth_kbps,
            _ => record.secure.map(i64::from),
        };
        assert_eq!(found, expected, "{column} = {value:?}");
    }
}

#[test]
fn dirty_texts_and_items() {
    let play = || Play::movie(1, START);
    let record = outcome(
        play()
            .with("platform", "windows")
            .with("player", "")
            .with("ip_address", Value::Null)
            .with("product", Value::Blob(vec![b'P', 0xff]))
            .meta("full_title", Value::Null)
            .meta("grandparent_title", "Show ☃")
            .meta("year", "")
            .meta("duration", 0)
            .meta("rating", "8.4")
            .meta("live", "")
            .media("aspect_ratio", "1.85")
            .media("width", "")
            .media("bitrate", 4800.0),
    )
    .unwrap();
    assert_eq!(record.client.platform.as_deref(), Some("windows"), "as told");
    assert_eq!(
        (record.client.player.as_deref(), record.ip_address.as_deref()),
        (None, None)
    );
    assert_eq!(record.client.product.as_deref(), Some("P\u{fffd}"));
    let item = &record.item;
    assert_eq!(&*item.full_title, "Show ☃ - Silt");
    assert_eq!((item.year, item.duration_ms, item.live), (None, Some(0), false));
    assert_eq!(item.extra.get("rating"), Some(&Scalar::Text("8.4".into())));
    let fields = &record.stream.fields;
    assert_eq!(
        fields.get("aspect_ratio"),
        Some(&Scalar::Text("1.85".into())),
        "a text stays one"
    );
    assert_eq!(fields.get("bitrate"), Some(&Scalar::Int(4800)));
    assert_eq!(fields.get("width"), None);
}

#[test]
fn decisions_and_resolutions() {
    let play = || Play::movie(1, START);
    for (word, expected) in [
        (text("direct play"), Some(Decision::DirectPlay)),
        (text("copy"), Some(Decision::Copy)),
        (text("transcode"), Some(Decision::Transcode)),
        (text(""), None),
        (Value::Null, None),
    ] {
        let record = outcome(play().media("transcode_decision", word.clone())).unwrap();
        assert_eq!(record.stream.decision, expected, "{word:?}");
    }
    let null = Value::Null;
    for (stream, video, height, expected) in [
        (text("720p"), "transcode", Value::Integer(480), Some("720p")),
        (null.clone(), "direct play", Value::Integer(480), Some("1080p")),
        (null.clone(), "transcode", Value::Integer(480), Some("480")),
        (null.clone(), "transcode", Value::Integer(300), Some("SD")),
        (null.clone(), "transcode", Value::Integer(1600), Some("4k")),
        (null.clone(), "transcode", text(""), Some("unknown")),
        (null.clone(), "transcode", null.clone(), Some("unknown")),
        (text(""), "transcode", Value::Integer(480), None),
    ] {
        let record = outcome(
            play()
                .media("stream_video_full_resolution", stream.clone())
                .media("video_decision", video)
                .media("transcode_height", height.clone()),
        )
        .unwrap();
        let found = record.stream.stream_resolution.as_deref();
        assert_eq!(found, expected, "{stream:?} {video} {height:?}");
        assert_eq!(record.stream.source_resolution.as_deref(), Some("1080p"));
    }
}

#[test]
fn rows_that_cannot_be_kept_are_refused_with_their_reason() {
    let play = || Play::movie(1, START);
    for (play, reason) in [
        (play().with("started", Value::Null), "no start"),
        (play().with("started", text("")), "no start"),
        (play().with("started", 0), "no start"),
        (play().with("started", 5_000_000_000_i64), "2106"),
        (play().with("media_type", "clip"), "\"clip\" is not kept"),
        (
            play().with("media_type", "").meta("media_type", Value::Null),
            "what kind of thing",
        ),
        (
            Play {
                metadata: None,
                ..play()
            },
            "no metadata",
        ),
        (
            Play {
                media: None,
                ..play()
            },
            "no media info",
        ),
        (Play { id: -3, ..play() }, "out of range"),
        (
            Play {
                id: 5_000_000_000,
                ..play()
            },
            "out of range",
        ),
    ] {
        let id = play.id;
        let (room, report) = Room::with(&[play]);
        let message = report.refusals[0].to_string();
        assert!(
            message.starts_with(&format!("row {id}: ")) && message.contains(reason),
            "{message}"
        );
        assert_eq!((report.added, report.refused, room.plays().len()), (0, 1, 0));
    }
    // The kind may stand with the item alone.
    assert!(outcome(play().with("media_type", "")).is_ok());
}

#[test]
fn refused_rows_hold_up_nothing() {
    let mut plays = household(50);
    plays[10].metadata = None;
    plays[20].media = None;
    plays[30] = plays[30].clone().with("started", Value::Null);
    let (room, report) = Room::with(&plays);
    assert_eq!((report.added, report.refused), (47, 3));
    let refused: Vec<i64> = report.refusals.iter().map(|r| r.id).collect();
    assert_eq!(refused, [11, 21, 31]);
    assert_eq!(room.plays().len(), 47);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(text("")),
        any::<i64>().prop_map(Value::Integer),
        (-10_i64..4_000_000_000).prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Real),
        ".{0,12}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..12).prop_map(Value::Blob),
    ]
}

const COLUMNS: [&str; 12] = [
    "reference_id",
    "started",
    "stopped",
    "paused_counter",
    "rating_key",
    "user_id",
    "user",
    "media_type",
    "view_offset",
    "section_id",
    "secure",
    "platform",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever stands in the columns: every row is taken or refused, and a second import changes nothing.
    #[test]
    fn no_value_breaks_an_import(
        changes in proptest::collection::vec((0..20_usize, 0..COLUMNS.len(), any_value()), 0..40)
    ) {
        let mut plays = household(20);
        for (at, column, value) in changes {
            plays[at].history.insert(COLUMNS[column], value);
        }
        let (room, report) = Room::with(&plays);
        prop_assert_eq!(report.added + report.refused, 20);
        prop_assert_eq!(room.plays().len() as u64, report.added);
        let before = room.plays();
        let again = room.import(&room.file("tautulli.db")).unwrap();
        prop_assert_eq!((again.added, again.known, again.refused), (0, report.added, report.refused));
        prop_assert_eq!(room.plays(), before);
    }
}
