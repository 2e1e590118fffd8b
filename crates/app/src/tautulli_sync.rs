//! History of running Tautullis: brought by `sources`, kept by `history`.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Clock;
use base::error::Chain;
use history::History;
use history::import::tautulli as import;
use history::record::Status;
use model::SourceId;
use sources::tautulli::{self, Batch, Delivery, Download, Kept, State, What};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::failure::Failure;
use crate::setup::board::{Board, Entry};

/// Between two looks at how much of a database has arrived.
const DOWNLOAD_LOOK: Duration = Duration::from_millis(100);

/// The source for one `[[tautulli]]`. Its plays are filed under `server`; downloads go beside the store.
pub(crate) fn source(own: &config::Tautulli, server: SourceId, data_dir: &Path) -> tautulli::Config {
    tautulli::Config {
        api_key: own.api_key.clone(),
        api_key_file: own.api_key_file.clone(),
        interval: Duration::from_secs(own.sync_interval_s),
        timeout: Duration::from_secs_f64(own.timeout_s),
        ..tautulli::Config::new(own.url.clone(), server, data_dir)
    }
}

/// Takes over what is new every few minutes, until cancelled. On `board` stands the first time alone.
pub(crate) async fn run(
    cfg: tautulli::Config,
    history: History,
    status: Status,
    clock: Clock,
    board: Board,
    cancel: CancellationToken,
) {
    let server = cfg.server.clone();
    let (begin, of) = (history.clone(), server.clone());
    let reached = tokio::task::spawn_blocking(move || import::reached(&begin, &of)).await;
    let reached = reached.ok().and_then(Result::ok).flatten();
    let state = State::new(reached);
    let first = reached.is_none().then(|| {
        let entry = board.follow(server.as_str(), &config::without_secrets(&cfg.url));
        entry.counts_bytes(state.downloaded());
        entry
    });
    let (out, deliveries) = mpsc::channel(1);
    let keeper = Keeper {
        options: import::Options::new(server.clone(), cfg.scratch.clone(), clock),
        history,
        watch: Quiet {
            cancel: cancel.clone(),
            status,
            server,
            entry: first,
        },
    };
    tokio::join!(
        tautulli::sync(cfg, state, out, cancel),
        keep_all(keeper, deliveries)
    );
}

/// Takes over what a running Tautulli has, once; one report of it all. `downloaded` is told bytes now and then.
pub(crate) async fn take_over<W: import::Watch + Clone + Send + 'static>(
    source: &tautulli::Config,
    keeper: &Keeper<W>,
    downloaded: impl Fn(u64),
) -> Result<import::Report, Failure> {
    let (history, server) = (keeper.history.clone(), keeper.options.server.clone());
    let reached = tokio::task::spawn_blocking(move || import::reached(&history, &server)).await;
    let reached = reached
        .unwrap_or(Err(history::Error::Closed))
        .map_err(|e| Failure::chain(&e))?;
    let mut state = State::new(reached);
    let (out, deliveries) = mpsc::channel(1);
    let bytes = state.downloaded();
    let take = async {
        let taken = tautulli::take(source, &mut state, &out).await;
        drop(out);
        taken
    };
    let telling = async {
        let mut timer = tokio::time::interval(DOWNLOAD_LOOK);
        loop {
            timer.tick().await;
            downloaded(bytes.load(Ordering::Relaxed));
        }
    };
    let work = async { tokio::join!(take, sum_up(keeper, deliveries)) };
    let (taken, kept) = tokio::select! {
        done = work => done,
        () = telling => unreachable!("telling never ends"),
    };
    let report = kept.map_err(|e| Failure::chain(&e))?;
    match taken {
        Ok(_) => Ok(report),
        Err(e) => Err(Failure::chain(&e).maybe_hint(e.hint())),
    }
}

/// Keeps everything that comes; one report of it all.
async fn sum_up<W: import::Watch + Clone + Send + 'static>(
    keeper: &Keeper<W>,
    mut deliveries: mpsc::Receiver<Delivery>,
) -> Result<import::Report, history::Error> {
    let started_ms = keeper.options.clock.mono_ms();
    let mut sum = import::Report::default();
    while let Some(Delivery { what, kept }) = deliveries.recv().await {
        let (report, reached) = keeper.keep(what).await?;
        sum.version = report.version.or(sum.version);
        sum.added += report.added;
        sum.known += report.known;
        sum.skipped += report.skipped;
        sum.refused += report.refused;
        sum.people = sum.people.max(report.people);
        sum.libraries = sum.libraries.max(report.libraries);
        sum.stopped |= report.stopped;
        // Nobody waits when the transfer has failed; that is told by the other side.
        let _ = kept.send(reached);
    }
    sum.elapsed_ms = keeper.options.clock.mono_ms().saturating_sub(started_ms);
    Ok(sum)
}

/// Shows the progress in the metrics, and ends an import at shutdown; what it wrote stays.
#[derive(Clone, Debug)]
pub(crate) struct Quiet {
    pub(crate) cancel: CancellationToken,
    pub(crate) status: Status,
    pub(crate) server: SourceId,
    /// Where else it is shown.
    pub(crate) entry: Option<Entry>,
}

impl import::Watch for Quiet {
    fn progress(&mut self, progress: &import::Progress) -> ControlFlow<()> {
        let all = (progress.rows_total > 0).then_some(progress.rows_total);
        self.status
            .importing(Some((self.server.as_str(), progress.rows_done, all)));
        if let Some(entry) = &self.entry {
            entry.progress(progress);
        }
        if self.cancel.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn refused(&mut self, refusal: &import::Refusal) {
        tracing::debug!("not taken over from Tautulli: {refusal}");
    }
}

async fn keep_all(mut keeper: Keeper<Quiet>, mut deliveries: mpsc::Receiver<Delivery>) {
    let mut failing = false;
    while let Some(Delivery { what, kept }) = deliveries.recv().await {
        let whole = is_last(&what);
        let outcome = keeper.keep(what).await;
        keeper.watch.status.importing(None);
        match outcome {
            Ok((report, reached)) => {
                if report.added > 0 {
                    tracing::info!(
                        plays = report.added,
                        "{} plays taken over from a Tautulli for \"{}\"",
                        report.added,
                        keeper.options.server
                    );
                }
                failing = false;
                if let Some(entry) = &keeper.watch.entry {
                    entry.part(&report);
                    if whole && !report.stopped {
                        entry.end(Ok(()));
                        keeper.watch.entry = None;
                    }
                }
                // Nobody waits any more when the source was cancelled.
                let _ = kept.send(reached);
            }
            Err(e) => {
                if !failing {
                    tracing::error!(
                        kind = e.kind().as_str(),
                        "keeping history of a Tautulli: {}",
                        Chain(&e)
                    );
                }
                failing = true;
            }
        }
    }
}

/// True if nothing of the first time comes behind it.
fn is_last(what: &What) -> bool {
    match what {
        What::Database(_) => true,
        What::Rows(batch) => batch.of.is_some_and(|(done, all)| done >= all),
    }
}

/// Keeps what comes, whatever form it has.
#[derive(Clone, Debug)]
pub(crate) struct Keeper<W> {
    pub(crate) history: History,
    pub(crate) options: import::Options,
    pub(crate) watch: W,
}

impl<W: import::Watch + Clone + Send + 'static> Keeper<W> {
    /// What became of it, and how far the history is now.
    pub(crate) async fn keep(&self, what: What) -> Result<(import::Report, Kept), history::Error> {
        let report = match what {
            What::Database(file) => self.database(file).await?,
            What::Rows(batch) => self.rows(batch).await?,
        };
        let (history, server) = (self.history.clone(), self.options.server.clone());
        let reached = tokio::task::spawn_blocking(move || import::reached(&history, &server)).await;
        let reached = reached.unwrap_or(Err(history::Error::Closed))?;
        Ok((report, Kept { reached }))
    }

    async fn database(&self, file: Download) -> Result<import::Report, history::Error> {
        let report = self.file(file.path()).await;
        drop(file);
        report
    }

    /// Takes over the database at `path`, which must stay there until then.
    pub(crate) async fn file(&self, path: &Path) -> Result<import::Report, history::Error> {
        let (this, path) = (self.clone(), path.to_owned());
        let work = move || {
            let mut watch = this.watch.clone();
            import::run(&this.history, &path, &this.options, &mut watch)
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(history::Error::Closed))
    }

    async fn rows(&self, batch: Batch) -> Result<import::Report, history::Error> {
        let (people, libraries) = (batch.people.len() as u64, batch.sections.len() as u64);
        let refused = batch.refused.len() as u64;
        let mut watch = self.watch.clone();
        for (id, why) in batch.refused {
            watch.refused(&import::Refusal {
                id,
                why: import::Why::Told(why),
            });
        }
        let taken = import::Taken {
            records: batch.records,
            people: batch.people,
            sections: batch.sections,
            machine_id: batch.machine_id,
            reached: batch.reached,
        };
        let kept = import::keep(&self.history, &self.options.server, taken)
            .done()
            .await?;
        if kept.added > 0 {
            // What the server listed of that time is told better now.
            history::record::drop_seen(&self.history).done().await?;
        }
        if let Some((rows_done, rows_total)) = batch.of {
            let progress = import::Progress {
                rows_done,
                rows_total,
                ..import::Progress::default()
            };
            // It cannot be stopped between pages; the next one comes only when this one is acknowledged.
            let _ = watch.progress(&progress);
        }
        Ok(import::Report {
            added: kept.added,
            known: kept.known,
            refused,
            people,
            libraries,
            ..import::Report::default()
        })
    }
}

#[cfg(test)]
mod tests;
