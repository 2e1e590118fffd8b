//! Reading segments back: one file at a time, in memory, as far as it is good.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::folder::path;
use super::segment::{Decoder, MAGIC, Record, record};
use super::state::{Limits, Loaded, Segment};

pub(super) struct Reader {
    dir: PathBuf,
    decoder: Decoder,
    open: Option<Open>,
    /// The file from its beginning, as far as it was read.
    bytes: Vec<u8>,
}

struct Open {
    seq: u64,
    file: File,
    /// A record begins here…
    at: usize,
    /// …whose first point has this number.
    number: u64,
}

/// What was found.
#[derive(Debug)]
pub(super) enum Load {
    Loaded(Loaded),
    /// From where reading began up to this number nothing can be read.
    Damaged(u64),
}

impl Reader {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            decoder: Decoder::new(),
            open: None,
            bytes: Vec::new(),
        }
    }

    /// The records from the point `from` on, up to the limits.
    pub(super) fn load(&mut self, segment: &Segment, from: u64, limits: Limits) -> io::Result<Load> {
        let open = fill(&mut self.open, &mut self.bytes, &self.dir, segment, from)?;
        let mut loaded = Loaded {
            oldest_ns: i64::MAX,
            numbers: from..from,
            ..Loaded::default()
        };
        let mut damaged_until = segment.end;
        while let Some((start, found)) = find(&self.bytes, open.at, segment, loaded.numbers.end) {
            let end = start + u64::from(found.points);
            if start > loaded.numbers.end {
                damaged_until = start;
                break;
            }
            if !loaded.fits(found.points, found.lines_bytes, limits) {
                break;
            }
            if !self.decoder.append(&found, &mut loaded.lines) {
                damaged_until = end;
                break;
            }
            loaded.count(found.points, found.oldest_ns, end);
            (open.at, open.number) = (found.end, end);
        }
        Ok(if loaded.points == 0 {
            Load::Damaged(damaged_until)
        } else {
            Load::Loaded(loaded)
        })
    }

    /// Time of the record that holds the point `from`, or of the next that can be read.
    pub(super) fn oldest_ns(&mut self, segment: &Segment, from: u64) -> io::Result<Option<i64>> {
        let open = fill(&mut self.open, &mut self.bytes, &self.dir, segment, from)?;
        Ok(find(&self.bytes, open.at, segment, from).map(|(_, found)| found.oldest_ns))
    }

    /// The memory of a segment is given back.
    pub(super) fn forget(&mut self, seq: u64) {
        if self.open.take_if(|o| o.seq == seq).is_some() {
            self.bytes = Vec::new();
        }
    }
}

/// Reads the file as far as it is good, and goes back to its beginning if `from` lies before where we are.
fn fill<'a>(
    open: &'a mut Option<Open>,
    bytes: &mut Vec<u8>,
    dir: &Path,
    segment: &Segment,
    from: u64,
) -> io::Result<&'a mut Open> {
    let open = if let Some(same) = open.take_if(|o| o.seq == segment.seq) {
        open.insert(same)
    } else {
        bytes.clear();
        open.insert(Open {
            seq: segment.seq,
            file: File::open(path(dir, segment.seq))?,
            at: MAGIC.len(),
            number: segment.start,
        })
    };
    let missing = segment.bytes.saturating_sub(bytes.len() as u64);
    bytes.reserve_exact(usize::try_from(missing).unwrap_or(0));
    io::Read::by_ref(&mut open.file)
        .take(missing)
        .read_to_end(bytes)?;
    if open.number > from {
        (open.at, open.number) = (MAGIC.len(), segment.start);
    }
    Ok(open)
}

/// The first record at `at` or later, with a good head, that ends after the point `from`; and the number of its first
/// point.
fn find<'a>(bytes: &'a [u8], mut at: usize, segment: &Segment, from: u64) -> Option<(u64, Record<'a>)> {
    loop {
        let found = record(bytes, at)?;
        let start = segment.start + u64::from(found.before);
        let end = start + u64::from(found.points);
        if end > segment.end {
            return None;
        }
        if end > from {
            return Some((start, found));
        }
        at = found.end;
    }
}
