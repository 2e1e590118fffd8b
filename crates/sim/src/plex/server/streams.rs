//! Notification streams: WebSocket and server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts as _;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use futures_util::{SinkExt as _, StreamExt as _};
use http::request::Parts;
use http::{HeaderValue, header};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::plex::frames::{Filter, Frame};
use crate::plex::server::request::Request;
use crate::plex::server::routes::Caller;
use crate::plex::world::{Client, World};

/// How often an event stream says that it lives.
const PING: Duration = Duration::from_secs(10);

/// Frames written before the socket is flushed.
const BATCH: usize = 256;

/// What one client wants to hear.
#[derive(Clone, Debug)]
struct Ear {
    filter: Filter,
    /// Only this account's sessions; `None` hears everything.
    account: Option<i64>,
}

impl Ear {
    fn new(request: &Request, caller: &Caller) -> Self {
        let account = match caller {
            Caller::Shared(account, _) => Some(*account),
            _ => None,
        };
        Self {
            filter: Filter::parse(request.arg("filters")),
            account,
        }
    }

    fn wants(&self, frame: &Frame) -> bool {
        let own = self.account.is_none() || frame.account == self.account;
        own && self.filter.wants(&frame.event)
    }
}

pub(super) async fn web_socket(
    world: &Arc<World>,
    request: &Request,
    caller: &Caller,
    parts: &mut Parts,
    cut: bool,
) -> Response {
    let upgrade = match WebSocketUpgrade::from_request_parts(parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refusal) => return refusal.into_response(),
    };
    let (world, ear) = (world.clone(), Ear::new(request, caller));
    upgrade.on_upgrade(move |socket| async move {
        if cut {
            return;
        }
        let streams_cut = world.streams_cut.subscribe();
        let frozen = world.frozen.subscribe();
        let (frames, client) = world.listen();
        talk(socket, frames, streams_cut, frozen, ear).await;
        drop(client);
    })
}

async fn talk(
    socket: WebSocket,
    mut frames: broadcast::Receiver<Arc<Frame>>,
    mut cut: watch::Receiver<u64>,
    mut frozen: watch::Receiver<bool>,
    ear: Ear,
) {
    let (mut sink, mut stream) = socket.split();
    loop {
        // A frozen stream neither reads nor writes; it can still be cut.
        tokio::select! {
            _ = cut.changed() => return,
            thawed = frozen.wait_for(|f| !*f) => {
                if thawed.is_err() {
                    return;
                }
            }
        }
        let first = tokio::select! {
            biased;
            _ = cut.changed() => return,
            _ = frozen.changed() => continue,
            message = stream.next() => match message {
                // Pings are answered by the socket itself; whatever a client says is ignored.
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    if sink.flush().await.is_err() {
                        return;
                    }
                    continue;
                }
            },
            frame = frames.recv() => frame,
        };
        let first = match first {
            Ok(frame) => frame,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        tokio::select! {
            _ = cut.changed() => return,
            written = write_batch(&mut sink, first, &mut frames, &ear) => {
                if written.is_err() {
                    return;
                }
            }
        }
    }
}

/// Writes this frame and those already waiting, then flushes once.
async fn write_batch(
    sink: &mut futures_util::stream::SplitSink<WebSocket, Message>,
    first: Arc<Frame>,
    frames: &mut broadcast::Receiver<Arc<Frame>>,
    ear: &Ear,
) -> Result<(), axum::Error> {
    let mut next = Some(first);
    let mut written = 0;
    while let Some(frame) = next.take() {
        if ear.wants(&frame) {
            sink.feed(Message::Text(frame.text.clone())).await?;
            written += 1;
        }
        if written < BATCH {
            next = frames.try_recv().ok();
        }
    }
    sink.flush().await
}

pub(super) fn event_source(world: &Arc<World>, request: &Request, caller: &Caller) -> Response {
    let (frames, client) = world.listen();
    let source = Source {
        frames,
        cut: world.streams_cut.subscribe(),
        ear: Ear::new(request, caller),
        ping_at: Instant::now(),
        _client: client,
    };
    let events = futures_util::stream::unfold(source, |mut source| async {
        let chunk = source.next().await?;
        Some((Ok::<_, Infallible>(chunk), source))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

struct Source {
    frames: broadcast::Receiver<Arc<Frame>>,
    cut: watch::Receiver<u64>,
    ear: Ear,
    ping_at: Instant,
    _client: Client,
}

impl Source {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if Instant::now() >= self.ping_at {
                self.ping_at = Instant::now() + PING;
                return Some(Bytes::from_static(b"event: ping\ndata: {}\n\n"));
            }
            tokio::select! {
                _ = self.cut.changed() => return None,
                () = tokio::time::sleep_until(self.ping_at) => {}
                frame = self.frames.recv() => match frame {
                    Ok(frame) if self.ear.wants(&frame) => {
                        if let Some(event) = frame.server_sent() {
                            return Some(event.into());
                        }
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}
