//! How large libraries were from day to day.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use model::{ContentCount, ContentKind, Library, LibraryId, Snapshot, SourceId};
use rusqlite::params;

use crate::{Error, Txn, View};

/// Points of one answer at most; the newest. Ten years of days.
pub const POINTS_MAX: usize = 3_660;

const KEEPING: &str = "keeping the size of a library";
const READING: &str = "reading the sizes of a library";

/// One library on one day. What was not told is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibrarySize {
    pub server: SourceId,
    pub library: LibraryId,
    pub day: Date,
    pub size: Size,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub counts: BTreeMap<ContentKind, u64>,
    pub storage_bytes: Option<u64>,
    pub duration_ms: Option<u64>,
}

impl Size {
    /// The first count of a kind stands, as in the metrics.
    pub fn of(library: &Library) -> Self {
        let mut counts = BTreeMap::new();
        for ContentCount { kind, items } in &library.counts {
            counts.entry(*kind).or_insert(*items);
        }
        Self {
            counts,
            storage_bytes: library.storage_bytes,
            duration_ms: library.duration_ms,
        }
    }

    fn is_known(&self) -> bool {
        !self.counts.is_empty() || self.storage_bytes.is_some() || self.duration_ms.is_some()
    }
}

/// What has been written, so that nothing is written twice.
#[derive(Debug, Default)]
pub struct Book(HashMap<(SourceId, LibraryId), (Date, Size)>);

impl Book {
    /// What is to be written of a snapshot: libraries that changed since, and all of them on a new day. Only of
    /// servers that answer: what was known of the others is not of today.
    pub fn due(&self, snapshot: &Snapshot, today: Date) -> Vec<LibrarySize> {
        let mut due = Vec::new();
        for server in snapshot.servers.iter().filter(|s| s.health.is_up()) {
            for library in server.libraries.iter().flat_map(|all| all.iter()) {
                let size = Size::of(library);
                let key = (server.id.clone(), library.id.clone());
                let is_new = (self.0.get(&key)).is_none_or(|(day, last)| *day != today || *last != size);
                if is_new && size.is_known() {
                    due.push(LibrarySize {
                        server: key.0,
                        library: key.1,
                        day: today,
                        size,
                    });
                }
            }
        }
        due
    }

    /// These are on disk.
    pub fn wrote(&mut self, sizes: Vec<LibrarySize>) {
        for one in sizes {
            self.0.insert((one.server, one.library), (one.day, one.size));
        }
    }
}

/// Keeps sizes; the last of a day wins. What is not known now leaves what was known earlier that day.
pub fn keep(txn: &mut Txn<'_>, sizes: &[LibrarySize]) -> Result<(), Error> {
    let sql = "INSERT INTO library_size (server_id, library, day, counts, storage_bytes, duration_ms)
               VALUES ((SELECT id FROM server WHERE source = ?1), ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT DO UPDATE SET
                 counts = json_patch(counts, excluded.counts),
                 storage_bytes = coalesce(excluded.storage_bytes, storage_bytes),
                 duration_ms = coalesce(excluded.duration_ms, duration_ms)";
    for one in sizes {
        txn.set_server(&one.server, None, None, None)?;
        let counts: serde_json::Map<_, _> = one
            .size
            .counts
            .iter()
            .map(|(kind, items)| (kind.as_str().to_owned(), (*items).into()))
            .collect();
        let number = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let mut insert = txn.conn.prepare_cached(sql).map_err(Error::sql(KEEPING))?;
        insert
            .execute(params![
                one.server.as_str(),
                one.library.as_str(),
                one.day.to_string(),
                serde_json::Value::Object(counts).to_string(),
                number(one.size.storage_bytes),
                number(one.size.duration_ms),
            ])
            .map_err(Error::sql(KEEPING))?;
    }
    Ok(())
}

/// Sizes of a library by day, oldest first; both ends are included, and may be absent. At most [`POINTS_MAX`].
pub fn sizes(
    view: &View<'_>,
    server: &SourceId,
    library: &LibraryId,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Vec<(Date, Size)>, Error> {
    let sql = "SELECT day, counts, storage_bytes, duration_ms FROM library_size
               WHERE server_id = (SELECT id FROM server WHERE source = ?1) AND library = ?2
                 AND day >= coalesce(?3, '') AND day <= coalesce(?4, '9999-99-99')
               ORDER BY day DESC LIMIT ?5";
    let text = |day: Option<Date>| day.map(|day| day.to_string());
    let max = i64::try_from(POINTS_MAX).unwrap_or(i64::MAX);
    let mut select = view.conn.prepare_cached(sql).map_err(Error::sql(READING))?;
    let rows = select
        .query_map(
            params![server.as_str(), library.as_str(), text(from), text(to), max],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get(2)?,
                    row.get(3)?,
                ))
            },
        )
        .map_err(Error::sql(READING))?;
    let mut found = Vec::new();
    for row in rows {
        let (day, counts, storage_bytes, duration_ms): (String, String, Option<i64>, Option<i64>) =
            row.map_err(Error::sql(READING))?;
        // A day that cannot be read was not written by us.
        let Ok(day) = day.parse() else { continue };
        let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        let size = Size {
            counts: counted(&counts),
            storage_bytes: number(storage_bytes),
            duration_ms: number(duration_ms),
        };
        found.push((day, size));
    }
    found.reverse();
    Ok(found)
}

fn counted(json: &str) -> BTreeMap<ContentKind, u64> {
    let counts: HashMap<String, u64> = serde_json::from_str(json).unwrap_or_default();
    let kinds = ContentKind::ALL.into_iter();
    kinds
        .filter_map(|kind| Some((kind, *counts.get(kind.as_str())?)))
        .collect()
}

#[cfg(test)]
mod tests;
