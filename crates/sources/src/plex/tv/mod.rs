//! plex.tv: signing in, the servers of an account, and the best address of one of them.
//!
//! Invariant: nothing here watches a server or knows who asked. Account tokens go to the configured plex.tv
//! addresses only, in a header, and never to a server. A server's own token goes to an address that plex.tv lists and
//! that has answered as the server looked for, nowhere else (`published`). Answers that describe the account are never logged.
//!
//! Meant use: [`discover`] at the start, and again when the address in use fails; on an error the caller keeps the
//! address it has.

mod api;
mod config;
mod connect;
mod error;
mod published;
mod servers;
mod shared;
mod sign_in;
#[cfg(test)]
mod tests;

pub use config::TvConfig;
pub use connect::{Resolved, connect, discover, resolve};
pub use error::TvError;
pub(super) use published::published;
pub use servers::{Class, Connection, Found, Wanted, list, select, servers};
pub use shared::Shared;
pub use sign_in::{Pin, account_token, await_pin, sign_in, start_pin, user_name};
