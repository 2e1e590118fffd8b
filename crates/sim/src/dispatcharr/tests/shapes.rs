//! The same keys and JSON types as in the answers of a real one, endpoint by endpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, ask};
use crate::dispatcharr::{Content, Dispatcharr, Seed, Viewer};

/// Path in the document → types seen there. Elements of a list are one path.
type Shape = BTreeMap<String, BTreeSet<&'static str>>;

/// Parts that are somebody's own, or that only one of several processes tells.
const FREE: [&str; 10] = [
    ".details",
    ".fields",
    ".settings",
    ".actions",
    ".custom_properties.xc_id",
    ".local_manager",
    ".healthy",
    ".buffer_stats",
    ".user_info.allowed_output_formats",
    ".viewer",
];

fn add(shape: &mut Shape, path: &str, value: &Value) {
    if FREE.iter().any(|free| path.contains(free)) {
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(list) => {
            for part in list {
                add(shape, &format!("{path}[]"), part);
            }
            "list"
        }
        Value::Object(map) => {
            for (key, part) in map {
                add(shape, &format!("{path}.{key}"), part);
            }
            "object"
        }
    };
    shape.entry(path.to_owned()).or_default().insert(kind);
}

/// What is wrong with `fake`, line by line.
fn differences(real: &Shape, fake: &Shape) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, kinds) in fake {
        match real.get(path) {
            None => wrong.push(format!("{path}: not in a real one")),
            // Never seen with a value: nobody knows its type.
            Some(seen) if seen.len() == 1 && seen.contains("null") => {}
            Some(seen) if kinds.is_subset(seen) => {}
            Some(seen) => wrong.push(format!("{path}: {kinds:?}, really {seen:?}")),
        }
    }
    let lost = real.keys().filter(|path| !fake.contains_key(*path));
    wrong.extend(lost.map(|path| format!("{path}: missing")));
    wrong
}

fn captures() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the real answers are, if they are anywhere"
    )]
    let shared = std::env::var("PROJECTIONIST_SHARED").ok()?;
    Some(Path::new(&shared).join("captures/dispatcharr"))
}

/// The shape of all files under the captures that are named.
fn real(root: &Path, files: &[&str]) -> Shape {
    let mut shape = Shape::new();
    for file in files {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let capture: Value = serde_json::from_str(&text).unwrap();
        add(&mut shape, "", &capture["body"]);
    }
    shape
}

/// A server on which everything is going on that was going on at the real one.
async fn busy() -> (Dispatcharr, Vec<String>) {
    let seed = Seed {
        startup: Duration::from_secs(4),
        ..Seed::default()
    };
    let server = Dispatcharr::start(seed).await;
    let world = server.world();
    world.change(|have| have.accounts[2].profiles[0].max_streams = 4);
    let viewer = |n: u8| Viewer::new(format!("10.0.0.{n}"), "VLC/3");
    for (number, n) in [(101.0, 1), (102.5, 2), (103.0, 3), (104.0, 4), (105.0, 5)] {
        world.tune(number, viewer(n)).unwrap();
    }
    world.tune(101.0, viewer(6).user(3)).unwrap();
    world.vod(Content::movie("Tin Harbour", 2011), viewer(7)).unwrap();
    world
        .vod(Content::episode("Signal House", 1, 2, "Static"), viewer(8))
        .unwrap();
    world.advance(Duration::from_mins(1));
    let keys = world.on_air();
    (server, keys)
}

/// Captured files, verb, path, body.
type Case = (&'static [&'static str], Method, &'static str, Option<Value>);

/// What is on the air, and channels.
fn channels(uuids: &[String]) -> Vec<Case> {
    let get = |files: &'static [&'static str], path| (files, Method::GET, path, None);
    let post = |files: &'static [&'static str], path, body| (files, Method::POST, path, Some(body));
    vec![
        get(&["idle/version.json"], "/api/core/version/"),
        get(
            &[
                "active-clean/proxy-stats-combined.json",
                "active-vod/proxy-stats-combined.json",
            ],
            "/proxy/stats/",
        ),
        get(&["active-clean/proxy-ts-status.json"], "/proxy/ts/status"),
        get(
            &[
                "active-clean/proxy-vod-stats.json",
                "active-vod/proxy-vod-stats.json",
            ],
            "/proxy/vod/stats/",
        ),
        get(&["idle/proxy-catchup-stats.json"], "/proxy/catchup/stats/"),
        get(&["active-clean/channels.json"], "/api/channels/channels/"),
        get(
            &["active-clean/channels-paged.json"],
            "/api/channels/channels/?page=1&page_size=2",
        ),
        get(&["active-clean/channels-ids.json"], "/api/channels/channels/ids/"),
        get(
            &["active-clean/channels-summary.json"],
            "/api/channels/channels/summary/",
        ),
        post(
            &["active-clean/channels-by-uuids.json"],
            "/api/channels/channels/by-uuids/",
            json!({ "uuids": uuids }),
        ),
        get(
            &["extra/channel-5-streams.json"],
            "/api/channels/channels/1/streams/",
        ),
        get(
            &["extra/channel-streams-stats.json"],
            "/api/channels/channels/3/streams/stats/",
        ),
    ]
}

/// All the rest.
fn others(uuids: &[String]) -> Vec<Case> {
    let get = |files: &'static [&'static str], path| (files, Method::GET, path, None);
    let post = |files: &'static [&'static str], path, body| (files, Method::POST, path, Some(body));
    vec![
        get(
            &["idle/streams.json", "active/streams.json"],
            "/api/channels/streams/?page_size=3",
        ),
        post(
            &["extra/streams-by-ids.json", "idle/channel-1-streams.json"],
            "/api/channels/streams/by-ids/",
            json!({ "ids": [1, 3] }),
        ),
        get(&["active-clean/channel-groups.json"], "/api/channels/groups/"),
        get(&["idle/logos.json"], "/api/channels/logos/?page_size=2"),
        get(&["active-clean/m3u-accounts.json"], "/api/m3u/accounts/"),
        get(
            &["active-clean/m3u-account-2-profiles.json"],
            "/api/m3u/accounts/2/profiles/",
        ),
        get(&["active-clean/epg-sources.json"], "/api/epg/sources/"),
        post(
            &["extra/current-programs-uuids.json"],
            "/api/epg/current-programs/",
            json!({ "channel_uuids": uuids }),
        ),
        get(
            &["extra/epg-program-search.json"],
            "/api/epg/programs/search/?page_size=3&channel_id=1",
        ),
        get(&["idle/stream-profiles.json"], "/api/core/streamprofiles/"),
        get(&["idle/users.json"], "/api/accounts/users/"),
        get(&["idle/users-me.json"], "/api/accounts/users/me/"),
        get(&["idle/api-keys.json"], "/api/accounts/api-keys/"),
        get(&["idle/plugins.json"], "/api/plugins/plugins/"),
        get(&["active/system-events.json"], "/api/core/system-events/?limit=5"),
    ]
}

#[tokio::test]
async fn answers_have_the_keys_and_types_of_real_ones() {
    let Some(root) = captures() else { return };
    let (server, uuids) = busy().await;
    let mut wrong = Vec::new();
    for (files, method, path, body) in channels(&uuids).into_iter().chain(others(&uuids)) {
        let (status, answer) = ask(&server, method, path, Some(("x-api-key", ADMIN)), body).await;
        assert!(status.is_success(), "{path}: {status}");
        let mut fake = Shape::new();
        add(&mut fake, "", &answer);
        let found = differences(&real(&root, files), &fake);
        wrong.extend(found.into_iter().map(|line| format!("{path} {line}")));
    }
    let mut fake = Shape::new();
    for key in &uuids {
        let path = format!("/proxy/ts/status/{key}");
        add(
            &mut fake,
            "",
            &ask(&server, Method::GET, &path, Some(("x-api-key", ADMIN)), None)
                .await
                .1,
        );
    }
    let details: Vec<String> = (0..6)
        .map(|n| format!("active-clean/proxy-ts-status-detail-{n}.json"))
        .collect();
    let details: Vec<&str> = details.iter().map(String::as_str).collect();
    let found = differences(&real(&root, &details), &fake);
    wrong.extend(found.into_iter().map(|line| format!("detail {line}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_difference_is_found() {
    let shape = |value: Value| {
        let mut shape = Shape::new();
        add(&mut shape, "", &value);
        shape
    };
    let real = shape(json!([{ "a": 1.5, "b": null, "c": "x" }]));
    assert!(differences(&real, &shape(json!([{ "a": 2.0, "b": 3, "c": "y" }]))).is_empty());
    for fake in [
        json!([{ "a": 2, "b": 1, "c": "y" }]),
        json!([{ "a": 2.0, "b": 1 }]),
    ] {
        assert_eq!(differences(&real, &shape(fake)).len(), 1);
    }
    assert_eq!(
        differences(&real, &shape(json!([{ "a": 2.0, "b": 1, "c": "", "d": 1 }]))).len(),
        1
    );
}
