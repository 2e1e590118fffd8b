//! The table: mode, where from, what is sent, what is asked for, and what comes of it.

use access::{Mode, Scope, Settings};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::{MARK, PASSWORD, at_base, cookie, empty, furnished, key, settings};
use crate::support::Open;

/// What a request with exactly these header lines is answered: the status.
async fn raw(open: &Open, method: &str, path: &str, lines: &[&str]) -> u16 {
    let mut stream = TcpStream::connect(open.address).await.unwrap();
    let (path, version) = path.split_once(' ').unwrap_or((path, "HTTP/1.1"));
    let head = format!(
        "{method} {path} {version}\r\n{}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        lines.join("\r\n")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn here() -> Settings {
    Settings {
        only_here: true,
        ..settings(Mode::Auto)
    }
}

const SESSIONS: &str = "/api/v1/sessions";

#[tokio::test]
async fn on_this_machine_alone_it_is_open_to_what_comes_straight() {
    let open = empty(here()).await;
    let local = "host: 127.0.0.1:9595";
    for (method, path, lines, expected) in [
        ("GET", SESSIONS, vec![local], 200),
        ("GET", SESSIONS, vec!["host: localhost"], 200),
        ("GET", "/api/v1/access/keys", vec![local], 200),
        ("GET", "/overview", vec![local], 200),
        // A name that was made to lead here.
        ("GET", SESSIONS, vec!["host: evil.example:9595"], 401),
        ("GET", "/metrics", vec!["host: evil.example:9595"], 200),
        // Past a proxy.
        ("GET", SESSIONS, vec![local, "x-forwarded-for: 127.0.0.1"], 401),
        ("GET", SESSIONS, vec![local, "forwarded: for=1.2.3.4"], 401),
        ("GET", SESSIONS, vec![local, "x-real-ip: 1.2.3.4"], 401),
        ("GET", "/api/v1/sessions HTTP/1.0", vec![local], 401),
        // A page of another site.
        (
            "DELETE",
            "/api/v1/access/keys/x",
            vec![local, "origin: http://evil.example"],
            403,
        ),
        (
            "DELETE",
            "/api/v1/access/keys/x",
            vec![local, "origin: http://127.0.0.1:9595"],
            403,
        ),
        (
            "DELETE",
            "/api/v1/access/keys/x",
            vec![local, "origin: http://evil.example", "x-projectionist: 1"],
            403,
        ),
        (
            "DELETE",
            "/api/v1/access/keys/x",
            vec![local, "sec-fetch-site: cross-site", "x-projectionist: 1"],
            403,
        ),
        (
            "DELETE",
            "/api/v1/access/keys/x",
            vec![local, "origin: http://127.0.0.1:9595", "x-projectionist: 1"],
            404,
        ),
        (
            "DELETE",
            "/api/v1/access/keys/x",
            vec![local, "x-projectionist: 1"],
            404,
        ),
        // A program that is no browser.
        ("DELETE", "/api/v1/access/keys/x", vec![local], 404),
        ("DELETE", "/api/v1/access/keys/x", vec![local, "cookie: a=b"], 403),
    ] {
        assert_eq!(
            raw(&open, method, path, &lines).await,
            expected,
            "{method} {path} {lines:?}"
        );
    }
}

#[tokio::test]
async fn where_others_can_connect_everybody_is_asked() {
    for mode in [Mode::Auto, Mode::Password] {
        let open = furnished(settings(mode)).await;
        let local = "host: 127.0.0.1:9595";
        for (path, expected) in [
            (SESSIONS, 401),
            ("/api/v1/events", 401),
            ("/api/v1/access", 200),
            ("/api/v1/access/keys", 401),
            ("/metrics", 200),
            ("/metrics/cplieger", 200),
            ("/health", 200),
            ("/live", 200),
            ("/ready", 200),
            ("/api/health", 200),
            ("/api/v1", 200),
            ("/status", 200),
            ("/api/v2?cmd=arnold", 400),
            ("/nothing", 404),
        ] {
            assert_eq!(
                raw(&open, "GET", path, &[local]).await,
                expected,
                "{mode:?} {path}"
            );
        }
    }
    let off = empty(settings(Mode::Off)).await;
    assert_eq!(raw(&off, "GET", SESSIONS, &["host: anywhere.example"]).await, 200);
}

#[tokio::test]
async fn a_key_opens_its_scope_and_comes_in_a_header() {
    let open = furnished(Settings {
        metrics_key: true,
        ..settings(Mode::Password)
    })
    .await;
    let keys = [
        key(&open, Scope::Metrics).await,
        key(&open, Scope::Read).await,
        key(&open, Scope::Tautulli).await,
        key(&open, Scope::Admin).await,
    ];
    let remove = "/api/v1/access/keys/none";
    for (method, path, expected) in [
        (Method::GET, "/metrics", [200, 403, 403, 200]),
        (Method::GET, "/metrics/cplieger", [200, 403, 403, 200]),
        (Method::GET, SESSIONS, [403, 200, 403, 200]),
        (Method::GET, "/overview", [403, 200, 403, 200]),
        (Method::GET, "/api/v1/access/keys", [403, 403, 403, 200]),
        (Method::GET, "/api/v1/setup", [403, 403, 403, 404]),
        (Method::DELETE, remove, [403, 403, 403, 404]),
        (Method::POST, "/api/v1/collections/collect", [403, 403, 403, 404]),
    ] {
        for (key, expected) in keys.iter().zip(expected) {
            let bearer = format!("Bearer {key}");
            for header in [("x-api-key", key.as_str()), ("authorization", bearer.as_str())] {
                let answer = open.ask(method.clone(), path, &[header]).await;
                assert_eq!(answer.status, expected, "{method} {path} {}", answer.text());
            }
        }
        let answer = open
            .ask(method.clone(), path, &[("x-api-key", "0123456789abcdef")])
            .await;
        assert!(
            [401, 303].contains(&answer.status) || path == "/overview",
            "{method} {path}"
        );
        // A key in an address would be in every log on the way.
        let in_address = open.ask(method, &format!("{path}?apikey={}", keys[3]), &[]).await;
        assert_ne!(in_address.status, expected[3], "{path}");
    }
}

#[tokio::test]
async fn metrics_take_a_key_as_a_password_and_say_so() {
    let open = furnished(Settings {
        metrics_key: true,
        ..settings(Mode::Password)
    })
    .await;
    let key = key(&open, Scope::Metrics).await;
    let asked = open.get("/metrics").await;
    assert_eq!(asked.error().1, "unauthorized");
    assert!(
        asked
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic realm=")
    );
    let right = open
        .request(Method::GET, "/metrics")
        .basic_auth("prometheus", Some(&key));
    assert_eq!(right.send().await.unwrap().status(), 200);
    let wrong = open
        .request(Method::GET, "/metrics")
        .basic_auth("prometheus", Some("wrong"));
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    // A listener for scrapers alone asks the same.
    let house = crate::support::House::new(&[]);
    let router = web::metrics_router(open.house.ctx.clone(), export::Profile::Cplieger);
    let extra = Open::serve(house, router).await;
    for (path, without, with) in [
        ("/metrics", 401, 200),
        ("/", 401, 200),
        ("/health", 200, 200),
        ("/api/health", 200, 200),
    ] {
        assert_eq!(extra.get(path).await.status, without, "{path}");
        let answer = extra.get_with(path, &[("x-api-key", &key)]).await;
        assert_eq!(answer.status, with, "{path}");
    }
}

#[tokio::test]
async fn without_a_session_the_status_page_leads_to_the_front() {
    let open = at_base(settings(Mode::Password), "/media").await;
    for path in ["/overview", "/media/overview"] {
        let lines = ["host: tv.example"];
        let expected = if cfg!(feature = "ui") { 303 } else { 401 };
        assert_eq!(raw(&open, "GET", path, &lines).await, expected, "{path}");
    }
    for path in ["/api/v1/sessions", "/media/api/v1/sessions"] {
        assert_eq!(open.get(path).await.status, 401, "{path}");
    }
    let front = if cfg!(feature = "ui") { 200 } else { 401 };
    for path in ["/", "/media/", "/media"] {
        assert_eq!(open.get(path).await.status, front, "{path}");
    }
}

fn proxied() -> Settings {
    Settings {
        proxy_header: Some("remote-user".to_owned()),
        proxies: ["127.0.0.1"].iter().map(|n| n.parse().unwrap()).collect(),
        proxy_admins: Some(vec!["Boss".to_owned()]),
        ..settings(Mode::Proxy)
    }
}

#[tokio::test]
async fn a_proxy_says_who_asks_if_it_is_listed() {
    let (listed, unlisted) = (
        empty(proxied()).await,
        empty(Settings {
            proxies: ["192.0.2.0/24"].iter().map(|n| n.parse().unwrap()).collect(),
            ..proxied()
        })
        .await,
    );
    let remove = "/api/v1/access/keys/none";
    for (open, method, path, headers, expected) in [
        (&listed, Method::GET, SESSIONS, vec![("remote-user", "anna")], 200),
        (
            &listed,
            Method::GET,
            "/api/v1/access/keys",
            vec![("remote-user", "anna")],
            403,
        ),
        (
            &listed,
            Method::GET,
            "/api/v1/access/keys",
            vec![("remote-user", "boss")],
            200,
        ),
        (&listed, Method::GET, SESSIONS, vec![], 401),
        (
            &listed,
            Method::DELETE,
            remove,
            vec![("remote-user", "boss")],
            403,
        ),
        (
            &listed,
            Method::DELETE,
            remove,
            vec![("remote-user", "boss"), MARK],
            404,
        ),
        (
            &unlisted,
            Method::GET,
            SESSIONS,
            vec![("remote-user", "boss")],
            401,
        ),
    ] {
        let answer = open.ask(method.clone(), path, &headers).await;
        assert_eq!(answer.status, expected, "{method} {path} {headers:?}");
    }
    let state = listed
        .get_with("/api/v1/access", &[("remote-user", "Boss")])
        .await
        .json();
    assert_eq!(
        state,
        serde_json::json!({ "mode": "proxy", "signed_in": true, "name": "Boss", "role": "admin",
            "password_set": false, "setup_code_needed": false })
    );
}

#[tokio::test]
async fn a_viewer_sees_and_changes_nothing() {
    let open = furnished(settings(Mode::Password)).await;
    let viewer = cookie(&open, "Anna", "annas-planted").await;
    let admin = cookie(&open, "admin", PASSWORD).await;
    for (method, path, seen, done) in [
        (Method::GET, SESSIONS, 200, 200),
        (Method::GET, "/overview", 200, 200),
        (Method::GET, "/api/v1/setup", 403, 404),
        (Method::GET, "/api/v1/access/accounts", 403, 200),
        (Method::DELETE, "/api/v1/access/accounts/nobody", 403, 404),
        (Method::POST, "/api/v1/collections/collect", 403, 404),
    ] {
        for (cookie, expected) in [(&viewer, seen), (&admin, done)] {
            let headers = [("cookie", cookie.as_str()), MARK];
            let answer = open.ask(method.clone(), path, &headers).await;
            assert_eq!(answer.status, expected, "{method} {path} {}", answer.text());
        }
    }
    let unmarked = open
        .ask(
            Method::DELETE,
            "/api/v1/access/accounts/anna",
            &[("cookie", &admin)],
        )
        .await;
    assert_eq!(unmarked.status, 403);
    let frame = open.get("/api/v1/access").await;
    assert_eq!(frame.header("x-frame-options"), Some("DENY"));
}

#[tokio::test]
async fn a_base_path_that_our_addresses_begin_with_changes_nothing() {
    for base in ["/m", "/a", "/api-v1"] {
        let open = at_base(settings(Mode::Password), base).await;
        let gate = &open.house.ctx.access;
        let viewer = gate.add_key("r".to_owned(), vec![Scope::Read]).await.unwrap().0;
        for prefix in ["", base] {
            for (path, expected) in [
                (SESSIONS, 200),
                ("/api/v1/access/keys", 403),
                ("/api/v1/setup", 403),
                ("/metrics", 200),
            ] {
                let path = format!("{prefix}{path}");
                let answer = open.get_with(&path, &[("x-api-key", viewer.expose())]).await;
                assert_eq!(answer.status, expected, "{path}");
            }
            assert_eq!(
                open.get(&format!("{prefix}/metrics")).await.status,
                200,
                "open to all"
            );
        }
    }
}

#[tokio::test]
async fn a_proxy_that_hides_is_found_out_and_closes_the_door() {
    let open = empty(here()).await;
    let local = "host: 127.0.0.1:9595";
    let shown = |host: &str| format!("x-projectionist-host: {host}");
    for (lines, expected) in [
        (vec![local.to_owned(), shown("localhost:9595")], 200),
        (
            vec![local.to_owned(), "referer: https://tv.example/".to_owned()],
            401,
        ),
        (vec![local.to_owned()], 200),
        // From here on, nothing is taken for local.
        (vec![local.to_owned(), shown("tv.example")], 401),
        (vec![local.to_owned()], 401),
        (vec![local.to_owned(), shown("localhost:9595")], 401),
    ] {
        let borrowed: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(
            raw(&open, "GET", SESSIONS, &borrowed).await,
            expected,
            "{lines:?}"
        );
    }
    let state = open.get("/api/v1/access").await.json();
    assert_eq!(
        (&state["mode"], &state["setup_code_needed"]),
        (&"password".into(), &true.into())
    );
    // So does a proxy that is listed and sends nothing of itself.
    let listed = empty(Settings {
        proxies: ["127.0.0.1"].iter().map(|n| n.parse().unwrap()).collect(),
        ..here()
    })
    .await;
    assert_eq!(raw(&listed, "GET", SESSIONS, &[local]).await, 401);
}

#[tokio::test]
async fn an_open_stream_ends_with_the_right_to_it() {
    let open = furnished(settings(Mode::Password)).await;
    let annas = cookie(&open, "anna", "annas-planted").await;
    let key = key(&open, Scope::Read).await;
    let mut streams = Vec::new();
    for (name, value) in [("cookie", annas.as_str()), ("x-api-key", key.as_str())] {
        let request = open.request(Method::GET, "/api/v1/events").header(name, value);
        let mut stream = request.send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some(), "the state");
        streams.push(stream);
    }
    let gate = &open.house.ctx.access;
    gate.remove_account("anna".to_owned()).await.unwrap();
    open.house.clock.advance(15_000);
    open.house
        .tell("attic", crate::support::sample::down("unreachable"))
        .await;
    let [mut of_anna, mut of_key] = <[_; 2]>::try_from(streams).unwrap();
    assert_eq!(
        of_anna.chunk().await.unwrap(),
        None,
        "she is told nothing any more"
    );
    assert!(of_key.chunk().await.unwrap().is_some());
}
