//! Bodies in, values and issues out.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, DecodeError, Issue, Str, wire};

wire! {
    struct Outer<'a> {
        name: Str<'a> = "name",
        count: Option<u64> = "count",
        offset: Option<i64> = "offset",
        ratio: Option<f64> = "ratio",
        flag: Option<bool> = "flag",
        one: Option<Box<Inner<'a>>> = "one",
        many: Vec<Inner<'a>> = "many" | "Metadata",
    }

    struct Inner<'a> {
        key: Str<'a> = "key",
        size: Option<u64> = "size",
    }
}

fn debug(body: &[u8]) -> Result<(String, Vec<Issue>), DecodeError> {
    let answer = Answer::new(body)?;
    let (outer, cx) = answer.container::<Outer<'_>>()?;
    Ok((format!("{outer:?}"), cx.into_issues()))
}

/// One field of a container, as read, and what was noted about it.
fn field(name: &str, value: &Value) -> (String, Vec<String>) {
    let body = json!({"MediaContainer": {name: value}}).to_string();
    let answer = Answer::new(body.as_bytes()).unwrap();
    let (outer, cx) = answer.container::<Outer<'_>>().unwrap();
    let read = match name {
        "name" => format!("{:?}", outer.name.as_deref()),
        "count" => format!("{:?}", outer.count),
        "offset" => format!("{:?}", outer.offset),
        "ratio" => format!("{:?}", outer.ratio),
        "flag" => format!("{:?}", outer.flag),
        "one" => format!("{:?}", outer.one.map(|o| o.key.unwrap_or_default())),
        _ => format!(
            "{:?}",
            outer
                .many
                .iter()
                .map(|m| m.key.as_deref().unwrap_or("-"))
                .collect::<Vec<_>>()
        ),
    };
    (read, cx.into_issues().iter().map(ToString::to_string).collect())
}

#[test]
fn every_spelling_of_a_scalar_is_taken() {
    let cases = [
        ("name", json!("a"), "Some(\"a\")"),
        ("name", json!("  a b "), "Some(\"a b\")"),
        ("name", json!("\"é"), "Some(\"\\\"é\")"),
        ("name", json!(7), "Some(\"7\")"),
        ("name", json!(-7), "Some(\"-7\")"),
        ("name", json!(1.5), "Some(\"1.5\")"),
        ("name", json!(true), "Some(\"true\")"),
        ("name", json!(" "), "None"),
        ("name", Value::Null, "None"),
        ("count", json!(7), "Some(7)"),
        ("count", json!(" 7 "), "Some(7)"),
        ("count", json!(7.9), "Some(7)"),
        ("count", json!("7.9"), "Some(7)"),
        ("count", json!(u64::MAX), "Some(18446744073709551615)"),
        ("count", json!(""), "None"),
        ("offset", json!(-7), "Some(-7)"),
        ("offset", json!("-7"), "Some(-7)"),
        ("offset", json!(1.0e3), "Some(1000)"),
        ("ratio", json!(0), "Some(0.0)"),
        ("ratio", json!("25.1"), "Some(25.1)"),
        ("ratio", json!(-1.0), "Some(-1.0)"),
        ("flag", json!(true), "Some(true)"),
        ("flag", json!(0), "Some(false)"),
        ("flag", json!("1"), "Some(true)"),
        ("flag", json!("False"), "Some(false)"),
        ("flag", json!(""), "None"),
    ];
    for (name, value, expected) in cases {
        assert_eq!(
            field(name, &value),
            (expected.to_owned(), Vec::new()),
            "{name}: {value}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_left_out_and_noted() {
    let cases = [
        ("name", json!({}), "expected a text, found an object"),
        ("name", json!([["a"]]), "expected a text, found a list"),
        (
            "count",
            json!(-1),
            "expected a number of 0 or more, found a negative number",
        ),
        (
            "count",
            json!("-1"),
            "expected a number of 0 or more, found a text",
        ),
        (
            "count",
            json!(-0.5e300),
            "expected a number of 0 or more, found a number",
        ),
        (
            "count",
            json!("many"),
            "expected a number of 0 or more, found a text",
        ),
        (
            "count",
            json!(true),
            "expected a number of 0 or more, found a boolean",
        ),
        (
            "offset",
            json!(u64::MAX),
            "expected a whole number, found a number",
        ),
        ("ratio", json!("nan"), "expected a number, found a text"),
        ("ratio", json!("-inf"), "expected a number, found a text"),
        ("ratio", json!([1.0]), "expected a number, found a list"),
        ("flag", json!(2), "expected true or false, found a number"),
        ("flag", json!("maybe"), "expected true or false, found a text"),
        ("one", json!(5), "expected an object, found a number"),
    ];
    for (name, value, expected) in cases {
        assert_eq!(
            field(name, &value),
            ("None".to_owned(), vec![format!("{name}: {expected}")]),
            "{value}"
        );
    }
}

#[test]
fn lists_and_objects_stand_for_each_other() {
    let cases = [
        (
            "many",
            json!([{"key": "a"}, {"key": "b"}]),
            r#"["a", "b"]"#,
            vec![],
        ),
        ("many", json!({"key": "a"}), r#"["a"]"#, vec![]),
        ("many", json!([]), "[]", vec![]),
        ("many", Value::Null, "[]", vec![]),
        ("many", json!(""), "[]", vec![]),
        (
            "many",
            json!("x"),
            "[]",
            vec!["many: expected a list, found a text"],
        ),
        (
            "many",
            json!([1, {"key": "b", "size": {}}, null, [{"key": "c"}]]),
            r#"["b"]"#,
            vec![
                "many[0]: expected an object, found a number",
                "many[1].size: expected a number of 0 or more, found an object",
                "many[2]: expected an object, found null",
                "many[3]: expected an object, found a list",
            ],
        ),
        ("one", json!({"key": "a"}), r#"Some("a")"#, vec![]),
        ("one", json!([{"key": "a"}]), r#"Some("a")"#, vec![]),
        ("one", json!([]), "None", vec![]),
        ("one", Value::Null, "None", vec![]),
        (
            "one",
            json!([{"key": "a"}, {"key": "b"}]),
            r#"Some("a")"#,
            vec!["one: expected one object, found 2"],
        ),
    ];
    for (name, value, read, issues) in cases {
        assert_eq!(
            field(name, &value),
            (read.to_owned(), issues.into_iter().map(str::to_owned).collect()),
            "{value}"
        );
    }
}

#[test]
fn keys_match_exactly_and_the_last_of_equals_counts() {
    let body =
        r#"{"extra":1,"MediaContainer":{"Name":["x"],"name":"a","name\"":"typo","\u006eame":"b"},"z":[]}"#;
    let answer = Answer::new(body.as_bytes()).unwrap();
    let (outer, cx) = answer.container::<Outer<'_>>().unwrap();
    assert_eq!(outer.name.as_deref(), Some("b"));
    assert_eq!(cx.into_issues(), []);
}

#[test]
fn issues_are_bounded() {
    let many: Vec<Value> = (0..1000).map(|_| json!(1)).collect();
    let (_, issues) = field("many", &Value::Array(many));
    assert_eq!(issues.len(), 51);
    assert_eq!(issues.last().unwrap(), "and 950 more");
}

#[test]
fn faults_of_the_text_are_mended() {
    let name = |body: &[u8]| {
        let answer = Answer::new(body).unwrap();
        let (outer, _) = answer.container::<Outer<'_>>().unwrap();
        outer.name.map(std::borrow::Cow::into_owned)
    };
    let cases: [(&[u8], &str); 8] = [
        (b"\xef\xbb\xbf {\"MediaContainer\":{\"name\":\"a\"}}", "a"),
        (
            b"{\"MediaContainer\":{\"name\":\"\xe4nikirjat\"}}",
            "\u{fffd}nikirjat",
        ),
        (b"{\"MediaContainer\":{\"name\":\"a\x01b\nc\"}}", "a b c"),
        (br#"{"MediaContainer":{"name":"a\ud83db"}}"#, "a\u{fffd}b"),
        (
            br#"{"MediaContainer":{"ratio":-nan,"count":1e999,"name":"a"}}"#,
            "a",
        ),
        (b"<MediaContainer name='a\x02b'/>", "a b"),
        (
            b"<?xml version=\"1.0\"?>\n<MediaContainer name=\"&lt;a&#x1;&quot;\\&gt;&#xA;\"/>",
            "<a     \"\\>",
        ),
        (
            br#"{"name":"a","_children":[],"_elementType":"MediaContainer"}"#,
            "a",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(
            name(body).as_deref(),
            Some(expected),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn three_forms_of_an_answer_read_alike() {
    let json = json!({"MediaContainer": {
        "name": "n", "count": 2, "flag": true, "one": {"key": "o"},
        "Metadata": [{"key": "a", "size": 1}, {"key": "b", "size": 2}],
    }});
    let xml = r#"<MediaContainer name="n" count="2" flag="1"><Video key="a" size="1"/>text<one key="o"/><Track key="b" size="2"><Genre/></Track></MediaContainer>"#;
    let legacy = json!({
        "_elementType": "MediaContainer", "name": "n", "count": "2", "flag": "1",
        "_children": [
            {"_elementType": "Video", "key": "a", "size": "1"},
            {"_elementType": "one", "key": "o", "_children": []},
            {"_elementType": "Track", "key": "b", "size": 2, "_children": [{"_elementType": "Genre"}, 7]},
        ],
    });
    let expected = debug(json.to_string().as_bytes()).unwrap();
    assert_eq!(debug(xml.as_bytes()).unwrap(), expected);
    assert_eq!(debug(legacy.to_string().as_bytes()).unwrap(), expected);
}

#[test]
fn unusable_answers_name_their_cause_and_quote_nothing() {
    let cases = [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("nonsense secret", "the answer is neither JSON nor XML"),
        (
            "<html><head><title>Unauthorized</title></head></html>",
            "the answer is a web page titled \"Unauthorized\", not data",
        ),
        ("\n<!DOCTYPE HTML><p>secret", "the answer is a web page, not data"),
        (
            "{\"MediaContainer\":{\"name\":\"secret",
            "the answer breaks off at line 1, column 33",
        ),
        (
            "<MediaContainer name=\"secret",
            "the answer breaks off at line 1, column 28",
        ),
        (
            "<MediaContainer><a>",
            "the answer breaks off at line 1, column 19",
        ),
        (
            "<a></b>",
            "the answer is not XML: expected 'a' tag, not 'b' at 1:4",
        ),
        (
            "{\"MediaContainer\":secret}",
            "the answer is not JSON: expected value at line 1 column 19",
        ),
        ("[\"secret\"]", "the answer is not a MediaContainer but a list"),
        ("{}", "the answer is not a MediaContainer but an empty object"),
        (
            "{\"error\":\"secret\"}",
            "the answer is not a MediaContainer but an object with \"error\"",
        ),
        (
            "<Response code=\"503\"/>",
            "the answer is not a MediaContainer but an object with \"Response\"",
        ),
        (
            "{\"MediaContainer\":null}",
            "the answer is not a MediaContainer but something else of that name",
        ),
        (
            "{\"MediaContainer\":\"secret\"}",
            "the answer is not a MediaContainer but something else of that name",
        ),
    ];
    for (body, expected) in cases {
        let message = debug(body.as_bytes()).unwrap_err().to_string();
        assert_eq!(message, expected, "{body}");
    }
    let long = format!("{{\"{}\":1}}", "x".repeat(10_000));
    assert!(debug(long.as_bytes()).unwrap_err().to_string().len() < 200);
}

#[test]
fn depth_is_no_danger() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let skipped = format!(
        "{{\"MediaContainer\":{{\"x\":{},\"name\":\"a\"}}}}",
        deep("[", "]")
    );
    assert!(debug(skipped.as_bytes()).unwrap().0.contains("\"a\""));
    let read = format!("{{\"MediaContainer\":{{\"many\":{}}}}}", deep("[", "]"));
    assert!(debug(read.as_bytes()).is_err());
    let _ = debug(deep("{\"_elementType\":\"x\",\"_children\":[", "]}").as_bytes());
    let xml = format!(
        "<MediaContainer name='a'>{}</MediaContainer>",
        deep("<b>", "</b>")
    );
    assert!(debug(xml.as_bytes()).unwrap().0.contains("\"a\""));
}

/// Any JSON, mostly small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}|nan|-?inf|1e999|\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let keys = prop_oneof![
            Just("key"),
            Just("size"),
            Just("Metadata"),
            Just("_elementType"),
            Just("_children")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(keys.prop_map(str::to_owned), inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn one_bad_field_costs_only_itself(
        bad in any_json(),
        which in prop::sample::select(vec!["count", "offset", "ratio", "flag", "one", "many", "unheard_of"]),
    ) {
        let body = json!({"MediaContainer": {which: bad, "name": "kept"}}).to_string();
        let answer = Answer::new(body.as_bytes()).unwrap();
        let (outer, _) = answer.container::<Outer<'_>>().unwrap();
        prop_assert_eq!(outer.name.as_deref(), Some("kept"));
        prop_assert!(outer.ratio.is_none_or(f64::is_finite));
    }

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = debug(&bytes);
    }

    #[test]
    fn cut_and_changed_texts_never_panic(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        form in 0..3_usize,
    ) {
        let forms = [
            r#"{"MediaContainer":{"name":"\ud83d\ude00","count":"2","many":[{"key":"a","size":-1.5e3}],"one":null}}"#,
            r#"<?xml version="1.0"?><MediaContainer name="&#x1F600;" count="2"><Video key="a"/></MediaContainer>"#,
            r#"{"_elementType":"MediaContainer","name":"n","_children":[{"_elementType":"Video","key":"a"}]}"#,
        ];
        let whole = forms[form].as_bytes();
        let at = at.index(whole.len());
        prop_assert!(debug(&whole[..at]).is_err());
        let mut changed = whole.to_vec();
        changed[at] = byte;
        let _ = debug(&changed);
    }
}
