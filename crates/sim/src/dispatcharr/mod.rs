//! A Dispatcharr as a client of its API sees it: keys and tokens, channels and who watches them, films on demand,
//! catch-up, providers and their limits, and the WebSocket.
//!
//! Written from what a real one was seen to answer, with its inconsistencies. Nothing plays by itself: a test or a
//! scenario zaps. All figures are functions of its clock, so there is no task that counts.

mod auth;
mod endpoint;
mod fault;
mod gate;
mod redis;
mod render;
mod reply;
mod requests;
mod routes;
mod seed;
mod socket;
#[cfg(test)]
mod tests;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use crate::fault::FaultId;
pub use fault::{Fault, FaultSpec};
pub use redis::{RedisKey, RedisValue};
pub use requests::{Proof, RequestSeen};
pub use seed::{
    AccountSeed, ChannelSeed, EpgSeed, FFMPEG, Media, PROXY, ProfileSeed, Seed, StreamSeed, UserSeed, Video,
};
pub use world::{Content, Kind, TuneError, Viewer, Which, World};

/// A running fake Dispatcharr. Stops when dropped.
#[derive(Debug)]
pub struct Dispatcharr {
    addr: SocketAddr,
    world: Arc<World>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Dispatcharr {
    /// Binds and serves at once. Panics if the seed's address is taken: for tests and port 0; see
    /// [`Dispatcharr::try_start`].
    pub async fn start(seed: Seed) -> Self {
        match Self::try_start(seed).await {
            Ok(dispatcharr) => dispatcharr,
            Err(e) => panic!("the simulated Dispatcharr could not start: {e}"),
        }
    }

    /// Binds and serves at once. Fails if the address is taken.
    pub async fn try_start(seed: Seed) -> io::Result<Self> {
        let listen = seed.listen;
        let world = World::new(seed);
        let gate = gate::Gate::open(listen, Arc::clone(&world)).await?;
        let addr = gate.addr();
        let app = Router::new()
            .fallback(routes::answer)
            .with_state(Arc::clone(&world))
            .into_make_service_with_connect_info::<crate::cut::Conn>();
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let task = tokio::spawn(async move {
            stop.run_until_cancelled(async { axum::serve(gate, app).await })
                .await;
        });
        Ok(Self {
            addr,
            world,
            cancel,
            task,
        })
    }

    /// `http://127.0.0.1:…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The handle to change things.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// The first admin's API key, if they have one.
    pub fn admin_key(&self) -> Option<String> {
        let inner = self.world.lock();
        let mut users = inner.have.users.iter();
        users.find(|u| u.level >= 10).and_then(|u| u.api_key.clone())
    }

    /// Closes the port and every connection; returns when the port is closed.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        self.world.cut_connections();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Dispatcharr {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.world.cut_connections();
        self.task.abort();
    }
}
