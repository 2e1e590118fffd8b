//! Credentials, paths, pages, faults.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{ADMIN, ask, get, post, start};
use crate::dispatcharr::{Dispatcharr, Fault, Proof, Seed, Viewer};

#[tokio::test]
async fn who_may_ask_for_what() {
    let server = start().await;
    for (path, none, streamer, standard) in [
        ("/api/core/version/", 200, 200, 200),
        ("/api/channels/channels/summary/", 401, 403, 200),
        ("/api/accounts/users/", 401, 403, 403),
        ("/api/accounts/users/me/", 401, 200, 200),
        ("/proxy/ts/status", 401, 403, 403),
        ("/proxy/ts/status/none", 401, 403, 403),
        ("/proxy/stats/", 401, 403, 403),
        ("/api/channels/streams/?page_size=1", 401, 403, 200),
    ] {
        let status = async |header| ask(&server, Method::GET, path, header, None).await.0.as_u16();
        assert_eq!(status(None).await, none, "{path}");
        let key = "planted-key-streamer";
        assert_eq!(status(Some(("x-api-key", key))).await, streamer, "{path}");
        assert_eq!(
            status(Some(("authorization", "ApiKey planted-key-standard"))).await,
            standard,
            "{path}"
        );
        assert_eq!(status(Some(("x-api-key", "wrong"))).await, 401, "{path}");
        assert_eq!(
            status(Some(("authorization", "Bearer a.b.c"))).await,
            401,
            "{path}"
        );
    }
    assert_eq!(
        post(&server, "/api/channels/channels/by-uuids/", json!({}))
            .await
            .0,
        StatusCode::OK
    );
    server.world().revoke_key("admin");
    assert_eq!(
        get(&server, "/api/core/version/").await.0,
        StatusCode::UNAUTHORIZED
    );
}

async fn log_in(server: &Dispatcharr, password: &str) -> (StatusCode, serde_json::Value) {
    let body = json!({ "username": "admin", "password": password });
    ask(server, Method::POST, "/api/accounts/token/", None, Some(body)).await
}

async fn refresh(server: &Dispatcharr, token: &str) -> (StatusCode, serde_json::Value) {
    let body = json!({ "refresh": token });
    ask(
        server,
        Method::POST,
        "/api/accounts/token/refresh/",
        None,
        Some(body),
    )
    .await
}

#[tokio::test]
async fn tokens_end_and_are_refreshed() {
    let server = start().await;
    let world = server.world();
    let (_, tokens) = log_in(&server, "admin-pw").await;
    let with = async |token: &str| {
        let header = format!("Bearer {token}");
        let header = Some(("authorization", header.as_str()));
        ask(&server, Method::GET, "/proxy/stats/", header, None).await
    };
    let (access, token) = (
        tokens["access"].as_str().unwrap(),
        tokens["refresh"].as_str().unwrap(),
    );
    assert_eq!(with(access).await.0, StatusCode::OK);
    // One is not good for the other.
    assert_eq!(with(token).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&server, access).await.0, StatusCode::UNAUTHORIZED);
    world.advance(Duration::from_mins(31));
    let (status, body) = with(access).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["messages"][0]["message"], "Token is expired");
    let (_, fresh) = refresh(&server, token).await;
    assert_eq!(with(fresh["access"].as_str().unwrap()).await.0, StatusCode::OK);
    world.expire_tokens();
    assert_eq!(
        with(fresh["access"].as_str().unwrap()).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(refresh(&server, token).await.0, StatusCode::OK);
    world.expire_refresh_tokens();
    let (status, body) = refresh(&server, token).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("token_not_valid"))
    );
    let proofs: Vec<Proof> = world.requests().iter().map(|r| r.proof).collect();
    assert!(proofs.contains(&Proof::Bearer) && !format!("{:?}", world.requests()).contains(access));
}

#[tokio::test]
async fn three_logins_a_minute() {
    let server = start().await;
    assert_eq!(log_in(&server, "nope").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&server, "admin-pw").await.0, StatusCode::OK);
    assert_eq!(log_in(&server, "admin-pw").await.0, StatusCode::OK);
    let (status, body) = log_in(&server, "admin-pw").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .starts_with("Request was throttled. Expected available in ")
    );
    server.world().advance(Duration::from_secs(61));
    assert_eq!(log_in(&server, "admin-pw").await.0, StatusCode::OK);
}

#[tokio::test]
async fn paths_that_are_none() {
    let server = start().await;
    for (path, status) in [
        ("/proxy/nothing/", 200),
        ("/proxy/ts/status/", 200),
        ("/proxy/vod/stats", 404),
        ("/proxy/stats", 200),
        ("/api/nothing/", 200),
        ("/api/channels/channels", 404),
        ("/api/channels/summary/", 200),
        ("/api/core/version", 404),
        ("/metrics", 200),
    ] {
        let (found, body) = get(&server, path).await;
        assert_eq!(found.as_u16(), status, "{path}");
        assert_eq!(body.is_string(), status == 200, "{path}: {body}");
    }
    let server = Dispatcharr::start(Seed::default().version(0, 27, 1)).await;
    for path in ["/proxy/stats/", "/proxy/catchup/stats/"] {
        assert!(get(&server, path).await.1.is_string(), "{path}");
    }
    assert!(get(&server, "/proxy/ts/status").await.1["channels"].is_array());
    server.world().set_version(0, 19, 0);
    let (status, body) = get(&server, "/api/core/version/").await;
    assert_eq!((status, &body["version"]), (StatusCode::OK, &json!("0.19.0")));
    assert_eq!(
        get(&server, "/api/m3u/accounts/").await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn pages_lose_the_port() {
    let server = start().await;
    let (_, page) = get(&server, "/api/channels/channels/?page=2&page_size=4").await;
    assert_eq!((&page["count"], &page["next"]), (&json!(6), &json!(null)));
    assert_eq!(page["results"].as_array().unwrap().len(), 2);
    assert_eq!(
        page["previous"],
        "http://127.0.0.1/api/channels/channels/?page=1&page_size=4"
    );
    assert_eq!(
        get(&server, "/api/channels/channels/")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        6
    );
    let (_, page) = get(&server, "/api/channels/streams/?m3u_account=3&page=1&page_size=1").await;
    assert_eq!(
        (&page["count"], &page["results"][0]["id"]),
        (&json!(2), &json!(7))
    );
    assert_eq!(
        get(&server, "/api/channels/streams/?page=9").await.0,
        StatusCode::NOT_FOUND
    );
    let (_, found) = get(&server, "/api/epg/programs/search/?channel_id=1&page_size=2").await;
    assert_eq!(found["count"], 34);
}

#[tokio::test]
async fn outages_behind_it() {
    let server = start().await;
    let world = server.world();
    world.tune(101.0, Viewer::new("10.0.0.1", "VLC")).unwrap();
    let probe = "/proxy/ts/status/00000000-0000-0000-0000-000000000000";
    assert_eq!(get(&server, probe).await.0, StatusCode::NOT_FOUND);
    let redis = world.fault(Fault::RedisDown);
    let (status, body) = get(&server, "/proxy/stats/").await;
    assert_eq!((status, &body["live"]["count"]), (StatusCode::OK, &json!(0)));
    let (status, body) = get(&server, probe).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body["error"].as_str().unwrap().starts_with("Error 111"));
    assert_eq!(
        log_in(&server, "admin-pw").await.0,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(get(&server, "/api/m3u/accounts/").await.0, StatusCode::OK);
    world.release(redis);
    assert_eq!(get(&server, "/proxy/stats/").await.1["live"]["count"], 1);
    world.fault(Fault::PostgresDown);
    let (status, body) = get(&server, "/api/core/version/").await;
    assert!(status == StatusCode::INTERNAL_SERVER_ERROR && body.is_string());
}

#[tokio::test]
async fn faults_come_as_often_as_told_and_where_told() {
    let server = start().await;
    let world = server.world();
    world.fault(Fault::Status(502).on("/proxy/").times(1));
    assert_eq!(get(&server, "/api/core/version/").await.0, StatusCode::OK);
    assert_eq!(get(&server, "/proxy/stats/").await.0, StatusCode::BAD_GATEWAY);
    assert_eq!(get(&server, "/proxy/stats/").await.0, StatusCode::OK);
    world.fault(Fault::Garbage.times(1));
    assert!(get(&server, "/proxy/stats/").await.1.is_string());
    world.fault(Fault::Html.times(1));
    assert!(get(&server, "/proxy/stats/").await.1.is_string());
    let client = base::http::client(&base::tls::Trust::default(), Duration::from_secs(10)).unwrap();
    let url = format!("{}/proxy/stats/", server.url());
    let try_it = async || {
        client
            .get(&url)
            .header("x-api-key", ADMIN)
            .send()
            .await?
            .bytes()
            .await
    };
    world.fault(Fault::CutBody.times(1));
    assert!(try_it().await.is_err());
    world.fault(Fault::Refuse.on("/proxy/").times(1));
    assert!(try_it().await.is_err());
    let refuse = world.fault(Fault::Refuse);
    while try_it().await.is_ok() {}
    world.release(refuse);
    while try_it().await.is_err() {}
    assert_eq!(world.requests().last().unwrap().status, 200);
}
