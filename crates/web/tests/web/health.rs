use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::supervise::{BREAKER_PANICS, Supervisor};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{House, PATIENCE, sample};

#[tokio::test]
async fn a_server_that_is_down_shows_and_does_not_make_us_ill() {
    let house = House::new(&["attic", "barn", "cellar"]);
    house.tell("attic", sample::down("unreachable")).await;
    house.tell("barn", sample::down("starting")).await;
    let open = house.open().await;
    let answer = open.get("/health").await;
    assert_eq!(answer.status, 200);
    let since = "2026-11-21T20:00:00.000Z";
    assert_eq!(
        answer.json(),
        json!({ "status": "ok", "version": "1.2.3", "server_count": 3, "servers_up": 0, "servers": [
            { "id": "attic", "state": "down",
              "error": { "kind": "unreachable", "message": "plex \"attic\": unreachable", "since": since } },
            { "id": "barn", "state": "starting",
              "error": { "kind": "starting", "message": "plex \"attic\": starting", "since": since } },
            { "id": "cellar", "state": "unknown" },
        ] })
    );
    assert_eq!(open.get("/ready").await.status, 200);
}

/// Asks everybody who they are.
fn closed_gate() -> access::Gate {
    let settings = access::Settings::new(access::Mode::Password);
    access::Gate::in_memory(settings, base::Clock::system())
}

#[tokio::test]
async fn how_a_server_is_is_told_to_who_may_see() {
    let gate = closed_gate();
    let (read, _) = gate
        .add_key("r".to_owned(), vec![access::Scope::Read])
        .await
        .unwrap();
    let (metrics, _) = gate
        .add_key("m".to_owned(), vec![access::Scope::Metrics])
        .await
        .unwrap();
    let house = House::with(&["attic", "barn"], |ctx| ctx.access = gate);
    house.tell("attic", sample::down("unreachable")).await;
    house.plays("barn", vec![]).await;
    let scraped = crate::support::Open::serve(
        House::new(&[]),
        web::metrics_router(house.ctx.clone(), export::Profile::Native),
    )
    .await;
    let open = house.open().await;
    let counts = json!({ "status": "ok", "version": "1.2.3", "server_count": 2, "servers_up": 1 });
    for of in [&open, &scraped] {
        assert_eq!(of.get("/health").await.json(), counts);
        let with = async |key: &base::Secret| {
            of.get_with("/health", &[("x-api-key", key.expose())])
                .await
                .json()
        };
        assert_eq!(with(&metrics).await, counts);
        assert_eq!(with(&read).await["servers"][0]["error"]["kind"], "unreachable");
    }
}

#[tokio::test]
async fn ready_from_wired_to_stopping() {
    let ready = Arc::new(AtomicBool::new(false));
    let house = House::with(&[], |ctx| ctx.ready = ready.clone());
    // The listener lives on while the context says that the process stops.
    let router = house.router();
    let open = crate::support::Open::serve(House::new(&[]), router).await;
    let said = async || {
        let answer = open.get("/ready").await;
        (
            answer.status,
            answer.json()["status"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(said().await, (503, "not_ready".into()));
    ready.store(true, Ordering::Relaxed);
    assert_eq!(said().await, (200, "ready".into()));
    assert_eq!(open.get("/api/health").await.text(), r#"{"status":"OK"}"#);
    house.ctx.cancel.cancel();
    assert_eq!(said().await, (503, "stopping".into()));
    assert_eq!(open.get("/api/health").await.status, 503);
    assert_eq!(open.get("/live").await.status, 200);
}

#[tokio::test]
async fn a_task_that_keeps_panicking_is_named() {
    let cancel = CancellationToken::new();
    let mut tasks = Supervisor::new(cancel.clone());
    tasks.restart("plex-attic", || async { panic!("planned") });
    let stats = tasks.stats();
    let open = House::with(&[], |ctx| ctx.tasks = stats.clone()).open().await;
    let broken = async {
        while !stats.any_broken() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, broken)
        .await
        .unwrap_or_else(|_| panic!("{BREAKER_PANICS} panics take too long"));
    let answer = open.get("/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json(),
        json!({ "status": "broken", "broken_tasks": ["plex-attic"] })
    );
    // Names of tasks tell names of servers.
    let closed = House::with(&[], |ctx| {
        ctx.tasks = stats.clone();
        ctx.access = closed_gate();
    });
    let answer = closed.open().await.get("/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json(), json!({ "status": "broken" }));
    cancel.cancel();
}
