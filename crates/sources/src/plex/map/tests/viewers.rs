//! Who plays what, where.

use model::{Decision, LibraryKind, MediaKind, Network, State};
use serde_json::{Value, json};

use super::super::super::decode::Decoded;
use super::super::{Known, sessions};
use super::{Shelf, episode, live, one, track, transcoded, with};

#[test]
fn a_session_of_a_current_server() {
    let s = Shelf::default()
        .library("2", "Series", LibraryKind::Show)
        .one(episode());
    assert_eq!(s.key.as_str(), "203");
    assert_eq!(s.client_run.as_deref(), Some("run-1"));
    assert_eq!(s.state, State::Playing);
    assert_eq!(s.position_ms, Some(60_000));
    assert_eq!(s.item.kind, MediaKind::Episode);
    assert_eq!(s.item.grandparent_title.as_deref(), Some("Attic"));
    assert_eq!(
        (s.item.parent_index, s.item.index, s.item.year),
        (Some(1), Some(1), Some(2024))
    );
    assert_eq!(s.item.duration_ms, Some(2_700_000));
    assert_eq!(s.item.thumb.as_deref(), Some("/library/metadata/6261/thumb/1"));
    assert_eq!(
        s.item.library.as_ref().map(|l| (l.id.as_str(), l.kind)),
        Some(("2", LibraryKind::Show))
    );
    assert!(s.item.live.is_none() && !s.item.extra);
    assert_eq!(
        s.user.as_ref().map(|u| (u.id.as_deref(), &*u.name)),
        Some((Some("1"), "ada"))
    );
    assert_eq!(s.player.machine_id.as_deref(), Some("client-1"));
    assert_eq!(s.player.network, Some(Network::Lan));
    assert_eq!(s.delivery.reserved_bps, Some(9_000_000));
}

#[test]
fn all_strings_and_all_types_map_alike() {
    fn to_strings(value: &Value) -> Value {
        match value {
            Value::Object(o) => o.iter().map(|(k, v)| (k.clone(), to_strings(v))).collect(),
            Value::Array(a) => a.iter().map(to_strings).collect(),
            Value::Bool(b) => json!(if *b { "1" } else { "0" }),
            Value::Number(n) => json!(n.to_string()),
            other => other.clone(),
        }
    }
    for item in [episode(), transcoded(), track(), live()] {
        assert_eq!(one(to_strings(&item)), one(item));
    }
}

#[test]
fn nothing_plays_in_many_words() {
    let known = Shelf::default();
    let known = Known {
        libraries: &known.libraries,
        metadata: &known.metadata,
    };
    for body in [
        r#"{"MediaContainer":{"size":0}}"#,
        r#"{"MediaContainer":{"size":0,"Metadata":[]}}"#,
        r#"{"MediaContainer":{"size":3,"Metadata":null}}"#,
        "<MediaContainer size=\"0\">\n</MediaContainer>",
        r#"{"_elementType":"MediaContainer","_children":[]}"#,
    ] {
        let Decoded { value, issues } = sessions(body.as_bytes(), &known).unwrap();
        assert!(value.sessions.is_empty() && issues.is_empty(), "{body}");
    }
}

#[test]
fn a_session_without_key_is_named_by_what_there_is() {
    let cases = [
        (json!({"sessionKey": 203}), Some("203"), 0),
        (json!({"sessionKey": ""}), Some("unkeyed-client-1-6263"), 1),
        (json!({"sessionKey": null}), Some("unkeyed-client-1-6263"), 1),
        (json!({"sessionKey": {"a": 1}}), Some("unkeyed-client-1-6263"), 2),
        (
            json!({"sessionKey": null, "ratingKey": null}),
            Some("unkeyed-client-1-/library/metadata/6263"),
            1,
        ),
        (
            json!({"sessionKey": null, "Player": null}),
            Some("unkeyed-run-1-6263"),
            1,
        ),
        (
            json!({"sessionKey": null, "Player": null, "Session": null}),
            Some("unkeyed--6263"),
            1,
        ),
        (
            json!({"sessionKey": null, "Player": null, "Session": null, "ratingKey": null, "key": null}),
            None,
            1,
        ),
    ];
    for (changes, key, issues) in cases {
        let mapped = Shelf::default().map(&[with(episode(), changes.clone())]);
        assert_eq!(
            mapped.value.sessions.first().map(|s| s.key.as_str()),
            key,
            "{changes}"
        );
        assert_eq!(mapped.issues.len(), issues, "{changes}: {:?}", mapped.issues);
    }
}

#[test]
fn one_bad_session_costs_no_other() {
    let mapped = Shelf::default().map(&[
        json!(7),
        episode(),
        with(
            episode(),
            json!({"sessionKey": "204", "Media": 5, "Player": "x", "User": [[]], "duration": -4}),
        ),
        json!({}),
        episode(),
    ]);
    let keys: Vec<&str> = mapped.value.sessions.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(keys, ["203", "204"]);
    let issues: Vec<String> = mapped.issues.iter().map(ToString::to_string).collect();
    assert_eq!(issues.len(), 7, "{issues:?}");
    assert!(
        issues
            .iter()
            .any(|i| i == "Metadata[2].duration: expected a number of 0 or more, found a negative number")
    );
    assert_eq!(mapped.value.sessions[1].item.duration_ms, None);
}

#[test]
fn states() {
    for (wire, state) in [
        (json!("playing"), State::Playing),
        (json!("paused"), State::Paused),
        (json!("buffering"), State::Buffering),
        (json!("stopped"), State::Stopped),
        (json!("dreaming"), State::Unknown),
        (json!(null), State::Unknown),
    ] {
        assert_eq!(
            one(with(episode(), json!({"Player": {"state": wire}}))).state,
            state,
            "{wire}"
        );
    }
    assert_eq!(
        one(with(episode(), json!({"Player": null}))).state,
        State::Unknown
    );
}

#[test]
fn nobody_is_a_user_too() {
    let cases = [
        (json!({"id": "1", "title": "ada"}), Some("ada")),
        (json!({"id": 41, "title": ""}), Some("41")),
        (json!({"id": "", "title": "", "thumb": ""}), None),
        (json!([{"id": "1", "title": "ada"}]), Some("ada")),
        (json!(""), None),
        (json!(null), None),
    ];
    for (user, name) in cases {
        let mut item = episode();
        item["User"] = user.clone();
        assert_eq!(one(item).user.map(|u| u.name).as_deref(), name, "{user}");
    }
}

#[test]
fn networks() {
    use Network::{Cellular, Lan, Relay, Wan};
    let cases = [
        ("lan", json!({}), Some(Lan)),
        ("wan", json!({}), Some(Wan)),
        ("cellular", json!({}), Some(Cellular)),
        // What the server used for its limits counts before its word on the address.
        ("wan", json!({"local": true}), Some(Wan)),
        ("lan", json!({"relayed": true}), Some(Relay)),
        (
            "wan",
            json!({"relayed": null, "remotePublicAddress": "127.0.0.1"}),
            Some(Relay),
        ),
        (
            "wan",
            json!({"relayed": false, "remotePublicAddress": "127.0.0.1"}),
            Some(Wan),
        ),
        ("", json!({"local": false}), Some(Wan)),
        ("moon", json!({"local": true}), Some(Lan)),
        (
            "",
            json!({"local": null, "address": "::ffff:10.0.0.4"}),
            Some(Lan),
        ),
        ("", json!({"local": null, "address": "fd00::1"}), Some(Lan)),
        ("", json!({"local": null, "address": "198.51.100.7"}), Some(Wan)),
        ("", json!({"local": null, "address": "2001:db8::1"}), Some(Wan)),
        ("", json!({"local": null, "address": "attic"}), None),
        ("", json!({"local": null, "address": null}), None),
    ];
    for (location, player, expected) in cases {
        let s = one(with(
            episode(),
            json!({"Session": {"location": location}, "Player": player}),
        ));
        assert_eq!(s.player.network, expected, "{location} {player}");
        assert_eq!(
            s.player.location.as_deref(),
            Some(location).filter(|l| !l.is_empty())
        );
    }
    let s = one(with(episode(), json!({"Player": null})));
    assert_eq!(s.player.network, Some(Lan));
}

#[test]
fn players() {
    let device = |player: Value| {
        one(with(episode(), json!({"Player": player})))
            .player
            .device
            .clone()
    };
    assert_eq!(device(json!({})).as_deref(), Some("Roku Express"));
    assert_eq!(device(json!({"device": "", "model": "bundled"})), None);
    assert_eq!(
        device(json!({"device": "", "model": "darcy"})).as_deref(),
        Some("darcy")
    );
    let s = one(with(
        episode(),
        json!({"Player": {"address": "::ffff:192.168.1.9"}}),
    ));
    assert_eq!(s.player.address.as_deref(), Some("192.168.1.9"));
}

#[test]
fn live_television() {
    let s = one(live());
    let channel = s.item.live.clone().unwrap();
    assert_eq!(channel.call_sign.as_deref(), Some("WGCE"));
    assert_eq!(channel.number.as_deref(), Some("6.5"));
    assert_eq!(
        (s.item.rating_key.clone(), s.item.library.clone(), s.item.extra),
        (None, None, false)
    );
    assert_eq!(s.item.title.as_deref(), Some("Live Session"));
    assert_eq!(s.delivery.decision, Some(Decision::DirectPlay));

    // With guide data it looks like an episode, down to a library it is not in.
    for mark in [
        json!({"live": true}),
        json!({"key": "/livetv/sessions/1"}),
        json!({"Media": [{"origin": "livetv"}]}),
    ] {
        let s = one(with(episode(), mark.clone()));
        assert!(s.item.live.is_some(), "{mark}");
        assert_eq!(
            (s.item.kind, s.item.library.is_none()),
            (MediaKind::Episode, true)
        );
    }
    assert!(one(with(episode(), json!({"live": "0"}))).item.live.is_none());
}
