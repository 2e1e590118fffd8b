//! Tables of the small decisions about feeds.

use std::sync::Arc;

use model::Timestamp;
use model::iptv::{Feed, FeedKind, FeedState, Programme};

use super::build::{World, at};
use super::iptv_build::{change, fed_by, feed, in_state, received, sent, viewer, watched};
use crate::iptv::rules::{
    Age, Follow, continues, lists_all, moved, run_start, view_start, viewer_count, visibly_changed,
};

fn age(started_ms: Option<u64>, uptime_ms: Option<u64>) -> Age {
    Age {
        started_at: started_ms.map(at),
        uptime_ms,
    }
}

/// Start and uptime before, the same now, and the time between, in milliseconds; `-` was not told.
const SAME_RUN: &str = "
    -     -       -      -        5000  nothing is known
    0     -       -      -        5000  one start is known
    0     -       0      -        5000  the same start
    0     -       1500   -        5000  a rounded start
    0     3600000 0      9        5000  the manager's clock was set, and its uptimes with it
    0     600     120    5600     5000  the start moves while the channel connects
    -     60000   -      65000    5000  the uptime grows
    -     60000   -      60000    9000  the uptime stands still for a moment
    -     60000   -      3659000  3600000  the uptime of an hour later
    -     60000   -      -        5000  only one uptime
";

const ANOTHER_RUN: &str = "
    0     -       1501     -      5000  another start
    0     2000    4400     2600   5000  zapped away and back between two looks
    0     60000   62000    3000   5000  begun anew
    -     60000   -        3000   5000  begun anew, no start told
    -     60000   -        59999  5000  the uptime went back
    -     60000   -        300000 3600000  a longer uptime, but too short for the time between
    0     60000   3600000  300000 3900000  another start after a long time
    0     60000   9000     -      5000  another start, one uptime
";

#[test]
fn which_feed_is_the_same_run() {
    for (table, expected) in [(SAME_RUN, true), (ANOTHER_RUN, false)] {
        for row in table.lines().filter(|l| !l.trim().is_empty()) {
            let mut words = row.split_whitespace().map(|w| w.parse().ok());
            let mut next = || words.next().unwrap();
            let (old, new) = (age(next(), next()), age(next(), next()));
            assert_eq!(continues(old, new, next().unwrap()), expected, "{row}");
        }
    }
}

#[test]
fn when_a_run_began() {
    let day = 86_400_000;
    let seen = 1_000 * day;
    let cases = [
        ("nothing told", age(None, None), None, seen),
        ("told", age(Some(seen - 5_000), None), None, seen - 5_000),
        (
            "told and its uptime agree",
            age(Some(seen - 5_000), Some(4_000)),
            None,
            seen - 5_000,
        ),
        (
            "the manager's clock is not ours",
            age(Some(seen - 900_000), Some(4_000)),
            None,
            seen - 4_000,
        ),
        (
            "an hour ahead",
            age(Some(seen + 3_600_000), Some(4_000)),
            None,
            seen - 4_000,
        ),
        (
            "ahead and no uptime",
            age(Some(seen + 3_600_000), None),
            None,
            seen,
        ),
        ("a little ahead", age(Some(seen + 1_000), None), None, seen),
        ("uptime alone", age(None, Some(7_000)), None, seen - 7_000),
        ("1970", age(Some(0), None), None, seen),
        ("uptime since 1970", age(None, Some(401 * day)), None, seen),
        (
            "not in the look before",
            age(Some(seen - 9_000), None),
            Some(seen - 5_000),
            seen - 5_000,
        ),
        (
            "later than the look before",
            age(Some(seen - 2_000), None),
            Some(seen - 5_000),
            seen - 2_000,
        ),
        (
            "our clock was set back",
            age(Some(seen - 2_000), None),
            Some(seen + 5_000),
            seen - 2_000,
        ),
    ];
    for (what, told, not_before, expected) in cases {
        assert_eq!(
            run_start(told, at(seen), not_before.map(at)),
            at(expected),
            "{what}"
        );
    }
    assert_eq!(run_start(age(None, Some(u64::MAX)), at(seen), None), at(seen));
    for told in [Timestamp::MIN, Timestamp::MAX] {
        let told = Age {
            started_at: Some(told),
            uptime_ms: None,
        };
        assert_eq!(run_start(told, at(seen), None), at(seen));
    }
}

#[test]
fn when_a_viewer_came() {
    let seen = 500_000_000_000;
    let cases = [
        ("not told", None, seen - 60_000, seen),
        ("told", Some(seen - 9_000), seen - 60_000, seen - 9_000),
        (
            "before the run",
            Some(seen - 90_000),
            seen - 60_000,
            seen - 60_000,
        ),
        ("ahead", Some(seen + 9_000), seen - 60_000, seen),
        ("1970", Some(0), seen - 60_000, seen),
    ];
    for (what, told, not_before, expected) in cases {
        assert_eq!(
            view_start(told.map(at), at(seen), at(not_before)),
            at(expected),
            "{what}"
        );
    }
}

#[test]
fn a_counter_of_the_manager_is_followed_over_its_restarts() {
    let mut counter = Follow::of(FeedKind::Live);
    let told = [None, Some(0), Some(7), Some(7), None, Some(9), Some(4), Some(5)];
    let grown: Vec<_> = told.into_iter().map(|t| counter.growth(t)).collect();
    assert_eq!(
        grown,
        [None, Some(0), Some(7), Some(0), None, Some(2), Some(4), Some(1)]
    );
    assert_eq!(Follow::from(FeedKind::Live, Some(10)).growth(Some(12)), Some(2));
}

#[test]
fn viewers_are_counted_as_told_else_as_listed() {
    let some = watched(&feed("a"), &[viewer("x"), viewer("y")]);
    let with = |count| change(&some, |f| f.viewer_count = count);
    let bare = change(&feed("a"), |f| f.viewer_count = None);
    // feed, count, all listed?
    let cases = [
        (with(Some(2)), Some(2), true),
        (with(Some(12)), Some(12), false),
        (with(Some(1)), Some(1), true),
        (with(None), Some(2), true),
        (feed("a"), Some(0), true),
        (bare, None, true),
    ];
    for (feed, count, all) in cases {
        assert_eq!((viewer_count(&feed), lists_all(&feed)), (count, all));
    }
}

#[test]
fn what_is_a_failover() {
    let of = |stream, profile| {
        let mut w = World::manager();
        w.feeds(vec![fed_by(&feed("a"), stream, profile)]);
        w.run().segments[0].clone()
    };
    let cases = [
        ((Some(1), Some(7)), (Some(1), Some(7)), false),
        ((Some(1), Some(7)), (Some(2), Some(7)), true),
        ((Some(1), Some(7)), (Some(1), Some(8)), true),
        ((Some(1), Some(7)), (None, None), false),
        ((Some(1), None), (Some(1), Some(7)), false),
        ((Some(1), None), (Some(2), Some(7)), true),
        ((None, None), (Some(1), Some(7)), false),
        ((None, Some(7)), (Some(1), Some(8)), true),
    ];
    for (was, is, expected) in cases {
        let next = fed_by(&feed("a"), is.0, is.1);
        assert_eq!(moved(&of(was.0, was.1), &next), expected, "{was:?} → {is:?}");
    }
}

type Change = fn(&mut Feed);

#[test]
fn what_listeners_are_told() {
    let old = received(&watched(&feed("a"), &[sent(&viewer("x"), 1)]), 5);
    let quiet: [(&str, Change); 6] = [
        ("nothing", |_| {}),
        ("bytes", |f| f.received_bytes = Some(9)),
        ("time", |f| (f.started_at, f.uptime_ms) = (Some(at(0)), Some(5))),
        ("speed", |f| Arc::make_mut(&mut f.media).speed = Some(1.02)),
        ("bit rate", |f| {
            Arc::make_mut(&mut f.media).output_bitrate_bps = Some(4);
        }),
        ("bytes and rates of a viewer", |f| {
            let v = &mut Arc::make_mut(&mut f.viewers)[0];
            (v.sent_bytes, v.now_bps, v.mean_bps) = (Some(8), Some(8), Some(8));
            (v.worker_id, v.connected_at) = (Some("host:1".into()), Some(at(0)));
        }),
    ];
    for (what, f) in quiet {
        assert!(!visibly_changed(&old, &change(&old, f)), "{what}");
    }
    let loud: [(&str, Change); 9] = [
        ("state", |f| *f = in_state(f, FeedState::Buffering)),
        ("stream", |f| *f = fed_by(f, Some(2), Some(7))),
        ("login", |f| *f = fed_by(f, Some(1), Some(8))),
        ("name", |f| {
            Arc::make_mut(&mut f.channel).name = Some("renamed".into());
        }),
        ("codec", |f| {
            Arc::make_mut(&mut f.media).video_codec = Some("hevc".into());
        }),
        ("programme", |f| {
            f.programme = Some(Arc::new(Programme::default()));
        }),
        ("count", |f| f.viewer_count = Some(12)),
        ("another viewer", |f| *f = watched(f, &[viewer("y")])),
        ("a name", |f| {
            Arc::make_mut(&mut f.viewers)[0].user = Some("bob".into());
        }),
    ];
    for (what, f) in loud {
        assert!(visibly_changed(&old, &change(&old, f)), "{what}");
    }
}
