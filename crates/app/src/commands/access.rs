//! `projectionist access …`: passwords and keys, for whoever has this machine. Works while Projectionist runs.

use std::fmt::Write as _;
use std::io::Read as _;

use access::{ADMIN, Gate, Scope};
use base::{Clock, Secret};
use jiff::Timestamp;

use super::{block_on, run};
use crate::cli::AccessAction;
use crate::config::{self, Env, Flags, plain};
use crate::failure::Failure;
use crate::{entrance, output};

/// Largest password read; what is longer is refused by its length anyway.
const STDIN_BYTES_MAX: u64 = 64 * 1024;

pub(super) fn access(flags: &Flags, env: &Env, action: &AccessAction) -> Result<(), Failure> {
    let config = config::load(flags, env)?.config;
    run::start_log(&config, env);
    let gate = entrance::load(&config, false, &Clock::system())?;
    match action {
        AccessAction::Password { name } => {
            if name.eq_ignore_ascii_case(ADMIN) && gate.settings().admin_password.is_some() {
                return Err(Failure::config(
                    "the password of admin is set in the configuration ([access] admin_password)",
                )
                .hint("change it there, or remove it there first"));
            }
            let new = password()?;
            block_on(async {
                gate.reset_password(name, new)
                    .await
                    .map_err(|e| entrance::failure(&e))
            })?;
            output::line(format!(
                "the password of {name} is set; every browser that was signed in as {name} has to sign in again"
            ));
            Ok(())
        }
        AccessAction::Key { name, scope } => {
            let scopes = scopes(scope)?;
            let made = block_on(async {
                let made = gate.add_key(name.clone(), scopes).await;
                made.map_err(|e| entrance::failure(&e))
            });
            // The one moment at which it is shown.
            output::line(made?.0.expose());
            Ok(())
        }
        AccessAction::List => {
            output::print(&table(&gate));
            Ok(())
        }
    }
}

fn scopes(words: &[String]) -> Result<Vec<Scope>, Failure> {
    words
        .iter()
        .map(|word| word.parse().map_err(|e: String| Failure::usage(e)))
        .collect()
}

/// All of standard input, without the end of the line.
fn password() -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(STDIN_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|e| Failure::failed(format!("reading the password: {}", plain(&e))))?;
    let password = Secret::new(&text);
    if password.is_empty() {
        return Err(Failure::usage("there is no password on standard input")
            .hint("projectionist access password < FILE, or type it and end with Ctrl-D"));
    }
    Ok(password)
}

fn table(gate: &Gate) -> String {
    let mut out = String::new();
    let moment = |at_s: Option<i64>| {
        at_s.and_then(|s| Timestamp::from_second(s).ok())
            .map_or_else(|| "-".to_owned(), |t| t.to_string())
    };
    let mut row = |kind: &str, name: &str, what: &str, made: String, last: String| {
        let _ = writeln!(out, "{kind:<10}{name:<24}{what:<24}{made:<22}{last}");
    };
    row("", "NAME", "MAY", "MADE".to_owned(), "LAST SEEN".to_owned());
    for account in gate.accounts() {
        let (made, seen) = (moment(Some(account.created_at_s)), moment(account.last_seen_at_s));
        row("account", &account.name, account.role.as_str(), made, seen);
    }
    for key in gate.keys() {
        let scopes: Vec<_> = key.scopes.iter().map(|s| s.as_str()).collect();
        let (made, used) = (moment(Some(key.created_at_s)), moment(key.last_used_at_s));
        row("key", &key.name, &scopes.join(","), made, used);
    }
    out
}
