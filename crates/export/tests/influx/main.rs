//! What is sent to InfluxDB, against real servers and against the strict fake.
//!
//! `influxd` 1.6 and `victoria-metrics` of Debian must be installed; `cargo xtask test` sees to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop there")]

mod delivery;
mod lines;
mod outage;
mod servers;
mod twins;
