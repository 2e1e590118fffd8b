//! Plex Media Server.

mod address;
mod ask;
mod bandwidth;
pub mod captures;
mod check;
mod client;
mod config;
mod decode;
mod error;
mod events;
mod hints;
mod libraries;
mod lookup;
mod map;
mod notify;
mod outage;
mod pace;
mod poll;
mod run;
mod scrub;
mod server;
mod shared;
mod slow;
mod socket;
mod sse;
mod target;
pub mod tv;
mod wire;
mod words;

pub use check::{CheckReport, capture, check};
pub use config::Config;
pub use error::{Cause, Error};
pub use run::run;
pub use tv::TvConfig;
