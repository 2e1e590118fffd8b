//! The client against a stand-in for plex.tv, over real sockets.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::tls::Trust;
use base::{Kind, Secret};
use sim::plex_tv::{AccountSeed, ConnectionSeed, Fault, FaultKind, Place, PlexTv, ServerSeed, TvSeed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

mod discovery;
mod sign_in;

const CLIENT: &str = "test-client-0001";
const PASSWORD: &str = "correct horse & staple";
/// Everything that must never be printed or be part of an address.
const SECRETS: [&str; 7] = [
    "at-ada",
    "at-bob",
    "st-attic",
    "st-bob",
    "correct horse",
    "correct+horse",
    "123456",
];

fn config(tv: &PlexTv) -> TvConfig {
    TvConfig {
        base_url: tv.url(),
        clients_url: format!("{}/", tv.url()),
        client_id: CLIENT.to_owned(),
        token: Some(Secret::new("at-ada")),
        ..TvConfig::default()
    }
}

/// Ada owns "Attic", which is shared with Bob, who has a verification code.
fn seed() -> TvSeed {
    TvSeed::default()
        .account(AccountSeed::new("ada", PASSWORD, "at-ada"))
        .account(AccountSeed::new("bob", PASSWORD, "at-bob").two_factor("123456"))
        .server(ServerSeed::new("Attic", "m-attic", "ada", "st-attic").shared_with("bob", "st-bob"))
}

async fn house() -> (PlexTv, TvConfig) {
    let tv = PlexTv::start(seed()).await.unwrap();
    let config = config(&tv);
    (tv, config)
}

fn named(name: &str) -> Wanted {
    Wanted {
        name: Some(name.to_owned()),
        machine_id: None,
    }
}

/// Lets time pass without waiting for it.
async fn later(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

/// Fails if a secret stands in an address that was asked for.
fn assert_clean_log(tv: &PlexTv) {
    for request in tv.requests() {
        let address = format!("{}?{}", request.path, request.query);
        assert!(!SECRETS.iter().any(|s| address.contains(s)), "{address}");
        assert_eq!(request.client_id.as_deref(), Some(CLIENT), "{address}");
    }
}

/// Something that answers every request with `status` and `body`, and remembers the requests.
struct Answerer {
    url: String,
    seen: Arc<Mutex<String>>,
}

async fn answerer(status: &'static str, body: String) -> Answerer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let Ok(byte) = socket.read_u8().await else { break };
                request.push(byte);
            }
            log.lock().unwrap().push_str(&String::from_utf8_lossy(&request));
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    Answerer { url, seen }
}

async fn plex(machine_id: &str) -> Answerer {
    let identity = format!(
        r#"{{"MediaContainer":{{"size":0,"claimed":true,"machineIdentifier":"{machine_id}","version":"1.43.3"}}}}"#
    );
    answerer("200 OK", identity).await
}

/// An address where nothing listens.
async fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// An address that accepts and then says nothing.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn publish(tv: &PlexTv, addresses: &[(Place, &str)]) {
    tv.set_connections(
        "m-attic",
        addresses
            .iter()
            .map(|(place, url)| ConnectionSeed::at(*place, url))
            .collect(),
    );
}

fn temporary_file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("projectionist-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path
}
