//! Collections, promoted hubs, playlists, and libraries that a test fills itself.

use serde_json::{Value, json};

use super::House;
use crate::plex::{CollectionSeed, Element, LibrarySeed, PlaylistSeed, Promoted, Seed, ShelfSeed, Shelved};

fn keys(container: &Value) -> Vec<String> {
    container["Metadata"].as_array().map_or_else(Vec::new, |rows| {
        rows.iter()
            .map(|r| r["ratingKey"].as_str().unwrap().to_owned())
            .collect()
    })
}

/// Two films and a show of two seasons, all described by hand.
fn shelf() -> ShelfSeed {
    let film = |key: u64, title: &'static str| {
        Shelved::new(1, key, "movie", title)
            .attr("rating", 8.0)
            .attr("year", 2005)
            .with(Element::tag("Genre", "Horror"))
            .with(
                Element::new("Marker")
                    .attr("type", "credits")
                    .attr("startTimeOffset", 5),
            )
            .with(
                Element::new("Media").attr("id", key).child(
                    Element::new("Part")
                        .attr("id", key)
                        .child(Element::new("Stream").attr("id", key * 10).attr("streamType", 1)),
                ),
            )
    };
    let season = |key: u64, n: u32| {
        Shelved::new(2, key, "season", format!("Season {n}"))
            .below(15)
            .attr("index", n)
    };
    let episode = |key: u64, season: u64, n: u32| {
        Shelved::new(2, key, "episode", format!("Part {n}"))
            .below(season)
            .attr("index", n)
    };
    ShelfSeed {
        items: vec![
            film(7, "Last Ferry"),
            film(9, "Low Tide"),
            Shelved::new(2, 15, "show", "Harbour"),
            season(17, 2),
            season(16, 1),
            episode(20, 17, 2),
            episode(21, 17, 1),
        ],
        collections: vec![
            CollectionSeed::new(1, 100, "Sea")
                .members([9, 7, 12_345])
                .promoted(Promoted::to(true, false, true))
                .attr("childCount", "2"),
            CollectionSeed::new(1, 101, "Land"),
            CollectionSeed::new(2, 102, "Sea")
                .of("show")
                .members([15])
                .smart(),
        ],
        playlists: vec![PlaylistSeed::new(500, "Tonight", [20, 7, 20])],
    }
}

async fn house() -> House {
    let seed = Seed::default().still().shelf(shelf()).libraries(vec![
        LibrarySeed::movies("Films", 0),
        LibrarySeed::shows("Series", 0, 0, 0),
    ]);
    House::new(seed).await
}

#[tokio::test]
async fn a_library_is_what_the_test_put_into_it() {
    let house = house().await;
    let films = house.container("/library/sections/1/all").await;
    assert_eq!(keys(&films), ["7", "9"]);
    assert_eq!(films["Metadata"][0]["rating"], json!(8.0));
    assert_eq!(
        films["Metadata"][0]["Media"][0]["Part"][0].get("Stream"),
        None,
        "listings have no streams"
    );
    let one = house.container("/library/metadata/7?includeMarkers=1").await;
    let one = &one["Metadata"][0];
    assert_eq!(one["Media"][0]["Part"][0]["Stream"][0]["id"], 70);
    assert_eq!(one["Marker"][0]["type"], "credits");
    assert_eq!(one["librarySectionTitle"], "Films");
    assert_eq!(
        house.container("/library/metadata/7").await["Metadata"][0].get("Marker"),
        None
    );

    let count = "?type=4&X-Plex-Container-Start=0&X-Plex-Container-Size=0";
    let count = house.container(&format!("/library/sections/2/all{count}")).await;
    assert_eq!((&count["size"], &count["totalSize"]), (&json!(0), &json!(2)));
    let seasons = house.container("/library/metadata/15/children").await;
    assert_eq!(
        (keys(&seasons), &seasons["title2"]),
        (vec!["16".into(), "17".into()], &json!("Harbour"))
    );
    let episodes = house.container("/library/metadata/17/children").await;
    assert_eq!(keys(&episodes), ["21", "20"]);
    assert_eq!(episodes["title2"], "Season 2");
    assert_eq!(episodes["title1"], "Harbour");
    let first = &episodes["Metadata"][0];
    assert_eq!(
        (
            &first["parentTitle"],
            &first["grandparentTitle"],
            &first["grandparentRatingKey"]
        ),
        (&json!("Season 2"), &json!("Harbour"), &json!("15"))
    );
    let playlist = house.container("/playlists/500/items").await;
    assert_eq!(keys(&playlist), ["20", "7", "20"]);
    assert_eq!(playlist["title"], "Tonight");
    assert_eq!(keys(&house.container("/playlists").await), ["500"]);
    assert_eq!(
        house
            .status("/playlists/501/items", Some(house.plex.token()))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn collections_have_members_and_places_where_they_are_shown() {
    let house = house().await;
    let all = house.container("/library/sections/1/collections").await;
    assert_eq!(keys(&all), ["100", "101"]);
    assert_eq!(all["Metadata"][0]["subtype"], "movie");
    assert_eq!(
        all["Metadata"][0]["childCount"],
        json!("2"),
        "as old servers write it"
    );
    assert_eq!(all["Metadata"][1]["childCount"], json!(0));
    assert_eq!(
        keys(&house.container("/library/sections/1/all?type=18").await),
        ["100", "101"]
    );
    let shows = house.container("/library/sections/2/collections").await;
    assert_eq!(shows["Metadata"][0]["smart"], json!(true));

    let members = house.container("/library/collections/100/children").await;
    assert_eq!(keys(&members), ["9", "7"], "in its order, without what is gone");
    let page = "?X-Plex-Container-Start=1&X-Plex-Container-Size=5&excludeElements=Genre&excludeFields=year";
    let page = house
        .container(&format!("/library/collections/100/items{page}"))
        .await;
    assert_eq!((keys(&page), &page["totalSize"]), (vec!["7".into()], &json!(2)));
    assert_eq!(
        (page["Metadata"][0].get("Genre"), page["Metadata"][0].get("year")),
        (None, None)
    );
    let empty = house.json("/library/collections/101/children").await;
    assert_eq!(empty["MediaContainer"].get("Metadata"), None);

    let hubs = house.container("/hubs/sections/1/manage").await;
    let custom: Vec<&Value> = hubs["Hub"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|h| h["identifier"].as_str().unwrap().starts_with("custom."))
        .collect();
    assert_eq!(custom.len(), 1, "only what is shown somewhere");
    assert_eq!(custom[0]["identifier"], "custom.collection.1.100");
    assert_eq!(custom[0]["homeVisibility"], "shared");
    assert_eq!(custom[0]["promotedToRecommended"], json!(true));
    assert_eq!(custom[0]["promotedToOwnHome"], json!(false));
    let one = house
        .container("/hubs/sections/1/manage?metadataItemId=101")
        .await;
    assert_eq!(one["Hub"].as_array().unwrap().len(), 1);

    let world = house.world();
    world.promote(100, Promoted::NOWHERE);
    world.set_members(101, [7]);
    world.delete_collection(100);
    let owner = Some(house.plex.token());
    for path in ["/library/collections/100/children", "/library/metadata/100"] {
        assert_eq!(house.status(path, owner).await.0, 404, "{path}");
    }
    assert_eq!(
        keys(&house.container("/library/collections/101/children").await),
        ["7"]
    );
    assert_eq!(house.status("/hubs/sections/9/manage", owner).await.0, 404);
}

#[tokio::test]
async fn invented_libraries_have_invented_collections() {
    let house = House::still().await;
    let world = house.world();
    let all = world.collections(1);
    assert_eq!(all.len(), 10);
    assert!(
        all.iter().any(|c| c.promoted == Promoted::EVERYWHERE)
            && all.iter().any(|c| c.promoted == Promoted::NOWHERE)
    );
    let one = &all[0];
    let path = format!("/library/collections/{}/children", one.rating_key);
    let members = house.container(&path).await;
    let listed: Vec<u64> = keys(&members).iter().map(|k| k.parse().unwrap()).collect();
    assert_eq!(listed, one.members);
    let distinct: std::collections::BTreeSet<u64> = listed.iter().copied().collect();
    assert!(distinct.len() == listed.len() && listed.len() >= 8);
    // A change of one leaves the others as they were.
    world.promote(one.rating_key, Promoted::NOWHERE);
    world.delete_collection(all[1].rating_key);
    assert_eq!(world.collections(1).len(), 9);
    let key = all[1].rating_key;
    let owner = Some(house.plex.token());
    assert_eq!(
        house.status(&format!("/library/metadata/{key}"), owner).await.0,
        404
    );
    assert_eq!(
        house
            .status(&format!("/library/collections/{key}/children"), owner)
            .await
            .0,
        404
    );

    let film = house
        .container(&format!("/library/metadata/{}?includeMarkers=1", listed[0]))
        .await;
    let film = &film["Metadata"][0];
    assert!(film["Marker"][0]["startTimeOffset"].as_u64().unwrap() > 0);
    assert!(film["Director"][0]["tag"].is_string() && film["summary"].is_string());
}

#[tokio::test]
async fn only_the_owner_may_see_what_is_promoted() {
    let seed = Seed::default()
        .still()
        .shelf(shelf())
        .shared("guest-token", 77, &[2]);
    let house = House::new(seed).await;
    let guest = Some("guest-token");
    assert_eq!(house.status("/hubs/sections/2/manage", guest).await.0, 403);
    assert_eq!(
        house.status("/library/collections/102/children", guest).await.0,
        200
    );
    assert_eq!(
        house.status("/library/collections/100/children", guest).await.0,
        404
    );
    assert_eq!(house.status("/library/metadata/7", guest).await.0, 404);
}
