//! Libraries and what they hold.

use crate::{LibraryId, Text};

/// What a library is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LibraryKind {
    Movie,
    Show,
    Artist,
    Photo,
    /// Home videos: Plex type `homevideo`, or `movie` with the agent `none`.
    HomeVideo,
    Other,
}

impl LibraryKind {
    /// Plex's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Artist => "artist",
            Self::Photo => "photo",
            Self::HomeVideo => "homevideo",
            Self::Other => "other",
        }
    }
}

/// The library an item belongs to, as labels need it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LibraryRef {
    pub id: LibraryId,
    pub title: Text,
    pub kind: LibraryKind,
}

/// What is counted in a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentKind {
    Movies,
    Shows,
    Seasons,
    Episodes,
    Artists,
    Albums,
    Tracks,
    Photos,
    PhotoAlbums,
    /// Home videos and clips.
    Videos,
}

impl ContentKind {
    pub const ALL: [Self; 10] = [
        Self::Movies,
        Self::Shows,
        Self::Seasons,
        Self::Episodes,
        Self::Artists,
        Self::Albums,
        Self::Tracks,
        Self::Photos,
        Self::PhotoAlbums,
        Self::Videos,
    ];

    /// Label value, plural.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Movies => "movies",
            Self::Shows => "shows",
            Self::Seasons => "seasons",
            Self::Episodes => "episodes",
            Self::Artists => "artists",
            Self::Albums => "albums",
            Self::Tracks => "tracks",
            Self::Photos => "photos",
            Self::PhotoAlbums => "photo_albums",
            Self::Videos => "videos",
        }
    }
}

/// One counted kind of a library; a kind whose probe failed is not in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentCount {
    pub kind: ContentKind,
    pub items: u64,
}

/// A library as last seen. Sizes are absent where the server did not tell them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    pub id: LibraryId,
    pub title: Text,
    pub kind: LibraryKind,
    pub storage_bytes: Option<u64>,
    pub duration_ms: Option<u64>,
    /// True while the server scans it.
    pub refreshing: Option<bool>,
    pub counts: Vec<ContentCount>,
}

impl Library {
    pub fn to_ref(&self) -> LibraryRef {
        LibraryRef {
            id: self.id.clone(),
            title: self.title.clone(),
            kind: self.kind,
        }
    }

    /// Items of `kind`, if it was counted.
    pub fn count(&self, kind: ContentKind) -> Option<u64> {
        self.counts.iter().find(|c| c.kind == kind).map(|c| c.items)
    }
}
