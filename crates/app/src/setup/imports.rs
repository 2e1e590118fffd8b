//! Imports that a page asks for: one at a time, each with a line on the board.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::Kind;
use history::History;
use history::import::tautulli::{Options, Report};
use model::SourceId;
use sources::tautulli as source;
use tempfile::TempPath;
use web::setup::{Answered, Entry as Typed, Import, Reply, SetupError, Target, Upload};

use super::board::Entry;
use super::{Service, refusal, save, tell};
use crate::checks;
use crate::config::{plain, without_secrets};
use crate::failure::Failure;
use crate::tautulli_sync::{self, Keeper, Quiet};

/// Largest upload, in bytes; one that is larger is refused and leaves nothing behind. Tautulli's databases have some
/// kilobytes a play.
const UPLOAD_MAX: u64 = 4 << 30;

/// How files begin and end that hold an upload. They stand beside the store, which one process has for itself; what a
/// killed one left is removed by these names, so that nobody else may use them.
const UPLOAD_PREFIX: &str = "projectionist-upload-";
const UPLOAD_SUFFIX: &str = ".db";

/// What an uploaded file is called on the board.
const FILE: &str = "file";

impl Service {
    fn history(&self) -> Answered<History> {
        let none = || SetupError::new(Kind::NotFound, "no history is kept");
        self.room.history.clone().ok_or_else(none)
    }

    /// What an import needs, and its line.
    fn keeper(&self, server: SourceId, entry: Entry, data_dir: &Path) -> Answered<Keeper<Quiet>> {
        Ok(Keeper {
            history: self.history()?,
            options: Options::new(server.clone(), data_dir, self.room.clock.clone()),
            watch: Quiet {
                cancel: self.room.cancel.clone(),
                status: self.room.status.clone(),
                server,
                entry: Some(entry),
            },
        })
    }

    /// Its line, and the work that has to be done.
    pub(super) fn begin_import(
        &self,
        typed: &Typed,
    ) -> Answered<(Import, impl Future<Output = ()> + Send + use<>)> {
        let loaded = self.loaded()?;
        self.history()?;
        let one = save::alone(Target::Tautulli, typed, &loaded.config).map_err(|f| refusal(&f))?;
        let own = one.tautulli.first().ok_or_else(super::unset)?;
        let server = loaded.config.tautulli_server(own.server.as_deref());
        let from = tautulli_sync::source(own, server.clone(), &loaded.config.data_dir);
        let entry = self
            .desk
            .board()
            .begin(server.as_str(), &without_secrets(&own.url))?;
        let keeper = self.keeper(server, entry.clone(), &loaded.config.data_dir)?;
        let shown = entry.shown().ok_or_else(super::unset)?;
        Ok((shown, fetch(from, keeper, entry)))
    }

    /// One after the other.
    pub(super) async fn import_all(self, all: Vec<Typed>) {
        for typed in all {
            match self.begin_import(&typed) {
                Ok((_, work)) => work.await,
                Err(e) => {
                    tracing::warn!(kind = e.kind.as_str(), "an import cannot begin: {}", e.message);
                    let source = without_secrets(typed.url.as_deref().unwrap_or_default());
                    let server = typed.server.as_deref().unwrap_or_default();
                    self.desk.board().follow(server, &source).end(Err(&e.message));
                }
            }
        }
    }

    /// Answers once the file is here, and takes it over then.
    pub(super) async fn upload(self, upload: Upload, reply: Reply<Import>) {
        match self.receive(upload).await {
            Ok((shown, work)) => {
                tell(reply, Ok(shown));
                work.await;
            }
            Err(e) => tell(reply, Err(e)),
        }
    }

    async fn receive(&self, upload: Upload) -> Answered<(Import, impl Future<Output = ()> + Send + use<>)> {
        let loaded = self.loaded()?;
        self.history()?;
        let data_dir = loaded.config.data_dir.clone();
        let server = loaded.config.tautulli_server(upload.server.as_deref());
        let entry = self.desk.board().begin(server.as_str(), FILE)?;
        let bytes = Arc::new(AtomicU64::new(0));
        entry.counts_bytes(bytes.clone());
        let received = receive(upload, data_dir.clone(), &bytes).await;
        let file = received.inspect_err(|e| entry.end(Err(&e.message)))?;
        let keeper = self.keeper(server, entry.clone(), &data_dir)?;
        let shown = entry.shown().ok_or_else(super::unset)?;
        Ok((shown, read(file, keeper, entry)))
    }
}

/// True of a plain file of ours; a link or a directory of that name is somebody else's.
fn is_upload(file: &std::fs::DirEntry) -> bool {
    let name = file.file_name();
    let name = name.to_string_lossy();
    name.starts_with(UPLOAD_PREFIX)
        && name.ends_with(UPLOAD_SUFFIX)
        && file.file_type().is_ok_and(|kind| kind.is_file())
}

/// Removes what a process that was killed left of uploads. Blocks.
pub(super) fn sweep(data_dir: &Path) {
    let files = std::fs::read_dir(data_dir).into_iter().flatten().flatten();
    for file in files.filter(is_upload) {
        if let Err(e) = std::fs::remove_file(file.path()) {
            tracing::warn!("cannot remove {}: {}", file.path().display(), plain(&e));
        }
    }
}

/// Writes the pieces into a file beside the store.
async fn receive(upload: Upload, dir: PathBuf, bytes: &AtomicU64) -> Answered<TempPath> {
    let failed =
        |e: &std::io::Error| SetupError::new(Kind::Storage, format!("keeping the upload: {}", plain(e)));
    let made = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&dir)?;
        tempfile::Builder::new()
            .prefix(UPLOAD_PREFIX)
            .suffix(UPLOAD_SUFFIX)
            .tempfile_in(&dir)
    });
    let made = made.await.unwrap_or_else(|e| Err(std::io::Error::other(e)));
    let (mut file, path) = made.map_err(|e| failed(&e))?.into_parts();
    let mut pieces = upload.pieces;
    while let Some(piece) = pieces.recv().await {
        let piece = piece.map_err(|why| SetupError::new(Kind::BadPayload, why))?;
        let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if bytes.fetch_add(len, Ordering::Relaxed).saturating_add(len) > UPLOAD_MAX {
            let what = format!("the file is larger than {} GB", UPLOAD_MAX >> 30);
            return Err(SetupError::new(Kind::BadPayload, what));
        }
        let written = tokio::task::spawn_blocking(move || file.write_all(&piece).map(|()| file));
        let written = written.await.unwrap_or_else(|e| Err(std::io::Error::other(e)));
        file = written.map_err(|e| failed(&e))?;
    }
    Ok(path)
}

/// Takes over a file.
async fn read(file: TempPath, keeper: Keeper<Quiet>, entry: Entry) {
    let cancel = keeper.watch.cancel.clone();
    let work = keeper.file(&file);
    let outcome = match cancel.run_until_cancelled(work).await {
        None => return,
        Some(outcome) => outcome.map_err(|e| unnamed(Failure::chain(&e), &file)),
    };
    end(&keeper, &entry, outcome);
}

/// The name under which we keep an upload says nothing to who sent it.
fn unnamed(mut failure: Failure, file: &Path) -> Failure {
    failure.message = failure.message.replace(&*file.to_string_lossy(), "the file");
    failure
}

/// Takes over what a running Tautulli has.
async fn fetch(from: source::Config, keeper: Keeper<Quiet>, entry: Entry) {
    let bytes = Arc::new(AtomicU64::new(0));
    entry.counts_bytes(bytes.clone());
    let cancel = keeper.watch.cancel.clone();
    let work = tautulli_sync::take_over(&from, &keeper, |n| bytes.store(n, Ordering::Relaxed));
    if let Some(outcome) = cancel.run_until_cancelled(work).await {
        end(&keeper, &entry, outcome);
    }
}

fn end(keeper: &Keeper<Quiet>, entry: &Entry, outcome: Result<Report, Failure>) {
    keeper.watch.status.importing(None);
    match outcome {
        // The board says so itself once the process lets go.
        Ok(report) if report.stopped => {}
        Ok(report) => {
            entry.part(&report);
            entry.end(Ok(()));
            tracing::info!(
                plays = report.added,
                "{} plays imported from a Tautulli for \"{}\"",
                report.added,
                keeper.options.server
            );
        }
        Err(failure) => {
            let why = checks::with_hint(&failure);
            tracing::warn!("an import failed: {why}");
            entry.end(Err(&why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uploads_of_ours_are_swept_away() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let (ours, foreign) = ("projectionist-upload-x1.db", "upload-of-photos.db");
        let others = [
            foreign,
            "projectionist-upload-x1.txt",
            "my-projectionist-upload-.db",
        ];
        for name in others.into_iter().chain([ours]) {
            std::fs::write(at(name), "x").unwrap();
        }
        let (folder, link) = ("projectionist-upload-folder.db", "projectionist-upload-link.db");
        std::fs::create_dir(at(folder)).unwrap();
        std::os::unix::fs::symlink(at(foreign), at(link)).unwrap();
        sweep(dir.path());
        assert!(!at(ours).exists());
        for name in others.into_iter().chain([folder, link]) {
            assert!(at(name).exists(), "{name}");
        }
    }
}
