//! What is sent to InfluxDB, against real servers and against the strict fake.
//!
//! `influxd` 1.6 and `victoria-metrics` of Debian must be installed; `cargo xtask test` sees to it.

mod delivery;
mod lines;
mod outage;
mod servers;
mod twins;
