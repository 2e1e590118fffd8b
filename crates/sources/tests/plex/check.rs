//! `check` and `capture`: one probe, one line of what is wrong, and what to do about it.

use base::error::Chain;
use base::{Kind, Secret};
use sim::plex::{Fault, Plex, Seed, SessionSeed};
use sources::plex::{Config, Error, capture, check};

use crate::watch::{quiet, still_server};

fn line(e: &Error) -> String {
    Chain(e).to_string()
}

#[tokio::test]
async fn a_good_server_is_described() {
    let plex = still_server().await;
    plex.world().start(SessionSeed::movie("Silt"));
    let report = check(&quiet(&plex), None).await.unwrap();
    assert_eq!(report.name.as_deref(), Some("Attic"));
    assert!(report.version.unwrap().starts_with("1.43"));
    assert_eq!(report.machine_id, plex.machine_id());
    assert_eq!(report.url_used, plex.url());
    assert_eq!((report.sessions, report.libraries), (1, 4));
    assert_eq!(report.notes, Vec::<String>::new());
}

#[tokio::test]
async fn what_will_be_missing_is_noted() {
    let plex = Plex::start(Seed::default().still().without_pass()).await;
    plex.world().fault(Fault::WsRefuse);
    let url = Some(plex.url().replace("http://", ""));
    let report = check(&Config { url, ..quiet(&plex) }, None).await.unwrap();
    let notes = report.notes.join("\n");
    assert!(notes.contains("no scheme given"), "{notes}");
    assert!(
        notes.contains("no Plex Pass: host load and traffic will be absent"),
        "{notes}"
    );
    assert!(
        notes.contains("web sockets are blocked, an event stream serves instead"),
        "{notes}"
    );
    plex.world().fault(Fault::SseRefuse);
    let notes = check(&quiet(&plex), None).await.unwrap().notes.join("\n");
    assert!(notes.contains("no notifications"), "{notes}");
}

/// What is wrong, its kind, what is said, and part of the hint.
type Trouble = (Config, Kind, String, &'static str);

fn troubles_of_address_and_token(plex: &Plex) -> Vec<Trouble> {
    let base = quiet(plex);
    let url = |url: &str| Config {
        url: Some(url.to_owned()),
        ..base.clone()
    };
    let here = plex.url();
    vec![
        (
            url("http://127.0.0.1:1"),
            Kind::Unreachable,
            "http://127.0.0.1:1 refused the connection".into(),
            "32400",
        ),
        (
            url("http://no-such-host.invalid:32400"),
            Kind::Unreachable,
            "the host name of http://no-such-host.invalid:32400 is unknown".into(),
            "spelling",
        ),
        (
            url("ftp://attic"),
            Kind::Config,
            "the address must begin with http:// or https://, not ftp://".into(),
            "url = ",
        ),
        (
            Config {
                token: Some(Secret::new("wrong")),
                ..base.clone()
            },
            Kind::Unauthorized,
            format!("{here} does not accept the token (401 on /)"),
            "projectionist login plex",
        ),
        (
            Config {
                token: None,
                ..base.clone()
            },
            Kind::Unauthorized,
            format!("{here} asks for a token, and none is set"),
            "token_file",
        ),
    ]
}

fn other_troubles(plex: &Plex) -> Vec<Trouble> {
    let base = quiet(plex);
    let (here, port) = (plex.url(), plex.addr().port());
    let url = |url: String| Config {
        url: Some(url),
        ..base.clone()
    };
    vec![
        (
            Config {
                machine_id: Some("feedbeef".to_owned()),
                ..base.clone()
            },
            Kind::WrongTarget,
            format!("{here} is the server {}, not feedbeef", plex.machine_id()),
            "machine_id",
        ),
        (
            url(format!("https://127.0.0.1:{port}")),
            Kind::Tls,
            format!("https://127.0.0.1:{port} does not speak TLS on this port"),
            "http://",
        ),
        (
            Config {
                url: None,
                name: Some("Attic".to_owned()),
                ..base.clone()
            },
            Kind::Config,
            "finding a server by name needs an account at plex.tv".into(),
            "login plex",
        ),
        (
            Config {
                ca_file: Some("/no/such/ca.pem".into()),
                ..base.clone()
            },
            Kind::Config,
            "reading CA file /no/such/ca.pem: No such file or directory (os error 2)".into(),
            "",
        ),
    ]
}

#[tokio::test]
async fn each_trouble_is_one_line_with_cause_and_hint() {
    let plex = still_server().await;
    for (cfg, kind, what, hint) in troubles_of_address_and_token(&plex)
        .into_iter()
        .chain(other_troubles(&plex))
    {
        let e = check(&cfg, None).await.unwrap_err();
        assert_eq!(line(&e), format!("plex \"attic\": {what}"));
        assert_eq!(e.kind(), kind, "{what}");
        assert!(
            e.hint().unwrap_or_default().contains(hint),
            "{what}: {:?}",
            e.hint()
        );
    }
}

#[tokio::test]
async fn each_fault_of_a_server_is_one_line() {
    let cases = [
        (
            Fault::NotPlex,
            Kind::WrongTarget,
            "answered, but it is not a Plex server",
        ),
        (
            Fault::Status(404),
            Kind::WrongTarget,
            "answered, but it is not a Plex server",
        ),
        (Fault::Maintenance, Kind::Starting, "is starting: "),
        (
            Fault::Hang,
            Kind::Timeout,
            "did not answer /identity within 0.3 s",
        ),
        (
            Fault::Redirect("https://elsewhere/".to_owned()),
            Kind::WrongTarget,
            "redirects /identity elsewhere (302)",
        ),
        (
            Fault::Status(500),
            Kind::ServerError,
            "answered /identity with 500 Internal Server Error",
        ),
    ];
    for (fault, kind, what) in cases {
        let plex = still_server().await;
        plex.world().fault(fault);
        let e = check(
            &Config {
                timeout_s: 0.3,
                ..quiet(&plex)
            },
            None,
        )
        .await
        .unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(
            line(&e).starts_with(&format!("plex \"attic\": {}", plex.url())),
            "{e}"
        );
        assert!(line(&e).contains(what) && !line(&e).contains('\n'), "{e}");
    }
}

#[tokio::test]
async fn an_answer_beyond_its_limit_names_what_was_asked() {
    let plex = still_server().await;
    plex.world()
        .fault(Fault::HugeBody(40 << 20).on("/status/sessions"));
    let e = check(&quiet(&plex), None).await.unwrap_err();
    assert_eq!(e.kind(), Kind::BadPayload);
    assert!(
        line(&e).contains("/status/sessions") && line(&e).contains("larger than the limit"),
        "{}",
        line(&e)
    );
}

#[tokio::test]
async fn a_friends_token_is_told_from_a_wrong_one() {
    let plex = Plex::start(Seed::default().still().shared("friend-token", 7, &[1])).await;
    let cfg = Config {
        token: Some(Secret::new("friend-token")),
        ..quiet(&plex)
    };
    let e = check(&cfg, None).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Forbidden);
    assert!(line(&e).contains("it may not see the sessions"), "{}", line(&e));
    assert!(e.hint().unwrap().contains("owner"));
}

#[tokio::test]
async fn a_capture_holds_no_token_name_or_address() {
    let plex = still_server().await;
    plex.world()
        .start(SessionSeed::episode("Tidewater", 1, 1, "Ebb").user(20_417_733, "Wren"));
    let files = capture(&quiet(&plex), None).await.unwrap();
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.contains(&"sessions.json") && names.contains(&"providers.json"),
        "{names:?}"
    );
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        for secret in [
            plex.token(),
            &plex.machine_id(),
            "Attic",
            "marlo",
            "Wren",
            "Tidewater",
            "192.168.",
            "20417733",
            ".mkv",
        ] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
}
