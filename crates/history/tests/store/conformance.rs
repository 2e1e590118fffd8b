//! What any store must do, whatever keeps it: functions over a way to open one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use history::{Added, Error, ExportFormat, History, PrunePolicy, ServerRow, Settings, restore};
use model::{Origin, Person, Record, Scalar, Section, SourceId};

use crate::build::{START_MS, item, record, segment};

pub(crate) type Open = fn(&Path) -> History;

/// The store of today.
pub(crate) fn sqlite(dir: &Path) -> History {
    History::open(dir, Settings::default()).unwrap()
}

/// Runs every property of the suite against one store. A second store adds a line.
macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod sqlite_store {
            $(
                #[test]
                fn $name() {
                    let dir = tempfile::tempdir().unwrap();
                    super::$name(&dir.path().join("data"), super::sqlite);
                }
            )*
        }
    };
}

suite!(
    plays_come_back_as_they_went,
    a_play_is_kept_once,
    wanted_ids_are_granted_or_their_groups_kept,
    groups_follow_the_rule,
    no_group_holds_two_accounts,
    a_change_that_fails_leaves_nothing,
    a_change_that_panics_leaves_nothing,
    senseless_starts_are_refused,
    people_libraries_servers_and_settings_are_kept,
    questions_see_whole_changes,
    old_plays_are_forgotten,
    old_plays_lose_their_details,
    figures_are_counted,
    exports_hold_every_field,
    copies_can_be_put_back,
    a_closed_history_refuses,
);

pub(crate) fn add(history: &History, records: impl IntoIterator<Item = Record>) -> Vec<Added> {
    let records: Vec<_> = records.into_iter().collect();
    let change = history.change(move |txn| records.iter().map(|r| txn.add(r)).collect::<Result<Vec<_>, _>>());
    change.wait().unwrap()
}

fn stored(history: &History, ids: &[u32]) -> Vec<(u32, u32, Record)> {
    let plays = history.read(|v| v.stored(ids)).unwrap();
    plays.into_iter().map(|p| (p.id, p.group_id, p.record)).collect()
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is of one lifetime alone"
)]
fn servers(history: &History) -> Vec<ServerRow> {
    history.read(|v| v.servers()).unwrap()
}

/// Ids and groups, as the columns and the store have them.
pub(crate) fn groups(history: &History) -> Vec<(u32, u32)> {
    let columns = history.columns();
    let groups: Vec<_> = columns
        .rows()
        .map(|row| (columns.id(row), columns.group_id(columns.group(row))))
        .collect();
    drop(columns);
    let ids: Vec<_> = groups.iter().map(|(id, _)| *id).collect();
    let plays = history.read(|v| v.stored(&ids)).unwrap();
    let kept: Vec<_> = plays.iter().map(|p| (p.id, p.group_id)).collect();
    assert_eq!(groups, kept);
    groups
}

#[track_caller]
pub(crate) fn assert_sound(history: &History) {
    assert_eq!(history.verify().unwrap().problems, Vec::<String>::new());
}

fn plays_come_back_as_they_went(dir: &Path, open: Open) {
    let history = open(dir);
    let full = Record {
        segments: vec![segment(0), segment(90_000)],
        ..record(1)
    };
    let bare = Record {
        server: SourceId::from("cellar"),
        stopped_ms: None,
        paused_ms: None,
        view_offset_ms: None,
        user_id: None,
        user: None,
        ip_address: None,
        section_id: None,
        client: Arc::default(),
        stream: Arc::default(),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        ..record(2)
    };
    add(&history, [full.clone(), bare.clone()]);
    let expected = vec![(2, 2, bare), (1, 1, full)];
    assert_eq!(stored(&history, &[2, 9, 1]), expected);
    assert_sound(&history);
    drop(history);
    let history = open(dir);
    assert_eq!(stored(&history, &[2, 9, 1]), expected);
    assert_sound(&history);
}

fn a_play_is_kept_once(dir: &Path, open: Open) {
    let history = open(dir);
    let first = add(&history, [record(1), record(1)]);
    let added = |id, known| Added { id, known };
    assert_eq!(first, [added(1, false), added(1, true)]);
    let elsewhere = Record {
        server: SourceId::from("cellar"),
        ..record(1)
    };
    let otherwise = Record {
        origin: Origin::PlexHistory,
        ..record(1)
    };
    drop(history);
    let history = open(dir);
    let again = add(&history, [record(1), elsewhere, otherwise]);
    assert_eq!(again, [added(1, true), added(2, false), added(3, false)]);
    assert_eq!(history.columns().len(), 3);
}

/// Row `id` of a Tautulli, in its group.
fn imported(id: i64, group: i64) -> Record {
    Record {
        origin: Origin::Tautulli,
        origin_key: id.to_string().into(),
        wanted_id: Some((id, group)),
        ..record(id)
    }
}

fn wanted_ids_are_granted_or_their_groups_kept(dir: &Path, open: Open) {
    let history = open(dir);
    // Nothing is here yet: ids and groups stay, gaps and a group without its first play included.
    add(
        &history,
        [imported(3, 3), imported(7, 3), imported(8, 5), imported(9, 5)],
    );
    assert_eq!(groups(&history), [(3, 3), (7, 3), (8, 5), (9, 5)]);
    // A second Tautulli wants the same: its plays keep their groups under other ids.
    let second = |id, group| Record {
        server: SourceId::from("cellar"),
        ..imported(id, group)
    };
    add(&history, [second(3, 3), second(7, 3), second(8, 5)]);
    drop(history);
    let history = open(dir);
    add(
        &history,
        [second(9, 5), second(20, 3), imported(30, 5), second(31, 30)],
    );
    let expected = [
        (3, 3),
        (7, 3),
        (8, 5),
        (9, 5),
        (10, 10),
        (11, 10),
        (12, 12),
        (13, 12),
        (20, 10),
        (30, 5),
        // Group 30 is another server's play.
        (31, 31),
    ];
    assert_eq!(groups(&history), expected);
    assert_sound(&history);
}

fn groups_follow_the_rule(dir: &Path, open: Open) {
    let history = open(dir);
    let at = |n: i64, offset_ms: i64| Record {
        view_offset_ms: Some(offset_ms),
        ..record(n)
    };
    let live = |n: i64, guid: &str| {
        let mut item = item(900);
        item.live = true;
        item.guid = Some(guid.into());
        Record {
            item: Arc::new(item),
            ..record(n)
        }
    };
    let of = |r: Record, rating_key: i64| Record {
        item: Arc::new(item(rating_key)),
        ..r
    };
    let on = |r: Record, server: &str| Record {
        server: SourceId::from(server),
        ..r
    };
    let plays = [
        (at(1, 600_000), 1),
        (of(at(2, 100), 2), 2),
        (at(3, 600_000), 1),               // goes on, another film in between
        (at(4, 599_999), 4),               // went back
        (on(at(5, 700_000), "cellar"), 5), // another server's film
        (at(6, 5_100_000), 4),             // seen to the end…
        (at(7, 5_200_000), 7),             // …so this is the next time
        (live(8, "news"), 8),
        (live(9, "news"), 8),
        (live(10, "sport"), 10),
        (at(11, 5_300_000), 11),
        (live(12, "sport"), 12), // the latest play of any kind was a film
        (live(13, "sport"), 12),
        (live(13 + 24, "sport"), 37), // a day later
    ];
    // One by one, by the columns.
    for (play, _) in &plays {
        add(&history, [play.clone()]);
    }
    let place = |n: i64| {
        plays
            .iter()
            .position(|(p, _)| *p.origin_key == *format!("play-{n}"))
            .unwrap()
            + 1
    };
    let expected: Vec<_> = plays
        .iter()
        .enumerate()
        .map(|(at, (_, group))| {
            (
                u32::try_from(at + 1).unwrap(),
                u32::try_from(place(*group)).unwrap(),
            )
        })
        .collect();
    assert_eq!(groups(&history), expected);
    // All in one change, by what is staged, for somebody else.
    let other = plays.iter().map(|(play, _)| Record {
        user_id: Some(8),
        origin_key: format!("b-{}", play.origin_key).into(),
        ..play.clone()
    });
    add(&history, other);
    let shifted = expected.iter().map(|(id, group)| (id + 14, group + 14));
    assert_eq!(groups(&history)[14..], shifted.collect::<Vec<_>>());
    assert_sound(&history);
}

fn no_group_holds_two_accounts(dir: &Path, open: Open) {
    let history = open(dir);
    let by = |r: Record, user_id| Record { user_id, ..r };
    add(
        &history,
        [
            imported(1, 1),
            // A Tautulli that was patched by hand: others in the same group.
            by(imported(2, 1), Some(8)),
            by(imported(3, 1), Some(8)),
            by(imported(4, 1), None),
            imported(5, 1),
            by(imported(6, 1), None),
        ],
    );
    assert_eq!(groups(&history), [(1, 1), (2, 2), (3, 2), (4, 4), (5, 1), (6, 4)]);
    // Nobody knows who: never grouped by the rule.
    let nobody = add(&history, [by(record(10), None), by(record(11), None)]);
    let ids: Vec<_> = nobody.iter().map(|a| (a.id, a.id)).collect();
    assert_eq!(groups(&history)[6..], ids);
}

fn a_change_that_fails_leaves_nothing(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    let new = Record {
        item: Arc::new(item(77)),
        server: SourceId::from("cellar"),
        user: Some("new name".into()),
        ..record(2)
    };
    let inner = new.clone();
    let failed = history.change(move |txn| {
        txn.add(&inner)?;
        txn.set_meta("a", "b")?;
        Err::<(), _>(Error::Refused("no".to_owned()))
    });
    assert!(failed.wait().is_err());
    assert_eq!(history.columns().len(), 1);
    assert_eq!(history.read(|v| v.meta("a")).unwrap(), None);
    assert_eq!(servers(&history).len(), 1);
    // What the failed change had interned must not be remembered.
    add(&history, [new.clone()]);
    assert_eq!(stored(&history, &[2]), [(2, 2, new)]);
    assert_sound(&history);
}

fn a_change_that_panics_leaves_nothing(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let failed = history.change(|txn| -> Result<(), Error> {
        txn.add(&record(2))?;
        panic!("on purpose");
    });
    let failed = failed.wait();
    std::panic::set_hook(hook);
    assert!(matches!(failed, Err(Error::Closed)), "{failed:?}");
    assert_eq!(add(&history, [record(2)])[0].id, 2);
    assert_eq!(history.queue_depth(), 0);
    assert_sound(&history);
}

fn senseless_starts_are_refused(dir: &Path, open: Open) {
    let history = open(dir);
    for started_ms in [-1, i64::MIN, 4_294_967_296_000, i64::MAX] {
        let bad = Record {
            started_ms,
            ..record(1)
        };
        // The change may go on without it.
        let change = history.change(move |txn| {
            let refused = txn.add(&bad);
            txn.add(&record(2)).map(|_| refused.is_err())
        });
        assert!(change.wait().unwrap(), "{started_ms}");
    }
    assert_eq!(groups(&history), [(1, 1)]);
}

fn people_libraries_servers_and_settings_are_kept(dir: &Path, open: Open) {
    let history = open(dir);
    let attic = SourceId::from("attic");
    let person = Person {
        user_id: 7,
        username: Some("ada".into()),
        friendly_name: Some("Ada \"L\"".into()),
        thumb: None,
        fields: [("is_admin".into(), Scalar::Int(1))].into(),
    };
    let section = Section {
        section_id: 1,
        name: Some("Films".into()),
        kind: Some("movie".into()),
        fields: [("agent".into(), Scalar::Text("x".into()))].into(),
    };
    let (p, s, a) = (person.clone(), section.clone(), attic.clone());
    let change = history.change(move |txn| {
        txn.set_person(&Person {
            username: None,
            ..p.clone()
        })?;
        txn.set_person(&p)?;
        txn.set_section(
            &a,
            &Section {
                name: None,
                ..s.clone()
            },
        )?;
        txn.set_section(&a, &s)?;
        txn.set_server(&a, Some("m-1"), None, Some(2_000))?;
        txn.set_server(&a, None, Some("Attic"), Some(1_000))?;
        txn.set_meta("k", "old")?;
        txn.set_meta("k", "new")
    });
    change.wait().unwrap();
    let check = |history: &History| {
        let columns = history.columns();
        assert_eq!(columns.dims.people().get(&7), Some(&person));
        let library = columns
            .dims
            .libraries()
            .iter()
            .find(|l| l.section_id == Some(1))
            .unwrap();
        assert_eq!(
            (&library.server, library.section.as_ref()),
            (&attic, Some(&section))
        );
        drop(columns);
        let servers = servers(history);
        assert_eq!(servers.len(), 1);
        assert_eq!(servers[0].source, attic);
        assert_eq!(servers[0].machine_id.as_deref(), Some("m-1"));
        assert_eq!(servers[0].name.as_deref(), Some("Attic"));
        assert_eq!(servers[0].seen_ms, Some(2_000));
        assert_eq!(history.read(|v| v.meta("k")).unwrap().as_deref(), Some("new"));
    };
    check(&history);
    drop(history);
    check(&open(dir));
}

fn questions_see_whole_changes(dir: &Path, open: Open) {
    let history = open(dir);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    history
                        .read(|v| {
                            let rows = v.columns.len();
                            assert_eq!(rows % 5, 0, "changes are of five plays each");
                            let last = u32::try_from(rows).unwrap();
                            assert_eq!(v.stored(&[last, last + 1])?.len(), usize::from(rows > 0));
                            let told = v.meta("plays")?;
                            assert_eq!(told.unwrap_or("0".to_owned()), rows.to_string());
                            Ok(())
                        })
                        .unwrap();
                }
            });
        }
        for n in 0..60 {
            let change = history.change(move |txn| {
                for k in 0..5 {
                    txn.add(&record(n * 5 + k))?;
                }
                txn.set_meta("plays", &((n + 1) * 5).to_string())
            });
            change.wait().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_sound(&history);
}

const DAY_S: i64 = 86_400;

fn old_plays_are_forgotten(dir: &Path, open: Open) {
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

fn old_plays_lose_their_details(dir: &Path, open: Open) {
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

fn figures_are_counted(dir: &Path, open: Open) {
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

fn exports_hold_every_field(dir: &Path, open: Open) {
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

fn copies_can_be_put_back(dir: &Path, open: Open) {
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

fn a_closed_history_refuses(dir: &Path, open: Open) {
    let history = open(dir);
    add(&history, [record(1)]);
    history.close();
    assert!(matches!(
        history.change(|txn| txn.add(&record(2))).wait(),
        Err(Error::Closed)
    ));
    assert!(matches!(history.read(|v| v.stored(&[1])), Err(Error::Closed)));
    history.close();
    assert_eq!(groups(&open(dir)), [(1, 1)]);
}
