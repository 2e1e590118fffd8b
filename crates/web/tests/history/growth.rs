//! `/api/v1/libraries/{server}/{id}/growth`.

use history::growth::{LibrarySize, Size, keep};
use history::{History, Settings};
use model::ContentKind;
use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn sizes_are_told_by_day_and_what_was_not_told_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let size = |day: &str, shows: u64, storage_bytes: Option<u64>| LibrarySize {
        server: "attic".into(),
        library: "2".into(),
        day: day.parse().unwrap(),
        size: Size {
            counts: [(ContentKind::Shows, shows), (ContentKind::Episodes, shows * 10)].into(),
            storage_bytes,
            duration_ms: storage_bytes.map(|bytes| bytes / 2),
        },
    };
    let sizes = vec![
        size("2026-11-19", 3, None),
        size("2026-11-20", 4, Some(800)),
        size("2026-11-21", 5, Some(900)),
    ];
    history.change(move |txn| keep(txn, &sizes)).done().await.unwrap();
    let kept = history.clone();
    let open = House::with(&["attic"], |ctx| ctx.history = Some(kept))
        .open()
        .await;
    let body = open.get("/api/v1/libraries/attic/2/growth").await.json();
    assert_eq!(
        body["points"],
        json!([
            { "date": "2026-11-19", "counts": { "shows": 3, "episodes": 30 } },
            { "date": "2026-11-20", "counts": { "shows": 4, "episodes": 40 }, "storage_bytes": 800, "duration_ms": 400 },
            { "date": "2026-11-21", "counts": { "shows": 5, "episodes": 50 }, "storage_bytes": 900, "duration_ms": 450 },
        ])
    );
    assert_eq!(body["meta"]["count"], 3);
    let part = open
        .get("/api/v1/libraries/attic/2/growth?from=2026-11-20&to=2026-11-20")
        .await
        .json();
    assert_eq!(part["points"].as_array().unwrap().len(), 1);
    let never = open.get("/api/v1/libraries/attic/99/growth").await.json();
    assert_eq!(never["points"], json!([]));
    for query in ["from=yesterday", "days=3"] {
        let answer = open
            .get(&format!("/api/v1/libraries/attic/2/growth?{query}"))
            .await;
        assert_eq!(answer.error().0, 400, "{query}");
    }
}

#[tokio::test]
async fn without_a_history_there_is_nothing_to_tell() {
    let open = House::new(&["attic"]).open().await;
    let (status, kind, message) = open.get("/api/v1/libraries/attic/2/growth").await.error();
    assert_eq!(
        (status, kind.as_str(), message.as_str()),
        (404, "not_found", "no history is kept")
    );
}
