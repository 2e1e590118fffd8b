//! Dispatcharr: a stream manager for IPTV, watched from outside.
//!
//! One question answers what is on the air (`/proxy/stats/`), asked every few seconds; what changes in minutes
//! (accounts, guides, users, names of channels) is asked for rarely and kept. Its answers are full of other people's
//! passwords: no body is ever logged, and no URL of a provider leaves this folder whole.
//!
//! Three loops share little (`shared`): `poll` looks at what is on the air (`stats`, completed by `sides`), and while
//! looks fail it alone goes on asking; `inventory` asks for everything else, each part failing alone; `notify` says
//! when a look is worth it (`hints`). `client` and `auth` speak, `wire` and `map` understand, `redis` reads.

mod address;
mod auth;
mod check;
mod client;
mod config;
mod flaps;
mod hints;
mod inventory;
mod map;
mod notify;
mod poll;
mod questions;
mod redis;
mod run;
mod shared;
mod sides;
mod stats;
mod troubles;
mod wire;
mod words;

pub use base::Fault as Error;
pub use check::{CheckReport, check};
pub use config::{Config, Wants};
pub use run::run;
