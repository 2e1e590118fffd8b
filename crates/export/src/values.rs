//! An exposition as values, for people who look at it.
//!
//! Heads are taken as the encoder is given them. Labels and numbers are read back from the lines it wrote: label
//! blocks exist as text alone, made once for many families, and a second way to make them would cost the scrape, which
//! is asked a thousand times as often. What is read is our own writing, so anything unexpected is left out, not
//! guessed at.

use crate::text::{Head, Kind};

/// One family and its first samples.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyValues {
    /// As samples carry it.
    pub name: &'static str,
    pub kind: Kind,
    pub unit: Option<&'static str>,
    pub help: &'static str,
    /// Samples there are.
    pub series: usize,
    /// The first of them, in the order of the exposition.
    pub samples: Vec<SampleValue>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SampleValue {
    /// In the order of the exposition; empty ones are left out, as to a reader they are the same as none.
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

/// Where a family's samples begin.
pub(crate) type Index = Vec<(Head, usize)>;

/// The families of a text of the classic form; of each at most `samples_max` samples.
pub(crate) fn read(text: &str, index: &Index, samples_max: usize) -> Vec<FamilyValues> {
    let ends = index.iter().skip(1).map(|(_, begin)| *begin).chain([text.len()]);
    let family = |((head, begin), end): (&(Head, usize), usize)| {
        let lines = text[*begin..end].lines().filter(|line| !line.starts_with('#'));
        FamilyValues {
            name: head.name,
            kind: head.kind,
            unit: head.unit,
            help: head.help,
            series: lines.clone().count(),
            samples: lines
                .take(samples_max)
                .filter_map(|line| sample(head.name, line))
                .collect(),
        }
    };
    index.iter().zip(ends).map(family).collect()
}

/// `name{a="b",c="d"} 1.5`, or without labels.
fn sample(name: &str, line: &str) -> Option<SampleValue> {
    let mut rest = line.strip_prefix(name)?;
    let mut labels = Vec::new();
    if let Some(within) = rest.strip_prefix('{') {
        rest = within;
        loop {
            let (label, value) = rest.split_once("=\"")?;
            let (value, after) = unescaped(value)?;
            if !value.is_empty() {
                labels.push((label.to_owned(), value));
            }
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => break rest = after.strip_prefix('}')?,
            }
        }
    }
    let value = rest.strip_prefix(' ')?.parse().ok()?;
    Some(SampleValue { labels, value })
}

/// A label's value up to its closing quote, and what follows that.
fn unescaped(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{Encoder, Format, Value, label_set};

    const HEAD: Head = Head {
        name: "media_things",
        kind: Kind::Gauge,
        unit: Some("things"),
        help: "Things.",
    };

    fn read_one(line: &str) -> Option<(Vec<(String, String)>, f64)> {
        sample("media_things", line).map(|s| (s.labels, s.value))
    }

    #[test]
    fn only_whole_lines_of_ours_are_read() {
        assert_eq!(read_one("media_things 1.5"), Some((vec![], 1.5)));
        let labels = vec![("a".to_owned(), "x,y=\"}\\ \n".to_owned())];
        let line = "media_things{a=\"x,y=\\\"}\\\\ \\n\",b=\"\"} 1e300";
        assert_eq!(read_one(line), Some((labels, 1e300)));
        for broken in [
            "media_other 1",
            "media_things",
            "media_things{a=\"x\" 1",
            "media_things{a=\"x\"}1",
            "media_things{a=\"x} 1",
            "media_things{a=\"x\"} one",
            "media_things{a=\"x\\",
        ] {
            assert_eq!(read_one(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn what_the_encoder_writes_is_read_back(values in prop::collection::vec(("\\PC*", ".*", any::<u32>()), 0..8), max in 0_usize..8) {
            let (mut out, mut index) = (Vec::new(), Index::new());
            let mut encoder = Encoder::indexed(&mut out, &mut index);
            encoder.family(Head { name: "media_none", ..HEAD });
            encoder.family(HEAD);
            for (a, b, value) in &values {
                encoder.labelled(&label_set!["a", "b"], &[a, b], Value::Int(u64::from(*value)));
            }
            encoder.family(Head { name: "media_last", unit: None, ..HEAD });
            encoder.labelled(&crate::text::LabelSet::NONE, &[], Value::Float(0.25));
            encoder.finish();
            let found = read(std::str::from_utf8(&out).unwrap(), &index, max);
            let expected: Vec<_> = values.iter().take(max).map(|(a, b, value)| SampleValue {
                labels: [("a", a), ("b", b)].into_iter().filter(|(_, v)| !v.is_empty())
                    .map(|(n, v)| (n.to_owned(), v.clone())).collect(),
                value: f64::from(*value),
            }).collect();
            let (last, before) = found.split_last().unwrap();
            prop_assert_eq!((last.name, last.series, last.unit), ("media_last", 1, None));
            if values.is_empty() {
                prop_assert!(before.is_empty());
            } else {
                prop_assert_eq!(before.len(), 1);
                prop_assert_eq!((before[0].name, before[0].series), ("media_things", values.len()));
                prop_assert_eq!(&before[0].samples, &expected);
            }
            let mut plain = Vec::new();
            let mut encoder = Encoder::new(&mut plain, Format::Text);
            encoder.family(HEAD);
            for (a, b, value) in &values {
                encoder.labelled(&label_set!["a", "b"], &[a, b], Value::Int(u64::from(*value)));
            }
            encoder.finish();
            prop_assert!(out.starts_with(&plain), "an index changes nothing of what is written");
        }
    }
}
