//! Finding a Tautulli database in what the user gave us, without ever changing it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::zip;
use crate::Error;

const MAGIC: &[u8] = b"SQLite format 3\0";

/// Files beside a database that hold part of its content.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// A log shorter than this holds nothing but its header.
const EMPTY_LOG: u64 = 32;

/// Copies of a database that is being written to, before giving up.
const COPY_TRIES: u32 = 5;

/// Memory for pages of the file.
const CACHE_KIB: u32 = 4096;

/// An open Tautulli database. Its copy, if one was needed, goes with it.
#[derive(Debug)]
pub(super) struct Opened {
    // Before the directory, so that the file is closed when that is removed.
    pub(super) conn: Connection,
    /// Held for its end alone.
    pub(super) copy: Option<Scratch>,
}

/// Opens what is at `path`: a database, one with a log beside it, or a backup. Copies go into `scratch`.
pub(super) fn open(path: &Path, scratch: &Path, limit: u64) -> Result<Opened, Error> {
    let reading = |source| Error::File {
        doing: "reading",
        path: path.to_owned(),
        source,
    };
    let mut head = [0; 100];
    let mut file = File::open(path).map_err(reading)?;
    if file.metadata().map_err(reading)?.is_dir() {
        return Err(refused(path, "it is a directory, not a database"));
    }
    let n = read_up_to(&mut file, &mut head).map_err(reading)?;
    drop(file);
    if n == 0 {
        return Err(refused(path, "the file is empty"));
    }
    if n < head.len() && head.starts_with(MAGIC) {
        return Err(refused(path, "the database is cut off"));
    }
    if head.starts_with(zip::MAGIC) {
        let copy = Scratch::new(scratch)?;
        let to = copy.0.join("tautulli.db");
        zip::extract(path, &to, limit)?;
        let head = first_bytes(&to, path)?;
        let conn = connect(&to, path, &head)?;
        return Ok(Opened {
            conn,
            copy: Some(copy),
        });
    }
    if !BESIDE
        .iter()
        .any(|suffix| len_of(&beside(path, suffix)) > EMPTY_LOG)
    {
        let conn = connect(path, path, &head)?;
        return Ok(Opened { conn, copy: None });
    }
    let copy = Scratch::new(scratch)?;
    let to = copy.0.join("tautulli.db");
    copy_all(path, &to)?;
    let head = first_bytes(&to, path)?;
    let conn = connect(&to, path, &head)?;
    Ok(Opened {
        conn,
        copy: Some(copy),
    })
}

/// Opens the database at `file`, which stands for `path` in messages.
fn connect(file: &Path, path: &Path, head: &[u8; 100]) -> Result<Connection, Error> {
    if !head.starts_with(MAGIC) {
        let what = "it is neither a SQLite database nor a zip archive (encrypted, or damaged?)";
        return Err(refused(path, what));
    }
    let (wanted, found) = (declared_len(head), len_of(file));
    if found < wanted {
        return Err(refused(
            path,
            &format!("the database is cut off: {found} of {wanted} bytes are there"),
        ));
    }
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let copied = file != path;
    // A database in WAL mode without a log cannot be opened without making one, unless it is said to stand still.
    let mode = match head[18] {
        _ if copied => "rw",
        2 => "ro&immutable=1",
        _ => "ro",
    };
    let flags = flags
        | if copied {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
    let uri = format!("file:{}?mode={mode}", escaped(file));
    let opening = |e| sql(path, e);
    let conn = Connection::open_with_flags(uri, flags).map_err(opening)?;
    conn.execute_batch(&format!(
        "PRAGMA cache_size = -{CACHE_KIB}; SELECT count(*) FROM sqlite_master; PRAGMA query_only = 1;"
    ))
    .map_err(opening)?;
    Ok(conn)
}

/// What `SQLite` says about somebody else's file, in our words.
pub(super) fn sql(path: &Path, e: rusqlite::Error) -> Error {
    match e.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => refused(path, "it is no SQLite database (encrypted, or damaged?)"),
        Some(ErrorCode::DatabaseCorrupt) => refused(path, "the database is damaged"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => refused(
            path,
            "another program is writing to it; stop Tautulli for a moment, or import from its address instead",
        ),
        _ => Error::Sql {
            doing: "reading a Tautulli database",
            source: e,
        },
    }
}

pub(super) fn refused(path: &Path, what: &str) -> Error {
    Error::Refused(format!("{}: {what}", path.display()))
}

/// Length by the file's own header, 0 where it does not say: page size times pages, trusted only if the header was
/// written by whoever wrote last.
fn declared_len(head: &[u8; 100]) -> u64 {
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let page = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        n => u64::from(n),
    };
    if word(24) == word(92) {
        page * u64::from(word(28))
    } else {
        0
    }
}

/// Copies the database and its log, as they were at one moment.
fn copy_all(from: &Path, to: &Path) -> Result<(), Error> {
    for _ in 0..COPY_TRIES {
        let before = state(from);
        copy(from, to)?;
        for suffix in BESIDE {
            let (log, log_to) = (beside(from, suffix), beside(to, suffix));
            if len_of(&log) > EMPTY_LOG {
                copy(&log, &log_to)?;
            } else {
                let _ = fs::remove_file(log_to);
            }
        }
        if state(from) == before {
            return Ok(());
        }
    }
    Err(refused(
        from,
        "it is being written to all the time; stop Tautulli for a moment, or import from its address instead",
    ))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::File {
            doing: "copying",
            path: from.to_owned(),
            source,
        }),
    }
}

/// Equal if nobody wrote in between.
fn state(path: &Path) -> Vec<Option<(u64, SystemTime)>> {
    let of = |p: PathBuf| {
        let meta = fs::metadata(p).ok()?;
        Some((meta.len(), meta.modified().ok()?))
    };
    std::iter::once(path.to_owned())
        .chain(BESIDE.map(|suffix| beside(path, suffix)))
        .map(of)
        .collect()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn len_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

fn first_bytes(file: &Path, path: &Path) -> Result<[u8; 100], Error> {
    let mut head = [0; 100];
    File::open(file)
        .and_then(|mut f| read_up_to(&mut f, &mut head))
        .map_err(|source| Error::File {
            doing: "reading",
            path: path.to_owned(),
            source,
        })?;
    Ok(head)
}

fn read_up_to(file: &mut File, into: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < into.len() {
        match file.read(&mut into[n..])? {
            0 => break,
            more => n += more,
        }
    }
    Ok(n)
}

/// A path within a `file:` URI.
fn escaped(path: &Path) -> String {
    let mut out = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                out.push(char::from(*byte));
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// A directory of our own, gone when dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    fn new(within: &Path) -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let making = |path: &Path, source| Error::File {
            doing: "making a directory for a copy:",
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(within).map_err(|e| making(within, e))?;
        forget_others(within);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = within.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&path).map_err(|e| making(&path, e))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PREFIX: &str = "import-";

/// Removes what an earlier process left when it was killed. Only one process at a time holds a data directory.
fn forget_others(within: &Path) {
    let own = format!("{PREFIX}{}-", std::process::id());
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && !name.starts_with(&own) && entry.path().is_dir() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
