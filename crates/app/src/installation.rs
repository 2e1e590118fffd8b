//! What makes this installation one of its kind: an id that plex.tv knows it by and that salts hashed labels.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base::Secret;

use crate::config::plain;

/// Name of the file with the id, within the data directory.
const FILE_NAME: &str = "installation-id";

/// Readable for its owner only.
const PRIVATE: u32 = 0o600;

/// The id, kept in `data_dir`. If that cannot be written the id is derived from the machine, so that it stays the
/// same anyway.
pub(crate) fn id(data_dir: &Path) -> Secret {
    let path = data_dir.join(FILE_NAME);
    if let Ok(text) = fs::read_to_string(&path)
        && !text.trim().is_empty()
    {
        return Secret::new(&text);
    }
    let kept = random().and_then(|id| write_private(&path, &id).map(|()| id));
    let id = kept.unwrap_or_else(|e| {
        let (path, why) = (path.display(), plain(&e));
        tracing::info!(
            "cannot write {path} ({why}); the id of this installation is derived from the machine"
        );
        derived(&machine())
    });
    Secret::new(&id)
}

/// Writes a file only its owner can read, and its directory if need be. The old content, if any, stays until the new
/// one is complete.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(PRIVATE)
        .open(&temporary)
        .and_then(|mut file| {
            // The mode above counts only for a new file.
            file.set_permissions(fs::Permissions::from_mode(PRIVATE))?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
    written
        .and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
}

/// 128 random bits, spelled as a UUID.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(uuid(u128::from_be_bytes(bytes)))
}

/// What tells machines apart without any right.
fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    format!("{}{}", read("/etc/machine-id"), read("/proc/sys/kernel/hostname"))
}

/// FNV-1a, which will be the same in every version of us.
fn derived(seed: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    uuid(
        seed.bytes()
            .fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)),
    )
}

fn uuid(n: u128) -> String {
    let hex = format!("{n:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_drawn_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("new/data");
        let first = id(&data);
        assert_eq!(first.expose().len(), 36);
        assert_eq!(id(&data), first);
        let mode = fs::metadata(data.join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        assert_ne!(id(&dir.path().join("other")), first);
    }

    #[test]
    fn without_a_place_to_keep_it_the_id_still_stays() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let nowhere = file.path().join("not-a-directory");
        assert_eq!(id(&nowhere), id(&nowhere));
        assert_eq!(derived("a"), "d228cb69-6f1a-8caf-7891-2b704e4a8964");
        assert_ne!(derived("a"), derived("b"));
    }

    #[test]
    fn a_public_file_becomes_private_and_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t");
        fs::write(&path, "old and longer").unwrap();
        write_private(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, PRIVATE);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
