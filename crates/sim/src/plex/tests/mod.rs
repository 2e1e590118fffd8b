//! Protocol tests over real sockets, with clients of their own.

mod control;
mod http;
mod pictures;
mod sessions;
mod shelf;
mod statistics;
mod streams;

use std::time::Duration;

use base::http::read_capped;
use base::tls::Trust;
use reqwest::{Client, Response};
use serde_json::Value;

use crate::plex::{Plex, Seed, World};

/// Longest a test waits for something that should happen at once.
pub(super) const SOON: Duration = Duration::from_secs(10);

/// A server and a client that knows its token.
pub(super) struct House {
    pub(super) plex: Plex,
    pub(super) client: Client,
}

impl House {
    pub(super) async fn new(seed: Seed) -> Self {
        let client = base::http::client(&Trust::default(), SOON).unwrap();
        Self {
            plex: Plex::start(seed).await,
            client,
        }
    }

    /// Nothing moves but what the test moves.
    pub(super) async fn still() -> Self {
        Self::new(Seed::default().still()).await
    }

    pub(super) fn world(&self) -> std::sync::Arc<World> {
        self.plex.world()
    }

    pub(super) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Result<Response> {
        let mut request = self.client.get(format!("{}{path}", self.plex.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await
    }

    /// The decoded JSON answer to the owner.
    pub(super) async fn json(&self, path: &str) -> Value {
        let headers = [
            ("Accept", "application/json"),
            ("X-Plex-Token", self.plex.token()),
        ];
        let (status, body) = text(self.get(path, &headers).await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|e| panic!("{path}: {e}: {body}"))
    }

    /// The container of the JSON answer.
    pub(super) async fn container(&self, path: &str) -> Value {
        let mut json = self.json(path).await;
        json["MediaContainer"].take()
    }

    /// The XML answer to the owner.
    pub(super) async fn xml(&self, path: &str) -> String {
        let (status, body) = text(
            self.get(path, &[("X-Plex-Token", self.plex.token())])
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Status and body for this token.
    pub(super) async fn status(&self, path: &str, token: Option<&str>) -> (u16, String) {
        let headers: Vec<_> = token.iter().map(|t| ("X-Plex-Token", *t)).collect();
        text(self.get(path, &headers).await.unwrap()).await
    }
}

pub(super) async fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = read_capped(response, 64 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Waits until `happened`; fails the test if it does not.
pub(super) async fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(SOON, waiting).await.is_ok(), "never: {what}");
}
