//! Each answer of a server that ends the collector before us, or spoils its database, gives a point here.

use std::collections::BTreeMap;
use std::time::Duration;

use export::sinks::influx::{EmptyStrings, Schema};
use serde_json::{Value as Json, json};

use crate::house::{House, Write};
use crate::plex::Plex;
use crate::rows::{Row, Value};

fn everything(schema: Schema) -> Write {
    Write {
        schema,
        empty_strings: EmptyStrings::Write,
        with_libraries: true,
        additions: Vec::new(),
    }
}

/// Somebody watches a film; all of it is known.
fn film(key: &str) -> Json {
    json!({
        "sessionKey": key, "ratingKey": key, "key": format!("/library/metadata/{key}"), "type": "movie",
        "librarySectionID": "1", "librarySectionTitle": "Movies",
        "title": "Harbour Lights", "year": 1999, "duration": 6_000_000, "viewOffset": 1_500_000,
        "Media": [{
            "id": "1", "selected": true, "videoResolution": "1080", "videoCodec": "h264", "audioCodec": "aac",
            "videoFrameRate": "24p", "container": "mkv", "bitrate": 8000, "duration": 6_000_000,
            "Part": [{"id": "1", "decision": "directplay", "selected": true, "Stream": []}],
        }],
        "User": {"id": "2", "title": "dave"},
        "Player": {
            "address": "192.168.1.9", "machineIdentifier": format!("player-{key}"), "platform": "Roku",
            "state": "playing", "title": "Hall",
        },
        "Session": {"id": format!("run-{key}"), "location": "lan"},
    })
}

fn song(key: &str) -> Json {
    let mut song = film(key);
    song["type"] = "track".into();
    let media = json!({"audioCodec": "flac", "container": "flac", "bitrate": 1011, "duration": 239_000});
    song["Media"] = json!([media]);
    song
}

/// `change` is made to a film, or to what it makes of it.
fn case(what: &'static str, change: impl Fn(&mut Json) + 'static, expected: &[(&'static str, &str)]) -> Case {
    Case {
        what,
        session: Box::new(move |key| {
            let mut session = film(key);
            change(&mut session);
            session["sessionKey"] = key.into();
            session
        }),
        expected: expected
            .iter()
            .map(|(field, text)| (*field, (*text).to_owned()))
            .collect(),
    }
}

struct Case {
    what: &'static str,
    session: Box<dyn Fn(&str) -> Json>,
    /// Fields by name; numbers as they are printed.
    expected: Vec<(&'static str, String)>,
}

fn without(what: &'static str, path: &[&str], expected: &[(&'static str, &str)]) -> Case {
    let path: Vec<String> = path.iter().map(|p| (*p).to_owned()).collect();
    case(
        what,
        move |session| {
            let (last, above) = path.split_last().unwrap();
            let mut at = &mut *session;
            for step in above {
                at = match step.as_str() {
                    "Media" => &mut at["Media"][0],
                    step => &mut at[step],
                };
            }
            assert!(at.as_object_mut().unwrap().remove(last).is_some());
        },
        expected,
    )
}

fn cases() -> Vec<Case> {
    [missing(), of_other_kinds(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn missing() -> Vec<Case> {
    vec![
        without(
            "no player",
            &["Player"],
            &[("player", "Unknown"), ("user", "dave"), ("status", "Unavailable")],
        ),
        without("no user", &["User"], &[("user", ""), ("player", "Hall")]),
        without(
            "no frame rate",
            &["Media", "videoFrameRate"],
            &[("video_framerate", ""), ("video_codec", "h264")],
        ),
        without(
            "no resolution",
            &["Media", "videoResolution"],
            &[("resolution", "")],
        ),
        without(
            "a silent film",
            &["Media", "audioCodec"],
            &[("audio_codec", ""), ("transcode_audio", "DirectPlay")],
        ),
        without(
            "just started",
            &["viewOffset"],
            &[
                ("position_ms", "0"),
                ("pos_percent", "0"),
                ("length_ms", "6000000"),
            ],
        ),
        without(
            "a version of no known length",
            &["Media", "duration"],
            &[("length_ms", "6000000"), ("pos_percent", "0.25")],
        ),
        without(
            "no media",
            &["Media"],
            &[
                ("resolution", ""),
                ("container", ""),
                ("length_ms", "6000000"),
                ("title", "Harbour Lights"),
            ],
        ),
        without("no year any more", &["year"], &[("year", "")]),
    ]
}

fn of_other_kinds() -> Vec<Case> {
    vec![
        case(
            "live television without lengths",
            |s| {
                s["type"] = "episode".into();
                s["live"] = "1".into();
                s["Media"][0].as_object_mut().unwrap().remove("duration");
                for field in ["duration", "viewOffset"] {
                    s.as_object_mut().unwrap().remove(field);
                }
            },
            &[
                ("media_type", "TV Show"),
                ("length_ms", "0"),
                ("position_ms", "0"),
                ("pos_percent", "0"),
            ],
        ),
        case(
            "music without a bit rate",
            |s| {
                *s = song("0");
                s["Media"][0].as_object_mut().unwrap().remove("bitrate");
            },
            &[
                ("media_type", "Music"),
                ("resolution", ""),
                ("transcode_summary", "A: No"),
            ],
        ),
        case(
            "a trailer",
            |s| s["type"] = "clip".into(),
            &[
                ("media_type", "Unknown"),
                ("stream_title", "Unknown"),
                ("position_ms", "0"),
                ("player", "Hall"),
            ],
        ),
        case(
            "a photo",
            |s| s["type"] = "photo".into(),
            &[("media_type", "Unknown")],
        ),
        case(
            "a trailer without player",
            |s| {
                s["type"] = "clip".into();
                s.as_object_mut().unwrap().remove("Player");
            },
            &[("media_type", "Unknown"), ("player", "Unknown")],
        ),
    ]
}

fn others() -> Vec<Case> {
    vec![
        case(
            "a transcoder of sound alone",
            |s| s["TranscodeSession"] = json!({"key": "/transcode/sessions/a", "audioDecision": "transcode"}),
            &[
                ("transcode_video", "DirectStream"),
                ("transcode_audio", "Transcoding"),
                ("transcode_summary", "V: No A: Yes"),
            ],
        ),
        case(
            "a transcoder of the picture alone",
            |s| s["TranscodeSession"] = json!({"key": "/transcode/sessions/b", "videoDecision": "transcode"}),
            &[
                ("transcode_video", "Transcoding"),
                ("transcode_audio", "DirectStream"),
                ("transcode_summary", "V: Yes A: No"),
            ],
        ),
        case(
            "the second version is played",
            |s| {
                let mut second = s["Media"][0].clone();
                s["Media"][0]["selected"] = false.into();
                second["id"] = "2".into();
                second["videoResolution"] = "4k".into();
                second["container"] = "mp4".into();
                s["Media"].as_array_mut().unwrap().push(second);
            },
            &[("resolution", "4k"), ("container", "mp4")],
        ),
        case(
            "beyond the end",
            |s| s["viewOffset"] = 6_600_000.into(),
            &[("pos_percent", "1.1"), ("position_ms", "6600000")],
        ),
        case(
            "nothing changed",
            |_| {},
            &[
                ("media_type", "Movie"),
                ("position_ms", "1500000"),
                ("year", "1999"),
            ],
        ),
    ]
}

fn printed(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(n) => n.to_string(),
        Value::Float(f) => f.to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_session_that_ends_the_collector_has_a_point() {
    let (cases, plex) = (cases(), Plex::start("127.0.0.1").await);
    let keys: Vec<_> = (1..=cases.len()).map(|n| (100 + n).to_string()).collect();
    let sessions: Vec<_> = cases
        .iter()
        .zip(&keys)
        .map(|(case, key)| (case.session)(key))
        .collect();
    plex.sessions(&sessions);
    let house = House::watch(&[("attic", "http://127.0.0.1:32400", &plex)]);
    house.seen().await;
    let (rows, _) = house.points(&everything(Schema::Extended));
    let row = |key: &str| -> Option<&Row> { rows.iter().find(|r| r.tag("session_id") == key) };
    for (case, key) in cases.iter().zip(&keys) {
        let row = row(key).unwrap_or_else(|| panic!("{}: no point", case.what));
        for (field, expected) in &case.expected {
            assert_eq!(printed(&row.fields[*field]), *expected, "{}: {field}", case.what);
        }
    }
    one_type_each(&rows);
    let streams = rows.iter().find(|r| r.is("active_streams", "127.0.0.1")).unwrap();
    assert_eq!(
        streams.fields["active_streams"],
        Value::Int(i64::try_from(cases.len()).unwrap())
    );
    assert_eq!(streams.fields["video_transcodes"], Value::Int(1));
    assert_eq!(streams.fields["audio_transcodes"], Value::Int(1));
    for schema in [Schema::Pdc2017, Schema::Pdc2018] {
        let (rows, _) = house.points(&everything(schema));
        let playing = rows.iter().filter(|r| r.measurement == "now_playing");
        assert_eq!(playing.count(), cases.len(), "{schema:?}");
        one_type_each(&rows);
    }
}

/// A trailer before a film, or after it, must not give a field another type: the database would refuse the rest.
fn one_type_each(rows: &[Row]) {
    let mut types = BTreeMap::new();
    for row in rows {
        for (name, value) in &row.fields {
            let kind = std::mem::discriminant(value);
            let first = types.entry((&row.measurement, name)).or_insert(kind);
            assert_eq!(*first, kind, "{name} in {row:?}");
        }
    }
}

/// The collector forgets when a session began.
#[tokio::test(start_paused = true)]
async fn a_restart_keeps_the_start() {
    let plex = Plex::start("127.0.0.1").await;
    plex.sessions(&[film("1")]);
    let servers = [("attic", "http://127.0.0.1:32400", &plex)];
    let write = everything(Schema::Extended);
    let times = |house: &House| {
        let (rows, now_s) = house.points(&write);
        let row = rows.iter().find(|r| r.measurement == "now_playing")?;
        let of = |field| row.float(field).unwrap();
        assert!(
            (now_s - of("start_time") - of("duration")).abs() < 1e-3,
            "{row:?}"
        );
        Some((of("start_time"), of("duration")))
    };
    let house = House::watch(&servers);
    house.seen().await;
    let (start_s, duration_s) = times(&house).unwrap();
    let (carried, now) = house.carry();
    drop(house);

    let later = now + Duration::from_secs(20);
    let house = House::resume(&servers, later, carried);
    assert_eq!(times(&house), None, "nobody has looked yet");
    house.seen().await;
    let (start_then_s, duration_then_s) = times(&house).unwrap();
    assert!(
        (start_then_s - start_s).abs() < f64::EPSILON,
        "{start_s} {start_then_s}"
    );
    assert!(
        duration_then_s >= duration_s + 20.0,
        "{duration_s} {duration_then_s}"
    );
}

fn hosts(rows: &[Row], measurement: &str) -> Vec<String> {
    let found = rows.iter().filter(|r| r.measurement == measurement);
    found.map(|r| r.tag("host").to_owned()).collect()
}

fn section(key: &str, kind: &str, title: &str) -> Json {
    json!({"key": key, "type": kind, "title": title, "agent": "tv.plex.agents.x"})
}

fn sections(of: &[Json]) -> String {
    json!({"MediaContainer": {"size": of.len(), "Directory": of}}).to_string()
}

/// A show that tells neither its seasons nor its episodes is not asked: the server counts them itself.
#[tokio::test(start_paused = true)]
async fn a_library_that_is_not_counted_takes_no_other_with_it() {
    let plex = Plex::start("127.0.0.1").await;
    let all = [
        section("1", "movie", "Movies"),
        section("2", "show", "Shows"),
        section("3", "movie", "Gone"),
    ];
    plex.answer("/library/sections", 200, &sections(&all));
    plex.total("1", 1, 7);
    plex.total("2", 2, 3);
    let house = House::watch(&[("attic", "http://127.0.0.1:32400", &plex)]);
    house
        .until("two counted libraries", |s| {
            let libraries = s.servers[0].libraries.iter().flat_map(|l| l.iter());
            libraries.filter(|l| !l.counts.is_empty()).count() == 2
        })
        .await;
    let (rows, _) = house.points(&everything(Schema::Extended));
    let libraries: Vec<_> = rows.iter().filter(|r| r.measurement == "libraries").collect();
    let found: Vec<_> = libraries
        .iter()
        .map(|r| (r.tag("lib_name"), r.fields.clone()))
        .collect();
    let items = |n| BTreeMap::from([("items".to_owned(), Value::Int(n))]);
    assert_eq!(found, [("Movies", items(7)), ("Shows", items(3))]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_silences_no_other() {
    for (what, path, status, body) in [
        (
            "a token that was revoked",
            "/status/sessions",
            401,
            "<html><body>Unauthorized</body></html>",
        ),
        (
            "an answer that is cut",
            "/status/sessions",
            200,
            r#"{"MediaContainer":{"size":1,"Meta"#,
        ),
        ("nothing but libraries fails", "/library/sections", 500, ""),
    ] {
        let good = Plex::start("127.0.0.1").await;
        good.answer(
            "/library/sections",
            200,
            &sections(&[section("1", "movie", "Movies")]),
        );
        good.total("1", 1, 7);
        good.sessions(&[film("1")]);
        let bad = Plex::start("127.0.0.2").await;
        bad.sessions(&[film("2")]);
        bad.answer(path, status, body);
        let servers = [
            ("good", "http://127.0.0.1:32400", &good),
            ("bad", "http://127.0.0.2:32400", &bad),
        ];
        let house = House::watch(&servers);
        house
            .until("films counted", |s| {
                s.servers[0]
                    .libraries
                    .as_ref()
                    .is_some_and(|l| !l[0].counts.is_empty())
            })
            .await;
        house.seen().await;
        let (rows, _) = house.points(&everything(Schema::Extended));
        let both = path == "/library/sections";
        let (playing, streams): (&[&str], &[&str]) = if both {
            (&["127.0.0.1", "127.0.0.2"], &["127.0.0.1", "127.0.0.2", "All"])
        } else {
            (&["127.0.0.1"], &["127.0.0.1", "All"])
        };
        assert_eq!(hosts(&rows, "now_playing"), playing, "{what}");
        assert_eq!(hosts(&rows, "active_streams"), streams, "{what}");
        assert_eq!(hosts(&rows, "libraries"), ["127.0.0.1"], "{what}");
        // And it comes back by itself.
        if !both {
            bad.sessions(&[film("2")]);
            house
                .until("both", |s| {
                    s.servers.iter().all(|s| s.health.is_up() && !s.plays.is_empty())
                })
                .await;
            let (rows, _) = house.points(&everything(Schema::Extended));
            assert_eq!(hosts(&rows, "now_playing"), ["127.0.0.1", "127.0.0.2"], "{what}");
        }
    }
}
