//! Objects that leave out what is not known, and read back what is there.

use model::{Text, Timestamp};
use serde_json::{Map, Value};

/// An object being written. Unknown values leave no trace.
#[derive(Debug, Default)]
pub(super) struct Out(Map<String, Value>);

impl Out {
    pub(super) fn text(mut self, key: &str, value: Option<&Text>) -> Self {
        if let Some(value) = value {
            self.put(key, Value::from(&**value));
        }
        self
    }

    pub(super) fn word(mut self, key: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.put(key, Value::from(value));
        }
        self
    }

    pub(super) fn number(mut self, key: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.put(key, value.into());
        }
        self
    }

    /// Only if true.
    pub(super) fn yes(self, key: &str, value: bool) -> Self {
        self.number(key, value.then_some(true))
    }

    pub(super) fn time(self, key: &str, value: Option<Timestamp>) -> Self {
        self.number(key, value.map(Timestamp::as_millisecond))
    }

    /// An object, unless it is empty.
    pub(super) fn part(mut self, key: &str, part: Option<Self>) -> Self {
        if let Some(part) = part {
            self.put(key, Value::Object(part.0));
        }
        self
    }

    pub(super) fn list(mut self, key: &str, list: impl IntoIterator<Item = Value>) -> Self {
        let list: Vec<Value> = list.into_iter().collect();
        if !list.is_empty() {
            self.put(key, Value::Array(list));
        }
        self
    }

    pub(super) fn value(self) -> Value {
        Value::Object(self.0)
    }

    fn put(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }
}

/// An object being read. What is missing, or of another type, is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct In<'a>(&'a Map<String, Value>);

impl<'a> In<'a> {
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    pub(super) fn word(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn text(self, key: &str) -> Option<Text> {
        self.word(key).map(Text::from)
    }

    /// The one of `all` that is called so.
    pub(super) fn one_of<T: Copy>(self, key: &str, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
        let word = self.word(key)?;
        all.iter().copied().find(|one| name(*one) == word)
    }

    pub(super) fn number<T: TryFrom<u64>>(self, key: &str) -> Option<T> {
        T::try_from(self.0.get(key)?.as_u64()?).ok()
    }

    pub(super) fn signed(self, key: &str) -> Option<i64> {
        self.0.get(key)?.as_i64()
    }

    pub(super) fn float(self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    pub(super) fn flag(self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    pub(super) fn time(self, key: &str) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.signed(key)?).ok()
    }

    pub(super) fn part(self, key: &str) -> Option<Self> {
        Self::of(self.0.get(key)?)
    }

    pub(super) fn list(self, key: &str) -> &'a [Value] {
        self.0
            .get(key)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }
}
