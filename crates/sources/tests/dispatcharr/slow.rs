//! What is slow or fails beside the looks, and looks that fail for a moment: neither costs more than its own values.

use std::time::Duration;

use model::{Body, Endpoint};
use sim::dispatcharr::{Dispatcharr, Fault, Seed};
use sources::dispatcharr::{Config, Wants};
use tokio::time::Instant;

use crate::logs::{assert_lines, lines};
use crate::watch::{Watch, amid_the_hour, by_key, viewer, wait_for};

const DETAIL: &str = "/proxy/ts/status/";

#[tokio::test]
async fn one_channel_without_details_costs_the_others_nothing() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    world.tune(103.0, viewer()).unwrap();
    world.advance(Duration::from_secs(30));
    let broken = world.on_air().remove(0);
    world.fault(Fault::Status(500).on(format!("{DETAIL}{broken}")));
    let mut watch = Watch::start(Config {
        wants: Wants {
            viewer_details: true,
            ..Wants::default()
        },
        ..by_key("one-broken", &dispatcharr)
    });
    for _ in 0..4 {
        let feeds = watch.feeds().await;
        let told: Vec<_> = feeds
            .iter()
            .map(|f| (f.key.as_str() == broken, f.viewers[0].sent_bytes.is_some()))
            .collect();
        assert_eq!(told.len(), 2);
        assert!(
            told.iter().all(|(is_broken, bytes)| is_broken != bytes),
            "{told:?}"
        );
    }
    assert_eq!(
        world.request_count(&format!("{DETAIL}{broken}")),
        1,
        "it is left alone"
    );
    assert!(world.request_count(DETAIL) >= 5);
    assert_lines("one-broken", &["no details of viewers"]);
}

#[tokio::test]
async fn a_question_that_hangs_holds_up_no_look() {
    for (id, path, wants) in [
        ("hang-names", "/api/channels/channels/by-uuids/", false),
        ("hang-guide", "/api/epg/current-programs/", false),
        ("hang-details", DETAIL, true),
    ] {
        let dispatcharr = Dispatcharr::start(Seed::default()).await;
        let world = dispatcharr.world();
        let client = world.tune(101.0, viewer()).unwrap();
        world.fault(Fault::Hang.on(path));
        let mut watch = Watch::start(Config {
            timeout_s: 60.0,
            wants: Wants {
                viewer_details: wants,
                ..Wants::default()
            },
            ..by_key(id, &dispatcharr)
        });
        watch.feeds().await;
        // Before the others' time-out, and long before this test's patience ends.
        watch.feeds().await;
        // A look without anything to ask leaves at once.
        watch.feeds().await;
        assert_eq!(world.request_count(path), 1, "{id}: asked once while it hangs");
        assert!(world.leave(&client));
        assert_eq!(watch.outages(), 0);
    }
}

#[tokio::test]
async fn an_answer_that_comes_late_is_taken_at_a_later_look() {
    amid_the_hour().await;
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    world.fault(Fault::Slow(Duration::from_millis(2_500)).on("/api/epg/current-programs/"));
    let mut watch = Watch::start(Config {
        timeout_s: 30.0,
        ..by_key("late-guide", &dispatcharr)
    });
    let feed = watch.feed("the channel", |_| true).await;
    assert!(feed.programme.is_none() && feed.channel.number.is_some());
    watch.feed("its programme", |f| f.programme.is_some()).await;
    assert_eq!(world.request_count("/api/epg/current-programs/"), 1);
    assert_lines("late-guide", &[]);
}

#[tokio::test]
async fn a_look_is_of_the_moment_its_statistics_arrived() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    world.fault(Fault::Hang.on("/api/epg/current-programs/"));
    let mut watch = Watch::start(Config {
        timeout_s: 60.0,
        ..by_key("stamped", &dispatcharr)
    });
    watch.feeds().await;
    let told = watch.seen.last().unwrap().mono_ms;
    // Reported when it came, before whatever completes the look.
    let names = watch
        .seen
        .iter()
        .rev()
        .find(|o| matches!(&o.body, Body::Request(r) if r.endpoint == Endpoint::Channels));
    let stats = watch
        .seen
        .iter()
        .rev()
        .find(|o| matches!(&o.body, Body::Request(r) if r.endpoint == Endpoint::Stats));
    let (names, stats) = (names.unwrap().mono_ms, stats.unwrap().mono_ms);
    assert!(stats <= told, "{stats} {told}");
    let inventory = watch
        .seen
        .iter()
        .rev()
        .find(|o| matches!(o.body, Body::Inventory(_)));
    let inventory = inventory.unwrap().mono_ms;
    assert!(
        inventory > told && names <= inventory,
        "told at {told}, sent after {inventory}"
    );
}

#[tokio::test]
async fn a_look_that_fails_once_costs_neither_the_inventory_nor_a_line_each_time() {
    amid_the_hour().await;
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("flapping", &dispatcharr));
    watch.inventory("everything", |i| i.epg_sources.is_some()).await;
    watch.feed("the channel", |f| f.programme.is_some()).await;
    watch.feeds().await;
    world.clear_requests();
    for _ in 0..3 {
        let id = world.fault(Fault::Status(500).on("/proxy/stats/"));
        watch.outage().await;
        world.release(id);
        let feed = watch.feed("the channel", |_| true).await;
        assert!(feed.channel.number.is_some() && feed.programme.is_some());
        watch.feeds().await;
    }
    let asked: Vec<_> = world.requests().into_iter().map(|r| r.path).collect();
    let others = asked
        .iter()
        .filter(|path| !["/proxy/stats/", "/api/core/version/"].contains(&path.as_str()));
    assert_eq!(others.count(), 0, "{asked:?}");
    assert_lines("flapping", &["HTTP 500", "is back after"]);
}

#[tokio::test]
async fn another_version_is_asked_for_everything() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(by_key("updated", &dispatcharr));
    watch.inventory("everything", |i| i.epg_sources.is_some()).await;
    watch.feeds().await;
    world.clear_requests();
    let id = world.fault(Fault::Refuse);
    watch.outage().await;
    world.set_version(0, 30, 0);
    world.release(id);
    watch.feeds().await;
    wait_for("all of the inventory", || {
        world.request_count("/api/epg/sources/") == 1
    })
    .await;
    wait_for("its accounts", || world.request_count("/api/m3u/accounts/") == 1).await;
}

#[tokio::test]
async fn who_is_down_is_not_asked_for_the_rest_of_the_inventory() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let hang = world.fault(Fault::Hang.on("/api/m3u/accounts/"));
    let mut watch = Watch::start(Config {
        timeout_s: 3.0,
        ..by_key("left-alone", &dispatcharr)
    });
    wait_for("the accounts", || world.request_count("/api/m3u/accounts/") == 1).await;
    watch.feeds().await;
    let down = world.fault(Fault::Refuse.on("/proxy/"));
    watch.outage().await;
    let asked_for = watch
        .until("the end of the question", |b| match b {
            Body::Request(r) if r.endpoint == Endpoint::Accounts => Some(r.error),
            _ => None,
        })
        .await;
    assert_eq!(asked_for, Some("timeout"));
    watch.outage().await;
    assert_eq!(world.request_count("/api/accounts/users/"), 0);
    let from = Instant::now();
    world.release(hang);
    world.release(down);
    let inventory = watch.inventory("everything", |i| i.epg_sources.is_some()).await;
    assert!(inventory.accounts.is_some() && inventory.users.is_some());
    assert!(
        from.elapsed() < Duration::from_secs(20),
        "what failed is part of the outage"
    );
    assert!(!lines("left-alone").iter().any(|line| line.contains("accounts")));
}

#[tokio::test]
async fn a_list_of_channels_that_is_not_found_is_no_empty_list() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.fault(Fault::Status(404).on("/api/channels/channels/"));
    let mut watch = Watch::start(Config {
        wants: Wants {
            channel_list: true,
            plugins: true,
            ..Wants::default()
        },
        ..by_key("no-list", &dispatcharr)
    });
    let inventory = watch.inventory("the rest", |i| i.plugins.is_some()).await;
    assert_eq!((inventory.channel_list, inventory.channels), (None, None));
}
