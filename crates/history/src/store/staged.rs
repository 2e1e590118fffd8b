//! What a change adds to the columns, held back until it is kept.

use std::sync::Arc;

use model::{Person, Record, RecordItem, Section, SourceId, Text};

use super::txn::seconds;
use crate::columns::{BadRow, ClientDim, Columns, ItemDim, Location, NewRow, ViewerDim, Way};
use crate::rollup::NewPlay;
use crate::rules::Marks;

/// What a change adds to the columns once it is committed.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) items: Vec<ItemDim>,
    pub(super) clients: Vec<ClientDim>,
    pub(super) people: Vec<Person>,
    pub(super) sections: Vec<(SourceId, Section)>,
    /// Ids ascend.
    pub(super) rows: Vec<StagedRow>,
    /// The same rows for the roll-ups, unless these are left behind.
    pub(super) plays: Vec<NewPlay>,
    pub(super) touched: bool,
    pub(super) defers_rollups: bool,
    /// Highest id of a play ever given.
    pub(super) last_id: u32,
}

/// A play whose numbers wait for the commit.
#[derive(Clone, Debug)]
pub(super) struct StagedRow {
    pub(super) id: u32,
    pub(super) group_id: u32,
    pub(super) server_id: i64,
    pub(super) item_id: i64,
    pub(super) client_id: i64,
    pub(super) stream_id: i64,
    pub(super) marks: Marks,
    pub(super) item: Arc<RecordItem>,
    pub(super) server: SourceId,
    pub(super) section_id: Option<i64>,
    pub(super) viewer: ViewerDim,
    pub(super) ip: Option<Text>,
    pub(super) started_s: i64,
    pub(super) stopped_s: Option<i64>,
    pub(super) paused_s: Option<i64>,
    pub(super) view_offset_ms: Option<i64>,
    pub(super) way: Way,
    pub(super) source_resolution: Option<Text>,
    pub(super) stream_resolution: Option<Text>,
    pub(super) location: Location,
    pub(super) relayed: bool,
}

impl StagedRow {
    /// Everything that the record itself tells; the ids are still 0.
    pub(super) fn of(r: &Record) -> Self {
        Self {
            id: 0,
            group_id: 0,
            server_id: 0,
            item_id: 0,
            client_id: 0,
            stream_id: 0,
            marks: Marks::default(),
            item: r.item.clone(),
            server: r.server.clone(),
            section_id: r.section_id,
            viewer: ViewerDim {
                user_id: r.user_id,
                name: r.user.clone(),
            },
            ip: r.ip_address.clone(),
            started_s: seconds(r.started_ms),
            stopped_s: r.stopped_ms.map(seconds),
            paused_s: r.paused_ms.map(seconds),
            view_offset_ms: r.view_offset_ms,
            way: Way::from(r.stream.decision),
            source_resolution: r.stream.source_resolution.clone(),
            stream_resolution: r.stream.stream_resolution.clone(),
            location: Location::of(r.location.as_deref()),
            relayed: r.relayed.unwrap_or(false),
        }
    }

    fn push_to(&self, columns: &mut Columns) -> Result<(), BadRow> {
        let dims = &mut columns.dims;
        let new = NewRow {
            item: dims.item_ix(self.item_id).ok_or(BadRow::Loose(self.id))?,
            client: dims.client_ix(self.client_id).ok_or(BadRow::Loose(self.id))?,
            ip: dims.word(self.ip.as_ref()),
            viewer: dims.viewer(&self.viewer),
            library: dims.library(&self.server, self.section_id),
            source_resolution: dims.resolution(self.source_resolution.as_ref()),
            stream_resolution: dims.resolution(self.stream_resolution.as_ref()),
            id: self.id,
            group_id: self.group_id,
            started_s: self.started_s,
            stopped_s: self.stopped_s,
            paused_s: self.paused_s,
            view_offset_ms: self.view_offset_ms,
            way: self.way,
            location: self.location,
            relayed: self.relayed,
        };
        let row = columns.append(&new)?;
        columns.mark(row, self.marks);
        Ok(())
    }
}

impl Staged {
    /// Whether the columns stay as they are.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.clients.is_empty()
            && self.people.is_empty()
            && self.sections.is_empty()
            && self.rows.is_empty()
            && !self.touched
    }

    /// Fails only if the columns and the store have come apart; then they must be loaded anew.
    pub(super) fn apply(self, columns: &mut Columns) -> Result<(), BadRow> {
        for item in self.items {
            columns.dims.item(item);
        }
        for client in self.clients {
            columns.dims.client(client);
        }
        for person in self.people {
            columns.dims.set_person(person);
        }
        for (server, section) in self.sections {
            columns.dims.set_section(&server, section);
        }
        for row in self.rows {
            row.push_to(columns)?;
        }
        columns.settle();
        if self.touched {
            columns.touch();
        }
        Ok(())
    }
}
