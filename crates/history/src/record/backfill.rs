//! Plays from a server's own list, for the time in which nobody watched.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{Origin, Play, Record, RecordClient, RecordStream, SourceId, Viewed};

use super::of::user_id;
use super::policy::Policy;
use super::{Status, blocking, rows};
use crate::columns::{Columns, Row};
use crate::store::Txn;
use crate::{Error, History, Pending};

/// A line is about a play of ours if it was written between its start and this long after its end: servers count an
/// item as played near its end, some clients only when they stop.
const AFTER_STOP_S: i64 = 600;

/// Clocks of server and watcher may differ by this much.
const BEFORE_START_S: i64 = 60;

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    pub added: u64,
    /// Plays that we, or an earlier Tautulli, saw ourselves.
    pub seen: u64,
    /// Taken from the list before.
    pub known: u64,
    /// Left out by policy.
    pub ignored: u64,
}

/// Until when (seconds since 1970) everything played on a server is known to us: seen, or taken from its list. Absent
/// if nothing ever was. Waits for the store.
pub fn known_until_s(history: &History, server: &SourceId) -> Result<Option<i64>, Error> {
    let key = known_key(server);
    history.read(|view| Ok(view.meta(&key)?.and_then(|text| text.parse().ok())))
}

/// Everything played on the server until then has been seen.
pub async fn set_known_until_s(history: &History, server: &SourceId, until_s: i64) -> Result<(), Error> {
    let (history, key) = (history.clone(), known_key(server));
    blocking(move || {
        history
            .change(move |t| t.set_meta(&key, &until_s.to_string()))
            .wait()
    })
    .await
}

fn known_key(server: &SourceId) -> String {
    format!("known_until_s:{server}")
}

/// Keeps the lines of which there is no play yet, oldest first. Each becomes a play that has no length (its start and
/// end are the moment at which the server counted it) and was seen to the end. `until_s`: with these lines everything
/// until then is known.
pub async fn backfill(
    history: &History,
    status: &Status,
    server: SourceId,
    mut lines: Vec<Viewed>,
    until_s: i64,
    policy: Policy,
) -> Result<Backfilled, Error> {
    lines.sort_by(|a, b| (a.viewed_at_s, &a.history_key).cmp(&(b.viewed_at_s, &b.history_key)));
    let history = history.clone();
    let change = move |t: &mut Txn<'_>| {
        let done = add(t, &server, &lines, &policy)?;
        t.set_meta(&known_key(&server), &until_s.to_string())?;
        Ok(done)
    };
    let done = blocking(move || history.change(change).wait()).await?;
    status.backfilled(done.added);
    Ok(done)
}

/// Removes plays that were taken from servers' own lists and are there once more, told by who saw them: after an
/// import of the years before us.
pub fn drop_seen(history: &History) -> Pending<u64> {
    history.job(|writer| writer.remove_chosen(listed_and_seen))
}

/// Ids of listed plays that an other play covers, ascending.
fn listed_and_seen(columns: &Columns) -> Vec<u32> {
    let is_listed = |row: &Row| columns.marks(*row).origin() == Origin::PlexHistory;
    // The owner was number 1 as long as nobody knew better.
    let people = columns.dims.people();
    let viewers: Vec<Option<i64>> = columns
        .dims
        .viewers()
        .iter()
        .map(|viewer| user_id(viewer.user_id, viewer.name.as_deref(), people))
        .collect();
    let viewing = |row: Row| {
        let rating_key = columns.item(row).rating_key?;
        Some((
            columns.library(row).server.clone(),
            viewers[columns.viewer_ix(row).at()],
            rating_key,
        ))
    };
    let listed: HashSet<_> = columns.rows().filter(is_listed).filter_map(viewing).collect();
    let mut seen: HashMap<_, Vec<_>> = HashMap::new();
    for row in columns.rows().filter(|row| !is_listed(row)) {
        if let Some(viewing) = viewing(row).filter(|v| listed.contains(v))
            && let Some(stopped_s) = columns.stopped_s(row)
        {
            let spans = seen.entry(viewing).or_default();
            spans.push((columns.started_s(row), stopped_s));
        }
    }
    let is_seen = |row: &Row| {
        let spans = viewing(*row).and_then(|v| seen.get(&v));
        let at_s = columns.started_s(*row);
        spans.is_some_and(|spans| spans.iter().any(|(from_s, to_s)| covers(at_s, *from_s, *to_s)))
    };
    let rows = columns.rows().filter(is_listed).filter(is_seen);
    rows.map(|row| columns.id(row)).collect()
}

fn add(txn: &mut Txn<'_>, server: &SourceId, lines: &[Viewed], policy: &Policy) -> Result<Backfilled, Error> {
    let open = rows::open_plays_of(txn, server)?;
    let seen = Seen::new(txn.columns, server, lines);
    let mut done = Backfilled::default();
    for line in lines {
        let record = record(server, line, txn);
        if seen.has(&record) || open.iter().any(|play| is_about(&record, play, txn)) {
            done.seen += 1;
            continue;
        }
        if rows::left_out(txn, &record, policy).is_some() {
            done.ignored += 1;
            continue;
        }
        let owner = line.account_id == Some(1);
        if rows::keep(txn, &record, owner)? {
            done.added += 1;
        } else {
            done.known += 1;
        }
    }
    Ok(done)
}

/// No length and no delivery; the position is the item's end, since the server counted it as played.
fn record(server: &SourceId, line: &Viewed, txn: &Txn<'_>) -> Record {
    let at_ms = line.viewed_at_s.saturating_mul(1000);
    let people = txn.columns.dims.people();
    Record {
        server: server.clone(),
        origin: Origin::PlexHistory,
        origin_key: line.history_key.clone(),
        wanted_id: None,
        started_ms: at_ms,
        stopped_ms: Some(at_ms),
        paused_ms: None,
        buffering_ms: None,
        view_offset_ms: line.item.duration_ms,
        user_id: user_id(line.account_id, line.account_name.as_deref(), people),
        user: line.account_name.clone(),
        ip_address: None,
        section_id: line.section_id,
        item: Arc::new(line.item.clone()),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream::default()),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

/// First and last second of the plays we know, by account and item, of the items that the lines name.
#[derive(Debug)]
struct Seen(HashMap<Viewing, Vec<(i64, i64)>>);

/// Account and rating key.
type Viewing = (Option<i64>, i64);

impl Seen {
    fn new(columns: &Columns, server: &SourceId, lines: &[Viewed]) -> Self {
        let keys: HashSet<i64> = lines.iter().filter_map(|l| l.item.rating_key).collect();
        let oldest_s = lines.iter().map(|l| l.viewed_at_s).min().unwrap_or(i64::MAX);
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for row in columns.stopped_since(oldest_s.saturating_sub(AFTER_STOP_S)) {
            let rating_key = columns.item(*row).rating_key.filter(|k| keys.contains(k));
            let is_theirs = columns.marks(*row).origin() == Origin::PlexHistory;
            let (Some(rating_key), Some(stopped_s)) = (rating_key, columns.stopped_s(*row)) else {
                continue;
            };
            if !is_theirs && columns.library(*row).server == *server {
                let viewer = columns.viewer(*row).user_id;
                let spans = known.entry((viewer, rating_key)).or_default();
                spans.push((columns.started_s(*row), stopped_s));
            }
        }
        Self(known)
    }

    fn has(&self, record: &Record) -> bool {
        let Some(key) = record.item.rating_key else {
            return false;
        };
        let at_s = record.started_ms.div_euclid(1000);
        let spans = self.0.get(&(record.user_id, key));
        spans.is_some_and(|spans| spans.iter().any(|(from_s, to_s)| covers(at_s, *from_s, *to_s)))
    }
}

fn covers(at_s: i64, started_s: i64, stopped_s: i64) -> bool {
    (started_s - BEFORE_START_S..=stopped_s.max(started_s) + AFTER_STOP_S).contains(&at_s)
}

/// Whether the line is about a play that still stands as running.
fn is_about(record: &Record, play: &Play, txn: &Txn<'_>) -> bool {
    let ours = super::record_of(play, txn.columns.dims.people());
    ours.is_some_and(|ours| {
        let same = ours.item.rating_key.is_some()
            && ours.item.rating_key == record.item.rating_key
            && ours.user_id == record.user_id;
        let seconds = |ms: i64| ms.div_euclid(1000);
        let stopped_ms = ours.stopped_ms.unwrap_or(ours.started_ms);
        same && covers(
            seconds(record.started_ms),
            seconds(ours.started_ms),
            seconds(stopped_ms),
        )
    })
}
