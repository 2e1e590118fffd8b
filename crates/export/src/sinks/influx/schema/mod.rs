//! What is written: measurements, tags, fields, types, units.
//!
//! [`points`] is a pure function of a snapshot and a moment. Unknown is absent in the schema `native`; in those of
//! other collectors, whose dashboards count on every field, it is an empty text or 0.

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
    pub process: &'a Process,
    pub options: &'a Options,
}

/// The points of one moment, in the order they are written.
pub fn points<'a>(input: &'a Input<'a>) -> Vec<Point<'a>> {
    match input.schema {
        Schema::Native | Schema::Extended | Schema::Pdc2017 | Schema::Pdc2018 => Vec::new(),
    }
}
