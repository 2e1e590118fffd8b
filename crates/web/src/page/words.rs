//! Figures and codes as people say them.

use std::borrow::Cow;

use model::{Decision, Network, Reason, State};

/// Keeps a figure and its unit, or a dot and what it follows, on one line.
const NB: char = '\u{a0}';

/// Facts on one line: `a · b`.
pub(super) fn dotted(parts: &[impl AsRef<str>]) -> String {
    let mut out = String::new();
    for part in parts.iter().map(AsRef::as_ref).filter(|p| !p.is_empty()) {
        if !out.is_empty() {
            out.extend([NB, '·', ' ']);
        }
        out.push_str(part);
    }
    out
}

/// `12.3 Mbps`, `320 kbps`.
pub(super) fn bit_rate(bps: u64) -> String {
    let (kilo, mega) = (bps as f64 / 1e3, bps as f64 / 1e6);
    if mega >= 99.95 {
        format!("{mega:.0}{NB}Mbps")
    } else if kilo >= 999.5 {
        format!("{mega:.1}{NB}Mbps")
    } else {
        format!("{kilo:.0}{NB}kbps")
    }
}

/// `1.2 TB`: decimal, as disks are sold.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$}{NB}{}", UNITS[unit])
}

/// `4:07`, `1:02:03`.
pub(super) fn clock(ms: u64) -> String {
    let s = ms / 1000;
    let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// `40 s`, `12 min`, `3 h`, `2 days`: how long ago, roughly.
pub(super) fn span(ms: i64) -> String {
    let s = ms.max(0) / 1000;
    match s {
        0..60 => format!("{s}{NB}s"),
        60..3600 => format!("{}{NB}min", s / 60),
        3600..172_800 => format!("{}{NB}h", s / 3600),
        _ => format!("{}{NB}days", s / 86_400),
    }
}

/// `23 %`
pub(super) fn percent(ratio: f64) -> String {
    format!("{:.0}{NB}%", ratio * 100.0)
}

/// `3 sessions`, `1 session`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Playing => "Playing",
        State::Paused => "Paused",
        State::Buffering => "Buffering",
        State::Stopped => "Stopped",
        State::Unknown => "State not told",
    }
}

pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::DirectPlay => "Direct play",
        Decision::Copy => "Direct stream",
        Decision::Transcode => "Transcode",
    }
}

pub(super) fn network(network: Network) -> &'static str {
    match network {
        Network::Lan => "local network",
        Network::Wan => "internet",
        Network::Relay => "relay",
        Network::Cellular => "mobile network",
    }
}

/// Why it transcodes, without the codec.
pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::SubtitleBurn => "subtitles painted into the picture",
        Reason::VideoCodec => "video codec",
        Reason::AudioCodec => "audio codec",
        Reason::Container => "container",
        Reason::Quality => "quality limit",
        Reason::Unknown => "the server does not say",
    }
}

/// Codecs and containers under the names on boxes.
pub(super) fn codec(code: &str) -> Cow<'static, str> {
    Cow::Borrowed(match code.to_ascii_lowercase().as_str() {
        "h264" => "H.264",
        "mpeg2video" => "MPEG-2",
        "mpeg4" => "MPEG-4",
        "vc1" => "VC-1",
        "dca" | "dts" => "DTS",
        "dca-ma" | "dts-hd" => "DTS-HD",
        "truehd" => "TrueHD",
        "opus" => "Opus",
        "vorbis" => "Vorbis",
        "mpegts" => "MPEG-TS",
        "webm" => "WebM",
        _ => return Cow::Owned(code.to_ascii_uppercase()),
    })
}

/// `1080p`, `4K`, `SD`.
pub(super) fn resolution(word: &str) -> String {
    if word.bytes().all(|b| b.is_ascii_digit()) {
        format!("{word}p")
    } else {
        word.to_ascii_uppercase()
    }
}

/// `stereo`, `5.1`.
pub(super) fn channels(n: u8) -> Cow<'static, str> {
    Cow::Borrowed(match n {
        1 => "mono",
        2 => "stereo",
        6 => "5.1",
        8 => "7.1",
        n => return Cow::Owned(format!("{n} channels")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        for (bps, expected) in [
            (0, "0 kbps"),
            (128_000, "128 kbps"),
            (999_400, "999 kbps"),
            (999_999, "1.0 Mbps"),
            (12_345_000, "12.3 Mbps"),
            (99_960_000, "100 Mbps"),
        ] {
            assert_eq!(bit_rate(bps).replace(NB, " "), expected);
        }
        for (bytes, expected) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (12_300_000_000_000, "12.3 TB"),
            (450_000_000_000, "450 GB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(size(bytes).replace(NB, " "), expected);
        }
        for (ms, expected) in [
            (0, "0:00"),
            (7_999, "0:07"),
            (247_000, "4:07"),
            (3_723_000, "1:02:03"),
        ] {
            assert_eq!(clock(ms), expected);
        }
        for (ms, expected) in [
            (-5, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (7_300_000, "2 h"),
            (172_799_000, "47 h"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(span(ms).replace(NB, " "), expected);
        }
        assert_eq!(count(1, "library", "libraries"), "1 library");
        assert_eq!(count(0, "library", "libraries"), "0 libraries");
    }

    #[test]
    fn codes_get_their_names() {
        assert_eq!(codec("h264"), "H.264");
        assert_eq!(codec("hevc"), "HEVC");
        assert_eq!(codec("DCA"), "DTS");
        assert_eq!(resolution("1080"), "1080p");
        assert_eq!(resolution("4k"), "4K");
        assert_eq!(resolution("sd"), "SD");
        assert_eq!(channels(6), "5.1");
        assert_eq!(channels(3), "3 channels");
    }
}
