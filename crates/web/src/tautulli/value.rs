//! Answers as ordered trees, and the three ways of writing them down: Python's `json.dumps`, the same indented and
//! sorted, and the XML of `xmltodict`.

use std::io::Write as _;

use model::{Scalar, Text};

/// A JSON value whose objects keep the order in which they were made.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Word(&'static str),
    Text(Text),
    Owned(String),
    List(Vec<Value>),
    Object(Object),
}

/// Keys and values in order.
pub(super) type Object = Vec<(&'static str, Value)>;

/// Makes an [`Object`] value from `"key" => value` pairs.
macro_rules! object {
    ($($key:literal => $value:expr),* $(,)?) => {
        $crate::tautulli::value::Value::Object(vec![$(($key, $crate::tautulli::value::Value::from($value))),*])
    };
}

pub(super) use object;

impl Value {
    pub(super) const EMPTY: Self = Self::Word("");

    pub(super) fn empty_object() -> Self {
        Self::Object(Vec::new())
    }

    /// The value, or the empty text where Tautulli has no null.
    pub(super) fn or_empty<T: Into<Self>>(value: Option<T>) -> Self {
        value.map_or(Self::EMPTY, Into::into)
    }

    /// A number written as text, as nearly everything live is; empty if not known.
    pub(super) fn digits<T: ToString>(value: Option<T>) -> Self {
        value.map_or(Self::EMPTY, |v| Self::Owned(v.to_string()))
    }

    pub(super) fn flag(value: bool) -> Self {
        Self::Int(i64::from(value))
    }

    /// As Python writes it: `, ` and `: ` between things, everything beyond ASCII as it is.
    pub(super) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::List(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.extend_from_slice(b", ");
                    }
                    item.write_json(out);
                }
                out.push(b']');
            }
            Self::Object(fields) => {
                out.push(b'{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.extend_from_slice(b", ");
                    }
                    write_string(out, key);
                    out.extend_from_slice(b": ");
                    value.write_json(out);
                }
                out.push(b'}');
            }
            scalar => scalar.write_scalar(out),
        }
    }

    /// Indented by four, keys sorted (`debug=1`).
    pub(super) fn write_pretty(&self, out: &mut Vec<u8>, depth: usize) {
        let line = |out: &mut Vec<u8>, depth: usize| {
            out.push(b'\n');
            out.resize(out.len() + depth * 4, b' ');
        };
        match self {
            Self::List(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    out.push(if at > 0 { b',' } else { b'[' });
                    line(out, depth + 1);
                    item.write_pretty(out, depth + 1);
                }
                line(out, depth);
                out.push(b']');
            }
            Self::Object(fields) if !fields.is_empty() => {
                let mut sorted: Vec<_> = fields.iter().collect();
                sorted.sort_by_key(|(key, _)| *key);
                for (at, (key, value)) in sorted.into_iter().enumerate() {
                    out.push(if at > 0 { b',' } else { b'{' });
                    line(out, depth + 1);
                    write_string(out, key);
                    out.extend_from_slice(b": ");
                    value.write_pretty(out, depth + 1);
                }
                line(out, depth);
                out.push(b'}');
            }
            plain => plain.write_json(out),
        }
    }

    /// One element per value: a list is its items under the same name, hence nothing when it is empty.
    pub(super) fn write_xml(&self, out: &mut Vec<u8>, name: &str, depth: usize) {
        if let Self::List(items) = self {
            for item in items {
                item.write_xml(out, name, depth);
            }
            return;
        }
        out.resize(out.len() + depth, b'\t');
        write_tag(out, "<", name);
        match self {
            Self::Null | Self::List(_) => {}
            Self::Object(fields) => {
                if !fields.is_empty() {
                    out.push(b'\n');
                    for (key, value) in fields {
                        value.write_xml(out, key, depth + 1);
                    }
                    out.resize(out.len() + depth, b'\t');
                }
            }
            Self::Word(text) => write_escaped(out, text),
            Self::Text(text) => write_escaped(out, text),
            Self::Owned(text) => write_escaped(out, text),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => self.write_scalar(out),
        }
        write_tag(out, "</", name);
        if depth > 0 {
            out.push(b'\n');
        }
    }

    fn write_scalar(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(n) => write_with(out, n),
            // With its point, as Python shows a float.
            Self::Float(n) => write!(out, "{n:?}").expect("writing to memory"),
            Self::Word(text) => write_string(out, text),
            Self::Text(text) => write_string(out, text),
            Self::Owned(text) => write_string(out, text),
            Self::Null | Self::List(_) | Self::Object(_) => out.extend_from_slice(b"null"),
        }
    }
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    write_with(out, &text);
}

/// Python and serde escape the same characters in the same way.
fn write_with(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(out, value).expect("writing a scalar to memory");
}

fn write_tag(out: &mut Vec<u8>, open: &str, name: &str) {
    out.extend_from_slice(open.as_bytes());
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

fn write_escaped(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(other),
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Word(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Owned(text)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&Text> for Value {
    fn from(text: &Text) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&Scalar> for Value {
    fn from(value: &Scalar) -> Self {
        match value {
            Scalar::Int(n) => Self::Int(*n),
            Scalar::Text(text) => Self::Text(text.clone()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

macro_rules! from_int {
    ($($int:ty),*) => {
        $(impl From<$int> for Value {
            fn from(value: $int) -> Self {
                Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
            }
        })*
    };
}

from_int!(i64, i32, u32, u64, usize);

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Value) -> String {
        let mut out = Vec::new();
        value.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn sample() -> Value {
        object! {
            "b" => object! { "nothing" => Value::Null, "none" => Value::List(Vec::new()) },
            "a" => vec![1_i64, -2],
            "t" => "Zoë \"<&>\"\n\u{1}",
            "f" => 0.5,
            "one" => 1.0,
            "yes" => true,
            "e" => Value::empty_object(),
        }
    }

    #[test]
    fn json_is_pythons() {
        assert_eq!(
            json(&sample()),
            "{\"b\": {\"nothing\": null, \"none\": []}, \"a\": [1, -2], \"t\": \"Zoë \\\"<&>\\\"\\n\\u0001\", \
             \"f\": 0.5, \"one\": 1.0, \"yes\": true, \"e\": {}}"
        );
    }

    #[test]
    fn pretty_json_is_sorted_and_indented_by_four() {
        let mut out = Vec::new();
        sample().write_pretty(&mut out, 0);
        let expected = "{\n    \"a\": [\n        1,\n        -2\n    ],\n    \"b\": {\n        \"none\": [],\n        \
                        \"nothing\": null\n    },\n    \"e\": {},\n    \"f\": 0.5,\n    \"one\": 1.0,\n    \
                        \"t\": \"Zoë \\\"<&>\\\"\\n\\u0001\",\n    \"yes\": true\n}";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn lists_become_repeated_elements() {
        let mut out = Vec::new();
        object! {
            "data" => vec![object! { "x" => vec![1_i64, 2], "y" => "<&>" }, object! { "x" => Value::Null }],
            "none" => Value::List(Vec::new()),
            "empty" => Value::empty_object(),
            "half" => 0.5,
            "no" => false,
        }
        .write_xml(&mut out, "response", 0);
        let expected = "<response>\n\t<data>\n\t\t<x>1</x>\n\t\t<x>2</x>\n\t\t<y>&lt;&amp;&gt;</y>\n\t</data>\n\t<data>\n\t\t<x></x>\n\t</data>\n\
                        \t<empty></empty>\n\t<half>0.5</half>\n\t<no>false</no>\n</response>";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
