//! History and analytics over real sockets, from a small history whose plays are all written out here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod analytics;
mod growth;
mod house;
mod iptv;
mod list;
mod pages;
mod refusals;

#[path = "../web/documented.rs"]
mod documented;
#[path = "../web/support.rs"]
#[expect(dead_code, reason = "the other tests need all of it")]
mod support;
