//! The sole writer of what is happening now.
//!
//! Observations come in, `reconcile` (pure) turns them into the next state and events, the actor publishes both.
//! Invariant: `live` never asks anyone anything: it may not see `sources`, `export`, `web` or a socket.

mod actor;

pub use actor::{Actor, Live, OBSERVATION_QUEUE, channel};
