//! What a page asks for at the first run, and who answers it.

use base::{Kind, Secret};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use web::setup::{
    AccountServer, ConfiguredTautulli, Import, ImportState, Overview, Pin, PinState, Question, Saved, Setup,
    SetupError, SignIn, Target, Tested, Time,
};

use crate::documented;
use crate::support::{Answer, House, Open};

/// A house with somebody at the desk.
async fn open() -> (Open, mpsc::Receiver<Question>) {
    let (setup, asked) = Setup::channel();
    let open = House::with(&["attic"], |ctx| ctx.setup = Some(setup))
        .open()
        .await;
    (open, asked)
}

async fn post(open: &Open, path: &str, body: &Value) -> Answer {
    let sent = open
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .header("x-projectionist", "1")
        .body(body.to_string());
    Answer::of(sent.send().await.unwrap()).await
}

fn import(state: ImportState) -> Import {
    let at = Time("2026-11-21T20:15:00Z".parse().unwrap());
    Import {
        id: "7".into(),
        server: "attic".into(),
        source: "http://tautulli:8181".into(),
        state,
        rows_done: 3,
        rows_total: Some(10),
        downloaded_bytes: None,
        added: 2,
        known: 1,
        refused: 0,
        message: None,
        started_at: at,
        ended_at: None,
    }
}

#[tokio::test]
async fn what_is_configured_is_told_as_it_is_documented() {
    let (open, mut asked) = open().await;
    let overview = Overview {
        configured: true,
        writable: false,
        file: None,
        servers: 2,
        tautulli: vec![ConfiguredTautulli { id: "attic".into() }],
        why_not: Some("somebody wrote it by hand".into()),
        last_error: None,
    };
    let answering = async {
        let Some(Question::Overview(reply)) = asked.recv().await else {
            panic!("another question")
        };
        reply.send(Ok(overview)).unwrap();
    };
    let (answer, ()) = tokio::join!(open.get("/api/v1/setup"), answering);
    documented::check("Overview", &answer.json());
    assert_eq!(
        answer.json(),
        json!({ "configured": true, "writable": false, "servers": 2, "tautulli": [{ "id": "attic" }],
            "why_not": "somebody wrote it by hand" })
    );
}

#[tokio::test]
async fn a_sign_in_is_begun_and_asked_for() {
    let (open, mut asked) = open().await;
    let answering = async {
        while let Some(question) = asked.recv().await {
            match question {
                Question::StartPin(reply) => {
                    let pin = Pin {
                        id: "p-1".into(),
                        code: "ABCD".into(),
                        auth_url: "https://app.plex.tv/auth#?code=ABCD".into(),
                        expires_at: Time("2026-11-21T20:30:00Z".parse().unwrap()),
                    };
                    reply.send(Ok(pin)).unwrap();
                }
                Question::SignIn(id, reply) => {
                    assert_eq!(id, "p-1");
                    let signed_in = SignIn {
                        account: Some("marlo".into()),
                        servers: Some(vec![AccountServer {
                            name: "Attic".into(),
                            machine_id: "m".into(),
                            version: None,
                            owned: true,
                        }]),
                        ..SignIn::only(PinState::SignedIn)
                    };
                    reply.send(Ok(signed_in)).unwrap();
                    return;
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let asking = async {
        let pin = post(&open, "/api/v1/setup/plex/pin", &json!({})).await.json();
        documented::check("Pin", &pin);
        let path = format!("/api/v1/setup/plex/pin/{}", pin["id"].as_str().unwrap());
        let state = open.get(&path).await.json();
        documented::check("PlexSignIn", &state);
        assert_eq!(
            state,
            json!({ "state": "signed_in", "account": "marlo",
                "servers": [{ "name": "Attic", "machine_id": "m", "owned": true }] })
        );
    };
    tokio::join!(asking, answering);
}

#[tokio::test]
async fn tests_and_saving_hand_on_what_was_typed_and_answer_no_secret() {
    let (open, mut asked) = open().await;
    let answering = async {
        let Some(Question::Test(candidate, reply)) = asked.recv().await else {
            panic!("another question")
        };
        assert_eq!(candidate.target, Target::Influxdb);
        assert_eq!(candidate.entry.token, Some(Secret::new("planted-token")));
        assert_eq!(candidate.entry.bucket.as_deref(), Some("b"));
        let tested = Tested {
            ok: false,
            message: "no".into(),
            notes: None,
            hint: Some("plug it in".into()),
        };
        reply.send(Ok(tested)).unwrap();
        let Some(Question::Save(save, reply)) = asked.recv().await else {
            panic!("another question")
        };
        assert_eq!(save.plex[0].pin.as_deref(), Some("p-1"));
        assert_eq!(save.import[0].api_key, Some(Secret::new("planted-key")));
        assert!(!format!("{save:?}").contains("planted"));
        let file = "/config/projectionist.toml".into();
        reply.send(Ok(Saved { file })).unwrap();
        let Some(Question::TestServer(id, reply)) = asked.recv().await else {
            panic!("another question")
        };
        let e = SetupError::new(Kind::NotFound, format!("no server is called {id}"));
        reply.send(Err(e)).unwrap();
    };
    let asking = async {
        let typed = json!({ "kind": "influxdb", "url": "tsdb", "token": "planted-token", "bucket": "b" });
        let tested = post(&open, "/api/v1/setup/test", &typed).await;
        documented::check("Tested", &tested.json());
        assert_eq!(
            tested.json(),
            json!({ "ok": false, "message": "no", "hint": "plug it in" })
        );
        let typed = json!({
            "plex": [{ "pin": "p-1", "machine_id": "m", "name": "Attic" }],
            "import": [{ "url": "tautulli", "api_key": "planted-key" }],
        });
        let saved = post(&open, "/api/v1/setup/save", &typed).await;
        assert_eq!(saved.json(), json!({ "file": "/config/projectionist.toml" }));
        let answer = post(&open, "/api/v1/servers/cellar/test", &json!({})).await;
        let (status, kind, message) = answer.error();
        assert_eq!(
            (status, kind.as_str(), message.as_str()),
            (404, "not_found", "no server is called cellar")
        );
    };
    tokio::join!(asking, answering);
}

#[tokio::test]
async fn imports_are_listed_begun_and_uploaded() {
    let (open, mut asked) = open().await;
    let answering = async {
        let Some(Question::Import(entry, reply)) = asked.recv().await else {
            panic!("another question")
        };
        assert_eq!(entry.url.as_deref(), Some("tautulli"));
        reply.send(Ok(import(ImportState::Running))).unwrap();
        let Some(Question::Imports(reply)) = asked.recv().await else {
            panic!("another question")
        };
        reply.send(Ok(vec![import(ImportState::Done)])).unwrap();
        let Some(Question::Upload(mut upload, reply)) = asked.recv().await else {
            panic!("another question")
        };
        assert_eq!(upload.server.as_deref(), Some("attic"));
        let mut came = 0;
        while let Some(piece) = upload.pieces.recv().await {
            came += piece.unwrap().len();
        }
        // More than any limit on bodies of JSON.
        assert_eq!(came, 3 << 20);
        reply.send(Ok(import(ImportState::Running))).unwrap();
    };
    let asking = async {
        let typed = json!({ "url": "tautulli", "api_key": "k" });
        let begun = post(&open, "/api/v1/imports", &typed).await.json();
        documented::check("Import", &begun);
        let list = open.get("/api/v1/imports").await.json();
        documented::check("Imports", &list);
        assert_eq!(list["imports"][0]["state"], "done");
        let sent = open
            .request(Method::POST, "/api/v1/imports/file?server=attic")
            .header("x-projectionist", "1")
            .body(vec![7_u8; 3 << 20]);
        let uploaded = Answer::of(sent.send().await.unwrap()).await;
        assert_eq!(uploaded.status, 200, "{}", uploaded.text());
    };
    tokio::join!(asking, answering);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let (open, mut asked) = open().await;
    for (path, body, expected) in [
        (
            "/api/v1/setup/test",
            json!({ "kind": "jellyfin" }),
            "a value of another kind",
        ),
        (
            "/api/v1/setup/test",
            json!({ "url": "x" }),
            "missing field `kind`",
        ),
        (
            "/api/v1/setup/save",
            json!({ "plex": "planted-token" }),
            "a value of another kind",
        ),
        (
            "/api/v1/setup/save",
            json!({ "plex": [{ "tokn": "planted-token" }] }),
            "unknown field `tokn`",
        ),
        (
            "/api/v1/imports",
            json!({ "url": "x" }),
            "missing field `api_key`",
        ),
        ("/api/v1/setup/save", json!([]), "expected an object"),
        (
            "/api/v1/setup/save",
            json!({ "plex": [{ "url": "x".repeat(64 << 10) }] }),
            "the body is over 65536 bytes",
        ),
    ] {
        let (status, kind, message) = post(&open, path, &body).await.error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{message}");
        assert!(
            message.contains(expected) && !message.contains("planted"),
            "{message}"
        );
    }
    let form = open.request(Method::POST, "/api/v1/setup/save").body("plex=1");
    assert_eq!(form.send().await.unwrap().status(), 400);
    // The word for what is allowed follows the route.
    for (path, allowed) in [
        ("/api/v1/setup/save", "POST"),
        ("/api/v1/imports", "GET,HEAD,POST"),
    ] {
        let answer = open.ask(Method::DELETE, path, &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)));
    }
    // Nobody answers, and then nobody is there.
    let waiting: Vec<_> = (0..16)
        .map(|_| open.request(Method::GET, "/api/v1/setup").send())
        .collect();
    let waiting: Vec<_> = waiting.into_iter().map(tokio::spawn).collect();
    let mut held = Vec::new();
    while held.len() < 16 {
        held.push(asked.recv().await.unwrap());
    }
    drop(held);
    for answer in waiting {
        assert_eq!(answer.await.unwrap().unwrap().status(), 503);
    }
    drop(asked);
    assert_eq!(open.get("/api/v1/setup").await.error().0, 503);
    let without = House::with(&[], |_| ()).open().await;
    assert_eq!(without.get("/api/v1/setup").await.error().0, 404);
}
