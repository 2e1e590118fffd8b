//! Writes down how large libraries are, once a day and whenever that changes.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use base::error::Chain;
use history::History;
use history::growth::{Book, keep};
use live::Live;
use tokio_util::sync::CancellationToken;

/// Libraries are counted every quarter of an hour or more seldom; what is written may be this much older.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Keeps the sizes of libraries until cancelled. What cannot be written is tried again at the next look.
pub(crate) async fn run(history: History, live: Live, clock: Clock, cancel: CancellationToken) {
    let mut book = Book::default();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while cancel.run_until_cancelled(looks.tick()).await.is_some() {
        let today = clock.now().to_zoned(history.settings().time_zone.clone()).date();
        let due = Arc::new(book.due(&live.snapshot(), today));
        if due.is_empty() {
            continue;
        }
        let sizes = due.clone();
        match history.change(move |txn| keep(txn, &sizes)).done().await {
            Ok(()) => book.wrote(Arc::unwrap_or_clone(due)),
            Err(e) => tracing::warn!(
                kind = e.kind().as_str(),
                "keeping the sizes of libraries failed: {}",
                Chain(&e)
            ),
        }
    }
}
