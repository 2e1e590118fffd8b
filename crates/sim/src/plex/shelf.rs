//! What somebody put into a library by hand: collections, playlists, and items described attribute by attribute.
//!
//! Collections of a seed's libraries are invented like everything else in them; those added or changed here come
//! from the shelf instead.

use std::collections::{BTreeMap, BTreeSet};

use crate::plex::catalog::{Entry, Level, Library};
use crate::plex::names;
use crate::plex::seed::LibraryKind;
use crate::plex::value::{Node, Scalar, Text};

/// An element below an item, freely made: `Media`, `Genre`, `Marker`, `Guid`…
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    tag: &'static str,
    attrs: Vec<(&'static str, Scalar)>,
    children: Vec<Element>,
}

impl Element {
    pub fn new(tag: &'static str) -> Self {
        Self {
            tag,
            attrs: Vec::new(),
            children: Vec::new(),
        }
    }

    /// `<Genre tag="Drama"/>`.
    pub fn tag(tag: &'static str, value: impl Into<Text>) -> Self {
        Self::new(tag).attr("tag", value.into())
    }

    pub fn attr(mut self, name: &'static str, value: impl Into<Scalar>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }

    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.tag
    }

    /// `full`: with the streams of parts, which listings leave out.
    pub(crate) fn node(&self, full: bool) -> Node {
        let node = (self.attrs.iter()).fold(Node::new(self.tag), |node, (name, value)| {
            node.attr(name, value.clone())
        });
        let shown = self.children.iter().filter(|c| full || c.tag != "Stream");
        node.with(shown.map(|c| c.node(full)))
    }
}

/// An item of which the test says everything; what it does not say is absent on the wire.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub struct Shelved {
    pub rating_key: u64,
    pub section: u32,
    /// The wire's type: `movie`, `show`, `season`, `episode`, `artist`, `album`, `track`.
    pub kind: Text,
    pub title: Text,
    /// The season of an episode, the show of a season; it brings the keys and titles of those above.
    pub parent: Option<u64>,
    /// All further attributes, by the wire's names.
    pub attrs: Vec<(&'static str, Scalar)>,
    pub elements: Vec<Element>,
}

impl Shelved {
    pub fn new(section: u32, rating_key: u64, kind: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            rating_key,
            section,
            kind: kind.into(),
            title: title.into(),
            parent: None,
            attrs: Vec::new(),
            elements: Vec::new(),
        }
    }

    pub fn below(mut self, parent: u64) -> Self {
        self.parent = Some(parent);
        self
    }

    pub fn attr(mut self, name: &'static str, value: impl Into<Scalar>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }

    pub fn with(mut self, element: Element) -> Self {
        self.elements.push(element);
        self
    }

    pub(crate) fn level(&self) -> Option<Level> {
        Level::from_name(&self.kind)
    }

    /// Where it comes among its siblings.
    pub(crate) fn place(&self) -> (i64, u64) {
        let index = self.attrs.iter().find(|(name, _)| *name == "index");
        let index = index.and_then(|(_, value)| match value {
            Scalar::Int(n) => Some(*n),
            Scalar::Text(t) => t.parse().ok(),
            _ => None,
        });
        (index.unwrap_or(0), self.rating_key)
    }
}

/// Where a collection is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promoted {
    pub recommended: bool,
    pub own_home: bool,
    pub shared_home: bool,
}

impl Promoted {
    pub const NOWHERE: Self = Self::to(false, false, false);
    pub const EVERYWHERE: Self = Self::to(true, true, true);

    pub const fn to(recommended: bool, own_home: bool, shared_home: bool) -> Self {
        Self {
            recommended,
            own_home,
            shared_home,
        }
    }
}

/// One collection.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionSeed {
    pub rating_key: u64,
    pub section: u32,
    pub title: Text,
    /// The wire's type of its members.
    pub subtype: Text,
    pub smart: bool,
    /// Rating keys, in order.
    pub members: Vec<u64>,
    pub promoted: Promoted,
    /// All further attributes, by the wire's names; they replace what would be made up.
    pub attrs: Vec<(&'static str, Scalar)>,
}

impl CollectionSeed {
    /// Of films, promoted nowhere.
    pub fn new(section: u32, rating_key: u64, title: impl Into<Text>) -> Self {
        Self {
            rating_key,
            section,
            title: title.into(),
            subtype: "movie".into(),
            smart: false,
            members: Vec::new(),
            promoted: Promoted::NOWHERE,
            attrs: Vec::new(),
        }
    }

    pub fn of(mut self, subtype: impl Into<Text>) -> Self {
        self.subtype = subtype.into();
        self
    }

    pub fn members(mut self, members: impl IntoIterator<Item = u64>) -> Self {
        self.members = members.into_iter().collect();
        self
    }

    pub fn promoted(mut self, promoted: Promoted) -> Self {
        self.promoted = promoted;
        self
    }

    pub fn smart(mut self) -> Self {
        self.smart = true;
        self
    }

    pub fn attr(mut self, name: &'static str, value: impl Into<Scalar>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }
}

/// One playlist.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub struct PlaylistSeed {
    pub rating_key: u64,
    pub title: Text,
    /// `video`, `audio`, `photo`.
    pub kind: Text,
    /// Rating keys, in order; one may stand in it twice.
    pub items: Vec<u64>,
}

impl PlaylistSeed {
    pub fn new(rating_key: u64, title: impl Into<Text>, items: impl IntoIterator<Item = u64>) -> Self {
        Self {
            rating_key,
            title: title.into(),
            kind: "video".into(),
            items: items.into_iter().collect(),
        }
    }
}

/// What a seed puts on the shelf. A library with items on it lists only those.
#[derive(Clone, Debug, Default)]
pub struct ShelfSeed {
    pub items: Vec<Shelved>,
    pub collections: Vec<CollectionSeed>,
    pub playlists: Vec<PlaylistSeed>,
}

/// Everything on it, by rating key.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) items: BTreeMap<u64, Shelved>,
    pub(crate) playlists: BTreeMap<u64, PlaylistSeed>,
    /// Added, or changed from what was invented.
    collections: BTreeMap<u64, CollectionSeed>,
    /// Invented ones that were deleted.
    gone: BTreeSet<u64>,
}

impl Shelf {
    pub(crate) fn new(seed: &ShelfSeed) -> Self {
        Self {
            items: seed.items.iter().map(|i| (i.rating_key, i.clone())).collect(),
            playlists: seed.playlists.iter().map(|p| (p.rating_key, p.clone())).collect(),
            collections: seed
                .collections
                .iter()
                .map(|c| (c.rating_key, c.clone()))
                .collect(),
            gone: BTreeSet::new(),
        }
    }

    /// The shelved items of a section on a level, or `None` if the section has none at all.
    pub(crate) fn listed(&self, section: u32, level: Level) -> Option<Vec<&Shelved>> {
        let mut any = false;
        let items = self.items.values().filter(|i| i.section == section);
        let listed = items
            .inspect(|_| any = true)
            .filter(|i| i.level() == Some(level))
            .collect();
        any.then_some(listed)
    }

    /// The items directly below one, in order.
    pub(crate) fn children(&self, rating_key: u64) -> Vec<&Shelved> {
        let mut below: Vec<_> = self
            .items
            .values()
            .filter(|i| i.parent == Some(rating_key))
            .collect();
        below.sort_by_key(|i| i.place());
        below
    }

    /// Adds a collection, or replaces the one with its key.
    pub(crate) fn put(&mut self, collection: CollectionSeed) {
        self.gone.remove(&collection.rating_key);
        self.collections.insert(collection.rating_key, collection);
    }

    pub(crate) fn delete(&mut self, rating_key: u64) {
        self.collections.remove(&rating_key);
        self.gone.insert(rating_key);
    }

    /// The collection with this key, invented or not.
    pub(crate) fn collection(&self, libraries: &[Library], rating_key: u64) -> Option<CollectionSeed> {
        if self.gone.contains(&rating_key) {
            return None;
        }
        let put = self.collections.get(&rating_key).cloned();
        put.or_else(|| libraries.iter().find_map(|l| invented(l, rating_key)))
    }

    /// All collections of a library.
    pub(crate) fn collections(&self, library: &Library) -> Vec<CollectionSeed> {
        let invented = (0..library.count(Level::Collection)).filter_map(|index| {
            let key = library.rating_key(Level::Collection, index).parse().ok()?;
            let unchanged = !self.gone.contains(&key) && !self.collections.contains_key(&key);
            unchanged.then(|| invent(library, index, key))
        });
        let put = self.collections.values().filter(|c| c.section == library.id);
        invented.chain(put.cloned()).collect()
    }
}

fn invented(library: &Library, rating_key: u64) -> Option<CollectionSeed> {
    match library.locate(rating_key)? {
        (Level::Collection, index) => Some(invent(library, index, rating_key)),
        _ => None,
    }
}

/// Eight to forty things from all over the library; every third collection is promoted somewhere.
fn invent(library: &Library, index: u32, rating_key: u64) -> CollectionSeed {
    let level = match library.kind {
        LibraryKind::Photo => Level::Photo,
        _ => library.top(),
    };
    let count = u64::from(library.count(level));
    let i = u64::from(index) + u64::from(library.id) * 31;
    let size = (8 + names::pick(181, i, 33)).min(count);
    let start = names::pick(182, i, count.max(1));
    let stride = (7..100)
        .find(|s| greatest_common_divisor(*s, count) == 1)
        .unwrap_or(1);
    let members = (0..size).filter_map(|n| {
        let at = u32::try_from((start + n * stride) % count).ok()?;
        match library.entry(level, at) {
            Entry::Item(item) => item.rating_key?.parse().ok(),
            Entry::Folder(folder) => folder.rating_key.parse().ok(),
        }
    });
    let promoted = match index % 9 {
        0 => Promoted::EVERYWHERE,
        3 => Promoted::to(true, false, false),
        6 => Promoted::to(false, true, false),
        _ => Promoted::NOWHERE,
    };
    let mut collection =
        CollectionSeed::new(library.id, rating_key, names::collection(i)).of(level.type_name());
    collection.members = members.collect();
    collection.promoted = promoted;
    collection.smart = index % 5 == 4;
    collection
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
