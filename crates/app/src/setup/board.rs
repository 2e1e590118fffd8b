//! What is imported, and what was, for a page that asks now and then. It outlives a change of the configuration.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{Clock, Kind};
use history::import::tautulli::{Progress, Report};
use web::setup::{Import, ImportState, SetupError, Time};

use crate::failure::one_line;

/// Imports that are remembered; beyond it the oldest that is over goes.
const KEPT: usize = 20;

/// What stands on the line of an import that was given up when the process, or its configuration, ended.
const INTERRUPTED: &str = "interrupted; what came is kept, begin it again for the rest";

/// And on that of one in which the program failed.
const BROKE_OFF: &str = "it broke off by an error of this program; the log says more";

/// Every import since the process started. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Board(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    clock: Clock,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    begun: u64,
    /// The newest first.
    all: VecDeque<Line>,
}

#[derive(Debug)]
struct Line {
    import: Import,
    /// Asked for here, and not by the configuration: only one of them runs at a time.
    wanted: bool,
    /// Bytes that have arrived, counted by who fetches them.
    downloaded: Option<Arc<AtomicU64>>,
}

impl Board {
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Inside {
            clock,
            lines: Mutex::default(),
        }))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest first.
    pub(crate) fn all(&self) -> Vec<Import> {
        let lines = self.lines();
        let shown = |line: &Line| {
            let bytes = line.downloaded.as_ref().map(|n| n.load(Ordering::Relaxed));
            Import {
                downloaded_bytes: bytes.filter(|n| *n > 0),
                ..line.import.clone()
            }
        };
        lines.all.iter().map(shown).collect()
    }

    /// An import that somebody asked for begins; refused while another one runs.
    pub(crate) fn begin(&self, server: &str, source: &str) -> Result<Entry, SetupError> {
        let mut lines = self.lines();
        if lines
            .all
            .iter()
            .any(|l| l.wanted && l.import.state == ImportState::Running)
        {
            return Err(SetupError::new(Kind::RateLimited, "another import runs"));
        }
        Ok(self.add(&mut lines, server, source, true))
    }

    /// The history of a configured Tautulli begins to come.
    pub(crate) fn follow(&self, server: &str, source: &str) -> Entry {
        self.add(&mut self.lines(), server, source, false)
    }

    fn add(&self, lines: &mut Lines, server: &str, source: &str, wanted: bool) -> Entry {
        lines.begun += 1;
        let id = lines.begun.to_string();
        lines.all.push_front(Line {
            import: Import {
                id: id.clone(),
                server: server.to_owned(),
                source: source.to_owned(),
                state: ImportState::Running,
                rows_done: 0,
                rows_total: None,
                downloaded_bytes: None,
                added: 0,
                known: 0,
                refused: 0,
                message: None,
                started_at: Time(self.0.clock.now()),
                ended_at: None,
            },
            wanted,
            downloaded: None,
        });
        if lines.all.len() > KEPT
            && let Some(n) = lines
                .all
                .iter()
                .rposition(|l| l.import.state != ImportState::Running)
        {
            lines.all.remove(n);
        }
        Entry(Arc::new(Own {
            board: self.clone(),
            id,
        }))
    }

    /// Everything that runs has been stopped from outside.
    pub(crate) fn interrupt(&self) {
        let mut lines = self.lines();
        for line in &mut lines.all {
            if line.import.state == ImportState::Running {
                line.import.state = ImportState::Failed;
                line.import.message = Some(INTERRUPTED.to_owned());
                line.import.ended_at = Some(Time(self.0.clock.now()));
            }
        }
    }
}

/// One line of the board. Cheap to clone; the line ends with the last of them, if nobody has ended it before.
#[derive(Clone, Debug)]
pub(crate) struct Entry(Arc<Own>);

#[derive(Debug)]
struct Own {
    board: Board,
    id: String,
}

impl Drop for Own {
    fn drop(&mut self) {
        let why = if std::thread::panicking() {
            BROKE_OFF
        } else {
            INTERRUPTED
        };
        self.end(Err(why));
    }
}

impl Own {
    fn change(&self, change: impl FnOnce(&mut Line)) {
        let mut lines = self.board.lines();
        if let Some(line) = lines.all.iter_mut().find(|l| l.import.id == self.id) {
            change(line);
        }
    }

    fn end(&self, outcome: Result<(), &str>) {
        let now = Time(self.board.0.clock.now());
        self.change(|line| {
            let import = &mut line.import;
            if import.state != ImportState::Running {
                return;
            }
            import.ended_at = Some(now);
            match outcome {
                Ok(()) => {
                    import.state = ImportState::Done;
                    import.rows_done = import.rows_total.unwrap_or(import.rows_done);
                }
                Err(why) => {
                    import.state = ImportState::Failed;
                    import.message = Some(one_line(why));
                }
            }
        });
    }
}

impl Entry {
    fn change(&self, change: impl FnOnce(&mut Line)) {
        self.0.change(change);
    }

    /// As it stands now. Forgotten ones are over long since.
    pub(crate) fn shown(&self) -> Option<Import> {
        let all = self.0.board.all();
        all.into_iter().find(|import| import.id == self.0.id)
    }

    pub(crate) fn counts_bytes(&self, downloaded: Arc<AtomicU64>) {
        self.change(|line| line.downloaded = Some(downloaded));
    }

    pub(crate) fn progress(&self, progress: &Progress) {
        self.change(|line| {
            line.import.rows_done = progress.rows_done;
            line.import.rows_total = (progress.rows_total > 0).then_some(progress.rows_total);
        });
    }

    /// A part of it is in.
    pub(crate) fn part(&self, report: &Report) {
        self.change(|line| {
            line.import.added += report.added;
            line.import.known += report.known + report.skipped;
            line.import.refused += report.refused;
        });
    }

    /// It is over: all is in, or it failed for this reason.
    pub(crate) fn end(&self, outcome: Result<(), &str>) {
        self.0.end(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::new(Clock::manual("2026-01-01T00:00:00Z".parse().unwrap()))
    }

    #[test]
    fn one_that_was_asked_for_runs_at_a_time() {
        let board = board();
        let configured = board.follow("attic", "http://a");
        let first = board.begin("attic", "file").unwrap();
        assert_eq!(board.begin("attic", "file").unwrap_err().kind, Kind::RateLimited);
        first.progress(&Progress {
            rows_done: 3,
            rows_total: 10,
            ..Progress::default()
        });
        first.part(&Report {
            added: 2,
            known: 1,
            skipped: 4,
            refused: 3,
            ..Report::default()
        });
        let shown = first.shown().unwrap();
        assert_eq!(
            (
                shown.rows_done,
                shown.rows_total,
                shown.added,
                shown.known,
                shown.refused
            ),
            (3, Some(10), 2, 5, 3)
        );
        first.end(Ok(()));
        let shown = first.shown().unwrap();
        assert_eq!((shown.state, shown.rows_done), (ImportState::Done, 10));
        let second = board.begin("shed", "file").unwrap();
        second.end(Err("no\nway"));
        assert_eq!(second.shown().unwrap().message.as_deref(), Some("no way"));
        board.interrupt();
        assert_eq!(configured.shown().unwrap().state, ImportState::Failed);
        assert_eq!(first.shown().unwrap().state, ImportState::Done);
        // What was interrupted stays so, whatever its remains still say.
        configured.end(Ok(()));
        assert_eq!(configured.shown().unwrap().state, ImportState::Failed);
    }

    #[test]
    fn a_line_ends_with_whoever_works_at_it() {
        let board = board();
        let entry = board.begin("attic", "file").unwrap();
        let beside = entry.clone();
        drop(entry);
        assert_eq!(beside.shown().unwrap().state, ImportState::Running);
        drop(beside);
        let newest = board.all().remove(0);
        assert_eq!(
            (newest.state, newest.message.as_deref()),
            (ImportState::Failed, Some(INTERRUPTED))
        );
        assert!(newest.ended_at.is_some());
        let entry = board.begin("attic", "file").expect("the one before is over");
        let broken = std::thread::spawn(move || {
            let _of_this_thread = entry;
            panic!("as a fault would");
        });
        assert!(broken.join().is_err());
        assert_eq!(board.all()[0].message.as_deref(), Some(BROKE_OFF));
        // What was ended stays as it is.
        board.begin("attic", "file").unwrap().end(Ok(()));
        assert_eq!(board.all()[0].state, ImportState::Done);
    }

    #[test]
    fn old_ones_are_forgotten_and_running_ones_never() {
        let board = board();
        let running = board.follow("attic", "http://a");
        for _ in 0..2 * KEPT {
            board.begin("attic", "file").unwrap().end(Ok(()));
        }
        assert_eq!(board.all().len(), KEPT);
        assert!(running.shown().is_some());
        assert_eq!(board.all()[0].id, (2 * KEPT + 1).to_string());
    }
}
