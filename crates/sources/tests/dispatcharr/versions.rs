//! Versions before and after the statistics in one piece, and others yet.

use model::iptv::FeedKind;
use sim::dispatcharr::{Content, Dispatcharr, Fault, Seed};

use crate::logs::assert_lines;
use crate::watch::{Watch, by_key, by_login, viewer};

#[tokio::test]
async fn an_older_version_is_asked_for_each_and_not_for_what_it_lacks() {
    let dispatcharr = Dispatcharr::start(Seed::default().version(0, 27, 0)).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("older", &dispatcharr));
    let feed = watch.feed("the channel", |f| f.channel.group.is_some()).await;
    assert_eq!(feed.kind, FeedKind::Live);
    assert_eq!(world.request_count("/proxy/stats/"), 0);
    assert!(world.request_count("/proxy/vod/stats/") > 0);
    assert_eq!(world.request_count("/proxy/catchup/stats/"), 0);
    assert_lines("older", &[]);
}

#[tokio::test]
async fn a_version_without_the_combined_answer_is_found_out_and_an_update_noticed() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    // As if the address had been given up.
    let fault = world.fault(Fault::Html.on("/proxy/stats/"));
    let mut watch = Watch::start(by_key("renamed", &dispatcharr));
    for _ in 0..3 {
        watch.feed("the channel", |_| true).await;
    }
    assert_eq!(world.request_count("/proxy/stats/"), 1);
    assert!(world.request_count("/proxy/catchup/stats/") > 0);
    assert_eq!(watch.outages(), 0);
    assert_lines("renamed", &[]);
    world.release(fault);
    let down = world.fault(Fault::Refuse);
    watch.outage().await;
    world.set_version(0, 31, 0);
    world.release(down);
    watch.feed("the channel", |_| true).await;
    assert_eq!(world.request_count("/proxy/stats/"), 2);
}

#[tokio::test]
async fn before_users_and_names_were_told_names_come_from_the_list() {
    let dispatcharr = Dispatcharr::start(Seed::default().version(0, 20, 0)).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer().user(2)).unwrap();
    let mut watch = Watch::start(by_login("ancient", &dispatcharr));
    let feed = watch.feed("the channel", |f| f.channel.name.is_some()).await;
    assert_eq!(feed.channel.name.as_deref(), Some("Morning Wire HD"));
    assert_lines("ancient", &[]);
}

#[tokio::test]
async fn films_are_told_by_old_and_new_versions_alike() {
    for (id, minor) in [("films-old", 27), ("films-new", 29)] {
        let dispatcharr = Dispatcharr::start(Seed::default().version(0, minor, 0)).await;
        let world = dispatcharr.world();
        world
            .vod(Content::movie("The Long Tide", 2019), viewer())
            .unwrap();
        let mut watch = Watch::start(by_key(id, &dispatcharr));
        let feed = watch.feed("the film", |f| f.kind == FeedKind::Vod).await;
        assert_eq!(feed.channel.name.as_deref(), Some("The Long Tide"));
    }
}

#[tokio::test]
async fn without_a_question_for_some_channels_the_summary_serves() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    world.fault(Fault::Status(405).on("/api/channels/channels/by-uuids/"));
    let mut watch = Watch::start(by_key("summary", &dispatcharr));
    let feed = watch.feed("its number", |f| f.channel.number.is_some()).await;
    assert_eq!(feed.channel.number, Some(101.0));
    watch.feeds().await;
    world.tune(103.0, viewer()).unwrap();
    watch.feeds().await;
    assert_eq!(world.request_count("/api/channels/channels/by-uuids/"), 1);
    assert_eq!(
        world.request_count("/api/channels/channels/summary/"),
        1,
        "it is long, so it rests"
    );
    assert_lines("summary", &[]);
}
