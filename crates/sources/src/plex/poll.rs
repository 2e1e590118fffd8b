//! Looking at what plays: at every interval, and whenever a hint says that something changed.
//!
//! A look is the truth. While looks fail the server is down, and this loop alone goes on asking.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Kind;
use base::backoff::Backoff;
use base::outage::OutageLog;
use bytes::BytesMut;
use futures_util::future::BoxFuture;
use model::{Body, Outage, Text};
use tokio::time::{Instant, sleep_until, timeout};

use super::ask::{self, SECTIONS, SESSIONS};
use super::error::Error;
use super::lookup::Cache;
use super::map::{self, ItemMetadata, Known, Lookup, MappedSessions};
use super::server::one_line;
use super::shared::{Shared, set};
use super::target;
use crate::pace::{Bucket, phase};

/// How long the first look waits for the libraries' names. Without them its sessions belong to unknown libraries
/// until the next look.
const FIRST_LIBRARIES: Duration = Duration::from_secs(2);

/// Failures in a row after which plex.tv is asked for the server's address again.
const REDISCOVER_AFTER: u64 = 3;

/// Time between two such questions; doubles while the server stays away.
const REDISCOVER_FIRST: Duration = Duration::from_secs(20);
const REDISCOVER_LONGEST: Duration = Duration::from_mins(10);

/// A look that took longer than this is followed by a rest as long as itself before a hint causes another: the
/// server is busy enough.
const SLOW_LOOK: Duration = Duration::from_millis(250);

type Looked = (Vec<Text>, Result<Vec<(Text, ItemMetadata)>, Error>);

/// The state of the loop.
struct Poller {
    shared: Arc<Shared>,
    bucket: Bucket,
    cache: Cache,
    /// The next look if nothing happens.
    regular_at: Instant,
    /// No look for a hint's sake before.
    rest_until: Instant,
    backoff: Backoff,
    outage: OutageLog,
    /// False until the machine behind the address is known to be ours; again after every failure.
    verified: bool,
    first: bool,
    /// No sooner than this, and how long after that.
    rediscover_at: Instant,
    rediscover_wait: Duration,
    /// At most one look-up is under way.
    lookup: Option<BoxFuture<'static, Looked>>,
    /// The answer to read again when the look-up is back, with the time it was asked for.
    held: Option<(BytesMut, u64)>,
}

/// Looks until cancelled from outside.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut poller = Poller::new(shared);
    loop {
        poller.look().await;
        poller.wait().await;
    }
}

impl Poller {
    fn new(shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        Self {
            shared,
            bucket: Bucket::new(now),
            cache: Cache::default(),
            regular_at: now,
            rest_until: now,
            backoff: Backoff::reconnect(),
            outage: OutageLog::default(),
            verified: false,
            first: true,
            rediscover_at: now,
            rediscover_wait: REDISCOVER_FIRST,
            lookup: None,
            held: None,
        }
    }

    /// Waits for the next look's time, and meanwhile takes in a look-up that comes back.
    async fn wait(&mut self) {
        loop {
            let at = self.next_look_at();
            let shared = self.shared.clone();
            tokio::select! {
                biased;
                looked = async { self.lookup.as_mut().expect("guarded").await }, if self.lookup.is_some() => {
                    self.lookup = None;
                    self.looked_up(looked).await;
                }
                () = sleep_until(at) => return,
                () = shared.look.notified() => {}
            }
        }
    }

    fn next_look_at(&mut self) -> Instant {
        if self.outage.failures() > 0 {
            return self.regular_at;
        }
        let Some(due_ms) = self.shared.hints().due_ms() else {
            return self.regular_at;
        };
        let now = Instant::now();
        let wait = Duration::from_millis(due_ms.saturating_sub(self.shared.now_ms()));
        let hinted_at = now + wait.max(self.bucket.wait(now));
        self.regular_at.min(hinted_at.max(self.rest_until))
    }

    async fn look(&mut self) {
        let began = Instant::now();
        self.bucket.take(began);
        self.held = None;
        match self.try_look().await {
            Ok(()) => self.succeeded(),
            Err(e) => self.failed(e).await,
        }
        let (now, took) = (Instant::now(), began.elapsed());
        self.rest_until = if took > SLOW_LOOK { now + took } else { now };
    }

    async fn try_look(&mut self) -> Result<(), Error> {
        let shared = self.shared.clone();
        if shared.doubt.swap(false, Ordering::Relaxed) || !self.verified {
            shared.server.identify().await?;
            self.verified = true;
        }
        if self.first {
            self.first_libraries().await;
        }
        let asked_ms = shared.now_ms();
        let libraries = shared.libraries();
        let known = Known {
            libraries: &libraries,
            metadata: self.cache.items(),
        };
        let read = |body: BytesMut| map::sessions(&body, &known).map(|decoded| (decoded, body));
        let (decoded, body) = shared.server.fetch(&SESSIONS, read).await?;
        shared.server.note(&SESSIONS, &decoded.issues);
        let lookups = self.tell(decoded.value, asked_ms).await;
        self.keep_or_recycle(body, asked_ms, &lookups);
        Ok(())
    }

    /// The names of the libraries, quickly; their sizes follow with the slow round.
    async fn first_libraries(&mut self) {
        self.first = false;
        let sections = self.shared.server.fetch_leniently(&SECTIONS, map::sections);
        if let Ok(Ok(libraries)) = timeout(FIRST_LIBRARIES, sections).await {
            let refs = libraries.iter().map(|l| (l.id.clone(), l.to_ref())).collect();
            self.shared.set_libraries(refs);
        }
    }

    /// Passes a look on; returns what is still to be looked up.
    async fn tell(&mut self, mapped: MappedSessions, asked_mono_ms: u64) -> Vec<Lookup> {
        let MappedSessions { sessions, lookups } = mapped;
        self.cache.touch(&sessions);
        self.shared
            .hints()
            .look(&sessions, asked_mono_ms, self.shared.now_ms());
        set(&self.shared.playing, !sessions.is_empty());
        self.shared
            .outbox
            .send(Body::Sessions {
                sessions,
                asked_mono_ms,
            })
            .await;
        lookups
    }

    /// Keeps an answer that can be completed by a look-up.
    fn keep_or_recycle(&mut self, body: BytesMut, asked_ms: u64, lookups: &[Lookup]) {
        if self.look_up(lookups) {
            self.held = Some((body, asked_ms));
        } else {
            self.shared.server.client.recycle(SESSIONS.endpoint, body);
        }
    }

    /// Starts looking up the next batch unless one is under way; false if there is nothing to ask for.
    fn look_up(&mut self, lookups: &[Lookup]) -> bool {
        if lookups.is_empty() || self.lookup.is_some() {
            // What is missing now is asked for when the look-up under way is back.
            return !lookups.is_empty();
        }
        let keys = self.cache.wanted(lookups, self.shared.now_ms());
        if keys.is_empty() {
            return false;
        }
        let now = Instant::now();
        let at = now + self.bucket.wait(now);
        self.bucket.take(now);
        let shared = self.shared.clone();
        self.lookup = Some(Box::pin(async move {
            sleep_until(at).await;
            let found = shared
                .server
                .fetch_leniently(&ask::metadata(&keys), map::metadata)
                .await;
            (keys, found)
        }));
        true
    }

    /// Completes the sessions of the last look with what was found, unless something newer was told since: then a
    /// look is on its way already.
    async fn looked_up(&mut self, (keys, found): Looked) {
        let now_ms = self.shared.now_ms();
        match found {
            Ok(found) => self.cache.store(&keys, found, now_ms),
            Err(e) => {
                tracing::debug!(kind = %e.kind(), "looking up {} items: {}", keys.len(), one_line(&e));
                self.cache.failed(&keys, e.kind() == Kind::NotFound, now_ms);
            }
        }
        let Some((body, asked_ms)) = self.held.take() else {
            return;
        };
        if self.shared.hints().told_since(asked_ms) {
            return;
        }
        let libraries = self.shared.libraries();
        let known = Known {
            libraries: &libraries,
            metadata: self.cache.items(),
        };
        // It was readable before.
        let Ok(decoded) = map::sessions(&body, &known) else {
            return;
        };
        let lookups = self.tell(decoded.value, asked_ms).await;
        self.keep_or_recycle(body, asked_ms, &lookups);
    }

    fn succeeded(&mut self) {
        let now = Instant::now();
        let interval = self.shared.poll_interval();
        let is_new = !*self.shared.up.borrow();
        // After the first look, and after an outage, back to our own phase.
        let wait = if is_new {
            phase(self.shared.outbox.id(), "look", interval)
        } else {
            interval
        };
        self.regular_at = now + wait;
        self.backoff.reset();
        self.rediscover_wait = REDISCOVER_FIRST;
        set(&self.shared.up, true);
        if let Some(length) = self.outage.succeeded(now) {
            let outage_s = length.as_secs();
            tracing::info!(
                outage_s,
                "plex \"{}\" is back after {outage_s} s",
                self.shared.outbox.id()
            );
        }
    }

    async fn failed(&mut self, e: Error) {
        let now = Instant::now();
        self.verified = false;
        self.regular_at = now + self.backoff.next_wait();
        set(&self.shared.up, false);
        if self.outage.failed(e.kind(), now) {
            let (kind, hint, failures) = (e.kind().as_str(), e.hint(), self.outage.failures());
            let hint = hint.map(|h| format!(" (hint: {h})")).unwrap_or_default();
            tracing::warn!(kind, failures, "{}{hint}", one_line(&e));
        }
        let outage = Outage {
            kind: e.kind().as_str(),
            message: one_line(&e).into(),
        };
        self.shared.outbox.send(Body::Outage(outage)).await;
        self.rediscover(now).await;
    }

    /// The address found at plex.tv may no longer be the server's, nor the token the one it takes.
    async fn rediscover(&mut self, now: Instant) {
        let not_yet = self.outage.failures() < REDISCOVER_AFTER || now < self.rediscover_at;
        if not_yet || !target::is_by_account(&self.shared.cfg, self.shared.tv.as_ref()) {
            return;
        }
        self.rediscover_at = now + self.rediscover_wait;
        self.rediscover_wait = (self.rediscover_wait * 2).min(REDISCOVER_LONGEST);
        match target::rediscover(&self.shared).await {
            Ok(true) => tracing::info!("plex \"{}\" has a new address", self.shared.outbox.id()),
            Ok(false) => {}
            Err(e) => tracing::debug!(kind = %e.kind(), "{}", one_line(&e)),
        }
    }
}
