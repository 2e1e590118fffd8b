//! Killed in the middle, and run again: as if it had run once.

use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base::Clock;
use history::import::tautulli::{self, Options, Progress, Refusal, Watch};
use history::{History, Settings};

use crate::build::{Room, database, household, server};

const DIRECTORY: &str = "IMPORT_TEST_DIRECTORY";

/// Tells of every transaction on a line.
struct Telling;

impl Watch for Telling {
    #[expect(clippy::print_stdout, reason = "the process that kills reads it")]
    fn progress(&mut self, progress: &Progress) -> ControlFlow<()> {
        println!("\nimported {}", progress.rows_done);
        ControlFlow::Continue(())
    }

    fn refused(&mut self, _: &Refusal) {}
}

/// Not a test: the process that is killed.
#[test]
#[ignore = "run by the test below in a process of its own"]
fn importing() {
    let Some(dir) = std::env::var_os(DIRECTORY).map(PathBuf::from) else {
        return;
    };
    let history = History::open(&dir, Settings::default()).unwrap();
    let options = Options {
        chunk_rows: 10,
        ..Options::new(server(), dir.join("scratch"), Clock::system())
    };
    tautulli::run(&history, &dir.join("tautulli.db"), &options, &mut Telling).unwrap();
    history.close();
}

#[test]
fn an_import_killed_anywhere_completes_when_run_again() {
    let plays = household(1200);
    let (whole, _) = Room::with(&plays);
    let whole = whole.plays();
    for lines in [1, 20, 75] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tautulli.db");
        drop(database(&path, &[], &plays));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::importing", "--ignored", "--nocapture"])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        let told = told.lines().map_while(Result::ok);
        let seen = told
            .filter(|line| line.starts_with("imported"))
            .take(lines)
            .count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, lines);
        let history = History::open(dir.path(), Settings::default()).unwrap();
        let room = Room { dir, history };
        let found = room.plays();
        assert!(
            found.len() >= (lines - 1) * 10 && found.len() < 1200,
            "{}",
            found.len()
        );
        assert_eq!(found, whole[..found.len()], "whole transactions, in order");
        let report = room.import(&room.file("tautulli.db")).unwrap();
        assert_eq!(report.added, 1200 - found.len() as u64);
        assert!(report.skipped + 1000 >= found.len() as u64);
        assert_eq!(room.plays(), whole);
    }
}
