//! InfluxDB 1, 2 and 3, and whatever else takes line protocol.
//!
//! Every `interval_s` the snapshot becomes points (`schema/`), the points lines (`line.rs`), the lines a batch of the
//! [`super::spool::Queue`]; `deliver.rs` takes batches from there and sends them one at a time, in order.

mod answer;
mod client;
mod config;
mod error;
pub mod line;
pub mod point;
pub mod schema;
mod validate;

pub use config::{Api, Config, EmptyStrings, Gzip, Schema};
pub use error::Error;
