//! Servers as they are in the world: down, wrong, behind strange certificates, and back again.

use sim::plex::{Fault, Plex, Seed, SessionSeed};

use crate::support::{Home, closed_port, get, json, plex, server_in_state, until};

/// What `check` prints about one server with these variables.
fn check(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let ended = Home::new().run(&["check"], variables);
    assert_eq!(ended.out.lines().count(), 1, "one line a server: {ended:?}");
    (ended.code(), ended.out.trim_end().to_owned())
}

/// What `check` says is wrong with the server at `url`.
fn trouble(url: &str, token: &str, more: &[(&str, &str)]) -> String {
    let mut variables = vec![
        ("PLEX_SERVER", url),
        ("PLEX_TOKEN", token),
        ("PLEX_CLIENT_TIMEOUT_SECONDS", "2"),
    ];
    variables.extend(more);
    let (code, line) = check(&variables);
    assert_eq!(code, Some(1), "{line}");
    assert!(!line.contains("planted"), "{line}");
    line.strip_prefix("failed  ")
        .unwrap_or_else(|| panic!("{line}"))
        .to_owned()
}

fn assert_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "\"{part}\" is missing in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_server_however_its_address_is_pasted() {
    let server = plex(|seed| seed).await;
    server.world().start(SessionSeed::movie("Film"));
    for suffix in ["", "/", "/web", "/web/index.html#!/server/x"] {
        let url = format!("{}{suffix}", server.url());
        let (code, line) = check(&[("PLEX_SERVER", &url), ("PLEX_TOKEN", server.token())]);
        assert_eq!(code, Some(0), "{line}");
        assert_parts(
            &line,
            &[
                "ok      plex \"127.0.0.1",
                "\"Attic\", Plex Media Server 1.43",
                "1 session, 4 libraries",
            ],
        );
    }
    let proxied = plex(|seed| Seed {
        base_path: "/media/plex".into(),
        ..seed
    })
    .await;
    let (code, line) = check(&[("PLEX_SERVER", &proxied.url()), ("PLEX_TOKEN", proxied.token())]);
    assert_eq!(code, Some(0), "{line}");
}

#[test]
fn nobody_there() {
    let url = format!("http://127.0.0.1:{}", closed_port());
    let line = trouble(&url, "planted", &[]);
    assert_parts(&line, &[&url, "refused", "(hint: "]);
    let line = trouble("http://no-such-host.invalid:32400", "planted", &[]);
    assert_parts(&line, &["no-such-host.invalid", "(hint: "]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_there() {
    let server = plex(|seed| seed).await;
    let line = trouble(&server.url(), "planted-wrong-token", &[]);
    assert_parts(&line, &["token", "(hint: "]);

    let line = trouble(
        &server.url(),
        server.token(),
        &[("PROJECTIONIST__PLEX__0__MACHINE_ID", "0123456789")],
    );
    assert_parts(&line, &["0123456789", &server.machine_id(), "(hint: "]);

    for (fault, parts) in [
        (Fault::NotPlex, &["not a Plex"][..]),
        (Fault::Maintenance, &["starting"]),
        (
            Fault::Redirect("https://login.example.net/".into()),
            &["redirects /identity elsewhere", "(hint: give the final address"],
        ),
        (Fault::Hang, &["2 s"]),
    ] {
        server.world().fault(fault.clone());
        let line = trouble(&server.url(), server.token(), &[]);
        assert_parts(&line, parts);
        server.world().clear_faults();
    }
}

/// A server with a certificate for `localhost`, and the certificate.
async fn with_certificate() -> (Plex, String) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    let server = plex(|seed| Seed {
        tls: Some((cert.clone(), base::Secret::new(&key))),
        ..seed
    })
    .await;
    (server, cert)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_nobody_vouches_for() {
    let (server, cert) = with_certificate().await;
    let home = Home::new();
    let ca = home.write("ca.pem", &cert).display().to_string();
    let line = trouble(&server.url(), server.token(), &[]);
    assert_parts(&line, &["certificate", "(hint: ", "ca_file", "tls_skip_verify"]);

    let base = [
        ("PLEX_SERVER", server.url()),
        ("PLEX_TOKEN", server.token().to_owned()),
    ];
    let with = |more: &[(&str, &str)]| {
        let mut all: Vec<(&str, &str)> = base.iter().map(|(k, v)| (*k, v.as_str())).collect();
        all.extend(more);
        check(&all)
    };
    // The certificate is for another name than the address.
    let line = trouble(&server.url(), server.token(), &[("PLEX_CA_CERT_PATH", &ca)]);
    assert_parts(&line, &["certificate", "(hint: "]);
    let (code, line) = with(&[
        ("PLEX_CA_CERT_PATH", &ca),
        ("PROJECTIONIST__PLEX__0__TLS_NAME", "localhost"),
    ]);
    assert_eq!(code, Some(0), "{line}");
    let (code, line) = with(&[("SKIP_TLS_VERIFICATION", "true")]);
    assert_eq!(code, Some(0), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_are_asked_at_once_and_told_in_order() {
    let good = plex(Seed::without_pass).await;
    let home = Home::new();
    let toml = format!(
        "[[plex]]\nid = \"gone\"\nurl = \"http://127.0.0.1:{}\"\n[[plex]]\nid = \"good\"\nurl = \"{}\"\ntoken = \"{}\"\n",
        closed_port(),
        good.url(),
        good.token()
    );
    home.write("projectionist.toml", &toml);
    let ended = home.run(&["check"], &[]);
    assert_eq!(ended.code(), Some(1));
    let lines: Vec<&str> = ended.out.lines().collect();
    assert!(lines[0].starts_with("failed  plex \"gone\": "), "{}", ended.out);
    assert!(
        lines[1].starts_with("ok      plex \"good\": ") && lines[1].contains("Plex Pass"),
        "{}",
        ended.out
    );
    assert_eq!(ended.complaint(), "error: 1 of 2 checks failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_at_start_recovers() {
    let server = plex(|seed| seed).await;
    server.world().start(SessionSeed::movie("Film"));
    server.world().fault(Fault::Refuse);
    let home = Home::new();
    let running = home.start(
        &["--listen", "127.0.0.1:0", "--listen-as", "cplieger=127.0.0.1:0"],
        &[("PLEX_URL", &server.url()), ("PLEX_TOKEN", server.token())],
    );
    let url = running.url().await;
    let down = server_in_state(&url, "down").await;
    assert_eq!(down["error"]["kind"], "unreachable");
    assert_eq!(
        get(&format!("{url}/ready")).await.0,
        200,
        "a server that is down is no fault of ours"
    );
    let page = get(&format!("{url}/overview")).await.1;
    assert!(
        page.contains("class=\"error\"") && page.contains(&server.url()),
        "{page}"
    );
    server.world().clear_faults();
    server_in_state(&url, "up").await;
    until("the session shows", async || {
        json(&format!("{url}/api/v1/sessions")).await["sessions"][0]["item"]["title"] == "Film"
    })
    .await;
    let health = home.run(&["healthcheck", "--url", &format!("{url}/health")], &[]);
    assert_eq!(health.code(), Some(0), "{health:?}");
    running.signal("-TERM");
    assert_eq!(running.ended().await.code(), Some(0));
    let health = home.run(&["healthcheck", "--url", &format!("{url}/health")], &[]);
    assert_eq!(health.code(), Some(1));
    assert!(
        health.err.starts_with("error: asking ") && health.err.contains("nothing answers there"),
        "{health:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_there_is_a_page_and_advice() {
    let home = Home::new();
    let running = home.start(&["--listen", "127.0.0.1:0", "--base-path", "watch/"], &[]);
    let url = running.url().await;
    assert_eq!(get(&format!("{url}/watch/")).await.0, 200);
    assert_eq!(get(&format!("{url}/watch/metrics")).await.0, 200);
    until("advice is logged", async || {
        let log = running.err();
        log.contains("no server is configured") && log.contains("projectionist demo")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extra_listeners_speak_their_profile() {
    let server = plex(|seed| seed).await;
    let home = Home::new();
    let port = closed_port();
    let running = home.start(
        &[
            "--listen",
            "127.0.0.1:0",
            "--listen-as",
            &format!("cplieger=127.0.0.1:{port}"),
            "--profile",
            "timothystewart6",
        ],
        &[("PLEX_SERVER", &server.url()), ("PLEX_TOKEN", server.token())],
    );
    let url = running.url().await;
    server_in_state(&url, "up").await;
    let extra = format!("http://127.0.0.1:{port}/metrics");
    until("each listener has its own series", async || {
        let (main, extra) = (get(&format!("{url}/metrics")).await.1, get(&extra).await.1);
        main.contains("server_info{")
            && extra.contains("plex_server_info{")
            && !main.contains("plex_http_reachable")
    })
    .await;
}
