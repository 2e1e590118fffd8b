//! Writing what a person typed into the configuration.

use base::Kind;
use toml::Table;
use web::setup::{Answered, Entry, Save, Saved, SetupError, Target};

use super::{Service, WAITING_MAX, entries, lock, refusal};
use crate::config::{self, Config, Loaded, Origin, SAVED_TOKEN, plain, without_secrets, write};
use crate::failure::Failure;
use crate::installation;

/// The configuration that `entry` would be alone. What a Tautulli's plays are filed under is decided by `standing`.
pub(super) fn alone(target: Target, entry: &Entry, standing: &Config) -> Result<Config, Failure> {
    let mut table = entries::table(target, entry);
    if table.is_empty() {
        return Err(Failure::config("there is no address").hint("type the address, or sign in"));
    }
    if target == Target::Tautulli && !table.contains_key("server") {
        let server = standing.tautulli_server(None);
        table.insert("server".to_owned(), server.as_str().into());
    }
    let mut root = Table::new();
    write::put(&mut root, target.table(), table);
    write::typed(&root.to_string(), &standing.data_dir)
}

/// Writes the file, and the token of the account if one signed in. Nothing is written unless all of it can be used.
/// Blocks.
pub(super) fn save(service: &Service, wanted: &Save) -> Answered<Saved> {
    let desk = &service.desk;
    let _one_at_a_time = lock(&desk.0.saving);
    let forbidden = |why: String| SetupError::new(Kind::Forbidden, why);
    let path = desk.file().map_err(forbidden)?;
    let Ok((flags, env)) = &desk.0.from else {
        return Err(forbidden("the configuration cannot be changed here".to_owned()));
    };
    let loaded = service.loaded()?;
    if *wanted == Save::default() {
        return Err(SetupError::new(Kind::BadPayload, "there is nothing to save"));
    }
    let mut root = match std::fs::read_to_string(&path) {
        Ok(text) => text.parse::<Table>().map_err(|_| {
            SetupError::new(
                Kind::Config,
                format!("{} is not valid TOML any more", path.display()),
            )
        })?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Table::new(),
        Err(e) => return Err(unwritten(&path.display().to_string(), "read", &e)),
    };
    let token = add(service, wanted, &loaded, &mut root)?;
    for entry in &wanted.import {
        alone(Target::Tautulli, entry, &loaded.config).map_err(|f| refusal(&f))?;
    }
    if wanted.import.len() > WAITING_MAX {
        let what = format!("no more than {WAITING_MAX} imports may be asked for at once");
        return Err(SetupError::new(Kind::BadPayload, what));
    }
    let text = write::render(&root);
    let next = config::load_with(Some((path.clone(), text.clone())), flags, env).map_err(|f| refusal(&f))?;
    config::check_files(&next.merged).map_err(|f| refusal(&f))?;
    if let Some(token) = token {
        let file = next.config.data_dir.join(SAVED_TOKEN);
        installation::write_private(&file, token.expose())
            .map_err(|e| unwritten(&file.display().to_string(), "write", &e))?;
    }
    installation::write_private(&path, text.trim_end())
        .map_err(|e| unwritten(&path.display().to_string(), "write", &e))?;
    tracing::info!("the setup page wrote {}", path.display());
    put_off(service, &wanted.import, &next.config);
    Ok(Saved {
        file: path.display().to_string(),
    })
}

/// Leaves imports to the next configuration, beside those that wait for it already.
fn put_off(service: &Service, wanted: &[Entry], next: &Config) {
    let desk = &service.desk;
    let left_over = join(&mut lock(&desk.0.waiting), wanted);
    for entry in left_over {
        let source = without_secrets(entry.url.as_deref().unwrap_or_default());
        let server = next.tautulli_server(entry.server.as_deref());
        let why = format!("{WAITING_MAX} imports waited already: begin it again once they are over");
        tracing::warn!("an import cannot begin: {why}");
        desk.board().follow(server.as_str(), &source).end(Err(&why));
    }
}

/// Those for which there is no room. What waits already waits once.
fn join(waiting: &mut Vec<Entry>, wanted: &[Entry]) -> Vec<Entry> {
    let mut left_over = Vec::new();
    for entry in wanted {
        if waiting.contains(entry) {
            continue;
        }
        if waiting.len() < WAITING_MAX {
            waiting.push(entry.clone());
        } else {
            left_over.push(entry.clone());
        }
    }
    left_over
}

fn unwritten(path: &str, doing: &str, e: &std::io::Error) -> SetupError {
    SetupError::new(Kind::Storage, format!("cannot {doing} {path}: {}", plain(e)))
}

/// Puts every entry into `root`; the token of the account that signed in, if one did.
fn add(
    service: &Service,
    wanted: &Save,
    loaded: &Loaded,
    root: &mut Table,
) -> Answered<Option<base::Secret>> {
    let mut token: Option<base::Secret> = None;
    let all = [
        (Target::Plex, &wanted.plex),
        (Target::Dispatcharr, &wanted.dispatcharr),
        (Target::Tautulli, &wanted.tautulli),
        (Target::Influxdb, &wanted.influxdb),
    ];
    for (target, entries) in all {
        if entries.is_empty() {
            continue;
        }
        if let Some(origin) = outside(loaded, target.table()) {
            let what = format!(
                "[[{}]] is set by {origin}, which wins over the file: add further ones there",
                target.table()
            );
            return Err(SetupError::new(Kind::Forbidden, what));
        }
        for entry in entries {
            let mut entry = entry.clone();
            if let Some(pin) = entry.pin.take() {
                if let Some(origin) = outside(loaded, "plex_tv") {
                    let what =
                        format!("the account at plex.tv is set by {origin}, which wins over a sign-in here");
                    return Err(SetupError::new(Kind::Forbidden, what));
                }
                let signed_in = service.signed_in(&pin, &mut entry)?.token;
                if token.as_ref().is_some_and(|earlier| *earlier != signed_in) {
                    let what = "the servers are of two accounts; one account can be signed in";
                    return Err(SetupError::new(Kind::BadPayload, what));
                }
                token = Some(signed_in);
            }
            alone(target, &entry, &loaded.config).map_err(|f| refusal(&f))?;
            write::put(root, target.table(), entries::table(target, &entry));
        }
    }
    Ok(token)
}

/// The variable or flag that sets a key of `table`. What names an account's file or address alone is no hindrance.
fn outside(loaded: &Loaded, table: &str) -> Option<Origin> {
    let accounts = ["token", "token_file", "user", "password", "password_file"];
    loaded
        .merged
        .settings()
        .filter(|s| s.at.table().name == table)
        .filter(|s| table != "plex_tv" || accounts.contains(&s.at.key().name))
        .find(|s| matches!(s.origin, Origin::Variable(_) | Origin::Flag(_)))
        .map(|s| s.origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Entry {
        Entry {
            url: Some(format!("http://{name}")),
            ..Entry::default()
        }
    }

    #[test]
    fn imports_of_an_earlier_save_go_on_waiting() {
        // Waiting, wanted, then waiting, and no room for.
        for (before, wanted, after, left) in [
            ("", "a b", "a b", ""),
            ("a", "b", "a b", ""),
            ("a b", "", "a b", ""),
            ("a b", "b c", "a b c", ""),
            ("a b c", "d e f", "a b c d", "e f"),
            ("a b c d", "a e", "a b c d", "e"),
        ] {
            let all = |names: &str| names.split_whitespace().map(of).collect::<Vec<_>>();
            let mut waiting = all(before);
            let left_over = join(&mut waiting, &all(wanted));
            assert_eq!(
                (waiting, left_over),
                (all(after), all(left)),
                "{before} + {wanted}"
            );
        }
    }
}
