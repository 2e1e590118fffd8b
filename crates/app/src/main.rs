//! Projectionist: watches Plex servers, serves what it sees.
//!
//! Invariant: `app` is the only room that reads the environment, files and arguments, and the only one that knows
//! all others. It holds no rule of the domain.

mod additions;
mod address;
mod catalog;
mod checks;
mod cli;
mod collections;
mod commands;
mod config;
mod discovery;
mod entrance;
mod failure;
mod growth;
mod installation;
mod keeping;
mod listen;
mod load;
mod logging;
mod output;
mod pictures;
mod places;
mod recorder;
mod sending;
mod setup;
mod signals;
mod tautulli_sync;
mod watching;
mod wiring;

use std::process::ExitCode;

use config::Env;

fn main() -> ExitCode {
    // What is not UTF-8 can be none of ours.
    let variables =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let env = Env::new(variables);
    let outcome = cli::parse(std::env::args_os()).and_then(|parsed| match parsed {
        cli::Parsed::Text(text) => {
            output::print(&text);
            Ok(())
        }
        cli::Parsed::Cli(cli) => commands::dispatch(*cli, &env),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::from(failure.exit as u8)
        }
    }
}
