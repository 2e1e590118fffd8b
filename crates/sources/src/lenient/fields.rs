//! Fields that take what the wire gives: a number in quotes, `"1"` for true, an object where a list was due.
//!
//! Every server and version types its answers a little differently (numbers were strings until 2021, some still
//! are), so each field accepts every spelling of its value, and a field that cannot be read is left out and
//! noted. Nothing here fails on a wrong type; only text that is not JSON at all does.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base::Secret;
use model::Text;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Issue;

/// Issues kept per answer; beyond it they are only counted, so that a strange answer cannot fill the memory.
const ISSUES_MAX: usize = 50;

/// A text field. `None` if absent, null, or nothing but white space.
pub(crate) type Str<'a> = Option<Cow<'a, str>>;

/// Where in the answer we are, and what was wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Cx {
    path: Vec<Step>,
    issues: Vec<Issue>,
    not_kept: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Name(&'static str),
    Index(usize),
}

impl Cx {
    /// Notes something about the place where decoding stands.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        if self.issues.len() >= ISSUES_MAX {
            self.not_kept += 1;
            return;
        }
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => {
                    path.push('.');
                    path.push_str(name);
                }
                Step::Index(i) => path.extend(["[", &i.to_string(), "]"]),
            }
        }
        self.issues.push(Issue {
            path,
            what: what.into(),
        });
    }

    /// Notes something found after decoding, by name.
    pub(crate) fn note_at(&mut self, list: &'static str, index: usize, what: impl Into<String>) {
        self.path.push(Step::Name(list));
        self.path.push(Step::Index(index));
        self.note(what);
        self.path.truncate(self.path.len() - 2);
    }

    /// All issues; the last one tells how many more there were.
    pub(crate) fn into_issues(mut self) -> Vec<Issue> {
        if self.not_kept > 0 {
            let what = format!("and {} more", self.not_kept);
            self.issues.push(Issue {
                path: String::new(),
                what,
            });
        }
        self.issues
    }

    fn within<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let out = read(self);
        self.path.pop();
        out
    }

    /// Reads the value of the key just seen.
    pub(crate) fn field<'de, A: MapAccess<'de>, T: Field<'de>>(
        &mut self,
        name: &'static str,
        map: &mut A,
    ) -> Result<T, A::Error> {
        self.within(Step::Name(name), |cx| {
            map.next_value_seed(FieldSeed(cx, PhantomData))
        })
    }

    /// Reads the value of the outermost key, which stands in no path.
    pub(crate) fn root<'de, A: MapAccess<'de>, T: Field<'de>>(&mut self, map: &mut A) -> Result<T, A::Error> {
        map.next_value_seed(FieldSeed(self, PhantomData))
    }

    fn expected(&mut self, wanted: &str, found: &Scalar<'_>) {
        self.note(format!("expected {wanted}, found {}", found.describe()));
    }
}

/// Something with named fields. Implemented by `wire!` only.
pub(crate) trait Object<'de>: Sized {
    fn read<A: MapAccess<'de>>(map: A, cx: &mut Cx) -> Result<Self, A::Error>;
}

/// The value of a field: absent or empty if it cannot be read.
pub(crate) trait Field<'de>: Sized {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error>;
}

struct FieldSeed<'c, T>(&'c mut Cx, PhantomData<T>);

impl<'de, T: Field<'de>> DeserializeSeed<'de> for FieldSeed<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
        T::read(d, self.0)
    }
}

/// A key, borrowed where it has no escapes.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(v))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(v.to_owned()))
    }
}

/// Any value that is not a list or an object, or the name of what it was instead.
enum Scalar<'a> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Other(&'static str),
}

impl Scalar<'_> {
    fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Signed(_) => "a negative number",
            Self::Unsigned(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Other(what) => what,
        }
    }

    fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(t) => t.trim().is_empty(),
            _ => false,
        }
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Unsigned(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(v).map_or(Scalar::Signed(v), Scalar::Unsigned))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(v))
    }

    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(v.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an object"))
    }
}

/// Reads a scalar and converts it; notes what does not convert.
fn scalar<'de, D: Deserializer<'de>, T>(
    d: D,
    cx: &mut Cx,
    wanted: &str,
    convert: impl FnOnce(&Scalar<'de>) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    let found = d.deserialize_any(ScalarVisitor)?;
    if found.is_blank() {
        return Ok(None);
    }
    let value = convert(&found);
    if value.is_none() {
        cx.expected(wanted, &found);
    }
    Ok(value)
}

impl<'de> Field<'de> for Option<Cow<'de, str>> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        Ok(match d.deserialize_any(ScalarVisitor)? {
            Scalar::Text(t) if t.trim().is_empty() => None,
            Scalar::Text(Cow::Borrowed(t)) => Some(Cow::Borrowed(t.trim())),
            Scalar::Text(Cow::Owned(t)) => Some(Cow::Owned(t.trim().to_owned())),
            Scalar::Unsigned(n) => Some(Cow::Owned(n.to_string())),
            Scalar::Signed(n) => Some(Cow::Owned(n.to_string())),
            Scalar::Float(n) => Some(Cow::Owned(n.to_string())),
            Scalar::Bool(b) => Some(Cow::Borrowed(if b { "true" } else { "false" })),
            Scalar::Null => None,
            found @ Scalar::Other(_) => {
                cx.expected("a text", &found);
                None
            }
        })
    }
}

/// Kept for longer than the answer, and shared.
impl<'de> Field<'de> for Option<Text> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        Ok(Str::read(d, cx)?.map(|t| Text::from(&*t)))
    }
}

/// Only whether there is a text; what it says is thrown away at once. For other people's passwords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filled(pub(crate) bool);

impl<'de> Field<'de> for Filled {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        Ok(Self(Str::read(d, cx)?.is_some()))
    }
}

impl<'de> Field<'de> for Option<Secret> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        Ok(Str::read(d, cx)?.map(|t| Secret::new(&t)))
    }
}

impl<'de> Field<'de> for Option<u64> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        scalar(d, cx, "a number of 0 or more", |s| match s {
            Scalar::Unsigned(n) => Some(*n),
            Scalar::Float(n) => whole(*n).and_then(|n| u64::try_from(n).ok()),
            Scalar::Text(t) => {
                let t = t.trim();
                t.parse()
                    .ok()
                    .or_else(|| u64::try_from(whole(t.parse().ok()?)?).ok())
            }
            _ => None,
        })
    }
}

impl<'de> Field<'de> for Option<i64> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        scalar(d, cx, "a whole number", |s| match s {
            Scalar::Unsigned(n) => i64::try_from(*n).ok(),
            Scalar::Signed(n) => Some(*n),
            Scalar::Float(n) => whole(*n),
            Scalar::Text(t) => {
                let t = t.trim();
                t.parse().ok().or_else(|| whole(t.parse().ok()?))
            }
            _ => None,
        })
    }
}

impl<'de> Field<'de> for Option<f64> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        scalar(d, cx, "a number", |s| {
            match s {
                Scalar::Unsigned(n) => Some(*n as f64),
                Scalar::Signed(n) => Some(*n as f64),
                Scalar::Float(n) => Some(*n),
                Scalar::Text(t) => t.trim().parse().ok(),
                _ => None,
            }
            .filter(|n: &f64| n.is_finite())
        })
    }
}

impl<'de> Field<'de> for Option<bool> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        scalar(d, cx, "true or false", |s| match s {
            Scalar::Bool(b) => Some(*b),
            Scalar::Unsigned(0) => Some(false),
            Scalar::Unsigned(1) => Some(true),
            Scalar::Text(t) => match t.trim() {
                t if t == "1" || t.eq_ignore_ascii_case("true") => Some(true),
                t if t == "0" || t.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
            _ => None,
        })
    }
}

/// The whole part of a number that an `i64` can hold. Bounds lie where every `f64` is a whole number anyway.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked on the line above"
)]
fn whole(n: f64) -> Option<i64> {
    const LIMIT: f64 = 9.0e18;
    if n > -LIMIT && n < LIMIT {
        Some(n as i64)
    } else {
        None
    }
}

/// A list: absent is empty, one object counts as a list of one, what is not an object is skipped.
impl<'de, T: Object<'de>> Field<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        match d.deserialize_any(NodeVisitor {
            cx: &mut *cx,
            node: PhantomData,
        })? {
            Node::One(one) => Ok(vec![one]),
            Node::Many(many) => Ok(many),
            Node::Scalar(found) => {
                if !found.is_blank() {
                    cx.expected("a list", &found);
                }
                Ok(Vec::new())
            }
        }
    }
}

/// A list whose absence is another thing than its being empty; what is not an object is skipped.
impl<'de, T: Object<'de>> Field<'de> for Option<Vec<T>> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        let found = match d.deserialize_any(NodeVisitor {
            cx: &mut *cx,
            node: PhantomData,
        })? {
            Node::Many(many) => return Ok(Some(many)),
            Node::One(_) => Scalar::Other("an object"),
            Node::Scalar(found) => found,
        };
        if !found.is_blank() {
            cx.expected("a list", &found);
        }
        Ok(None)
    }
}

/// Numbers in an order that means something: of one that cannot be read the place is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers(pub(crate) Option<Vec<Option<i64>>>);

impl<'de> Field<'de> for Numbers {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        match d.deserialize_any(NumbersVisitor(&mut *cx))? {
            Node::Many(many) => Ok(Self(Some(many))),
            // No number is an object, so the visitor makes none.
            Node::One(_) => Ok(Self(None)),
            Node::Scalar(found) => {
                if !found.is_blank() {
                    cx.expected("a list", &found);
                }
                Ok(Self(None))
            }
        }
    }
}

/// One object; of a list the first one counts.
impl<'de, T: Object<'de>> Field<'de> for Option<Box<T>> {
    fn read<D: Deserializer<'de>>(d: D, cx: &mut Cx) -> Result<Self, D::Error> {
        match d.deserialize_any(NodeVisitor {
            cx: &mut *cx,
            node: PhantomData,
        })? {
            Node::One(one) => Ok(Some(Box::new(one))),
            Node::Many(many) => {
                if many.len() > 1 {
                    cx.note(format!("expected one object, found {}", many.len()));
                }
                Ok(many.into_iter().next().map(Box::new))
            }
            Node::Scalar(found) => {
                if !found.is_blank() {
                    cx.expected("an object", &found);
                }
                Ok(None)
            }
        }
    }
}

enum Node<'de, T> {
    One(T),
    Many(Vec<T>),
    Scalar(Scalar<'de>),
}

struct NodeVisitor<'c, T> {
    cx: &'c mut Cx,
    node: PhantomData<T>,
}

/// Passes scalars on to [`ScalarVisitor`], so that both know the same kinds.
macro_rules! scalars {
    ($($name:ident: $ty:ty),*) => { $(
        fn $name<E: serde::de::Error>(self, v: $ty) -> Result<Self::Value, E> {
            ScalarVisitor.$name(v).map(Node::Scalar)
        }
    )* };
}

impl<'de, T: Object<'de>> Visitor<'de> for NodeVisitor<'_, T> {
    type Value = Node<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars! { visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64, visit_borrowed_str: &'de str, visit_str: &str }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Scalar(Scalar::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Node::One(T::read(map, self.cx)?))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut many = Vec::new();
        let mut index = 0;
        loop {
            let step = Step::Index(index);
            let next = self.cx.within(step, |cx| {
                seq.next_element_seed(ElementSeed {
                    cx,
                    node: PhantomData,
                })
            })?;
            match next {
                None => return Ok(Node::Many(many)),
                Some(None) => {}
                Some(Some(element)) => many.push(element),
            }
            index += 1;
        }
    }
}

struct NumbersVisitor<'c>(&'c mut Cx);

impl<'de> Visitor<'de> for NumbersVisitor<'_> {
    type Value = Node<'de, Option<i64>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars! { visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64, visit_borrowed_str: &'de str, visit_str: &str }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Scalar(Scalar::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        ScalarVisitor.visit_map(map).map(Node::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut many = Vec::new();
        while let Some(n) = {
            let step = Step::Index(many.len());
            self.0
                .within(step, |cx| seq.next_element_seed(FieldSeed(cx, PhantomData)))?
        } {
            many.push(n);
        }
        Ok(Node::Many(many))
    }
}

struct ElementSeed<'c, T> {
    cx: &'c mut Cx,
    node: PhantomData<T>,
}

impl<'de, T: Object<'de>> DeserializeSeed<'de> for ElementSeed<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        match d.deserialize_any(NodeVisitor {
            cx: &mut *self.cx,
            node: PhantomData,
        })? {
            Node::One(one) => return Ok(Some(one)),
            Node::Many(_) => self.cx.expected("an object", &Scalar::Other("a list")),
            Node::Scalar(found) => self.cx.expected("an object", &found),
        }
        Ok(None)
    }
}
