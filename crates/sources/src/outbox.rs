//! The way out of every source: observations stamped and handed over, and how each request went.

use std::error::Error;

use base::error::Chain;
use base::{Clock, Kind};
use jiff::Timestamp;
use model::{Body, Endpoint, Observation, RequestReport};
use tokio::time::Instant;

use crate::Ctx;

/// When something was seen, by the wall and by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    taken_at: Timestamp,
    mono_ms: u64,
}

/// Stamps what was seen and hands it over; waits while the reader is behind.
#[derive(Clone, Debug)]
pub(crate) struct Outbox(Ctx);

impl Outbox {
    pub(crate) fn new(ctx: Ctx) -> Self {
        Self(ctx)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn id(&self) -> &str {
        self.0.id.as_str()
    }

    pub(crate) async fn send(&self, body: Body) {
        self.send_stamped(self.now(), body).await;
    }

    /// Now, as observations are stamped.
    pub(crate) fn now(&self) -> Stamp {
        Stamp {
            taken_at: self.0.clock.now(),
            mono_ms: self.0.clock.mono_ms(),
        }
    }

    /// The same of what was seen at `stamp` and took time to complete.
    pub(crate) async fn send_stamped(&self, stamp: Stamp, body: Body) {
        let observation = Observation {
            source: self.0.id.clone(),
            taken_at: stamp.taken_at,
            mono_ms: stamp.mono_ms,
            body,
        };
        // Nobody reads any more: we are about to be cancelled.
        let _ = self.0.out.send(observation).await;
    }

    /// Reports one request that began at `started` and is over now.
    pub(crate) async fn report(
        &self,
        endpoint: Endpoint,
        started: Instant,
        error: Option<Kind>,
        retries: u32,
    ) {
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let error = error.map(Kind::as_str);
        self.send(Body::Request(RequestReport {
            endpoint,
            duration_ms,
            error,
            retries,
        }))
        .await;
    }
}

/// An error with its causes in one line, as an outage tells it.
pub(crate) fn one_line(e: &dyn Error) -> String {
    Chain(e).to_string().replace(['\n', '\r'], " ")
}
