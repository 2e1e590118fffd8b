//! Where the file is, and where state is kept if nobody says.

use std::path::{Path, PathBuf};

use super::env::{self, Env};
use super::schema::At;
use super::{Flags, ini, plain, write};
use crate::failure::Failure;

/// Name of the file, wherever it is looked for.
pub(super) const FILE_NAME: &str = "projectionist.toml";

/// Where packages and containers keep state.
const SYSTEM_DATA_DIR: &str = "/var/lib/projectionist";

/// Where people mount what a container keeps.
const CONTAINER_DATA_DIR: &str = "/config";

/// The file's path and text. One named by the user must exist; otherwise the first of the usual places.
pub(super) fn find_file(
    flags: &Flags,
    env: &Env,
    data_dir: &Path,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let by_flag = flags.file.as_deref().map(|p| (p, "--config"));
    let by_variable = [env::CONFIG_VARIABLE, ini::FILE_VARIABLE]
        .into_iter()
        .find_map(|name| env.get(name).map(|p| (Path::new(p), name)));
    let named = by_flag.or(by_variable);
    if let Some((path, who)) = named {
        let hint = format!("{who} names this file: create it, or leave {who} away");
        let text = read_named(path, &hint)?;
        return Ok(Some((path.to_owned(), text)));
    }
    for path in usual_places(env, data_dir) {
        match std::fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(e)
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) => {}
            Err(e) => {
                let hint = "make it readable for this user, or name another file with --config";
                return Err(unreadable(&path, &e).hint(hint));
            }
        }
    }
    Ok(None)
}

/// The text of a file that must be there. `hint`: what to do if it is not, or may not be read.
pub(super) fn read_named(path: &Path, hint: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => unreadable(path, &e).hint("save the file as UTF-8"),
        _ => unreadable(path, &e).hint(hint),
    })
}

fn unreadable(path: &Path, e: &std::io::Error) -> Failure {
    Failure::config(format!("cannot read {}: {}", path.display(), plain(e)))
}

/// In the order in which they are tried.
fn usual_places(env: &Env, data_dir: &Path) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from(FILE_NAME)];
    places.extend(users_place(env));
    places.push(Path::new("/config").join(FILE_NAME));
    places.push(Path::new("/etc/projectionist").join(FILE_NAME));
    places.push(data_dir.join(FILE_NAME));
    places
}

fn users_place(env: &Env) -> Option<PathBuf> {
    let home = env.get("HOME").map(|h| Path::new(h).join(".config"));
    let dir = env.get("XDG_CONFIG_HOME").map(PathBuf::from).or(home)?;
    Some(dir.join("projectionist").join(FILE_NAME))
}

/// Where a file of ours may go, if none was found: the same at every start, unlike the working directory, and in a
/// container on what outlives it.
fn own_places(env: &Env, data_dir: &Path) -> Vec<PathBuf> {
    let user = users_place(env).filter(|_| !in_container(env) && env.get("HOME").is_none_or(|h| h != "/"));
    user.into_iter().chain([data_dir.join(FILE_NAME)]).collect()
}

/// True if `path` can be made or replaced. Nothing is left behind.
fn may_write(path: &Path) -> bool {
    let dirs = path.ancestors().skip(1);
    let nearest = dirs
        .map(|dir| {
            if dir.as_os_str().is_empty() {
                Path::new(".")
            } else {
                dir
            }
        })
        .find(|dir| dir.exists());
    nearest.is_some_and(|dir| tempfile::tempfile_in(dir).is_ok())
}

/// Docker, Podman and Kubernetes each leave a mark.
fn in_container(env: &Env) -> bool {
    env.get("container").is_some()
        || env.get("KUBERNETES_SERVICE_HOST").is_some()
        || ["/.dockerenv", "/run/.containerenv"]
            .iter()
            .any(|p| Path::new(p).exists())
}

pub(super) fn default_data_dir(env: &Env) -> PathBuf {
    let container = Path::new(CONTAINER_DATA_DIR);
    if container.is_dir() && in_container(env) {
        return container.to_owned();
    }
    let system = PathBuf::from(SYSTEM_DATA_DIR);
    let home = env
        .get("HOME")
        .filter(|h| *h != "/")
        .map(|h| Path::new(h).join(".local/share"));
    let user = env
        .get("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or(home)
        .map(|d| d.join("projectionist"));
    if system.is_dir() {
        system
    } else {
        user.unwrap_or(system)
    }
}

/// Where state is kept, as far as it can be known before a file is read.
pub(super) fn chosen_data_dir(flags: &Flags, env: &Env) -> PathBuf {
    let by_flag = flags.values.iter().rfind(|(flag, _)| *flag == "data-dir");
    by_flag.map_or_else(|| data_dir(env), |(_, dir)| PathBuf::from(dir))
}

/// Where state is kept, as far as variables say. What is wrong with others of them is said when they are used.
pub(super) fn data_dir(env: &Env) -> PathBuf {
    let at = At::find("", 0, "data_dir");
    let layers = env::read(env).map(|e| e.layers).unwrap_or_default();
    let said = layers.iter().flatten().rfind(|s| Some(s.at) == at);
    let said = said.and_then(|s| s.value.as_str()).map(PathBuf::from);
    said.unwrap_or_else(|| default_data_dir(env))
}

/// The file that saving writes, or why there is none: the one that was read, if it is ours; else, if none was read,
/// the first place that can be written of those that are the same at the next start.
pub(crate) fn place_to_write(read: Option<&Path>, data_dir: &Path, env: &Env) -> Result<PathBuf, String> {
    if let Some(path) = read {
        let ours = std::fs::read_to_string(path).is_ok_and(|text| write::is_ours(&text));
        return match (ours, may_write(path)) {
            (true, true) => Ok(path.to_owned()),
            (true, false) => Err(format!("{} cannot be written", path.display())),
            (false, _) => Err(format!(
                "the configuration stands in {}, which was written by hand: add to it there",
                path.display()
            )),
        };
    }
    let places = own_places(env, data_dir);
    if let Some(place) = places.iter().find(|place| may_write(place)) {
        return Ok(place.clone());
    }
    let names: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
    Err(format!("none of these can be written: {}", names.join(", ")))
}
