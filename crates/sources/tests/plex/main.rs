//! The Plex source against the simulator, over sockets: what it says, what it asks, and how it takes trouble.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests")]

mod backfill;
mod catalog;
mod check;
mod discovery;
mod hints;
mod logs;
mod outages;
mod pace;
mod pictures;
mod sessions;
mod slow;
mod tls;
mod watch;
