//! The file: private, whole at every moment, shared with the command line's commands.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base::Kind;

use crate::book::Book;

/// Name of the file, within the data directory.
pub const FILE_NAME: &str = "access.json";

/// Readable for its owner only.
const PRIVATE: u32 = 0o600;

/// A file larger than this is none of ours: everything at its limit takes less than a megabyte.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How long one process waits for another that is writing; then the change fails.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at the lock.
const LOCK_LOOK: Duration = Duration::from_millis(20);

/// What is wrong with the file; each names it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot read {}: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("{} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("cannot write {}: {why}", path.display())]
    Unwritable { path: PathBuf, why: String },
}

impl FileError {
    pub fn kind(&self) -> Kind {
        Kind::Storage
    }
}

/// Tells one content of the file from another, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    bytes: u64,
    modified_s: i64,
    modified_ns: i64,
}

/// Where the file is.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    path: PathBuf,
}

/// While this lives, no other process writes.
#[derive(Debug)]
pub(crate) struct Turn(#[expect(dead_code, reason = "closing it is what unlocks")] File);

impl Store {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            path: data_dir.join(FILE_NAME),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `None` if there is no file.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let found = fs::metadata(&self.path).ok()?;
        Some(Stamp {
            inode: found.ino(),
            bytes: found.len(),
            modified_s: found.mtime(),
            modified_ns: found.mtime_nsec(),
        })
    }

    /// `None` if there is no file. Anything else that cannot be read is an error: without the file nobody had a
    /// password, so it must not be taken for missing.
    pub(crate) fn read(&self) -> Result<Option<Book>, FileError> {
        let unreadable = |e: &io::Error| FileError::Unreadable {
            path: self.path.clone(),
            why: plain(e),
        };
        let damaged = |why: String| FileError::Damaged {
            path: self.path.clone(),
            why,
        };
        let bytes = match fs::metadata(&self.path).map(|m| m.len()) {
            Ok(bytes) if bytes > BYTES_MAX => return Err(damaged(format!("it has {bytes} bytes"))),
            Ok(_) => fs::read(&self.path),
            Err(e) => Err(e),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(e) => return Err(unreadable(&e)),
        };
        // Not serde's own words: they may quote what is in the file.
        let book: Book = serde_json::from_slice(&bytes)
            .map_err(|e| damaged(format!("line {}, column {}", e.line(), e.column())))?;
        match book.fault() {
            Some(why) => Err(damaged(why)),
            None => Ok(Some(book)),
        }
    }

    /// Waits for the turn to read, change and write.
    pub(crate) fn turn(&self) -> Result<Turn, FileError> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = self.path.with_file_name(name);
        let file = self.make_dir().and_then(|()| {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(PRIVATE);
            options.open(&path)
        });
        let file = file.map_err(|e| self.unwritable(plain(&e)))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn(file)),
                Err(fs::TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(LOCK_LOOK);
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(self.unwritable("another process is writing it".to_owned()));
                }
                Err(fs::TryLockError::Error(e)) => return Err(self.unwritable(plain(&e))),
            }
        }
    }

    /// Replaces the file. Whenever the machine stops, the old content or the new one is there.
    pub(crate) fn write(&self, book: &Book, _turn: &Turn) -> Result<(), FileError> {
        let mut text = serde_json::to_vec_pretty(book).expect("our types have text keys and cannot fail");
        text.push(b'\n');
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let temporary = self.path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(PRIVATE);
        let written = options.open(&temporary).and_then(|mut file| {
            // The mode above counts only for a new file.
            file.set_permissions(fs::Permissions::from_mode(PRIVATE))?;
            file.write_all(&text)?;
            file.sync_all()
        });
        written
            .and_then(|()| fs::rename(&temporary, &self.path))
            .and_then(|()| self.sync_dir())
            .map_err(|e| {
                let _ = fs::remove_file(&temporary);
                self.unwritable(plain(&e))
            })
    }

    fn make_dir(&self) -> io::Result<()> {
        self.path.parent().map_or(Ok(()), fs::create_dir_all)
    }

    /// So that the new name, too, survives the machine.
    fn sync_dir(&self) -> io::Result<()> {
        match self.path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }

    fn unwritable(&self, why: String) -> FileError {
        FileError::Unwritable {
            path: self.path.clone(),
            why,
        }
    }
}

/// The system's words without its number.
fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Role;
    use crate::password::Hashed;
    use base::Secret;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&dir.path().join("new"));
        (dir, store)
    }

    fn book() -> Book {
        let mut book = Book::new();
        let password = Hashed::new(&Secret::new("long enough"));
        book.add_account("admin", Role::Admin, password, 7).unwrap();
        book
    }

    #[test]
    fn what_was_written_is_read_and_private() {
        let (_dir, store) = store();
        assert!(store.read().unwrap().is_none() && store.stamp().is_none());
        let turn = store.turn().unwrap();
        store.write(&book(), &turn).unwrap();
        let read = store.read().unwrap().unwrap();
        assert_eq!(read.accounts[0].name, "admin");
        assert_eq!(read.accounts[0].created_at_s, 7);
        let mode = fs::metadata(store.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        let before = store.stamp();
        store.write(&book(), &turn).unwrap();
        assert_ne!(store.stamp(), before, "another content has another stamp");
        let names = fs::read_dir(store.path().parent().unwrap()).unwrap().count();
        assert_eq!(names, 2, "the file and its lock");
    }

    #[test]
    fn a_damaged_file_is_named_and_never_taken_for_none() {
        let (_dir, store) = store();
        let whole = serde_json::to_string(&book()).unwrap();
        let turn = store.turn().unwrap();
        store.write(&book(), &turn).unwrap();
        for (what, text) in [
            ("empty", String::new()),
            ("half", whole[..whole.len() / 2].to_owned()),
            ("another thing", "[]".to_owned()),
            ("newer", whole.replace("\"format\":1", "\"format\":2")),
            (
                "more than we know",
                whole.replace("\"format\":1", "\"format\":1,\"more\":1"),
            ),
            (
                "greedy",
                whole.replace("\"memory_kib\":19456", "\"memory_kib\":4000000"),
            ),
            ("long", " ".repeat(usize::try_from(BYTES_MAX).unwrap() + 1)),
        ] {
            fs::write(store.path(), text).unwrap();
            let said = store.read().unwrap_err();
            assert!(matches!(said, FileError::Damaged { .. }), "{what}: {said}");
            assert!(
                said.to_string().contains("access.json is damaged: "),
                "{what}: {said}"
            );
        }
        fs::remove_file(store.path()).unwrap();
        fs::create_dir(store.path()).unwrap();
        assert!(matches!(store.read(), Err(FileError::Unreadable { .. })));
    }

    #[test]
    fn a_new_file_that_was_not_finished_changes_nothing() {
        let (_dir, store) = store();
        let turn = store.turn().unwrap();
        store.write(&book(), &turn).unwrap();
        // As a kill leaves it: the name before the rename.
        fs::write(store.path().with_file_name("access.json.new"), "{\"format\":").unwrap();
        assert_eq!(store.read().unwrap().unwrap().accounts.len(), 1);
        store.write(&Book::new(), &turn).unwrap();
        assert!(store.read().unwrap().unwrap().accounts.is_empty());
    }

    #[test]
    fn one_writes_at_a_time() {
        let (_dir, store) = store();
        let turn = store.turn().unwrap();
        let other = store.clone();
        let waiting = std::thread::spawn(move || other.turn().map(|_| other.stamp().is_some()));
        store.write(&book(), &turn).unwrap();
        drop(turn);
        assert!(
            waiting.join().unwrap().unwrap(),
            "it saw what was written before its turn"
        );
    }

    #[test]
    fn where_nothing_can_be_written_that_is_said() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let store = Store::new(&file.path().join("not-a-directory"));
        let said = store.turn().unwrap_err();
        assert!(matches!(said, FileError::Unwritable { .. }), "{said}");
    }
}
