//! Who may see and do what, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod accounts;
mod closed;
mod doors;
mod house;
mod secrets;
mod signing;

#[path = "../web/documented.rs"]
mod documented;
#[path = "../web/support.rs"]
#[expect(dead_code, reason = "the other tests need all of it")]
mod support;
