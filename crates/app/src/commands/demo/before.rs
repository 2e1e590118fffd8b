//! What the demo would have seen, had it run yesterday: load of the last day, and libraries that grew.
//!
//! All of it is invented here, from what plays and what there is now, so that charts are full at the start. Nothing
//! else makes up what it did not see.

use std::collections::BTreeMap;
use std::time::Duration;

use base::Clock;
use history::History;
use history::growth::{LibrarySize, Size, keep};
use live::Live;
use live::recent::{Gauge, STEP_S, Sample, ServerSample};
use model::{Decision, Network, Play, ServerSnapshot, Snapshot, Text, Timestamp};

/// Load is invented for as long as it is kept.
const LOAD_S: i64 = 24 * 3600;

/// The first look at what plays takes a moment; after this long the past is made of what there is.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// Counting all libraries likewise.
const COUNT_WITHIN: Duration = Duration::from_mins(1);

/// Fills the past as soon as there is a present.
pub(super) async fn invent(live: Live, history: Option<History>, clock: Clock, days: u32) {
    let mut snapshots = live.watch();
    // Who tells the load of its machine tells it a moment later.
    let looked = |s: &std::sync::Arc<Snapshot>| {
        let are_up = s.servers.iter().all(|server| server.health.is_up());
        are_up && s.servers.iter().any(|server| server.host.is_some())
    };
    // Late or not: what there is will do.
    let _ = tokio::time::timeout(LOOK_WITHIN, snapshots.wait_for(looked))
        .await
        .is_ok();
    let now = clock.now();
    live.recent().begin_with(&load(&live.snapshot(), now));
    let Some(history) = history else { return };
    let counted = |s: &std::sync::Arc<Snapshot>| {
        let mut plex = s.servers.iter().filter(|server| server.kind == model::PLEX);
        plex.all(|s| {
            s.libraries
                .as_ref()
                .is_some_and(|all| all.iter().all(|l| !l.counts.is_empty()))
        })
    };
    let _ = tokio::time::timeout(COUNT_WITHIN, snapshots.wait_for(counted))
        .await
        .is_ok();
    let today = now.to_zoned(history.settings().time_zone.clone()).date();
    let sizes = growth(&live.snapshot(), today, days);
    if let Err(e) = history.change(move |txn| keep(txn, &sizes)).done().await {
        tracing::warn!("the demo's libraries have no past: {e}");
    }
}

/// A number that looks drawn, from 0 to 999.
fn drawn(a: u64, b: u64) -> u64 {
    let mut z = a
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(b.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % 1000
}

/// Whether seat `n` was taken so long ago: always now, in stretches of half an hour or more before, and less and less
/// towards the other side of the clock.
fn is_on(n: u64, ago_s: i64) -> bool {
    let ago = u64::try_from(ago_s).unwrap_or(0);
    let length = 1_800 + 3 * drawn(n, 1);
    let stretch = (ago + drawn(n, 2) * length / 1500) / length;
    let turn = ago_s as f64 / LOAD_S as f64 * std::f64::consts::TAU;
    stretch == 0 || (drawn(n, 3 + stretch) as f64) < 500.0 + 400.0 * turn.cos()
}

/// Goes up and down a little around 1, slowly and not quite regularly.
fn sway(n: u64, ago_s: i64) -> f64 {
    let t = ago_s as f64;
    let phase = drawn(n, 4) as f64;
    1.0 + 0.08 * (t / 47.0 + phase).sin() + 0.05 * (t / 211.0 + phase * 2.0).sin()
}

fn load(present: &Snapshot, now: Timestamp) -> Vec<Sample> {
    let step = i64::from(STEP_S);
    let moments = (1..=LOAD_S / step).rev().map(|n| n * step);
    moments
        .filter_map(|ago_s| {
            let at = now.checked_sub(jiff::SignedDuration::from_secs(ago_s)).ok()?;
            Some(moment(present, at, ago_s))
        })
        .collect()
}

fn moment(present: &Snapshot, at: Timestamp, ago_s: i64) -> Sample {
    let (mut servers, mut decisions) = (Vec::new(), [0.0; 3]);
    let mut users: BTreeMap<Text, f32> = BTreeMap::new();
    for (n, server) in (0_u64..).zip(&present.servers) {
        let seat = |i: usize| 100 * n + i as u64;
        let playing = server
            .plays
            .iter()
            .enumerate()
            .filter(|(i, _)| is_on(seat(*i), ago_s));
        let playing: Vec<&Play> = playing.map(|(_, play)| &**play).collect();
        for play in &playing {
            let delivery = &play.session.delivery;
            if let Some(decision) = delivery.decision {
                decisions[decision as usize] += 1.0;
            }
            if let (Some(user), Some(bps)) = (&play.session.user, delivery.bitrate_bps) {
                *users.entry(user.name.clone()).or_default() += narrow(bps as f64);
            }
        }
        let runs = server.iptv.as_ref().map(|iptv| iptv.runs.len());
        let feeds = runs.map(|runs| (0..runs).filter(|i| is_on(seat(*i), ago_s)).count());
        servers.push(ServerSample {
            id: server.id.clone(),
            kind: server.kind,
            measured: server.transmitted_bytes.is_some(),
            gauges: gauges(server, &playing, feeds, n, ago_s),
        });
    }
    Sample {
        at,
        servers,
        decisions: Some(decisions),
        users: users.into_iter().collect(),
    }
}

fn gauges(
    server: &ServerSnapshot,
    playing: &[&Play],
    feeds: Option<usize>,
    n: u64,
    ago_s: i64,
) -> Vec<(Gauge, f32)> {
    let look_ms = (Gauge::LookMs, narrow((4.0 + 3.0 * n as f64) * sway(n, ago_s * 7)));
    if let Some(feeds) = feeds {
        return vec![(Gauge::Feeds, narrow(feeds as f64)), look_ms];
    }
    let mut bps = [0.0; 2];
    for play in playing {
        let far = play.session.player.network != Some(Network::Lan);
        bps[usize::from(far)] += play.session.delivery.bitrate_bps.unwrap_or(0) as f64;
    }
    let mut all = vec![
        (Gauge::Streams, narrow(playing.len() as f64)),
        (Gauge::LanBps, narrow(bps[0] * sway(n + 10, ago_s))),
        (Gauge::WanBps, narrow(bps[1] * sway(n + 20, ago_s))),
        look_ms,
    ];
    if server.host.is_some() {
        let busy = |p: &&&Play| p.session.delivery.decision == Some(Decision::Transcode);
        let work = 0.03 + 0.01 * playing.len() as f64 + 0.06 * playing.iter().filter(busy).count() as f64;
        let ratio = |value: f64, n: u64| narrow((value * sway(n, ago_s)).clamp(0.0, 1.0));
        all.extend([
            (Gauge::ProcessCpuRatio, ratio(work, n + 30)),
            (Gauge::HostCpuRatio, ratio(work + 0.05, n + 30)),
            (Gauge::ProcessMemoryRatio, ratio(0.05 + work / 10.0, n + 40)),
            (Gauge::HostMemoryRatio, ratio(0.4 + work / 10.0, n + 40)),
        ]);
    }
    all
}

#[expect(clippy::cast_possible_truncation, reason = "for pictures")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// Libraries that grew by some items on most days, up to what they hold now.
fn growth(present: &Snapshot, today: jiff::civil::Date, days: u32) -> Vec<LibrarySize> {
    let mut sizes = Vec::new();
    for (n, server) in (0_u64..).zip(&present.servers) {
        for (i, library) in (0_u64..).zip(server.libraries.iter().flat_map(|all| all.iter())) {
            let now = Size::of(library);
            let mut missing_permille = 0;
            for ago in 1..=days {
                missing_permille += drawn(100 * n + i, ago.into()) / 150;
                let Ok(day) = today.checked_sub(jiff::Span::new().days(ago)) else {
                    break;
                };
                let then = |value: u64| value - value * missing_permille / 1000;
                sizes.push(LibrarySize {
                    server: server.id.clone(),
                    library: library.id.clone(),
                    day,
                    size: Size {
                        counts: now
                            .counts
                            .iter()
                            .map(|(kind, items)| (*kind, then(*items)))
                            .collect(),
                        storage_bytes: now.storage_bytes.map(then),
                        duration_ms: now.duration_ms.map(then),
                    },
                });
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{ContentCount, ContentKind, Health, Library, LibraryKind};

    use super::*;

    fn present() -> Snapshot {
        let mut server = ServerSnapshot::new("house".into(), model::PLEX);
        server.health = Health::Up;
        server.libraries = Some(Arc::new(vec![Library {
            id: "1".into(),
            title: "Films".into(),
            kind: LibraryKind::Movie,
            storage_bytes: Some(10_000_000_000_000),
            duration_ms: None,
            refreshing: None,
            counts: vec![ContentCount {
                kind: ContentKind::Movies,
                items: 1_500,
            }],
        }]));
        Snapshot {
            version: 1,
            servers: vec![Arc::new(server)],
        }
    }

    #[test]
    fn libraries_only_grow_and_end_at_what_they_hold() {
        let today = jiff::civil::date(2026, 11, 21);
        let sizes = growth(&present(), today, 21);
        assert_eq!(sizes.len(), 21);
        let movies: Vec<_> = sizes
            .iter()
            .map(|s| s.size.counts[&ContentKind::Movies])
            .collect();
        assert!(movies.is_sorted_by(|newer, older| newer >= older), "{movies:?}");
        assert!(
            movies[20] < movies[0] && movies[0] <= 1_500 && movies[20] > 1_200,
            "{movies:?}"
        );
        assert_eq!(sizes[20].day, jiff::civil::date(2026, 10, 31));
    }

    #[test]
    fn the_last_day_is_whole_in_order_and_ends_before_now() {
        let now = Timestamp::constant(1_795_291_200, 0);
        let samples = load(&present(), now);
        assert_eq!(samples.len(), 17_280);
        assert!(samples.is_sorted_by(|a, b| a.at < b.at));
        assert!(samples.last().is_some_and(|last| last.at < now));
    }

    #[test]
    fn whoever_sits_there_now_did_so_a_moment_ago_and_not_all_night() {
        for n in 0..50 {
            assert!(is_on(n, 5) && is_on(n, 300), "{n}");
            let taken = (0..LOAD_S / 60).filter(|minute| is_on(n, minute * 60)).count();
            assert!((100..1_400).contains(&taken), "{n}: {taken}");
        }
    }
}
