//! A second process: this test binary once more, told by its environment what to do.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use history::{History, Settings};
use model::{Record, Scalar};

use crate::build::{item, record};

const DIR: &str = "HISTORY_TEST_DIR";
const TASK: &str = "HISTORY_TEST_TASK";

/// A running second process and what it prints.
pub(crate) struct Second {
    pub(crate) process: Child,
    pub(crate) lines: BufReader<ChildStdout>,
}

impl Second {
    pub(crate) fn start(task: &str, dir: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::second_process", "--ignored", "--nocapture"])
            .env(DIR, dir)
            .env(TASK, task)
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// The next line of ours; none at the end. Lines of the test harness are skipped.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // A line that was cut off was never said.
            if let Some(ours) = line.split_once("> ").filter(|_| line.ends_with('\n')) {
                return Some(ours.1.trim_end().to_owned());
            }
        }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
#[ignore = "run by other tests as their second process"]
fn second_process() {
    let (Some(dir), Some(task)) = (std::env::var_os(DIR), std::env::var_os(TASK)) else {
        return;
    };
    let history = History::open(&PathBuf::from(dir), Settings::default()).unwrap();
    println!("> open");
    if task == "write" {
        write(&history);
    }
    // Until the first process is done with us.
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

#[expect(clippy::print_stdout, reason = "what it says is read by the first process")]
/// Writes plays for ever, saying which ones are kept.
fn write(history: &History) {
    let from = i64::try_from(history.columns().len()).unwrap();
    for n in (from..).step_by(3) {
        // One play, then two in one change.
        for some in [vec![play(n)], vec![play(n + 1), play(n + 2)]] {
            let plays = some.clone();
            let change =
                history.change(move |txn| plays.iter().map(|r| txn.add(r)).collect::<Result<Vec<_>, _>>());
            let added = change.wait().unwrap();
            for (play, added) in some.iter().zip(added) {
                println!("> {} {}", play.origin_key, added.id);
            }
        }
    }
}

/// Now and then a long one, so that the log is folded into the file while plays are written.
fn play(n: i64) -> Record {
    let mut item = item(n % 20);
    if n % 4 == 0 {
        let long = Scalar::Text(n.to_string().repeat(10_000).into());
        item.extra.insert("summary".into(), long);
    }
    Record {
        item: Arc::new(item),
        ..record(n)
    }
}
