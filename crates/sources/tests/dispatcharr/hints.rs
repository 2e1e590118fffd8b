//! The web socket: it says when to look, and nothing more.

use model::{Body, Link};
use sim::dispatcharr::{Dispatcharr, Fault, Seed};
use sources::dispatcharr::Config;

use crate::logs::{assert_lines, lines};
use crate::watch::{Watch, by_login, viewer, wait_for};

/// Looks every hour, so that whatever happens sooner has another reason.
fn listening(id: &str, dispatcharr: &Dispatcharr) -> Config {
    Config {
        notifications: true,
        poll_interval_s: 3600.0,
        ..by_login(id, dispatcharr)
    }
}

async fn linked(watch: &mut Watch, link: Link) {
    watch
        .until("the link", |b| {
            matches!(b, Body::Link(l) if *l == link).then_some(())
        })
        .await;
}

#[tokio::test]
async fn what_is_told_is_looked_at() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(listening("told", &dispatcharr));
    linked(&mut watch, Link::WebSocket).await;
    wait_for("the socket", || world.sockets() == 1).await;
    // It may have missed something before it stood.
    watch.feeds().await;
    let client = world.tune(101.0, viewer()).unwrap();
    watch.feed("the channel", |_| true).await;
    world.leave(&client);
    watch
        .until("silence", |b| {
            matches!(b, Body::Feeds { feeds } if feeds.is_empty()).then_some(())
        })
        .await;
    if watch.count(|b| matches!(b, Body::Notifications(_))) == 0 {
        watch
            .until("their number", |b| {
                matches!(b, Body::Notifications(_)).then_some(())
            })
            .await;
    }
    assert_eq!(
        world.request_count("/proxy/ts/status/0000"),
        watch.count(|b| matches!(b, Body::Feeds { feeds } if feeds.is_empty()))
    );
    assert_lines("told", &[]);
}

#[tokio::test]
async fn our_own_looks_at_an_old_version_bring_no_others() {
    let dispatcharr = Dispatcharr::start(Seed::default().version(0, 27, 0)).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(Config {
        poll_interval_s: 2.0,
        ..listening("echo", &dispatcharr)
    });
    linked(&mut watch, Link::WebSocket).await;
    watch.feeds().await;
    let from = tokio::time::Instant::now();
    for _ in 0..3 {
        watch.feeds().await;
    }
    assert!(from.elapsed().as_secs_f64() > 3.0, "{:?}", from.elapsed());
}

#[tokio::test]
async fn a_socket_that_breaks_is_opened_again_and_one_that_is_blocked_costs_a_line() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let blocked = world.fault(Fault::WsRefuse);
    let mut watch = Watch::start(Config {
        poll_interval_s: 0.5,
        ..listening("blocked", &dispatcharr)
    });
    watch.feeds().await;
    watch.feeds().await;
    wait_for("its line", || !lines("blocked").is_empty()).await;
    watch.feeds().await;
    assert_lines("blocked", &["no notifications"]);
    world.release(blocked);
    drop(watch);
    let mut watch = Watch::start(Config {
        poll_interval_s: 0.5,
        ..listening("broken", &dispatcharr)
    });
    linked(&mut watch, Link::WebSocket).await;
    world.cut_connections();
    linked(&mut watch, Link::None).await;
    linked(&mut watch, Link::WebSocket).await;
    assert_eq!(watch.outages(), 0);
}
