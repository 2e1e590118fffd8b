//! Lines as real servers read them, and the fake's answers beside those of the real one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use export::sinks::influx::line::{self, KEY_BYTES_MAX, TEXT_BYTES_MAX};
use export::sinks::influx::point::{Field, Point};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde_json::value::RawValue;
use sim::influx::{ParsedPoint, Value, parse};

use crate::servers::{Influxd, VictoriaMetrics};

/// One request of random points.
const POINTS: usize = 3_000;

/// 2023-11-14. Points lie a second apart.
const FROM_NS: i64 = 1_700_000_000_000_000_000;

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

/// A field whose name tells its type, because a type is fixed for a name.
fn field() -> impl Strategy<Value = (&'static str, Field<'static>)> {
    let text = awkward().prop_map(|text| Field::Text(Cow::Owned(text)));
    prop_oneof![
        (prop::sample::select(vec!["text", "text, two=\"x\""]), text),
        (
            prop::sample::select(vec!["int", "int 二"]),
            any::<i64>().prop_map(Field::Int)
        ),
        (
            prop::sample::select(vec!["float", "fl=oat"]),
            any::<f64>().prop_map(Field::Float)
        ),
        (Just("flag"), any::<bool>().prop_map(Field::Bool)),
    ]
}

#[derive(Debug)]
struct Drawn {
    measurement: &'static str,
    tags: BTreeMap<&'static str, String>,
    fields: BTreeMap<&'static str, Field<'static>>,
}

impl Drawn {
    fn point(&self, at_ns: i64) -> Point<'_> {
        Point {
            measurement: self.measurement,
            tags: self
                .tags
                .iter()
                .map(|(k, v)| (*k, Cow::Borrowed(v.as_str())))
                .collect(),
            fields: self.fields.iter().map(|(k, v)| (*k, v.clone())).collect(),
            at_ns,
        }
    }
}

/// The same points in every run, and the lines of those that can be written.
fn lines(field: impl Strategy<Value = (&'static str, Field<'static>)>) -> String {
    let names = prop::sample::select(vec!["now_playing", "a b", "c,d=e", "進撃\"x\""]);
    let keys = prop::sample::select(vec!["host", "lib name", "k=v,w", "ключ"]);
    let points = (
        names,
        prop::collection::btree_map(keys, awkward(), 0..4),
        vec(field, 1..5),
    );
    let points = points.prop_map(|(measurement, tags, fields)| Drawn {
        measurement,
        tags,
        fields: fields.into_iter().collect(),
    });
    let mut runner = TestRunner::deterministic();
    let (mut out, mut at_ns) = (Vec::new(), FROM_NS);
    for _ in 0..POINTS {
        let drawn = points.new_tree(&mut runner).unwrap().current();
        line::encode(&drawn.point(at_ns), &mut out);
        at_ns += 1_000_000_007;
    }
    String::from_utf8(out).unwrap()
}

/// A point in an order that can be compared. Floats by their bits.
type Plain = (String, i64, Vec<(String, String)>, BTreeMap<String, String>);

fn plain(point: ParsedPoint) -> Plain {
    let value = |value| match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Int(n) => n.to_string(),
        Value::Float(f) => format!("{:x}", f.to_bits()),
        Value::Bool(b) => b.to_string(),
    };
    let fields = point.fields.into_iter().map(|(name, v)| (name, value(v)));
    (point.measurement, point.at_ns, point.tags, fields.collect())
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Results>,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    series: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    columns: Vec<String>,
    /// Raw, because `serde_json` would not keep every last digit of a float.
    values: Vec<Vec<Box<RawValue>>>,
}

/// Everything in the database. `kind` tells what a field of this name holds.
async fn stored(influxd: &Influxd, database: &str, kind: impl Fn(&str) -> char) -> Vec<Plain> {
    let text = influxd
        .query_text(database, "SELECT * FROM /.*/ GROUP BY *")
        .await;
    let answer: Answer = serde_json::from_str(&text).unwrap();
    let mut points = Vec::new();
    for series in answer.results.into_iter().flat_map(|r| r.series) {
        // A tag that a series does not have is an empty one here.
        let tags = series.tags.into_iter().filter(|(_, value)| !value.is_empty());
        let tags: Vec<_> = tags.collect();
        for row in series.values {
            let fields = series.columns.iter().zip(&row).skip(1);
            let fields = fields
                .filter(|(_, value)| value.get() != "null")
                .map(|(name, value)| {
                    let value = match kind(name) {
                        't' => format!("{:?}", serde_json::from_str::<String>(value.get()).unwrap()),
                        'f' => format!("{:x}", value.get().parse::<f64>().unwrap().to_bits()),
                        _ => value.get().to_owned(),
                    };
                    (name.clone(), value)
                });
            let at_ns = row[0].get().parse().unwrap();
            points.push((series.name.clone(), at_ns, tags.clone(), fields.collect()));
        }
    }
    points.sort();
    points
}

#[tokio::test]
async fn awkward_points_come_back_from_influxd_as_they_were_meant() {
    let lines = lines(field());
    let mut expected: Vec<Plain> = parse(&lines).unwrap().into_iter().map(plain).collect();
    expected.sort();
    assert!(expected.len() > POINTS / 2, "{}", expected.len());
    let influxd = Influxd::start().await;
    influxd.create_database("d").await;
    assert_eq!(influxd.write("d", lines).await, (204, String::new()));
    let kind = |name: &str| match &name[..2] {
        "te" => 't',
        "fl" if name != "flag" => 'f',
        _ => 'n',
    };
    let stored = stored(&influxd, "d", kind).await;
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored, expected);
    }
    assert_eq!(stored.len(), expected.len());
}

type Fields = Vec<(&'static str, Field<'static>)>;

/// Measurement, fields and time of points that come near to a limit.
fn extremes() -> Vec<(&'static str, Fields, i64)> {
    let text = |text: &str| vec![("text", Field::Text(Cow::Owned(text.to_owned())))];
    let mut all = vec![
        ("long", text(&"x".repeat(TEXT_BYTES_MAX)), FROM_NS),
        ("longer", text(&"x\n".repeat(TEXT_BYTES_MAX)), FROM_NS),
        ("empty", text(""), FROM_NS),
        ("first", vec![("int", Field::Int(i64::MIN))], i64::MIN + 2),
        ("last", vec![("int", Field::Int(i64::MAX))], i64::MAX - 1),
    ];
    let floats = [
        0.1 + 0.2,
        1e15,
        1e16,
        1e300,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        1.5e-5,
    ];
    all.extend(
        (0..)
            .zip(floats)
            .map(|(n, f)| ("floats", vec![("float", Field::Float(f))], FROM_NS + n)),
    );
    all
}

#[tokio::test]
async fn what_comes_near_to_a_limit_is_taken() {
    let influxd = Influxd::start().await;
    influxd.create_database("d").await;
    let mut all = Vec::new();
    for (measurement, fields, at_ns) in extremes() {
        let point = Point {
            measurement,
            tags: vec![("host", "h".into())],
            fields,
            at_ns,
        };
        let from = all.len();
        assert!(line::encode(&point, &mut all), "{measurement}");
        let answer = influxd.write("d", &all[from..]).await;
        assert_eq!(answer, (204, String::new()), "{measurement}");
    }
    let value = "k".repeat(2_000);
    let names: Vec<String> = (0..33).map(|n| format!("t{n:02}")).collect();
    // The first that does not fit is one byte too long.
    let full = KEY_BYTES_MAX - "key".len() - 32 * (value.len() + 5) - 5 - "int".len() - 4;
    for (length, fits) in [(full, true), (full + 1, false)] {
        let mut tags: Vec<(&str, Cow<'_, str>)> = names
            .iter()
            .map(|n| (n.as_str(), value.as_str().into()))
            .collect();
        tags[32].1 = "k".repeat(length).into();
        let point = Point {
            measurement: "key",
            tags,
            fields: vec![("int", Field::Int(1))],
            at_ns: FROM_NS,
        };
        let from = all.len();
        assert_eq!(line::encode(&point, &mut all), fits);
        if fits {
            let own = String::from_utf8(all[from..].to_vec()).unwrap();
            assert_eq!(influxd.write("d", own.clone()).await, (204, String::new()));
            // So it is the server's own limit.
            let longer = own.replacen("t00=k", "t00=kk", 1);
            assert_eq!(influxd.write("d", longer).await.0, 400);
        }
    }
    let lines = String::from_utf8(all).unwrap();
    let mut expected: Vec<Plain> = parse(&lines).unwrap().into_iter().map(plain).collect();
    expected.sort();
    let kind = |name: &str| name.chars().next().unwrap();
    assert_eq!(stored(&influxd, "d", kind).await, expected);
}

#[tokio::test]
async fn victoria_metrics_refuses_nothing_of_it() {
    let numbers = prop_oneof![
        any::<i32>().prop_map(|n| ("int", Field::Int(n.into()))),
        any::<f32>().prop_map(|f| ("float", Field::Float(f.into()))),
    ];
    let lines = lines(numbers);
    let points = parse(&lines).unwrap();
    let values: usize = points.iter().map(|p| p.fields.len()).sum();
    let victoria = VictoriaMetrics::start().await;
    assert_eq!(victoria.write(lines).await, 204);
    assert_eq!(victoria.rows().await, (values as u64, 0));
    let expected: BTreeSet<BTreeMap<String, String>> = points.iter().flat_map(as_series).collect();
    let series = victoria.export("{db=\"any\"}").await;
    let stored: BTreeSet<BTreeMap<String, String>> = series
        .iter()
        .map(|s| {
            let mut labels: BTreeMap<String, String> = serde_json::from_value(s["metric"].clone()).unwrap();
            labels.remove("db");
            labels
        })
        .collect();
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored, expected);
    }
    assert_eq!(stored.len(), expected.len());
}

/// A point's series in VictoriaMetrics, which reads a pair of backslashes in a tag as one.
fn as_series(point: &ParsedPoint) -> Vec<BTreeMap<String, String>> {
    let tags = point
        .tags
        .iter()
        .map(|(k, v)| (k.clone(), v.replace(r"\\", r"\")));
    let tags: BTreeMap<String, String> = tags.collect();
    let named = |(field, _): &(String, Value)| {
        let mut labels = tags.clone();
        labels.insert("__name__".to_owned(), format!("{}_{field}", point.measurement));
        labels
    };
    point.fields.iter().map(named).collect()
}
