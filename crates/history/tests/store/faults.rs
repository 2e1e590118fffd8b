//! Folders, files and disks that are not as they should be.

use std::fs;
use std::path::Path;
use std::process::Command;

use history::{Error, History, Settings};
use rusqlite::Connection;

use crate::build::record;
use crate::child::Second;
use crate::conformance::{add, assert_sound, groups, sqlite};

fn open_error(dir: &Path) -> Error {
    History::open(dir, Settings::default()).unwrap_err()
}

/// A closed history of `plays` plays in `dir`.
fn closed(dir: &Path, plays: i64) {
    let history = sqlite(dir);
    add(&history, (0..plays).map(record));
}

#[track_caller]
fn assert_damaged(dir: &Path, what: &str) {
    let error = open_error(dir);
    let told = error.to_string();
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert!(told.contains(what) && told.contains("history.db"), "{told}");
}

#[test]
fn files_that_are_no_history_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.db");
    fs::write(&file, "Dear diary, today I watched a film.").unwrap();
    assert_damaged(dir.path(), "it is no database");
    assert_eq!(fs::read(&file).unwrap(), b"Dear diary, today I watched a film.");

    fs::remove_file(&file).unwrap();
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE users (id)")
        .unwrap();
    assert_damaged(dir.path(), "another program");

    // An empty file is as good as none.
    fs::write(&file, "").unwrap();
    closed(dir.path(), 1);
    assert_eq!(groups(&sqlite(dir.path())), [(1, 1)]);
}

#[test]
fn a_newer_history_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    closed(dir.path(), 1);
    let conn = Connection::open(dir.path().join("history.db")).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    drop(conn);
    let error = open_error(dir.path());
    assert!(
        matches!(error, Error::FromTheFuture { found: 999, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn damage_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    closed(dir.path(), 2_000);
    let file = dir.path().join("history.db");
    let whole = fs::read(&file).unwrap();

    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert_damaged(dir.path(), "");

    let mut scratched = whole.clone();
    let middle = scratched.len() / 3;
    scratched[middle..].iter_mut().for_each(|byte| *byte ^= 0x5a);
    fs::write(&file, &scratched).unwrap();
    assert_damaged(dir.path(), "");

    fs::write(&file, &whole).unwrap();
    assert_sound(&sqlite(dir.path()));
}

#[test]
fn a_row_that_differs_from_its_columns_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let history = sqlite(dir.path());
    add(&history, (0..10).map(record));
    let conn = Connection::open(dir.path().join("history.db")).unwrap();
    conn.execute_batch("UPDATE play SET stopped_ms = stopped_ms + 60000 WHERE id = 4")
        .unwrap();
    let problems = history.verify().unwrap().problems.join("\n");
    assert!(
        problems.contains("play 4 differs between columns and file"),
        "{problems}"
    );
    assert!(!problems.contains("play 5"), "{problems}");
    conn.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM client")
        .unwrap();
    assert!(matches!(history.verify(), Err(Error::Damaged { .. })));
}

#[test]
fn a_second_process_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut second = Second::start("hold", dir.path());
    assert_eq!(second.line().as_deref(), Some("open"));
    let error = open_error(dir.path());
    assert!(matches!(error, Error::InUse { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&*dir.path().to_string_lossy()),
        "{error}"
    );
    second.kill();
    // Killed or not: a lock dies with its process.
    let history = sqlite(dir.path());
    let error = open_error(dir.path());
    assert!(
        matches!(error, Error::InUse { .. }),
        "the same process counts as well: {error:?}"
    );
    drop(history);
    sqlite(dir.path());
}

#[test]
fn a_folder_that_is_a_file_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("data");
    fs::write(&file, "").unwrap();
    let error = open_error(&file);
    assert!(matches!(error, Error::File { .. }), "{error:?}");
    assert!(error.to_string().contains("data"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a/b");
    closed(&data, 1);
    assert_eq!(fs::metadata(data).unwrap().permissions().mode() & 0o777, 0o700);
}

/// A small disk of its own, where this user may make one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", size, "tmpfs"])
            .arg(dir.path())
            .output();
        let is_mounted = mount.is_ok_and(|output| output.status.success());
        // Otherwise the test is skipped: making disks takes more rights than this user has.
        is_mounted.then(|| Self(dir))
    }

    fn remount(&self, options: &str) {
        let remount = Command::new("mount")
            .args(["-o", options])
            .arg(self.0.path())
            .status();
        assert!(remount.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_read_only_disk_is_told() {
    let Some(disk) = Disk::of("size=4m") else { return };
    closed(disk.0.path(), 1);
    disk.remount("remount,ro");
    let error = open_error(disk.0.path());
    assert!(matches!(error, Error::File { .. }), "{error:?}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("Read-only"), "{error}: {source}");
    disk.remount("remount,rw");
    assert_eq!(groups(&sqlite(disk.0.path())), [(1, 1)]);
}

#[test]
fn a_full_disk_is_told_and_survived() {
    let Some(disk) = Disk::of("size=4m") else { return };
    let ballast = disk.0.path().join("ballast");
    let data = disk.0.path().join("data");
    let history = sqlite(&data);
    add(&history, [record(0)]);
    fs::write(&ballast, vec![0; 2 << 20]).unwrap();
    let mut kept = 1;
    let error = loop {
        // Many at a time, so that the disk fills up within a change.
        let change = history.change(move |txn| {
            for n in kept..kept + 500 {
                txn.add(&record(n))?;
            }
            Ok(())
        });
        match change.wait() {
            Ok(()) => kept += 500,
            Err(error) => break error,
        }
        assert!(kept < 100_000, "the disk is not that large");
    };
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("no room left"), "{error}");
    // Questions are answered, what was kept is there, nothing of the failed change is.
    assert_eq!(i64::try_from(history.columns().len()).unwrap(), kept);
    assert_eq!(history.read(|v| v.stored(&[1])).unwrap().len(), 1);
    let again = history.change(move |txn| {
        for n in kept..kept + 500 {
            txn.add(&record(n))?;
        }
        Ok(())
    });
    assert!(matches!(again.wait(), Err(Error::Full { .. })));
    // Room again: as if nothing had been.
    fs::remove_file(&ballast).unwrap();
    add(&history, (kept..kept + 100).map(record));
    assert_sound(&history);
    drop(history);
    let history = sqlite(&data);
    assert_eq!(i64::try_from(history.columns().len()).unwrap(), kept + 100);
    assert_sound(&history);
}
