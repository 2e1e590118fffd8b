//! What each command does.

mod access;
mod capture;
mod check;
mod collections;
mod config;
mod demo;
mod docs;
mod healthcheck;
mod history;
mod import;
mod login;
mod run;
mod simulate;

use std::future::Future;

use crate::cli::{Cli, Collections, Command, Config, Import, Login, Settings};
use crate::config::{Env, Flags};
use crate::failure::Failure;

/// Threads for what blocks, which is looking up host names.
const BLOCKING_THREADS: usize = 16;

pub(crate) fn dispatch(cli: Cli, env: &Env) -> Result<(), Failure> {
    let before = cli.settings;
    let flags = |own: &Settings| -> Flags { own.after(&before) };
    match cli.command {
        None => run::run(&flags(&Settings::default()), env),
        Some(Command::Run(settings)) => run::run(&flags(&settings), env),
        Some(Command::Check(check)) => check::check(&flags(&check.settings), env, check.print),
        Some(Command::Login(Login::Plex(login))) => login::plex(&flags(&login.settings), env, &login),
        Some(Command::Healthcheck(health)) => {
            healthcheck::healthcheck(&flags(&health.settings), env, health.url.as_deref())
        }
        Some(Command::Capture(capture)) => capture::capture(&flags(&capture.settings), env, &capture),
        Some(Command::Demo(demo)) => unconfigured("demo", &before).and_then(|()| demo::demo(&demo, env)),
        Some(Command::Simulate(simulate)) => {
            unconfigured("simulate", &before).and_then(|()| simulate::simulate(&simulate))
        }
        Some(Command::Access(own)) => access::access(&flags(&own.settings), env, &own.action),
        Some(Command::History(own)) => history::history(&flags(&own.settings), env, &own.action),
        Some(Command::Collections(command)) => {
            let Collections::Collect(own) = &command;
            collections::collections(&flags(&own.settings), env, &command)
        }
        Some(Command::Import(Import::Tautulli(own))) => import::tautulli(&flags(&own.settings), env, &own),
        Some(Command::Config(Config::Convert(convert))) => {
            unconfigured("config convert", &before).and_then(|()| config::convert(&convert, env))
        }
        Some(Command::Docs(docs)) => unconfigured("docs", &before).map(|()| docs::docs(docs.page)),
    }
}

/// Commands that read no configuration refuse its flags instead of ignoring them.
fn unconfigured(command: &str, before: &Settings) -> Result<(), Failure> {
    if before.is_empty() {
        return Ok(());
    }
    let message =
        format!("{command} reads no configuration, so flags that set it have no place before its name");
    Err(Failure::usage(message).hint(format!("projectionist {command} --help lists its own flags")))
}

/// Runs `work` on this thread. The product is mostly waiting, and one thread costs least when idle.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(|e| Failure::chain(&e))?;
    let outcome = runtime.block_on(work);
    // A name being looked up must not hold up the end.
    runtime.shutdown_background();
    outcome
}
