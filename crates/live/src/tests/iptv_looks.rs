use std::sync::Arc;

use model::Body;
use model::iptv::{Feed, FeedKind, FeedState, ProfileId, ViewKey};

use super::build::{World, at};
use super::iptv_build::{change, fed_by, feed, in_state, inventory, received, sent, since, viewer, watched};

const T0: u64 = 1_000_000;

#[test]
fn a_channel_goes_on_the_air_is_watched_and_goes_off() {
    let mut w = World::manager();
    w.feeds(vec![]);
    assert!(
        w.iptv().runs.is_empty(),
        "a manager at rest is not one that was never asked"
    );
    w.wait(5_000).feeds(vec![feed("a")]);
    assert_eq!(w.told(), ["run a started"]);
    w.wait(5_000)
        .feeds(vec![watched(&feed("a"), &[viewer("x"), viewer("y")])]);
    assert_eq!(w.told(), ["run a changed"]);
    w.wait(5_000)
        .feeds(vec![watched(&feed("a"), &[viewer("x"), viewer("y")])]);
    assert_eq!(w.told(), [""; 0], "nothing but time went by");
    w.wait(5_000).feeds(vec![watched(&feed("a"), &[viewer("y")])]);
    assert_eq!(w.told(), ["viewing x ended", "run a changed"]);
    let run = w.run();
    assert_eq!((run.totals.active_ms, run.totals.viewer_ms), (15_000, 20_000));
    assert_eq!((run.totals.peak_viewers, run.viewings.len()), (2, 1));
    w.wait(5_000).feeds(vec![]);
    assert!(w.iptv().runs.is_empty());
    let run = w.ended_runs()[0].clone();
    assert_eq!(
        (run.started_at, run.ended_at),
        (at(T0 + 5_000), Some(at(T0 + 20_000)))
    );
    assert_eq!(
        run.totals.active_ms, 15_000,
        "it was not there any more in the last look"
    );
    assert!(run.viewings.is_empty());
    assert_eq!(w.told(), ["viewing y ended", "run a ended"]);
}

#[test]
fn time_goes_to_what_was_so_at_the_earlier_look() {
    let mut w = World::manager();
    w.feeds(vec![feed("a")]);
    for (ms, state) in [
        (1_000, FeedState::Buffering),
        (2_000, FeedState::Error),
        (4_000, FeedState::WaitingForClients),
        (8_000, FeedState::Active),
        (16_000, FeedState::Active),
    ] {
        w.wait(ms).feeds(vec![in_state(&feed("a"), state)]);
    }
    let t = w.run().totals;
    assert_eq!((t.active_ms, t.buffering_ms, t.error_ms), (17_000, 2_000, 4_000));
    let segment = &w.run().segments[0];
    assert_eq!((segment.buffering_ms, segment.error_ms), (2_000, 4_000));
    let p = w.provider(7);
    assert_eq!((p.connection_ms, p.buffering_ms), (31_000, 2_000));
}

#[test]
fn errors_are_counted_when_they_begin() {
    let mut w = World::manager();
    let error = || watched(&in_state(&feed("a"), FeedState::Error), &[viewer("v")]);
    let unsaid = || change(&feed("a"), |f| f.state = None);
    for (look, errors) in [
        (feed("a"), 0),
        (error(), 1),
        (error(), 1),
        (unsaid(), 1),
        (error(), 1),
        (feed("a"), 1),
        (error(), 2),
    ] {
        w.wait(1_000).feeds(vec![look]);
        assert_eq!(
            (w.run().totals.errors, w.provider(7).errors),
            (errors, u64::from(errors))
        );
    }
    let mut w = World::manager();
    w.feeds(vec![error()]);
    assert_eq!(w.run().totals.errors, 1, "it failed before we came");
    let mut w = World::manager();
    w.feeds(vec![watched(&in_state(&feed("a"), FeedState::Error), &[])]);
    assert_eq!(w.run().totals.errors, 0, "nobody is left: an ordinary stop");
}

#[test]
fn a_run_begins_when_the_manager_says() {
    let mut w = World::manager();
    w.feeds(vec![since(&feed("a"), at(T0 - 90_000), 90_000)]);
    assert_eq!(w.run().started_at, at(T0 - 90_000));
    assert_eq!(
        w.run().id.as_str(),
        format!("attic-a-{}", at(T0 - 90_000).as_millisecond())
    );
    assert_eq!(w.run().totals.active_ms, 0, "but nobody saw it");
}

#[test]
fn a_manager_that_restarted_between_two_looks_has_another_run() {
    let mut w = World::manager();
    let with = |f: Feed| watched(&f, &[viewer("x")]);
    w.feeds(vec![with(since(&feed("a"), at(T0 - 90_000), 90_000))]);
    w.wait(5_000)
        .feeds(vec![with(since(&feed("a"), at(T0 + 3_000), 2_000))]);
    assert_eq!(
        w.told(),
        ["run a started", "viewing x ended", "run a ended", "run a started"]
    );
    assert_eq!(w.run().started_at, at(T0 + 3_000));
    assert_eq!(w.run().totals.active_ms, 0);
    // The same without any clock but the uptime.
    let up = |ms| change(&feed("a"), |f| f.uptime_ms = Some(ms));
    let mut w = World::manager();
    w.feeds(vec![up(90_000)]).wait(5_000).feeds(vec![up(2_000)]);
    assert_eq!((w.ended_runs().len(), w.run().started_at), (1, at(T0 + 3_000)));
}

#[test]
fn another_kind_of_feed_under_the_same_key_is_another_run() {
    let mut w = World::manager();
    let film = || change(&feed("a"), |f| f.kind = FeedKind::Vod);
    w.feeds(vec![feed("a")]).wait(5_000).feeds(vec![film()]);
    assert_eq!(
        (w.ended_runs()[0].feed.kind, w.run().feed.kind),
        (FeedKind::Live, FeedKind::Vod)
    );
}

#[test]
fn an_age_that_one_answer_leaves_out_is_not_forgotten() {
    let started = |ms| change(&feed("a"), |f| f.started_at = Some(at(ms)));
    let up = |ms| change(&feed("a"), |f| f.uptime_ms = Some(ms));
    for (before, after) in [
        (started(T0 - 90_000), started(T0 + 4_000)),
        (up(90_000), up(6_000)),
    ] {
        let mut w = World::manager();
        w.feeds(vec![before]);
        w.wait(5_000)
            .feeds(vec![in_state(&feed("a"), FeedState::Initializing)]);
        assert!(w.ended_runs().is_empty());
        w.wait(5_000).feeds(vec![after]);
        assert_eq!(w.ended_runs().len(), 1);
    }
}

#[test]
fn a_blip_makes_two_runs_that_do_not_overlap() {
    let mut w = World::manager();
    let on = || watched(&since(&feed("a"), at(T0 - 90_000), 90_000), &[viewer("x")]);
    w.feeds(vec![on()]).wait(5_000).feeds(vec![]);
    w.wait(5_000).feeds(vec![on()]);
    let (old, new) = (w.ended_runs()[0].clone(), w.run());
    assert_eq!((old.ended_at, new.started_at), (Some(at(T0)), at(T0 + 5_001)));
    assert_ne!(old.id, new.id);
    assert_ne!(w.ended_viewings()[0].id, new.viewings[0].id);
}

#[test]
fn a_failover_is_a_segment_of_the_same_run_and_charged_to_the_login_it_left() {
    let mut w = World::manager();
    w.see(Body::Inventory(inventory())).feeds(vec![]);
    w.feeds(vec![received(&feed("a"), 100)]);
    w.wait(5_000)
        .feeds(vec![received(&in_state(&feed("a"), FeedState::Buffering), 150)]);
    w.wait(5_000)
        .feeds(vec![received(&fed_by(&feed("a"), Some(2), Some(8)), 180)]);
    w.wait(5_000)
        .feeds(vec![received(&fed_by(&feed("a"), Some(2), Some(8)), 200)]);
    w.wait(5_000)
        .feeds(vec![received(&fed_by(&feed("a"), None, None), 210)]);
    let run = w.run();
    assert!(w.ended_runs().is_empty());
    let segments: Vec<_> = run
        .segments
        .iter()
        .map(|s| {
            (
                s.started_at,
                s.stream_id,
                s.profile,
                s.max_connections,
                s.received_bytes,
                s.buffering_ms,
            )
        })
        .collect();
    assert_eq!(
        segments,
        [
            (at(T0), Some(1), Some(ProfileId(7)), Some(2), 180, 5_000),
            (at(T0 + 10_000), Some(2), Some(ProfileId(8)), Some(0), 30, 0),
        ]
    );
    assert_eq!(run.segments[1].profile_name.as_deref(), Some("login 8"));
    assert_eq!(run.segments[1].account.as_deref(), Some("Acme"));
    assert_eq!((run.totals.failovers, run.totals.received_bytes), (1, Some(210)));
    let (left, came) = (w.provider(7), w.provider(8));
    assert_eq!(
        (left.failovers, left.received_bytes, left.connection_ms),
        (1, 180, 10_000)
    );
    assert_eq!(
        (came.failovers, came.received_bytes, came.connection_ms),
        (0, 30, 10_000)
    );
}

#[test]
fn a_login_that_becomes_known_completes_the_segment() {
    let mut w = World::manager();
    w.see(Body::Inventory(inventory()));
    w.feeds(vec![received(&fed_by(&feed("a"), None, None), 40)]);
    w.wait(5_000)
        .feeds(vec![received(&fed_by(&feed("a"), Some(1), Some(7)), 50)]);
    let run = w.run();
    assert_eq!((run.segments.len(), run.totals.failovers), (1, 0));
    assert_eq!(
        (run.segments[0].profile, run.segments[0].received_bytes),
        (Some(ProfileId(7)), 50)
    );
    assert_eq!(run.segments[0].account.as_deref(), Some("Acme"));
    assert_eq!(w.provider(7).received_bytes, 10, "40 came before we watched");
    let mut w = World::manager();
    w.feeds(vec![])
        .feeds(vec![received(&fed_by(&feed("a"), None, None), 40)]);
    w.wait(5_000)
        .feeds(vec![received(&fed_by(&feed("a"), Some(1), Some(7)), 50)]);
    assert_eq!(w.provider(7).received_bytes, 50);
}

#[test]
fn names_that_come_after_the_feed_complete_what_is_open() {
    let mut w = World::manager();
    w.feeds(vec![watched(&feed("a"), &[viewer("x")])]);
    w.told();
    w.wait(5_000).see(Body::Inventory(inventory()));
    assert_eq!(w.told(), ["run a changed"]);
    let run = w.run();
    assert_eq!(run.segments[0].profile_name.as_deref(), Some("login 7"));
    assert_eq!(run.segments[0].max_connections, Some(2));
    assert_eq!(run.viewings[0].account.as_deref(), Some("Acme"));
    w.see(Body::Inventory(inventory()));
    assert_eq!(w.told(), [""; 0], "the same inventory again");
}

#[test]
fn segments_are_bounded_and_the_last_absorbs_the_rest() {
    let mut w = World::manager();
    for n in 0..150_u64 {
        let stream = i64::try_from(n).unwrap();
        w.wait(1_000)
            .feeds(vec![received(&fed_by(&feed("a"), Some(stream), Some(7)), n)]);
    }
    let run = w.run();
    assert_eq!((run.segments.len(), run.totals.failovers), (100, 149));
    let last = run.segments.last().unwrap();
    assert_eq!((last.stream_id, last.started_at), (Some(149), at(T0 + 100_000)));
    assert_eq!(run.segments.iter().map(|s| s.received_bytes).sum::<u64>(), 149);
}

#[test]
fn bytes_are_absent_until_told_and_never_go_back() {
    let mut w = World::manager();
    w.feeds(vec![feed("a")]);
    assert_eq!(w.run().totals.received_bytes, None);
    for (told, sum) in [(0, 0), (10, 10), (4, 14), (5, 15)] {
        w.wait(5_000).feeds(vec![received(&feed("a"), told)]);
        assert_eq!(w.run().totals.received_bytes, Some(sum));
    }
    w.wait(5_000).feeds(vec![feed("a")]);
    assert_eq!(
        (w.run().totals.received_bytes, w.provider(7).received_bytes),
        (Some(15), 15)
    );
    assert_eq!(w.run().totals.sent_bytes, None);
    w.wait(5_000)
        .feeds(vec![change(&feed("a"), |f| f.sent_bytes = Some(3))]);
    assert_eq!(w.run().totals.sent_bytes, Some(3));
}

#[test]
fn a_channel_deleted_while_it_is_on_the_air_keeps_its_name_to_the_end() {
    let mut w = World::manager();
    let deleted = || {
        change(&watched(&feed("a"), &[viewer("x")]), |f| {
            f.channel = Arc::default();
        })
    };
    w.feeds(vec![watched(&feed("a"), &[viewer("x")])]);
    w.told();
    w.wait(5_000)
        .feeds(vec![deleted()])
        .wait(5_000)
        .feeds(vec![deleted()]);
    assert_eq!(w.told(), [""; 0]);
    w.wait(5_000).feeds(vec![]);
    assert_eq!(w.ended_runs()[0].feed.channel.name.as_deref(), Some("Channel a"));
    assert_eq!(w.ended_viewings()[0].channel.name.as_deref(), Some("Channel a"));
    // One that was never known is named when it is.
    w.wait(5_000)
        .feeds(vec![deleted()])
        .wait(5_000)
        .feeds(vec![feed("a")]);
    assert_eq!(w.run().feed.channel.name.as_deref(), Some("Channel a"));
}

#[test]
fn viewers_are_views_of_their_users() {
    let mut w = World::manager();
    let nobody = || {
        change(&watched(&feed("a"), &[viewer("y")]), |f| {
            Arc::make_mut(&mut f.viewers)[0].user = None;
        })
    };
    let film = |f: Feed| change(&f, |f| f.kind = FeedKind::Vod);
    let ada = || film(watched(&feed("b"), &[sent(&viewer("x"), 7)]));
    w.feeds(vec![nobody(), ada()])
        .wait(5_000)
        .feeds(vec![nobody(), ada()]);
    w.wait(5_000).feeds(vec![film(watched(&feed("b"), &[]))]);
    let views: Vec<_> = w
        .iptv()
        .views
        .iter()
        .map(|(k, v)| (k.clone(), v.views, v.viewed_ms))
        .collect();
    let key = |kind, user: Option<&str>| ViewKey {
        kind,
        user: user.map(Into::into),
    };
    assert_eq!(
        views,
        [
            (key(FeedKind::Live, None), 1, 5_000),
            (key(FeedKind::Vod, Some("ada")), 1, 5_000)
        ]
    );
    let ended = w.ended_viewings();
    assert_eq!(ended.len(), 2);
    assert_eq!(
        (ended[1].sent_bytes, ended[1].ended_at),
        (Some(7), Some(at(T0 + 5_000)))
    );
}

#[test]
fn a_viewer_missing_from_a_partial_list_has_not_left() {
    let mut w = World::manager();
    let of = |viewers: &[_], count| change(&watched(&feed("a"), viewers), |f| f.viewer_count = Some(count));
    w.feeds(vec![of(&[viewer("x"), viewer("y")], 2)]);
    w.wait(5_000).feeds(vec![of(&[viewer("y")], 2)]);
    assert!(w.ended_viewings().is_empty());
    assert_eq!(w.run().viewings.len(), 2);
    assert_eq!(w.run().totals.viewer_ms, 10_000);
    w.wait(5_000).feeds(vec![of(&[viewer("x"), viewer("y")], 2)]);
    let viewed = |w: &World| {
        w.iptv()
            .views
            .values()
            .map(|v| (v.views, v.viewed_ms))
            .next()
            .unwrap()
    };
    assert_eq!(viewed(&w), (2, 20_000), "it was there all the while");
    w.wait(5_000).feeds(vec![of(&[viewer("x")], 2)]);
    w.wait(5_000).feeds(vec![of(&[viewer("x")], 1)]);
    assert_eq!(
        w.ended_viewings()[0].ended_at,
        Some(at(T0 + 10_000)),
        "when it was last seen"
    );
    assert_eq!(viewed(&w), (2, 30_000));
}

#[test]
fn a_client_that_moves_to_another_channel_is_another_viewing() {
    let mut w = World::manager();
    let x = || {
        let mut x = viewer("x");
        x.connected_at = Some(at(T0 - 10_000));
        x
    };
    // Both ways round: feeds are walked in the order of their keys.
    for (from, to) in [("a", "b"), ("b", "a")] {
        w.wait(5_000).feeds(vec![watched(&feed(from), &[x()]), feed(to)]);
        let before = w
            .iptv()
            .runs
            .iter()
            .find(|r| r.feed.key.as_str() == from)
            .unwrap()
            .viewings[0]
            .clone();
        w.wait(5_000).feeds(vec![feed(from), watched(&feed(to), &[x()])]);
        let after = w
            .iptv()
            .runs
            .iter()
            .find(|r| r.feed.key.as_str() == to)
            .unwrap()
            .viewings[0]
            .clone();
        assert_eq!(w.ended_viewings().last().unwrap().id, before.id);
        assert_ne!(before.id, after.id);
        assert_eq!(after.feed.as_str(), to);
        w.wait(5_000).feeds(vec![]);
    }
}

#[test]
fn a_client_on_two_channels_at_once_is_two_viewings() {
    let mut w = World::manager();
    let mut x = viewer("x");
    x.connected_at = Some(at(T0 - 10_000));
    let on = |key: &str| {
        since(
            &watched(&feed(key), std::slice::from_ref(&x)),
            at(T0 - 20_000),
            20_000,
        )
    };
    w.feeds(vec![on("a"), on("b")]);
    let runs = w.iptv().runs.clone();
    assert_ne!(runs[0].viewings[0].id, runs[1].viewings[0].id);
}

#[test]
fn a_viewer_that_was_not_in_the_look_before_came_after_it() {
    let mut w = World::manager();
    let come = |ms| {
        let mut x = viewer("x");
        x.connected_at = Some(at(ms));
        watched(&feed("a"), &[x])
    };
    w.feeds(vec![feed("a")]).wait(5_000).feeds(vec![come(T0 - 3_000)]);
    assert_eq!(
        w.run().viewings[0].started_at,
        at(T0 + 1),
        "its clock is not ours"
    );
    let mut w = World::manager();
    w.feeds(vec![feed("a")]).wait(5_000).feeds(vec![come(T0 + 3_000)]);
    assert_eq!(w.run().viewings[0].started_at, at(T0 + 3_000));
}

#[test]
fn runs_are_ordered_by_start_then_key_and_a_key_listed_twice_is_one_feed() {
    let mut w = World::manager();
    let young = |key: &str| since(&feed(key), at(T0 - 1_000), 1_000);
    let old = since(&feed("z"), at(T0 - 2_000), 2_000);
    let twice = fed_by(&young("b"), Some(9), Some(9));
    w.feeds(vec![young("b"), twice, young("a"), old]);
    let keys: Vec<_> = w.iptv().runs.iter().map(|r| r.feed.key.to_string()).collect();
    assert_eq!(keys, ["z", "a", "b"]);
    assert_eq!(
        w.iptv().runs[2].feed.profile,
        Some(ProfileId(7)),
        "the first counts"
    );
}

#[test]
fn what_did_not_change_is_shared_with_the_look_before() {
    let mut w = World::manager();
    let look = || watched(&feed("a"), &[viewer("x")]);
    w.feeds(vec![look()]);
    let before = w.run();
    w.wait(5_000).feeds(vec![received(&look(), 1)]);
    let after = w.run();
    assert!(Arc::ptr_eq(&before.feed.channel, &after.feed.channel));
    assert!(Arc::ptr_eq(&before.feed.stream, &after.feed.stream));
    assert!(Arc::ptr_eq(&before.feed.media, &after.feed.media));
    assert!(Arc::ptr_eq(&before.feed.viewers, &after.feed.viewers));
    w.wait(5_000)
        .feeds(vec![watched(&feed("a"), &[sent(&viewer("x"), 5)])]);
    let moved_on = w.run();
    let agent = |r: &model::iptv::FeedRun| r.feed.viewers[0].user_agent.clone().unwrap();
    assert!(Arc::ptr_eq(&agent(&before), &agent(&moved_on)), "texts too");
}
