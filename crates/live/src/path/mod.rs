//! The path of a stream: which feed of a stream manager a live television play on a media server comes from.
//!
//! Neither side names the other, so the match is made of evidence and says how sure it is; two feeds that look alike
//! are never told apart by chance.

mod evidence;
mod matching;
mod names;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use model::{FeedKey, Play, PlayId, RunId, SessionKey, Snapshot, SourceId, Text};

use matching::{Feeds, Match, Wanted};

/// Candidates kept for one play. Beyond it the weaker are left out.
const CANDIDATES_MAX: usize = 3;

/// How sure a match is. Certain: the channel, the address and the time agree. Likely: number and name, or the channel and
/// one of the others. Possible: less; or two feeds are equally good; or the numbers or the names differ, every viewer is
/// somewhere else, or the connection is more likely another play's.
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
    /// The same channel number. One like `7.10`, which a manager cannot tell as a float, is the same as none.
    Number,
    /// The same channel name or call sign.
    Name,
    /// The viewer's address is the media server's, and not that of all viewers or of the manager itself.
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
    let mut all: Vec<Found<'_>> = live
        .map(|(play, channel)| {
            let places = places.get(&play.source).map_or(&[][..], Vec::as_slice);
            Found::of(play, feeds.matches(&Wanted::of(play, channel, places)))
        })
        .collect();
    cap_claimed(&mut all);
    all.into_iter().map(Found::into_path).collect()
}

/// What was found for one play.
struct Found<'a> {
    play: &'a Play,
    /// Best first, then by manager and feed.
    matches: Vec<Match<'a>>,
    ambiguous: bool,
}

impl<'a> Found<'a> {
    /// Orders what was found; matches come by manager and feed.
    fn of(play: &'a Play, mut matches: Vec<Match<'a>>) -> Self {
        matches.sort_by_key(|m| Reverse(m.order()));
        let mut found = Self {
            play,
            matches,
            ambiguous: false,
        };
        found.tell_apart();
        found
    }

    /// If the best are equally good, none is more than possible.
    fn tell_apart(&mut self) {
        self.ambiguous |= matches!(self.matches.as_slice(), [a, b, ..] if a.rank() == b.rank());
        if self.ambiguous {
            for found in &mut self.matches {
                found.confidence = Confidence::Possible;
            }
        }
    }

    fn into_path(mut self) -> Path {
        // Claims of other plays may have brought some down; another may be the best now, and not alone.
        self.matches.sort_by_key(|m| Reverse(m.confidence));
        self.tell_apart();
        let kept = self.matches.iter().take(CANDIDATES_MAX);
        let candidates = kept.map(|found| Candidate {
            manager: found.run.source.clone(),
            feed: found.run.feed.key.clone(),
            run: found.run.id.clone(),
            client_id: found.client_id.cloned(),
            confidence: found.confidence,
            reasons: found.evidence.reasons(),
        });
        Path {
            server: self.play.source.clone(),
            session: self.play.session.key.clone(),
            play: self.play.id.clone(),
            candidates: candidates.collect(),
            ambiguous: self.ambiguous,
        }
    }
}

/// A connection carries one play. Where several lay claim to one, all but the best are no more than possible; if two are
/// equally good, these as well.
fn cap_claimed(all: &mut [Found<'_>]) {
    let mut claims: BTreeMap<(SourceId, Text), Vec<(usize, usize)>> = BTreeMap::new();
    for (play, found) in all.iter().enumerate() {
        for (n, one) in found.matches.iter().enumerate() {
            if let Some(client_id) = one.client_id.filter(|_| one.confidence > Confidence::Possible) {
                let connection = (one.run.source.clone(), client_id.clone());
                claims.entry(connection).or_default().push((play, n));
            }
        }
    }
    for claims in claims.into_values() {
        let rank = |(play, n): (usize, usize)| all[play].matches[n].rank();
        let Some(best) = claims.iter().copied().max_by_key(|c| rank(*c)) else {
            continue;
        };
        let of_others = |c: &(usize, usize)| c.0 != best.0;
        let is_contested = claims.iter().any(|c| of_others(c) && rank(*c) == rank(best));
        for (play, n) in claims {
            if play != best.0 || is_contested {
                all[play].matches[n].confidence = Confidence::Possible;
            }
        }
    }
}
