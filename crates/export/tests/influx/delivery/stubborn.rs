//! Receivers, and what stands before them, that fail in ways that look like others.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::picky::{Picky, says};
use super::*;
use sim::influx::Fault;

fn at_url(url: &str) -> Config {
    Config {
        url: url.to_owned(),
        ..Config::default()
    }
}

#[tokio::test]
async fn half_an_answer_is_no_answer_and_asked_for_again_soon() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        fake.fault_times(Fault::HalfAnswer, 2);
        let delivery = Delivery::start_with(&config, NEVER_SLOW, None);
        delivery.push(&good(10));
        let figures = delivery.settled(10).await;
        assert_eq!(
            (figures.written, figures.retries, fake.len()),
            (10, 2, 10),
            "{api:?}"
        );
        delivery.stop().await;
    }
}

#[tokio::test]
async fn when_told_to_stop_while_a_database_is_made_it_stops() {
    let fake = Influx::start(Settings {
        databases: Vec::new(),
        ..settings(Api::V1)
    })
    .await;
    fake.fault(Fault::HangAt("/query"));
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        timeout_s: 60.0,
        ..config_for(&fake, Api::V1)
    };
    let delivery = Delivery::start_with(&config, PACE, Some(dir.path().to_owned()));
    delivery.push(&good(5));
    wait_for("it asks for the database", || {
        fake.requests()
            .iter()
            .find(|seen| seen.path == "/query")
            .map(drop)
    })
    .await;
    let Delivery {
        queue,
        stats,
        cancel,
        task,
    } = delivery;
    let began = Instant::now();
    cancel.cancel();
    task.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    Arc::into_inner(queue).unwrap().close(PATIENCE).await;
    assert_eq!(
        (stats.snapshot().waiting, dropped(&stats.snapshot())),
        (5, vec![])
    );
}

#[tokio::test]
async fn what_waits_for_a_request_that_hangs_is_on_disk() {
    let (fake, config) = fake(Api::V1).await;
    let dir = tempfile::tempdir().unwrap();
    fake.fault(Fault::Hang);
    let config = Config {
        timeout_s: 600.0,
        ..config
    };
    let delivery = Delivery::start_with(&config, PACE, Some(dir.path().to_owned()));
    delivery.push(&good(5));
    wait_for("a request", || (!fake.requests().is_empty()).then_some(())).await;
    delivery.push(&good(10)[5..]);
    wait_for("all is on disk", || {
        (delivery.queue.in_memory() == 0).then_some(())
    })
    .await;
    let figures = delivery.stats.snapshot();
    assert!(figures.spool_bytes > 0 && figures.waiting == 10, "{figures:?}");
    delivery.stop().await;
}

#[tokio::test]
async fn a_proxy_that_takes_nothing_at_all_loses_us_no_line() {
    for count in [1, 5, 200] {
        let picky = Picky::start(|_, _| says("413 Request Entity Too Large", "")).await;
        let delivery = Delivery::start(&at_url(&picky.url));
        delivery.push(&good(count));
        let figures = delivery.until("given up", |f| f.up == Some(false)).await;
        assert_eq!(
            (figures.written, figures.waiting, dropped(&figures)),
            (0, u64::try_from(count).unwrap(), vec![])
        );
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_receiver_that_refused_every_line_is_not_called_up() {
    let picky = Picky::start(|_, body| {
        if body.contains("bad") {
            says("400 Bad Request", r#"{"error":"unable to parse something"}"#)
        } else {
            says("204 No Content", "")
        }
    })
    .await;
    let delivery = Delivery::start(&at_url(&picky.url));
    delivery.push(&["bad v=1 1", "bad v=2 2"]);
    let figures = delivery.settled(2).await;
    assert_eq!((figures.up, figures.last_success_at), (None, None));
    delivery.push(&good(1));
    assert_eq!(delivery.settled(3).await.up, Some(true));
    delivery.stop().await;
}

#[tokio::test]
async fn a_database_that_was_made_and_is_gone_is_made_again() {
    let asked = Arc::new(AtomicU32::new(0));
    let picky = Picky::start({
        let asked = Arc::clone(&asked);
        move |path, _| {
            if path.starts_with("/query") {
                asked.fetch_add(1, Ordering::SeqCst);
                return says("200 OK", r#"{"results":[{"statement_id":0}]}"#);
            }
            // The first one made is lost at once.
            if asked.load(Ordering::SeqCst) < 2 {
                return says(
                    "404 Not Found",
                    r#"{"error":"database not found: \"plex_data\""}"#,
                );
            }
            says("204 No Content", "")
        }
    })
    .await;
    let delivery = Delivery::start(&at_url(&picky.url));
    delivery.push(&good(3));
    assert_eq!(delivery.settled(3).await.written, 3);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    delivery.stop().await;
}

#[tokio::test]
async fn a_retry_is_a_request_with_lines_that_were_sent_before() {
    // One bad line of four: the whole, two halves, and the two lines of one of them.
    let picky = Picky::start(|_, body| {
        if body.contains("bad") {
            says("400 Bad Request", r#"{"error":"unable to parse something"}"#)
        } else {
            says("204 No Content", "")
        }
    })
    .await;
    let delivery = Delivery::start(&at_url(&picky.url));
    let lines = good(3);
    delivery.push(&[&lines[0], &lines[1], &lines[2], "bad v=1 1"]);
    assert_eq!(delivery.settled(4).await.retries, 4);
    // What comes after is sent for the first time.
    delivery.push(&good(5)[4..]);
    assert_eq!(delivery.settled(5).await.retries, 4);
    delivery.stop().await;
}

#[tokio::test]
async fn a_long_answer_does_not_make_bodies_small() {
    let picky = Picky::start(|_, body| {
        if body.contains("bad") && body.lines().count() > 1 {
            says("400 Bad Request", &"x".repeat(2 << 20))
        } else if body.contains("bad") {
            says("400 Bad Request", r#"{"error":"unable to parse something"}"#)
        } else {
            says("204 No Content", "")
        }
    })
    .await;
    let delivery = Delivery::start(&at_url(&picky.url));
    delivery.push(&["bad v=1 1", "m v=1 1"]);
    delivery.settled(2).await;
    let before = *picky.requests.lock().unwrap();
    // Batches that wait together are one body, unless bodies have to be small.
    for batch in good(2_000).chunks(250) {
        delivery.push(batch);
    }
    delivery.settled(2_002).await;
    assert_eq!(*picky.requests.lock().unwrap() - before, 1);
    delivery.stop().await;
}

#[tokio::test]
async fn who_refuses_half_of_the_lines_is_not_asked_about_each() {
    let picky = Picky::start(|_, body| {
        if body.contains("bad") {
            says(
                "422 Unprocessable Entity",
                r#"{"error":"points beyond retention policy"}"#,
            )
        } else {
            says("204 No Content", "")
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let delivery = Delivery::start_with(&at_url(&picky.url), PACE, Some(dir.path().to_owned()));
    let lines: Vec<String> = good(1_000)
        .into_iter()
        .flat_map(|line| [line, "bad v=1 1".to_owned()])
        .collect();
    delivery.push(&lines);
    let figures = delivery
        .until("the search is held", |f| f.spool_bytes > 0 || f.written > 0)
        .await;
    assert!(
        figures.spool_bytes > 0,
        "a kill in the middle of it would lose something"
    );
    let figures = delivery.settled(2_000).await;
    assert_eq!(figures.written, picky.lines_taken().len() as u64);
    assert!(figures.written > 100, "{figures:?}");
    // The search, and what was left of it.
    let requests = *picky.requests.lock().unwrap();
    assert!((512..540).contains(&requests), "{requests}");
    delivery.stop().await;
}

#[tokio::test]
async fn bodies_that_were_too_large_are_tried_again_much_later() {
    let (fake, config) = fake(Api::V1).await;
    fake.change(|s| s.max_body_bytes = 20_000);
    let delivery = Delivery::start(&config);
    delivery.push(&good(2_000));
    delivery.settled(2_000).await;
    // Somebody mends it. Of these no two fit into the bodies that it took.
    fake.change(|s| s.max_body_bytes = 25_000_000);
    let before = fake.requests().len();
    for n in 0..1_100 {
        delivery.push(&[format!("large,n={n} s=\"{}\" 1", "x".repeat(9_000))]);
    }
    delivery.settled(3_100).await;
    let bytes: Vec<usize> = fake.requests()[before..]
        .iter()
        .map(|seen| seen.body_bytes)
        .collect();
    let small = bytes.iter().take_while(|bytes| **bytes < 16 << 10).count();
    assert!((900..=1_001).contains(&small), "{small}");
    assert!(bytes.iter().all(|bytes| *bytes < 32 << 10));
    assert!(
        bytes.last() > Some(&(16 << 10)) || bytes.len() < 1_100,
        "{bytes:?}"
    );
    delivery.stop().await;
}
