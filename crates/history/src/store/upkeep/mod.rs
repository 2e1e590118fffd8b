//! Looking after the file: copies, checks, retention, figures, export.

mod export;
mod prune;
mod prune_iptv;
mod restore;
mod verify;

use std::path::{Path, PathBuf};

use model::Origin;
use rusqlite::Connection;

use super::{Writer, backup};
use crate::{Error, History, Pending};

pub use export::ExportFormat;
pub use prune::{PrunePolicy, PruneReport};
pub use restore::restore;
pub use verify::VerifyReport;

/// How much is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    pub plays: u64,
    pub groups: u64,
    pub people: u64,
    pub items: u64,
    pub servers: u64,
    /// Of stream managers, over or not.
    pub runs: u64,
    pub viewings: u64,
    /// Plays by who wrote them down, in the order of [`Origin::ALL`].
    pub plays_by_origin: [(Origin, u64); 3],
    /// Start of the earliest play, in seconds since 1970.
    pub oldest_s: Option<i64>,
    /// Start of the latest play.
    pub newest_s: Option<i64>,
    pub file_bytes: u64,
    /// What is not folded into the file yet.
    pub log_bytes: u64,
}

impl History {
    /// Copies the history to a new file while it is in use. The copy appears once it is whole.
    pub fn backup(&self, to: &Path) -> Pending<()> {
        let to = to.to_owned();
        self.aside(move |conn, _| backup::create(conn, &to))
    }

    /// Compares everything with everything: the file with itself, the columns with what the file holds, the roll-ups
    /// with the plays. Reads all of it, and needs the memory of the columns once more.
    pub fn verify(&self) -> Result<VerifyReport, Error> {
        self.with_reader(|conn| verify::verify(self, conn))
    }

    /// Forgets what `policy` does not keep. Questions are answered meanwhile; other changes wait.
    pub fn prune(&self, policy: PrunePolicy) -> Pending<PruneReport> {
        self.job(move |writer: &mut Writer| writer.prune(policy))
    }

    /// Writes every play with all its fields, oldest id first; returns how many. Needs little memory, whatever there
    /// is. What is added meanwhile is not in it.
    pub fn export(&self, format: ExportFormat, out: &mut dyn std::io::Write) -> Result<u64, Error> {
        self.with_reader(|conn| export::export(conn, format, None, out))
    }

    /// The same of the plays with these ids, in this order; those that are not there are left out.
    pub fn export_only(
        &self,
        format: ExportFormat,
        ids: &[u32],
        out: &mut dyn std::io::Write,
    ) -> Result<u64, Error> {
        self.with_reader(|conn| export::export(conn, format, Some(ids), out))
    }

    /// Sizes and counts; some milliseconds.
    pub fn stats(&self) -> Result<Stats, Error> {
        let count = |n: usize| n as u64;
        let mut stats = self.read(|view| {
            let columns = view.columns;
            let mut plays_by_origin = Origin::ALL.map(|origin| (origin, 0));
            for row in columns.rows() {
                let origin = columns.marks(row).origin();
                for (_, plays) in plays_by_origin.iter_mut().filter(|(o, _)| *o == origin) {
                    *plays += 1;
                }
            }
            let started = |row: &u32| columns.started_s(*row);
            Ok(Stats {
                plays: count(columns.len()),
                groups: count(columns.group_count()),
                people: count(columns.dims.people().len()),
                items: count(columns.dims.items().len()),
                servers: count(view.servers()?.len()),
                runs: 0,
                viewings: 0,
                plays_by_origin,
                oldest_s: columns.by_start().first().map(started),
                newest_s: columns.by_start().last().map(started),
                file_bytes: 0,
                log_bytes: 0,
            })
        })?;
        (stats.runs, stats.viewings) =
            self.read_store(|view| Ok((verify::runs(view.conn)?, verify::viewings(view.conn)?)))?;
        stats.file_bytes = file_bytes(self.path());
        stats.log_bytes = file_bytes(&log_path(self.path()));
        Ok(stats)
    }

    /// Runs `work` with a connection to read with, for longer than a question may take.
    fn with_reader<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let conn = self.reader()?;
        let done = work(&conn);
        self.give_back(conn);
        done.map_err(|e| e.at(self.path()))
    }
}

/// `SQLite`'s name for the log of a database.
fn log_path(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// 0 for a file that is not there.
fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}
