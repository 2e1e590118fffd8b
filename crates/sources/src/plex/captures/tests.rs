//! Small stand-ins for recordings.

use super::*;

fn taken_for(name: &str, content: &str) -> (&'static str, String) {
    let report = check_capture(Path::new(name), content.as_bytes());
    (report.decoded_as, report.note.unwrap_or_default())
}

#[test]
fn files_are_known_by_their_content() {
    let session = r#"{"sessionKey":"1","type":"movie","Media":[{"Part":[{"decision":"directplay"}]}]}"#;
    let cases = [
        (
            format!(r#"{{"MediaContainer":{{"Metadata":[{session}]}}}}"#),
            "sessions",
        ),
        (session.to_owned(), "sessions"),
        (
            "<Video sessionKey='1' type='movie'><Media id='1'/></Video>".to_owned(),
            "sessions",
        ),
        (
            r#"<MediaContainer><Video sessionKey="1"><Media id="1"><Part id="#.to_owned(),
            "sessions",
        ),
        (
            r#"{"MediaContainer":{"Metadata":[{"ratingKey":"1","title":"x"}]}}"#.to_owned(),
            "items",
        ),
        (r#"{"throttled":false,"key":"abc"}"#.to_owned(), "transcodes"),
        (r#"{"MediaContainer":{"size":0}}"#.to_owned(), "count"),
        (
            r#"{"response":{"http_code":401,"body":"<html><title>No</title></html>"}}"#.to_owned(),
            "web page",
        ),
        (
            r#"{"code":503,"title":"Maintenance","status":"Starting."}"#.to_owned(),
            "maintenance",
        ),
        (
            r#"{"NotificationContainer":{"type":"activity"}}"#.to_owned(),
            "notifications",
        ),
        (
            "{\"NotificationContainer\":{}}\n{\"NotificationContainer\":{}}\n".to_owned(),
            "notifications",
        ),
        ("event: activity\ndata: {}\n\n".to_owned(), "notifications"),
        (
            r#"[{"clientIdentifier":"m","provides":"server"}]"#.to_owned(),
            "plex.tv resources",
        ),
        (
            r#"{"id":1,"code":"AB","expiresIn":900}"#.to_owned(),
            "plex.tv pin",
        ),
        (
            r#"{"MediaContainer":{"size":1,"Setting":[{"id":"x"}]}}"#.to_owned(),
            "other",
        ),
        ("payload => {\"event\":\"media.play\"} end".to_owned(), "other"),
        ("{\"MediaContainer\":{".to_owned(), "unreadable"),
        (String::new(), "unreadable"),
    ];
    for (content, expected) in cases {
        let (decoded_as, note) = taken_for("file", &content);
        assert_eq!(decoded_as, expected, "{content}: {note}");
    }
    assert_eq!(
        taken_for("sessions-empty.xml", "<MediaContainer size='0'/>").0,
        "sessions"
    );
    assert_eq!(
        taken_for("transcode-empty.json", r#"{"MediaContainer":{"size":0}}"#).0,
        "transcodes"
    );
}

#[test]
fn a_report_tells_what_was_found_and_what_was_not() {
    let (_, note) = taken_for(
        "f",
        r#"{"MediaContainer":{"Metadata":[{"sessionKey":"1","type":"movie","Media":[{"Part":[{"Stream":[{"streamType":1,"decision":"copy"}]}]}]}]}}"#,
    );
    assert_eq!(note, "1 sessions [movie unknown copy container], 0 lookups");
    let report = check_capture(
        Path::new("f"),
        b"{\"MediaContainer\":{\"Metadata\":[{\"sessionKey\":\"1\",\"title\":[\"\xe4\"]}]}}",
    );
    assert_eq!(
        report.issues[0].to_string(),
        "Metadata[0].title: expected a text, found a list"
    );
    assert!(
        report
            .note
            .unwrap()
            .ends_with("bytes that are not UTF-8 were replaced")
    );
    let (_, note) = taken_for("f", "text => {\"a\":1} and => {\"b\":2}");
    assert_eq!(note, "read, not used: text; 2 payloads in it");
    let report = check_capture(Path::new("f"), b"data: {\"cut\n");
    assert_eq!((report.decoded_as, report.issues.len()), ("notifications", 1));
}

#[test]
fn cut_xml_is_closed() {
    let cases = [
        ("<a><b c=\"1\"/><d>", "<a><b c=\"1\"/><d></d></a>"),
        (
            "<?xml?><a><b></b><c d=\"x>y\"",
            "<?xml?><a><b></b><c d=\"x>y\"/></a>",
        ),
        ("<a><b c=\"1", "<a></a>"),
        ("<a/>", "<a/>"),
    ];
    for (cut, whole) in cases {
        assert_eq!(closed(cut), whole);
    }
}
