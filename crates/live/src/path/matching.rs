//! Plays and feeds side by side: what is compared, and how matches are found.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use model::iptv::{FeedKind, FeedRun, Viewing};
use model::{Health, LiveChannel, Play, ServerSnapshot, Snapshot, Text, Timestamp};

use super::evidence::{Evidence, confidence};
use super::names::{self, Number};
use super::{Confidence, Reason};

/// A viewer that connected within this time of the play's start, before or after, began with it: tuning takes seconds,
/// and both are seen by looks some seconds apart.
const TOGETHER_MS: i64 = 30_000;

/// A play and what is compared of it.
pub(super) struct Wanted {
    started_at: Timestamp,
    number: Option<Number>,
    names: Vec<String>,
    places: Vec<IpAddr>,
    /// In lower case.
    user: Option<String>,
}

impl Wanted {
    pub(super) fn of(play: &Play, channel: &LiveChannel, places: &[IpAddr]) -> Self {
        Self {
            started_at: play.started_at,
            number: channel.number.as_deref().and_then(Number::parse),
            names: names::of_play(channel),
            places: places.iter().map(IpAddr::to_canonical).collect(),
            user: play.session.user.as_ref().map(|u| u.name.to_lowercase()),
        }
    }

    fn began_with(&self, start: Timestamp) -> bool {
        let apart_ms = start.as_millisecond().abs_diff(self.started_at.as_millisecond());
        apart_ms <= TOGETHER_MS.unsigned_abs()
    }
}

/// A live feed and what is compared of it.
struct Known<'a> {
    run: &'a FeedRun,
    number: Option<Number>,
    names: Vec<String>,
    seats: Vec<Seat<'a>>,
}

/// A viewer's address.
fn address(viewing: &Viewing) -> Option<IpAddr> {
    let told: IpAddr = viewing.viewer.address.as_deref()?.trim().parse().ok()?;
    Some(told.to_canonical())
}

/// The address that all viewers of a manager have, if there are two or more: that of a gateway in between.
fn shared_address(manager: &ServerSnapshot) -> Option<IpAddr> {
    let runs = manager.iptv.iter().flat_map(|i| &i.runs);
    let mut addresses = runs.flat_map(|r| &r.viewings).filter_map(|v| address(v));
    let first = addresses.next()?;
    let mut others = addresses.peekable();
    (others.peek().is_some() && others.all(|a| a == first)).then_some(first)
}

/// A viewer of it. What is compared is brought into form once, not for every play.
struct Seat<'a> {
    client_id: &'a Text,
    started_at: Timestamp,
    address: Option<IpAddr>,
    /// In lower case.
    user: Option<String>,
    is_tuner: bool,
}

impl<'a> Seat<'a> {
    /// `shared`: the one address that all viewers of the manager have; it tells nobody from anybody.
    fn of(viewing: &'a Viewing, shared: Option<IpAddr>) -> Self {
        let viewer = &viewing.viewer;
        Self {
            client_id: &viewer.client_id,
            started_at: viewing.started_at,
            address: address(viewing).filter(|a| !a.is_loopback() && Some(*a) != shared),
            user: viewer.user.as_ref().map(|u| u.to_lowercase()),
            is_tuner: viewer.user_agent.as_deref().is_some_and(is_tuner),
        }
    }
}

/// A feed that a play may come from.
pub(super) struct Match<'a> {
    pub(super) run: &'a FeedRun,
    /// The viewer that has more in common with the play than any other.
    pub(super) client_id: Option<&'a Text>,
    pub(super) confidence: Confidence,
    pub(super) evidence: Evidence,
}

impl Match<'_> {
    /// How good it is. Equal ranks mean that nothing tells two matches apart.
    pub(super) fn rank(&self) -> (Confidence, u32) {
        (self.confidence, self.evidence.strength())
    }

    /// What matches are ordered by; the rank comes first.
    pub(super) fn order(&self) -> (Confidence, u32, u32) {
        let (confidence, strength) = self.rank();
        (confidence, strength, self.evidence.count())
    }
}

/// All live feeds, to be found by what they have in common with a play: hundreds of plays and thousands of feeds would
/// otherwise be compared one by one.
#[derive(Default)]
pub(super) struct Feeds<'a> {
    /// Ordered by manager, then by key.
    all: Vec<Known<'a>>,
    by_number: HashMap<Number, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// By address, then by the viewer's start in milliseconds since 1970.
    by_viewer: BTreeMap<(IpAddr, i64), Vec<usize>>,
}

impl<'a> Feeds<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        // What a manager that is away last told is not on the air for all we know.
        let managers = snapshot.servers.iter().filter(|s| s.health == Health::Up);
        let mut live: Vec<(&FeedRun, Option<IpAddr>)> = Vec::new();
        for manager in managers {
            let shared = shared_address(manager);
            let runs = manager.iptv.iter().flat_map(|i| &i.runs).map(Arc::as_ref);
            let runs = runs.filter(|r| r.feed.kind == FeedKind::Live);
            live.extend(runs.map(|run| (run, shared)));
        }
        live.sort_by(|(a, _), (b, _)| (&a.source, &a.feed.key).cmp(&(&b.source, &b.feed.key)));
        let mut feeds = Self::default();
        for (at, (run, shared)) in live.into_iter().enumerate() {
            feeds.add(at, run, shared);
        }
        feeds
    }

    fn add(&mut self, at: usize, run: &'a FeedRun, shared: Option<IpAddr>) {
        let channel = &run.feed.channel;
        let known = Known {
            run,
            number: channel.number.and_then(Number::from_f64),
            names: names::of_feed(channel),
            seats: run.viewings.iter().map(|v| Seat::of(v, shared)).collect(),
        };
        if let Some(number) = &known.number {
            self.by_number.entry(number.clone()).or_default().push(at);
        }
        for name in &known.names {
            self.by_name.entry(name.clone()).or_default().push(at);
        }
        for seat in &known.seats {
            if let Some(address) = seat.address {
                let key = (address, seat.started_at.as_millisecond());
                self.by_viewer.entry(key).or_default().push(at);
            }
        }
        self.all.push(known);
    }

    /// Every feed that may be the one, by manager and key.
    pub(super) fn matches(&self, wanted: &Wanted) -> Vec<Match<'a>> {
        let mut found: Vec<usize> = Vec::new();
        if let Some(number) = &wanted.number {
            found.extend(self.by_number.get(number).into_iter().flatten());
        }
        for name in &wanted.names {
            found.extend(self.by_name.get(name).into_iter().flatten());
        }
        let began_ms = wanted.started_at.as_millisecond();
        for place in &wanted.places {
            let together = (*place, began_ms - TOGETHER_MS)..=(*place, began_ms + TOGETHER_MS);
            found.extend(self.by_viewer.range(together).flat_map(|(_, at)| at));
        }
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .filter_map(|at| judge(&self.all[at], wanted))
            .collect()
    }
}

/// Whether both sides tell a number or a name, and not the same one.
fn contradicts(known: &Known<'_>, wanted: &Wanted) -> bool {
    let other_number = match (&known.number, &wanted.number) {
        (Some(theirs), Some(ours)) => !theirs.may_be(ours),
        _ => false,
    };
    let both_named = !known.names.is_empty() && !wanted.names.is_empty();
    other_number || (both_named && !known.names.iter().any(|n| wanted.names.contains(n)))
}

/// Whether every viewer is known to be somewhere else than the media server.
fn is_watched_elsewhere(known: &Known<'_>, wanted: &Wanted) -> bool {
    let seats = &known.seats;
    let is_elsewhere = |seat: &Seat<'_>| seat.address.is_some_and(|a| !wanted.places.contains(&a));
    let lists_all = known
        .run
        .feed
        .viewer_count
        .is_none_or(|n| seats.len() >= n as usize);
    !wanted.places.is_empty() && !seats.is_empty() && lists_all && seats.iter().all(is_elsewhere)
}

/// What one feed has in common with the play; of its viewers, the one that has most.
fn judge<'a>(known: &Known<'a>, wanted: &Wanted) -> Option<Match<'a>> {
    let run = known.run;
    let has_number = known.number.is_some() && known.number == wanted.number;
    let mut channel = Evidence::default();
    channel.add(Reason::Number, has_number);
    channel.add(Reason::Name, known.names.iter().any(|n| wanted.names.contains(n)));
    let is_alone = known.seats.len() == 1 && run.feed.viewer_count.is_none_or(|n| n <= 1);
    let mut best: Option<(Evidence, Option<&Text>)> = None;
    for seat in &known.seats {
        let mut all = channel;
        all.add(
            Reason::Address,
            seat.address.is_some_and(|a| wanted.places.contains(&a)),
        );
        all.add(Reason::Time, wanted.began_with(seat.started_at));
        all.add(Reason::User, seat.user.is_some() && seat.user == wanted.user);
        all.add(Reason::UserAgent, seat.is_tuner);
        all.add(Reason::OnlyViewer, is_alone);
        let rank = |e: Evidence| (confidence(e), e.count());
        match &mut best {
            Some((before, _)) if rank(*before) > rank(all) => {}
            // Two alike: neither stands out.
            Some((before, client_id)) if rank(*before) == rank(all) => *client_id = None,
            _ => {
                best = Some((all, all.names_a_viewer().then_some(seat.client_id)));
            }
        }
    }
    let (evidence, client_id) = best.unwrap_or_else(|| {
        let mut all = channel;
        all.add(Reason::Time, wanted.began_with(run.started_at));
        (all, None)
    });
    let most = if contradicts(known, wanted) || is_watched_elsewhere(known, wanted) {
        Confidence::Possible
    } else {
        Confidence::Certain
    };
    Some(Match {
        run,
        client_id,
        confidence: confidence(evidence)?.min(most),
        evidence,
    })
}

/// Whether a user agent is that of a media server's tuner, or of what it fetches streams with.
fn is_tuner(user_agent: &str) -> bool {
    let told = user_agent.to_ascii_lowercase();
    ["plex", "lavf", "libavformat", "ffmpeg"]
        .into_iter()
        .any(|word| told.contains(word))
}
