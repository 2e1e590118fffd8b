//! What is sent to other databases, and how that goes. One series for each target.

use super::seconds_since_1970;
use crate::catalogue::{Collect, Family, Samples};
use crate::sinks::{DropReason, SinkFigures};
use crate::text::{Value, label_set};
use crate::view::View;

fn each(view: &View<'_>, samples: &mut Samples<'_>, value: impl Fn(&SinkFigures) -> Option<Value>) {
    for sink in &view.process.sinks {
        if let Some(value) = value(sink) {
            samples(&[&sink.id, sink.kind], value);
        }
    }
}

pub(crate) const FAMILIES: &[Family] = &[
    Family::gauge(
        "projectionist_sink_up",
        "1 if the target acknowledged the last request, else 0. Absent before the first.",
        Collect::Custom(label_set!["sink", "kind"], |v, s| {
            each(v, s, |f| f.up.map(Into::into));
        }),
    ),
    Family::gauge(
        "projectionist_sink_last_success_timestamp_seconds",
        "When the target last acknowledged a request. Absent before the first time.",
        Collect::Custom(label_set!["sink", "kind"], |v, s| {
            each(v, s, |f| f.last_success_at.map(seconds_since_1970));
        }),
    )
    .unit_is("seconds"),
    Family::counter(
        "projectionist_sink_points_written_total",
        "Points the target acknowledged.",
        Collect::Custom(label_set!["sink", "kind"], |v, s| {
            each(v, s, |f| Some(Value::Int(f.written)));
        }),
    ),
    Family::counter(
        "projectionist_sink_points_dropped_total",
        "Points that never arrive, by reason: full (the bound on what may wait), invalid, type_conflict, too_old or \
         limit (the target refused them), damaged (could not be read back from disk).",
        Collect::Custom(label_set!["sink", "kind", "reason"], |view, samples| {
            for sink in &view.process.sinks {
                for reason in DropReason::ALL {
                    let points = sink.dropped.get(&reason).copied().unwrap_or(0);
                    samples(&[&sink.id, sink.kind, reason.as_str()], Value::Int(points));
                }
            }
        }),
    ),
    Family::counter(
        "projectionist_sink_retries_total",
        "Requests that were sent again.",
        Collect::Custom(label_set!["sink", "kind"], |v, s| {
            each(v, s, |f| Some(Value::Int(f.retries)));
        }),
    ),
    Family::gauge(
        "projectionist_sink_waiting_points",
        "Points that wait to be sent, in memory and on disk.",
        Collect::Custom(label_set!["sink", "kind"], |v, s| {
            each(v, s, |f| Some(Value::Int(f.waiting)));
        }),
    ),
    Family::gauge(
        "projectionist_sink_spool_size_bytes",
        "Size of what waits on disk.",
        Collect::Custom(label_set!["sink", "kind"], |v, s| {
            each(v, s, |f| Some(Value::Int(f.spool_bytes)));
        }),
    )
    .unit_is("bytes"),
    Family::gauge(
        "projectionist_sink_lag_seconds",
        "Age of the oldest point that waits; 0 when none does.",
        Collect::Custom(label_set!["sink", "kind"], |view, samples| {
            each(view, samples, |f| Some(lag(view.now, f)));
        }),
    )
    .unit_is("seconds"),
];

fn lag(now: model::Timestamp, figures: &SinkFigures) -> Value {
    let waited_ms = figures
        .oldest_waiting_at
        .map_or(0, |at| now.as_millisecond().saturating_sub(at.as_millisecond()));
    // A clock that was set back makes no lag.
    Value::Millis(u64::try_from(waited_ms).unwrap_or(0))
}
