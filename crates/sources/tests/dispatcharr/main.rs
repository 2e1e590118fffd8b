//! The Dispatcharr source against the simulator, over sockets: what it says, what it asks, and how it takes trouble.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests")]

mod check;
mod doubt;
mod feeds;
mod hints;
mod login;
mod logs;
mod outages;
mod sides;
mod slow;
mod versions;
mod watch;
