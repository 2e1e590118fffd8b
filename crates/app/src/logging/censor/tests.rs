//! Lines, names, and what is left.

use super::*;

fn knowing(names: &[&str]) -> Censor {
    let censor = Censor::new();
    for name in names {
        censor.hide(name);
    }
    censor
}

fn hidden(names: &[&str], line: &str) -> String {
    let censor = knowing(names);
    let out = if line.starts_with("{\"") {
        censor.apply_json(line)
    } else {
        censor.apply(line)
    };
    out.into_owned()
}

#[test]
fn json_stays_json_whatever_names_are_like() {
    let line = r#"{"timestamp":"2026-11-21T01:02:03.000001Z","level":"INFO","message":"user 42 and true, info","failures":1,"message_count":42,"ok":true,"none":null,"spans":[{"user":"42\\","n":-1.5e3}]}"#;
    let expected = r#"{"timestamp":"2026-11-21T01:02:03.000001Z","level":"INFO","message":"user *** and ***, ***","failures":1,"message_count":42,"ok":true,"none":null,"spans":[{"user":"***\\","n":-1.5e3}]}"#;
    let names = [
        "1", "42", "true", "null", "none", "level", "message", "info", "failures", "2026", "21", "11",
    ];
    assert_eq!(hidden(&names, line), expected);
    let cases = [
        // A level that is no level of ours is text like any other.
        (
            r#"{"message":"x","user":"ada","level":"ada"}"#,
            r#"{"message":"x","user":"***","level":"***"}"#,
        ),
        (r#"{"a" : "ada"}"#, r#"{"a" : "***"}"#),
        // Cut off.
        (r#"{"a":"ada 10.0.0.1"#, r#"{"a":"*** ***.***.***.***"#),
        (r#"{"a"#, r#"{"a"#),
        (r#"{"a":"\"#, r#"{"a":"\"#),
    ];
    for (line, expected) in cases {
        assert_eq!(hidden(&["ada"], line), expected, "{line}");
    }
}

#[test]
fn addresses_become_stars_and_nothing_else_does() {
    let cases = [
        ("at 10.0.0.1:32400, done", "at ***.***.***.***:32400, done"),
        ("from 192.168.1.10.", "from ***.***.***.***."),
        ("110.0.0.1", "***.***.***.***"),
        ("x\\n10.0.0.1\\n", "x\\n***.***.***.***\\n"),
        ("[fe80::1]:32400", "[***]:32400"),
        ("from ::1, from 2001:db8::8a2e:370:7334.", "from ***, from ***."),
        ("from fe80::1: timed out", "from ***: timed out"),
        ("from 2001:db8::", "from ***"),
        ("\\nfe80::1", "\\n***"),
        ("from ::ffff:192.168.1.10, done", "from ***, done"),
        ("[::ffff:192.168.1.10]:32400", "[***]:32400"),
        ("64:ff9b::192.0.2.1.", "***."),
        (
            "https://192-168-1-10.0123abc.plex.direct:32400/x",
            "https://***:32400/x",
        ),
        // Not addresses.
        (
            "2026-11-21T13:35:57.123456Z  INFO x",
            "2026-11-21T13:35:57.123456Z  INFO x",
        ),
        ("version 1.41.3.9314-a0bfb8370", "version 1.41.3.9314-a0bfb8370"),
        (
            "sources::plex, web::api, base::http: abc",
            "sources::plex, web::api, base::http: abc",
        ),
        ("1.2.3 and a: b, ::", "1.2.3 and a: b, ::"),
        ("", ""),
    ];
    for (line, expected) in cases {
        assert_eq!(hidden(&[], line), expected, "{line}");
    }
}

#[test]
fn names_become_stars_however_they_are_written() {
    let cases: &[(&[&str], &str, &str)] = &[
        (
            &["marlo"],
            "user marlo, MARLO and marlo's",
            "user ***, *** and ***'s",
        ),
        (
            &["Ann", "Ann Lee"],
            "Ann Lee and Ann, Annex",
            "*** and ***, Annex",
        ),
        (
            &["Al"],
            "Al, \u{1b}[1mAl\u{1b}[0m, a\\nAl\\tb, final",
            "***, \u{1b}[1m***\u{1b}[0m, a\\n***\\tb, final",
        ),
        (
            &["O\"Neil"],
            r#"O"Neil "O\"Neil" {"user":"\"O\\\"Neil\""}"#,
            r#"*** "***" {"user":"\"***\""}"#,
        ),
        (&["Jürgen"], "Jürgen", "***"),
        (&["two words"], "/two%20words/", "/***/"),
        (&["plex", "", " "], "plex is up", "plex is up"),
        (&["attic"], "http://attic.lan:1", "http://***.lan:1"),
    ];
    for (names, line, expected) in cases {
        assert_eq!(hidden(names, line), *expected, "{line}");
    }
    let listed = [
        (
            "plex.tv: no server is named \"A\"; there are \"B c\", \"D\"",
            "plex.tv: no server is named \"***\"; there are \"***\", \"***\"",
        ),
        (
            r#"{"message":"plex.tv: server \"B\" is away","target":"x"}"#,
            r#"{"message":"plex.tv: server \"***\" is away","target":"x"}"#,
        ),
        (
            r#"{"a":"b","message":"plex.tv: x","target":"y"}"#,
            r#"{"a":"b","message":"plex.tv: x","target":"y"}"#,
        ),
        ("\"a\" plex.tv: b \"c", "\"a\" plex.tv: b \"c"),
        (
            "plex.tv: server \"B\" answers at none of its addresses: local https://media.example.org:443 (refused); remote http://x.example.org/p (late)",
            "plex.tv: server \"***\" answers at none of its addresses: local https://***:443 (refused); remote http://***/p (late)",
        ),
        (
            r#"{"message":"plex.tv: server \"B\" at https://media.example.org","target":"x"}"#,
            r#"{"message":"plex.tv: server \"***\" at https://***","target":"x"}"#,
        ),
        ("https://a.example.org said", "https://a.example.org said"),
        (
            "plex.tv: cannot reach https://plex.tv/api, https://clients.plex.tv",
            "plex.tv: cannot reach https://plex.tv/api, https://clients.plex.tv",
        ),
        (
            "plex.tv: http://[fe80::1]:1/, ://",
            "plex.tv: http://[***]:1/, ://",
        ),
    ];
    for (line, expected) in listed {
        assert_eq!(hidden(&[], line), expected, "{line}");
    }
    assert_eq!(Censor::default().apply("marlo at 10.0.0.1"), "marlo at 10.0.0.1");
    let never = Censor::default();
    never.hide("marlo");
    assert_eq!(never.apply("marlo"), "marlo");
}

#[test]
fn what_is_known_is_bounded() {
    let censor = Censor::new();
    for n in 0..NAMES_MAX + 10 {
        censor.hide(&format!("u{n}"));
    }
    let names = censor.0.as_ref().unwrap().read().unwrap();
    assert_eq!(names.known.len(), NAMES_MAX);
}

use proptest::strategy::Strategy as _;

proptest::proptest! {
    #[test]
    fn no_planted_name_and_no_address_comes_through(
        name in proptest::prop_oneof![
            4 => "[a-zA-Zäöü][a-zA-Z0-9äöü \"\\\\']{0,14}[a-z0-9]",
            1 => "[0-9]{1,6}",
            1 => proptest::sample::select(vec!["true", "null", "level", "message", "count", "INFO"])
                .prop_map(str::to_owned),
        ],
        count in proptest::num::i64::ANY,
        ratio in -1e6..1e6_f64,
        token in "[A-Za-z0-9_-]{12,24}",
        v4 in proptest::array::uniform4(0u8..),
        v6 in proptest::array::uniform8(1u16..),
        parts in proptest::collection::vec("[ -~\n]{0,12}", 5),
        json in proptest::bool::ANY,
    ) {
        let v4 = std::net::Ipv4Addr::from(v4).to_string();
        let v6 = Ipv6Addr::from(v6).to_string();
        let text = format!(
            "{} {name} {:?} {} {v4}:1 {} [{v6}] {} {token} {}",
            parts[0], name, parts[1], parts[2], parts[3], parts[4],
        );
        let event = serde_json::json!({ "message": text, "count": count, "ratio": ratio, "ok": json, "none": null });
        let line = if json { event.to_string() } else { text };
        let censor = knowing(&[&name, &token]);
        let out = if json { censor.apply_json(&line) } else { censor.apply(&line) };
        proptest::prop_assert!(!out.contains(&v4) && !out.contains(&v6) && !out.contains(&token), "{}", out);
        let parsed = json.then(|| serde_json::from_str::<serde_json::Value>(&out));
        let said = match parsed {
            None => out.into_owned(),
            Some(parsed) => {
                let Ok(mut parsed) = parsed else {
                    return Err(proptest::test_runner::TestCaseError::fail(out.into_owned()));
                };
                let said = parsed["message"].take().as_str().map(str::to_owned).unwrap_or_default();
                let mut event: serde_json::Value = serde_json::from_str(&line).unwrap();
                event["message"].take();
                proptest::prop_assert_eq!(parsed, event);
                said
            }
        };
        if name.len() >= 5 && !STARS.contains(&name) {
            proptest::prop_assert!(!said.contains(&name), "{}", said);
        }
    }
}
