use model::{Health, State};

use super::build::{World, at, session};

#[test]
fn time_while_the_server_is_down_is_not_played_time() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(5_000)
        .look(vec![session("4", "10", 5_000)]);
    w.wait(5_000).outage("timeout").wait(30_000).outage("timeout");
    assert_eq!(w.played_counted_ms(), 5_000);
    assert_eq!(w.server().last_sessions_ok, Some(false));
    w.wait(10_000)
        .look(vec![session("4", "10", 50_000)])
        .wait(5_000)
        .look(vec![session("4", "10", 55_000)]);
    assert_eq!(w.played_counted_ms(), 10_000, "and it never goes back");
    assert_eq!(
        (w.plays_counted(), w.ended().len()),
        (1, 0),
        "it is still the same play"
    );
}

#[test]
fn the_outage_keeps_its_beginning_and_ends_with_a_good_look() {
    let mut w = World::new();
    w.wait(1_000).outage("unreachable").wait(9_000).outage("starting");
    let health = w.server().health.clone();
    assert_eq!(
        health,
        Health::Down {
            kind: "starting",
            message: "gone".into(),
            since: at(1_000)
        }
    );
    assert_eq!(health.as_str(), "starting");
    w.look(vec![]);
    assert!(w.server().health.is_up());
}

#[test]
fn a_key_reused_after_a_restart_is_a_new_play() {
    let mut w = World::new();
    w.look(vec![session("1", "10", 600_000)])
        .wait(5_000)
        .outage("starting")
        .wait(20_000);
    // Another item: obviously. The same item from its beginning: also.
    w.look(vec![session("1", "11", 0)]);
    assert_eq!(w.ended().len(), 1);
    assert_eq!(
        w.ended()[0].ended_at,
        Some(at(0)),
        "ended when last seen, not when the server came back"
    );
    w.wait(600_000)
        .look(vec![session("1", "11", 600_000)])
        .outage("starting")
        .wait(9_000);
    w.look(vec![session("1", "11", 0)]);
    assert_eq!((w.ended().len(), w.plays_counted()), (2, 3));
}

#[test]
fn the_same_item_further_on_after_an_outage_is_the_same_play() {
    let mut w = World::new();
    w.look(vec![session("1", "10", 600_000)])
        .outage("unreachable")
        .wait(20_000);
    w.look(vec![session("1", "10", 590_000)]);
    assert!(w.ended().is_empty(), "a step of one report back is not a restart");
}

#[test]
fn a_long_outage_closes_plays_where_they_were_last_seen() {
    let mut w = World::new();
    w.look(vec![session("1", "10", 0)])
        .wait(5_000)
        .outage("unreachable");
    w.wait(299_000).outage("unreachable");
    assert_eq!(w.server().plays.len(), 1);
    w.wait(1_000).outage("unreachable");
    assert!(w.server().plays.is_empty());
    assert_eq!(w.ended()[0].ended_at, Some(at(0)));
}

#[test]
fn notifications_during_an_outage_do_not_count_time() {
    let mut w = World::new();
    w.look(vec![session("1", "10", 0)])
        .wait(1_000)
        .outage("timeout")
        .wait(5_000)
        .hint("1", State::Paused);
    assert_eq!(w.play().totals.played_ms, 0);
}
