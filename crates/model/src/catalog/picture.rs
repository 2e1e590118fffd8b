//! Pictures of items, and where a server keeps them.

use std::sync::Arc;

use crate::Text;

/// Where a server keeps a picture of one of its items, without the server's address.
///
/// Made from what a server or the history told, or from a number; it can lead nowhere but to an item of a library.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PicturePath(Text);

impl PicturePath {
    /// Longest path that is taken for one; those of servers have some 50 characters.
    const LEN_MAX: usize = 128;

    /// `/library/metadata/5/thumb/1763020000`; what follows a question mark is cut off. `None` for anything else: an
    /// address, a way out of the libraries, or what may hold a token.
    pub fn new(told: &str) -> Option<Self> {
        let path = told.split('?').next().unwrap_or_default();
        let rest = path.strip_prefix("/library/")?;
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let is_safe = path.len() <= Self::LEN_MAX
            && rest.split('/').all(plain)
            && !told.to_ascii_lowercase().contains("token");
        is_safe.then(|| Self(path.into()))
    }

    /// The poster of an item; the newest, as no time is named.
    pub fn poster_of(rating_key: i64) -> Self {
        Self(format!("/library/metadata/{rating_key}/thumb").into())
    }

    /// The background of an item.
    pub fn art_of(rating_key: i64) -> Self {
        Self(format!("/library/metadata/{rating_key}/art").into())
    }

    /// Letters, digits, `-` and single slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In pixels; a server may send a little more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureSize {
    pub width: u32,
    pub height: u32,
}

/// A picture that a browser can show without harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub format: PictureFormat,
    pub bytes: Arc<[u8]>,
}

impl Picture {
    /// `None` if the bytes are none of the formats we pass on.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Option<Self> {
        let bytes = bytes.into();
        let format = PictureFormat::of(&bytes)?;
        Some(Self { format, bytes })
    }
}

/// Formats of pixels alone. SVG, which may hold scripts, is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    Jpeg,
    Png,
    WebP,
}

impl PictureFormat {
    /// By the first bytes, whatever was said of them.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_pictures_lead_to_items_of_libraries_alone() {
        for (told, expected) in [
            (
                "/library/metadata/5/thumb/1763020000",
                Some("/library/metadata/5/thumb/1763020000"),
            ),
            (
                "/library/metadata/5/thumb/-1",
                Some("/library/metadata/5/thumb/-1"),
            ),
            (
                "/library/collections/9/composite/1?width=400&height=600",
                Some("/library/collections/9/composite/1"),
            ),
            ("", None),
            ("/library/", None),
            ("/library/metadata/5/../../../identity", None),
            ("/library/metadata/5/%2e%2e/x", None),
            ("/library//metadata/5", None),
            ("/library/metadata/5/", None),
            ("/:/resources/movie.png", None),
            ("/library/metadata/5/thumb?X-Plex-Token=abc", None),
            ("/library/metadata/5/thumb&X-Plex-Token=abc", None),
            ("https://image.invalid/library/metadata/5/thumb/1", None),
            ("//other.invalid/library/metadata/5", None),
            ("/library/metadata/5/thumb\r\nHost: x", None),
            ("/status/sessions", None),
        ] {
            assert_eq!(
                PicturePath::new(told).as_ref().map(PicturePath::as_str),
                expected,
                "{told:?}"
            );
        }
        let long = format!("/library/{}", "a".repeat(200));
        assert_eq!(PicturePath::new(&long), None);
        for made in [PicturePath::poster_of(7), PicturePath::art_of(7)] {
            assert_eq!(PicturePath::new(made.as_str()), Some(made.clone()));
        }
    }

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe0..JFIF"[..], Some(PictureFormat::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(PictureFormat::Png)),
            (b"RIFF1234WEBPVP8 ", Some(PictureFormat::WebP)),
            (b"RIFF1234AVI ", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"GIF89a", None),
            (b"{\"error\":1}", None),
            (b"", None),
        ] {
            assert_eq!(PictureFormat::of(bytes), expected, "{bytes:?}");
            assert_eq!(Picture::new(bytes).map(|p| p.format), expected);
        }
    }
}
