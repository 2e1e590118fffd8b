//! The weeks before the evening in front of a Dispatcharr: who watched what, and through which login.
//!
//! The same rules as in the world decide: a channel takes one connection however many watch it, from the first stream
//! whose login has room; so no login was ever above its limit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use fastrand::Rng;

use super::lineup::{BACK, Seat, films, numbers, seats};
use crate::dispatcharr::{ChannelSeed, Kind, Seed, Viewer, World};

/// What sort of run it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastKind {
    Live,
    /// A film, or an episode.
    Vod(Kind),
    Timeshift,
}

/// One feed from start to end. Seconds count back from now.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    pub kind: PastKind,
    /// UUID of the channel, else the session.
    pub key: String,
    /// Number of the channel's row; films have none.
    pub channel_id: Option<i64>,
    /// Of the channel or the film.
    pub uuid: String,
    pub name: String,
    pub number: Option<f64>,
    pub group: Option<String>,
    pub began_ago_s: i64,
    pub ended_ago_s: i64,
    /// At least one; each ends where the next begins.
    pub segments: Vec<PastSegment>,
    /// At least one.
    pub viewings: Vec<PastViewing>,
}

/// A stretch on one stream and one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastSegment {
    pub began_ago_s: i64,
    pub ended_ago_s: i64,
    /// Films have none.
    pub stream_id: Option<i64>,
    pub stream_name: Option<String>,
    pub stream_index: Option<u32>,
    pub profile_id: i64,
    pub profile_name: String,
    pub account: String,
    /// 0: no limit.
    pub max_streams: u32,
    pub buffering_s: i64,
    pub error_s: i64,
    /// From the provider.
    pub bytes: u64,
}

/// One viewer of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastViewing {
    pub client_id: String,
    pub viewer: Viewer,
    /// Name of the viewer's account.
    pub user: Option<String>,
    pub began_ago_s: i64,
    pub ended_ago_s: i64,
    pub bytes: u64,
}

const DAY_S: i64 = 86_400;

/// Seconds before now in which the past may not reach.
const FRESH_S: i64 = 300;

/// How much is watched in each hour of a day, UTC.
const HOURS: [u32; 24] = [
    9, 4, 2, 1, 1, 2, 6, 12, 11, 8, 8, 9, 13, 11, 9, 10, 14, 24, 41, 62, 70, 58, 38, 21,
];

/// Something that happens at a moment. The order of the variants decides between two at once: room is made first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Leave { run: usize, viewing: usize },
    Fail { run: usize },
    Come { seat: usize, wish: Wish, until_s: i64 },
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// Place in the list of channels.
    Channel(usize),
    Film(usize),
    Back(usize),
}

struct Past<'a> {
    have: &'a Seed,
    rng: Rng,
    seats: Vec<Seat>,
    now_s: i64,
    queue: BinaryHeap<Reverse<(i64, Moment)>>,
    runs: Vec<PastRun>,
    /// By place in the list of channels: the run that is on, and how many watch it.
    on_air: BTreeMap<usize, usize>,
    watched_by: Vec<usize>,
    /// Connections by login.
    used: BTreeMap<i64, u32>,
}

/// What was on the air in the last `days` days, oldest first. `now_s` (seconds since 1970) decides at which hours people
/// watch; the same world and time give the same past.
pub fn iptv_past(world: &World, days: u32, now_s: i64) -> Vec<PastRun> {
    let have = world.lock().have.clone();
    let mut past = Past {
        have: &have,
        rng: Rng::with_seed(have.random),
        seats: seats(),
        now_s,
        queue: BinaryHeap::new(),
        runs: Vec::new(),
        on_air: BTreeMap::new(),
        watched_by: Vec::new(),
        used: BTreeMap::new(),
    };
    past.wish(days);
    while let Some(Reverse((at_s, moment))) = past.queue.pop() {
        match moment {
            Moment::Come { seat, wish, until_s } => past.come(at_s, seat, &wish, until_s),
            Moment::Leave { run, viewing } => past.leave(at_s, run, viewing),
            Moment::Fail { run } => past.fail(at_s, run),
        }
    }
    past.runs
}

impl Past<'_> {
    /// Everything people sit down for.
    fn wish(&mut self, days: u32) {
        let midnight_s = self.now_s.div_euclid(DAY_S) * DAY_S;
        for day in (0..=i64::from(days)).rev() {
            let from_s = midnight_s - day * DAY_S;
            // The day's number since 1970 tells the weekday: it began on a Thursday.
            let is_weekend = matches!((from_s.div_euclid(DAY_S) + 4).rem_euclid(7), 0 | 6);
            for seat in 0..self.seats.len() {
                for _ in 0..self.rng.u32(0..if is_weekend { 4 } else { 3 }) {
                    let at_s = from_s + self.second_of_day();
                    self.sitting(seat, at_s, days);
                }
            }
        }
    }

    fn second_of_day(&mut self) -> i64 {
        let mut left = self.rng.u32(0..HOURS.iter().sum());
        let hour = (0..).zip(HOURS).find_map(|(hour, weight)| {
            let here = left < weight;
            left = left.saturating_sub(weight);
            here.then_some(hour)
        });
        hour.unwrap_or(20_i64) * 3_600 + self.rng.i64(0..3_600)
    }

    /// A few channels one after the other, or a film, or something missed.
    fn sitting(&mut self, seat: usize, from_s: i64, days: u32) {
        let mut at_s = from_s;
        for _ in 0..self.rng.u32(1..5) {
            let (wish, lasts_s) = match self.rng.u32(0..20) {
                0 => (
                    Wish::Film(self.rng.usize(..films().len())),
                    self.rng.i64(900..6_300),
                ),
                1 => (Wish::Back(self.rng.usize(..BACK.len())), self.rng.i64(600..3_600)),
                2..8 => (self.channel(seat), self.rng.i64(20..400)),
                _ => (self.channel(seat), self.rng.i64(1_200..7_800)),
            };
            let until_s = (at_s + lasts_s).min(self.now_s - FRESH_S);
            let is_old_enough = at_s >= self.now_s - i64::from(days) * DAY_S;
            if is_old_enough && at_s < until_s {
                self.queue
                    .push(Reverse((at_s, Moment::Come { seat, wish, until_s })));
            }
            at_s += lasts_s + self.rng.i64(2..30);
        }
    }

    fn channel(&mut self, seat: usize) -> Wish {
        let likes = self.seats[seat].likes;
        let number = if self.rng.u8(..) < 190 {
            self.rng.choice(likes).copied()
        } else {
            self.rng.choice(numbers().collect::<Vec<_>>())
        };
        let mut channels = self.have.channels.iter();
        Wish::Channel(channels.position(|c| c.number == number).unwrap_or(0))
    }

    fn come(&mut self, at_s: i64, seat: usize, wish: &Wish, until_s: i64) {
        let run = match wish {
            Wish::Channel(place) => match self.on_air.get(place) {
                Some(run) => Some(*run),
                None => self.begin_channel(at_s, *place, until_s),
            },
            Wish::Film(n) => self.begin_film(at_s, *n),
            Wish::Back(n) => self.begin_back(at_s, *n),
        };
        // No login had room: nothing was shown.
        let Some(run) = run else { return };
        let viewer = self.seats[seat].viewer.clone();
        let mut users = self.have.users.iter();
        let user = users.find(|u| Some(u.id) == viewer.user).map(|u| u.name.clone());
        let client_id = match self.runs[run].kind {
            PastKind::Live => format!("client_{}_{}", at_s * 1_000, self.rng.u32(1_000..10_000)),
            _ => self.runs[run].key.clone(),
        };
        let viewings = &mut self.runs[run].viewings;
        viewings.push(PastViewing {
            client_id,
            viewer,
            user,
            began_ago_s: self.now_s - at_s,
            ended_ago_s: 0,
            bytes: 0,
        });
        let viewing = viewings.len() - 1;
        self.watched_by[run] += 1;
        self.queue
            .push(Reverse((until_s, Moment::Leave { run, viewing })));
    }

    fn has_room(&self, profile: i64, limit: u32) -> bool {
        limit == 0 || self.used.get(&profile).is_none_or(|used| *used < limit)
    }

    /// The first stream whose login has room, but none of those that failed.
    fn source(&self, channel: &ChannelSeed, failed: &[i64]) -> Option<PastSegment> {
        let streams = (0_u32..)
            .zip(&channel.streams)
            .filter(|(_, id)| !failed.contains(id));
        for (index, id) in streams {
            let Some(stream) = self.have.streams.iter().find(|s| s.id == *id) else {
                continue;
            };
            if let Some(segment) = self.login(stream.account) {
                return Some(PastSegment {
                    stream_id: Some(stream.id),
                    stream_name: Some(stream.name.clone()),
                    stream_index: Some(index),
                    ..segment
                });
            }
        }
        None
    }

    fn login(&self, account: i64) -> Option<PastSegment> {
        let account = self.have.accounts.iter().find(|a| a.id == account)?;
        let mut profiles = account.profiles.iter();
        let profile = profiles.find(|p| self.has_room(p.id, p.max_streams))?;
        Some(PastSegment {
            began_ago_s: 0,
            ended_ago_s: 0,
            stream_id: None,
            stream_name: None,
            stream_index: None,
            profile_id: profile.id,
            profile_name: profile.name.clone(),
            account: account.name.clone(),
            max_streams: profile.max_streams,
            buffering_s: 0,
            error_s: 0,
            bytes: 0,
        })
    }

    fn begin(&mut self, at_s: i64, mut run: PastRun, mut segment: PastSegment) -> usize {
        *self.used.entry(segment.profile_id).or_default() += 1;
        segment.began_ago_s = self.now_s - at_s;
        run.began_ago_s = segment.began_ago_s;
        run.segments.push(segment);
        self.runs.push(run);
        self.watched_by.push(0);
        self.runs.len() - 1
    }

    fn begin_channel(&mut self, at_s: i64, place: usize, until_s: i64) -> Option<usize> {
        let channel = self.have.channels.get(place)?;
        let segment = self.source(channel, &[])?;
        let run = self.begin(
            at_s,
            self.of_channel(channel, PastKind::Live, &channel.uuid),
            segment,
        );
        self.on_air.insert(place, run);
        // Now and then a stream dies while somebody watches.
        if until_s - at_s > 600 && self.rng.u8(..) < 22 {
            let fails_s = self.rng.i64(at_s + 120..until_s);
            self.queue.push(Reverse((fails_s, Moment::Fail { run })));
        }
        Some(run)
    }

    fn of_channel(&self, channel: &ChannelSeed, kind: PastKind, key: &str) -> PastRun {
        let group = self.have.groups.iter().find(|g| g.0 == channel.group);
        PastRun {
            kind,
            key: key.to_owned(),
            channel_id: Some(channel.id),
            uuid: channel.uuid.clone(),
            name: channel.name.clone(),
            number: channel.number,
            group: group.map(|g| g.1.clone()),
            began_ago_s: 0,
            ended_ago_s: 0,
            segments: Vec::new(),
            viewings: Vec::new(),
        }
    }

    fn begin_film(&mut self, at_s: i64, n: usize) -> Option<usize> {
        let film = films().into_iter().nth(n)?;
        let segment = self.login(film.account)?;
        let run = PastRun {
            kind: PastKind::Vod(film.kind),
            key: format!("vod_{}_{}", at_s * 1_000, self.rng.u32(1_000..10_000)),
            channel_id: None,
            uuid: film.uuid,
            name: film.name,
            number: None,
            group: None,
            began_ago_s: 0,
            ended_ago_s: 0,
            segments: Vec::new(),
            viewings: Vec::new(),
        };
        Some(self.begin(at_s, run, segment))
    }

    fn begin_back(&mut self, at_s: i64, n: usize) -> Option<usize> {
        let number = BACK.get(n).copied();
        let channel = self.have.channels.iter().find(|c| c.number == number)?;
        let id = *channel.streams.first()?;
        let stream = self.have.streams.iter().find(|s| s.id == id)?;
        let segment = PastSegment {
            stream_id: Some(stream.id),
            stream_name: Some(stream.name.clone()),
            stream_index: Some(0),
            ..self.login(stream.account)?
        };
        let session = format!("{:016x}{:016x}", self.rng.u64(..), self.rng.u64(..));
        let run = self.of_channel(channel, PastKind::Timeshift, &session);
        Some(self.begin(at_s, run, segment))
    }

    fn leave(&mut self, at_s: i64, run: usize, viewing: usize) {
        let kbps = self.kbps(run);
        let watched = &mut self.runs[run].viewings[viewing];
        watched.ended_ago_s = self.now_s - at_s;
        watched.bytes = bytes(kbps, watched.began_ago_s - watched.ended_ago_s);
        self.watched_by[run] -= 1;
        if self.watched_by[run] == 0 {
            self.on_air.retain(|_, r| *r != run);
            self.end_segment(at_s, run);
            self.runs[run].ended_ago_s = self.now_s - at_s;
        }
    }

    /// Kilobits a second of what feeds it.
    fn kbps(&self, run: usize) -> f64 {
        let stream = self.runs[run].segments.last().and_then(|s| s.stream_id);
        let mut streams = self.have.streams.iter();
        streams
            .find(|s| Some(s.id) == stream)
            .map_or(4_200.0, |s| s.media.kbps)
    }

    fn end_segment(&mut self, at_s: i64, run: usize) {
        let kbps = self.kbps(run);
        let ended_ago_s = self.now_s - at_s;
        let stutters = self.rng.u8(..) < 20;
        let share = self.rng.i64(20..200);
        let Some(segment) = self.runs[run].segments.last_mut() else {
            return;
        };
        segment.ended_ago_s = ended_ago_s;
        let lasted_s = segment.began_ago_s - ended_ago_s;
        segment.bytes = bytes(kbps, lasted_s);
        if stutters {
            segment.buffering_s = lasted_s / share;
        }
        if let Some(used) = self.used.get_mut(&segment.profile_id) {
            *used -= 1;
        }
    }

    /// Its stream dies: on from another one, if there is one with room; else the picture comes back after a while.
    fn fail(&mut self, at_s: i64, run: usize) {
        let known = self.runs[run].channel_id;
        let (Some(channel), true) = (
            self.have.channels.iter().find(|c| Some(c.id) == known),
            self.watched_by[run] > 0,
        ) else {
            return;
        };
        let failed: Vec<i64> = self.runs[run]
            .segments
            .iter()
            .filter_map(|s| s.stream_id)
            .collect();
        match self.source(channel, &failed) {
            Some(mut next) => {
                self.end_segment(at_s, run);
                *self.used.entry(next.profile_id).or_default() += 1;
                next.began_ago_s = self.now_s - at_s;
                self.runs[run].segments.push(next);
            }
            None => {
                if let Some(segment) = self.runs[run].segments.last_mut() {
                    segment.error_s += 8;
                }
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes: not negative, far below 2^53"
)]
fn bytes(kbps: f64, seconds: i64) -> u64 {
    (kbps * seconds.max(0) as f64 * 125.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::iptv_seed;

    const NOW_S: i64 = 1_795_239_571;

    /// Most connections of each login at once, from the segments alone.
    fn peaks(runs: &[PastRun]) -> BTreeMap<i64, (i32, u32)> {
        let mut steps = Vec::new();
        for segment in runs.iter().flat_map(|r| &r.segments) {
            steps.push((-segment.began_ago_s, 1, segment.profile_id, segment.max_streams));
            steps.push((-segment.ended_ago_s, -1, segment.profile_id, segment.max_streams));
        }
        steps.sort_unstable();
        let (mut used, mut peaks) = (BTreeMap::<i64, i32>::new(), BTreeMap::new());
        for (_, step, profile, limit) in steps {
            let now = used.entry(profile).or_default();
            *now += step;
            let peak = peaks.entry(profile).or_insert((0, limit));
            peak.0 = peak.0.max(*now);
        }
        peaks
    }

    #[test]
    fn three_weeks_are_plausible() {
        let world = World::new(iptv_seed());
        let runs = iptv_past(&world, 21, NOW_S);
        assert!(runs.len() > 300, "{}", runs.len());
        for (profile, (peak, limit)) in peaks(&runs) {
            assert!(
                limit == 0 || u32::try_from(peak).unwrap() <= limit,
                "{profile}: {peak} of {limit}"
            );
        }
        assert_eq!(peaks(&runs)[&4], (3, 3), "the panel was full once");
        for run in &runs {
            assert!(
                run.began_ago_s > run.ended_ago_s && run.ended_ago_s >= FRESH_S,
                "{run:?}"
            );
            assert!(run.began_ago_s <= 21 * DAY_S);
            assert_eq!(run.segments[0].began_ago_s, run.began_ago_s);
            assert_eq!(run.segments.last().unwrap().ended_ago_s, run.ended_ago_s);
            let joints = run.segments.windows(2);
            assert!(joints.into_iter().all(|w| w[0].ended_ago_s == w[1].began_ago_s));
            let within = |v: &PastViewing| {
                v.began_ago_s <= run.began_ago_s && v.ended_ago_s >= run.ended_ago_s && v.bytes > 0
            };
            assert!(run.viewings.iter().all(within), "{run:?}");
        }
        assert!(runs.is_sorted_by_key(|r| Reverse(r.began_ago_s)));
        let count = |wanted: fn(&PastRun) -> bool| runs.iter().filter(|r| wanted(r)).count();
        assert!(count(|r| r.segments.len() > 1) > 5);
        assert!(count(|r| r.viewings.len() > 1) > 20);
        assert!(count(|r| r.kind == PastKind::Timeshift) > 5);
        assert!(count(|r| matches!(r.kind, PastKind::Vod(_))) > 5);
        assert_eq!(runs, iptv_past(&world, 21, NOW_S));
    }

    #[test]
    fn one_feed_of_a_channel_at_a_time() {
        let world = World::new(iptv_seed());
        let mut until: BTreeMap<String, i64> = BTreeMap::new();
        for run in iptv_past(&world, 30, NOW_S) {
            let before = until.insert(run.key.clone(), run.ended_ago_s);
            assert!(before.is_none_or(|ended| ended >= run.began_ago_s), "{run:?}");
        }
    }
}
