//! The connection that carries notifications: a web socket, or an event stream where those are blocked, or none.
//!
//! Nothing depends on it but speed: what it says are hints, and without it the regular looks go on.

use std::sync::Arc;
use std::time::Duration;

use base::Kind;
use base::backoff::Backoff;
use base::outage::OutageLog;
use model::{Body, Endpoint, Link};
use tokio::time::{Instant, sleep, sleep_until};

use super::error::Error;
use super::events;
use super::map::Notification;
use super::server::one_line;
use super::shared::Shared;
use super::socket;

/// What is asked for; servers that do not know the filter send everything, which is understood as well. `timeline`
/// is left out: a scan sends thousands, and what matters of it arrives as `activity` and `status` too.
pub(super) const FILTERS: &str =
    "filters=playing,transcodeSession.start,transcodeSession.end,transcode.end,activity,status";

/// Refinements that are in no hurry, like positions, are passed on this often.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// While messages keep coming, they are read this often, many at a time: each reading costs more than a message.
const READ_EVERY: Duration = Duration::from_millis(10);

/// A connection that lasted this long was good: the next one is tried soon.
const GOOD_AFTER: Duration = Duration::from_secs(30);

/// How long an event stream is kept before a web socket is tried again; doubles up to the longest.
const FALLBACK_FIRST: Duration = Duration::from_mins(1);
const FALLBACK_LONGEST: Duration = Duration::from_mins(16);

/// Longest wait between tries where both are blocked.
const BLOCKED_WAIT: Duration = Duration::from_mins(5);

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// As planned, to try a better way.
    Turn,
    Broken(String),
}

/// Keeps a connection until cancelled from outside.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut listener = Listener::new(shared);
    loop {
        listener.shared.until_up().await;
        listener.connect_once().await;
    }
}

struct Listener {
    shared: Arc<Shared>,
    link: Link,
    backoff: Backoff,
    fallback: Duration,
    log: OutageLog,
}

impl Listener {
    fn new(shared: Arc<Shared>) -> Self {
        let backoff = Backoff::reconnect();
        Self {
            shared,
            link: Link::None,
            backoff,
            fallback: FALLBACK_FIRST,
            log: OutageLog::default(),
        }
    }

    /// One connection from its beginning to its end, and the wait before the next.
    async fn connect_once(&mut self) {
        let connected = self.report(socket::connect(&self.shared.server.client)).await;
        let e = match connected {
            Ok(socket) => {
                self.fallback = FALLBACK_FIRST;
                let mut inbox = self.connected(Link::WebSocket).await;
                let ended = socket::listen(socket, &mut inbox).await;
                return self.ended(inbox.since, ended).await;
            }
            Err(e) => e,
        };
        // No token or no server: another way in would not help.
        if matches!(e.kind(), Kind::Unauthorized | Kind::Starting) {
            return self.failed(e, Duration::ZERO).await;
        }
        tracing::debug!(kind = %e.kind(), "no WebSocket, trying EventSource: {}", one_line(&e));
        match self.report(events::connect(&self.shared.server.client)).await {
            Ok(stream) => {
                let until = Instant::now() + self.fallback;
                self.fallback = (self.fallback * 2).min(FALLBACK_LONGEST);
                let mut inbox = self.connected(Link::EventSource).await;
                let ended = events::listen(stream, &mut inbox, until).await;
                self.ended(inbox.since, ended).await;
            }
            Err(_) => self.failed(e, BLOCKED_WAIT).await,
        }
    }

    async fn report<T>(&self, connecting: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let started = Instant::now();
        let result = connecting.await;
        let error = result.as_ref().err().map(Error::kind);
        self.shared
            .outbox
            .report(Endpoint::Notifications, started, error, 0)
            .await;
        result
    }

    async fn connected(&mut self, link: Link) -> Inbox {
        if self.log.succeeded(Instant::now()).is_some() || self.link != link {
            tracing::info!(
                link = link.as_str(),
                "listening to plex \"{}\" by {}",
                self.id(),
                link.as_str()
            );
        }
        self.tell(link).await;
        // Nothing is replayed: look what was missed.
        let now_ms = self.shared.now_ms();
        self.shared.hints().reconnected(now_ms);
        self.shared.look.notify_one();
        Inbox::new(self.shared.clone())
    }

    async fn ended(&mut self, since: Instant, ended: Ended) {
        if since.elapsed() >= GOOD_AFTER {
            self.backoff.reset();
        }
        let Ended::Broken(why) = ended else { return };
        self.tell(Link::None).await;
        tracing::info!("plex \"{}\" closed the notifications: {why}", self.id());
        // The server may have gone with it.
        let now_ms = self.shared.now_ms();
        self.shared.hints().want_look(now_ms);
        self.shared.look.notify_one();
        sleep(self.backoff.next_wait()).await;
    }

    async fn failed(&mut self, e: Error, extra: Duration) {
        self.tell(Link::None).await;
        if self.log.failed(e.kind(), Instant::now()) {
            let message = one_line(&e);
            tracing::info!(kind = %e.kind(), "no notifications from plex \"{}\", polling alone: {message}", self.id());
        }
        let wait = self.backoff.next_wait();
        // A way that is blocked stays so; a server that just went away is back in the first waits.
        sleep(if self.backoff.attempts() > 6 {
            wait.max(extra)
        } else {
            wait
        })
        .await;
    }

    async fn tell(&mut self, link: Link) {
        if self.link != link {
            self.link = link;
            self.shared.outbox.send(Body::Link(link)).await;
        }
    }

    fn id(&self) -> &str {
        self.shared.outbox.id()
    }
}

/// Where the messages of one connection go.
pub(super) struct Inbox {
    shared: Arc<Shared>,
    batch: Vec<Notification>,
    messages: u64,
    flushed_at: Instant,
    published_at: Instant,
    since: Instant,
}

impl Inbox {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        Self {
            shared,
            batch: Vec::new(),
            messages: 0,
            flushed_at: now,
            published_at: now,
            since: now,
        }
    }

    /// Takes in one message, which may hold several notifications or none we know.
    pub(super) fn add(&mut self, notifications: Vec<Notification>) {
        self.messages += 1;
        self.batch.extend(notifications);
    }

    /// Lets the messages added since take effect. Returns after a moment if more are coming in quick succession,
    /// so that they are read together.
    pub(super) async fn publish(&mut self) {
        let now = Instant::now();
        let wake = self.note();
        if wake {
            self.shared.look.notify_one();
        }
        let urgent = self.shared.hints().is_urgent();
        if urgent || now >= self.flushed_at + FLUSH_EVERY {
            self.flush().await;
        }
        if now < self.published_at + READ_EVERY {
            sleep_until(now + READ_EVERY).await;
        }
        self.published_at = Instant::now();
    }

    /// Enters the batch under one lock; true if a look is due earlier than before.
    fn note(&mut self) -> bool {
        let now_ms = self.shared.now_ms();
        let stirred;
        let wake = {
            let mut hints = self.shared.hints();
            let before = hints.due_ms();
            hints.count_messages(std::mem::take(&mut self.messages));
            for notification in self.batch.drain(..) {
                hints.notice(notification, now_ms);
            }
            stirred = hints.take_stirred();
            hints
                .due_ms()
                .is_some_and(|due| before.is_none_or(|before| due < before))
        };
        self.shared.add_stirred(stirred);
        wake
    }

    /// When there is something to flush although no message comes.
    pub(super) fn flush_at(&self) -> Option<Instant> {
        self.shared
            .hints()
            .has_news()
            .then_some(self.flushed_at + FLUSH_EVERY)
    }

    /// Passes on what was gathered.
    pub(super) async fn flush(&mut self) {
        self.flushed_at = Instant::now();
        let batch = self.shared.hints().take();
        if !batch.deltas.is_empty() {
            self.shared.outbox.send(Body::Hints(batch.deltas)).await;
        }
        if batch.notifications > 0 {
            self.shared
                .outbox
                .send(Body::Notifications(batch.notifications))
                .await;
        }
    }
}
