//! Which group a new play gets.

use std::collections::{HashMap, HashSet};

use model::{Origin, Record, SourceId};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::staged::{Staged, StagedRow};
use super::words;
use crate::Error;
use crate::columns::{Columns, Row};
use crate::rules::{Earlier, group_of};

/// Searches through a viewer's rows per change; beyond them all of the viewer's rows are noted at once.
const SEARCHES: usize = 8;

const DOING: &str = "finding the group of a play";

/// A group as one account and origin know it.
type OriginGroup = (i64, Origin, i64, Option<i64>);

/// Latest plays by server and rating key; without a rating key, the latest of any kind.
type Latest = HashMap<(SourceId, Option<i64>), Row>;

/// What one change knows of groups beyond the columns.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Groups that origins name, by the id we gave.
    given: HashMap<OriginGroup, Given>,
    group_ids: HashSet<u32>,
    /// Places in `Staged::rows` by server, account and rating key, as in [`Latest`].
    staged: HashMap<(i64, i64, Option<i64>), usize>,
    searches: usize,
    noted: HashMap<i64, Latest>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub(super) group_id: u32,
    /// For the column of that name.
    pub(super) origin_group: Option<i64>,
}

impl Groups {
    /// Decides the group of the play in `row`, which has its id and its server already.
    pub(super) fn give(
        &mut self,
        conn: &Connection,
        columns: &Columns,
        staged: &Staged,
        r: &Record,
        row: &StagedRow,
        is_granted: bool,
    ) -> Result<Given, Error> {
        if let Some((id, group)) = r.wanted_id {
            let wanted = Wanted {
                id,
                group,
                is_granted,
            };
            return self.wanted(conn, columns, staged, r, row, wanted);
        }
        Ok(Given {
            group_id: self.continued(columns, staged, r, row).unwrap_or(row.id),
            origin_group: None,
        })
    }

    /// To be called with each row before it is staged at `place`.
    pub(super) fn added(&mut self, row: &StagedRow, place: usize) {
        let Some(user_id) = row.viewer.user_id else { return };
        self.staged.insert((row.server_id, user_id, None), place);
        if row.item.rating_key.is_some() {
            self.staged
                .insert((row.server_id, user_id, row.item.rating_key), place);
        }
    }

    /// The group that the origin wants, under the id that its first play was given here.
    fn wanted(
        &mut self,
        conn: &Connection,
        columns: &Columns,
        staged: &Staged,
        r: &Record,
        row: &StagedRow,
        wanted: Wanted,
    ) -> Result<Given, Error> {
        let key = (row.server_id, r.origin, wanted.group, r.user_id);
        // The first play of a group begins it, even where another of the group came before it.
        if wanted.group != wanted.id
            && let Some(given) = self.given.get(&key)
        {
            return Ok(*given);
        }
        let of_origin = OfOrigin { conn, r, row };
        let given = if wanted.group == wanted.id {
            row.id.into()
        } else if let Some(group_id) = of_origin.group_of_first(wanted.group)? {
            group_id.into()
        } else {
            let found = of_origin.group_of_others(wanted.group)?;
            let literal = || {
                let group_id = u32::try_from(wanted.group)
                    .ok()
                    .filter(|g| wanted.is_granted && *g < row.id)?;
                (!self.is_taken(columns, staged, group_id)).then_some(group_id)
            };
            Given {
                group_id: found.or_else(literal).unwrap_or(row.id),
                origin_group: Some(wanted.group),
            }
        };
        self.given.insert(key, given);
        self.group_ids.insert(given.group_id);
        Ok(given)
    }

    fn is_taken(&self, columns: &Columns, staged: &Staged, id: u32) -> bool {
        columns.row_by_id(id).is_some()
            || columns.group_by_id(id).is_some()
            || staged.rows.binary_search_by_key(&id, |row| row.id).is_ok()
            || self.group_ids.contains(&id)
    }

    /// The group of the play that this one continues, by the rule.
    fn continued(&mut self, columns: &Columns, staged: &Staged, r: &Record, row: &StagedRow) -> Option<u32> {
        let user_id = r.user_id?;
        let item = &r.item;
        // Live television looks at the latest play of any kind.
        let rating_key = if item.live { None } else { Some(item.rating_key?) };
        let now_s = row.stopped_s.unwrap_or(row.started_s);
        let group_of = |earlier: &Earlier<'_>| {
            group_of(
                item.live,
                item.guid.as_deref(),
                r.view_offset_ms,
                now_s,
                Some(earlier),
            )
        };
        let group = if let Some(place) = self.staged.get(&(row.server_id, user_id, rating_key)) {
            group_of(&staged_earlier(columns, &staged.rows[*place]))
        } else {
            let latest = self.latest(columns, user_id, &r.server, rating_key)?;
            group_of(&kept_earlier(columns, latest))
        };
        group.and_then(|id| u32::try_from(id).ok())
    }

    /// The account's latest row on `server`, of one item or of any.
    fn latest(
        &mut self,
        columns: &Columns,
        user_id: i64,
        server: &SourceId,
        rating_key: Option<i64>,
    ) -> Option<Row> {
        if let Some(latest) = self.noted.get(&user_id) {
            return latest.get(&(server.clone(), rating_key)).copied();
        }
        if self.searches < SEARCHES {
            self.searches += 1;
            return search(columns, user_id, server, rating_key);
        }
        let latest = self
            .noted
            .entry(user_id)
            .or_insert_with(|| note(columns, user_id));
        latest.get(&(server.clone(), rating_key)).copied()
    }
}

/// What an import says of a play's place.
#[derive(Clone, Copy)]
struct Wanted {
    id: i64,
    group: i64,
    is_granted: bool,
}

impl From<u32> for Given {
    fn from(group_id: u32) -> Self {
        Self {
            group_id,
            origin_group: None,
        }
    }
}

/// Questions about plays of the same server, origin and account.
struct OfOrigin<'a> {
    conn: &'a Connection,
    r: &'a Record,
    row: &'a StagedRow,
}

impl OfOrigin<'_> {
    /// By the first play of the group, whose key is the group's number.
    fn group_of_first(&self, group: i64) -> Result<Option<u32>, Error> {
        let sql = "SELECT group_id FROM play
                   WHERE server_id = ?1 AND origin = ?2 AND origin_key = ?3 AND user_id IS ?4";
        self.ask(sql, group.to_string())
    }

    /// By any play that had to note the group's number.
    fn group_of_others(&self, group: i64) -> Result<Option<u32>, Error> {
        let sql = "SELECT group_id FROM play
                   WHERE server_id = ?1 AND origin = ?2 AND origin_group = ?3 AND user_id IS ?4 LIMIT 1";
        self.ask(sql, group)
    }

    fn ask(&self, sql: &str, group: impl ToSql) -> Result<Option<u32>, Error> {
        let mut find = self.conn.prepare_cached(sql).map_err(Error::sql(DOING))?;
        let origin = words::origin(self.r.origin);
        find.query_row(
            params![self.row.server_id, origin, group, self.r.user_id],
            |row| row.get(0),
        )
        .optional()
        .map_err(Error::sql(DOING))
    }
}

fn search(columns: &Columns, user_id: i64, server: &SourceId, rating_key: Option<i64>) -> Option<Row> {
    let is_it = |row: &Row| {
        rating_key.is_none_or(|key| columns.item(*row).rating_key == Some(key))
            && columns.library(*row).server == *server
    };
    columns
        .dims
        .viewers_of(user_id)
        .filter_map(|viewer| columns.viewer_rows(viewer).find(is_it))
        .max()
}

fn note(columns: &Columns, user_id: i64) -> Latest {
    let mut latest = Latest::new();
    let viewers = columns.dims.viewers_of(user_id);
    let rows = viewers.flat_map(|viewer| columns.viewer_rows(viewer));
    for row in rows {
        let server = &columns.library(row).server;
        let rating_key = columns.item(row).rating_key;
        for key in [Some(None), rating_key.map(Some)].into_iter().flatten() {
            let place = latest.entry((server.clone(), key)).or_insert(row);
            *place = row.max(*place);
        }
    }
    latest
}

fn staged_earlier<'a>(columns: &Columns, row: &'a StagedRow) -> Earlier<'a> {
    let item = &row.item;
    Earlier {
        group_id: i64::from(row.group_id),
        view_offset_ms: row.view_offset_ms,
        watched: columns.watched_rule.is_watched(
            item.kind,
            row.view_offset_ms,
            item.duration_ms,
            item.marker_credits_first_ms,
            item.marker_credits_final_ms,
        ),
        guid: item.guid.as_deref(),
        started_s: row.started_s,
    }
}

fn kept_earlier(columns: &Columns, row: Row) -> Earlier<'_> {
    let item = columns.item(row);
    let view_offset_ms = columns.view_offset_ms(row);
    Earlier {
        group_id: i64::from(columns.group_id(columns.group(row))),
        view_offset_ms,
        watched: columns.watched_rule.is_watched(
            item.kind,
            view_offset_ms,
            item.duration_ms,
            item.marker_credits_first_ms,
            item.marker_credits_final_ms,
        ),
        guid: item.guid.as_deref(),
        started_s: columns.started_s(row),
    }
}
