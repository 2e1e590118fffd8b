//! Notifications over WebSocket and event stream.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{House, SOON, wait_until};
use crate::plex::{ActivitySeed, Delivery, Fault, Item, PlayState, Quality, Seed, SessionSeed};

type Socket = WebSocketStream<TcpStream>;

async fn connect(house: &House, query: &str, token: &str) -> Result<Socket, Error> {
    let url = format!(
        "{}/:/websockets/notifications{query}",
        house.plex.url().replace("http", "ws")
    );
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("x-plex-token", token.parse().unwrap());
    let stream = TcpStream::connect(house.plex.addr()).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket)
}

async fn listen(house: &House, query: &str) -> Socket {
    let before = house.world().notification_clients();
    let socket = connect(house, query, house.plex.token()).await.unwrap();
    // The upgrade is answered a moment before the server listens.
    wait_until("a notification client", || {
        house.world().notification_clients() > before
    })
    .await;
    socket
}

async fn next(socket: &mut Socket) -> Value {
    match timeout(SOON, socket.next()).await.expect("a frame in time") {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Type and the one entry of the next frame.
async fn entry(socket: &mut Socket) -> (String, Value) {
    let mut frame = next(socket).await["NotificationContainer"].take();
    assert_eq!(frame["size"], 1);
    let list = frame
        .as_object()
        .unwrap()
        .values()
        .find(|v| v.is_array())
        .unwrap()[0]
        .clone();
    (frame["type"].take().as_str().unwrap().to_owned(), list)
}

#[tokio::test]
async fn a_playback_tells_its_life() {
    let house = House::still().await;
    let world = house.world();
    let mut socket = listen(&house, "").await;
    let key = world.start(
        SessionSeed::movie("A")
            .position_ms(5_000)
            .state(PlayState::Paused),
    );
    let (kind, started) = entry(&mut socket).await;
    assert_eq!(kind, "playing");
    let rating_key = world.rating_key(&key).unwrap();
    let want = json!({
        "sessionKey": key, "clientIdentifier": "web-marlo", "guid": "", "ratingKey": rating_key, "url": "",
        "key": format!("/library/metadata/{rating_key}"), "viewOffset": 5000,
        "playQueueItemID": started["playQueueItemID"], "state": "paused",
    });
    assert_eq!(started, want);
    let next_state = async |socket: &mut Socket| entry(socket).await.1["state"].as_str().unwrap().to_owned();
    world.buffer(&key);
    assert_eq!(next_state(&mut socket).await, "buffering");
    world.notify_playing(&key, PlayState::Error);
    assert_eq!(next_state(&mut socket).await, "error");
    world.play_next(&key, Item::episode("S", 1, 2, "B"));
    let (_, second) = entry(&mut socket).await;
    assert_eq!(second["sessionKey"], key.as_str());
    assert_ne!(second["ratingKey"], rating_key.as_str());
    world.stop(&key);
    assert_eq!(next_state(&mut socket).await, "stopped");
    world.notify_raw("not json");
    let raw = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(raw.into_text().unwrap().as_str(), "not json");
}

#[tokio::test]
async fn a_notification_may_come_before_the_list_knows() {
    let house = House::still().await;
    let mut socket = listen(&house, "").await;
    house.world().start(SessionSeed::movie("A").listed_after_ms(300));
    assert_eq!(entry(&mut socket).await.0, "playing");
    assert_eq!(house.container("/status/sessions").await, json!({ "size": 0 }));
    let listed = async { while house.container("/status/sessions").await["size"] == 0 {} };
    timeout(SOON, listed).await.expect("listed in the end");
}

#[tokio::test]
async fn converters_start_before_and_end_without_offsets() {
    let house = House::still().await;
    let world = house.world();
    let mut socket = listen(
        &house,
        "?filters=transcodeSession.start,transcodeSession.end,playing",
    )
    .await;
    world.add_activity(activity());
    let key = world.start(SessionSeed::movie("A").delivery(Delivery::transcode(Quality::P720_4M)));
    let (kind, start) = entry(&mut socket).await;
    assert_eq!(kind, "transcodeSession.start", "the activity was filtered out");
    assert!(
        start["key"]
            .as_str()
            .unwrap()
            .ends_with(&world.transcode_key(&key).unwrap())
    );
    assert!(start.get("maxOffsetAvailable").is_some());
    let (kind, playing) = entry(&mut socket).await;
    assert_eq!(
        (kind.as_str(), &playing["transcodeSession"]),
        ("playing", &json!(world.transcode_key(&key)))
    );
    world.set_quality(&key, Quality::P480_1500);
    let (kind, end) = entry(&mut socket).await;
    assert_eq!(
        (kind.as_str(), &end["key"]),
        ("transcodeSession.end", &start["key"])
    );
    assert!(end.get("maxOffsetAvailable").is_none());
    assert_eq!(entry(&mut socket).await.0, "transcodeSession.start");
}

fn activity() -> ActivitySeed {
    ActivitySeed {
        kind: "library.update.section".into(),
        title: "Scanning".into(),
        subtitle: "".into(),
        progress: 0,
        library: Some(1),
    }
}

#[tokio::test]
async fn other_notifications_have_their_own_lists() {
    let house = House::still().await;
    let world = house.world();
    let mut socket = listen(&house, "").await;
    let uuid = world.add_activity(activity());
    let (kind, started) = entry(&mut socket).await;
    assert_eq!(
        (kind.as_str(), &started["event"]),
        ("activity", &json!("started"))
    );
    assert_eq!(started["Activity"]["uuid"], uuid);
    world.notify_scanned(1, "501", "New one");
    assert_eq!(entry(&mut socket).await.1["state"], 5);
    world.set_refreshing(1, true);
    world.set_refreshing(1, false);
    assert_eq!(entry(&mut socket).await.1["notificationName"], "LIBRARY_UPDATE");
}

#[tokio::test]
async fn pings_are_answered_and_wrong_tokens_refused() {
    let house = House::new(Seed::default().shared("share", 7, &[]).still()).await;
    let mut socket = listen(&house, "").await;
    socket.send(Message::Ping(vec![1, 2].into())).await.unwrap();
    let pong = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(pong, Message::Pong(vec![1, 2].into()));
    socket
        .send(Message::Text("the time is now".into()))
        .await
        .unwrap();

    let Err(Error::Http(refused)) = connect(&house, "", "wrong").await else {
        panic!("must be refused")
    };
    assert_eq!(refused.status(), 401);

    let mut share = connect(&house, "", "share").await.unwrap();
    wait_until("two clients", || house.world().notification_clients() == 2).await;
    house.world().start(SessionSeed::movie("Not theirs"));
    house.world().start(SessionSeed::movie("Theirs").user(7, "Ida"));
    assert_eq!(
        entry(&mut share).await.1["sessionKey"],
        "2",
        "a share hears only its own"
    );
    drop((socket, share));
    wait_until("no clients", || house.world().notification_clients() == 0).await;
}

#[tokio::test]
async fn streams_can_be_cut_refused_and_frozen() {
    let house = House::still().await;
    let world = house.world();
    let mut socket = listen(&house, "").await;
    world.drop_streams();
    let end = timeout(SOON, socket.next()).await.unwrap();
    assert!(
        !matches!(end, Some(Ok(Message::Close(_)))),
        "no close frame: {end:?}"
    );

    let refuse = world.fault(Fault::WsRefuse);
    let Err(Error::Http(refused)) = connect(&house, "", house.plex.token()).await else {
        panic!("refused")
    };
    assert_eq!(refused.status(), 404);
    world.release(refuse);

    let drop = world.fault(Fault::WsDrop);
    let mut socket = connect(&house, "", house.plex.token()).await.unwrap();
    assert!(!matches!(
        timeout(SOON, socket.next()).await.unwrap(),
        Some(Ok(_))
    ));
    world.release(drop);

    let mut socket = listen(&house, "").await;
    let freeze = world.fault(Fault::WsFreeze);
    world.start(SessionSeed::movie("A"));
    socket.send(Message::Ping(vec![9].into())).await.unwrap();
    let silence = std::time::Duration::from_millis(200);
    assert!(
        timeout(silence, socket.next()).await.is_err(),
        "neither the frame nor the pong"
    );
    world.release(freeze);
    assert!(timeout(SOON, socket.next()).await.unwrap().unwrap().is_ok());
}

#[tokio::test]
async fn the_event_stream_pings_and_carries_single_objects() {
    let house = House::still().await;
    let world = house.world();
    let headers = [("X-Plex-Token", house.plex.token())];
    let response = house
        .get("/:/eventsource/notifications?filters=playing", &headers)
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    wait_until("a client", || world.notification_clients() == 1).await;
    let key = world.start(SessionSeed::movie("A").delivery(Delivery::burn()));
    let mut chunks = response.bytes_stream();
    let mut seen = String::new();
    while seen.matches("\n\n").count() < 2 {
        let chunk = timeout(SOON, chunks.next()).await.unwrap().unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let mut events = seen.split("\n\n");
    assert_eq!(events.next(), Some("event: ping\ndata: {}"));
    let playing = events
        .next()
        .unwrap()
        .strip_prefix("event: playing\ndata: ")
        .unwrap();
    let playing: Value = serde_json::from_str(playing).unwrap();
    assert_eq!(playing["PlaySessionStateNotification"]["sessionKey"], key);

    world.drop_streams();
    let end = timeout(SOON, async { while let Some(Ok(_)) = chunks.next().await {} });
    end.await.expect("the stream ends");
    world.fault(Fault::SseRefuse);
    assert_eq!(
        house
            .get("/:/eventsource/notifications", &headers)
            .await
            .unwrap()
            .status(),
        404
    );
    assert_eq!(house.status("/:/eventsource/notifications", None).await.0, 404);
}

#[tokio::test]
async fn players_report_by_themselves() {
    let seed = Seed {
        report_every: Some(std::time::Duration::from_millis(300)),
        ..Seed::default()
    };
    let house = House::new(seed).await;
    let mut socket = listen(&house, "?filters=playing").await;
    house.world().start(SessionSeed::movie("A"));
    let mut last = None;
    for _ in 0..3 {
        let (_, report) = entry(&mut socket).await;
        let at = report["viewOffset"].as_u64().unwrap();
        assert!(last.is_none_or(|l| at > l), "{last:?} {at}");
        last = Some(at);
    }
    let shown = house.container("/status/sessions").await["Metadata"][0]["viewOffset"].as_u64();
    assert!(shown >= last, "the list shows what was reported");
}
