//! A recorded answer in XML as the JSON that the same server sends to who asks for it.

use roxmltree::{Document, Node};
use serde_json::{Map, Number, Value};

const INTEGERS: &[&str] = &[
    "addedAt",
    "audioChannels",
    "bandwidth",
    "bitrate",
    "childCount",
    "createdAt",
    "duration",
    "height",
    "index",
    "leafCount",
    "parentIndex",
    "remaining",
    "size",
    "streamType",
    "transcoderActiveVideoSessions",
    "updatedAt",
    "userID",
    "viewOffset",
    "viewedLeafCount",
    "width",
    "year",
];

const FLOATS: &[&str] = &[
    "maxOffsetAvailable",
    "minOffsetAvailable",
    "progress",
    "speed",
    "timeStamp",
];

const FLAGS: &[&str] = &[
    "allowSync",
    "complete",
    "error",
    "local",
    "myPlex",
    "relayed",
    "secure",
    "selected",
    "throttled",
    "transcodeHwFullPipeline",
    "transcodeHwRequested",
];

/// Children that come alone and are objects; all others are lists.
const ALONE: &[&str] = &["User", "Player", "Session", "TranscodeSession"];

/// `{"MediaContainer": …}`.
pub(crate) fn as_json(xml: &str) -> Value {
    let document = Document::parse(xml).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "MediaContainer");
    serde_json::json!({ "MediaContainer": object(root) })
}

fn object(node: Node<'_, '_>) -> Value {
    let mut members = Map::new();
    for attribute in node.attributes() {
        members.insert(
            attribute.name().to_owned(),
            scalar(attribute.name(), attribute.value()),
        );
    }
    for child in node.children().filter(Node::is_element) {
        let tag = child.tag_name().name();
        if ALONE.contains(&tag) {
            members.insert(tag.to_owned(), object(child));
            continue;
        }
        // Items of every kind are one list; the libraries' own entries keep their name.
        let is_item = matches!(tag, "Video" | "Track" | "Photo")
            || (tag == "Directory" && child.has_attribute("ratingKey"));
        let list = if is_item { "Metadata" } else { tag };
        let list = members.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().unwrap().push(object(child));
    }
    Value::Object(members)
}

fn scalar(name: &str, text: &str) -> Value {
    match name {
        _ if INTEGERS.contains(&name) => Value::Number(text.parse::<i64>().unwrap().into()),
        _ if FLOATS.contains(&name) => Value::Number(Number::from_f64(text.parse().unwrap()).unwrap()),
        _ if FLAGS.contains(&name) => Value::Bool(text == "1"),
        _ => Value::String(text.to_owned()),
    }
}
