//! What is asked of a server: one table of paths, limits and patience.

use std::borrow::Cow;

use model::{ContentKind, Endpoint, LibraryId, LibraryKind, Text};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Items of one `/library/metadata/1,2,3` request; keeps the URL under 1 KiB and the answer under its limit.
pub(super) const LOOKUP_BATCH: usize = 50;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) endpoint: Endpoint,
    /// Path and query, as appended to the server's address.
    pub(super) path: Cow<'static, str>,
    /// Largest answer in bytes, decompressed; a larger one is an error that names the path.
    pub(super) limit: usize,
    /// Times the configured time-out that the whole request may take.
    pub(super) patience: u32,
    /// Further tries after a failure that may pass by itself.
    pub(super) retries: u32,
}

impl Ask {
    const fn new(endpoint: Endpoint, path: &'static str, limit: usize, patience: u32, retries: u32) -> Self {
        Self {
            endpoint,
            path: Cow::Borrowed(path),
            limit,
            patience,
            retries,
        }
    }

    /// The path alone, for messages.
    pub(super) fn place(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }
}

pub(super) static IDENTITY: Ask = Ask::new(Endpoint::Identity, "/identity", 64 * KIB, 1, 0);
pub(super) static ROOT: Ask = Ask::new(Endpoint::Root, "/", MIB, 1, 1);
/// 500 sessions with all their credits take about 8 MiB. A failed look is tried again soon anyway.
pub(super) static SESSIONS: Ask = Ask::new(Endpoint::Sessions, "/status/sessions", 32 * MIB, 1, 1);
/// Adding up storage may take a large server long.
pub(super) static LIBRARIES: Ask = Ask::new(
    Endpoint::Libraries,
    "/media/providers?includeStorage=1",
    8 * MIB,
    3,
    1,
);
pub(super) static SECTIONS: Ask = Ask::new(Endpoint::Libraries, "/library/sections", 8 * MIB, 3, 1);
pub(super) static RESOURCES: Ask =
    Ask::new(Endpoint::Resources, "/statistics/resources?timespan=6", MIB, 1, 1);
pub(super) static TRANSCODES: Ask = Ask::new(Endpoint::Transcodes, "/transcode/sessions", 8 * MIB, 1, 1);
pub(super) static ACTIVITIES: Ask = Ask::new(Endpoint::Activities, "/activities", 4 * MIB, 1, 1);
pub(super) static UPDATE: Ask = Ask::new(Endpoint::Update, "/updater/status", MIB, 1, 1);

/// Rows since a second on the server's clock, or all. The operator is part of the parameter's name; a server that
/// does not understand it answers with all rows.
pub(super) fn bandwidth(since_s: Option<i64>) -> Ask {
    let path = match since_s {
        Some(since) => Cow::Owned(format!("/statistics/bandwidth?timespan=6&at>={since}")),
        None => Cow::Borrowed("/statistics/bandwidth?timespan=6"),
    };
    Ask {
        path,
        ..Ask::new(Endpoint::Bandwidth, "", 16 * MIB, 1, 1)
    }
}

/// Details of at most [`LOOKUP_BATCH`] items.
pub(super) fn metadata(rating_keys: &[Text]) -> Ask {
    debug_assert!(rating_keys.len() <= LOOKUP_BATCH);
    let path = Cow::Owned(format!("/library/metadata/{}", rating_keys.join(",")));
    Ask {
        path,
        ..Ask::new(Endpoint::Metadata, "", 16 * MIB, 2, 1)
    }
}

/// How many items of a kind a library has: a page of no rows. Size without start would be ignored, and the whole
/// listing sent.
pub(super) fn count(library: &LibraryId, kind: LibraryKind, counted: ContentKind) -> Ask {
    let number = type_number(kind, counted);
    let path = Cow::Owned(format!(
        "/library/sections/{library}/all?type={number}&includeCollections=0\
         &X-Plex-Container-Start=0&X-Plex-Container-Size=0"
    ));
    Ask {
        path,
        ..Ask::new(Endpoint::Counts, "", MIB, 3, 1)
    }
}

/// What is counted in a library.
pub(super) fn counted_kinds(kind: LibraryKind) -> &'static [ContentKind] {
    use ContentKind::{
        Albums, Artists, Episodes, Movies, PhotoAlbums, Photos, Seasons, Shows, Tracks, Videos,
    };
    match kind {
        LibraryKind::Movie => &[Movies],
        LibraryKind::Show => &[Shows, Seasons, Episodes],
        LibraryKind::Artist => &[Artists, Albums, Tracks],
        LibraryKind::Photo => &[Photos, PhotoAlbums, Videos],
        LibraryKind::HomeVideo => &[Videos],
        LibraryKind::Other => &[],
    }
}

/// Plex's number of an item type.
fn type_number(kind: LibraryKind, counted: ContentKind) -> u8 {
    match counted {
        // Home videos are movies without an agent; photo libraries hold clips.
        ContentKind::Videos if kind == LibraryKind::Photo => 12,
        ContentKind::Movies | ContentKind::Videos => 1,
        ContentKind::Shows => 2,
        ContentKind::Seasons => 3,
        ContentKind::Episodes => 4,
        ContentKind::Artists => 8,
        ContentKind::Albums => 9,
        ContentKind::Tracks => 10,
        ContentKind::Photos => 13,
        ContentKind::PhotoAlbums => 14,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_probes_always_ask_for_a_page() {
        for kind in [
            LibraryKind::Movie,
            LibraryKind::Show,
            LibraryKind::Artist,
            LibraryKind::Photo,
            LibraryKind::HomeVideo,
        ] {
            for counted in counted_kinds(kind) {
                let ask = count(&"7".into(), kind, *counted);
                assert!(
                    ask.path.starts_with("/library/sections/7/all?type="),
                    "{}",
                    ask.path
                );
                assert!(
                    ask.path
                        .ends_with("&X-Plex-Container-Start=0&X-Plex-Container-Size=0"),
                    "{}",
                    ask.path
                );
            }
        }
        assert!(counted_kinds(LibraryKind::Other).is_empty());
    }

    #[test]
    fn home_videos_are_movies_and_clips_of_photo_libraries_are_clips() {
        let number = |kind, counted| count(&"1".into(), kind, counted).path.clone();
        assert!(number(LibraryKind::HomeVideo, ContentKind::Videos).contains("type=1&"));
        assert!(number(LibraryKind::Photo, ContentKind::Videos).contains("type=12&"));
        assert!(number(LibraryKind::Artist, ContentKind::Tracks).contains("type=10&"));
    }

    #[test]
    fn paths_are_shown_without_their_query() {
        assert_eq!(LIBRARIES.place(), "/media/providers");
        assert_eq!(bandwidth(Some(5)).path, "/statistics/bandwidth?timespan=6&at>=5");
        assert_eq!(metadata(&["1".into(), "2".into()]).path, "/library/metadata/1,2");
    }
}
