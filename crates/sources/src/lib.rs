//! Network in, observations out: one folder per kind of server.
//!
//! Invariant: `sources` knows neither who reads its observations nor what was observed before. It may not see
//! `live`, `export`, `web` or a database. It sends levels ("this is what plays"), not edges; what changed is
//! decided elsewhere. Wire types never leave their folder.
//!
//! A source is a folder and a signature, not a trait: `pub async fn run(cfg, …, ctx: Ctx)`, which watches one
//! server until cancelled, never returns early and never panics.

mod address;
pub mod dispatcharr;
mod lenient;
mod outbox;
mod pace;
pub mod plex;
pub mod tautulli;
mod upgrade;

use model::{Observation, SourceId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What every source is given.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The server's name in our configuration; stamped on every observation.
    pub id: SourceId,
    pub clock: base::Clock,
    /// A full queue makes the source wait: it skips polls, it loses nothing.
    pub out: mpsc::Sender<Observation>,
    pub cancel: CancellationToken,
}
