use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{House, Open, PATIENCE, sample};

async fn raw(open: &Open, request: &str) -> String {
    let mut stream = TcpStream::connect(open.address).await.unwrap();
    // A server that has heard enough may hang up while we still talk.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn stopping_ends_open_streams_and_the_listener_within_a_second() {
    let house = House::new(&["attic"]);
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    let open = house.open().await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = open.request(Method::GET, "/api/v1/events").send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        streams.push(stream);
    }
    // A connection kept alive, and one that never says a word.
    assert_eq!(open.get("/live").await.status, 200);
    let silent = TcpStream::connect(open.address).await.unwrap();

    let before = Instant::now();
    open.house.ctx.cancel.cancel();
    open.served.await.unwrap().unwrap();
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
    for mut stream in streams {
        while let Some(chunk) = stream.chunk().await.expect("a proper end, not a broken stream") {
            assert!(!chunk.is_empty());
        }
    }
    assert!(
        TcpStream::connect(open.address).await.is_err(),
        "nobody listens any more"
    );
    drop(silent);
}

#[tokio::test]
async fn a_request_head_has_limits() {
    let open = House::new(&[]).open().await;
    let long = format!(
        "GET /live HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n",
        "a".repeat(64 * 1024)
    );
    assert!(raw(&open, &long).await.starts_with("HTTP/1.1 431 "));
    let many = format!(
        "GET /live HTTP/1.1\r\nhost: x\r\n{}\r\n",
        "x-a: b\r\n".repeat(100)
    );
    assert!(raw(&open, &many).await.starts_with("HTTP/1.1 431 "));
    assert!(raw(&open, "rubbish\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    let plain = raw(
        &open,
        "GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(
        plain.starts_with("HTTP/1.1 200 ") && plain.ends_with(r#"{"status":"ok"}"#),
        "{plain}"
    );
}

#[tokio::test]
async fn a_body_nobody_wants_does_not_hold_us_up() {
    let open = House::new(&[]).open().await;
    let head = "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000000\r\n\r\nabc";
    let mut stream = TcpStream::connect(open.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&answer, b"HTTP/1.1 405");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_finishes_its_request_is_sent_away() {
    let open = House::new(&[]).open().await;
    let mut stream = TcpStream::connect(open.address).await.unwrap();
    stream.write_all(b"GET /live HTTP/1.1\r\nho").await.unwrap();
    let before = tokio::time::Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(before.elapsed() >= web::HEADER_TIMEOUT, "{:?}", before.elapsed());
    assert!(
        before.elapsed() < web::HEADER_TIMEOUT * 2,
        "{:?}",
        before.elapsed()
    );
}
