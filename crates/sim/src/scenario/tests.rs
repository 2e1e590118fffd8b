//! Scenarios keep their promises. Driven by a hand-moved clock: no test waits.

use std::collections::BTreeSet;

use base::Clock;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::plex::{PlayState, World};
use crate::scenario::household::Evening;
use crate::scenario::{
    Options, UnknownScenario, big_seed, cabin_seed, fill, household_seed, names, run, seed,
};

fn clock() -> Clock {
    Clock::manual(Timestamp::from_second(1_763_000_000).unwrap())
}

/// What an evening of `turns` showed: (fewest, most) sessions, and the kinds of things that happened.
fn watch(seed: crate::plex::Seed, turns: u32) -> (usize, usize, BTreeSet<String>) {
    let clock = clock();
    let world = World::new(seed.clock(clock.clone()));
    let mut evening = Evening::new(world.clone());
    evening.begin();
    let (mut fewest, mut most, mut seen) = (usize::MAX, 0, BTreeSet::new());
    for _ in 0..turns {
        clock.advance(2_400);
        evening.turn();
        world.tick();
        let count = world.session_count();
        (fewest, most) = (fewest.min(count), most.max(count));
        let state = world.lock();
        for playing in state.sessions.values() {
            seen.insert(format!("{:?}", playing.item.kind));
            seen.insert(format!("{:?}", playing.state));
            seen.insert(format!("{:?}", playing.network));
            seen.insert(match playing.delivery.conversion() {
                None => "direct play".into(),
                Some(c) => format!("{:?}/{:?}/{:?}", c.video, c.audio, c.subtitle),
            });
            if playing
                .delivery
                .conversion()
                .is_some_and(|c| c.hw_encode.is_some())
            {
                seen.insert("hardware".into());
            }
        }
        if !state.activities.is_empty() {
            seen.insert("activity".into());
        }
        if !state.downloads.is_empty() {
            seen.insert("download".into());
        }
    }
    let history = world.lock().history.len();
    assert!(
        history > world.seed.history_rows,
        "somebody watched something to its end"
    );
    let (lan, wan) = world.bandwidth_totals();
    assert!(lan > 0 && wan > 0, "{lan} {wan}");
    (fewest, most, seen)
}

#[test]
fn a_household_evening_is_lively() {
    let (fewest, most, seen) = watch(household_seed(), 2_500);
    assert!((3..=4).contains(&fewest), "{fewest}");
    assert!((8..=10).contains(&most), "{most}");
    let wanted = [
        "Movie",
        "Episode",
        "Track",
        "LiveTv",
        "Photo",
        "Playing",
        "Paused",
        "Buffering",
        "Lan",
        "Wan",
        "Relay",
        "Cellular",
        "direct play",
        "hardware",
        "activity",
        "download",
        "Some(Transcode)/Some(Copy)/Some(Burn)",
        "Some(Copy)/Some(Transcode)/None",
        "Some(Copy)/Some(Copy)/None",
        "Some(Transcode)/Some(Transcode)/None",
    ];
    let missing: Vec<_> = wanted.iter().filter(|w| !seen.contains(**w)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}; seen: {seen:?}");
}

#[test]
fn a_server_without_pass_never_uses_hardware() {
    let (_, most, seen) = watch(cabin_seed(), 1_500);
    assert!((2..=6).contains(&most), "{most}");
    for never in ["hardware", "LiveTv", "download"] {
        assert!(!seen.contains(never), "{never}");
    }
}

#[test]
fn the_same_seed_gives_the_same_evening() {
    assert_eq!(watch(household_seed(), 300), watch(household_seed(), 300));
    let mut other = household_seed();
    other.random += 1;
    assert_ne!(watch(other, 300).2, BTreeSet::new());
}

#[test]
fn filling_makes_exactly_so_many_sessions_of_every_kind() {
    let world = World::new(big_seed(100).clock(clock()));
    assert_eq!(world.libraries().len(), 100);
    fill(&world, 500, 3);
    assert_eq!(world.session_count(), 500);
    let state = world.lock();
    let converted = state
        .sessions
        .values()
        .filter(|s| s.delivery.conversion().is_some())
        .count();
    assert!((200..400).contains(&converted), "{converted}");
    let paused = state
        .sessions
        .values()
        .filter(|s| s.state == PlayState::Paused)
        .count();
    assert!((20..80).contains(&paused), "{paused}");
    let users: BTreeSet<i64> = state.sessions.values().map(|s| s.account).collect();
    assert_eq!(users.len(), 60);
}

#[tokio::test]
async fn every_name_runs_until_cancelled_and_others_are_refused() {
    for (name, what) in names() {
        assert!(!what.is_empty());
        let options = Options {
            sessions: 3,
            ..Options::default()
        };
        let world = World::new(seed(name, &options).unwrap());
        let cancel = CancellationToken::new();
        let playing = tokio::spawn({
            let (world, cancel) = (world.clone(), cancel.clone());
            async move { run(name, world, &options, cancel).await }
        });
        while *name == "busy" && world.session_count() < 3 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
        playing.await.unwrap().unwrap();
    }
    let UnknownScenario { name } = seed("party", &Options::default()).unwrap_err();
    assert_eq!(name, "party");
}

#[tokio::test(start_paused = true)]
async fn busy_sends_as_many_notifications_as_asked() {
    let world = World::new(big_seed(4).still());
    let (mut frames, _client) = world.listen();
    let cancel = CancellationToken::new();
    let options = Options {
        sessions: 40,
        notifications_per_s: 1_000,
        changes_per_s: 5.0,
        ..Options::default()
    };
    let playing = tokio::spawn({
        let (world, cancel) = (world.clone(), cancel.clone());
        async move { run("busy", world, &options, cancel).await }
    });
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    cancel.cancel();
    playing.await.unwrap().unwrap();
    let mut playing_frames = 0;
    let mut stopped = 0;
    while let Ok(frame) = frames.try_recv() {
        playing_frames += usize::from(frame.event == "playing");
        stopped += usize::from(frame.text.contains("\"stopped\""));
    }
    assert!((3_700..=4_100).contains(&playing_frames), "{playing_frames}");
    assert!((15..=20).contains(&stopped), "{stopped}");
    assert_eq!(world.session_count(), 40);
}
