use std::sync::Arc;

use model::{Decision, Event, LiveChannel, MediaKind, Reason, State, Transcode};

use super::build::{World, at, session, with};

#[test]
fn a_session_already_playing_at_start_is_a_play_at_once_with_its_true_position() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 90_000)]);
    assert_eq!(w.play().started_position_ms, Some(90_000));
    assert_eq!(w.plays_counted(), 1);
    assert!(matches!(w.events[0], Event::PlayStarted(_)));
}

#[test]
fn played_time_is_wall_clock_between_looks_in_the_state_that_held() {
    let mut w = World::new();
    let playing = session("4", "10", 0);
    let paused = with(&playing, |s| s.state = State::Paused);
    let buffering = with(&playing, |s| s.state = State::Buffering);
    w.look(vec![playing]);
    w.wait(5_000).look(vec![paused.clone()]);
    w.wait(7_000).look(vec![buffering]);
    w.wait(2_000).look(vec![paused]);
    let totals = w.play().totals;
    assert_eq!(
        (totals.played_ms, totals.paused_ms, totals.buffering_ms),
        (5_000, 7_000, 2_000)
    );
    assert_eq!(totals.estimated_bytes, Some(5_000_000), "8 Mbps for 5 s are 5 MB");
    assert_eq!(w.server().estimated_bytes, 5_000_000);
    assert_eq!(w.played_counted_ms(), 5_000);
}

#[test]
fn a_stop_nobody_told_ends_the_play_when_it_was_last_seen() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)])
        .wait(5_000)
        .look(vec![session("4", "10", 5_000)]);
    w.wait(5_000).look(vec![]);
    assert!(w.server().plays.is_empty());
    assert_eq!(w.ended()[0].ended_at, Some(at(5_000)));
    assert_eq!(w.ended()[0].totals.played_ms, 5_000);
}

#[test]
fn counters_go_on_after_the_play_ended() {
    let mut w = World::new();
    for n in 0..3_u64 {
        w.wait(1_000).look(vec![session(&n.to_string(), "10", 0)]);
        w.wait(10_000).look(vec![session(&n.to_string(), "10", 10_000)]);
        w.wait(1_000).look(vec![]);
    }
    assert_eq!((w.plays_counted(), w.played_counted_ms()), (3, 30_000));
}

#[test]
fn auto_play_next_under_the_same_key_is_a_new_play_that_began_where_its_position_says() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)]);
    w.wait(5_000).look(vec![session("4", "11", 2_000)]);
    let old = &w.ended()[0];
    assert_eq!((old.ended_at, old.totals.played_ms), (Some(at(3_000)), 3_000));
    let new = w.play();
    assert_eq!((new.started_at, new.totals.played_ms), (at(3_000), 2_000));
    assert_eq!(w.plays_counted(), 2);
    assert_eq!(w.played_counted_ms(), 5_000);
}

#[test]
fn a_key_taken_over_by_another_client_is_a_new_play() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0)]);
    let other = with(&session("4", "10", 0), |s| {
        Arc::make_mut(&mut s.player).machine_id = Some("phone".into());
    });
    w.wait(5_000).look(vec![other]);
    assert_eq!((w.ended().len(), w.server().plays.len()), (1, 1));
}

#[test]
fn a_quality_change_stays_one_play_and_is_kept_as_a_segment() {
    let mut w = World::new();
    let direct = session("4", "10", 0);
    let transcode = with(&direct, |s| {
        let d = Arc::make_mut(&mut s.delivery);
        d.decision = Some(Decision::Transcode);
        d.bitrate_bps = Some(2_000_000);
        d.transcode = Some(Transcode {
            reasons: vec![Reason::Quality],
            ..Transcode::default()
        });
    });
    w.look(vec![direct.clone()])
        .wait(4_000)
        .look(vec![transcode.clone()])
        .wait(6_000)
        .look(vec![transcode]);
    let play = w.play();
    assert_eq!(w.ended().len(), 0);
    let of: Vec<_> = play.segments.iter().map(|s| (s.decision, s.played_ms)).collect();
    assert_eq!(
        of,
        [
            (Some(Decision::DirectPlay), 4_000),
            (Some(Decision::Transcode), 6_000)
        ]
    );
    // 4 s at 8 Mbps, 6 s at 2 Mbps.
    assert_eq!(play.totals.estimated_bytes, Some(4_000_000 + 1_500_000));
    let by_decision: Vec<_> = w
        .server()
        .counters
        .iter()
        .map(|(k, c)| (k.decision, c.played_ms))
        .collect();
    assert_eq!(
        by_decision,
        [
            (Some(Decision::DirectPlay), 4_000),
            (Some(Decision::Transcode), 6_000)
        ]
    );
    assert_eq!(w.plays_counted(), 1);
}

#[test]
fn a_seek_back_while_the_server_is_up_stays_one_play() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 3_000_000)])
        .wait(5_000)
        .look(vec![session("4", "10", 0)]);
    assert!(w.ended().is_empty());
}

#[test]
fn clips_trailers_and_photos_are_shown_but_never_counted() {
    let mut w = World::new();
    let extra = with(&session("1", "10", 0), |s| {
        Arc::make_mut(&mut s.item).extra = true;
    });
    let clip = with(&session("2", "11", 0), |s| {
        Arc::make_mut(&mut s.item).kind = MediaKind::Clip;
    });
    let photo = with(&session("3", "12", 0), |s| {
        Arc::make_mut(&mut s.item).kind = MediaKind::Photo;
    });
    w.look(vec![extra.clone(), clip.clone(), photo.clone()])
        .wait(60_000)
        .look(vec![extra, clip, photo]);
    assert_eq!(w.server().plays.len(), 3);
    w.wait(1_000).look(vec![]);
    assert_eq!((w.plays_counted(), w.played_counted_ms()), (0, 0));
}

#[test]
fn live_television_is_one_play_per_channel_whatever_the_programme() {
    let mut w = World::new();
    let on = |number: &str, title: &str| {
        with(&session("4", "x", 0), |s| {
            let i = Arc::make_mut(&mut s.item);
            (i.rating_key, i.kind, i.library) = (None, MediaKind::Clip, None);
            i.guid = Some(title.into());
            i.title = Some(title.into());
            i.live = Some(LiveChannel {
                number: Some(number.into()),
                ..LiveChannel::default()
            });
        })
    };
    w.look(vec![on("7.1", "News")])
        .wait(5_000)
        .look(vec![on("7.1", "Weather")]);
    assert!(w.ended().is_empty());
    assert_eq!(w.play().session.item.title.as_deref(), Some("Weather"));
    w.wait(5_000).look(vec![on("9.2", "Sport")]);
    assert_eq!((w.ended().len(), w.plays_counted()), (1, 2));
}

#[test]
fn a_play_waits_for_its_library_and_decision_before_it_is_counted() {
    let mut w = World::new();
    let raw = with(&session("4", "10", 0), |s| {
        Arc::make_mut(&mut s.item).library = None;
        Arc::make_mut(&mut s.delivery).decision = None;
    });
    w.look(vec![raw]);
    assert_eq!(w.plays_counted(), 0);
    w.wait(3_000)
        .look(vec![session("4", "10", 3_000)])
        .wait(1_000)
        .look(vec![]);
    let counters = w.server().counters.clone();
    assert_eq!(counters.len(), 1, "nothing was counted under an unknown library");
    let (key, sums) = counters.iter().next().unwrap();
    assert_eq!(
        (key.decision, sums.plays, sums.played_ms),
        (Some(Decision::DirectPlay), 1, 3_000)
    );
    assert_eq!(
        w.ended()[0].segments.len(),
        1,
        "the first segment was completed, not followed"
    );
}

#[test]
fn the_same_client_may_play_twice_under_two_keys() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0), session("5", "10", 0)])
        .wait(1_000);
    w.look(vec![session("4", "10", 1_000), session("5", "10", 1_000)]);
    assert_eq!(w.server().plays.len(), 2);
}

#[test]
fn a_key_listed_twice_is_one_play() {
    let mut w = World::new();
    w.look(vec![session("4", "10", 0), session("4", "10", 0)]);
    assert_eq!(w.server().plays.len(), 1);
}
