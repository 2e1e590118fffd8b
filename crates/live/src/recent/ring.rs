//! Two lanes, fine and coarse, and who stands in which slot of them.

use model::{SourceId, Text, Timestamp};

use super::STEP_S;
use super::lane::Lane;
use super::sample::{Gauge, Sample};

/// Minutes that are kept finely.
pub const FINE_MINUTES: u32 = 60;

/// Minutes that are kept by the minute.
pub const COARSE_MINUTES: u32 = 24 * 60;

/// Moments of the fine lane; the oldest makes room for the newest.
const FINE_POINTS: usize = (FINE_MINUTES * 60 / STEP_S) as usize;

/// Moments of the coarse lane; likewise.
const COARSE_POINTS: usize = COARSE_MINUTES as usize;

/// Servers with columns of their own; of further ones nothing is kept here. A server takes up to 78 kB.
const SERVERS_MAX: usize = 128;

/// Users with a column of their own; further ones are added up as "others". A user takes 9 kB.
const USERS_MAX: usize = 64;

/// Seconds that a sample may lie before the newest and merely be left out. Where it lies further back the clock was
/// set back, and everything begins anew: else nothing would be kept until the time of before is reached again.
const BACK_MAX_S: i64 = 60;

const DECISIONS: usize = 3;
/// Slot of all users without one of their own.
const OTHERS: usize = DECISIONS;
const USERS: usize = OTHERS + 1;
const SERVERS: usize = USERS + USERS_MAX;

/// Not known.
const UNKNOWN: f32 = f32::NAN;

/// Everything that is kept.
#[derive(Debug)]
pub(super) struct Ring {
    fine: Lane,
    coarse: Lane,
    minute: Minute,
    servers: Vec<Kept>,
    users: Vec<User>,
}

#[derive(Debug)]
struct Kept {
    id: SourceId,
    kind: &'static str,
    measured: bool,
}

#[derive(Debug)]
struct User {
    name: Text,
    /// Seconds since 1970 of the last sample with this user.
    last_s: i64,
}

/// The minute that is not over yet: sum and number of what was said of each slot.
#[derive(Debug, Default)]
struct Minute {
    began_s: Option<i64>,
    samples: u16,
    slots: Vec<(f64, u16)>,
}

/// What is known of a stretch of time. Every column is as long as `at`; nothing stands where nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub step_s: u32,
    pub at: Vec<Timestamp>,
    pub servers: Vec<ServerSeries>,
    pub decisions: Decisions,
    /// By what they were sent, most first. Nobody who was sent nothing.
    pub users: Vec<UserSeries>,
    /// All further users together.
    pub others: Option<Vec<Option<f32>>>,
}

/// Open sessions by how they are delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Decisions {
    pub direct_play: Vec<Option<f32>>,
    pub copy: Vec<Option<f32>>,
    pub transcode: Vec<Option<f32>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServerSeries {
    pub id: SourceId,
    pub kind: &'static str,
    /// As in [`super::ServerSample`], by the newest one.
    pub measured: bool,
    /// In the order of [`Gauge::ALL`].
    columns: Vec<Vec<Option<f32>>>,
}

impl ServerSeries {
    /// The column of a gauge, once.
    pub fn take(&mut self, gauge: Gauge) -> Vec<Option<f32>> {
        std::mem::take(&mut self.columns[gauge as usize])
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct UserSeries {
    pub name: Text,
    pub bps: Vec<Option<f32>>,
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            fine: Lane::new(FINE_POINTS),
            coarse: Lane::new(COARSE_POINTS),
            minute: Minute::default(),
            servers: Vec::new(),
            users: Vec::new(),
        }
    }
}

impl Ring {
    pub(super) fn push(&mut self, sample: &Sample) {
        let at_s = sample.at.as_second();
        match self.fine.newest_s() {
            Some(newest_s) if at_s < newest_s - BACK_MAX_S => *self = Self::default(),
            Some(newest_s) if at_s <= newest_s => return,
            _ => {}
        }
        let values = self.slots_of(sample);
        let minute_s = at_s.div_euclid(60) * 60;
        if self.minute.began_s != Some(minute_s) {
            if let Some(began_s) = self.minute.began_s {
                self.coarse.push(began_s, self.minute.means());
            }
            self.minute = Minute {
                began_s: Some(minute_s),
                ..Minute::default()
            };
        }
        self.minute.add(&values);
        self.fine.push(at_s, values);
    }

    /// Slot, value, and what stands in the slot where nothing is said.
    fn slots_of(&mut self, sample: &Sample) -> Vec<(usize, f32, f32)> {
        let at_s = sample.at.as_second();
        let mut values = Vec::new();
        if let Some(decisions) = sample.decisions {
            values.extend((0..DECISIONS).map(|n| (n, decisions[n], UNKNOWN)));
        }
        let mut others = 0.0;
        for (name, bps) in &sample.users {
            match self.user(name, at_s) {
                Some(slot) => values.push((slot, *bps, 0.0)),
                None => others += bps,
            }
        }
        if others > 0.0 {
            values.push((OTHERS, others, 0.0));
        }
        for server in &sample.servers {
            let Some(place) = self.server(&server.id, server.kind) else {
                continue;
            };
            self.servers[place].kind = server.kind;
            self.servers[place].measured = server.measured;
            let gauges = server.gauges.iter();
            values.extend(gauges.map(|(gauge, value)| (server_slot(place, *gauge), *value, UNKNOWN)));
        }
        values
    }

    fn server(&mut self, id: &SourceId, kind: &'static str) -> Option<usize> {
        let known = self.servers.iter().position(|kept| kept.id == *id);
        known.or_else(|| {
            (self.servers.len() < SERVERS_MAX).then(|| {
                self.servers.push(Kept {
                    id: id.clone(),
                    kind,
                    measured: false,
                });
                self.servers.len() - 1
            })
        })
    }

    /// The slot of a user: the one it has, a new one, or that of somebody whom no window shows any more.
    fn user(&mut self, name: &Text, at_s: i64) -> Option<usize> {
        let forgotten_s = at_s - i64::from(COARSE_MINUTES + 1) * 60;
        let mut place = self.users.iter().position(|user| user.name == *name);
        if place.is_none() && self.users.len() == USERS_MAX {
            place = self.users.iter().position(|user| user.last_s < forgotten_s);
        }
        if place.is_none() && self.users.len() < USERS_MAX {
            place = Some(self.users.len());
        }
        let place = place?;
        let user = User {
            name: name.clone(),
            last_s: at_s,
        };
        if place == self.users.len() {
            self.users.push(user);
        } else {
            self.users[place] = user;
        }
        Some(USERS + place)
    }

    pub(super) fn window(&self, minutes: u32, now: Timestamp) -> Window {
        let (lane, step_s) = if minutes <= FINE_MINUTES {
            (&self.fine, STEP_S)
        } else {
            (&self.coarse, 60)
        };
        let places = lane.since(now.as_second() - i64::from(minutes) * 60);
        let moment = |at_s| Timestamp::from_second(at_s).ok();
        let mut users: Vec<_> = self.users_in(lane, &places);
        users.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
        let others = lane.column(OTHERS, &places);
        Window {
            step_s,
            at: lane.moments(&places).filter_map(moment).collect(),
            servers: self
                .servers
                .iter()
                .enumerate()
                .map(|(place, kept)| {
                    let column = |gauge| lane.column(server_slot(place, gauge), &places);
                    ServerSeries {
                        id: kept.id.clone(),
                        kind: kept.kind,
                        measured: kept.measured,
                        columns: Gauge::ALL.into_iter().map(column).collect(),
                    }
                })
                .collect(),
            decisions: Decisions {
                direct_play: lane.column(0, &places),
                copy: lane.column(1, &places),
                transcode: lane.column(2, &places),
            },
            users: users.into_iter().map(|(user, _)| user).collect(),
            others: (sum(&others) > 0.0).then_some(others),
        }
    }

    fn users_in(&self, lane: &Lane, places: &[usize]) -> Vec<(UserSeries, f64)> {
        let all = self.users.iter().enumerate().map(|(place, user)| {
            let bps = lane.column(USERS + place, places);
            let total = sum(&bps);
            let name = user.name.clone();
            (UserSeries { name, bps }, total)
        });
        all.filter(|(_, total)| *total > 0.0).collect()
    }
}

fn server_slot(place: usize, gauge: Gauge) -> usize {
    SERVERS + place * Gauge::ALL.len() + gauge as usize
}

fn sum(column: &[Option<f32>]) -> f64 {
    column.iter().flatten().map(|v| f64::from(*v)).sum()
}

impl Minute {
    fn add(&mut self, values: &[(usize, f32, f32)]) {
        self.samples = self.samples.saturating_add(1);
        for (slot, value, _) in values {
            if self.slots.len() <= *slot {
                self.slots.resize(slot + 1, (0.0, 0));
            }
            let (sum, said) = &mut self.slots[*slot];
            *sum += f64::from(*value);
            *said = said.saturating_add(1);
        }
    }

    /// Means of what was known; what users were sent is 0 where nothing is said, so theirs are of all samples.
    #[expect(clippy::cast_possible_truncation, reason = "values were as narrow before")]
    fn means(&self) -> Vec<(usize, f32, f32)> {
        let slots = self.slots.iter().enumerate().filter(|(_, (_, said))| *said > 0);
        let mean = |(slot, (sum, said)): (usize, &(f64, u16))| {
            let of_user = (OTHERS..SERVERS).contains(&slot);
            let (over, blank) = if of_user {
                (self.samples, 0.0)
            } else {
                (*said, UNKNOWN)
            };
            (slot, (sum / f64::from(over)) as f32, blank)
        };
        slots.map(mean).collect()
    }
}
