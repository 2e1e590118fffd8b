//! History of running Tautullis: brought by `sources`, kept by `history`.

use std::ops::ControlFlow;
use std::path::Path;
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

/// Takes over what is new every few minutes, until cancelled.
pub(crate) async fn run(
    cfg: tautulli::Config,
    history: History,
    status: Status,
    clock: Clock,
    cancel: CancellationToken,
) {
    let server = cfg.server.clone();
    let (begin, of) = (history.clone(), server.clone());
    let reached = tokio::task::spawn_blocking(move || import::reached(&begin, &of)).await;
    let reached = reached.ok().and_then(Result::ok).flatten();
    let (out, deliveries) = mpsc::channel(1);
    let keeper = Keeper {
        options: import::Options::new(server.clone(), cfg.scratch.clone(), clock),
        history,
        watch: Quiet {
            cancel: cancel.clone(),
            status,
            server,
        },
    };
    tokio::join!(
        tautulli::sync(cfg, State::new(reached), out, cancel),
        keep_all(keeper, deliveries)
    );
}

/// Shows the progress in the metrics, and ends an import at shutdown; what it wrote stays.
#[derive(Clone, Debug)]
struct Quiet {
    cancel: CancellationToken,
    status: Status,
    server: SourceId,
}

impl import::Watch for Quiet {
    fn progress(&mut self, progress: &import::Progress) -> ControlFlow<()> {
        let all = (progress.rows_total > 0).then_some(progress.rows_total);
        self.status
            .importing(Some((self.server.as_str(), progress.rows_done, all)));
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

async fn keep_all(keeper: Keeper<Quiet>, mut deliveries: mpsc::Receiver<Delivery>) {
    let mut failing = false;
    while let Some(Delivery { what, kept }) = deliveries.recv().await {
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
        let this = self.clone();
        let work = move || {
            let mut watch = this.watch.clone();
            import::run(&this.history, file.path(), &this.options, &mut watch)
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
