//! Logins that are given back and renamed, errors, and users whose names come late.

use std::sync::Arc;

use model::Body;
use model::iptv::{Feed, FeedKind, FeedState, ProfileId, ViewCounters, ViewKey};

use super::build::{World, at};
use super::iptv_build::{change, fed_by, feed, in_state, inventory, viewer, watched};
use super::iptv_outages::restart;
use crate::iptv::rules::{has_failed, is_idle};

const T0: u64 = 1_000_000;

fn film() -> Feed {
    change(&watched(&feed("a"), &[viewer("x")]), |f| f.kind = FeedKind::Vod)
}

/// As a session is told that has no stream open.
fn idle() -> Feed {
    change(&film(), |f| {
        (f.state, f.profile, f.viewer_count) = (Some(FeedState::Paused), None, Some(0));
    })
}

#[test]
fn a_film_that_stands_idle_takes_no_connection_and_nobody_watches_it() {
    let mut w = World::manager();
    w.see(Body::Inventory(inventory())).feeds(vec![film()]);
    for look in [film(), idle(), idle(), film(), film()] {
        w.wait(5_000).feeds(vec![look]);
    }
    let run = w.run();
    let segments: Vec<_> = run.segments.iter().map(|s| (s.started_at, s.profile)).collect();
    assert_eq!(
        segments,
        [
            (at(T0), Some(ProfileId(7))),
            (at(T0 + 10_000), None),
            (at(T0 + 20_000), Some(ProfileId(7))),
        ]
    );
    assert_eq!(run.segments[2].account.as_deref(), Some("Acme"));
    assert_eq!((run.totals.failovers, w.provider(7).failovers), (0, 0));
    assert_eq!(w.provider(7).connection_ms, 15_000);
    let views = *w.iptv().views.values().next().unwrap();
    assert_eq!((views.views, views.viewed_ms), (1, 15_000));
    assert_eq!(run.totals.viewer_ms, 15_000);
    // It comes back on another login, which is no failover either.
    w.wait(5_000).feeds(vec![idle()]);
    w.wait(5_000).feeds(vec![fed_by(&film(), Some(1), Some(8))]);
    assert_eq!((w.run().totals.failovers, w.run().segments.len()), (0, 5));
    assert_eq!(w.iptv().connections(ProfileId(8)), 1);
}

#[test]
fn which_feeds_take_no_connection() {
    let with = |f: fn(&mut Feed)| change(&idle(), f);
    let cases = [
        (idle(), true),
        (with(|f| f.kind = FeedKind::Timeshift), true),
        (with(|f| f.kind = FeedKind::Live), false),
        (with(|f| f.state = Some(FeedState::Active)), false),
        (with(|f| f.state = None), false),
        (with(|f| f.profile = Some(ProfileId(7))), false),
        (with(|f| f.viewer_count = None), false),
        (with(|f| f.viewer_count = Some(1)), false),
    ];
    for (feed, expected) in cases {
        assert_eq!(is_idle(&feed), expected, "{feed:?}");
    }
}

#[test]
fn what_is_an_error() {
    use FeedState::{
        Active, Buffering, Connecting, Error, Initializing, Stopped, Stopping, WaitingForClients,
    };
    // The state before, and whether it counts without viewers, with unknown ones and with some.
    let cases = [
        (None, [false, true, true]),
        (Some(Active), [false, true, true]),
        (Some(Stopping), [false, true, true]),
        (Some(Stopped), [false, true, true]),
        (Some(Error), [false, false, false]),
        (Some(Connecting), [true, true, true]),
        (Some(Initializing), [true, true, true]),
        (Some(Buffering), [true, true, true]),
        (Some(WaitingForClients), [true, true, true]),
    ];
    for (before, expected) in cases {
        let counts = [Some(0), None, Some(1)].map(|viewers| has_failed(before, viewers));
        assert_eq!(counts, expected, "{before:?}");
    }
}

#[test]
fn an_error_that_was_not_counted_may_be_counted_yet() {
    let in_error = |viewers: &[_]| in_state(&watched(&feed("a"), viewers), FeedState::Error);
    let mut w = World::manager();
    w.feeds(vec![watched(&feed("a"), &[viewer("x")])]);
    let (nobody, some) = (in_error(&[]), in_error(&[viewer("x")]));
    for (look, errors) in [(&nobody, 0), (&nobody, 0), (&some, 1), (&nobody, 1), (&some, 1)] {
        w.wait(1_000).feeds(vec![look.clone()]);
        assert_eq!(w.run().totals.errors, errors);
    }
    // Over a restart as well.
    let mut w = World::manager();
    w.feeds(vec![feed("a")]).wait(1_000).feeds(vec![nobody]);
    let mut w = restart(&w);
    w.wait(1_000).feeds(vec![some]);
    assert_eq!((w.run().totals.errors, w.provider(7).errors), (1, 1));
    // All streams fail while it connects: the viewers are sent away at once.
    let mut w = World::manager();
    w.feeds(vec![in_state(
        &watched(&feed("a"), &[viewer("x")]),
        FeedState::Connecting,
    )]);
    w.wait(1_000).feeds(vec![in_error(&[])]);
    assert_eq!((w.run().totals.errors, w.provider(7).errors), (1, 1));
}

/// Signed in as number 3, named or not yet.
fn by(user: Option<&str>) -> Feed {
    let mut x = viewer("x");
    x.user = user.map(Into::into);
    watched(&feed("a"), &[x])
}

fn views(w: &World) -> Vec<(Option<String>, ViewCounters)> {
    let iptv = w.iptv();
    let user = |k: &ViewKey| k.user.as_ref().map(ToString::to_string);
    iptv.views.iter().map(|(k, v)| (user(k), *v)).collect()
}

fn sums(views: u64, viewed_ms: u64) -> ViewCounters {
    ViewCounters { views, viewed_ms }
}

#[test]
fn a_view_waits_for_its_users_name() {
    let mut w = World::manager();
    w.feeds(vec![by(None)]).wait(5_000).feeds(vec![by(None)]);
    assert_eq!(views(&w), []);
    w.wait(5_000).feeds(vec![by(Some("ada"))]);
    assert_eq!(views(&w), [(Some("ada".into()), sums(1, 10_000))]);
    w.wait(5_000).feeds(vec![by(Some("ada"))]);
    assert_eq!(views(&w), [(Some("ada".into()), sums(1, 15_000))]);
}

#[test]
fn a_view_does_not_wait_for_ever() {
    let mut w = World::manager();
    w.feeds(vec![by(None)]).wait(14_999).feeds(vec![by(None)]);
    assert_eq!(views(&w), []);
    w.wait(1).feeds(vec![by(None)]).wait(1_000).feeds(vec![by(None)]);
    assert_eq!(views(&w), [(None, sums(1, 16_000))]);
    // One that leaves before.
    let mut w = World::manager();
    w.feeds(vec![by(None)]).wait(5_000).feeds(vec![by(None)]);
    w.wait(5_000).feeds(vec![feed("a")]);
    assert_eq!(views(&w), [(None, sums(1, 5_000))]);
    // One that is cut off by an outage, and one that waited when we were stopped.
    let mut w = World::manager();
    w.feeds(vec![by(None)]).wait(1_000).outage("timeout");
    w.wait(300_000).outage("timeout");
    assert_eq!(views(&w), [(None, sums(1, 0))]);
    let mut w = World::manager();
    w.feeds(vec![by(None)]);
    let mut w = restart(&w);
    w.wait(5_000).feeds(vec![by(Some("ada"))]);
    assert_eq!(views(&w), [(Some("ada".into()), sums(1, 0))]);
}

#[test]
fn a_new_limit_and_a_new_name_hold_for_what_is_running() {
    let mut w = World::manager();
    w.see(Body::Inventory(inventory()));
    w.feeds(vec![watched(
        &fed_by(&feed("a"), Some(2), Some(8)),
        &[viewer("x")],
    )]);
    w.wait(5_000)
        .feeds(vec![watched(&feed("a"), &[viewer("x")])])
        .told();
    let mut other = (*inventory()).clone();
    let account = &mut other.accounts.as_mut().unwrap()[0];
    account.name = "Acme TV".into();
    for login in &mut account.profiles {
        (login.max_connections, login.name) = (Some(9), "renamed".into());
    }
    w.see(Body::Inventory(Arc::new(other.clone())));
    assert_eq!(w.told(), ["run a changed"]);
    let run = w.run();
    let of = |n: usize| {
        let s = &run.segments[n];
        (s.max_connections, s.profile_name.as_deref(), s.account.as_deref())
    };
    assert_eq!(of(0), (Some(0), Some("login 8"), Some("Acme")), "what was");
    assert_eq!(of(1), (Some(9), Some("renamed"), Some("Acme TV")));
    assert_eq!(run.segments.len(), 2);
    assert_eq!(run.viewings[0].account.as_deref(), Some("Acme TV"));
    // A login that is not listed any more keeps its name while it is in use.
    other.accounts = None;
    w.see(Body::Inventory(Arc::new(other)));
    assert_eq!(w.told(), [""; 0]);
    assert_eq!(w.run(), run);
}
