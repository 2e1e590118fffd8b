//! Development commands. `cargo xtask help` lists them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod captures;
mod figures;
mod needs;
mod test;
mod tidy;
mod ui;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  test             install what the tests need, then check, lint and test everything
  ui               the dashboard's part of it alone: types, rules, weight, and pages in a real browser
  screenshots      pictures of every page into docs/img
  tidy             the house rules no compiler checks: arrows between crates, file lengths, stray notes
  captures DIR     decode every recorded Plex payload below DIR and say what was left out
  figures [SECS]   measure the release binary against the simulator and print the table of the README
  history-figures [ROWS]
                   measure a history of a million plays, or ROWS, and print the table of the guide
  needs            install (as root) or name the programs the tests use";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["test"] => test::run(),
        ["ui"] => ui::test(),
        ["screenshots"] => ui::screenshots(),
        ["tidy"] => tidy::run(),
        ["captures", dir] => captures::run(Path::new(dir)),
        ["figures"] => figures::run(30),
        ["figures", seconds] => seconds.parse().context("SECS is a number").and_then(figures::run),
        ["history-figures"] => figures::history(1_000_000),
        ["history-figures", rows] => rows
            .parse()
            .context("ROWS is a number")
            .and_then(figures::history),
        ["needs"] => needs::install().map(|_| ()),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("unknown command\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Runs a command in the root folder, its output shown, and fails if it does.
fn run(program: &str, args: &[&str]) -> Result<()> {
    eprintln!("$ {program} {}", args.join(" "));
    let status = Command::new(program).args(args).current_dir(root()).status();
    let status = status.with_context(|| format!("starting {program}"))?;
    if !status.success() {
        bail!("{program} {} failed ({status})", args.join(" "));
    }
    Ok(())
}
