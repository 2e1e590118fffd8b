//! What is closed and seen again is counted once.

use model::iptv::{Feed, FeedKind, ProfileId};
use proptest::prelude::*;

use super::build::{World, at};
use super::iptv_build::{change, feed, received, sent, since, viewer, watched};
use super::iptv_outages::restart;
use crate::iptv::rules::{Age, Follow, began_since};

const T0: u64 = 1_000_000;
const HOUR_MS: u64 = 3_600_000;

/// On the air since this moment, watched by one who came with it.
fn on_air(w: &World, since_ms: u64, bytes: u64) -> Feed {
    let mut x = sent(&viewer("x"), bytes);
    x.connected_at = Some(at(since_ms));
    received(
        &watched(&since(&feed("a"), at(since_ms), w.now_ms - since_ms), &[x]),
        bytes,
    )
}

fn look(w: &mut World, since_ms: u64, bytes: u64) {
    let f = on_air(w, since_ms, bytes);
    w.feeds(vec![f]);
}

/// Provider bytes, views, and the bytes of all runs and of all viewings.
fn counted(w: &World) -> (u64, u64, u64, u64) {
    let iptv = w.iptv();
    let ended = w.ended_runs().into_iter().chain(iptv.runs.iter().cloned());
    let open = iptv.runs.iter().flat_map(|r| r.viewings.iter().cloned());
    let left = w.ended_viewings().into_iter().chain(open);
    (
        w.provider(7).received_bytes,
        iptv.views.values().map(|v| v.views).sum(),
        ended.filter_map(|r| r.totals.received_bytes).sum(),
        left.filter_map(|v| v.sent_bytes).sum(),
    )
}

/// A channel that came on the air while we watched and has brought 500 bytes.
fn seen_from_its_start() -> World {
    let mut w = World::manager();
    w.feeds(vec![]).wait(5_000);
    look(&mut w, T0 + 4_000, 500);
    w
}

#[test]
fn a_channel_that_was_missing_from_one_look_is_counted_once() {
    let mut w = seen_from_its_start();
    w.wait(5_000).feeds(vec![]).wait(5_000);
    look(&mut w, T0 + 4_000, 900);
    assert_eq!(w.ended_runs().len(), 1);
    assert_eq!(counted(&w), (900, 1, 900, 900));
    // And again, and a viewer that was missing from the channel alone.
    w.wait(5_000).feeds(vec![]).wait(5_000);
    look(&mut w, T0 + 4_000, 950);
    let bare = watched(&on_air(&w, T0 + 4_000, 960), &[]);
    w.feeds(vec![bare]).wait(5_000);
    look(&mut w, T0 + 4_000, 1_000);
    assert_eq!(counted(&w), (1_000, 1, 1_000, 1_000));
}

#[test]
fn a_channel_that_ran_through_a_long_outage_is_counted_once() {
    let mut w = seen_from_its_start();
    w.wait(5_000)
        .outage("unreachable")
        .wait(300_000)
        .outage("unreachable");
    assert!(w.iptv().runs.is_empty());
    w.wait(3 * 24 * HOUR_MS);
    look(&mut w, T0 + 4_000, 900);
    assert_eq!(counted(&w), (900, 1, 900, 900));
}

#[test]
fn a_channel_that_ran_through_a_long_absence_of_ours_is_counted_once() {
    let w = seen_from_its_start();
    let mut w = restart(&w);
    w.wait(7 * HOUR_MS);
    look(&mut w, T0 + 4_000, 900);
    assert_eq!(w.ended_runs().len(), 1);
    assert_eq!(counted(&w), (900, 1, 900, 900));
}

#[test]
fn a_worker_that_takes_a_channel_over_goes_on_with_its_bytes_and_viewers() {
    let mut w = seen_from_its_start();
    w.wait(60_000);
    look(&mut w, T0 + 4_000, 590);
    w.wait(5_000);
    let mut taken = on_air(&w, T0 + 4_000, 600);
    taken = since(&taken, at(T0 + 68_000), 2_000);
    w.feeds(vec![taken]);
    assert_eq!(w.ended_runs().len(), 1);
    assert_eq!(counted(&w), (600, 1, 600, 600));
}

#[test]
fn a_channel_begun_anew_counts_from_nothing() {
    let mut w = seen_from_its_start();
    w.wait(5_000);
    look(&mut w, T0 + 9_000, 20);
    assert_eq!(counted(&w), (520, 2, 520, 520));
    // It ran longer than the one before: more bytes than that one had are its own.
    w.wait(5_000)
        .outage("unreachable")
        .wait(300_000)
        .outage("unreachable");
    w.wait(60_000);
    look(&mut w, T0 + 20_000, 700);
    assert_eq!(counted(&w), (1_220, 3, 1_220, 1_220));
}

#[test]
fn what_came_before_our_first_look_is_in_the_total_alone() {
    let mut w = World::manager();
    look(&mut w, T0 - 60_000, 500);
    assert_eq!(counted(&w), (0, 1, 500, 500));
    w.wait(5_000);
    look(&mut w, T0 - 60_000, 700);
    assert_eq!(counted(&w), (200, 1, 700, 700));
    // One that was on the air then, and was not listed.
    let late = |bytes| received(&since(&feed("b"), at(T0 - 60_000), 70_000), bytes);
    w.wait(5_000).feeds(vec![late(1_000)]).feeds(vec![late(1_005)]);
    assert_eq!(w.provider(7).received_bytes, 205);
}

#[test]
fn which_runs_began_while_we_watched() {
    let age = |start: Option<u64>, uptime_ms| Age {
        started_at: start.map(at),
        uptime_ms,
    };
    let cases = [
        (age(None, None), true),
        (age(None, Some(5_000)), true),
        (age(None, Some(5_001)), false),
        (age(Some(T0), None), true),
        (age(Some(T0 - 1), None), false),
        // The uptime needs no clock.
        (age(Some(0), Some(5)), true),
        (age(Some(T0 + 5), Some(90_000)), false),
    ];
    for (told, expected) in cases {
        assert_eq!(began_since(told, at(T0), 5_000), expected, "{told:?}");
    }
}

#[test]
fn a_film_that_is_read_in_two_places_has_two_counters() {
    let sum = |kind, told: &[u64]| {
        let mut follow = Follow::of(kind);
        told.iter().filter_map(|t| follow.growth(Some(*t))).sum::<u64>()
    };
    let film = FeedKind::Vod;
    assert_eq!(sum(film, &[500, 3, 510, 4, 520]), 524);
    assert_eq!(sum(film, &[500, 5, 510, 10, 520, 15]), 535);
    assert_eq!(sum(film, &[40, 30, 20, 10, 41, 31, 21, 11]), 104);
    // The one told longest ago makes room for a fifth.
    assert_eq!(sum(film, &[50, 40, 30, 20, 10, 51]), 161);
    assert_eq!(
        sum(FeedKind::Live, &[500, 3, 510]),
        1_010,
        "a channel has one counter, which began anew twice"
    );
    let mut w = World::manager();
    w.feeds(vec![]);
    for told in [500, 5, 510, 10, 520, 15] {
        let mut f = watched(&feed("a"), &[sent(&viewer("x"), told)]);
        (f.kind, f.sent_bytes) = (film, Some(told));
        w.wait(5_000).feeds(vec![f]);
    }
    assert_eq!(w.run().totals.sent_bytes, Some(535));
    assert_eq!(w.run().viewings[0].sent_bytes, Some(535));
}

#[test]
fn counters_stop_at_the_largest_number_there_is() {
    let mut w = World::manager();
    w.feeds(vec![]);
    for bytes in [u64::MAX, 5, u64::MAX] {
        let told = |f: &mut Feed| {
            (f.received_bytes, f.sent_bytes) = (Some(bytes), Some(bytes));
            f.viewer_count = Some(u32::MAX);
        };
        let f = watched(&feed("a"), &[sent(&viewer("x"), bytes)]);
        w.wait(5_000).feeds(vec![change(&f, told)]);
    }
    let run = w.run();
    assert_eq!(run.totals.received_bytes, Some(u64::MAX));
    assert_eq!(run.totals.sent_bytes, Some(u64::MAX));
    assert_eq!(run.segments[0].received_bytes, u64::MAX);
    assert_eq!(run.viewings[0].sent_bytes, Some(u64::MAX));
    assert_eq!(w.provider(7).received_bytes, u64::MAX);
}

/// What a manager does between two looks: bytes for each of three channels, and what the next look shows of them.
fn looks() -> impl Strategy<Value = Vec<([u16; 3], [bool; 3], bool)>> {
    let one = (
        any::<[u16; 3]>(),
        any::<[bool; 3]>(),
        proptest::bool::weighted(0.1),
    );
    proptest::collection::vec(one, 1..40)
}

proptest! {
    /// Channels that run all the while, listed or not, through outages and restarts of ours within hours: every byte
    /// since the first look is counted once.
    #[test]
    fn every_byte_since_the_first_look_is_counted_once(looks in looks(), restarts in any::<bool>()) {
        let mut w = World::manager();
        w.feeds(vec![]);
        let mut now = [0_u64; 3];
        let mut told = [0_u64; 3];
        for (more, listed, is_outage) in looks {
            w.wait(5_000);
            if is_outage {
                w.outage("timeout").wait(400_000).outage("timeout");
                w.wait(5_000);
            }
            let mut feeds = Vec::new();
            for n in 0..3 {
                now[n] += u64::from(more[n]);
                if listed[n] {
                    told[n] = now[n];
                    let f = since(&feed(&n.to_string()), at(T0 + 1), w.now_ms - T0 - 1);
                    feeds.push(received(&f, now[n]));
                }
            }
            w.feeds(feeds);
        }
        if restarts && !w.iptv().runs.is_empty() {
            let listed: Vec<_> = w.iptv().runs.iter().map(|r| (*r.feed).clone()).collect();
            w = restart(&w);
            w.wait(9 * HOUR_MS);
            let later = w.now_ms - T0 - 1;
            w.feeds(listed.iter().map(|f| since(f, at(T0 + 1), later)).collect());
        }
        prop_assert_eq!(w.provider(7).received_bytes, told.iter().sum::<u64>());
        prop_assert!(w.iptv().providers.keys().all(|p| *p == ProfileId(7)));
    }

    /// Counters that stay apart from each other, told in any order after each has begun below the ones before.
    #[test]
    fn interleaved_counters_of_a_film_are_told_apart(steps in proptest::collection::vec((0_usize..4, 0_u64..50), 0..40)) {
        let mut follow = Follow::of(FeedKind::Vod);
        // 4000, 3000, 2000 and 1000 to begin with, and none comes as far as the next.
        let mut at: [u64; 4] = [4_000, 3_000, 2_000, 1_000];
        let mut sum: u64 = at.iter().filter_map(|v| follow.growth(Some(*v))).sum();
        prop_assert_eq!(sum, 10_000);
        for (which, more) in steps {
            at[which] = (at[which] + more).min((4 - which as u64) * 1_000 + 999);
            let grown = follow.growth(Some(at[which]));
            prop_assert!(grown.is_some());
            sum += grown.unwrap_or(0);
            prop_assert_eq!(sum, at.iter().sum::<u64>());
        }
    }
}
