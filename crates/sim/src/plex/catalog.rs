//! Libraries and what is in them. Items are computed from their number, so a library of a million costs nothing.

use std::ops::Range;

use crate::plex::item::{Item, Version};
use crate::plex::names;
use crate::plex::seed::{Counts, LibraryKind, LibrarySeed};
use crate::plex::value::Text;

/// Items per level of a library that rating keys leave room for.
const SLOT: u64 = 1_000_000;

/// A level of a library; the wire's metadata type numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
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
}

impl Level {
    const ALL: [Self; 11] = [
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
    ];

    /// The wire's `type` number.
    pub(crate) fn from_number(n: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.number() == n)
    }

    /// By the wire's word; of albums and pictures, which share one, the picture.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.type_name() == name)
    }

    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Movie => 1,
            Self::Show => 2,
            Self::Season => 3,
            Self::Episode => 4,
            Self::Artist => 8,
            Self::Album => 9,
            Self::Track => 10,
            Self::Clip => 12,
            Self::Photo => 13,
            Self::PhotoAlbum => 14,
            Self::Collection => 18,
        }
    }

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Season => "season",
            Self::Episode => "episode",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::Track => "track",
            Self::Clip => "clip",
            Self::Photo | Self::PhotoAlbum => "photo",
            Self::Collection => "collection",
        }
    }

    fn slot(self) -> u64 {
        Self::ALL.iter().position(|l| *l == self).unwrap_or(0) as u64
    }

    /// The level above and below, for those that have one.
    fn parent(self) -> Option<Self> {
        match self {
            Self::Season => Some(Self::Show),
            Self::Episode => Some(Self::Season),
            Self::Album => Some(Self::Artist),
            Self::Track => Some(Self::Album),
            Self::Photo => Some(Self::PhotoAlbum),
            _ => None,
        }
    }

    pub(crate) fn child(self) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.parent() == Some(self))
    }
}

/// One library.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    pub(crate) id: u32,
    pub(crate) title: Text,
    pub(crate) kind: LibraryKind,
    pub(crate) counts: Counts,
    pub(crate) items: Vec<Item>,
    pub(crate) storage_bytes: Option<u64>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) hidden: u32,
    pub(crate) refreshing: bool,
}

/// Something with a rating key that is not played itself.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) level: Level,
    pub(crate) rating_key: String,
    pub(crate) title: String,
    pub(crate) parent: Option<(String, String)>,
    pub(crate) index: u32,
    pub(crate) year: u32,
    pub(crate) child_count: u32,
    pub(crate) leaf_count: u32,
}

/// What a rating key names.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Item(Box<Item>),
    Folder(Folder),
}

impl Library {
    pub(crate) fn new(seed: LibrarySeed, position: u32) -> Self {
        let id = if seed.id == 0 { position } else { seed.id };
        Self {
            id,
            title: seed.title,
            kind: seed.kind,
            counts: seed.counts,
            items: seed.items,
            storage_bytes: seed.storage_bytes,
            duration_ms: seed.duration_ms,
            hidden: seed.hidden,
            refreshing: false,
        }
    }

    /// What `/all` lists without `type=`.
    pub(crate) fn top(&self) -> Level {
        match self.kind {
            LibraryKind::Movie | LibraryKind::HomeVideo => Level::Movie,
            LibraryKind::Show => Level::Show,
            LibraryKind::Artist => Level::Artist,
            LibraryKind::Photo => Level::PhotoAlbum,
        }
    }

    /// Levels this kind of library has, top first.
    pub(crate) fn levels(&self) -> &'static [Level] {
        match self.kind {
            LibraryKind::Movie | LibraryKind::HomeVideo => &[Level::Movie],
            LibraryKind::Show => &[Level::Show, Level::Season, Level::Episode],
            LibraryKind::Artist => &[Level::Artist, Level::Album, Level::Track],
            LibraryKind::Photo => &[Level::PhotoAlbum, Level::Photo, Level::Clip],
        }
    }

    fn leaf(&self) -> Level {
        match self.kind {
            LibraryKind::Movie | LibraryKind::HomeVideo => Level::Movie,
            LibraryKind::Show => Level::Episode,
            LibraryKind::Artist => Level::Track,
            LibraryKind::Photo => Level::Photo,
        }
    }

    pub(crate) fn count(&self, level: Level) -> u32 {
        let c = &self.counts;
        let counted = match level {
            Level::Movie => c.movies,
            Level::Show => c.shows,
            Level::Season => c.seasons,
            Level::Episode => c.episodes,
            Level::Artist => c.artists,
            Level::Album => c.albums,
            Level::Track => c.tracks,
            Level::Clip => c.clips,
            Level::Photo => c.photos,
            Level::PhotoAlbum => c.photo_albums,
            Level::Collection => c.collections,
        };
        let named = if level == self.leaf() {
            u32::try_from(self.items.len()).unwrap_or(u32::MAX)
        } else {
            0
        };
        counted.max(named)
    }

    pub(crate) fn rating_key(&self, level: Level, index: u32) -> String {
        let slot = u64::from(self.id) * Level::ALL.len() as u64 + level.slot();
        (slot * SLOT + u64::from(index) + 1).to_string()
    }

    /// Level and index of a rating key of this library.
    pub(crate) fn locate(&self, key: u64) -> Option<(Level, u32)> {
        let (slot, index) = ((key.checked_sub(1)?) / SLOT, (key - 1) % SLOT);
        let levels = Level::ALL.len() as u64;
        if slot / levels != u64::from(self.id) {
            return None;
        }
        let level = *Level::ALL.get(usize::try_from(slot % levels).ok()?)?;
        let index = u32::try_from(index).ok()?;
        (index < self.count(level)).then_some((level, index))
    }

    pub(crate) fn find(&self, rating_key: &str) -> Option<Entry> {
        let named = self
            .items
            .iter()
            .position(|i| i.rating_key.as_deref() == Some(rating_key));
        if let Some(index) = named {
            return Some(self.entry(self.leaf(), u32::try_from(index).ok()?));
        }
        let (level, index) = self.locate(rating_key.parse().ok()?)?;
        Some(self.entry(level, index))
    }

    /// The item after this one on its level.
    pub(crate) fn next(&self, rating_key: &str) -> Option<Box<Item>> {
        let (level, index) = self.locate(rating_key.parse().ok()?)?;
        let next = (index + 1) % self.count(level).max(1);
        match self.entry(level, next) {
            Entry::Item(item) => Some(item),
            Entry::Folder(_) => None,
        }
    }

    /// The entries below one, by its rating key.
    pub(crate) fn children(&self, rating_key: &str) -> Option<(Level, Range<u32>)> {
        let (level, index) = self.locate(rating_key.parse().ok()?)?;
        let below = level.child()?;
        Some((below, self.children_of(level, index, below)))
    }

    /// The episodes or tracks below an entry, however deep.
    pub(crate) fn leaves(&self, rating_key: &str) -> Option<(Level, Range<u32>)> {
        let (mut level, mut range) = self.children(rating_key)?;
        while let Some(below) = level.child() {
            let first = self.children_of(level, range.start, below).start;
            let end = if range.is_empty() {
                first
            } else {
                self.children_of(level, range.end - 1, below).end
            };
            (level, range) = (below, first..end);
        }
        Some((level, range))
    }

    fn children_of(&self, level: Level, index: u32, below: Level) -> Range<u32> {
        let (parents, children) = (u64::from(self.count(level).max(1)), u64::from(self.count(below)));
        let at = |p: u32| u32::try_from(u64::from(p) * children / parents).unwrap_or(u32::MAX);
        at(index)..at(index + 1)
    }

    /// Index of the parent, and the position among its children (from 1).
    fn parent_of(&self, level: Level, index: u32) -> Option<(Level, u32, u32)> {
        let above = level.parent()?;
        let (parents, children) = (u64::from(self.count(above)), u64::from(self.count(level)));
        if parents == 0 || children == 0 {
            return None;
        }
        let parent = u32::try_from(((u64::from(index) + 1) * parents - 1) / children).ok()?;
        let first = self.children_of(above, parent, level).start;
        Some((above, parent, index.saturating_sub(first) + 1))
    }

    pub(crate) fn entry(&self, level: Level, index: u32) -> Entry {
        match level {
            Level::Movie | Level::Episode | Level::Track | Level::Clip | Level::Photo => {
                Entry::Item(Box::new(self.item(level, index)))
            }
            _ => Entry::Folder(self.folder(level, index)),
        }
    }

    fn name(&self, level: Level, index: u32) -> String {
        let i = u64::from(index) + u64::from(self.id) * 977;
        match level {
            Level::Movie | Level::Clip if self.kind != LibraryKind::Movie => names::home_video(i),
            Level::Movie | Level::Clip => names::movie(i),
            // Not shifted: the hand-made names come first, whatever the section's number.
            Level::Show => names::show(u64::from(index)),
            Level::Episode => names::episode(i),
            Level::Artist => names::artist(i),
            Level::Album => names::album(i),
            Level::Track => names::track(i),
            Level::Photo => format!("IMG_{:04}", 1000 + index % 9000),
            Level::PhotoAlbum => names::photo_album(i),
            Level::Collection => names::collection(i),
            Level::Season => {
                let number = self.parent_of(level, index).map_or(1, |(_, _, n)| n);
                format!("Season {number}")
            }
        }
    }

    fn folder(&self, level: Level, index: u32) -> Folder {
        let parent = self.parent_of(level, index);
        let below = level.child().map(|l| (l, self.children_of(level, index, l)));
        let child_count = below.as_ref().map_or(0, |(_, r)| r.len());
        let leaf_count = below.as_ref().map_or(0, |(l, r)| match l.child() {
            Some(leaf) if !r.is_empty() => {
                let last = self.children_of(*l, r.end - 1, leaf).end;
                (last - self.children_of(*l, r.start, leaf).start) as usize
            }
            _ => child_count,
        });
        Folder {
            level,
            rating_key: self.rating_key(level, index),
            title: self.name(level, index),
            parent: parent.map(|(l, p, _)| (self.rating_key(l, p), self.name(l, p))),
            index: parent.map_or(1, |(_, _, n)| n),
            year: year(index),
            child_count: u32::try_from(child_count).unwrap_or(u32::MAX),
            leaf_count: u32::try_from(leaf_count).unwrap_or(u32::MAX),
        }
    }

    fn item(&self, level: Level, index: u32) -> Item {
        let key = self.rating_key(level, index);
        let mut item = match self.items.get(index as usize).filter(|_| level == self.leaf()) {
            Some(named) => named.clone(),
            None => self.made_up(level, index),
        };
        item.rating_key.get_or_insert(key.into());
        item.library = Some(self.id);
        if let Some((above, parent, _)) = self.parent_of(level, index)
            && let Some((top, grandparent, _)) = self.parent_of(above, parent)
        {
            item.parent_key
                .get_or_insert(self.rating_key(above, parent).into());
            item.grandparent_key
                .get_or_insert(self.rating_key(top, grandparent).into());
        }
        for (n, version) in item.versions.iter_mut().enumerate() {
            let part = names::mix(u64::from(self.id) * 31 + level.slot(), u64::from(index)) % 800_000;
            version.id.get_or_insert(100_000 + part + n as u64 * 900_001);
        }
        item
    }

    fn made_up(&self, level: Level, index: u32) -> Item {
        let title = self.name(level, index);
        let i = u64::from(index);
        match level {
            Level::Episode => {
                let (_, season, number) = self.parent_of(level, index).unwrap_or((level, 0, index + 1));
                let (_, show, season_number) = self.parent_of(Level::Season, season).unwrap_or((level, 0, 1));
                let minutes =
                    [22, 28, 44, 51, 58][usize::try_from(names::pick(91, show.into(), 5)).unwrap_or(0)];
                Item::episode(self.name(Level::Show, show), season_number, number, title)
                    .lasting(minutes * 60_000 + names::pick(92, i, 150_000))
                    .made_in(year(season))
                    .only(tv_version(show))
            }
            Level::Track => {
                let (_, album, number) = self.parent_of(level, index).unwrap_or((level, 0, index + 1));
                let (_, artist, _) = self.parent_of(Level::Album, album).unwrap_or((level, 0, 1));
                let version = if album % 3 == 0 {
                    Version::mp3()
                } else {
                    Version::flac()
                };
                let mut item = Item::track(
                    self.name(Level::Artist, artist),
                    self.name(Level::Album, album),
                    title,
                )
                .lasting(130_000 + names::pick(93, i, 240_000))
                .only(version);
                item.index = Some(number);
                item
            }
            Level::Photo => Item::photo(title).made_in(year(index)),
            Level::Clip => Item::clip(title).lasting(8_000 + names::pick(94, i, 180_000)),
            _ if self.kind == LibraryKind::HomeVideo => Item::movie(title)
                .lasting(30_000 + names::pick(95, i, 1_500_000))
                .only(Version::h264_720()),
            _ => {
                let lasting = 84 * 60_000 + names::pick(96, i, 75 * 60_000);
                let mut item = Item::movie(title).lasting(lasting).made_in(year(index));
                item.versions = movie_versions(index);
                item
            }
        }
    }

    /// Bytes on disk.
    pub(crate) fn storage(&self) -> u64 {
        let c = &self.counts;
        self.storage_bytes.unwrap_or_else(|| {
            let megabytes = u64::from(c.movies) * 7_400
                + u64::from(c.episodes) * 1_950
                + u64::from(c.tracks) * 27
                + u64::from(c.photos) * 4
                + u64::from(c.clips) * 60;
            megabytes * 1_000_000 + 48_731
        })
    }

    /// Playing time of everything; photo libraries have none.
    pub(crate) fn duration(&self) -> Option<u64> {
        if self.kind == LibraryKind::Photo && self.duration_ms.is_none() {
            return None;
        }
        let c = &self.counts;
        let seconds = u64::from(c.movies) * 7_180 + u64::from(c.episodes) * 2_540 + u64::from(c.tracks) * 243;
        Some(self.duration_ms.unwrap_or(seconds * 1000 + 417))
    }
}

fn year(index: u32) -> u32 {
    1978 + u32::try_from(names::pick(97, index.into(), 47)).unwrap_or(0)
}

fn movie_versions(index: u32) -> Vec<Version> {
    match names::pick(98, index.into(), 20) {
        0..=2 => vec![Version::h264_1080(), Version::hevc_4k()],
        3 | 4 => vec![Version::hevc_4k()],
        5..=8 => vec![Version::hevc_1080()],
        9 | 10 => vec![Version::h264_720()],
        11 => vec![Version::mpeg2_sd()],
        12 => vec![Version::h264_1080(), Version::h264_720().optimized()],
        _ => vec![Version::h264_1080()],
    }
}

fn tv_version(show: u32) -> Version {
    match names::pick(99, show.into(), 5) {
        0 | 1 => Version::hevc_1080(),
        2 => Version::h264_720(),
        _ => Version::h264_1080(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_child_is_listed_under_its_parent_exactly_once() {
        for (shows, seasons, episodes) in [(3, 7, 40), (1, 1, 1), (5, 5, 5), (4, 9, 100), (7, 30, 31)] {
            let lib = Library::new(LibrarySeed::shows("x", shows, seasons, episodes), 2);
            let mut seen = 0;
            for season in 0..seasons {
                let range = lib.children_of(Level::Season, season, Level::Episode);
                for (n, episode) in range.enumerate() {
                    assert_eq!(episode, seen, "episodes run on from season to season");
                    seen += 1;
                    let (_, parent, number) = lib.parent_of(Level::Episode, episode).unwrap();
                    assert_eq!((parent, number as usize), (season, n + 1));
                }
            }
            assert_eq!(seen, episodes);
        }
    }

    #[test]
    fn rating_keys_lead_back() {
        let lib = Library::new(LibrarySeed::music("m", 3, 5, 17), 4);
        for level in [Level::Artist, Level::Album, Level::Track] {
            for index in 0..lib.count(level) {
                let key = lib.rating_key(level, index);
                assert_eq!(lib.locate(key.parse().unwrap()), Some((level, index)));
            }
        }
        assert!(
            lib.find(&lib.rating_key(Level::Track, 17)).is_none(),
            "one past the end"
        );
        let other = Library::new(LibrarySeed::music("m", 3, 5, 17), 5);
        assert!(other.find(&lib.rating_key(Level::Track, 0)).is_none());
    }
}
