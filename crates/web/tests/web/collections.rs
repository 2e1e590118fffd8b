//! Collections: what is asked of servers, what is told, and what a counting needs to be asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::Kind;
use history::collections::{NewSnapshot, Watched, insert};
use history::{History, Settings};
use model::catalog::{
    Answer, CatalogItem, CatalogSection, Collection, ItemKind, Member, Parent, Question, Visibility,
};
use model::{Fields, LibraryKind, Origin, Record, RecordClient, RecordItem, RecordKind, RecordStream, Text};
use reqwest::Method;
use serde_json::{Value, json};
use web::Catalog;
use web::collections::{CollectReport, CollectRequest, Collector, Found, Missed, Place};

use crate::documented;
use crate::support::{House, Open, START};

const DAY_S: i64 = 86_400;

/// What a server would answer; changed while it serves.
#[derive(Default)]
struct Shelf {
    answers: BTreeMap<Question, Answer>,
    /// Fails everything.
    down: Option<Kind>,
}

type Shared = Arc<Mutex<Shelf>>;

fn attend(catalog: &Catalog, server: &str, shelf: Shelf) -> Shared {
    let shelf = Arc::new(Mutex::new(shelf));
    let (mut asked, told) = (catalog.add(server.into()), shelf.clone());
    tokio::spawn(async move {
        while let Some((question, tell)) = asked.recv().await {
            let shelf = told.lock().unwrap();
            let missing = || (Kind::NotFound, "plex: no such thing".to_owned());
            let answer = match shelf.down {
                Some(kind) => Err((kind, "plex: refused the connection".to_owned())),
                None => shelf.answers.get(&question).cloned().ok_or_else(missing),
            };
            let _ = tell.send(answer);
        }
    });
    shelf
}

fn section(section_id: i64, title: &str) -> CatalogSection {
    CatalogSection {
        section_id,
        title: title.into(),
        kind: LibraryKind::Movie,
        wire_kind: None,
        agent: None,
        thumb: None,
        art: None,
        uuid: None,
        updated_at_s: None,
        scanned_at_s: None,
        counts: Vec::new(),
    }
}

fn collection(rating_key: i64, title: &str, visibility: Option<Visibility>) -> Collection {
    Collection {
        rating_key,
        section_id: 1,
        title: title.into(),
        subtype: Some("movie".into()),
        child_count: Some(3),
        added_at_s: Some(1_700_000_000),
        visibility,
        ..Collection::default()
    }
}

/// A server with one library of films and these collections, the first of which holds films 1, 2 and 3.
fn films(collections: Vec<Collection>) -> Shelf {
    let mut answers = BTreeMap::new();
    let first = collections[0].clone();
    answers.insert(
        Question::Sections { counted: false },
        Answer::Sections(vec![section(1, "Films")].into()),
    );
    answers.insert(
        Question::Collections { section_id: 1 },
        Answer::Collections(collections.into()),
    );
    let mut item = CatalogItem::new(ItemKind::Collection, first.rating_key);
    item.title = Some(first.title.clone());
    item.section_id = Some(1);
    item.section_title = Some("Films".into());
    answers.insert(
        Question::Item {
            rating_key: first.rating_key,
        },
        Answer::Item(Arc::new(item)),
    );
    answers.insert(
        Question::Item { rating_key: 1 },
        Answer::Item(Arc::new(CatalogItem::new(ItemKind::Movie, 1))),
    );
    let members = [1, 2, 3].map(|rating_key| Member {
        rating_key,
        kind: ItemKind::Movie,
    });
    answers.insert(
        Question::Members {
            of: Parent::Collection,
            rating_key: first.rating_key,
        },
        Answer::Members(members.to_vec().into()),
    );
    Shelf { answers, down: None }
}

#[expect(clippy::unnecessary_wraps, reason = "as a collection has it")]
fn shown(recommended: bool, own_home: bool, shared_home: bool) -> Option<Visibility> {
    Some(Visibility {
        recommended,
        own_home,
        shared_home,
    })
}

fn film(n: i64, key: i64, user: i64, stopped_s: i64) -> Record {
    let item = RecordItem {
        kind: RecordKind::Movie,
        live: false,
        rating_key: Some(key),
        parent_rating_key: None,
        grandparent_rating_key: None,
        guid: None,
        title: None,
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        full_title: format!("Film {key}").into(),
        media_index: None,
        parent_media_index: None,
        year: None,
        duration_ms: None,
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: Fields::default(),
    };
    Record {
        server: "attic".into(),
        origin: Origin::Recorded,
        origin_key: n.to_string().into(),
        wanted_id: Some((n, n)),
        started_ms: (stopped_s - 1000) * 1000,
        stopped_ms: Some(stopped_s * 1000),
        paused_ms: None,
        buffering_ms: None,
        view_offset_ms: None,
        user_id: Some(user),
        user: Some(Text::from(format!("user {user}"))),
        ip_address: None,
        section_id: Some(1),
        item: Arc::new(item),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream::default()),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

fn snapshot(
    server: &str,
    name: &str,
    key: i64,
    plays: u64,
    days_ago: i64,
    rotation: Option<&str>,
) -> NewSnapshot {
    NewSnapshot {
        collection_name: name.into(),
        server: server.into(),
        library: "Films".into(),
        section_id: Some(1),
        rating_key: key,
        media_type: Some("movie".into()),
        window_days: 30,
        watched: Watched {
            plays,
            duration_s: 60,
            unique_users: 1,
            items_watched: 1,
            first_play_s: Some(1_700_000_000),
            last_play_s: Some(1_700_000_100),
        },
        items: 3,
        rotation_id: rotation.map(Into::into),
        collected_ms: (START.as_second() - days_ago * DAY_S) * 1000,
        extra: rotation.map(|_| r#"{"note":"x"}"#.to_owned()),
    }
}

struct Rig {
    open: Open,
    attic: Shared,
    asked: tokio::sync::mpsc::Receiver<web::collections::CollectAsked>,
    _dir: tempfile::TempDir,
}

/// Two servers; four plays of films 1 and 2 around a rotation that began ten days ago.
async fn rig() -> Rig {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let at = |days_ago: i64| START.as_second() - days_ago * DAY_S;
    let plays = vec![
        film(1, 1, 7, at(15)),
        film(2, 1, 7, at(8)),
        film(3, 2, 8, at(5)),
        film(4, 9, 8, at(5)),
        film(5, 1, 7, at(100)),
    ];
    let new = vec![
        snapshot("attic", "Sea", 100, 4, 20, None),
        snapshot("attic", "Sea", 100, 2, 10, Some("r1")),
        snapshot("attic", "Gone", 109, 7, 10, Some("r1")),
        snapshot("barn", "Hay", 500, 1, 3, None),
    ];
    let kept = history.change(move |txn| {
        for play in &plays {
            txn.add(play)?;
        }
        insert(txn, &new)
    });
    kept.done().await.unwrap();
    let catalog = Catalog::with_timeout(Duration::from_secs(5));
    let attic = attend(
        &catalog,
        "attic",
        films(vec![
            collection(100, "Sea", shown(true, false, false)),
            collection(101, "Land", shown(false, false, false)),
        ]),
    );
    let barn = attend(&catalog, "barn", Shelf::default());
    barn.lock().unwrap().down = Some(Kind::Unreachable);
    let (collector, asked) = Collector::channel();
    let house = House::with(&["attic", "barn"], |ctx| {
        ctx.history = Some(history);
        ctx.catalog = Some(catalog);
        ctx.collector = Some(collector);
    });
    Rig {
        open: house.open().await,
        attic,
        asked,
        _dir: dir,
    }
}

#[tokio::test]
async fn collections_of_all_servers_with_their_latest_numbers() {
    let rig = rig().await;
    let answer = rig.open.get("/api/v1/collections").await;
    assert_eq!(answer.status, 200);
    documented::check("CollectionList", &answer.json());
    let body = answer.json();
    let rows: Vec<_> = body["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            (
                c["server"].as_str().unwrap(),
                c["title"].as_str().unwrap(),
                c["visibility"]["recommended"].as_bool(),
                c["latest"]["plays"].as_i64(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("attic", "Land", Some(false), None),
            ("attic", "Sea", Some(true), Some(2)),
            ("barn", "Hay", None, Some(1)),
        ],
        "a collection that is gone is not listed; one of a server that is down is, as last counted"
    );
    assert_eq!(body["failed"].as_array().unwrap().len(), 1);
    assert_eq!(body["failed"][0]["server"], "barn");
    assert_eq!(body["failed"][0]["kind"], "unreachable");
    let titles = async |path: &str| -> Vec<String> {
        let body = rig.open.get(path).await.json();
        let rows = body["collections"].as_array().unwrap();
        rows.iter()
            .map(|c| c["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        titles("/api/v1/collections?visibility=recommended").await,
        ["Sea"]
    );
    assert_eq!(titles("/api/v1/collections?name=Land").await, ["Land"]);
    assert_eq!(titles("/api/v1/collections?name=Nothing").await, [] as [&str; 0]);
    assert_eq!(titles("/api/v1/collections?library=Other").await, [] as [&str; 0]);
    assert_eq!(titles("/api/v1/collections?server=attic").await, ["Land", "Sea"]);
    for path in [
        "/api/v1/collections?colour=blue",
        "/api/v1/collections?visibility=everywhere",
    ] {
        assert_eq!(rig.open.get(path).await.error().0, 400, "{path}");
    }
}

#[tokio::test]
async fn one_collection_over_any_window() {
    let rig = rig().await;
    let answer = rig.open.get("/api/v1/collections/attic/100?days=12").await;
    documented::check("OneCollection", &answer.json());
    let body = answer.json();
    assert_eq!(
        body["total"],
        json!({"plays": 2, "duration_s": 2000, "unique_users": 2, "items_watched": 2,
            "first_play_at": "2026-11-13T19:43:20.000Z", "last_play_at": "2026-11-16T19:43:20.000Z"})
    );
    assert_eq!(body["collection"]["items"], 3);
    assert_eq!(body["collection"]["visibility"]["recommended"], true);
    assert_eq!(body["collection"]["library"], "Films");
    assert_eq!(body["items"][0]["title"], "Film 1");
    assert_eq!(body["users"].as_array().unwrap().len(), 2);
    assert_eq!(body["users"][0]["name"], "user 7");
    let days = body["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["date"]), (13, &json!("2026-11-09")));
    let plays: i64 = days.iter().map(|d| d["plays"].as_i64().unwrap()).sum();
    assert_eq!(plays, 2);

    let total = async |query: &str| {
        let body = rig
            .open
            .get(&format!("/api/v1/collections/attic/100{query}"))
            .await
            .json();
        body["total"]["plays"].as_i64()
    };
    assert_eq!(total("").await, Some(3), "30 days");
    assert_eq!(total("?days=0").await, Some(4));
    assert_eq!(total("?from=2026-11-06&to=2026-11-13").await, Some(2));
    assert_eq!(
        total("?to=2026-11-06T20:00:00Z").await,
        Some(1),
        "the end is not in it"
    );
    for (path, status) in [
        ("/api/v1/collections/attic/999", 404),
        ("/api/v1/collections/attic/1", 404),
        ("/api/v1/collections/attic/sea", 404),
        ("/api/v1/collections/roof/100", 404),
        ("/api/v1/collections/barn/500", 502),
        ("/api/v1/collections/attic/100?days=5&from=2026-11-06", 400),
        ("/api/v1/collections/attic/100?time_zone=Mars", 400),
    ] {
        assert_eq!(rig.open.get(path).await.error().0, status, "{path}");
    }
    // Down is an error, never zeros.
    rig.attic.lock().unwrap().down = Some(Kind::Timeout);
    let collection = rig.open.get("/api/v1/collections/attic/101").await;
    assert_eq!(collection.error().0, 504);
}

#[tokio::test]
async fn snapshots_newest_first_page_by_page() {
    let rig = rig().await;
    let answer = rig.open.get("/api/v1/collections/attic/100/snapshots").await;
    documented::check("CollectionSnapshots", &answer.json());
    let plays = |body: &Value| -> Vec<i64> {
        let rows = body["snapshots"].as_array().unwrap();
        rows.iter().map(|s| s["plays"].as_i64().unwrap()).collect()
    };
    let body = answer.json();
    assert_eq!(plays(&body), [2, 4]);
    assert_eq!(body["snapshots"][0]["extra"], json!({"note": "x"}));
    assert!(body["snapshots"][1].get("extra").is_none() && body.get("next_cursor").is_none());
    assert_eq!(body["snapshots"][0]["first_play_at"], "2023-11-14T22:13:20.000Z");

    let mut all = Vec::new();
    let mut path = "/api/v1/collections/snapshots?limit=3".to_owned();
    loop {
        let body = rig.open.get(&path).await.json();
        all.extend(plays(&body));
        match body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/collections/snapshots?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(all, [1, 7, 2, 4]);
    let of = async |query: &str| plays(&rig.open.get(&format!("/api/v1/collections/{query}")).await.json());
    assert_eq!(of("snapshots?name=Sea").await, [2, 4]);
    assert_eq!(of("snapshots?rotation_id=r1").await, [7, 2]);
    assert_eq!(of("barn/500/snapshots").await, [1], "though its server is down");
    assert_eq!(of("top").await, [7, 2, 1]);
    assert_eq!(of("top?limit=1&since_rotation=r1").await, [7]);
    assert_eq!(of("top?media_type=show").await, [] as [i64; 0]);
    for path in [
        "/api/v1/collections/top?limit=0",
        "/api/v1/collections/top?limit=501",
        "/api/v1/collections/snapshots?cursor=abc",
    ] {
        assert_eq!(rig.open.get(path).await.error().0, 400, "{path}");
    }
}

#[tokio::test]
async fn before_and_after_a_rotation() {
    let rig = rig().await;
    let answer = rig.open.get("/api/v1/rotations/r1").await;
    documented::check("OneRotation", &answer.json());
    assert_eq!(answer.json()["collections"].as_array().unwrap().len(), 2);

    let answer = rig.open.get("/api/v1/rotations/r1/compare?days=30").await;
    documented::check("RotationComparison", &answer.json());
    let body = answer.json();
    assert_eq!(
        body["length_s"],
        10 * DAY_S,
        "as long as it has lasted, on both sides"
    );
    assert_eq!(body["before"]["to"], body["after"]["from"]);
    assert_eq!(body["collections"].as_array().unwrap().len(), 1);
    assert_eq!(body["collections"][0]["before"]["plays"], 1);
    assert_eq!(body["collections"][0]["after"]["plays"], 2);
    assert_eq!(body["failed"][0]["collection"], "Gone");
    assert_eq!(body["failed"][0]["kind"], "not_found");
    let short = rig.open.get("/api/v1/rotations/r1/compare?days=3").await.json();
    assert_eq!(short["collections"][0]["after"]["plays"], 1);
    assert_eq!(short["collections"][0]["before"]["plays"], 0);
    for (path, status) in [
        ("/api/v1/rotations/r9", 404),
        ("/api/v1/rotations/r9/compare", 404),
        ("/api/v1/rotations/r1/compare?days=0", 400),
    ] {
        assert_eq!(rig.open.get(path).await.error().0, status, "{path}");
    }
}

const COLLECT: &str = "/api/v1/collections/collect";

async fn post(open: &Open, content_type: Option<&str>, body: &str) -> (u16, Value) {
    let mut request = open.request(Method::POST, COLLECT).body(body.to_owned());
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap(),
    )
}

#[tokio::test]
async fn a_counting_is_asked_for_in_json_alone() {
    let mut rig = rig().await;
    // What forms and scripts of other sites can send.
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data"),
        Some("application/jsonp"),
    ] {
        let (status, body) = post(&rig.open, content_type, "{}").await;
        assert_eq!(status, 400, "{content_type:?}: {body}");
        documented::check("ErrorBody", &body);
    }
    for bad in [
        "[]",
        "{",
        r#"{"colour":1}"#,
        r#"{"visibility":["everywhere"]}"#,
        r#"{"extra":5}"#,
        r#"{"window_days":-1}"#,
        r#"{"window_days":99999}"#,
    ] {
        let (status, body) = post(&rig.open, Some("application/json"), bad).await;
        assert_eq!(status, 400, "{bad}: {body}");
    }
    let huge = format!(r#"{{"names":["{}"]}}"#, "x".repeat(70_000));
    assert_eq!(post(&rig.open, Some("application/json"), &huge).await.0, 400);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::OPTIONS] {
        let answer = rig.open.request(method.clone(), COLLECT).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 405, "{method}");
        assert!(
            answer.headers().get("access-control-allow-origin").is_none(),
            "no other site may ask"
        );
    }
    assert!(rig.asked.try_recv().is_err(), "none of it was passed on");
}

#[tokio::test]
async fn what_is_asked_for_is_passed_on_and_its_report_told() {
    let Rig {
        open,
        mut asked,
        attic: _attic,
        _dir,
    } = rig().await;
    let found = Found {
        server: "attic".into(),
        library: "Films".into(),
        collection: collection(101, "Land", None),
    };
    let kept = open
        .house
        .ctx
        .history
        .as_ref()
        .unwrap()
        .ask(|v| history::collections::top(v, &history::collections::TopFilter::default()))
        .await
        .unwrap();
    let counting = tokio::spawn(async move {
        let mut requests = Vec::new();
        let missed = Missed::collection(&found, Kind::Unreachable, "plex: down");
        for (collected, failed) in [(2, 1), (1, 0), (0, 1), (0, 0)] {
            let (request, tell) = asked.recv().await.unwrap();
            requests.push(request);
            let report = CollectReport {
                collected: kept
                    .iter()
                    .take(collected)
                    .map(|s| (s.clone(), shown(true, true, false)))
                    .collect(),
                failed: vec![missed.clone(); failed],
            };
            tell.send(report).unwrap();
        }
        requests
    });
    let full = r#"{"names":["Sea","Land"],"library":"Films","server":["attic"],"visibility":["own_home"],
        "rotation_id":7,"window_days":0,"extra":{"a":[1]}}"#;
    for (body, status, word) in [
        (full, 200, "partial"),
        ("{}", 200, "success"),
        ("", 502, "error"),
        (r#"{"library":["Films","Old"]}"#, 200, "skipped"),
    ] {
        let (answered, answer) = post(&open, Some("application/json; charset=utf-8"), body).await;
        assert_eq!((answered, &answer["status"]), (status, &json!(word)), "{answer}");
        documented::check("CollectAnswer", &answer);
    }
    let requests = counting.await.unwrap();
    let first = &requests[0];
    assert_eq!(first.wish.names, ["Sea", "Land"]);
    assert_eq!(first.wish.libraries, ["Films"]);
    assert_eq!(first.wish.servers, ["attic"]);
    assert_eq!(first.wish.visibility, [Place::OwnHome]);
    assert_eq!(
        (first.rotation_id.as_deref(), first.window_days),
        (Some("7"), Some(0))
    );
    assert_eq!(first.extra.as_deref(), Some(r#"{"a":[1]}"#));
    assert_eq!(requests[1], CollectRequest::default());
    assert_eq!(requests[3].wish.libraries, ["Films", "Old"]);
    // The command line sends the same.
    assert_eq!(
        web::collections::request_json(first).parse::<Value>().unwrap()["visibility"],
        json!(["own_home"])
    );
    // Nobody counts any more.
    let (status, answer) = post(&open, Some("application/json"), "{}").await;
    assert_eq!((status, &answer["error"]["kind"]), (500, &json!("internal")));
}

#[tokio::test]
async fn without_servers_or_history_there_is_nothing() {
    let open = House::new(&["attic"]).open().await;
    for path in [
        "/api/v1/collections",
        "/api/v1/collections/attic/100",
        "/api/v1/collections/top",
        "/api/v1/rotations/r1",
    ] {
        assert_eq!(open.get(path).await.error().0, 404, "{path}");
    }
    assert_eq!(post(&open, Some("application/json"), "{}").await.0, 404);
}
