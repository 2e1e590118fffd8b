//! The tasks that watch servers, and those that go with them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use base::Clock;
use base::supervise::Supervisor;
use history::History;
use history::record::{Details, Status};
use live::Live;
use model::{DISPATCHARR, Observation, PLEX, SourceId};
use sources::{Ctx, dispatcharr, plex};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use web::Catalog;

use crate::collections::{self, Service};
use crate::config::Config;
use crate::discovery::{self, Discovered};
use crate::recorder::{Describe, Fill};
use crate::sending::Sending;
use crate::setup::board::Board;
use crate::{catalog, growth, keeping, load, logging, pictures, tautulli_sync};

/// The running sources, and what a further one needs.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) supervisor: Supervisor,
    pub(crate) cancel: CancellationToken,
    pub(crate) clock: Clock,
    pub(crate) observations: mpsc::Sender<Observation>,
    tv: Option<plex::TvConfig>,
    pub(crate) live: Live,
    pub(crate) catalog: Catalog,
    /// Where plays that nobody watched are taken from the servers' own lists.
    pub(crate) gaps: Option<Fill>,
    ids: BTreeSet<String>,
}

impl Sources {
    pub(crate) fn new(
        config: &Config,
        clock: &Clock,
        observations: mpsc::Sender<Observation>,
        live: Live,
    ) -> Self {
        let cancel = CancellationToken::new();
        Self {
            supervisor: Supervisor::new(cancel.clone()),
            cancel,
            clock: clock.clone(),
            observations,
            tv: config.needs_plex_tv().then(|| config.plex_tv.clone()),
            live,
            catalog: Catalog::default(),
            gaps: None,
            ids: BTreeSet::new(),
        }
    }

    /// Watches everything that is configured.
    pub(crate) fn watch_all(&mut self, config: &Config) {
        for server in &config.plex {
            self.watch(server.clone());
        }
        for manager in &config.dispatcharr {
            self.watch_dispatcharr(manager.clone());
        }
    }

    /// Lets the log know whose names it is to hide.
    pub(crate) fn censor(&mut self) {
        let (live, cancel) = (self.live.clone(), self.cancel.clone());
        self.supervisor
            .restart("censor", move || logging::learn(live.watch(), cancel.clone()));
    }

    /// Keeps pictures of what is played.
    pub(crate) fn keep_pictures(&mut self, data_dir: &Path) {
        let asked = Arc::new(Mutex::new(self.catalog.keep_pictures()));
        let (catalog, dir) = (self.catalog.clone(), data_dir.join(pictures::PICTURES_DIR));
        let cancel = self.cancel.clone();
        self.supervisor.restart("pictures", move || {
            pictures::run(catalog.clone(), dir.clone(), asked.clone(), cancel.clone())
        });
    }

    /// Keeps the load of the last hour.
    pub(crate) fn sample(&mut self) {
        let (live, clock, cancel) = (self.live.clone(), self.clock.clone(), self.cancel.clone());
        self.supervisor.restart("load", move || {
            load::sample(live.clone(), clock.clone(), cancel.clone())
        });
    }

    /// Watches one server until the end.
    fn watch(&mut self, config: plex::Config) {
        let ctx = self.ctx(&config.id);
        let tv = self.tv.clone();
        let name = format!("{PLEX}:{}", config.id);
        catalog::attend(
            &mut self.supervisor,
            &self.catalog,
            config.clone(),
            tv.clone(),
            ctx.clone(),
        );
        if let Some(fill) = self.gaps.clone() {
            let (config, tv) = (config.clone(), tv.clone());
            self.supervisor
                .restart(format!("backfill:{}", config.id), move || {
                    fill.clone().run(config.clone(), tv.clone())
                });
        }
        self.supervisor
            .restart(name, move || plex::run(config.clone(), tv.clone(), ctx.clone()));
    }

    /// Watches one stream manager until the end.
    fn watch_dispatcharr(&mut self, config: dispatcharr::Config) {
        let ctx = self.ctx(&config.id);
        let name = format!("{DISPATCHARR}:{}", config.id);
        self.supervisor
            .restart(name, move || dispatcharr::run(config.clone(), ctx.clone()));
    }

    /// What the source of this name is given; the name is taken from then on.
    fn ctx(&mut self, id: &str) -> Ctx {
        self.ids.insert(id.to_owned());
        Ctx {
            id: SourceId::new(id),
            clock: self.clock.clone(),
            out: self.observations.clone(),
            cancel: self.cancel.clone(),
        }
    }

    /// What else is done with a history: old plays are forgotten, Tautullis followed, collections counted.
    pub(crate) fn tend(
        &mut self,
        history: History,
        status: &Status,
        config: &Config,
        board: &Board,
    ) -> web::collections::Collector {
        let (forgotten, keeping) = (history.clone(), config.history.clone());
        let (clock, cancel) = (self.clock.clone(), self.cancel.clone());
        self.supervisor.restart("retention", move || {
            keeping::forget_daily(forgotten.clone(), keeping.clone(), clock.clone(), cancel.clone())
        });
        let (grown, live) = (history.clone(), self.live.clone());
        let (clock, cancel) = (self.clock.clone(), self.cancel.clone());
        self.supervisor.restart("growth", move || {
            growth::run(grown.clone(), live.clone(), clock.clone(), cancel.clone())
        });
        for own in &config.tautulli {
            let server = config.tautulli_server(own.server.as_deref());
            let source = tautulli_sync::source(own, server.clone(), &config.data_dir);
            let (history, clock) = (history.clone(), self.clock.clone());
            let (status, board) = (status.clone(), board.clone());
            let cancel = self.cancel.clone();
            self.supervisor.restart(format!("tautulli:{server}"), move || {
                tautulli_sync::run(
                    source.clone(),
                    history.clone(),
                    status.clone(),
                    clock.clone(),
                    board.clone(),
                    cancel.clone(),
                )
            });
        }
        let (collector, asked) = web::collections::Collector::channel();
        let service = Service::new(
            history,
            self.catalog.clone(),
            config.collections.clone(),
            self.clock.clone(),
        );
        let (asked, cancel) = (Arc::new(Mutex::new(asked)), self.cancel.clone());
        self.supervisor.restart("collections", move || {
            collections::run(service.clone(), asked.clone(), cancel.clone())
        });
        collector
    }

    /// Writes what is seen to other databases. It ends with the sources: what it would miss of the last second are
    /// samples of what no longer is looked at.
    pub(crate) fn send(&mut self, sending: Sending, context: &Arc<web::Context>) {
        sending.start(&mut self.supervisor, context, &self.catalog, &self.cancel);
    }

    /// Has the libraries tell the recorder of what plays.
    pub(crate) fn describe(&mut self, details: Details) {
        let task = Describe {
            catalog: self.catalog.clone(),
            details,
            live: self.live.clone(),
            cancel: self.cancel.clone(),
        };
        self.supervisor.restart("details", move || task.clone().run());
    }

    /// Looks for further servers of the account, if that was asked for.
    pub(crate) fn discover(&mut self, configured: Vec<plex::Config>, found: mpsc::Sender<Discovered>) {
        let Some(tv) = self.tv.clone().filter(|tv| tv.all_servers) else {
            return;
        };
        let (live, cancel) = (self.live.clone(), self.cancel.clone());
        self.supervisor.restart("plex.tv", move || {
            discovery::run(
                tv.clone(),
                configured.clone(),
                live.clone(),
                found.clone(),
                cancel.clone(),
            )
        });
    }

    pub(crate) fn add(&mut self, server: Discovered) {
        logging::censor().hide(&server.name);
        let id = discovery::free_id(&server.name, &self.ids);
        tracing::info!(
            source.id = id,
            "found server \"{}\" at plex.tv, watching it as {id}",
            server.name
        );
        self.watch(server.into_config(id));
    }
}
