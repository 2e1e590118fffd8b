//! `/api/v1/load`.

use live::recent::{Gauge, Sample, ServerSample};
use serde_json::json;

use super::documented;
use super::support::{House, START};

fn sample(ago_s: i64, users: &[(&str, f32)]) -> Sample {
    Sample {
        at: START - jiff::SignedDuration::from_secs(ago_s),
        servers: ["attic", "cabin"]
            .map(|id| ServerSample {
                id: id.into(),
                kind: model::PLEX,
                measured: id == "attic",
                gauges: vec![
                    (Gauge::Streams, 2.0),
                    (Gauge::HostCpuRatio, 0.123_456),
                    (Gauge::WanBps, 1.6),
                ],
            })
            .into(),
        decisions: (ago_s > 5).then_some([1.0, 0.0, 1.0]),
        users: users.iter().map(|(name, bps)| ((*name).into(), *bps)).collect(),
    }
}

#[tokio::test]
async fn the_last_minutes_are_told_in_columns() {
    let house = House::with(&["attic", "cabin"], |ctx| ctx.upload_limit_bps = Some(40_000_000));
    house.ctx.live.recent().push(&sample(400, &[("zoe", 1.0)]));
    house
        .ctx
        .live
        .recent()
        .push(&sample(10, &[("ada", 3e6), ("bob", 1e6)]));
    house.ctx.live.recent().push(&sample(5, &[("bob", 1e6)]));
    let open = house.open().await;
    let answer = open.get("/api/v1/load?minutes=5&server=attic").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    documented::check("Load", &body);
    assert_eq!(body["step_s"], 5);
    assert_eq!(body["upload_limit_bps"], 40_000_000);
    assert_eq!(body["from"], "2026-11-21T19:55:00.000Z");
    assert_eq!(
        body["times"],
        json!(["2026-11-21T19:59:50.000Z", "2026-11-21T19:59:55.000Z"])
    );
    assert_eq!(body["decisions"]["transcode"], json!([1, null]));
    assert_eq!(
        body["servers"],
        json!([{
            "server_id": "attic", "kind": "plex", "bandwidth": "measured",
            "streams": [2, 2], "host_cpu_ratio": [0.1235, 0.1235], "host_memory_ratio": [null, null],
            "process_cpu_ratio": [null, null], "process_memory_ratio": [null, null],
            "lan_bps": [null, null], "wan_bps": [2, 2], "look_ms": [null, null],
        }])
    );
    assert_eq!(
        body["users"],
        json!([{ "name": "ada", "bps": [3_000_000, 0] }, { "name": "bob", "bps": [1_000_000, 1_000_000] }])
    );
}

#[tokio::test]
async fn twenty_users_are_named_and_all_others_are_one() {
    let house = House::new(&["attic"]);
    let names: Vec<String> = (0..25).map(|n| format!("user {n:02}")).collect();
    let users: Vec<_> = names
        .iter()
        .zip(1_u8..)
        .map(|(name, n)| (name.as_str(), f32::from(n)))
        .collect();
    house.ctx.live.recent().push(&sample(5, &users));
    let open = house.open().await;
    let body = open.get("/api/v1/load").await.json();
    let users = body["users"].as_array().unwrap();
    assert_eq!(users.len(), 21);
    assert_eq!(users[0]["name"], "user 24");
    assert_eq!(users[20], json!({ "name": "others", "bps": [1 + 2 + 3 + 4 + 5] }));
}

#[tokio::test]
async fn before_the_first_sample_there_is_nothing_and_the_limit_is_left_out() {
    let open = House::new(&["attic"]).open().await;
    let body = open.get("/api/v1/load?minutes=1440").await.json();
    documented::check("Load", &body);
    assert_eq!(body["step_s"], 60);
    assert_eq!(body["times"], json!([]));
    assert_eq!(body["servers"], json!([]));
    assert!(body.get("upload_limit_bps").is_none());
}

#[tokio::test]
async fn other_stretches_and_parameters_are_refused() {
    let open = House::new(&["attic"]).open().await;
    for query in ["minutes=0", "minutes=1441", "minutes=x", "hours=1"] {
        let (status, kind, _) = open.get(&format!("/api/v1/load?{query}")).await.error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{query}");
    }
}
