//! The path of a stream: which feed of a stream manager a live television play on a media server comes from.
//!
//! Neither side names the other, so the match is made of evidence and says how sure it is; two feeds that look alike
//! are never told apart by chance.

mod evidence;
mod names;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use model::iptv::{FeedKind, FeedRun, Viewer, Viewing};
use model::{FeedKey, LiveChannel, Play, PlayId, RunId, SessionKey, Snapshot, SourceId, Text, Timestamp};

use evidence::{Evidence, confidence};
use names::Number;

/// A viewer that connected within this time of the play's start, before or after, began with it: tuning takes seconds,
/// and both are seen by looks some seconds apart.
const TOGETHER_MS: i64 = 30_000;

/// Candidates kept for one play. Beyond it the weaker are left out.
const CANDIDATES_MAX: usize = 3;

/// How sure a match is. Certain: the channel, the address and the time agree. Likely: number and name, or the channel and
/// one of the others. Possible: less, or two feeds are equally good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    Possible,
    Likely,
    Certain,
}

impl Confidence {
    pub const ALL: [Self; 3] = [Self::Possible, Self::Likely, Self::Certain];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// Why a feed is thought to be the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The same channel number.
    Number,
    /// The same channel name or call sign.
    Name,
    /// The viewer's address is the media server's.
    Address,
    /// The viewer connected, or the feed began where nobody is listed, when the play began.
    Time,
    /// The manager knows the viewer by the name of the user who plays.
    User,
    /// The viewer names itself as a media server's tuner does.
    UserAgent,
    /// The feed has no other viewer.
    OnlyViewer,
}

impl Reason {
    pub const ALL: [Self; 7] = [
        Self::Number,
        Self::Name,
        Self::Address,
        Self::Time,
        Self::User,
        Self::UserAgent,
        Self::OnlyViewer,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Name => "name",
            Self::Address => "address",
            Self::Time => "time",
            Self::User => "user",
            Self::UserAgent => "user_agent",
            Self::OnlyViewer => "only_viewer",
        }
    }
}

/// A feed that a play may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub manager: SourceId,
    pub feed: FeedKey,
    pub run: RunId,
    /// The connection that is thought to be the media server's; absent where none stands out.
    pub client_id: Option<Text>,
    pub confidence: Confidence,
    /// In the order of [`Reason::ALL`], without repeats.
    pub reasons: Vec<Reason>,
}

/// One live television play and where it may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The media server.
    pub server: SourceId,
    pub session: SessionKey,
    pub play: PlayId,
    /// Best first, then by manager and feed; at most three. Empty if nothing matches.
    pub candidates: Vec<Candidate>,
    /// Two or more are equally good, so none is called more than possible.
    pub ambiguous: bool,
}

/// Every open live television play with the feeds it may come from, in the order of the snapshot.
///
/// `places`: the addresses at which a manager may see each media server. Depends on its arguments alone.
pub fn paths(snapshot: &Snapshot, places: &BTreeMap<SourceId, Vec<IpAddr>>) -> Vec<Path> {
    let mut live = snapshot
        .plays()
        .filter_map(|p| Some((p, p.session.item.live.as_ref()?)))
        .peekable();
    if live.peek().is_none() {
        return Vec::new();
    }
    let feeds = Feeds::of(snapshot);
    live.map(|(play, channel)| {
        let places = places.get(&play.source).map_or(&[][..], Vec::as_slice);
        let wanted = Wanted::of(play, channel, places);
        let found = feeds
            .that_may_be(&wanted)
            .into_iter()
            .filter_map(|feed| judge(feed, &wanted));
        path(play, found.collect())
    })
    .collect()
}

/// A play and what is compared of it.
struct Wanted<'a> {
    play: &'a Play,
    number: Option<Number>,
    names: Vec<String>,
    places: Vec<IpAddr>,
}

impl<'a> Wanted<'a> {
    fn of(play: &'a Play, channel: &LiveChannel, places: &[IpAddr]) -> Self {
        Self {
            play,
            number: channel.number.as_deref().and_then(Number::parse),
            names: names::of_play(channel),
            places: places.iter().map(IpAddr::to_canonical).collect(),
        }
    }

    fn began_with(&self, start: Timestamp) -> bool {
        self.distance_ms(start) <= TOGETHER_MS.unsigned_abs()
    }

    fn distance_ms(&self, start: Timestamp) -> u64 {
        start
            .as_millisecond()
            .abs_diff(self.play.started_at.as_millisecond())
    }
}

/// A live feed and what is compared of it.
struct Known<'a> {
    run: &'a FeedRun,
    number: Option<Number>,
    names: Vec<String>,
    /// Of each open viewing, as listed in the run.
    addresses: Vec<Option<IpAddr>>,
}

/// All live feeds, to be found by what they have in common with a play: hundreds of plays and thousands of feeds would
/// otherwise be compared one by one.
#[derive(Default)]
struct Feeds<'a> {
    /// Ordered by manager, then by key.
    all: Vec<Known<'a>>,
    by_number: BTreeMap<Number, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// By address, then by the viewer's start in milliseconds since 1970.
    by_viewer: BTreeMap<(IpAddr, i64), Vec<usize>>,
}

impl<'a> Feeds<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let runs = snapshot
            .servers
            .iter()
            .filter_map(|s| s.iptv.as_ref())
            .flat_map(|i| &i.runs);
        let mut live: Vec<&FeedRun> = runs
            .map(Arc::as_ref)
            .filter(|r| r.feed.kind == FeedKind::Live)
            .collect();
        live.sort_by(|a, b| (&a.source, &a.feed.key).cmp(&(&b.source, &b.feed.key)));
        let mut feeds = Self::default();
        for (at, run) in live.into_iter().enumerate() {
            feeds.add(at, run);
        }
        feeds
    }

    fn add(&mut self, at: usize, run: &'a FeedRun) {
        let channel = &run.feed.channel;
        let known = Known {
            run,
            number: channel.number.and_then(Number::from_f64),
            names: names::of_feed(channel),
            addresses: run.viewings.iter().map(|v| address(&v.viewer)).collect(),
        };
        if let Some(number) = known.number {
            self.by_number.entry(number).or_default().push(at);
        }
        for name in &known.names {
            self.by_name.entry(name.clone()).or_default().push(at);
        }
        for (viewing, address) in run.viewings.iter().zip(&known.addresses) {
            if let Some(address) = address {
                let key = (*address, viewing.started_at.as_millisecond());
                self.by_viewer.entry(key).or_default().push(at);
            }
        }
        self.all.push(known);
    }

    /// Every feed that has enough in common with the play to be a match at all.
    fn that_may_be(&self, wanted: &Wanted<'_>) -> Vec<&Known<'a>> {
        let mut found: Vec<usize> = Vec::new();
        if let Some(number) = wanted.number {
            found.extend(self.by_number.get(&number).into_iter().flatten());
        }
        for name in &wanted.names {
            found.extend(self.by_name.get(name).into_iter().flatten());
        }
        let began_ms = wanted.play.started_at.as_millisecond();
        for place in &wanted.places {
            let together = (*place, began_ms - TOGETHER_MS)..=(*place, began_ms + TOGETHER_MS);
            found.extend(self.by_viewer.range(together).flat_map(|(_, at)| at));
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| &self.all[at]).collect()
    }
}

/// What one feed has in common with the play; of its viewers, the one that has most.
fn judge(known: &Known<'_>, wanted: &Wanted<'_>) -> Option<(Candidate, Evidence)> {
    let run = known.run;
    let mut channel = Evidence::default();
    channel.add(
        Reason::Number,
        known.number.is_some() && known.number == wanted.number,
    );
    channel.add(Reason::Name, known.names.iter().any(|n| wanted.names.contains(n)));
    let mut by_run = channel;
    by_run.add(
        Reason::Time,
        run.viewings.is_empty() && wanted.began_with(run.started_at),
    );
    let is_alone = run.viewings.len() == 1 && run.feed.viewer_count.is_none_or(|n| n <= 1);
    let user = wanted.play.session.user.as_ref();
    let of_viewer = |(viewing, address): (&Arc<Viewing>, &Option<IpAddr>)| {
        let viewer = &viewing.viewer;
        let mut all = channel;
        all.add(
            Reason::Address,
            address.is_some_and(|a| wanted.places.contains(&a)),
        );
        all.add(Reason::Time, wanted.began_with(viewing.started_at));
        let same_user = |name: &Text| user.is_some_and(|u| u.name.to_lowercase() == name.to_lowercase());
        all.add(Reason::User, viewer.user.as_ref().is_some_and(same_user));
        all.add(
            Reason::UserAgent,
            viewer.user_agent.as_deref().is_some_and(is_tuner),
        );
        all.add(Reason::OnlyViewer, is_alone);
        let rank = (
            confidence(all),
            all.count(),
            Reverse(wanted.distance_ms(viewing.started_at)),
        );
        (rank, Reverse(viewer.client_id.clone()), all)
    };
    let viewers = run.viewings.iter().zip(&known.addresses).map(of_viewer);
    let best = viewers.max_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let (client_id, evidence) = match best {
        Some((_, Reverse(client_id), all)) => (all.names_a_viewer().then_some(client_id), all),
        None => (None, by_run),
    };
    let candidate = Candidate {
        manager: run.source.clone(),
        feed: run.feed.key.clone(),
        run: run.id.clone(),
        client_id,
        confidence: confidence(evidence)?,
        reasons: evidence.reasons(),
    };
    Some((candidate, evidence))
}

/// Orders what was found. Candidates come by manager and feed. Equal in confidence and in the number of reasons means
/// that nothing tells them apart: if that is so of the best, none is more than possible.
fn path(play: &Play, mut found: Vec<(Candidate, Evidence)>) -> Path {
    let rank = |(candidate, evidence): &(Candidate, Evidence)| (candidate.confidence, evidence.count());
    found.sort_by_key(|c| Reverse(rank(c)));
    let is_ambiguous = matches!(found.as_slice(), [a, b, ..] if rank(a) == rank(b));
    let candidates = found.into_iter().take(CANDIDATES_MAX).map(|(mut candidate, _)| {
        if is_ambiguous {
            candidate.confidence = Confidence::Possible;
        }
        candidate
    });
    Path {
        server: play.source.clone(),
        session: play.session.key.clone(),
        play: play.id.clone(),
        candidates: candidates.collect(),
        ambiguous: is_ambiguous,
    }
}

fn address(viewer: &Viewer) -> Option<IpAddr> {
    let told = viewer.address.as_deref()?;
    told.trim().parse::<IpAddr>().ok().map(|a| a.to_canonical())
}

/// Whether a user agent is that of a media server's tuner, or of what it fetches streams with.
fn is_tuner(user_agent: &str) -> bool {
    let told = user_agent.to_ascii_lowercase();
    ["plex", "lavf", "libavformat", "ffmpeg"]
        .into_iter()
        .any(|word| told.contains(word))
}
