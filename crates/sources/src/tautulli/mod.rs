//! A running Tautulli as a source of history: its database in one piece where it hands that out, else row by row.
//!
//! Unlike other sources it sends no observations: what plays now is better asked of the server itself. It sends
//! [`Delivery`]s, each of which waits to be acknowledged, so that nothing is lost when whoever keeps them stops.

mod address;
mod backlog;
mod check;
mod client;
mod config;
mod download;
mod map;
mod rows;
mod sync;
mod wire;

use model::{Person, Record, Section, Text};
use tokio::sync::{mpsc, oneshot};

pub use base::Fault as Error;
pub use check::{CheckReport, check};
pub use config::Config;
pub use download::Download;
pub use sync::{State, sync, take};

/// Id and start (seconds) of a row of Tautulli's history.
pub type Place = (i64, i64);

/// Something to be kept, and where to say that it was.
#[derive(Debug)]
pub struct Delivery {
    pub what: What,
    /// Dropped without an answer: it was not kept, and will be sent again.
    pub kept: oneshot::Sender<Kept>,
}

/// What was fetched.
#[derive(Debug)]
pub enum What {
    /// The whole database, in a file that goes when this is dropped.
    Database(Download),
    Rows(Batch),
}

/// Rows and what belongs to them, to be kept together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// By ascending id of the row.
    pub records: Vec<Record>,
    pub people: Vec<Person>,
    pub sections: Vec<Section>,
    /// The Plex server Tautulli watches.
    pub machine_id: Option<Text>,
    /// Rows up to which nothing is left to fetch.
    pub reached: Vec<Place>,
    /// Rows that cannot be kept, and why.
    pub refused: Vec<(i64, String)>,
    /// Rows fetched so far and rows there are, of a long transfer.
    pub of: Option<(u64, u64)>,
}

/// How far the history is here now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The last row that is here; `None` if there is none.
    pub reached: Option<Place>,
}

/// Sends a delivery and waits until it is kept; `None` if it was not, or nobody listens any more.
async fn deliver(out: &mpsc::Sender<Delivery>, what: What) -> Option<Kept> {
    let (kept, told) = oneshot::channel();
    out.send(Delivery { what, kept }).await.ok()?;
    told.await.ok()
}
