//! Lenient decoding of what a Plex server or plex.tv answers.
//!
//! One text form is decoded: the JSON of current servers. XML (a server or proxy that ignores `Accept`) and the
//! JSON of servers before 1.3 are rewritten to it first; both are rare, so their cost does not matter.

mod legacy;
#[cfg(test)]
mod tests;
mod xml;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub(super) use crate::lenient::{Cx, Field, Object, Str};
pub(super) use crate::lenient::{DecodeError, Decoded, Issue};
use crate::lenient::{Key, clip, html_title, is_html, json_error, repair};

/// Wire structs of this folder; they are seen in it alone.
macro_rules! wire {
    ($($structs:tt)*) => { $crate::lenient::wire! { (pub(in crate::plex)) $($structs)* } };
}
pub(super) use wire;

/// The text of one answer. Decoded values borrow from it, so it outlives them.
pub(super) struct Answer<'b> {
    text: Cow<'b, str>,
    /// The text after repair, or in today's form; made only if the first try fails.
    rescued: OnceCell<String>,
}

impl<'b> Answer<'b> {
    /// Takes raw bytes: what is not UTF-8 is replaced (old tags hold Latin-1), XML becomes JSON.
    pub(super) fn new(body: &'b [u8]) -> Result<Self, DecodeError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let mut text = String::from_utf8_lossy(body);
        match text.trim_start().as_bytes().first() {
            None => return Err(DecodeError::Empty),
            Some(b'<') if is_html(&text) => {
                return Err(DecodeError::Html {
                    title: html_title(&text),
                });
            }
            Some(b'<') => text = Cow::Owned(xml::to_json(&text)?),
            Some(b'{' | b'[') => {}
            Some(_) => return Err(DecodeError::Unreadable),
        }
        Ok(Self {
            text,
            rescued: OnceCell::new(),
        })
    }

    /// The usual frame of a server's answer.
    pub(super) fn container<'a, T: Object<'a>>(&'a self) -> Result<(T, Cx), DecodeError> {
        self.under("MediaContainer")
    }

    /// The object under `key` of the outermost object.
    pub(super) fn under<'a, T: Object<'a>>(&'a self, key: &'static str) -> Result<(T, Cx), DecodeError> {
        let (value, cx): (Option<Box<T>>, Cx) = self.decode(Some(key))?;
        let value = value.ok_or_else(|| not_a(key, "something else of that name"))?;
        Ok((*value, cx))
    }

    /// The outermost value itself; empty if it is something else.
    pub(super) fn bare<'a, F: Field<'a>>(&'a self) -> Result<(F, Cx), DecodeError> {
        self.decode(None)
    }

    pub(super) fn is_list(&self) -> bool {
        self.text.trim_start().starts_with('[')
    }

    /// The text as JSON of today's form.
    pub(super) fn text(&self) -> &str {
        self.rescued.get().map_or(&self.text, |t| t)
    }

    /// Decodes; if that fails for a reason that can be mended, mends the text and tries once more.
    fn decode<'a, F: Field<'a>>(&'a self, key: Option<&'static str>) -> Result<(F, Cx), DecodeError> {
        let first = once(self.text(), key);
        if first.is_ok() || self.rescued.get().is_some() {
            return first;
        }
        match rescue(&self.text) {
            Some(better) => once(self.rescued.get_or_init(|| better), key),
            None => first,
        }
    }
}

/// Mends control characters and half characters, and turns the JSON of old servers into today's.
fn rescue(text: &str) -> Option<String> {
    let repaired = repair::json(text);
    if repaired.contains("\"_elementType\"") {
        return legacy::to_current(&repaired);
    }
    match repaired {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

fn once<'a, F: Field<'a>>(text: &'a str, key: Option<&'static str>) -> Result<(F, Cx), DecodeError> {
    let mut cx = Cx::default();
    let mut de = serde_json::Deserializer::from_str(text);
    let Some(key) = key else {
        let value = F::read(&mut de, &mut cx).map_err(|e| json_error(&e))?;
        return Ok((value, cx));
    };
    let root = Root {
        key,
        cx: &mut cx,
        value: PhantomData,
    };
    match de.deserialize_any(root).map_err(|e| json_error(&e))? {
        Ok(value) => Ok((value, cx)),
        Err(found) => Err(not_a(key, &found)),
    }
}

fn not_a(wanted: &'static str, found: &str) -> DecodeError {
    DecodeError::NotAContainer {
        wanted,
        found: clip(found),
    }
}

/// The outermost object, of which one key counts.
struct Root<'c, F> {
    key: &'static str,
    cx: &'c mut Cx,
    value: PhantomData<F>,
}

impl<'de, F: Field<'de>> Visitor<'de> for Root<'_, F> {
    /// The value under the key, or what stands there instead.
    type Value = Result<F, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut value = None;
        let mut first = None;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == self.key {
                value = Some(self.cx.root(&mut map)?);
            } else {
                map.next_value::<IgnoredAny>()?;
                first.get_or_insert(key);
            }
        }
        Ok(value.ok_or_else(|| match first {
            Some(key) => format!("an object with \"{}\"", clip(&key)),
            None => "an empty object".to_owned(),
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err("a list".to_owned()))
    }
}
