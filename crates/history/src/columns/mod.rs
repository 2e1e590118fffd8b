//! Every play in memory as columns of numbers, some fifty bytes each, so that any question is one short pass.
//!
//! Rows stand in the order of their ids, which is the order in which they were written. Texts stand once, in
//! [`Dims`]; whatever a number does not need stays in the store and is fetched for the rows of one page.

mod bulk;
mod dims;
mod slices;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use model::Decision;

pub use dims::{
    ClientDim, ClientIx, Dims, ItemDim, ItemIx, LibraryDim, LibraryIx, ResolutionIx, ViewerDim, ViewerIx,
    WordIx,
};

use crate::rules::{Class, Marks, WatchedRule};

/// Place of a row in all columns.
pub type Row = u32;

/// Dense number of a group.
pub type Group = u32;

/// "No row."
pub const NONE: u32 = u32::MAX;

/// How a play reached its player, in one byte: the columns' form of `Option<model::Decision>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Way {
    Unknown,
    DirectPlay,
    Copy,
    Transcode,
}

impl From<Option<Decision>> for Way {
    fn from(d: Option<Decision>) -> Self {
        match d {
            None => Self::Unknown,
            Some(Decision::DirectPlay) => Self::DirectPlay,
            Some(Decision::Copy) => Self::Copy,
            Some(Decision::Transcode) => Self::Transcode,
        }
    }
}

/// `lan`, `wan`, `cellular` of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Location {
    Unknown,
    Lan,
    Wan,
    Cellular,
}

impl Location {
    pub fn of(word: Option<&str>) -> Self {
        match word {
            Some("lan") => Self::Lan,
            Some("wan") => Self::Wan,
            Some("cellular") => Self::Cellular,
            _ => Self::Unknown,
        }
    }
}

/// Rows that the columns grow by at least, beyond an eighth of what they hold: doubling would cost as much memory as
/// they themselves do.
const SPARE_ROWS: usize = 1024;

/// A row to be added. Seconds are since 1970, UTC.
#[derive(Clone, Copy, Debug)]
pub struct NewRow {
    pub id: u32,
    /// `reference_id`: the id of the first row of its group.
    pub group_id: u32,
    pub started_s: i64,
    /// Absent or not positive: never told.
    pub stopped_s: Option<i64>,
    pub paused_s: Option<i64>,
    pub view_offset_ms: Option<i64>,
    pub item: ItemIx,
    pub client: ClientIx,
    pub ip: WordIx,
    pub viewer: ViewerIx,
    pub library: LibraryIx,
    pub way: Way,
    pub source_resolution: ResolutionIx,
    pub stream_resolution: ResolutionIx,
    pub location: Location,
    pub relayed: bool,
}

/// The columns, all of one length. Numbers read them through the accessors below.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub dims: Dims,
    /// How "watched" is decided.
    pub watched_rule: WatchedRule,
    id: Vec<u32>,
    group: Vec<Group>,
    /// The row before in the same group.
    previous: Vec<Row>,
    started: Vec<u32>,
    /// 0: never told.
    stopped: Vec<u32>,
    paused: Vec<i32>,
    view_offset: Vec<u32>,
    item: Vec<ItemIx>,
    client: Vec<ClientIx>,
    ip: Vec<WordIx>,
    viewer: Vec<ViewerIx>,
    library: Vec<LibraryIx>,
    way: Vec<Way>,
    class: Vec<Class>,
    source_resolution: Vec<ResolutionIx>,
    stream_resolution: Vec<ResolutionIx>,
    location: Vec<Location>,
    relayed: Vec<bool>,
    marks: Vec<Marks>,
    /// The row before of the same viewer.
    previous_of_viewer: Vec<Row>,
    viewer_last: Vec<Row>,
    /// Rows that stopped before they started, oldest id first.
    backwards: Vec<Row>,
    /// Rows by start, then id.
    by_start: Vec<Row>,
    /// Rows by stop, then id; those without a stop come first.
    by_stop: Vec<Row>,
    group_id: Vec<u32>,
    group_last: Vec<Row>,
    /// Groups whose first row is gone, by their id.
    orphans: HashMap<u32, Group>,
    /// Seconds of all rows.
    total_duration_s: i64,
    /// Raised by every change: equal versions, equal answers.
    version: u64,
}

/// A row that cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    #[error("play {0} is not newer than the last one")]
    Order(u32),
    #[error("the start of play {0} is outside 1970 to 2106")]
    Start(u32),
    #[error("play {0} points to an item or a client that is not there")]
    Loose(u32),
}

impl Columns {
    pub fn len(&self) -> usize {
        self.id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    pub fn group_count(&self) -> usize {
        self.group_id.len()
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// For changes of [`Columns::dims`], which rows do not show.
    pub fn touch(&mut self) {
        self.version += 1;
    }

    /// Adds a row. Ids must ascend.
    pub fn push(&mut self, new: &NewRow) -> Result<Row, BadRow> {
        let row = self.append(new)?;
        insert_sorted(&mut self.by_start, row, &self.started);
        insert_sorted(&mut self.by_stop, row, &self.stopped);
        Ok(row)
    }

    /// Adds a row that the two orders do not know yet: [`Columns::settle`] must follow.
    pub(crate) fn append(&mut self, new: &NewRow) -> Result<Row, BadRow> {
        if self.id.last().is_some_and(|last| *last >= new.id) {
            return Err(BadRow::Order(new.id));
        }
        let started = u32::try_from(new.started_s).map_err(|_| BadRow::Start(new.id))?;
        let stopped = new.stopped_s.and_then(|s| u32::try_from(s).ok()).unwrap_or(0);
        let row = Row::try_from(self.id.len()).map_err(|_| BadRow::Order(new.id))?;
        let item = self.dims.items().get(new.item.at());
        let class = item.map_or(Class::None, |i| Class::of(i.kind, i.live));
        if self.id.len() == self.id.capacity() {
            self.reserve(self.id.len() / 8 + SPARE_ROWS);
        }
        let group = self.group_for(new);
        self.id.push(new.id);
        self.previous.push(self.group_last[group as usize]);
        self.group.push(group);
        self.group_last[group as usize] = row;
        self.started.push(started);
        self.stopped.push(stopped);
        self.paused.push(clamp_i32(new.paused_s.unwrap_or(0)));
        self.view_offset.push(
            new.view_offset_ms
                .and_then(|v| u32::try_from(v).ok())
                .unwrap_or(NONE),
        );
        self.item.push(new.item);
        self.client.push(new.client);
        self.ip.push(new.ip);
        self.viewer.push(new.viewer);
        self.library.push(new.library);
        self.way.push(new.way);
        self.class.push(class);
        self.source_resolution.push(new.source_resolution);
        self.stream_resolution.push(new.stream_resolution);
        self.location.push(new.location);
        self.relayed.push(new.relayed);
        self.marks.push(Marks::default());
        self.link_viewer(new.viewer, row);
        if stopped != 0 && stopped < started {
            self.backwards.push(row);
        }
        self.total_duration_s += self.duration_s(row);
        self.version += 1;
        Ok(row)
    }

    /// Sets the small facts of a row just added.
    pub fn mark(&mut self, row: Row, marks: Marks) {
        if let Some(place) = self.marks.get_mut(row as usize) {
            *place = marks;
        }
    }

    fn link_viewer(&mut self, viewer: ViewerIx, row: Row) {
        if self.viewer_last.len() <= viewer.at() {
            self.viewer_last.resize(viewer.at() + 1, NONE);
        }
        let last = std::mem::replace(&mut self.viewer_last[viewer.at()], row);
        self.previous_of_viewer.push(last);
    }

    fn group_for(&mut self, new: &NewRow) -> Group {
        if new.group_id != new.id
            && let Some(group) = self.group_by_id(new.group_id)
        {
            return group;
        }
        let group = Group::try_from(self.group_id.len()).unwrap_or(NONE);
        self.group_id.push(new.group_id);
        self.group_last.push(NONE);
        if new.group_id != new.id {
            self.orphans.insert(new.group_id, group);
        }
        group
    }

    /// The group with this `reference_id`.
    pub fn group_by_id(&self, reference_id: u32) -> Option<Group> {
        if let Some(group) = self.orphans.get(&reference_id) {
            return Some(*group);
        }
        let row = self.row_by_id(reference_id)?;
        let group = self.group(row);
        (self.group_id(group) == reference_id).then_some(group)
    }

    /// The row of a play.
    pub fn row_by_id(&self, id: u32) -> Option<Row> {
        self.id
            .binary_search(&id)
            .ok()
            .and_then(|at| Row::try_from(at).ok())
    }

    /// All rows, oldest id first.
    pub fn rows(&self) -> std::ops::Range<Row> {
        0..Row::try_from(self.id.len()).unwrap_or(NONE)
    }

    /// Rows by start, then id.
    pub fn by_start(&self) -> &[Row] {
        &self.by_start
    }

    /// Rows that stopped at `since_s` or later, by stop, then id. Those without a stop are never among them.
    pub fn stopped_since(&self, since_s: i64) -> &[Row] {
        let since = u32::try_from(since_s.max(1)).unwrap_or(u32::MAX);
        let from = self
            .by_stop
            .partition_point(|row| self.stopped[*row as usize] < since);
        &self.by_stop[from..]
    }

    /// Rows that started in `from_s..to_s`, by start, then id.
    pub fn started_between(&self, from_s: i64, to_s: i64) -> &[Row] {
        let place = |t: i64| {
            self.by_start
                .partition_point(|row| i64::from(self.started[*row as usize]) < t)
        };
        let from = place(from_s);
        &self.by_start[from..place(to_s).max(from)]
    }

    /// Rows of a group, newest id first.
    pub fn group_rows(&self, group: Group) -> impl Iterator<Item = Row> + '_ {
        let mut next = self.group_last[group as usize];
        std::iter::from_fn(move || {
            let row = next;
            (row != NONE).then(|| {
                next = self.previous[row as usize];
                row
            })
        })
    }

    /// Rows of a viewer, newest id first.
    pub fn viewer_rows(&self, viewer: ViewerIx) -> impl Iterator<Item = Row> + '_ {
        let mut next = self.viewer_last.get(viewer.at()).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let row = next;
            (row != NONE).then(|| {
                next = self.previous_of_viewer[row as usize];
                row
            })
        })
    }

    /// Rows whose stop lies before their start, as a clock that was set leaves them; few, oldest id first.
    pub fn backwards(&self) -> &[Row] {
        &self.backwards
    }

    /// `reference_id`.
    #[inline]
    pub fn group_id(&self, group: Group) -> u32 {
        self.group_id[group as usize]
    }

    #[inline]
    pub fn id(&self, row: Row) -> u32 {
        self.id[row as usize]
    }

    #[inline]
    pub fn group(&self, row: Row) -> Group {
        self.group[row as usize]
    }

    #[inline]
    pub fn started_s(&self, row: Row) -> i64 {
        i64::from(self.started[row as usize])
    }

    #[inline]
    pub fn stopped_s(&self, row: Row) -> Option<i64> {
        let stopped = self.stopped[row as usize];
        (stopped != 0).then_some(i64::from(stopped))
    }

    /// 0 where it was never told.
    #[inline]
    pub fn paused_s(&self, row: Row) -> i64 {
        i64::from(self.paused[row as usize])
    }

    pub fn view_offset_ms(&self, row: Row) -> Option<i64> {
        let offset = self.view_offset[row as usize];
        (offset != NONE).then_some(i64::from(offset))
    }

    /// Wall time without pauses, by Tautulli's rule: see [`crate::rules::duration_s`].
    #[inline]
    pub fn duration_s(&self, row: Row) -> i64 {
        crate::rules::duration_s(self.started_s(row), self.stopped_s(row), self.paused_s(row))
    }

    /// The same of all rows together.
    pub fn total_duration_s(&self) -> i64 {
        self.total_duration_s
    }

    #[inline]
    pub fn item_ix(&self, row: Row) -> ItemIx {
        self.item[row as usize]
    }

    pub fn item(&self, row: Row) -> &ItemDim {
        &self.dims.items()[self.item[row as usize].at()]
    }

    #[inline]
    pub fn client_ix(&self, row: Row) -> ClientIx {
        self.client[row as usize]
    }

    pub fn client(&self, row: Row) -> &ClientDim {
        &self.dims.clients()[self.client[row as usize].at()]
    }

    #[inline]
    pub fn ip_ix(&self, row: Row) -> WordIx {
        self.ip[row as usize]
    }

    #[inline]
    pub fn viewer_ix(&self, row: Row) -> ViewerIx {
        self.viewer[row as usize]
    }

    pub fn viewer(&self, row: Row) -> &ViewerDim {
        &self.dims.viewers()[self.viewer[row as usize].at()]
    }

    #[inline]
    pub fn library_ix(&self, row: Row) -> LibraryIx {
        self.library[row as usize]
    }

    pub fn library(&self, row: Row) -> &LibraryDim {
        &self.dims.libraries()[self.library[row as usize].at()]
    }

    #[inline]
    pub fn way(&self, row: Row) -> Way {
        self.way[row as usize]
    }

    pub fn class(&self, row: Row) -> Class {
        self.class[row as usize]
    }

    pub fn source_resolution(&self, row: Row) -> ResolutionIx {
        self.source_resolution[row as usize]
    }

    pub fn stream_resolution(&self, row: Row) -> ResolutionIx {
        self.stream_resolution[row as usize]
    }

    #[inline]
    pub fn location(&self, row: Row) -> Location {
        self.location[row as usize]
    }

    pub fn relayed(&self, row: Row) -> bool {
        self.relayed[row as usize]
    }

    pub fn marks(&self, row: Row) -> Marks {
        self.marks[row as usize]
    }
}

pub(crate) fn clamp_i32(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// Keeps `order` sorted by `key`, then row. New rows nearly always belong at the end.
fn insert_sorted(order: &mut Vec<Row>, row: Row, key: &[u32]) {
    let wanted = key[row as usize];
    match order.last() {
        Some(last) if key[*last as usize] > wanted => {
            let at = order.partition_point(|r| key[*r as usize] <= wanted);
            order.insert(at, row);
        }
        _ => order.push(row),
    }
}
