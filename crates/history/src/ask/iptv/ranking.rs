//! Which channels were watched most.

use std::collections::HashSet;

use model::iptv::FeedKind;
use model::{SourceId, Text};

use super::Filter;
use super::filter::Asked;
use super::keys::ChannelKeys;
use super::rows::{Names, Who, after};
use super::sweep::{Interval, Levels};
use super::told::{Told, tell};
use crate::{Error, View};

/// What places are given by; more comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    #[default]
    ViewerTime,
    Views,
    OnAir,
    Failovers,
    Buffering,
    Bytes,
}

/// One channel, film or stream.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelRank {
    pub server: SourceId,
    /// The UUID of the channel or film where it is known, else the feed's key.
    pub key: Text,
    pub kind: FeedKind,
    /// Name, number and group as last told.
    pub name: Option<Text>,
    pub number: Option<f64>,
    pub group: Option<Text>,
    /// Films on demand: of the show.
    pub series: Option<Text>,
    /// Viewings in the window.
    pub views: u64,
    /// Different users; who did not sign in is told apart by address, or else by connection.
    pub viewers: u64,
    /// Viewers × time.
    pub viewed_ms: u64,
    /// Time in which it ran, at least once.
    pub on_air_ms: u64,
    /// Most viewers at once.
    pub peak_viewers: u32,
    /// Changes to another stream or login.
    pub failovers: u64,
    pub errors: u64,
    pub buffering_ms: u64,
    /// From the provider, by the start of the stretch; absent if none was told.
    pub bytes: Option<u64>,
    /// The last moment in the window at which it ran or was watched.
    pub last_at_ms: i64,
}

/// The first `limit` channels; equal ones by name, then by key.
pub fn ranking(
    view: &View<'_>,
    filter: &Filter,
    order: Order,
    limit: usize,
) -> Result<Vec<ChannelRank>, Error> {
    let mut asked = Asked::new(view, filter)?;
    let window = asked.window;
    let mut channels = Channels::default();
    asked.viewings(None, false, |names, viewing| {
        let watched = window.interval(viewing.started_ms, viewing.until_ms, after(viewing.until_ms));
        let fold = channels.of(
            names,
            viewing.server,
            viewing.kind,
            viewing.channel,
            viewing.feed_text,
        )?;
        fold.seen(viewing.channel, watched.to_ms);
        fold.views += 1;
        fold.watched.push(watched);
        fold.viewers.insert(viewing.who());
        Ok(true)
    })?;
    asked.runs(None, |names, _, run, segments| {
        let on_air = window.interval(run.started_ms, run.until_ms, after(run.until_ms));
        let fold = channels.of(names, run.server, run.kind, run.channel, run.feed_text)?;
        fold.seen(run.channel, on_air.to_ms);
        fold.on_air.push(on_air);
        for (segment, told) in segments.iter().zip(tell(&run, &segments)) {
            if window.has(segment.started_ms) {
                fold.told.add(told);
            }
        }
        Ok(true)
    })?;
    let names = &mut asked.names;
    let ranks = channels.folds.into_iter().map(|fold| fold.rank(names));
    let mut ranks = ranks.collect::<Result<Vec<_>, _>>()?;
    ranks.sort_by(|a, b| {
        let by_name = || (&a.name, &a.key, a.kind, &a.server).cmp(&(&b.name, &b.key, b.kind, &b.server));
        order.of(b).cmp(&order.of(a)).then_with(by_name)
    });
    ranks.truncate(limit);
    Ok(ranks)
}

impl Order {
    fn of(self, rank: &ChannelRank) -> u64 {
        match self {
            Self::ViewerTime => rank.viewed_ms,
            Self::Views => rank.views,
            Self::OnAir => rank.on_air_ms,
            Self::Failovers => rank.failovers,
            Self::Buffering => rank.buffering_ms,
            Self::Bytes => rank.bytes.unwrap_or(0),
        }
    }
}

/// One sum per channel.
#[derive(Default)]
struct Channels {
    keys: ChannelKeys,
    folds: Vec<Fold>,
}

impl Channels {
    fn of(
        &mut self,
        names: &mut Names<'_>,
        server: i64,
        kind: FeedKind,
        channel: i64,
        feed: i64,
    ) -> Result<&mut Fold, Error> {
        let (place, key) = self.keys.place(names, server, kind, channel, feed)?;
        if let Some(key) = key {
            self.folds.push(Fold::new(server, kind, key));
        }
        Ok(&mut self.folds[place])
    }
}

struct Fold {
    server: i64,
    kind: FeedKind,
    key: Text,
    /// The last moment, and the channel as it was then.
    last: (i64, i64),
    views: u64,
    viewers: HashSet<Who>,
    watched: Vec<Interval>,
    on_air: Vec<Interval>,
    told: Told,
}

impl Fold {
    fn new(server: i64, kind: FeedKind, key: Text) -> Self {
        Self {
            server,
            kind,
            key,
            last: (i64::MIN, 0),
            views: 0,
            viewers: HashSet::new(),
            watched: Vec::new(),
            on_air: Vec::new(),
            told: Told::default(),
        }
    }

    fn seen(&mut self, channel: i64, at_ms: i64) {
        self.last = self.last.max((at_ms, channel));
    }

    fn rank(self, names: &mut Names<'_>) -> Result<ChannelRank, Error> {
        let channel = names.channel(self.last.1)?;
        let watched = Levels::of(&self.watched).stretch(i64::MIN, i64::MAX);
        Ok(ChannelRank {
            server: names.server(self.server),
            key: self.key,
            kind: self.kind,
            name: channel.name.clone(),
            number: channel.number,
            group: channel.group.clone(),
            series: channel.series.clone(),
            views: self.views,
            viewers: self.viewers.len() as u64,
            viewed_ms: watched.total_ms,
            on_air_ms: Levels::of(&self.on_air).time_at(i64::MIN, i64::MAX, 1),
            peak_viewers: watched.peak,
            failovers: self.told.failed_over_to,
            errors: self.told.errors,
            buffering_ms: self.told.buffering_ms,
            bytes: self.told.bytes,
            last_at_ms: self.last.0,
        })
    }
}
