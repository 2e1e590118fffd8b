//! Users, libraries, titles.

use serde_json::{Value, json};

use crate::documented;
use crate::house::{Past, column, told};

#[tokio::test]
async fn users_with_and_without_plays() {
    let past = Past::new().await;
    let answer = past.get("/api/v1/users").await;
    documented::check("UsersAnswer", &answer);
    assert_eq!(
        column(&answer["users"], "name"),
        ["Anna A", "bert", "guest", "idle"]
    );
    assert_eq!(column(&answer["users"], "plays"), [4, 2, 1, 0]);
    assert_eq!(answer["users"][1]["last_title"], "Harbour - One");
    assert_eq!(answer["users"][1]["last_player"], "Bert's phone");
    assert_eq!(answer["users"][0].get("last_player"), None);
    assert_eq!(answer["users_total"], 4);
    let filtered = past
        .get("/api/v1/users?server=attic&measure=seconds&limit=1")
        .await;
    assert_eq!(column(&filtered["users"], "username"), ["bert"]);
    assert_eq!(filtered["users_total"], 2);
}

fn windows(page: &Value) -> Vec<Value> {
    column(&page["windows"], "plays")
}

#[tokio::test]
async fn a_user_a_library_a_title() {
    let past = Past::new().await;
    let bert = past.get("/api/v1/users/42").await;
    documented::check("ProfileAnswer", &bert);
    assert_eq!(
        (&bert["name"], &bert["plays"], &bert["seconds"]),
        (&json!("bert"), &json!(2), &json!(18_000))
    );
    assert_eq!(windows(&bert), [1, 1, 1, 2]);
    assert_eq!(bert["first_started_at"], "2025-12-25T20:00:00.000Z");
    assert_eq!(bert["last_play"]["id"], 7);
    assert_eq!(column(&bert["players"], "name"), ["Bert's phone", "Den"]);
    assert_eq!(column(&bert["titles"], "name"), ["Harbour", "Ünïcode 100%"]);
    assert_eq!(
        told(&bert["heat_map"]),
        [
            "thursday 15 movie=1 of 1",
            "friday 21 episode=1 of 1",
            "saturday 09 episode=1 of 1"
        ]
    );
    assert_eq!(bert["heat_map"]["categories"].as_array().unwrap().len(), 168);
    let months = bert["months"]["categories"].as_array().unwrap();
    assert_eq!(
        (months.len(), &months[0], &months[11]),
        (12, &json!("2025-12"), &json!("2026-11"))
    );
    let idle = past.get("/api/v1/users/7").await;
    documented::check("ProfileAnswer", &idle);
    assert_eq!((&idle["plays"], idle.get("last_play")), (&json!(0), None));

    let films = past.get("/api/v1/libraries/attic/1?days=30").await;
    assert_eq!((&films["name"], &films["plays"]), (&json!("Films"), &json!(2)));
    let gone = past.get("/api/v1/libraries/cellar/9").await;
    assert_eq!((gone.get("name"), &gone["plays"]), (None, &json!(1)));

    // Either server leads to the same film.
    for path in ["attic/101", "cellar/501"] {
        let amber = past.get(&format!("/api/v1/titles/{path}")).await;
        documented::check("ProfileAnswer", &amber);
        assert_eq!(
            (&amber["name"], &amber["level"]),
            (&json!("Amber Road"), &json!("movie")),
            "{path}"
        );
        assert_eq!(
            (&amber["plays"], &amber["seconds"]),
            (&json!(2), &json!(9000)),
            "{path}"
        );
    }
    for (path, level, plays) in [
        ("attic/109", "show", 1),
        ("attic/110", "season", 1),
        ("attic/111", "episode", 1),
        ("attic/139", "artist", 1),
        ("attic/140", "album", 1),
        ("attic/141", "track", 1),
    ] {
        let title = past.get(&format!("/api/v1/titles/{path}")).await;
        assert_eq!(
            (&title["level"], &title["plays"]),
            (&json!(level), &json!(plays)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn their_histories_take_the_filters_of_the_list() {
    let past = Past::new().await;
    for (path, ids) in [
        ("users/42/history", &[7, 1][..]),
        ("users/42/history?grouped=false&media=episode", &[7, 6]),
        ("users/42/history?user_id=1", &[7, 1]),
        ("libraries/attic/1/history?user=anna", &[8, 5]),
        ("libraries/cellar/9/history", &[2]),
        ("titles/cellar/501/history", &[5, 2]),
        ("titles/attic/101/history?server=cellar", &[2]),
        ("titles/attic/109/history", &[7]),
    ] {
        let page = past.get(&format!("/api/v1/{path}")).await;
        documented::check("HistoryPage", &page);
        let expected: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
        assert_eq!(column(&page["plays"], "id"), expected, "{path}");
    }
    let first = past.get("/api/v1/titles/attic/101/history?limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = past
        .get(&format!(
            "/api/v1/titles/attic/101/history?limit=1&cursor={cursor}"
        ))
        .await;
    assert_eq!(column(&second["plays"], "id"), [2]);
    // A cursor of one title is none of another.
    let other = past
        .open
        .get(&format!("/api/v1/titles/attic/109/history?cursor={cursor}"))
        .await;
    assert_eq!(other.error().0, 400);
}

#[tokio::test]
async fn what_was_never_played_is_not_there() {
    let past = Past::new().await;
    for path in [
        "users/999",
        "users/anna",
        "users/999/history",
        "libraries/attic/99",
        "libraries/nowhere/1",
        "libraries/attic/films",
        "libraries/attic/99/history",
        "titles/attic/999",
        "titles/cellar/101",
        "titles/attic/x",
        "titles/attic/999/history",
    ] {
        let answer = past.open.get(&format!("/api/v1/{path}")).await;
        let (status, kind, _) = answer.error();
        assert_eq!((status, kind.as_str()), (404, "not_found"), "{path}");
        documented::check("ErrorBody", &answer.json());
    }
}
