//! `check` names what is wrong and what to do about it, and never the key.

use std::time::Duration;

use base::error::Chain;
use base::{Kind, Secret};
use sim::tautulli::{Fault, Seed, Tautulli};
use sources::tautulli::{Config, check};

fn config(url: &str) -> Config {
    Config {
        api_key: Some(Secret::new(&Seed::default().api_key)),
        timeout: Duration::from_millis(500),
        ..Config::new(url, "attic".into(), std::env::temp_dir())
    }
}

async fn failure(cfg: &Config) -> (Kind, String) {
    let error = check(cfg).await.unwrap_err();
    let text = format!("{} ({})", Chain(&error), error.hint().unwrap_or_default());
    assert!(!text.contains("0123456789abcdef"), "{text}");
    assert!(!format!("{error:?} {cfg:?}").contains("0123456789abcdef"));
    (error.kind(), text)
}

#[tokio::test]
async fn a_good_one_is_described() {
    let tautulli = Tautulli::start(Seed {
        http_root: "/tautulli".to_owned(),
        ..Seed::default()
    })
    .await
    .unwrap();
    let report = check(&config(&format!("{}/home", tautulli.url()))).await.unwrap();
    assert_eq!(report.version.as_deref(), Some("v2.17.2"));
    assert_eq!(report.machine_id.as_deref(), Some("feedface"));
    assert_eq!((report.rows, report.url_used), (0, tautulli.url()));
    assert_eq!(report.notes, Vec::<String>::new());
    assert!(
        tautulli
            .seen()
            .iter()
            .all(|s| !s.key_in_url && s.method == "POST")
    );
    tautulli.change(|s| {
        s.unknown = ["get_tautulli_info", "get_server_identity"]
            .map(str::to_owned)
            .into();
    });
    let report = check(&config(&tautulli.url())).await.unwrap();
    assert_eq!((report.version, report.machine_id), (None, None));
    assert!(
        report.notes[0].contains("get_tautulli_info"),
        "{:?}",
        report.notes
    );
}

#[tokio::test]
async fn addresses_and_keys_that_cannot_work_are_named() {
    let tautulli = Tautulli::start(Seed::default()).await.unwrap();
    let good = config(&tautulli.url());
    let with_key = |key: Option<&str>| Config {
        api_key: key.map(Secret::new),
        ..good.clone()
    };
    for (cfg, kind, words) in [
        (
            with_key(Some("wrong")),
            Kind::Unauthorized,
            "does not accept the API key",
        ),
        (with_key(None), Kind::Config, "its API key is missing"),
        (
            config("http://127.0.0.1:1"),
            Kind::Unreachable,
            "it cannot be reached",
        ),
        (
            config("ftp://attic"),
            Kind::Config,
            "must begin with http:// or https://",
        ),
        (
            config(&format!("{}/elsewhere", tautulli.url())),
            Kind::NotFound,
            "HTTP root",
        ),
        (
            config(&tautulli.url().replace("http:", "https:")),
            Kind::Tls,
            "http:// instead of https://",
        ),
    ] {
        let (found, text) = failure(&cfg).await;
        assert_eq!(found, kind, "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn every_fault_has_its_words() {
    let tautulli = Tautulli::start(Seed::default()).await.unwrap();
    let good = config(&tautulli.url());
    for (fault, kind, words) in [
        (Fault::Html, Kind::WrongTarget, "a web page came back"),
        (Fault::Status(401), Kind::Unauthorized, "a login of its own"),
        (Fault::Status(502), Kind::ServerError, "HTTP 502"),
        (Fault::Raises, Kind::ServerError, "its own log says why"),
        (
            Fault::Truncated,
            Kind::Unreachable,
            "reading its answer to status",
        ),
        (
            Fault::Slow(Duration::from_secs(30)),
            Kind::Timeout,
            "no answer to status within 0.5 s",
        ),
        (
            Fault::Moved("https://other.example/home?apikey=x".to_owned()),
            Kind::WrongTarget,
            "sends us on to https://other.example/home (use that address)",
        ),
    ] {
        tautulli.fault("status", fault.clone(), 1);
        let (found, text) = failure(&good).await;
        assert_eq!(found, kind, "{fault:?}: {text}");
        assert!(text.contains(words), "{fault:?}: {text}");
    }
    tautulli.change(|s| s.unknown = ["status".to_owned()].into());
    let (kind, text) = failure(&good).await;
    assert_eq!(kind, Kind::Unsupported, "{text}");
    tautulli.change(|s| s.api_enabled = false);
    let (kind, text) = failure(&good).await;
    assert_eq!(kind, Kind::Forbidden);
    assert!(text.contains("Enable API"), "{text}");
}
