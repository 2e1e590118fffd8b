//! What was played while nobody watched, by the server's own account.
//!
//! The list is asked for newest first and read until it reaches what is known. A server that does not understand
//! the question sends everything, so the moment is checked here too, and there is an end to it in any case.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use model::{Endpoint, Text, Viewed};

use super::ask::{self, Ask, LOOKUP_BATCH};
use super::client::Client;
use super::config::Config;
use super::error::Error;
use super::map::{self, HistoryPage};
use super::server::{Server, one_line};
use super::target::{self, Located};
use super::tv::TvConfig;

/// Lines of one page; each takes some hundred bytes.
const PAGE: usize = 500;

/// Lines read at most: years of a busy house.
const LINES_MAX: usize = 20_000;

const MIB: usize = 1 << 20;

/// What a server lists as played since `since_s` (seconds since 1970; all of it if absent), newest first, completed
/// by what its library still knows. `machine_id`: the server must be this one.
pub async fn viewed(
    cfg: &Config,
    tv: Option<&TvConfig>,
    machine_id: Option<&str>,
    since_s: Option<i64>,
) -> Result<Vec<Viewed>, Error> {
    let Located {
        target,
        machine_id: located,
        ..
    } = target::locate(cfg, tv, None).await?;
    let expected = machine_id.or(located.as_deref());
    let server = Server::new(Client::new(cfg, target)?, expected, None);
    server.identify().await?;
    let mut lines = lines(&server, since_s).await?;
    name(&server, &mut lines).await;
    complete(&server, &mut lines).await;
    Ok(lines)
}

async fn lines(server: &Server, since_s: Option<i64>) -> Result<Vec<Viewed>, Error> {
    let mut list = List::new(since_s);
    let mut start = 0;
    while start < LINES_MAX {
        let page = server
            .fetch_leniently(&history(since_s, start), map::history)
            .await?;
        start += page.rows;
        if list.take(page) {
            break;
        }
    }
    Ok(list.lines)
}

/// What was read so far.
#[derive(Debug)]
struct List {
    since_s: Option<i64>,
    lines: Vec<Viewed>,
    seen: HashSet<Text>,
}

impl List {
    fn new(since_s: Option<i64>) -> Self {
        Self {
            since_s,
            lines: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Takes what is wanted of a page; true if no further one is needed. What is played meanwhile moves the pages by
    /// a line, so lines may come twice.
    fn take(&mut self, page: HistoryPage) -> bool {
        let since_s = self.since_s;
        let older = |at_s: i64| since_s.is_some_and(|since| at_s < since);
        let is_last = page.rows < PAGE || (page.newest_first && page.oldest_s.is_some_and(older));
        for line in page.lines {
            if !older(line.viewed_at_s) && self.seen.insert(line.history_key.clone()) {
                self.lines.push(line);
            }
        }
        is_last
    }
}

/// Who played. Without the right to ask, ids alone.
async fn name(server: &Server, lines: &mut [Viewed]) {
    if lines.is_empty() {
        return;
    }
    let names = match server.fetch_leniently(&accounts(), map::accounts).await {
        Ok(names) => names,
        Err(e) => {
            tracing::debug!(kind = %e.kind(), "{}", one_line(&e));
            return;
        }
    };
    for line in lines {
        line.account_name = line.account_id.and_then(|id| names.get(&id).cloned());
    }
}

/// Lengths and the like, from the library. What it does not know any more stays as it is.
async fn complete(server: &Server, lines: &mut [Viewed]) {
    let mut keys: Vec<i64> = lines.iter().filter_map(|l| l.item.rating_key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut known = HashMap::new();
    for batch in keys.chunks(LOOKUP_BATCH) {
        let batch: Vec<Text> = batch.iter().map(|key| key.to_string().into()).collect();
        match server
            .fetch_leniently(&ask::metadata(&batch), map::known_items)
            .await
        {
            Ok(items) => known.extend(items),
            Err(e) => tracing::debug!(kind = %e.kind(), "{}", one_line(&e)),
        }
    }
    for line in lines {
        let item = line.item.rating_key.and_then(|key| known.get(&key));
        if let Some(item) = item {
            map::complete(line, item);
        }
    }
}

fn history(since_s: Option<i64>, start: usize) -> Ask {
    // The operator is part of the parameter's name.
    let since = since_s.map_or_else(String::new, |s| format!("&viewedAt>={s}"));
    Ask {
        endpoint: Endpoint::Metadata,
        path: Cow::Owned(format!(
            "/status/sessions/history/all?sort=viewedAt:desc{since}\
             &X-Plex-Container-Start={start}&X-Plex-Container-Size={PAGE}"
        )),
        limit: 16 * MIB,
        patience: 6,
        retries: 2,
    }
}

fn accounts() -> Ask {
    Ask {
        endpoint: Endpoint::Metadata,
        path: Cow::Borrowed("/accounts"),
        limit: MIB,
        patience: 1,
        retries: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(times: std::ops::Range<i64>, newest_first: bool) -> HistoryPage {
        let row =
            |at: i64| format!(r#"{{"historyKey":"/h/{at}","title":"A","type":"movie","viewedAt":{at}}}"#);
        let mut rows: Vec<String> = times.map(row).collect();
        if newest_first {
            rows.reverse();
        }
        let json = format!(r#"{{"MediaContainer":{{"Metadata":[{}]}}}}"#, rows.join(","));
        map::history(json.as_bytes()).unwrap().value
    }

    #[test]
    fn reading_ends_where_the_known_begins_whatever_the_server_made_of_the_question() {
        let full = i64::try_from(PAGE).unwrap();
        for (pages, since_s, wanted, read) in [
            // All of it, in two pages and a short one.
            (
                vec![page(full..2 * full, true), page(0..full, true), page(0..0, true)],
                None,
                2 * full,
                3,
            ),
            // The filter was not understood: everything comes, newest first.
            (
                vec![page(full..2 * full, true), page(0..full, true), page(0..0, true)],
                Some(full + 10),
                full - 10,
                1,
            ),
            // Neither was the order: only the end of the list is the end.
            (
                vec![
                    page(0..full, false),
                    page(full..2 * full, false),
                    page(0..0, true),
                ],
                Some(full + 10),
                full - 10,
                3,
            ),
            // A line moved from one page to the next.
            (
                vec![
                    page(full..2 * full, true),
                    page(1..full + 1, true),
                    page(0..1, true),
                ],
                None,
                2 * full,
                3,
            ),
            (vec![page(0..3, true)], Some(1), 2, 1),
        ] {
            let mut list = List::new(since_s);
            let mut taken = 0;
            for page in pages {
                taken += 1;
                if list.take(page) {
                    break;
                }
            }
            assert_eq!(
                (list.lines.len(), taken),
                (usize::try_from(wanted).unwrap(), read),
                "{since_s:?}"
            );
        }
    }

    #[test]
    fn the_question_is_spelled_as_servers_read_it() {
        assert_eq!(
            history(Some(7), 500).path,
            "/status/sessions/history/all?sort=viewedAt:desc&viewedAt>=7\
             &X-Plex-Container-Start=500&X-Plex-Container-Size=500"
        );
        assert!(!history(None, 0).path.contains("viewedAt>"));
    }
}
