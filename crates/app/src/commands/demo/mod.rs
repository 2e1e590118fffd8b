//! `projectionist demo`: everything at work on simulated servers, without a configuration.

mod before;
mod iptv;
mod past;

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread::JoinHandle;

use base::{Clock, Secret};
use model::{Person, SourceId};
use sim::plex::Plex;
use sim::scenario::{PastPlay, cabin_seed, household, household_seed};
use sources::plex;
use tokio_util::sync::CancellationToken;

use super::{block_on, run};
use crate::address::Address;
use crate::cli;
use crate::config::{self, Env, Loaded, plain};
use crate::failure::Failure;
use crate::keeping::{self, Kept};
use crate::setup::Desk;
use crate::signals::Signals;
use crate::wiring::{self, App, Listeners};
use crate::{listen, output};

/// Days of which the Dispatcharr has a past, at most: its runs are many.
const IPTV_DAYS_MAX: u32 = 60;

/// Key of the demo's Tautulli-compatible API. It guards nothing, so it may be shown.
const DEMO_KEY: &str = "demodemodemodemodemodemodemodemo";

/// What was started, or why nothing was.
type Start = Result<Started, String>;

/// Everything simulated.
#[derive(Debug)]
struct Started {
    servers: Vec<Watched>,
    manager: iptv::Managed,
}

/// A simulated server and how to watch it.
#[derive(Debug)]
struct Watched {
    id: &'static str,
    url: String,
    token: Secret,
    people: Vec<Person>,
    past: Vec<PastPlay>,
}

pub(super) fn demo(args: &cli::Demo, env: &Env) -> Result<(), Failure> {
    let flags = [
        ("listen", &args.listen),
        ("log-level", &args.log_level),
        ("log-format", &args.log_format),
    ];
    let mut config = config::only(flags.map(|(flag, value)| (flag, value.clone())).to_vec())?;
    run::start_log(&config, env);
    let days = args.days;
    let simulation = Simulation::start(days)?;
    config.plex = simulation
        .started
        .servers
        .iter()
        .map(Watched::to_config)
        .collect();
    config.dispatcharr = vec![simulation.started.manager.to_config()];
    // Gone when the demo ends.
    let dir = tempfile::Builder::new()
        .prefix("projectionist-demo-")
        .tempdir()
        .map_err(|e| Failure::failed(format!("making a directory for the demo: {}", plain(&e))))?;
    dir.path().clone_into(&mut config.data_dir);
    config.tautulli_api.key = Some(Secret::new(DEMO_KEY));
    // Nothing here is worth a password.
    config.access.turn_off();
    // The past is made here, whole; the servers' own lists of it would say it again.
    config.history.backfill = false;
    let kept = keeping::open(&config);
    if let Some(kept) = &kept {
        remember(kept, &simulation.started.servers)?;
        simulation.started.manager.remember(kept)?;
    }
    let history = kept.as_ref().map(|kept| kept.history.clone());
    let wanted = config.listen.clone();
    let outcome = block_on(async {
        let signals = Signals::new()?;
        let listener = listen::bind_near(&wanted, "--listen").await?;
        let desk = Desk::fixed("this is the demo: it has no configuration to change");
        desk.stands(Loaded::fixed(config.clone()));
        let listeners = Listeners::only(listener);
        let app = wiring::build(config, listeners, &Secret::new("demo"), kept, &desk).await?;
        app.beside(|live, clock| before::invent(live, history, clock, days));
        output::print(&greeting(&app, &wanted));
        run::live(app, signals).await
    });
    simulation.stop();
    outcome
}

impl Watched {
    fn to_config(&self) -> plex::Config {
        plex::Config {
            id: self.id.to_owned(),
            url: Some(self.url.clone()),
            token: Some(self.token.clone()),
            ..plex::Config::default()
        }
    }
}

/// Puts what was played before today into the history.
fn remember(kept: &Kept, servers: &[Watched]) -> Result<(), Failure> {
    let now_ms = Clock::system().now().as_millisecond();
    for server in servers {
        let id = SourceId::new(server.id);
        let records: Vec<_> = server
            .past
            .iter()
            .enumerate()
            .filter_map(|(n, play)| past::record(&id, n, play, now_ms))
            .collect();
        let people = server.people.clone();
        let added = kept.history.change(move |txn| {
            txn.set_section(&id, &past::live_section())?;
            for person in &people {
                txn.set_person(person)?;
            }
            records.iter().try_for_each(|record| txn.add(record).map(|_| ()))
        });
        added.wait().map_err(|e| keeping::failure(&e))?;
    }
    Ok(())
}

/// The simulated servers, on a thread of their own: the product beside them runs as it does elsewhere.
struct Simulation {
    started: Started,
    cancel: CancellationToken,
    thread: JoinHandle<()>,
}

impl Simulation {
    fn start(days: u32) -> Result<Self, Failure> {
        let cancel = CancellationToken::new();
        let (told, started) = mpsc::sync_channel(1);
        let stop = cancel.clone();
        let thread = std::thread::Builder::new()
            .name("simulation".to_owned())
            .spawn(move || simulate(days, &told, stop))
            .map_err(|e| Failure::chain(&e))?;
        let started = started
            .recv()
            .unwrap_or_else(|_| Err("its thread ended".to_owned()))
            .map_err(|why| Failure::failed(format!("starting the simulated servers: {why}")))?;
        Ok(Self {
            started,
            cancel,
            thread,
        })
    }

    fn stop(self) {
        self.cancel.cancel();
        // A panic in there has been printed already and is no reason to fail at the end.
        let _ = self.thread.join();
    }
}

fn simulate(days: u32, told: &mpsc::SyncSender<Start>, cancel: CancellationToken) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(evening(days, told, cancel)),
        Err(e) => drop(told.send(Err(plain(&e)))),
    }
}

/// Two Plex servers with people on them and a Dispatcharr, until cancelled. The second Plex server's owner has no Plex
/// Pass.
async fn evening(days: u32, told: &mpsc::SyncSender<Start>, cancel: CancellationToken) {
    let seeds = [
        ("house", household_seed().token("demo-token-house")),
        ("cabin", cabin_seed().token("demo-token-cabin")),
    ];
    let mut running = Vec::new();
    let mut watched = Vec::new();
    let now_s = Clock::system().now().as_second();
    for (id, seed) in seeds {
        let people = seed.users.iter().map(past::person).collect();
        let plex = match Plex::try_start(seed).await {
            Ok(plex) => plex,
            Err(e) => return drop(told.send(Err(plain(&e)))),
        };
        watched.push(Watched {
            id,
            url: plex.url(),
            token: Secret::new(plex.token()),
            people,
            past: sim::scenario::past(plex.world(), days, now_s),
        });
        tokio::spawn(household(plex.world(), cancel.clone()));
        running.push(plex);
    }
    let (dispatcharr, manager) = match iptv::start(now_s, days.min(IPTV_DAYS_MAX), &cancel).await {
        Ok(started) => started,
        Err(e) => return drop(told.send(Err(plain(&e)))),
    };
    // What the house watches live comes from there.
    if let Some(house) = running.first() {
        let (plex, antenna) = (house.world(), dispatcharr.world());
        tokio::spawn(sim::scenario::tuner(plex, antenna, "127.0.0.1", cancel.clone()));
    }
    let started = Started {
        servers: watched,
        manager,
    };
    if told.send(Ok(started)).is_ok() {
        cancel.cancelled().await;
    }
    dispatcharr.stop().await;
    for plex in running {
        plex.stop().await;
    }
}

/// Where to look.
fn greeting(app: &App, wanted: &Address) -> String {
    let Some(main) = app.addrs.first() else {
        return String::new();
    };
    let url = listen::url(main.addr, "");
    let mut out = String::new();
    if wanted.port() != 0 && wanted.port() != main.addr.port() {
        let _ = writeln!(
            out,
            "Port {} is taken, so this is on {}.\n",
            wanted.port(),
            main.addr.port()
        );
    }
    out += "Projectionist watches two simulated Plex servers and a simulated Dispatcharr with a lively evening on them, and \
            weeks of history before it. Nothing leaves this machine.\n\n";
    let places = [
        ("Dashboard", "/"),
        ("Metrics", "/metrics"),
        ("  as plex-exporter", "/metrics/cplieger"),
        ("  as plex-exporter 2026.04", "/metrics/cplieger-2026.04"),
        ("  as prometheus-plex-exporter", "/metrics/timothystewart6"),
        ("  as dispatcharr-exporter", "/metrics/dispatcharr-exporter"),
        ("Sessions", "/api/v1/sessions"),
        ("Channels on the air", "/api/v1/iptv/channels"),
        ("Live events", "/api/v1/events"),
        ("History", "/api/v1/history"),
        ("Plays by hour", "/api/v1/analytics/plays?by=hour"),
        ("Provider connections", "/api/v1/iptv/provider-totals"),
        ("API description", "/api/v1/openapi.json"),
    ];
    for (what, path) in places {
        let _ = writeln!(out, "  {what:<32}{url}{path}");
    }
    let _ = writeln!(
        out,
        "  {:<32}{url}/api/v2?apikey={DEMO_KEY}&cmd=get_home_stats",
        "Tautulli's API"
    );
    out + "\nCtrl-C ends it.\n"
}
