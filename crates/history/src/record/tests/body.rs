//! What is written down can be read back.

use std::sync::Arc;

use model::{CounterKey, Delivery, ItemDetails, LibraryKind, MediaKind, Player, SourceMedia};
use proptest::prelude::*;
use serde_json::Value;

use super::super::body::{labels_from_json, labels_to_json, play_from_json, play_to_json};
use super::super::build::{counter_key, full, with};

#[test]
fn a_play_with_everything_and_one_with_nothing_come_back_as_they_were() {
    let full = full();
    let bare = with(&full, |s| {
        s.client_run = None;
        s.position_ms = None;
        s.user = None;
        s.player = Arc::new(Player::default());
        s.source = Arc::new(SourceMedia::default());
        s.delivery = Arc::new(Delivery::default());
        let item = Arc::make_mut(&mut s.item);
        (item.kind, item.extra, item.live, item.library) = (MediaKind::Other, false, None, None);
        (item.rating_key, item.guid, item.title, item.year) = (None, None, None, None);
        item.details = ItemDetails::default();
    });
    for play in [full, bare] {
        let json = play_to_json(&play);
        assert_eq!(
            play_from_json(&play.source, play.id.as_str(), &json),
            Some(play),
            "{json}"
        );
    }
}

#[test]
fn a_play_without_its_essentials_is_not_made_up() {
    let source = "attic".into();
    for json in [
        "",
        "[]",
        "{}",
        r#"{"started_at":1}"#,
        r#"{"started_at":1,"session":{"state":"playing","item":{"kind":"movie"}}}"#,
        r#"{"started_at":1,"session":{"key":"4","state":"dancing","item":{"kind":"movie"}}}"#,
        r#"{"started_at":1,"session":{"key":"4","state":"playing","item":{}}}"#,
    ] {
        assert_eq!(play_from_json(&source, "x", json), None, "{json}");
    }
    let least = r#"{"started_at":1,"session":{"key":"4","state":"playing","item":{"kind":"movie"}}}"#;
    assert!(play_from_json(&source, "x", least).is_some());
}

#[test]
fn labels_come_back_as_they_were() {
    let full = counter_key();
    let mut other = full.clone();
    other.live = true;
    (other.user, other.decision, other.media) = (None, None, MediaKind::Photo);
    let mut homely = full.clone();
    homely.library.as_mut().unwrap().kind = LibraryKind::HomeVideo;
    let bare = CounterKey {
        library: None,
        ..other.clone()
    };
    for key in [full, other, homely, bare] {
        assert_eq!(labels_from_json(&labels_to_json(&key)), Some(key));
    }
}

/// Every path of an object, as keys.
fn paths(value: &Value, at: &str, all: &mut Vec<String>) {
    if let Value::Object(map) = value {
        for (key, value) in map {
            let path = format!("{at}/{key}");
            all.push(path.clone());
            paths(value, &path, all);
        }
    }
}

proptest! {
    /// Whatever is missing or of another type, the rest is read, and writing it again changes nothing.
    #[test]
    fn what_is_missing_does_no_harm(gone in proptest::collection::vec((0_usize..200, any::<bool>()), 0..20)) {
        let play = full();
        let mut value: Value = serde_json::from_str(&play_to_json(&play)).unwrap();
        for (n, remove) in gone {
            let mut all = Vec::new();
            paths(&value, "", &mut all);
            let Some(path) = all.get(n % all.len().max(1)).cloned() else { continue };
            let (above, key) = path.rsplit_once('/').unwrap();
            if let Some(Value::Object(map)) = value.pointer_mut(above) {
                if remove {
                    map.remove(key);
                } else {
                    map.insert(key.to_owned(), Value::Array(vec![Value::Null]));
                }
            }
        }
        if let Some(read) = play_from_json(&play.source, play.id.as_str(), &value.to_string()) {
            let again = play_from_json(&play.source, play.id.as_str(), &play_to_json(&read));
            prop_assert_eq!(again, Some(read));
        }
    }
}
