//! When two items are one title: the same thing in another library, on another server, or added again.

use std::collections::HashMap;

use model::{RecordKind, SourceId, Text};

use crate::columns::{Columns, ItemDim};

use super::keys::is_part;
use super::{Bits, Filter, Sieve};

/// Which title each item belongs to.
///
/// Two items are one if they carry the same global identifier, or the same name: a movie its full title and year, a
/// show its title, an artist theirs (that of the track before that of the album), an episode or track its full title
/// and rating key.
pub(super) struct TitleIndex {
    /// Place of the title, per item.
    pub(super) title_of: Vec<u32>,
    /// Per title; the newest item gives it.
    pub(super) names: Vec<Text>,
}

impl TitleIndex {
    /// `whole`: episodes and tracks belong to their show or artist.
    pub(super) fn new(columns: &Columns, whole: bool) -> Self {
        let items = columns.dims.items();
        let mut sets = Sets::new(items.len());
        let mut by_name = HashMap::with_capacity(items.len());
        let mut by_guid = HashMap::with_capacity(items.len());
        for (at, item) in (0_u32..).zip(items) {
            let name = (item.kind, name_of(item, whole), apart(item, whole));
            sets.join(at, *by_name.entry(name).or_insert(at));
            if let Some(guid) = global_guid(item, whole) {
                sets.join(at, *by_guid.entry(guid).or_insert(at));
            }
        }
        let mut place_of_root = HashMap::new();
        let mut index = Self {
            title_of: Vec::with_capacity(items.len()),
            names: Vec::new(),
        };
        for (at, item) in (0_u32..).zip(items) {
            let root = sets.root(at);
            let place = *place_of_root.entry(root).or_insert_with(|| {
                index.names.push(Text::from(""));
                index.names.len() - 1
            });
            index.names[place] = name_of(item, whole).into();
            index.title_of.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        index
    }

    /// All items that are one title with any of `members`.
    fn closed(&self, members: &Bits) -> Bits {
        let mut titles = Bits::new(self.names.len());
        for at in members.iter() {
            titles.insert(self.title_of[at] as usize);
        }
        Bits::of(&self.title_of, |title| titles.has(*title as usize))
    }
}

/// Items that are one, by pointing to an earlier one of their set.
struct Sets(Vec<u32>);

impl Sets {
    fn new(len: usize) -> Self {
        Self((0_u32..).take(len).collect())
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.0[at as usize] != at {
            let above = self.0[at as usize];
            self.0[at as usize] = self.0[above as usize];
            at = above;
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The earlier one stays.
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// What an item, or the bigger thing it is part of, is called.
fn name_of(item: &ItemDim, whole: bool) -> &str {
    let known = |text: &Option<Text>| text.as_deref().is_some_and(|t| !t.is_empty());
    let above = match item.kind {
        RecordKind::Track if known(&item.original_title) => item.original_title.as_deref(),
        _ => item.grandparent_title.as_deref(),
    };
    let above = above.filter(|title| whole && is_part(item.kind) && !title.is_empty());
    above.unwrap_or(&item.full_title)
}

/// Tells things of one name apart: movies by their year, episodes and tracks (`Episode 1` of any season) by their
/// rating key.
fn apart(item: &ItemDim, whole: bool) -> Option<i64> {
    match item.kind {
        RecordKind::Movie => item.year,
        _ if whole || item.live => None,
        _ => item.rating_key,
    }
}

/// Identifiers that mean the same thing everywhere; others are made up by one server.
fn global_guid(item: &ItemDim, whole: bool) -> Option<&str> {
    let agents = [
        "plex://",
        "com.plexapp.agents.imdb://",
        "com.plexapp.agents.themoviedb://",
        "com.plexapp.agents.thetvdb://",
    ];
    // The identifier is the episode's: it says nothing of its show.
    (item.guid.as_deref()).filter(|guid| {
        let is_meaningless = item.live || (whole && is_part(item.kind));
        !is_meaningless && agents.iter().any(|agent| guid.starts_with(agent))
    })
}

/// What a rating key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    Movie,
    Show,
    Season,
    Episode,
    Artist,
    Album,
    Track,
}

impl Level {
    fn key_of(self, item: &ItemDim) -> Option<i64> {
        match self {
            Self::Movie | Self::Episode | Self::Track => item.rating_key,
            Self::Season | Self::Album => item.parent_rating_key,
            Self::Show | Self::Artist => item.grandparent_rating_key,
        }
    }
}

/// A title and the items that are it or belong to it.
#[derive(Clone, Debug)]
pub struct Title {
    pub level: Level,
    /// Of the newest item, as far as it is known at that level.
    pub name: Option<Text>,
    pub items: Bits,
}

/// The item last played on `server` that has this key, or whose season, show, album or artist has it.
pub fn newest_item<'a>(columns: &'a Columns, server: &SourceId, rating_key: i64) -> Option<&'a ItemDim> {
    let filter = Filter {
        servers: vec![server.as_str().to_owned()],
        rating_keys: vec![rating_key],
        ..Filter::default()
    };
    let sieve = Sieve::new(columns, &filter);
    let newest = columns.rows().rev().find(|row| sieve.passes(*row))?;
    Some(columns.item(newest))
}

/// What `rating_key` stands for on `server`, with the same thing on other servers and in other libraries (not for a
/// season or album, whose names say nothing by themselves). `None` if it was never played.
pub fn find_title(columns: &Columns, server: &SourceId, rating_key: i64) -> Option<Title> {
    let items = columns.dims.items();
    let filter = Filter {
        servers: vec![server.as_str().to_owned()],
        rating_keys: vec![rating_key],
        ..Filter::default()
    };
    let sieve = Sieve::new(columns, &filter);
    let mut played = Bits::new(items.len());
    for row in columns.rows().filter(|row| sieve.passes(*row)) {
        played.insert(columns.item_ix(row).at());
    }
    let newest = &items[played.iter().last()?];
    let key = Some(rating_key);
    let is_track = newest.kind == RecordKind::Track;
    let (level, name) = if newest.rating_key == key {
        let level = match newest.kind {
            RecordKind::Movie => Level::Movie,
            RecordKind::Episode => Level::Episode,
            RecordKind::Track => Level::Track,
        };
        (level, Some(newest.full_title.clone()))
    } else if newest.parent_rating_key == key {
        (if is_track { Level::Album } else { Level::Season }, None)
    } else {
        let level = if is_track { Level::Artist } else { Level::Show };
        (level, newest.grandparent_title.clone())
    };
    // The key may have stood for something else before.
    played.retain(&Bits::of(items, |item| {
        item.kind == newest.kind && level.key_of(item) == key
    }));
    let items = match level {
        Level::Season | Level::Album => played,
        Level::Show | Level::Artist => TitleIndex::new(columns, true).closed(&played),
        Level::Movie | Level::Episode | Level::Track => TitleIndex::new(columns, false).closed(&played),
    };
    Some(Title { level, name, items })
}
