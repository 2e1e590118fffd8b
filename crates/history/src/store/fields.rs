//! Fields as JSON text, and the numbers that are kept out of it.

use std::fmt;

use model::{Fields, Scalar, Text};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Numbers of a stream that differ from file to file: with them hardly two streams would be equal, and a million
/// plays would hold a million times the sixty words that are. Columns of `play`, in this order.
pub(super) const FIGURES: [&str; 13] = [
    "duration",
    "bitrate",
    "width",
    "height",
    "video_bitrate",
    "video_width",
    "video_height",
    "audio_bitrate",
    "stream_bitrate",
    "stream_video_bitrate",
    "stream_video_width",
    "stream_video_height",
    "stream_audio_bitrate",
];

/// The place of a field among [`FIGURES`]; texts are never figures.
pub(super) fn figure(name: &str, value: &Scalar) -> Option<(usize, i64)> {
    let Scalar::Int(number) = value else { return None };
    let place = FIGURES.iter().position(|f| *f == name)?;
    Some((place, *number))
}

/// Writes those of `fields` that `keep` wants.
pub(super) fn to_json(fields: &Fields, keep: impl Fn(&str, &Scalar) -> bool) -> String {
    let mut out = Vec::with_capacity(fields.len() * 24);
    let kept = fields.iter().filter(|(name, value)| keep(name, value));
    // Writing scalars under text keys into memory cannot fail.
    let _ =
        serde_json::Serializer::new(&mut out).collect_map(kept.map(|(name, value)| (&**name, One(value))));
    String::from_utf8(out).unwrap_or_default()
}

/// Fields as a JSON object.
pub(super) struct AsJson<'a>(pub(super) &'a Fields);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_map(self.0.iter().map(|(name, value)| (&**name, One(value))))
    }
}

struct One<'a>(&'a Scalar);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Scalar::Int(number) => json.serialize_i64(*number),
            Scalar::Text(text) => json.serialize_str(text),
        }
    }
}

/// Reads what [`to_json`] wrote. `None` if it is something else.
pub(super) fn from_json(json: &str) -> Option<Fields> {
    serde_json::from_str::<Read>(json).ok().map(|read| read.0)
}

struct Read(Fields);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(ReadFields)
    }
}

struct ReadFields;

impl<'de> Visitor<'de> for ReadFields {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of numbers and texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut fields = Fields::new();
        while let Some((name, Value(value))) = map.next_entry::<Box<str>, Value>()? {
            fields.insert(Text::from(name), value);
        }
        Ok(Read(fields))
    }
}

struct Value(Scalar);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(ReadScalar)
    }
}

struct ReadScalar;

impl Visitor<'_> for ReadScalar {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or a text")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value(Scalar::Int(number)))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number)
            .map(|n| Value(Scalar::Int(n)))
            .map_err(|_| E::custom("beyond 64 bits"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value(Scalar::Text(text.into())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scalar() -> impl Strategy<Value = Scalar> {
        prop_oneof![
            any::<i64>().prop_map(Scalar::Int),
            any::<String>().prop_map(|t| Scalar::Text(t.into())),
        ]
    }

    proptest! {
        #[test]
        fn fields_come_back_as_they_went(
            fields in prop::collection::btree_map(any::<String>().prop_map(Text::from), scalar(), 0..8)
        ) {
            let json = to_json(&fields, |_, _| true);
            prop_assert_eq!(from_json(&json), Some(fields));
        }
    }

    #[test]
    fn figures_are_numbers_alone() {
        assert_eq!(figure("bitrate", &Scalar::Int(7)), Some((1, 7)));
        assert_eq!(figure("bitrate", &Scalar::Text("7".into())), None);
        assert_eq!(figure("subtitles", &Scalar::Int(7)), None);
        for broken in ["", "[]", "{\"a\":1.5}", "{\"a\":null}", "{\"a\":{}}"] {
            assert_eq!(from_json(broken), None, "{broken}");
        }
    }
}
