use std::sync::Arc;

use axum::body::{Body as HttpBody, BodyDataStream};
use futures_util::StreamExt as _;
use http::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use model::{Body, SessionDelta, State};
use reqwest::Method;
use serde_json::Value;

use crate::documented;
use crate::managers;
use crate::support::{House, Open, PATIENCE, sample};

/// One event as it came.
#[derive(Clone, Debug)]
struct Told {
    name: String,
    id: u64,
    data: Value,
}

/// Reads a stream event by event, strictly: anything but whole events, comments and `retry` fails.
struct Listener<S> {
    chunks: S,
    waiting: String,
}

impl<S> Listener<S> {
    fn new(chunks: S) -> Self {
        Self {
            chunks,
            waiting: String::new(),
        }
    }
}

impl<S, E> Listener<S>
where
    S: futures_util::Stream<Item = Result<bytes::Bytes, E>> + Unpin,
    E: std::fmt::Debug,
{
    /// The next block; `None` at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.waiting.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.waiting = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next())
                .await
                .expect("an event in time");
            let Some(chunk) = chunk else {
                assert_eq!(self.waiting, "", "the stream ends between events");
                return None;
            };
            self.waiting
                .push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    async fn next(&mut self) -> Told {
        loop {
            let block = self.block().await.expect("another event");
            if block.starts_with(':') || block.starts_with("retry: ") {
                continue;
            }
            let lines: Vec<_> = block.lines().collect();
            let [name, id, data] = lines.as_slice() else {
                panic!("not an event: {block}")
            };
            let field = |line: &str, name: &str| {
                line.strip_prefix(name)
                    .unwrap_or_else(|| panic!("{line}"))
                    .to_owned()
            };
            let told = Told {
                name: field(name, "event: "),
                id: field(id, "id: ").parse().unwrap(),
                data: serde_json::from_str(&field(data, "data: ")).unwrap(),
            };
            documented::check(schema_of(&told.name), &told.data);
            return told;
        }
    }

    /// The next event about a feed, which must have this name.
    async fn expect_feed(&mut self, name: &str) -> Told {
        loop {
            let told = self.next().await;
            if told.name.starts_with("feed.") {
                assert_eq!(told.name, name, "{}", told.data);
                return told;
            }
            assert_eq!(told.name, "server.updated", "{}", told.data);
        }
    }

    /// The next event, which must have this name.
    async fn expect(&mut self, name: &str) -> Told {
        let told = self.next().await;
        assert_eq!(told.name, name, "{}", told.data);
        told
    }
}

fn schema_of(event: &str) -> &'static str {
    match event {
        "snapshot" => "Snapshot",
        "session.started" | "session.updated" | "session.ended" => "Session",
        "feed.started" | "feed.updated" | "feed.ended" => "Feed",
        "session.progress" => "Progresses",
        "server.updated" => "Server",
        "libraries.updated" => "ServerLibraries",
        other => panic!("an event nobody documented: {other}"),
    }
}

async fn listen(
    open: &Open,
) -> Listener<impl futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin> {
    let response = open.request(Method::GET, "/api/v1/events").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    Listener::new(response.bytes_stream())
}

/// Listens without a socket, so that nothing between us and the stream holds bytes.
async fn listen_here(house: &House) -> Listener<BodyDataStream> {
    let request = Request::get("/api/v1/events").body(HttpBody::empty()).unwrap();
    let response = TowerToHyperService::new(house.router())
        .call(request)
        .await
        .unwrap();
    Listener::new(response.into_body().into_data_stream())
}

fn hint(key: &str, state: Option<State>, position_ms: u64) -> SessionDelta {
    SessionDelta {
        key: key.into(),
        rating_key: None,
        state,
        position_ms: Some(position_ms),
    }
}

#[tokio::test]
async fn the_state_first_then_each_change_in_order() {
    let house = House::new(&["attic"]);
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    let open = house.open().await;
    let mut listener = listen(&open).await;

    let first = listener.expect("snapshot").await;
    assert_eq!(first.data["sessions"][0]["item"]["title"], "Rain");
    assert_eq!(first.data["servers"][0]["id"], "attic");
    assert_eq!(first.data["meta"]["version"], first.id);

    open.house
        .plays("attic", vec![sample::film("1", "Rain"), sample::episode("2")])
        .await;
    let mut started = listener.next().await;
    while started.name == "session.progress" {
        started = listener.next().await;
    }
    assert_eq!(
        (started.name.as_str(), started.data["session_key"].as_str()),
        ("session.started", Some("2"))
    );
    assert!(started.id > first.id);

    open.house
        .tell("attic", Body::Hints(vec![hint("2", Some(State::Paused), 61_000)]))
        .await;
    let mut updated = listener.next().await;
    while updated.name == "session.progress" {
        updated = listener.next().await;
    }
    assert_eq!(updated.name, "session.updated");
    assert_eq!(
        (&updated.data["state"], &updated.data["position_ms"]),
        (&"paused".into(), &61_000.into())
    );

    open.house
        .tell("attic", Body::Hints(vec![hint("1", None, 65_000)]))
        .await;
    let progress = listener.expect("session.progress").await;
    assert_eq!(progress.data["server_id"], "attic");
    assert_eq!(progress.data["sessions"][0]["position_ms"], 65_000);

    open.house.plays("attic", vec![sample::film("1", "Rain")]).await;
    let mut ended = listener.next().await;
    while ended.name == "session.progress" {
        ended = listener.next().await;
    }
    assert_eq!(
        (ended.name.as_str(), ended.data["state"].as_str()),
        ("session.ended", Some("stopped"))
    );
    assert!(ended.data["ended_at"].is_string());
}

#[tokio::test]
async fn feeds_are_told_like_sessions() {
    let house = managers::mixed();
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    house.feeds("cellar", vec![managers::film()]).await;
    let open = house.open().await;
    let mut listener = listen(&open).await;
    let first = listener.expect("snapshot").await;
    assert_eq!(first.data["feeds"][0]["key"], "vod_1_2");
    assert_eq!(first.data["meta"]["count"], 1, "sessions alone are counted");

    let mut news = managers::news();
    open.house
        .feeds("cellar", vec![managers::film(), news.clone()])
        .await;
    let started = listener.expect_feed("feed.started").await;
    assert_eq!(started.data["key"], managers::NEWS);
    assert_eq!(started.data["viewers"][0]["user"], "anna");
    assert!(started.id > first.id);

    // The same object as the list tells.
    let list = open.get("/api/v1/iptv/channels?kind=live").await.json();
    assert_eq!(list["channels"][0], started.data);

    news.state = Some(model::iptv::FeedState::Buffering);
    news.viewers = Arc::new(vec![managers::viewer("c2", None, "192.0.2.8")]);
    news.viewer_count = Some(1);
    open.house
        .feeds("cellar", vec![managers::film(), news.clone()])
        .await;
    let updated = listener.expect_feed("feed.updated").await;
    assert_eq!(updated.data["state"], "buffering");
    assert_eq!(updated.data["viewers"].as_array().unwrap().len(), 1);

    open.house.feeds("cellar", vec![managers::film()]).await;
    let ended = listener.expect_feed("feed.ended").await;
    assert_eq!(ended.data["id"], started.data["id"]);
    assert!(ended.data["ended_at"].is_string());
    assert_eq!(ended.data["segments"][0]["ended_at"], ended.data["ended_at"]);
}

#[tokio::test]
async fn servers_and_libraries_tell_when_they_change() {
    let house = House::new(&["attic"]);
    house
        .tell(
            "attic",
            Body::Libraries(Arc::new(vec![sample::library("1", "Films")])),
        )
        .await;
    let open = house.open().await;
    let mut listener = listen(&open).await;
    assert_eq!(
        listener.expect("snapshot").await.data["libraries"][0]["title"],
        "Films"
    );

    open.house.tell("attic", sample::down("timeout")).await;
    let down = listener.expect("server.updated").await;
    assert_eq!(
        (&down.data["state"], &down.data["error"]["kind"]),
        (&"down".into(), &"timeout".into())
    );

    let more = vec![sample::library("1", "Films"), sample::library("2", "Series")];
    open.house.tell("attic", Body::Libraries(Arc::new(more))).await;
    assert_eq!(listener.expect("server.updated").await.data["libraries"], 2);
    assert_eq!(
        listener.expect("libraries.updated").await.data["libraries"][1]["title"],
        "Series"
    );
}

#[tokio::test(start_paused = true)]
async fn progress_between_two_chunks_is_told_once() {
    let house = House::new(&["attic"]);
    house
        .plays("attic", vec![sample::film("1", "Rain"), sample::film("2", "Sun")])
        .await;
    let mut listener = listen_here(&house).await;
    listener.expect("snapshot").await;
    // The first goes out at once and opens the pause in which the others are collected.
    let before = tokio::time::Instant::now();
    house
        .tell("attic", Body::Hints(vec![hint("1", None, 70_000)]))
        .await;
    let first = listener.expect("session.progress").await;
    assert_eq!(first.data["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(before.elapsed().as_millis(), 0);
    for position_ms in [71_000, 72_000, 73_000] {
        let both = vec![hint("1", None, position_ms), hint("2", None, position_ms)];
        house.tell("attic", Body::Hints(both)).await;
    }
    let rest = listener.expect("session.progress").await;
    let positions: Vec<_> = (rest.data["sessions"].as_array().unwrap().iter())
        .map(|s| s["position_ms"].as_u64().unwrap())
        .collect();
    assert_eq!(positions, [73_000, 73_000]);
    assert_eq!(before.elapsed().as_millis(), 25);
    // A change does not wait, and takes along what was collected before it.
    house
        .tell("attic", Body::Hints(vec![hint("1", None, 74_000)]))
        .await;
    house
        .tell("attic", Body::Hints(vec![hint("1", Some(State::Paused), 74_500)]))
        .await;
    assert_eq!(
        listener.expect("session.progress").await.data["sessions"][0]["position_ms"],
        74_000
    );
    assert_eq!(
        listener.expect("session.updated").await.data["position_ms"],
        74_500
    );
    assert_eq!(before.elapsed().as_millis(), 25);
}

#[tokio::test]
async fn a_listener_that_falls_behind_gets_the_state_anew() {
    let house = House::new(&["attic"]);
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    let mut slow = listen_here(&house).await;
    let mut quick = listen_here(&house).await;
    slow.expect("snapshot").await;
    quick.expect("snapshot").await;
    for n in 0..40 {
        let state = if n % 2 == 0 { State::Paused } else { State::Playing };
        house
            .tell("attic", Body::Hints(vec![hint("1", Some(state), 100_000 + n)]))
            .await;
        assert_eq!(
            quick.expect("session.updated").await.data["position_ms"],
            100_000 + n
        );
    }
    let again = slow.expect("snapshot").await;
    assert_eq!(again.data["sessions"][0]["position_ms"], 100_039);
    assert_eq!(house.ctx.events.dropped(), 40 - 32);
    // And goes on from there, without what is already in the snapshot.
    house
        .tell(
            "attic",
            Body::Hints(vec![hint("1", Some(State::Buffering), 200_000)]),
        )
        .await;
    assert_eq!(slow.expect("session.updated").await.data["state"], "buffering");
}

#[tokio::test]
async fn too_many_listeners_are_refused_and_seats_come_back() {
    let house = House::new(&["attic"]);
    let mut listeners = Vec::new();
    for _ in 0..web::LISTENERS_MAX {
        listeners.push(listen_here(&house).await);
    }
    let open = house.open().await;
    let refused = open.get("/api/v1/events").await;
    let (status, kind, message) = refused.error();
    assert_eq!((status, kind.as_str()), (503, "rate_limited"));
    assert!(message.contains("256"), "{message}");
    assert_eq!(refused.header("retry-after"), Some("5"));
    listeners.pop();
    assert_eq!(open.house.ctx.events.listeners(), web::LISTENERS_MAX - 1);
    listen(&open).await.expect("snapshot").await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_a_comment() {
    let house = House::new(&["attic"]);
    let mut listener = listen_here(&house).await;
    assert_eq!(listener.block().await.as_deref(), Some("retry: 2000"));
    listener.expect("snapshot").await;
    let before = tokio::time::Instant::now();
    assert_eq!(listener.block().await.as_deref(), Some(": still here"));
    assert_eq!(before.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn a_second_listener_after_the_first_has_gone_hears_changes() {
    let house = House::new(&["attic"]);
    drop(listen_here(&house).await);
    // Somebody must notice that nobody listens any more, and still be there for the next.
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    let mut listener = listen_here(&house).await;
    listener.expect("snapshot").await;
    house.plays("attic", vec![]).await;
    let mut told = listener.next().await;
    while told.name != "session.ended" {
        told = listener.next().await;
    }
}

#[tokio::test]
async fn streams_end_when_we_stop() {
    let house = House::new(&["attic"]);
    let mut listener = listen_here(&house).await;
    listener.expect("snapshot").await;
    house.ctx.cancel.cancel();
    assert_eq!(listener.block().await, None);
    let mut late = listen_here(&house).await;
    assert_eq!(late.block().await, None, "who comes now is sent away at once");
}
