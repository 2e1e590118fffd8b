//! Fake servers that speak the real protocols: the demo, the test bed, and `projectionist simulate`.
//!
//! Invariant: nothing here depends on the watcher's own model or sources. The fake is written from the protocol;
//! if it shared a struct with the decoder, one misreading would satisfy both.

mod basic;
mod cut;
pub mod dispatcharr;
mod fault;
pub mod influx;
pub mod plex;
pub mod plex_tv;
pub mod scenario;
pub mod tautulli;
