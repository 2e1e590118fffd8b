//! The sole writer of what is happening now.
//!
//! Observations come in; [`State::reconcile`], a function of its arguments alone, turns each into the next state
//! and events; the actor publishes both.
//!
//! Invariant: `live` asks nobody anything. It may not see `sources`, `export`, `web`, a socket or a clock: every
//! moment it knows came with an observation. Levels are believed (a full look at what plays), edges only refine
//! them (a notification), so lost, repeated and reordered notifications need no code.

mod accrue;
mod actor;
mod iptv;
mod look;
pub mod path;
pub mod recent;
mod rules;
mod state;

pub use actor::{Actor, Live, OBSERVATION_QUEUE, channel};
pub use state::State;

#[cfg(test)]
mod tests;
