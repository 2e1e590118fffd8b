//! What is written: measurements, tags, fields, types, units.
//!
//! [`points`] is a pure function of a snapshot and a moment. Unknown is absent in the schema `native`; in those of
//! other collectors, whose dashboards count on every field, it is an empty text or 0.
//! Invariant: the type of a field never changes. `InfluxDB` keeps the first it saw and refuses all others.

mod collectors;
mod extended;
mod native;
mod pdc;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use model::{Snapshot, SourceId, Text};

use super::config::{EmptyStrings, Schema};
use super::point::Point;
use crate::sinks::Addition;
use crate::{Options, Process};

/// Everything that points are made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub schema: Schema,
    pub snapshot: &'a Snapshot,
    /// Nanoseconds since 1970: the time of the points.
    pub now_ns: i64,
    /// Whether libraries are due, in the schemas of other collectors; `native` always writes them.
    pub with_libraries: bool,
    pub empty_strings: EmptyStrings,
    /// Ids of the servers to write; all if empty.
    pub servers: &'a [String],
    /// Addresses of servers as the user wrote them.
    pub urls: &'a BTreeMap<SourceId, Text>,
    /// Newest first within each library.
    pub additions: &'a [Addition],
    /// Only `native` tells of it, and writes nothing without it.
    pub process: Option<&'a Process>,
    pub options: &'a Options,
}

impl Input<'_> {
    fn wants(&self, server: &SourceId) -> bool {
        self.servers.is_empty() || self.servers.iter().any(|id| id == server.as_str())
    }
}

/// The points of one moment, in the order they are written. No two have the same series and time.
pub fn points<'a>(input: &Input<'a>) -> Vec<Point<'a>> {
    let mut points = match input.schema {
        Schema::Native => return native::points(input),
        Schema::Extended => extended::points(input),
        Schema::Pdc2017 => pdc::of_2017(input),
        Schema::Pdc2018 => pdc::of_2018(input),
    };
    collectors::set_apart(&mut points);
    points
}
