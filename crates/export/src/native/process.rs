//! Our own process, under the names every Prometheus client library uses.

use super::seconds_since_1970;
use crate::catalogue::{Collect, Family};
use crate::text::{LabelSet, Value};

pub(crate) const FAMILIES: &[Family] = &[
    Family::counter(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        Collect::Custom(LabelSet::NONE, |view, samples| {
            if let Some(seconds) = view.process.cpu_seconds {
                samples(&[], Value::Float(seconds));
            }
        }),
    )
    .unit_is("seconds"),
    Family::gauge(
        "process_resident_memory_bytes",
        "Resident memory size in bytes.",
        Collect::Custom(LabelSet::NONE, |view, samples| {
            if let Some(bytes) = view.process.resident_bytes {
                samples(&[], Value::Int(bytes));
            }
        }),
    )
    .unit_is("bytes"),
    Family::gauge(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        Collect::Custom(LabelSet::NONE, |view, samples| {
            samples(&[], seconds_since_1970(view.process.started_at));
        }),
    )
    .unit_is("seconds"),
];
