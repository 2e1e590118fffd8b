//! Every row of the table of the format, and the space of inputs, against the strict reader of `sim`.

use proptest::collection::vec;
use proptest::prelude::*;
use sim::influx::{Value, parse};

use super::*;

fn text(text: &str) -> Field<'_> {
    Field::Text(Cow::Borrowed(text))
}

fn point<'a>(tags: &[(&'a str, &'a str)], fields: Vec<(&'a str, Field<'a>)>) -> Point<'a> {
    Point {
        measurement: "m",
        tags: tags.iter().map(|(k, v)| (*k, Cow::Borrowed(*v))).collect(),
        fields,
        at_ns: 5,
    }
}

fn line(point: &Point<'_>) -> Option<String> {
    let mut out = b"before".to_vec();
    let written = encode(point, &mut out);
    let line = String::from_utf8(out).unwrap();
    let line = line.strip_prefix("before").unwrap();
    assert_eq!(written, !line.is_empty());
    written.then(|| line.to_owned())
}

#[track_caller]
fn check(point: &Point<'_>, expected: &str) {
    let line = line(point).unwrap_or_default();
    assert_eq!(line, format!("{expected}\n"));
    parse(&line).unwrap();
}

#[test]
fn tags_are_escaped_cleaned_or_left_out() {
    for (value, written) in [
        ("plain", ",t=plain"),
        ("a,b=c d", r",t=a\,b\=c\ d"),
        ("quoted \"x\"", ",t=quoted\\ \"x\""),
        ("進撃の巨人", ",t=進撃の巨人"),
        // A line of its own would be a forged point.
        ("x\nforged v=1 1", r",t=x\nforged\ v\=1\ 1"),
        ("x\r\ny", r",t=x\ \ny"),
        ("nul\0tab\tdel\u{7f}nel\u{85}", r",t=nul\ tab\ del\ nel"),
        ("\u{85}x\u{9f}y\u{a0}z", ",t=x\\ y\u{a0}z"),
        // Kept as they are, not doubled.
        (r"C:\media", r",t=C:\media"),
        (r"\\nas\media", r",t=\\nas\media"),
        // Their meaning would depend on who reads them.
        (r"end\", ",t=end"),
        (r"end \\ \", ",t=end"),
        (r"a\ b\\,c\=d", r",t=a\ b\,c\=d"),
        ("a\\\nb\\\u{80}c\\\0d", r",t=a\nb\ c\ d"),
        ("", ""),
        (" \t\r\n", ""),
        (r"\\", ""),
        ("  around  ", ",t=around"),
    ] {
        let fields = vec![("v", Field::Int(1))];
        check(&point(&[("t", value)], fields), &format!("m{written} v=1i 5"));
    }
}

#[test]
fn texts_keep_all_but_control_characters() {
    for (value, written) in [
        ("", ""),
        ("a,b=c d", "a,b=c d"),
        ("say \"x\"", r#"say \"x\""#),
        (r"C:\media\", r"C:\\media\\"),
        // As influxdb-python has written it since 5.2.3: two characters, and stored as two.
        ("Пилот\nsecond line", r"Пилот\nsecond line"),
        ("a\\\nb", r"a\\\nb"),
        ("x\r\ny\0z\u{7f}\u{85}\u{a0}\ttab ", "x \\ny z  \u{a0}\ttab "),
    ] {
        let point = point(&[], vec![("v", text(value))]);
        check(&point, &format!("m v=\"{written}\" 5"));
    }
}

#[test]
fn numbers_read_back_the_same() {
    for (n, written) in [
        (0, "0i"),
        (-7, "-7i"),
        (i64::MAX, "9223372036854775807i"),
        (i64::MIN, "-9223372036854775808i"),
    ] {
        check(
            &point(&[], vec![("v", Field::Int(n))]),
            &format!("m v={written} 5"),
        );
    }
    for (f, written) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1.5e-5, "0.000015"),
        (1.5e-7, "1.5e-7"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1e300, "1e+300"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (1_700_000_000.25, "1700000000.25"),
    ] {
        check(
            &point(&[], vec![("v", Field::Float(f))]),
            &format!("m v={written} 5"),
        );
    }
    let flags = vec![("no", Field::Bool(false)), ("yes", Field::Bool(true))];
    check(&point(&[], flags), "m no=false,yes=true 5");
}

#[test]
fn what_is_not_finite_is_left_out_and_the_point_with_its_last_field() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let fields: Vec<_> = odd.iter().map(|f| ("odd", Field::Float(*f))).collect();
    assert_eq!(line(&point(&[], fields.clone())), None);
    assert_eq!(line(&point(&[], Vec::new())), None);
    let with_one = [fields, vec![("v", Field::Int(1))]].concat();
    check(&point(&[], with_one), "m v=1i 5");
}

#[test]
fn names_are_escaped_or_refused() {
    let one = |name| vec![(name, Field::Int(1))];
    check(
        &point(&[("a b,c=d", "x")], one("e f,g=h")),
        r"m,a\ b\,c\=d=x e\ f\,g\=h=1i 5",
    );
    for bad in ["", "time", "line\nfeed", "nul\0", r"back\slash", "nel\u{85}"] {
        assert_eq!(line(&point(&[], one(bad))), None, "{bad:?}");
        let kept = [one(bad), one("v")].concat();
        check(&point(&[(bad, "x")], kept), "m v=1i 5");
        let renamed = |measurement| Point {
            measurement,
            ..point(&[], one("v"))
        };
        if bad != "time" {
            assert_eq!(line(&renamed(bad)), None, "{bad:?}");
        }
        check(&renamed("a=b, c"), r"a=b\,\ c v=1i 5");
        // It would be a comment.
        assert_eq!(line(&renamed("#m")), None);
    }
}

#[test]
fn tags_are_sorted_by_bytes_and_the_first_of_a_name_is_kept() {
    let tags = [
        ("b", "1"),
        ("a", ""),
        ("B", "2"),
        ("a", "3"),
        ("b", "4"),
        ("a-", "5"),
        ("a", "6"),
        ("é", "7"),
    ];
    check(
        &point(&tags, vec![("v", Field::Int(1))]),
        "m,B=2,a=3,a-=5,b=1,é=7 v=1i 5",
    );
    // In order, and yet twice.
    let twice = point(&[("a", "1"), ("a", "2")], vec![("v", Field::Int(1))]);
    check(&twice, "m,a=1 v=1i 5");
    let many: Vec<String> = (0..40).map(|n| format!("k{n:02}")).collect();
    let tags: Vec<(&str, &str)> = many.iter().rev().map(|k| (k.as_str(), "x")).collect();
    let sorted = many.join("=x,");
    check(
        &point(&tags, vec![("v", Field::Int(1))]),
        &format!("m,{sorted}=x v=1i 5"),
    );
}

#[test]
fn the_time_is_within_the_range_of_influxdb() {
    for (at_ns, taken) in [
        (i64::MIN, false),
        (i64::MIN + 1, false),
        (i64::MIN + 2, true),
        (-1, true),
        (0, true),
        (i64::MAX - 1, true),
        (i64::MAX, false),
    ] {
        let point = Point {
            at_ns,
            ..point(&[], vec![("v", Field::Int(1))])
        };
        let expected = taken.then(|| format!("m v=1i {at_ns}\n"));
        assert_eq!(line(&point), expected);
    }
}

#[test]
fn long_strings_are_cut_between_characters() {
    let stored = |long: &str| {
        let line = line(&point(&[("t", long)], vec![("v", text(long))])).unwrap();
        let read = parse(&line).unwrap().remove(0);
        let Value::Text(text) = &read.fields[0].1 else {
            panic!("{read:?}");
        };
        (text.len(), read.tags[0].1.len())
    };
    assert_eq!(stored(&"x".repeat(TEXT_BYTES_MAX)), (65_536, 2_048));
    assert_eq!(stored(&"x".repeat(TEXT_BYTES_MAX + 1)), (65_536, 2_048));
    assert_eq!(stored(&"語".repeat(TEXT_BYTES_MAX)), (65_535, 2_046));
    // Each line feed is stored as two bytes.
    assert_eq!(stored(&"x\n".repeat(TEXT_BYTES_MAX)), (65_536, 3_070));
}

#[test]
fn a_key_too_long_is_not_written() {
    let value = "x".repeat(TAG_BYTES_MAX);
    let names: Vec<String> = (0..32).map(|n| format!("{n:02}")).collect();
    let mut tags: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), value.as_str())).collect();
    // `m`, and for each tag a comma, its name and an equals sign; then the separator and a field's name of one byte.
    let room = KEY_BYTES_MAX - 1 - 31 * (TAG_BYTES_MAX + 4) - 4 - KEY_SEPARATOR_BYTES - 1;
    tags[31].1 = &value[..room];
    let fits = line(&point(&tags, vec![("v", Field::Int(1))])).unwrap();
    parse(&fits).unwrap();
    assert_eq!(line(&point(&tags, vec![("vv", Field::Int(1))])), None);
    assert_eq!(
        line(&point(&tags, vec![("v", Field::Int(1)), ("vv", Field::Int(1))])),
        None
    );
    tags[31].1 = &value[..=room];
    assert_eq!(line(&point(&tags, vec![("v", Field::Int(1))])), None);
}

/// Texts of everything that ever broke a writer of lines.
fn awkward() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ ,=\\\\\"\n\r\t\0#']{1,4}",
        1 => "[\u{7f}-\u{a1}\u{2028}語é🎬]{1,3}",
        3 => "[a-z0-9_]{1,6}",
        1 => Just(" 1700000000000000000\nforged,t=x v=1 1".to_owned()),
        1 => any::<String>(),
    ];
    vec(part, 0..5).prop_map(|parts| parts.concat())
}

fn field() -> impl Strategy<Value = Field<'static>> {
    prop_oneof![
        awkward().prop_map(|text| Field::Text(Cow::Owned(text))),
        any::<i64>().prop_map(Field::Int),
        any::<f64>().prop_map(Field::Float),
        any::<bool>().prop_map(Field::Bool),
    ]
}

fn stored_tag(value: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let ends = |text: &str| {
        let text = text.trim_start_matches(blank);
        text.trim_end_matches(|c| blank(c) || c == '\\').to_owned()
    };
    let (mut out, mut backslashes) = (String::new(), 0);
    for c in ends(value).chars() {
        let (stored, marked) = match c {
            '\\' => {
                backslashes += 1;
                continue;
            }
            '\n' => ("\\n".to_owned(), true),
            c if c.is_control() => (" ".to_owned(), true),
            c => (c.to_string(), " ,=".contains(c)),
        };
        let kept = if marked { 0 } else { backslashes };
        out.push_str(&"\\".repeat(kept));
        out.push_str(&stored);
        backslashes = 0;
    }
    out
}

fn stored_text(text: &str) -> String {
    let stored = |c: char| match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\t".to_owned(),
        c if c.is_control() => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(stored).collect()
}

fn usable(name: &str) -> bool {
    let odd = |c: char| c.is_control() || c == '\\';
    !name.is_empty() && name != "time" && !name.contains(odd)
}

proptest! {
    /// What a strict reader finds in the line is what was meant, and there is one line.
    #[test]
    fn what_is_read_is_what_was_meant(
        measurement in awkward(),
        tags in vec((awkward(), awkward()), 0..6),
        fields in vec((awkward(), field()), 0..5),
        at_ns in any::<i64>(),
    ) {
        let mut seen = Vec::new();
        let fields: Vec<_> = fields.iter().filter(|(name, _)| {
            let new = !seen.contains(&name);
            seen.push(name);
            new
        }).collect();
        let point = Point {
            measurement: &measurement,
            tags: tags.iter().map(|(k, v)| (k.as_str(), Cow::Borrowed(v.as_str()))).collect(),
            fields: fields.iter().map(|(name, field)| (name.as_str(), field.clone())).collect(),
            at_ns,
        };
        let mut expected_tags: Vec<(String, String)> = Vec::new();
        for (key, value) in &tags {
            let value = stored_tag(value);
            let new = expected_tags.iter().all(|(k, _)| k != key);
            if new && usable(key) && !value.is_empty() {
                expected_tags.push((key.clone(), value));
            }
        }
        expected_tags.sort();
        let expected_fields: Vec<(String, Value)> = fields.iter().filter_map(|(name, field)| {
            let value = match field {
                Field::Text(text) => Value::Text(stored_text(text)),
                Field::Int(n) => Value::Int(*n),
                Field::Float(f) => Value::Float(Some(*f).filter(|f| f.is_finite())?),
                Field::Bool(b) => Value::Bool(*b),
            };
            usable(name).then(|| (name.clone(), value))
        }).collect();
        let odd = |c: char| c.is_control() || c == '\\';
        let good = !measurement.is_empty() && !measurement.contains(odd) && !measurement.starts_with('#')
            && !expected_fields.is_empty() && (i64::MIN + 2..i64::MAX).contains(&at_ns);
        let line = line(&point);
        prop_assert_eq!(line.is_some(), good);
        if let Some(line) = line {
            let read = parse(&line).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(&read[0].measurement, &measurement);
            prop_assert_eq!(&read[0].tags, &expected_tags);
            prop_assert_eq!(&read[0].fields, &expected_fields);
            prop_assert_eq!(read[0].at_ns, at_ns);
        }
    }
}
