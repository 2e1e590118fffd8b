//! Answers as Dispatcharr words them: names, types and their inconsistencies.

mod guide;
mod inventory;
mod stats;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;

pub(super) use guide::{current_programs, search};
pub(super) use inventory::{
    account, accounts, channel, channel_rows, channel_streams, epg_sources, events, groups, logos, plugins,
    settings, stream, stream_stats_of, streams_of, summary, user, users,
};
pub(super) use stats::{
    basic, channel_stats, combined, decimal, detail, timeshift, timeshift_stats, vod, vod_update,
};

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2026-11-21T05:25:16.637910Z`.
fn iso(ms: i64) -> String {
    format!("{:.6}", moment(ms))
}

/// `2026-11-21T05:00:00Z`.
fn iso_seconds(ms: i64) -> String {
    format!("{:.0}", moment(ms))
}

/// `2026-11-21T05:25:16.645504+00:00`.
pub(super) fn iso_offset(ms: i64) -> String {
    iso(ms).replace('Z', "+00:00")
}

/// Seconds with a fraction, as Python's `time.time()`.
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

pub(super) fn rounded(x: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (x * scale).round() / scale
}

/// 64 hexadecimal digits that stand for a stream.
pub(super) fn stream_hash(of: &str) -> String {
    let part = |n: u8| {
        let mut hasher = DefaultHasher::new();
        (n, of).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_worded_as_django_does() {
        let ms = 1_795_238_716_645;
        assert_eq!(iso(ms), "2026-11-21T05:25:16.645000Z");
        assert_eq!(iso_seconds(ms - 645), "2026-11-21T05:25:16Z");
        assert_eq!(iso_offset(ms), "2026-11-21T05:25:16.645000+00:00");
        assert_eq!(stream_hash("a").len(), 64);
    }
}
