//! A source at work, and waiting for what it says.

use std::time::Duration;

use base::{Clock, Secret};
use model::{Body, Link, Observation, Session, SourceId};
use sim::plex::{Plex, Seed};
use sources::Ctx;
use sources::plex::{Config, TvConfig};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Nothing here takes this long; a test that waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running source. Stops when dropped.
pub(crate) struct Watch {
    pub(crate) seen: Vec<Observation>,
    rx: mpsc::Receiver<Observation>,
    pub(crate) cancel: CancellationToken,
    pub(crate) task: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Looks every hour, so that whatever happens sooner has another reason.
pub(crate) fn quiet(plex: &Plex) -> Config {
    Config {
        poll_interval_s: 3600.0,
        ..lively(plex)
    }
}

/// Looks twice a second.
pub(crate) fn lively(plex: &Plex) -> Config {
    Config {
        id: "attic".to_owned(),
        url: Some(plex.url()),
        token: Some(Secret::new(plex.token())),
        poll_interval_s: 0.5,
        timeout_s: 5.0,
        ..Config::default()
    }
}

pub(crate) async fn still_server() -> Plex {
    Plex::start(Seed::default().still()).await
}

impl Watch {
    pub(crate) fn start(cfg: Config) -> Self {
        Self::start_with(cfg, None)
    }

    pub(crate) fn start_with(cfg: Config, tv: Option<TvConfig>) -> Self {
        crate::logs::record();
        let (out, rx) = mpsc::channel(1024);
        let cancel = CancellationToken::new();
        let id = SourceId::new(cfg.effective_id());
        let ctx = Ctx {
            id,
            clock: Clock::system(),
            out,
            cancel: cancel.clone(),
        };
        let task = tokio::spawn(sources::plex::run(cfg, tv, ctx));
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
    pub(crate) async fn sessions(&mut self) -> Vec<Session> {
        self.until("a look", |body| match body {
            Body::Sessions { sessions, .. } => Some(sessions.clone()),
            _ => None,
        })
        .await
    }

    /// The next look that shows these titles, in any order.
    pub(crate) async fn shows(&mut self, titles: &[&str]) -> Vec<Session> {
        let mut titles = titles.to_vec();
        titles.sort_unstable();
        self.until(&format!("a look at {titles:?}"), |body| match body {
            Body::Sessions { sessions, .. } => {
                let mut shown: Vec<&str> = sessions.iter().filter_map(|s| s.item.title.as_deref()).collect();
                shown.sort_unstable();
                (shown == titles).then(|| sessions.clone())
            }
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

    pub(crate) async fn link(&mut self, link: Link) {
        self.until(&format!("link {link:?}"), |body| {
            matches!(body, Body::Link(l) if *l == link).then_some(())
        })
        .await;
    }

    /// Takes in what has been said already, without waiting.
    pub(crate) fn drain(&mut self) {
        while let Ok(observation) = self.rx.try_recv() {
            self.seen.push(observation);
        }
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

/// Listening by web socket, with one look done since: nothing more is asked for by itself.
pub(crate) async fn settled(watch: &mut Watch, plex: &Plex) {
    watch.link(Link::WebSocket).await;
    watch.sessions().await;
    let world = plex.world();
    wait_for("the stream to be open", || world.notification_clients() == 1).await;
    watch.drain();
}
