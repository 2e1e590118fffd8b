//! InfluxDB 1, 2 and 3, and whatever else takes line protocol.
//!
//! Every `interval_s` the snapshot becomes points (`schema/`), the points lines (`line.rs`), the lines a batch of the
//! [`super::spool::Queue`]; `deliver.rs` takes batches from there and sends them one at a time, in order.

mod answer;
mod check;
mod client;
mod config;
pub mod deliver;
pub mod line;
pub mod point;
mod run;
pub mod schema;
mod ticks;
mod validate;

pub use base::Fault as Error;
pub use check::{CheckReport, check};
pub use config::{Api, Config, EmptyStrings, Gzip, Schema};
pub use run::{KIND, run};
