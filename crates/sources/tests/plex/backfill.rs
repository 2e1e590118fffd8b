//! The server's own list of what was played.

use base::{Kind, Secret};
use sim::plex::{Fault, Plex, Seed};
use sources::plex::{Config, viewed};

use crate::watch::quiet;

async fn server(rows: usize) -> Plex {
    let seed = Seed {
        history_rows: rows,
        ..Seed::default().still()
    };
    Plex::start(seed).await
}

#[tokio::test]
async fn the_whole_list_is_read_page_by_page_and_completed() {
    let plex = server(1_234).await;
    let lines = viewed(&quiet(&plex), None, None, None).await.unwrap();
    assert_eq!(lines.len(), 1_234);
    assert!(
        lines.is_sorted_by(|a, b| a.viewed_at_s >= b.viewed_at_s),
        "newest first"
    );
    assert_eq!(plex.world().request_count("/status/sessions/history/all"), 3);
    for line in &lines {
        assert!(
            line.item.rating_key.is_some() && line.item.duration_ms.is_some(),
            "{line:?}"
        );
        assert!(
            line.account_name.is_some() && line.section_id.is_some(),
            "{line:?}"
        );
    }
}

#[tokio::test]
async fn only_what_is_newer_is_asked_for() {
    let plex = server(1_234).await;
    let all = viewed(&quiet(&plex), None, None, None).await.unwrap();
    let since_s = all[99].viewed_at_s;
    plex.world().clear_requests();
    let lines = viewed(
        &quiet(&plex),
        None,
        Some(plex.machine_id().as_str()),
        Some(since_s),
    )
    .await;
    assert_eq!(lines.unwrap(), all[..100]);
    assert_eq!(plex.world().request_count("/status/sessions/history/all"), 1);
}

#[tokio::test]
async fn what_cannot_be_asked_is_an_error_and_what_merely_helps_is_not() {
    let plex = server(10).await;
    let wrong = Config {
        token: Some(Secret::new("wrong")),
        ..quiet(&plex)
    };
    let refused = viewed(&wrong, None, None, None).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Unauthorized);
    let other = viewed(&quiet(&plex), None, Some("another-machine"), None)
        .await
        .unwrap_err();
    assert_eq!(other.kind(), Kind::WrongTarget);
    plex.world().fault(Fault::Status(403).on("/accounts"));
    plex.world().fault(Fault::Status(500).on("/library/metadata"));
    let lines = viewed(&quiet(&plex), None, None, None).await.unwrap();
    assert_eq!(lines.len(), 10);
    assert!(
        lines
            .iter()
            .all(|l| l.account_name.is_none() && l.item.duration_ms.is_none())
    );
}
