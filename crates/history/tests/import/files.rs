//! What people have at hand: plain files, backups, files with a log beside them, and other things.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use history::import::tautulli::{self, Options};

use crate::build::{Play, Room, add, database, household, ids};

/// A zip archive of some members, as a backup is one.
fn zip(members: &[(&str, &[u8])], deflate: bool) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let packed = if deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, if deflate { 8 } else { 0 }, 0, 0, 0, 0, 0]);
        common.extend(crc.sum().to_le_bytes());
        common.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        common.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(u32::try_from(out.len()).unwrap().to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(packed);
    }
    let start = u32::try_from(out.len()).unwrap();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    out.extend([count, count].concat());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend(b"\x03\x00bye");
    out
}

fn database_bytes(room: &Room) -> Vec<u8> {
    let path = room.file("made.db");
    drop(database(&path, &[], &household(30)));
    fs::read(path).unwrap()
}

#[test]
fn backups_are_unpacked() {
    let room = Room::new();
    let bytes = database_bytes(&room);
    for (name, deflate) in [
        ("tautulli.backup-20260101000000.sched.db", true),
        ("tautulli.db", false),
    ] {
        let room = Room::new();
        let path = room.file("backup.zip");
        fs::write(&path, zip(&[(name, &bytes)], deflate)).unwrap();
        assert_eq!(ids(&room.import(&path).unwrap()), (30, 0, 0, 0));
        assert_eq!(
            fs::read_dir(room.file("scratch")).unwrap().count(),
            0,
            "the copy is gone"
        );
    }
}

#[test]
fn the_log_beside_a_database_counts() {
    let room = Room::new();
    let path = room.file("tautulli.db");
    let conn = database(&path, &[], &household(10));
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;")
        .unwrap();
    for id in 11..=15 {
        add(&conn, &Play::movie(id, 1_800_000_000 + id));
    }
    // As after a crash, or while Tautulli runs: main file and log stand side by side.
    let (copy, log) = (room.file("copy.db"), room.file("copy.db-wal"));
    fs::copy(&path, &copy).unwrap();
    fs::copy(room.file("tautulli.db-wal"), &log).unwrap();
    let before = (fs::read(&copy).unwrap(), fs::read(&log).unwrap());
    assert_eq!(ids(&room.import(&copy).unwrap()), (15, 0, 0, 0));
    assert_eq!(
        (fs::read(&copy).unwrap(), fs::read(&log).unwrap()),
        before,
        "never changed"
    );
    assert!(!room.file("copy.db-shm").exists());
    // The running one itself, and then without its log.
    assert_eq!(ids(&room.import(&path).unwrap()), (0, 15, 0, 0));
    fs::remove_file(&log).unwrap();
    let alone = Room::new();
    assert_eq!(ids(&alone.import(&copy).unwrap()), (10, 0, 0, 0));
    assert!(!log.exists() && !room.file("copy.db-shm").exists());
}

#[test]
fn a_name_with_anything_in_it_opens() {
    let room = Room::new();
    let path = room.file("tau%20tulli #1?.d ü.db");
    drop(database(&path, &[], &household(3)));
    assert_eq!(room.import(&path).unwrap().added, 3);
}

fn message(room: &Room, path: &Path) -> String {
    base::error::Chain(&room.import(path).unwrap_err()).to_string()
}

#[test]
fn what_is_no_tautulli_database_is_named() {
    let room = Room::new();
    let bytes = database_bytes(&room);
    let other = room.file("other.db");
    let conn = rusqlite::Connection::open(&other).unwrap();
    conn.execute_batch("CREATE TABLE session_history (id INTEGER PRIMARY KEY, started INTEGER)")
        .unwrap();
    drop(conn);
    let other = fs::read(other).unwrap();
    let mut torn = zip(&[("tautulli.db", &bytes)], true);
    torn.truncate(torn.len() - 40);
    let mut damaged = zip(&[("tautulli.db", &bytes)], false);
    damaged[5000] ^= 1;
    let mut locked = zip(&[("tautulli.db", &bytes)], true);
    let directory = locked.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    locked[directory + 8] |= 1;
    let encrypted: Vec<u8> = (0..8192_u32).map(|n| (n * 7919 % 251) as u8 + 1).collect();
    for (name, content, expected) in [
        ("empty.db", vec![], "the file is empty"),
        (
            "noise.db",
            encrypted,
            "neither a SQLite database nor a zip archive",
        ),
        (
            "page.html",
            b"<html>".to_vec(),
            "neither a SQLite database nor a zip archive",
        ),
        (
            "short.db",
            bytes[..bytes.len() / 2].to_vec(),
            "the database is cut off",
        ),
        ("tiny.db", bytes[..60].to_vec(), "the database is cut off"),
        ("other.db", other, "there is no table session_history_metadata"),
        ("torn.zip", torn, "cut off"),
        ("damaged.zip", damaged, "check sum"),
        ("locked.zip", locked, "encrypted"),
        ("photos.zip", zip(&[("a.jpg", b"x")], true), "no database"),
        (
            "two.zip",
            zip(&[("a.db", b"x"), ("b.db", b"x")], true),
            "several databases",
        ),
    ] {
        let path = room.file(name);
        fs::write(&path, content).unwrap();
        let message = message(&room, &path);
        assert!(
            message.contains(expected) && message.contains(name),
            "{name}: {message}"
        );
    }
    assert!(message(&room, room.dir.path()).contains("directory"));
    assert!(message(&room, &room.file("missing.db")).contains("missing.db"));
    assert!(room.plays().is_empty());
}

#[test]
fn damage_inside_is_an_error_and_what_came_before_it_stays() {
    let room = Room::new();
    let path = room.file("tautulli.db");
    drop(database(&path, &[], &household(2000)));
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 20 * 4096].fill(0xee);
    fs::write(&path, bytes).unwrap();
    let message = message(&room, &path);
    assert!(message.contains("damaged"), "{message}");
    let n = room.plays().len();
    assert!(n > 0 && n < 2000, "{n}");
}

#[test]
fn too_large_an_archive_is_refused_before_it_fills_the_disk() {
    let room = Room::new();
    let bytes = database_bytes(&room);
    let path = room.file("backup.zip");
    fs::write(&path, zip(&[("tautulli.db", &bytes)], true)).unwrap();
    let options = Options {
        unpacked_limit: 1000,
        ..room.options()
    };
    let error = tautulli::run(&room.history, &path, &options, &mut ()).unwrap_err();
    assert!(
        error.to_string().contains("more than the limit of 1000"),
        "{error}"
    );
}
