//! The server, its libraries, its load and its notifications.

use model::{LibraryKind, SessionKey, TranscodeCounts};
use serde_json::{Value, json};

use super::super::super::decode::DecodeError;
use super::super::{
    Notification, PlayingState, activities, bandwidth, event, identity, is_maintenance, libraries,
    notifications, resources, root, sections, total, transcodes, update,
};

fn body(container: &Value) -> Vec<u8> {
    json!({"MediaContainer": container}).to_string().into_bytes()
}

#[test]
fn identity_needs_a_machine_id() {
    let id = identity(&body(
        &json!({"size": 0, "claimed": true, "machineIdentifier": "m", "version": "1.40"}),
    ))
    .unwrap();
    assert_eq!(
        (&*id.machine_id, id.version.as_deref(), id.claimed),
        ("m", Some("1.40"), Some(true))
    );
    let old = identity(br#"<MediaContainer size="0" machineIdentifier="m"/>"#).unwrap();
    assert_eq!((old.version, old.claimed), (None, None));
    let missing = identity(&body(&json!({"size": 0}))).unwrap_err();
    assert_eq!(missing.to_string(), "the answer has no machineIdentifier");
}

#[test]
fn root_tells_an_owner_more_than_others() {
    let info = root(&body(&json!({
        "machineIdentifier": "m", "friendlyName": "Attic", "version": "1.40", "platform": "Linux",
        "platformVersion": "6.1", "myPlexSubscription": "1", "transcoderActiveVideoSessions": 2,
    })));
    let info = info.unwrap().value;
    assert_eq!(
        (info.name.as_deref(), info.plex_pass, info.video_transcodes),
        (Some("Attic"), Some(true), Some(2))
    );
    let info = root(&body(
        &json!({"machineIdentifier": "m", "transcoderActiveVideoSessions": -1}),
    ))
    .unwrap();
    assert_eq!(
        (
            info.value.plex_pass,
            info.value.video_transcodes,
            info.issues.len()
        ),
        (None, None, 1)
    );
}

#[test]
fn maintenance_in_both_forms() {
    let cases: [(&[u8], Option<&str>); 7] = [
        (
            br#"<Response code="503" title="Maintenance" status="Running migrations."/>"#,
            Some("Running migrations."),
        ),
        (
            br#"{"code":503,"title":"Maintenance","status":"Starting."}"#,
            Some("Starting."),
        ),
        (
            br#"{"Response":{"code":"503","status":"Starting."}}"#,
            Some("Starting."),
        ),
        (br#"{"title":"Maintenance"}"#, Some("Maintenance")),
        (br#"{"MediaContainer":{"size":0}}"#, None),
        (b"<html><h1>503 Service Unavailable</h1></html>", None),
        (b"", None),
    ];
    for (body, expected) in cases {
        assert_eq!(
            is_maintenance(body).as_deref(),
            expected,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn libraries_are_those_of_the_library_provider() {
    let directory = |id: Value, kind: &str, agent: &str| {
        json!({"id": id, "type": kind, "agent": agent, "title": format!("The {kind}s"), "refreshing": false,
               "storageTotal": 5_000_000_000_000_u64, "durationTotal": "86400000"})
    };
    let content = |identifier: &str, directories: Value| {
        json!({"identifier": identifier, "Feature": [
            {"type": "search", "Directory": [directory(json!("99"), "movie", "a")]},
            {"type": "content", "Directory": directories},
        ]})
    };
    let found = libraries(&body(&json!({"MediaProvider": [
        content("com.plexapp.plugins.library", json!([
            {"hubKey": "/hubs", "title": "Home"},
            directory(json!("1"), "movie", "tv.plex.agents.movie"),
            directory(json!(14), "movie", "com.plexapp.agents.none"),
            directory(json!("1"), "show", "again"),
            {"id": "3", "type": "artist"},
        ])),
        content("tv.plex.providers.epg.cloud:12", json!([directory(json!("7"), "movie", "a")])),
    ]})))
    .unwrap();
    let told: Vec<_> = found
        .value
        .iter()
        .map(|l| (l.id.as_str(), &*l.title, l.kind, l.storage_bytes, l.duration_ms))
        .collect();
    let (storage, duration) = (Some(5_000_000_000_000), Some(86_400_000));
    assert_eq!(
        told,
        [
            ("1", "The movies", LibraryKind::Movie, storage, duration),
            ("14", "The movies", LibraryKind::HomeVideo, storage, duration),
            ("3", "3", LibraryKind::Artist, None, None),
        ]
    );
    assert_eq!(found.issues.len(), 1);
    assert!(libraries(&body(&json!({"size": 1}))).unwrap().value.is_empty());
}

#[test]
fn sections_in_all_forms() {
    let json = body(&json!({"size": 2, "Directory": [
        {"key": "1", "type": "movie", "title": "Films", "agent": "tv.plex.agents.movie", "refreshing": true},
        {"key": "/library/sections/2", "type": "show", "title": "Series", "refreshing": "0"},
        {"key": "all", "title": "All"},
    ]}));
    let xml = br#"<MediaContainer><Directory key="1" type="movie" title="Films" refreshing="1"><Location id="1"/></Directory><Directory key="2" type="show" title="Series" refreshing="0"/></MediaContainer>"#;
    let legacy = json!({"_elementType": "MediaContainer", "_children": [
        {"_elementType": "Directory", "key": "1", "type": "movie", "title": "Films", "refreshing": "1", "_children": []},
        {"_elementType": "Directory", "key": "2", "type": "show", "title": "Series", "refreshing": "0"},
    ]});
    for form in [json.as_slice(), xml, legacy.to_string().as_bytes()] {
        let found = sections(form).unwrap().value;
        let told: Vec<_> = found
            .iter()
            .map(|l| (l.id.as_str(), &*l.title, l.refreshing))
            .collect();
        assert_eq!(told, [("1", "Films", Some(true)), ("2", "Series", Some(false))]);
        assert!(
            found
                .iter()
                .all(|l| l.storage_bytes.is_none() && l.counts.is_empty())
        );
    }
}

#[test]
fn totals() {
    for (container, expected) in [
        (json!({"size": 0, "totalSize": 88_000, "offset": 0}), Some(88_000)),
        (json!({"size": 7}), Some(7)),
        (json!({"size": "7", "totalSize": "x"}), Some(7)),
        (json!({}), None),
    ] {
        assert_eq!(total(&body(&container)).unwrap(), expected, "{container}");
    }
}

#[test]
fn the_newest_sample_of_load_counts() {
    let sample = |at: i64, cpu: Value| json!({"at": at, "timespan": 6, "hostCpuUtilization": cpu, "hostMemoryUtilization": "50"});
    let load = |samples: Value| {
        resources(&body(&json!({"StatisticsResources": samples})))
            .unwrap()
            .value
    };
    let newest = load(json!([
        sample(5, json!(1)),
        sample(15, json!(25.0)),
        sample(10, json!(2))
    ]))
    .unwrap();
    assert_eq!(
        (
            newest.host_cpu_ratio,
            newest.host_memory_ratio,
            newest.process_cpu_ratio
        ),
        (Some(0.25), Some(0.5), None)
    );
    assert_eq!(load(json!([sample(5, json!(-1))])).unwrap().host_cpu_ratio, None);
    assert_eq!(
        load(json!([sample(5, json!("nan"))])).unwrap().host_cpu_ratio,
        None
    );
    assert_eq!(load(json!([])), None);
    assert_eq!(resources(&body(&json!({"size": 0}))).unwrap().value, None);
}

#[test]
fn bandwidth_rows_need_time_place_and_amount() {
    let rows = bandwidth(&body(&json!({"Device": [{"id": 1}], "StatisticsBandwidth": [
        {"accountID": 1, "deviceID": 208, "timespan": 6, "at": 1_718_387_650, "lan": true, "bytes": 5_000_000_000_u64},
        {"at": "1718387651", "lan": "0", "bytes": "22"},
        {"accountID": 1, "at": 1, "lan": true},
        {"accountID": 1, "at": 1, "lan": true, "bytes": -5},
        {"accountID": 1, "bytes": 5, "at": 1},
    ]})))
    .unwrap();
    let told: Vec<_> = rows
        .value
        .iter()
        .map(|r| (r.account, r.device, r.at_s, r.lan, r.bytes))
        .collect();
    assert_eq!(
        told,
        [
            (1, 208, 1_718_387_650, true, 5_000_000_000),
            (0, 0, 1_718_387_651, false, 22)
        ]
    );
    assert_eq!(rows.issues.len(), 4);
}

#[test]
fn transcodes_of_both_kinds() {
    let count = |list: Value| {
        transcodes(&body(&json!({"TranscodeSession": list})))
            .unwrap()
            .value
    };
    let cases = [
        (json!({"key": "a", "context": "streaming"}), (1, 0)),
        (
            json!({"key": "a", "context": "static", "offlineTranscode": true}),
            (0, 1),
        ),
        (json!({"key": "a", "context": "static", "progress": 45.4}), (0, 1)),
        (
            json!({"key": "a", "context": "static", "offlineTranscode": false}),
            (1, 0),
        ),
        // A tuner at work.
        (json!({"key": "a", "context": "static", "progress": -1}), (1, 0)),
        (
            json!([{"key": "a"}, {"key": "/transcode/sessions/a"}, {"key": "b"}, {}, {}]),
            (4, 0),
        ),
        (json!(null), (0, 0)),
    ];
    for (list, (streaming, offline)) in cases {
        assert_eq!(
            count(list.clone()),
            TranscodeCounts { streaming, offline },
            "{list}"
        );
    }
}

#[test]
fn activities_and_updates() {
    let decoded = activities(&body(&json!({"Activity": [
        {"uuid": "u1", "type": "library.update.section", "title": "Scanning", "subtitle": "", "progress": 87},
        {"uuid": "u2", "type": "media.generate.credits", "progress": -1},
        {"type": "x"},
    ]})))
    .unwrap();
    let told: Vec<_> = decoded
        .value
        .iter()
        .map(|a| (&*a.uuid, a.subtitle.as_deref(), a.progress_percent))
        .collect();
    assert_eq!(told, [("u1", None, Some(87.0)), ("u2", None, None)]);
    assert_eq!(decoded.issues.len(), 1);

    let offered = update(&body(
        &json!({"canInstall": true, "Release": [{"version": "1.41", "state": "available"}]}),
    ));
    let offered = offered.unwrap().value;
    assert_eq!(
        (offered.available_version.as_deref(), offered.can_install),
        (Some("1.41"), Some(true))
    );
    let current = update(&body(&json!({"canInstall": "0", "downloadURL": "x"})))
        .unwrap()
        .value;
    assert_eq!(
        (current.available_version, current.can_install),
        (None, Some(false))
    );
}

fn playing(fields: &Value) -> Vec<Notification> {
    let frame = json!({"NotificationContainer": {"PlaySessionStateNotification": fields, "size": 1, "type": "playing"}});
    notifications(frame.to_string().as_bytes())
}

#[test]
fn playing_notifications() {
    let [told] = playing(&json!([{
        "sessionKey": "29", "clientIdentifier": "client-1", "guid": "", "ratingKey": "144504", "url": "",
        "key": "/library/metadata/144504", "viewOffset": 154_000, "playQueueItemID": 17, "state": "playing",
        "transcodeSession": "/transcode/sessions/t29",
    }]))
    .try_into()
    .unwrap();
    assert_eq!(
        told,
        Notification::Playing {
            key: SessionKey::from("29"),
            rating_key: Some("144504".into()),
            client: Some("client-1".into()),
            state: PlayingState::Playing,
            position_ms: Some(154_000),
            transcode_key: Some("t29".into()),
        }
    );
    let keys = |fields: Value| {
        let told = playing(&fields);
        told.into_iter()
            .map(|n| match n {
                Notification::Playing { key, state, .. } => (key.to_string(), state),
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    let of = |key: &str, state| (key.to_owned(), state);
    assert_eq!(
        keys(json!([{"sessionKey": 7, "state": "error"}])),
        [of("7", PlayingState::Error)]
    );
    assert_eq!(
        keys(json!([{"sessionKey": "1", "state": "stopped"}, {"sessionKey": "2", "state": "buffering"}])),
        [of("1", PlayingState::Stopped), of("2", PlayingState::Buffering)]
    );
    assert_eq!(
        keys(json!({"sessionKey": "1", "state": "dreaming", "viewOffset": -4})),
        [of("1", PlayingState::Other)]
    );
    assert_eq!(keys(json!([{"state": "stopped", "ratingKey": ""}])), []);
    assert_eq!(keys(json!([{"sessionKey": "", "state": "stopped"}])), []);
    assert_eq!(keys(json!([])), []);
}

#[test]
fn notifications_in_every_form() {
    use Notification::{Activity, LibraryChanged, TranscodeEnded, TranscodeStarted, TranscodeUpdated};
    let frame = |container: Value| json!({"NotificationContainer": container}).to_string();
    let timeline = |state: Value, provider: &str| {
        frame(
            json!({"type": "timeline", "size": 1, "TimelineEntry": [{"identifier": provider, "itemID": 5, "state": state}]}),
        )
    };
    let library = "com.plexapp.plugins.library";
    let cases = [
        (frame(json!({"type": "transcodeSession.start", "TranscodeSession": [{"key": "a"}]})), vec![TranscodeStarted]),
        (frame(json!({"type": "transcodeSession.update"})), vec![TranscodeUpdated]),
        (frame(json!({"type": "transcodeSession.end"})), vec![TranscodeEnded]),
        (frame(json!({"type": "transcode.end"})), vec![TranscodeEnded]),
        (frame(json!({"ActivityNotification": [{}], "type": "activity"})), vec![Activity]),
        (json!({"type": "activity", "size": 1, "ActivityNotification": [{}]}).to_string(), vec![Activity]),
        (timeline(json!(5), library), vec![LibraryChanged]),
        (timeline(json!("9"), library), vec![LibraryChanged]),
        (timeline(json!(1), library), vec![]),
        (timeline(json!(9), "tv.plex.providers.epg.cloud:4"), vec![]),
        (frame(json!({"type": "status", "StatusNotification": [{"notificationName": "LIBRARY_UPDATE"}]})), vec![LibraryChanged]),
        (frame(json!({"type": "status", "StatusNotification": [{"title": "x"}]})), vec![]),
        (frame(json!({"type": "preference", "Setting": [{"id": "x", "value": "private"}]})), vec![]),
        (frame(json!({"type": "brand.new", "size": 1})), vec![]),
        (frame(json!({"size": 0})), vec![]),
        (json!({"_elementType": "NotificationContainer", "type": "transcodeSession.update", "size": 1, "_children": [
            {"_elementType": "TranscodeSession", "key": "a"}]}).to_string(), vec![TranscodeUpdated]),
        ("1790301266".to_owned(), vec![]),
        ("{\"NotificationContainer\":{\"type\":\"activity\"".to_owned(), vec![]),
    ];
    for (frame, expected) in cases {
        assert_eq!(notifications(frame.as_bytes()), expected, "{frame}");
    }
    let old = json!({"_elementType": "NotificationContainer", "type": "playing", "_children": [
        {"_elementType": "PlaySessionStateNotification", "sessionKey": "145", "state": "paused"}]});
    assert_eq!(notifications(old.to_string().as_bytes()).len(), 1);
}

#[test]
fn events_are_single_objects() {
    let data = br#"{"PlaySessionStateNotification":{"sessionKey":"45","viewOffset":26530,"state":"paused"}}"#;
    assert!(matches!(
        event("playing", data).as_slice(),
        [Notification::Playing {
            state: PlayingState::Paused,
            position_ms: Some(26_530),
            ..
        }]
    ));
    let scan = br#"{"TimelineEntry":{"identifier":"com.plexapp.plugins.library","state":5}}"#;
    assert_eq!(event("timeline", scan), [Notification::LibraryChanged]);
    assert_eq!(
        event("transcodeSession.end", br#"{"TranscodeSession":{"key":"a"}}"#),
        [Notification::TranscodeEnded]
    );
    assert_eq!(event("ping", b"{}"), []);
    assert_eq!(event("playing", b"{}"), []);
    assert_eq!(event("playing", b"not json"), []);
}

#[test]
fn web_pages_are_no_answers() {
    let page = b"<html><head><title>Sign in</title></head></html>";
    let wanted = DecodeError::Html {
        title: Some("Sign in".to_owned()),
    };
    assert_eq!(identity(page).unwrap_err(), wanted);
    assert_eq!(total(page).unwrap_err(), wanted);
    assert_eq!(transcodes(page).unwrap_err(), wanted);
}
