//! The list, its filters and pages, one play, and the export.

use serde_json::{Value, json};

use crate::documented;
use crate::house::{Past, column, film, ms};

#[tokio::test]
async fn plays_that_continue_one_another_are_one_and_unfold() {
    let past = Past::new().await;
    let page = past.get("/api/v1/history").await;
    documented::check("HistoryPage", &page);
    assert_eq!(column(&page["plays"], "id"), [8, 7, 5, 4, 3, 2, 1]);
    assert_eq!(page["meta"]["total"], 7);
    assert_eq!(page.get("next_cursor"), None);
    let resumed = &page["plays"][1];
    assert_eq!(resumed["group_id"], 6);
    assert_eq!(
        (&resumed["plays"], &resumed["play_ids"]),
        (&json!(2), &json!([6, 7]))
    );
    assert_eq!(resumed["started_at"], "2026-11-21T02:30:00.000Z");
    assert_eq!(resumed["stopped_at"], "2026-11-21T14:20:00.000Z");
    assert_eq!(resumed["played_s"], 200 * 60);
    assert_eq!(resumed["progress_percent"], 50.0);
    assert_eq!(resumed["watched"], false);
    assert_eq!(resumed["user"], json!({ "id": "42", "name": "bert" }));
    assert_eq!(resumed["library"], json!({ "id": "2", "title": "Shows" }));
    assert_eq!(resumed["player"]["platform"], "macOS");
    assert_eq!(resumed["item"]["grandparent_rating_key"], "109");
    let told_little = &page["plays"][0];
    for field in [
        "stopped_at",
        "played_s",
        "progress_percent",
        "watched",
        "decision",
        "source_resolution",
    ] {
        assert_eq!(told_little.get(field), None, "{field}");
    }
    assert_eq!(told_little["player"], json!({}));
    let rows = past.get("/api/v1/history?grouped=false").await;
    assert_eq!(column(&rows["plays"], "id"), [8, 7, 6, 5, 4, 3, 2, 1]);
    let group = past.get("/api/v1/history?group_id=6&grouped=false").await;
    assert_eq!(column(&group["plays"], "id"), [7, 6]);
}

#[tokio::test]
async fn one_play_tells_everything_and_its_group() {
    let past = Past::new().await;
    let one = past.get("/api/v1/history/6").await;
    documented::check("OneHistoryPlay", &one);
    assert_eq!(one["play"]["id"], 6);
    assert_eq!(column(&one["group"], "id"), [6, 7]);
    assert_eq!(column(&one["group"], "played_s"), [180 * 60, 20 * 60]);
    assert_eq!(one["position_ms"], 40 * 60_000);
    assert_eq!(
        (&one["buffering_ms"], &one["bytes"]),
        (&json!(1500), &json!(5_000_000))
    );
    assert_eq!(one["source"], json!({ "video_codec": "hevc" }));
    assert_eq!(one["segments"][0]["bitrate_bps"], 4_000_000);
    assert_eq!(
        one["delivery"],
        json!({
            "decision": "transcode",
            "bitrate_bps": 4_000_000,
            "reserved_bps": 9_000_000,
            "video": { "decision": "transcode", "codec": "h264", "width": 1280 },
            "audio": { "decision": "copy", "codec": "aac" },
            "subtitle": { "action": "burn" },
            "transcode": {
                "hw_decode": "vaapi",
                "hw_encode": "vaapi",
                "reasons": ["subtitle_burn", "video_codec"],
            },
        })
    );
    let bare = past.get("/api/v1/history/8").await;
    documented::check("OneHistoryPlay", &bare);
    assert_eq!(
        (&bare["delivery"], &bare["source"], &bare["segments"]),
        (&json!({}), &json!({}), &json!([]))
    );
    for id in ["9", "0", "x", "-1", "99999999999"] {
        let (status, kind, _) = past.open.get(&format!("/api/v1/history/{id}")).await.error();
        assert_eq!((status, kind.as_str()), (404, "not_found"), "{id}");
    }
}

#[tokio::test]
async fn every_filter_finds_its_plays() {
    let past = Past::new().await;
    for (query, ids) in [
        ("from=2026-11-20", &[8, 7, 6, 5][..]),
        ("from=2026-11-20&time_zone=UTC", &[8, 7, 6, 5, 4]),
        ("to=2026-11-18", &[3, 2, 1]),
        ("to=2026-11-18&time_zone=UTC", &[2, 1]),
        ("from=2026-11-21T02:30:00Z&to=2026-11-21T14:00:00Z", &[6]),
        ("days=1", &[8, 7]),
        ("days=2", &[8, 7, 6, 5]),
        ("days=0", &[8, 7, 6, 5, 4, 3, 2, 1]),
        ("server=cellar", &[3, 2]),
        ("server=nowhere", &[]),
        ("library=1", &[8, 5, 1]),
        ("library=1&library=2&server=attic", &[8, 7, 6, 5, 1]),
        ("library=1&server=cellar", &[]),
        ("user=anna", &[8, 5, 4, 2]),
        ("user=Anna%20A", &[8, 5, 4, 2]),
        ("user=anna%20a", &[]),
        ("user=guest&user=bert", &[7, 6, 3, 1]),
        ("user_id=42", &[7, 6, 1]),
        ("platform=macOS", &[7, 6]),
        ("platform=macos", &[7, 6]),
        ("player=Den&days=2", &[5]),
        ("decision=transcode", &[7, 6]),
        ("decision=copy&decision=unknown", &[8, 4]),
        ("media=live", &[3]),
        ("media=episode", &[7, 6]),
        ("media=movie&media=track", &[8, 5, 4, 2, 1]),
        ("network=relay", &[2]),
        ("network=wan", &[7, 6]),
        ("network=unknown", &[8, 3]),
        ("origin=tautulli", &[1]),
        ("origin=plex_history", &[8]),
        ("title=Amber%20Road", &[5, 2]),
        ("title=Harbour", &[7, 6]),
        ("title=Kelp%20-%20Tide", &[4]),
        ("rating_key=110", &[7, 6]),
        ("rating_key=501&rating_key=139", &[4, 2]),
        ("q=aMbEr", &[5, 2]),
        ("q=%C3%BCN%C3%8FC", &[1]),
        ("q=100%25", &[1]),
        ("q=%25", &[1]),
        ("q=198.51", &[7, 6]),
        ("q=phone", &[7, 6]),
        ("q=anna%20a", &[8, 5, 4, 2]),
        ("q=macos", &[7, 6]),
        ("q=lg", &[5, 4, 3, 2, 1]),
        ("q=nothing-like-it", &[]),
        ("q=amber&server=attic&user_id=1&decision=directplay", &[5]),
    ] {
        let page = past.get(&format!("/api/v1/history?grouped=false&{query}")).await;
        let expected: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
        assert_eq!(column(&page["plays"], "id"), expected, "{query}");
        assert_eq!(page["meta"]["total"], ids.len(), "{query}");
    }
    // A filter applies to plays before they are grouped.
    let page = past.get("/api/v1/history?from=2026-11-21&user=bert").await;
    assert_eq!(page["plays"][0]["play_ids"], json!([7]));
}

#[tokio::test]
async fn pages_hold_still_while_plays_are_added() {
    let past = Past::new().await;
    for grouped in ["true", "false"] {
        let all = past.get(&format!("/api/v1/history?grouped={grouped}")).await;
        let (ids, total) = (column(&all["plays"], "id"), &all["meta"]["total"]);
        let mut met = Vec::new();
        let mut path = format!("/api/v1/history?limit=2&grouped={grouped}");
        for n in 0.. {
            let page = past.get(&path).await;
            assert_eq!(&page["meta"]["total"], total);
            met.extend(column(&page["plays"], "id"));
            let Some(cursor) = page.get("next_cursor") else {
                break;
            };
            path = format!(
                "/api/v1/history?limit=2&grouped={grouped}&cursor={}",
                cursor.as_str().unwrap()
            );
            // One newer than all, one among the old ones, and one that goes on with an old one.
            let key = format!("{grouped}-{n}");
            let later = format!("2026-11-21T16:{n:02}:00Z");
            past.add(vec![
                film(&format!("{key}-new"), &later, 1),
                film(&format!("{key}-old"), "2026-11-10T16:00:00Z", 1),
                model::Record {
                    origin_key: format!("{key}-more").into(),
                    started_ms: ms("2026-11-19T10:00:00Z"),
                    stopped_ms: Some(ms("2026-11-19T10:10:00Z")),
                    ..crate::house::past().remove(6)
                },
            ])
            .await;
        }
        assert_eq!(met, ids, "grouped {grouped}");
    }
}

#[tokio::test]
async fn large_pages_are_as_large_as_they_may_be() {
    let past = Past::new().await;
    let many = (0..501)
        .map(|n| film(&format!("more-{n}"), "2026-10-01T00:00:00Z", n))
        .collect();
    past.add(many).await;
    let page = past.get("/api/v1/history?limit=500&grouped=false").await;
    assert_eq!(page["plays"].as_array().unwrap().len(), 500);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = past
        .get(&format!(
            "/api/v1/history?limit=500&grouped=false&cursor={cursor}"
        ))
        .await;
    assert_eq!(rest["plays"].as_array().unwrap().len(), 9);
    assert_eq!(
        rest["meta"],
        json!({ "count": 9, "total": 509, "grouped": false, "answered_at": "2026-11-21T20:00:00.000Z" })
    );
    let zipped = past
        .open
        .get_with("/api/v1/history?limit=500", &[("accept-encoding", "gzip")])
        .await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn the_export_holds_what_is_asked_for() {
    let past = Past::new().await;
    let csv = past.open.get("/api/v1/history/export").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        csv.header("content-disposition"),
        Some("attachment; filename=\"history.csv\"")
    );
    let mut whole = Vec::new();
    past.history
        .export(history::ExportFormat::Csv, &mut whole)
        .unwrap();
    assert_eq!(csv.text(), String::from_utf8(whole).unwrap());
    for (query, ids) in [
        ("", &[1, 2, 3, 4, 5, 6, 7, 8][..]),
        ("user=bert", &[1, 6, 7]),
        ("from=2026-11-20&q=den", &[5]),
        ("q=nothing-like-it", &[]),
    ] {
        let lines = past
            .open
            .get(&format!("/api/v1/history/export?format=jsonl&{query}"))
            .await;
        assert_eq!(
            (lines.status, lines.header("content-type")),
            (200, Some("application/x-ndjson"))
        );
        let exported: Vec<Value> = lines
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let exported: Vec<_> = exported.iter().map(|play| play["id"].clone()).collect();
        let expected: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
        assert_eq!(exported, expected, "{query}");
    }
    let header = past.open.get("/api/v1/history/export?q=nothing-like-it").await;
    assert_eq!(header.text().lines().count(), 1);
}

#[tokio::test]
async fn an_export_larger_than_memory_for_it_comes_whole() {
    let past = Past::new().await;
    let many = (0..2000)
        .map(|n| film(&format!("more-{n}"), "2026-10-01T00:00:00Z", n))
        .collect();
    past.add(many).await;
    let lines = past.open.get("/api/v1/history/export?format=jsonl").await;
    assert!(lines.body.len() > 4 * 64 * 1024, "{}", lines.body.len());
    assert_eq!(lines.text().lines().count(), 2008);
}
