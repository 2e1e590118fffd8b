//! The binary as its users meet it, with programs nobody here wrote: Prometheus, promtool, plexapi.
//!
//! What is missing on the machine is installed by `cargo xtask test`.

mod plexapi;
mod prometheus;
mod support;
