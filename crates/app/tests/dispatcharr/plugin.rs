//! Expositions read back. Those of the plugin leniently: it escapes quotes twice, so that no scraper can read it.

use std::collections::BTreeMap;

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// Labels that say what a sample is about; all others only describe it.
const HANDLES: &[&str] = &[
    "type",
    "channel_uuid",
    "client_id",
    "account_id",
    "profile_id",
    "source_id",
    "user_id",
    "status",
];

/// Families in which one of these describes.
const DESCRIBES: &[(&str, &str)] = &[
    ("dispatcharr_stream_metadata", "profile_id"),
    ("dispatcharr_client_info", "user_id"),
    ("dispatcharr_m3u_account_info", "status"),
    ("dispatcharr_m3u_account_stream_count", "status"),
    ("dispatcharr_epg_source_priority", "status"),
];

impl Sample {
    /// Metric and what it is about.
    pub(crate) fn handle(&self) -> String {
        let is_handle = |label: &&&str| {
            let describes = DESCRIBES
                .iter()
                .any(|(name, l)| *name == self.name && l == *label);
            !describes && self.labels.contains_key(**label)
        };
        let about: Vec<_> = HANDLES
            .iter()
            .filter(is_handle)
            .map(|l| format!("{l}={}", self.labels[*l]))
            .collect();
        format!("{}{{{}}}", self.name, about.join(","))
    }
}

/// All samples by their handles.
pub(crate) fn parse(text: &str) -> BTreeMap<String, Sample> {
    let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    let samples = lines.map(|line| sample(line).unwrap_or_else(|| panic!("cannot read {line}")));
    let mut all = BTreeMap::new();
    for sample in samples {
        let handle = sample.handle();
        assert!(all.insert(handle, sample.clone()).is_none(), "twice: {sample:?}");
    }
    all
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(mut inside) = rest.strip_prefix('{') {
        loop {
            let (label, after) = inside.split_once("=\"")?;
            let close = close(after)?;
            labels.insert(label.to_owned(), unescaped(&after[..close]));
            inside = &after[close + 1..];
            if let Some(value) = inside.strip_prefix("} ") {
                rest = value;
                break;
            }
            inside = inside.strip_prefix(',')?;
        }
    }
    Some(Sample {
        name: name.to_owned(),
        labels,
        value: rest.trim().parse().ok()?,
    })
}

/// The quote that another label, or the end of the labels, follows.
fn close(text: &str) -> Option<usize> {
    text.match_indices('"').map(|(at, _)| at).find(|at| {
        let rest = &text[at + 1..];
        let next_label = |rest: &str| {
            rest.split_once("=\"").is_some_and(|(name, _)| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'3')
            })
        };
        rest.starts_with("} ") || rest.strip_prefix(',').is_some_and(next_label)
    })
}

/// A quote escaped once or twice is a quote.
fn unescaped(text: &str) -> String {
    let quotes = text.replace("\\\\\"", "\"").replace("\\\"", "\"");
    let mut out = String::new();
    let mut chars = quotes.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('\\')) => {
                chars.next();
                out.push('\\');
            }
            ('\\', Some('n')) => {
                chars.next();
                out.push('\n');
            }
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn what_no_scraper_can_read_is_read() {
    let broken = r#"a{x="Test \\"Provider\\" A",y="Two \\ \"q\"",m3u="l\nm"} 1.50"#;
    let read = sample(broken).unwrap();
    assert_eq!(read.labels["x"], "Test \"Provider\" A");
    assert_eq!(read.labels["y"], "Two \\ \"q\"");
    assert_eq!(read.labels["m3u"], "l\nm");
    assert!((read.value - 1.5).abs() < f64::EPSILON);
    assert!(sample("a{x=\"1} 2").is_none());
}
