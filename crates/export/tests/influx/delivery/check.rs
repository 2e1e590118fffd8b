//! `projectionist check`: one line with a cause, and a hint.

use super::picky::{Picky, says};
use super::*;
use base::Kind;
use export::sinks::influx::{self, check};
use sim::influx::Fault;

#[track_caller]
fn assert_told(outcome: Result<influx::CheckReport, influx::Error>, kind: Kind, cause: &str, hint: &str) {
    let e = outcome.unwrap_err();
    let text = base::error::Chain(&e).to_string();
    let told = e.hint().unwrap_or_default();
    assert_eq!(e.kind(), kind, "{text} {told}");
    assert!(text.contains(cause), "{text}");
    assert!(told.contains(hint) && !told.is_empty(), "{told}");
    assert!(!text.contains('\n') && !told.contains('\n'), "{text}");
    assert!(
        !text.contains("hunter2") && !text.contains("wrong-secret"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_right_is_told_with_its_target_and_nothing_is_written() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        let report = check(&config).await.unwrap();
        let expected = match api {
            Api::V2 => format!("bucket \"plex\" of \"home\" at {}", fake.url()),
            _ => format!("database \"plex_data\" at {}", fake.url()),
        };
        assert_eq!((report.target, report.notes), (expected, vec![]), "{api:?}");
        assert!(report.version.is_some(), "{api:?}");
        assert!(fake.is_empty());
        assert!(fake.requests().iter().all(|seen| !seen.secret_in_url));
    }
}

#[tokio::test]
async fn wrong_names_and_secrets_are_told_apart() {
    let some = |text: &str| Some(text.to_owned());
    let wrong = Some(Secret::new("wrong-secret"));
    let (v1, config) = fake(Api::V1).await;
    let denied = Config {
        password: wrong.clone(),
        ..config.clone()
    };
    assert_told(
        check(&denied).await,
        Kind::Unauthorized,
        "authorization failed",
        "password",
    );
    let missing = Config {
        database: "nope".to_owned(),
        create_database: false,
        ..config.clone()
    };
    assert_told(
        check(&missing).await,
        Kind::NotFound,
        "no database \"nope\"",
        "create_database",
    );
    let to_be_made = Config {
        create_database: true,
        ..missing
    };
    let report = check(&to_be_made).await.unwrap();
    assert_eq!(
        report.notes,
        ["the database \"nope\" is missing, and will be made"]
    );
    assert_eq!(v1.databases(), ["plex_data"]);

    let (_v2, config) = fake(Api::V2).await;
    for (config, kind, hint) in [
        (
            Config {
                token: wrong.clone(),
                ..config.clone()
            },
            Kind::Unauthorized,
            "token",
        ),
        (
            Config {
                bucket: some("nope"),
                ..config.clone()
            },
            Kind::NotFound,
            "bucket",
        ),
        (
            Config {
                org: some("nope"),
                ..config.clone()
            },
            Kind::NotFound,
            "org",
        ),
    ] {
        assert_told(check(&config).await, kind, "HTTP 40", hint);
    }
    let (_v3, config) = fake(Api::V3).await;
    let denied = Config {
        token: wrong,
        ..config
    };
    assert_told(check(&denied).await, Kind::Unauthorized, "HTTP 401", "token");
}

#[tokio::test]
async fn one_version_taken_for_another_is_named() {
    for (there, here, cause) in [
        (Api::V1, Api::V2, "InfluxDB 1"),
        (Api::V1, Api::V3, "InfluxDB 1"),
        (Api::V2, Api::V1, "InfluxDB 2"),
        (Api::V2, Api::V3, "InfluxDB 2"),
        (Api::V3, Api::V1, "InfluxDB 3"),
        (Api::V3, Api::V2, "InfluxDB 3"),
    ] {
        let fake = Influx::start(settings(there)).await;
        let e = check(&config_for(&fake, here)).await.unwrap_err();
        let text = e.to_string();
        assert!(
            text.contains(cause) && e.hint().is_some(),
            "{there:?} as {here:?}: {text}"
        );
    }
}

#[tokio::test]
async fn an_empty_body_that_is_refused_as_such_is_right() {
    for (status, body) in [
        (
            "400 Bad Request",
            r#"{"code":"invalid","message":"writing requires points"}"#,
        ),
        ("400 Bad Request", r#"{"error":"incoming write was empty"}"#),
        ("422 Unprocessable\r\nX-Influxdb-Version: 3.9", "it is empty"),
    ] {
        let picky = Picky::start(move |_, _| says(status, body)).await;
        let config = Config {
            url: picky.url.clone(),
            token: Some(Secret::new("hunter2")),
            ..Config::default()
        };
        let report = check(&config).await.unwrap();
        assert_eq!(report.api, influx::Api::V3, "{body}");
    }
}

#[tokio::test]
async fn a_wrong_token_at_the_old_interface_of_a_new_version_is_told() {
    for status in [
        "401 Unauthorized\r\nX-Influxdb-Version: v2.7.12",
        "403 Forbidden\r\nX-Influxdb-Version: 3.4.0",
    ] {
        let said = r#"{"code":"unauthorized","message":"unauthorized access"}"#;
        let picky = Picky::start(move |_, _| says(status, said)).await;
        let config = Config {
            url: picky.url.clone(),
            api: influx::Api::V1,
            token: Some(Secret::new("wrong-secret")),
            ..Config::default()
        };
        let kind = if status.starts_with("401") {
            Kind::Unauthorized
        } else {
            Kind::Forbidden
        };
        assert_told(check(&config).await, kind, "unauthorized access", "check `token`");
    }
}

#[tokio::test]
async fn nobody_is_told_to_have_a_database_made_where_that_is_not_done() {
    for api in [influx::Api::V1, influx::Api::V3] {
        let picky =
            Picky::start(|_, _| says("404 Not Found", r#"{"error":"database not found: nope"}"#)).await;
        let config = Config {
            url: picky.url.clone(),
            api,
            token: Some(Secret::new("hunter2")),
            create_database: false,
            ..Config::default()
        };
        let e = check(&config).await.unwrap_err();
        let hint = e.hint().unwrap();
        assert_eq!(hint.contains("create_database"), api == influx::Api::V1, "{hint}");
        assert!(hint.contains("correct `database`"), "{hint}");
    }
}

#[tokio::test]
async fn what_is_no_influxdb_is_told() {
    for (status, body, kind, cause, hint) in [
        (
            "200 OK",
            "<!doctype html><title>Welcome</title>",
            Kind::WrongTarget,
            "a web page",
            "address of an InfluxDB",
        ),
        (
            "404 Not Found",
            "404 page not found",
            Kind::NotFound,
            "404 page not found",
            "is this an InfluxDB",
        ),
        (
            "401 Unauthorized\r\nX-Plex-Protocol: 1.0",
            "<html>Unauthorized</html>",
            Kind::WrongTarget,
            "Plex Media Server",
            "address of the InfluxDB",
        ),
        (
            "301 Moved\r\nLocation: https://elsewhere.example/write?u=hunter2",
            "",
            Kind::WrongTarget,
            "sends us on to https://elsewhere.example/",
            "where it really is",
        ),
        (
            "400 Bad Request",
            "the login name is empty",
            Kind::BadPayload,
            "login name",
            "address",
        ),
        (
            "400 Bad Request",
            "I am a teapot",
            Kind::BadPayload,
            "teapot",
            "address",
        ),
    ] {
        let picky = Picky::start(move |_, _| says(status, body)).await;
        let config = Config {
            url: picky.url.clone(),
            ..Config::default()
        };
        assert_told(check(&config).await, kind, cause, hint);
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_told() {
    let (fake, config) = fake(Api::V1).await;
    let tls = Config {
        url: fake.url().replace("http:", "https:"),
        ..config.clone()
    };
    assert_told(check(&tls).await, Kind::Tls, "no secure connection", "http://");
    fake.fault(Fault::Hang);
    let slow = Config {
        timeout_s: 0.2,
        ..config.clone()
    };
    assert_told(
        check(&slow).await,
        Kind::Timeout,
        "no answer in time",
        "timeout_s",
    );
    fake.stop().await;
    assert_told(
        check(&config).await,
        Kind::Unreachable,
        "cannot be reached",
        "8086",
    );
    let ca = Config {
        ca_file: Some("/no/such/file.pem".into()),
        ..config
    };
    let e = check(&ca).await.unwrap_err();
    assert!(base::error::Chain(&e).to_string().contains("/no/such/file.pem"));
}
