//! `projectionist import tautulli`: a Tautulli's history becomes ours.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{Clock, Secret};
use history::History;
use history::import::tautulli::{self as import, Options, Progress, Refusal, Report, Watch};
use sources::tautulli::Config as Source;

use super::{block_on, run};
use crate::cli;
use crate::config::{self, Config, Env, Flags, plain};
use crate::failure::{Failure, one_line};
use crate::tautulli_sync::{self, Keeper};
use crate::{keeping, output};

/// Holds the API key, for those who do not want a file.
const KEY_VARIABLE: &str = "TAUTULLI_API_KEY";

/// Refused rows that are printed; the rest is counted.
const REFUSED_SHOWN: usize = 20;

/// Between two lines about the progress: on a terminal one line is written over and over.
const TELL_EVERY_MS: u64 = 5000;
const DRAW_EVERY_MS: u64 = 100;

pub(super) fn tautulli(flags: &Flags, env: &Env, args: &cli::ImportTautulli) -> Result<(), Failure> {
    let config = config::load(flags, env)?.config;
    run::start_log(&config, env);
    let server = config.tautulli_server(args.server.as_deref());
    let clock = Clock::system();
    let teller = Shared::new(args.refused.as_deref(), clock.clone())?;
    let key = if is_address(&args.from) {
        Some(key(&config, env, args)?)
    } else {
        None
    };
    let history = keeping::require(&config).map_err(running)?;
    let keeper = Keeper {
        options: Options::new(server, &config.data_dir, clock),
        history: history.clone(),
        watch: teller.clone(),
    };
    let imported = match key {
        Some(key) => from_address(&args.from, key, &keeper),
        None => from_file(Path::new(&args.from), &keeper),
    };
    teller.end_line();
    let report = imported?;
    tell(&args.from, &report, &teller, &history);
    history.close();
    teller.finish()
}

/// Where a history is in use, its Projectionist can do the work itself.
fn running(failure: Failure) -> Failure {
    if failure.message.contains("another process holds") {
        return failure.hint(
            "stop the Projectionist that runs there for the import, or give it a [[tautulli]] table: then it takes \
             the history over itself",
        );
    }
    failure
}

fn is_address(from: &str) -> bool {
    from.starts_with("http://") || from.starts_with("https://")
}

fn key(config: &Config, env: &Env, args: &cli::ImportTautulli) -> Result<Secret, Failure> {
    if let Some(path) = &args.api_key_file {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::usage(format!("cannot read {}: {}", path.display(), plain(&e))))?;
        return Ok(Secret::new(&text));
    }
    if let Some(key) = env.get(KEY_VARIABLE) {
        return Ok(Secret::new(key));
    }
    let same = |url: &str| url.trim_end_matches('/') == args.from.trim_end_matches('/');
    let configured = config.tautulli.iter().find(|t| same(&t.url));
    configured.and_then(|t| t.api_key.clone()).ok_or_else(|| {
        Failure::usage("an address needs Tautulli's API key").hint(format!(
            "give the file that holds it with --api-key-file, or set {KEY_VARIABLE}; the key stands in Tautulli's \
             settings under Web Interface"
        ))
    })
}

fn from_file(path: &Path, keeper: &Keeper<Shared>) -> Result<Report, Failure> {
    let mut watch = keeper.watch.clone();
    import::run(&keeper.history, path, &keeper.options, &mut watch).map_err(|e| {
        let hint = (!path.exists() && path.to_string_lossy().contains(':'))
            .then(|| "an address begins with http:// or https://".to_owned());
        Failure::chain(&e).maybe_hint(hint)
    })
}

fn from_address(url: &str, key: Secret, keeper: &Keeper<Shared>) -> Result<Report, Failure> {
    let source = Source {
        api_key: Some(key),
        ..Source::new(url, keeper.options.server.clone(), keeper.options.scratch.clone())
    };
    block_on(tautulli_sync::take_over(&source, keeper, |bytes| {
        keeper.watch.downloaded(bytes);
    }))
}

fn tell(from: &str, report: &Report, teller: &Shared, history: &History) {
    let version = report
        .version
        .as_deref()
        .map(|v| format!(", Tautulli {v}"))
        .unwrap_or_default();
    let seconds = Duration::from_millis(report.elapsed_ms).as_secs_f64();
    let from = if is_address(from) {
        from.split(['?', '#']).next().unwrap_or(from)
    } else {
        from
    };
    output::line(one_line(&format!("imported {from}{version} in {seconds:.1} s")));
    output::line(format!("  added      {}", report.added));
    output::line(format!("  known      {}", report.known + report.skipped));
    output::line(format!("  refused    {}", report.refused));
    output::line(format!("  people     {}", report.people));
    output::line(format!("  libraries  {}", report.libraries));
    output::line(format!("  plays now  {}", history.columns().len()));
    teller.refusals(report.refused);
}

/// Shows progress and collects what was refused. Imports run on another thread than downloads, hence shared.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Teller>>);

#[derive(Debug)]
struct Teller {
    clock: Clock,
    /// Standard error is looked at by somebody.
    terminal: bool,
    told_ms: u64,
    rows_come: bool,
    /// A line without an end stands on the terminal.
    open_line: bool,
    refused: Vec<String>,
    file: Option<(BufWriter<File>, PathBuf)>,
    failed: Option<std::io::Error>,
}

impl Shared {
    fn new(refused: Option<&Path>, clock: Clock) -> Result<Self, Failure> {
        let file = match refused {
            None => None,
            Some(path) => {
                let made = File::create(path).map_err(|e| {
                    Failure::failed(format!("cannot write {}: {}", path.display(), plain(&e)))
                })?;
                Some((BufWriter::new(made), path.to_owned()))
            }
        };
        Ok(Self(Arc::new(Mutex::new(Teller {
            told_ms: clock.mono_ms(),
            clock,
            terminal: std::io::stderr().is_terminal(),
            rows_come: false,
            open_line: false,
            refused: Vec::new(),
            file,
            failed: None,
        }))))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Teller) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn downloaded(&self, bytes: u64) {
        if bytes > 0 {
            self.with(|t| {
                // Once rows come, they are what is told.
                if !t.rows_come {
                    t.show(false, &format!("{} MB downloaded", bytes >> 20));
                }
            });
        }
    }

    fn end_line(&self) {
        self.with(|t| {
            if std::mem::take(&mut t.open_line) {
                output::complain("");
            }
        });
    }

    fn refusals(&self, count: u64) {
        self.with(|t| {
            for line in &t.refused {
                output::line(format!("refused {line}"));
            }
            let more = count.saturating_sub(t.refused.len() as u64);
            if more > 0 {
                let hint = if t.file.is_none() {
                    "; --refused FILE writes them all"
                } else {
                    ""
                };
                output::line(format!("and {more} more{hint}"));
            }
        });
    }

    /// Writes out the file of refused rows.
    fn finish(&self) -> Result<(), Failure> {
        self.with(|t| {
            let Some((file, path)) = &mut t.file else {
                return Ok(());
            };
            let flushed = file.flush();
            let outcome = t.failed.take().map_or(flushed, Err);
            outcome.map_err(|e| Failure::failed(format!("cannot write {}: {}", path.display(), plain(&e))))
        })
    }
}

impl Teller {
    fn show(&mut self, at_once: bool, text: &str) {
        let now_ms = self.clock.mono_ms();
        let every_ms = if self.terminal {
            DRAW_EVERY_MS
        } else {
            TELL_EVERY_MS
        };
        if !at_once && now_ms.saturating_sub(self.told_ms) < every_ms {
            return;
        }
        self.told_ms = now_ms;
        if self.terminal {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[K{text}").and_then(|()| err.flush());
            self.open_line = true;
        } else {
            output::complain(text);
        }
    }
}

impl Watch for Shared {
    fn progress(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.with(|t| {
            t.rows_come = true;
            let done = progress.rows_total > 0 && progress.rows_done >= progress.rows_total;
            t.show(progress.finishing, &line(progress, done));
        });
        ControlFlow::Continue(())
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.with(|t| {
            let text = one_line(&refusal.to_string());
            if let Some((file, _)) = &mut t.file
                && let Err(e) = writeln!(file, "{text}")
            {
                t.failed.get_or_insert(e);
            }
            if t.refused.len() < REFUSED_SHOWN {
                t.refused.push(text);
            }
        });
    }
}

/// `[#####.....]  52 %  520,000 of 1,000,000 rows, 48,000 rows/s, 10 s left`.
fn line(progress: &Progress, done: bool) -> String {
    const WIDTH: u64 = 24;
    if progress.finishing {
        return "all rows are in; making the sums".to_owned();
    }
    let (rows, total) = (progress.rows_done, progress.rows_total.max(progress.rows_done));
    let part = |of: u64| rows.saturating_mul(of).checked_div(total).unwrap_or(of);
    let filled = usize::try_from(part(WIDTH)).unwrap_or(0);
    let bar: String = (0..usize::try_from(WIDTH).unwrap_or(0))
        .map(|n| if n < filled { '#' } else { '.' })
        .collect();
    let rate = match progress.rows_per_s() {
        rate if rate > 0.0 => format!(", {} rows/s", rate.round()),
        _ => String::new(),
    };
    let left = match progress.left_s() {
        Some(left) if !done => format!(", {} s left", left.ceil()),
        _ => String::new(),
    };
    format!("[{bar}] {:>3} %  {rows} of {total} rows{rate}{left}", part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_bar_a_rate_and_the_time_left() {
        let progress = |rows_done, rows_total, elapsed_ms| Progress {
            rows_done,
            rows_total,
            elapsed_ms,
            finishing: false,
        };
        for (progress, done, expected) in [
            (
                progress(0, 1000, 0),
                false,
                "[........................]   0 %  0 of 1000 rows",
            ),
            (
                progress(500, 1000, 1000),
                false,
                "[############............]  50 %  500 of 1000 rows, 500 rows/s, 1 s left",
            ),
            (
                progress(1000, 1000, 4000),
                true,
                "[########################] 100 %  1000 of 1000 rows, 250 rows/s",
            ),
            (
                progress(0, 0, 5),
                false,
                "[########################] 100 %  0 of 0 rows",
            ),
            (
                progress(7, 0, 0),
                false,
                "[########################] 100 %  7 of 7 rows",
            ),
        ] {
            assert_eq!(line(&progress, done), expected);
        }
    }

    #[test]
    fn addresses_are_told_from_files() {
        for (from, expected) in [
            ("http://attic:8181", true),
            ("https://example.org/tautulli", true),
            ("tautulli.db", false),
            ("/config/tautulli.db", false),
            ("C:\\tautulli.db", false),
        ] {
            assert_eq!(is_address(from), expected, "{from}");
        }
    }
}
