use reqwest::Method;
use serde_json::{Value, json};

use crate::documented;
use crate::support::{House, Open, sample};

/// Two servers, three sessions, everything a server may tell.
async fn furnished() -> Open {
    let house = House::new(&["attic", "barn"]);
    for body in sample::everything() {
        house.tell("attic", body).await;
    }
    house
        .plays("attic", vec![sample::film("1", "Rain"), sample::episode("2")])
        .await;
    house.plays("barn", vec![sample::channel("1")]).await;
    house.tell("barn", sample::down("timeout")).await;
    house.open().await
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn answers_hold_what_is_documented_and_nothing_else() {
    let open = furnished().await;
    let mut whole = String::new();
    for (path, schema) in [
        ("/api/v1/servers", "Servers"),
        ("/api/v1/libraries", "Libraries"),
        ("/api/v1/sessions", "Sessions"),
        ("/api/v1/sessions/attic-2-1795291200010", "OneSession"),
        ("/api/v1/sessions/none", "ErrorBody"),
        ("/health", "Health"),
        ("/live", "Status"),
        ("/ready", "Readiness"),
    ] {
        let answer = open.get(path).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        documented::check(schema, &answer.json());
        whole.push_str(answer.text());
    }
    assert!(!whole.contains("null"), "unknown is left out: {whole}");
    assert!(
        !whole.contains("planted-secret") && !whole.contains("Token"),
        "{whole}"
    );
}

#[tokio::test]
async fn targets_are_told_in_order_and_what_is_not_known_is_left_out() {
    let house = House::with(&["attic"], |ctx| {
        ctx.sinks = ["influx.lan", "cloud"]
            .map(|id| export::sinks::SinkStats::new(id, "influxdb"))
            .into();
    });
    let open = house.open().await;
    let answer = open.get("/api/v1/sinks").await.json();
    documented::check("Sinks", &answer);
    let reasons = ["damaged", "full", "invalid", "limit", "too_old", "type_conflict"];
    let dropped: serde_json::Map<String, Value> =
        reasons.map(|r| (r.to_owned(), json!(0))).into_iter().collect();
    assert_eq!(
        answer["sinks"][0],
        json!({
            "id": "influx.lan", "kind": "influxdb", "points_written": 0, "points_dropped": dropped,
            "retries": 0, "points_waiting": 0, "spool_bytes": 0,
        })
    );
    assert_eq!(answer["sinks"][1]["id"], "cloud");
    assert_eq!(answer["meta"]["count"], 2);
}

#[tokio::test]
async fn the_answers_in_full() {
    let open = furnished().await;
    let mut all = String::new();
    for path in ["/api/v1/servers", "/api/v1/libraries", "/api/v1/sessions"] {
        let answer = open.get(path).await.json();
        let pretty = serde_json::to_string_pretty(&answer).unwrap();
        all.extend([path, "\n", pretty.as_str(), "\n"]);
    }
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn sessions_can_be_filtered() {
    let open = furnished().await;
    let (film, episode, channel) = (
        "attic-1-1795291200010",
        "attic-2-1795291200010",
        "barn-1-1795291200020",
    );
    for (query, expected) in [
        ("", vec![film, episode, channel]),
        ("?server=attic", vec![film, episode]),
        ("?user=bert", vec![episode]),
        ("?user=Bert", vec![]),
        ("?decision=directplay", vec![film]),
        ("?decision=transcode&server=barn", vec![]),
        ("?state=playing", vec![film, episode, channel]),
        ("?state=paused", vec![]),
        (
            "?server=%61ttic&state=playing&user=anna&decision=directplay",
            vec![film],
        ),
        ("?server=", vec![]),
    ] {
        let answer = open.get(&format!("/api/v1/sessions{query}")).await.json();
        assert_eq!(ids(&answer), expected, "{query}");
        assert_eq!(answer["meta"]["count"], expected.len(), "{query}");
    }
    let libraries = open.get("/api/v1/libraries?server=barn").await.json();
    assert_eq!(
        (libraries["meta"]["count"].clone(), libraries["libraries"].clone()),
        (json!(0), json!([]))
    );
}

#[tokio::test]
async fn a_filter_nobody_knows_is_an_error_not_everything() {
    let open = furnished().await;
    for (query, names) in [
        ("usr=anna", "`usr`"),
        ("state=PLAYING", "`PLAYING`"),
        ("decision=direct", "`directplay`"),
    ] {
        let (status, kind, message) = open.get(&format!("/api/v1/sessions?{query}")).await.error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{query}");
        assert!(message.contains(names), "{message}");
    }
    assert_eq!(
        open.get("/api/v1/libraries?server=a&server=b").await.error().0,
        400
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let open = furnished().await;
    for path in [
        "/nowhere?token=planted-secret",
        "/api/v1/nothing",
        "/api/v3/sessions",
        "/api/v1/sessions/a/b",
        "/metrics/",
    ] {
        let answer = open.get(path).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (404, "not_found"), "{path}");
        assert!(!message.contains("planted-secret"), "{message}");
        documented::check("ErrorBody", &answer.json());
    }
    for (method, path) in [
        (Method::POST, "/api/v1/sessions"),
        (Method::DELETE, "/"),
        (Method::PUT, "/metrics"),
    ] {
        let answer = open.ask(method, path, &[]).await;
        assert_eq!(answer.error().0, 405, "{path}");
        assert_eq!(answer.error().1, "unsupported");
        assert_eq!(
            answer
                .header("allow")
                .map(|a| a.contains("GET") && a.contains("HEAD")),
            Some(true),
            "{path}"
        );
    }
}

#[tokio::test]
async fn titles_cannot_break_out_of_json() {
    let house = House::new(&["attic"]);
    let title = "\"},{\"a\":\u{0}\n\u{2028}</script>\\";
    house.plays("attic", vec![sample::film("1", title)]).await;
    let open = house.open().await;
    let answer = open.get("/api/v1/sessions").await;
    assert_eq!(answer.json()["sessions"][0]["item"]["title"], title);
    assert!(!answer.text().contains('\n'));
}

#[tokio::test]
async fn large_answers_are_compressed() {
    let open = furnished().await;
    let zipped = open
        .get_with("/api/v1/sessions", &[("accept-encoding", "gzip")])
        .await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(zipped.header("vary"), Some("Accept, Accept-Encoding"));
}

/// Every path that the description tells, in the order of its parts.
const SERVED: &[&str] = &[
    "/api/v1/access",
    "/api/v1/access/accounts",
    "/api/v1/access/accounts/{name}",
    "/api/v1/access/keys",
    "/api/v1/access/keys/{id}",
    "/api/v1/access/password",
    "/api/v1/access/sign-in",
    "/api/v1/access/sign-out",
    "/api/v1/images/{server}/{rating_key}",
    "/api/v1/libraries/{server}/{id}/growth",
    "/api/v1/load",
    "/api/v1/metrics",
    "/api/v1/servers",
    "/api/v1/libraries",
    "/api/v1/sessions",
    "/api/v1/sessions/{id}",
    "/api/v1/events",
    "/api/v1/sinks",
    "/api/v1/history",
    "/api/v1/history/{id}",
    "/api/v1/history/export",
    "/api/v1/analytics/plays",
    "/api/v1/analytics/streams",
    "/api/v1/analytics/top",
    "/api/v1/analytics/concurrency",
    "/api/v1/analytics/completion",
    "/api/v1/analytics/transcodes",
    "/api/v1/users",
    "/api/v1/users/{id}",
    "/api/v1/users/{id}/history",
    "/api/v1/libraries/{server}/{id}",
    "/api/v1/libraries/{server}/{id}/history",
    "/api/v1/titles/{server}/{rating_key}",
    "/api/v1/titles/{server}/{rating_key}/history",
    "/api/v1/collections",
    "/api/v1/collections/{server}/{rating_key}",
    "/api/v1/collections/{server}/{rating_key}/snapshots",
    "/api/v1/collections/snapshots",
    "/api/v1/collections/top",
    "/api/v1/collections/collect",
    "/api/v1/rotations/{id}",
    "/api/v1/rotations/{id}/compare",
    "/api/v1/iptv/channels",
    "/api/v1/iptv/providers",
    "/api/v1/iptv/guides",
    "/api/v1/iptv/paths",
    "/api/v1/iptv/ranking",
    "/api/v1/iptv/viewers",
    "/api/v1/iptv/provider-days",
    "/api/v1/iptv/provider-totals",
    "/api/v1/iptv/runs",
    "/api/v1/iptv/viewings",
    "/api/v1/iptv/users",
    "/api/v1/setup",
    "/api/v1/setup/plex/pin",
    "/api/v1/setup/plex/pin/{id}",
    "/api/v1/setup/test",
    "/api/v1/servers/{id}/test",
    "/api/v1/setup/save",
    "/api/v1/imports",
    "/api/v1/imports/file",
    "/health",
    "/live",
    "/ready",
];

#[tokio::test]
async fn the_description_is_served() {
    let open = furnished().await;
    let document = open.get("/api/v1/openapi.json").await;
    assert_eq!(document.text(), web::openapi_json());
    let json = document.json();
    let mut described: Vec<_> = json["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    described.sort_by_key(|p| SERVED.iter().position(|s| s == p));
    assert_eq!(described, SERVED);
}

#[tokio::test]
async fn nothing_watched_is_an_empty_list() {
    let open = House::new(&[]).open().await;
    for list in ["servers", "libraries", "sessions"] {
        let answer = open.get(&format!("/api/v1/{list}")).await.json();
        assert_eq!(answer[list], json!([]));
        assert_eq!(
            answer["meta"],
            json!({ "count": 0, "version": 0, "answered_at": "2026-11-21T20:00:00.000Z" })
        );
    }
}
