//! The bytes of a segment file: eight of [`MAGIC`], then records. No I/O.
//!
//! A record is a batch: a head of [`HEAD_BYTES`] with a checksum of its own, then its lines, deflated where that is
//! shorter. The head tells how many points of the file came before it, so that what is missing after damage can be
//! counted, and it begins with a mark, so that the next record can be found after damage. Numbers are little-endian.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::Batch;

/// The last byte is the version of the format.
pub(super) const MAGIC: [u8; 8] = *b"PJspool\x01";

const MARK: [u8; 4] = *b"\xF1rec";
pub(super) const HEAD_BYTES: usize = 36;

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Ours,
    /// Written by a later version than this.
    Newer,
    Foreign,
    /// The process died before the first bytes were written.
    Unfinished,
}

pub(super) fn origin(bytes: &[u8]) -> Origin {
    let (name, version) = (&MAGIC[..7], MAGIC[7]);
    if bytes.len() < MAGIC.len() {
        return if MAGIC.starts_with(bytes) {
            Origin::Unfinished
        } else {
            Origin::Foreign
        };
    }
    if !bytes.starts_with(name) {
        return Origin::Foreign;
    }
    match bytes[7] {
        v if v == version => Origin::Ours,
        v if v > version => Origin::Newer,
        _ => Origin::Foreign,
    }
}

/// A record whose head is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Where its head begins in the file.
    pub(super) at: usize,
    /// Where the next one begins.
    pub(super) end: usize,
    pub(super) points: u32,
    /// Points of the file before it.
    pub(super) before: u32,
    pub(super) oldest_ns: i64,
    /// Bytes of its lines.
    pub(super) lines_bytes: usize,
    /// None if its checksum is wrong.
    stored: Option<&'a [u8]>,
}

/// The first record at `from` or later; None if there is none. It begins later only where there is damage.
pub(super) fn record(bytes: &[u8], from: usize) -> Option<Record<'_>> {
    let mut at = from;
    loop {
        if let Some(found) = record_at(bytes, at) {
            return Some(found);
        }
        let rest = bytes.get(at + 1..)?;
        at += 1 + rest.windows(MARK.len()).position(|w| w == MARK)?;
    }
}

fn record_at(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    let head = bytes.get(at..)?.get(..HEAD_BYTES)?;
    let (checked, sum) = head.split_at(HEAD_BYTES - 4);
    if !head.starts_with(&MARK) || crc32fast::hash(checked).to_le_bytes() != sum {
        return None;
    }
    let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let end = at + HEAD_BYTES + number(4) as usize;
    let stored = bytes.get(at + HEAD_BYTES..end)?;
    let oldest = u64::from(number(20)) | u64::from(number(24)) << 32;
    Some(Record {
        at,
        end,
        points: number(12),
        before: number(16),
        oldest_ns: oldest.cast_signed(),
        lines_bytes: number(8) as usize,
        stored: (crc32fast::hash(stored) == number(28)).then_some(stored),
    })
}

/// Writes records. Keeps the memory of the last one.
pub(super) struct Encoder {
    deflate: Compress,
    /// Room for a head, then the payload of the current batch.
    buffer: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self {
            deflate: Compress::new(Compression::fast(), false),
            buffer: Vec::new(),
        }
    }

    /// Prepares `batch`; returns the bytes its record takes.
    pub(super) fn prepare(&mut self, batch: &Batch) -> usize {
        self.buffer.clear();
        self.buffer.resize(HEAD_BYTES, 0);
        self.buffer.reserve(batch.lines.len());
        self.deflate.reset();
        let status = self
            .deflate
            .compress_vec(&batch.lines, &mut self.buffer, FlushCompress::Finish);
        let deflated = self.buffer.len() - HEAD_BYTES;
        if !matches!(status, Ok(Status::StreamEnd)) || deflated >= batch.lines.len() {
            self.buffer.truncate(HEAD_BYTES);
            self.buffer.extend_from_slice(&batch.lines);
        }
        self.buffer.len()
    }

    /// The record of the batch that was prepared last.
    pub(super) fn record(&mut self, batch: &Batch, before: u32) -> &[u8] {
        let (head, stored) = self.buffer.split_at_mut(HEAD_BYTES);
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        head[..4].copy_from_slice(&MARK);
        head[4..8].copy_from_slice(&length(stored.len()));
        head[8..12].copy_from_slice(&length(batch.lines.len()));
        head[12..16].copy_from_slice(&batch.points.to_le_bytes());
        head[16..20].copy_from_slice(&before.to_le_bytes());
        head[20..28].copy_from_slice(&batch.oldest_ns.to_le_bytes());
        head[28..32].copy_from_slice(&crc32fast::hash(stored).to_le_bytes());
        let sum = crc32fast::hash(&head[..32]);
        head[32..].copy_from_slice(&sum.to_le_bytes());
        &self.buffer
    }
}

/// Reads records.
pub(super) struct Decoder(Decompress);

impl Decoder {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// Appends the lines of `record` to `out`; false, and nothing, if it is damaged.
    pub(super) fn append(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> bool {
        let Some(stored) = record.stored else {
            return false;
        };
        if stored.len() == record.lines_bytes {
            out.extend_from_slice(stored);
            return true;
        }
        let before = out.len();
        out.reserve(record.lines_bytes);
        self.0.reset(false);
        let status = self.0.decompress_vec(stored, out, FlushDecompress::Finish);
        let is_whole = matches!(status, Ok(Status::StreamEnd)) && out.len() - before == record.lines_bytes;
        if !is_whole {
            out.truncate(before);
        }
        is_whole
    }
}
