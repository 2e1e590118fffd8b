//! A Dispatcharr, as the user of the binary meets it: checked, watched, killed and remembered.

use serde_json::Value;
use sim::dispatcharr::{Dispatcharr, Seed, Viewer};

use crate::support::{Home, Running, closed_port, json, until};

const NEWS: f64 = 101.0;

/// On the air at once, as if it had connected long ago.
async fn antenna() -> Dispatcharr {
    Dispatcharr::start(Seed {
        startup: std::time::Duration::ZERO,
        ..Seed::default()
    })
    .await
}

fn with_key<'a>(url: &'a str, key: &'a str) -> [(&'a str, &'a str); 2] {
    [
        ("PROJECTIONIST_DISPATCHARR_URL", url),
        ("PROJECTIONIST_DISPATCHARR_API_KEY", key),
    ]
}

fn check(url: &str, key: &str) -> (Option<i32>, String) {
    let ended = Home::new().run(&["check"], &with_key(url, key));
    assert_eq!(ended.out.lines().count(), 1, "{ended:?}");
    assert!(
        !ended.out.contains("planted") && !ended.err.contains("planted"),
        "{ended:?}"
    );
    (ended.code(), ended.out.trim_end().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_what_is_there_and_what_is_missing() {
    let antenna = antenna().await;
    antenna
        .world()
        .tune(NEWS, Viewer::new("192.0.2.7", "VLC/3"))
        .unwrap();
    let url = antenna.url();
    let (code, line) = check(&url, "planted-key-admin");
    assert_eq!(code, Some(0), "{line}");
    for part in [
        "ok      dispatcharr \"127.0.0.1",
        "Dispatcharr 0.29",
        "1 stream on the air",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for (key, part) in [
        ("planted-key-standard", "administrator"),
        ("planted-wrong", "API key"),
    ] {
        let (code, line) = check(&url, key);
        assert_eq!(code, Some(1), "{line}");
        assert!(
            line.starts_with("failed  ") && line.contains(part) && line.contains("(hint: "),
            "{line}"
        );
    }
    let (code, line) = check(&format!("http://127.0.0.1:{}", closed_port()), "planted-key");
    assert_eq!(code, Some(1), "{line}");
}

/// The runs in the history, newest first.
async fn runs(running: &Running, what: &str) -> Vec<Value> {
    let url = running.url().await;
    let mut answer = json(&format!("{url}/api/v1/iptv/{what}")).await;
    match answer[what].take() {
        Value::Array(list) => list,
        other => panic!("{what}: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_the_air_goes_on_after_a_kill_and_is_there_once() {
    let (home, antenna) = (Home::new(), antenna().await);
    let viewer = antenna
        .world()
        .tune(NEWS, Viewer::new("192.0.2.7", "VLC/3"))
        .unwrap();
    let (url, key) = (antenna.url(), antenna.admin_key().unwrap());
    let mut variables = with_key(&url, &key).to_vec();
    variables.push(("PROJECTIONIST__DISPATCHARR__0__POLL_INTERVAL_S", "0.5"));
    let first = home.start(&["--listen", "127.0.0.1:0"], &variables);
    until("the viewing is on disk", async || {
        runs(&first, "viewings").await.len() == 1
    })
    .await;
    let before = runs(&first, "channels").await;
    assert_eq!(before.len(), 1, "{before:?}");
    first.signal("-KILL");
    first.ended().await;

    let second = home.start(&["--listen", "127.0.0.1:0"], &variables);
    until("it goes on", async || {
        let now = runs(&second, "channels").await;
        now.len() == 1
            && now[0]["id"] == before[0]["id"]
            && now[0]["viewers"].as_array().is_some_and(|v| v.len() == 1)
    })
    .await;
    antenna.world().leave(&viewer);
    until("it is over", async || {
        let (runs, viewings) = (runs(&second, "runs").await, runs(&second, "viewings").await);
        let is_over = |list: &[Value]| list.len() == 1 && list[0]["ended_at"].is_string();
        is_over(&runs) && is_over(&viewings)
    })
    .await;
    second.signal("-TERM");
    let ended = second.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(!ended.err.contains("planted"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulated_one_can_be_watched_with_the_line_it_prints() {
    let home = Home::new();
    let simulated = home.start(&["simulate", "--dispatcharr", "--listen", "127.0.0.1:0"], &[]);
    until("it is told", async || simulated.out().lines().count() == 1).await;
    let line = simulated.out();
    let variables: Vec<(&str, &str)> = line
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .collect();
    let running = home.start(&["--listen", "127.0.0.1:0"], &variables);
    until("something is on the air", async || {
        !runs(&running, "channels").await.is_empty()
    })
    .await;
    simulated.signal("-TERM");
    assert_eq!(simulated.ended().await.code(), Some(0));
}
