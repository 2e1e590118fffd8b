//! Our source and our live state in front of a replay.

use std::collections::BTreeMap;
use std::time::Duration;

use base::{Clock, Secret};
use export::{DispatcharrOptions, Format, Options, Process, Profile};
use jiff::Timestamp;
use live::Live;
use model::{DISPATCHARR, Endpoint, ServerSnapshot, SourceId};
use sources::Ctx;
use sources::dispatcharr::{Config, Wants};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::replay::Replay;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct House {
    live: Live,
    now: Timestamp,
    _stop: DropGuard,
}

impl House {
    /// `now_ms`: of a clock that stands still.
    pub(crate) fn watch(replay: &Replay, now_ms: i64, redis_url: Option<&str>) -> Self {
        let id = SourceId::from("tv");
        let (actor, live) = live::channel([(id.clone(), DISPATCHARR)]);
        let (out, observations) = tokio::sync::mpsc::channel(live::OBSERVATION_QUEUE);
        tokio::spawn(actor.run(observations));
        let cancel = CancellationToken::new();
        let config = Config {
            id: "tv".to_owned(),
            url: format!("http://{}", replay.address),
            api_key: Some(Secret::new("planted-key")),
            redis_url: redis_url.map(Secret::new),
            poll_interval_s: 0.5,
            wants: Wants {
                viewer_details: true,
                ..Wants::default()
            },
            ..Config::default()
        };
        let now = Timestamp::from_millisecond(now_ms).unwrap();
        let ctx = Ctx {
            id,
            clock: Clock::manual(now),
            out,
            cancel: cancel.clone(),
        };
        tokio::spawn(sources::dispatcharr::run(config, ctx));
        Self {
            live,
            now,
            _stop: cancel.drop_guard(),
        }
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&ServerSnapshot) -> bool) {
        let (mut watch, deadline) = (self.live.watch(), Instant::now() + PATIENCE);
        loop {
            let snapshot = watch.borrow_and_update().clone();
            if is_so(&snapshot.servers[0]) {
                return;
            }
            let changed = timeout_at(deadline, watch.changed()).await;
            assert!(
                matches!(changed, Ok(Ok(()))),
                "waited in vain for {what}: {snapshot:#?}"
            );
        }
    }

    /// Waits until everything has been asked for and entered.
    pub(crate) async fn complete(&self) {
        self.until("the inventory", |s| {
            let inventory = s.iptv.as_ref().and_then(|i| i.inventory.as_ref());
            inventory.is_some_and(|i| {
                i.channels.is_some()
                    && i.groups.is_some()
                    && i.accounts.is_some()
                    && i.epg_sources.is_some()
                    && i.users.is_some()
            })
        })
        .await;
        // The names of the inventory are in the second look after it.
        let looks = |s: &ServerSnapshot| s.endpoints.get(&Endpoint::Stats).map_or(0, |e| e.requests);
        let before = looks(&self.live.snapshot().servers[0]);
        self.until("three looks", |s| looks(s) >= before + 3).await;
    }

    /// Everything shown that the recordings show.
    pub(crate) fn text(&self, profile: Profile) -> String {
        let options = Options {
            dispatcharr: DispatcharrOptions {
                include_epg_stats: true,
                include_client_stats: true,
                include_source_urls: true,
                include_user_stats: true,
                port: 9192,
                host: "127.0.0.1".to_owned(),
                ..DispatcharrOptions::default()
            },
            ..Options::default()
        };
        let process = Process {
            version: "0.0.0",
            started_at: self.now,
            tasks: BTreeMap::new(),
            event_listeners: 0,
            dropped: Vec::new(),
            resident_bytes: None,
            cpu_seconds: None,
            history: None,
            sinks: Vec::new(),
        };
        let mut out = Vec::new();
        export::render(
            profile,
            Format::Text,
            &self.live.snapshot(),
            &process,
            &options,
            self.now,
            &mut out,
        );
        String::from_utf8(out).unwrap()
    }
}
