//! `demo` and `simulate`, on a machine where nothing is set up.

use std::time::{Duration, Instant};

use crate::support::{Home, get, json, server_in_state, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_needs_nothing_and_shows_everything() {
    let home = Home::new();
    let begun = Instant::now();
    // What the user has set up for real must not reach the demo.
    let real = [
        ("PLEX_SERVER", "http://127.0.0.1:1"),
        ("PLEX_TOKEN", "planted"),
        ("LISTEN_ADDR", ":1"),
        ("LOG_LEVEL", "off"),
    ];
    home.write("projectionist.toml", "nonsense = true");
    let demo = home.start(&["demo", "--listen", "127.0.0.1:0"], &real);
    let url = demo.url().await;
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "up after {:?}",
        begun.elapsed()
    );
    for server in [0, 1, 2] {
        until("all servers are up", async || {
            json(&format!("{url}/api/v1/servers")).await["servers"][server]["state"] == "up"
        })
        .await;
    }
    until("somebody watches something", async || {
        json(&format!("{url}/api/v1/sessions")).await["sessions"]
            .as_array()
            .is_some_and(|s| !s.is_empty())
    })
    .await;
    let greeting = demo.out();
    let places: Vec<&str> = greeting
        .split_whitespace()
        .filter(|w| w.starts_with("http://"))
        .collect();
    assert!(places.len() >= 8, "{greeting}");
    for place in places.iter().filter(|p| !p.ends_with("/events")) {
        let (status, body) = get(place).await;
        assert!(status == 200 && body.len() > 100, "{place}: {status} {body}");
    }
    demo.signal("-INT");
    let ended = demo.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(!ended.out.contains("demo-token") && !ended.err.contains("demo-token"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_stepped_over_and_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let home = Home::new();
    let demo = home.start(&["demo", "--listen", &format!("127.0.0.1:{port}")], &[]);
    let url = demo.url().await;
    assert!(
        demo.out()
            .contains(&format!("Port {port} is taken, so this is on ")),
        "{}",
        demo.out()
    );
    assert_eq!(get(&format!("{url}/health")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_servers_can_be_watched_with_the_line_they_print() {
    let home = Home::new();
    let args = [
        "simulate",
        "--listen",
        "127.0.0.1:0",
        "--sessions",
        "7",
        "--servers",
        "2",
        "--notifications",
        "70",
        "--token",
        "tok",
    ];
    let simulated = home.start(&args, &[]);
    until("both servers are told", async || {
        simulated.out().lines().count() == 2
    })
    .await;
    let line = simulated.out().lines().next().unwrap_or_default().to_owned();
    let variables: Vec<(&str, &str)> = line.split(' ').filter_map(|word| word.split_once('=')).collect();
    assert_eq!(variables[1], ("PLEX_TOKEN", "tok"), "{line}");
    let running = home.start(&["--listen", "127.0.0.1:0"], &variables);
    let url = running.url().await;
    server_in_state(&url, "up").await;
    until(
        "its name and all sessions show and notifications arrive",
        async || {
            let server = json(&format!("{url}/api/v1/servers")).await["servers"][0].clone();
            server["name"] == "Warehouse"
                && server["sessions"] == 7
                && server["notifications"].as_u64().is_some_and(|n| n > 10)
        },
    )
    .await;
    simulated.signal("-TERM");
    assert_eq!(simulated.ended().await.code(), Some(0));
}

#[test]
fn the_reference_prints() {
    let home = Home::new();
    for (page, start) in [
        ("config", "# Configuration"),
        ("cli", "# Command line"),
        ("metrics", "# "),
        ("openapi", "{"),
    ] {
        let ended = home.run(&["docs", page], &[]);
        assert_eq!(ended.code(), Some(0));
        assert!(ended.out.starts_with(start), "{page}: {}", ended.out);
    }
}
