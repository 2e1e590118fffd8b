//! What an InfluxDB is sent, from the server's answers on: sockets, source, live state, points.
//!
//! The recordings of the collectors before us are not part of the repository: without `PROJECTIONIST_SHARED` those
//! tests have nothing to do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop there")]

mod deviations;
mod failures;
mod golden;
mod house;
mod plex;
mod rows;
mod xml;
