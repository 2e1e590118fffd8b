//! The part of the suite that looks after the file: pruning, figures, export, copies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use history::{Error, ExportFormat, History, PrunePolicy, restore};
use model::{Origin, Record};

use crate::build::{START_MS, item, record, segment};
use crate::conformance::{Open, add, assert_sound, groups, imported, stored};

const DAY_S: i64 = 86_400;

pub(crate) fn old_plays_are_forgotten(dir: &Path, open: Open) {
    let history = open(dir);
    // Day by day; the third has no stop, and one film is seen twice.
    let plays: Vec<_> = (0..10)
        .map(|n| {
            let r = record(n * 24);
            Record {
                stopped_ms: r.stopped_ms.filter(|_| n != 2),
                item: Arc::new(item(n % 9)),
                ip_address: Some(format!("10.0.0.{n}").into()),
                ..r
            }
        })
        .collect();
    add(&history, plays.clone());
    let policy = PrunePolicy {
        now_s: START_MS / 1000 + 10 * DAY_S,
        keep_days: Some(7),
        ..PrunePolicy::default()
    };
    let report = history.prune(policy).wait().unwrap();
    assert_eq!((report.plays_removed, report.plays_thinned), (3, 0));
    let ids = |history: &History| groups(history).iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!(ids(&history), [4, 5, 6, 7, 8, 9, 10]);
    assert_sound(&history);
    // Film 0 lost its first play; what else it had stays one group, and new plays are counted on.
    let again = Record {
        origin_key: "again".into(),
        ..plays[9].clone()
    };
    add(&history, [again]);
    assert_eq!(groups(&history)[6..], [(10, 1), (11, 1)]);
    // All are gone: ids are not given again, not even after the next start.
    let policy = PrunePolicy {
        keep_days: Some(0),
        compact: true,
        ..policy
    };
    assert_eq!(history.prune(policy).wait().unwrap().plays_removed, 8);
    assert_sound(&history);
    drop(history);
    let history = open(dir);
    add(&history, [plays[0].clone()]);
    assert_eq!(groups(&history), [(12, 12)]);
    assert_eq!(stored(&history, &[12])[0].2, plays[0]);
    assert_sound(&history);
}

pub(crate) fn old_plays_lose_their_details(dir: &Path, open: Open) {
    let history = open(dir);
    let with_segments = |n| Record {
        segments: vec![segment(n)],
        ..record(n)
    };
    add(&history, [with_segments(0), with_segments(24 * 9)]);
    let policy = PrunePolicy {
        now_s: START_MS / 1000 + 10 * DAY_S,
        details_days: Some(5),
        ..PrunePolicy::default()
    };
    assert_eq!(history.prune(policy).wait().unwrap().plays_thinned, 1);
    assert_eq!(history.prune(policy).wait().unwrap().plays_thinned, 0);
    let check = |history: &History| {
        let plays = stored(history, &[1, 2]);
        let (thin, whole) = (&plays[0].2, &plays[1].2);
        assert_eq!(*whole, with_segments(24 * 9));
        assert!(thin.stream.fields.is_empty() && thin.segments.is_empty());
        assert_eq!(thin.stream.decision, whole.stream.decision);
        assert_eq!(thin.stream.stream_resolution, whole.stream.stream_resolution);
        let columns = history.columns();
        assert_eq!(
            columns.marks(0),
            columns.marks(1),
            "why it was transcoded stays known"
        );
        drop(columns);
        assert_sound(history);
    };
    check(&history);
    drop(history);
    check(&open(dir));
}

pub(crate) fn figures_are_counted(dir: &Path, open: Open) {
    let history = open(dir);
    let empty = history.stats().unwrap();
    assert_eq!((empty.plays, empty.oldest_s, empty.newest_s), (0, None, None));
    add(&history, [imported(1, 1), imported(2, 1), record(3)]);
    let stats = history.stats().unwrap();
    assert_eq!(
        (stats.plays, stats.groups, stats.items, stats.servers),
        (3, 1, 1, 1)
    );
    let by_origin: BTreeMap<_, _> = stats.plays_by_origin.into_iter().collect();
    assert_eq!(by_origin[&Origin::Recorded], 1);
    assert_eq!(by_origin[&Origin::Tautulli], 2);
    assert_eq!(stats.oldest_s, Some(START_MS / 1000 + 3_600));
    assert_eq!(stats.newest_s, Some(START_MS / 1000 + 3 * 3_600));
    assert!(stats.file_bytes + stats.log_bytes > 0);
}

/// Reads RFC 4180 back, by the letter of it.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(
        cell.is_empty() && row.is_empty() && !quoted,
        "the last line ends like the others"
    );
    rows
}

pub(crate) fn exports_hold_every_field(dir: &Path, open: Open) {
    let history = open(dir);
    let export = |format| {
        let mut out = Vec::new();
        let plays = history.export(format, &mut out).unwrap();
        (plays, String::from_utf8(out).unwrap())
    };
    let (none, header) = export(ExportFormat::Csv);
    assert_eq!((none, parse_csv(&header).len()), (0, 1));
    let full = Record {
        user: Some("a,\"b\"\r\nc".into()),
        segments: vec![segment(5)],
        stopped_ms: None,
        ..record(1)
    };
    add(&history, [full, record(2)]);

    let (plays, text) = export(ExportFormat::Csv);
    let rows = parse_csv(&text);
    assert_eq!((plays, rows.len()), (2, 3));
    let cells: BTreeMap<_, _> = rows[0]
        .iter()
        .zip(&rows[1])
        .map(|(n, c)| (n.as_str(), c.as_str()))
        .collect();
    for (name, expected) in [
        ("id", "1"),
        ("user", "a,\"b\"\r\nc"),
        ("stopped_ms", ""),
        ("live", "0"),
        ("bytes", "1099511627776"),
        ("decision", "transcode"),
        ("item", r#"{"summary":"\"Quoted\", and\nmore"}"#),
    ] {
        assert_eq!(cells[name], expected, "{name}");
    }
    assert_eq!(
        cells["stream"],
        r#"{"bitrate":10726,"subtitles":1,"video_codec":"hevc","video_decision":"transcode","width":"1920"}"#
    );
    assert!(
        cells["segments"].contains(r#""reasons":["audio_codec","quality"]"#),
        "{}",
        cells["segments"]
    );

    let (plays, text) = export(ExportFormat::JsonLines);
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((plays, lines.len()), (2, 2));
    assert_eq!(lines[0]["stopped_ms"], serde_json::Value::Null);
    assert_eq!(lines[0]["secure"], true);
    assert_eq!(lines[1]["id"], 2);
    assert_eq!(lines[1]["stream"]["bitrate"], 10_726);
    assert_eq!(lines[0]["segments"][0]["played_ms"], 90_000);
    let names: Vec<_> = lines[0].as_object().unwrap().keys().collect();
    let mut header = rows[0].clone();
    header.sort();
    assert_eq!(
        names,
        header.iter().collect::<Vec<_>>(),
        "both formats tell the same"
    );
}

pub(crate) fn copies_can_be_put_back(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    let copy = dir.join("copy.db");
    history.backup(&copy).wait().unwrap();
    assert!(
        history.backup(&copy).wait().is_err(),
        "a copy is never written over"
    );
    add(&history, [record(2)]);
    assert!(matches!(restore(dir, &copy), Err(Error::InUse { .. })));
    drop(history);
    restore(dir, &copy).unwrap();
    let history = open(dir);
    assert_eq!(groups(&history), [(1, 1)]);
    assert_sound(&history);
    drop(history);
    let replaced = dir.join("history.db.replaced-1");
    restore(dir, &replaced).unwrap();
    assert_eq!(groups(&open(dir)), [(1, 1), (2, 1)]);
    assert!(restore(dir, &dir.join("nothing.db")).is_err());
    std::fs::write(dir.join("text.db"), "no database at all").unwrap();
    assert!(matches!(
        restore(dir, &dir.join("text.db")),
        Err(Error::Damaged { .. })
    ));
    assert_eq!(groups(&open(dir)), [(1, 1), (2, 1)]);
}
