//! The native schema.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Asked, Field, Owned};
use crate::sinks::influx::point::Point;
use crate::sinks::influx::{Schema, line};
use crate::tests::strict::{self, Exposition};
use crate::tests::{build, dispatcharr_build, native as full, properties, scrape, text};
use crate::{Format, Kind, Profile, catalogue};

#[test]
fn every_family_of_the_catalogue_is_a_measurement_and_says_what_the_text_says() {
    let snapshot = full::full();
    let options = dispatcharr_build::everything();
    let asked = Asked {
        options: options.clone(),
        ..Asked::of(Schema::Native)
    };
    let points = asked.points(&snapshot);
    let found: BTreeSet<_> = points.iter().map(|p| p.measurement.as_str()).collect();
    let expected: BTreeSet<_> = catalogue().iter().map(crate::Family::name).collect();
    assert_eq!(found, expected);

    let text = text(Profile::Native, Format::Text, &snapshot, &options);
    let read = strict::parse(&text, Format::Text).unwrap();
    assert_eq!(as_samples(&points), samples_of(&read));
}

#[test]
fn every_point_is_a_line_that_reads_back_the_same() {
    let points = Asked::of(Schema::Native).points(&full::full());
    let mut lines = Vec::new();
    for p in &points {
        let point = Point {
            measurement: &p.measurement,
            tags: p.tags.iter().map(|(k, v)| (&**k, v.into())).collect(),
            fields: p.fields.iter().map(|(k, v)| (&**k, v.clone())).collect(),
            at_ns: p.at_ns,
        };
        assert!(line::encode(&point, &mut lines), "{p:?}");
    }
    let read = sim::influx::parse(&String::from_utf8(lines).unwrap()).unwrap();
    assert_eq!(read.len(), points.len());
    for (read, p) in read.iter().zip(&points) {
        assert_eq!(read.measurement, p.measurement);
        assert!(read.tags.iter().map(|(k, v)| (k, v)).eq(&p.tags), "{p:?}");
        let kind = match p.fields["value"] {
            Field::Int(_) => "integer",
            _ => "float",
        };
        assert_eq!(read.fields[0].1.kind(), kind, "{p:?}");
    }
}

/// Beyond 2^53 milliseconds a float of the seconds is off in its last digit.
fn digits(value: f64) -> String {
    // The text has no negative zero.
    format!("{:.12e}", value + 0.0)
}

/// Series and value, sorted.
fn as_samples(points: &[Owned]) -> Vec<String> {
    let mut all: Vec<_> = points
        .iter()
        .map(|p| {
            assert_eq!(p.fields.len(), 1, "{p:?}");
            let value = match p.fields["value"] {
                Field::Int(n) => n as f64,
                Field::Float(f) => f,
                ref other => panic!("{other:?}"),
            };
            format!("{}{:?} {}", p.measurement, p.tags, digits(value))
        })
        .collect();
    all.sort();
    all
}

fn samples_of(text: &Exposition) -> Vec<String> {
    let mut all: Vec<_> = text
        .all()
        .map(|s| format!("{} {}", s.identity(), digits(s.value)))
        .collect();
    all.sort();
    all
}

#[test]
fn no_label_has_the_name_of_a_field_or_one_that_is_taken() {
    for family in catalogue() {
        for label in family.labels() {
            let is_free = !["value", "time"].contains(label) && !label.starts_with('_');
            assert!(is_free, "{} {label}", family.name());
        }
        let point = Asked::of(Schema::Native).points(&full::full());
        let typed = point.iter().filter(|p| p.measurement == family.name());
        for p in typed {
            let is_int = matches!(p.fields["value"], Field::Int(1));
            assert_eq!(is_int, family.kind() == Kind::Info, "{}", family.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_points_of_any_snapshot_are_its_exposition(server in properties::server()) {
        let snapshot = build::snapshot([server]);
        let points = Asked::of(Schema::Native).points(&snapshot);
        prop_assert_eq!(as_samples(&points), samples_of(&scrape(Profile::Native, &snapshot)));
    }
}
