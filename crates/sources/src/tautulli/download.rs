//! The whole database, into a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use base::Kind;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::client::Client;
use super::config::Config;
use base::Fault as Error;

const CMD: &str = "download_database";

/// What a `SQLite` file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Pieces waiting for the disk.
const QUEUE: usize = 16;

/// A downloaded database. The file goes when this is dropped.
#[derive(Debug)]
pub struct Download(PathBuf);

impl Download {
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn create(dir: &Path) -> io::Result<(Self, File)> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        fs::create_dir_all(dir)?;
        forget_others(dir);
        let name = format!(
            "{PREFIX}{}-{}.db",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = dir.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok((Self(path), file))
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const PREFIX: &str = "tautulli-download-";

/// Removes what an earlier process left when it was killed.
fn forget_others(dir: &Path) {
    let own = format!("{PREFIX}{}-", std::process::id());
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && !name.starts_with(&own) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Downloads the database. `told`: bytes so far.
pub(super) async fn database(client: &Client, cfg: &Config, told: impl Fn(u64)) -> Result<Download, Error> {
    let response = client.open(CMD).await?;
    let expected = response.content_length();
    let too_large = || {
        let what = format!(
            "its database is larger than the limit of {} bytes",
            cfg.download_limit
        );
        client.error(Kind::BadPayload, what)
    };
    if expected.is_some_and(|n| n > cfg.download_limit) {
        return Err(too_large());
    }
    let disk = |e: io::Error| {
        let what = format!("keeping its database in {}", cfg.scratch.display());
        client.error(Kind::Storage, what).with_source(e)
    };
    let (download, file) = Download::create(&cfg.scratch).map_err(disk)?;
    let (pieces, waiting) = mpsc::channel::<Bytes>(QUEUE);
    let writing = tokio::task::spawn_blocking(move || write(file, waiting));
    let mut body = response.bytes_stream();
    let (mut got, mut head) = (0_u64, Vec::new());
    loop {
        let next = tokio::time::timeout(client.timeout, body.next())
            .await
            .map_err(|_| client.error(Kind::Timeout, "the download of its database stands still"))?;
        let Some(piece) = next else { break };
        let piece = piece.map_err(|e| {
            let e = base::http::BodyError::Broken(e.without_url());
            client.broken(CMD, e)
        })?;
        got += piece.len() as u64;
        if got > cfg.download_limit {
            return Err(too_large());
        }
        if head.len() < MAGIC.len() {
            head.extend_from_slice(&piece);
            let n = head.len().min(MAGIC.len());
            if head[..n] != MAGIC[..n] {
                return Err(client.no_file(CMD, &head));
            }
        }
        told(got);
        // A writer that failed says why below.
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    drop(pieces);
    let written = writing.await.unwrap_or_else(|e| Err(io::Error::other(e)));
    written.map_err(disk)?;
    if got < MAGIC.len() as u64 || expected.is_some_and(|n| n != got) {
        return Err(client.error(Kind::Unreachable, "the download of its database broke off"));
    }
    Ok(download)
}

fn write(mut file: File, mut pieces: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(&piece)?;
    }
    file.flush()
}
