//! The web socket that says when to look. Nothing depends on it but speed.
//!
//! Its address holds a token, so it is named nowhere: not in an error, not in a log.

use std::sync::Arc;
use std::time::Duration;

use base::Kind;
use base::backoff::Backoff;
use base::outage::OutageLog;
use futures_util::{SinkExt as _, StreamExt as _};
use model::{Body, Endpoint, Link};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::Error;
use super::hints::Event;
use super::shared::Shared;
use crate::outbox::one_line;

/// Largest message: the statistics of all channels. One that is larger ends the connection.
const MESSAGE_LIMIT: usize = 16 << 20;

/// After this silence it is asked for a sign of life: it may have nothing to say for hours.
const PING_AFTER: Duration = Duration::from_secs(20);

/// No answer within this time after asking: the connection is dead.
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// A connection that lasted this long was good: the next one is tried soon.
const GOOD_AFTER: Duration = Duration::from_secs(30);

/// Messages are counted outwards this often.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Wait between tries where it does not exist or is blocked.
const BLOCKED_WAIT: Duration = Duration::from_mins(5);

/// Keeps a connection until cancelled from outside.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut backoff = Backoff::reconnect();
    let mut log = OutageLog::default();
    loop {
        shared.until_up().await;
        let started = Instant::now();
        let socket = shared.client.open_socket(MESSAGE_LIMIT).await;
        let kind = socket.as_ref().err().map(Error::kind);
        shared
            .client
            .report(Endpoint::Notifications, started, kind, 0)
            .await;
        let e = match socket {
            Ok(socket) => {
                if log.succeeded(Instant::now()).is_some() {
                    tracing::info!("{} tells of changes again", shared.client.who());
                }
                let since = Instant::now();
                let why = attend(&shared, socket).await;
                tracing::debug!("{} closed its WebSocket: {why}", shared.client.who());
                if since.elapsed() >= GOOD_AFTER {
                    backoff.reset();
                }
                sleep(backoff.next_wait()).await;
                continue;
            }
            Err(e) => e,
        };
        // If it is down, that is told by the looks.
        if shared.next_look_is_good().await && log.failed(e.kind(), Instant::now()) {
            let hint = e.hint().map(|h| format!(" (hint: {h})")).unwrap_or_default();
            tracing::warn!(
                "no notifications, looking at intervals alone: {}{hint}",
                one_line(&e)
            );
        }
        let wait = backoff.next_wait();
        let is_blocked = matches!(e.kind(), Kind::Unsupported | Kind::NotFound | Kind::Forbidden);
        sleep(if is_blocked { BLOCKED_WAIT } else { wait }).await;
    }
}

/// One connection from its beginning to its end; returns why it ended.
async fn attend<S>(shared: &Shared, socket: WebSocketStream<S>) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    shared.outbox.send(Body::Link(Link::WebSocket)).await;
    shared.hints().reconnected(shared.now_ms());
    shared.look.notify_one();
    let why = listen(shared, socket).await;
    count(shared).await;
    shared.outbox.send(Body::Link(Link::None)).await;
    why
}

async fn listen<S>(shared: &Shared, mut socket: WebSocketStream<S>) -> String
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut ping_at = Instant::now() + PING_AFTER;
    // Set while an answer to a ping is awaited.
    let mut dead_at: Option<Instant> = None;
    let mut count_at: Option<Instant> = None;
    loop {
        let alarm = dead_at.unwrap_or(ping_at);
        let alarm = count_at.map_or(alarm, |at| at.min(alarm));
        tokio::select! {
            message = socket.next() => {
                // Anything at all is a sign of life.
                (ping_at, dead_at) = (Instant::now() + PING_AFTER, None);
                match message {
                    Some(Ok(Message::Text(text))) => {
                        notice(shared, text.as_bytes());
                        count_at.get_or_insert_with(|| Instant::now() + COUNT_EVERY);
                    }
                    // Pings are answered by the library.
                    Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                    Some(Ok(Message::Close(_))) | None => return "closed by the server".to_owned(),
                    Some(Err(e)) => return e.to_string(),
                }
            }
            () = sleep_until(alarm) => {
                let now = Instant::now();
                if count_at.is_some_and(|at| now >= at) {
                    count(shared).await;
                    count_at = None;
                }
                if dead_at.is_some_and(|at| now >= at) {
                    return format!("no sign of life within {} s", PONG_WITHIN.as_secs());
                }
                if dead_at.is_none() && now >= ping_at {
                    dead_at = Some(now + PONG_WITHIN);
                    let ping = socket.send(Message::Ping(Bytes::new()));
                    if !matches!(timeout(PONG_WITHIN, ping).await, Ok(Ok(()))) {
                        return "it takes no more data".to_owned();
                    }
                }
            }
        }
    }
}

/// The part of a message that says what it is about.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a str>,
}

/// What a message is about.
fn event(message: &[u8]) -> Event {
    let envelope: Option<Envelope<'_>> = serde_json::from_slice(message).ok();
    let kind = envelope.and_then(|e| e.data).and_then(|d| d.kind);
    kind.map_or(Event::Other, Event::of)
}

fn notice(shared: &Shared, message: &[u8]) {
    let now_ms = shared.now_ms();
    let mut hints = shared.hints();
    let before = hints.due_in(now_ms);
    hints.notice(event(message), now_ms);
    if hints.due_in(now_ms) != before {
        shared.look.notify_one();
    }
}

/// Tells how many messages came.
async fn count(shared: &Shared) {
    let received = shared.hints().take_received();
    if received > 0 {
        shared.outbox.send(Body::Notifications(received)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_the_data_is_what_counts() {
        for (message, expected) in [
            (
                r#"{"type":"update","data":{"success":true,"type":"channel_stats","stats":"{\"channels\": []}"}}"#,
                Event::Channels,
            ),
            (
                r#"{"type":"update","data":{"type":"vod_stopped"}}"#,
                Event::OnDemand,
            ),
            (
                r#"{"type":"update","data":{"type":"timeshift_stats"}}"#,
                Event::OnDemand,
            ),
            (
                r#"{"type":"connection_established","data":{"success":true}}"#,
                Event::Other,
            ),
            (r#"{"data":null}"#, Event::Other),
            (r#"{"data":"text"}"#, Event::Other),
            ("[1", Event::Other),
        ] {
            assert_eq!(event(message.as_bytes()), expected, "{message}");
        }
    }
}
