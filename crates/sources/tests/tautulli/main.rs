//! The Tautulli source against the simulator, over sockets.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests")]

mod check;
mod take;
