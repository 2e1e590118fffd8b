//! What a look at 1,000 sessions and a burst of notifications cost.

use std::sync::Arc;

use live::State;
use model::{
    Body, Decision, Delivery, Item, LibraryKind, LibraryRef, MediaKind, Observation, Player, Session,
    SessionDelta, SourceMedia, State as PlayerState, Timestamp, User,
};

fn main() {
    divan::main();
}

fn session(n: u64, position_ms: u64) -> Session {
    Session {
        key: n.to_string().as_str().into(),
        client_run: None,
        state: PlayerState::Playing,
        position_ms: Some(position_ms),
        item: Arc::new(Item {
            rating_key: Some((n + 10_000).to_string().into()),
            guid: Some(format!("plex://movie/{n:024x}").into()),
            kind: MediaKind::Movie,
            title: Some(format!("A film with a number, {n}").into()),
            parent_title: None,
            grandparent_title: None,
            original_title: None,
            index: None,
            parent_index: None,
            year: Some(1999),
            duration_ms: Some(7_200_000),
            library: Some(LibraryRef {
                id: "1".into(),
                title: "Films".into(),
                kind: LibraryKind::Movie,
            }),
            thumb: None,
            live: None,
            extra: false,
            details: model::ItemDetails::default(),
        }),
        user: Some(User {
            id: None,
            name: format!("user {}", n % 50).into(),
        }),
        player: Arc::new(Player {
            machine_id: Some(format!("client-{n}").into()),
            ..Player::default()
        }),
        source: Arc::new(SourceMedia::default()),
        delivery: Arc::new(Delivery {
            decision: Some(if n.is_multiple_of(3) {
                Decision::Transcode
            } else {
                Decision::DirectPlay
            }),
            bitrate_bps: Some(8_000_000),
            ..Delivery::default()
        }),
    }
}

fn observation(mono_ms: u64, body: Body) -> Observation {
    let taken_at = Timestamp::from_millisecond(1_763_700_000_000 + mono_ms.cast_signed()).expect("in range");
    Observation {
        source: "attic".into(),
        taken_at,
        mono_ms,
        body,
    }
}

fn look(sessions: u64, mono_ms: u64) -> Observation {
    let sessions = (0..sessions).map(|n| session(n, mono_ms)).collect();
    observation(
        mono_ms,
        Body::Sessions {
            sessions,
            asked_mono_ms: mono_ms,
        },
    )
}

fn warm(sessions: u64) -> State {
    let mut state = State::new([("attic".into(), "plex")]);
    state.reconcile(look(sessions, 0), &mut Vec::new());
    state
}

/// A look in which every session has moved on, with a reader holding the snapshot before it.
#[divan::bench(args = [20, 500, 1_000])]
fn full_look(bencher: divan::Bencher<'_, '_>, sessions: u64) {
    let state = warm(sessions);
    let held = state.snapshot();
    bencher
        .with_inputs(|| (state.clone(), look(sessions, 5_000)))
        .bench_local_values(|(mut state, seen)| {
            let mut events = Vec::new();
            state.reconcile(seen, &mut events);
            divan::black_box(&held);
            (state, events)
        });
}

/// Notifications about 500 of 1,000 sessions in one batch.
#[divan::bench]
fn hints_for_500_of_1000(bencher: divan::Bencher<'_, '_>) {
    let state = warm(1_000);
    let deltas: Vec<SessionDelta> = (0..500_u64)
        .map(|n| SessionDelta {
            key: n.to_string().as_str().into(),
            rating_key: None,
            state: Some(PlayerState::Playing),
            position_ms: Some(1_000),
        })
        .collect();
    bencher
        .with_inputs(|| (state.clone(), observation(1_000, Body::Hints(deltas.clone()))))
        .bench_local_values(|(mut state, seen)| {
            let mut events = Vec::new();
            state.reconcile(seen, &mut events);
            (state, events)
        });
}
