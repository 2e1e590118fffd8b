//! What rows can be ranked by.

use std::collections::HashMap;

use model::{RecordKind, Text};

use crate::columns::{Columns, Row};
use crate::rules::{friendly_name, platform_name};

use super::title::TitleIndex;

/// What of a play is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    Users,
    /// Movies, shows and artists.
    Titles,
    /// Movies, episodes and tracks.
    Items,
    Libraries,
    Servers,
    Platforms,
    Players,
    Products,
    SourceResolutions,
    StreamResolutions,
}

/// What a place in a ranking is about; more is told by its newest row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Absent where it is not known.
    pub name: Option<Text>,
}

/// The subject of every row: a place per value of one column.
pub(super) struct Keys {
    column: Column,
    place_of: Vec<u32>,
    pub(super) subjects: Vec<Subject>,
}

#[derive(Clone, Copy)]
enum Column {
    Item,
    Client,
    Viewer,
    Library,
    Source,
    Stream,
}

impl Keys {
    pub(super) fn new(columns: &Columns, of: Of) -> Self {
        let dims = &columns.dims;
        let people = dims.people();
        match of {
            Of::Users => Self::by(Column::Viewer, dims.viewers(), |v| {
                let person = v.user_id.and_then(|id| people.get(&id));
                let shown =
                    person.and_then(|p| friendly_name(p.friendly_name.as_deref(), p.username.as_deref()));
                let name = shown.map(Text::from).or_else(|| v.name.clone());
                // Without an account the name is who it is.
                let who = v.user_id.map_or_else(|| Err(v.name.clone()), Ok);
                (who, name)
            }),
            Of::Titles | Of::Items => Self::of_titles(&TitleIndex::new(columns, of == Of::Titles)),
            Of::Libraries => Self::by(Column::Library, dims.libraries(), |l| {
                let name = l.section.as_ref().and_then(|s| s.name.clone());
                ((l.server.clone(), l.section_id), name)
            }),
            Of::Servers => Self::by(Column::Library, dims.libraries(), |l| {
                let name = Text::from(l.server.as_str());
                (l.server.clone(), Some(name))
            }),
            Of::Platforms => Self::by(Column::Client, dims.clients(), |c| {
                named(c.platform.as_deref().map(platform_name))
            }),
            Of::Players => Self::by(Column::Client, dims.clients(), |c| named(c.player.as_deref())),
            Of::Products => Self::by(Column::Client, dims.clients(), |c| named(c.product.as_deref())),
            Of::SourceResolutions => Self::by(Column::Source, dims.resolutions(), |r| named(Some(r))),
            Of::StreamResolutions => Self::by(Column::Stream, dims.resolutions(), |r| named(Some(r))),
        }
    }

    /// One subject per different key; the last value with a name gives it.
    fn by<V, K: std::hash::Hash + Eq>(
        column: Column,
        values: &[V],
        mut key: impl FnMut(&V) -> (K, Option<Text>),
    ) -> Self {
        let mut places = HashMap::new();
        let mut subjects: Vec<Subject> = Vec::new();
        let mut place_of = Vec::with_capacity(values.len());
        for value in values {
            let (key, name) = key(value);
            let at = *places.entry(key).or_insert_with(|| {
                subjects.push(Subject { name: None });
                subjects.len() - 1
            });
            if name.is_some() {
                subjects[at].name = name;
            }
            place_of.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        Self {
            column,
            place_of,
            subjects,
        }
    }

    fn of_titles(index: &TitleIndex) -> Self {
        let subjects = index.names.iter().map(|name| Subject {
            name: Some(name.clone()),
        });
        Self {
            column: Column::Item,
            place_of: index.title_of.clone(),
            subjects: subjects.collect(),
        }
    }

    #[inline]
    pub(super) fn place(&self, columns: &Columns, row: Row) -> usize {
        let at = match self.column {
            Column::Item => columns.item_ix(row).at(),
            Column::Client => columns.client_ix(row).at(),
            Column::Viewer => columns.viewer_ix(row).at(),
            Column::Library => columns.library_ix(row).at(),
            Column::Source => columns.source_resolution(row).at(),
            Column::Stream => columns.stream_resolution(row).at(),
        };
        self.place_of[at] as usize
    }
}

/// By its own name; a blank one is none.
fn named(name: Option<&str>) -> (Option<Text>, Option<Text>) {
    let name = name.filter(|n| !n.is_empty()).map(Text::from);
    (name.clone(), name)
}

/// The kinds that hold smaller things are ranked by the bigger one.
pub(super) fn is_part(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Episode | RecordKind::Track)
}
