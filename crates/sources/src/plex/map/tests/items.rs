//! What an item is, where it belongs, and what is asked about it.

use model::{LibraryKind, MediaKind};
use serde_json::{Value, json};

use super::super::metadata;
use super::{Shelf, episode, live, one, track, transcoded, with};

#[test]
fn extras_are_no_plays() {
    let clip = |changes: Value| with(with(episode(), json!({"type": "clip"})), changes);
    let cases = [
        (episode(), false),
        (track(), false),
        (live(), false),
        // Prerolls, by library or guid.
        (clip(json!({"librarySectionID": "-2"})), true),
        (clip(json!({"librarySectionID": -3})), true),
        (with(episode(), json!({"librarySectionID": "-2"})), true),
        (with(episode(), json!({"guid": "analyzed.prerolls://c12"})), true),
        // Trailers.
        (clip(json!({"extraType": 1})), true),
        (clip(json!({"subtype": "trailer"})), true),
        (
            clip(json!({"librarySectionID": null, "key": "https://example/trailer.mov"})),
            true,
        ),
        // A home video in a photo library.
        (clip(json!({})), false),
        // A home video of a movie library.
        (
            with(episode(), json!({"type": "movie", "subtype": "clip"})),
            false,
        ),
        // Theme music.
        (with(track(), json!({"guid": "library://ab/theme"})), true),
        (
            with(
                track(),
                json!({"parentTitle": null, "grandparentTitle": "", "parentRatingKey": null, "grandparentRatingKey": null}),
            ),
            true,
        ),
        (with(track(), json!({"parentTitle": null})), false),
        (clip(json!({"librarySectionID": null, "live": "1"})), false),
    ];
    for (item, extra) in cases {
        assert_eq!(one(item.clone()).item.extra, extra, "{item}");
    }
}

#[test]
fn kinds() {
    for (wire, kind) in [
        ("movie", MediaKind::Movie),
        ("episode", MediaKind::Episode),
        ("track", MediaKind::Track),
        ("clip", MediaKind::Clip),
        ("photo", MediaKind::Photo),
        ("show", MediaKind::Other),
        ("", MediaKind::Other),
    ] {
        assert_eq!(
            one(with(episode(), json!({"type": wire}))).item.kind,
            kind,
            "{wire}"
        );
    }
}

#[test]
fn nothing_unknown_becomes_zero() {
    let s = one(with(
        episode(),
        json!({"duration": 0, "year": 0, "index": "", "viewOffset": null, "parentIndex": 9_999_999_999_u64, "Session": {"bandwidth": 0}}),
    ));
    assert_eq!(
        (s.item.duration_ms, s.item.year, s.item.index, s.item.parent_index),
        (None, None, None, None)
    );
    assert_eq!((s.position_ms, s.delivery.reserved_bps), (None, None));
    // Season 0 and position 0 exist.
    let s = one(with(episode(), json!({"parentIndex": 0, "viewOffset": 0})));
    assert_eq!((s.item.parent_index, s.position_ms), (Some(0), Some(0)));
}

#[test]
fn posters_are_paths_without_tokens() {
    let cases = [
        (
            json!({"grandparentThumb": null}),
            Some("/library/metadata/6263/thumb/1"),
        ),
        (
            json!({"grandparentThumb": "https://images.example/1.jpg"}),
            Some("/library/metadata/6263/thumb/1"),
        ),
        (
            json!({"grandparentThumb": "/photo?X-Plex-Token=secret"}),
            Some("/library/metadata/6263/thumb/1"),
        ),
        (json!({"grandparentThumb": "//elsewhere/1", "thumb": null}), None),
        (json!({"type": "movie"}), Some("/library/metadata/6263/thumb/1")),
    ];
    for (changes, expected) in cases {
        assert_eq!(
            one(with(episode(), changes.clone())).item.thumb.as_deref(),
            expected,
            "{changes}"
        );
    }
}

#[test]
fn libraries_come_from_the_list_the_session_or_a_lookup() {
    let shelf = Shelf::default()
        .library("14", "Other videos", LibraryKind::HomeVideo)
        .item("6263", "14", &[]);
    let library = |shelf: &Shelf, changes: Value| {
        let item = shelf.one(with(episode(), changes)).item;
        item.library
            .as_ref()
            .map(|l| (l.id.to_string(), l.title.to_string(), l.kind))
    };
    let named = |id: &str, title: &str, kind| Some((id.to_owned(), title.to_owned(), kind));
    let home = named("14", "Other videos", LibraryKind::HomeVideo);
    let none = Shelf::default();
    assert_eq!(
        library(&shelf, json!({"librarySectionID": 14, "type": "movie"})),
        home
    );
    assert_eq!(library(&shelf, json!({"librarySectionID": null})), home);
    assert_eq!(library(&none, json!({})), named("2", "Series", LibraryKind::Show));
    assert_eq!(library(&none, json!({"librarySectionTitle": null})), None);
    assert_eq!(library(&none, json!({"librarySectionID": null})), None);
    assert_eq!(library(&shelf, json!({"librarySectionID": "-2"})), None);
}

#[test]
fn only_what_can_be_completed_is_looked_up() {
    let cases = [
        (episode(), vec![]),
        (transcoded(), vec!["6263"]),
        (with(episode(), json!({"librarySectionID": null})), vec!["6263"]),
        (
            with(
                episode(),
                json!({"librarySectionID": null, "ratingKey": "5d77ab"}),
            ),
            vec![],
        ),
        (with(transcoded(), json!({"ratingKey": null})), vec![]),
        (with(transcoded(), json!({"live": true})), vec![]),
        (with(live(), json!({"ratingKey": "203216"})), vec![]),
        (
            with(transcoded(), json!({"type": "clip", "librarySectionID": "-2"})),
            vec![],
        ),
    ];
    for (item, expected) in cases {
        assert_eq!(
            Shelf::default().lookups(std::slice::from_ref(&item)),
            expected,
            "{item}"
        );
    }
    let twice = [transcoded(), with(transcoded(), json!({"sessionKey": "204"}))];
    assert_eq!(Shelf::default().lookups(&twice), ["6263"]);
    // What was answered once is not asked again, even if the answer did not help.
    assert!(Shelf::default().item("6263", "2", &[]).lookups(&twice).is_empty());
}

#[test]
fn the_version_that_plays_is_matched_by_its_id() {
    let bare = with(
        transcoded(),
        json!({"TranscodeSession": {"sourceVideoCodec": ""}}),
    );
    let mut untitled = bare;
    untitled["Media"][0]["Part"][0]["Stream"][0]["displayTitle"] = json!("");
    let resolution = |versions: &[(&str, &str)]| {
        let s = Shelf::default().item("6263", "2", versions).one(untitled.clone());
        s.source.video_resolution.as_deref().map(str::to_owned)
    };
    assert_eq!(
        resolution(&[("1", "4k"), ("861", "1080")]).as_deref(),
        Some("1080")
    );
    assert_eq!(resolution(&[("1", "4k")]).as_deref(), Some("4k"));
    assert_eq!(resolution(&[("1", "4k"), ("2", "720")]), None);
    assert_eq!(resolution(&[]), None);
}

#[test]
fn metadata_of_several_items() {
    let body = json!({"MediaContainer": {"size": 3, "librarySectionID": 2, "Metadata": [
        {"ratingKey": "1", "librarySectionID": 7, "Media": [
            {"id": 11, "container": "MKV", "bitrate": 38890, "videoCodec": "hevc", "videoResolution": "4k",
             "audioCodec": "truehd", "audioChannels": 8, "Part": [{"Stream": [
                {"streamType": 1, "codec": "hevc", "DOVIPresent": true, "colorTrc": "smpte2084"},
                {"streamType": 2, "codec": "ac3", "channels": 6, "index": 2},
                {"streamType": 2, "codec": "truehd", "channels": 8, "index": 1, "selected": true},
                {"streamType": 3, "codec": "pgs", "selected": true},
             ]}]},
            {"id": 12, "videoResolution": "720", "videoCodec": "h264", "proxyType": 42},
        ]},
        {"title": "nothing"},
        {"ratingKey": "2"},
    ]}});
    let decoded = metadata(body.to_string().as_bytes()).unwrap();
    assert_eq!(decoded.issues.len(), 1);
    let [(first_key, first), (second_key, second)] = decoded.value.as_slice() else {
        panic!("two items")
    };
    assert_eq!((&**first_key, &**second_key), ("1", "2"));
    assert_eq!(first.library_id.as_ref().map(model::LibraryId::as_str), Some("7"));
    assert_eq!(
        second.library_id.as_ref().map(model::LibraryId::as_str),
        Some("2")
    );
    let source = &first.versions[0].source;
    assert_eq!(first.versions[0].media_id.as_deref(), Some("11"));
    assert_eq!(
        (source.container.as_deref(), source.bitrate_bps),
        (Some("mkv"), Some(38_890_000))
    );
    assert_eq!(
        (source.audio_codec.as_deref(), source.audio_channels),
        (Some("truehd"), Some(8))
    );
    assert_eq!(
        (source.dynamic_range.as_deref(), source.subtitle_codec.as_deref()),
        (Some("DV"), Some("pgs"))
    );
    assert_eq!(first.versions[1].source.video_resolution.as_deref(), Some("720"));
    assert!(second.versions.is_empty());
}
