//! Failures that are about the server or about us: nothing is lost, nothing is doubled.

use std::time::Instant;

use super::*;
use sim::influx::{Fault, Privilege};

fn json(text: &str) -> String {
    format!(r#"{{"error":"{text}"}}"#)
}

#[tokio::test]
async fn points_arrive_once_in_order_and_no_secret_stands_in_an_address() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        let delivery = Delivery::start(&config);
        let lines = good(2_000);
        for batch in lines.chunks(300) {
            delivery.push(batch);
        }
        let figures = delivery.settled(2_000).await;
        assert_eq!(
            (figures.written, figures.retries, figures.up),
            (2_000, 0, Some(true)),
            "{api:?}"
        );
        assert!(figures.last_success_at.is_some());
        let points = fake.points();
        assert!(points.iter().all(|p| p.writes == 1));
        let times: Vec<i64> = points.iter().map(|p| p.at_ns).collect();
        assert_eq!(times, (0..2_000).map(at).collect::<Vec<_>>());
        let auth = match api {
            Api::V1 => "Basic",
            Api::V2 => "Token",
            Api::V3 => "Bearer",
        };
        for seen in fake.requests() {
            assert!(
                !seen.secret_in_url && !seen.gzip && seen.auth.as_deref() == Some(auth),
                "{seen:?}"
            );
        }
        delivery.stop().await;
    }
}

#[tokio::test]
async fn bodies_are_compressed_when_it_is_wanted() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        let config = Config {
            gzip: Gzip::Always,
            ..config
        };
        let delivery = Delivery::start(&config);
        // More than is compressed in place.
        delivery.push(&good(4_000));
        delivery.settled(4_000).await;
        assert_eq!(fake.len(), 4_000);
        assert!(
            fake.requests()
                .iter()
                .all(|seen| seen.gzip && seen.body_bytes < 50_000)
        );
        delivery.stop().await;
    }
}

#[tokio::test]
async fn what_may_pass_is_waited_for_and_what_must_be_mended_too() {
    let faults = [
        Fault::Refuse,
        Fault::Cut,
        Fault::LoseAnswer,
        Fault::status(401, &json("authorization failed")),
        Fault::status(401, &json("unable to parse authentication credentials")),
        Fault::status(403, &json("not authorized")),
        Fault::status(404, "404 page not found"),
        Fault::status(
            404,
            r#"{"code":"not found","message":"bucket \"plex\" not found"}"#,
        ),
        Fault::status(405, "Method Not Allowed"),
        Fault::status(408, ""),
        Fault::status(429, ""),
        Fault::status(500, &json("retention policy not found: x")),
        Fault::status(500, &json("engine: cache-max-memory-size exceeded")),
        Fault::status(500, &json("timeout")),
        Fault::status(502, "<html>Bad Gateway</html>"),
        Fault::status(503, "request throttled, queue full"),
        Fault::status(504, ""),
        Fault::status(200, "<html>Welcome</html>"),
        Fault::status(400, "<html>The plain HTTP request was sent to HTTPS port</html>"),
        Fault::Answer {
            status: 307,
            headers: vec![("Location".to_owned(), "http://127.0.0.1:1/write".to_owned())],
            body: String::new(),
        },
    ];
    for api in APIS {
        for fault in faults.clone() {
            let (fake, config) = fake(api).await;
            fake.fault(fault.clone());
            let delivery = Delivery::start(&config);
            delivery.push(&good(50));
            let figures = delivery.until("a second try", |f| f.retries >= 2).await;
            let context = format!("{api:?} {fault:?}");
            assert_eq!(
                (figures.up, figures.written, figures.waiting, dropped(&figures)),
                (Some(false), 0, 50, vec![]),
                "{context}"
            );
            delivery.push(&good(60)[50..]);
            fake.heal();
            let figures = delivery.settled(60).await;
            assert_eq!((figures.up, figures.written), (Some(true), 60), "{context}");
            assert_eq!(fake.len(), 60, "{context}");
            delivery.stop().await;
        }
    }
}

#[tokio::test]
async fn a_server_that_says_when_is_not_asked_before() {
    let date = |after: Duration| {
        let at = Clock::system().now() + after;
        let civil = at.to_string();
        // `2026-11-21T13:42:27.5Z` in the words of HTTP; nobody reads the day of the week.
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let month = months[civil[5..7].parse::<usize>().unwrap() - 1];
        format!(
            "Mon, {} {month} {} {} GMT",
            &civil[8..10],
            &civil[..4],
            &civil[11..19]
        )
    };
    for (status, after) in [(503, Some("1")), (429, Some("1")), (503, None)] {
        // Whole seconds are written, so up to one is lost.
        let after = after.map_or_else(|| date(Duration::from_millis(2_500)), str::to_owned);
        let (fake, config) = fake(Api::V2).await;
        fake.fault_times(Fault::retry_after(status, &after), 1);
        let delivery = Delivery::start(&config);
        let began = Instant::now();
        delivery.push(&good(10));
        let figures = delivery.settled(10).await;
        assert!(
            began.elapsed() >= Duration::from_secs(1),
            "{after}: {:?}",
            began.elapsed()
        );
        assert_eq!((figures.written, figures.retries), (10, 1));
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_missing_database_is_made_by_who_may() {
    let fake = Influx::start(Settings {
        databases: Vec::new(),
        privilege: Privilege::Write,
        ..settings(Api::V1)
    })
    .await;
    let config = Config {
        database: r#"odd "name\ with; all"#.to_owned(),
        ..config_for(&fake, Api::V1)
    };
    let delivery = Delivery::start(&config);
    delivery.push(&good(5));
    let figures = delivery
        .until("a second try", |f| f.retries >= 1 && f.up == Some(false))
        .await;
    assert_eq!(
        (figures.written, figures.waiting, dropped(&figures)),
        (0, 5, vec![])
    );
    fake.change(|s| s.privilege = Privilege::Admin);
    delivery.settled(5).await;
    assert_eq!(fake.databases(), [config.database.as_str()]);
    assert_eq!(fake.len(), 5);
    delivery.stop().await;
}

#[tokio::test]
async fn a_missing_database_is_not_made_unasked() {
    let fake = Influx::start(Settings {
        databases: Vec::new(),
        ..settings(Api::V1)
    })
    .await;
    let config = Config {
        create_database: false,
        ..config_for(&fake, Api::V1)
    };
    let delivery = Delivery::start(&config);
    delivery.push(&good(5));
    let figures = delivery.until("a second try", |f| f.retries >= 2).await;
    assert_eq!((figures.written, figures.waiting), (0, 5));
    assert!(fake.databases().is_empty());
    assert!(fake.requests().iter().all(|seen| seen.path == "/write"));
    delivery.stop().await;
}

#[tokio::test]
async fn a_secret_that_is_mended_in_its_file_is_used_at_once() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "wrong\n").unwrap();
        let config = match api {
            Api::V1 => Config {
                password_file: Some(file.clone()),
                ..config
            },
            _ => Config {
                token_file: Some(file.clone()),
                ..config
            },
        };
        let delivery = Delivery::start(&config);
        delivery.push(&good(5));
        delivery.until("a refusal", |f| f.up == Some(false)).await;
        std::fs::write(&file, "hunter2\n").unwrap();
        let figures = delivery.settled(5).await;
        assert_eq!((figures.written, fake.len()), (5, 5), "{api:?}");
        delivery.stop().await;
    }
}

#[tokio::test]
async fn when_told_to_stop_it_stops_and_keeps_what_is_not_sent() {
    let (fake, config) = fake(Api::V1).await;
    fake.fault(Fault::Hang);
    let delivery = Delivery::start(&config);
    delivery.push(&good(5));
    wait_for("a request", || (!fake.requests().is_empty()).then_some(())).await;
    let (stats, began) = (delivery.stats.clone(), Instant::now());
    delivery.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!((stats.snapshot().waiting, stats.snapshot().written), (5, 0));
}

#[tokio::test]
async fn when_told_to_stop_a_request_in_flight_may_end() {
    let (fake, config) = fake(Api::V1).await;
    fake.fault(Fault::Slow(Duration::from_millis(200)));
    let delivery = Delivery::start(&config);
    delivery.push(&good(5));
    wait_for("a request", || (!fake.requests().is_empty()).then_some(())).await;
    let stats = delivery.stats.clone();
    delivery.stop().await;
    assert_eq!((stats.snapshot().waiting, stats.snapshot().written), (0, 5));
    assert_eq!(fake.len(), 5);
}

#[tokio::test]
async fn when_told_to_stop_in_a_pause_it_stops_at_once() {
    let (fake, config) = fake(Api::V1).await;
    fake.fault(Fault::retry_after(503, "3600"));
    let delivery = Delivery::start(&config);
    delivery.push(&good(5));
    delivery.until("a failure", |f| f.up == Some(false)).await;
    let (stats, began) = (delivery.stats.clone(), Instant::now());
    delivery.stop().await;
    assert!(
        began.elapsed() < Duration::from_millis(900),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(stats.snapshot().waiting, 5);
}
