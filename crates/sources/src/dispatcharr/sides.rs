//! What a look makes worth asking for: names of channels, bit rates of streams, programmes, viewers that were not
//! listed, and what only Redis knows. Each fails alone and costs its own values, and none holds up a look for long: names
//! that come late are taken at the next one, what belongs to the very look is given up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use base::tls::Trust;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use model::iptv::{Inventory, ProfileId};
use model::{Endpoint, Text};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::client::{Ask, Client};
use super::config::Config;
use super::map::OnAir;
use super::questions::{Answer, Asking, Question};
use super::redis::{self, Extras, Prefix, Reader};
use super::shared::Shared;
use super::troubles::{RETRY, Troubles};
use super::{Error, stats, wire, words};

/// What each question is called where it fails.
const CHANNELS: &str = "names of channels";
const STREAMS: &str = "names of streams";
const PROGRAMMES: &str = "programmes";
const VIEWERS: &str = "details of viewers";
const COUNTERS: &str = "values of its Redis";

/// Names in one question; of more, several are asked.
const BATCH: usize = 200;

/// A batch of channels, streams or programmes with their descriptions.
const BATCH_LIMIT: usize = 16 << 20;

/// All channels in a few words each: 100,000 of them.
const SUMMARY_LIMIT: usize = 32 << 20;

/// All channels are asked for no sooner than this after the last time, however many begin.
const SUMMARY_GAP: Duration = Duration::from_secs(30);

/// Bit rates of streams are written down this often there.
const STREAMS_EVERY: Duration = Duration::from_secs(30);

/// Programmes change by themselves, and when one ends; but clocks differ, so no sooner than the gap.
const PROGRAMMES_EVERY: Duration = Duration::from_mins(1);
const PROGRAMMES_GAP: Duration = Duration::from_secs(10);

/// Details asked for at the same time.
const DETAILS_AT_ONCE: usize = 4;

/// Everything asked for beside the looks, and when.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) troubles: Troubles,
    questions: Questions,
    /// When each channel on the air was last asked for.
    channels: HashMap<Text, Instant>,
    /// False if this version cannot be asked for some channels.
    has_by_uuids: bool,
    summary_at: Option<Instant>,
    /// When streams were last asked for, and which.
    streams: Option<(Instant, Vec<i64>)>,
    programmes: Programmes,
    details: Details,
    reader: Option<Reader>,
}

/// Those under way.
#[derive(Debug, Default)]
struct Questions {
    channels: Question<Channels>,
    streams: Question<(Vec<i64>, Vec<wire::StreamRow>)>,
    programmes: Question<(Vec<Text>, Vec<wire::Programme>)>,
}

/// Channels asked for, and what came.
#[derive(Debug)]
struct Channels {
    asked: Vec<Text>,
    rows: Vec<wire::ChannelRow>,
    /// These are all channels there are.
    are_all: bool,
}

/// How asking for details went, by channel.
#[derive(Debug, Default)]
struct Details {
    /// When it failed; that one is left alone for a while.
    failed: HashMap<Text, Instant>,
    /// Their turn did not come at the last look, so they come first.
    left_out: HashSet<Text>,
}

impl Details {
    /// Of those worth asking for, the ones to ask now, in order.
    fn due(&mut self, mut worth: Vec<Text>, now: Instant) -> Vec<Text> {
        self.failed.retain(|id, _| worth.contains(id));
        let rested = |at: &Instant| now.saturating_duration_since(*at) >= RETRY;
        worth.retain(|id| self.failed.get(id).is_none_or(rested));
        worth.sort_by_key(|id| !self.left_out.contains(id));
        worth
    }

    /// Takes in what came of `asked`; returns the details, and the first failure.
    fn take(
        &mut self,
        asked: &[Text],
        answers: Vec<(Text, DetailAnswer)>,
        now: Instant,
    ) -> (Vec<wire::Detail>, Option<Error>) {
        self.left_out = asked.iter().cloned().collect();
        let (mut details, mut first) = (Vec::new(), None);
        for (id, answer) in answers {
            self.left_out.remove(&id);
            match answer {
                Ok(detail) => {
                    self.failed.remove(&id);
                    // None: it is gone since the look.
                    details.extend(detail);
                }
                Err(e) => {
                    self.failed.insert(id, now);
                    first.get_or_insert(e);
                }
            }
        }
        (details, first)
    }
}

type DetailAnswer = Result<Option<wire::Detail>, Error>;

#[derive(Debug, Default)]
struct Programmes {
    asked_at: Option<Instant>,
    of: HashSet<Text>,
    next_end: Option<Timestamp>,
}

impl Programmes {
    /// `now`: by our clock and by the wall.
    fn are_due(&self, channels: &[Text], now: (Instant, Timestamp)) -> bool {
        let Some(asked_at) = self.asked_at else {
            return true;
        };
        let age = now.0.saturating_duration_since(asked_at);
        let is_over = self.next_end.is_some_and(|end| end <= now.1);
        age >= PROGRAMMES_EVERY
            || is_over && age >= PROGRAMMES_GAP
            || channels.iter().any(|uuid| !self.of.contains(uuid))
    }
}

impl Sides {
    pub(super) fn new(who: &str) -> Self {
        Self {
            troubles: Troubles::new(who),
            questions: Questions::default(),
            channels: HashMap::new(),
            has_by_uuids: true,
            summary_at: None,
            streams: None,
            programmes: Programmes::default(),
            details: Details::default(),
            reader: None,
        }
    }

    /// Another version may answer what this one does not, and know other names.
    pub(super) fn forget(&mut self) {
        self.begin_anew();
        self.channels.clear();
        (self.summary_at, self.streams) = (None, None);
        self.programmes = Programmes::default();
    }

    /// It was down: what failed, or is still awaited, is part of that, and what answered may not have been Dispatcharr.
    pub(super) fn begin_anew(&mut self) {
        self.questions = Questions::default();
        self.details = Details::default();
        self.has_by_uuids = true;
        self.troubles.forgive();
    }

    /// Asks for what is due and enters into the names what comes soon enough; returns what Redis holds, if it is asked
    /// and answers.
    pub(super) async fn complete(
        &mut self,
        shared: &Arc<Shared>,
        stats: &wire::Stats,
        on_air: &OnAir,
    ) -> Option<Extras> {
        let now = Instant::now();
        let until = now + shared.patience();
        let channels = self.channels_wanted(shared, on_air, now);
        let streams = self.streams_wanted(shared, on_air, now);
        let programmes = self.programmes_wanted(shared, on_air, now);
        let worth = worth_detail(stats, shared.cfg.wants.viewer_details);
        let asked = self.details.due(worth, now);
        let reads_redis = has_redis(&shared.cfg) && self.troubles.allow(COUNTERS, now);
        let (questions, reader) = (&mut self.questions, &mut self.reader);
        let (channels, streams, programmes, details, extras) = tokio::join!(
            questions.channels.answer(channels, until),
            questions.streams.answer(streams, until),
            questions.programmes.answer(programmes, until),
            ask_details(shared, &asked, until),
            async {
                if reads_redis {
                    Some(ask_redis(shared, on_air, reader, until).await)
                } else {
                    None
                }
            },
        );
        self.take_channels(shared, on_air, channels, now);
        self.take_streams(shared, on_air, streams, now);
        self.take_programmes(shared, programmes, now);
        let details = self.take_details(&asked, details, now);
        let extras = self.taken(COUNTERS, extras);
        let mut names = shared.names();
        names.set_details(details);
        names.set_extras(extras.clone().unwrap_or_default());
        extras
    }

    /// Notes how it went.
    fn taken<T>(&mut self, what: &'static str, answer: Answer<T>) -> Option<T> {
        let answer = answer?;
        self.troubles.note(what, answer.as_ref().err(), Instant::now());
        answer.ok()
    }

    /// Channels asked for long ago, or never.
    fn channels_wanted(&self, shared: &Arc<Shared>, on_air: &OnAir, now: Instant) -> Asking<Channels> {
        let age = |at: &Instant| now.saturating_duration_since(*at);
        let interval = shared.inventory_interval();
        let is_due = |uuid: &&Text| self.channels.get(*uuid).is_none_or(|at| age(at) >= interval);
        let asked: Vec<Text> = on_air.channels.iter().filter(is_due).cloned().collect();
        let has_by_uuids = self.has_by_uuids;
        let rested = has_by_uuids || self.summary_at.is_none_or(|at| age(&at) >= SUMMARY_GAP);
        if asked.is_empty() || !rested || !self.troubles.allow(CHANNELS, now) {
            return None;
        }
        let shared = shared.clone();
        Some(Box::pin(async move {
            let (mut rows, mut are_all) = (Vec::new(), true);
            if has_by_uuids {
                match by_uuids(&shared.client, &asked).await {
                    Err(e) if stats::is_missing(&e) => {}
                    some => (rows, are_all) = (some?, false),
                }
            }
            if are_all {
                rows = summary(&shared.client).await?;
            }
            Ok(Channels { asked, rows, are_all })
        }))
    }

    fn take_channels(&mut self, shared: &Shared, on_air: &OnAir, answer: Answer<Channels>, now: Instant) {
        self.channels.retain(|uuid, _| on_air.channels.contains(uuid));
        let Some(told) = self.taken(CHANNELS, answer) else {
            return;
        };
        self.has_by_uuids = !told.are_all;
        if told.are_all {
            self.summary_at = Some(now);
        }
        let is_on = |uuid: &Text| on_air.channels.contains(uuid);
        // One that was not found was deleted while it plays: what was known of it stays.
        let asked = told.asked.into_iter().filter(is_on);
        self.channels.extend(asked.map(|uuid| (uuid, now)));
        let mut names = shared.names();
        names.keep_channels(|uuid| on_air.channels.iter().any(|on| &**on == uuid));
        let wanted = |row: &wire::ChannelRow| row.uuid.as_ref().is_some_and(is_on);
        names.add_channels(told.rows.into_iter().filter(wanted));
    }

    fn streams_wanted(
        &self,
        shared: &Arc<Shared>,
        on_air: &OnAir,
        now: Instant,
    ) -> Asking<(Vec<i64>, Vec<wire::StreamRow>)> {
        let is_due = self.streams.as_ref().is_none_or(|(at, of)| {
            now.saturating_duration_since(*at) >= STREAMS_EVERY
                || on_air.streams.iter().any(|id| !of.contains(id))
        });
        if on_air.streams.is_empty() || !is_due || !self.troubles.allow(STREAMS, now) {
            return None;
        }
        let (shared, asked) = (shared.clone(), on_air.streams.clone());
        Some(Box::pin(async move {
            let path = "/api/channels/streams/by-ids/";
            let mut all = Vec::new();
            for ids in asked.chunks(BATCH) {
                let ask = Ask::post(Endpoint::Streams, path, &json!({"ids": ids}), BATCH_LIMIT);
                let rows: Vec<_> = listed(&shared.client, &ask).await?;
                all.extend(rows);
            }
            Ok((asked, all))
        }))
    }

    fn take_streams(
        &mut self,
        shared: &Shared,
        on_air: &OnAir,
        answer: Answer<(Vec<i64>, Vec<wire::StreamRow>)>,
        now: Instant,
    ) {
        if let Some((asked, rows)) = self.taken(STREAMS, answer) {
            self.streams = Some((now, asked));
            let mut names = shared.names();
            names.keep_streams(|id| on_air.streams.contains(&id));
            names.add_streams(rows);
        }
    }

    fn programmes_wanted(
        &self,
        shared: &Arc<Shared>,
        on_air: &OnAir,
        now: Instant,
    ) -> Asking<(Vec<Text>, Vec<wire::Programme>)> {
        let wall = shared.outbox.clock().now();
        if on_air.channels.is_empty()
            || !self.programmes.are_due(&on_air.channels, (now, wall))
            || !self.troubles.allow(PROGRAMMES, now)
        {
            return None;
        }
        let (shared, asked) = (shared.clone(), on_air.channels.clone());
        Some(Box::pin(async move {
            let path = "/api/epg/current-programs/";
            let mut all = Vec::new();
            for uuids in texts(&asked).chunks(BATCH) {
                let terms = json!({"channel_uuids": uuids});
                let ask = Ask::post(Endpoint::Programmes, path, &terms, BATCH_LIMIT);
                let rows: Vec<_> = listed(&shared.client, &ask).await?;
                all.extend(rows);
            }
            Ok((asked, all))
        }))
    }

    fn take_programmes(
        &mut self,
        shared: &Shared,
        answer: Answer<(Vec<Text>, Vec<wire::Programme>)>,
        now: Instant,
    ) {
        if let Some((asked, rows)) = self.taken(PROGRAMMES, answer) {
            self.programmes = Programmes {
                asked_at: Some(now),
                of: asked.into_iter().collect(),
                next_end: next_end(&rows),
            };
            shared.names().set_programmes(rows);
        }
    }

    /// Keeps those that came; that one fails is told until none does.
    fn take_details(
        &mut self,
        asked: &[Text],
        answers: Vec<(Text, DetailAnswer)>,
        now: Instant,
    ) -> Vec<wire::Detail> {
        let answered = !answers.is_empty();
        let (details, error) = self.details.take(asked, answers, now);
        if error.is_some() || answered && self.details.failed.is_empty() {
            self.troubles.note(VIEWERS, error.as_ref(), now);
        }
        details
    }
}

/// Of channels with viewers that are not listed; of all, where that is wanted. One whose turn does not come `until`
/// then is missing. Late ones are given up: what they tell belongs to this look.
async fn ask_details(shared: &Shared, ids: &[Text], until: Instant) -> Vec<(Text, DetailAnswer)> {
    let answers = futures_util::stream::iter(ids.to_vec()).map(|id| async move {
        let started = Instant::now();
        if started >= until {
            return None;
        }
        let answer = match timeout_at(until, stats::detail(&shared.client, &id)).await {
            Ok(answer) => answer,
            Err(_) => Err(late(shared, Endpoint::Detail, shared.client.shown(), started).await),
        };
        Some((id, answer))
    });
    let answers: Vec<_> = answers.buffer_unordered(DETAILS_AT_ONCE).collect().await;
    answers.into_iter().flatten().collect()
}

/// Reports a request that began at `started` and was given up.
async fn late(shared: &Shared, endpoint: Endpoint, what: &str, started: Instant) -> Error {
    let e = shared
        .client
        .say(words::late(what, shared.patience().as_secs_f64()));
    shared.client.report(endpoint, started, Some(e.kind()), 0).await;
    e
}

async fn ask_redis(
    shared: &Shared,
    on_air: &OnAir,
    reader: &mut Option<Reader>,
    until: Instant,
) -> Result<Extras, Error> {
    let version = shared.version.borrow().clone();
    let inventory = shared.inventory.borrow().clone();
    let ask = redis::Ask {
        prefix: Prefix::of_version(version.as_deref().unwrap_or_default()),
        profiles: inventory.as_deref().map(profiles).unwrap_or_default(),
        live: on_air.live.clone(),
        vod: on_air.vod.clone(),
    };
    let started = Instant::now();
    let Ok(read) = timeout_at(until, read_redis(&shared.cfg, reader, &ask)).await else {
        return Err(late(shared, Endpoint::Redis, "its Redis", started).await);
    };
    let kind = read.as_ref().err().map(Error::kind);
    shared.client.report(Endpoint::Redis, started, kind, 0).await;
    read
}

async fn listed<T: for<'de> crate::lenient::Object<'de>>(
    client: &Client,
    ask: &Ask,
) -> Result<Vec<T>, Error> {
    client.fetch(ask, |body| wire::list(body).map(|r| r.value)).await
}

async fn summary(client: &Client) -> Result<Vec<wire::ChannelRow>, Error> {
    let path = "/api/channels/channels/summary/";
    listed(client, &Ask::get(Endpoint::Channels, path, SUMMARY_LIMIT)).await
}

async fn by_uuids(client: &Client, uuids: &[Text]) -> Result<Vec<wire::ChannelRow>, Error> {
    let path = "/api/channels/channels/by-uuids/";
    let mut all = Vec::new();
    for uuids in texts(uuids).chunks(BATCH) {
        let ask = Ask::post(Endpoint::Channels, path, &json!({"uuids": uuids}), BATCH_LIMIT);
        let rows: Vec<_> = listed(client, &ask).await?;
        all.extend(rows);
    }
    Ok(all)
}

fn texts(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(|text| &**text).collect()
}

/// Ids of the channels whose viewers are not all in the list; `all`: of every channel.
fn worth_detail(stats: &wire::Stats, all: bool) -> Vec<Text> {
    let channels = stats
        .live
        .iter()
        .filter_map(|live| live.channels.as_ref())
        .flatten();
    channels
        .filter(|channel| {
            let listed = channel.clients.len() as u64;
            all || channel.client_count.is_some_and(|count| count > listed)
        })
        .filter_map(|channel| channel.channel_id.clone())
        .collect()
}

/// When the first of these programmes is over.
fn next_end(rows: &[wire::Programme]) -> Option<Timestamp> {
    rows.iter()
        .filter_map(|row| row.end_time.as_deref()?.parse().ok())
        .min()
}

pub(super) fn profiles(inventory: &Inventory) -> Vec<ProfileId> {
    inventory.profiles().map(|(_, profile)| profile.id).collect()
}

pub(super) fn has_redis(cfg: &Config) -> bool {
    cfg.redis_url_file.is_some() || cfg.redis_url.as_ref().is_some_and(|url| !url.is_empty())
}

/// Reads with the reader there is, or a new one; after an error there is none, so that a changed file is read again.
pub(super) async fn read_redis(
    cfg: &Config,
    reader: &mut Option<Reader>,
    ask: &redis::Ask,
) -> Result<Extras, Error> {
    let mut current = if let Some(current) = reader.take() {
        current
    } else {
        let url = cfg
            .redis_now()?
            .ok_or_else(|| cfg.error("the Redis address is empty"))?;
        // The name is that of the web server's certificate.
        let trust = Trust {
            name_override: None,
            ..cfg.trust()?
        };
        Reader::new(&url, &trust, Duration::from_secs_f64(cfg.timeout_s))?
    };
    let extras = current.read(ask).await?;
    *reader = Some(current);
    Ok(extras)
}
