//! Signing in: seldom, and again when it must be.

use std::io::Write as _;
use std::time::Duration;

use base::Secret;
use model::{Body, Endpoint};
use sim::dispatcharr::{Dispatcharr, Fault, Proof, Seed};
use sources::dispatcharr::Config;

use crate::logs::assert_lines;
use crate::watch::{Watch, by_key, by_login, viewer};

const LOGIN: &str = "/api/accounts/token/";
const RENEWAL: &str = "/api/accounts/token/refresh/";

fn logins(world: &sim::dispatcharr::World) -> usize {
    world.request_count(LOGIN) - world.request_count(RENEWAL)
}

#[tokio::test]
async fn many_looks_take_one_login_and_only_the_version_goes_without() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(by_login("patient", &dispatcharr));
    for _ in 0..6 {
        watch.feeds().await;
    }
    assert_eq!((logins(&world), world.request_count(RENEWAL)), (1, 0));
    for request in world.requests() {
        let public = [LOGIN, "/api/core/version/"].contains(&&*request.path);
        let proof = if public { Proof::None } else { Proof::Bearer };
        assert_eq!(
            (request.proof, request.query.contains("token")),
            (proof, false),
            "{request:?}"
        );
    }
    let reported = watch.count(|b| matches!(b, Body::Request(r) if r.endpoint == Endpoint::Login));
    assert_eq!(reported, 1);
}

#[tokio::test]
async fn a_key_is_sent_as_such_and_not_with_the_version() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let mut watch = Watch::start(by_key("keyed", &dispatcharr));
    watch.feeds().await;
    for request in dispatcharr.world().requests() {
        let public = request.path == "/api/core/version/";
        assert_eq!(
            request.proof,
            if public { Proof::None } else { Proof::Key },
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn tokens_that_end_between_two_looks_are_renewed_without_an_outage() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    let mut watch = Watch::start(by_login("expiring", &dispatcharr));
    watch.feed("the channel", |f| f.programme.is_some()).await;
    world.expire_tokens();
    watch.feeds().await;
    watch.feeds().await;
    assert_eq!((logins(&world), world.request_count(RENEWAL)), (1, 1));
    world.expire_refresh_tokens();
    watch.feeds().await;
    watch.feed("the channel", |_| true).await;
    assert_eq!((logins(&world), world.request_count(RENEWAL)), (2, 2));
    assert_eq!(watch.outages(), 0);
    assert_lines("expiring", &[]);
}

#[tokio::test]
async fn tokens_are_renewed_before_their_end() {
    let seed = Seed {
        access_life: Duration::from_secs(2),
        ..Seed::default()
    };
    let dispatcharr = Dispatcharr::start(seed).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(by_login("shortlived", &dispatcharr));
    while world.request_count(RENEWAL) < 2 {
        watch.feeds().await;
    }
    assert_eq!(logins(&world), 1);
    assert!(watch.outages() == 0);
    // Whole seconds of a token's life may be cut short by rounding, but hardly ever is one used that has ended.
    let refused = world.requests().iter().filter(|r| r.status == 401).count();
    assert!(refused <= world.request_count(RENEWAL), "{refused}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_not_at_every_look() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut watch = Watch::start(Config {
        password: Some(Secret::new("planted-wrong")),
        ..by_login("mistyped", &dispatcharr)
    });
    for _ in 0..4 {
        let message = watch.outage_of("unauthorized").await;
        assert!(
            message.contains("does not accept the user and the password"),
            "{message}"
        );
    }
    assert_eq!(logins(&world), 1);
    assert_lines("mistyped", &["does not accept the user and the password"]);
}

#[tokio::test]
async fn a_throttled_login_waits_as_long_as_it_is_told() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let fault = world.fault(Fault::Status(429).on(LOGIN));
    let mut watch = Watch::start(by_login("throttled", &dispatcharr));
    for _ in 0..3 {
        watch.outage_of("rate_limited").await;
    }
    world.release(fault);
    watch.outage_of("rate_limited").await;
    assert_eq!(logins(&world), 1);
    assert_lines("throttled", &["allows no further login yet"]);
}

#[tokio::test]
async fn a_login_that_does_not_help_is_not_repeated_for_ever() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.fault(Fault::Status(401).on("/proxy/"));
    let mut watch = Watch::start(by_login("futile", &dispatcharr));
    for _ in 0..5 {
        watch.outage_of("unauthorized").await;
    }
    assert!(logins(&world) <= 2, "{}", logins(&world));
}

#[tokio::test]
async fn a_new_key_in_its_file_is_used_at_the_next_refusal() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{}", dispatcharr.admin_key().unwrap()).unwrap();
    let mut watch = Watch::start(Config {
        api_key: None,
        api_key_file: Some(file.path().to_owned()),
        ..by_key("rotated", &dispatcharr)
    });
    watch.feeds().await;
    std::fs::write(file.path(), "planted-new-key\n").unwrap();
    world.change(|have| have.users[0].api_key = Some("planted-new-key".to_owned()));
    watch.feeds().await;
    watch.feeds().await;
    assert_eq!(watch.outages(), 0);
    world.revoke_key("admin");
    watch.outage_of("unauthorized").await;
    std::fs::write(file.path(), "planted-third-key\n").unwrap();
    world.change(|have| have.users[0].api_key = Some("planted-third-key".to_owned()));
    watch.feeds().await;
    assert_lines("rotated", &["does not accept the API key", "is back after"]);
}

#[tokio::test]
async fn a_missing_file_is_told_and_waited_for() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let mut watch = Watch::start(Config {
        api_key: None,
        api_key_file: Some(path.clone()),
        ..by_key("fileless", &dispatcharr)
    });
    let message = watch.outage_of("config").await;
    assert!(message.contains("reading the API key file"), "{message}");
    std::fs::write(&path, dispatcharr.admin_key().unwrap()).unwrap();
    watch.feeds().await;
    assert_lines("fileless", &["reading the API key file", "is back after"]);
}
