//! Points as both sides can be compared: those we make, and those that were recorded as lines.

use std::collections::BTreeMap;

use sim::influx::ParsedPoint;

/// A field's type and value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) measurement: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) fields: BTreeMap<String, Value>,
}

impl Row {
    pub(crate) fn of(point: &ParsedPoint) -> Self {
        let value = |value: &sim::influx::Value| match value {
            sim::influx::Value::Text(text) => Value::Text(text.clone()),
            sim::influx::Value::Int(n) => Value::Int(*n),
            sim::influx::Value::Float(f) => Value::Float(*f),
            sim::influx::Value::Bool(_) => panic!("no schema of the collectors has one: {point:?}"),
        };
        let fields = point.fields.iter();
        Self {
            measurement: point.measurement.clone(),
            tags: point.tags.iter().cloned().collect(),
            fields: fields.map(|(name, of)| (name.clone(), value(of))).collect(),
        }
    }

    pub(crate) fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map_or("", |t| t)
    }

    pub(crate) fn is(&self, measurement: &str, host: &str) -> bool {
        self.measurement == measurement && self.tag("host") == host
    }

    pub(crate) fn float(&self, field: &str) -> Option<f64> {
        match self.fields.get(field)? {
            Value::Float(f) => Some(*f),
            other => panic!("{field} is {other:?}"),
        }
    }

    /// One line for each field: what is compared as a multiset.
    pub(crate) fn facts(&self) -> impl Iterator<Item = String> {
        self.fields
            .iter()
            .map(|(name, value)| format!("{} {:?} {name} = {value:?}", self.measurement, self.tags))
    }

    /// Reads a recorded line.
    pub(crate) fn parse(line: &str) -> Self {
        let (key, fields) = cut(line, ' ');
        let (measurement, mut rest) = cut(key, ',');
        let mut tags = BTreeMap::new();
        while !rest.is_empty() {
            let (tag, more) = cut(rest, ',');
            let (name, text) = cut(tag, '=');
            tags.insert(plain(name), plain(text));
            rest = more;
        }
        Self {
            measurement: plain(measurement),
            tags,
            fields: parse_fields(fields),
        }
    }
}

/// Cuts at the first such byte that no backslash stands before.
fn cut(text: &str, at: char) -> (&str, &str) {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        if c == at && !escaped {
            return (&text[..i], &text[i + 1..]);
        }
        escaped = c == '\\' && !escaped;
    }
    (text, "")
}

/// Without the backslashes before commas, blanks and equal signs.
fn plain(text: &str) -> String {
    text.replace("\\,", ",").replace("\\ ", " ").replace("\\=", "=")
}

fn parse_fields(mut rest: &str) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = cut(rest, '=');
        let (value, more) = if let Some(text) = after.strip_prefix('"') {
            let (text, more) = quoted(text);
            (Value::Text(text), more.strip_prefix(',').unwrap_or(more))
        } else {
            let (number, more) = after.split_once(',').unwrap_or((after, ""));
            let value = match number.strip_suffix('i') {
                Some(int) => Value::Int(int.parse().unwrap()),
                None => Value::Float(number.parse().unwrap()),
            };
            (value, more)
        };
        assert!(fields.insert(name.to_owned(), value).is_none(), "{name} twice");
        rest = more;
    }
    fields
}

/// A quoted text and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let (mut out, mut chars) = (String::new(), text.char_indices());
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return (out, &text[i + 1..]),
            '\\' => match chars.next().unwrap().1 {
                c @ ('"' | '\\') => out.push(c),
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    panic!("no end of a text: {text}");
}

#[test]
fn lines_are_read() {
    let row = Row::parse(r#"m,a=x\,\ \=y,b=z f="q\"\\ \n,=",g=3i,h=0.5"#);
    assert_eq!(row.measurement, "m");
    assert_eq!((row.tag("a"), row.tag("b"), row.tag("c")), ("x, =y", "z", ""));
    let fields = [
        ("f", Value::from("q\"\\ \\n,=")),
        ("g", Value::Int(3)),
        ("h", Value::Float(0.5)),
    ];
    assert_eq!(row.fields, fields.map(|(k, v)| (k.to_owned(), v)).into());
}
