//! Feeds, viewers, logins, sessions and the WebSocket.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ask, get, start};
use crate::dispatcharr::{Content, Dispatcharr, RedisValue, Seed, TuneError, Viewer};

fn vlc() -> Viewer {
    Viewer::new("10.0.0.7", "VLC \"3\" \\ x")
}

async fn live(server: &Dispatcharr) -> Vec<Value> {
    let (_, body) = get(server, "/proxy/stats/").await;
    body["live"]["channels"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_channel_is_on_the_air_while_somebody_watches() {
    let server = start().await;
    let world = server.world();
    let first = world.tune(101.0, vlc()).unwrap();
    let second = world.tune(101.0, vlc().user(3)).unwrap();
    world.advance(Duration::from_secs(20));
    let channels = live(&server).await;
    let channel = &channels[0];
    assert_eq!((channels.len(), &channel["client_count"]), (1, &json!(2)));
    assert_eq!(channel["clients"][1]["user_id"], "3");
    let bytes = channel["total_bytes"].as_u64().unwrap();
    assert!((6_900_000..7_000_000).contains(&bytes), "{bytes}");
    let key = channel["channel_id"].as_str().unwrap();
    let (_, detail) = get(&server, &format!("/proxy/ts/status/{key}")).await;
    assert_eq!(
        (&detail["source_fps"], &channel["source_fps"]),
        (&json!("25.0"), &json!(25.0))
    );
    assert!(detail["clients"][0]["bytes_sent"].as_u64().unwrap() >= bytes);
    assert!(world.leave(&first) && !world.leave(&first));
    assert_eq!(live(&server).await.len(), 1);
    assert!(world.leave(&second));
    assert_eq!(live(&server).await, [] as [Value; 0]);
    let (_, events) = get(&server, "/api/core/system-events/?limit=3").await;
    assert_eq!(events["events"][0]["event_type"], "channel_stop");
}

#[tokio::test]
async fn the_list_shows_ten_clients() {
    let server = start().await;
    for _ in 0..14 {
        server.world().tune(103.0, vlc()).unwrap();
    }
    let channel = &live(&server).await[0];
    assert_eq!(channel["client_count"], 14);
    assert_eq!(channel["clients"].as_array().unwrap().len(), 10);
    let key = channel["channel_id"].as_str().unwrap();
    let (_, detail) = get(&server, &format!("/proxy/ts/status/{key}")).await;
    assert_eq!(detail["clients"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn logins_have_room_for_so_many() {
    let server = start().await;
    let world = server.world();
    for number in [101.0, 102.5, 103.0, 104.0] {
        world.tune(number, vlc()).unwrap();
    }
    assert_eq!((world.connections(2), world.connections(5)), (4, 0));
    // The fifth one spills to the second login.
    world.tune(105.0, vlc()).unwrap();
    assert_eq!((world.connections(2), world.connections(5)), (4, 1));
    let five = world.stream_of(105.0);
    assert_eq!(five, Some(5));
    world.tune(201.0, vlc()).unwrap();
    world.leak(3, 1);
    assert_eq!(world.preview(7, vlc()), Err(TuneError::Full));
    world.leak(3, 0);
    let session = world.vod(Content::movie("Tin Harbour", 2011), vlc()).unwrap();
    assert_eq!(
        world.vod(Content::movie("Low Water", 2012), vlc()),
        Err(TuneError::Full)
    );
    world.linger_vod(&session);
    assert_eq!(world.connections(3), 1);
    let (_, vod) = get(&server, "/proxy/vod/stats/").await;
    assert_eq!(vod["total_connections"], 1);
}

#[tokio::test]
async fn a_dead_stream_is_followed_by_the_next() {
    let server = start().await;
    let world = server.world();
    world.tune(105.0, vlc()).unwrap();
    world.advance(Duration::from_secs(30));
    let before = live(&server).await[0].clone();
    assert!(world.fail_stream(105.0));
    let after = live(&server).await[0].clone();
    assert_eq!(
        (&before["stream_id"], &after["stream_id"]),
        (&json!(5), &json!(1))
    );
    assert_eq!(before["started_at"], after["started_at"]);
    assert!(after["total_bytes"].as_u64() >= before["total_bytes"].as_u64());
    assert!(!world.fail_stream(105.0));
    assert_eq!(live(&server).await[0]["state"], "error");
    world.set_state(105.0, "active");
    assert_eq!(live(&server).await[0]["state"], "active");
    assert!(world.set_state(105.0, "buffering") && live(&server).await[0]["state"] == "buffering");
}

#[tokio::test]
async fn a_broken_stream_is_passed_over_and_a_ghost_stays_a_while() {
    let server = start().await;
    let world = server.world();
    world.set_stream_works(5, false);
    let client = world.tune(105.0, vlc()).unwrap();
    assert_eq!(world.stream_of(105.0), Some(1));
    assert!(world.vanish(&client) && !world.vanish("nobody"));
    world.advance(Duration::from_secs(40));
    assert_eq!(live(&server).await.len(), 1);
    world.advance(Duration::from_secs(20));
    assert_eq!(live(&server).await.len(), 0);
    world.set_stream_works(5, true);
    world.tune(105.0, vlc()).unwrap();
    assert_eq!(world.stream_of(105.0), Some(5));
}

#[tokio::test]
async fn previews_and_catch_up_and_what_goes_away() {
    let server = start().await;
    let world = server.world();
    world.preview(3, vlc()).unwrap();
    assert_eq!(live(&server).await[0]["channel_id"].as_str().unwrap().len(), 64);
    let session = world
        .timeshift(201.0, vlc().user(2), world.now_ms() - 86_400_000)
        .unwrap();
    world.advance(Duration::from_secs(8));
    world.pause_timeshift(&session, true);
    let (_, body) = get(&server, "/proxy/catchup/stats/").await;
    let shown = &body["timeshift_sessions"][0];
    assert_eq!(
        (&shown["paused"], &shown["connections"][0]["username"]),
        (&json!(true), &json!("standard"))
    );
    let bytes = shown["connections"][0]["bytes_streamed"].as_u64().unwrap();
    world.advance(Duration::from_secs(8));
    let (_, body) = get(&server, "/proxy/catchup/stats/").await;
    let later = &body["timeshift_sessions"][0]["connections"][0]["bytes_streamed"];
    assert!(later.as_u64().unwrap().abs_diff(bytes) < 100_000 && bytes > 7_000_000);
    world.tune(101.0, vlc()).unwrap();
    assert!(world.delete_channel(101.0));
    assert_eq!(live(&server).await.len(), 2);
    world.restart();
    assert_eq!((live(&server).await.len(), world.connections(3)), (0, 0));
    assert!(!world.end_timeshift(&session));
}

#[tokio::test]
async fn a_slow_start_goes_through_its_states() {
    let seed = Seed {
        startup: Duration::from_secs(4),
        ..Seed::default()
    };
    let server = Dispatcharr::start(seed).await;
    let world = server.world();
    world.tune(101.0, vlc()).unwrap();
    assert_eq!(live(&server).await[0]["state"], "initializing");
    assert_eq!(live(&server).await[0].get("video_codec"), None);
    world.advance(Duration::from_secs(2));
    assert_eq!(live(&server).await[0]["state"], "connecting");
    world.advance(Duration::from_secs(3));
    assert_eq!(live(&server).await[0]["state"], "active");
}

#[tokio::test]
async fn the_socket_tells_admins_what_happens() {
    let server = start().await;
    let world = server.world();
    let token = async |name: &str| {
        let body = json!({ "username": name, "password": format!("{name}-pw") });
        let (_, tokens) = ask(&server, Method::POST, "/api/accounts/token/", None, Some(body)).await;
        tokens["access"].as_str().unwrap().to_owned()
    };
    let connect = async |token: &str| {
        let stream = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
        let url = format!("ws://{}/ws/?token={token}", server.addr());
        tokio_tungstenite::client_async(url, stream).await
    };
    for bad in ["", "x", "planted-key-admin"] {
        assert!(connect(bad).await.is_err());
    }
    let (mut socket, _) = connect(&token("admin").await).await.unwrap();
    let (mut other, _) = connect(&token("standard").await).await.unwrap();
    let next = async |socket: &mut tokio_tungstenite::WebSocketStream<_>| -> Value {
        let message = socket.next().await.unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    };
    assert_eq!(next(&mut socket).await["type"], "connection_established");
    assert_eq!(next(&mut other).await["type"], "connection_established");
    assert_eq!(world.sockets(), 2);
    world.tune(101.0, vlc()).unwrap();
    let told = next(&mut socket).await;
    assert_eq!(told["data"]["type"], "channel_stats");
    let stats: Value = serde_json::from_str(told["data"]["stats"].as_str().unwrap()).unwrap();
    assert_eq!(stats["count"], 1);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), other.next())
            .await
            .is_err()
    );
    assert!(world.requests().iter().all(|r| !r.query.contains("token=e")));
    assert_eq!(get(&server, "/proxy/ts/status").await.0, StatusCode::OK);
    assert_eq!(next(&mut socket).await["data"]["type"], "channel_stats");
}

#[tokio::test]
async fn its_redis_holds_what_is_on_the_air() {
    let server = start().await;
    let world = server.world();
    let client = world.tune(101.0, vlc()).unwrap();
    world.advance(Duration::from_secs(10));
    let keys = world.redis_keys();
    let of = |name: &str| keys.iter().find(|k| k.name == name).map(|k| &k.value);
    let uuid = &world.on_air()[0];
    assert_eq!(of("channel_stream:1"), Some(&RedisValue::Text("1".into())));
    assert_eq!(of("profile_connections:2"), Some(&RedisValue::Text("1".into())));
    let Some(RedisValue::Hash(metadata)) = of(&format!("live:channel:{uuid}:metadata")) else {
        panic!("no metadata");
    };
    assert_eq!(
        (&*metadata["ffmpeg_output_bitrate"], &*metadata["m3u_profile"]),
        ("2786.0", "2")
    );
    assert!(of(&format!("live:channel:{uuid}:clients:{client}")).is_some());
    world.set_version(0, 24, 0);
    assert!(
        world
            .redis_keys()
            .iter()
            .any(|k| k.name.starts_with("ts_proxy:channel:"))
    );
}
