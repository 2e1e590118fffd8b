//! An import from a database file: one thread reads, the history's own writes.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc;

use rusqlite::{Connection, OptionalExtension as _};

use super::file::{self, Opened, refused, sql};
use super::groups::Groups;
use super::keep::{self, Kept, Mark, Taken};
use super::layout::{self, HISTORY};
use super::read::{self, Chunk, Plan};
use super::{Options, Progress, REFUSALS_KEPT, Report, Watch, people};
use crate::{Error, History, Pending, record};

/// Chunks read ahead of the writer.
const READ_AHEAD: usize = 2;

/// Changes handed to the writer and not yet done.
const IN_FLIGHT: usize = 2;

/// Rows before the mark that are looked at again: one may have been unreadable when a copy was made in mid-write.
const TAIL: i64 = 1000;

/// To read after: nothing comes before it.
const ALL: i64 = i64::MIN;

/// From this many rows on, roll-ups are made once at the end instead of with every row.
const BULK: u64 = 2000;

/// Takes over what the Tautulli database at `path` holds and `history` does not. Blocks; never call it from a task.
pub fn run(
    history: &History,
    path: &Path,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Report, Error> {
    let started_ms = options.clock.mono_ms();
    let Opened { conn, copy } = file::open(path, &options.scratch, options.unpacked_limit)?;
    let layout = layout::of(&conn, path)?;
    let mark = history.read(|view| keep::mark_of(view, &options.server))?;
    let reference_id = layout.history.has(super::build::history("reference_id"));
    let after = if reference_id {
        start(&conn, path, &mark, options)?
    } else {
        ALL
    };
    let (rows_total, skipped) = counts(&conn, after);
    let mut report = Report {
        version: layout.version.clone(),
        skipped,
        ..Report::default()
    };
    let about = about(&conn, path, &mut report)?;
    let plan = Plan {
        path: path.to_owned(),
        server: options.server.clone(),
        layout,
        after,
        chunk_rows: options.chunk_rows.max(1),
        groups: (!reference_id).then(|| Groups::new(history.settings().watched)),
    };
    let unfinished = history.read(|view| view.meta("rollups"))?.as_deref() == Some("stale");
    let bulk = unfinished || rows_total >= BULK;
    let mut import = Import {
        history,
        options,
        watch,
        report,
        progress: Progress {
            rows_total,
            ..Progress::default()
        },
        started_ms,
        bulk,
        waiting: VecDeque::new(),
    };
    import.hand_over(about, 0)?;
    let (send, chunks) = mpsc::sync_channel::<Chunk>(READ_AHEAD);
    let outcome = std::thread::scope(|scope| {
        let reader = scope.spawn(move || read::read(&conn, plan, |chunk| send.send(chunk).is_ok()));
        let written = import.write(&chunks);
        // The reader ends when nobody listens.
        drop(chunks);
        let read = reader
            .join()
            .unwrap_or_else(|_| Err(refused(path, "reading it failed")));
        written.and(read)
    });
    // Also after a failure: what was read before it is here to stay. A stopped import is gone on with later.
    if !import.report.stopped {
        import.progress.finishing = true;
        import.tell();
        // What a server listed and this import tells better. Removing makes the roll-ups anew.
        let removed = record::drop_seen(history).wait()?;
        if bulk && removed == 0 {
            history.rebuild_rollups().wait()?;
        }
    }
    outcome?;
    import.report.elapsed_ms = options.clock.mono_ms().saturating_sub(started_ms);
    drop(copy);
    Ok(import.report)
}

/// The id to read after: everything up to it has been taken over.
fn start(conn: &Connection, path: &Path, mark: &Mark, options: &Options) -> Result<i64, Error> {
    let failed = |e| sql(path, e);
    let mut statement = conn
        .prepare(&format!("SELECT started FROM {HISTORY} WHERE id = ?1"))
        .map_err(failed)?;
    let mut same = 0;
    for (id, started_s) in &mark.places {
        let found = statement
            .query_row([id], |row| Ok(super::cell::int(row.get_ref(0)?).unwrap_or(0)))
            .optional()
            .map_err(failed)?;
        match found {
            // Deleted in Tautulli since.
            None => {}
            Some(found) if found == *started_s => same += 1,
            Some(_) => {
                let what = format!(
                    "its rows are not those taken over earlier for \"{}\" (row {id} began at another time); \
                     give it a server name of its own with --server",
                    options.server
                );
                return Err(refused(path, &what));
            }
        }
    }
    Ok(if same > 0 { mark.last_id - TAIL } else { ALL })
}

/// Rows to read, and rows that need not be read. Counting meets damage that reading may get past: then it is 0.
fn counts(conn: &Connection, after: i64) -> (u64, u64) {
    let count = |condition: &str| {
        let sql = format!("SELECT count(*) FROM {HISTORY} {condition}");
        let counted = conn.query_row(&sql, [], |row| row.get::<_, i64>(0));
        counted.ok().and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
    };
    let all = count("");
    let new = if after == ALL {
        all
    } else {
        count(&format!("WHERE id > {after}"))
    };
    (new, all.saturating_sub(new))
}

/// Accounts and libraries.
fn about(conn: &Connection, path: &Path, report: &mut Report) -> Result<Taken, Error> {
    let people = people::people(conn, path)?;
    let (sections, machine_id) = people::sections(conn, path)?;
    report.people = people.len() as u64;
    report.libraries = sections.len() as u64;
    Ok(Taken {
        people,
        sections,
        machine_id,
        ..Taken::default()
    })
}

struct Import<'a> {
    history: &'a History,
    options: &'a Options,
    watch: &'a mut dyn Watch,
    report: Report,
    progress: Progress,
    started_ms: u64,
    bulk: bool,
    /// Changes under way, with the rows each deals with.
    waiting: VecDeque<(Pending<Kept>, u64)>,
}

impl Import<'_> {
    fn write(&mut self, chunks: &mpsc::Receiver<Chunk>) -> Result<(), Error> {
        while let Ok(chunk) = chunks.recv() {
            for refusal in chunk.refused {
                self.watch.refused(&refusal);
                self.report.refused += 1;
                if self.report.refusals.len() < REFUSALS_KEPT {
                    self.report.refusals.push(refusal);
                }
            }
            let taken = Taken {
                records: chunk.records,
                reached: chunk.first.into_iter().chain(chunk.last).collect(),
                ..Taken::default()
            };
            self.hand_over(taken, chunk.rows)?;
            if self.report.stopped {
                break;
            }
        }
        while self.settle()? {}
        Ok(())
    }

    fn hand_over(&mut self, taken: Taken, rows: u64) -> Result<(), Error> {
        if self.waiting.len() >= IN_FLIGHT {
            self.settle()?;
        }
        let pending = keep::write(self.history, &self.options.server, taken, self.bulk);
        self.waiting.push_back((pending, rows));
        Ok(())
    }

    /// Waits for the oldest change; false if there is none.
    fn settle(&mut self) -> Result<bool, Error> {
        let Some((pending, rows)) = self.waiting.pop_front() else {
            return Ok(false);
        };
        let kept = pending.wait()?;
        self.report.added += kept.added;
        self.report.known += kept.known;
        self.progress.rows_done += rows;
        self.tell();
        Ok(true)
    }

    fn tell(&mut self) {
        self.progress.elapsed_ms = self.options.clock.mono_ms().saturating_sub(self.started_ms);
        if self.watch.progress(&self.progress).is_break() {
            self.report.stopped = true;
        }
    }
}
