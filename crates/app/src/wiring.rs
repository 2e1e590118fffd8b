//! Puts the rooms together and takes them apart again, in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::{Clock, Secret};
use export::{LabelPolicy, Profile};
use history::History;
use history::record::{Details, Policy, Recorder, Status};
use live::{Live, OBSERVATION_QUEUE};
use model::SourceId;
use sources::plex;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::address::Address;
use crate::config::{self, Config};
use crate::discovery::Discovered;
use crate::failure::Failure;
use crate::keeping::{self, Kept};
use crate::recorder::Fill;
use crate::sending::Sending;
use crate::setup::{self, Desk, Room};
use crate::watching::Sources;
use crate::{entrance, listen, places};

/// Time for each stage of the shutdown; together below the 8 s that container runtimes leave us before they kill.
const SOURCES_BUDGET: Duration = Duration::from_millis(2500);
const HTTP_BUDGET: Duration = Duration::from_secs(2);
const LIVE_BUDGET: Duration = Duration::from_millis(500);
const RECORDER_BUDGET: Duration = Duration::from_secs(2);
const HISTORY_BUDGET: Duration = Duration::from_millis(800);

/// Servers found at plex.tv and not yet watched.
const DISCOVERED_QUEUE: usize = 16;

/// An address we listen on, and the profile its `/metrics` speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listening {
    pub(crate) addr: SocketAddr,
    pub(crate) profile: Profile,
}

/// What is listened on before anything else happens, so that a taken port ends the start. The sockets stay open when
/// the configuration changes: who connects in between waits, and a port that the system chose stays the same.
#[derive(Debug)]
pub(crate) struct Doors {
    main: (Address, OwnedFd),
    extra: Vec<(config::ListenAs, OwnedFd)>,
}

impl Doors {
    /// Binds what `config` names; what `before` has bound already is kept.
    pub(crate) async fn bind(config: &Config, before: Option<&Self>) -> Result<Self, Failure> {
        let kept = before.filter(|b| b.main.0 == config.listen).map(|b| &b.main.1);
        let main = bound(&config.listen, kept, "--listen").await?;
        let mut extra = Vec::new();
        for one in &config.listen_as {
            let kept = before.and_then(|b| b.extra.iter().find(|(old, _)| old.address == one.address));
            let flag = format!("--listen-as {}=ADDRESS", one.profile);
            let socket = bound(&one.address, kept.map(|(_, socket)| socket), &flag).await?;
            extra.push((one.clone(), socket));
        }
        Ok(Self {
            main: (config.listen.clone(), main),
            extra,
        })
    }

    /// Listeners for one configuration.
    pub(crate) fn open(&self) -> Result<Listeners, Failure> {
        let mut extra = Vec::new();
        for (one, socket) in &self.extra {
            extra.push((listener(socket)?, profile(&one.profile)?));
        }
        Ok(Listeners {
            main: listener(&self.main.1)?,
            extra,
        })
    }
}

async fn bound(address: &Address, kept: Option<&OwnedFd>, flag: &str) -> Result<OwnedFd, Failure> {
    if let Some(socket) = kept {
        return socket.try_clone().map_err(|e| Failure::chain(&e));
    }
    let new = listen::bind(address, flag).await?;
    Ok(new.into_std().map_err(|e| Failure::chain(&e))?.into())
}

fn listener(socket: &OwnedFd) -> Result<TcpListener, Failure> {
    let again = socket.try_clone().map(std::net::TcpListener::from);
    again
        .and_then(TcpListener::from_std)
        .map_err(|e| Failure::chain(&e))
}

/// What one configuration listens on.
#[derive(Debug)]
pub(crate) struct Listeners {
    main: TcpListener,
    extra: Vec<(TcpListener, Profile)>,
}

impl Listeners {
    /// True if none can be reached from another machine.
    fn are_here(&self) -> bool {
        let all = self
            .extra
            .iter()
            .map(|(listener, _)| listener)
            .chain([&self.main]);
        let mut addresses = all.map(TcpListener::local_addr);
        addresses.all(|a| a.is_ok_and(|a| a.ip().to_canonical().is_loopback()))
    }

    /// One listener, bound already.
    pub(crate) fn only(main: TcpListener) -> Self {
        Self {
            main,
            extra: Vec::new(),
        }
    }
}

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) addrs: Vec<Listening>,
    ready: Arc<AtomicBool>,
    sources: Sources,
    http: JoinSet<std::io::Result<()>>,
    http_cancel: CancellationToken,
    live: JoinHandle<()>,
    keeper: Option<Keeper>,
    discovered: mpsc::Receiver<Discovered>,
}

/// Who writes the history, and the history.
#[derive(Debug)]
struct Keeper {
    recorder: JoinHandle<()>,
    status: Status,
    details: Details,
    policy: Policy,
    history: History,
}

/// Starts everything; returns once the listeners serve. A server that is down is no failure. `salt` makes hashed
/// labels ours. `kept`: the history, if one is kept. At `desk` the page is answered.
pub(crate) async fn build(
    config: Config,
    listeners: Listeners,
    salt: &Secret,
    kept: Option<Kept>,
    desk: &Desk,
) -> Result<App, Failure> {
    let clock = Clock::system();
    let access = entrance::gate(&config, listeners.are_here(), &clock).await?;
    let http_cancel = CancellationToken::new();
    let (mut actor, live) = live::channel(config.servers());
    let (observations, received) = mpsc::channel(OBSERVATION_QUEUE);
    let tautulli = kept
        .as_ref()
        .map(|_| tautulli_api(&config))
        .transpose()?
        .flatten();
    let keeper = kept.map(|kept| Keeper::start(kept, &mut actor, &live, &clock));
    let history = keeper.as_ref().map(|k| k.history.clone());
    let recording = keeper.as_ref().map(|k| k.status.clone()).unwrap_or_default();
    let live_task = tokio::spawn(actor.run(received));
    let mut sources = Sources::new(&config, &clock, observations, live);
    let collector = set_to_work(&mut sources, &config, keeper.as_ref(), desk);
    let sending = Sending::new(&config.influxdb, &config.plex, &config.data_dir);
    let (found, discovered) = mpsc::channel(DISCOVERED_QUEUE);
    let places = places(&config).await;
    let options = options(&config, salt)?;
    sources.discover(config.plex, found);

    let ready = Arc::new(AtomicBool::new(false));
    let room = Room {
        history: history.clone(),
        status: recording.clone(),
        live: sources.live.clone(),
        clock: clock.clone(),
        cancel: sources.cancel.clone(),
        ready: ready.clone(),
    };
    let setup = setup::attend(&mut sources.supervisor, desk, room);
    let context = Arc::new(web::Context {
        live: sources.live.clone(),
        clock,
        tasks: sources.supervisor.stats(),
        options,
        places,
        upload_limit_bps: config.web.upload_limit_bps(),
        version: env!("CARGO_PKG_VERSION"),
        started_at: sources.clock.now(),
        cancel: http_cancel.clone(),
        ready: ready.clone(),
        base_path: config.base_path,
        events: web::Events::default(),
        scrape_hint: web::ScrapeHint::default(),
        history,
        recording,
        tautulli,
        access,
        catalog: Some(sources.catalog.clone()),
        collector,
        setup: Some(setup),
        sinks: sending.stats(),
    });
    sources.send(sending, &context);
    let (http, addrs) = serve(listeners, &context, profile(&config.default_profile)?)?;
    ready.store(true, Ordering::SeqCst);
    Ok(App {
        addrs,
        ready,
        sources,
        http,
        http_cancel,
        live: live_task,
        keeper,
        discovered,
    })
}

/// Where the Plex servers are, if anybody asks: finding out takes a look at the network.
async fn places(config: &Config) -> BTreeMap<SourceId, Vec<std::net::IpAddr>> {
    if config.dispatcharr.is_empty() {
        return BTreeMap::new();
    }
    places::find(&config.plex).await
}

/// Watches what is configured, and does what goes with it. Returns who counts collections, if a history is kept.
fn set_to_work(
    sources: &mut Sources,
    config: &Config,
    keeper: Option<&Keeper>,
    desk: &Desk,
) -> Option<web::collections::Collector> {
    let filling = keeper.filter(|_| config.history.backfill);
    sources.gaps = filling.map(|k| k.fill(&sources.live, &sources.cancel));
    sources.watch_all(config);
    sources.sample();
    sources.keep_pictures(&config.data_dir);
    if config.log.censor {
        sources.censor();
    }
    keeper.map(|keeper| {
        sources.describe(keeper.details.clone());
        sources.tend(keeper.history.clone(), &keeper.status, config, desk.board())
    })
}

fn options(config: &Config, salt: &Secret) -> Result<export::Options, Failure> {
    let shown = &config.dispatcharr_metrics;
    Ok(export::Options {
        users: policy(&config.metrics.users)?,
        titles: policy(&config.metrics.titles)?,
        hash_salt: salt.expose().to_owned(),
        dispatcharr: export::DispatcharrOptions {
            include_m3u_stats: shown.include_m3u_stats,
            include_epg_stats: shown.include_epg_stats,
            include_client_stats: shown.include_client_stats,
            include_source_urls: shown.include_source_urls,
            include_user_stats: shown.include_user_stats,
            include_plugin_stats: shown.include_plugin_stats,
            include_channel_info: shown.include_channel_info,
            include_vod_stats: shown.include_vod_stats,
            include_legacy_metrics: shown.include_legacy_metrics,
            port: config.listen.port(),
            host: config.listen.host(),
            base_url: config.base_path.clone(),
        },
    })
}

/// Serves every listener.
fn serve(
    listeners: Listeners,
    context: &Arc<web::Context>,
    main_profile: Profile,
) -> Result<(JoinSet<std::io::Result<()>>, Vec<Listening>), Failure> {
    let main = web::router(context.clone(), main_profile);
    let extra = listeners.extra.into_iter().map(|(listener, profile)| {
        let router = web::metrics_router(context.clone(), profile);
        (listener, profile, router)
    });
    let (mut http, mut addrs) = (JoinSet::new(), Vec::new());
    for (listener, profile, router) in [(listeners.main, main_profile, main)].into_iter().chain(extra) {
        let addr = listener.local_addr().map_err(|e| Failure::chain(&e))?;
        addrs.push(Listening { addr, profile });
        http.spawn(web::serve(listener, router, context.cancel.clone()));
    }
    Ok((http, addrs))
}

/// Tautulli's own defaults, and where our servers are; nothing where its API is switched off.
fn tautulli_api(config: &Config) -> Result<Option<web::tautulli::Settings>, Failure> {
    Ok(keeping::tautulli_key(config)?.map(|key| {
        let mut settings = web::tautulli::Settings::new(key);
        settings.servers = config.plex.iter().filter_map(server_address).collect();
        settings
    }))
}

fn server_address(server: &plex::Config) -> Option<web::tautulli::ServerAddress> {
    let url: http::Uri = server.url.as_deref()?.parse().ok()?;
    let tls = url.scheme_str() == Some("https");
    Some(web::tautulli::ServerAddress {
        server: SourceId::new(server.id.as_str()),
        host: url.host()?.to_owned(),
        port: url.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        tls,
    })
}

impl Keeper {
    /// Gives live what an earlier process left, and records from then on.
    fn start(kept: Kept, actor: &mut live::Actor, live: &Live, clock: &Clock) -> Self {
        let (history, policy) = (kept.history, kept.policy);
        let recorder = Recorder::new(history.clone(), policy.clone(), clock.clone(), &kept.restored);
        actor.restore(kept.restored.carried);
        let (journal, status, details) = (actor.journal(), recorder.status(), recorder.details());
        Self {
            recorder: tokio::spawn(recorder.run(live.watch(), journal)),
            status,
            details,
            policy,
            history,
        }
    }

    /// What fills the time in which nobody watched.
    fn fill(&self, live: &Live, cancel: &CancellationToken) -> Fill {
        Fill {
            history: self.history.clone(),
            status: self.status.clone(),
            policy: self.policy.clone(),
            live: live.clone(),
            cancel: cancel.clone(),
        }
    }

    /// Writes what is left. Live must have ended: that closes the journal.
    async fn finish(self) {
        if timeout(RECORDER_BUDGET, self.recorder).await.is_err() {
            tracing::warn!(task = "recorder", "the recorder did not end in time");
        }
        let history = self.history;
        let closed = tokio::task::spawn_blocking(move || history.close());
        if timeout(HISTORY_BUDGET, closed).await.is_err() {
            tracing::warn!(task = "history", "the history did not close in time");
        }
    }
}

impl App {
    /// Does something once beside everything else; given up when the sources stop.
    pub(crate) fn beside<F: Future<Output = ()> + Send + 'static>(
        &self,
        task: impl FnOnce(Live, Clock) -> F,
    ) {
        let (live, clock) = (self.sources.live.clone(), self.sources.clock.clone());
        let task = self
            .sources
            .cancel
            .clone()
            .run_until_cancelled_owned(task(live, clock));
        tokio::spawn(task);
    }

    /// Runs until `stop` is done or something without which there is no point ends.
    pub(crate) async fn run_until(&mut self, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                Some(server) = self.discovered.recv() => self.sources.add(server),
                ended = self.http.join_next() => {
                    let why = match ended {
                        Some(Ok(Err(e))) => e.to_string(),
                        _ => "a listener's task ended".to_owned(),
                    };
                    return Err(Failure::failed(format!("serving HTTP: {why}")));
                }
                ended = &mut self.live => {
                    let why = ended.err().map_or_else(|| "its task ended".to_owned(), |e| e.to_string());
                    return Err(Failure::failed(format!("keeping the live state: {why}")));
                }
            }
        }
    }

    /// What `/ready` tells from now on.
    pub(crate) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
    }

    /// Ends everything in order; names what was late. Takes at most 7.8 s.
    pub(crate) async fn shut_down(self) {
        let begun = Instant::now();
        self.ready.store(false, Ordering::SeqCst);
        let Sources {
            supervisor,
            cancel,
            observations,
            ..
        } = self.sources;
        cancel.cancel();
        for name in supervisor.drain(SOURCES_BUDGET).await {
            tracing::warn!(task = name, "task {name} did not end in time");
        }
        self.http_cancel.cancel();
        let mut http = self.http;
        if timeout(HTTP_BUDGET, async { while http.join_next().await.is_some() {} })
            .await
            .is_err()
        {
            tracing::warn!(task = "http", "some HTTP connections did not end in time");
        }
        drop(observations);
        if !self.live.is_finished() && timeout(LIVE_BUDGET, self.live).await.is_err() {
            tracing::warn!(task = "live", "the live state did not end in time");
        }
        if let Some(keeper) = self.keeper {
            keeper.finish().await;
        }
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(duration_ms, "stopped after {duration_ms} ms");
    }
}

/// The configuration has checked the word already.
fn profile(word: &str) -> Result<Profile, Failure> {
    word.parse()
        .map_err(|e: export::UnknownProfile| Failure::config(e.to_string()))
}

fn policy(word: &str) -> Result<LabelPolicy, Failure> {
    match word {
        "keep" => Ok(LabelPolicy::Keep),
        "hash" => Ok(LabelPolicy::Hash),
        "drop" => Ok(LabelPolicy::Drop),
        other => Err(Failure::config(format!("\"{other}\" is not keep, hash or drop"))),
    }
}
