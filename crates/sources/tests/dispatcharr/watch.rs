//! A source at work, and waiting for what it says.

use std::time::Duration;

use base::{Clock, Secret};
use model::iptv::{Feed, Inventory};
use model::{Body, Observation, SourceId};
use sim::dispatcharr::{Dispatcharr, Viewer};
use sources::Ctx;
use sources::dispatcharr::Config;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Waits for the turn of the hour if it is near: the simulated guide has an hour for each programme, and a test that
/// counts on one needs one that does not end meanwhile.
pub(crate) async fn amid_the_hour() {
    const NEAR_S: i64 = 60;
    while jiff::Timestamp::now().as_second().rem_euclid(3_600) >= 3_600 - NEAR_S {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Nothing here takes this long; a test that waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running source. Stops when dropped.
pub(crate) struct Watch {
    pub(crate) seen: Vec<Observation>,
    rx: mpsc::Receiver<Observation>,
    cancel: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Opened by the key of an administrator; looks twice a second. `id`: the test's own, found again in its log lines.
pub(crate) fn by_key(id: &str, dispatcharr: &Dispatcharr) -> Config {
    Config {
        id: id.to_owned(),
        url: dispatcharr.url(),
        api_key: dispatcharr.admin_key().as_deref().map(Secret::new),
        poll_interval_s: 0.5,
        timeout_s: 5.0,
        ..Config::default()
    }
}

/// Opened by user and password.
pub(crate) fn by_login(id: &str, dispatcharr: &Dispatcharr) -> Config {
    Config {
        api_key: None,
        user: Some("admin".to_owned()),
        password: Some(Secret::new("admin-pw")),
        ..by_key(id, dispatcharr)
    }
}

pub(crate) fn viewer() -> Viewer {
    Viewer::new("192.0.2.7", "VLC/3.0.20 LibVLC/3.0.20")
}

impl Watch {
    pub(crate) fn start(cfg: Config) -> Self {
        crate::logs::record();
        let (out, rx) = mpsc::channel(1024);
        let cancel = CancellationToken::new();
        let ctx = Ctx {
            id: SourceId::new(cfg.effective_id()),
            clock: Clock::system(),
            out,
            cancel: cancel.clone(),
        };
        let task = tokio::spawn(sources::dispatcharr::run(cfg, ctx));
        Self {
            seen: Vec::new(),
            rx,
            cancel,
            task: Some(task),
        }
    }

    /// The first observation from now on for which `pick` has an answer.
    pub(crate) async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&Body) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let next = timeout_at(deadline, self.rx.recv()).await;
            let Ok(Some(observation)) = next else {
                let told: Vec<_> = self.seen.iter().rev().take(12).map(|o| &o.body).collect();
                panic!("waited in vain for {what}; last told, newest first: {told:#?}");
            };
            let picked = pick(&observation.body);
            self.seen.push(observation);
            if let Some(picked) = picked {
                return picked;
            }
        }
    }

    /// The next look.
    pub(crate) async fn feeds(&mut self) -> Vec<Feed> {
        self.until("a look", |body| match body {
            Body::Feeds { feeds } => Some(feeds.clone()),
            _ => None,
        })
        .await
    }

    /// The next look with exactly one feed, for which `is` holds.
    pub(crate) async fn feed(&mut self, what: &str, is: impl Fn(&Feed) -> bool) -> Feed {
        self.until(what, |body| match body {
            Body::Feeds { feeds } if feeds.len() == 1 && is(&feeds[0]) => Some(feeds[0].clone()),
            _ => None,
        })
        .await
    }

    /// The next inventory for which `is` holds.
    pub(crate) async fn inventory(&mut self, what: &str, is: impl Fn(&Inventory) -> bool) -> Inventory {
        self.until(what, |body| match body {
            Body::Inventory(inventory) if is(inventory) => Some(Inventory::clone(inventory)),
            _ => None,
        })
        .await
    }

    /// The kind of the next outage, and its message.
    pub(crate) async fn outage(&mut self) -> (&'static str, String) {
        self.until("an outage", |body| match body {
            Body::Outage(outage) => Some((outage.kind, outage.message.to_string())),
            _ => None,
        })
        .await
    }

    /// Waits until the next outage of this kind.
    pub(crate) async fn outage_of(&mut self, kind: &str) -> String {
        self.until(&format!("an outage of kind {kind}"), |body| match body {
            Body::Outage(outage) if outage.kind == kind => Some(outage.message.to_string()),
            _ => None,
        })
        .await
    }

    /// How many of what has been said so far are such.
    pub(crate) fn count(&self, is: impl Fn(&Body) -> bool) -> usize {
        self.seen.iter().filter(|o| is(&o.body)).count()
    }

    pub(crate) fn outages(&self) -> usize {
        self.count(|body| matches!(body, Body::Outage(_)))
    }

    /// Ends the source and returns all it has said.
    pub(crate) async fn finish(mut self) -> Vec<Observation> {
        self.cancel.cancel();
        let task = self.task.take().expect("only taken here");
        while let Some(observation) = self.rx.recv().await {
            self.seen.push(observation);
        }
        task.await.unwrap();
        std::mem::take(&mut self.seen)
    }
}

/// Waits until `done`, which cannot wake us.
pub(crate) async fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
