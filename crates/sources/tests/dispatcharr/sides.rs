//! Questions beside the main one: each costs its own values only.

use base::Secret;
use model::{Body, Endpoint};
use sim::dispatcharr::{Dispatcharr, Fault, Seed};
use sources::dispatcharr::{Config, Wants};

use crate::logs::{assert_lines, lines};
use crate::watch::{Watch, amid_the_hour, by_key, viewer, wait_for};

#[tokio::test]
async fn a_question_that_fails_costs_its_values_and_one_line() {
    amid_the_hour().await;
    for (id, path, part) in [
        (
            "side-names",
            "/api/channels/channels/by-uuids/",
            "names of channels",
        ),
        (
            "side-streams",
            "/api/channels/streams/by-ids/",
            "names of streams",
        ),
        ("side-guide", "/api/epg/current-programs/", "programmes"),
    ] {
        let dispatcharr = Dispatcharr::start(Seed::default()).await;
        let world = dispatcharr.world();
        world.tune(101.0, viewer()).unwrap();
        world.fault(Fault::Status(500).on(path));
        let mut watch = Watch::start(by_key(id, &dispatcharr));
        for _ in 0..4 {
            let feed = watch.feed("the channel", |_| true).await;
            assert_eq!(feed.viewers.len(), 1);
            assert_eq!(feed.programme.is_none(), part == "programmes");
            assert_eq!(feed.channel.number.is_none(), part == "names of channels");
        }
        assert_eq!(world.request_count(path), 1, "it is left alone for a while");
        assert_eq!(watch.outages(), 0);
        assert_lines(id, &[part]);
    }
}

#[tokio::test]
async fn a_part_of_the_inventory_that_fails_costs_that_part_and_one_line() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.fault(Fault::Status(500).on("/api/m3u/accounts/"));
    let mut watch = Watch::start(by_key("partial", &dispatcharr));
    let inventory = watch.inventory("the rest", |i| i.epg_sources.is_some()).await;
    assert!(inventory.accounts.is_none() && inventory.users.is_some());
    assert_eq!(inventory.channels, Some(6));
    wait_for("its line", || !lines("partial").is_empty()).await;
    assert_lines("partial", &["no provider accounts: http"]);
    assert_eq!(watch.outages(), 0);
}

#[tokio::test]
async fn what_is_wanted_is_asked_for_and_nothing_else() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("frugal", &dispatcharr));
    let inventory = watch.inventory("everything", |i| i.epg_sources.is_some()).await;
    assert!(inventory.channel_list.is_none() && inventory.plugins.is_none());
    watch.feeds().await;
    assert_eq!(world.request_count("/proxy/ts/status/"), 0);
    drop(watch);
    let mut watch = Watch::start(Config {
        wants: Wants {
            viewer_details: true,
            channel_list: true,
            plugins: true,
        },
        ..by_key("lavish", &dispatcharr)
    });
    let inventory = watch.inventory("everything", |i| i.plugins.is_some()).await;
    let list = inventory.channel_list.unwrap();
    assert_eq!(list.len(), 6);
    assert!(list[0].group.is_some());
    world.advance(std::time::Duration::from_secs(30));
    watch
        .feed("bytes of the viewer", |f| f.viewers[0].sent_bytes.is_some())
        .await;
}

#[tokio::test]
async fn more_viewers_than_are_listed_are_asked_for() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    for _ in 0..14 {
        world.tune(101.0, viewer()).unwrap();
    }
    let mut watch = Watch::start(by_key("crowd", &dispatcharr));
    let feed = watch.feed("all viewers", |f| f.viewers.len() == 14).await;
    assert_eq!(feed.viewer_count, Some(14));
    let fault = world.fault(Fault::Status(500).on("/proxy/ts/status/"));
    let feed = watch
        .feed("those that are listed", |f| f.viewers.len() == 10)
        .await;
    assert_eq!(feed.viewer_count, Some(14));
    watch.feeds().await;
    world.release(fault);
    assert_eq!(watch.outages(), 0);
    assert_lines("crowd", &["details of viewers"]);
}

#[tokio::test]
async fn a_redis_that_is_away_costs_its_values_and_one_line() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(Config {
        redis_url: Some(Secret::new("redis://:planted-redis@127.0.0.1:1/0")),
        ..by_key("away", &dispatcharr)
    });
    let kind = watch
        .until("the report", |b| match b {
            Body::Request(r) if r.endpoint == Endpoint::Redis => Some(r.error),
            _ => None,
        })
        .await;
    assert_eq!(kind, Some("unreachable"));
    for _ in 0..3 {
        watch.feed("the channel", |f| f.channel.name.is_some()).await;
    }
    assert_eq!(watch.outages(), 0);
    assert_lines("away", &["no values of its Redis"]);
}
