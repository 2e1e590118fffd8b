//! Whatever arrives in whatever order, these hold.

use std::collections::BTreeSet;

use model::{Body, Event, SessionDelta, State};
use proptest::prelude::*;

use super::build::{World, session, with};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Wait(u64),
    Look(Vec<(u8, u8, u8, u64)>),
    Hint(u8, Option<u8>, u8),
    Outage,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u64..20_000).prop_map(Step::Wait),
        4 => proptest::collection::vec((0_u8..4, 0_u8..3, 0_u8..3, 0_u64..100_000), 0..4).prop_map(Step::Look),
        3 => (0_u8..4, proptest::option::of(0_u8..3), 0_u8..4).prop_map(|(k, i, s)| Step::Hint(k, i, s)),
        1 => Just(Step::Outage),
    ];
    proptest::collection::vec(step, 1..60)
}

fn state(n: u8) -> State {
    [State::Playing, State::Paused, State::Buffering, State::Stopped][usize::from(n)]
}

pub(super) fn apply(w: &mut World, step: &Step) {
    match step {
        Step::Wait(ms) => {
            w.wait(*ms);
        }
        Step::Look(list) => {
            let sessions = list.iter().map(|(key, item, s, position)| {
                with(&session(&key.to_string(), &item.to_string(), *position), |x| {
                    x.state = state(*s);
                })
            });
            let sessions = sessions.collect();
            w.look(sessions);
        }
        Step::Hint(key, item, s) => {
            w.see(Body::Hints(vec![SessionDelta {
                key: key.to_string().as_str().into(),
                rating_key: item.map(|i| i.to_string().into()),
                state: Some(state(*s)),
                position_ms: None,
            }]));
        }
        Step::Outage => {
            w.outage("timeout");
        }
    }
}

proptest! {
    #[test]
    fn time_is_never_invented_lost_or_taken_back(steps in steps()) {
        let mut w = World::new();
        let mut before = 0;
        for step in &steps {
            apply(&mut w, step);
            let now = w.played_counted_ms();
            prop_assert!(now >= before, "counters never go back");
            before = now;
            for play in &w.server().plays {
                let t = play.totals;
                let age_ms = super::build::at(w.now_ms).as_millisecond() - play.started_at.as_millisecond();
                prop_assert!((t.played_ms + t.paused_ms + t.buffering_ms).cast_signed() <= age_ms);
                let in_segments: u64 = play.segments.iter().map(|s| s.played_ms).sum();
                prop_assert_eq!(in_segments, t.played_ms);
            }
        }
        // Close everything: what the counters hold is what the plays earned, to the millisecond.
        w.look(vec![]);
        w.wait(1).look(vec![]);
        let earned: u64 = w.ended().iter().map(|p| p.totals.played_ms).sum();
        prop_assert_eq!(w.played_counted_ms(), earned);
        prop_assert_eq!(w.plays_counted(), w.ended().len() as u64);
    }

    #[test]
    fn every_play_starts_once_and_ends_once(steps in steps()) {
        let mut w = World::new();
        for step in &steps {
            // Two plays of one key cannot begin in one millisecond.
            w.wait(1);
            apply(&mut w, step);
            if let Step::Look(list) = step {
                let listed: BTreeSet<_> = list.iter().map(|(k, ..)| k.to_string()).collect();
                let open: BTreeSet<_> =
                    w.server().plays.iter().map(|p| p.session.key.to_string()).collect();
                prop_assert!(listed.is_subset(&open), "no play lost");
                // A hint newer than the look may keep a play; here looks are instantaneous.
                prop_assert_eq!(listed, open, "no ghost");
            }
        }
        w.wait(1).look(vec![]);
        let mut started = BTreeSet::new();
        let mut ended = BTreeSet::new();
        for e in &w.events {
            match e {
                Event::PlayStarted(p) => prop_assert!(started.insert(p.id.clone())),
                Event::PlayEnded(p) => {
                    prop_assert!(ended.insert(p.id.clone()));
                    prop_assert!(p.ended_at.is_some_and(|end| end >= p.started_at));
                }
                _ => {}
            }
        }
        prop_assert_eq!(started, ended);
    }

    #[test]
    fn saying_it_twice_changes_nothing(steps in steps()) {
        let (mut once, mut twice) = (World::new(), World::new());
        for step in &steps {
            apply(&mut once, step);
            apply(&mut twice, step);
            if !matches!(step, Step::Wait(_)) {
                apply(&mut twice, step);
            }
        }
        let (mut a, mut b) = (once.state.snapshot(), twice.state.snapshot());
        (a.version, b.version) = (0, 0);
        prop_assert_eq!(a, b);
    }
}
