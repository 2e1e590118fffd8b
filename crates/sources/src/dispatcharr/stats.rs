//! What is on the air: in one question where the version has it, else in two or three.
//!
//! An empty list may be untrue: without its Redis, and wherever a list could not be made, Dispatcharr tells an empty one
//! and all is well, to hear it. So a list that had entries and is empty now is believed only if it is empty in two answers
//! in a row, with a good probe between them; one entry that is gone among others is believed at once. A look takes three
//! questions at most (two answers and a probe), and at idle two (an answer and a probe).

use std::time::Duration;

use base::Kind;
use model::{Endpoint, Text};
use tokio::time::timeout;

use super::client::{Ask, Client};
use super::{Error, inventory, wire, words};

/// 1,000 channels with ten viewers each.
const STATS_LIMIT: usize = 16 << 20;

/// One channel with thousands of viewers.
const DETAIL_LIMIT: usize = 4 << 20;

/// A channel that does not exist.
const NOBODY: &str = "/proxy/ts/status/00000000-0000-0000-0000-000000000000";

/// Whoever tells its version within this time answers, and is only slow to say what is on the air.
const QUICK: Duration = Duration::from_secs(2);

/// Minor versions of 0.x that brought something.
const COMBINED_SINCE: u32 = 28;

/// Where the statistics are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Combined,
    /// `false`: this version does not have it.
    Apart {
        vod: bool,
        catchup: bool,
    },
}

/// How to begin with a version; its answers decide in the end.
fn way_of(version: Option<&str>) -> Way {
    match version.and_then(numbers) {
        Some((0, minor)) if minor < COMBINED_SINCE => Way::Apart {
            vod: true,
            catchup: false,
        },
        _ => Way::Combined,
    }
}

/// Major and minor of `0.29.0` or `v0.29.0-20261121`.
pub(super) fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Asks for the statistics of one Dispatcharr.
#[derive(Debug)]
pub(super) struct Statistics {
    version: Option<Text>,
    way: Way,
    /// Lists that had entries when last told.
    filled: Lists,
}

impl Statistics {
    pub(super) fn new(version: Option<Text>) -> Self {
        let way = way_of(version.as_deref());
        Self {
            version,
            way,
            filled: Lists::default(),
        }
    }

    /// Takes in the version: another one may have the combined question again. True if it is another one.
    pub(super) fn note_version(&mut self, version: Option<&Text>) -> bool {
        let is_other = version.is_some() && version != self.version.as_ref();
        if is_other {
            let filled = self.filled;
            *self = Self {
                filled,
                ..Self::new(version.cloned())
            };
        }
        is_other
    }

    /// Forgets what was missing: what answered may not have been Dispatcharr itself.
    pub(super) fn begin_anew(&mut self) {
        self.way = way_of(self.version.as_deref());
    }

    /// True if each question is announced to everybody who listens.
    pub(super) fn echoes(&self) -> bool {
        self.way != Way::Combined
    }

    /// What is on the air; an error rather than an empty list that is not true.
    pub(super) async fn look(&mut self, client: &Client) -> Result<wire::Stats, Error> {
        let answer = self.doubted(client).await;
        match answer {
            Err(e) if e.kind() == Kind::Timeout => Err(slow(client, e).await),
            answer => answer,
        }
    }

    async fn doubted(&mut self, client: &Client) -> Result<wire::Stats, Error> {
        let mut stats = self.ask(client).await?;
        let filled = Lists::of(&stats);
        let lost = self.filled.without(filled);
        if lost.any() || !filled.any() {
            probe(client).await?;
        }
        if lost.any() {
            stats = later(stats, self.ask(client).await?);
        }
        self.filled = Lists::of(&stats);
        Ok(stats)
    }

    async fn ask(&mut self, client: &Client) -> Result<wire::Stats, Error> {
        match self.way {
            Way::Combined => self.combined(client).await,
            Way::Apart { .. } => self.apart(client).await,
        }
    }

    async fn combined(&mut self, client: &Client) -> Result<wire::Stats, Error> {
        let ask = Ask::get(Endpoint::Stats, "/proxy/stats/", STATS_LIMIT);
        match client
            .fetch(&ask, |body| wire::stats(body).map(|r| r.value))
            .await
        {
            Err(e) if is_missing(&e) => {
                tracing::debug!("{}: no combined statistics, asking for each", client.who());
                self.way = Way::Apart {
                    vod: true,
                    catchup: true,
                };
                self.apart(client).await
            }
            answer => answer,
        }
    }

    async fn apart(&mut self, client: &Client) -> Result<wire::Stats, Error> {
        let Way::Apart { vod, catchup } = self.way else {
            return Ok(wire::Stats::default());
        };
        let live = Ask::get(Endpoint::Stats, "/proxy/ts/status", STATS_LIMIT);
        let films = Ask::get(Endpoint::Stats, "/proxy/vod/stats/", STATS_LIMIT);
        let past = Ask::get(Endpoint::Stats, "/proxy/catchup/stats/", STATS_LIMIT);
        let live = client.fetch(&live, |body| wire::live(body).map(|r| r.value));
        let films = async {
            if vod {
                present(
                    client
                        .fetch(&films, |body| wire::vod(body).map(|r| r.value))
                        .await,
                )
            } else {
                Ok(None)
            }
        };
        let past = async {
            let read = |body: &[u8]| wire::object::<wire::CatchupStats>(body).map(|r| r.value);
            if catchup {
                present(client.fetch(&past, read).await)
            } else {
                Ok(None)
            }
        };
        let (live, films, past) = tokio::join!(live, films, past);
        let live = live.map_err(|e| {
            if !is_missing(&e) {
                return e;
            }
            // A login page in between looks the same and goes away again.
            self.way = way_of(self.version.as_deref());
            client.say(words::renamed(client.shown()))
        })?;
        let (films, past) = (films?, past?);
        self.way = Way::Apart {
            vod: films.is_some(),
            catchup: past.is_some(),
        };
        Ok(wire::Stats {
            live: Some(Box::new(live)),
            vod: films.map(Box::new),
            catchup: past.map(Box::new),
        })
    }
}

/// A question for one channel; `None` if it is not on the air.
pub(super) async fn detail(client: &Client, id: &str) -> Result<Option<wire::Detail>, Error> {
    let path = format!("/proxy/ts/status/{id}");
    let ask = Ask::get(Endpoint::Detail, path, DETAIL_LIMIT);
    client
        .fetch_if_there(&ask, |body| wire::detail(body).map(|r| r.value))
        .await
}

/// Without its Redis all lists are empty and all is well, to hear it. One channel that does not exist tells the truth:
/// 404 with Redis, 500 without.
async fn probe(client: &Client) -> Result<(), Error> {
    let ask = Ask::get(Endpoint::Detail, NOBODY, DETAIL_LIMIT);
    match client.fetch_if_there(&ask, |_| Ok(())).await {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == Kind::ServerError => {
            Err(client.say(words::redis_down(client.shown())).with_source(e))
        }
        // A version without this path cannot be asked.
        Err(e) if e.kind() == Kind::Unsupported => Ok(()),
        Err(e) => Err(e),
    }
}

/// The answer says that there is no such question: a web page, 404 or 405.
pub(super) fn is_missing(e: &Error) -> bool {
    matches!(e.kind(), Kind::Unsupported | Kind::NotFound)
}

fn present<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(e) if is_missing(&e) => Ok(None),
        answer => answer.map(Some),
    }
}

/// Which lists have entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lists {
    live: bool,
    vod: bool,
    catchup: bool,
}

impl Lists {
    fn of(stats: &wire::Stats) -> Self {
        fn some<T>(list: Option<&Vec<T>>) -> bool {
            list.is_some_and(|list| !list.is_empty())
        }
        Self {
            live: some(stats.live.as_ref().and_then(|live| live.channels.as_ref())),
            vod: some(stats.vod.as_ref().and_then(|vod| vod.vod_connections.as_ref())),
            catchup: some(
                stats
                    .catchup
                    .as_ref()
                    .and_then(|past| past.timeshift_sessions.as_ref()),
            ),
        }
    }

    fn any(self) -> bool {
        self.live || self.vod || self.catchup
    }

    /// Those that had entries and have none now.
    fn without(self, now: Self) -> Self {
        Self {
            live: self.live && !now.live,
            vod: self.vod && !now.vod,
            catchup: self.catchup && !now.catchup,
        }
    }
}

/// The later of two answers; a list that is empty only there is taken from the earlier one, until the next look doubts it.
fn later(earlier: wire::Stats, mut later: wire::Stats) -> wire::Stats {
    let lost = Lists::of(&earlier).without(Lists::of(&later));
    if lost.live {
        later.live = earlier.live;
    }
    if lost.vod {
        later.vod = earlier.vod;
    }
    if lost.catchup {
        later.catchup = earlier.catchup;
    }
    later
}

/// What a time-out means: if it tells its version at once, it is up but cannot tell what is on the air. That costs one
/// question more, which needs neither credentials nor Redis there.
async fn slow(client: &Client, e: Error) -> Error {
    match timeout(QUICK, inventory::version(client)).await {
        Ok(Ok(_)) => client.say(words::silent(client.shown(), client.cfg().timeout_s)),
        _ => e,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_says_where_to_begin() {
        let apart = Way::Apart {
            vod: true,
            catchup: false,
        };
        for (version, way) in [
            (Some("0.29.0"), Way::Combined),
            (Some("v0.28.1-20260101"), Way::Combined),
            (Some("0.27.9"), apart),
            (Some("v0.15.0"), apart),
            (Some("1.0.0"), Way::Combined),
            (Some("main"), Way::Combined),
            (None, Way::Combined),
        ] {
            assert_eq!(way_of(version), way, "{version:?}");
        }
    }

    #[test]
    fn another_version_begins_anew_and_the_same_one_does_not() {
        let mut statistics = Statistics::new(Some("0.29.0".into()));
        statistics.way = way_of(Some("0.27.0"));
        assert!(!statistics.note_version(Some(&"0.29.0".into())));
        assert!(!statistics.note_version(None));
        assert!(statistics.echoes());
        assert!(statistics.note_version(Some(&"0.30.0".into())));
        assert!(!statistics.echoes());
    }

    /// Lists with that many entries each.
    fn with(live: usize, vod: usize, catchup: usize) -> wire::Stats {
        let rows = |n: usize| vec![serde_json::json!({}); n];
        let body = serde_json::json!({
            "live": {"channels": rows(live)}, "vod": {"vod_connections": rows(vod)},
            "catchup": {"timeshift_sessions": rows(catchup)},
        });
        wire::stats(body.to_string().as_bytes()).unwrap().value
    }

    #[test]
    fn only_what_is_empty_in_both_answers_is_empty() {
        let entries = |stats: &wire::Stats| {
            (
                stats.live.as_ref().unwrap().channels.as_ref().unwrap().len(),
                stats
                    .vod
                    .as_ref()
                    .unwrap()
                    .vod_connections
                    .as_ref()
                    .unwrap()
                    .len(),
                stats
                    .catchup
                    .as_ref()
                    .unwrap()
                    .timeshift_sessions
                    .as_ref()
                    .unwrap()
                    .len(),
            )
        };
        for (first, second, told) in [
            ((0, 1, 0), (2, 1, 0), (2, 1, 0)),
            ((0, 1, 0), (0, 1, 0), (0, 1, 0)),
            ((0, 0, 0), (0, 0, 0), (0, 0, 0)),
            // Another list is lost on the way.
            ((0, 2, 1), (3, 0, 1), (3, 2, 1)),
            ((5, 0, 1), (4, 1, 0), (4, 1, 1)),
        ] {
            let answer = later(
                with(first.0, first.1, first.2),
                with(second.0, second.1, second.2),
            );
            assert_eq!(entries(&answer), told, "{first:?}, then {second:?}");
        }
    }

    #[test]
    fn a_list_is_lost_if_it_had_entries() {
        let lists = |live, vod, catchup| Lists { live, vod, catchup };
        let before = Lists::of(&with(3, 1, 0));
        assert_eq!(before, lists(true, true, false));
        assert_eq!(
            before.without(Lists::of(&with(0, 1, 1))),
            lists(true, false, false)
        );
        assert!(!before.without(Lists::of(&with(1, 1, 0))).any());
        assert!(!Lists::of(&wire::Stats::default()).any());
    }
}
