//! Dispatcharr in trouble: what is said of it, one line each, and that it is back when it is.

use std::time::Duration;

use base::Secret;
use model::Body;
use sim::dispatcharr::{Dispatcharr, Fault, Seed};
use sources::dispatcharr::Config;
use tokio::task::JoinSet;

use crate::logs::{assert_lines, lines};
use crate::watch::{Watch, by_key, by_login, viewer};

/// Every way to fail, what it is called, and part of what a person reads.
fn troubles() -> Vec<(Fault, &'static str, &'static str)> {
    vec![
        (Fault::Refuse, "unreachable", "cannot be reached"),
        (
            Fault::Hang,
            "timeout",
            "answers, but does not tell what is on the air within 0.5 s, probably because its Redis is down",
        ),
        (Fault::Slow(Duration::from_secs(2)), "timeout", "within 0.5 s"),
        (Fault::Status(401), "unauthorized", "does not accept the API key"),
        (
            Fault::Status(403),
            "forbidden",
            "does not let us see /proxy/stats/",
        ),
        (Fault::Status(500), "server_error", "HTTP 500"),
        (Fault::Status(502), "server_error", "HTTP 502"),
        (Fault::Html, "unsupported", "none of the statistics we know"),
        (Fault::CutBody, "bad_payload", "reading /proxy/stats/"),
        (Fault::Garbage, "bad_payload", "reading /proxy/stats/"),
        (Fault::PostgresDown, "server_error", "HTTP 500"),
    ]
}

#[tokio::test]
async fn every_trouble_is_told_by_its_name_once_and_passes() {
    let mut all = JoinSet::new();
    for (n, (fault, kind, message)) in troubles().into_iter().enumerate() {
        all.spawn(trouble(format!("trouble-{n}"), fault, kind, message));
    }
    while let Some(one) = all.join_next().await {
        one.unwrap();
    }
}

async fn trouble(id: String, fault: Fault, kind: &'static str, message: &'static str) {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(Config {
        timeout_s: 0.5,
        ..by_key(&id, &dispatcharr)
    });
    watch.inventory("everything", |i| i.epg_sources.is_some()).await;
    watch.feed("the channel", |f| f.programme.is_some()).await;
    watch.feeds().await;
    let fault_id = world.fault(match fault {
        Fault::Refuse | Fault::PostgresDown => fault.clone().into(),
        _ => fault.clone().on("/proxy/"),
    });
    let (told_kind, told) = watch.outage().await;
    assert!(
        told.contains(message) && told_kind == kind,
        "{fault:?}: {told_kind}: {told}"
    );
    assert!(
        told.starts_with(&format!("dispatcharr \"{id}\": ")) && !told.contains('\n'),
        "{told}"
    );
    let looks = watch.count(|b| matches!(b, Body::Feeds { .. }));
    watch.outage().await;
    assert_eq!(
        watch.count(|b| matches!(b, Body::Feeds { .. })),
        looks,
        "no look while it is down"
    );
    world.release(fault_id);
    watch.feed("the channel", |f| f.channel.name.is_some()).await;
    assert_lines(&id, &[message, "is back after"]);
}

#[tokio::test]
async fn without_its_redis_it_is_down_and_not_idle() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("redisless", &dispatcharr));
    watch.feed("the channel", |f| f.programme.is_some()).await;
    let id = world.fault(Fault::RedisDown);
    let (kind, message) = watch.outage().await;
    assert!(
        kind == "server_error" && message.contains("lost its Redis"),
        "{message}"
    );
    world.release(id);
    watch.feeds().await;
    assert_eq!(
        watch.count(|b| matches!(b, Body::Feeds { feeds } if feeds.is_empty())),
        0,
        "it was never told to be idle"
    );
    assert_lines("redisless", &["lost its Redis", "is back after"]);
}

#[tokio::test]
async fn a_restart_ends_all_feeds_and_is_one_outage_at_most() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_key("restarted", &dispatcharr));
    watch.feed("the channel", |_| true).await;
    let id = world.fault(Fault::Refuse);
    watch.outage_of("unreachable").await;
    world.restart();
    world.set_version(0, 30, 0);
    world.release(id);
    watch
        .until("the new version", |b| {
            matches!(b, Body::Info(i) if i.version.as_deref() == Some("0.30.0")).then_some(())
        })
        .await;
    assert_eq!(watch.feeds().await, []);
    assert_lines("restarted", &["cannot be reached", "is back after"]);
}

#[tokio::test]
async fn one_broken_answer_is_asked_for_again() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(by_key("hiccup", &dispatcharr));
    watch.feeds().await;
    world.fault(Fault::CutBody.on("/proxy/stats/").times(1));
    let retries = watch
        .until("a repetition", |b| match b {
            Body::Request(r) if r.retries > 0 => Some((r.retries, r.error)),
            _ => None,
        })
        .await;
    assert_eq!(retries, (1, None));
    watch.feeds().await;
    assert_eq!(watch.outages(), 0);
    assert_lines("hiccup", &[]);
}

#[tokio::test]
async fn down_at_the_start_and_then_there() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let id = world.fault(Fault::Refuse);
    let mut watch = Watch::start(by_key("late", &dispatcharr));
    watch.outage_of("unreachable").await;
    watch.outage_of("unreachable").await;
    world.release(id);
    watch.feed("the channel", |f| f.channel.group.is_some()).await;
    assert_lines("late", &["cannot be reached", "is back after"]);
}

#[tokio::test]
async fn who_may_not_see_it_is_told_whose_key_it_takes() {
    for (id, user) in [("standard-key", "standard"), ("streamer-key", "streamer")] {
        let dispatcharr = Dispatcharr::start(Seed::default()).await;
        let mut watch = Watch::start(Config {
            api_key: Some(Secret::new(&format!("planted-key-{user}"))),
            ..by_key(id, &dispatcharr)
        });
        watch.outage_of("forbidden").await;
        watch.outage_of("forbidden").await;
        dispatcharr.world().set_user_level(user, 10);
        watch.feeds().await;
        assert_lines(id, &["administrator", "is back after"]);
    }
}

#[tokio::test]
async fn something_else_at_the_address_is_told() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.fault(Fault::Html);
    let mut watch = Watch::start(by_login("stranger", &dispatcharr));
    let message = watch.outage_of("wrong_target").await;
    assert!(message.contains("does not answer like Dispatcharr"), "{message}");
    assert_eq!(
        world.request_count("/api/accounts/token/"),
        0,
        "no password was sent to a stranger"
    );
    assert_eq!(lines("stranger").len(), 1);
}
