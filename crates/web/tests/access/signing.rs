//! Signing in and out, passwords.

use access::{Mode, Settings};
use reqwest::Method;
use serde_json::json;

use crate::documented::check;
use crate::house::{MARK, PASSWORD, at_base, cookie, empty, furnished, send, settings};
use crate::support::{Answer, Open};

const SESSIONS: &str = "/api/v1/sessions";
const SIGN_IN: &str = "/api/v1/access/sign-in";
const PASSWORD_PATH: &str = "/api/v1/access/password";
const FORWARDED: (&str, &str) = ("x-forwarded-for", "198.51.100.7");

async fn sign_in(open: &Open, body: &serde_json::Value) -> Answer {
    send(open, Method::POST, SIGN_IN, &[MARK], body).await
}

async fn set(open: &Open, headers: &[(&str, &str)], body: serde_json::Value) -> Answer {
    send(open, Method::POST, PASSWORD_PATH, headers, &body).await
}

async fn is_in(open: &Open, cookie: &str) -> bool {
    open.get_with(SESSIONS, &[("cookie", cookie)]).await.status == 200
}

#[tokio::test]
async fn a_session_begins_with_the_password_and_ends_by_signing_out() {
    let open = furnished(settings(Mode::Password)).await;
    let before = open.get("/api/v1/access").await.json();
    check("AccessState", &before);
    assert_eq!(
        before,
        json!({ "mode": "password", "signed_in": false, "password_set": true, "setup_code_needed": false })
    );
    let answer = sign_in(&open, &json!({ "password": PASSWORD })).await;
    let expected = json!({ "mode": "password", "signed_in": true, "name": "admin", "role": "admin",
        "password_set": true, "setup_code_needed": false });
    assert_eq!((answer.status, answer.json()), (200, expected.clone()));
    let set = answer.header("set-cookie").unwrap();
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax");
    assert!(is_in(&open, pair).await);
    let state = open.get_with("/api/v1/access", &[("cookie", pair)]).await;
    assert_eq!(state.json(), expected);
    let out = send(
        &open,
        Method::POST,
        "/api/v1/access/sign-out",
        &[("cookie", pair), MARK],
        &json!({}),
    )
    .await;
    assert_eq!(out.json()["signed_in"], false);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(!is_in(&open, pair).await, "the cookie alone is worth nothing now");
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_the_same_words() {
    let open = furnished(settings(Mode::Password)).await;
    let told = (
        401,
        "unauthorized".to_owned(),
        "name or password is wrong".to_owned(),
    );
    for wrong in [
        json!({ "password": "wrong" }),
        json!({ "name": "anna", "password": PASSWORD }),
        json!({ "name": "nobody", "password": PASSWORD }),
        json!({ "password": "" }),
    ] {
        let answer = sign_in(&open, &wrong).await;
        assert!(answer.header("set-cookie").is_none());
        assert_eq!(answer.error(), told, "{wrong}");
    }
    for (body, expected) in [
        (json!({}), 400),
        (json!([]), 400),
        (json!({ "password": 7 }), 400),
    ] {
        assert_eq!(sign_in(&open, &body).await.status, expected, "{body}");
    }
    let forged = [("origin", "http://evil.example"), MARK];
    let answer = send(
        &open,
        Method::POST,
        SIGN_IN,
        &forged,
        &json!({ "password": PASSWORD }),
    )
    .await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn after_five_wrong_attempts_one_waits() {
    let open = furnished(settings(Mode::Password)).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&open, &json!({ "password": "wrong" })).await.status, 401);
    }
    let waits = sign_in(&open, &json!({ "password": PASSWORD })).await;
    assert_eq!((waits.status, waits.header("retry-after")), (503, Some("1")));
    assert_eq!(waits.error().1, "rate_limited");
}

#[tokio::test]
async fn the_first_password_needs_the_code_unless_it_comes_from_here() {
    let open = empty(settings(Mode::Password)).await;
    let elsewhere = open.get_with("/api/v1/access", &[FORWARDED]).await.json();
    assert_eq!(
        (&elsewhere["setup_code_needed"], &elsewhere["mode"]),
        (&json!(true), &json!("password"))
    );
    assert_eq!(
        open.get("/api/v1/access").await.json()["setup_code_needed"],
        false
    );
    let code = open.house.ctx.access.setup_code().expose().to_owned();
    for (body, expected) in [
        (json!({ "new": PASSWORD }), 403),
        (json!({ "new": PASSWORD, "setup_code": "AAAA-AAAA" }), 401),
        (json!({ "new": "short", "setup_code": code }), 400),
    ] {
        let answer = set(&open, &[FORWARDED, MARK], body.clone()).await;
        assert_eq!(answer.status, expected, "{}", answer.text());
    }
    let typed = code.to_lowercase().replace('-', " ");
    let first = set(
        &open,
        &[FORWARDED, MARK],
        json!({ "new": PASSWORD, "setup_code": typed }),
    )
    .await;
    assert_eq!(
        (first.status, &first.json()["signed_in"]),
        (200, &json!(true)),
        "{}",
        first.text()
    );
    assert!(
        is_in(
            &open,
            first.header("set-cookie").unwrap().split(';').next().unwrap()
        )
        .await
    );
    // The code is worth nothing from then on, and so is being here.
    let second = set(
        &open,
        &[FORWARDED, MARK],
        json!({ "new": "another one", "setup_code": code }),
    )
    .await;
    assert_eq!(second.status, 401);
    assert_eq!(
        set(&open, &[MARK], json!({ "new": "another one" })).await.status,
        401
    );

    let here = empty(settings(Mode::Password)).await;
    assert_eq!(set(&here, &[MARK], json!({ "new": PASSWORD })).await.status, 200);
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() {
    let open = furnished(settings(Mode::Password)).await;
    let (mine, other) = (
        cookie(&open, "anna", "annas-planted").await,
        cookie(&open, "anna", "annas-planted").await,
    );
    let admin = cookie(&open, "admin", PASSWORD).await;
    let headers = [("cookie", mine.as_str()), MARK];
    for (body, expected) in [
        (json!({ "new": "annas-second" }), 400),
        (json!({ "current": PASSWORD, "new": "annas-second" }), 401),
        (json!({ "current": "annas-planted", "new": "short" }), 400),
    ] {
        assert_eq!(
            set(&open, &headers, body.clone()).await.status,
            expected,
            "{body}"
        );
    }
    let done = set(
        &open,
        &headers,
        json!({ "current": "annas-planted", "new": "annas-second" }),
    )
    .await;
    assert_eq!((done.status, &done.json()["role"]), (200, &json!("viewer")));
    let new = done.header("set-cookie").unwrap().split(';').next().unwrap();
    assert!(is_in(&open, new).await && is_in(&open, &admin).await);
    assert!(!is_in(&open, &mine).await && !is_in(&open, &other).await);
    cookie(&open, "anna", "annas-second").await;
}

#[tokio::test]
async fn a_cookie_is_for_the_path_and_as_safe_as_the_way() {
    let trusting = Settings {
        proxies: ["127.0.0.1"].iter().map(|n| n.parse().unwrap()).collect(),
        ..settings(Mode::Password)
    };
    let open = at_base(trusting, "/media").await;
    let headers = [("x-forwarded-proto", "https"), MARK];
    let code = open.house.ctx.access.setup_code().expose().to_owned();
    let answer = set(&open, &headers, json!({ "new": PASSWORD, "setup_code": code })).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("; Path=/media; ") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    let plain = sign_in(&open, &json!({ "password": PASSWORD })).await;
    assert!(!plain.header("set-cookie").unwrap().contains("Secure"));
}
