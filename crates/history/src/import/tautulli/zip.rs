//! The database out of a backup: a zip archive with one member.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::Error;

/// What a zip archive begins with.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const MEMBER: [u8; 4] = *b"PK\x01\x02";

/// The end record and the longest comment after it.
const END_REACH: u64 = 22 + 65_535;

/// A directory larger than this belongs to no backup.
const DIRECTORY_LIMIT: u64 = 16 << 20;

/// Deflate can make no more of a byte than this; beyond it the sizes are a lie.
const RATIO_LIMIT: u64 = 1100;

/// One file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    name: String,
    deflated: bool,
    crc: u32,
    packed: u64,
    size: u64,
    header_at: u64,
}

/// Writes the database held by the archive `from` to `to`; refuses one larger than `limit` bytes.
pub(super) fn extract(from: &Path, to: &Path, limit: u64) -> Result<(), Error> {
    let refused = |what: String| Error::Refused(format!("{}: {what}", from.display()));
    let reading = |source| Error::File {
        doing: "reading",
        path: from.to_owned(),
        source,
    };
    let mut archive = File::open(from).map_err(reading)?;
    let members = members(&mut archive).map_err(|e| bad(e, reading, refused))?;
    let member = choose(&members).map_err(refused)?;
    if member.size > limit {
        return Err(refused(format!(
            "{} in it holds {} bytes, more than the limit of {limit}",
            member.name, member.size
        )));
    }
    if member.size / RATIO_LIMIT > member.packed {
        return Err(refused(format!(
            "the sizes of {} in it cannot be true",
            member.name
        )));
    }
    unpack(&mut archive, member, from, to)
}

/// What is wrong with an archive, or with reading it.
enum Fault {
    Io(io::Error),
    Bad(&'static str),
}

impl From<io::Error> for Fault {
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::UnexpectedEof {
            Self::Bad("the zip archive is cut off")
        } else {
            Self::Io(e)
        }
    }
}

fn bad(fault: Fault, io: impl FnOnce(io::Error) -> Error, refused: impl FnOnce(String) -> Error) -> Error {
    match fault {
        Fault::Io(e) => io(e),
        Fault::Bad(what) => refused(what.to_owned()),
    }
}

fn choose(members: &[Member]) -> Result<&Member, String> {
    let is_db = |m: &&Member| {
        m.name
            .rsplit('.')
            .next()
            .is_some_and(|e| e.eq_ignore_ascii_case("db"))
    };
    let is_tautulli = |m: &&Member| m.name.rsplit('/').next() == Some("tautulli.db");
    let mut databases = members.iter().filter(is_db);
    match (databases.next(), databases.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => members
            .iter()
            .find(is_tautulli)
            .ok_or_else(|| "several databases are in the archive, and none is called tautulli.db".to_owned()),
        (None, _) => Err("no database (*.db) is in the archive".to_owned()),
    }
}

/// The archive's directory.
fn members(archive: &mut File) -> Result<Vec<Member>, Fault> {
    let len = archive.seek(SeekFrom::End(0))?;
    let reach = END_REACH.min(len);
    let tail = read_at(archive, len - reach, reach)?;
    let end = tail
        .windows(4)
        .rposition(|w| w == END)
        .filter(|at| tail.len() - at >= 22)
        .ok_or(Fault::Bad("the zip archive is cut off"))?;
    let record = &tail[end..];
    let mut count = u64::from(u16_at(record, 10));
    let mut size = u64::from(u32_at(record, 12));
    let mut offset = u64::from(u32_at(record, 16));
    if end >= 20 && tail[end - 20..end - 16] == LOCATOR_64 {
        let at = u64_at(&tail[end - 20..], 8);
        let large = read_at(archive, at, 56)?;
        if large[..4] != END_64 {
            return Err(Fault::Bad("the zip archive's directory is damaged"));
        }
        (count, size, offset) = (u64_at(&large, 32), u64_at(&large, 40), u64_at(&large, 48));
    }
    if size > DIRECTORY_LIMIT {
        return Err(Fault::Bad("the zip archive's directory is too large"));
    }
    let directory = read_at(archive, offset, size)?;
    let mut rest = directory.as_slice();
    let mut members = Vec::new();
    for _ in 0..count {
        let (member, used) = member(rest)?;
        members.push(member);
        rest = rest.get(used..).unwrap_or_default();
    }
    Ok(members)
}

/// The first entry of a directory, and its length.
fn member(entry: &[u8]) -> Result<(Member, usize), Fault> {
    let damaged = Fault::Bad("the zip archive's directory is damaged");
    if entry.len() < 46 || entry[..4] != MEMBER {
        return Err(damaged);
    }
    let (name_len, extra_len, comment_len) = (
        usize::from(u16_at(entry, 28)),
        usize::from(u16_at(entry, 30)),
        usize::from(u16_at(entry, 32)),
    );
    let used = 46 + name_len + extra_len + comment_len;
    if entry.len() < used {
        return Err(damaged);
    }
    let name = String::from_utf8_lossy(&entry[46..46 + name_len]).into_owned();
    if u16_at(entry, 8) & 1 == 1 {
        return Err(Fault::Bad("the zip archive is encrypted"));
    }
    let deflated = match u16_at(entry, 10) {
        0 => false,
        8 => true,
        _ => return Err(Fault::Bad("the zip archive is packed in a way unknown here")),
    };
    let mut member = Member {
        name,
        deflated,
        crc: u32_at(entry, 16),
        packed: u64::from(u32_at(entry, 20)),
        size: u64::from(u32_at(entry, 24)),
        header_at: u64::from(u32_at(entry, 42)),
    };
    large_sizes(&mut member, &entry[46 + name_len..46 + name_len + extra_len]);
    Ok((member, used))
}

/// Sizes beyond 4 GiB stand in an extra field, each only if its short form is all ones.
fn large_sizes(member: &mut Member, mut extra: &[u8]) {
    const ALL_ONES: u64 = u32::MAX as u64;
    while extra.len() >= 4 {
        let (id, len) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let mut field = extra.get(4..4 + len).unwrap_or_default();
        extra = extra.get(4 + len..).unwrap_or_default();
        if id != 1 {
            continue;
        }
        for value in [&mut member.size, &mut member.packed, &mut member.header_at] {
            if *value == ALL_ONES && field.len() >= 8 {
                *value = u64_at(field, 0);
                field = &field[8..];
            }
        }
    }
}

fn unpack(archive: &mut File, member: &Member, from: &Path, to: &Path) -> Result<(), Error> {
    let refused = |what: &str| Error::Refused(format!("{}: {what}", from.display()));
    let reading = |source| Error::File {
        doing: "reading",
        path: from.to_owned(),
        source,
    };
    let writing = |source| Error::File {
        doing: "unpacking to",
        path: to.to_owned(),
        source,
    };
    let header =
        read_at(archive, member.header_at, 30).map_err(|e| bad(e, reading, |what| refused(&what)))?;
    let skip = 30 + u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
    archive
        .seek(SeekFrom::Start(member.header_at + skip))
        .map_err(reading)?;
    let packed = BufReader::with_capacity(256 << 10, archive.take(member.packed));
    let mut unpacked: Box<dyn Read> = if member.deflated {
        Box::new(DeflateDecoder::new(packed))
    } else {
        Box::new(packed)
    };
    let mut out = File::create(to).map_err(writing)?;
    let (mut crc, mut size, mut buffer) = (Crc::new(), 0_u64, vec![0; 256 << 10]);
    loop {
        let n = match unpacked.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                return Err(refused("the zip archive is damaged"));
            }
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(refused("the zip archive is cut off"));
            }
            Err(e) => return Err(reading(e)),
        };
        size += n as u64;
        if size > member.size {
            return Err(refused("the zip archive holds more than it says"));
        }
        crc.update(&buffer[..n]);
        out.write_all(&buffer[..n]).map_err(writing)?;
    }
    if size < member.size {
        return Err(refused("the zip archive is cut off"));
    }
    if crc.sum() != member.crc {
        return Err(refused("the zip archive is damaged: its check sum does not fit"));
    }
    Ok(())
}

fn read_at(file: &mut File, at: u64, len: u64) -> Result<Vec<u8>, Fault> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| Fault::Bad("the zip archive is damaged"))?];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Little-endian numbers; the callers have checked the length.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
