//! What is an answer and what is none; addresses without passwords.

use serde_json::{Value, json};

use super::address::{reduced, without_addresses};
use super::*;

fn refused(body: &str) -> String {
    stats(body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn nothing_on_the_air_must_have_been_said() {
    let empty = json!({"live": {"channels": []}, "vod": {"vod_connections": []}, "catchup": {"timeshift_sessions": []}});
    assert_eq!(stats(empty.to_string().as_bytes()).unwrap().issues, []);
    for (place, with, field) in [
        ("/live", json!(null), "live"),
        ("/live", json!("x"), "live"),
        ("/live/channels", json!(null), "live.channels"),
        ("/live/channels", json!({"channel_id": "x"}), "live.channels"),
        ("/live/channels", json!(3), "live.channels"),
        ("/vod", json!([]), "vod"),
        ("/vod/vod_connections", json!("none"), "vod.vod_connections"),
        ("/catchup", json!(null), "catchup"),
        (
            "/catchup/timeshift_sessions",
            json!({}),
            "catchup.timeshift_sessions",
        ),
    ] {
        let mut body = empty.clone();
        *body.pointer_mut(place).unwrap() = with;
        assert_eq!(
            refused(&body.to_string()),
            format!("the answer has no {field}"),
            "{body}"
        );
    }
    for (body, what) in [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        (
            "<!DOCTYPE html><title>Dispatcharr</title>",
            "the answer is a web page titled \"Dispatcharr\", not data",
        ),
        ("[]", "the answer is not a JSON object but something else"),
        ("\"x\"", "the answer is not a JSON object but something else"),
        ("{\"live\"", "the answer breaks off at line 1, column 7"),
        (
            "{} {}",
            "the answer is not JSON: trailing characters at line 1 column 4",
        ),
        ("{\"detail\": \"planted\"}", "the answer has no live"),
    ] {
        assert_eq!(refused(body), what, "{body}");
    }
    assert_eq!(
        live(b"{\"channels\": {}}").unwrap_err().to_string(),
        "the answer has no channels"
    );
    assert_eq!(
        vod(b"{}").unwrap_err().to_string(),
        "the answer has no vod_connections"
    );
    assert_eq!(
        detail(b"{\"error\": \"x\"}").unwrap_err().to_string(),
        "the answer has no channel_id"
    );
    // A refusal is no list of one.
    assert!(list::<Group>(b"{\"detail\": \"x\"}").is_err());
}

#[test]
fn numbers_that_json_does_not_know_cost_only_themselves() {
    let body = br#"{"channels": [{"channel_id": "NaN", "uptime": NaN, "source_fps": Infinity, "total_bytes": 1e999, "stream_id": 3}]}"#;
    let read = live(body).unwrap().value.channels.unwrap();
    let channel = &read[0];
    assert_eq!(
        (channel.channel_id.as_deref(), channel.stream_id),
        (Some("NaN"), Some(3))
    );
    assert_eq!(
        (channel.uptime_s, channel.source_fps, channel.total_bytes),
        (None, None, None)
    );
}

#[test]
fn what_could_not_be_read_is_told_by_its_place() {
    let body =
        json!({"channels": [{"channel_id": "a", "uptime": [], "clients": ["x", {"client_id": "c"}]}, 7]});
    let read = live(body.to_string().as_bytes()).unwrap();
    let issues: Vec<_> = read.issues.iter().map(ToString::to_string).collect();
    assert_eq!(
        issues,
        [
            "channels[0].clients[0]: expected an object, found a text",
            "channels[0].uptime: expected a number, found a list",
            "channels[1]: expected an object, found a number",
        ]
    );
}

#[test]
fn the_order_of_streams_keeps_its_gaps() {
    for (told, read) in [
        (json!([5, 1]), Some(vec![Some(5), Some(1)])),
        (
            json!(["5", {}, null, 1.0]),
            Some(vec![Some(5), None, None, Some(1)]),
        ),
        (json!([]), Some(vec![])),
        (json!(null), None),
        (json!({"id": 1}), None),
        (json!(3), None),
    ] {
        let rows = list::<ChannelRow>(json!([{"streams": told}]).to_string().as_bytes()).unwrap();
        assert_eq!(rows.value[0].streams.0, read, "{told}");
    }
}

/// No field holds what nobody may see, so nothing can show it.
#[test]
fn passwords_are_not_even_read() {
    let planted = json!({
        "id": 1, "name": "n", "username": "u", "password": "planted", "url": "http://h/live/planted/planted/1.ts",
        "server_url": "http://planted:planted@h:8080/a/planted?password=planted", "api_key": "planted", "email": "planted",
        "custom_properties": {"xc_password": "planted", "user_info": {"password": "planted", "exp_date": "1"}},
        "profiles": [{"id": 1, "custom_properties": {"user_info": {"password": "planted", "username": "planted"}}}],
        "last_message": "cannot get http://h/live/planted/planted/1.ts or /get.php?password=planted",
        "channel_id": "c", "clients": [{"client_id": "x"}],
    });
    let body = json!([planted]).to_string();
    let body = body.as_bytes();
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        list::<Account>(body).unwrap(),
        list::<User>(body).unwrap(),
        list::<EpgSource>(body).unwrap(),
        list::<StreamRow>(body).unwrap(),
        live(json!({"channels": [planted]}).to_string().as_bytes()).unwrap(),
    );
    assert!(!shown.contains("planted"), "{shown}");
    let users = list::<User>(body).unwrap().value;
    assert!(users[0].custom.as_ref().unwrap().has_xc_password.0);
    for (password, is_there) in [(json!(""), false), (json!(null), false), (json!("x"), true)] {
        let body = json!([{"custom_properties": {"xc_password": password}}]).to_string();
        let users = list::<User>(body.as_bytes()).unwrap().value;
        assert_eq!(users[0].custom.as_ref().unwrap().has_xc_password.0, is_there);
    }
    let token: Token = object(b"{\"access\": \"planted\", \"refresh\": \"planted\"}")
        .unwrap()
        .value;
    assert!(!format!("{token:?}").contains("planted") && token.access.is_some());
}

#[test]
fn addresses_are_reduced() {
    for (given, shown) in [
        ("http://127.0.0.1:18180", Some("http://127.0.0.1:18180")),
        ("http://host:8080/list.m3u", Some("http://host:8080/list.m3u")),
        (
            "http://host/get.php?username=u&password=p",
            Some("http://host/get.php"),
        ),
        ("https://u:p@host/epg.xml#frag", Some("https://host/epg.xml")),
        ("http://host/live/user/pass/1.ts", Some("http://host")),
        ("http://host/user/pass", Some("http://host")),
        ("http://host/user:pass", Some("http://host")),
        ("http://host/user%3Apass", Some("http://host")),
        ("http://host/a;key=b", Some("http://host")),
        ("http://host//", Some("http://host")),
        ("http://[::1]:80/x/", Some("http://[::1]/x")),
        ("host:8080/x", None),
        ("user:pass@host", None),
        ("/data/list.m3u", None),
        ("file:///data/user/pass", None),
        ("data:text/plain,secret", None),
        ("", None),
    ] {
        assert_eq!(reduced(given).as_deref(), shown, "{given}");
    }
}

#[test]
fn messages_lose_addresses_and_keep_words() {
    let plain = "Processing completed in 1.5 seconds. Streams: 2 created, 0 updated.";
    for (given, shown) in [
        (plain, plain),
        ("two\n lines\tof \u{7} it", "two lines of it"),
        (
            "HTTP 403 for http://u:p@h:80/get.php?password=p.",
            "HTTP 403 for http://h/get.php",
        ),
        ("bad url (\"https://h/live/u/p/1.ts\")", "bad url https://h"),
        (
            "Max retries exceeded with url: /get.php?username=u&password=p (Caused by x)",
            "Max retries exceeded with url: … (Caused by x)",
        ),
        (
            "see /live/u/p/1.ts and and/or u@h password=p",
            "see … and and/or … …",
        ),
        ("odd ://x and http:// end", "odd … and … end"),
    ] {
        assert_eq!(without_addresses(given), shown, "{given}");
    }
    let long = without_addresses(&"ä".repeat(1000));
    assert_eq!((long.chars().count(), long.chars().last()), (301, Some('…')));
}

proptest::proptest! {
    /// Wherever in an address or message a password stands that a URL marks as one, it is gone.
    #[test]
    fn no_password_gets_through(user in "[a-z]{4,8}", secret in "[A-Z0-9]{6,12}", before in "[a-z ,.(]{0,10}", after in "[ .,)][a-z ]{0,10}") {
        for url in [
            format!("http://{user}:{secret}@host:8080/x"),
            format!("http://host/live/{user}/{secret}/1.ts"),
            format!("https://host/get.php?username={user}&password={secret}"),
            format!("http://host/#{secret}"),
        ] {
            proptest::prop_assert!(!reduced(&url).unwrap_or_default().contains(&secret));
            let words = without_addresses(&format!("{before}{url}{after}"));
            proptest::prop_assert!(!words.contains(&secret), "{}", words);
        }
    }

    #[test]
    fn any_message_and_address_can_be_read(text: String) {
        reduced(&text);
        let words = without_addresses(&text);
        proptest::prop_assert!(!words.contains('\n') && words.chars().count() <= 301);
    }
}

/// Every kind of answer as a recorded one would come, to be sure that nothing needs a field.
#[test]
fn every_field_may_be_missing() {
    let empty: Value = json!([{}]);
    let body = empty.to_string();
    let body = body.as_bytes();
    assert!(list::<Account>(body).unwrap().issues.is_empty());
    assert!(list::<Programme>(body).unwrap().issues.is_empty());
    assert!(list::<StreamProfile>(body).unwrap().issues.is_empty());
    assert!(object::<Version>(b"{}").unwrap().value.version.is_none());
    assert!(object::<ChannelPage>(b"{}").unwrap().value.results.is_none());
    assert!(object::<PluginList>(b"{}").unwrap().value.plugins.is_none());
}
