//! The notifications as an event stream: plain HTTP, for networks whose proxies break web sockets.

use std::pin::Pin;
use std::time::Duration;

use base::Kind;
use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::time::{Instant, sleep_until, timeout};

use super::client::Client;
use super::error::Error;
use super::map;
use super::notify::{Ended, FILTERS, Inbox};
use super::sse::Parser;
use super::words::Words;

const PATH: &str = "/:/eventsource/notifications";

/// The server sends a ping every 10 s; silence beyond this is death.
const SILENCE_MAX: Duration = Duration::from_secs(35);

/// A request must have an end; the connection is turned over long before this.
const WHOLE_TIME: Duration = Duration::from_hours(24);

/// Pieces handled before they take effect, even if more are waiting.
const BATCH_MAX: usize = 4096;

pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;

/// Opens the stream.
pub(super) async fn connect(client: &Client) -> Result<Pieces, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let path = format!("{PATH}?{FILTERS}");
    let opening = client.open(&path, headers, WHOLE_TIME);
    let blocked = |what: &str| {
        let (what, kind) = (what.to_owned(), Kind::Unsupported);
        client.error(
            Words {
                what,
                kind,
                hint: None,
                more: false,
            },
            None,
        )
    };
    let response = timeout(client.timeout(), opening)
        .await
        .map_err(|_| blocked("the event stream was not opened in time"))??;
    if !response.status().is_success() {
        return Err(client.refusal(response, PATH).await);
    }
    let is_stream = response.headers().get(CONTENT_TYPE).is_some_and(|v| {
        v.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"text/event-stream")
    });
    if !is_stream {
        return Err(blocked("what answered is no event stream"));
    }
    Ok(Box::pin(response.bytes_stream()))
}

/// Reads until the connection ends, goes silent, or `until`.
pub(super) async fn listen(mut pieces: Pieces, inbox: &mut Inbox, until: Instant) -> Ended {
    let mut parser = Parser::default();
    let mut dead_at = Instant::now() + SILENCE_MAX;
    loop {
        let alarm = dead_at.min(until);
        let alarm = inbox.flush_at().map_or(alarm, |flush| flush.min(alarm));
        tokio::select! {
            piece = pieces.next() => {
                dead_at = Instant::now() + SILENCE_MAX;
                let taken = take_all(&mut pieces, piece, &mut parser, inbox);
                inbox.publish().await;
                if let Err(ended) = taken {
                    return ended;
                }
            }
            () = sleep_until(alarm) => {
                let now = Instant::now();
                if now >= dead_at {
                    return Ended::Broken(format!("silent for {} s", SILENCE_MAX.as_secs()));
                }
                if now >= until {
                    inbox.flush().await;
                    return Ended::Turn;
                }
                if inbox.flush_at().is_some_and(|at| now >= at) {
                    inbox.flush().await;
                }
            }
        }
    }
}

fn take_all(
    pieces: &mut Pieces,
    first: Option<Result<Bytes, reqwest::Error>>,
    parser: &mut Parser,
    inbox: &mut Inbox,
) -> Result<(), Ended> {
    let mut next = Some(first);
    for _ in 0..BATCH_MAX {
        let Some(piece) = next else { return Ok(()) };
        let piece = match piece {
            Some(Ok(piece)) => piece,
            Some(Err(e)) => return Err(Ended::Broken(e.without_url().to_string())),
            None => return Err(Ended::Broken("closed by the server".to_owned())),
        };
        let tell = |event: super::sse::Event| {
            if event.name != "ping" {
                inbox.add(map::event(&event.name, &event.data));
            }
        };
        parser
            .feed(&piece, tell)
            .map_err(|e| Ended::Broken(e.to_string()))?;
        next = pieces.next().now_or_never();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;
    use crate::plex::shared::tests::shared;

    fn never_ends(text: &'static str) -> Pieces {
        Box::pin(stream::iter([Ok(Bytes::from_static(text.as_bytes()))]).chain(stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_is_left() {
        let (shared, _seen) = shared();
        let began = Instant::now();
        let until = began + Duration::from_hours(1);
        let ended = listen(
            never_ends("event: ping\ndata: {}\n\n"),
            &mut Inbox::new(shared),
            until,
        )
        .await;
        assert!(matches!(ended, Ended::Broken(why) if why.contains("silent")));
        assert_eq!(began.elapsed().as_secs(), SILENCE_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn its_turn_ends_and_what_was_gathered_is_told() {
        let (shared, mut seen) = shared();
        let until = Instant::now() + Duration::from_millis(500);
        let event = "event: playing\ndata: {\"PlaySessionStateNotification\":{\"sessionKey\":\"1\",\"state\":\"playing\"}}\n\n";
        let ended = listen(never_ends(event), &mut Inbox::new(shared), until).await;
        assert!(matches!(ended, Ended::Turn));
        assert!(matches!(
            seen.recv().await.map(|o| o.body),
            Some(model::Body::Notifications(1))
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_ends_is_told_from_one_that_breaks() {
        let (shared, _seen) = shared();
        let until = Instant::now() + Duration::from_hours(1);
        let ended = listen(Box::pin(stream::empty()), &mut Inbox::new(shared), until).await;
        assert!(matches!(ended, Ended::Broken(why) if why == "closed by the server"));
    }
}
