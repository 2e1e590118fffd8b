//! What is kept, looked after from the command line and served without a server to watch.

use std::path::Path;
use std::sync::Arc;

use base::tls::Trust;
use history::{History, Settings};
use model::{Decision, Origin, Record, RecordClient, RecordItem, RecordKind, RecordStream};

use crate::support::{Home, PATIENCE, until};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A film of an hour and a half, played whole by one person, `n` days before the first of 2026.
fn play(n: i64) -> Record {
    let stopped_ms = 1_767_225_600_000 - n * 86_400_000;
    Record {
        server: "attic".into(),
        origin: Origin::Recorded,
        origin_key: format!("play-{n}").into(),
        wanted_id: None,
        started_ms: stopped_ms - 5_400_000,
        stopped_ms: Some(stopped_ms),
        paused_ms: None,
        buffering_ms: None,
        view_offset_ms: Some(5_400_000),
        user_id: Some(7),
        user: Some("wren".into()),
        ip_address: None,
        section_id: Some(1),
        item: Arc::new(RecordItem {
            kind: RecordKind::Movie,
            live: false,
            rating_key: Some(100 + n),
            parent_rating_key: None,
            grandparent_rating_key: None,
            guid: None,
            title: Some(format!("Film \"{n}\", cut").into()),
            parent_title: None,
            grandparent_title: None,
            original_title: None,
            full_title: format!("Film \"{n}\", cut").into(),
            media_index: None,
            parent_media_index: None,
            year: None,
            duration_ms: Some(5_400_000),
            thumb: None,
            originally_available_at: None,
            marker_credits_first_ms: None,
            marker_credits_final_ms: None,
            extra: std::collections::BTreeMap::new(),
        }),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream {
            decision: Some(Decision::DirectPlay),
            ..RecordStream::default()
        }),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

fn keep(data: &Path, plays: i64) {
    let history = History::open(data, Settings::default()).unwrap();
    let add = history.change(move |t| (0..plays).rev().try_for_each(|n| t.add(&play(n)).map(|_| ())));
    add.wait().unwrap();
    history.close();
}

#[test]
fn plays_are_counted_checked_copied_and_written_out() {
    let home = Home::new();
    keep(&home.path().join("data"), 12);
    let ok = |args: &[&str]| {
        let ended = home.run(args, &[]);
        assert_eq!(ended.code(), Some(0), "{args:?}: {ended:?}");
        ended.out
    };
    let stats = ok(&["history", "stats"]);
    assert!(stats.contains("plays                   12"), "{stats}");
    assert!(ok(&["history", "verify"]).starts_with("12 plays"));

    let csv = ok(&["history", "export"]);
    assert_eq!(
        csv.matches("Film \"\"").count(),
        12 * csv.matches("Film \"\"3\"\", cut").count()
    );
    let told = ok(&[
        "history",
        "export",
        "--format",
        "jsonl",
        "--output",
        "plays.jsonl",
    ]);
    assert!(told.starts_with("12 plays written"), "{told}");
    let lines = std::fs::read_to_string(home.path().join("plays.jsonl")).unwrap();
    let titles: Vec<serde_json::Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(titles.len(), 12);

    ok(&["history", "backup", "copy.db"]);
    let pruned = ok(&["history", "prune", "--keep-days", "1"]);
    assert!(pruned.starts_with("12 plays dropped"), "{pruned}");
    assert!(ok(&["history", "stats"]).contains("plays                   0"));
    ok(&["history", "restore", "copy.db"]);
    assert!(ok(&["history", "verify"]).starts_with("12 plays"));
}

#[test]
fn what_makes_no_sense_is_refused_with_advice() {
    let home = Home::new();
    let nothing = home.run(&["history", "prune"], &[]);
    assert_eq!(nothing.code(), Some(64), "{nothing:?}");
    home.write("garbage.db", "this is no database");
    let garbage = home.run(&["history", "restore", "garbage.db"], &[]);
    assert_eq!(garbage.code(), Some(1), "{garbage:?}");
    assert!(garbage.complaint().contains("garbage.db"), "{garbage:?}");
    std::fs::create_dir_all(home.path().join("data")).unwrap();
    home.write("data/history.db", &"not a database at all\n".repeat(400));
    let damaged = home.run(&["history", "stats"], &[]);
    assert_eq!(damaged.code(), Some(1), "{damaged:?}");
    assert!(damaged.complaint().contains("history.db"), "{damaged:?}");
    assert!(damaged.complaint().contains("history restore"), "{damaged:?}");
}

#[tokio::test]
async fn a_history_is_served_without_a_server_and_held_by_one_process() {
    let home = Home::new();
    let data = home.path().join("data");
    // It waits for the writer, which a thread of the runtime must not.
    tokio::task::spawn_blocking(move || keep(&data, 3)).await.unwrap();
    let args = ["run", "--listen", "127.0.0.1:0", "--log-format", "human"];
    let running = home.start(&args, &[("PROJECTIONIST_TAUTULLI_API_KEY", KEY)]);
    let mut url = String::new();
    until("it listens", async || {
        let err = running.err();
        let at = err.find("http://127.0.0.1:");
        url = at.map_or_else(String::new, |at| {
            err[at..].split("/ ").next().unwrap_or_default().to_owned()
        });
        !url.is_empty()
    })
    .await;
    assert!(running.err().contains("history of 3 plays"), "{}", running.err());
    let client = base::http::client(&Trust::default(), PATIENCE).unwrap();
    let asked = client.get(format!("{url}/api/v2?apikey={KEY}&cmd=get_history&length=2"));
    let answer = asked.send().await.unwrap().text().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["response"]["data"]["recordsTotal"], 3, "{answer}");
    assert!(!running.err().contains(KEY));

    let second = home.run(&["history", "stats"], &[]);
    assert_eq!(second.code(), Some(1), "{second:?}");
    assert!(second.complaint().contains("another process"), "{second:?}");
    running.signal("-TERM");
    let ended = running.ended().await;
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(home.run(&["history", "stats"], &[]).code(), Some(0));
}

#[tokio::test]
async fn without_a_place_for_it_watching_goes_on() {
    let home = Home::new();
    // A file where the directory should be.
    home.write("data", "");
    let running = home.start(&["run", "--listen", "127.0.0.1:0", "--log-format", "human"], &[]);
    until("it listens", async || running.err().contains("http://127.0.0.1:")).await;
    assert!(
        running.err().contains("going on without a history"),
        "{}",
        running.err()
    );
    running.signal("-TERM");
    assert_eq!(running.ended().await.code(), Some(0));
}
