//! The notifications' WebSocket, opened through the same HTTP client as everything else: the same trust, the same
//! time-outs, the same address behind the same proxy.

use std::time::Duration;

use base::Kind;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use reqwest::{Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{Bytes, Error as SocketError, Message};

use super::client::Client;
use super::error::Error;
use super::map;
use super::notify::{Ended, FILTERS, Inbox};
use super::words::Words;
use crate::upgrade::{self, Socket};

/// The path all clients use, and the one in Plex's own description.
const PATHS: [&str; 2] = ["/:/websockets/notifications", "/:/websocket/notifications"];

/// Largest message; a scan sends large ones, but not that large. One that is larger ends the connection.
const MESSAGE_LIMIT: usize = 4 << 20;

/// A server that has been silent this long is asked for a sign of life: it may have nothing to say for minutes.
const PING_AFTER: Duration = Duration::from_secs(20);

/// No answer within this time after asking: the connection is dead.
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// Messages handled before they take effect, even if more are waiting.
const BATCH_MAX: usize = 4096;

/// Opens the WebSocket. Any other answer than an upgrade is an error of the answer's kind.
pub(super) async fn connect(client: &Client) -> Result<Socket, Error> {
    let mut refused = None;
    for path in PATHS {
        let key = generate_key();
        let response = client
            .open(&format!("{path}?{FILTERS}"), upgrade::ask(&key), client.timeout())
            .await?;
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => return upgrade(client, response, &key).await,
            StatusCode::NOT_FOUND => refused = Some((response, path)),
            _ => return Err(refusal(client, response, path).await),
        }
    }
    match refused {
        Some((response, path)) => Err(client.refusal(response, path).await),
        None => Err(blocked(client, "no path to try".to_owned())),
    }
}

/// A success that is no upgrade is not what a WebSocket asks for; something on the way answered instead.
async fn refusal(client: &Client, response: Response, path: &str) -> Error {
    let status = response.status();
    if status.is_success() {
        return blocked(
            client,
            format!("{path} was answered with {status} instead of an upgrade"),
        );
    }
    client.refusal(response, path).await
}

fn blocked(client: &Client, what: String) -> Error {
    let hint = Some("a proxy in front of the server must pass WebSockets on".to_owned());
    client.error(
        Words {
            what,
            kind: Kind::Unsupported,
            hint,
            more: false,
        },
        None,
    )
}

async fn upgrade(client: &Client, response: Response, key: &str) -> Result<Socket, Error> {
    upgrade::accept(response, key, client.timeout(), MESSAGE_LIMIT)
        .await
        .map_err(|what| blocked(client, what))
}

/// Reads until the connection ends or goes dead.
pub(super) async fn listen<S>(mut socket: WebSocketStream<S>, inbox: &mut Inbox) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ping_at = Instant::now() + PING_AFTER;
    // Set while an answer to a ping is awaited.
    let mut dead_at: Option<Instant> = None;
    loop {
        let alarm = dead_at.unwrap_or(ping_at);
        let alarm = inbox.flush_at().map_or(alarm, |flush| flush.min(alarm));
        tokio::select! {
            message = socket.next() => {
                // Anything at all is a sign of life.
                (ping_at, dead_at) = (Instant::now() + PING_AFTER, None);
                if let Err(ended) = take_all(&mut socket, message, inbox) {
                    inbox.publish().await;
                    return ended;
                }
                inbox.publish().await;
            }
            () = sleep_until(alarm) => {
                let now = Instant::now();
                if dead_at.is_some_and(|at| now >= at) {
                    return Ended::Broken(format!("no sign of life within {} s", PONG_WITHIN.as_secs()));
                }
                if dead_at.is_none() && now >= ping_at {
                    dead_at = Some(now + PONG_WITHIN);
                    let ping = socket.send(Message::Ping(Bytes::new()));
                    if !matches!(timeout(PONG_WITHIN, ping).await, Ok(Ok(()))) {
                        return Ended::Broken("it takes no more data".to_owned());
                    }
                }
                if inbox.flush_at().is_some_and(|at| now >= at) {
                    inbox.flush().await;
                }
            }
        }
    }
}

/// Takes in `first` and everything else that has arrived.
fn take_all<S>(
    socket: &mut WebSocketStream<S>,
    first: Option<Result<Message, SocketError>>,
    inbox: &mut Inbox,
) -> Result<(), Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut next = Some(first);
    let mut taken = 0;
    while let Some(message) = next {
        match message {
            Some(Ok(Message::Text(text))) => inbox.add(map::notifications(text.as_bytes())),
            Some(Ok(Message::Binary(bytes))) => inbox.add(map::notifications(&bytes)),
            // Pings are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(frame))) => {
                let reason = frame
                    .map(|f| format!(" ({})", u16::from(f.code)))
                    .unwrap_or_default();
                return Err(Ended::Broken(format!("closed by the server{reason}")));
            }
            Some(Err(e)) => return Err(Ended::Broken(e.to_string())),
            None => return Err(Ended::Broken("closed by the server".to_owned())),
        }
        taken += 1;
        if taken >= BATCH_MAX {
            return Ok(());
        }
        next = socket.next().now_or_never();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

    use super::*;
    use crate::plex::shared::tests::shared;

    async fn pair() -> (
        WebSocketStream<tokio::io::DuplexStream>,
        WebSocketStream<tokio::io::DuplexStream>,
    ) {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let ours = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        (
            ours,
            WebSocketStream::from_raw_socket(theirs, Role::Server, None).await,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_gives_no_sign_of_life_is_left_after_half_a_minute() {
        let ((ours, _theirs), (shared, _seen)) = (pair().await, shared());
        let began = Instant::now();
        let ended = listen(ours, &mut Inbox::new(shared)).await;
        assert!(matches!(ended, Ended::Broken(why) if why.contains("no sign of life")));
        assert_eq!(began.elapsed().as_secs(), (PING_AFTER + PONG_WITHIN).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_server_that_answers_pings_is_kept() {
        let ((ours, mut theirs), (shared, _seen)) = (pair().await, shared());
        // Reading answers pings, and there is nothing else to read.
        let pongs = tokio::spawn(async move { while let Some(Ok(_)) = theirs.next().await {} });
        let hour = Duration::from_hours(1);
        assert!(
            timeout(hour, listen(ours, &mut Inbox::new(shared)))
                .await
                .is_err(),
            "still listening"
        );
        pongs.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_beyond_the_limit_ends_the_connection() {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let ours = WebSocketStream::from_raw_socket(ours, Role::Client, Some(config)).await;
        let mut theirs = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        let (shared, _seen) = shared();
        let sender =
            tokio::spawn(async move { theirs.send(Message::text("x".repeat(MESSAGE_LIMIT + 1))).await });
        let ended = listen(ours, &mut Inbox::new(shared)).await;
        assert!(matches!(ended, Ended::Broken(why) if why.contains("too long") || why.contains("too big")));
        sender.abort();
    }
}
