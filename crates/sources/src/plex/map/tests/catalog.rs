//! Answers to questions about libraries, in the spellings of several years.

use model::catalog::{ItemKind, StreamKind, Visibility};
use model::{LibraryKind, Text};
use serde_json::{Value, json};

use super::super::catalog::{catalog_sections, children, collections, item_page, members, promoted};

fn body(container: &Value) -> Vec<u8> {
    json!({ "MediaContainer": container }).to_string().into_bytes()
}

#[test]
fn collections_of_2021_of_2024_and_in_xml_are_the_same() {
    let of_2021 = json!({"size": 1, "totalSize": 7, "offset": 0, "librarySectionID": 34, "Metadata": [{
        "ratingKey": "591004", "key": "/library/collections/591004/children", "type": "collection",
        "title": "Discs", "subtype": "album", "summary": "", "childCount": "8", "maxYear": "2011",
        "minYear": "1999", "addedAt": 1_619_521_649, "smart": "1"}]});
    let of_2024 = json!({"size": 1, "totalSize": 7, "librarySectionID": 34, "Metadata": [{
        "ratingKey": "591004", "type": "collection", "title": "Discs", "subtype": "album",
        "childCount": 8, "maxYear": 2011, "minYear": 1999, "addedAt": 1_619_521_649, "smart": true}]});
    let xml = r#"<MediaContainer size="1" totalSize="7" librarySectionID="34"><Directory ratingKey="591004"
        type="collection" title="Discs" subtype="album" childCount="8" maxYear="2011" minYear="1999"
        addedAt="1619521649" smart="1"/></MediaContainer>"#;
    for body in [body(&of_2021), body(&of_2024), xml.as_bytes().to_vec()] {
        let page = collections(&body, 5).unwrap().value;
        assert_eq!((page.received, page.total), (1, Some(7)));
        let found = &page.rows[0];
        assert_eq!((found.rating_key, found.section_id), (591_004, 34));
        assert_eq!(
            (&*found.title, found.subtype.as_deref()),
            ("Discs", Some("album"))
        );
        assert_eq!((found.child_count, found.smart), (Some(8), Some(true)));
        assert_eq!((found.min_year, found.max_year), (Some(1999), Some(2011)));
        assert_eq!(
            (&found.summary, found.visibility),
            (&None, None),
            "not told, not empty"
        );
    }
}

#[test]
fn collections_that_cannot_be_looked_into_are_left_out() {
    // As of 2019: tags, known by a filter.
    let old = json!({"size": 1, "Directory": [
        {"fastKey": "/library/sections/34/all?collection=3286", "key": "3286", "title": "Potters"}]});
    let page = collections(&body(&old), 34).unwrap();
    assert!(page.value.rows.is_empty() && page.value.total.is_none());
    assert_eq!(page.issues.len(), 1);
    assert!(
        collections(&body(&json!({"size": 0})), 34)
            .unwrap()
            .value
            .rows
            .is_empty()
    );
    assert!(collections(b"<html><title>Sign in</title></html>", 34).is_err());
}

#[test]
fn what_is_promoted_where() {
    let shown = |recommended, own_home, shared_home| Visibility {
        recommended,
        own_home,
        shared_home,
    };
    let hubs = json!({"size": 6, "Hub": [
        {"identifier": "movie.recentlyadded", "promotedToRecommended": true},
        {"identifier": "custom.collection.5.1", "promotedToRecommended": true, "promotedToOwnHome": false,
            "promotedToSharedHome": true, "homeVisibility": "none"},
        {"identifier": "custom.collection.5.2", "homeVisibility": "all", "recommendationsVisibility": "none"},
        {"identifier": "custom.collection.5.3", "homeVisibility": "admin", "recommendationsVisibility": "all"},
        {"identifier": "custom.collection.55.4", "promotedToOwnHome": true},
        {"identifier": "custom.collection.5.x", "promotedToOwnHome": "1"}]});
    let found = promoted(&body(&hubs), 5).unwrap().value;
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(key, _)| *key);
    assert_eq!(
        found,
        [
            (1, shown(true, false, true)),
            (2, shown(false, true, true)),
            (3, shown(true, true, false)),
        ],
        "of this section alone; the switches before the words"
    );
    assert!(!Visibility::default().is_promoted() && shown(false, false, true).is_promoted());
}

#[test]
fn members_are_keys_and_kinds() {
    let listing = json!({"size": 4, "totalSize": 1200, "offset": 0, "Metadata": [
        {"ratingKey": "7", "type": "movie", "title": "x", "Media": [{"id": 1}]},
        {"ratingKey": 8, "type": "show"},
        {"ratingKey": "com.gracenote://9", "type": "episode"},
        {"type": "photo"}]});
    let page = members(&body(&listing)).unwrap();
    assert_eq!(
        (page.value.received, page.value.total),
        (4, Some(1200)),
        "what is unreadable counts for paging"
    );
    let kinds: Vec<_> = page.value.rows.iter().map(|m| (m.rating_key, m.kind)).collect();
    assert_eq!(kinds, [(7, ItemKind::Movie), (8, ItemKind::Show)]);
    let xml = r#"<MediaContainer size="2"><Video ratingKey="7" type="movie"/><Directory ratingKey="8" type="show"/></MediaContainer>"#;
    assert_eq!(members(xml.as_bytes()).unwrap().value.rows, page.value.rows);
}

#[test]
fn a_listing_says_what_it_is_of() {
    let season = json!({"size": 1, "title1": "Harbour", "title2": "Season 2", "librarySectionID": 2,
        "librarySectionTitle": "Series", "Metadata": [{"ratingKey": "21", "type": "episode", "index": 1,
        "parentIndex": 2, "parentRatingKey": "17", "grandparentTitle": "Harbour", "title": "Part 1",
        "Genre": [{"tag": "Drama"}, {"tag": ""}], "Role": {"tag": "Ada"}}]});
    let found = children(&body(&season)).unwrap().value;
    assert_eq!(
        (found.0.title.as_deref(), found.0.section_id),
        (Some("Season 2"), Some(2))
    );
    let episode = &found.1.rows[0];
    assert_eq!(
        (
            episode.section_id,
            episode.parent_rating_key,
            episode.parent_index
        ),
        (Some(2), Some(17), Some(2))
    );
    assert_eq!(episode.section_title.as_deref(), Some("Series"));
    assert_eq!(
        (episode.genres.as_slice(), episode.actors.as_slice()),
        (&[Text::from("Drama")][..], &[Text::from("Ada")][..])
    );

    // The shortcut to all episodes is no season.
    let show = json!({"size": 1, "title1": "Series", "title2": "Harbour",
        "Directory": [{"key": "/library/metadata/22/allLeaves", "title": "All episodes"}],
        "Metadata": [{"ratingKey": "89", "type": "season", "title": "Season 1", "leafCount": 9}]});
    let (about, page) = children(&body(&show)).unwrap().value;
    assert_eq!((page.rows.len(), page.received), (1, 1));
    assert_eq!(
        (about.title.as_deref(), page.rows[0].kind),
        (Some("Harbour"), ItemKind::Season)
    );
    assert_eq!(page.rows[0].leaf_count, Some(9));

    let playlist =
        json!({"size": 0, "title": "Tonight", "leafCount": 0, "playlistType": "video", "ratingKey": "5"});
    assert_eq!(
        children(&body(&playlist)).unwrap().value.0.title.as_deref(),
        Some("Tonight")
    );
}

#[test]
fn an_item_with_all_it_has() {
    let item = json!({"librarySectionID": 1, "librarySectionTitle": "Films", "Metadata": [{
        "ratingKey": "7", "type": "movie", "title": "Last Ferry", "rating": 8.9,
        "Rating": [{"image": "imdb://image.rating", "value": "8.9"}], "audienceRating": "7",
        "Guid": [{"id": "imdb://tt1"}, {"id": "tmdb://2"}],
        "Marker": [{"id": 3, "type": "credits", "startTimeOffset": 10, "endTimeOffset": "20", "final": "1"},
            {"type": "intro"}],
        "Media": [{"id": 9, "aspectRatio": "2.35", "videoResolution": "4k", "proxyType": 42, "Part": [{"id": 9,
            "file": "/m/7.mkv", "size": 14_393_358_375_i64, "indexes": "sd", "Stream": [
                {"id": 1, "streamType": 1, "codec": "hevc", "frameRate": 23.976, "DOVIPresent": true,
                    "DOVIProfile": 8, "DOVIVersion": "1.0", "level": 153},
                {"id": "2", "streamType": 2, "channels": 6, "samplingRate": 48_000, "selected": "1"},
                {"id": 3, "streamType": 3, "forced": true, "key": "/library/streams/3"},
                {"id": 4, "streamType": 9}]}]}]}]});
    let found = item_page(&body(&item)).unwrap().value.unwrap();
    assert_eq!((found.rating, found.audience_rating), (Some(8.9), Some(7.0)));
    assert_eq!(found.guids.len(), 2);
    assert_eq!(found.markers.len(), 1, "one that lies nowhere marks nothing");
    assert!(found.markers[0].is_final && found.markers[0].end_ms == 20);
    let media = &found.media[0];
    assert!(media.optimized && media.parts[0].indexes);
    assert_eq!(media.aspect_ratio, Some(2.35));
    let streams = &media.parts[0].streams;
    let kinds: Vec<_> = streams.iter().map(|s| s.kind).collect();
    assert_eq!(
        kinds,
        [StreamKind::Video, StreamKind::Audio, StreamKind::Subtitle]
    );
    let vision = streams[0].dovi.as_ref().unwrap();
    assert!(vision.present && vision.profile == Some(8) && vision.version.as_deref() == Some("1.0"));
    assert_eq!(streams[0].level.as_deref(), Some("153"));
    assert_eq!(
        (streams[1].selected, streams[1].dovi.as_ref()),
        (Some(true), None)
    );
    assert_eq!((streams[2].external, streams[1].external), (Some(true), None));
    assert!(item_page(&body(&json!({"size": 0}))).unwrap().value.is_none());
}

#[test]
fn sections_are_numbered() {
    let sections = json!({"size": 3, "Directory": [
        {"key": "1", "type": "movie", "title": "Films", "agent": "tv.plex.agents.movie", "thumb": "/t.png"},
        {"key": "/library/sections/2", "type": "movie", "title": "Tapes", "agent": "com.plexapp.agents.none"},
        {"key": "guide", "title": "Television"}]});
    let found = catalog_sections(&body(&sections)).unwrap();
    let rows: Vec<_> = found
        .value
        .iter()
        .map(|s| (s.section_id, s.kind, s.wire_kind.as_deref()))
        .collect();
    assert_eq!(
        rows,
        [
            (1, LibraryKind::Movie, Some("movie")),
            (2, LibraryKind::HomeVideo, Some("movie"))
        ]
    );
    assert_eq!(found.issues.len(), 1);
}

/// Recordings of real servers, where they lie at hand.
#[test]
fn recorded_answers_are_read_whole() {
    let Some(folder) = std::env::var_os("PROJECTIONIST_SHARED") else {
        return;
    };
    let read =
        |name: &str| std::fs::read(std::path::Path::new(&folder).join("captures/plex").join(name)).unwrap();
    for (file, rows) in [
        ("collections-metadata.json", 18),
        ("collections-integer-childcount.json", 1),
    ] {
        let page = collections(&read(file), 34).unwrap();
        assert_eq!((page.value.rows.len(), page.issues.len()), (rows, 0), "{file}");
        assert!(
            page.value
                .rows
                .iter()
                .all(|c| c.child_count.is_some() && c.subtype.is_some()),
            "{file}"
        );
    }
    let in_collection = read("collection-children.json");
    assert_eq!(members(&in_collection).unwrap().value.rows.len(), 15);
    assert!(
        children(&in_collection)
            .unwrap()
            .value
            .1
            .rows
            .iter()
            .all(|i| i.kind == ItemKind::Album)
    );
    let (about, page) = children(&read("library-tv-seasons.json")).unwrap().value;
    assert_eq!((about.title.as_deref(), page.rows.len()), (Some("The 100"), 2));
    for file in ["library-metadata-161.json", "metadata-movie.json"] {
        let item = item_page(&read(file)).unwrap();
        assert!(item.value.is_some() && item.issues.is_empty(), "{file}: {item:?}");
    }
    assert!(
        promoted(&read("official/hubs-manage.json"), 1)
            .unwrap()
            .value
            .is_empty()
    );
    assert_eq!(
        collections(&read("ha/library_movies_collections.xml"), 1)
            .unwrap()
            .issues,
        []
    );
}
