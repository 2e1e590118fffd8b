//! What is on the air, as it is told.

use model::Body;
use model::iptv::{FeedKind, FeedState};
use sim::dispatcharr::{Dispatcharr, Seed};

use crate::logs::assert_lines;
use crate::watch::{Watch, amid_the_hour, by_key, viewer};

#[tokio::test]
async fn the_first_look_has_names_and_comes_after_the_inventory() {
    amid_the_hour().await;
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer().user(2)).unwrap();
    let mut watch = Watch::start(by_key("names", &dispatcharr));
    let feed = watch.feed("the channel", |_| true).await;
    assert_eq!(feed.kind, FeedKind::Live);
    assert_eq!(feed.channel.name.as_deref(), Some("Morning Wire HD"));
    assert_eq!(feed.channel.number, Some(101.0));
    assert_eq!(feed.channel.group.as_deref(), Some("News"));
    assert_eq!((feed.stream.index, feed.stream.available), (Some(0), Some(2)));
    assert_eq!(feed.stream.stream_profile.as_deref(), Some("ffmpeg"));
    assert_eq!(feed.viewers[0].user.as_deref(), Some("standard"));
    assert!(feed.programme.is_some());
    let place = |is: fn(&Body) -> bool| watch.seen.iter().position(|o| is(&o.body));
    assert_eq!(
        place(|b| matches!(b, Body::Hello { kind: "dispatcharr" })),
        Some(0)
    );
    let info = place(|b| matches!(b, Body::Info(i) if i.version.as_deref() == Some("0.29.0")));
    let inventory = place(|b| matches!(b, Body::Inventory(_)));
    let feeds = place(|b| matches!(b, Body::Feeds { .. }));
    assert!(info.is_some() && info < inventory && inventory < feeds);
    assert_lines("names", &[]);
}

#[tokio::test]
async fn feeds_come_change_and_go() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(by_key("zapping", &dispatcharr));
    assert_eq!(watch.feeds().await, []);
    assert!(
        world.request_count("/proxy/ts/status/0000") > 0,
        "silence was doubted"
    );
    let client = world.tune(101.0, viewer()).unwrap();
    watch.feed("the channel", |f| f.viewers.len() == 1).await;
    assert!(world.fail_stream(101.0));
    let feed = watch
        .feed("the second stream", |f| f.stream.index == Some(1))
        .await;
    assert_eq!(feed.stream.name.as_deref(), Some("Panel Wire HD"));
    world.set_state(101.0, "buffering");
    watch
        .feed("buffering", |f| f.state == Some(FeedState::Buffering))
        .await;
    world.leave(&client);
    watch
        .until("silence", |b| {
            matches!(b, Body::Feeds { feeds } if feeds.is_empty()).then_some(())
        })
        .await;
    let preview = world.preview(3, viewer()).unwrap();
    let feed = watch.feed("the preview", |f| f.kind == FeedKind::Preview).await;
    assert_eq!(feed.channel.number, None);
    world.leave(&preview);
    assert_lines("zapping", &[]);
}

#[tokio::test]
async fn a_channel_deleted_while_it_plays_keeps_its_name() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("deleted", &dispatcharr));
    let before = watch.feed("the channel", |f| f.channel.number.is_some()).await;
    assert!(world.delete_channel(101.0));
    watch.feeds().await;
    let after = watch.feed("the channel", |_| true).await;
    assert_eq!(after.channel, before.channel);
    assert_eq!(watch.outages(), 0);
    assert_lines("deleted", &[]);
}

#[tokio::test]
async fn quiet_looks_ask_one_thing_each() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("thrifty", &dispatcharr));
    watch.feed("the channel", |f| f.programme.is_some()).await;
    watch.feeds().await;
    world.clear_requests();
    for _ in 0..4 {
        watch.feeds().await;
    }
    let asked: Vec<_> = world.requests().into_iter().map(|r| r.path).collect();
    assert!(
        asked.len() >= 4 && asked.iter().all(|p| p == "/proxy/stats/"),
        "{asked:?}"
    );
}
