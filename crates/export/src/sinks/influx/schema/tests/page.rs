//! The reference page lists what is written, and nothing else.

use std::sync::Arc;

use model::{ContentKind, LibraryKind};

use super::*;

/// Schema, measurement and field or tag, with its type: `tag`, `text`, `int` or `float`.
type Listed = BTreeMap<(String, String, String), String>;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/influx.md");

/// The words in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The tables below `## schema` and `### measurement`.
fn tables(page: &str) -> Listed {
    let (mut schema, mut measurement, mut kind_at) = ("", "", None);
    let mut listed = Listed::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            measurement = quoted(title).first().copied().unwrap_or_default();
        } else if let Some(title) = line.strip_prefix("## ") {
            (schema, measurement) = (quoted(title).first().copied().unwrap_or_default(), "");
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", "tag", ..] => kind_at = Some(None),
            ["", "field", "type", ..] => kind_at = Some(Some(2)),
            ["", first, ..] if kind_at.is_some() && !measurement.is_empty() => {
                let kind = kind_at.flatten().map_or("tag", |n: usize| cells[n]);
                for name in quoted(first) {
                    let at = (schema.to_owned(), measurement.to_owned(), name.to_owned());
                    let before = listed.insert(at, kind.to_owned());
                    assert_eq!(before, None, "{line}: listed twice");
                }
            }
            _ => kind_at = None,
        }
    }
    listed
}

/// All that the page says, also what a schema has from the one it is like.
fn listed(page: &str) -> Listed {
    let own = tables(page);
    let mut all = own.clone();
    // "The tags are those of `extended`."
    let tags = own
        .iter()
        .filter(|((s, ..), kind)| s == "extended" && *kind == "tag");
    for ((_, measurement, name), kind) in tags {
        all.insert(
            ("pdc2017".to_owned(), measurement.clone(), name.clone()),
            kind.clone(),
        );
    }
    // "As `pdc2017`, but:"
    for ((schema, measurement, name), kind) in all.clone() {
        if schema == "pdc2017" {
            all.entry(("pdc2018".to_owned(), measurement, name))
                .or_insert(kind);
        }
    }
    all
}

/// All that is written for a server that has everything.
fn written() -> Listed {
    let mut server = build::rich("attic");
    let counts = [
        (ContentKind::Shows, 1),
        (ContentKind::Seasons, 2),
        (ContentKind::Episodes, 3),
    ];
    let shows = build::library("2", "TV Shows", LibraryKind::Show, &counts);
    server.libraries = Some(Arc::new(vec![shows]));
    let snapshot = build::snapshot([server]);
    let addition = Addition {
        server: "attic".into(),
        kind: "movie".into(),
        title: None,
        grandparent_title: None,
        added_at: None,
    };
    let mut all = Listed::new();
    for schema in [Schema::Extended, Schema::Pdc2017, Schema::Pdc2018] {
        let asked = Asked {
            additions: vec![addition.clone()],
            ..Asked::of(schema)
        };
        for point in asked.points(&snapshot) {
            let tags = point.tags.keys().map(|name| (name, "tag"));
            let fields = point.fields.iter().map(|(name, field)| {
                let kind = match field {
                    Field::Text(_) => "text",
                    Field::Int(_) => "int",
                    Field::Float(_) => "float",
                    Field::Bool(_) => "bool",
                };
                (name, kind)
            });
            for (name, kind) in tags.chain(fields) {
                let at = (
                    format!("{schema:?}").to_lowercase(),
                    point.measurement.clone(),
                    name.clone(),
                );
                all.insert(at, kind.to_owned());
            }
        }
    }
    all
}

#[test]
fn the_reference_page_lists_what_is_written() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (listed, written) = (listed(&page), written());
    for (at, kind) in &written {
        assert_eq!(listed.get(at), Some(kind), "{at:?} is written and not listed so");
    }
    for at in listed.keys() {
        assert!(written.contains_key(at), "{at:?} is listed and not written");
    }
}
