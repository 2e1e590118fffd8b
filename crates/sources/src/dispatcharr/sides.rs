//! What a look makes worth asking for: names of channels, bit rates of streams, programmes, viewers that were not
//! listed, and what only Redis knows. Each fails alone and costs its own values.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use base::tls::Trust;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use model::iptv::{Inventory, ProfileId};
use model::{Endpoint, Text};
use serde_json::json;
use tokio::time::Instant;

use super::client::{Ask, Client};
use super::config::Config;
use super::map::OnAir;
use super::redis::{self, Extras, Prefix, Reader};
use super::shared::Shared;
use super::troubles::Troubles;
use super::{Error, stats, wire};

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
    /// When each channel on the air was last asked for.
    channels: HashMap<Text, Instant>,
    /// False if this version cannot be asked for some channels.
    has_by_uuids: bool,
    summary_at: Option<Instant>,
    /// When streams were last asked for, and which.
    streams: Option<(Instant, Vec<i64>)>,
    programmes: Programmes,
    reader: Option<Reader>,
}

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

/// What came back; absent where nothing was asked for or it failed.
type Answer<T> = Option<Result<T, Error>>;

impl Sides {
    pub(super) fn new(who: &str) -> Self {
        Self {
            troubles: Troubles::new(who),
            channels: HashMap::new(),
            has_by_uuids: true,
            summary_at: None,
            streams: None,
            programmes: Programmes::default(),
            reader: None,
        }
    }

    /// Another version may answer what this one does not, and know other names.
    pub(super) fn forget(&mut self) {
        self.has_by_uuids = true;
        self.channels.clear();
        (self.summary_at, self.streams) = (None, None);
        self.programmes = Programmes::default();
    }

    /// Asks for what is due and enters it into the names; returns what Redis holds, if it is asked and answers.
    pub(super) async fn complete(
        &mut self,
        shared: &Shared,
        stats: &wire::Stats,
        on_air: &OnAir,
    ) -> Option<Extras> {
        let now = Instant::now();
        let mut reader = self.reader.take();
        let (channels, streams, programmes, details, extras) = tokio::join!(
            self.ask_channels(shared, on_air, now),
            self.ask_streams(shared, on_air, now),
            self.ask_programmes(shared, on_air, now),
            self.ask_details(shared, stats, now),
            self.ask_redis(shared, on_air, &mut reader, now),
        );
        self.reader = reader;
        self.take_channels(shared, on_air, channels, now);
        if let Some(rows) = self.taken(STREAMS, streams) {
            self.streams = Some((now, on_air.streams.clone()));
            let mut names = shared.names();
            names.keep_streams(|id| on_air.streams.contains(&id));
            names.add_streams(rows);
        }
        if let Some(rows) = self.taken(PROGRAMMES, programmes) {
            self.programmes = Programmes {
                asked_at: Some(now),
                of: on_air.channels.iter().cloned().collect(),
                next_end: next_end(&rows),
            };
            shared.names().set_programmes(rows);
        }
        let details = self.taken(VIEWERS, details);
        let extras = self.taken(COUNTERS, extras);
        let mut names = shared.names();
        names.set_details(details.unwrap_or_default());
        names.set_extras(extras.clone().unwrap_or_default());
        extras
    }

    /// Notes how it went.
    fn taken<T>(&mut self, what: &'static str, answer: Answer<T>) -> Option<T> {
        let answer = answer?;
        self.troubles.note(what, answer.as_ref().err(), Instant::now());
        answer.ok()
    }

    fn channels_due(&self, shared: &Shared, on_air: &OnAir, now: Instant) -> Vec<Text> {
        let is_due = |uuid: &&Text| {
            self.channels
                .get(*uuid)
                .is_none_or(|at| now.saturating_duration_since(*at) >= shared.inventory_interval())
        };
        on_air.channels.iter().filter(is_due).cloned().collect()
    }

    /// True in the second place: these are all channels there are.
    async fn ask_channels(
        &self,
        shared: &Shared,
        on_air: &OnAir,
        now: Instant,
    ) -> Answer<(Vec<wire::ChannelRow>, bool)> {
        let due = self.channels_due(shared, on_air, now);
        if due.is_empty() || !self.troubles.allow(CHANNELS, now) {
            return None;
        }
        if self.has_by_uuids {
            match by_uuids(&shared.client, &due).await {
                Err(e) if stats::is_missing(&e) => {}
                rows => return Some(rows.map(|rows| (rows, false))),
            }
        }
        let rested = self
            .summary_at
            .is_none_or(|at| now.saturating_duration_since(at) >= SUMMARY_GAP);
        if !rested {
            return None;
        }
        let ask = Ask::get(
            Endpoint::Channels,
            "/api/channels/channels/summary/",
            SUMMARY_LIMIT,
        );
        let rows = shared
            .client
            .fetch(&ask, |body| wire::list(body).map(|r| r.value));
        Some(rows.await.map(|rows| (rows, true)))
    }

    fn take_channels(
        &mut self,
        shared: &Shared,
        on_air: &OnAir,
        answer: Answer<(Vec<wire::ChannelRow>, bool)>,
        now: Instant,
    ) {
        let due = self.channels_due(shared, on_air, now);
        self.channels.retain(|uuid, _| on_air.channels.contains(uuid));
        let Some((rows, are_all)) = self.taken(CHANNELS, answer) else {
            return;
        };
        self.has_by_uuids = !are_all;
        if are_all {
            self.summary_at = Some(now);
        }
        // One that was not found was deleted while it plays: what was known of it stays.
        self.channels.extend(due.into_iter().map(|uuid| (uuid, now)));
        let mut names = shared.names();
        names.keep_channels(|uuid| on_air.channels.iter().any(|on| &**on == uuid));
        let wanted = rows.into_iter().filter(|row| {
            row.uuid
                .as_ref()
                .is_some_and(|uuid| on_air.channels.contains(uuid))
        });
        names.add_channels(wanted);
    }

    async fn ask_streams(
        &self,
        shared: &Shared,
        on_air: &OnAir,
        now: Instant,
    ) -> Answer<Vec<wire::StreamRow>> {
        let is_due = self.streams.as_ref().is_none_or(|(at, of)| {
            now.saturating_duration_since(*at) >= STREAMS_EVERY
                || on_air.streams.iter().any(|id| !of.contains(id))
        });
        if on_air.streams.is_empty() || !is_due || !self.troubles.allow(STREAMS, now) {
            return None;
        }
        let path = "/api/channels/streams/by-ids/";
        let mut all = Vec::new();
        for ids in on_air.streams.chunks(BATCH) {
            let ask = Ask::post(Endpoint::Streams, path, &json!({"ids": ids}), BATCH_LIMIT);
            match shared
                .client
                .fetch(&ask, |body| wire::list(body).map(|r| r.value))
                .await
            {
                Ok(rows) => all.extend(rows),
                Err(e) => return Some(Err(e)),
            }
        }
        Some(Ok(all))
    }

    async fn ask_programmes(
        &self,
        shared: &Shared,
        on_air: &OnAir,
        now: Instant,
    ) -> Answer<Vec<wire::Programme>> {
        let wall = shared.outbox.clock().now();
        if on_air.channels.is_empty()
            || !self.programmes.are_due(&on_air.channels, (now, wall))
            || !self.troubles.allow(PROGRAMMES, now)
        {
            return None;
        }
        let path = "/api/epg/current-programs/";
        let mut all = Vec::new();
        for uuids in texts(&on_air.channels).chunks(BATCH) {
            let terms = json!({"channel_uuids": uuids});
            let ask = Ask::post(Endpoint::Programmes, path, &terms, BATCH_LIMIT);
            match shared
                .client
                .fetch(&ask, |body| wire::list(body).map(|r| r.value))
                .await
            {
                Ok(rows) => all.extend(rows),
                Err(e) => return Some(Err(e)),
            }
        }
        Some(Ok(all))
    }

    /// Of channels with viewers that are not listed; of all, where that is wanted.
    async fn ask_details(
        &self,
        shared: &Shared,
        stats: &wire::Stats,
        now: Instant,
    ) -> Answer<Vec<wire::Detail>> {
        let ids = worth_detail(stats, shared.cfg.wants.viewer_details);
        if ids.is_empty() || !self.troubles.allow(VIEWERS, now) {
            return None;
        }
        let mut answers = futures_util::stream::iter(ids)
            .map(|id| async move { stats::detail(&shared.client, &id).await })
            .buffer_unordered(DETAILS_AT_ONCE);
        let mut details = Vec::new();
        while let Some(answer) = answers.next().await {
            match answer {
                // Gone since the look.
                Ok(None) => {}
                Ok(Some(detail)) => details.push(detail),
                Err(e) => return Some(Err(e)),
            }
        }
        Some(Ok(details))
    }

    async fn ask_redis(
        &self,
        shared: &Shared,
        on_air: &OnAir,
        reader: &mut Option<Reader>,
        now: Instant,
    ) -> Answer<Extras> {
        if !has_redis(&shared.cfg) || !self.troubles.allow(COUNTERS, now) {
            return None;
        }
        let version = shared.version.borrow().clone();
        let inventory = shared.inventory.borrow().clone();
        let ask = redis::Ask {
            prefix: Prefix::of_version(version.as_deref().unwrap_or_default()),
            profiles: inventory.as_deref().map(profiles).unwrap_or_default(),
            live: on_air.live.clone(),
            vod: on_air.vod.clone(),
        };
        let started = Instant::now();
        let read = read_redis(&shared.cfg, reader, &ask).await;
        let kind = read.as_ref().err().map(Error::kind);
        shared.client.report(Endpoint::Redis, started, kind, 0).await;
        Some(read)
    }
}

async fn by_uuids(client: &Client, uuids: &[Text]) -> Result<Vec<wire::ChannelRow>, Error> {
    let path = "/api/channels/channels/by-uuids/";
    let mut all = Vec::new();
    for uuids in texts(uuids).chunks(BATCH) {
        let ask = Ask::post(Endpoint::Channels, path, &json!({"uuids": uuids}), BATCH_LIMIT);
        let rows: Vec<_> = client
            .fetch(&ask, |body| wire::list(body).map(|r| r.value))
            .await?;
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
