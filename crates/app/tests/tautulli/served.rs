//! A history behind `/api/v2` on a free port.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base::supervise::Supervisor;
use base::tls::Trust;
use base::{Clock, Secret};
use history::{History, Settings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use live::Live;
use model::{Body, Observation, Session, SourceId};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use web::tautulli;

/// 32 characters, as Tautulli's are.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(crate) const SERVER: &str = "tautulli";

/// Everything a test needs to ask.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) clock: Clock,
    pub(crate) catalog: web::Catalog,
    pub(crate) history: History,
    live: Live,
    observations: mpsc::Sender<Observation>,
    client: reqwest::Client,
    cancel: CancellationToken,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

pub(crate) fn settings(zone: &str) -> Settings {
    Settings {
        time_zone: TimeZone::get(zone).unwrap(),
        ..Settings::default()
    }
}

pub(crate) fn open(dir: &Path, zone: &str) -> History {
    History::open(dir, settings(zone)).unwrap()
}

impl Served {
    pub(crate) async fn of(history: History, now: Timestamp) -> Self {
        let (actor, live) = live::channel([(SourceId::from(SERVER), "plex")]);
        let (observations, queue) = mpsc::channel(live::OBSERVATION_QUEUE);
        tokio::spawn(actor.run(queue));
        let (clock, cancel, catalog) = (
            Clock::manual(now),
            CancellationToken::new(),
            web::Catalog::default(),
        );
        let mut settings = tautulli::Settings::new(Secret::new(KEY));
        settings.servers = vec![tautulli::ServerAddress {
            server: SERVER.into(),
            host: "127.0.0.1".to_owned(),
            port: 32499,
            tls: false,
        }];
        let context = web::Context {
            live: live.clone(),
            clock: clock.clone(),
            tasks: Supervisor::new(cancel.clone()).stats(),
            options: export::Options::default(),
            version: "1.2.3",
            started_at: now,
            cancel: cancel.clone(),
            ready: Arc::new(AtomicBool::new(true)),
            base_path: "/media".to_owned(),
            events: web::Events::default(),
            scrape_hint: web::ScrapeHint::default(),
            access: access::Gate::open(),
            catalog: Some(catalog.clone()),
            collector: None,
            setup: None,
            sinks: Vec::new(),
            places: std::collections::BTreeMap::default(),
            upload_limit_bps: None,
            history: Some(history.clone()),
            recording: history::record::Status::default(),
            tautulli: Some(settings),
        };
        let router = web::router(Arc::new(context), export::Profile::Native);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        tokio::spawn(web::serve(listener, router, cancel.clone()));
        Self {
            url: format!("http://{address}"),
            clock,
            catalog,
            history,
            live,
            observations,
            client: base::http::client(&Trust::default(), std::time::Duration::from_mins(1)).unwrap(),
            cancel,
        }
    }

    /// Moves the clock on to `now_s`, seconds since 1970.
    pub(crate) fn at(&self, now_s: i64) {
        let by_ms = now_s * 1000 - self.clock.now().as_millisecond();
        self.clock
            .advance(u32::try_from(by_ms).expect("a clock only goes on"));
    }

    /// Tells what a server said and waits until it is published.
    pub(crate) async fn tell(&self, body: Body) {
        let before = self.live.snapshot().version;
        let (taken_at, mono_ms) = (self.clock.now(), self.clock.mono_ms());
        let observation = Observation {
            source: SERVER.into(),
            taken_at,
            mono_ms,
            body,
        };
        self.observations.send(observation).await.unwrap();
        let mut snapshots = self.live.watch();
        let published = snapshots.wait_for(|s| s.version > before);
        tokio::time::timeout(std::time::Duration::from_secs(20), published)
            .await
            .unwrap()
            .unwrap();
    }

    /// A full look at what plays.
    pub(crate) async fn plays(&self, sessions: Vec<Session>) {
        self.tell(Body::Sessions {
            sessions,
            asked_mono_ms: self.clock.mono_ms(),
        })
        .await;
    }

    /// Asks with the key, unless `parameters` has one.
    pub(crate) async fn ask(&self, parameters: &[(String, String)]) -> Answer {
        let mut all: Vec<(String, String)> = parameters.to_vec();
        if !all.iter().any(|(name, _)| name == "apikey") {
            all.push(("apikey".to_owned(), KEY.to_owned()));
        }
        self.ask_as_is(&all).await
    }

    pub(crate) async fn ask_as_is(&self, parameters: &[(String, String)]) -> Answer {
        let request = self.client.post(format!("{}/api/v2", self.url)).form(parameters);
        let response = request.send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        Answer {
            status: response.status().as_u16(),
            content_type,
            body: response.text().await.unwrap(),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
