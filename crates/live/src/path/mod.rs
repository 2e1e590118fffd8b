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
        path(play, feeds.matches(&Wanted::of(play, channel, places)))
    })
    .collect()
}

/// Orders what was found; matches come by manager and feed. If the best are equally good, none is more than possible.
fn path(play: &Play, mut found: Vec<Match<'_>>) -> Path {
    found.sort_by_key(|m| Reverse(m.rank()));
    let is_ambiguous = matches!(found.as_slice(), [a, b, ..] if a.rank() == b.rank());
    let candidates = found.iter().take(CANDIDATES_MAX).map(|found| Candidate {
        manager: found.run.source.clone(),
        feed: found.run.feed.key.clone(),
        run: found.run.id.clone(),
        client_id: found.client_id.cloned(),
        confidence: if is_ambiguous {
            Confidence::Possible
        } else {
            found.confidence
        },
        reasons: found.evidence.reasons(),
    });
    Path {
        server: play.source.clone(),
        session: play.session.key.clone(),
        play: play.id.clone(),
        candidates: candidates.collect(),
        ambiguous: is_ambiguous,
    }
}
