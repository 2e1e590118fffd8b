//! Plex Media Server.
//!
//! Three loops watch one server and share little (`shared`):
//! - `poll` looks at what plays, at every interval and whenever a hint says so; a look is the truth, and while
//!   looks fail only this loop goes on asking;
//! - `notify` keeps the connection that carries notifications (`socket`, else `events`) and feeds `hints`, which
//!   decides what is passed on and when the next look is due;
//! - `slow` asks for everything else, each item at its own pace and failing alone.
//!
//! Beside them, `catalog` answers what others ask about the libraries.
//!
//! What decides is pure (`hints`, `bandwidth`, `libraries::Book`, `lookup`, `pace`, `outage`, `map`) and tested
//! without a server. Invariants: the token goes in a header and nowhere else; nothing is ever changed on a server;
//! a machine that is not the one first seen is never told of as if it were.

mod address;
mod ask;
mod backfill;
mod bandwidth;
pub mod captures;
pub mod catalog;
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
mod pictures;
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

pub use backfill::viewed;
pub use check::{CheckReport, capture, check};
pub use config::Config;
pub use error::{Cause, Error};
pub use run::run;
pub use tv::TvConfig;
