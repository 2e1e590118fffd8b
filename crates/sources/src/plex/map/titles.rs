//! What a stream's `displayTitle` says of its source: `1080p (HEVC Main 10)`, `English (DTS-HD MA 5.1)`.
//!
//! While a stream is converted its fields describe the output, but the title still names the source. Titles are
//! made for people, so only words from the lists below are believed.

use model::Text;

/// Plex's word for a number of lines, from a `videoResolution`, or from a word of a title.
///
/// Outputs say `720p`, sources `720`; ours has no suffix.
pub(super) fn resolution(word: &str) -> Option<Text> {
    let word = word.trim().to_ascii_lowercase();
    let bare = word.strip_suffix(['p', 'i']).unwrap_or(&word);
    match bare {
        "sd" | "2k" | "4k" | "8k" => Some(bare.into()),
        "2160" => Some("4k".into()),
        _ if (3..=4).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit()) => Some(bare.into()),
        _ => None,
    }
}

/// Plex's word for a picture size. Films are wider than their class is high (1920×800 is `1080`), so either
/// side may put a picture into a class; the margins leave room for cropped borders.
pub(super) fn resolution_of_size(width: Option<u64>, height: Option<u64>) -> Option<Text> {
    let (width, height) = (width.unwrap_or(0), height.unwrap_or(0));
    let class = match () {
        () if width == 0 && height == 0 => return None,
        () if width > 7000 || height > 3900 => "8k",
        () if width > 3500 || height > 1900 => "4k",
        () if width > 1800 || height > 960 => "1080",
        () if width > 1200 || height > 660 => "720",
        () if height > 500 => "576",
        () if height > 400 || width > 700 => "480",
        () => "sd",
    };
    Some(class.into())
}

/// The resolution named in a video title.
pub(super) fn video_resolution(title: &str) -> Option<Text> {
    let head = title.split('(').next()?;
    head.split_whitespace().find_map(|word| {
        let is_lines = word.ends_with(['p', 'i', 'P', 'I', 'k', 'K']) || word.eq_ignore_ascii_case("sd");
        resolution(word).filter(|_| is_lines)
    })
}

/// The codec named in the last parentheses of a video title.
pub(super) fn video_codec(title: &str) -> Option<Text> {
    words_in_parentheses(title).find_map(|word| {
        Some(Text::from(match word.to_ascii_lowercase().as_str() {
            "hevc" | "h.265" | "h265" => "hevc",
            "h.264" | "h264" | "avc" => "h264",
            "mpeg2video" | "mpeg-2" => "mpeg2video",
            "mpeg1video" => "mpeg1video",
            "mpeg4" | "mpeg-4" => "mpeg4",
            "vc1" | "vc-1" => "vc1",
            "av1" => "av1",
            "vp9" => "vp9",
            "vp8" => "vp8",
            _ => return None,
        }))
    })
}

/// The dynamic range named in a video title. Titles name it only if it is high.
pub(super) fn dynamic_range(title: &str) -> Option<&'static str> {
    let title = title.to_ascii_lowercase();
    if title.contains("dovi") || title.contains("dolby vision") {
        Some("DV")
    } else if title.contains("hlg") {
        Some("HLG")
    } else if title.contains("hdr") {
        Some("HDR10")
    } else {
        None
    }
}

/// The codec named in an audio title: before the channels, or (music) before the parentheses.
pub(super) fn audio_codec(title: &str) -> Option<Text> {
    let known = |word: &str| {
        let word = word.to_ascii_lowercase();
        Some(Text::from(match word.as_str() {
            "aac" | "ac3" | "eac3" | "mp3" | "mp2" | "flac" | "opus" | "vorbis" | "pcm" | "alac"
            | "truehd" => &word,
            // The wire's codec field calls every kind of DTS so.
            "dts" | "dca" | "dts-hd" | "dts-es" | "dts-x" => "dca",
            _ => return None,
        }))
    };
    words_in_parentheses(title)
        .find_map(known)
        .or_else(|| title.split_whitespace().next().and_then(known))
}

/// The number of channels named in an audio title.
pub(super) fn audio_channels(title: &str) -> Option<u8> {
    words_in_parentheses(title).find_map(|word| match word.to_ascii_lowercase().as_str() {
        "mono" => Some(1),
        "stereo" => Some(2),
        layout => {
            let (front, low) = layout.split_once('.')?;
            let (front, low): (u8, u8) = (front.parse().ok()?, low.parse().ok()?);
            front.checked_add(low).filter(|n| (1..=32).contains(n))
        }
    })
}

/// The codec named in the last parentheses of a subtitle title: `English (SRT External)`.
pub(super) fn subtitle_codec(title: &str) -> Option<Text> {
    words_in_parentheses(title).find_map(|word| {
        let word = word.to_ascii_lowercase();
        let known = [
            "srt",
            "ass",
            "ssa",
            "pgs",
            "vobsub",
            "webvtt",
            "vtt",
            "mov_text",
            "dvb_subtitle",
            "eia_608",
        ];
        known.contains(&word.as_str()).then(|| Text::from(word))
    })
}

fn words_in_parentheses(title: &str) -> impl Iterator<Item = &str> {
    let inner = title
        .rsplit_once('(')
        .map_or("", |(_, inner)| inner.split(')').next().unwrap_or(inner));
    inner.split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn video_titles() {
        let cases = [
            ("720p (HEVC Main)", Some("720"), Some("hevc"), None),
            ("1080p (H.264 High 10)", Some("1080"), Some("h264"), None),
            (
                "4K DoVi/HDR10 (HEVC Main 10)",
                Some("4k"),
                Some("hevc"),
                Some("DV"),
            ),
            ("4K (HEVC Main 10 HDR)", Some("4k"), Some("hevc"), Some("HDR10")),
            (
                "1080p HLG (HEVC Main 10)",
                Some("1080"),
                Some("hevc"),
                Some("HLG"),
            ),
            ("1080i (MPEG2VIDEO)", Some("1080"), Some("mpeg2video"), None),
            ("SD (MPEG4)", Some("sd"), Some("mpeg4"), None),
            ("1080p", Some("1080"), None, None),
            ("Unknown (H.264)", None, Some("h264"), None),
            ("2001 a film 1999 (", None, None, None),
            ("", None, None, None),
        ];
        for (title, lines, codec, range) in cases {
            assert_eq!(video_resolution(title).as_deref(), lines, "{title}");
            assert_eq!(video_codec(title).as_deref(), codec, "{title}");
            assert_eq!(dynamic_range(title), range, "{title}");
        }
    }

    #[test]
    fn audio_titles() {
        let cases = [
            ("English (DTS 5.1)", Some("dca"), Some(6)),
            ("English (DTS-HD MA 7.1)", Some("dca"), Some(8)),
            ("English (AAC Stereo)", Some("aac"), Some(2)),
            ("FLAC (Stereo)", Some("flac"), Some(2)),
            ("Unknown (AC3 Mono)", Some("ac3"), Some(1)),
            ("日本語 (FLAC 5.1)", Some("flac"), Some(6)),
            ("Commentary (by A) (EAC3 5.1)", Some("eac3"), Some(6)),
            ("Commentary", None, None),
            ("(255.255)", None, None),
        ];
        for (title, codec, channels) in cases {
            assert_eq!(audio_codec(title).as_deref(), codec, "{title}");
            assert_eq!(audio_channels(title), channels, "{title}");
        }
    }

    #[test]
    fn subtitle_titles() {
        for (title, codec) in [
            ("English (SRT External)", Some("srt")),
            ("English (ASS)", Some("ass")),
            ("English Forced (PGS)", Some("pgs")),
            ("x", None),
        ] {
            assert_eq!(subtitle_codec(title).as_deref(), codec, "{title}");
        }
    }

    #[test]
    fn resolutions_lose_their_suffix() {
        let cases = [
            ("1080p", Some("1080")),
            ("1080", Some("1080")),
            ("SD", Some("sd")),
            ("4k", Some("4k")),
            ("2160p", Some("4k")),
            ("*", None),
            ("", None),
            ("p", None),
        ];
        for (word, expected) in cases {
            assert_eq!(resolution(word).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn sizes_fall_into_plex_classes() {
        let cases = [
            ((1920, 800), "1080"),
            ((1720, 720), "720"),
            ((1280, 544), "720"),
            ((3840, 1600), "4k"),
            ((1440, 1080), "1080"),
            ((720, 404), "480"),
            ((640, 480), "480"),
            ((720, 576), "576"),
            ((320, 240), "sd"),
            ((0, 720), "720"),
        ];
        for ((w, h), expected) in cases {
            assert_eq!(
                resolution_of_size(Some(w), Some(h)).as_deref(),
                Some(expected),
                "{w}x{h}"
            );
        }
        assert_eq!(resolution_of_size(None, Some(0)), None);
    }
}
