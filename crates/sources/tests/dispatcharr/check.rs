//! `check`: one look at everything, and words about what is missing.

use base::{Kind, Secret};
use sim::dispatcharr::{Dispatcharr, Fault, Seed};
use sources::dispatcharr::{Config, check};

use crate::watch::{by_key, by_login, viewer};

#[tokio::test]
async fn all_is_well() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer()).unwrap();
    for cfg in [by_key("fine", &dispatcharr), by_login("fine", &dispatcharr)] {
        let report = check(&cfg).await.unwrap();
        assert_eq!(report.url_used, dispatcharr.url());
        assert_eq!(report.version.as_deref(), Some("0.29.0"));
        assert_eq!(
            (report.channels, report.accounts, report.feeds),
            (Some(6), Some(3), 1)
        );
        assert_eq!(report.notes, [""; 0]);
    }
}

#[tokio::test]
async fn what_is_missing_is_noted() {
    let dispatcharr = Dispatcharr::start(Seed::default().version(0, 27, 0)).await;
    let world = dispatcharr.world();
    world.fault(Fault::Status(500).on("/api/m3u/accounts/"));
    world.fault(Fault::WsRefuse);
    let cfg = Config {
        notifications: true,
        redis_url: Some(Secret::new("redis://:planted-redis@127.0.0.1:1/0")),
        ..by_login("lacking", &dispatcharr)
    };
    let report = check(&cfg).await.unwrap();
    assert_eq!(report.accounts, None);
    let notes = report.notes.join("\n");
    for part in [
        "0.28",
        "/api/m3u/accounts/",
        "its Redis will not be read",
        "no notifications",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!notes.contains("planted"), "{notes}");
}

#[tokio::test]
async fn what_must_be_put_right_first_is_the_error() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    let key = |key: &str| Config {
        api_key: Some(Secret::new(key)),
        ..by_key("wrong", &dispatcharr)
    };
    let nowhere = Config {
        url: "http://127.0.0.1:1".to_owned(),
        ..by_key("wrong", &dispatcharr)
    };
    for (cfg, kind, hint) in [
        (key("planted-nobodys"), Kind::Unauthorized, "Users"),
        (key("planted-key-standard"), Kind::Forbidden, "administrator"),
        (nowhere, Kind::Unreachable, "9191"),
    ] {
        let e = check(&cfg).await.unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.hint().unwrap().contains(hint), "{:?}", e.hint());
    }
    world.fault(Fault::RedisDown);
    let e = check(&by_key("wrong", &dispatcharr)).await.unwrap_err();
    assert!(e.to_string().contains("lost its Redis"), "{e}");
}
