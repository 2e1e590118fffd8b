//! Spelling, typing, paging, rights.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{House, text};
use crate::plex::{Item, Kind, LibrarySeed, Network, Player, PlaylistSeed, SessionSeed, User};
use crate::plex::{Seed, Version};

/// Every path that answers the owner with a container.
const PATHS: [&str; 33] = [
    "/",
    "/identity",
    "/media/providers",
    "/media/providers?includeStorage=1",
    "/library",
    "/library/sections",
    "/library/sections/1",
    "/library/sections/1/all?X-Plex-Container-Start=0&X-Plex-Container-Size=3",
    "/library/sections/2/all?type=4&X-Plex-Container-Start=5&X-Plex-Container-Size=3",
    "/library/sections/3/all?includeMeta=1&X-Plex-Container-Start=0&X-Plex-Container-Size=0",
    "/library/sections/4/all",
    "/library/sections/1/collections",
    "/library/sections/2/all?type=18",
    "/library/collections/21000001",
    "/library/collections/21000001/children?X-Plex-Container-Start=2&X-Plex-Container-Size=3",
    "/library/metadata/11000001?includeMarkers=1",
    "/hubs/sections/1/manage",
    "/playlists",
    "/playlists/900/items",
    "/library/metadata/11000001,11000002",
    "/library/metadata/23000001/children",
    "/library/metadata/23000001/allLeaves",
    "/status/sessions",
    "/status/sessions/background",
    "/status/sessions/history/all",
    "/transcode/sessions",
    "/statistics/resources?timespan=6",
    "/statistics/bandwidth?timespan=6",
    "/accounts",
    "/devices",
    "/clients",
    "/activities",
    "/updater/status",
];

async fn full_house() -> House {
    let house = House::still().await;
    let world = house.world();
    for (n, kind) in [Kind::Movie, Kind::Episode, Kind::Track, Kind::Photo]
        .into_iter()
        .enumerate()
    {
        let item = world.pick(u32::try_from(n).unwrap() + 1, 7).unwrap();
        assert_eq!(item.kind, kind);
        world.start(SessionSeed::of(item));
    }
    world.start(SessionSeed::movie("<\"Bits\" & 'bobs'> \u{1}é\n2").second_version(Version::hevc_4k()));
    world.add_bandwidth(1, 1, world.now_s() - 10, true, 4_000_000_000);
    world.put_playlist(PlaylistSeed::new(900, "Tonight", [11_000_001, 23_000_001]));
    house
}

#[tokio::test]
async fn every_path_answers_in_both_spellings_with_the_same_rows() {
    let house = full_house().await;
    for path in PATHS {
        let xml = house.xml(path).await;
        let document = roxmltree::Document::parse(&xml).unwrap_or_else(|e| panic!("{path}: {e}\n{xml}"));
        let root = document.root_element();
        let container = house.container(path).await;
        assert_eq!(root.tag_name().name(), "MediaContainer", "{path}");
        let rows = root
            .children()
            .filter(|c| c.is_element() && c.tag_name().name() != "Meta")
            .count();
        let lists = container
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_array);
        assert_eq!(rows, lists.map(Vec::len).sum::<usize>(), "{path}");
        assert!(
            !container.to_string().contains("[]"),
            "{path}: an empty list is an absent key"
        );
        let attributes = root.attributes().count();
        let scalars = container
            .as_object()
            .unwrap()
            .values()
            .filter(|v| !v.is_array() && !v.is_object());
        assert_eq!(attributes, scalars.count(), "{path}");
    }
}

#[tokio::test]
async fn text_survives_both_spellings() {
    let house = full_house().await;
    let xml = house.xml("/status/sessions").await;
    let document = roxmltree::Document::parse(&xml).unwrap();
    let titles: BTreeSet<_> = document
        .descendants()
        .filter_map(|n| n.attribute("title"))
        .collect();
    assert!(titles.contains("<\"Bits\" & 'bobs'> ?é\n2"), "{titles:?}");
    let json = house.container("/status/sessions").await;
    assert_eq!(json["Metadata"][4]["title"], "<\"Bits\" & 'bobs'> \u{1}é\n2");
    let tags: Vec<_> = document
        .root_element()
        .children()
        .filter(roxmltree::Node::is_element)
        .collect();
    let tags: Vec<_> = tags.iter().map(|n| n.tag_name().name()).collect();
    assert_eq!(tags, ["Video", "Video", "Track", "Photo", "Video"]);
}

#[tokio::test]
async fn json_types_are_those_of_modern_servers() {
    let house = full_house().await;
    let session = house.container("/status/sessions").await["Metadata"][0].take();
    for text in ["sessionKey", "ratingKey", "librarySectionID", "key", "guid"] {
        assert!(session[text].is_string(), "{text}: {}", session[text]);
    }
    let media = &session["Media"][0];
    for text in [
        &media["id"],
        &media["aspectRatio"],
        &media["videoResolution"],
        &media["Part"][0]["id"],
    ] {
        assert!(text.is_string(), "{text}");
    }
    assert!(media["Part"][0]["Stream"][0]["id"].is_string());
    assert!(session["User"]["id"].is_string());
    for number in ["duration", "viewOffset", "year", "addedAt"] {
        assert!(session[number].is_u64(), "{number}: {}", session[number]);
    }
    assert_eq!(media["selected"], json!(true));
    assert!(media["optimizedForStreaming"].is_boolean());
    assert_eq!(session["Player"]["local"], json!(true));
    assert!(session["Player"]["userID"].is_u64());

    let item = house.container("/library/metadata/11000001").await;
    assert!(item["librarySectionID"].is_u64());
    let media = &item["Metadata"][0]["Media"][0];
    assert!(media["id"].is_u64() && media["aspectRatio"].is_number());
    assert!(
        media["optimizedForStreaming"].is_u64(),
        "a number in libraries: {media}"
    );
    assert!(media["Part"][0]["Stream"][0]["id"].is_u64());
    assert!(item["Metadata"][0]["ratingKey"].is_string());
    let sections = house.container("/library/sections").await;
    assert!(sections["Directory"][0]["key"].is_string());
    assert!(
        sections["Directory"][0]["hidden"].is_u64() && sections["Directory"][0]["refreshing"].is_boolean()
    );
    let bandwidth = house.container("/statistics/bandwidth?timespan=6").await;
    assert_eq!(bandwidth["StatisticsBandwidth"][0]["lan"], json!(true));
    assert_eq!(
        bandwidth["StatisticsBandwidth"][0]["bytes"],
        json!(4_000_000_000_u64)
    );
}

#[tokio::test]
async fn counts_need_a_start_and_pages_join_up() {
    let house = House::still().await;
    let probe = "?type=4&X-Plex-Container-Start=0&X-Plex-Container-Size=0";
    let counted = house.container(&format!("/library/sections/2/all{probe}")).await;
    assert_eq!(
        (&counted["size"], &counted["totalSize"], &counted["offset"]),
        (&json!(0), &json!(1534), &json!(0))
    );
    assert!(counted.get("Metadata").is_none());

    let whole = house
        .container("/library/sections/2/all?X-Plex-Container-Size=0")
        .await;
    assert_eq!(whole["size"], 38, "a size without a start is ignored");
    assert!(whole.get("totalSize").is_none() && whole.get("offset").is_none());

    let headers = [
        ("Accept", "application/json"),
        ("X-Plex-Token", house.plex.token()),
    ];
    let paged = [
        &headers[..],
        &[("X-Plex-Container-Start", "36"), ("X-Plex-Container-Size", "5")],
    ]
    .concat();
    let response = house.get("/library/sections/2/all", &paged).await.unwrap();
    assert_eq!(response.headers()["x-plex-container-total-size"], "38");
    let page: Value = serde_json::from_str(&text(response).await.1).unwrap();
    let page = &page["MediaContainer"];
    assert_eq!(
        (&page["size"], &page["totalSize"], &page["offset"]),
        (&json!(2), &json!(38), &json!(36))
    );
    assert_eq!(
        page["Metadata"][0]["ratingKey"],
        whole["Metadata"][36]["ratingKey"]
    );
    for (section, kind, want) in [
        (1, 1, 412),
        (2, 2, 38),
        (2, 3, 121),
        (3, 8, 96),
        (3, 10, 4207),
        (4, 13, 2950),
    ] {
        let path = format!(
            "/library/sections/{section}/all?type={kind}&X-Plex-Container-Start=0&X-Plex-Container-Size=0"
        );
        assert_eq!(house.container(&path).await["totalSize"], want, "{path}");
    }
}

#[tokio::test]
async fn children_lead_from_a_show_to_every_episode() {
    let house = House::new(
        Seed::default()
            .libraries(vec![LibrarySeed::shows("S", 3, 7, 40)])
            .still(),
    )
    .await;
    let shows = house.container("/library/sections/1/all").await;
    let mut episodes = 0;
    for show in shows["Metadata"].as_array().unwrap() {
        let seasons = house.container(show["key"].as_str().unwrap()).await;
        let mut leaves = 0;
        for season in seasons["Metadata"].as_array().unwrap() {
            assert_eq!(season["parentRatingKey"], show["ratingKey"]);
            let found = house.container(season["key"].as_str().unwrap()).await;
            for episode in found["Metadata"].as_array().unwrap() {
                assert_eq!(episode["grandparentRatingKey"], show["ratingKey"]);
                assert_eq!(episode["grandparentTitle"], show["title"]);
                leaves += 1;
            }
        }
        assert_eq!(show["leafCount"], leaves);
        episodes += leaves;
    }
    assert_eq!(episodes, 40);
}

#[tokio::test]
async fn tokens_open_what_they_may() {
    let seed = Seed::default().shared("share-1", 51_902_864, &[2]).still();
    let house = House::new(seed).await;
    let owner = house.plex.token().to_owned();
    for (path, token, want) in [
        ("/identity", None, 200),
        ("/", None, 401),
        ("/", Some("wrong"), 401),
        ("/status/sessions", None, 401),
        ("/", Some(owner.as_str()), 200),
        ("/", Some("share-1"), 200),
        ("/status/sessions", Some("share-1"), 403),
        ("/statistics/resources?timespan=6", Some("share-1"), 403),
        ("/accounts", Some("share-1"), 403),
        ("/library/sections/2/all", Some("share-1"), 200),
        ("/library/sections/1/all", Some("share-1"), 404),
        ("/nowhere", Some(owner.as_str()), 404),
        ("/library/metadata/999", Some(owner.as_str()), 404),
        ("/library/sections/1/all?type=99", Some(owner.as_str()), 400),
    ] {
        let (status, body) = house.status(path, token).await;
        assert_eq!(status, want, "{path} {token:?}");
        if status != 200 {
            assert!(
                body.starts_with("<html><head><title>") && body.contains(&format!("<h1>{status} ")),
                "{body}"
            );
        }
    }
    let query = format!("/?X-Plex-Token={owner}");
    assert_eq!(house.status(&query, None).await.0, 200);
    let (_, sections) = house.status("/library/sections", Some("share-1")).await;
    assert!(sections.contains("Series") && !sections.contains("Films") && !sections.contains("<Location"));
    let (_, root) = house.status("/", Some("share-1")).await;
    assert!(!root.contains("myPlexUsername"), "a share learns less");
    let seen = house.world().requests();
    assert!(
        seen.iter()
            .any(|r| r.token_in_query && r.query == "X-Plex-Token=…")
    );
    assert!(!format!("{seen:?}").contains(&owner), "the log keeps no token");
}

#[tokio::test]
async fn storage_comes_only_when_asked_for_and_guides_have_no_number() {
    let house = House::still().await;
    let plain = house.container("/media/providers").await;
    assert!(!plain.to_string().contains("storageTotal"));
    let asked = house.container("/media/providers?includeStorage=1").await;
    let content = &asked["MediaProvider"][0]["Feature"][0]["Directory"];
    assert!(content[0].get("id").is_none(), "home comes first: {}", content[0]);
    assert!(content[1]["storageTotal"].as_u64().unwrap() > u64::from(u32::MAX));
    assert!(content[1]["durationTotal"].is_u64());
    assert_eq!(content[4]["type"], "photo");
    assert!(
        content[4].get("durationTotal").is_none(),
        "photos have no duration"
    );
    assert_eq!(asked["MediaProvider"][1]["protocols"], "livetv");
    let users = vec![User {
        id: 1,
        name: "solo".into(),
    }];
    let unclaimed = House::new(Seed::default().unclaimed().users(users).still()).await;
    let root = unclaimed.container("/").await;
    assert_eq!(
        (&root["myPlexSigninState"], &root["myPlexSubscription"]),
        (&json!("none"), &json!(false))
    );
    assert!(root.get("myPlexUsername").is_none());
}

#[tokio::test]
async fn a_base_path_is_part_of_every_address() {
    let house = House::new(Seed::default().base_path("/plex/").still()).await;
    assert!(house.plex.url().ends_with("/plex"));
    assert_eq!(house.status("/identity", None).await.0, 200);
    let outside = format!("http://{}/identity", house.plex.addr());
    assert_eq!(house.client.get(outside).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn history_is_oldest_first_filtered_and_paged() {
    let house = House::still().await;
    let world = house.world();
    let rows = house.container("/status/sessions/history/all").await;
    let times: Vec<i64> = rows["Metadata"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["viewedAt"].as_i64().unwrap())
        .collect();
    assert_eq!(times.len(), 12);
    assert!(times.is_sorted(), "{times:?}");
    let since = format!(
        "/status/sessions/history/all?sort=viewedAt:desc&viewedAt%3E={}",
        times[6]
    );
    let newest = house.container(&since).await;
    assert_eq!(newest["size"], times.iter().filter(|t| **t >= times[6]).count());
    assert_eq!(newest["Metadata"][0]["viewedAt"], times[11]);

    let short = world.start(SessionSeed::of(Item::movie("Half")).position_ms(60_000));
    let long = world.start(
        SessionSeed::of(Item::movie("Whole"))
            .position_ms(111 * 60_000)
            .network(Network::Wan),
    );
    let radio = world.start(
        SessionSeed::of(Item::preroll("Ad"))
            .player(Player::dlna("d"))
            .position_ms(12_000),
    );
    for key in [short, long, radio] {
        world.stop(&key);
    }
    let page = "/status/sessions/history/all?X-Plex-Container-Start=12&X-Plex-Container-Size=9";
    let after = house.container(page).await;
    assert_eq!(
        (&after["size"], &after["totalSize"]),
        (&json!(1), &json!(13)),
        "only what was watched"
    );
    assert_eq!(after["Metadata"][0]["title"], "Whole");
}
