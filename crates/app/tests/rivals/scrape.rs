//! What a scraper reads: a small parser that accepts less than Prometheus does, and look-ups that say what was there.

use std::collections::{BTreeMap, BTreeSet};

use export::{Format, Options, Process, Profile};
use jiff::Timestamp;
use model::Snapshot;

/// The exporters users come from, with the names of their two series per session.
pub(crate) const RIVALS: [Rival; 3] = [
    Rival {
        profile: Profile::Cplieger,
        plays: "plex_plays_active",
        seconds: "plex_play_seconds_total",
    },
    Rival {
        profile: Profile::Cplieger202604,
        plays: "plex_plays_total",
        seconds: "plex_play_seconds_total",
    },
    Rival {
        profile: Profile::TimothyStewart6,
        plays: "plays_total",
        seconds: "play_seconds_total",
    },
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rival {
    pub(crate) profile: Profile,
    pub(crate) plays: &'static str,
    pub(crate) seconds: &'static str,
}

/// One line of an exposition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Sample {
    /// The label's value; empty if it is not there, which is the same to a database.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    fn carries(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == *value)
    }
}

/// One whole exposition.
#[derive(Clone, Debug)]
pub(crate) struct Scrape {
    profile: Profile,
    samples: Vec<Sample>,
}

impl Scrape {
    /// Renders and reads back. Panics on anything a strict scraper would refuse.
    pub(crate) fn of(profile: Profile, snapshot: &Snapshot) -> Self {
        let process = Process {
            version: "0",
            started_at: Timestamp::UNIX_EPOCH,
            tasks: BTreeMap::new(),
            event_listeners: 0,
            dropped: Vec::new(),
            resident_bytes: None,
            cpu_seconds: None,
            history: None,
            sinks: Vec::new(),
        };
        let mut out = Vec::new();
        let (options, now) = (Options::default(), Timestamp::UNIX_EPOCH);
        export::render(profile, Format::Text, snapshot, &process, &options, now, &mut out);
        let text = String::from_utf8(out).expect("an exposition is UTF-8");
        let samples = parse(&text).unwrap_or_else(|why| panic!("{profile}: {why}"));
        Self { profile, samples }
    }

    /// All samples of that name that carry these labels.
    pub(crate) fn all(&self, name: &str, labels: &[(&str, &str)]) -> Vec<&Sample> {
        self.samples
            .iter()
            .filter(|s| s.name == name && s.carries(labels))
            .collect()
    }

    /// The only sample of that name with these labels.
    #[track_caller]
    pub(crate) fn one(&self, name: &str, labels: &[(&str, &str)]) -> &Sample {
        let found = self.all(name, labels);
        assert_eq!(
            found.len(),
            1,
            "{}: {name}{labels:?} among {:#?}",
            self.profile,
            self.all(name, &[])
        );
        found[0]
    }

    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.one(name, labels).value
    }

    /// Sum over all samples of that name with these labels; 0 if there are none.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.all(name, labels).iter().map(|s| s.value).sum()
    }

    #[track_caller]
    pub(crate) fn none(&self, name: &str, labels: &[(&str, &str)]) {
        let found = self.all(name, labels);
        assert!(
            found.is_empty(),
            "{}: {found:#?} should not be there",
            self.profile
        );
    }

    /// Label values of that name over all samples.
    pub(crate) fn label_values(&self, label: &str) -> BTreeSet<&str> {
        self.samples
            .iter()
            .filter_map(|s| s.labels.get(label))
            .map(String::as_str)
            .collect()
    }

    pub(crate) fn samples(&self) -> &[Sample] {
        &self.samples
    }
}

/// Reads the classic text format: for each family a HELP, a TYPE and at least one sample, nothing twice.
fn parse(text: &str) -> Result<Vec<Sample>, String> {
    let (mut samples, mut families, mut seen) = (Vec::<Sample>::new(), BTreeSet::new(), BTreeSet::new());
    let (mut family, mut typed) = (String::new(), false);
    let body = text.strip_suffix('\n').ok_or("the last line has no end")?;
    for line in body.split('\n') {
        let wrong = |what: &str| format!("{what}: {line}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, _help) = rest.split_once(' ').ok_or_else(|| wrong("a help without text"))?;
            if !families.insert(name.to_owned()) {
                return Err(wrong("a family twice"));
            }
            (family, typed) = (name.to_owned(), false);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let kind = rest
                .strip_prefix(family.as_str())
                .ok_or_else(|| wrong("a type out of place"))?;
            typed = matches!(kind, " counter" | " gauge");
        } else {
            let sample = sample(line).ok_or_else(|| wrong("not a sample"))?;
            if !typed || sample.name != family {
                return Err(wrong("a sample of another family"));
            }
            let named: Vec<_> = sample.labels.iter().filter(|(_, v)| !v.is_empty()).collect();
            if !seen.insert(format!("{}{named:?}", sample.name)) {
                return Err(wrong("a series twice"));
            }
            samples.push(sample);
        }
    }
    Ok(samples)
}

fn sample(line: &str) -> Option<Sample> {
    let name_end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            if !is_name(label) || labels.insert(label.to_owned(), value).is_some() {
                return None;
            }
            rest = after;
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        rest = rest.strip_prefix('}')?;
    }
    let value = rest.strip_prefix(' ')?;
    let is_plain = value.bytes().all(|b| b.is_ascii_digit() || b"+-.e".contains(&b));
    let value = value.parse().ok().filter(|_| is_plain)?;
    is_name(name).then(|| Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// The text up to the closing quote, and what follows that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

fn is_name(name: &str) -> bool {
    let is_first = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    name.bytes().next().is_some_and(is_first) && name.bytes().all(|b| is_first(b) || b.is_ascii_digit())
}

#[test]
fn the_parser_reads_what_is_right_and_refuses_the_rest() {
    let head = "# HELP a x\n# TYPE a gauge\n";
    let samples = parse(&format!("{head}a{{l=\"q\\\"b\\\\n\\n\",m=\"\"}} 1\na 2.5e3\n")).unwrap();
    assert_eq!((samples[0].label("l"), samples[0].value), ("q\"b\\n\n", 1.0));
    assert_eq!((samples[1].label("l"), samples[1].value), ("", 2500.0));
    for bad in [
        "a 1\n".to_owned(),
        format!("{head}a 1"),
        format!("{head}a 1\na{{l=\"\"}} 2\n"),
        format!("{head}b 1\n"),
        format!("{head}a{{l=\"a\"b\"}} 1\n"),
        format!("{head}a{{l=\"a\\t\"}} 1\n"),
        format!("{head}a{{l=\"a\",l=\"b\"}} 1\n"),
        format!("{head}a{{l=\"a\nb\"}} 1\n"),
        format!("{head}a NaN\n"),
        format!("{head}a 1\n\n"),
        format!("{head}a 1\n{head}a{{l=\"x\"}} 1\n"),
    ] {
        assert!(parse(&bad).is_err(), "{bad}");
    }
}
