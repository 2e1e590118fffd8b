//! From a snapshot to the numbers of one moment.

use std::collections::BTreeMap;

use model::{
    DISPATCHARR, Decision, Endpoint, Network, Play, ServerSnapshot, Snapshot, SourceId, State, Text,
    Timestamp,
};

/// A rate holds until the server tells its sum again, at most this long: Plex is asked every 15 s, and after three
/// missed answers the rate is unknown.
const RATE_HOLDS_MS: i64 = 50_000;

/// What is kept of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gauge {
    /// Open sessions.
    Streams,
    /// Open feeds, of stream managers.
    Feeds,
    HostCpuRatio,
    HostMemoryRatio,
    ProcessCpuRatio,
    ProcessMemoryRatio,
    LanBps,
    /// Everything that leaves the house: other networks and the relay.
    WanBps,
    /// How long the last look at what plays took.
    LookMs,
}

impl Gauge {
    pub const ALL: [Self; 9] = [
        Self::Streams,
        Self::Feeds,
        Self::HostCpuRatio,
        Self::HostMemoryRatio,
        Self::ProcessCpuRatio,
        Self::ProcessMemoryRatio,
        Self::LanBps,
        Self::WanBps,
        Self::LookMs,
    ];
}

/// One moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub at: Timestamp,
    pub servers: Vec<ServerSample>,
    /// Sessions of servers that answer: direct play, copy, transcode. Absent if no server answers.
    pub decisions: Option<[f32; 3]>,
    /// Bit rate delivered to each user with something playing.
    pub users: Vec<(Text, f32)>,
}

/// One server in one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSample {
    pub id: SourceId,
    pub kind: &'static str,
    /// Whether bit rates are from what the server counted; else from the bit rates of what plays.
    pub measured: bool,
    /// What is known.
    pub gauges: Vec<(Gauge, f32)>,
}

/// Remembers what was counted last, so that sums become rates.
#[derive(Debug, Default)]
pub struct Meter(BTreeMap<SourceId, Sent>);

#[derive(Clone, Copy, Debug)]
struct Sent {
    bytes: [u64; 2],
    told_at: Timestamp,
    /// Of LAN and WAN; absent before the second count.
    bps: Option<[f32; 2]>,
}

impl Meter {
    pub fn sample(&mut self, snapshot: &Snapshot, at: Timestamp) -> Sample {
        let mut sample = Sample {
            at,
            servers: Vec::with_capacity(snapshot.servers.len()),
            decisions: None,
            users: Vec::new(),
        };
        let mut users: BTreeMap<Text, f32> = BTreeMap::new();
        for server in &snapshot.servers {
            let is_up = server.health.is_up();
            let rates = self.rates(server, at);
            sample.servers.push(ServerSample {
                id: server.id.clone(),
                kind: server.kind,
                measured: server.transmitted_bytes.is_some(),
                gauges: if is_up { gauges(server, rates) } else { Vec::new() },
            });
            if !is_up || server.kind == DISPATCHARR {
                continue;
            }
            let decisions = sample.decisions.get_or_insert_default();
            for play in &server.plays {
                if let Some(decision) = play.session.delivery.decision {
                    decisions[place(decision)] += 1.0;
                }
                if let (Some(user), Some(bps)) = (&play.session.user, flowing_bps(play)) {
                    *users.entry(user.name.clone()).or_default() += bps;
                }
            }
        }
        sample.users = users.into_iter().filter(|(_, bps)| *bps > 0.0).collect();
        sample
    }

    /// Bits per second over LAN and WAN.
    fn rates(&mut self, server: &ServerSnapshot, at: Timestamp) -> Option<[f32; 2]> {
        let Some(counted) = &server.transmitted_bytes else {
            return Some(estimated(server));
        };
        let mut bytes = [0; 2];
        for (network, sent) in counted {
            bytes[usize::from(*network != Network::Lan)] += sent;
        }
        let asked = server.endpoints.get(&Endpoint::Bandwidth);
        let told_at = asked.and_then(|stats| stats.last_success_at).unwrap_or(at);
        let last = self.0.entry(server.id.clone()).or_insert(Sent {
            bytes,
            told_at,
            bps: None,
        });
        if told_at > last.told_at {
            let over_ms = told_at.as_millisecond() - last.told_at.as_millisecond();
            let rate = |n: usize| bits_per_second(bytes[n].saturating_sub(last.bytes[n]), over_ms.max(1));
            *last = Sent {
                bps: Some([rate(0), rate(1)]),
                bytes,
                told_at,
            };
        }
        let age_ms = at.as_millisecond() - last.told_at.as_millisecond();
        last.bps.filter(|_| age_ms <= RATE_HOLDS_MS)
    }
}

fn gauges(server: &ServerSnapshot, rates: Option<[f32; 2]>) -> Vec<(Gauge, f32)> {
    let mut all = Vec::with_capacity(Gauge::ALL.len());
    let mut put = |gauge, value: Option<f32>| all.extend(value.map(|value| (gauge, value)));
    let look = if let Some(iptv) = &server.iptv {
        put(Gauge::Feeds, Some(narrow(iptv.runs.len() as f64)));
        Endpoint::Stats
    } else {
        put(Gauge::Streams, Some(narrow(server.plays.len() as f64)));
        put(Gauge::LanBps, rates.map(|r| r[0]));
        put(Gauge::WanBps, rates.map(|r| r[1]));
        Endpoint::Sessions
    };
    if let Some(host) = &server.host {
        put(Gauge::HostCpuRatio, host.host_cpu_ratio.map(narrow));
        put(Gauge::HostMemoryRatio, host.host_memory_ratio.map(narrow));
        put(Gauge::ProcessCpuRatio, host.process_cpu_ratio.map(narrow));
        put(Gauge::ProcessMemoryRatio, host.process_memory_ratio.map(narrow));
    }
    let look = server.endpoints.get(&look).filter(|look| look.last_ok);
    put(
        Gauge::LookMs,
        look.map(|look| narrow(look.last_duration_ms as f64)),
    );
    all
}

/// From the bit rates of what plays.
fn estimated(server: &ServerSnapshot) -> [f32; 2] {
    let mut bps = [0.0; 2];
    for play in &server.plays {
        let Some(flowing) = flowing_bps(play) else {
            continue;
        };
        let far = match play.session.player.network {
            Some(network) => network != Network::Lan,
            None => play.session.player.local == Some(false),
        };
        bps[usize::from(far)] += flowing;
    }
    bps
}

/// What is delivered while it plays; nothing of what is paused.
fn flowing_bps(play: &Play) -> Option<f32> {
    let flows = matches!(play.state(), State::Playing | State::Buffering);
    let bps = play.session.delivery.bitrate_bps.filter(|_| flows)?;
    Some(narrow(bps as f64))
}

/// Where a decision stands in [`Sample::decisions`].
fn place(decision: Decision) -> usize {
    match decision {
        Decision::DirectPlay => 0,
        Decision::Copy => 1,
        Decision::Transcode => 2,
    }
}

fn bits_per_second(bytes: u64, over_ms: i64) -> f32 {
    narrow(bytes as f64 * 8_000.0 / over_ms as f64)
}

/// Seven digits are enough for a picture, and half the memory.
#[expect(clippy::cast_possible_truncation, reason = "the point of it")]
fn narrow(value: f64) -> f32 {
    value as f32
}
