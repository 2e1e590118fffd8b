//! What is kept of the last hour: from snapshots to columns.

use std::sync::Arc;

use model::{
    Decision, Endpoint, EndpointStats, Health, HostLoad, Network, Player, ServerSnapshot, Snapshot,
    State as PlayerState, Timestamp, User,
};
use proptest::prelude::*;

use super::build::{START_MS, World};
use crate::recent::{Gauge, Recent, STEP_S, Sample, ServerSample, Window};

fn at(s: i64) -> Timestamp {
    // On a whole minute, so that tests can count them.
    let minute_s = (START_MS / 1000).div_euclid(60) * 60;
    Timestamp::from_second(minute_s + s).unwrap()
}

/// A server that answers, with plays of these users, networks, decisions and bit rates.
fn server(plays: &[(&str, Network, Decision, u64, PlayerState)]) -> ServerSnapshot {
    let mut world = World::new();
    let sessions = plays
        .iter()
        .enumerate()
        .map(|(n, (user, network, decision, bps, state))| {
            let mut session = super::build::session(&n.to_string(), "1", 0);
            session.state = *state;
            session.user = Some(User {
                id: None,
                name: (*user).into(),
            });
            session.player = Arc::new(Player {
                network: Some(*network),
                ..Player::default()
            });
            let delivery = Arc::make_mut(&mut session.delivery);
            delivery.decision = Some(*decision);
            delivery.bitrate_bps = Some(*bps);
            session
        });
    world.look(sessions.collect());
    (*world.server()).clone()
}

fn snapshot(server: ServerSnapshot) -> Snapshot {
    Snapshot {
        version: 1,
        servers: vec![Arc::new(server)],
    }
}

fn newest(window: &mut Window, gauge: Gauge) -> Option<f32> {
    *window.servers[0].take(gauge).last().unwrap()
}

#[test]
fn a_moment_is_counted_by_decision_network_and_user() {
    use Decision::{DirectPlay, Transcode};
    use PlayerState::{Paused, Playing};
    let seen = server(&[
        ("ada", Network::Lan, DirectPlay, 8_000_000, Playing),
        ("ada", Network::Relay, Transcode, 2_000_000, Playing),
        ("bob", Network::Wan, Transcode, 4_000_000, Playing),
        ("cid", Network::Wan, DirectPlay, 9_000_000, Paused),
    ]);
    let recent = Recent::default();
    recent.take(&snapshot(seen), at(0));
    let mut window = recent.window(60, at(0));
    assert_eq!((window.step_s, window.at.clone()), (STEP_S, vec![at(0)]));
    assert!(!window.servers[0].measured);
    assert_eq!(newest(&mut window, Gauge::Streams), Some(4.0));
    assert_eq!(newest(&mut window, Gauge::LanBps), Some(8e6));
    assert_eq!(newest(&mut window, Gauge::WanBps), Some(6e6));
    assert_eq!(newest(&mut window, Gauge::Feeds), None);
    assert_eq!(window.decisions.direct_play, [Some(2.0)]);
    assert_eq!(window.decisions.copy, [Some(0.0)]);
    assert_eq!(window.decisions.transcode, [Some(2.0)]);
    let users: Vec<_> = window.users.iter().map(|u| (&*u.name, u.bps[0])).collect();
    assert_eq!(users, [("ada", Some(1e7)), ("bob", Some(4e6))]);
    assert_eq!(window.others, None);
}

#[test]
fn what_a_server_counted_becomes_a_rate_that_holds_until_it_counts_again() {
    let told = |lan: u64, wan: u64, told_s: i64| {
        let mut seen = server(&[]);
        seen.transmitted_bytes = Some([(Network::Lan, lan), (Network::Wan, wan)].into());
        seen.endpoints.insert(
            Endpoint::Bandwidth,
            EndpointStats {
                last_success_at: Some(at(told_s)),
                ..EndpointStats::default()
            },
        );
        snapshot(seen)
    };
    let recent = Recent::default();
    // Bytes over LAN and WAN, when told, when looked, and the rate over LAN.
    let cases = [
        (0, 0, 0, 0, None),
        (0, 0, 0, 5, None),
        (15_000, 30_000, 15, 16, Some(8_000.0)),
        (15_000, 30_000, 15, 21, Some(8_000.0)),
        (45_000, 30_000, 30, 31, Some(16_000.0)),
        (45_000, 30_000, 45, 46, Some(0.0)),
        (45_000, 30_000, 45, 120, None),
        (90_000, 30_000, 135, 136, Some(4_000.0)),
        // A sum that went back is no rate below nothing.
        (0, 0, 150, 151, Some(0.0)),
    ];
    for (lan, wan, told_s, looked_s, expected) in cases {
        recent.take(&told(lan, wan, told_s), at(looked_s));
        let mut window = recent.window(60, at(looked_s));
        assert!(window.servers[0].measured);
        assert_eq!(newest(&mut window, Gauge::LanBps), expected, "at {looked_s}");
    }
}

#[test]
fn of_a_server_that_does_not_answer_nothing_is_known() {
    let mut seen = server(&[("ada", Network::Lan, Decision::Copy, 1, PlayerState::Playing)]);
    seen.host = Some(HostLoad {
        host_cpu_ratio: Some(0.5),
        ..HostLoad::default()
    });
    let recent = Recent::default();
    recent.take(&snapshot(seen.clone()), at(0));
    seen.health = Health::Down {
        kind: "timeout",
        message: "gone".into(),
        since: at(3),
    };
    recent.take(&snapshot(seen), at(5));
    let mut window = recent.window(60, at(5));
    assert_eq!(window.servers[0].take(Gauge::HostCpuRatio), [Some(0.5), None]);
    assert_eq!(window.servers[0].take(Gauge::Streams), [Some(1.0), None]);
    assert_eq!(window.decisions.copy, [Some(1.0), None]);
    assert_eq!(window.users[0].bps, [Some(1.0), Some(0.0)]);
}

#[test]
fn a_stream_manager_has_feeds_and_no_streams() {
    let mut seen = ServerSnapshot::new("antenna".into(), model::DISPATCHARR);
    seen.health = Health::Up;
    let recent = Recent::default();
    recent.take(&snapshot(seen), at(0));
    let mut window = recent.window(60, at(0));
    assert_eq!(newest(&mut window, Gauge::Feeds), Some(0.0));
    assert_eq!(newest(&mut window, Gauge::Streams), None);
    assert_eq!(window.decisions.copy, [None]);
}

fn sample(s: i64, streams: f32, users: &[(String, f32)]) -> Sample {
    Sample {
        at: at(s),
        servers: vec![ServerSample {
            id: "attic".into(),
            kind: model::PLEX,
            measured: false,
            gauges: vec![(Gauge::Streams, streams)],
        }],
        decisions: Some([streams, 0.0, 0.0]),
        users: users
            .iter()
            .map(|(name, bps)| (name.as_str().into(), *bps))
            .collect(),
    }
}

#[test]
fn a_clock_that_goes_back_begins_anew() {
    // Where the next sample lies after one at 0, and what is shown then.
    for (next_s, shown) in [
        (5, vec![0, 5]),
        (0, vec![0]),
        (-60, vec![0]),
        (-61, vec![-61]),
        (-7200, vec![-7200]),
    ] {
        let recent = Recent::default();
        recent.push(&sample(0, 1.0, &[]));
        recent.push(&sample(next_s, 2.0, &[]));
        let window = recent.window(60, at(next_s));
        let expected: Vec<_> = shown.into_iter().map(at).collect();
        assert_eq!(window.at, expected, "{next_s}");
    }
}

#[test]
fn minutes_are_means_of_what_was_known_and_users_of_all_of_it() {
    let recent = Recent::default();
    let ada = [("ada".to_owned(), 12.0)];
    for n in 0..13_i64 {
        let streams = if n < 6 { 2.0 } else { 5.0 };
        recent.push(&sample(n * 5, streams, if n < 3 { &ada } else { &[] }));
    }
    let mut window = recent.window(61, at(60));
    assert_eq!((window.step_s, window.at.clone()), (60, vec![at(0)]));
    assert_eq!(window.servers[0].take(Gauge::Streams), [Some(3.5)]);
    assert_eq!(window.users[0].bps, [Some(3.0)]);
}

#[test]
fn users_beyond_the_bound_are_others_and_a_forgotten_one_makes_room() {
    let recent = Recent::default();
    let many: Vec<_> = (0..70).map(|n| (format!("user {n:02}"), 1.0)).collect();
    recent.push(&sample(0, 1.0, &many));
    let window = recent.window(60, at(0));
    assert_eq!(window.users.len(), 64);
    assert_eq!(window.others, Some(vec![Some(6.0)]));
    // A day and an hour later nothing is left of them.
    let day_s = 25 * 3600;
    for s in (5..day_s).step_by(60) {
        recent.push(&sample(s, 1.0, &[]));
    }
    // The fine lane is turned over by as many samples as it has room for.
    recent.push(&sample(day_s + 60, 1.0, &[("zoe".to_owned(), 4.0)]));
    let window = recent.window(60, at(day_s + 60));
    assert_eq!(window.users.len(), 1, "{:?}", window.users);
    assert_eq!(&*window.users[0].name, "zoe");
    assert_eq!(window.others, None);
}

#[test]
fn samples_that_come_too_late_are_left_out() {
    let recent = Recent::default();
    for s in [10, 10, 5, 15] {
        recent.push(&sample(s, 1.0, &[]));
    }
    assert_eq!(recent.window(60, at(15)).at, [at(10), at(15)]);
}

proptest! {
    /// Against a plain list: whatever the gaps, the window holds the newest samples of its stretch, in order.
    #[test]
    fn the_window_is_the_end_of_the_list(gaps in prop::collection::vec(1_i64..40, 1..1500), minutes in 1_u32..=60) {
        let recent = Recent::default();
        let mut list = Vec::new();
        let mut now_s = 0;
        for (n, gap) in gaps.iter().enumerate() {
            now_s += gap;
            recent.push(&sample(now_s, n as f32, &[]));
            list.push((at(now_s), Some(n as f32)));
        }
        let after = at(now_s - i64::from(minutes) * 60);
        let kept = list.split_off(list.len().saturating_sub(720));
        let expected: Vec<_> = kept.into_iter().filter(|(moment, _)| *moment > after).collect();
        let mut window = recent.window(minutes, at(now_s));
        let streams = window.servers[0].take(Gauge::Streams);
        let found: Vec<_> = window.at.into_iter().zip(streams).collect();
        prop_assert_eq!(found, expected);
    }
}
