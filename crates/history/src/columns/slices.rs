//! The columns as they stand in memory, for loops over all rows.

use super::{ClientIx, Columns, Group, ItemIx, LibraryIx, Location, NONE, Row, ViewerIx, Way};

/// One value per row, but for `group_last`, which has one per group. Seconds are since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slices<'a> {
    pub(crate) started: &'a [u32],
    /// 0: never told.
    pub(crate) stopped: &'a [u32],
    pub(crate) group: &'a [Group],
    /// The row before in the same group, or [`super::NONE`].
    pub(crate) previous: &'a [Row],
    pub(crate) group_last: &'a [Row],
    pub(crate) item: &'a [ItemIx],
    pub(crate) client: &'a [ClientIx],
    pub(crate) viewer: &'a [ViewerIx],
    pub(crate) library: &'a [LibraryIx],
    pub(crate) way: &'a [Way],
    pub(crate) location: &'a [Location],
}

impl Columns {
    pub(crate) fn slices(&self) -> Slices<'_> {
        Slices {
            started: &self.started,
            stopped: &self.stopped,
            group: &self.group,
            previous: &self.previous,
            group_last: &self.group_last,
            item: &self.item,
            client: &self.client,
            viewer: &self.viewer,
            library: &self.library,
            way: &self.way,
            location: &self.location,
        }
    }

    /// Rows of the same group before `row`, newest first.
    pub(crate) fn earlier(&self, row: Row) -> impl Iterator<Item = Row> + '_ {
        let before = |row: Row| Some(self.previous[row as usize]).filter(|row| *row != NONE);
        std::iter::successors(before(row), move |row| before(*row))
    }
}
