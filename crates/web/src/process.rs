//! What the kernel says of this process. Linux only; elsewhere the figures are absent.

use std::fs;

/// Clock ticks a second in `/proc/self/stat`: fixed by Linux's interface, whatever the kernel's own rate.
const TICKS_PER_SECOND: f64 = 100.0;

/// Resident memory and CPU time used since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) cpu_seconds: Option<f64>,
}

/// Reads two small files of a file system that lives in memory: never waits for a disk or a peer.
pub(crate) fn usage() -> Usage {
    if !cfg!(target_os = "linux") {
        return Usage::default();
    }
    Usage {
        resident_bytes: fs::read_to_string("/proc/self/status")
            .ok()
            .as_deref()
            .and_then(resident_bytes),
        cpu_seconds: fs::read_to_string("/proc/self/stat")
            .ok()
            .as_deref()
            .and_then(cpu_seconds),
    }
}

/// `VmRSS:     8124 kB`, where kB means 1,024 bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// User and system time: fields 14 and 15, counted after the process name, which may hold anything but ends with
/// the last `)`.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_writes() {
        assert_eq!(
            resident_bytes("Name:\tx\nVmHWM:\t    9 kB\nVmRSS:\t    8124 kB\n"),
            Some(8124 * 1024)
        );
        assert_eq!(resident_bytes("VmRSS: many kB"), None);
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 100 0 0 0 250 30 0 0 20 0 1 0 99 0 0";
        assert_eq!(cpu_seconds(stat), Some(2.8));
        assert_eq!(cpu_seconds("7 (cut"), None);
        assert_eq!(cpu_seconds("7 (cut) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_figures() {
        let usage = usage();
        assert!(usage.resident_bytes.is_some_and(|b| b > 100_000), "{usage:?}");
        assert!(usage.cpu_seconds.is_some_and(|s| s >= 0.0), "{usage:?}");
    }
}
