//! Dispatcharr: a stream manager for IPTV, watched from outside.
//!
//! One question answers what is on the air (`/proxy/stats/`), asked every few seconds; what changes in minutes
//! (accounts, guides, users, names of channels) is asked for rarely and kept. Its answers are full of other people's
//! passwords: no body is ever logged, and no URL of a provider leaves this folder whole.

mod address;
mod check;
mod config;

mod map;
mod redis;
mod run;
mod wire;

pub use base::Fault as Error;
pub use check::{CheckReport, check};
pub use config::{Config, Wants};
pub use run::run;
