//! Which rows a question is about.

use model::{Origin, Reason, SourceId};

use crate::columns::{Columns, Group, Location, Row, Way};
use crate::rules::{Class, friendly_name, platform_name};

use super::rare::{Rare, Reach};
use super::search::Found;
use super::{Bits, Hardware, OnClocks, Reached, find_title};

/// The network of a play; the relay wins over what lies behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Net {
    Unknown,
    Lan,
    Wan,
    Relay,
    Cellular,
}

impl Net {
    #[inline]
    pub fn of(columns: &Columns, row: Row) -> Self {
        match columns.location(row) {
            _ if columns.relayed(row) => Self::Relay,
            Location::Unknown => Self::Unknown,
            Location::Lan => Self::Lan,
            Location::Wan => Self::Wan,
            Location::Cellular => Self::Cellular,
        }
    }
}

/// What is asked for. An empty list asks for everything; several values of one list mean any of them; several lists
/// mean all of them. Texts are compared whole and in their case, except `text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// First second of the starts.
    pub from_s: Option<i64>,
    /// First second after the starts.
    pub to_s: Option<i64>,
    pub servers: Vec<String>,
    /// Section ids, on any of the servers.
    pub libraries: Vec<i64>,
    pub user_ids: Vec<i64>,
    /// The name at the time of the play, the name of today, or the friendly name.
    pub users: Vec<String>,
    /// As shown ([`platform_name`]) or as told.
    pub platforms: Vec<String>,
    pub players: Vec<String>,
    pub decisions: Vec<Way>,
    pub media: Vec<Class>,
    pub networks: Vec<Net>,
    pub origins: Vec<Origin>,
    /// Title of the item, of its show or artist, or the full title.
    pub titles: Vec<String>,
    /// Of the item, its season or album, or its show or artist.
    pub rating_keys: Vec<i64>,
    /// `reference_id`.
    pub group_id: Option<u32>,
    /// Part of a title, a name, a device or an address, in any case.
    pub text: Option<String>,
    /// The title that a rating key stands for on a server, wherever else it was played: see [`find_title`].
    pub title_of: Option<(SourceId, i64)>,
    pub clocks: Option<OnClocks>,
    /// As [`super::by_stream`] names them.
    pub source_resolutions: Vec<String>,
    pub stream_resolutions: Vec<String>,
    /// Any of a row's reasons.
    pub reasons: Vec<Reason>,
    pub hardware: Vec<Hardware>,
    pub reached: Option<Reached>,
}

/// A filter made ready for the columns of this moment.
#[derive(Clone, Debug)]
pub struct Sieve<'a> {
    columns: &'a Columns,
    from_s: Option<i64>,
    to_s: Option<i64>,
    /// The same, for every row to compare with.
    first_s: i64,
    end_s: i64,
    /// Nothing but the range is asked for.
    plain: bool,
    rows_below: Row,
    group: Option<Group>,
    ways: u8,
    classes: u8,
    networks: u8,
    origins: u8,
    libraries: Option<Bits>,
    viewers: Option<Bits>,
    clients: Option<Bits>,
    items: Option<Bits>,
    found: Option<Found>,
    rare: Option<Box<Rare>>,
    reach: Option<Reach>,
}

impl<'a> Sieve<'a> {
    pub fn new(columns: &'a Columns, filter: &Filter) -> Self {
        let group = filter.group_id.map(|id| columns.group_by_id(id));
        let title = (filter.title_of.as_ref()).map(|(server, key)| find_title(columns, server, *key));
        let mut sieve = Self {
            columns,
            from_s: filter.from_s,
            to_s: filter.to_s,
            first_s: filter.from_s.unwrap_or(i64::MIN),
            end_s: filter.to_s.unwrap_or(i64::MAX),
            plain: false,
            // A group or a title that is not there has no rows.
            rows_below: if group == Some(None) || matches!(title, Some(None)) {
                0
            } else {
                Row::MAX
            },
            group: group.flatten(),
            ways: mask(filter.decisions.iter().map(|way| *way as u8)),
            classes: mask(filter.media.iter().map(|class| *class as u8)),
            networks: mask(filter.networks.iter().map(|net| *net as u8)),
            origins: mask(filter.origins.iter().map(|origin| *origin as u8)),
            libraries: libraries(columns, filter),
            viewers: viewers(columns, filter),
            clients: clients(columns, filter),
            items: items(columns, filter),
            found: (filter.text.as_deref())
                .filter(|text| !text.is_empty())
                .map(|text| Found::new(columns, text)),
            rare: Rare::new(columns, filter),
            reach: (filter.reached.as_ref()).map(|reached| Reach::new(columns, reached)),
        };
        if let Some(title) = title.flatten() {
            match &mut sieve.items {
                Some(items) => items.retain(&title.items),
                None => sieve.items = Some(title.items),
            }
        }
        sieve.plain = sieve.is_plain();
        sieve
    }

    /// Only what was written up to the play with this id: later ones are as if they were not there.
    #[must_use]
    pub fn as_of(mut self, last_id: u32) -> Self {
        let columns = self.columns;
        let below = match columns.row_by_id(last_id) {
            Some(row) => row + 1,
            // It may be gone since.
            None => Row::try_from(partition(columns, last_id)).unwrap_or(Row::MAX),
        };
        self.rows_below = self.rows_below.min(below);
        if (self.rows_below as usize) < columns.len() {
            self.plain = false;
        }
        self
    }

    fn is_plain(&self) -> bool {
        let all = [self.ways, self.classes, self.networks, self.origins];
        all.iter().all(|mask| *mask == u8::MAX)
            && self.rows_below == Row::MAX
            && self.group.is_none()
            && self.libraries.is_none()
            && self.viewers.is_none()
            && self.clients.is_none()
            && self.items.is_none()
            && self.found.is_none()
            && self.rare.is_none()
            && self.reach.is_none()
    }

    pub fn columns(&self) -> &'a Columns {
        self.columns
    }

    pub(super) fn group(&self) -> Option<Group> {
        self.group
    }

    /// Everything passes.
    pub(super) fn is_open(&self) -> bool {
        self.plain && !self.is_ranged()
    }

    pub(super) fn is_ranged(&self) -> bool {
        self.from_s.is_some() || self.to_s.is_some()
    }

    /// Rows whose start is in the range, by start, then id.
    pub(super) fn in_range(&self) -> &'a [Row] {
        self.columns
            .started_between(self.from_s.unwrap_or(i64::MIN), self.to_s.unwrap_or(i64::MAX))
    }

    #[inline]
    pub fn passes(&self, row: Row) -> bool {
        self.is_in_time(row) && (self.plain || self.passes_rest(row))
    }

    #[inline]
    fn is_in_time(&self, row: Row) -> bool {
        let at_s = self.columns.started_s(row);
        at_s >= self.first_s && at_s < self.end_s
    }

    fn passes_rest(&self, row: Row) -> bool {
        let otherwise = |row| self.is_in_time(row) && self.passes_but_reach(row);
        let reach = self.reach.as_ref();
        self.passes_but_reach(row) && reach.is_none_or(|reach| reach.has(self.columns, row, otherwise))
    }

    fn passes_but_reach(&self, row: Row) -> bool {
        let c = self.columns;
        let of = |bits: &Option<Bits>, at: usize| bits.as_ref().is_none_or(|b| b.has(at));
        row < self.rows_below
            && self.ways >> (c.way(row) as u8) & 1 == 1
            && self.classes >> (c.class(row) as u8) & 1 == 1
            && of(&self.viewers, c.viewer_ix(row).at())
            && of(&self.libraries, c.library_ix(row).at())
            && of(&self.clients, c.client_ix(row).at())
            && of(&self.items, c.item_ix(row).at())
            && (self.networks == u8::MAX || self.networks >> (Net::of(c, row) as u8) & 1 == 1)
            && (self.origins == u8::MAX || self.origins >> (c.marks(row).origin() as u8) & 1 == 1)
            && self.group.is_none_or(|group| c.group(row) == group)
            && self.found.as_ref().is_none_or(|found| found.has(c, row))
            && self.rare.as_ref().is_none_or(|rare| rare.passes(c, row))
    }
}

/// Rows with an id up to `last_id`.
fn partition(columns: &Columns, last_id: u32) -> usize {
    let (mut low, mut high) = (0, columns.len());
    while low < high {
        let middle = low.midpoint(high);
        let id = Row::try_from(middle).map_or(u32::MAX, |row| columns.id(row));
        if id <= last_id {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// All bits where nothing is asked for.
pub(super) fn mask(places: impl Iterator<Item = u8>) -> u8 {
    let mask = places.fold(0, |mask, place| mask | 1 << place);
    if mask == 0 { u8::MAX } else { mask }
}

pub(super) fn any(list: &[String], values: &[Option<&str>]) -> bool {
    values
        .iter()
        .flatten()
        .any(|value| list.iter().any(|wanted| wanted == value))
}

fn libraries(columns: &Columns, filter: &Filter) -> Option<Bits> {
    let (servers, ids) = (&filter.servers, &filter.libraries);
    (!servers.is_empty() || !ids.is_empty()).then(|| {
        Bits::of(columns.dims.libraries(), |l| {
            (servers.is_empty() || any(servers, &[Some(l.server.as_str())]))
                && (ids.is_empty() || l.section_id.is_some_and(|id| ids.contains(&id)))
        })
    })
}

fn viewers(columns: &Columns, filter: &Filter) -> Option<Bits> {
    let (ids, names) = (&filter.user_ids, &filter.users);
    (!ids.is_empty() || !names.is_empty()).then(|| {
        Bits::of(columns.dims.viewers(), |v| {
            let person = v.user_id.and_then(|id| columns.dims.people().get(&id));
            let now = person.and_then(|p| p.username.as_deref());
            let shown = person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
            (ids.is_empty() || v.user_id.is_some_and(|id| ids.contains(&id)))
                && (names.is_empty() || any(names, &[v.name.as_deref(), now, shown]))
        })
    })
}

fn clients(columns: &Columns, filter: &Filter) -> Option<Bits> {
    let (platforms, players) = (&filter.platforms, &filter.players);
    (!platforms.is_empty() || !players.is_empty()).then(|| {
        Bits::of(columns.dims.clients(), |c| {
            let told = c.platform.as_deref();
            (platforms.is_empty() || any(platforms, &[told, told.map(platform_name)]))
                && (players.is_empty() || any(players, &[c.player.as_deref()]))
        })
    })
}

fn items(columns: &Columns, filter: &Filter) -> Option<Bits> {
    let (titles, keys) = (&filter.titles, &filter.rating_keys);
    (!titles.is_empty() || !keys.is_empty()).then(|| {
        Bits::of(columns.dims.items(), |i| {
            let above = i.grandparent_title.as_deref();
            let own = [i.rating_key, i.parent_rating_key, i.grandparent_rating_key];
            (titles.is_empty() || any(titles, &[i.title.as_deref(), above, Some(&i.full_title)]))
                && (keys.is_empty() || own.iter().flatten().any(|key| keys.contains(key)))
        })
    })
}
