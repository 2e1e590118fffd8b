//! Who may ask, and how what is wrong is told.

use base::Secret;
use reqwest::Method;

use crate::past::{KEY, Past};
use crate::support::{Answer, House};

/// Status and message of a refusal in Tautulli's envelope.
fn refusal(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    assert_eq!(
        answer.header("content-type"),
        Some("application/json;charset=UTF-8")
    );
    assert_eq!(json["response"]["result"], "error", "{json}");
    assert_eq!(json["response"]["data"], serde_json::json!({}), "{json}");
    let message = json["response"]["message"].as_str().unwrap_or("null");
    (answer.status, message.to_owned())
}

#[tokio::test]
async fn the_key_is_one_parameter_and_nothing_else() {
    let past = Past::of(1).await;
    for (path, expected) in [
        ("/api/v2?cmd=arnold".to_owned(), "Parameter apikey is required"),
        ("/api/v2".to_owned(), "Parameter apikey is required"),
        ("/api/v2?cmd=nope".to_owned(), "Parameter apikey is required"),
        ("/api/v2?apikey=&cmd=arnold".to_owned(), "Invalid apikey"),
        (
            format!("/api/v2?apikey={}&cmd=arnold", &KEY[1..]),
            "Invalid apikey",
        ),
        (
            format!("/api/v2?apikey={}&cmd=arnold", KEY.to_uppercase()),
            "Invalid apikey",
        ),
        (
            format!("/api/v2?apikey={KEY}&apikey={KEY}&cmd=arnold"),
            "Invalid apikey",
        ),
    ] {
        assert_eq!(
            refusal(&past.open.get(&path).await),
            (400, expected.to_owned()),
            "{path}"
        );
    }
    let header = past
        .open
        .get_with("/api/v2?cmd=arnold", &[("x-api-key", KEY)])
        .await;
    assert_eq!(refusal(&header).1, "Parameter apikey is required");
    let right = past.ask("cmd=arnold").await;
    assert!(right.json()["response"]["data"].is_string());
    // The key may come in a form, and docs needs none.
    let form = past
        .open
        .request(Method::POST, "/api/v2?cmd=status")
        .form(&[("apikey", KEY)]);
    assert_eq!(form.send().await.unwrap().status(), 200);
    let docs = past.open.get("/api/v2?cmd=docs").await;
    assert!(docs.json()["response"]["data"]["get_history"].is_string());
}

#[tokio::test]
async fn without_a_key_or_a_history_it_is_off() {
    let no_key = Past::with(1, |ctx| ctx.tautulli = None).await;
    let empty_key = Past::with(1, |ctx| {
        ctx.tautulli = Some(web::tautulli::Settings::new(Secret::new("  ")));
    })
    .await;
    let no_history = Past::with(1, |ctx| ctx.history = None).await;
    for house in [no_key, empty_key, no_history] {
        for query in ["cmd=arnold", "cmd=docs", ""] {
            assert_eq!(
                refusal(&house.ask(query).await),
                (400, "API not enabled".to_owned())
            );
        }
        assert_eq!(
            refusal(&house.open.get("/api/v2?apikey=").await).1,
            "API not enabled"
        );
    }
    let open = House::new(&[]).open().await;
    assert_eq!(
        refusal(&open.get("/api/v2?apikey=x&cmd=arnold").await).1,
        "API not enabled"
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_as_tautulli_tells_it() {
    let past = Past::of(2).await;
    let (status, message) = refusal(&past.ask("").await);
    assert_eq!(status, 400);
    assert!(
        message.starts_with("Parameter cmd is required. Possible commands are: arnold, docs, get_activity, ")
    );
    assert!(message.ends_with(", server_status, status"), "{message}");
    let (status, message) = refusal(&past.ask("cmd=get_settings").await);
    assert_eq!(status, 400);
    assert!(
        message.starts_with("Unknown command: get_settings. Possible commands are: arnold, "),
        "{message}"
    );
    for incomplete in [
        "get_user_watch_time_stats",
        "get_user_player_stats",
        "get_user",
        "get_user_ips",
        "get_library",
        "get_library_user_stats",
        "get_library_watch_time_stats",
        "get_item_user_stats&media_type=collection",
        "get_item_watch_time_stats",
        "get_metadata",
        "get_children_metadata&media_type=show",
        "get_children_metadata&rating_key=1",
        "get_collections_table",
        "get_stream_data",
    ] {
        let answer = past.ask(&format!("cmd={incomplete}")).await;
        assert_eq!(refusal(&answer), (400, "null".to_owned()), "{incomplete}");
    }
    let stumble = (500, "Check the logs for errors".to_owned());
    for query in [
        "cmd=get_history&length=abc",
        "cmd=get_history&start=",
        "cmd=get_users_table&length=x",
    ] {
        assert_eq!(refusal(&past.ask(query).await), stumble, "{query}");
    }
    assert_eq!(refusal(&past.ask("cmd=get_history&after=soon").await).0, 400);
    assert_eq!(refusal(&past.ask("cmd=get_home_stats&before=2026").await).0, 400);
    // Numbers that are none belong to nobody.
    assert_eq!(
        past.data("cmd=get_item_user_stats&rating_key=x").await,
        serde_json::json!([])
    );
    assert_eq!(
        past.data("cmd=get_user_watch_time_stats&user_id=x").await,
        serde_json::json!([])
    );
    assert_eq!(past.data("cmd=get_user&user_id=99").await, serde_json::json!({}));
    assert_eq!(
        past.data("cmd=get_home_stats&stat_id=nope").await,
        serde_json::json!([])
    );
    assert_eq!(
        past.data("cmd=get_metadata&rating_key=5").await,
        serde_json::json!({})
    );
}

#[tokio::test]
async fn older_addresses_and_ours_stay_apart() {
    let past = Past::with(1, |ctx| ctx.base_path = "/media".to_owned()).await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1?cmd=getHistory",
        "/media/api/v1?cmd=x",
    ] {
        let answer = past.open.get(path).await;
        let expected = (200, "Please use the /api/v2 endpoint.".to_owned());
        assert_eq!(refusal(&answer), expected, "{path}");
    }
    assert_eq!(past.open.get("/api/v1/servers").await.status, 200);
    assert_eq!(past.open.get("/api/health").await.status, 200);
    for path in ["/media/api/v2", "/api/v2/", "/media/api/v2/"] {
        let answer = past.open.get(&format!("{path}?apikey={KEY}&cmd=status")).await;
        assert_eq!(
            answer.text(),
            r#"{"response": {"result": "success", "message": "Ok", "data": {}}}"#
        );
    }
    assert_eq!(
        past.open.get("/status").await.text(),
        r#"{"result": "success", "message": "Ok"}"#
    );
}

#[tokio::test]
async fn every_command_has_an_answer() {
    let past = Past::of(3).await;
    let docs = past.data("cmd=docs").await;
    assert_eq!(docs.as_object().unwrap().len(), 43);
    for command in docs.as_object().unwrap().keys() {
        let query = format!("cmd={command}&user_id=7&section_id=1&rating_key=2&media_type=movie&row_id=1");
        let answer = past.ask(&query).await;
        assert_eq!(answer.status, 200, "{command}: {}", answer.text());
    }
}
