//! The encoder alone.

use proptest::prelude::*;

use super::strict;
use crate::Format;
use crate::text::{Blocks, Encoder, Head, Kind, LabelSet, Value, label_set};

const HEAD: Head = Head {
    name: "x_seconds_total",
    kind: Kind::Counter,
    unit: Some("seconds"),
    help: "a\\b \"c\"\nd",
};

fn written(format: Format, head: Head, write: impl FnOnce(&mut Encoder<'_>)) -> String {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, format);
    encoder.family(head);
    write(&mut encoder);
    encoder.finish();
    String::from_utf8(out).unwrap()
}

fn value(value: Value) -> String {
    let text = written(Format::Text, HEAD, |e| e.labelled(&LabelSet::NONE, &[], value));
    text.lines()
        .nth(2)
        .and_then(|l| l.strip_prefix("x_seconds_total "))
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn heads() {
    let sample = |e: &mut Encoder<'_>| e.labelled(&label_set!["a", "b"], &["1", ""], Value::Int(5));
    assert_eq!(
        written(Format::Text, HEAD, sample),
        "# HELP x_seconds_total a\\\\b \"c\"\\nd\n# TYPE x_seconds_total counter\nx_seconds_total{a=\"1\",b=\"\"} 5\n"
    );
    assert_eq!(
        written(Format::OpenMetrics, HEAD, sample),
        "# HELP x_seconds a\\\\b \\\"c\\\"\\nd\n# TYPE x_seconds counter\n# UNIT x_seconds seconds\n\
         x_seconds_total{a=\"1\",b=\"\"} 5\n# EOF\n"
    );
    let info = Head {
        name: "y_info",
        kind: Kind::Info,
        unit: None,
        help: "",
    };
    assert_eq!(
        written(Format::OpenMetrics, info, sample),
        "# HELP y \n# TYPE y info\ny_info{a=\"1\",b=\"\"} 5\n# EOF\n"
    );
    assert_eq!(
        written(Format::Text, info, sample),
        "# HELP y_info \n# TYPE y_info gauge\ny_info{a=\"1\",b=\"\"} 5\n"
    );
}

#[test]
fn a_family_without_samples_is_not_there() {
    assert_eq!(written(Format::Text, HEAD, |_| ()), "");
    assert_eq!(written(Format::OpenMetrics, HEAD, |_| ()), "# EOF\n");
    for nothing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(value(Value::Float(nothing)), "");
    }
}

#[test]
fn values() {
    let cases = [
        (Value::Int(0), "0"),
        (Value::Int(u64::MAX), "18446744073709551615"),
        (Value::Int(1_000_000_000_004), "1000000000004"),
        (Value::Millis(0), "0"),
        (Value::Millis(5), "0.005"),
        (Value::Millis(50), "0.05"),
        (Value::Millis(500), "0.5"),
        (Value::Millis(120), "0.12"),
        (Value::Millis(101), "0.101"),
        (Value::Millis(16_000), "16"),
        (Value::Millis(1_763_700_000_123), "1763700000.123"),
        (Value::Float(0.225), "0.225"),
        (Value::Float(-1.5), "-1.5"),
        (Value::Float(1e6), "1000000"),
        (Value::Float(1e300), "1e300"),
        (Value::Float(1.5e-12), "1.5e-12"),
        (Value::Float(-0.0), "0"),
        (Value::from(true), "1"),
    ];
    for (given, expected) in cases {
        assert_eq!(value(given), expected, "{given:?}");
    }
}

#[test]
fn unknown_labels_are_left_out_on_demand() {
    let set = label_set!["a", "b", "c"];
    let cases = [
        (["1", "2", "3"], "{a=\"1\",b=\"2\",c=\"3\"} "),
        (["", "2", "3"], "{b=\"2\",c=\"3\"} "),
        (["1", "", "3"], "{a=\"1\",c=\"3\"} "),
        (["", "", "3"], "{c=\"3\"} "),
        (["1", "", ""], "{a=\"1\"} "),
        (["", "", ""], " "),
    ];
    for (values, expected) in cases {
        let mut blocks = Blocks::default();
        blocks.push_known(&set, &values);
        assert_eq!(blocks.iter().next(), Some(expected.as_bytes()));
        let line = written(Format::Text, HEAD, |e| e.known(&set, &values, Value::Int(1)));
        assert!(line.ends_with(&format!("x_seconds_total{expected}1\n")), "{line}");
    }
}

#[test]
fn blocks_come_back_in_order() {
    let mut blocks = Blocks::default();
    for (a, b) in [("1", "x"), ("22", ""), ("", "\"")] {
        blocks.push(&label_set!["a", "b"], &[a, b]);
    }
    let all: Vec<_> = blocks
        .iter()
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .collect();
    assert_eq!(
        all,
        ["{a=\"1\",b=\"x\"} ", "{a=\"22\",b=\"\"} ", "{a=\"\",b=\"\\\"\"} "]
    );
}

proptest! {
    #[test]
    fn numbers_read_back_the_same(f in prop_oneof![any::<f64>(), 0.0..2.0, (0_u32..9_999_999).prop_map(|n| f64::from(n) * 0.001)], n in any::<u64>(), ms in any::<u64>()) {
        if f.is_finite() {
            let read = value(Value::Float(f)).parse::<f64>().unwrap();
            prop_assert_eq!((read + 0.0).to_bits(), (f + 0.0).to_bits(), "-0 is written as 0");
        }
        prop_assert_eq!(value(Value::Int(n)).parse::<u64>().unwrap(), n);
        let seconds = value(Value::Millis(ms));
        let (whole, rest) = seconds.split_once('.').unwrap_or((&seconds, ""));
        let back = whole.parse::<u64>().unwrap() * 1000 + format!("{rest:0<3}").parse::<u64>().unwrap();
        prop_assert_eq!(back, ms);
    }

    #[test]
    fn label_values_read_back_the_same(text in super::properties::nasty()) {
        for format in [Format::Text, Format::OpenMetrics] {
            let written = written(format, HEAD, |e| e.labelled(&label_set!["l"], &[&text], Value::Int(1)));
            let read = strict::parse(&written, format).map_err(TestCaseError::fail)?;
            prop_assert_eq!(read.families[0].samples[0].label("l"), &text);
            prop_assert_eq!(&read.families[0].help, HEAD.help);
        }
    }
}

#[test]
fn an_escape_is_seen_at_every_place_of_every_length() {
    for length in 0..40 {
        for at in 0..length {
            for special in ['\\', '"', '\n'] {
                let text: String = (0..length).map(|i| if i == at { special } else { 'a' }).collect();
                let mut blocks = Blocks::default();
                blocks.push(&label_set!["l"], &[&text]);
                let escaped = text
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('\n', "\\n");
                let block = format!("{{l=\"{escaped}\"}} ");
                assert_eq!(blocks.iter().next(), Some(block.as_bytes()));
            }
        }
    }
}
