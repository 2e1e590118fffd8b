//! The fake keeps to what a real Tautulli was seen to do.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Fault, Play, Seed, Tautulli};

async fn ask(tautulli: &Tautulli, params: &[(&str, &str)]) -> (StatusCode, Value) {
    let client = base::http::client(&base::tls::Trust::default(), Duration::from_secs(10)).unwrap();
    let query: Vec<String> = params.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let url = format!("{}/api/v2?{}", tautulli.url(), query.join("&"));
    let response = client.get(url).send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

const KEY: (&str, &str) = ("apikey", "0123456789abcdef0123456789abcdef");

async fn household() -> Tautulli {
    let mut plays: Vec<Play> = (1..=7)
        .map(|n| Play::movie(n, (5, "ann"), "Silt", 1_700_000_000 + n * 86_400, 600, 10))
        .collect();
    plays[1].row["reference_id"] = json!(1);
    plays[6].section_id = 4;
    Tautulli::start(Seed {
        plays,
        ..Seed::default()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn errors_are_four_hundreds_in_the_envelope() {
    let tautulli = household().await;
    for (params, message) in [
        (vec![], "Parameter apikey is required"),
        (vec![("apikey", "x"), ("cmd", "status")], "Invalid apikey"),
        (
            vec![KEY],
            "Parameter cmd is required. Possible commands are: arnold, download_database",
        ),
        (
            vec![KEY, ("cmd", "nonsense")],
            "Unknown command: nonsense. Possible commands are:",
        ),
    ] {
        let (status, body) = ask(&tautulli, &params).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let response = &body["response"];
        assert_eq!(
            (&response["result"], &response["data"]),
            (&json!("error"), &json!({}))
        );
        assert!(
            response["message"].as_str().unwrap().starts_with(message),
            "{body}"
        );
    }
    tautulli.change(|seed| seed.api_enabled = false);
    let (_, body) = ask(&tautulli, &[KEY, ("cmd", "status")]).await;
    assert_eq!(body["response"]["message"], "API not enabled");
}

#[tokio::test]
async fn history_is_grouped_filtered_and_paged() {
    let tautulli = household().await;
    let ids = |body: &Value| -> Vec<i64> {
        body["response"]["data"]["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_i64().unwrap())
            .collect()
    };
    let history = ("cmd", "get_history");
    for (more, expected, filtered) in [
        (vec![], vec![7, 6, 5, 4, 3, 1], 6),
        (vec![("grouping", "0")], vec![7, 6, 5, 4, 3, 2, 1], 7),
        (
            vec![("grouping", "0"), ("length", "2"), ("start", "3")],
            vec![4, 3],
            7,
        ),
        (
            vec![("grouping", "0"), ("order_dir", "asc"), ("length", "1")],
            vec![1],
            7,
        ),
        (vec![("after", "2023-11-19"), ("grouping", "0")], vec![7, 6, 5], 3),
        (vec![("section_id", "4")], vec![7], 1),
    ] {
        let (_, body) = ask(&tautulli, &[vec![KEY, history], more].concat()).await;
        let data = &body["response"]["data"];
        assert_eq!(
            (ids(&body), &data["recordsFiltered"]),
            (expected, &json!(filtered))
        );
        assert_eq!(data["recordsTotal"], 7);
    }
    let (_, body) = ask(&tautulli, &[KEY, history, ("reference_id", "1")]).await;
    let group = &body["response"]["data"]["data"][0];
    assert_eq!(
        (&group["group_ids"], &group["duration"]),
        (&json!("1,2"), &json!(1200))
    );
}

#[tokio::test]
async fn faults_come_as_often_as_told() {
    let tautulli = household().await;
    tautulli.fault("status", Fault::Raises, 1);
    let status = [KEY, ("cmd", "status")];
    assert_eq!(ask(&tautulli, &status).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let (code, body) = ask(&tautulli, &status).await;
    assert_eq!(
        (code, &body["response"]["message"]),
        (StatusCode::OK, &json!("Ok"))
    );
    assert!(tautulli.seen().iter().all(|s| s.key_in_url && s.cmd == "status"));
}
