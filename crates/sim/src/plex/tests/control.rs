//! Faults, restarts, tokens, TLS: the server misbehaving on demand.

use std::time::{Duration, Instant};

use base::tls::Trust;
use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, LOCATION};

use super::{House, SOON, text, wait_until};
use crate::plex::{Fault, Plex, Restart, Seed, SessionSeed};

#[tokio::test]
async fn statuses_and_foreign_answers() {
    let house = House::still().await;
    let owner = house.plex.token().to_owned();
    let world = house.world();
    for (fault, path, want, part) in [
        (
            Fault::Status(500).on("/library"),
            "/library/sections",
            500,
            "500 Internal Server Error",
        ),
        (
            Fault::Status(500).on("/library"),
            "/identity",
            200,
            "machineIdentifier",
        ),
        (Fault::Unauthorized.into(), "/", 401, "401 Unauthorized"),
        (Fault::Unauthorized.into(), "/identity", 200, "machineIdentifier"),
        (
            Fault::Maintenance.into(),
            "/identity",
            503,
            "<Response code=\"503\" title=\"Maintenance\"",
        ),
        (Fault::NotPlex.into(), "/", 200, "<!DOCTYPE html>"),
        (Fault::Empty.into(), "/", 200, ""),
        (
            Fault::StatsMissing.into(),
            "/statistics/resources?timespan=6",
            404,
            "404 Not Found",
        ),
        (
            Fault::Redirect("http://elsewhere.test/".into()).into(),
            "/",
            302,
            "302 Found",
        ),
    ] {
        let id = world.fault(fault);
        let (status, body) = house.status(path, Some(&owner)).await;
        assert_eq!(status, want, "{path}");
        assert!(body.contains(part), "{path}: {body}");
        world.release(id);
    }
    world.fault(Fault::Redirect("http://elsewhere.test/".into()).times(1));
    let moved = house.get("/", &[]).await.unwrap();
    assert_eq!(moved.headers()[LOCATION], "http://elsewhere.test/");
    assert_eq!(house.status("/", Some(&owner)).await.0, 200, "once only");
}

#[tokio::test]
async fn spoilt_answers() {
    let house = House::still().await;
    let world = house.world();
    world.start(SessionSeed::movie("Anchor").user(44, "Ida"));
    let headers = [
        ("X-Plex-Token", house.plex.token()),
        ("Accept", "application/json"),
    ];
    let ask = || house.get("/status/sessions", &headers);

    let id = world.fault(Fault::Truncate);
    let response = ask().await.unwrap();
    let announced: usize = response.headers()[CONTENT_LENGTH]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(announced > 500);
    assert!(
        base::http::read_capped(response, 1 << 20).await.is_err(),
        "breaks off"
    );
    world.release(id);

    let id = world.fault(Fault::BadJson);
    let (status, body) = text(ask().await.unwrap()).await;
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_err());
    world.release(id);

    let id = world.fault(Fault::WrongTypes);
    let (_, body) = text(ask().await.unwrap()).await;
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let entry = &json["MediaContainer"]["Metadata"][0];
    assert_eq!(entry["sessionKey"], 1, "text became a number");
    assert!(entry["duration"].is_string(), "and a number text");
    assert_eq!(entry["Player"]["local"], 1);
    world.release(id);

    let id = world.fault(Fault::NonUtf8);
    let body = base::http::read_capped(ask().await.unwrap(), 1 << 20)
        .await
        .unwrap();
    assert!(std::str::from_utf8(&body).is_err());
    assert!(body.windows(7).any(|w| w == b"\xe9nchor\""));
    world.release(id);

    world.fault(Fault::HugeBody(32 << 20));
    let response = ask().await.unwrap();
    let mut chunks = response.bytes_stream();
    let mut length = 0;
    while length < 8 << 20 {
        length += chunks.next().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn slow_hanging_and_cut_answers() {
    let house = House::still().await;
    let world = house.world();
    let id = world.fault(Fault::Slow(Duration::from_millis(120)).on("/identity"));
    let begun = Instant::now();
    assert_eq!(house.status("/identity", None).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(120));
    world.release(id);

    let id = world.fault(Fault::Hang.on("/identity"));
    let url = format!("{}/identity", house.plex.url());
    let hung = house
        .client
        .get(&url)
        .timeout(Duration::from_millis(100))
        .send()
        .await;
    assert!(hung.unwrap_err().is_timeout());
    world.release(id);

    let id = world.fault(Fault::Reset);
    let error = house.get("/identity", &[]).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    world.release(id);
    assert_eq!(house.status("/identity", None).await.0, 200);
}

#[tokio::test]
async fn a_refusing_server_comes_back_on_the_same_port() {
    let house = House::still().await;
    let world = house.world();
    assert_eq!(house.status("/identity", None).await.0, 200);
    let id = world.fault(Fault::Refuse);
    let connect = async || tokio::net::TcpStream::connect(house.plex.addr()).await.is_ok();
    let closed = async { while connect().await {} };
    tokio::time::timeout(SOON, closed).await.expect("the port closes");
    assert!(house.get("/identity", &[]).await.unwrap_err().is_connect());
    world.release(id);
    let opened = async { while !connect().await {} };
    tokio::time::timeout(SOON, opened).await.expect("the port opens");
    assert_eq!(house.status("/identity", None).await.0, 200);
}

#[tokio::test]
async fn a_restart_forgets_sessions_and_counts_from_one() {
    let house = House::still().await;
    let world = house.world();
    world.start(SessionSeed::movie("A"));
    assert_eq!(world.start(SessionSeed::movie("B")), "2");
    world.restart();
    let (status, body) = house.status("/identity", None).await;
    assert_eq!(status, 503, "every path, with or without a token");
    let notice = roxmltree::Document::parse(&body).unwrap();
    assert_eq!(notice.root_element().tag_name().name(), "Response");
    let json = house
        .client
        .get(house.plex.url())
        .header(ACCEPT, "application/json")
        .send()
        .await
        .unwrap();
    assert!(text(json).await.1.starts_with('{'));
    world.finish_restart();
    assert_eq!(house.container("/status/sessions").await["size"], 0);
    assert_eq!(
        house.container("/statistics/resources?timespan=6").await["size"],
        0,
        "nothing measured yet"
    );
    assert_eq!(
        world.start(SessionSeed::movie("C")),
        "1",
        "the same key names another playback"
    );

    world.start(SessionSeed::movie("D"));
    world.stop("1");
    world.restart_with(Restart {
        keep_sessions: true,
        ..Restart::default()
    });
    world.finish_restart();
    let kept = house.container("/status/sessions").await;
    assert_eq!(
        (
            kept["Metadata"][0]["sessionKey"].as_str(),
            kept["Metadata"][0]["title"].as_str()
        ),
        (Some("1"), Some("D"))
    );

    world.restart_with(Restart {
        refuse: true,
        ..Restart::default()
    });
    let refused = async { while house.get("/identity", &[]).await.is_ok() {} };
    tokio::time::timeout(SOON, refused)
        .await
        .expect("the port closes");
    world.finish_restart();
    let back = async { while house.get("/identity", &[]).await.is_err() {} };
    tokio::time::timeout(SOON, back).await.expect("the port opens");
}

#[tokio::test]
async fn identity_and_tokens_change() {
    let house = House::still().await;
    let world = house.world();
    let owner = house.plex.token().to_owned();
    world.set_token("another");
    assert_eq!(house.status("/", Some(&owner)).await.0, 401);
    assert_eq!(house.status("/", Some("another")).await.0, 200);
    world.revoke_token();
    assert_eq!(house.status("/", Some("another")).await.0, 401);
    world.set_machine_id("other-machine");
    world.set_version("1.44.0");
    let (_, body) = house.status("/identity", None).await;
    assert!(body.contains("other-machine") && body.contains("1.44.0"));
    assert_eq!(house.plex.machine_id(), "other-machine");
    assert_eq!(world.request_count("/identity"), 1);
    assert_eq!(world.request_count(""), 4);
    world.clear_requests();
    assert_eq!(world.request_count(""), 0);
}

#[tokio::test]
async fn tls_with_an_own_certificate() {
    let cert =
        rcgen::generate_simple_self_signed(vec!["plex.test".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (cert_pem, key_pem) = (cert.cert.pem(), cert.signing_key.serialize_pem());
    let plex = Plex::start(Seed::default().tls(cert_pem.clone(), &key_pem).still()).await;
    assert!(plex.url().starts_with("https://127.0.0.1:"));
    let url = format!("{}/identity", plex.url());
    let trusting = Trust {
        extra_ca_pem: Some(cert_pem.into()),
        ..Trust::default()
    };
    let client = base::http::client(&trusting, SOON).unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    let distrusting = base::http::client(&Trust::default(), SOON).unwrap();
    assert!(distrusting.get(&url).send().await.is_err());
    // A client that never finishes its handshake holds nobody up.
    let _silent = tokio::net::TcpStream::connect(plex.addr()).await.unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    let rubbish = Seed::default().tls("no certificate", "no key");
    assert!(Plex::try_start(rubbish).await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_a_stopped_server_is_gone() {
    let house = House::still().await;
    let addr = house.plex.addr();
    let taken = Plex::try_start(Seed::default().listen(addr)).await.unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    house.plex.stop().await;
    let gone = async { while tokio::net::TcpStream::connect(addr).await.is_ok() {} };
    tokio::time::timeout(SOON, gone).await.expect("the port closes");
    let again = Plex::start(Seed::default().listen(addr)).await;
    wait_until("the port is free again", || again.addr() == addr).await;
}
