//! Outages of a manager, and restarts of ours.

use model::iptv::{CarriedIptv, FeedState};
use model::{Body, Carried, ServerSnapshot};

use super::build::{World, at};
use super::iptv_build::{change, feed, in_state, inventory, received, sent, since, viewer, watched};
use crate::State;

const T0: u64 = 1_000_000;

fn on_air(uptime_ms: u64, bytes: u64) -> model::iptv::Feed {
    let f = since(&feed("a"), at(T0 - 60_000), uptime_ms);
    let f = received(&watched(&f, &[sent(&viewer("x"), bytes)]), bytes);
    change(&f, |f| f.sent_bytes = Some(bytes))
}

#[test]
fn an_outage_ends_nothing_and_credits_nothing() {
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)])
        .wait(5_000)
        .feeds(vec![on_air(65_000, 200)]);
    w.wait(5_000).outage("timeout").wait(30_000).outage("timeout");
    assert_eq!((w.run().seen_at, w.run().viewings.len()), (at(T0 + 5_000), 1));
    w.wait(5_000).feeds(vec![on_air(105_000, 900)]);
    w.wait(5_000).feeds(vec![on_air(110_000, 1_000)]);
    let run = w.run();
    assert!(w.ended_runs().is_empty() && w.ended_viewings().is_empty());
    assert_eq!((run.totals.active_ms, run.totals.viewer_ms), (10_000, 10_000));
    assert_eq!(w.provider(7).connection_ms, 10_000);
    assert_eq!(w.iptv().views.values().next().unwrap().viewed_ms, 10_000);
    assert_eq!(
        run.totals.received_bytes,
        Some(1_000),
        "bytes are the manager's own count"
    );
    assert_eq!(run.viewings[0].sent_bytes, Some(1_000));
}

#[test]
fn a_feed_begun_anew_during_an_outage_is_another_run() {
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)])
        .wait(5_000)
        .outage("unreachable");
    let anew = since(&feed("a"), at(T0 + 20_000), 70_000);
    w.wait(85_000).feeds(vec![anew]);
    assert_eq!(w.ended_runs()[0].ended_at, Some(at(T0)));
    assert_eq!(w.run().started_at, at(T0 + 20_000));
    assert_eq!(w.run().totals.active_ms, 0);
}

#[test]
fn a_long_outage_closes_runs_where_they_were_last_seen() {
    let mut w = World::manager();
    w.see(Body::Inventory(inventory()));
    w.feeds(vec![on_air(60_000, 100)])
        .wait(5_000)
        .outage("unreachable");
    w.wait(299_000).outage("unreachable");
    assert_eq!(w.iptv().runs.len(), 1);
    w.told();
    w.wait(1_000).outage("unreachable");
    assert!(w.iptv().runs.is_empty());
    assert_eq!(w.ended_runs()[0].ended_at, Some(at(T0)));
    assert_eq!(w.told(), ["viewing x ended", "run a ended"]);
    assert!(w.iptv().inventory.is_some() && w.provider(7).connection_ms == 0);
    // It was on the air all the while. What we saw of it is two runs that do not overlap.
    w.wait(1_000).feeds(vec![on_air(366_000, 500)]);
    assert_eq!(w.run().started_at, at(T0 + 1));
    assert_eq!(
        w.run().viewings[0].started_at,
        at(T0 + 306_000),
        "it told no start"
    );
}

/// What would be written down of a manager.
fn carry(server: &ServerSnapshot) -> Carried {
    let iptv = server.iptv.as_ref().unwrap();
    Carried {
        source: server.id.clone(),
        plays: Vec::new(),
        counters: (*server.counters).clone(),
        estimated_bytes: 0,
        transmitted_bytes: None,
        iptv: Some(CarriedIptv {
            runs: iptv.runs.iter().map(|r| (**r).clone()).collect(),
            providers: (*iptv.providers).clone(),
            views: (*iptv.views).clone(),
        }),
    }
}

/// The same world, watched by a new process: its monotonic clock begins anew.
pub(super) fn restart(w: &World) -> World {
    let mut state = State::new([("attic".into(), model::DISPATCHARR)]);
    state.restore([carry(&w.server())]);
    World {
        state,
        now_ms: w.now_ms,
        events: Vec::new(),
    }
}

#[test]
fn a_run_that_still_runs_goes_on_as_the_same_run() {
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)])
        .wait(5_000)
        .feeds(vec![on_air(65_000, 200)]);
    let before = w.run();
    let mut w = restart(&w);
    assert_eq!(w.run(), before, "visible before the first look");
    w.wait(60_000)
        .feeds(vec![on_air(125_000, 300)])
        .wait(5_000)
        .feeds(vec![on_air(130_000, 400)]);
    assert_eq!(w.told(), [""; 0]);
    let after = w.run();
    assert_eq!(
        (&after.id, &after.viewings[0].id),
        (&before.id, &before.viewings[0].id)
    );
    assert_eq!((after.totals.active_ms, after.totals.viewer_ms), (10_000, 10_000));
    assert_eq!(
        (after.totals.received_bytes, after.viewings[0].sent_bytes),
        (Some(400), Some(400))
    );
    assert_eq!(after.totals.sent_bytes, Some(400));
    assert_eq!(
        (w.provider(7).received_bytes, w.provider(7).connection_ms),
        (300, 10_000),
        "100 came before our first look"
    );
    let views = *w.iptv().views.values().next().unwrap();
    assert_eq!((views.views, views.viewed_ms), (1, 10_000), "counted once");
}

#[test]
fn a_run_that_is_gone_or_begun_anew_ends_when_it_was_last_seen() {
    for again in [None, Some(since(&feed("a"), at(T0 + 30_000), 30_000))] {
        let mut w = World::manager();
        w.feeds(vec![on_air(60_000, 0)]).feeds(vec![on_air(60_000, 100)]);
        let mut w = restart(&w);
        w.wait(60_000).feeds(again.clone().into_iter().collect());
        assert_eq!(w.ended_runs()[0].ended_at, Some(at(T0)));
        assert_eq!(w.ended_viewings()[0].ended_at, Some(at(T0)));
        assert_eq!(w.iptv().runs.len(), usize::from(again.is_some()));
        assert_eq!(w.provider(7).received_bytes, 100, "counters go on");
    }
}

#[test]
fn after_many_hours_it_is_another_run() {
    for (hours, ended) in [(5, 0), (7, 1)] {
        let mut w = World::manager();
        w.feeds(vec![on_air(60_000, 100)]);
        let mut w = restart(&w);
        w.wait(hours * 3_600_000)
            .feeds(vec![on_air(60_000 + hours * 3_600_000, 200)]);
        assert_eq!(w.ended_runs().len(), ended, "after {hours} h");
        assert_eq!(w.iptv().runs.len(), 1);
    }
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)]);
    let mut w = restart(&w);
    w.wait(7 * 3_600_000).feeds(vec![]);
    assert_eq!(
        (w.ended_runs().len(), w.iptv().runs.len()),
        (1, 0),
        "gone from the snapshot as well"
    );
}

#[test]
fn a_manager_that_stays_away_after_our_restart_ends_its_runs_like_in_any_outage() {
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)]);
    let mut w = restart(&w);
    w.outage("unreachable").wait(299_000).outage("unreachable");
    assert_eq!(w.iptv().runs.len(), 1);
    w.wait(1_000).outage("unreachable");
    assert_eq!(w.ended_runs()[0].ended_at, Some(at(T0)));
}

#[test]
fn the_inventory_is_read_again_after_a_restart() {
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)]);
    let mut w = restart(&w);
    w.see(Body::Inventory(inventory()));
    assert_eq!(w.run().segments[0].account.as_deref(), Some("Acme"));
    w.wait(5_000).feeds(vec![on_air(65_000, 100)]);
    assert_eq!(w.run().segments[0].account.as_deref(), Some("Acme"));
}

#[test]
fn an_error_that_lasts_over_a_restart_is_one_error() {
    let error = |f| in_state(&f, FeedState::Error);
    let mut w = World::manager();
    w.feeds(vec![error(on_air(60_000, 100))]);
    let mut w = restart(&w);
    w.wait(5_000).feeds(vec![error(on_air(65_000, 200))]);
    assert_eq!((w.run().totals.errors, w.provider(7).errors), (1, 1));
}

#[test]
fn what_was_not_open_when_it_was_written_down_began_later() {
    let mut w = World::manager();
    w.feeds(vec![on_air(60_000, 100)]);
    let mut w = restart(&w);
    let other = since(&feed("b"), at(T0 - 20_000), 80_000);
    w.wait(60_000).feeds(vec![on_air(120_000, 200), other]);
    assert_eq!(w.iptv().runs[1].started_at, at(T0 + 1));
}
