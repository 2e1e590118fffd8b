//! The Plex server behind the recordings, made again: its items come from the generator that made the database.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use model::{Body, ServerInfo};
use sim::plex::{CollectionSeed, Element, LibrarySeed, Seed, ShelfSeed, Shelved};

use crate::house::{Behind, answering};
use crate::ordered::Json;
use crate::replay::Capture;
use crate::served::Served;

/// Prints the libraries of the generator, seed 1.
const DUMP: &str = r"
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('gen', sys.argv[1])
gen = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(gen)
c = gen.Catalog(seed=1)
print(json.dumps({'items': list(c.items.values()), 'collections': list(c.collections.values())}))
";

/// Starts the server, lets it answer questions, and tells what it says of itself.
pub(crate) async fn behind(served: &Served, shared: &Path, captures: &[Capture]) -> Behind {
    let script = shared.join("tools/tautulli_gen_db.py");
    let out = Command::new("python3")
        .args(["-B", "-c", DUMP])
        .arg(&script)
        .output()
        .expect("python3");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let made = Json::parse(std::str::from_utf8(&out.stdout).unwrap());
    let (guids, below) = (guids(captures), below(&made));
    let shelf = ShelfSeed {
        items: made
            .get("items")
            .items()
            .iter()
            .filter_map(|item| shelved(item, &below))
            .collect(),
        collections: made
            .get("collections")
            .items()
            .iter()
            .map(|c| collection(c, &guids))
            .collect(),
        playlists: Vec::new(),
    };
    let libraries = vec![
        LibrarySeed::movies("Movies", 0),
        LibrarySeed::shows("TV Shows", 0, 0, 0),
        LibrarySeed::music("Music", 0, 0, 0),
        LibrarySeed::movies("Movies 4K", 0),
        LibrarySeed::shows("Kids TV", 0, 0, 0),
    ];
    let behind = answering(served, Seed::default().still().shelf(shelf).libraries(libraries)).await;
    served
        .tell(Body::Info(ServerInfo {
            machine_id: "feedfacefeedfacefeedfacefeedfacefeedface".into(),
            name: Some("OracleServer".into()),
            version: Some("1.41.0.8994-f2c27da23".into()),
            platform: Some("Linux".into()),
            platform_version: None,
            plex_pass: Some(false),
            video_transcodes: None,
        }))
        .await;
    behind
}

/// Guids of collections, which the generator does not make: as recorded, by rating key.
fn guids(captures: &[Capture]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for capture in captures {
        let data = capture.body.get("response").get("data");
        for row in data.get("data").items() {
            found.push((row.get("ratingKey").plain(), row.get("guid").plain()));
        }
        if data.get("media_type").plain() == "collection" {
            found.push((data.get("rating_key").plain(), data.get("guid").plain()));
        }
    }
    found
}

fn text(item: &Json, name: &str) -> Option<String> {
    match item.get(name) {
        Json::Null => None,
        value => Some(value.plain()).filter(|v| !v.is_empty()),
    }
}

fn number(item: &Json, name: &str) -> Option<i64> {
    text(item, name)?.parse().ok()
}

fn key(item: &Json, name: &str) -> Option<u64> {
    text(item, name)?.parse().ok()
}

/// How many episodes or tracks are below each key.
fn below(made: &Json) -> BTreeMap<u64, i64> {
    let mut count = BTreeMap::new();
    for item in made.get("items").items() {
        if matches!(text(item, "media_type").as_deref(), Some("episode" | "track")) {
            for above in ["parent_rating_key", "grandparent_rating_key"] {
                if let Some(above) = key(item, above) {
                    *count.entry(above).or_default() += 1;
                }
            }
        }
    }
    count
}

/// An item of the generator as Plex would list it; deleted libraries and live television are not there.
fn shelved(item: &Json, below: &BTreeMap<u64, i64>) -> Option<Shelved> {
    let section = u32::try_from(number(item, "section_id")?).unwrap();
    if section > 5 {
        return None;
    }
    let kind = text(item, "media_type").unwrap();
    let rating_key = key(item, "rating_key").unwrap();
    let mut out = Shelved::new(section, rating_key, kind.clone(), text(item, "title").unwrap());
    if let Some(parent) = key(item, "parent_rating_key") {
        out = out.below(parent);
    }
    if let Some(count) = below.get(&rating_key) {
        out = out.attr("leafCount", *count);
    }
    for (ours, wire) in [
        ("studio", "studio"),
        ("content_rating", "contentRating"),
        ("summary", "summary"),
        ("tagline", "tagline"),
        ("rating", "rating"),
        ("thumb", "thumb"),
        ("parent_thumb", "parentThumb"),
        ("grandparent_thumb", "grandparentThumb"),
        ("art", "art"),
        ("guid", "guid"),
        ("originally_available_at", "originallyAvailableAt"),
        ("original_title", "originalTitle"),
    ] {
        if let Some(value) = text(item, ours) {
            out = out.attr(wire, value);
        }
    }
    for (ours, wire) in [
        ("year", "year"),
        ("duration", "duration"),
        ("added_at", "addedAt"),
        ("updated_at", "updatedAt"),
        ("media_index", "index"),
        ("parent_media_index", "parentIndex"),
    ] {
        if let Some(value) = number(item, ours).filter(|n| *n != 0) {
            out = out.attr(wire, value);
        }
    }
    for (ours, element) in [
        ("directors", "Director"),
        ("writers", "Writer"),
        ("actors", "Role"),
        ("genres", "Genre"),
        ("labels", "Label"),
    ] {
        for part in text(item, ours)
            .unwrap_or_default()
            .split(';')
            .filter(|p| !p.is_empty())
        {
            out = out.with(Element::tag(element, part.to_owned()));
        }
    }
    if let Some(media) = media(item, rating_key) {
        out = out.with(media);
    }
    for marker in markers(item) {
        out = out.with(marker);
    }
    Some(out)
}

/// One version, one file, a video and an audio stream, by the generator's `res`: name, height, width, kbps, codec.
fn media(item: &Json, rating_key: u64) -> Option<Element> {
    let Json::List(res) = item.get("res") else {
        return None;
    };
    let (name, height, width, kbps) = (res[0].plain(), res[1].int(), res[2].int(), res[3].int());
    let codec = res[4].plain();
    let duration = number(item, "duration").unwrap();
    let interlaced = name.ends_with('i');
    let resolution = name.trim_end_matches(['p', 'i']).to_lowercase();
    let video = Element::new("Stream")
        .attr("id", rating_key * 10 + 1)
        .attr("streamType", 1)
        .attr("codec", codec.clone())
        .attr("bitrate", kbps)
        .attr("bitDepth", 8)
        .attr("height", height)
        .attr("width", width)
        .attr("frameRate", 23.976)
        .attr("scanType", if interlaced { "interlaced" } else { "progressive" })
        .attr("selected", true);
    let audio = Element::new("Stream")
        .attr("id", rating_key * 10 + 2)
        .attr("streamType", 2)
        .attr("codec", "ac3")
        .attr("channels", 6)
        .attr("bitrate", 640)
        .attr("language", "English")
        .attr("languageCode", "eng")
        .attr("selected", true);
    let part = Element::new("Part")
        .attr("id", rating_key)
        .attr("file", format!("/m/{rating_key}.mkv"))
        .attr("size", duration * kbps / 8)
        .attr("selected", true)
        .child(video)
        .child(audio);
    Some(
        Element::new("Media")
            .attr("id", rating_key)
            .attr("container", "mkv")
            .attr("bitrate", kbps)
            .attr("height", height)
            .attr("width", width)
            .attr("aspectRatio", 1.78)
            .attr("videoCodec", codec)
            .attr("videoResolution", resolution)
            .attr("videoFrameRate", "24p")
            .attr("audioCodec", "ac3")
            .attr("audioChannels", 6)
            .child(part),
    )
}

/// From the first credits to the end, or to the last ones.
fn markers(item: &Json) -> Vec<Element> {
    let credits = |id: i64, from: i64, to: i64, is_last: bool| {
        let marker = Element::new("Marker")
            .attr("id", id)
            .attr("type", "credits")
            .attr("startTimeOffset", from)
            .attr("endTimeOffset", to);
        if is_last {
            marker.attr("final", true)
        } else {
            marker
        }
    };
    let (Some(first), Some(last)) = (
        number(item, "marker_credits_first"),
        number(item, "marker_credits_final"),
    ) else {
        return Vec::new();
    };
    let end = number(item, "duration").unwrap();
    if first == last {
        vec![credits(1, first, end, true)]
    } else {
        vec![credits(1, first, last, false), credits(2, last, end, true)]
    }
}

fn collection(made: &Json, guids: &[(String, String)]) -> CollectionSeed {
    let rating_key = key(made, "rating_key").unwrap();
    let section = u32::try_from(number(made, "section_id").unwrap()).unwrap();
    let members = made
        .get("members")
        .items()
        .iter()
        .map(|m| u64::try_from(m.int()).unwrap());
    let mut out = CollectionSeed::new(section, rating_key, text(made, "title").unwrap())
        .of(text(made, "subtype").unwrap())
        .members(members)
        .attr("index", rating_key)
        .attr("addedAt", 1_600_000_000)
        .attr("updatedAt", 1_700_000_000)
        .attr("minYear", 1960)
        .attr("maxYear", 2025)
        .attr("thumb", format!("/library/collections/{rating_key}/composite/1"));
    if let Some((_, guid)) = guids.iter().find(|(key, _)| *key == rating_key.to_string()) {
        out = out.attr("guid", guid.clone());
    }
    out
}
