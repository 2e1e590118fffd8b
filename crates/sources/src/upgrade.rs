//! From an HTTP answer to a WebSocket, through the same HTTP client as everything else: the same trust, the same
//! time-outs, the same address behind the same proxy.

use std::time::Duration;

use http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use reqwest::Response;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// Bytes read at once, allocated per connection: 50 typical messages.
const READ_BUFFER: usize = 16 << 10;

pub(crate) type Socket = WebSocketStream<reqwest::Upgraded>;

/// The headers that ask for a WebSocket. `key`: made anew for each try.
pub(crate) fn ask(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(SEC_WEBSOCKET_KEY, key);
    }
    headers
}

/// The WebSocket behind an answer `101`; a message larger than `limit` ends it. The error is a phrase without address.
pub(crate) async fn accept(
    response: Response,
    key: &str,
    within: Duration,
    limit: usize,
) -> Result<Socket, String> {
    let expected = derive_accept_key(key.as_bytes());
    let accepted = response
        .headers()
        .get(SEC_WEBSOCKET_ACCEPT)
        .is_some_and(|v| v.as_bytes() == expected.as_bytes());
    if !accepted {
        return Err("the WebSocket handshake was answered by something else".to_owned());
    }
    let upgraded = timeout(within, response.upgrade())
        .await
        .map_err(|_| "the WebSocket upgrade did not complete".to_owned())?
        .map_err(|e| format!("the WebSocket upgrade failed: {}", e.without_url()))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}
