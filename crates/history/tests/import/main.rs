//! Tautulli databases taken over: real ones, old ones, dirty ones, cut ones.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests")]

mod again;
mod build;
mod dirty;
mod files;
mod killed;
mod layouts;
mod recorded;
