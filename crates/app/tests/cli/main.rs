//! The built binary, as its user meets it: started, asked, hurt and stopped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop there")]

mod access;
mod collections;
mod demo;
mod history;
mod ini;
mod login;
mod managers;
mod refusals;
mod secrets;
mod servers;
mod setup;
mod shutdown;
mod support;
