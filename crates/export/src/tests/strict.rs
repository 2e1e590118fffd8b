//! A parser that accepts less than any Prometheus does: what it reads, every scraper reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::Format;

#[derive(Debug, Default)]
pub(crate) struct Exposition {
    pub(crate) families: Vec<Parsed>,
}

#[derive(Debug)]
pub(crate) struct Parsed {
    /// As in the head: without `_total` and `_info` in `OpenMetrics`.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) unit: Option<String>,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    /// In the order of the wire.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    /// As written.
    pub(crate) raw: String,
}

impl Sample {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// Name and non-empty labels, sorted: what a database takes for the identity.
    pub(crate) fn identity(&self) -> String {
        let labels: BTreeMap<_, _> = self
            .labels
            .iter()
            .filter(|(_, v)| !v.is_empty())
            .cloned()
            .collect();
        format!("{}{labels:?}", self.name)
    }
}

impl Exposition {
    pub(crate) fn family(&self, name: &str) -> Option<&Parsed> {
        self.families.iter().find(|f| f.name == name)
    }

    /// All samples of the family; none if it is not there.
    pub(crate) fn samples(&self, name: &str) -> Vec<&Sample> {
        self.family(name)
            .map_or(Vec::new(), |f| f.samples.iter().collect())
    }

    /// Values, as written, of the samples that carry these labels.
    pub(crate) fn values(&self, name: &str, labels: &[(&str, &str)]) -> Vec<&str> {
        let fits = |s: &&Sample| labels.iter().all(|(n, v)| s.label(n) == *v);
        self.samples(name)
            .into_iter()
            .filter(fits)
            .map(|s| s.raw.as_str())
            .collect()
    }

    /// The one value with these labels.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> &str {
        let values = self.values(name, labels);
        assert_eq!(
            values.len(),
            1,
            "{name} {labels:?} among {:#?}",
            self.samples(name)
        );
        values[0]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Sample> {
        self.families.iter().flat_map(|f| &f.samples)
    }
}

/// Reads an exposition or says which line is wrong.
pub(crate) fn parse(text: &str, format: Format) -> Result<Exposition, String> {
    let body = match format {
        Format::Text => text,
        Format::OpenMetrics => text.strip_suffix("# EOF\n").ok_or("no # EOF at the end")?,
    };
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("no line feed at the end".to_owned());
    }
    let (mut found, mut names, mut identities) = (Exposition::default(), BTreeSet::new(), BTreeSet::new());
    for line in body.split_terminator('\n') {
        let at = |what: &str| format!("{what}: {line}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or_else(|| at("help without text"))?;
            if !is_name(name) || !names.insert(name.to_owned()) {
                return Err(at("bad or repeated family"));
            }
            let quotes = format == Format::OpenMetrics;
            let help = unescape(help, quotes).ok_or_else(|| at("bad escape in help"))?;
            found.families.push(Parsed {
                name: name.to_owned(),
                kind: String::new(),
                help,
                unit: None,
                samples: Vec::new(),
            });
            continue;
        }
        let family = found
            .families
            .last_mut()
            .ok_or_else(|| at("sample before any head"))?;
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or_else(|| at("type without a kind"))?;
            if name != family.name || !family.kind.is_empty() || !family.samples.is_empty() {
                return Err(at("type out of place"));
            }
            kind.clone_into(&mut family.kind);
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').ok_or_else(|| at("unit without a unit"))?;
            if format == Format::Text || name != family.name || !name.ends_with(&format!("_{unit}")) {
                return Err(at("unit out of place"));
            }
            family.unit = Some(unit.to_owned());
        } else {
            let sample = sample(line).ok_or_else(|| at("bad sample"))?;
            let expected = match (format, family.kind.as_str()) {
                (Format::OpenMetrics, "counter") => format!("{}_total", family.name),
                (Format::OpenMetrics, "info") => format!("{}_info", family.name),
                (_, "gauge") | (Format::Text, "counter") | (Format::OpenMetrics, "unknown") => {
                    family.name.clone()
                }
                _ => return Err(at("unknown kind")),
            };
            if sample.name != expected || !identities.insert(sample.identity()) {
                return Err(at("a sample of another family, or a series twice"));
            }
            family.samples.push(sample);
        }
    }
    match found
        .families
        .iter()
        .find(|f| f.samples.is_empty() || f.kind.is_empty())
    {
        Some(f) => Err(format!("{} has no samples or no type", f.name)),
        None => Ok(found),
    }
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels: Vec<(String, String)> = Vec::new();
    if rest.starts_with('{') {
        loop {
            let (label, after) = rest[1..].split_once("=\"")?;
            let close = closing_quote(after)?;
            if !is_label(label) || labels.iter().any(|(l, _)| l == label) {
                return None;
            }
            labels.push((label.to_owned(), unescape(&after[..close], true)?));
            rest = &after[close + 1..];
            if let Some(value) = rest.strip_prefix('}') {
                rest = value;
                break;
            }
            rest.starts_with(',').then_some(())?;
        }
    }
    let raw = rest.strip_prefix(' ')?.to_owned();
    let clean = raw.bytes().all(|b| b.is_ascii_digit() || b"+-.e".contains(&b));
    let value = raw.parse().ok().filter(|_| clean)?;
    is_name(name).then(|| Sample {
        name: name.to_owned(),
        labels,
        value,
        raw,
    })
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })
}

fn unescape(text: &str, quotes: bool) -> Option<String> {
    let (mut out, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                '"' if quotes => '"',
                _ => return None,
            }),
            '"' if quotes => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

fn is_name(name: &str) -> bool {
    let first = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b == b':';
    name.bytes().next().is_some_and(first) && name.bytes().all(|b| first(b) || b.is_ascii_digit())
}

fn is_label(name: &str) -> bool {
    is_name(name) && !name.contains(':') && !name.starts_with("__")
}

#[test]
fn the_parser_refuses_what_it_should() {
    let head = "# HELP a_total x\n# TYPE a_total counter\n";
    let ok = format!("{head}a_total{{l=\"a\\\"b\\\\\\n\"}} 1\na_total 2.5e3\n");
    let parsed = parse(&ok, Format::Text).unwrap();
    assert_eq!(parsed.samples("a_total")[0].label("l"), "a\"b\\\n");
    for bad in [
        "a_total 1\n".to_owned(),
        head.to_owned(),
        format!("{head}a_total 1"),
        format!("{head}a_total 1\na_total 1\n"),
        format!("{head}a_total{{l=\"\"}} 1\na_total 1\n"),
        format!("{head}b_total 1\n"),
        format!("{head}a_total{{l=\"a\\t\"}} 1\n"),
        format!("{head}a_total{{l=\"a\"b\"}} 1\n"),
        format!("{head}a_total{{l=\"a\",l=\"b\"}} 1\n"),
        format!("{head}a_total{{0=\"a\"}} 1\n"),
        format!("{head}a_total NaN\n"),
        format!("{head}\na_total 1\n"),
        format!("{head}a_total 1\n{head}a_total{{x=\"\"}} 1\n"),
    ] {
        assert!(parse(&bad, Format::Text).is_err(), "{bad}");
    }
    assert!(parse("", Format::OpenMetrics).is_err());
}
