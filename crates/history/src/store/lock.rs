//! One process per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::Error;

/// Beside the database. It stays when the process ends; the lock on it does not.
const FILE_NAME: &str = "history.lock";

/// Held for as long as the history is open.
#[derive(Debug)]
pub(super) struct Lock(File);

/// Gives the lock back itself: closing the file does so only when the last copy of the descriptor is closed, and a process
/// that another thread is just starting holds a copy of each until it runs its own program.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "the lock is given back when its file is closed");
        }
    }
}

/// Takes `dir` for this history alone, at once or not at all. `SQLite`'s own locks would let two writers take turns,
/// and each would count by columns that lack what the other wrote.
pub(super) fn take(dir: &Path) -> Result<Lock, Error> {
    let path = dir.join(FILE_NAME);
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    let file = opened.map_err(|source| Error::File {
        doing: "writing in the data directory: opening",
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) if source.kind() == std::io::ErrorKind::Unsupported => {
            tracing::warn!(path = %path.display(), "this file system knows no locks: make sure that no other process uses it");
            Ok(Lock(file))
        }
        Err(TryLockError::Error(source)) => Err(Error::File {
            doing: "locking",
            path,
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_at_once_though_a_copy_of_its_descriptor_lives() {
        let dir = tempfile::tempdir().unwrap();
        let lock = take(dir.path()).unwrap();
        // What a process in the middle of its start holds.
        let copy = lock.0.try_clone().unwrap();
        assert!(matches!(take(dir.path()), Err(Error::InUse { .. })));
        drop(lock);
        let again = take(dir.path()).unwrap();
        drop(copy);
        assert!(matches!(take(dir.path()), Err(Error::InUse { .. })));
        drop(again);
        take(dir.path()).unwrap();
    }
}
