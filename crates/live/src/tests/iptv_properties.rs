//! Whatever a manager tells in whatever order, these hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Event;
use model::iptv::{Feed, FeedState, ProviderCounters, ViewCounters};
use proptest::prelude::*;

use super::build::{World, at};
use super::iptv_build::{change, fed_by, feed, in_state, inventory, received, viewer, watched};

/// A feed in a look: its key and all that may vary.
#[derive(Clone, Debug)]
struct Told {
    key: u8,
    state: u8,
    stream: Option<u8>,
    profile: Option<u8>,
    /// Start before now and uptime.
    started_ago_ms: Option<u32>,
    uptime_ms: Option<u32>,
    bytes: Option<u16>,
    /// Client and the bytes it was sent.
    viewers: Vec<(u8, Option<u16>)>,
    /// Counted, but not listed.
    unlisted: u8,
}

#[derive(Clone, Debug)]
enum Step {
    Look(u16, Vec<Told>),
    Outage(u32),
    Inventory,
}

fn told() -> impl Strategy<Value = Told> {
    use proptest::option::of;
    let viewers = proptest::collection::vec((0_u8..4, of(any::<u16>())), 0..4);
    // Mostly complete lists.
    let unlisted = prop_oneof![5 => Just(0_u8), 1 => 1_u8..3];
    let clock = (of(0_u32..400_000), of(0_u32..400_000));
    (
        0_u8..4,
        0_u8..5,
        of(0_u8..3),
        of(0_u8..3),
        clock,
        of(any::<u16>()),
        viewers,
        unlisted,
    )
        .prop_map(
            |(key, state, stream, profile, (started_ago_ms, uptime_ms), bytes, viewers, unlisted)| Told {
                key,
                state,
                stream,
                profile,
                started_ago_ms,
                uptime_ms,
                bytes,
                viewers,
                unlisted,
            },
        )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (1_u16..20_000, proptest::collection::vec(told(), 0..5)).prop_map(|(ms, l)| Step::Look(ms, l)),
        1 => (1_u32..400_000).prop_map(Step::Outage),
        1 => Just(Step::Inventory),
    ];
    proptest::collection::vec(step, 1..40)
}

fn as_feed(told: &Told, now_ms: u64) -> Feed {
    let states = [
        FeedState::Active,
        FeedState::Buffering,
        FeedState::Error,
        FeedState::Connecting,
    ];
    let viewers: Vec<_> = told
        .viewers
        .iter()
        .map(|(client, bytes)| {
            // A client that is not always listed belongs to one feed: nothing tells it from one of the same name that
            // left the other feed unseen.
            let mut v = if told.unlisted > 0 {
                viewer(&format!("{}-{client}", told.key))
            } else {
                viewer(&client.to_string())
            };
            v.sent_bytes = bytes.map(u64::from);
            v.connected_at = client.is_multiple_of(2).then(|| at(now_ms - 1_000));
            v
        })
        .collect();
    let f = fed_by(
        &feed(&told.key.to_string()),
        told.stream.map(i64::from),
        told.profile.map(i64::from),
    );
    let f = watched(&f, &viewers);
    let f = change(&f, |f| {
        f.viewer_count = f.viewer_count.map(|n| n + u32::from(told.unlisted));
        f.started_at = told.started_ago_ms.map(|ago| at(now_ms - u64::from(ago)));
        f.uptime_ms = told.uptime_ms.map(u64::from);
        f.state = None;
    });
    let f = states
        .get(usize::from(told.state))
        .map_or(f.clone(), |s| in_state(&f, *s));
    told.bytes.map_or(f.clone(), |b| received(&f, u64::from(b)))
}

fn apply(w: &mut World, step: &Step, is_reversed: bool) {
    match step {
        Step::Look(ms, list) => {
            w.wait(u64::from(*ms));
            // The first of a key counts, so only its first stays when the order is turned.
            let mut seen = BTreeSet::new();
            let mut feeds: Vec<_> = list
                .iter()
                .filter(|t| seen.insert(t.key))
                .map(|t| as_feed(t, w.now_ms))
                .collect();
            if is_reversed {
                feeds.reverse();
                for f in &mut feeds {
                    first_of_each_client(f);
                    Arc::make_mut(&mut f.viewers).reverse();
                }
            }
            w.feeds(feeds);
        }
        Step::Outage(ms) => {
            w.wait(1).outage("timeout");
            w.wait(u64::from(*ms)).outage("timeout");
        }
        Step::Inventory => {
            w.see(model::Body::Inventory(inventory()));
        }
    }
}

fn first_of_each_client(feed: &mut Feed) {
    let mut seen = BTreeSet::new();
    Arc::make_mut(&mut feed.viewers).retain(|v| seen.insert(v.client_id.clone()));
}

fn grew(before: &World, now: &World) -> bool {
    let empty = |w: &World| w.server().iptv.clone().unwrap_or_default();
    let (a, b) = (empty(before), empty(now));
    let p = |c: &ProviderCounters| {
        [
            c.connection_ms,
            c.received_bytes,
            c.failovers,
            c.buffering_ms,
            c.errors,
        ]
    };
    let v = |c: &ViewCounters| [c.views, c.viewed_ms];
    let providers = a.providers.iter().all(|(k, c)| {
        let now = b.providers.get(k).map(p);
        now.is_some_and(|now| p(c).iter().zip(now).all(|(x, y)| *x <= y))
    });
    let views = a.views.iter().all(|(k, c)| {
        let now = b.views.get(k).map(v);
        now.is_some_and(|now| v(c).iter().zip(now).all(|(x, y)| *x <= y))
    });
    providers && views
}

fn same_world(w: &World) -> World {
    World {
        state: w.state.clone(),
        now_ms: w.now_ms,
        events: Vec::new(),
    }
}

fn check_open(w: &World) -> Result<(), TestCaseError> {
    let now = at(w.now_ms);
    let Some(iptv) = w.server().iptv.clone() else {
        return Ok(());
    };
    prop_assert!(iptv.runs.is_sorted_by_key(|r| (r.started_at, r.feed.key.clone())));
    for run in &iptv.runs {
        let t = run.totals;
        let age_ms = (run.seen_at.as_millisecond() - run.started_at.as_millisecond()).cast_unsigned();
        prop_assert!(run.started_at <= run.seen_at && run.seen_at <= now);
        prop_assert!(
            t.active_ms + t.buffering_ms + t.error_ms <= age_ms,
            "no time is invented"
        );
        prop_assert!(run.segments.is_sorted_by_key(|s| s.started_at));
        prop_assert_eq!(run.segments[0].started_at, run.started_at);
        let in_segments: u64 = run.segments.iter().map(|s| s.received_bytes).sum();
        prop_assert_eq!(in_segments, t.received_bytes.unwrap_or(0));
        prop_assert_eq!(
            run.segments.iter().map(|s| s.buffering_ms).sum::<u64>(),
            t.buffering_ms
        );
        prop_assert_eq!(run.segments.iter().map(|s| s.error_ms).sum::<u64>(), t.error_ms);
        prop_assert_eq!(u64::from(t.failovers), run.segments.len() as u64 - 1);
        for viewing in &run.viewings {
            prop_assert_eq!((&viewing.run, &viewing.feed), (&run.id, &run.feed.key));
            prop_assert!(viewing.started_at >= run.started_at);
            prop_assert!(viewing.ended_at.is_none() && run.ended_at.is_none());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn counters_only_grow_and_sums_agree(steps in steps()) {
        let mut w = World::manager();
        for step in &steps {
            let before = same_world(&w);
            apply(&mut w, step, false);
            prop_assert!(grew(&before, &w), "a counter went back");
            check_open(&w)?;
        }
        // Close everything: what the counters hold is what the runs earned.
        w.wait(1).feeds(vec![]);
        let ended = w.ended_runs();
        let segments = || ended.iter().flat_map(|r| r.segments.iter());
        let iptv = w.server().iptv.clone().unwrap();
        let by_login: BTreeMap<_, u64> = iptv.providers.iter().map(|(k, c)| (*k, c.received_bytes)).collect();
        for (login, bytes) in &by_login {
            let earned: u64 = segments().filter(|s| s.profile == Some(*login)).map(|s| s.received_bytes).sum();
            // Totals also have what came before the first look.
            prop_assert!(*bytes <= earned);
        }
        // One that was missing from a look and came back is one view.
        let views: u64 = iptv.views.values().map(|v| v.views).sum();
        prop_assert!(views <= w.ended_viewings().len() as u64);
        let viewed_ms: u64 = iptv.views.values().map(|v| v.viewed_ms).sum();
        let lasted_ms: i64 = w
            .ended_viewings()
            .iter()
            .map(|v| v.ended_at.unwrap().as_millisecond() - v.started_at.as_millisecond())
            .sum();
        prop_assert!(viewed_ms <= lasted_ms.cast_unsigned());
    }

    #[test]
    fn every_run_and_viewing_ends_once_and_a_run_after_its_viewings(steps in steps()) {
        let mut w = World::manager();
        for step in &steps {
            apply(&mut w, step, false);
        }
        w.wait(1).feeds(vec![]);
        let (mut started, mut ended, mut left) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for e in &w.events {
            match e {
                Event::RunStarted(r) => prop_assert!(started.insert(r.id.clone()), "{} began twice", r.id),
                Event::RunChanged(r) => prop_assert!(started.contains(&r.id) && !ended.contains(&r.id)),
                Event::RunEnded(r) => {
                    prop_assert!(ended.insert(r.id.clone()), "{} ended twice", r.id);
                    prop_assert!(r.viewings.is_empty() && r.ended_at.is_some_and(|end| end >= r.started_at));
                }
                Event::ViewingEnded(v) => {
                    prop_assert!(left.insert(v.id.clone()), "{} ended twice", v.id);
                    prop_assert!(!ended.contains(&v.run) && v.ended_at.is_some_and(|end| end >= v.started_at));
                }
                _ => {}
            }
        }
        prop_assert_eq!(started, ended);
    }

    #[test]
    fn runs_of_one_feed_never_overlap(steps in steps()) {
        let mut w = World::manager();
        for step in &steps {
            apply(&mut w, step, false);
        }
        w.wait(1).feeds(vec![]);
        let mut last = BTreeMap::new();
        for run in w.ended_runs() {
            if let Some(end) = last.insert(run.feed.key.clone(), run.ended_at.unwrap()) {
                prop_assert!(end < run.started_at, "{}", run.id);
            }
        }
    }

    #[test]
    fn the_order_of_feeds_and_viewers_changes_nothing(steps in steps()) {
        let (mut a, mut b, mut c) = (World::manager(), World::manager(), World::manager());
        for step in &steps {
            apply(&mut a, step, false);
            apply(&mut b, step, true);
            apply(&mut c, step, false);
            prop_assert_eq!(a.state.snapshot(), b.state.snapshot());
            prop_assert_eq!(a.state.snapshot(), c.state.snapshot());
        }
        prop_assert_eq!(a.told(), b.told());
    }
}
