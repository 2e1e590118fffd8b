//! `projectionist docs`: the reference, printed from what the program itself follows.

use std::fmt::Write as _;

use clap::{Arg, Command};

use crate::cli::{self, Page};
use crate::config;
use crate::config::schema::At;
use crate::output;

pub(super) fn docs(page: Page) {
    output::print(&match page {
        Page::Config => config::docs::markdown(),
        Page::Cli => command_line(),
        Page::Metrics => export::metrics_markdown(),
        Page::Openapi => web::openapi_json(),
    });
}

const INTRODUCTION: &str = "# Command line

This page is printed by `projectionist docs cli`.

Data goes to standard output, the log and errors to standard error. An error is one line that begins with `error:`,
followed by a line that begins with `hint:` if something can be done about it.

| Exit code | Meaning |
| --- | --- |
| 0 | done; after an orderly stop, too |
| 1 | something outside failed: a port in use, a server that does not answer |
| 64 | the command line makes no sense |
| 78 | the configuration makes no sense |

";

const SETTINGS: &str = "## Flags that set the configuration

`run`, `check`, `login plex`, `healthcheck`, `capture`, `import`, `history`, `collections` and `access` take these, before or after the command's name. They win over
the environment and the [file](configuration.md).

";

/// `docs/reference/command-line.md`.
fn command_line() -> String {
    let command = cli::command();
    let mut out = INTRODUCTION.to_owned();
    let about = |c: &Command| c.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(out, "```text\nprojectionist [FLAGS] [COMMAND]\n```\n");
    for (name, sub) in leaves(&command) {
        let _ = writeln!(out, "- [`{name}`](#{}): {}", anchor(&name), about(sub));
    }
    let _ = writeln!(out, "\n{SETTINGS}{}", flags(&command, sets_configuration));
    for (name, sub) in leaves(&command) {
        let _ = writeln!(out, "## `{name}`\n\n{}\n", about(sub));
        let own = flags(sub, |arg| !sets_configuration(arg));
        if !own.is_empty() {
            let _ = writeln!(out, "{own}");
        }
    }
    format!("{}\n", out.trim_end())
}

/// Every command that does something, by its full name.
fn leaves(command: &Command) -> Vec<(String, &Command)> {
    let mut all = Vec::new();
    for sub in command.get_subcommands() {
        let inner = leaves(sub);
        if inner.is_empty() {
            all.push((sub.get_name().to_owned(), sub));
        }
        all.extend(
            inner
                .into_iter()
                .map(|(name, c)| (format!("{} {name}", sub.get_name()), c)),
        );
    }
    all
}

fn anchor(name: &str) -> String {
    name.replace(' ', "-")
}

fn sets_configuration(arg: &Arg) -> bool {
    arg.get_long()
        .is_some_and(|long| long == "config" || At::of_flag(long).is_some_and(|at| help_is_schemas(arg, at)))
}

/// `demo --listen` is another flag than `run --listen`.
fn help_is_schemas(arg: &Arg, at: At) -> bool {
    arg.get_help()
        .is_some_and(|help| help.to_string().starts_with(at.key().doc))
}

fn flags(command: &Command, wanted: impl Fn(&Arg) -> bool) -> String {
    let mut out = String::new();
    let hidden = ["help", "version"];
    for arg in command
        .get_arguments()
        .filter(|a| wanted(a) && !hidden.contains(&a.get_id().as_str()))
    {
        let value = arg
            .get_value_names()
            .filter(|_| arg.get_action().takes_values())
            .map(|n| format!("<{}>", n.join(" ")));
        let long = arg.get_long().map(|l| format!("--{l}"));
        let name = match (arg.get_short(), long, &value) {
            (Some(short), Some(long), Some(v)) => format!("-{short}, {long} {v}"),
            (None, Some(long), Some(v)) => format!("{long} {v}"),
            (_, Some(long), None) => long,
            (_, None, v) => v.clone().unwrap_or_default(),
        };
        let _ = write!(
            out,
            "- **`{name}`** — {}",
            arg.get_help().map(ToString::to_string).unwrap_or_default()
        );
        let values: Vec<String> = arg.get_possible_values().iter().map(described).collect();
        if !values.is_empty() && arg.get_action().takes_values() {
            let _ = write!(out, " [possible values: {}]", values.join("; "));
        }
        let defaults: Vec<_> = arg
            .get_default_values()
            .iter()
            .map(|v| v.to_string_lossy().into_owned())
            .collect();
        if !defaults.is_empty() && arg.get_action().takes_values() {
            let _ = write!(out, " [default: {}]", defaults.join(" "));
        }
        out.push('\n');
    }
    out
}

fn described(value: &clap::builder::PossibleValue) -> String {
    let help = value.get_help().map(|h| format!(" ({h})")).unwrap_or_default();
    format!("`{}`{help}", value.get_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_is_current() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/reference/command-line.md"
        );
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == command_line(),
            "run: projectionist docs cli > docs/reference/command-line.md"
        );
    }

    #[test]
    fn every_command_and_flag_is_described() {
        let page = command_line();
        for (name, sub) in leaves(&cli::command()) {
            assert!(page.contains(&format!("## `{name}`")), "{name}");
            for arg in sub.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.len() > 5, "{name} {}", arg.get_id());
            }
        }
    }
}
