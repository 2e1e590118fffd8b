//! Makes an answer fit for a bug report: its shape stays, and who it belongs to goes.
//!
//! What is kept is listed, what is not listed is replaced: a field nobody thought of gives nothing away. Equal
//! texts get equal replacements, so that what belongs together still does.

use std::collections::HashMap;

use serde_json::Value;

/// Fields whose texts are words of the protocol, or figures.
const KEPT: &[&str] = &[
    "addedat",
    "agent",
    "analyzed",
    "aspectratio",
    "audiochannellayout",
    "audiochannels",
    "audiocodec",
    "audiodecision",
    "audioprofile",
    "bitdepth",
    "bitrate",
    "channels",
    "chromalocation",
    "chromasubsampling",
    "codec",
    "codecid",
    "colorprimaries",
    "colorrange",
    "colorspace",
    "colortrc",
    "container",
    "context",
    "contentrating",
    "count",
    "decision",
    "deviceclass",
    "displaytitle",
    "doviprofile",
    "duration",
    "event",
    "extratype",
    "format",
    "frameratemode",
    "framerate",
    "hasthumbnail",
    "height",
    "index",
    "language",
    "languagecode",
    "languagetag",
    "level",
    "live",
    "location",
    "metadatatype",
    "myplexmappingstate",
    "myplexsigninstate",
    "optimizedforstreaming",
    "origin",
    "originallyavailableat",
    "parentindex",
    "platform",
    "platformversion",
    "product",
    "productversion",
    "profile",
    "protocol",
    "protocols",
    "provides",
    "ratingkey",
    "parentratingkey",
    "grandparentratingkey",
    "refreshing",
    "samplingrate",
    "scanner",
    "scantype",
    "selected",
    "sessionkey",
    "size",
    "speed",
    "startstate",
    "state",
    "streamidentifier",
    "streamtype",
    "subtitledecision",
    "subtype",
    "throttled",
    "timespan",
    "totalsize",
    "transcodehwdecoding",
    "transcodehwencoding",
    "transcodehwdecodingtitle",
    "transcodehwencodingtitle",
    "transcoderhwdecoding",
    "type",
    "types",
    "updatedat",
    "version",
    "videocodec",
    "videodecision",
    "videoframerate",
    "videoprofile",
    "videoresolution",
    "viewcount",
    "viewoffset",
    "width",
    "year",
    "librarysectionid",
    "sourceaudiocodec",
    "sourcevideocodec",
    "burn",
];

/// Numbers that name a person or a device; replaced by small ones.
const NUMBERED: &[&str] = &["userid", "accountid", "deviceid", "ownerid"];

/// Objects whose `id` is such a number.
const NUMBERED_OBJECTS: &[&str] = &["User", "Account", "Device"];

/// Replacements, remembered across the answers of one server.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    texts: HashMap<String, usize>,
    numbers: HashMap<String, usize>,
}

impl Scrubber {
    /// The answer without what it says of its owner, as indented JSON.
    pub(super) fn scrub(&mut self, mut json: Value) -> Vec<u8> {
        self.walk("", "", &mut json);
        let mut text = serde_json::to_vec_pretty(&json).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// `parent`: the name of the object `value` stands in; `key`: its own.
    fn walk(&mut self, parent: &str, key: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.walk(key, name, field);
                }
            }
            // A list's items are named as the list is.
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(parent, key, item)),
            Value::String(text) => *text = self.text(parent, key, text),
            Value::Number(number) if is_number_of_somebody(parent, key) => {
                *number = self.number(&number.to_string()).into();
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn text(&mut self, parent: &str, key: &str, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        if is_number_of_somebody(parent, key) && text.bytes().all(|b| b.is_ascii_digit()) {
            return self.number(text).to_string();
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || " ._-+/():,".contains(c);
        let key = key.to_ascii_lowercase();
        // Even a listed field is replaced if it holds more than a word of the protocol would.
        if KEPT.contains(&key.as_str())
            && text.len() <= 64
            && text.chars().all(is_word)
            && !text.starts_with('/')
        {
            return text.to_owned();
        }
        // Ids of libraries, media and streams join one part of an answer to another.
        if text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.to_owned();
        }
        if let Some(path) = library_path(text) {
            return path.to_owned();
        }
        let next = self.texts.len() + 1;
        let n = *self.texts.entry(text.to_owned()).or_insert(next);
        format!("{key} {n}")
    }

    /// 1, the owner, and 0, nobody, stay.
    fn number(&mut self, number: &str) -> usize {
        match number {
            "0" => return 0,
            "1" => return 1,
            _ => {}
        }
        let next = self.numbers.len() + 2;
        *self.numbers.entry(number.to_owned()).or_insert(next)
    }
}

fn is_number_of_somebody(parent: &str, key: &str) -> bool {
    NUMBERED.contains(&key.to_ascii_lowercase().as_str())
        || (key == "id" && NUMBERED_OBJECTS.contains(&parent))
}

/// `/library/metadata/12`, `/transcode/sessions`: paths that hold nothing but the protocol's words and numbers.
fn library_path(text: &str) -> Option<&str> {
    const WORDS: [&str; 8] = [
        "library",
        "metadata",
        "sections",
        "children",
        "livetv",
        "sessions",
        "transcode",
        "hubs",
    ];
    let harmless =
        |part: &str| WORDS.contains(&part) || (part.len() <= 10 && part.bytes().all(|b| b.is_ascii_digit()));
    text.strip_prefix('/')
        .filter(|rest| rest.split('/').all(harmless))
        .map(|_| text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn scrub(json: Value) -> Value {
        serde_json::from_slice(&Scrubber::default().scrub(json)).unwrap()
    }

    #[test]
    fn what_says_whose_it_is_goes_and_the_rest_stays() {
        let answer = json!({"MediaContainer": {"size": 1, "friendlyName": "Marlo's attic", "Metadata": [{
            "sessionKey": "16", "ratingKey": "4711", "key": "/library/metadata/4711", "type": "episode",
            "title": "Ebb", "grandparentTitle": "Tidewater", "thumb": "/library/metadata/4711/thumb/1700000000",
            "summary": "A long story.", "viewOffset": 5000,
            "Media": [{"id": 7, "videoResolution": "1080", "selected": true,
                "Part": [{"file": "/home/marlo/Tidewater/Ebb.mkv", "size": 123}]}],
            "User": {"id": "20417733", "title": "Wren", "thumb": "https://plex.tv/users/abc/avatar"},
            "Player": {"address": "192.168.1.5", "machineIdentifier": "abc-def", "platform": "Roku", "state": "playing",
                "title": "Wren's TV", "userID": 20_417_733, "remotePublicAddress": "203.0.113.9"},
            "TranscodeSession": {"key": "/transcode/sessions/vv3i2q2", "videoDecision": "copy", "speed": 1.5}
        }]}});
        let scrubbed = scrub(answer);
        let text = scrubbed.to_string();
        for secret in [
            "Marlo",
            "marlo",
            "Ebb",
            "Tidewater",
            "long story",
            "Wren",
            "192.168",
            "abc-def",
            "203.0",
            "20417733",
            "plex.tv",
            "vv3i2q2",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        let item = &scrubbed["MediaContainer"]["Metadata"][0];
        assert_eq!(item["key"], "/library/metadata/4711");
        assert_eq!(
            (&item["type"], &item["viewOffset"]),
            (&json!("episode"), &json!(5000))
        );
        assert_eq!(item["Media"][0]["videoResolution"], "1080");
        assert_eq!(item["TranscodeSession"]["videoDecision"], "copy");
        assert_eq!(
            item["User"]["id"],
            item["Player"]["userID"].to_string(),
            "still the same person"
        );
    }

    #[test]
    fn the_owner_stays_the_owner() {
        let scrubbed = scrub(json!({"Account": [{"id": 0}, {"id": 1}, {"id": 555}], "accountID": 555}));
        let id = |n: usize| scrubbed["Account"][n]["id"].as_u64().unwrap();
        assert_eq!((id(0), id(1)), (0, 1));
        assert_eq!(scrubbed["accountID"], id(2));
        assert_ne!(id(2), 555);
    }

    #[test]
    fn a_listed_field_with_an_address_in_it_is_not_kept() {
        let scrubbed =
            scrub(json!({"location": "/mnt/films", "version": "1.40.2-abc", "type": "someone@example.net"}));
        assert_eq!(scrubbed["version"], "1.40.2-abc");
        assert_eq!(
            (&scrubbed["location"], &scrubbed["type"]),
            (&json!("location 1"), &json!("type 2"))
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z]{0,3}SECRET[a-z]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("title|file|User|Media|token|address|uri", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    fn shape(value: &Value) -> String {
        match value {
            Value::Object(m) => {
                format!(
                    "{{{}}}",
                    m.iter()
                        .map(|(k, v)| [k.as_str(), ":", &shape(v)].concat())
                        .collect::<String>()
                )
            }
            Value::Array(a) => format!("[{}]", a.iter().map(shape).collect::<String>()),
            Value::String(_) => "s".to_owned(),
            Value::Number(_) => "n".to_owned(),
            Value::Bool(_) => "b".to_owned(),
            Value::Null => "0".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn no_unlisted_text_survives_and_the_shape_does(json in any_json()) {
            let scrubbed = scrub(json.clone());
            prop_assert!(!scrubbed.to_string().contains("SECRET"));
            prop_assert_eq!(shape(&scrubbed), shape(&json));
        }
    }
}
