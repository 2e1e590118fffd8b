use std::sync::Arc;

use model::{Delivery, Item, LiveChannel, MediaKind, Player, SourceMedia};
use proptest::prelude::*;

use super::*;

fn session(key: &str, rating_key: Option<&str>, state: State, live: bool) -> Session {
    let item = Item {
        rating_key: rating_key.map(Into::into),
        guid: None,
        kind: MediaKind::Movie,
        title: None,
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        index: None,
        parent_index: None,
        year: None,
        duration_ms: None,
        library: None,
        thumb: None,
        live: live.then(LiveChannel::default),
        extra: false,
        details: model::ItemDetails::default(),
    };
    Session {
        key: key.into(),
        client_run: None,
        state,
        position_ms: None,
        item: Arc::new(item),
        user: None,
        player: Arc::new(Player::default()),
        source: Arc::new(SourceMedia::default()),
        delivery: Arc::new(Delivery::default()),
    }
}

fn movie(key: &str, rating_key: &str, state: State) -> Session {
    session(key, Some(rating_key), state, false)
}

fn playing(key: &str, rating_key: &str, state: PlayingState) -> Notification {
    Notification::Playing {
        key: key.into(),
        rating_key: (!rating_key.is_empty()).then(|| rating_key.into()),
        client: None,
        state,
        position_ms: Some(1000),
        transcode_key: None,
    }
}

/// Knows session 1 playing item 10 since a look at 100 ms.
fn one_known() -> Hints {
    let mut hints = Hints::default();
    hints.look(&[movie("1", "10", State::Playing)], 100, 101);
    hints
}

/// Name; key, item and state told of; state told on; whether in a hurry; whether a look is wanted.
type Case = (
    &'static str,
    (&'static str, &'static str, PlayingState),
    Option<Option<State>>,
    bool,
    bool,
);

const CASES: &[Case] = &[
    (
        "a repeat",
        ("1", "10", PlayingState::Playing),
        Some(Some(State::Playing)),
        false,
        false,
    ),
    (
        "a pause",
        ("1", "10", PlayingState::Paused),
        Some(Some(State::Paused)),
        true,
        true,
    ),
    (
        "a stall",
        ("1", "10", PlayingState::Buffering),
        Some(Some(State::Buffering)),
        true,
        true,
    ),
    (
        "a stop",
        ("1", "10", PlayingState::Stopped),
        Some(Some(State::Stopped)),
        true,
        true,
    ),
    (
        "a stop without item",
        ("1", "", PlayingState::Stopped),
        Some(Some(State::Stopped)),
        true,
        true,
    ),
    (
        "an error",
        ("1", "10", PlayingState::Error),
        Some(None),
        true,
        true,
    ),
    (
        "a new session",
        ("2", "20", PlayingState::Playing),
        None,
        false,
        true,
    ),
    (
        "the end of a session never seen",
        ("2", "20", PlayingState::Stopped),
        None,
        false,
        true,
    ),
    (
        "the next item",
        ("1", "11", PlayingState::Playing),
        None,
        false,
        true,
    ),
    (
        "the late end of another item",
        ("1", "9", PlayingState::Stopped),
        None,
        false,
        true,
    ),
    (
        "no session key",
        ("", "", PlayingState::Stopped),
        None,
        false,
        false,
    ),
];

#[test]
fn what_each_notification_of_a_session_leads_to() {
    for (name, (key, item, state), told, urgent, look) in CASES {
        let mut hints = one_known();
        hints.notice(playing(key, item, *state), 200);
        assert_eq!(hints.is_urgent(), *urgent, "{name}");
        assert_eq!(hints.due_ms(), look.then_some(204), "{name}");
        let deltas = hints.take().deltas;
        assert_eq!(deltas.first().map(|d| d.state), *told, "{name}");
        assert!(deltas.len() <= 1, "{name}");
        assert!(!hints.is_urgent() && hints.take() == Batch::default(), "{name}");
    }
}

#[test]
fn what_other_notifications_lead_to() {
    let cases = [
        (Notification::TranscodeStarted, true, false, false),
        (Notification::TranscodeEnded, true, false, false),
        (Notification::TranscodeUpdated, false, false, false),
        (Notification::Activity, false, true, false),
        (Notification::LibraryChanged, false, false, true),
    ];
    for (notification, look, activity, libraries) in cases {
        let mut hints = one_known();
        hints.notice(notification.clone(), 200);
        assert_eq!(hints.due_ms(), look.then_some(204), "{notification:?}");
        assert_eq!(
            hints.take_stirred(),
            Stirred { activity, libraries },
            "{notification:?}"
        );
        assert!(
            !hints.is_urgent() && hints.take() == Batch::default(),
            "{notification:?}"
        );
    }
}

#[test]
fn repeats_cost_no_look_and_coalesce() {
    let mut hints = one_known();
    for i in 0..1000 {
        hints.count_messages(1);
        hints.notice(playing("1", "10", PlayingState::Playing), 200 + i);
    }
    assert_eq!(hints.due_ms(), None);
    let batch = hints.take();
    assert_eq!((batch.deltas.len(), batch.notifications), (1, 1000));
}

#[test]
fn one_look_answers_all_of_the_same_instant() {
    let mut hints = Hints::default();
    for key in ["1", "2", "3"] {
        hints.notice(playing(key, "10", PlayingState::Playing), 200);
    }
    let all = ["1", "2", "3"].map(|k| movie(k, "10", State::Playing));
    hints.look(&all, 204, 210);
    assert_eq!(hints.due_ms(), None);
}

#[test]
fn a_notification_during_a_look_gets_its_own() {
    let mut hints = one_known();
    hints.notice(playing("1", "10", PlayingState::Paused), 205);
    // Asked before, answered after: the answer may be older than the notification.
    hints.look(&[movie("1", "10", State::Playing)], 204, 210);
    assert_eq!(hints.due_ms(), Some(209));
    assert!(hints.told_since(204));
    // The paused state is still the newest word, so a repeat is no change.
    hints.take();
    hints.notice(playing("1", "10", PlayingState::Paused), 215);
    assert!(!hints.is_urgent());
    hints.look(&[movie("1", "10", State::Paused)], 220, 221);
    assert_eq!(hints.due_ms(), None);
    assert!(!hints.told_since(220));
}

#[test]
fn a_look_overtakes_what_was_told_before_it() {
    let mut hints = one_known();
    hints.notice(playing("1", "10", PlayingState::Playing), 200);
    hints.look(&[movie("1", "10", State::Paused)], 300, 305);
    assert_eq!(hints.take().deltas, []);
    hints.notice(playing("1", "10", PlayingState::Paused), 400);
    hints.look(&[movie("1", "10", State::Paused)], 399, 405);
    assert_eq!(hints.take().deltas.len(), 1, "told while the look was under way");
}

/// Looks when due, always with the same answer; returns when the looks were.
fn looks_until_quiet(hints: &mut Hints, answer: &[Session]) -> Vec<u64> {
    let mut looks = Vec::new();
    while let Some(due) = hints.due_ms() {
        hints.look(answer, due, due);
        looks.push(due);
        assert!(looks.len() < 20, "never quiet");
    }
    looks
}

#[test]
fn a_session_not_yet_listed_is_looked_for_again_and_then_let_be() {
    let mut hints = Hints::default();
    hints.notice(playing("7", "70", PlayingState::Playing), 1000);
    assert_eq!(looks_until_quiet(&mut hints, &[]), [1004, 1104, 1354, 1854, 2854]);
    hints.notice(playing("7", "70", PlayingState::Playing), 3000);
    assert_eq!(hints.due_ms(), None, "known not to be listed");
    hints.notice(playing("7", "70", PlayingState::Paused), 3001);
    assert!(hints.due_ms().is_some(), "a change is worth a look");
    hints.look(&[movie("7", "70", State::Paused)], 3005, 3006);
    hints.notice(playing("7", "70", PlayingState::Playing), 3010);
    assert!(hints.is_urgent(), "listed after all");
}

#[test]
fn a_stopped_session_still_listed_is_looked_at_again() {
    let mut hints = one_known();
    hints.notice(playing("1", "10", PlayingState::Stopped), 1000);
    let still = [movie("1", "10", State::Playing)];
    hints.look(&still, 1004, 1010);
    assert_eq!(hints.due_ms(), Some(1110));
    hints.look(&[], 1110, 1111);
    assert_eq!(hints.due_ms(), None);
}

#[test]
fn a_session_that_goes_on_after_its_end_is_believed() {
    let mut hints = one_known();
    hints.notice(playing("1", "10", PlayingState::Stopped), 1000);
    hints.notice(playing("1", "10", PlayingState::Playing), 1001);
    hints.look(&[movie("1", "10", State::Playing)], 1004, 1005);
    assert_eq!(hints.due_ms(), None);
}

#[test]
fn a_look_for_another_session_does_not_use_up_the_tries() {
    let mut hints = Hints::default();
    hints.notice(playing("7", "70", PlayingState::Playing), 1000);
    hints.look(&[], 1004, 1005);
    for asked in [1010, 1020, 1030, 1040, 1050] {
        hints.look(&[], asked, asked);
    }
    assert_eq!(hints.due_ms(), Some(1105));
}

#[test]
fn live_television_is_told_of_under_other_keys() {
    let mut hints = Hints::default();
    hints.look(&[session("4", Some("99"), State::Playing, true)], 100, 101);
    hints.notice(
        playing("4", "com.gracenote.onconnect://episode/EP1", PlayingState::Paused),
        200,
    );
    let deltas = hints.take().deltas;
    assert_eq!(
        deltas[0].rating_key.as_deref(),
        Some("99"),
        "named as the look named it"
    );
    assert_eq!(deltas[0].state, Some(State::Paused));
    hints.look(&[session("4", Some("99"), State::Paused, true)], 204, 205);
    hints.notice(
        playing("4", "com.gracenote.onconnect://episode/EP1", PlayingState::Paused),
        300,
    );
    assert_eq!(hints.due_ms(), None, "the same programme");
    hints.notice(
        playing("4", "com.gracenote.onconnect://episode/EP2", PlayingState::Paused),
        400,
    );
    assert_eq!(hints.due_ms(), Some(404), "the next programme");
}

#[test]
fn a_second_name_for_an_item_is_learnt() {
    let mut hints = one_known();
    hints.notice(playing("1", "odd", PlayingState::Playing), 1000);
    assert_eq!(
        looks_until_quiet(&mut hints, &[movie("1", "10", State::Playing)]).len(),
        5
    );
    hints.notice(playing("1", "odd", PlayingState::Playing), 5000);
    assert_eq!(hints.due_ms(), None);
    assert_eq!(hints.take().deltas.len(), 1);
}

#[test]
fn a_new_connection_forgets_and_looks() {
    let mut hints = Hints::default();
    hints.notice(playing("7", "70", PlayingState::Playing), 1000);
    looks_until_quiet(&mut hints, &[]);
    hints.reconnected(9000);
    assert_eq!(hints.due_ms(), Some(9004));
    hints.look(&[], 9004, 9005);
    hints.notice(playing("7", "70", PlayingState::Playing), 9100);
    assert!(hints.due_ms().is_some(), "its key may be another session's now");
}

#[test]
fn memory_is_bounded() {
    let mut hints = Hints::default();
    for i in 0..(WANTS_MAX as u64 * 3) {
        hints.notice(playing(&i.to_string(), "1", PlayingState::Playing), 1000 + i);
        hints.notice(playing(&format!("s{i}"), "1", PlayingState::Stopped), 1000 + i);
    }
    assert!(hints.wants.len() <= WANTS_MAX && hints.unlisted.len() <= UNLISTED_MAX);
    assert_eq!(hints.due_ms().map(|due| due <= 1004), Some(true));
}

fn any_state() -> impl Strategy<Value = PlayingState> {
    prop_oneof![
        Just(PlayingState::Playing),
        Just(PlayingState::Paused),
        Just(PlayingState::Buffering),
        Just(PlayingState::Stopped),
        Just(PlayingState::Error),
    ]
}

proptest! {
    /// Whatever is told, the looks it causes come to an end, and what we know then is what the server lists.
    #[test]
    fn every_storm_ends(
        told in prop::collection::vec((0_u8..6, 0_u8..4, any_state(), 1_u64..400), 0..80),
        listed in prop::collection::btree_map(0_u8..6, 0_u8..4, 0..6),
    ) {
        let answer: Vec<Session> = listed
            .iter()
            .map(|(key, item)| movie(&key.to_string(), &item.to_string(), State::Playing))
            .collect();
        let mut hints = Hints::default();
        let mut now = 1000;
        for (key, item, state, wait) in told {
            now += wait;
            hints.notice(playing(&key.to_string(), &item.to_string(), state), now);
            if wait % 3 == 0 {
                hints.look(&answer, now, now + 5);
                now += 5;
            }
        }
        let mut looks = 0;
        while let Some(due) = hints.due_ms().or((looks == 0).then_some(now + 10)) {
            now = now.max(due);
            hints.look(&answer, now, now);
            looks += 1;
            prop_assert!(looks < 40);
        }
        prop_assert_eq!(hints.known.len(), answer.len());
    }
}
