//! The history: its sizes, and how writing it goes. Absent where none is kept.

use super::seconds_since_1970;
use crate::HistoryFigures;
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{LabelSet, Value, label_set};
use crate::view::View;

/// One sample, if a history is kept and `value` is known.
fn one(view: &View<'_>, samples: &mut Samples<'_>, value: fn(&HistoryFigures) -> Option<Value>) {
    if let Some(value) = view.process.history.as_ref().and_then(value) {
        samples(&[], value);
    }
}

pub(crate) const FAMILIES: &[Family] = &[
    Family::gauge(
        "projectionist_history_plays",
        "Plays in the history.",
        Collect::Custom(LabelSet::NONE, |v, s| one(v, s, |h| Some(Value::Int(h.plays)))),
    ),
    Family::gauge(
        "projectionist_history_groups",
        "Plays in the history, those continued later counted once.",
        Collect::Custom(LabelSet::NONE, |v, s| one(v, s, |h| Some(Value::Int(h.groups)))),
    ),
    Family::gauge(
        "projectionist_history_size_bytes",
        "Size of the history's file with its log.",
        Collect::Custom(LabelSet::NONE, |v, s| {
            one(v, s, |h| Some(Value::Int(h.file_bytes)));
        }),
    )
    .unit_is("bytes"),
    Family::gauge(
        "projectionist_history_open_plays",
        "Running plays as they stand on disk, to be taken up after a crash.",
        Collect::Custom(LabelSet::NONE, |v, s| {
            one(v, s, |h| Some(Value::Int(h.open_plays)));
        }),
    ),
    Family::gauge(
        "projectionist_history_waiting_plays",
        "Plays that ended and are not on disk yet. Above 0 for long: the disk is full, or cannot be written.",
        Collect::Custom(LabelSet::NONE, |v, s| one(v, s, |h| Some(Value::Int(h.waiting)))),
    ),
    Family::gauge(
        "projectionist_history_write_queue_length",
        "Changes waiting for the writer.",
        Collect::Custom(LabelSet::NONE, |v, s| {
            one(v, s, |h| Some(Value::Int(h.queue_length)));
        }),
    ),
    Family::gauge(
        "projectionist_history_writable",
        "1 if the last write succeeded, 0 while writes fail.",
        Collect::Custom(LabelSet::NONE, |v, s| one(v, s, |h| Some(h.writable.into()))),
    ),
    Family::gauge(
        "projectionist_history_last_write_timestamp_seconds",
        "When what plays was last written down. Absent before the first time.",
        Collect::Custom(LabelSet::NONE, |v, s| {
            one(v, s, |h| h.last_write_at.map(seconds_since_1970));
        }),
    )
    .unit_is("seconds"),
    Family::gauge(
        "projectionist_history_last_write_duration_seconds",
        "From handing the last change to the writer to its commit.",
        Collect::Custom(LabelSet::NONE, |v, s| {
            one(v, s, |h| Some(Value::Millis(h.last_write_took_ms)));
        }),
    )
    .unit_is("seconds"),
    Family::counter(
        "projectionist_history_write_failures_total",
        "Writes of what plays that failed. Nothing is lost by one: it is tried again.",
        Collect::Custom(LabelSet::NONE, |v, s| one(v, s, |h| Some(Value::Int(h.failures)))),
    ),
    Family::counter(
        "projectionist_history_kept_plays_total",
        "Plays added since the start, by who saw them: recorded (we did), plex_history (the server lists them).",
        Collect::Custom(label_set!["origin"], |view, samples| {
            if let Some(h) = &view.process.history {
                samples(&["recorded"], Value::Int(h.kept));
                samples(&["plex_history"], Value::Int(h.backfilled));
            }
        }),
    ),
    Family::counter(
        "projectionist_history_ignored_plays_total",
        "Plays that ended and were not kept: too short, or of a user or library that is left out.",
        Collect::Custom(LabelSet::NONE, |v, s| one(v, s, |h| Some(Value::Int(h.ignored)))),
    ),
    Family::gauge(
        "projectionist_import_rows",
        "Rows read by the import that runs. Absent while none does.",
        Collect::Custom(label_set!["from"], |view, samples| {
            if let Some(import) = view.process.history.as_ref().and_then(|h| h.import.as_ref()) {
                samples(&[&import.from], Value::Int(import.rows));
            }
        }),
    ),
    Family::gauge(
        "projectionist_import_expected_rows",
        "Rows the import that runs has to read. Absent while none does, or while this is not known.",
        Collect::Custom(label_set!["from"], |view, samples| {
            let import = view.process.history.as_ref().and_then(|h| h.import.as_ref());
            if let Some((import, rows)) = import.and_then(|i| Some((i, i.expected_rows?))) {
                samples(&[&import.from], Value::Int(rows));
            }
        }),
    ),
];
