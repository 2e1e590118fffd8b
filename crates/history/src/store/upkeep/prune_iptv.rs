//! Forgetting runs and viewings of stream managers.

use rusqlite::Connection;

use super::prune::DOING;
use crate::Error;

/// Removes the runs and viewings that ended before, and what only they pointed to; returns how many of each. What is
/// not over stays, however long ago it was last seen.
pub(super) fn remove(conn: &Connection, before_ms: i64) -> Result<(u64, u64), Error> {
    let delete = |table: &str| {
        let sql = format!("DELETE FROM {table} WHERE stopped_ms < ?1");
        conn.execute(&sql, [before_ms]).map_err(Error::sql(DOING))
    };
    let (runs, viewings) = (delete("feed_run")? as u64, delete("viewing")? as u64);
    if runs + viewings > 0 {
        sweep(conn)?;
    }
    Ok((runs, viewings))
}

fn sweep(conn: &Connection) -> Result<(), Error> {
    conn.execute_batch(
        "DELETE FROM iptv_channel WHERE id NOT IN (SELECT channel_id FROM feed_run UNION SELECT channel_id FROM viewing);
         DELETE FROM iptv_text WHERE id NOT IN (
           SELECT run_text FROM feed_run
           UNION SELECT feed_text FROM feed_run
           UNION SELECT run_text FROM viewing
           UNION SELECT feed_text FROM viewing
           UNION SELECT account_text FROM viewing WHERE account_text IS NOT NULL
           UNION SELECT user_text FROM viewing WHERE user_text IS NOT NULL
           UNION SELECT address_text FROM viewing WHERE address_text IS NOT NULL
           UNION SELECT agent_text FROM viewing WHERE agent_text IS NOT NULL
           UNION SELECT stream_text FROM feed_segment WHERE stream_text IS NOT NULL
           UNION SELECT profile_text FROM feed_segment WHERE profile_text IS NOT NULL
           UNION SELECT account_text FROM feed_segment WHERE account_text IS NOT NULL);",
    )
    .map_err(Error::sql(DOING))
}

/// Columns that point to texts and channels without being declared so.
const POINTERS: [(&str, &str, &str); 13] = [
    ("feed_run", "run_text", "iptv_text"),
    ("feed_run", "feed_text", "iptv_text"),
    ("feed_run", "channel_id", "iptv_channel"),
    ("feed_segment", "stream_text", "iptv_text"),
    ("feed_segment", "profile_text", "iptv_text"),
    ("feed_segment", "account_text", "iptv_text"),
    ("viewing", "run_text", "iptv_text"),
    ("viewing", "feed_text", "iptv_text"),
    ("viewing", "account_text", "iptv_text"),
    ("viewing", "user_text", "iptv_text"),
    ("viewing", "address_text", "iptv_text"),
    ("viewing", "agent_text", "iptv_text"),
    ("viewing", "channel_id", "iptv_channel"),
];

/// What is wrong with the tables of stream managers.
pub(super) fn problems(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    let mut count = |sql: &str, what: &dyn Fn(i64) -> String| {
        let found = conn.query_row(sql, [], |row| row.get(0));
        let found: i64 = found.map_err(Error::sql("verifying the history of stream managers"))?;
        problems.extend((found > 0).then(|| what(found)));
        Ok::<_, Error>(())
    };
    for (table, column, parent) in POINTERS {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT id FROM {parent})"
        );
        count(&sql, &|n| format!("{n} rows of {table} point to no {parent}"))?;
    }
    for table in ["feed_run", "viewing"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE (stopped_ms IS NULL) <> (span = -1)");
        count(&sql, &|n| {
            format!("{n} rows of {table} are neither over nor running")
        })?;
    }
    let sql = "SELECT count(*) FROM open_feed JOIN feed_run ON id = run_id WHERE stopped_ms IS NOT NULL";
    count(sql, &|n| format!("{n} runs that are over stand as running"))?;
    Ok(problems)
}
