//! What the recorder tells, in the words of the metrics.

use export::{HistoryFigures, ImportFigures};
use history::record::Status;

pub(crate) fn figures(status: &Status) -> HistoryFigures {
    let f = status.figures();
    HistoryFigures {
        plays: f.plays,
        groups: f.groups,
        file_bytes: f.file_bytes,
        open_plays: f.open_plays,
        waiting: f.waiting,
        queue_length: f.queue_depth,
        writable: !f.failing,
        last_write_at: f.last_write_at,
        last_write_took_ms: f.last_write_took_ms,
        failures: f.failures,
        kept: f.kept,
        ignored: f.ignored,
        backfilled: f.backfilled,
        import: f.import.map(|(from, rows, expected_rows)| ImportFigures {
            from,
            rows,
            expected_rows,
        }),
    }
}
