//! A server in trouble: what is said of it, and that it is back when it is.

use std::time::{Duration, Instant};

use base::Secret;
use model::Body;
use sim::plex::{Fault, SessionSeed};
use sources::plex::Config;
use tokio::task::JoinSet;

use crate::watch::{Watch, lively, quiet, still_server};

/// Every way to fail, and what it is called. `message`: part of what a person reads.
fn troubles() -> Vec<(Fault, &'static str, &'static str)> {
    vec![
        (Fault::Refuse, "unreachable", "refused the connection"),
        (Fault::Reset, "unreachable", "closed the connection"),
        (Fault::Hang, "timeout", "within 0.3 s"),
        (Fault::Unauthorized, "unauthorized", "does not accept the token"),
        (Fault::Status(500), "server_error", "500 Internal Server Error"),
        (Fault::Status(403), "forbidden", "no right"),
        (Fault::Maintenance, "starting", "is starting: "),
        (Fault::Truncate, "bad_payload", "/status/sessions"),
        (Fault::BadJson, "bad_payload", "/status/sessions"),
        (Fault::Empty, "bad_payload", "/status/sessions"),
        (Fault::NotPlex, "wrong_target", "it is not a Plex server"),
        (
            Fault::Redirect("http://127.0.0.1:1/".to_owned()),
            "wrong_target",
            "redirects",
        ),
    ]
}

#[tokio::test]
async fn every_trouble_is_told_by_its_name_and_passes() {
    let mut all: JoinSet<()> = troubles()
        .into_iter()
        .map(|(f, kind, message)| trouble(f, kind, message))
        .collect();
    while let Some(one) = all.join_next().await {
        one.unwrap();
    }
}

async fn trouble(fault: Fault, kind: &'static str, message: &'static str) {
    let plex = still_server().await;
    let world = plex.world();
    // Enough for an answer of more than one packet.
    for _ in 0..30 {
        world.start(SessionSeed::movie("Silt"));
    }
    let mut watch = Watch::start(Config {
        timeout_s: 0.3,
        ..lively(&plex)
    });
    watch.shows(&["Silt"; 30]).await;
    let id = match &fault {
        // Broken answers to everything would be told as another server; here only the looks break.
        Fault::Truncate | Fault::BadJson | Fault::Empty => world.fault(fault.clone().on("/status/sessions")),
        _ => world.fault(fault.clone()),
    };
    let told = watch.outage_of(kind).await;
    assert!(
        told.starts_with("plex \"attic\": ") && !told.contains('\n'),
        "{told}"
    );
    // The first failure may be that of the connection that was open.
    let told = if told.contains(message) {
        told
    } else {
        watch.outage_of(kind).await
    };
    assert!(told.contains(message), "{fault:?}: {told}");
    world.release(id);
    watch.shows(&["Silt"; 30]).await;
}

#[tokio::test]
async fn a_server_that_is_down_at_the_start_is_told_and_then_seen() {
    let plex = still_server().await;
    let world = plex.world();
    world.start(SessionSeed::movie("Silt"));
    let id = world.fault(Fault::Refuse);
    let mut watch = Watch::start(quiet(&plex));
    assert_eq!(watch.outage().await.0, "unreachable");
    watch.outage().await;
    world.release(id);
    watch.shows(&["Silt"]).await;
}

#[tokio::test]
async fn one_bad_answer_is_asked_for_again_and_counted_as_such() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(lively(&plex));
    watch.sessions().await;
    world.fault(Fault::Status(502).on("/status/sessions").times(1));
    let report = watch
        .until("the repetition", |body| match body {
            Body::Request(report) if report.retries > 0 => Some(report.clone()),
            _ => None,
        })
        .await;
    assert_eq!((report.retries, report.error), (1, None));
    assert!(!watch.seen.iter().any(|o| matches!(o.body, Body::Outage(_))));
}

#[tokio::test]
async fn another_server_at_the_address_is_refused() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(lively(&plex));
    watch.sessions().await;
    let ours = plex.machine_id();
    world.fault(Fault::Reset.times(3));
    world.set_machine_id("0000000000000000000000000000000000000000");
    world.start(SessionSeed::movie("Foreign"));
    let told = watch.outage_of("wrong_target").await;
    assert!(told.contains(&ours), "{told}");
    watch.outage_of("wrong_target").await;
    let seen = watch.seen.len();
    world.set_machine_id(ours.clone());
    watch.shows(&["Foreign"]).await;
    let outages = watch.seen[seen..]
        .iter()
        .filter(|o| matches!(o.body, Body::Outage(_)))
        .count();
    assert!(outages <= 2);
}

#[tokio::test]
async fn a_server_swapped_without_an_outage_is_noticed_by_its_root() {
    let plex = still_server().await;
    let world = plex.world();
    let mut watch = Watch::start(quiet(&plex));
    world.fault(Fault::Slow(Duration::from_millis(300)).on("/identity"));
    // The root is asked for shortly after the first look.
    watch.sessions().await;
    world.set_machine_id("0000000000000000000000000000000000000000");
    watch.outage_of("wrong_target").await;
    assert!(
        !watch
            .seen
            .iter()
            .any(|o| matches!(&o.body, Body::Info(i) if i.machine_id.starts_with("000")))
    );
}

#[tokio::test]
async fn only_the_configured_machine_is_watched() {
    let plex = still_server().await;
    let mut watch = Watch::start(Config {
        machine_id: Some("feedbeef".to_owned()),
        ..lively(&plex)
    });
    let told = watch.outage_of("wrong_target").await;
    assert!(
        told.contains("feedbeef") && told.contains(&plex.machine_id()),
        "{told}"
    );
    assert_eq!(plex.world().request_count("/status/sessions"), 0);
}

#[tokio::test]
async fn a_new_token_in_its_file_is_taken_up() {
    let plex = still_server().await;
    let world = plex.world();
    let file = std::env::temp_dir().join(format!("token-{}-{}", std::process::id(), plex.addr().port()));
    std::fs::write(&file, format!("{}\n", plex.token())).unwrap();
    let mut watch = Watch::start(Config {
        token: None,
        token_file: Some(file.clone()),
        ..lively(&plex)
    });
    watch.sessions().await;
    world.set_token("another-token");
    watch.outage_of("unauthorized").await;
    std::fs::write(&file, "another-token\n").unwrap();
    watch.sessions().await;
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_missing_token_file_is_an_outage_that_passes() {
    let plex = still_server().await;
    let file = std::env::temp_dir().join(format!(
        "late-token-{}-{}",
        std::process::id(),
        plex.addr().port()
    ));
    let mut watch = Watch::start(Config {
        token: None,
        token_file: Some(file.clone()),
        ..lively(&plex)
    });
    let (kind, told) = watch.outage().await;
    assert_eq!(kind, "config");
    assert!(told.contains("reading the token file"), "{told}");
    std::fs::write(&file, plex.token()).unwrap();
    watch.sessions().await;
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_wrong_and_a_missing_token_are_told_apart() {
    let plex = still_server().await;
    let mut watch = Watch::start(Config {
        token: Some(Secret::new("no-such-token")),
        ..lively(&plex)
    });
    let told = watch.outage_of("unauthorized").await;
    assert!(
        told.contains("does not accept the token") && !told.contains("no-such-token"),
        "{told}"
    );
    let mut watch = Watch::start(Config {
        token: None,
        ..lively(&plex)
    });
    let told = watch.outage_of("unauthorized").await;
    assert!(told.contains("none is set"), "{told}");
}

#[tokio::test]
async fn cancelling_takes_less_than_a_second_whatever_is_under_way() {
    for fault in [
        None,
        Some(Fault::Hang),
        Some(Fault::Refuse),
        Some(Fault::Slow(Duration::from_secs(3))),
    ] {
        let plex = still_server().await;
        let world = plex.world();
        let mut watch = Watch::start(quiet(&plex));
        if let Some(fault) = fault {
            world.fault(fault);
        } else {
            watch.sessions().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let began = Instant::now();
        watch.finish().await;
        assert!(began.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_reader_that_is_behind_only_slows_the_source_down() {
    let plex = still_server().await;
    plex.world().start(SessionSeed::movie("Silt"));
    let mut watch = Watch::start(Config {
        poll_interval_s: 0.5,
        ..lively(&plex)
    });
    // Nothing is read for a while; then all is in order.
    tokio::time::sleep(Duration::from_millis(700)).await;
    watch.shows(&["Silt"]).await;
    let mono: Vec<u64> = watch.finish().await.iter().map(|o| o.mono_ms).collect();
    assert!(mono.len() > 3);
}
