//! `projectionist login plex`: from a person to a token in a file.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use base::Secret;
use sources::plex::TvConfig;
use sources::plex::tv::{self, Found, TvError};

use super::{block_on, run};
use crate::cli::LoginPlex;
use crate::config::{self, Env, Flags, SAVED_TOKEN, plain};
use crate::failure::Failure;
use crate::{installation, output};

pub(super) fn plex(flags: &Flags, env: &Env, args: &LoginPlex) -> Result<(), Failure> {
    let mut config = config::load(flags, env)?.config;
    run::start_log(&config, env);
    if config.plex_tv.client_id.is_empty() {
        installation::id(&config.data_dir)
            .expose()
            .clone_into(&mut config.plex_tv.client_id);
    }
    let default_file = config.data_dir.join(SAVED_TOKEN);
    let file = args.output.clone().unwrap_or_else(|| default_file.clone());
    let tv = config.plex_tv;
    block_on(async {
        let token = match &args.user {
            Some(user) => with_password(&tv, user, args.code.as_deref()).await?,
            None => with_browser(&tv).await?,
        };
        let name = tv::user_name(&tv, &token).await.map_err(|e| refused(&e))?;
        installation::write_private(&file, token.expose()).map_err(|e| {
            Failure::failed(format!("cannot write {}: {}", file.display(), plain(&e)))
                .hint("name another file with --output")
        })?;
        output::line(format!(
            "Signed in as {name}. The token is in {}, readable only for you.",
            file.display()
        ));
        if args.show_token {
            output::line(token.expose());
        }
        let servers = tv::servers(&tv, &token).await.map_err(|e| refused(&e))?;
        output::print(&next_steps(
            &servers,
            (file != default_file).then_some(file.as_path()),
        ));
        Ok(())
    })
}

fn refused(e: &TvError) -> Failure {
    Failure::chain(e).maybe_hint(e.hint())
}

async fn with_browser(tv: &TvConfig) -> Result<Secret, Failure> {
    let pin = tv::start_pin(tv).await.map_err(|e| refused(&e))?;
    output::line("Open this link in a browser and allow Projectionist to use the account:\n");
    output::line(format!("  {}\n", pin.auth_url()));
    let minutes = pin.life().as_secs().div_ceil(60);
    output::line(format!(
        "The code is {}; it is good for {minutes} minutes. Waiting …",
        pin.code()
    ));
    tv::await_pin(tv, &pin).await.map_err(|e| refused(&e))
}

async fn with_password(tv: &TvConfig, user: &str, code: Option<&str>) -> Result<Secret, Failure> {
    let password = Secret::new(&ask(&format!("Password of {user}"), true)?);
    if password.is_empty() {
        return Err(Failure::usage("the password is empty").hint("it is read from standard input"));
    }
    match tv::sign_in(tv, user, &password, code).await {
        Err(TvError::CodeNeeded) if std::io::stdin().is_terminal() => {
            let code = ask("Verification code", false)?;
            tv::sign_in(tv, user, &password, Some(&code))
                .await
                .map_err(|e| refused(&e))
        }
        Err(e @ TvError::CodeNeeded) => {
            Err(refused(&e).hint("add --code with the code your authenticator shows"))
        }
        outcome => outcome.map_err(|e| refused(&e)),
    }
}

/// A line from standard input; on a terminal with a prompt, and without echo if it is `secret`.
fn ask(what: &str, secret: bool) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let _quiet = stdin.is_terminal().then(|| {
        output::complain(&format!("{what}:"));
        secret.then(Quiet::new)
    });
    let mut line = String::new();
    stdin
        .lock()
        .read_line(&mut line)
        .map_err(|e| Failure::chain(&e))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed, as long as it lives. Where there is no `stty` it does.
struct Quiet;

impl Quiet {
    fn new() -> Self {
        Self::stty("-echo");
        Self
    }

    fn stty(word: &str) {
        let _ = std::process::Command::new("stty").arg(word).status();
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        Self::stty("echo");
    }
}

/// The account's servers, and what to write into the configuration to watch those it owns. `file`: where the token
/// is, unless it will be found by itself.
fn next_steps(servers: &[Found], file: Option<&Path>) -> String {
    let mut out = String::new();
    let (owned, others): (Vec<&Found>, Vec<&Found>) = servers.iter().partition(|s| s.owned);
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|s| quoted(&s.name)).collect();
        let _ = write!(
            out,
            "\nShared with this account, but only their owners see all sessions: {}\n",
            names.join(", ")
        );
    }
    if owned.is_empty() {
        return out + "\nThe account owns no server. Sign in with the account that does.\n";
    }
    out += "\nTo watch the account's servers, write this into projectionist.toml:\n";
    if let Some(file) = file {
        let file: PathBuf = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let _ = write!(
            out,
            "\n[plex_tv]\ntoken_file = {}\n",
            quoted(&file.display().to_string())
        );
    }
    for server in &owned {
        let _ = write!(out, "\n[[plex]]\nname = {}\n", quoted(&server.name));
        if owned
            .iter()
            .filter(|s| s.name.to_lowercase() == server.name.to_lowercase())
            .count()
            > 1
        {
            let short: String = server.machine_id.chars().take(6).collect();
            let id = quoted(&format!("{} {short}", server.name));
            let _ = write!(out, "id = {id}\nmachine_id = {}\n", quoted(&server.machine_id));
        }
    }
    out
}

/// As a TOML text.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, machine_id: &str, owned: bool) -> Found {
        Found {
            name: name.into(),
            machine_id: machine_id.into(),
            version: None,
            owned,
            access_token: Some(Secret::new("s3cret")),
            public_address_matches: false,
            https_required: false,
            connections: Vec::new(),
        }
    }

    #[test]
    fn the_snippet_is_toml_and_names_every_owned_server() {
        let servers = [
            server("Attic \"2\"", "m1", true),
            server("Shed", "aaaaaaaa", true),
            server("shed", "bbbbbbbb", true),
        ];
        let text = next_steps(&servers, Some(Path::new("/t")));
        let (_, snippet) = text.split_once("projectionist.toml:\n").unwrap();
        let table: toml::Table = snippet.parse().unwrap();
        assert_eq!(table["plex"][0]["name"].as_str(), Some("Attic \"2\""));
        assert!(table["plex"][0].get("machine_id").is_none());
        assert_eq!(table["plex"][2]["machine_id"].as_str(), Some("bbbbbbbb"));
        assert_ne!(table["plex"][1]["id"], table["plex"][2]["id"]);
        assert_eq!(table["plex_tv"]["token_file"].as_str(), Some("/t"));
        assert!(!text.contains("s3cret"));
    }

    #[test]
    fn somebody_elses_server_is_told_apart() {
        let text = next_steps(&[server("Bob's", "m", false)], None);
        assert!(
            text.contains("only their owners see all sessions: \"Bob's\"") && text.contains("owns no server")
        );
    }
}
