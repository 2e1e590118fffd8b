//! Worlds in which every moment is a whole minute, so that counting minute by minute is exact.

mod cases;
mod counting;
mod paging;

use std::sync::Arc;

use jiff::tz::TimeZone;
use model::iptv::{
    Channel, Feed, FeedKind, FeedMedia, FeedRun, FeedSegment, FeedStream, FeedTotals, ProfileId, Viewer,
    Viewing,
};
use model::{FeedKey, RunId, SourceId, Text, Timestamp, ViewingId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::Filter;
use crate::record::iptv::build::keep;
use crate::{Error, History, Settings, View};

pub(super) const MINUTE_MS: i64 = 60_000;

/// 2026-10-30 04:00 UTC, midnight in New York, where clocks go back two days later.
pub(super) const FIRST_MS: i64 = 1_793_332_800_000;

/// Minutes of a world.
pub(super) const MINUTES: i64 = 4 * 1_440;

pub(super) fn zone() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

/// A moment in minutes after [`FIRST_MS`], as milliseconds since 1970.
pub(super) fn ms(minute: i64) -> i64 {
    FIRST_MS + minute * MINUTE_MS
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_millisecond(ms(minute)).unwrap()
}

/// One run or viewing, in minutes.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) server: usize,
    pub(super) channel: usize,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) open: bool,
    /// Of a run: where each further segment begins, and its login; the first one is `login`.
    pub(super) changes: Vec<(i64, i64)>,
    pub(super) login: i64,
    pub(super) limit: Option<u32>,
    /// Of a viewing: who.
    pub(super) who: usize,
}

pub(super) const SERVERS: [&str; 2] = ["attic", "cellar"];
pub(super) const CHANNELS: usize = 4;

/// Of the channels: one live with its number, one without any name, a film that has another key each time, a preview.
pub(super) fn kind(channel: usize) -> FeedKind {
    [FeedKind::Live, FeedKind::Live, FeedKind::Vod, FeedKind::Preview][channel]
}

pub(super) fn key(channel: usize) -> &'static str {
    ["uuid-0", "key-1", "uuid-2", "key-3"][channel]
}

fn channel(n: usize) -> Channel {
    let name = [Some("News 24"), None, Some("Amber Road"), Some("stream Ä")][n];
    Channel {
        uuid: [Some("uuid-0"), None, Some("uuid-2"), None][n].map(Text::from),
        name: name.map(Text::from),
        number: (n == 0).then_some(102.5),
        group: (n < 2).then(|| "Group".into()),
        ..Channel::default()
    }
}

fn feed_key(told: &Told) -> FeedKey {
    match told.channel {
        2 => FeedKey::new(format!("session-{}-{}", told.from, told.who)),
        n => FeedKey::new(key(n)),
    }
}

/// Name, address; the last one has neither.
pub(super) const PEOPLE: [(Option<&str>, Option<&str>); 5] = [
    (Some("ada"), Some("10.0.0.1")),
    (Some("ada"), Some("10.0.0.2")),
    (Some("Bo"), None),
    (None, Some("10.0.0.1")),
    (None, None),
];

pub(super) fn run(told: &Told, n: usize) -> FeedRun {
    let source = SourceId::from(SERVERS[told.server]);
    let key = feed_key(told);
    let starts = std::iter::once((told.from, told.login)).chain(told.changes.iter().copied());
    let segments: Vec<_> = starts
        .enumerate()
        .map(|(place, (from, login))| segment(told, from, login, place))
        .collect();
    FeedRun {
        id: RunId::new(format!("run-{n}")),
        source,
        started_at: at(told.from),
        ended_at: (!told.open).then(|| at(told.to)),
        seen_at: at(told.to),
        feed: Arc::new(Feed {
            key,
            kind: kind(told.channel),
            state: None,
            channel: Arc::new(channel(told.channel)),
            stream: Arc::new(FeedStream::default()),
            media: Arc::new(FeedMedia::default()),
            profile: Some(ProfileId(told.login)),
            programme: None,
            started_at: None,
            uptime_ms: None,
            received_bytes: None,
            sent_bytes: None,
            viewer_count: None,
            viewers: Arc::default(),
        }),
        totals: FeedTotals {
            failovers: u32::try_from(told.changes.len()).unwrap(),
            errors: u32::try_from(segments.iter().filter(|s| s.error_ms > 0).count()).unwrap(),
            received_bytes: (told.channel != 3).then_some(1),
            ..FeedTotals::default()
        },
        segments: Arc::new(segments),
        viewings: Vec::new(),
    }
}

fn segment(told: &Told, from: i64, login: i64, place: usize) -> FeedSegment {
    FeedSegment {
        started_at: at(from),
        stream_id: None,
        stream_name: Some(format!("stream of {login}").into()),
        stream_index: u32::try_from(place).ok(),
        // Login 0 is not known.
        profile: (login > 0).then_some(ProfileId(login)),
        profile_name: Some(format!("login {login}").into()),
        account: Some(account(login).into()),
        max_connections: told.limit,
        buffering_ms: buffering_ms(from),
        error_ms: u64::from(is_error(from)),
        received_bytes: bytes(from),
    }
}

pub(super) fn account(login: i64) -> &'static str {
    if login < 2 { "one" } else { "two" }
}

/// What a segment tells that begins then.
pub(super) fn buffering_ms(from: i64) -> u64 {
    from.unsigned_abs() % 7
}

pub(super) fn is_error(from: i64) -> bool {
    from % 3 == 0
}

pub(super) fn bytes(from: i64) -> u64 {
    from.unsigned_abs() % 1_000
}

pub(super) fn viewing(told: &Told, n: usize) -> Viewing {
    let (user, address) = PEOPLE[told.who];
    Viewing {
        id: ViewingId::new(format!("viewing-{n}")),
        source: SourceId::from(SERVERS[told.server]),
        run: RunId::new(format!("run-{}", n % 5)),
        feed: feed_key(told),
        kind: kind(told.channel),
        channel: Arc::new(channel(told.channel)),
        profile: Some(ProfileId(told.login)),
        account: Some(account(told.login).into()),
        started_at: at(told.from),
        ended_at: (!told.open).then(|| at(told.to)),
        seen_at: at(told.to),
        viewer: Viewer {
            client_id: client(told).into(),
            user_id: None,
            user: user.map(Text::from),
            address: address.map(Text::from),
            user_agent: Some("VLC".into()),
            worker_id: None,
            connected_at: None,
            sent_bytes: None,
            mean_bps: None,
            now_bps: None,
        },
        sent_bytes: (told.who != 0).then_some(bytes(told.from)),
    }
}

/// Those who are told apart by it alone have two.
pub(super) fn client(told: &Told) -> String {
    format!("client-{}", told.from.unsigned_abs() % 2)
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) runs: Vec<Told>,
    pub(super) viewings: Vec<Told>,
}

impl World {
    /// Everything that is open is kept as such: runs by a look, viewings with the first of them.
    pub(super) fn history(&self) -> (tempfile::TempDir, History) {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path(), Settings::default()).unwrap();
        self.put(&history);
        (dir, history)
    }

    pub(super) fn put(&self, history: &History) {
        let runs = self.runs.iter().enumerate().map(|(n, told)| run(told, n));
        let (open, over): (Vec<_>, Vec<_>) = runs.partition(|run| run.ended_at.is_none());
        let viewings = self.viewings.iter().enumerate().map(|(n, told)| viewing(told, n));
        let (running, ended): (Vec<_>, Vec<_>) = viewings.partition(|v| v.ended_at.is_none());
        let mut open = open;
        if open.is_empty() && !running.is_empty() {
            // Somebody must show them; it is over at once.
            open.push(run(
                &Told {
                    open: true,
                    ..self.viewings[0].clone()
                },
                999,
            ));
        }
        if let Some(first) = open.first_mut() {
            first.viewings = running.into_iter().map(Arc::new).collect();
        }
        keep(history, open, (over, ended));
        history
            .change(|txn| {
                let sql =
                    "DELETE FROM feed_run WHERE run_text = (SELECT id FROM iptv_text WHERE text = 'run-999')";
                txn.conn.execute(sql, []).map_err(Error::sql("a test"))?;
                Ok(())
            })
            .wait()
            .unwrap();
    }
}

pub(super) fn ask<T>(history: &History, question: impl FnOnce(&View<'_>) -> Result<T, Error>) -> T {
    history.read(question).unwrap()
}

/// Around midnights and the hour that comes twice, or anywhere.
fn minute() -> impl Strategy<Value = i64> {
    prop_oneof![
        0..MINUTES,
        (0..4_i64, -2..3_i64).prop_map(|(day, off)| (day * 1_440 + off).max(0)),
        // 01:00 and 02:00 of the day that has 25 hours.
        (0..3_i64, -2..3_i64).prop_map(|(hour, off)| 2 * 1_440 + (hour + 1) * 60 + off),
    ]
}

fn told(changes: usize) -> impl Strategy<Value = Told> {
    (
        (0..SERVERS.len(), 0..CHANNELS, 0..PEOPLE.len(), 0..4_i64),
        minute(),
        prop_oneof![Just(0_i64), 1..120_i64, 1..3_000_i64],
        (
            0..6_u8,
            prop::sample::select(vec![None, Some(0), Some(1), Some(2)]),
        ),
        vec((0..100_i64, 0..4_i64), 0..=changes),
    )
        .prop_map(
            |((server, channel, who, login), from, length, (open, limit), changes)| {
                let to = (from + length).min(MINUTES);
                let mut changes: Vec<_> = changes
                    .into_iter()
                    .map(|(percent, login)| (from + (to - from) * percent / 100, login))
                    .collect();
                changes.sort_unstable();
                Told {
                    server,
                    channel,
                    from,
                    to: to.max(from),
                    open: open == 0,
                    changes,
                    login,
                    limit,
                    who,
                }
            },
        )
}

pub(super) fn world() -> impl Strategy<Value = World> {
    (vec(told(3), 0..10), vec(told(0), 0..14)).prop_map(|(runs, viewings)| World { runs, viewings })
}

/// All of it, or a window whose edges may be anywhere.
pub(super) fn window() -> impl Strategy<Value = (Option<i64>, Option<i64>)> {
    (prop::option::of(minute()), prop::option::of(minute()))
}

pub(super) fn filter((from, to): (Option<i64>, Option<i64>)) -> Filter {
    Filter {
        from_ms: from.map(ms),
        to_ms: to.map(ms),
        ..Filter::default()
    }
}
