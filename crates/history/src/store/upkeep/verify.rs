//! Whether everything that is kept twice says the same.

use rusqlite::Connection;

use super::super::load;
use super::prune_iptv;
use crate::columns::{Columns, Row};
use crate::{Error, History, rollup};

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    pub plays: u64,
    pub groups: u64,
    pub servers: u64,
    /// Of stream managers.
    pub runs: u64,
    pub viewings: u64,
    /// Empty if all is well.
    pub problems: Vec<String>,
}

/// Problems told of one kind; the rest is counted.
const TOLD: usize = 20;

/// Rows compared before the writer gets its turn.
const ROWS: usize = 20_000;

const DOING: &str = "verifying the history";

/// Looks again so many times if the history changed while the columns were compared and something differed.
const LOOKS: usize = 3;

pub(super) fn verify(history: &History, conn: &Connection) -> Result<VerifyReport, Error> {
    let mut looks = 0;
    loop {
        looks += 1;
        // Columns and file at one moment: the writer changes both while it holds the columns alone.
        let columns = history.columns();
        let moment = conn.unchecked_transaction().map_err(Error::sql(DOING))?;
        let servers = count(&moment, "server")?;
        let (plays, version) = (columns.len(), columns.version());
        drop(columns);
        let fresh = load::load(&moment, history.settings())?;
        let differences = column_problems(history, &fresh);
        if !differences.is_empty() && history.columns().version() != version && looks < LOOKS {
            continue;
        }
        let mut problems = file_problems(&moment)?;
        problems.extend(prune_iptv::problems(&moment)?);
        if plays != fresh.len() {
            problems.push(format!(
                "the file holds {} plays, the columns {plays}",
                fresh.len()
            ));
        }
        problems.extend(differences);
        problems.extend(fresh.problems());
        problems.extend(rollup::compare(&moment, &fresh, &history.settings().time_zone)?);
        return Ok(VerifyReport {
            plays: fresh.len() as u64,
            groups: fresh.group_count() as u64,
            servers,
            runs: runs(&moment)?,
            viewings: viewings(&moment)?,
            problems,
        });
    }
}

/// Runs of stream managers.
pub(super) fn runs(conn: &Connection) -> Result<u64, Error> {
    count(conn, "feed_run")
}

pub(super) fn viewings(conn: &Connection) -> Result<u64, Error> {
    count(conn, "viewing")
}

fn count(conn: &Connection, table: &str) -> Result<u64, Error> {
    let sql = format!("SELECT count(*) FROM {table}");
    let rows: i64 = conn
        .query_row(&sql, [], |row| row.get(0))
        .map_err(Error::sql(DOING))?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

fn file_problems(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    let sql = format!("PRAGMA integrity_check({TOLD})");
    let mut check = conn.prepare(&sql).map_err(Error::sql(DOING))?;
    let lines = check.query_map([], |row| row.get::<_, String>(0));
    for line in lines.map_err(Error::sql(DOING))? {
        let line = line.map_err(Error::sql(DOING))?;
        if line != "ok" {
            problems.push(format!("the file: {line}"));
        }
    }
    let sql = "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2";
    let mut check = conn.prepare(sql).map_err(Error::sql(DOING))?;
    let lines = check.query_map([], |row| {
        let (table, parent, count): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{count} rows of {table} point to no {parent}"))
    });
    for line in lines.map_err(Error::sql(DOING))? {
        problems.push(line.map_err(Error::sql(DOING))?);
    }
    Ok(problems)
}

/// Compares the columns in use with those just loaded, a part at a time. Rows that came later are not looked at; if
/// rows were pruned meanwhile there is nothing to compare.
fn column_problems(history: &History, fresh: &Columns) -> Vec<String> {
    let mut problems = history.columns().problems();
    let mut differing = 0;
    let rows: Vec<Row> = fresh.rows().collect();
    for part in rows.chunks(ROWS) {
        let columns = history.columns();
        for row in part {
            let Some(same) = columns.row_by_id(fresh.id(*row)) else {
                differing += 1;
                continue;
            };
            if !equal(&columns, same, fresh, *row) {
                differing += 1;
                if differing <= TOLD {
                    problems.push(format!(
                        "play {} differs between columns and file",
                        fresh.id(*row)
                    ));
                }
            }
        }
    }
    if differing > 0 {
        problems.push(format!("{differing} plays differ between columns and file"));
    }
    let columns = history.columns();
    if columns.dims.people() != fresh.dims.people() {
        problems.push("accounts differ between columns and file".to_owned());
    }
    problems
}

/// Whether two rows say the same, whatever places their dimensions point to.
fn equal(a: &Columns, i: Row, b: &Columns, j: Row) -> bool {
    let numbers = |c: &Columns, row: Row| {
        (
            (
                c.id(row),
                c.group_id(c.group(row)),
                c.started_s(row),
                c.stopped_s(row),
                c.paused_s(row),
            ),
            (
                c.view_offset_ms(row),
                c.way(row),
                c.class(row),
                c.location(row),
                c.relayed(row),
                c.marks(row),
            ),
        )
    };
    let word = |c: &Columns, row: Row| c.dims.words()[c.ip_ix(row).at()].clone();
    let resolutions = |c: &Columns, row: Row| {
        let text = |ix: crate::columns::ResolutionIx| c.dims.resolutions()[ix.at()].clone();
        (text(c.source_resolution(row)), text(c.stream_resolution(row)))
    };
    numbers(a, i) == numbers(b, j)
        && a.item(i) == b.item(j)
        && a.client(i) == b.client(j)
        && a.viewer(i) == b.viewer(j)
        && a.library(i) == b.library(j)
        && word(a, i) == word(b, j)
        && resolutions(a, i) == resolutions(b, j)
}
