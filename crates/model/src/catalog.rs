//! What a server keeps in its libraries, as asked for: collections, their members, items with all their details.
//!
//! Unlike observations these are answers to questions of ours, and as old as the question. Keys are numbers here:
//! only items of libraries are asked for, and those have no others.

mod picture;

use std::sync::Arc;

use crate::{ContentCount, LibraryKind, Text};

pub use picture::{Picture, PictureFormat, PicturePath, PictureSize};

/// Something to ask a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// The libraries; `counted`: with how much they hold, which takes a request per kind of item.
    Sections { counted: bool },
    /// The collections of a library, and where each is shown.
    Collections { section_id: i64 },
    /// What is in a collection, or in a playlist: keys and kinds alone, whatever their number.
    Members { of: Parent, rating_key: i64 },
    /// What is in it, with the details a listing has.
    Children { of: Parent, rating_key: i64 },
    /// One item with everything.
    Item { rating_key: i64 },
    /// What was added to a library last, newest first: films, episodes, artists; a few of them.
    Added { section_id: i64, kind: LibraryKind },
    /// A picture, about as large as this.
    Picture { path: PicturePath, size: PictureSize },
}

/// Where children are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parent {
    /// A show, season, artist or album.
    Item,
    Collection,
    Playlist,
}

/// The answer to a [`Question`]. Cheap to clone, since several may ask the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Sections(Arc<[CatalogSection]>),
    Collections(Arc<[Collection]>),
    Members(Arc<[Member]>),
    Children(Arc<Children>),
    Item(Arc<CatalogItem>),
    Picture(Picture),
}

/// A library as its server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogSection {
    pub section_id: i64,
    pub title: Text,
    /// Home videos told apart.
    pub kind: LibraryKind,
    /// As told: `movie`, `show`, `artist`, `photo`.
    pub wire_kind: Option<Text>,
    pub agent: Option<Text>,
    pub thumb: Option<Text>,
    pub art: Option<Text>,
    pub uuid: Option<Text>,
    pub updated_at_s: Option<i64>,
    pub scanned_at_s: Option<i64>,
    /// Empty if not asked for.
    pub counts: Vec<ContentCount>,
}

/// Where a collection is promoted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Visibility {
    /// The page of its library.
    pub recommended: bool,
    /// The home screen of the owner.
    pub own_home: bool,
    /// The home screens of those the library is shared with.
    pub shared_home: bool,
}

impl Visibility {
    /// Shown anywhere at all.
    pub fn is_promoted(self) -> bool {
        self.recommended || self.own_home || self.shared_home
    }
}

/// A collection of a library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    pub rating_key: i64,
    pub section_id: i64,
    pub section_title: Option<Text>,
    pub title: Text,
    pub title_sort: Option<Text>,
    pub summary: Option<Text>,
    /// What its members are: `movie`, `show`, `season`, `episode`, `artist`, `album`, `track`.
    pub subtype: Option<Text>,
    /// Filled by a filter instead of by hand.
    pub smart: Option<bool>,
    pub child_count: Option<i64>,
    pub min_year: Option<i64>,
    pub max_year: Option<i64>,
    /// −1 as the library says, 0 hidden, 1 hide items, 2 show both.
    pub mode: Option<i64>,
    /// 0 by release, 1 by title, 2 as arranged.
    pub sort: Option<i64>,
    pub content_rating: Option<Text>,
    pub guid: Option<Text>,
    pub thumb: Option<Text>,
    pub art: Option<Text>,
    pub added_at_s: Option<i64>,
    pub updated_at_s: Option<i64>,
    pub published: Option<bool>,
    /// Absent where the server would not tell (only its owner may ask).
    pub visibility: Option<Visibility>,
}

/// A member of a collection or playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Member {
    /// A play belongs to it by its item's own key, its parent's or its grandparent's.
    pub rating_key: i64,
    pub kind: ItemKind,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    Movie,
    Show,
    Season,
    Episode,
    Artist,
    Album,
    Track,
    Clip,
    Photo,
    PhotoAlbum,
    Collection,
    Playlist,
    Other,
}

impl ItemKind {
    pub const ALL: [Self; 13] = [
        Self::Movie,
        Self::Show,
        Self::Season,
        Self::Episode,
        Self::Artist,
        Self::Album,
        Self::Track,
        Self::Clip,
        Self::Photo,
        Self::PhotoAlbum,
        Self::Collection,
        Self::Playlist,
        Self::Other,
    ];

    /// Plex's and Tautulli's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Season => "season",
            Self::Episode => "episode",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::Track => "track",
            Self::Clip => "clip",
            Self::Photo => "photo",
            Self::PhotoAlbum => "photo_album",
            Self::Collection => "collection",
            Self::Playlist => "playlist",
            Self::Other => "other",
        }
    }

    /// [`ItemKind::Other`] for words not known.
    pub fn of(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .unwrap_or(match word {
                "photoalbum" => Self::PhotoAlbum,
                _ => Self::Other,
            })
    }
}

/// A listing of what is in something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Children {
    /// The name of what was asked for.
    pub title: Option<Text>,
    pub section_id: Option<i64>,
    pub section_title: Option<Text>,
    pub items: Vec<CatalogItem>,
}

/// An item as its server tells of it. Lists are empty and values absent where it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogItem {
    pub kind: ItemKind,
    /// Of a collection: what is in it.
    pub subtype: Option<Text>,
    pub section_id: Option<i64>,
    pub section_title: Option<Text>,
    pub rating_key: i64,
    pub parent_rating_key: Option<i64>,
    pub grandparent_rating_key: Option<i64>,
    pub title: Option<Text>,
    pub parent_title: Option<Text>,
    pub grandparent_title: Option<Text>,
    pub original_title: Option<Text>,
    pub title_sort: Option<Text>,
    pub edition_title: Option<Text>,
    pub slug: Option<Text>,
    pub parent_slug: Option<Text>,
    pub grandparent_slug: Option<Text>,
    pub index: Option<i64>,
    pub parent_index: Option<i64>,
    pub studio: Option<Text>,
    pub content_rating: Option<Text>,
    pub summary: Option<Text>,
    pub tagline: Option<Text>,
    pub rating: Option<f64>,
    pub rating_image: Option<Text>,
    pub audience_rating: Option<f64>,
    pub audience_rating_image: Option<Text>,
    pub user_rating: Option<f64>,
    pub duration_ms: Option<i64>,
    pub year: Option<i64>,
    pub parent_year: Option<i64>,
    pub grandparent_year: Option<i64>,
    pub min_year: Option<i64>,
    pub max_year: Option<i64>,
    pub thumb: Option<Text>,
    pub parent_thumb: Option<Text>,
    pub grandparent_thumb: Option<Text>,
    pub art: Option<Text>,
    pub banner: Option<Text>,
    /// A day, `2021-01-13`.
    pub originally_available_at: Option<Text>,
    pub added_at_s: Option<i64>,
    pub updated_at_s: Option<i64>,
    pub last_viewed_at_s: Option<i64>,
    pub guid: Option<Text>,
    pub parent_guid: Option<Text>,
    pub grandparent_guid: Option<Text>,
    /// Direct children: seasons of a show, members of a collection.
    pub child_count: Option<i64>,
    /// Episodes or tracks below it.
    pub leaf_count: Option<i64>,
    pub smart: Option<bool>,
    pub live: Option<bool>,
    pub directors: Vec<Text>,
    pub writers: Vec<Text>,
    pub actors: Vec<Text>,
    pub genres: Vec<Text>,
    pub labels: Vec<Text>,
    pub collections: Vec<Text>,
    /// `imdb://tt…`, `tmdb://…`, `tvdb://…`.
    pub guids: Vec<Text>,
    pub markers: Vec<Marker>,
    /// The versions; streams only where the item was asked for alone.
    pub media: Vec<CatalogMedia>,
}

impl CatalogItem {
    /// An item of which only this is known.
    pub fn new(kind: ItemKind, rating_key: i64) -> Self {
        Self {
            kind,
            rating_key,
            subtype: None,
            section_id: None,
            section_title: None,
            parent_rating_key: None,
            grandparent_rating_key: None,
            title: None,
            parent_title: None,
            grandparent_title: None,
            original_title: None,
            title_sort: None,
            edition_title: None,
            slug: None,
            parent_slug: None,
            grandparent_slug: None,
            index: None,
            parent_index: None,
            studio: None,
            content_rating: None,
            summary: None,
            tagline: None,
            rating: None,
            rating_image: None,
            audience_rating: None,
            audience_rating_image: None,
            user_rating: None,
            duration_ms: None,
            year: None,
            parent_year: None,
            grandparent_year: None,
            min_year: None,
            max_year: None,
            thumb: None,
            parent_thumb: None,
            grandparent_thumb: None,
            art: None,
            banner: None,
            originally_available_at: None,
            added_at_s: None,
            updated_at_s: None,
            last_viewed_at_s: None,
            guid: None,
            parent_guid: None,
            grandparent_guid: None,
            child_count: None,
            leaf_count: None,
            smart: None,
            live: None,
            directors: Vec::new(),
            writers: Vec::new(),
            actors: Vec::new(),
            genres: Vec::new(),
            labels: Vec::new(),
            collections: Vec::new(),
            guids: Vec::new(),
            markers: Vec::new(),
            media: Vec::new(),
        }
    }
}

/// A stretch of an item: intro, credits, commercial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    pub id: Option<i64>,
    /// `intro`, `credits`, `commercial`.
    pub kind: Text,
    pub start_ms: i64,
    pub end_ms: i64,
    /// The last of the credits.
    pub is_final: bool,
}

/// One version of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogMedia {
    pub id: Option<i64>,
    pub container: Option<Text>,
    pub bitrate_kbps: Option<i64>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub aspect_ratio: Option<f64>,
    pub video_codec: Option<Text>,
    /// As told: `1080`, `4k`, `sd`.
    pub video_resolution: Option<Text>,
    pub video_frame_rate: Option<Text>,
    pub video_profile: Option<Text>,
    pub audio_codec: Option<Text>,
    pub audio_channels: Option<i64>,
    pub audio_profile: Option<Text>,
    /// Made by the server for other devices.
    pub optimized: bool,
    pub channel_call_sign: Option<Text>,
    pub channel_id: Option<Text>,
    pub channel_identifier: Option<Text>,
    pub channel_title: Option<Text>,
    pub channel_thumb: Option<Text>,
    pub channel_vcn: Option<Text>,
    pub protocol: Option<Text>,
    pub begins_at_s: Option<i64>,
    pub ends_at_s: Option<i64>,
    pub parts: Vec<CatalogPart>,
}

/// One file of a version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogPart {
    pub id: Option<i64>,
    /// Only the server's owner is told.
    pub file: Option<Text>,
    pub size_bytes: Option<i64>,
    /// Preview pictures exist.
    pub indexes: bool,
    pub selected: Option<bool>,
    pub streams: Vec<CatalogStream>,
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    Video,
    Audio,
    Subtitle,
    Lyrics,
}

impl StreamKind {
    /// Plex's number.
    pub fn number(self) -> i64 {
        match self {
            Self::Video => 1,
            Self::Audio => 2,
            Self::Subtitle => 3,
            Self::Lyrics => 4,
        }
    }
}

/// One stream of a file. Which fields it has depends on its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogStream {
    pub kind: StreamKind,
    pub id: Option<i64>,
    pub index: Option<i64>,
    pub codec: Option<Text>,
    pub profile: Option<Text>,
    pub level: Option<Text>,
    pub bitrate_kbps: Option<i64>,
    pub bit_depth: Option<i64>,
    pub chroma_subsampling: Option<Text>,
    pub color_primaries: Option<Text>,
    pub color_range: Option<Text>,
    pub color_space: Option<Text>,
    pub color_trc: Option<Text>,
    pub dovi: Option<DolbyVision>,
    /// Frames per second.
    pub frame_rate: Option<f64>,
    pub ref_frames: Option<i64>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub scan_type: Option<Text>,
    pub language: Option<Text>,
    pub language_code: Option<Text>,
    pub title: Option<Text>,
    pub display_title: Option<Text>,
    pub extended_display_title: Option<Text>,
    pub bitrate_mode: Option<Text>,
    pub channels: Option<i64>,
    pub channel_layout: Option<Text>,
    pub sample_rate_hz: Option<i64>,
    pub container: Option<Text>,
    pub format: Option<Text>,
    pub forced: Option<bool>,
    pub default: Option<bool>,
    pub selected: Option<bool>,
    /// A subtitle in a file of its own.
    pub external: Option<bool>,
}

impl CatalogStream {
    /// A stream of which only the kind is known.
    pub fn new(kind: StreamKind) -> Self {
        Self {
            kind,
            id: None,
            index: None,
            codec: None,
            profile: None,
            level: None,
            bitrate_kbps: None,
            bit_depth: None,
            chroma_subsampling: None,
            color_primaries: None,
            color_range: None,
            color_space: None,
            color_trc: None,
            dovi: None,
            frame_rate: None,
            ref_frames: None,
            width: None,
            height: None,
            scan_type: None,
            language: None,
            language_code: None,
            title: None,
            display_title: None,
            extended_display_title: None,
            bitrate_mode: None,
            channels: None,
            channel_layout: None,
            sample_rate_hz: None,
            container: None,
            format: None,
            forced: None,
            default: None,
            selected: None,
            external: None,
        }
    }
}

/// What a Dolby Vision stream tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DolbyVision {
    pub present: bool,
    pub base_layer: bool,
    pub enhancement_layer: bool,
    pub rpu: bool,
    pub level: Option<i64>,
    pub profile: Option<i64>,
    pub version: Option<Text>,
}
