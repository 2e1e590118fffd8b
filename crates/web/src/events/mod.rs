//! `/api/v1/events`: the state once, then its changes.
//!
//! One pump, which runs only while somebody listens, writes each change once; every listener sends the same bytes.
//! A listener that falls behind loses the changes it missed and gets the state anew, so memory stays bounded and
//! nobody is left with a wrong picture.

mod frames;
mod pump;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use base::Kind;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::Context;
use crate::access::Visit;
use crate::respond::{Refusal, answer};
use pump::Frame;

/// Streams open at once; beyond this a listener is refused with 503. A browser tab takes one.
pub const LISTENERS_MAX: usize = 256;

/// Chunks a listener may fall behind before it gets the state anew. With 500 sessions a chunk of progress is about
/// 100 kB, and all listeners share it.
const CHUNKS_BEHIND_MAX: usize = 32;

/// A comment after this much silence, so that proxies and listeners know the stream is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Between two looks at whether a listener would still be let in.
const CHECK_EVERY_MS: u64 = 15_000;

/// The open streams of the process.
#[derive(Debug)]
pub struct Events(Arc<Hub>);

#[derive(Debug)]
struct Hub {
    seats: Arc<Semaphore>,
    dropped: AtomicU64,
    /// Where listeners subscribe while a pump runs. Weak, so that the streams end should the pump die.
    pump: Mutex<Option<broadcast::WeakSender<Frame>>>,
}

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(Hub {
            seats: Arc::new(Semaphore::new(LISTENERS_MAX)),
            dropped: AtomicU64::new(0),
            pump: Mutex::new(None),
        }))
    }
}

impl Events {
    /// Streams open now.
    pub fn listeners(&self) -> usize {
        LISTENERS_MAX - self.0.seats.available_permits()
    }

    /// Chunks of at least one event that a slow listener missed; each such listener was given the state anew.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Joins the running pump, or starts one.
    fn subscribe(&self, ctx: &Arc<Context>) -> broadcast::Receiver<Frame> {
        let mut slot = self.0.pump.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frames) = slot.as_ref().and_then(broadcast::WeakSender::upgrade) {
            return frames.subscribe();
        }
        let (frames, receiver) = broadcast::channel(CHUNKS_BEHIND_MAX);
        *slot = Some(frames.downgrade());
        tokio::spawn(pump::Pump::new(ctx.clone(), frames).run());
        receiver
    }

    /// Lets the pump end if nobody listens. Holding the slot meanwhile, so that nobody can join a pump that ends.
    fn end_if_idle(&self, frames: &broadcast::Sender<Frame>) -> bool {
        let mut slot = self.0.pump.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = frames.receiver_count() == 0;
        if idle {
            *slot = None;
        }
        idle
    }

    fn count_dropped(&self, events: u64) {
        self.0.dropped.fetch_add(events, Ordering::Relaxed);
    }
}

/// Opens one stream.
pub(crate) fn listen(ctx: &Arc<Context>, visit: Visit) -> Result<Response, Refusal> {
    let Ok(seat) = ctx.events.0.seats.clone().try_acquire_owned() else {
        let message = format!("{LISTENERS_MAX} listeners are connected, which is the limit; try again later");
        return Err(Refusal::new(Kind::RateLimited, message));
    };
    // Subscribed before the state is read, so nothing falls between the two.
    let frames = ctx.events.subscribe(ctx);
    let listener = Listener {
        ctx: ctx.clone(),
        frames,
        told_state: false,
        checked_mono_ms: ctx.clock.mono_ms(),
        visit,
        _seat: seat,
    };
    let body = Body::from_stream(stream::unfold(listener, |mut listener| async {
        let chunk = listener.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), listener))
    }));
    let mut response = answer(
        StatusCode::OK,
        HeaderValue::from_static("text/event-stream"),
        body,
    );
    // nginx would otherwise hold events back until its buffer is full.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// One open stream.
struct Listener {
    ctx: Arc<Context>,
    frames: broadcast::Receiver<Frame>,
    told_state: bool,
    visit: Visit,
    checked_mono_ms: u64,
    _seat: OwnedSemaphorePermit,
}

impl Listener {
    /// What to send next; `None` ends the stream. The pump goes when we stop, and with it the stream: one left open
    /// would keep the server's graceful shutdown waiting for ever.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ctx.cancel.is_cancelled() {
            return None;
        }
        if !self.told_state {
            self.told_state = true;
            return Some(frames::opening(&self.ctx));
        }
        let received = tokio::time::timeout(KEEP_ALIVE, self.frames.recv()).await;
        let now_ms = self.ctx.clock.mono_ms();
        if now_ms.saturating_sub(self.checked_mono_ms) >= CHECK_EVERY_MS {
            self.checked_mono_ms = now_ms;
            if !self.visit.still_may_see(&self.ctx.access).await {
                return None;
            }
        }
        match received {
            Err(_silent) => Some(Bytes::from_static(b": still here\n\n")),
            Ok(Ok(Frame::Changes(bytes))) => Some(bytes),
            Ok(Ok(Frame::Missed)) => Some(frames::snapshot(&self.ctx)),
            Ok(Err(RecvError::Lagged(chunks))) => {
                // What waits is older than the state about to be told.
                self.frames = self.frames.resubscribe();
                self.ctx.events.count_dropped(chunks);
                Some(frames::snapshot(&self.ctx))
            }
            Ok(Err(RecvError::Closed)) => None,
        }
    }
}
