//! JSON that remembers the order of its keys, written as Python writes it.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in {text:.200}"))
    }

    pub(crate) fn get(&self, key: &str) -> &Self {
        match self {
            Self::Object(fields) => fields
                .iter()
                .find(|(k, _)| k == key)
                .map_or(&Self::Null, |(_, v)| v),
            _ => &Self::Null,
        }
    }

    /// A number or text as the text of a parameter.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.python(),
        }
    }

    pub(crate) fn int(&self) -> i64 {
        match self {
            Self::Number(n) => n.as_i64().unwrap_or_else(|| panic!("{n} is no whole number")),
            other => panic!("{other:?} is no number"),
        }
    }

    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn python(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(b) => b.to_string(),
            Self::Number(n) => n.to_string(),
            Self::Text(text) => serde_json::to_string(text).unwrap(),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::python).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(fields) => {
                let text = |(k, v): &(String, Self)| {
                    format!("{}: {}", serde_json::to_string(k).unwrap(), v.python())
                };
                let fields: Vec<_> = fields.iter().map(text).collect();
                format!("{{{}}}", fields.join(", "))
            }
        }
    }

    /// Where `self` and `other` differ: paths, with both values. Keys in another order differ, too.
    pub(crate) fn differences(&self, other: &Self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        differ("", self, other, &mut found);
        found
    }
}

fn differ(path: &str, a: &Json, b: &Json, found: &mut Vec<(String, String)>) {
    match (a, b) {
        (Json::Object(x), Json::Object(y)) => {
            let keys = |of: &[(String, Json)]| of.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>();
            let (keys_x, keys_y) = (keys(x), keys(y));
            if keys_x != keys_y {
                found.push((path.to_owned(), format!("keys {keys_x:?} against {keys_y:?}")));
                return;
            }
            for ((key, x), (_, y)) in x.iter().zip(y) {
                let below = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                differ(&below, x, y, found);
            }
        }
        (Json::List(x), Json::List(y)) if x.len() == y.len() => {
            for (at, (x, y)) in x.iter().zip(y).enumerate() {
                differ(&format!("{path}.{at}"), x, y, found);
            }
        }
        _ if a == b => {}
        _ => found.push((
            path.to_owned(),
            format!("{:.300} against {:.300}", a.python(), b.python()),
        )),
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Number(n.into()))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(Json::Number(n.into()))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
        Ok(serde_json::Number::from_f64(n).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Json::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(field) = fields.next_entry()? {
            all.push(field);
        }
        Ok(Json::Object(all))
    }
}
