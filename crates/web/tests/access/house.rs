//! A house whose gate asks.

use access::{Gate, Mode, Scope, Settings};
use base::{Clock, Secret};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, House, Open, START};

/// The password of `admin` in all of these tests.
pub(crate) const PASSWORD: &str = "planted-password";

/// As the dashboard sends it.
pub(crate) const MARK: (&str, &str) = ("x-projectionist", "1");

pub(crate) fn settings(mode: Mode) -> Settings {
    Settings::new(mode)
}

/// Open for `settings`, with nobody in it yet.
pub(crate) async fn empty(settings: Settings) -> Open {
    at_base(settings, "").await
}

pub(crate) async fn at_base(settings: Settings, base_path: &str) -> Open {
    let gate = Gate::in_memory(settings, Clock::manual(START));
    House::with(&["attic"], |ctx| {
        ctx.access = gate;
        base_path.clone_into(&mut ctx.base_path);
    })
    .open()
    .await
}

/// The same with `admin`, and a viewer `anna`.
pub(crate) async fn furnished(settings: Settings) -> Open {
    let open = empty(settings).await;
    let gate = &open.house.ctx.access;
    gate.reset_password("admin", Secret::new(PASSWORD)).await.unwrap();
    let anna = gate.add_account(
        "anna".to_owned(),
        access::Role::Viewer,
        Secret::new("annas-planted"),
    );
    anna.await.unwrap();
    open
}

pub(crate) async fn key(open: &Open, scope: Scope) -> String {
    let gate = &open.house.ctx.access;
    let made = gate.add_key(format!("for {}", scope.as_str()), vec![scope]).await;
    made.unwrap().0.expose().to_owned()
}

/// A `POST`, or another method with a body.
pub(crate) async fn send(
    open: &Open,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let mut request = open.request(method, path).body(body.to_string());
    for (name, value) in [("content-type", "application/json")].iter().chain(headers) {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.unwrap()).await
}

/// Signs in and gives the cookie as a browser sends it.
pub(crate) async fn cookie(open: &Open, name: &str, password: &str) -> String {
    let wish = json!({ "name": name, "password": password });
    let answer = send(open, Method::POST, "/api/v1/access/sign-in", &[MARK], &wish).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let set = answer.header("set-cookie").unwrap();
    set.split(';').next().unwrap().to_owned()
}
