//! What an earlier process knew is taken up again.

use std::collections::{BTreeMap, BTreeSet};

use model::{Body, Carried, Event, Network, PlayId, ServerSnapshot, State as PlayerState, TransmitDelta};
use proptest::prelude::*;
use tokio::sync::mpsc;

use super::build::{World, at, session, with};
use super::properties::{Step, apply};
use crate::{OBSERVATION_QUEUE, State, channel};

/// What would be written down of a server.
fn carry(server: &ServerSnapshot) -> Carried {
    Carried {
        source: server.id.clone(),
        plays: server.plays.iter().map(|p| (**p).clone()).collect(),
        counters: (*server.counters).clone(),
        estimated_bytes: server.estimated_bytes,
        iptv: None,
        transmitted_bytes: server.transmitted_bytes.clone(),
    }
}

/// The same world, watched by a new process: its monotonic clock begins anew.
fn restart(w: &World) -> World {
    let mut state = State::new([("attic".into(), "plex")]);
    state.restore([carry(&w.server())]);
    World {
        state,
        now_ms: w.now_ms,
        events: Vec::new(),
    }
}

#[test]
fn a_play_that_still_runs_goes_on_as_the_same_play() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(5_000)
        .look(vec![session("4", "10", 5_000)]);
    let before = w.play();
    let mut w = restart(&w);
    assert_eq!(w.play(), before, "visible before the first look");
    w.wait(60_000)
        .look(vec![session("4", "10", 65_000)])
        .wait(5_000)
        .look(vec![session("4", "10", 70_000)]);
    let after = w.play();
    assert_eq!((&after.id, after.started_at), (&before.id, before.started_at));
    assert_eq!(after.totals.played_ms, 10_000, "nobody saw the minute between");
    assert_eq!(after.segments.len(), 1);
    assert_eq!((w.plays_counted(), w.played_counted_ms()), (1, 10_000));
    assert!(w.ended().is_empty());
}

#[test]
fn a_play_that_is_gone_ends_when_it_was_last_seen() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(5_000)
        .look(vec![session("4", "10", 5_000)]);
    let id = w.play().id.clone();
    let mut w = restart(&w);
    w.wait(60_000).look(vec![]);
    assert_eq!((&w.ended()[0].id, w.ended()[0].ended_at), (&id, Some(at(5_000))));
    assert_eq!(w.plays_counted(), 1);
}

#[test]
fn a_play_begun_anew_meanwhile_is_another() {
    for again in [session("4", "10", 0), session("4", "11", 90_000)] {
        let mut w = World::new();
        w.look(vec![session("4", "10", 60_000)]);
        let mut w = restart(&w);
        w.wait(60_000).look(vec![again]);
        assert_eq!(w.ended()[0].ended_at, Some(at(0)));
        assert_eq!(w.play().started_at, at(60_000));
        assert_eq!(w.plays_counted(), 2);
    }
}

#[test]
fn after_many_hours_the_same_item_is_another_evening() {
    for (hours, plays) in [(5, 1), (7, 2)] {
        let mut w = World::new();
        w.look(vec![session("4", "10", 60_000)]);
        let mut w = restart(&w);
        w.wait(hours * 3_600_000).look(vec![session("4", "10", 70_000)]);
        assert_eq!(w.plays_counted(), plays, "after {hours} h");
    }
}

#[test]
fn a_server_that_stays_away_ends_its_plays_like_in_any_outage() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)]);
    let mut w = restart(&w);
    w.outage("unreachable").wait(299_000).outage("unreachable");
    assert_eq!(w.server().plays.len(), 1);
    w.hint("4", PlayerState::Paused);
    assert_eq!(
        w.play().seen_at,
        at(0),
        "a hint before the first look proves nothing"
    );
    w.wait(1_000).outage("unreachable");
    assert_eq!(w.ended()[0].ended_at, Some(at(0)));
}

#[test]
fn a_play_not_yet_counted_is_counted_once_with_all_its_time() {
    let vague = |position| {
        with(&session("4", "10", position), |s| {
            let mut item = (*s.item).clone();
            item.library = None;
            s.item = item.into();
        })
    };
    let mut w = World::new();
    w.look(vec![vague(0)]).wait(5_000).look(vec![vague(5_000)]);
    assert_eq!(w.plays_counted(), 0);
    let mut w = restart(&w);
    w.look(vec![session("4", "10", 5_000)])
        .wait(1_000)
        .look(vec![session("4", "10", 6_000)]);
    assert_eq!((w.plays_counted(), w.played_counted_ms()), (1, 6_000));
}

#[test]
fn sums_of_a_server_found_later_go_on_when_it_appears() {
    let mut w = World::new();
    w.see(Body::Transmitted(vec![TransmitDelta {
        network: Network::Wan,
        bytes: 7,
    }]));
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .look(vec![session("4", "10", 1_000)]);
    let mut state = State::new([]);
    state.restore([carry(&w.server())]);
    assert!(state.snapshot().servers.is_empty(), "unseen so far");
    let mut later = World {
        state,
        now_ms: w.now_ms,
        events: Vec::new(),
    };
    later.see(Body::Hello { kind: "plex" });
    assert_eq!(later.server().estimated_bytes, 1_000_000);
    later.see(Body::Transmitted(vec![TransmitDelta {
        network: Network::Wan,
        bytes: 3,
    }]));
    assert_eq!(
        later.server().transmitted_bytes,
        Some(BTreeMap::from([(Network::Wan, 10)]))
    );
    assert_eq!(later.play().id, w.play().id);
}

#[tokio::test]
async fn the_journal_loses_no_end_however_slow_its_reader() {
    let (mut actor, live) = channel([("attic".into(), "plex")]);
    let mut journal = actor.journal();
    let (tx, rx) = mpsc::channel(OBSERVATION_QUEUE);
    let task = tokio::spawn(actor.run(rx));
    // Two thousand plays, one after the other, while nobody reads.
    for n in 0..2_000_u64 {
        let body = Body::Sessions {
            sessions: vec![session("4", &n.to_string(), 0)],
            asked_mono_ms: n,
        };
        let seen = model::Observation {
            source: "attic".into(),
            taken_at: at(n),
            mono_ms: n,
            body,
        };
        tx.send(seen).await.unwrap();
    }
    drop(tx);
    let mut ended = Vec::new();
    while let Some(play) = journal.recv().await {
        let model::Ended::Play(play) = play else {
            unreachable!()
        };
        ended.push(play.session.item.rating_key.clone().unwrap());
    }
    task.await.unwrap();
    let expected: Vec<model::Text> = (0..1_999).map(|n: u64| n.to_string().into()).collect();
    assert_eq!(ended, expected);
    assert_eq!(live.unkept(), 0);
}

#[tokio::test]
async fn an_end_is_in_the_journal_before_a_snapshot_lacks_the_play() {
    let (mut actor, live) = channel([("attic".into(), "plex")]);
    let mut journal = actor.journal();
    let (tx, rx) = mpsc::channel(OBSERVATION_QUEUE);
    let task = tokio::spawn(actor.run(rx));
    let mut watch = live.watch();
    for (n, sessions) in [(0, vec![session("4", "10", 0)]), (1, vec![])] {
        let body = Body::Sessions {
            sessions,
            asked_mono_ms: n,
        };
        let seen = model::Observation {
            source: "attic".into(),
            taken_at: at(n),
            mono_ms: n,
            body,
        };
        tx.send(seen).await.unwrap();
        watch.changed().await.unwrap();
    }
    assert!(live.snapshot().plays().next().is_none());
    assert!(journal.try_recv().is_ok());
    drop(tx);
    task.await.unwrap();
}

/// Looks, waits and progress; no stop is told but by absence.
fn quiet_steps() -> impl Strategy<Value = Vec<Step>> {
    let listed = proptest::collection::vec((0_u8..4, 0_u8..3, 0_u8..3, 0_u64..100_000), 0..4);
    let step = prop_oneof![
        // Short, so that no outage before the cut lasts five minutes.
        3 => (0_u64..5_000).prop_map(Step::Wait),
        4 => listed.prop_map(Step::Look),
        2 => (0_u8..4, proptest::option::of(0_u8..3), 0_u8..3).prop_map(|(k, i, s)| Step::Hint(k, i, s)),
        1 => Just(Step::Outage),
    ];
    proptest::collection::vec(step, 2..50)
}

/// Every play that was ever begun: when, how long it played, when it ended.
fn plays(events: &[Event]) -> BTreeMap<PlayId, (i64, u64, Option<i64>)> {
    let mut all = BTreeMap::new();
    for event in events {
        if let Event::PlayStarted(p) | Event::PlayChanged(p) | Event::PlayEnded(p) = event {
            let ended = p.ended_at.map(model::Timestamp::as_millisecond);
            all.insert(
                p.id.clone(),
                (p.started_at.as_millisecond(), p.totals.played_ms, ended),
            );
        }
    }
    all
}

proptest! {
    /// A run that is cut off, written down and taken up again tells the same plays as one that was only blind for a
    /// moment at the same place.
    #[test]
    fn a_cut_loses_nothing_but_the_time_nobody_saw(steps in quiet_steps(), cut in 0_usize..50, dead_ms in 0_u64..200_000) {
        let cut = cut % steps.len();
        let (mut whole, mut first) = (World::new(), World::new());
        for step in &steps[..cut] {
            whole.wait(1);
            first.wait(1);
            apply(&mut whole, step);
            apply(&mut first, step);
        }
        whole.outage("timeout").wait(dead_ms);
        let mut second = restart(&first);
        second.wait(dead_ms);
        second.events.clone_from(&first.events);
        prop_assert_eq!(second.played_counted_ms(), first.played_counted_ms());
        let mut before = second.played_counted_ms();
        for step in &steps[cut..] {
            // An outage may last five minutes before it ends plays, and the two began at different moments.
            if matches!(step, Step::Outage) {
                continue;
            }
            whole.wait(1);
            second.wait(1);
            apply(&mut whole, step);
            apply(&mut second, step);
            prop_assert!(second.played_counted_ms() >= before, "counters never go back");
            before = second.played_counted_ms();
        }
        whole.wait(1).look(vec![]);
        second.wait(1).look(vec![]);
        prop_assert_eq!(plays(&whole.events), plays(&second.events));
        prop_assert_eq!(whole.plays_counted(), second.plays_counted());
        prop_assert_eq!(whole.played_counted_ms(), second.played_counted_ms());
        let ended = second.ended();
        let ids: BTreeSet<_> = ended.iter().map(|p| p.id.clone()).collect();
        prop_assert_eq!(ids.len(), ended.len(), "every play ends once");
        prop_assert_eq!(second.plays_counted(), ended.len() as u64, "and is counted once");
    }
}
