//! What Projectionist says about its own work.

use model::Link;

use super::seconds_since_1970;
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{LabelSet, Value, label_set};
use crate::view::View;

pub(crate) const FAMILIES: &[Family] = &[
    Family::info(
        "projectionist_build_info",
        "The running version.",
        Collect::Custom(label_set!["version"], |view, samples| {
            samples(&[view.process.version], Value::Int(1));
        }),
    ),
    Family::gauge(
        "projectionist_time_seconds",
        "Wall clock at the scrape. time() minus this is how far our clock lags behind Prometheus'.",
        Collect::Custom(LabelSet::NONE, |view, samples| {
            samples(&[], seconds_since_1970(view.now));
        }),
    )
    .unit_is("seconds"),
    Family::gauge(
        "projectionist_source_up",
        "1 if the last look at what plays succeeded, else 0.",
        Collect::Custom(label_set!["source", "kind"], |view, samples| {
            for s in &view.servers {
                samples(
                    &[s.id, s.snapshot.kind],
                    (s.snapshot.last_sessions_ok == Some(true)).into(),
                );
            }
        }),
    ),
    Family::gauge(
        "projectionist_source_last_success_timestamp_seconds",
        "When a look at what plays last succeeded. Absent before the first.",
        Collect::Source(|s| s.last_success_at.map(seconds_since_1970)),
    )
    .unit_is("seconds"),
    Family::gauge(
        "projectionist_source_poll_duration_seconds",
        "How long the newest request to the endpoint took.",
        Collect::Custom(label_set!["source", "endpoint"], |view, samples| {
            each_endpoint(view, samples, |e| Value::Millis(e.last_duration_ms));
        }),
    )
    .unit_is("seconds"),
    Family::counter(
        "projectionist_source_requests_total",
        "Requests sent to the endpoint. Retries within one request are counted apart.",
        Collect::Custom(label_set!["source", "endpoint"], |view, samples| {
            each_endpoint(view, samples, |e| Value::Int(e.requests));
        }),
    ),
    Family::counter(
        "projectionist_source_request_retries_total",
        "Tries beyond the first within requests to the endpoint.",
        Collect::Custom(label_set!["source", "endpoint"], |view, samples| {
            each_endpoint(view, samples, |e| Value::Int(e.retries));
        }),
    ),
    Family::counter(
        "projectionist_source_request_errors_total",
        "Requests that failed, by kind of failure. Only kinds that occurred.",
        Collect::Custom(label_set!["source", "endpoint", "kind"], errors),
    ),
    Family::counter(
        "projectionist_source_notifications_total",
        "Notifications received from the server.",
        Collect::Source(|s| Some(Value::Int(s.notifications))),
    ),
    Family::gauge(
        "projectionist_source_link",
        "1 for the way notifications reach us, 0 for the others; none means polling alone.",
        Collect::Custom(label_set!["source", "link"], |view, samples| {
            for s in &view.servers {
                for link in [Link::None, Link::WebSocket, Link::EventSource] {
                    samples(&[s.id, link.as_str()], (s.snapshot.link == link).into());
                }
            }
        }),
    ),
    Family::counter(
        "projectionist_snapshots_total",
        "Times the live state changed and was published.",
        Collect::Custom(LabelSet::NONE, |view, samples| {
            samples(&[], Value::Int(view.publications));
        }),
    ),
    Family::counter(
        "projectionist_task_restarts_total",
        "Times a task ended before its time and was started again.",
        Collect::Custom(label_set!["task"], |view, samples| {
            for (name, task) in &view.process.tasks {
                samples(&[name], Value::Int(task.restarts));
            }
        }),
    ),
    Family::gauge(
        "projectionist_task_broken",
        "1 if the task panicked three times within a minute, else 0.",
        Collect::Custom(label_set!["task"], |view, samples| {
            for (name, task) in &view.process.tasks {
                samples(&[name], task.broken.into());
            }
        }),
    ),
    Family::counter(
        "projectionist_events_dropped_total",
        "Events a consumer did not get, by reason.",
        Collect::Custom(label_set!["consumer", "reason"], dropped),
    ),
    Family::gauge(
        "projectionist_event_listeners",
        "Open event streams of /api/v1/events.",
        Collect::Custom(LabelSet::NONE, |view, samples| {
            samples(&[], view.process.event_listeners.into());
        }),
    ),
];

fn each_endpoint(view: &View<'_>, samples: &mut Samples<'_>, value: fn(&model::EndpointStats) -> Value) {
    for s in &view.servers {
        for (endpoint, stats) in &s.snapshot.endpoints {
            samples(&[s.id, endpoint.as_str()], value(stats));
        }
    }
}

fn errors(view: &View<'_>, samples: &mut Samples<'_>) {
    for s in &view.servers {
        for (endpoint, stats) in &s.snapshot.endpoints {
            for (kind, count) in &stats.errors {
                samples(&[s.id, endpoint.as_str(), kind], Value::Int(*count));
            }
        }
    }
}

fn dropped(view: &View<'_>, samples: &mut Samples<'_>) {
    let mut dropped = view.process.dropped.clone();
    dropped.sort_unstable();
    // One series for one pair, however often it was reported.
    for pair in dropped.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        samples(
            &[pair[0].0, pair[0].1],
            Value::Int(pair.iter().map(|d| d.2).sum()),
        );
    }
}
