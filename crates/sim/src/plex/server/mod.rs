//! The listener and what it answers.

mod about;
mod gate;
mod library;
mod photo;
mod reply;
mod request;
mod routes;
mod shelf;
mod statistics;
mod status;
mod streams;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::plex::seed::Seed;
use crate::plex::world::World;

/// How often sessions are looked at for a report that is due.
const TICK: Duration = Duration::from_millis(250);

/// A running fake server. Stops when dropped.
#[derive(Debug)]
pub struct Plex {
    world: Arc<World>,
    addr: SocketAddr,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
    _guard: DropGuard,
}

impl Plex {
    /// Binds and serves at once. Panics if the seed's address is taken or its certificate is unreadable: for tests
    /// and port 0; see [`Plex::try_start`].
    pub async fn start(seed: Seed) -> Self {
        match Self::try_start(seed).await {
            Ok(plex) => plex,
            Err(e) => panic!("the simulated server could not start: {e}"),
        }
    }

    /// Binds and serves at once.
    pub async fn try_start(seed: Seed) -> io::Result<Self> {
        let tls = match &seed.tls {
            Some((cert, key)) => Some(gate::acceptor(cert, key.expose())?),
            None => None,
        };
        let listen = seed.listen;
        let world = World::new(seed);
        let cancel = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let gate = gate::open(listen, tls, world.clone(), cancel.clone(), &mut tasks).await?;
        let addr = gate.addr();
        let app = Router::new()
            .fallback(routes::answer)
            .with_state(world.clone())
            .into_make_service_with_connect_info::<crate::cut::Conn>();
        tasks.spawn(async move {
            // Never returns by itself: a gate has no errors.
            let _ = axum::serve(gate, app).await;
        });
        let (ticking, stop) = (world.clone(), cancel.clone());
        tasks.spawn(async move {
            let mut timer = tokio::time::interval(TICK);
            timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            while stop.run_until_cancelled(timer.tick()).await.is_some() {
                ticking.tick();
            }
        });
        let guard = cancel.clone().drop_guard();
        Ok(Self {
            world,
            addr,
            tasks,
            cancel,
            _guard: guard,
        })
    }

    /// Scheme, address, port and base path; no trailing slash.
    pub fn url(&self) -> String {
        let scheme = if self.world.seed.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}{}", self.addr, self.world.seed.base_path)
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The owner's token the server started with.
    pub fn token(&self) -> &str {
        self.world.seed.token.expose()
    }

    pub fn machine_id(&self) -> String {
        self.world.lock().machine_id.to_string()
    }

    /// The handle to change things.
    pub fn world(&self) -> Arc<World> {
        self.world.clone()
    }

    /// Closes the port and every connection; returns when they are closed.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        self.world.cut_connections();
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Plex {
    fn drop(&mut self) {
        self.world.cut_connections();
    }
}
