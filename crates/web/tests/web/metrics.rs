use std::io::Read as _;

use export::Profile;
use reqwest::Method;

use crate::support::{House, Open, sample};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str =
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

async fn busy() -> Open {
    let house = House::new(&["attic"]);
    house
        .plays(
            "attic",
            vec![sample::film("1", "Blade \"Runner\""), sample::episode("2")],
        )
        .await;
    house.open().await
}

#[tokio::test]
async fn the_form_follows_accept() {
    let open = busy().await;
    for (accept, content_type, ends) in [
        ("*/*", TEXT, "\n"),
        (PROMETHEUS, OPEN_METRICS, "# EOF\n"),
        ("text/html", TEXT, "\n"),
    ] {
        let answer = open.get_with("/metrics", &[("accept", accept)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some(content_type), "{accept}");
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
        assert_eq!(answer.text().ends_with("# EOF\n"), ends == "# EOF\n");
        assert!(
            answer.text().contains("Blade \\\"Runner\\\""),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn gzip_only_for_those_who_take_it() {
    let open = busy().await;
    let plain = open.get("/metrics").await;
    assert_eq!(plain.header("content-encoding"), None);
    let zipped = open.get_with("/metrics", &[("accept-encoding", "gzip")]).await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(zipped.body.len() * 3 < plain.body.len());
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*zipped.body)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text.lines().count(), plain.text().lines().count());
    // A small body is not worth it.
    let open = House::new(&[]).open().await;
    let empty = open
        .get_with("/api/v1/sessions", &[("accept-encoding", "gzip")])
        .await;
    assert_eq!(empty.header("content-encoding"), None);
    assert!(empty.header("vary").is_some());
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let open = busy().await;
    for path in [
        "/metrics",
        "/",
        "/health",
        "/api/v1/sessions",
        "/api/v1/events",
        "/nowhere",
    ] {
        let head = open.ask(Method::HEAD, path, &[]).await;
        assert_eq!(head.status, if path == "/nowhere" { 404 } else { 200 }, "{path}");
        assert!(head.body.is_empty(), "{path}");
        assert!(head.header("content-type").is_some(), "{path}");
    }
    let length = open.ask(Method::HEAD, "/api/health", &[]).await;
    assert_eq!(length.header("content-length"), Some("15"));
    assert_eq!(
        open.house.ctx.events.listeners(),
        0,
        "a HEAD of the events keeps no seat"
    );
}

#[tokio::test]
async fn every_profile_has_an_address() {
    let open = busy().await;
    for profile in Profile::ALL {
        let answer = open.get(&format!("/metrics/{profile}")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(TEXT)),
            "{profile}"
        );
        assert!(answer.text().starts_with("# HELP "), "{profile}");
    }
    let (status, kind, message) = open.get("/metrics/nonsense%20%3Cb%3E").await.error();
    assert_eq!((status, kind.as_str()), (404, "not_found"));
    for profile in Profile::ALL {
        assert!(message.contains(profile.as_str()), "{message}");
    }
}

#[tokio::test]
async fn the_default_profile_is_what_the_listener_was_told() {
    let house = House::new(&["attic"]);
    house.plays("attic", vec![sample::film("1", "x")]).await;
    let router = web::router(house.ctx.clone(), Profile::Cplieger);
    let open = Open::serve(house, router).await;
    assert!(open.get("/metrics").await.text().contains("# TYPE plex_"));
    assert!(open.get("/metrics/native").await.text().contains("# TYPE media_"));
}

#[tokio::test]
async fn an_extra_listener_serves_metrics_and_health_alone() {
    let house = House::new(&["attic"]);
    let router = web::metrics_router(house.ctx.clone(), Profile::TimothyStewart6);
    let open = Open::serve(house, router).await;
    assert_eq!(open.get("/metrics").await.header("content-type"), Some(TEXT));
    assert_eq!(open.get("/health").await.json()["status"], "ok");
    assert_eq!(open.get("/api/health").await.text(), r#"{"status":"OK"}"#);
    let index = open.get("/").await;
    assert!(index.text().contains("timothystewart6") && index.header("content-security-policy").is_some());
    for path in ["/api/v1/sessions", "/metrics/native", "/ready"] {
        assert_eq!(open.get(path).await.error().0, 404, "{path}");
    }
}

#[tokio::test]
async fn dropped_events_and_listeners_are_metrics() {
    let open = busy().await;
    let stream = open.request(Method::GET, "/api/v1/events").send().await.unwrap();
    let text = open.get("/metrics").await.text().to_owned();
    let line = |start: &str| {
        text.lines()
            .find(|l| l.starts_with(start))
            .unwrap_or_else(|| panic!("no {start}: {text}"))
    };
    assert!(line("projectionist_event_listeners").ends_with(" 1"));
    assert!(line("projectionist_events_dropped_total{").ends_with(" 0"));
    drop(stream);
}
