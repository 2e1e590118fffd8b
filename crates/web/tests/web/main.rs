//! The routers over real sockets, fed through `live` with hand-made observations.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod api;
mod collections;
#[cfg(feature = "ui")]
mod dashboard;
mod documented;
mod events;
mod health;
mod images;
mod iptv;
mod load;
mod managers;
mod metrics;
mod metrics_browser;
mod page;
mod serving;
mod setup;
mod support;
