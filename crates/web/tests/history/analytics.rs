//! Sums, by hand.

use serde_json::{Value, json};

use crate::documented;
use crate::house::{Past, column, told};

async fn table(past: &Past, path: &str) -> Vec<String> {
    let answer = past.get(path).await;
    documented::check("TableAnswer", &answer);
    told(&answer["table"])
}

#[tokio::test]
async fn plays_over_time() {
    let past = Past::new().await;
    assert_eq!(
        table(&past, "/api/v1/analytics/plays").await,
        [
            "2026-11-01 movie=1 of 1",
            "2026-11-18 live=1 of 1",
            "2026-11-19 track=1 of 1",
            "2026-11-20 episode=1 movie=1 of 2",
            "2026-11-21 episode=1 movie=1 of 2",
        ]
    );
    // Where it is tomorrow already.
    assert_eq!(
        table(
            &past,
            "/api/v1/analytics/plays?time_zone=Asia/Kolkata&media=episode&measure=seconds"
        )
        .await,
        [format!("2026-11-21 episode={} of {}", 200 * 60, 200 * 60)]
    );
    assert_eq!(
        table(&past, "/api/v1/analytics/plays?by=hour&days=0&user=bert").await,
        ["09 episode=1 of 1", "15 movie=1 of 1", "21 episode=1 of 1"]
    );
    assert_eq!(
        table(&past, "/api/v1/analytics/plays?by=hour&server=cellar&media=movie").await,
        ["01 movie=1 of 1"]
    );
    assert_eq!(
        table(&past, "/api/v1/analytics/plays?by=weekday&days=2").await,
        ["friday episode=1 movie=1 of 2", "saturday episode=1 movie=1 of 2"]
    );
    assert_eq!(
        table(
            &past,
            "/api/v1/analytics/plays?by=month&days=0&measure=seconds&user=bert"
        )
        .await,
        ["2025-12 movie=6000 of 6000", "2026-11 episode=12000 of 12000"]
    );
    assert_eq!(
        table(&past, "/api/v1/analytics/plays?by=hour_weekday&days=1").await,
        ["saturday 09 episode=1 of 1", "saturday 10 movie=1 of 1"]
    );
    let answer = past
        .get("/api/v1/analytics/plays?from=2026-11-20&to=2026-11-20&grouped=false")
        .await;
    assert_eq!(answer["table"]["categories"], json!(["2026-11-20"]));
    assert_eq!(
        answer["meta"],
        json!({
            "measure": "plays",
            "grouped": false,
            "time_zone": "America/New_York",
            "from": "2026-11-20T05:00:00.000Z",
            "to": "2026-11-21T05:00:00.000Z",
            "answered_at": "2026-11-21T20:00:00.000Z",
        })
    );
    let month = past.get("/api/v1/analytics/plays").await;
    let dates = month["table"]["categories"].as_array().unwrap().clone();
    assert_eq!(
        (dates.len(), &dates[0], &dates[29]),
        (30, &json!("2026-10-23"), &json!("2026-11-21"))
    );
}

#[tokio::test]
async fn how_it_was_delivered() {
    let past = Past::new().await;
    for (by, expected) in [
        (
            "date&days=2",
            &[
                "2026-11-20 directplay=1 transcode=1 of 2",
                "2026-11-21 transcode=1 of 2",
            ][..],
        ),
        (
            "source_resolution",
            &["1080p directplay=3 of 3", "4k transcode=1 of 1", "unknown  of 1"],
        ),
        ("stream_resolution&limit=1", &["1080p directplay=3 of 3"]),
        (
            "platform",
            &[
                "webOS directplay=3 copy=1 of 4",
                "macOS transcode=1 of 1",
                "unknown  of 1",
            ],
        ),
        (
            "user&measure=seconds",
            &[
                "bert transcode=12000 of 12000",
                "Anna A directplay=9000 copy=180 of 9180",
                "guest directplay=3600 of 3600",
            ],
        ),
    ] {
        let path = format!("/api/v1/analytics/streams?by={by}");
        assert_eq!(table(&past, &path).await, expected, "{by}");
    }
    let cut = past.get("/api/v1/analytics/streams?by=user&limit=1").await;
    assert_eq!(cut["categories_total"], 3);
}

async fn ranking(past: &Past, query: &str) -> (Vec<(Value, i64, i64)>, Value) {
    let answer = past.get(&format!("/api/v1/analytics/top?{query}")).await;
    documented::check("RankingAnswer", &answer);
    let entries = answer["entries"].as_array().unwrap();
    let places = entries.iter().map(|e| {
        (
            e["name"].clone(),
            e["plays"].as_i64().unwrap(),
            e["seconds"].as_i64().unwrap(),
        )
    });
    (places.collect(), answer)
}

#[tokio::test]
async fn rankings() {
    let past = Past::new().await;
    let place = |name: &str, plays, seconds| (json!(name), plays, seconds);
    let (titles, answer) = ranking(&past, "days=0").await;
    // The film on two servers is one; the resumed episode is one play of the show.
    assert_eq!(
        titles,
        [
            place("Amber Road", 2, 9000),
            place("Harbour", 1, 12_000),
            place("Ünïcode 100%", 1, 6000),
            place("News", 1, 3600),
            place("Kelp", 1, 180),
            place("Quiet", 1, 0),
        ]
    );
    assert_eq!(
        column(&answer["entries"], "rating_key"),
        ["101", "109", "103", "900", "139", "104"]
    );
    assert_eq!(answer["entries"][0]["last_play_id"], 5);
    assert_eq!(answer["entries"][0]["year"], 1999);
    let (longest, answer) = ranking(&past, "days=0&measure=seconds&limit=1").await;
    assert_eq!(longest, [place("Harbour", 1, 12_000)]);
    assert_eq!(answer["entries_total"], 6);
    let (users, answer) = ranking(&past, "of=users&days=0").await;
    assert_eq!(
        users,
        [
            place("Anna A", 4, 9180),
            place("bert", 2, 18_000),
            place("guest", 1, 3600)
        ]
    );
    assert_eq!(
        column(&answer["entries"], "user_id"),
        [json!("1"), json!("42"), Value::Null]
    );
    let (libraries, answer) = ranking(&past, "of=libraries&days=0&grouped=false").await;
    assert_eq!(
        libraries,
        [
            place("Films", 3, 13_200),
            place("Shows", 2, 12_000),
            (Value::Null, 1, 3600),
            (Value::Null, 1, 1800),
            place("Music", 1, 180),
        ]
    );
    assert_eq!(answer["entries"][3]["library_id"], "9");
    assert_eq!(answer["entries"][0]["users"], 2);
    for (of, first) in [
        ("items", place("Amber Road", 2, 9000)),
        ("servers", place("attic", 4, 19_380)),
        ("platforms", place("webOS", 4, 12_780)),
        ("players", place("Den", 4, 12_780)),
        ("products", place("Plex for LG", 4, 12_780)),
        ("source_resolutions", place("1080p", 3, 12_600)),
        ("stream_resolutions", place("1080p", 3, 12_600)),
    ] {
        let (places, _) = ranking(&past, &format!("of={of}")).await;
        assert_eq!(places[0], first, "{of}");
    }
}

#[tokio::test]
async fn streams_at_once() {
    let past = Past::new().await;
    let answer = past.get("/api/v1/analytics/concurrency?days=2").await;
    documented::check("ConcurrencyAnswer", &answer);
    assert_eq!(answer["dates"], json!(["2026-11-20", "2026-11-21"]));
    let series = answer["series"].as_array().unwrap();
    let of = |by: &str, name: &str| {
        series
            .iter()
            .find(|s| s["by"] == by && s["name"] == name)
            .unwrap()
    };
    assert_eq!(of("all", "all")["values"], json!([2, 1]));
    assert_eq!(of("all", "all")["peak"], 2);
    assert_eq!(of("all", "all")["peak_at"], "2026-11-21T02:30:00.000Z");
    assert_eq!(of("decision", "transcode")["values"], json!([1, 1]));
    assert_eq!(of("network", "lan")["values"], json!([1, 0]));
    assert_eq!(of("network", "cellular").get("peak_at"), None);
    // Began before, still runs.
    let after = past
        .get("/api/v1/analytics/concurrency?from=2026-11-21&to=2026-11-21")
        .await;
    assert_eq!(after["series"][0]["values"], json!([1]));
}

#[tokio::test]
async fn how_far_plays_got_and_why_they_were_transcoded() {
    let past = Past::new().await;
    let answer = past.get("/api/v1/analytics/completion?days=0").await;
    documented::check("CompletionAnswer", &answer);
    assert_eq!(
        told(&answer["table"]),
        [
            "0-25 movie=1 of 1",
            "25-50 movie=1 of 1",
            "50-75 episode=1 track=1 of 2",
            "watched movie=1 of 1",
            "unknown movie=1 live=1 of 2",
        ]
    );
    assert_eq!(answer["watched_ratio"], 0.2);
    let none = past.get("/api/v1/analytics/completion?user=nobody").await;
    assert_eq!(none.get("watched_ratio"), None);
    let answer = past.get("/api/v1/analytics/transcodes?measure=seconds").await;
    documented::check("TranscodesAnswer", &answer);
    assert_eq!(
        answer["decisions"],
        json!({ "directplay": 12_600, "copy": 180, "transcode": 12_000, "unknown": 0 })
    );
    let reasons: Vec<_> = answer["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["value"] != 0)
        .collect();
    assert_eq!(
        reasons,
        [
            &json!({ "reason": "subtitle_burn", "value": 12_000 }),
            &json!({ "reason": "video_codec", "value": 12_000 }),
            &json!({ "reason": "container", "value": 180 }),
        ]
    );
    assert_eq!(
        answer["hardware"],
        json!({ "full": 12_000, "part": 0, "software": 0, "hardware_ratio": 1.0 })
    );
    assert_eq!(
        (&answer["total"], &answer["video"], &answer["audio"]),
        (&json!(24_780), &json!(12_000), &json!(0))
    );
}

/// Names and numbers of the columns of an answer.
fn columns_of(answer: &Value, graph: &str) -> Vec<(String, i64)> {
    let number = |value: &Value| value.as_i64().unwrap();
    match graph {
        "reason" => answer["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["reason"].as_str().unwrap().to_owned(), number(&r["value"])))
            .collect(),
        "hardware" => ["full", "part", "software"]
            .map(|name| (name.to_owned(), number(&answer["hardware"][name])))
            .into(),
        _ => {
            let categories = answer["table"]["categories"].as_array().unwrap().iter();
            let names = categories.map(|c| c.as_str().unwrap().to_owned());
            names
                .zip(answer["table"]["total"].as_array().unwrap().iter().map(number))
                .collect()
        }
    }
}

#[tokio::test]
async fn behind_every_column_are_as_many_plays() {
    let past = Past::new().await;
    for (path, filter) in [
        ("plays?by=hour", "hour"),
        ("plays?by=weekday", "weekday"),
        ("streams?by=source_resolution", "source_resolution"),
        ("streams?by=stream_resolution", "stream_resolution"),
        ("completion?", "completion"),
        ("transcodes?", "reason"),
        ("transcodes?", "hardware"),
    ] {
        for rest in [
            "days=0",
            "days=0&grouped=false",
            "time_zone=Asia/Kolkata",
            "days=0&user=bert",
        ] {
            let answer = past.get(&format!("/api/v1/analytics/{path}&{rest}")).await;
            let window = if rest.contains("days") {
                rest.to_owned()
            } else {
                format!("{rest}&days=30")
            };
            let mut sum = 0;
            for (name, plays) in columns_of(&answer, filter) {
                // Of the resolutions the one that nobody knows is no filter.
                if name == "unknown" && filter.ends_with("resolution") {
                    continue;
                }
                let list = past
                    .get(&format!("/api/v1/history?{filter}={name}&{window}"))
                    .await;
                assert_eq!(list["meta"]["total"], plays, "{filter}={name}&{rest}");
                sum += plays;
            }
            assert!(sum > 0, "{filter} {rest}");
        }
    }
    let both = past
        .get("/api/v1/history?days=0&hour=21&hour=9&weekday=saturday")
        .await;
    assert_eq!(both["meta"]["total"], 1);
}
