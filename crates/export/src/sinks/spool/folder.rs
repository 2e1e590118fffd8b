//! The directory of a spool: segment files, the position within the oldest, and a lock.
//!
//! A record counts as kept when `write(2)` returned, so a killed process loses none. Against power loss a segment is
//! synced when the next is begun and at the orderly end; what was written since may be gone then.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::read::Reader;
use super::segment::{Encoder, MAGIC, Origin, origin, record};
use super::state::{Entry, Segment};
use super::{Batch, SpoolError};

/// Bytes from which a segment is followed by another: little enough to be given up whole, and read whole.
const SEGMENT_BYTES: u64 = 1 << 20;

/// Segments that fit under the cap at least, so that reaching it costs a small part of what waits.
const SEGMENTS_MIN: u64 = 16;

/// A process that ends, or a queue that was dropped, may hold the lock a little longer. Beyond this it is in use.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

const POSITION_BYTES: usize = 20;

/// Files with higher numbers are not ours.
const SEQ_MAX: u64 = u64::MAX / 2;

pub(super) struct Folder {
    dir: PathBuf,
    /// Locked until this is dropped.
    _lock: File,
    position: File,
    saved: (u64, u64),
    next_seq: u64,
    segment_bytes: u64,
    /// Made when it is needed: it holds some hundred kilobytes.
    encoder: Option<Encoder>,
    writer: Option<Writer>,
    pub(super) reader: Reader,
}

/// The newest segment.
struct Writer {
    seq: u64,
    file: File,
    /// Up to here everything is good.
    bytes: u64,
    /// Number of its first point.
    start: u64,
    /// Number of the point that comes next.
    end: u64,
}

/// What an earlier process left.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) segments: VecDeque<Segment>,
    /// The first point that waits.
    pub(super) done_until: u64,
}

impl Folder {
    pub(super) fn open(dir: &Path, disk_bytes: u64) -> Result<(Self, Left), SpoolError> {
        let failed = |what| {
            move |source| SpoolError {
                path: dir.to_owned(),
                what,
                source,
            }
        };
        fs::create_dir_all(dir).map_err(failed("cannot be made"))?;
        let lock = lock(dir)?;
        let mut position = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join("position"))
            .map_err(failed("its file \"position\" cannot be opened"))?;
        let saved = read_position(&mut position).unwrap_or_default();
        let mut seqs = names(dir).map_err(failed("cannot be listed"))?;
        seqs.sort_unstable();
        let last = seqs.last().copied().unwrap_or_default();
        let mut left = Left::default();
        let mut buffer = Vec::new();
        for seq in seqs {
            let start = left.segments.back().map_or(0, |s: &Segment| s.end);
            let Some(segment) = examine(&path(dir, seq), seq, start, &mut buffer) else {
                continue;
            };
            left.done_until = match seq {
                _ if seq < saved.0 => segment.end,
                _ if seq == saved.0 => segment.end.min(start.saturating_add(saved.1)),
                _ => left.done_until,
            };
            left.segments.push_back(segment);
        }
        let folder = Self {
            dir: dir.to_owned(),
            _lock: lock,
            position,
            saved,
            // Never a number that the position speaks of: it would count as sent.
            next_seq: last.max(saved.0) + 1,
            segment_bytes: SEGMENT_BYTES.min(disk_bytes / SEGMENTS_MIN),
            encoder: None,
            writer: None,
            reader: Reader::new(dir.to_owned()),
        };
        Ok((folder, left))
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn path(&self, seq: u64) -> PathBuf {
        path(&self.dir, seq)
    }

    /// Prepares a batch to be appended; returns the bytes it will take at most.
    pub(super) fn prepare(&mut self, batch: &Batch) -> u64 {
        let encoder = self.encoder.get_or_insert_with(Encoder::new);
        (encoder.prepare(batch) + MAGIC.len()) as u64
    }

    /// Appends the batch that was prepared; returns the segment it went to, with this batch alone.
    pub(super) fn append(&mut self, entry: &Entry) -> io::Result<Segment> {
        let fits = |w: &Writer| w.end == entry.start && w.bytes < self.segment_bytes;
        if !self.writer.as_ref().is_some_and(fits) {
            self.begin(entry.start)?;
        }
        let (Some(writer), Some(encoder)) = (&mut self.writer, &mut self.encoder) else {
            return Err(io::Error::other("nothing was prepared"));
        };
        let before = u32::try_from(writer.end - writer.start).unwrap_or(u32::MAX);
        let record = encoder.record(&entry.batch, before);
        let written = writer
            .file
            .seek(SeekFrom::Start(writer.bytes))
            .and_then(|_| writer.file.write_all(record));
        if let Err(failed) = written {
            // What was written of it would stand between this record and the next.
            if writer.file.set_len(writer.bytes).is_err() {
                self.writer = None;
            }
            return Err(failed);
        }
        writer.bytes += record.len() as u64;
        writer.end = entry.end();
        Ok(Segment {
            seq: writer.seq,
            start: entry.start,
            end: entry.end(),
            bytes: writer.bytes,
            oldest_ns: entry.batch.oldest_ns,
        })
    }

    /// What is appended next goes to a segment of its own.
    pub(super) fn leave_segment(&mut self) {
        self.writer = None;
    }

    /// Begins a segment.
    fn begin(&mut self, start: u64) -> io::Result<()> {
        if let Some(full) = self.writer.take_if(|w| w.bytes > MAGIC.len() as u64) {
            // It is whole all the same unless power is lost; writing goes on.
            let synced = full
                .file
                .sync_data()
                .and_then(|()| File::open(&self.dir)?.sync_all());
            if let Err(error) = synced {
                tracing::warn!(dir = %self.dir.display(), %error, "a file of the spool cannot be synced");
            }
        }
        // One that holds nothing yet is used again: while the disk is full they would pile up.
        let (seq, file) = if let Some(empty) = self.writer.take() {
            (empty.seq, empty.file)
        } else {
            let seq = self.next_seq;
            self.next_seq += 1;
            let mut options = OpenOptions::new();
            let file = options.write(true).create_new(true).open(path(&self.dir, seq))?;
            (seq, file)
        };
        let mut writer = Writer {
            seq,
            file,
            bytes: MAGIC.len() as u64,
            start,
            end: start,
        };
        let written = writer
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| writer.file.write_all(&MAGIC));
        if written.is_err() {
            let _ = fs::remove_file(path(&self.dir, seq));
        } else {
            self.writer = Some(writer);
        }
        written
    }

    /// Removes segments. One that cannot be removed is logged, and sent again after a restart.
    pub(super) fn remove(&mut self, seqs: &[u64]) {
        for &seq in seqs {
            self.writer.take_if(|w| w.seq == seq);
            self.reader.forget(seq);
            let path = path(&self.dir, seq);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "a file of the spool cannot be removed");
                }
                _ => {}
            }
        }
    }

    /// Keeps how many points of the oldest segment are done with. Failing costs no more than sending them again.
    pub(super) fn save_position(&mut self, seq: u64, points: u64) {
        if self.saved == (seq, points) {
            return;
        }
        let mut bytes = [0; POSITION_BYTES];
        bytes[..8].copy_from_slice(&seq.to_le_bytes());
        bytes[8..16].copy_from_slice(&points.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..16]);
        bytes[16..].copy_from_slice(&sum.to_le_bytes());
        let written = self
            .position
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.position.write_all(&bytes));
        match written {
            Ok(()) => self.saved = (seq, points),
            Err(error) => {
                tracing::debug!(dir = %self.dir.display(), %error, "the position in the spool cannot be kept");
            }
        }
    }

    /// Makes everything survive a loss of power.
    pub(super) fn sync(&mut self) {
        let file = self.writer.as_ref().map_or(Ok(()), |w| w.file.sync_data());
        let synced = file
            .and_then(|()| self.position.sync_data())
            .and_then(|()| File::open(&self.dir)?.sync_all());
        if let Err(error) = synced {
            tracing::warn!(dir = %self.dir.display(), %error, "the spool cannot be synced");
        }
    }
}

fn lock(dir: &Path) -> Result<File, SpoolError> {
    let failed = |what, source| SpoolError {
        path: dir.to_owned(),
        what,
        source,
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join("lock"))
        .map_err(|e| failed("its file \"lock\" cannot be opened", e))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed("cannot be locked", error)),
        }
    }
    let source = io::Error::new(
        io::ErrorKind::WouldBlock,
        "only one process at a time may write there; give each its own directory",
    );
    Err(failed("is in use by another process", source))
}

pub(super) fn path(dir: &Path, seq: u64) -> PathBuf {
    dir.join(format!("{seq:020}.seg"))
}

/// Numbers of the segment files; other files are left alone.
pub(super) fn names(dir: &Path) -> io::Result<Vec<u64>> {
    let mut seqs = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|n| n.strip_suffix(".seg"));
        let seq = digits
            .filter(|d| d.len() == 20)
            .and_then(|d| d.parse::<u64>().ok());
        match seq {
            Some(seq) if seq <= SEQ_MAX => seqs.push(seq),
            _ if digits.is_some() => {
                let path = dir.join(&name);
                tracing::warn!(path = %path.display(), "a file in the spool is not ours: it is left alone");
            }
            _ => {}
        }
    }
    Ok(seqs)
}

fn read_position(file: &mut File) -> Option<(u64, u64)> {
    let mut bytes = [0; POSITION_BYTES];
    file.read_exact(&mut bytes).ok()?;
    let (told, sum) = bytes.split_at(16);
    if crc32fast::hash(told).to_le_bytes() != sum {
        return None;
    }
    let (seq, points) = told.split_at(8);
    let seq = u64::from_le_bytes(seq.try_into().ok()?);
    (seq <= SEQ_MAX).then_some((seq, u64::from_le_bytes(points.try_into().ok()?)))
}

/// What a file holds; None, and a line in the log, if it is to be left out.
fn examine(path: &Path, seq: u64, start: u64, buffer: &mut Vec<u8>) -> Option<Segment> {
    buffer.clear();
    let read = File::open(path).and_then(|mut file| {
        // Something huge that is not ours need not be read.
        let is_ours = io::Read::by_ref(&mut file)
            .take(MAGIC.len() as u64)
            .read_to_end(buffer)
            .map(|_| origin(buffer) == Origin::Ours)?;
        if is_ours { file.read_to_end(buffer) } else { Ok(0) }
    });
    let name = path.display();
    if let Err(error) = read {
        tracing::warn!(path = %name, %error, "a file of the spool cannot be read: it is left alone");
        return None;
    }
    match origin(buffer) {
        Origin::Ours => {}
        Origin::Newer => {
            tracing::warn!(path = %name, "a file of the spool was written by a newer version: it is left alone");
            return None;
        }
        Origin::Foreign => {
            tracing::warn!(path = %name, "a file in the spool is not ours: it is left alone");
            return None;
        }
        Origin::Unfinished => {
            let _ = fs::remove_file(path);
            return None;
        }
    }
    let mut segment = Segment {
        seq,
        start,
        end: start,
        bytes: MAGIC.len() as u64,
        oldest_ns: 0,
    };
    let mut at = MAGIC.len();
    while let Some(found) = record(buffer, at) {
        if segment.end == start {
            segment.oldest_ns = found.oldest_ns;
        }
        segment.end = start + u64::from(found.before) + u64::from(found.points);
        at = found.end;
    }
    segment.bytes = at as u64;
    let rest = buffer.len() - at;
    if rest > 0 {
        tracing::warn!(path = %name, bytes = rest, at, "the end of a file of the spool cannot be read: it is cut");
    }
    if segment.end == start {
        let _ = fs::remove_file(path);
        return None;
    }
    Some(segment)
}
