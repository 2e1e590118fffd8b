//! A filter, ready to test rows.

use std::collections::HashSet;

use super::{Filter, Picked, Work};
use crate::columns::{ClientDim, Columns, Group, ItemDim, Location, Row, ViewerDim, Way};
use crate::rules::{friendly_name, platform_name};

/// Tests rows of one state of the columns.
#[derive(Debug)]
pub struct Matcher<'a> {
    columns: &'a Columns,
    pub(super) items: Option<Vec<bool>>,
    pub(super) clients: Option<Vec<bool>>,
    pub(super) viewers: Option<Vec<bool>>,
    pub(super) libraries: Option<Vec<bool>>,
    pub(super) ways: Option<[bool; 4]>,
    pub(super) locations: Option<[bool; 4]>,
    pub(super) groups: Option<Vec<Group>>,
    pub(super) started: Option<(i64, i64)>,
    pub(super) stopped: Option<(i64, i64)>,
}

impl<'a> Matcher<'a> {
    pub fn new(columns: &'a Columns, filter: &Filter) -> Self {
        let dims = &columns.dims;
        let groups = filter.reference_ids.as_ref().map(|ids| {
            let group = |id: &i64| columns.group_by_id(u32::try_from(*id).ok()?);
            let mut groups: Vec<Group> = ids.iter().filter_map(group).collect();
            groups.sort_unstable();
            groups.dedup();
            groups
        });
        Self {
            columns,
            viewers: viewers(filter).map(|test| dims.viewers().iter().map(test).collect()),
            items: items(filter).map(|test| dims.items().iter().map(test).collect()),
            clients: clients(filter).map(|test| dims.clients().iter().map(test).collect()),
            libraries: (filter.section_ids.is_some() || filter.servers.is_some()).then(|| {
                let library = |dim: &crate::columns::LibraryDim| {
                    among(filter.section_ids.as_deref(), dim.section_id.as_ref())
                        && among(filter.servers.as_deref(), Some(&dim.server))
                };
                dims.libraries().iter().map(library).collect()
            }),
            ways: filter.decisions.as_ref().map(|decisions| {
                let mut table = [false; 4];
                for decision in decisions {
                    table[Way::from(Some(*decision)) as usize] = true;
                }
                table
            }),
            locations: filter.locations.as_ref().map(|locations| table_of(locations)),
            groups,
            // A range that all rows are in is none.
            started: range(filter.started_from_s, filter.started_to_s)
                .filter(|(from, to)| columns.started_between(*from, *to).len() < columns.len()),
            stopped: range(filter.stopped_from_s, filter.stopped_to_s)
                .filter(|(from, to)| *to != i64::MAX || columns.stopped_since(*from).len() < columns.len()),
        }
    }

    pub fn columns(&self) -> &'a Columns {
        self.columns
    }

    /// True if every row passes.
    pub fn is_all(&self) -> bool {
        self.items.is_none()
            && self.clients.is_none()
            && self.viewers.is_none()
            && self.libraries.is_none()
            && self.ways.is_none()
            && self.locations.is_none()
            && self.groups.is_none()
            && self.started.is_none()
            && self.stopped.is_none()
    }

    /// Rows among which all that pass are found, by start, then row.
    pub fn by_start(&self) -> &'a [Row] {
        match self.started {
            Some((from, to)) => self.columns.started_between(from, to),
            None => self.columns.by_start(),
        }
    }

    /// Nothing that stopped before it passes.
    pub fn stopped_from_s(&self) -> Option<i64> {
        self.stopped.map(|(from, _)| from)
    }

    /// All rows that pass, found in one go.
    pub(crate) fn pick(&self) -> Picked<'a> {
        Picked::new(self)
    }

    #[inline]
    pub fn passes(&self, row: Row) -> bool {
        let c = self.columns;
        self.viewers.as_ref().is_none_or(|t| t[c.viewer_ix(row).at()])
            && self.libraries.as_ref().is_none_or(|t| t[c.library_ix(row).at()])
            && self.ways.as_ref().is_none_or(|t| t[c.way(row) as usize])
            && self.items.as_ref().is_none_or(|t| t[c.item_ix(row).at()])
            && self.clients.as_ref().is_none_or(|t| t[c.client_ix(row).at()])
            && self
                .locations
                .as_ref()
                .is_none_or(|t| t[c.location(row) as usize])
            && self
                .started
                .is_none_or(|(from, to)| (from..to).contains(&c.started_s(row)))
            && self.stopped.is_none_or(|(from, to)| {
                c.stopped_s(row)
                    .is_some_and(|stopped| (from..to).contains(&stopped))
            })
            && self
                .groups
                .as_ref()
                .is_none_or(|g| g.binary_search(&c.group(row)).is_ok())
    }
}

fn range(from: Option<i64>, to: Option<i64>) -> Option<(i64, i64)> {
    (from.is_some() || to.is_some()).then_some((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)))
}

fn table_of(locations: &[Location]) -> [bool; 4] {
    let mut table = [false; 4];
    for location in locations {
        table[*location as usize] = true;
    }
    table
}

/// No list lets all pass; with a list, an unknown value is not in it.
fn among<T: PartialEq>(list: Option<&[T]>, value: Option<&T>) -> bool {
    list.is_none_or(|list| value.is_some_and(|value| list.contains(value)))
}

fn items(f: &Filter) -> Option<impl Fn(&ItemDim) -> bool> {
    let wanted = f.rating_keys.is_some()
        || f.parent_rating_keys.is_some()
        || f.grandparent_rating_keys.is_some()
        || f.members.is_some()
        || f.classes.is_some()
        || f.guid_prefix.is_some()
        || f.title.is_some()
        || f.work.is_some();
    let members: Option<HashSet<i64>> = f.members.as_ref().map(|keys| keys.iter().copied().collect());
    wanted.then_some(move |item: &ItemDim| {
        let class = crate::rules::Class::of(item.kind, item.live);
        among(f.rating_keys.as_deref(), item.rating_key.as_ref())
            && among(f.parent_rating_keys.as_deref(), item.parent_rating_key.as_ref())
            && among(
                f.grandparent_rating_keys.as_deref(),
                item.grandparent_rating_key.as_ref(),
            )
            && among(f.classes.as_deref(), Some(&class))
            && members.as_ref().is_none_or(|keys| {
                [
                    item.rating_key,
                    item.parent_rating_key,
                    item.grandparent_rating_key,
                ]
                .into_iter()
                .flatten()
                .any(|key| keys.contains(&key))
            })
            && f.guid_prefix
                .as_ref()
                .is_none_or(|prefix| item.guid.as_ref().is_some_and(|guid| starts_with(guid, prefix)))
            && f.title
                .as_ref()
                .is_none_or(|part| contains(&item.full_title, part))
            && f.work.as_ref().is_none_or(|work| is_of(item, work))
    })
}

fn is_of(item: &ItemDim, work: &Work) -> bool {
    use model::RecordKind::{Episode, Movie, Track};
    match (work, item.kind) {
        (Work::Movie { title, year }, Movie) => item.full_title == *title && item.year == *year,
        (Work::Show { title }, Episode) => item.grandparent_title.as_ref() == Some(title),
        (Work::Artist { name }, Track) => {
            item.original_title.as_ref().or(item.grandparent_title.as_ref()) == Some(name)
        }
        _ => false,
    }
}

fn clients(f: &Filter) -> Option<impl Fn(&ClientDim) -> bool> {
    let wanted = f.platforms.is_some() || f.players.is_some();
    wanted.then_some(move |client: &ClientDim| {
        let shown = client.platform.as_deref().map(platform_name);
        let platform = f
            .platforms
            .as_ref()
            .is_none_or(|list| shown.is_some_and(|shown| list.iter().any(|p| &**p == shown)));
        platform && among(f.players.as_deref(), client.player.as_ref())
    })
}

fn viewers(f: &Filter) -> Option<impl Fn(&ViewerDim) -> bool> {
    let wanted = f.user_ids.is_some() || f.users.is_some();
    wanted.then_some(move |viewer: &ViewerDim| match &f.user_ids {
        Some(ids) => viewer.user_id.is_some_and(|id| ids.contains(&id)),
        None => among(f.users.as_deref(), viewer.name.as_ref()),
    })
}

/// The search box of the history: a part of the person's name, the address, the platform as told, the product, the
/// player or the full title.
#[derive(Debug)]
pub struct Search<'a> {
    columns: &'a Columns,
    items: Vec<bool>,
    clients: Vec<bool>,
    viewers: Vec<bool>,
    words: Vec<bool>,
}

impl<'a> Search<'a> {
    pub fn new(columns: &'a Columns, part: &str) -> Self {
        let dims = &columns.dims;
        let has = |text: Option<&model::Text>| text.is_some_and(|text| contains(text, part));
        let person = |viewer: &ViewerDim| {
            let person = viewer.user_id.and_then(|id| dims.people().get(&id));
            person
                .and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()))
                .is_some_and(|name| contains(name, part))
        };
        Self {
            columns,
            items: dims
                .items()
                .iter()
                .map(|i| contains(&i.full_title, part))
                .collect(),
            clients: dims
                .clients()
                .iter()
                .map(|c| has(c.platform.as_ref()) || has(c.product.as_ref()) || has(c.player.as_ref()))
                .collect(),
            viewers: dims.viewers().iter().map(person).collect(),
            words: dims.words().iter().map(|w| contains(w, part)).collect(),
        }
    }

    #[inline]
    pub fn finds(&self, row: Row) -> bool {
        let c = self.columns;
        self.items[c.item_ix(row).at()]
            || self.viewers[c.viewer_ix(row).at()]
            || self.clients[c.client_ix(row).at()]
            || self.words[c.ip_ix(row).at()]
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    let (text, prefix) = (text.as_bytes(), prefix.as_bytes());
    text.len() >= prefix.len() && text[..prefix.len()].eq_ignore_ascii_case(prefix)
}

/// True if `part` stands in `text`, ASCII letters of either case being equal.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some((first, rest)) = part.split_first() else {
        return true;
    };
    let Some(last) = text.len().checked_sub(part.len()) else {
        return false;
    };
    (0..=last).any(|at| {
        text[at].eq_ignore_ascii_case(first) && text[at + 1..at + part.len()].eq_ignore_ascii_case(rest)
    })
}
