//! What rows point to: items, clients, viewers, libraries, short words.

use std::collections::HashMap;
use std::hash::Hash;

use model::{Person, RecordKind, Section, SourceId, Text};

/// Declares an index type, so that a client never stands where an item should.
macro_rules! index {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $int);

        impl $name {
            #[inline]
            pub fn at(self) -> usize {
                self.0 as usize
            }

            #[expect(clippy::cast_possible_truncation, reason = "Table::add refuses beyond the type's range")]
            fn of(at: usize) -> Self {
                Self(at as $int)
            }
        }
    };
}

index!(
    /// Place in [`super::Columns::items`].
    ItemIx(u32)
);
index!(
    /// Place in [`super::Columns::clients`].
    ClientIx(u32)
);
index!(
    /// Place in [`super::Columns::words`]; 0 is "not known".
    WordIx(u32)
);
index!(
    /// Place in [`super::Columns::viewers`].
    ViewerIx(u16)
);
index!(
    /// Place in [`super::Columns::libraries`].
    LibraryIx(u16)
);
index!(
    /// Place in [`super::Columns::resolutions`]; 0 is "not known".
    ResolutionIx(u8)
);

/// The item of a play, as numbers and search need it; everything else stays in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemDim {
    /// Row of the store's `item` table.
    pub store_id: i64,
    pub kind: RecordKind,
    pub live: bool,
    pub rating_key: Option<i64>,
    pub parent_rating_key: Option<i64>,
    pub grandparent_rating_key: Option<i64>,
    pub guid: Option<Text>,
    pub full_title: Text,
    pub title: Option<Text>,
    pub grandparent_title: Option<Text>,
    pub original_title: Option<Text>,
    pub year: Option<i64>,
    pub duration_ms: Option<i64>,
    pub marker_credits_first_ms: Option<i64>,
    pub marker_credits_final_ms: Option<i64>,
}

/// The device of a play, as numbers and search need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDim {
    /// Row of the store's `client` table.
    pub store_id: i64,
    pub player: Option<Text>,
    pub product: Option<Text>,
    /// As told; [`crate::rules::platform_name`] gives the one to show.
    pub platform: Option<Text>,
    pub machine_id: Option<Text>,
}

/// Who played: the account and its name at that time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ViewerDim {
    pub user_id: Option<i64>,
    pub name: Option<Text>,
}

/// A library of a server, known by number at least: plays may name one that was never listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryDim {
    pub server: SourceId,
    /// Absent for plays that named none.
    pub section_id: Option<i64>,
    /// Absent for a library that was never listed.
    pub section: Option<Section>,
}

/// Values by index and back. Grows only.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    values: Vec<V>,
    index: HashMap<K, u32>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<K: Hash + Eq, V> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<usize> {
        self.index.get(key).map(|i| *i as usize)
    }

    /// The place of `key`, made with `value` if new. `None` beyond `limit` values.
    pub(super) fn add(&mut self, key: K, limit: usize, value: impl FnOnce() -> V) -> Option<usize> {
        if let Some(at) = self.get(&key) {
            return Some(at);
        }
        let at = self.values.len();
        if at >= limit {
            return None;
        }
        self.values.push(value());
        self.index.insert(key, u32::try_from(at).ok()?);
        Some(at)
    }

    pub(super) fn values(&self) -> &[V] {
        &self.values
    }

    pub(super) fn value_mut(&mut self, at: usize) -> Option<&mut V> {
        self.values.get_mut(at)
    }
}

/// What entries of a dictionary count as one, told apart by `K`. Grows with the dictionary.
#[derive(Clone, Debug)]
pub(crate) struct Merged<K> {
    keys: Vec<K>,
    /// Place among the keys, by index in the dictionary.
    places: Vec<u32>,
    index: HashMap<K, u32>,
}

impl<K> Default for Merged<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            places: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<K: Clone + Hash + Eq> Merged<K> {
    /// Takes in the next entry of the dictionary.
    fn push(&mut self, key: K) {
        let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let place = *self.index.entry(key).or_insert_with_key(|key| {
            self.keys.push(key.clone());
            next
        });
        self.places.push(place);
    }
}

impl<K> Merged<K> {
    /// In the order in which they were first met.
    pub(crate) fn keys(&self) -> &[K] {
        &self.keys
    }

    pub(crate) fn places(&self) -> &[u32] {
        &self.places
    }
}

/// What a list of titles has as one entry. Ordered as its texts are, the unknown first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct WorkKey {
    pub(crate) kind: RecordKind,
    first: Option<Text>,
    second: Option<Text>,
    year: Option<i64>,
}

impl WorkKey {
    /// Films by title and year, so editions and libraries merge; shows by title alone; tracks by their own artist and
    /// the album's.
    fn of(item: &ItemDim) -> Self {
        let (first, second, year) = match item.kind {
            RecordKind::Movie => (Some(item.full_title.clone()), None, item.year),
            RecordKind::Episode => (item.grandparent_title.clone(), None, None),
            RecordKind::Track => (item.original_title.clone(), item.grandparent_title.clone(), None),
        };
        Self {
            kind: item.kind,
            first,
            second,
            year,
        }
    }
}

/// Everything rows point to.
#[derive(Clone, Debug)]
pub struct Dims {
    /// Of items.
    works: Merged<WorkKey>,
    /// Of clients.
    platforms: Merged<Option<Text>>,
    /// Of viewers.
    accounts: Merged<Option<i64>>,
    items: Table<i64, ItemDim>,
    clients: Table<i64, ClientDim>,
    words: Table<Text, Text>,
    viewers: Table<ViewerDim, ViewerDim>,
    libraries: Table<(SourceId, Option<i64>), LibraryDim>,
    resolutions: Table<Text, Text>,
    people: HashMap<i64, Person>,
}

impl Default for Dims {
    fn default() -> Self {
        let mut dims = Self {
            works: Merged::default(),
            platforms: Merged::default(),
            accounts: Merged::default(),
            items: Table::default(),
            clients: Table::default(),
            words: Table::default(),
            viewers: Table::default(),
            libraries: Table::default(),
            resolutions: Table::default(),
            people: HashMap::new(),
        };
        // Index 0 stands for "not known" in both.
        dims.words.add("".into(), usize::MAX, || "".into());
        dims.resolutions.add("".into(), usize::MAX, || "".into());
        dims
    }
}

impl Dims {
    pub fn items(&self) -> &[ItemDim] {
        self.items.values()
    }

    /// What counts as one title, of items.
    pub(crate) fn works(&self) -> &Merged<WorkKey> {
        &self.works
    }

    /// Platforms as told, of clients.
    pub(crate) fn platforms(&self) -> &Merged<Option<Text>> {
        &self.platforms
    }

    /// Accounts, of viewers.
    pub(crate) fn accounts(&self) -> &Merged<Option<i64>> {
        &self.accounts
    }

    pub fn clients(&self) -> &[ClientDim] {
        self.clients.values()
    }

    pub fn words(&self) -> &[Text] {
        self.words.values()
    }

    pub fn viewers(&self) -> &[ViewerDim] {
        self.viewers.values()
    }

    pub fn libraries(&self) -> &[LibraryDim] {
        self.libraries.values()
    }

    pub fn resolutions(&self) -> &[Text] {
        self.resolutions.values()
    }

    /// Accounts by id.
    pub fn people(&self) -> &HashMap<i64, Person> {
        &self.people
    }

    pub fn set_person(&mut self, person: Person) {
        self.people.insert(person.user_id, person);
    }

    /// The place of an item, by the store's id of it.
    pub(crate) fn item_ix(&self, store_id: i64) -> Option<ItemIx> {
        self.items.get(&store_id).map(ItemIx::of)
    }

    /// The place of a client, by the store's id of it.
    pub(crate) fn client_ix(&self, store_id: i64) -> Option<ClientIx> {
        self.clients.get(&store_id).map(ClientIx::of)
    }

    /// Everything one account was ever called.
    pub fn viewers_of(&self, user_id: i64) -> impl Iterator<Item = ViewerIx> + '_ {
        let viewers = self.viewers.values().iter().enumerate();
        viewers
            .filter(move |(_, viewer)| viewer.user_id == Some(user_id))
            .map(|(at, _)| ViewerIx::of(at))
    }

    /// By the store's id of the item.
    pub fn item(&mut self, dim: ItemDim) -> ItemIx {
        let works = &mut self.works;
        let at = self.items.add(dim.store_id, u32::MAX as usize, || {
            works.push(WorkKey::of(&dim));
            dim
        });
        ItemIx::of(at.unwrap_or_default())
    }

    pub fn client(&mut self, dim: ClientDim) -> ClientIx {
        let platforms = &mut self.platforms;
        let at = self.clients.add(dim.store_id, u32::MAX as usize, || {
            platforms.push(dim.platform.clone());
            dim
        });
        ClientIx::of(at.unwrap_or_default())
    }

    /// `None` and the empty text are index 0.
    pub fn word(&mut self, text: Option<&Text>) -> WordIx {
        let Some(text) = text else { return WordIx(0) };
        let at = self.words.add(text.clone(), u32::MAX as usize, || text.clone());
        WordIx::of(at.unwrap_or_default())
    }

    /// Beyond 65,535 viewers all further ones share the first place of "nobody".
    pub fn viewer(&mut self, dim: &ViewerDim) -> ViewerIx {
        let accounts = &mut self.accounts;
        let at = self.viewers.add(dim.clone(), usize::from(u16::MAX), || {
            accounts.push(dim.user_id);
            dim.clone()
        });
        ViewerIx::of(at.unwrap_or_default())
    }

    pub fn library(&mut self, server: &SourceId, section_id: Option<i64>) -> LibraryIx {
        let at = self
            .libraries
            .add((server.clone(), section_id), usize::from(u16::MAX), || {
                LibraryDim {
                    server: server.clone(),
                    section_id,
                    section: None,
                }
            });
        LibraryIx::of(at.unwrap_or_default())
    }

    /// Sets what is known of a library, making its place if there is none.
    pub fn set_section(&mut self, server: &SourceId, section: Section) {
        let ix = self.library(server, Some(section.section_id));
        if let Some(dim) = self.libraries.value_mut(ix.at()) {
            dim.section = Some(section);
        }
    }

    pub fn resolution(&mut self, text: Option<&Text>) -> ResolutionIx {
        let Some(text) = text else {
            return ResolutionIx(0);
        };
        let at = self
            .resolutions
            .add(text.clone(), usize::from(u8::MAX), || text.clone());
        ResolutionIx::of(at.unwrap_or_default())
    }
}
