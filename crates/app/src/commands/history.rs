//! `projectionist history …`: looking after what is kept.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ::history::{ExportFormat, History, PrunePolicy, Stats};
use base::Clock;
use base::error::Chain;

use super::run;
use crate::cli::{ExportAs, HistoryAction};
use crate::config::{self, Env, Flags, plain};
use crate::failure::Failure;
use crate::{keeping, output};

pub(super) fn history(flags: &Flags, env: &Env, action: &HistoryAction) -> Result<(), Failure> {
    let config = config::load(flags, env)?.config;
    run::start_log(&config, env);
    if let HistoryAction::Restore { from } = action {
        ::history::restore(&config.data_dir, from).map_err(|e| keeping::failure(&e))?;
        output::line(format!(
            "restored from {}; the old history stands beside it",
            from.display()
        ));
        return Ok(());
    }
    let history = keeping::require(&config)?;
    let done = act(&history, action);
    history.close();
    done
}

fn act(history: &History, action: &HistoryAction) -> Result<(), Failure> {
    let failed = |e: ::history::Error| keeping::failure(&e);
    match action {
        HistoryAction::Stats => output::print(&table(&history.stats().map_err(failed)?)),
        HistoryAction::Prune {
            keep_days,
            thin_after_days,
        } => {
            if keep_days.is_none() && thin_after_days.is_none() {
                return Err(Failure::usage(
                    "nothing to prune: give --keep-days or --thin-after-days",
                ));
            }
            let policy = PrunePolicy {
                now_s: Clock::system().now().as_second(),
                keep_days: *keep_days,
                details_days: *thin_after_days,
                compact: true,
            };
            let report = history.prune(policy).wait().map_err(failed)?;
            let of_managers = managed(report.runs_removed, report.viewings_removed);
            output::line(format!(
                "{} plays{of_managers} dropped, {} thinned; the file went from {} to {} bytes",
                report.plays_removed, report.plays_thinned, report.file_bytes_before, report.file_bytes_after
            ));
        }
        HistoryAction::Export { format, output } => export(history, *format, output.as_deref())?,
        HistoryAction::Backup { to } => {
            history.backup(to).wait().map_err(failed)?;
            output::line(format!("copied to {}", to.display()));
        }
        HistoryAction::Restore { .. } => {}
        HistoryAction::Verify => {
            let report = history.verify().map_err(failed)?;
            for problem in &report.problems {
                output::complain(problem);
            }
            if !report.problems.is_empty() {
                return Err(
                    Failure::failed(format!("the history has {} problems", report.problems.len()))
                        .hint("projectionist history restore FILE puts a backup in its place"),
                );
            }
            let of_managers = managed(report.runs, report.viewings);
            output::line(format!(
                "{} plays{of_managers}, every sum equals a full count",
                report.plays
            ));
        }
    }
    Ok(())
}

fn export(history: &History, format: ExportAs, to: Option<&Path>) -> Result<(), Failure> {
    let format = match format {
        ExportAs::Csv => ExportFormat::Csv,
        ExportAs::Jsonl => ExportFormat::JsonLines,
    };
    let mut out: Box<dyn Write> = match to {
        Some(path) => {
            let file = File::create(path)
                .map_err(|e| Failure::failed(format!("cannot write {}: {}", path.display(), plain(&e))))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    let plays = history
        .export(format, &mut *out)
        .map_err(|e| Failure::failed(Chain(&e).to_string()))?;
    out.flush()
        .map_err(|e| Failure::failed(format!("writing the export: {}", plain(&e))))?;
    if let Some(path) = to {
        output::line(format!("{plays} plays written to {}", path.display()));
    }
    Ok(())
}

/// What belongs to a Dispatcharr, after a number of plays; nothing if there is none.
fn managed(runs: u64, viewings: u64) -> String {
    match (runs, viewings) {
        (0, 0) => String::new(),
        _ => format!(", {runs} runs and {viewings} viewings"),
    }
}

fn table(stats: &Stats) -> String {
    let mut out = String::new();
    let mut row = |what: &str, value: String| {
        let _ = writeln!(out, "{what:<24}{value}");
    };
    row("plays", stats.plays.to_string());
    row("groups", stats.groups.to_string());
    for (origin, plays) in &stats.plays_by_origin {
        row(&format!("  {}", origin.as_str()), plays.to_string());
    }
    row("runs", stats.runs.to_string());
    row("viewings", stats.viewings.to_string());
    row("people", stats.people.to_string());
    row("items", stats.items.to_string());
    row("servers", stats.servers.to_string());
    let moment = |s: Option<i64>| {
        s.and_then(|s| model::Timestamp::from_second(s).ok())
            .map_or_else(|| "-".to_owned(), |t| t.to_string())
    };
    row("oldest start", moment(stats.oldest_s));
    row("newest start", moment(stats.newest_s));
    row("file bytes", stats.file_bytes.to_string());
    row("log bytes", stats.log_bytes.to_string());
    out
}
