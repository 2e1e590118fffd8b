//! What stream managers carry now, by every door.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Body;
use model::iptv::{Feed, FeedState};
use serde_json::{Value, json};

use crate::documented;
use crate::managers::{self, NEWS, alone, film, inventory, mixed, news};
use crate::support::{House, Open, sample};

async fn furnished() -> House {
    let house = mixed();
    house.tell("cellar", managers::info()).await;
    house.tell("cellar", Body::Inventory(Arc::new(inventory()))).await;
    house.plays("attic", vec![sample::film("1", "Rain")]).await;
    house.feeds("cellar", vec![news(), film()]).await;
    house
}

async fn get(open: &Open, path: &str, schema: &str) -> Value {
    let answer = open.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert!(
        !answer.text().contains("planted-secret"),
        "{path}: {}",
        answer.text()
    );
    assert!(!answer.text().contains("null"), "{path}: {}", answer.text());
    documented::check(schema, &answer.json());
    answer.json()
}

fn column<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|member| &member[field])
        .collect()
}

#[tokio::test]
async fn a_channel_is_told_with_everything_that_is_known_of_it() {
    let open = furnished().await.open().await;
    let answer = get(&open, "/api/v1/iptv/channels?kind=live", "Feeds").await;
    assert_eq!(answer["meta"]["count"], 1);
    let feed = &answer["channels"][0];
    assert_eq!(feed["id"], format!("cellar-{NEWS}-1795291200000"));
    let login = json!({ "id": 7, "name": "main", "account": "Acme TV", "max_connections": 2 });
    for (field, expected) in [
        ("server_id", json!("cellar")),
        ("key", json!(NEWS)),
        ("state", json!("active")),
        (
            "channel",
            json!({
                "id": 11, "uuid": NEWS, "name": "News \"24\" <b>", "number": 102.5, "group": "News",
                "logo": "/api/channels/logos/1/cache/",
            }),
        ),
        (
            "stream",
            json!({ "id": 5, "name": "News HD backup", "index": 1, "available": 3, "stream_profile": "ffmpeg" }),
        ),
        ("profile", login.clone()),
        ("viewer_count", json!(2)),
    ] {
        assert_eq!(feed[field], expected, "{field}");
    }
    assert_eq!(feed["media"]["speed"], 1.01);
    assert_eq!(feed["programme"]["title"], "Evening news");
    assert_eq!(feed["totals"]["received_bytes"], 5_000_000);
    assert_eq!(feed["totals"]["peak_viewers"], 2);
    assert_eq!(feed["segments"][0]["profile"], login);
    assert_eq!(feed["segments"][0].get("ended_at"), None);
    assert_eq!(feed.get("ended_at"), None);
    let anna = &feed["viewers"][0];
    assert_eq!(
        (
            &anna["client_id"],
            &anna["user"],
            &anna["address"],
            &anna["sent_bytes"]
        ),
        (
            &json!("c1"),
            &json!("anna"),
            &json!("192.0.2.7"),
            &json!(4_000_000)
        )
    );
    assert_eq!(feed["viewers"][1].get("user"), None);
}

#[tokio::test]
async fn what_is_not_known_is_left_out() {
    let open = furnished().await.open().await;
    let answer = get(&open, "/api/v1/iptv/channels?kind=vod", "Feeds").await;
    let feed = answer["channels"][0].as_object().unwrap();
    let fields: Vec<_> = feed.keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "channel",
            "id",
            "key",
            "kind",
            "media",
            "profile",
            "seen_at",
            "segments",
            "server_id",
            "started_at",
            "stream",
            "totals",
            "viewers"
        ]
    );
    assert_eq!(feed["channel"], json!({ "name": "Amber Road" }));
    assert_eq!(feed["media"], json!({}));
    assert_eq!(feed["profile"], json!({ "id": 99 }));
}

#[tokio::test]
async fn feeds_are_chosen_by_any_of_the_values_of_all_filters() {
    let open = furnished().await.open().await;
    let (live, vod) = (NEWS, "vod_1_2");
    for (query, expected) in [
        ("", vec![live, vod]),
        ("server=cellar", vec![live, vod]),
        ("server=attic", vec![]),
        ("server=attic&server=cellar&kind=vod", vec![vod]),
        ("kind=live&kind=preview", vec![live]),
        ("channel=vod_1_2", vec![vod]),
        (&format!("channel={NEWS}"), vec![live]),
        ("group=News", vec![live]),
        ("group=news", vec![]),
        ("account=Acme+TV", vec![live]),
        ("profile=99&profile=1", vec![vod]),
        ("profile=7", vec![live]),
        ("account=Acme+TV&profile=7", vec![live]),
        ("account=Acme+TV&profile=99", vec![]),
        ("user=anna", vec![live]),
        ("user=192.0.2.8", vec![live]),
        // anna has an address too, and is known by her name.
        ("user=192.0.2.7", vec![]),
        ("q=aMBER", vec![vod]),
        ("q=acme", vec![live]),
        ("q=102.5", vec![live]),
        ("q=BACKUP", vec![live]),
        ("q=vlc", vec![live]),
        ("q=nothing+like+it", vec![]),
        ("q=a&kind=vod&profile=7", vec![]),
    ] {
        let answer = get(&open, &format!("/api/v1/iptv/channels?{query}"), "Feeds").await;
        assert_eq!(column(&answer["channels"], "key"), expected, "{query}");
        assert_eq!(answer["meta"]["count"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_refused_by_name() {
    let open = furnished().await.open().await;
    for (path, name) in [
        ("channels?kind=film", "kind"),
        ("channels?profile=main", "profile"),
        ("channels?q=a&q=b", "q"),
        ("channels?state=active", "state"),
        ("channels?from=2026-11-01", "from"),
        ("providers?kind=live", "kind"),
        ("providers?account=Acme", "account"),
        ("guides?profile=1", "profile"),
        ("paths?kind=live", "kind"),
    ] {
        let answer = open.get(&format!("/api/v1/iptv/{path}")).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{path}");
        assert!(message.contains(name), "{path}: {message}");
    }
}

#[tokio::test]
async fn providers_tell_what_is_in_use_of_what_is_allowed() {
    let open = furnished().await.open().await;
    let answer = get(&open, "/api/v1/iptv/providers", "Providers").await;
    let providers = &answer["providers"];
    assert_eq!(
        column(providers, "name"),
        [&json!("Acme TV"), &json!("Spare"), &Value::Null]
    );
    let acme = &providers[0];
    assert_eq!(
        (&acme["connections"], &acme["max_connections"]),
        (&json!(1), &json!(3))
    );
    let main = &acme["profiles"][0];
    for (field, expected) in [
        ("connections", json!(1)),
        ("max_connections", json!(2)),
        ("usage_ratio", json!(0.5)),
        ("reserved_connections", json!(3)),
        ("expires_at", json!("2026-11-21T20:00:00.000Z")),
        // Five million came before the first look: the feed's total has them, no counter does.
        ("received_bytes", json!(0)),
    ] {
        assert_eq!(main[field], expected, "{field}");
    }
    assert_eq!(acme["profiles"][1]["connections"], 0);
    // No limit is no limit of the whole, and no ratio.
    assert_eq!(providers[1].get("max_connections"), None);
    assert_eq!(providers[1]["profiles"][0].get("usage_ratio"), None);
    // A login that is in use and in no account is not kept quiet about.
    assert_eq!(column(&providers[2]["profiles"], "id"), [&json!(99)]);
    assert_eq!(providers[2]["connections"], 1);
    assert_eq!(
        get(&open, "/api/v1/iptv/providers?server=attic", "Providers").await["meta"]["count"],
        0
    );

    let guides = get(&open, "/api/v1/iptv/guides", "Guides").await;
    assert_eq!(column(&guides["guides"], "name"), [&json!("Guide")]);
    assert_eq!(guides["guides"][0]["server_id"], "cellar");
}

#[tokio::test]
async fn a_manager_that_is_down_uses_an_unknown_number_of_connections() {
    let house = furnished().await;
    house.tell("cellar", sample::down("timeout")).await;
    let open = house.open().await;
    let server = &get(&open, "/api/v1/servers", "Servers").await["servers"][1];
    assert_eq!((&server["state"], server.get("feeds")), (&json!("down"), None));
    let providers = get(&open, "/api/v1/iptv/providers", "Providers").await;
    let main = &providers["providers"][0]["profiles"][0];
    assert_eq!((main.get("connections"), main.get("usage_ratio")), (None, None));
    assert_eq!(main["max_connections"], 2);
    assert_eq!(providers["providers"][0].get("connections"), None);
    // What ran when it was last seen is still told, as sessions are.
    let channels = get(&open, "/api/v1/iptv/channels", "Feeds").await;
    assert_eq!(channels["meta"]["count"], 2);
}

#[tokio::test]
async fn a_server_says_what_it_is_and_how_much_it_has() {
    let open = furnished().await.open().await;
    let servers = get(&open, "/api/v1/servers", "Servers").await;
    let (plex, manager) = (&servers["servers"][0], &servers["servers"][1]);
    assert_eq!((plex.get("inventory"), plex.get("feeds")), (None, None));
    assert_eq!(manager["kind"], "dispatcharr");
    assert_eq!(manager["version"], "0.29.0");
    assert_eq!(manager["feeds"], 2);
    assert_eq!(
        manager["inventory"],
        json!({ "channels": 1, "groups": 2, "accounts": 2, "guides": 1, "users": 1 })
    );
    let sessions = get(&open, "/api/v1/sessions", "Sessions").await;
    assert_eq!(sessions["meta"]["count"], 1);
}

#[tokio::test]
async fn before_anything_is_known_lists_are_empty() {
    let open = alone(&["cellar"]).open().await;
    for (path, list, schema) in [
        ("channels", "channels", "Feeds"),
        ("providers", "providers", "Providers"),
        ("guides", "guides", "Guides"),
        ("paths", "paths", "Paths"),
    ] {
        let answer = get(&open, &format!("/api/v1/iptv/{path}"), schema).await;
        assert_eq!(answer[list], json!([]), "{path}");
    }
    let servers = get(&open, "/api/v1/servers", "Servers").await;
    assert_eq!(servers["servers"][0].get("feeds"), None);
    assert_eq!(servers["servers"][0].get("inventory"), None);
}

/// A Plex that plays `News` from the manager: the tuner's viewer comes from the Plex's address.
async fn tuned(feeds: Vec<Feed>) -> Open {
    let house = House::of_kinds(
        [("attic", model::PLEX), ("cellar", model::DISPATCHARR)].into_iter(),
        |ctx| ctx.places = BTreeMap::from([("attic".into(), vec!["192.0.2.8".parse().unwrap()])]),
    );
    house.feeds("cellar", feeds).await;
    let mut session = sample::channel("1");
    let mut item = (*session.item).clone();
    item.live = Some(model::LiveChannel {
        call_sign: None,
        title: Some("News \"24\" <b>".into()),
        number: Some("102.5".into()),
    });
    session.item = Arc::new(item);
    house
        .plays("attic", vec![session, sample::film("2", "Rain")])
        .await;
    house.open().await
}

#[tokio::test]
async fn a_path_says_how_sure_it_is_and_why() {
    let mut feed = news();
    feed.viewers = Arc::new(vec![managers::viewer("c2", None, "192.0.2.8")]);
    feed.viewer_count = Some(1);
    let open = tuned(vec![feed, film()]).await;
    let answer = get(&open, "/api/v1/iptv/paths", "Paths").await;
    assert_eq!(answer["meta"]["count"], 1, "a film has no path: {answer}");
    let path = &answer["paths"][0];
    assert_eq!(
        (&path["server_id"], &path["session_key"]),
        (&json!("attic"), &json!("1"))
    );
    assert_eq!(path["is_ambiguous"], false);
    let best = &path["candidates"][0];
    assert_eq!(
        (&best["server_id"], &best["feed_key"]),
        (&json!("cellar"), &json!(NEWS))
    );
    assert_eq!(best["feed_id"], format!("cellar-{NEWS}-1795291200000"));
    assert_eq!(best["client_id"], "c2");
    assert_ne!(best["confidence"], "possible");
    let reasons = best["reasons"].as_array().unwrap();
    for reason in ["number", "name", "address"] {
        assert!(reasons.contains(&json!(reason)), "{reason}: {best}");
    }
    let session = path["session_id"].as_str().unwrap();
    for (query, count) in [
        (format!("session={session}"), 1),
        ("session=attic-9-1".into(), 0),
        ("server=attic".into(), 1),
        ("server=cellar".into(), 0),
        (format!("server=attic&session=x&session={session}"), 1),
    ] {
        let answer = get(&open, &format!("/api/v1/iptv/paths?{query}"), "Paths").await;
        assert_eq!(answer["meta"]["count"], count, "{query}");
    }
}

#[tokio::test]
async fn a_session_that_nothing_feeds_has_no_candidates() {
    let open = tuned(vec![]).await;
    let answer = get(&open, "/api/v1/iptv/paths", "Paths").await;
    assert_eq!(answer["paths"][0]["candidates"], json!([]));
}

#[tokio::test]
async fn a_state_nobody_knows_is_a_word_of_its_own() {
    let house = alone(&["cellar"]);
    let mut feed = news();
    for state in FeedState::ALL {
        feed.state = Some(state);
        house.feeds("cellar", vec![feed.clone()]).await;
    }
    let open = house.open().await;
    let answer = get(&open, "/api/v1/iptv/channels", "Feeds").await;
    assert_eq!(answer["channels"][0]["state"], "unknown");
}
