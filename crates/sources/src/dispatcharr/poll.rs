//! Looking at what is on the air: at every interval, and whenever a hint says that something changed.
//!
//! A look is the truth of the moment its statistics arrived. While looks fail it is down, and this loop alone goes on asking.

use std::sync::Arc;
use std::time::Duration;

use base::backoff::Backoff;
use model::iptv::Inventory;
use model::{Body, Outage};
use tokio::time::{Instant, sleep_until, timeout};

use super::flaps::Flaps;
use super::redis::Extras;
use super::shared::Shared;
use super::sides::Sides;
use super::stats::Statistics;
use super::{Error, inventory, map};
use crate::outbox::one_line;
use crate::pace::phase;

/// How long the first look waits for accounts, groups and users. Without them its feeds lack names until the next.
const FIRST_INVENTORY: Duration = Duration::from_secs(2);

/// Waits between looks that fail: from one to the other.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15);

/// After an outage of this length another one may be there, or the same with other things: everything is asked for anew.
const OLD_AFTER: Duration = Duration::from_mins(1);

/// The state of the loop.
struct Poller {
    shared: Arc<Shared>,
    statistics: Statistics,
    sides: Sides,
    /// The next look if nothing happens.
    regular_at: Instant,
    backoff: Backoff,
    outage: Flaps,
    /// False until somebody has told a version; again after every failure.
    verified: bool,
    /// The inventory as last told.
    told: Option<Arc<Inventory>>,
    looks: u64,
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
        let sides = Sides::new(shared.client.who());
        Self {
            shared,
            statistics: Statistics::new(None),
            sides,
            regular_at: Instant::now(),
            backoff: Backoff::new(RETRY_AFTER, RETRY_AFTER_MAX),
            outage: Flaps::default(),
            verified: false,
            told: None,
            looks: 0,
        }
    }

    async fn wait(&self) {
        loop {
            let at = self.next_look_at();
            tokio::select! {
                biased;
                () = sleep_until(at) => return,
                () = self.shared.look.notified() => {}
            }
        }
    }

    fn next_look_at(&self) -> Instant {
        if self.outage.failures() > 0 {
            return self.regular_at;
        }
        let due_in = self.shared.hints().due_in(self.shared.now_ms());
        due_in.map_or(self.regular_at, |wait| self.regular_at.min(Instant::now() + wait))
    }

    async fn look(&mut self) {
        let looked = self.try_look().await;
        self.shared.hints().look_ended(self.shared.now_ms());
        match looked {
            Ok(()) => self.succeeded(),
            Err(e) => self.failed(e).await,
        }
    }

    async fn try_look(&mut self) -> Result<(), Error> {
        let shared = self.shared.clone();
        if !self.verified {
            inventory::ask_version(&shared).await?;
            self.verified = true;
        }
        let version = shared.version.borrow().clone();
        if self.statistics.note_version(version.as_ref()) {
            self.ask_anew();
        }
        shared.hints().look_begins(self.statistics.echoes());
        let stats = self.statistics.look(&shared.client).await?;
        // Completing it may take a while, in which viewers come and go.
        let seen = shared.outbox.now();
        // What failed at the last look did so alone.
        self.sides.troubles.settle();
        if self.looks == 0 {
            self.first_inventory().await;
        }
        let on_air = map::on_air(&stats);
        let extras = self.sides.complete(&shared, &stats, &on_air).await;
        self.tell_inventory(extras.unwrap_or_default()).await;
        let feeds = map::feeds(&stats, &shared.names());
        shared.outbox.send_stamped(seen, Body::Feeds { feeds }).await;
        Ok(())
    }

    /// Nothing that was told before is taken for true any more.
    fn ask_anew(&mut self) {
        self.sides.forget();
        // Before the first inventory there is nothing old.
        if self.shared.inventory.borrow().is_some() {
            self.shared.stale.notify_one();
        }
    }

    /// Lets the others begin, and waits a moment for the names they bring.
    async fn first_inventory(&mut self) {
        self.looks = 1;
        self.shared.up.send_replace(self.looks);
        let mut inventory = self.shared.inventory.subscribe();
        let arrived = inventory.wait_for(Option::is_some);
        // Without it the look is told as it is.
        let _ = timeout(FIRST_INVENTORY, arrived).await;
    }

    /// The inventory with its Redis' own counters, if either has changed.
    async fn tell_inventory(&mut self, extras: Extras) {
        let Some(read) = self.shared.inventory.borrow().clone() else {
            return;
        };
        let complete = map::with_reserved(&read, &extras).map_or(read, Arc::new);
        if self.told.as_ref() == Some(&complete) {
            return;
        }
        self.told = Some(complete.clone());
        self.shared.outbox.send(Body::Inventory(complete)).await;
    }

    fn succeeded(&mut self) {
        let now = Instant::now();
        let interval = self.shared.poll_interval();
        // After the first look, and after an outage, back to our own phase.
        let wait = if *self.shared.up.borrow() <= 1 {
            phase(self.shared.outbox.id(), "look", interval)
        } else {
            interval
        };
        self.regular_at = now + wait;
        self.backoff.reset();
        self.looks += 1;
        self.shared.up.send_replace(self.looks);
        let (who, end) = (self.shared.client.who(), self.outage.succeeded(now));
        if let Some(length) = end.outage
            && end.is_told
        {
            let outage_s = length.as_secs();
            tracing::info!(outage_s, "{who} is back after {outage_s} s");
        }
        if let Some(left_out) = end.left_out {
            tracing::info!(left_out, "{who} was away for a moment {left_out} times more");
        }
        if end.outage.is_some_and(|length| length >= OLD_AFTER) {
            self.ask_anew();
        }
    }

    async fn failed(&mut self, e: Error) {
        let now = Instant::now();
        (self.verified, self.told, self.looks) = (false, None, 0);
        self.statistics.begin_anew();
        self.sides.begin_anew();
        self.regular_at = now + self.backoff.next_wait();
        self.shared.up.send_replace(0);
        if let Some(warning) = self.outage.failed(e.kind(), now) {
            let (kind, hint, failures) = (e.kind().as_str(), e.hint(), self.outage.failures());
            let hint = hint.map(|h| format!(" (hint: {h})")).unwrap_or_default();
            let before = match warning.left_out {
                0 => String::new(),
                n => format!(" ({n} times in the last minutes)"),
            };
            tracing::warn!(kind, failures, "{}{before}{hint}", one_line(&e));
        }
        self.shared.outbox.send(Body::Outage(outage(&e))).await;
    }
}

/// An error as it is told to readers.
pub(super) fn outage(e: &Error) -> Outage {
    Outage {
        kind: e.kind().as_str(),
        message: one_line(e).into(),
    }
}
