//! The end: in order, in time, and at once if somebody insists.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sim::plex::SessionSeed;

use crate::support::{Home, Running, get, json, plex, server_in_state, until};

/// What container runtimes leave us, less a margin.
const BUDGET: Duration = Duration::from_secs(8);

fn watch(home: &Home, url: &str, token: &str) -> Running {
    home.start(
        &["--listen", "127.0.0.1:0"],
        &[("PLEX_SERVER", url), ("PLEX_TOKEN", token)],
    )
}

fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).unwrap()
}

/// A stream of events, read until the server ends it.
fn listen_to_events(url: &str) -> std::thread::JoinHandle<String> {
    let mut stream = connect(url);
    stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    std::thread::spawn(move || {
        stream
            .write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        String::from_utf8_lossy(&all).into_owned()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_open_streams_and_scrapes_in_time() {
    let server = plex(|seed| seed).await;
    let world = server.world();
    for n in 0..40 {
        world.start(SessionSeed::movie(format!("Film {n}")));
    }
    let home = Home::new();
    let running = watch(&home, &server.url(), server.token());
    let url = running.url().await;
    server_in_state(&url, "up").await;
    let streams: Vec<_> = (0..5).map(|_| listen_to_events(&url)).collect();
    let metrics = format!("{url}/metrics");
    until("the streams are open", async || {
        get(&metrics)
            .await
            .1
            .lines()
            .any(|l| l.contains("listeners") && l.ends_with(" 5"))
    })
    .await;
    let load = tokio::spawn({
        let world = world.clone();
        async move {
            loop {
                world.notify_progress_all();
                tokio::task::spawn(get_quietly(metrics.clone()));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    until("the load is on", async || {
        let server = json(&format!("{url}/api/v1/servers")).await["servers"][0].clone();
        server["notifications"].as_u64().is_some_and(|n| n > 500)
    })
    .await;
    let asked = Instant::now();
    running.signal("-TERM");
    let ended = running.ended().await;
    load.abort();
    assert!(asked.elapsed() < BUDGET, "took {:?}", asked.elapsed());
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended.err.contains("SIGTERM, stopping") && ended.err.contains("stopped after"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("did not end in time"), "{}", ended.err);
    for stream in streams {
        let text = stream.join().unwrap();
        assert!(
            text.starts_with("HTTP/1.1 200") && text.contains("event: snapshot"),
            "{text}"
        );
    }
}

async fn get_quietly(url: String) {
    get(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_at_once() {
    let server = plex(|seed| seed).await;
    let home = Home::new();
    let running = watch(&home, &server.url(), server.token());
    let url = running.url().await;
    until("it is ready", async || {
        get(&format!("{url}/ready")).await.0 == 200
    })
    .await;
    // A request that never comes to its end holds up the drain.
    let mut half = connect(&url);
    half.write_all(b"GET /metrics HTTP/1.1\r\nHost").unwrap();
    get(&format!("{url}/health")).await;
    running.signal("-INT");
    until("the first signal is seen", async || {
        running.err().contains("SIGINT, stopping")
    })
    .await;
    running.signal("-INT");
    let ended = running.ended().await;
    assert_eq!(ended.code(), Some(1), "{}", ended.err);
    assert!(
        ended.err.contains("SIGINT again, leaving at once"),
        "{}",
        ended.err
    );
}
