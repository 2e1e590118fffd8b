use model::{Body, Event, SessionDelta, State};

use super::build::{World, at, session, with};

#[test]
fn a_notified_stop_ends_the_play_at_its_moment() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(3_200)
        .hint("4", State::Stopped);
    assert_eq!(w.play().state(), State::Stopped, "shown at once");
    w.wait(40).look(vec![]);
    let play = &w.ended()[0];
    assert_eq!((play.ended_at, play.totals.played_ms), (Some(at(3_200)), 3_200));
}

#[test]
fn a_play_of_one_second_is_kept_whole() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .hint("4", State::Stopped)
        .wait(20)
        .look(vec![]);
    assert_eq!((w.plays_counted(), w.played_counted_ms()), (1, 1_000));
}

#[test]
fn pauses_and_resumes_between_looks_are_timed_by_notifications() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)]);
    w.wait(1_500)
        .hint("4", State::Paused)
        .wait(2_000)
        .hint("4", State::Playing);
    w.wait(1_500).look(vec![session("4", "10", 3_000)]);
    assert_eq!(
        (w.play().totals.played_ms, w.play().totals.paused_ms),
        (3_000, 2_000)
    );
}

#[test]
fn a_server_that_still_lists_a_stopped_session_does_not_revive_it_within_the_grace() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .hint("4", State::Stopped);
    w.wait(300).look(vec![session("4", "10", 1_000)]);
    assert_eq!(w.play().state(), State::Stopped);
    w.wait(2_000).look(vec![]);
    assert_eq!(w.ended()[0].totals.played_ms, 1_000);
}

#[test]
fn a_session_listed_after_the_grace_goes_on_without_the_doubtful_time() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .hint("4", State::Stopped);
    w.wait(5_000)
        .look(vec![session("4", "10", 1_000)])
        .wait(2_000)
        .look(vec![session("4", "10", 3_000)]);
    assert_eq!(
        (w.play().state(), w.play().totals.played_ms),
        (State::Playing, 3_000)
    );
    assert_eq!(w.plays_counted(), 1);
}

#[test]
fn playing_after_stopped_resumes_the_same_play() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .hint("4", State::Stopped);
    w.wait(500)
        .hint("4", State::Playing)
        .wait(500)
        .look(vec![session("4", "10", 1_500)]);
    assert_eq!(
        (w.play().state(), w.play().totals.played_ms),
        (State::Playing, 1_500)
    );
    assert!(w.ended().is_empty());
}

#[test]
fn a_stop_told_twice_counts_once_and_the_first_time_holds() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .hint("4", State::Stopped);
    w.wait(700).hint("4", State::Stopped).wait(10).look(vec![]);
    assert_eq!(w.ended().len(), 1);
    assert_eq!(w.ended()[0].ended_at, Some(at(1_000)));
}

#[test]
fn hints_about_unknown_keys_and_other_items_change_nothing() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(1_000)
        .hint("99", State::Stopped);
    w.see(Body::Hints(vec![SessionDelta {
        key: "4".into(),
        rating_key: Some("11".into()),
        state: Some(State::Stopped),
        position_ms: None,
    }]));
    assert_eq!(w.play().state(), State::Playing);
}

#[test]
fn a_look_asked_before_a_notification_does_not_overrule_it() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)]).wait(1_000);
    let asked_mono_ms = w.now_ms;
    w.wait(50).hint("4", State::Paused).wait(50);
    w.see(Body::Sessions {
        sessions: vec![session("4", "10", 1_000)],
        asked_mono_ms,
    });
    assert_eq!(w.play().state(), State::Paused);
    // The same for a session the older look did not list.
    w.wait(1_000);
    let asked_mono_ms = w.now_ms;
    w.wait(50).hint("4", State::Playing).see(Body::Sessions {
        sessions: vec![],
        asked_mono_ms,
    });
    assert_eq!(w.play().state(), State::Playing);
    w.wait(1_000).look(vec![]);
    assert_eq!(w.ended().len(), 1, "the next look decides");
}

#[test]
fn position_reports_are_progress_and_state_changes_are_changes() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)]);
    w.events.clear();
    w.wait(1_000).see(Body::Hints(vec![SessionDelta {
        key: "4".into(),
        rating_key: Some("10".into()),
        state: Some(State::Playing),
        position_ms: Some(1_000),
    }]));
    assert!(matches!(w.events[..], [Event::PlayProgress(_)]));
    assert_eq!(w.server().plays[0].session.position_ms, Some(1_000));
    w.events.clear();
    w.hint("4", State::Paused);
    assert!(matches!(w.events[..], [Event::PlayChanged(_)]));
}

#[test]
fn the_paused_session_of_a_vanished_client_stays_until_a_look_misses_it() {
    let mut w = World::new();
    let paused = with(&session("4", "10", 0), |s| s.state = State::Paused);
    for _ in 0..120 {
        w.wait(5_000).look(vec![paused.clone()]);
    }
    assert_eq!((w.server().plays.len(), w.played_counted_ms()), (1, 0));
    w.wait(5_000).look(vec![]);
    assert!(w.server().plays.is_empty());
}
