//! Empty lists that are not true: none ends what is on the air.

use model::Body;
use model::iptv::FeedKind;
use sim::dispatcharr::{Content, Dispatcharr, Fault, Seed};

use crate::logs::assert_lines;
use crate::watch::{Watch, by_key, viewer};

const STATS: &str = "/proxy/stats/";
const PROBE: &str = "/proxy/ts/status/0000";

/// Kinds of what is on the air at each look so far.
fn looks(watch: &Watch) -> Vec<Vec<FeedKind>> {
    let told = watch.seen.iter().filter_map(|o| match &o.body {
        Body::Feeds { feeds } => Some(feeds.iter().map(|feed| feed.kind).collect()),
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn an_empty_list_that_is_gone_the_next_moment_is_not_believed() {
    let lists: [(&str, &'static [&'static str]); 4] = [
        (
            "flash-all",
            &["channels", "vod_connections", "timeshift_sessions"],
        ),
        ("flash-live", &["channels"]),
        ("flash-vod", &["vod_connections"]),
        ("flash-past", &["timeshift_sessions"]),
    ];
    for (id, names) in lists {
        let dispatcharr = Dispatcharr::start(Seed::default()).await;
        let world = dispatcharr.world();
        world.tune(101.0, viewer()).unwrap();
        world
            .vod(Content::movie("The Long Tide", 2019), viewer())
            .unwrap();
        world
            .timeshift(103.0, viewer(), world.now_ms() - 3_600_000)
            .unwrap();
        let mut watch = Watch::start(by_key(id, &dispatcharr));
        watch.feeds().await;
        world.clear_requests();
        world.fault(Fault::Emptied(names).on(STATS).times(1));
        for _ in 0..3 {
            watch.feeds().await;
        }
        let all = vec![FeedKind::Live, FeedKind::Vod, FeedKind::Timeshift];
        assert!(
            looks(&watch).iter().all(|look| *look == all),
            "{id}: {:?}",
            looks(&watch)
        );
        assert_eq!(world.request_count(PROBE), 1, "{id}: it was doubted once");
        assert_eq!(watch.outages(), 0);
        assert_lines(id, &[]);
    }
}

#[tokio::test]
async fn an_empty_list_beside_others_without_redis_is_an_outage() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    world
        .vod(Content::movie("The Long Tide", 2019), viewer())
        .unwrap();
    let mut watch = Watch::start(by_key("half-gone", &dispatcharr));
    watch.feeds().await;
    let probe = world.fault(Fault::Status(500).on(PROBE));
    let list = world.fault(Fault::Emptied(&["channels"]).on(STATS));
    let (kind, message) = watch.outage().await;
    assert!(
        kind == "server_error" && message.contains("lost its Redis"),
        "{message}"
    );
    world.release(probe);
    world.release(list);
    watch.feeds().await;
    assert!(
        looks(&watch).iter().all(|look| look.len() == 2),
        "{:?}",
        looks(&watch)
    );
}

#[tokio::test]
async fn an_end_is_believed_once_it_is_told_twice_and_one_among_others_at_once() {
    for minor in [29, 27] {
        let dispatcharr = Dispatcharr::start(Seed::default().version(0, minor, 0)).await;
        let world = dispatcharr.world();
        let one = world.tune(101.0, viewer()).unwrap();
        let other = world.tune(103.0, viewer()).unwrap();
        let film = world
            .vod(Content::movie("The Long Tide", 2019), viewer())
            .unwrap();
        let mut watch = Watch::start(by_key(&format!("ends-{minor}"), &dispatcharr));
        watch.feeds().await;
        world.clear_requests();
        for (step, probes, left) in [(0, 0, 2), (1, 1, 1), (2, 2, 0)] {
            let gone = match step {
                0 => world.leave(&one),
                1 => world.leave(&other),
                _ => world.end_vod(&film),
            };
            assert!(gone);
            watch
                .until("the end", |b| {
                    matches!(b, Body::Feeds { feeds } if feeds.len() == left).then_some(())
                })
                .await;
            assert_eq!(world.request_count(PROBE), probes, "0.{minor}, step {step}");
        }
        assert_eq!(watch.outages(), 0);
    }
}

#[tokio::test]
async fn silence_costs_one_probe_a_look() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(by_key("silence", &dispatcharr));
    watch.inventory("everything", |i| i.epg_sources.is_some()).await;
    watch.feeds().await;
    world.clear_requests();
    for _ in 0..3 {
        watch.feeds().await;
    }
    let asked: Vec<_> = world.requests().into_iter().map(|r| r.path).collect();
    let doubts = world.request_count(PROBE);
    assert!(
        doubts >= 3 && asked.chunks(2).all(|look| look[0] == STATS),
        "{asked:?}"
    );
}
