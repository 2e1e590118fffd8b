//! The four schemas through their door, [`points`].

mod collectors;
mod native;
mod page;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::{Snapshot, SourceId, Text};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::LabelPolicy;
use crate::sinks::influx::point::Field;
use crate::tests::{build, policy, properties};

const ALL: [Schema; 4] = [Schema::Native, Schema::Extended, Schema::Pdc2017, Schema::Pdc2018];

/// 60 s after the start of the plays that tests make.
fn now_ns() -> i64 {
    i64::try_from(build::at(60).as_nanosecond()).unwrap()
}

/// What is asked for in most tests: all of it, as it stands.
struct Asked {
    schema: Schema,
    empty_strings: EmptyStrings,
    servers: Vec<String>,
    additions: Vec<Addition>,
    options: Options,
}

impl Asked {
    fn of(schema: Schema) -> Self {
        Self {
            schema,
            empty_strings: EmptyStrings::Write,
            servers: Vec::new(),
            additions: Vec::new(),
            options: Options::default(),
        }
    }

    fn points(&self, snapshot: &Snapshot) -> Vec<Owned> {
        let urls = BTreeMap::from([(SourceId::from("attic"), Text::from("http://192.0.2.7:32400"))]);
        let input = Input {
            schema: self.schema,
            snapshot,
            now_ns: now_ns(),
            with_libraries: true,
            empty_strings: self.empty_strings,
            servers: &self.servers,
            urls: &urls,
            additions: &self.additions,
            process: Some(&build::process()),
            options: &self.options,
        };
        points(&input).iter().map(Owned::of).collect()
    }
}

/// A point that outlives what it was made of.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    measurement: String,
    tags: BTreeMap<String, String>,
    fields: BTreeMap<String, Field<'static>>,
    at_ns: i64,
}

impl Owned {
    fn of(point: &Point<'_>) -> Self {
        let own = |field: &Field<'_>| match field {
            Field::Text(text) => Field::Text(Cow::Owned(text.to_string())),
            Field::Int(n) => Field::Int(*n),
            Field::Float(f) => Field::Float(*f),
            Field::Bool(b) => Field::Bool(*b),
        };
        let tags = point.tags.iter().filter(|(_, v)| !v.is_empty());
        let owned = Self {
            measurement: point.measurement.to_owned(),
            tags: tags.map(|(k, v)| ((*k).to_owned(), v.to_string())).collect(),
            fields: point
                .fields
                .iter()
                .map(|(k, v)| ((*k).to_owned(), own(v)))
                .collect(),
            at_ns: point.at_ns,
        };
        assert_eq!(owned.fields.len(), point.fields.len(), "a field twice: {point:?}");
        owned
    }

    fn text(&self, field: &str) -> &str {
        match &self.fields[field] {
            Field::Text(text) => text,
            other => panic!("{field} is no text but {other:?}"),
        }
    }

    fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map_or("", |v| v)
    }
}

fn of<'p>(points: &'p [Owned], measurement: &str) -> Vec<&'p Owned> {
    points.iter().filter(|p| p.measurement == measurement).collect()
}

#[test]
fn only_the_servers_that_are_asked_for() {
    let snapshot = build::snapshot([build::rich("attic"), build::rich("cellar")]);
    for schema in ALL {
        let asked = Asked {
            servers: vec!["cellar".to_owned()],
            ..Asked::of(schema)
        };
        let points = asked.points(&snapshot);
        assert!(
            points
                .iter()
                .any(|p| p.tags.values().any(|v| v.contains("cellar")))
        );
        assert!(
            !points
                .iter()
                .any(|p| p.tags.values().any(|v| v == "attic" || v.contains("192.0.2.7"))),
            "{schema:?}: {points:#?}"
        );
    }
}

#[test]
fn names_that_are_dropped_or_hashed_stand_in_no_schema() {
    for schema in ALL {
        let all = |policy| {
            let asked = Asked {
                options: Options {
                    users: policy,
                    titles: policy,
                    hash_salt: "PLANTED-SALT".to_owned(),
                    ..Options::default()
                },
                ..Asked::of(schema)
            };
            format!("{:?}", asked.points(&policy::marked()))
        };
        let kept = all(LabelPolicy::Keep);
        for mark in ["USER-", "TITLE-"] {
            assert!(kept.contains(mark), "{schema:?}");
            assert!(!all(LabelPolicy::Hash).contains(mark), "{schema:?}");
            assert!(!all(LabelPolicy::Drop).contains(mark), "{schema:?}");
        }
        assert_eq!(kept.contains("203.0.113.77"), schema != Schema::Native);
        assert!(!all(LabelPolicy::Hash).contains("203.0.113.77"), "{schema:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever is on, no field changes its type, and no point replaces another.
    #[test]
    fn any_snapshot_gives_distinct_points_of_steady_types(
        servers in vec(properties::server(), 0..4),
        options in properties::options(),
    ) {
        let snapshot = build::snapshot(servers);
        for schema in ALL {
            let asked = Asked { options: options.clone(), ..Asked::of(schema) };
            let points = asked.points(&snapshot);
            let mut identities = BTreeSet::new();
            let mut types = BTreeMap::new();
            for p in &points {
                let identity = (p.measurement.clone(), p.tags.clone(), p.at_ns);
                prop_assert!(identities.insert(identity), "twice: {p:?}");
                for (name, field) in &p.fields {
                    let kind = std::mem::discriminant(field);
                    let before = types.insert((p.measurement.clone(), name.clone()), kind);
                    prop_assert!(before.is_none_or(|b| b == kind), "{p:?}");
                    prop_assert!(!p.tags.contains_key(name), "{p:?}");
                }
            }
            let again = asked.points(&snapshot);
            // Not `==`: a figure that is not a number is not equal to itself.
            prop_assert_eq!(format!("{points:?}"), format!("{again:?}"));
        }
    }
}
