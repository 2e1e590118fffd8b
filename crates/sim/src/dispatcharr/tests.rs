//! The fake keeps to what a real Dispatcharr was seen to do, over sockets.

mod answers;
mod life;
mod property;
mod shapes;

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Dispatcharr, Seed};

const ADMIN: &str = "planted-key-admin";

/// Asks with the admin's key.
async fn get(server: &Dispatcharr, path: &str) -> (StatusCode, Value) {
    ask(server, Method::GET, path, Some(("x-api-key", ADMIN)), None).await
}

async fn post(server: &Dispatcharr, path: &str, body: Value) -> (StatusCode, Value) {
    ask(server, Method::POST, path, Some(("x-api-key", ADMIN)), Some(body)).await
}

/// An answer that is no JSON comes as a string.
async fn ask(
    server: &Dispatcharr,
    method: Method,
    path: &str,
    header: Option<(&str, &str)>,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let client = base::http::client(&base::tls::Trust::default(), Duration::from_secs(10)).unwrap();
    let mut request = client.request(method, format!("{}{path}", server.url()));
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    let parsed = serde_json::from_str(&text);
    (status, parsed.unwrap_or(Value::String(text)))
}

async fn start() -> Dispatcharr {
    Dispatcharr::start(Seed::default()).await
}
