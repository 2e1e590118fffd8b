//! What is refused, and what the description promises.

use serde_json::Value;

use crate::documented;
use crate::house::Past;
use crate::support::House;

/// Every path about the past, with a subject that exists.
const PATHS: [(&str, &str); 23] = [
    ("/api/v1/history", "/api/v1/history"),
    ("/api/v1/history/{id}", "/api/v1/history/6"),
    ("/api/v1/history/export", "/api/v1/history/export"),
    ("/api/v1/analytics/plays", "/api/v1/analytics/plays"),
    ("/api/v1/analytics/streams", "/api/v1/analytics/streams"),
    ("/api/v1/analytics/top", "/api/v1/analytics/top"),
    ("/api/v1/analytics/concurrency", "/api/v1/analytics/concurrency"),
    ("/api/v1/analytics/completion", "/api/v1/analytics/completion"),
    ("/api/v1/analytics/transcodes", "/api/v1/analytics/transcodes"),
    ("/api/v1/users", "/api/v1/users"),
    ("/api/v1/users/{id}", "/api/v1/users/42"),
    ("/api/v1/users/{id}/history", "/api/v1/users/42/history"),
    ("/api/v1/libraries/{server}/{id}", "/api/v1/libraries/attic/1"),
    (
        "/api/v1/libraries/{server}/{id}/history",
        "/api/v1/libraries/attic/1/history",
    ),
    ("/api/v1/titles/{server}/{rating_key}", "/api/v1/titles/attic/101"),
    (
        "/api/v1/titles/{server}/{rating_key}/history",
        "/api/v1/titles/attic/101/history",
    ),
    ("/api/v1/iptv/ranking", "/api/v1/iptv/ranking"),
    ("/api/v1/iptv/viewers", "/api/v1/iptv/viewers"),
    ("/api/v1/iptv/provider-days", "/api/v1/iptv/provider-days"),
    ("/api/v1/iptv/provider-totals", "/api/v1/iptv/provider-totals"),
    ("/api/v1/iptv/runs", "/api/v1/iptv/runs"),
    ("/api/v1/iptv/viewings", "/api/v1/iptv/viewings"),
    ("/api/v1/iptv/users", "/api/v1/iptv/users"),
];

/// A value each parameter takes, and one it does not.
fn values(name: &str, path: &str) -> (&'static str, Option<&'static str>) {
    match (name, path.rsplit('/').next().unwrap_or_default()) {
        ("from" | "to", _) => ("2026-11-21", Some("soon")),
        ("days", _) => ("7", Some("-7")),
        ("library" | "user_id" | "rating_key", _) => ("1", Some("one")),
        ("decision", _) => ("copy", Some("direct")),
        ("media", _) => ("live", Some("film")),
        ("network", _) => ("relay", Some("home")),
        ("origin", _) => ("tautulli", Some("plex")),
        ("group_id", _) => ("6", Some("six")),
        ("hour", _) => ("23", Some("24")),
        ("weekday", _) => ("sunday", Some("6")),
        ("reason", _) => ("quality", Some("slow")),
        ("hardware", _) => ("part", Some("gpu")),
        ("completion", _) => ("75-watched", Some("75")),
        ("q", _) => ("a", None),
        ("time_zone", _) => ("Asia/Kolkata", Some("Nowhere/Land")),
        ("grouped", _) => ("false", Some("no")),
        ("measure", _) => ("seconds", Some("hours")),
        ("limit", _) => ("500", Some("501")),
        ("cursor", _) => ("", Some("abc")),
        ("profile", _) => ("7", Some("main")),
        ("kind", _) => ("timeshift", Some("film")),
        ("order", _) => ("failovers", Some("best")),
        ("by", "ranking") => ("channel", Some("group")),
        ("by", "viewers") => ("hour", Some("minute")),
        ("by", "plays") => ("hour_weekday", Some("year")),
        ("by", _) => ("platform", Some("year")),
        ("of", _) => ("items", Some("everything")),
        ("format", _) => ("jsonl", Some("xml")),
        _ => ("x", None),
    }
}

#[tokio::test]
async fn every_described_parameter_is_taken_and_every_bad_value_named() {
    let past = Past::new().await;
    let document: Value = serde_json::from_str(&web::openapi_json()).unwrap();
    for (described, path) in PATHS {
        let parameters = document["paths"][described]["get"]["parameters"]
            .as_array()
            .unwrap();
        let names: Vec<_> = parameters
            .iter()
            .filter(|p| p["in"] == "query")
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        for name in &names {
            let (good, bad) = values(name, described);
            let answer = past.open.get(&format!("{path}?{name}={good}")).await;
            assert_eq!(answer.status, 200, "{path} {name}: {}", answer.text());
            if let Some(bad) = bad {
                let answer = past.open.get(&format!("{path}?{name}={bad}")).await;
                let (status, kind, message) = answer.error();
                assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{path} {name}");
                assert!(message.contains(name), "{path} {name}: {message}");
                documented::check("ErrorBody", &answer.json());
            }
        }
        if !names.is_empty() {
            for undescribed in ["measure", "cursor", "limit", "by", "of", "format", "colour"] {
                if !names.contains(&undescribed) {
                    let (status, _, message) =
                        past.open.get(&format!("{path}?{undescribed}=1")).await.error();
                    assert_eq!(status, 400, "{path} {undescribed}");
                    assert!(message.contains(undescribed), "{message}");
                }
            }
        }
    }
}

#[tokio::test]
async fn huge_and_hostile_values_are_refused_or_find_nothing() {
    let past = Past::new().await;
    for query in [
        "limit=0",
        "limit=99999999999999999999999",
        "limit=5&limit=6",
        "cursor=zzzz",
        &format!("cursor={}", "f".repeat(40)),
        &format!("q={}", "a".repeat(2000)),
        "from=-99999-01-01",
        "days=99999999999",
    ] {
        let (status, kind, message) = past.open.get(&format!("/api/v1/history?{query}")).await.error();
        assert_eq!(
            (status, kind.as_str()),
            (400, "bad_payload"),
            "{query}: {message}"
        );
        assert!(message.len() < 300, "{message}");
    }
    for (query, total) in [
        ("from=9999-12-31", 0),
        ("to=9999-12-31", 7),
        ("from=-009999-01-01", 7),
        ("group_id=4294967295", 0),
        ("user_id=-9223372036854775808", 0),
        ("q=%27%3B%20DROP%20TABLE%20play", 0),
        ("q=%F0%9F%8E%AC", 0),
        ("title=%00", 0),
    ] {
        let page = past.get(&format!("/api/v1/history?{query}")).await;
        assert_eq!(page["meta"]["total"], total, "{query}");
    }
    for path in ["plays", "concurrency"] {
        let wide = past
            .get(&format!("/api/v1/analytics/{path}?from=1000-01-01&to=9999-12-31"))
            .await;
        let dates = wide.pointer("/table/categories").or_else(|| wide.get("dates"));
        assert_eq!(dates.unwrap().as_array().unwrap().len(), 36_600, "{path}");
    }
}

#[tokio::test]
async fn without_a_history_everything_says_so() {
    let open = House::new(&["attic"]).open().await;
    for (_, path) in PATHS {
        let answer = open.get(path).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (404, "not_found"), "{path}");
        assert_eq!(message, "no history is kept", "{path}");
    }
}
