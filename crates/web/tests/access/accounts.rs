//! Looking after accounts and keys.

use access::{Mode, Scope};
use reqwest::Method;
use serde_json::{Value, json};

use crate::documented::check;
use crate::house::{MARK, PASSWORD, cookie, furnished, send, settings};
use crate::support::Open;

async fn admin(open: &Open, method: Method, path: &str, body: Value) -> (u16, Value) {
    let cookie = cookie(open, "admin", PASSWORD).await;
    let headers = [("cookie", cookie.as_str()), MARK];
    let answer = send(open, method, path, &headers, &body).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn accounts_come_and_go() {
    let open = furnished(settings(Mode::Password)).await;
    let path = "/api/v1/access/accounts";
    let bert = json!({ "name": "Bert", "role": "admin", "password": "berts-planted" });
    let (status, made) = admin(&open, Method::POST, path, bert.clone()).await;
    check("Account", &made);
    assert_eq!(
        (status, made),
        (
            201,
            json!({ "name": "Bert", "role": "admin", "created_at": "2026-11-21T20:00:00.000Z" })
        )
    );
    assert_eq!(admin(&open, Method::POST, path, bert).await.0, 400);
    let (_, all) = admin(&open, Method::GET, path, json!(null)).await;
    check("Accounts", &all);
    let names = |all: &Value| -> Vec<String> {
        let accounts = all["accounts"].as_array().unwrap().iter();
        accounts.map(|a| a["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&all), ["admin", "anna", "Bert"]);
    assert_eq!(all["accounts"][0]["last_seen_at"], "2026-11-21T20:00:00.000Z");
    assert_eq!(all["accounts"][1].get("last_seen_at"), None);
    let annas = cookie(&open, "anna", "annas-planted").await;
    let (status, left) = admin(&open, Method::DELETE, "/api/v1/access/accounts/ANNA", json!({})).await;
    assert_eq!(
        (status, names(&left)),
        (200, vec!["admin".to_owned(), "Bert".to_owned()])
    );
    let gone = open.get_with("/api/v1/sessions", &[("cookie", &annas)]).await;
    assert_eq!(gone.status, 401);
    let berts = cookie(&open, "bert", "berts-planted").await;
    let headers = [("cookie", berts.as_str()), MARK];
    for (name, expected) in [("nobody", 404), ("admin", 200), ("bert", 403)] {
        let answer = open
            .ask(
                Method::DELETE,
                &format!("/api/v1/access/accounts/{name}"),
                &headers,
            )
            .await;
        assert_eq!(answer.status, expected, "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_key_is_told_once_and_works_until_it_is_removed() {
    let open = furnished(settings(Mode::Password)).await;
    let path = "/api/v1/access/keys";
    let wish = json!({ "name": "grafana", "scopes": ["read", "metrics"] });
    let (status, made) = admin(&open, Method::POST, path, wish).await;
    check("MadeKey", &made);
    assert_eq!((status, &made["scopes"]), (201, &json!(["metrics", "read"])));
    let key = made["key"].as_str().unwrap();
    let (_, before) = admin(&open, Method::GET, path, json!(null)).await;
    assert_eq!(before["keys"][0].get("last_used_at"), None);
    let with_key = [("x-api-key", key)];
    assert_eq!(open.get_with("/api/v1/sessions", &with_key).await.status, 200);
    let (_, all) = admin(&open, Method::GET, path, json!(null)).await;
    check("Keys", &all);
    assert!(!all.to_string().contains(key));
    assert_eq!(all["keys"][0]["last_used_at"], "2026-11-21T20:00:00.000Z");
    let id = made["id"].as_str().unwrap();
    let (status, left) = admin(&open, Method::DELETE, &format!("{path}/{id}"), json!({})).await;
    assert_eq!((status, &left["keys"]), (200, &json!([])));
    assert_eq!(open.get_with("/api/v1/sessions", &with_key).await.status, 401);
    for wrong in [
        json!({ "name": "x", "scopes": [] }),
        json!({ "name": "", "scopes": ["read"] }),
        json!({ "name": "x", "scopes": ["root"] }),
        json!({ "name": "x" }),
    ] {
        assert_eq!(
            admin(&open, Method::POST, path, wrong.clone()).await.0,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn tautullis_clients_may_use_a_key_of_ours() {
    let history = tempfile::tempdir().unwrap();
    let settings_of_history = history::Settings::default();
    let opened = history::History::open(history.path(), settings_of_history).unwrap();
    let gate = access::Gate::in_memory(settings(Mode::Password), base::Clock::system());
    let open = crate::support::House::with(&[], |ctx| {
        ctx.access = gate;
        ctx.history = Some(opened);
        ctx.tautulli = Some(web::tautulli::Settings::new(base::Secret::new("its-own-key")));
    })
    .open()
    .await;
    let (tautulli, read, admin) = (
        crate::house::key(&open, Scope::Tautulli).await,
        crate::house::key(&open, Scope::Read).await,
        crate::house::key(&open, Scope::Admin).await,
    );
    for (key, expected) in [
        ("its-own-key", 200),
        (tautulli.as_str(), 200),
        (admin.as_str(), 200),
        (read.as_str(), 400),
        ("another", 400),
    ] {
        let answer = open.get(&format!("/api/v2?cmd=arnold&apikey={key}")).await;
        assert_eq!(answer.status, expected, "{}", answer.text());
    }
}
