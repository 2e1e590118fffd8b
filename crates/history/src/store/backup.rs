//! Copies of the whole database, taken while it is in use.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::Error;

const DOING: &str = "copying the history";

/// Copies the database behind `conn` to `to`, which appears once it is whole and safe on the disk. A file of that
/// name is replaced.
pub(super) fn replace(conn: &Connection, to: &Path) -> Result<(), Error> {
    let part = part_path(to);
    let file = |doing| {
        let path = to.to_owned();
        move |source| Error::File { doing, path, source }
    };
    remove(&part).map_err(file("copying the history to"))?;
    let copied = copy(conn, &part).map_err(|e| e.at(to));
    if copied.is_err() {
        // The error that matters is the first one.
        let _ = remove(&part);
    }
    copied?;
    std::fs::rename(&part, to).map_err(file("copying the history to"))?;
    sync_dir(to).map_err(file("copying the history to"))
}

/// As [`replace`], but refuses to touch a file that exists.
pub(super) fn create(conn: &Connection, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Refused(format!("{} exists already", to.display())));
    }
    replace(conn, to)
}

fn copy(conn: &Connection, part: &Path) -> Result<(), Error> {
    let mut target = Connection::open(part).map_err(Error::sql(DOING))?;
    // No journal: what goes wrong is thrown away whole.
    target
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL;")
        .map_err(Error::sql(DOING))?;
    let backup = Backup::new(conn, &mut target).map_err(Error::sql(DOING))?;
    // In one step, for that is one reading: between steps the writer may go on, and the copy would begin again.
    match backup.step(-1).map_err(Error::sql(DOING))? {
        StepResult::Done => Ok(()),
        _ => Err(Error::Refused(
            "the history was busy for too long to be copied".to_owned(),
        )),
    }
}

fn part_path(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    to.with_file_name(name)
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Makes renames within the folder of `path` last.
pub(super) fn sync_dir(path: &Path) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    std::fs::File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
}
